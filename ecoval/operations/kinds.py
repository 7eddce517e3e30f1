"""Kinds of values that an operation takes: how the command line writes them, and what a request may hold.

A kind raises ValueError with what was expected; the door says which option it was, and ends in its own way.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from ecoval.standards import located
from ecoval.terms import nearest


class OutsideDomain(ValueError):
    """A number that is not within the domain of its option."""

    def __init__(self, domain: str):
        super().__init__(f"a number in {domain}")
        self.domain = domain


@dataclass(frozen=True)
class Kind:
    """One value of any text."""

    name: ClassVar[str] = "text"
    typed: ClassVar[type] = str  # what the parser of the command line makes of a text
    repeats: ClassVar[bool] = False  # whether an option is given once per value

    def of_command(self, value: Any) -> Any:
        """Value of what the command line holds."""
        return value

    def of_request(self, value: Any) -> Any:
        """Value of what JSON holds."""
        if not isinstance(value, str):
            raise ValueError("a text")
        return value

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name}


@dataclass(frozen=True)
class PlainText(Kind):
    """One text."""


@dataclass(frozen=True)
class Standard(PlainText):
    """A packaged standard by its name, or the folder of one of the user's own, which a door gives with its whole path."""

    def of_command(self, value: Any) -> Any:
        """Value of what the command line holds."""
        return located(value, Path()) if isinstance(value, str) else value

    def of_request(self, value: Any) -> Any:
        """Value of what JSON holds."""
        return located(super().of_request(value), Path())


@dataclass(frozen=True)
class Choice(Kind):
    """One text of a list; `closed` where the command line refuses others itself, before the library does."""

    name: ClassVar[str] = "choice"
    choices: tuple[str, ...] = ()
    closed: bool = False

    def of_command(self, value: Any) -> Any:
        """The text."""
        if self.closed and value not in self.choices:
            raise ValueError(" or ".join(self.choices))
        return value

    def of_request(self, value: Any) -> Any:
        """The value, refused where the list has not got it."""
        text = super().of_request(value)
        if text not in self.choices:
            raise ValueError(f"one of {', '.join(self.choices)}; nearest: {nearest(text, self.choices)}")
        return text

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name, "choices": list(self.choices)}


