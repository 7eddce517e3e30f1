"""Whatever a message tells a user to write can be written: commands, options, tables and lines of TOML, in both languages."""

import re
import tomllib
from pathlib import Path

import pytest
import small_study
from typer.main import get_command

import ecoval
from ecoval import guards, words
from ecoval.cli import app
from ecoval.declarations import described
from ecoval.layers.names import PRICE_ENTRY
from ecoval.layers.study_toml import Declaration
from ecoval.offset.candidates import CandidateRow
from ecoval.offset.declaration.files import PlanDeclaration, ProjectDeclaration
from ecoval.services import SERVICES
from ecoval.study import Study

ROOMS = {f"prepare_{name}": ("prepare", name) for name in ("climate", "landcover", "satellite", "soil", "statistics")}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
COMMAND = re.compile(r"(?<![\w.])ecoval ([a-z]+)(?: ([a-z]+))?")
TABLE = re.compile(r"(?<![\w{])\[([a-z_]+(?:\.[a-z_]+)*)\]")
KEY = r"[a-z_]+(?:\.[a-z_]+)*"
LINE = re.compile(rf'(?<![\w.{{])({KEY}|\{{[a-z_]+\}}) = ("[^"“”]*"|\{{\{{.*?\}}\}}|\[[^\]]*\]|true|false|[0-9][0-9.]*)')
VERBS = {"wrote", "that", "needs", "has", "reads", "writes", "knows", "cannot", "of"}  # ecoval in a sentence
COMMANDS_IN_TEXT = re.compile(r"(pip install )?ecoval( [a-z]+)*")
PHRASE = re.compile(r"(?<![\w.\-/\"'=<])[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")


def texts():
    for code, both in words.catalogue().items():
        for lang, text in both.items():
            yield code, lang, text


def commands(group, above=()):
    """Path of words -> options of every command."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*above, name))
        yield (*above, name), {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def keys(described_class, tables):
    """Every key that a file may hold, with the tables that it may stand in."""
    for entry in described_class:
        tables.add(entry["table"] or entry["name"])
        yield entry["name"]
        for inner in (entry.get("keys", ()), *entry.get("variants", {}).values()):
            yield from keys(inner, tables)


COMMANDS = dict(commands(get_command(app)))
TABLES = set()
KEYS = {key for cls in (Declaration, ProjectDeclaration, PlanDeclaration, CandidateRow) for key in keys(described(cls), TABLES)}
KEYS |= set(PRICE_ENTRY)
KEYS |= {option.name for service in SERVICES for option in service.options}
KEYS |= {entry.table_name for service in SERVICES for _, entry in service.numbers}


def rooms():
    """Command of every message that belongs to one."""
    for path in sorted(Path(ecoval.__file__).parent.joinpath("data", "messages").glob("*.csv")):
        command = ROOMS.get(path.stem)
        for line in path.read_text(encoding="utf-8").splitlines()[1:] if command else ():
            code = line.partition(",")[0]
            yield code, ("init",) if code.startswith("request_") else command


COMMAND_OF = dict(rooms())


def test_options_are_those_of_the_command():
    every = set().union(*COMMANDS.values()) | {"--help", "--version"}
    wrong = [
        (code, lang, option)
        for code, lang, text in texts()
        for option in OPTION.findall(text)
        if option not in (COMMANDS[COMMAND_OF[code]] if code in COMMAND_OF else every)
    ]
    assert not wrong


def test_commands_are_there():
    known, groups = {path[0] for path in COMMANDS}, {path[0] for path in COMMANDS if len(path) == 2}
    wrong = []
    for code, lang, text in texts():
        for first, second in COMMAND.findall(text):
            if first in groups and second and (first, second) not in COMMANDS:
                wrong.append((code, lang, first, second))
            elif first not in known | VERBS:
                wrong.append((code, lang, first))
    assert not wrong


def test_tables_are_those_of_the_files():
    wrong = [
        (code, lang, table) for code, lang, text in texts() for table in TABLE.findall(text) if table.split(".")[0] not in TABLES
    ]
    assert not wrong


def lines():
    for code, lang, text in texts():
        for key, value in LINE.findall(text):
            yield code, lang, key, value


def test_lines_parse_and_their_keys_are_known():
    wrong = []
    for code, lang, key, value in lines():
        filled = (
            re.sub(r"\{[a-z_]+\}", "name", f"{key} = {value}".replace("{{", "<").replace("}}", ">"))
            .replace("<", "{")
            .replace(">", "}")
        )
        try:
            tomllib.loads(filled)
        except tomllib.TOMLDecodeError as error:
            wrong.append((code, lang, filled, str(error)))
        if not key.startswith("{") and "{{" not in value and key.split(".")[-1] not in KEYS:
            wrong.append((code, lang, key, "unknown key"))
    assert not wrong


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_accept_remedies_typed_into_a_study_are_accepted(lang, tmp_path):
    """Of every guard whose reason stands under [checks]."""
    names = {f"{kind}:{name}" for kind, name in guards.guards() if kind in ("result", "relation", "price")}
    assert len(names) > 30
    for name in names:
        text = guards.accept_in("checks", name).in_language(lang)
        line = re.search(r"accept = \{.*\}", text)[0].replace("...", "bare rock")
        path = tmp_path / "study.toml"
        path.write_text(small_study.STUDY + f"[checks]\n{line}\n", encoding="utf-8")
        assert Study.read(path).declaration.checks.accept == {name: "bare rock"}


def test_no_english_sentence_in_a_chinese_one():
    plain = {code: COMMANDS_IN_TEXT.sub("", both["zh"]) for code, both in words.catalogue().items()}
    wrong = [(code, PHRASE.findall(text)) for code, text in plain.items() if PHRASE.search(text)]
    assert not wrong


@pytest.mark.parametrize("pattern", [OPTION, TABLE])
def test_both_languages_name_the_same(pattern):
    wrong = []
    for code, both in words.catalogue().items():
        en, zh = (set(pattern.findall(both[lang])) for lang in ("en", "zh"))
        if en != zh:
            wrong.append((code, en ^ zh))
    assert not wrong


def test_lines_of_toml_are_the_same_in_both_languages():
    wrong = {}
    for code, lang, key, value in lines():
        wrong.setdefault(code, {}).setdefault(lang, set()).add((key, value))
    assert not {code: both for code, both in wrong.items() if both.get("en") != both.get("zh")}


def test_the_remedy_of_missing_price_indices_carries_the_price(tmp_path):
    """The rows that the message names, typed into the table of numbers that the study has."""
    text = small_study.STUDY.replace('uom = "CNY tCO2-1", year = 2023', 'uom = "CNY tCO2-1", year = 2021')
    path = small_study.write(tmp_path, text)
    table = Study.read(path).check()
    fix = next(text for text in table["fix"] if "deflators" in text)
    service, parameter, uom = re.search(r"service (\w+), parameter (\w+), uom (\S+),", fix).groups()
    rows = "".join(f"{service},{parameter},*,102,{uom},book,{year}\n" for year in (2022, 2023))
    lines = (tmp_path / "own.csv").read_text(encoding="utf-8").splitlines()
    own = "".join(f"{line},{'year' if not place else ''}\n" for place, line in enumerate(lines))
    (tmp_path / "own.csv").write_text(own + rows, encoding="utf-8")
    assert not any("deflators" in text for text in Study.read(path).check()["fix"])
