"""Every message in both languages: a code and its fields in, a sentence out; the texts stand in `data/messages`, one file per room.

The lowest room, below `errors`: an error needs its sentence, a sentence knows nothing of errors.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = ("en", "zh")
LABEL_WORDS = frozenset(  # words in the name of a field whose numbers name something: a year, a code, a row; digits alone
    [
        "year",
        "years",
        "since",
        "until",
        "start",
        "end",
        "mature",
        "code",
        "codes",
        "id",
        "ids",
        "unit",
        "units",
        "key",
        "keys",
        "kind",
        "kinds",
        "row",
        "rows",
        "type",
        "types",
        "coarse",
    ]
)
LIST_LENGTH = 5  # entries of a list that a sentence shows


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Texts of all messages: code -> {en, zh}."""
    folder = resources.files("ecoval").joinpath("data", "messages")
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".csv"):
            for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
                texts[row["code"]] = {language: row[language] for language in LANGUAGES}
    return texts


def message(code: str, fields: Mapping[str, object], lang: str = "en") -> str:
    """Sentence of a code with its fields filled in."""
    return filled(catalogue()[code][lang], fields, lang)


def filled(text: str, fields: Mapping[str, object], lang: str) -> str:
    """A text of the catalogue, or a part of one, with its fields filled in."""
    return text.format_map({name: field_text(value, lang, is_label(name)) for name, value in fields.items()})


def sentences(code: str, fields: Mapping[str, object], lang: str = "en") -> tuple[str, str]:
    """Sentence of a code without its last part, and that part, which says what to do; empty where the text is one sentence.

    The text of the catalogue is parted, not what stands in its fields.
    """
    text = catalogue()[code][lang]
    stop = _LAST[lang].match(text)
    return (filled(stop[1], fields, lang), filled(stop[2], fields, lang)) if stop else (filled(text, fields, lang), "")


def is_label(field: str) -> bool:
    """Whether the numbers of a field name something, and are no quantity."""
    return not LABEL_WORDS.isdisjoint(field.split("_"))


_LAST = {"en": re.compile(r"(.*(?<!\.)\.) (.+)", re.DOTALL), "zh": re.compile(r"(.*。)(.+)", re.DOTALL)}


def plain(value: object) -> object:
    """A field without what only one library knows: numbers of arrays as numbers, arrays as lists."""
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(plain(entry) for entry in value)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    tolist = getattr(value, "tolist", None)
    return value if tolist is None else plain(tolist())


def field_text(value: object, lang: str = "en", in_list: bool = False) -> str:
    """Text of one field: at most `LIST_LENGTH` entries of a list, then how many more there are; large numbers without an exponent,
    thousands parted where they stand alone.

    What has words of its own in each language says them (`in_language`).
    """
    in_language = getattr(value, "in_language", None)
    if in_language is not None:
        return str(in_language(lang))
    if isinstance(value, float):
        text = f"{value:.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"
        return text if in_list or not 1e4 <= abs(value) < 1e15 else f"{float(text):,.{len(text.partition('.')[2])}f}"
    if isinstance(value, (list, tuple, set, frozenset)):
        entries = [field_text(entry, lang, in_list=True) for entry in value]
        more = f" (+{len(entries) - LIST_LENGTH})" if len(entries) > LIST_LENGTH else ""
        spoken = any(hasattr(entry, "in_language") for entry in value)
        return ("、" if lang == "zh" and spoken else ", ").join(entries[:LIST_LENGTH]) + more
    return str(value)


@dataclass(frozen=True)
class Phrase:
    """A part of a message that has a text in each language: a code of the catalogue and its fields."""

    code: str
    fields: tuple[tuple[str, object], ...] = ()

    def in_language(self, lang: str = "en") -> str:
        """The phrase in the language `en` or `zh`."""
        return message(self.code, dict(self.fields), lang)

    def __str__(self) -> str:
        return self.in_language()


def recorded(value: object) -> object:
    """A field as a file keeps it: numbers and texts as they are, phrases in each language, lists as their text."""
    if isinstance(value, int | float | str):
        return value
    if hasattr(value, "in_language"):
        return {lang: field_text(value, lang) for lang in LANGUAGES}
    return field_text(value)


def plain_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """The door of all fields: `plain` of each."""
    return {name: plain(value) for name, value in fields.items()}


def in_words(code: str, /, **fields: object) -> Phrase:
    """`Phrase` of a code with its fields; lists become tuples."""
    plain = plain_fields(fields).items()
    return Phrase(code, tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in plain))