@dataclass(frozen=True)
class Number(Kind):
    """One finite number, within bounds where they are said; `above` leaves the low one itself out."""

    name: ClassVar[str] = "number"
    typed: ClassVar[type] = float
    low: float | None = None
    high: float | None = None
    above: bool = False

    def of_command(self, value: Any) -> Any:
        """The number within its domain."""
        low, high = (-math.inf if self.low is None else self.low), (math.inf if self.high is None else self.high)
        if not (abs(value) <= sys.float_info.max and low <= value <= high) or (self.above and value == low):
            raise OutsideDomain(self.domain)
        return value

    def of_request(self, value: Any) -> Any:
        """The number within its domain."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("a number")
        return Number.of_command(self, value)

    @property
    def domain(self) -> str:
        """The interval, as mathematics writes it."""
        low = "(-inf" if self.low is None else f"{'(' if self.above else '['}{self.low:g}"
        return f"{low}, {'inf)' if self.high is None else f'{self.high:g}]'}"

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name, "low": self.low, "high": self.high, **({"above": True} if self.above else {})}


POSITIVE = Number(0, above=True)


@dataclass(frozen=True)
class Whole(Number):
    """One whole number."""

    name: ClassVar[str] = "whole"
    typed: ClassVar[type] = int

    def of_request(self, value: Any) -> Any:
        """The number; 2023.0 of a JSON writer without whole numbers is one."""
        number = super().of_request(value)
        if number != int(number):
            raise ValueError("a whole number")
        return int(number)


@dataclass(frozen=True)
class Flag(Kind):
    """Yes or no."""

    name: ClassVar[str] = "flag"
    typed: ClassVar[type] = bool

    def of_request(self, value: Any) -> Any:
        """True or False."""
        if not isinstance(value, bool):
            raise ValueError("true or false")
        return value


@dataclass(frozen=True)
class File(Kind):
    """Path of a file; `holds` is raster, vector, table, declaration, or nothing where it may be any."""

    name: ClassVar[str] = "file"
    typed: ClassVar[type] = Path
    holds: str = ""

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name, "holds": self.holds}


@dataclass(frozen=True)
class Folder(Kind):
    """Path of a folder."""

    name: ClassVar[str] = "folder"
    typed: ClassVar[type] = Path


@dataclass(frozen=True)
class Several(Kind):
    """Values of one kind: an option that is repeated, or one text parted by a mark. A request may also give that text."""

    name: ClassVar[str] = "several"
    each: Kind = PlainText()
    mark: str = ""

    @property
    def repeats(self) -> bool:  # type: ignore[override]
        """Whether an option is given once per value."""
        return not self.mark

    @property
    def typed(self) -> type:  # type: ignore[override]
        """Of one value, or of the whole text."""
        return str if self.mark else self.each.typed

    def of_command(self, value: Any) -> Any:
        """The values in their order."""
        parts = [part.strip() for part in value.split(self.mark)] if self.mark else value
        return [self.each.of_command(part) for part in parts if part != ""]

    def of_request(self, value: Any) -> Any:
        """A list; one value stands for a list of one."""
        if isinstance(value, str):
            value = self.of_command(value) if self.mark else [value]
        if not isinstance(value, list | tuple):
            raise ValueError("a list")
        return [self.each.of_request(part) for part in value]

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name, "each": self.each.described(), "mark": self.mark}


@dataclass(frozen=True)
class Row(Kind):
    """A few values in one text, parted by a mark: LEFT,BOTTOM,RIGHT,TOP. Of `least` values the last one stands for the rest."""

    name: ClassVar[str] = "row"
    each: Kind = Number()
    mark: str = ","
    count: int = 2
    least: int = 0
    form: str = ""  # as a message shows it

    def of_command(self, value: Any) -> Any:
        """The values."""
        parts = value.split(self.mark)
        try:
            values = self._filled([self.each.typed(part) for part in parts])
        except ValueError:
            raise ValueError(f"{self.form} expected, found {value!r}") from None
        return tuple(self.each.of_command(part) for part in values)

    def of_request(self, value: Any) -> Any:
        """A list of the values, or the text."""
        if isinstance(value, str):
            return self.of_command(value)
        if not isinstance(value, list | tuple):
            raise ValueError(f"a list of {self.count} values")
        return self._filled([self.each.of_request(part) for part in value])

    def _filled(self, values: list[Any]) -> tuple[Any, ...]:
        if not (self.least or self.count) <= len(values) <= self.count:
            raise ValueError(f"{self.count} values")
        return (*values, *values[-1:] * (self.count - len(values)))

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name, "each": self.each.described(), "count": self.count}


@dataclass(frozen=True)
class ByName(Kind):
    """Values by name, an option NAME=VALUE that is repeated.

    `plain` says what a text without a name gives: None refuses it, "whole" takes one such text for all names.
    """

    name: ClassVar[str] = "by name"
    repeats: ClassVar[bool] = True
    each: Kind = PlainText()
    form: str = "NAME=VALUE"
    plain: bool = False

    def of_command(self, value: Any) -> Any:
        """Value by name."""
        if self.plain and len(value) == 1 and "=" not in value[0]:
            return value[0]
        pairs = [text.partition("=") for text in value]
        for text, (key, _, part) in zip(value, pairs, strict=True):
            if not (key.strip() and part):
                raise ValueError(f"{self.form} expected, found {text!r}")
        return {key.strip(): self.each.of_command(part.strip()) for key, _, part in pairs}

    def of_request(self, value: Any) -> Any:
        """An object, or one text for all where that may be."""
        if self.plain and isinstance(value, str):
            return value
        if not isinstance(value, Mapping):
            raise ValueError("an object")
        return {str(key): self.each.of_request(part) for key, part in value.items()}

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name, "each": self.each.described()}


@dataclass(frozen=True)
class Rows(Kind):
    """A table as a list of objects whose fields have their kinds, or the path of its file; null is as good as absent."""

    name: ClassVar[str] = "rows"
    fields: Mapping[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def of_request(self, value: Any) -> Any:
        """The rows, or the path."""
        if isinstance(value, str):
            return value
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise ValueError(f"a list of objects with {', '.join(self.fields)}")
        return [self._row(row, place) for place, row in enumerate(value, 1)]

    def _row(self, row: Mapping[str, Any], place: int) -> dict[str, Any]:
        entries = {name: value for name, value in row.items() if value is not None}
        for name in entries:
            if name not in self.fields:
                raise ValueError(f"row {place} without {name}; nearest: {nearest(name, self.fields)}")
        for name in self.required:
            if name not in entries:
                raise ValueError(f"row {place} with {name}")
        cells = {}
        for name, value in entries.items():
            try:
                cells[name] = self.fields[name].of_request(value)
            except ValueError as error:
                raise ValueError(f"row {place}, {name}: {error}") from None
        return cells

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.name, "fields": {name: kind.described() for name, kind in self.fields.items()}}


@dataclass(frozen=True)
class Own(Kind):
    """A form of one operation: what the command line holds is read by `read`, a request is checked by `check`."""

    name: ClassVar[str] = "own"
    read: Callable[[Any], Any] | None = None
    check: Callable[[Any], Any] | None = None
    repeated: bool = False
    of: type = str

    @property
    def repeats(self) -> bool:  # type: ignore[override]
        """Whether an option is given once per value."""
        return self.repeated

    @property
    def typed(self) -> type:  # type: ignore[override]
        """What the parser of the command line makes of a text."""
        return self.of

    def of_command(self, value: Any) -> Any:
        """Value of what the command line holds."""
        return value if self.read is None else self.read(value)

    def of_request(self, value: Any) -> Any:
        """Value of what JSON holds."""
        return value if self.check is None else self.check(value)


@dataclass(frozen=True)
class Declaration(Kind):
    """A study or project: the path of its file, or an object with the keys of that file."""

    name: ClassVar[str] = "declaration"
    typed: ClassVar[type] = Path

    def of_request(self, value: Any) -> Any:
        """A path or an object."""
        if not isinstance(value, str | dict):
            raise ValueError("an object with the keys of the file, or a path")
        return value
