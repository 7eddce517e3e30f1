"""Declarations: frozen dataclasses whose fields say their type, domain, measure and help; the rest follows from that.

    @dataclass(frozen=True)
    class Raster:
        SHORT: ClassVar[str] = "path"                                     # a bare text stands for this key
        path: Annotated[Path, Key("file of the raster", "栅格文件")]
        band: Annotated[int, Key("band", "波段", low=1)] = 1

From one class come what a file or a program may say (`read`), the content back (`content`), the content with every path absolute
(`absolute`), the input files (`files`), the part of every cache's key (`identity`) and a description for forms and pages
(`described`). A field without a `Key` is no key of the file. A key of a cache holds every field but those that say why they do not
matter (`cosmetic`, `apart`): a field that is forgotten makes a result again, never a stale one.

A class may have: `SHORT`, the key for which a bare text stands; `NAMED`, the field that holds the name of the entry in its table;
`own_name(entry)`, whether a name that is not among the closed ones (`Place.names`) is the user's own; `form_of(entry, where,
place)`, the class that an entry is read as, where it is another; `complete(values, where, place)`, a class method that checks and
settles the values of its fields together; `variants()`, the other classes by what their key `kind` says, for the pages.
"""

from __future__ import annotations

import dataclasses
import json
import math
import numbers
import re
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import Any, TypeVar

from ecoval.errors import InputError
from ecoval.terms import nearest

Declared = TypeVar("Declared")
YEAR_DOMAIN: dict[str, Any] = {"low": 1900, "high": 2200}  # domain of a calendar year
PRICE_DOMAIN: dict[str, Any] = {"low": 0, "high": 1e9}  # domain of a price: CNY per unit of anything
WORKED_OUT = "a result, written and not read"
JUDGED_LATER = "whoever computes with it judges it, with a finding of its own"
TYPE_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "a table"}
KINDS: dict[object, tuple[type, ...]] = {str: (str,), Path: (str,), int: (int,), float: (int, float), bool: (bool,)}


@dataclass(frozen=True)
class Key:
    """What a key says beside its name, type and default."""

    en: str
    zh: str
    name: str = ""  # in the file, where it is not that of the field
    also: tuple[str, ...] = ()  # other names that a column may have in a file
    table: str = ""  # in which the key stands, for the fields of the outermost class that are keys of one of its tables
    low: float | None = None
    high: float | None = None
    free: str = ""  # why a number has no range of its own
    not_zero: bool = False
    unlimited: bool = False  # inf is a value: no limit
    choices: tuple[str, ...] = ()
    pattern: str = ""  # that the whole text matches
    measure: str = ""
    is_path: bool = False  # a text that is a path, {year} in it standing for the year; fields of type Path are paths anyway
    suffix_is_path: bool = False  # a text is a path where it has a suffix, else a name
    single: bool = False  # one text may stand for a list of one
    rest: bool = False  # takes every key that has no field of its own
    implied: bool = False  # a table that is absent is read as an empty one
    own_check: bool = False  # entries of the list are checked by `complete`
    names: str = ""  # what its keys or texts are names of, "label" where the user makes them up; who reads says which there are
    star: bool = False  # among the names "*" stands for all that are not there
    role: str = ""  # in the list of input files, where it is not the place of the key
    reason: bool = False  # texts that say why: blank ones are refused
    beyond: str = ""  # code of the message that refuses a number beyond the range, where it says why there is one
    cosmetic: str = ""  # why no result depends on it
    apart: Mapping[str, str] = field(default_factory=dict)  # stage -> why what it makes does not depend on it


