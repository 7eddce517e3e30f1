"""Numbers with their sources: the packaged tables, the study's own, and the choices of a standard pack.

A row is one number with its measure, range, region, year, source and status. Own rows win over packaged ones number by number. Two
packaged sources of one number stand side by side; a pack, `defaults.csv` or the study names the one to be used, otherwise the
request is refused with the rows. Prices are never chosen silently. A number whose region does not contain the study's gets the
status `transferred`; a recalled number is refused unless the study allows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval.classification import ecosystem_type, lineage, same_class
from ecoval.errors import ParameterError
from ecoval.registry import data_rows, service_rows
from ecoval.sourced import (
    Number,
    Vector,
    contains,
    is_price_list,
    listed_prices,
    listing,
    offers_of,
    own_rows,
    own_table,
    packaged,
    priced,
    read_number,
    sources,
    stand_ins,
    worst,
)
from ecoval.standards import check_known, choices_of, indicators, standards

__all__ = [
    "Number",
    "ParameterTable",
    "Parameters",
    "Vector",
    "contains",
    "indicators",
    "listing",
    "offers_of",
    "packaged",
    "sources",
    "standards",
    "worst",
]


@cache
def general_choices() -> tuple[dict[str, str], ...]:
    """Options and sources of numbers where a pack chooses none: service, kind, name, choice, reason."""
    return (*data_rows("defaults.csv"), *service_rows("defaults"))


@dataclass(frozen=True)
class Parameters:
    """The numbers of one study: packaged and own, as a pack and the study choose them."""

    standard: str = "open-2026"
    region: str | None = None
    allow_recalled: bool = False
    own: Mapping[tuple[str, str], tuple[Number, ...]] = None  # type: ignore[assignment]
    choices: Mapping[str, Any] = None  # type: ignore[assignment]
    prices: Mapping[str, Any] = None  # type: ignore[assignment]

    @classmethod
    def read(
        cls,
        standard: str = "open-2026",
        region: str | None = None,
        allow_recalled: bool = False,
        own: Sequence[pd.DataFrame | str | Path] = (),
        choices: Mapping[str, Any] | None = None,
        prices: Mapping[str, Any] | None = None,
    ) -> Parameters:
        """The numbers of a study.

        Parameters
        ----------
        standard : text
            The pack.
        region : text
            ISO 3166 code of the study, with the GB/T 2260 digits where finer: CN-33, CN-3301.
        allow_recalled : choice {True, False}
        own : table (service, parameter, key, value, low, high, uom, region, year, source_id, locator, status, note)
            Tables or paths. Columns but service, parameter and value may be absent. A table
            (name, value, uom, year, source, status) lists prices; those of `prices` go before them.
        choices : table (parameter)
            Source of a parameter by name, `{"runoff_coefficient": "REDLINE2017"}`, or its number, or numbers by key; below a
            service code for one service alone.
        prices : table (price)
            Source of a price by name, `{"co2": "YOUYANG"}`, or `{"value": 45, "uom": "CNY tCO2-1", "year": 2023, "source": "..."}`.

        Raises
        ------
        ParameterError
            For an unknown pack, an unknown service or parameter, twice the same number, a value outside its range.
        """
        check_known(standard)
        numbers_by_name: dict[tuple[str, str], list[Number]] = {}
        price_list: dict[str, Any] = {}
        for table in own:
            frame, where = own_table(table)
            if is_price_list(frame):
                price_list |= listed_prices(frame, where)
                continue
            for number in own_rows(frame, where):
                rows = numbers_by_name.setdefault((number.service, number.parameter), [])
                if any((row.key, row.region, row.year) == (number.key, number.region, number.year) for row in rows):
                    raise ParameterError("parameter_twice", service=number.service, parameter=number.parameter, key=number.key)
                rows.append(number)
        numbers = {name: tuple(rows) for name, rows in numbers_by_name.items()}
        return cls(standard, region, allow_recalled, numbers, dict(choices or {}), {**price_list, **(prices or {})})

    def __post_init__(self) -> None:
        for name in ("own", "choices", "prices"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, {})

    def options(self, service: str) -> dict[str, str]:
        """Options that the pack chooses for a service; the general defaults of the tables below them."""
        rows = [*general_choices(), *choices_of(self.standard)]
        return {row["name"]: row["choice"] for row in rows if row["service"] == service and row["kind"] == "option"}

    def indicators(self) -> dict[str, dict[str, str]]:
        """Indicators of the pack: included (yes, no, unknown), status, name, clause."""
        return indicators(self.standard)

    def number(
        self, service: str, name: str, key: str = "*", *, source: str = "", uom: str | None = None, required: bool = True
    ) -> Number | None:
        """One number.

        Parameters
        ----------
        service, name, key : text
        source : text
            Source to be used; "own" for the study's tables alone.
        uom : text
            Measure to convert to.
        required : choice {True, False}
            Without it an absent or refused number is None.

        Raises
        ------
        ParameterError
            Where it is absent, ambiguous, or recalled and not allowed.
        """
        number = self._selected(service, name, key, source, uom)
        if number is None and required:
            raise ParameterError("parameter_missing", service=service, parameter=name, key=key, table=f"parameters/{service}.csv")
        if number is not None and number.status == "recalled" and not self.allow_recalled:
            if required:
                raise ParameterError("parameter_recalled", service=service, parameter=name, rows=[number.text])
            return None
        return number if number is None or uom is None else number.in_measure(uom)

    def vector(
        self,
        service: str,
        name: str,
        codes: Sequence[int | str],
        *,
        fallback: bool = False,
        source: str = "",
        partial: bool = False,
        uom: str | None = None,
    ) -> Vector:
        """One number per ecosystem type.

        Parameters
        ----------
        service, name : text
        codes : vector (classes), 1
        fallback : choice {True, False}
            Whether the number of the class one or two levels up stands in; never that of a neighbour.
        source, uom : text
        partial : choice {True, False}
            Whether types without a number are left empty instead of refused.

        Raises
        ------
        ParameterError
            One error that lists all codes without a number, or all numbers that are recalled and not allowed.
        """
        numbers = [self._of_type(service, name, int(code), fallback, source, uom) for code in codes]
        recalled = [number.text for number in numbers if number is not None and number.status == "recalled"]
        if recalled and not self.allow_recalled:
            raise ParameterError("parameter_recalled", service=service, parameter=name, rows=list(dict.fromkeys(recalled)))
        missing = [f"{code} {ecosystem_type(code).name_zh}" for code, number in zip(codes, numbers, strict=True) if number is None]
        if missing and not partial:
            raise ParameterError(
                "codes_without_parameter", service=service, parameter=name, codes=missing, table=f"parameters/{service}.csv"
            )
        converted = tuple(number if number is None or uom is None else number.in_measure(uom) for number in numbers)
        return Vector(tuple(int(code) for code in codes), converted)

    def table(self, service: str, name: str, *, source: str = "", keys: set[str] | None = None) -> dict[str, Number]:
        """All numbers of a parameter, or those of some keys: key -> number; what is recalled and not allowed is left out."""
        rows = (*self.own.get((service, name), ()), *packaged().get((service, name), ()))
        choice = self._choice(self.choices, service, name)
        by_key = choice if isinstance(choice, Mapping) and "value" not in choice else ()
        names = dict.fromkeys(key for key in (*(row.key for row in rows), *by_key) if keys is None or key in keys)
        number_by_key = {key: self.number(service, name, key, source=source, required=False) for key in names}
        return {key: number for key, number in number_by_key.items() if number is not None}

    def by_year(self, service: str, name: str, key: str = "*") -> dict[int, Number]:
        """Numbers of a parameter by year, own rows first; what is recalled and not allowed is left out."""
        rows = (*packaged().get((service, name), ()), *self.own.get((service, name), ()))
        usable = [row for row in rows if row.key == key and (row.status != "recalled" or self.allow_recalled)]
        return {row.year: self._marked(row) for row in usable if row.year is not None}

    def declared(
        self, service: str, entry: Any, types: Sequence[int | str], options: Mapping[str, str]
    ) -> Vector | Number | dict[str, Number] | None:
        """What a declared parameter of a service asks for, in its measure, under the chosen options.

        Parameters
        ----------
        service : text
        entry : Parameter
            Of `ecoval.services.declaration`.
        types : vector (classes), 1
            Ecosystem types in use.
        options : table (option, choice)

        Returns
        -------
        Vector, Number or table (key, Number)
            A vector leaves types without a number empty; None for an absent number that is not required.
        """
        holder, source = entry.service or service, entry.source.format_map(options)
        if entry.by == "type":
            return self.vector(
                holder, entry.table_name, types, fallback=entry.fallback, source=source, partial=True, uom=entry.measure
            )
        if entry.by == "table":
            keys = None if entry.keys is None else entry.keys([int(code) for code in types])
            return self.table(holder, entry.table_name, source=source, keys=keys)
        key = entry.key.format_map(options)
        number = self.number(holder, entry.table_name, key, source=source, uom=entry.measure, required=entry.required)
        if number is not None and entry.local and not self._local(holder, entry.table_name, number):
            raise ParameterError("parameter_of_other_region", service=holder, parameter=entry.table_name, rows=[number.text])
        return number

    def _local(self, service: str, name: str, number: Number) -> bool:
        """Whether a number is the study's own, of its region, or of a source that it names."""
        own = bool(number.table) or isinstance(self._choice(self.choices, service, name), str)
        return own or contains(number.region, self.region)

    def price(self, service: str, name: str, *, uom: str | None = None) -> Number:
        """Price by the study's choice, its own tables or its pack; never silently.

        Raises
        ------
        ParameterError
            Where none is given, with the prices that sources offer by name.
        """
        choice = self._choice(self.prices, service, name)
        choice = choice if choice is not None else self._choice(self.prices, service, name.removeprefix("price_"))
        if isinstance(choice, str):
            number = self._offered(service, name, choice)
        elif choice is not None:
            number = self._number_of_study(service, name, choice, uom, need=("value", "uom", "year"))
        else:
            own = self.own.get((service, name), ())
            pack = self._default(service, name, general=False)
            if not own and not pack:
                offers: list[object] = [row.text for row in offers_of(service, name)] or ["-"]
                raise ParameterError("price_not_given", service=service, price=name, short=name.removeprefix("price_"), rows=offers)
            number = self.number(service, name, source="own" if own else pack)  # type: ignore[assignment]
        return number if uom is None or uom == number.uom else priced(number, uom)

    def _offered(self, service: str, name: str, source: str) -> Number:
        rows = [row for row in offers_of(service, name) if row.source_id == source]
        if not rows:
            offers = [row.source_id for row in offers_of(service, name)]
            raise ParameterError("source_unknown", service=service, parameter=name, given=source, known=offers or ["-"])
        number = self._marked(self._single(rows))
        if number.status == "recalled" and not self.allow_recalled:
            raise ParameterError("parameter_recalled", service=service, parameter=name, rows=[number.text])
        return number

    def _number_of_study(self, service: str, name: str, choice: Any, uom: str | None, need: Sequence[str] = ("value",)) -> Number:
        """Number written in the study itself."""
        row = dict(choice) if isinstance(choice, Mapping) else {"value": choice}
        absent = [entry for entry in need if entry not in row]
        if absent:
            raise ParameterError("number_incomplete", service=service, parameter=name, absent=absent)
        row = {"parameter": name, "uom": uom or "1", "source_id": row.get("source", "study"), **row}
        return read_number(service, row, own="study.toml")

    def _choice(self, choices: Mapping[str, Any], service: str, name: str) -> Any:
        below = choices.get(service)
        if isinstance(below, Mapping) and name in below:
            return below[name]
        return choices.get(name)

    def _default(self, service: str, name: str, key: str = "*", general: bool = True) -> str:
        """Source that the pack, or the general defaults, choose for a key, a group of keys or all of a parameter."""
        names = (f"{name}:{key}", f"{name}:{key.partition(':')[0]}:*", name)
        for choices in (self._pack_sources, _general_sources())[: 1 + general]:
            for parameter in names:
                if (service, parameter) in choices:
                    return choices[service, parameter]
        return ""

    @cached_property
    def _pack_sources(self) -> dict[tuple[str, str], str]:
        return _sources_of(choices_of(self.standard))

    def _of_type(self, service: str, name: str, code: int, fallback: bool, source: str, uom: str | None) -> Number | None:
        for candidate in lineage(code) if fallback else (code,):
            for same in same_class(candidate):
                for key in (str(same), *stand_ins(service, name, same, self.region)):
                    number = self._selected(service, name, key, source, uom)
                    if number is not None:
                        return number
        return None

    def _selected(self, service: str, name: str, key: str, source: str, uom: str | None) -> Number | None:
        """The row of a key by the order: study, own table, named source, only source."""
        choice = self._choice(self.choices, service, name)
        if isinstance(choice, Mapping) and "value" not in choice:
            choice = choice.get(key)
        elif key != "*" and not isinstance(choice, str):
            choice = None
        if choice is not None and not isinstance(choice, str):
            return self._number_of_study(service, name, choice, uom)
        own = [row for row in self.own.get((service, name), ()) if row.key == key]
        if own or source == "own":
            return self._single(own) if own else None
        every = packaged().get((service, name), ())
        source_id = source or (choice if isinstance(choice, str) else "") or self._default(service, name, key)
        if source_id and every and source_id not in {row.source_id for row in every}:
            raise ParameterError(
                "source_unknown", service=service, parameter=name, given=source_id, known=sorted({row.source_id for row in every})
            )
        rows = [row for row in every if row.key == key and (not source_id or row.source_id == source_id)]
        return self._marked(self._single(rows)) if rows else None

    def _single(self, rows: Sequence[Number]) -> Number:
        """The only row, or among rows of one source the one of the smallest region that contains the study's."""
        inside = sorted((row for row in rows if contains(row.region, self.region)), key=lambda row: len(row.region))
        if len(rows) == 1:
            return rows[0]
        if len({row.source_id for row in rows}) == 1 and inside and sum(row.region == inside[-1].region for row in rows) == 1:
            return inside[-1]
        first = rows[0]
        raise ParameterError(
            "parameter_ambiguous", service=first.service, parameter=first.parameter, rows=[row.text for row in rows]
        )

    def _marked(self, number: Number) -> Number:
        """The number with the status `transferred` where its region does not contain the study's."""
        if contains(number.region, self.region):
            return number
        return replace(number, status=worst((number.status, "transferred")))


ParameterTable = Parameters  # the public name


@cache
def _general_sources() -> dict[tuple[str, str], str]:
    return _sources_of(general_choices())


def _sources_of(choices: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """Sources of parameters: (service, `name`, `name:key` or `name:group:*`) -> source."""
    return {(row["service"], row["name"]): row["choice"] for row in choices if row["kind"] == "parameter"}