@dataclass(frozen=True)
class Entry:
    """A field with its key: `forms` are the alternatives of its type, `default` is MISSING where a value is required."""

    field: str
    name: str
    key: Key
    forms: tuple[Any, ...]
    default: Any
    may_be_empty: bool = False  # None is a value

    @property
    def is_number(self) -> bool:
        """Whether the value, or each of a list or table of like values, is a number."""
        kinds = {kind for form in self.forms for kind in (form, _element(form))}
        return bool(kinds & {int, float})

    def holds(self, value: float) -> bool:
        """Whether a number is in the domain of the key, and whole where the key is."""
        return within(self.key, value) and (float in self.forms or value % 1 == 0)

    @property
    def required(self) -> bool:
        """Whether the key must be there."""
        return self.default is MISSING and not self.key.implied and not self.key.rest

    @property
    def is_path(self) -> bool:
        """Whether a text is a path in every case."""
        return self.key.is_path or Path in self.forms or any(_element(form) is Path for form in self.forms)

    def matters(self, stage: str) -> bool:
        """Whether what a stage makes depends on the key."""
        return not self.key.cosmetic and stage not in self.key.apart


@dataclass(frozen=True)
class Place:
    """Where a content stands: paths are relative to the folder of `path`; `file` begins the codes of the messages."""

    path: Path
    file: str = "study"
    root: str = ""  # name of the outermost table in messages, that of the file where empty
    names: Mapping[str, Collection[str]] = field(default_factory=dict)  # table -> names of its entries, where these are closed
    ranges: bool = True  # False: whoever computes judges low and high, with a finding for each

    @property
    def folder(self) -> Path:
        """Folder that paths are relative to."""
        return self.path.resolve().parent

    def refuse(self, code: str, **fields: object) -> typing.NoReturn:
        """Raise an error that names the file."""
        raise InputError(code, path=str(self.path), **fields)


@cache
def entries(cls: Any) -> tuple[Entry, ...]:
    """Keys of a declaration in the order of its fields."""
    hints = typing.get_type_hints(cls, include_extras=True)
    made = []
    for each in dataclasses.fields(cls):
        key = next((extra for extra in getattr(hints[each.name], "__metadata__", ()) if isinstance(extra, Key)), None)
        if key is None:
            continue
        annotation = typing.get_args(hints[each.name])[0]
        union = isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
        every = typing.get_args(annotation) if union else (annotation,)
        forms = tuple(form for form in every if form is not type(None))
        default = each.default if each.default_factory is MISSING else each.default_factory()
        made.append(Entry(each.name, key.name or each.name, key, forms, default, len(forms) < len(every)))
    return tuple(made)


def read(cls: type[Declared], values: Mapping[str, Any] | str, place: Place, where: str = "") -> Declared:
    """Declaration of the content of a file, or of values from Python: paths, tuples and declarations as they are.

    Raises
    ------
    InputError
        `<file>_unknown_key`, `_wrong_type`, `_key_missing`, `_wrong_choice`, `_wrong_value`.
    """
    return typing.cast(Declared, _table(cls, plain(values), where, place))


def plain(value: Any) -> Any:
    """A value as TOML and JSON have it: nothing for None in a table, texts for paths, lists for tuples."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return content(value)
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, numbers.Real) and not isinstance(value, int | float):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    return value


def content(declared: Any, stage: str | None = None) -> dict[str, Any]:
    """Content of a file that reads as the declaration: absolute paths, no key that says its default.

    Parameters
    ----------
    declared : declaration
    stage : text
        Every key that this stage depends on, defaults too, in place of those that say something.
    """
    made: dict[str, Any] = {}
    for entry in entries(declared.__class__):
        value = getattr(declared, entry.field)
        said = value is not None and (entry.default is MISSING or value != entry.default)
        if not (said if stage is None else entry.matters(stage)):
            continue
        table = made.setdefault(entry.key.table, {}) if entry.key.table else made
        if entry.key.rest:
            table.update(_written(value, stage))
        else:
            table[entry.name] = _written(value, stage)
    return made


def identity(declared: object, stage: str) -> str:
    """The part of a cache's key that a declaration is: all that a stage depends on, names in their order."""
    return json.dumps(content(declared, stage), ensure_ascii=False, default=str)


def absolute(cls: Any, values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Content of a file in its own form and order, every path absolute."""
    return dict(_moved(cls, plain(values), Path(folder)))


def files(declared: object, stage: str | None = None, year: int | None = None) -> Iterator[tuple[str, Path]]:
    """Role and path of every input file that a declaration names, in the order of its fields.

    Parameters
    ----------
    declared : declaration
    stage : text
        Only those that this stage depends on.
    year : number, yr
        What {year} stands for.
    """
    yield from _files(declared, "", stage, year)


def walk(declared: Any, where: str = "") -> Iterator[tuple[str, Entry, Any]]:
    """Place, entry and value of every key that says something, those of the tables in it too."""
    for entry in entries(declared.__class__):
        value = getattr(declared, entry.field)
        if value is None:
            continue
        table = _within(where, entry.key.table) if entry.key.table else where
        place = table if entry.key.rest else _within(table, entry.name)
        yield place, entry, value
        below_by_name = value if isinstance(value, Mapping) else {}
        if isinstance(value, tuple) and value and hasattr(value[0], "NAMED"):
            below_by_name = {getattr(each, each.NAMED): each for each in value}
        inner = {_within(place, name): each for name, each in below_by_name.items()} if below_by_name else {place: value}
        for below, each in inner.items():
            if dataclasses.is_dataclass(each):
                yield from walk(each, below)


def namings(declared: Any) -> Iterator[tuple[str, Key, tuple[str, ...]]]:
    """Place, key and names of every table or list whose keys or texts are names of something."""
    for place, entry, value in walk(declared):
        if entry.key.names and not isinstance(value, str | int | float | PurePath):
            yield place, entry.key, tuple(str(name) for name in value if not (entry.key.star and name == "*"))


def outside(declared: Any) -> Iterator[tuple[str, str, float, Key]]:
    """Table, key, number and its `Key` of every number that is not in its domain; a number in a table is `key name`."""
    for place, entry, value in walk(declared):
        if not entry.is_number:
            continue
        table, _, name = place.rpartition(".")
        several = {f"{name} {each}": number for each, number in value.items()} if isinstance(value, Mapping) else {name: value}
        for key, number in several.items():
            if isinstance(number, int | float) and not isinstance(number, bool) and not within(entry.key, number):
                yield table, key, number, entry.key


def tables(cls: Any) -> tuple[str, ...]:
    """Names of the tables of a file, in order."""
    return tuple(dict.fromkeys(entry.key.table or entry.name for entry in entries(cls)))


def columns(cls: Any, required: bool | None = None, kind: type | None = None) -> tuple[str, ...]:
    """Names of the columns of a table whose rows a class declares: those that must be there or may be, of one type, or all."""
    chosen = [entry for entry in entries(cls) if required in (None, entry.required) and kind in (None, *entry.forms)]
    return tuple(entry.name for entry in chosen)


def spellings(cls: Any) -> dict[str, tuple[str, ...]]:
    """Names that each column may have in a file, its own first."""
    return {entry.name: (entry.name, *entry.key.also) for entry in entries(cls)}


def described(cls: Any) -> list[dict[str, Any]]:
    """What a form or a page shows of every key: name, table, types, default, domain, measure, help, keys of the tables in it."""
    return [_described(entry) for entry in entries(cls)]


def check_names(names: Iterable[str], valid: Collection[str], where: str, place: Place) -> None:
    """Refuse a name that is not among the valid ones, with the nearest that is."""
    for name in names:
        if name not in valid:
            place.refuse(f"{place.file}_unknown_key", table=where, key=name, nearest=nearest(name, valid))


def check_type(value: object, kinds: tuple[type, ...], where: str, place: Place) -> None:
    """Refuse a value of another type."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        expected = " or ".join(TYPE_NAMES[kind] for kind in kinds)
        place.refuse(f"{place.file}_wrong_type", key=where, found=repr(value), expected=expected)


def check_choice(value: object, choices: Collection[str], where: str, place: Place) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        place.refuse(
            f"{place.file}_wrong_choice", key=where, found=value, choices=", ".join(choices), nearest=nearest(str(value), choices)
        )


def _table(cls: Any, table: Any, where: str, place: Place, named: str = "") -> Any:
    short = getattr(cls, "SHORT", None)
    table = {short: table} if short is not None and isinstance(table, str) else table
    check_type(table, (dict,), where or place.root or place.path.name, place)
    groups: dict[str, list[Entry]] = {entry.key.table: [] for entry in entries(cls)}
    for entry in entries(cls):
        groups[entry.key.table].append(entry)
    own = {name: value for name, value in table.items() if name not in groups}
    _check(groups.get("", []), own, where, place, heads=[name for name in groups if name])
    parts = {name: table.get(name, {}) if name else own for name in groups}
    for head, part in parts.items():
        if head:
            check_type(part, (dict,), head, place)
            _check(groups[head], part, head, place)
    values: dict[str, Any] = {}
    for head in sorted(groups, key=lambda name: not name):  # the keys of tables before the other tables
        values |= _values(groups[head], parts[head], head or where, place)
    if hasattr(cls, "complete"):
        values = cls.complete(values, where, place)
    return cls(**values, **({cls.NAMED: named} if hasattr(cls, "NAMED") else {}))


def _check(group: list[Entry], table: dict[str, Any], where: str, place: Place, heads: Collection[str] = ()) -> None:
    """Names and types of the keys of one table."""
    by_name = {entry.name: entry for entry in group if not entry.key.rest}
    if len(by_name) == len(group):
        check_names(table, [*heads, *by_name], where or place.root or place.path.name, place)
    for name, value in table.items():
        kinds = _kinds(by_name[name]) if name in by_name else ()
        if kinds:
            check_type(value, kinds, _within(where, name), place)


def _values(group: list[Entry], table: dict[str, Any], where: str, place: Place) -> dict[str, Any]:
    """Values of the fields that one table holds; what is absent is left out."""
    for entry in group:
        if entry.required and entry.name not in table:
            place.refuse(f"{place.file}_key_missing", table=where or place.root or place.path.name, key=entry.name)
    for entry in group:
        if entry.name in table and not entry.key.rest:
            _check_domain(entry, table[entry.name], _within(where, entry.name), place)
    rest = {name: value for name, value in table.items() if name not in {entry.name for entry in group if not entry.key.rest}}
    values = {}
    for entry in group:
        if entry.key.rest:
            values[entry.field] = _value(entry, rest, where, place)
        elif entry.name in table or entry.key.implied:
            values[entry.field] = _value(entry, table.get(entry.name, {}), _within(where, entry.name), place)
    return values


def _check_domain(entry: Entry, value: Any, where: str, place: Place) -> None:
    key = entry.key
    if key.choices and isinstance(value, str):
        check_choice(value, key.choices, where, place)
    several = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else (value,)
    for number in several if entry.is_number else ():
        if isinstance(number, int | float) and not isinstance(number, bool) and not within(key, number, place.ranges):
            place.refuse(key.beyond or f"{place.file}_wrong_value", key=where, found=number, expected=expected_of(key))
    for text in several if key.reason else ():
        if isinstance(text, str) and is_blank(text):
            place.refuse("reason_blank", key=where)
    if key.pattern and isinstance(value, str) and not re.fullmatch(key.pattern, value):
        place.refuse(f"{place.file}_wrong_value", key=where, found=value, expected=key.pattern)


def is_blank(text: str) -> bool:
    """Whether a reason says nothing, in blanks of any kind and width."""
    return not text.strip()


def within(key: Key, value: float, ranges: bool = True) -> bool:
    """Whether a number is finite and, where ranges are judged here, in the domain of its key."""
    if not ranges or not math.isfinite(value):
        return math.isfinite(value) or (key.unlimited and value == math.inf)
    low, high = (-math.inf if key.low is None else key.low), (math.inf if key.high is None else key.high)
    return low <= value <= high and not (key.not_zero and value == 0)


def expected_of(key: Key) -> str:
    """The domain of a number in signs: `0 ... 1`, `>= 0`, `!= 0`."""
    if key.low is not None and key.high is not None:
        bounds = f"{key.low:g} ... {key.high:g}"
    else:
        bounds = f">= {key.low:g}" if key.low is not None else f"<= {key.high:g}" if key.high is not None else "-inf < x < inf"
    return f"{bounds}, != 0" if key.not_zero else bounds


def _value(entry: Entry, value: Any, where: str, place: Place) -> Any:
    """A value of the right type as the field holds it."""
    if (cls := _class(entry)) is not None:
        return _table(cls, value, where, place)
    if isinstance(value, str):
        text = _text(entry, value, place.folder)
        return (text,) if entry.key.single else text
    form = next((form for form in entry.forms if _element(form) is not None), None)
    element = _element(form)
    if isinstance(value, dict) and form is not None:
        if where in place.names:
            own_name = getattr(element, "own_name", lambda _entry: False)
            check_names(value, [*place.names[where], *(name for name in value if own_name(value[name]))], where, place)
        made = {name: _entry(element, each, _within(where, name), place, name) for name, each in value.items()}
        return tuple(made.values()) if typing.get_origin(form) is tuple else made
    if isinstance(value, list):
        if element is str:
            return tuple(str(each) for each in value)
        if element in KINDS and element is not Path and not entry.key.own_check:
            for position, each in enumerate(value, 1):
                check_type(each, KINDS[element], f"{where}, entry {position}", place)
        return tuple(place.folder / str(each) if element is Path else each for each in value)
    return value


def _entry(element: Any, value: Any, where: str, place: Place, name: str) -> Any:
    """An entry of a table of like entries."""
    if dataclasses.is_dataclass(element):
        return _table(_form(element, value, where, place), value, where, place, name)
    kinds = (dict,) if typing.get_origin(element) is dict else KINDS.get(element)
    if kinds is not None:
        check_type(value, kinds, where, place)
    return value


def _form(element: Any, value: Any, where: str = "", place: Place | None = None) -> Any:
    """Class that an entry is read as."""
    return element.form_of(value, where, place) if hasattr(element, "form_of") else element


def _text(entry: Entry, text: str, folder: Path) -> Any:
    if Path in entry.forms or any(_element(form) is Path for form in entry.forms):
        return folder / text
    whole = entry.key.is_path or (entry.key.suffix_is_path and PurePath(text).suffix)
    return str(folder / text) if whole else text


def _within(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _class(entry: Entry) -> Any:
    """Class of the table that an entry is, None where it is something else."""
    return next((form for form in entry.forms if dataclasses.is_dataclass(form)), None)


def _element(form: Any) -> Any:
    """Type of what a list or a table of like entries holds, else None."""
    arguments = typing.get_args(form)
    if typing.get_origin(form) is tuple:
        return arguments[0]
    return arguments[1] if len(arguments) == 2 else None


def _kinds(entry: Entry) -> tuple[type, ...]:
    """Types that TOML may give; none where the value is checked as a table of its own."""
    kinds: list[type] = [str] if entry.key.single else []
    for form in entry.forms:
        if dataclasses.is_dataclass(form):
            return () if hasattr(form, "SHORT") else (dict,)
        if form in KINDS:
            kinds += KINDS[form]
        elif (element := _element(form)) is not None:
            listed = typing.get_origin(form) is tuple and not dataclasses.is_dataclass(element)
            kinds.append(list if listed else dict)
        else:
            return ()
    return tuple(dict.fromkeys(kinds))


def _written(value: Any, stage: str | None) -> Any:
    """A value of a field as a file has it."""
    if dataclasses.is_dataclass(value):
        made = content(value, stage)
        short = getattr(value, "SHORT", "")
        return made[short] if list(made) == [short] and isinstance(made[short], str) else made
    if isinstance(value, Mapping):
        return {str(name): _written(each, stage) for name, each in value.items()}
    if isinstance(value, tuple) and value and hasattr(value[0], "NAMED"):
        return {getattr(each, each.NAMED): _written(each, stage) for each in value}
    return [_written(each, stage) for each in value] if isinstance(value, list | tuple) else plain(value)


def _moved(cls: Any, table: Any, folder: Path) -> Any:
    """A table in its own form with absolute paths."""
    by_place = {(entry.key.table, entry.name): entry for entry in entries(cls)}
    if isinstance(table, str) and hasattr(cls, "SHORT"):
        return _moved_value(by_place["", cls.SHORT], table, folder)
    heads = {head for head, _ in by_place if head}
    made = {}
    for name, value in table.items():
        if name in heads:
            made[name] = {key: _moved_value(by_place.get((name, key)), each, folder) for key, each in value.items()}
        else:
            made[name] = _moved_value(by_place.get(("", name)), value, folder)
    return made


def _moved_value(entry: Entry | None, value: Any, folder: Path) -> Any:
    if entry is None:  # of a table that takes any name
        return value
    if (cls := _class(entry)) is not None:
        return _moved(cls, value, folder)
    if isinstance(value, str):
        text = str(_text(entry, value, folder))
        return [text] if entry.key.single else text
    elements = [_element(form) for form in entry.forms]
    if isinstance(value, dict):
        cls = next((element for element in elements if dataclasses.is_dataclass(element)), None)
        return value if cls is None else {name: _moved(_form(cls, each), each, folder) for name, each in value.items()}
    return [str(folder / each) for each in value] if isinstance(value, list) and Path in elements else value


def _files(declared: Any, where: str, stage: str | None, year: int | None) -> Iterator[tuple[str, Path]]:
    for entry in entries(declared.__class__):
        value = getattr(declared, entry.field)
        if value is None or (stage is not None and not entry.matters(stage)):
            continue
        role = where if entry.name == getattr(declared, "SHORT", None) and where else _within(where, entry.key.role or entry.name)
        if dataclasses.is_dataclass(value):
            yield from _files(value, role, stage, year)
            continue
        named = value if isinstance(value, Mapping) else {}
        if isinstance(value, tuple) and value and hasattr(value[0], "NAMED"):
            named = {getattr(each, each.NAMED): each for each in value}
        for name, each in named.items():
            if dataclasses.is_dataclass(each):
                yield from _files(each, _within(role, name), stage, year)
        for each in value if isinstance(value, tuple) else (value,):
            whole = entry.is_path or (entry.key.suffix_is_path and PurePath(str(each)).suffix)
            if whole and isinstance(each, str | PurePath):
                yield role, Path(str(each) if year is None else str(each).replace("{year}", str(year)))


def _described(entry: Entry) -> dict[str, Any]:
    key = entry.key
    inner = _class(entry) or next((_element(f) for f in entry.forms if dataclasses.is_dataclass(_element(f))), None)
    kinds = _kinds(entry) if inner is None else (str, dict) if hasattr(_class(entry), "SHORT") else (dict,)
    if key.rest:  # of each value
        element = _element(entry.forms[0])
        kinds = (dict,) if typing.get_origin(element) is dict else KINDS.get(element, ())
    made: dict[str, Any] = {
        "name": entry.name,
        "table": key.table,
        "types": [TYPE_NAMES[kind] for kind in dict.fromkeys(kinds)],
        "required": entry.required,
        "default": None if entry.default is MISSING else plain(entry.default),
        "help": {"en": key.en, "zh": key.zh},
    }
    for name in ("also", "low", "high", "choices", "pattern", "measure", "rest"):
        value = getattr(key, name)
        if value is not None and value is not False and value not in ("", ()):
            made[name] = plain(value)
    if entry.is_path or key.suffix_is_path:
        made["is_path"] = True
    if inner is not None:
        made |= {"entries": _class(entry) is None, "short": getattr(inner, "SHORT", None), "keys": described(inner)}
        variants = inner.variants() if hasattr(inner, "variants") else {}
        made |= {"variants": {kind: described(other) for kind, other in variants.items()}} if variants else {}
    return made
