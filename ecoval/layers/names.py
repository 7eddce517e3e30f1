"""What a study may name in its own numbers and prices: services, parameters, keys, statuses and sources, or a refusal.

Everything follows from the declarations of the services (`parameters`, `lookups`, prices of their items) and from the packaged
tables; a user's own services count as the packaged ones. A number that nothing uses is no error: `unused_numbers` names it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pandas as pd

from ecoval import measure
from ecoval.classification import ecosystem_types
from ecoval.declarations import entries, expected_of, is_blank
from ecoval.errors import EcovalError, MeasureError, ParameterError
from ecoval.parameters import Parameters
from ecoval.services import SERVICES
from ecoval.services.declaration import Parameter, Service
from ecoval.sourced import COLUMNS, TO_BE_GIVEN, ListedPriceRow, Number, ParameterRow, check_status, listing, packaged
from ecoval.terms import nearest
from ecoval.words import Phrase, in_words

PRICE, WATER_PRICE = "price_", "water_price"
ENTRY = (*(name for name in COLUMNS if name not in ("parameter", "key")), "source")
PRICE_ENTRY = (*ENTRY, "accept")
PLACE = ("table", "row")  # of a price that stands in a list
WHOLE = "*"
TYPE_CODE = "{code}"  # of an ecosystem type, in a form to fill in


class Vocabulary:
    """The names that studies with these services may use."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services = {service.code: service for service in services}
        self.declared: dict[tuple[str, str], list[tuple[Service, Parameter]]] = {}
        self.prices: set[tuple[str, str]] = {name for name in packaged() if name[1].startswith(PRICE)}
        for service in self.services.values():
            for holder, entry in service.numbers:
                self.declared.setdefault((holder, entry.table_name), []).append((service, entry))
            priced = {item.price for item in service.items if item.price}
            if priced and any(WATER_PRICE in option.choices for option in service.options):
                priced.add("price_water")
            self.prices |= {(service.code, name) for name in priced}

    @cached_property
    def numbers(self) -> set[tuple[str, str]]:
        """Service and name of every parameter that is not a price."""
        return (set(self.declared) | set(packaged())) - self.prices

    @cached_property
    def holders(self) -> set[str]:
        """Services, and tables that belong to none of them, such as the deflators."""
        return {*self.services, *(service for service, _ in packaged())}

    def of(self, service: str) -> set[str]:
        """Names of the parameters of a service, without its prices."""
        return {name for holder, name in self.numbers if holder == service}

    def keys(self, service: str, name: str) -> set[str]:
        """Keys that a parameter or price has, or may have."""
        if (service, name) in self.prices and (service, name) not in packaged():
            return {WHOLE}
        types = sorted(ecosystem_types())
        codes = {str(code) for code in types}
        keys = {row.key for row in packaged().get((service, name), ())}
        declared = self.declared.get((service, name), ())
        if not declared and keys & codes:
            return keys | codes
        for owner, entry in declared:
            if entry.by == "type":
                keys |= codes
            elif entry.by == "table":
                keys |= set() if entry.keys is None else entry.keys(types)
            else:
                keys |= _filled(entry.key, owner)
        return keys

    def other_name(self, service: str, name: str) -> str:
        """What a name that the tables do not know is meant to be: that of the function's argument, or of another service; or ""."""
        for (holder, table_name), declared in self.declared.items():
            if holder == service and any(entry.name == name for _, entry in declared):
                return table_name
        return next((f"{holder}.{each}" for holder, each in sorted(self.numbers) if each == name and holder in self.services), "")

    def unfilled(self, service: str) -> list[Number]:
        """Rows without a value for every number and price of a service, and of those whose tables it reads, that no source has.

        A key `{code}` stands for the code of an ecosystem type.
        """
        rows: list[Number] = []
        declared = self.services[service]
        for holder, entry in declared.numbers:
            if (holder, entry.table_name) in packaged():
                continue
            keys = _form_keys(entry, declared)
            note = f"{TO_BE_GIVEN}{_condition(entry)}"
            rows += [Number(holder, entry.table_name, key, math.nan, entry.measure, "", note=note) for key in keys]
        measures = {item.price: item.price_measure for item in declared.items if item.price}
        if (service, "price_water") in self.prices:
            measures["price_water"] = "CNY m-3"
        note = f"{TO_BE_GIVEN} under [prices]"
        for name, uom in measures.items():
            if (service, name) not in packaged():
                rows.append(Number(service, name, WHOLE, math.nan, uom or "1", "", note=note))
        return list(dict.fromkeys(replace(row, value=0.0) for row in rows))


def _form_keys(entry: Parameter, service: Service) -> list[str]:
    """Keys of a number in a form to fill in."""
    if entry.by == "type":
        return [TYPE_CODE]
    if entry.by == "table":
        example = 111
        return sorted({key.replace(str(example), TYPE_CODE) for key in (entry.keys([example]) if entry.keys else {WHOLE})})
    return sorted(_filled(entry.key, service))


def _condition(entry: Parameter) -> str:
    """Under which choices a number is used, as text."""
    parts = (f"{name} = {' / '.join(choices)}" for name, choices in entry.when.items())
    return "".join(f", where {part}" if place == 0 else f" and {part}" for place, part in enumerate(parts))


def number_rows(service: str | None = None) -> pd.DataFrame:
    """Numbers of the packaged tables, and those that a service needs and no source has, to be filled in.

    Parameters
    ----------
    service
        Its rows, and those that it reads of another's; default: of all tables.

    Returns
    -------
    table (service, parameter, key, value, low, high, uom, region, year, source_id, locator, status, note)
        `value` and `status` are empty where the study has to give the number; `note` says under which options.

    Raises
    ------
    ParameterError
        For a service that is not known, with the nearest.
    """
    vocabulary = Vocabulary(SERVICES)
    if service is None or service not in vocabulary.services:
        rows = listing(service)
        forms = [row for code in vocabulary.services for row in vocabulary.unfilled(code)] if service is None else []
    else:
        read = {(holder, entry.table_name) for holder, entry in vocabulary.services[service].numbers if holder != service}
        own = listing(service) if any(holder == service for holder, _ in packaged()) else listing().iloc[:0]
        others = listing()
        others = others[[pair in read for pair in zip(others["service"], others["parameter"], strict=True)]]
        rows, forms = pd.concat([own, others], ignore_index=True), vocabulary.unfilled(service)
    table = pd.DataFrame([{name: getattr(row, name) for name in rows.columns} for row in dict.fromkeys(forms)])
    if not len(table):
        return rows
    return pd.concat([rows, table.assign(value=math.nan)], ignore_index=True).astype(rows.dtypes.to_dict())


def _filled(key: str, service: Service) -> set[str]:
    """A key with every choice of the options in it."""
    options = [option for option in service.options if f"{{{option.name}}}" in key]
    choices = itertools.product(*(option.choices for option in options))
    return {key.format_map(dict(zip((option.name for option in options), each, strict=True))) for each in choices}


def check_names(parameters: Parameters, services: Iterable[Service], path: str) -> Parameters:
    """The parameters themselves, where every name in a study's own tables, [parameters] and [prices] is known.

    Raises
    ------
    ParameterError
        The first of `unknown_names`.
    """
    for error in unknown_names(parameters, services, path):
        raise error
    return parameters


def unknown_names(parameters: Parameters, services: Iterable[Service], path: str) -> Iterator[EcovalError]:
    """Every name that is not known in a study's own tables, [parameters] and [prices], each as an error that is not raised.

    Parameters
    ----------
    services
        The packaged ones and the user's.
    path
        The file that holds [parameters] and [prices].

    Yields
    ------
    ParameterError
        For a service, parameter, price, key, status, source or entry of a number that is not known, with its place and the nearest
        that is, and for one number where each key needs its own.
    """
    vocabulary = Vocabulary(services)
    for row in itertools.chain.from_iterable(parameters.own.values()):
        yield from _of_row(vocabulary, row)
    for name, choice in parameters.choices.items():
        yield from _of_choice(vocabulary, path, name, choice)
    for name, choice in parameters.prices.items():
        yield from _of_price(vocabulary, path, name, choice)


def read_own(own: Iterable[Any], **settings: Any) -> Parameters:
    """The numbers as own tables and settings of `Parameters.read` give them, for what is prepared without a study."""
    return check_names(Parameters.read(own=list(own), **settings), SERVICES, "-")


def check_scope(rows: pd.DataFrame, services: Iterable[Service], table: str) -> None:
    """Nothing where an own table of scope names services, or items of theirs, and ecosystem types.

    Parameters
    ----------
    rows : table (service, code, ...)
    table
        What messages call it.

    Raises
    ------
    ParameterError
        With the place and the nearest.
    """
    names = {name for each in services for item in each.items for name in (each.code, item.code, f"{each.code}:{item.code}")}
    codes = {WHOLE, *map(str, ecosystem_types())}
    for row, service, code in zip(rows.index, rows["service"], rows["code"], strict=True):
        if str(service) not in names:
            place = in_words("place_of_cell", table=table, row=row, column="service")
            raise _unknown("parameter_service_unknown", place, service, names)
        if str(code) not in codes:
            place = in_words("place_of_cell", table=table, row=row, column="code")
            raise _unknown("parameter_key_unknown", place, code, codes, parameter=service)


def unused_numbers(
    parameters: Parameters, services: Iterable[Service], computed: Sequence[tuple[Service, Mapping[str, str]]]
) -> list[str]:
    """Own numbers that no option uses which was chosen.

    Parameters
    ----------
    services
        All that there are. Numbers of those that a study does not compute are left alone: a table may serve several studies.
    computed : pairs (service, options)

    Returns
    -------
    vector (names), 1
        `service.parameter`, in their order.
    """
    vocabulary = Vocabulary(services)
    codes = {service.code for service, _ in computed}
    used = set().union(*(service.numbers_of(options) for service, options in computed))
    own = [name for name in parameters.own if name not in vocabulary.prices and name[0] != "deflators"]
    idle: dict[str, None] = {}
    for name, choice in parameters.choices.items():
        if name in vocabulary.holders and isinstance(choice, Mapping):
            own += [(name, each) for each in choice]
            continue
        holders = {holder for holder, each in vocabulary.numbers if each == name}
        if not any((holder, name) in used for holder in holders) and (holders & codes or not holders & set(vocabulary.services)):
            idle[name] = None
    for holder, name in own:
        if (holder, name) not in used and (holder in codes or holder not in vocabulary.services):
            idle[f"{holder}.{name}"] = None
    return list(idle)


def _of_row(vocabulary: Vocabulary, row: Number) -> Iterator[EcovalError]:
    """A row of an own table; what hangs on a name that is not known is not looked at."""

    def place(column: str) -> Phrase:
        return in_words("place_of_cell", table=row.table, row=row.row, column=column)

    if row.service not in vocabulary.holders:
        yield _unknown("parameter_service_unknown", place("service"), row.service, vocabulary.holders)
        return
    names = vocabulary.of(row.service) | {name for service, name in vocabulary.prices if service == row.service}
    if row.parameter not in names:
        close = vocabulary.other_name(row.service, row.parameter)
        yield _unknown("parameter_name_unknown", place("parameter"), row.parameter, names, close)
        return
    keys = vocabulary.keys(row.service, row.parameter)
    if row.key not in keys:
        yield _unknown_key(place("key"), row.key, keys, row.parameter)
        return
    yield from _of_domain(vocabulary, place("value"), [row.service], row.parameter, row.value, row.uom)


def _unknown_key(place: Phrase, key: str, keys: Collection[str], name: str) -> EcovalError:
    """A key that a parameter does not have; no key is near to the one that would stand for all."""
    if key == WHOLE:
        return ParameterError(
            "parameter_key_of_all", place=place, parameter=name, keys=sorted(keys, key=lambda each: (len(each), each))
        )
    return _unknown("parameter_key_unknown", place, key, keys, parameter=name)


def _of_choice(vocabulary: Vocabulary, path: str, name: str, choice: object) -> Iterator[EcovalError]:
    """An entry of [parameters]: a number by name, or a table of those of one service."""
    place = _key(path, "parameters", name)
    if name in vocabulary.holders and isinstance(choice, Mapping):
        for each, below in choice.items():
            inner = _key(path, "parameters", name, each)
            if (name, each) not in vocabulary.numbers:
                close = _price_place(vocabulary, each) or vocabulary.other_name(name, each)
                yield _unknown("parameter_name_unknown", inner, each, vocabulary.of(name), close)
            else:
                yield from _of_number(vocabulary, inner, [name], each, below)
        return
    holders = sorted(holder for holder, each in vocabulary.numbers if each == name)
    if not holders:
        names = {each for _, each in vocabulary.numbers} | (vocabulary.holders if isinstance(choice, Mapping) else set())
        owners = [holder for holder in vocabulary.services if vocabulary.other_name(holder, name)]
        close = _price_place(vocabulary, name) or next((vocabulary.other_name(holder, name) for holder in owners), "")
        yield _unknown("parameter_name_unknown", place, name, names, close)
        return
    yield from _of_number(vocabulary, place, holders, name, choice)


def _of_number(vocabulary: Vocabulary, place: Phrase, holders: Collection[str], name: str, choice: object) -> Iterator[EcovalError]:
    """Number, numbers by key, or source of a parameter that one of some services holds."""
    keys = set().union(*(vocabulary.keys(holder, name) for holder in holders))
    sources = {row.source_id for holder in holders for row in packaged().get((holder, name), ())}
    if isinstance(choice, Mapping) and "value" not in choice:
        for key, each in choice.items():
            if key not in keys:
                yield _unknown_key(place, key, keys, name)
            else:
                yield from _of_value(place, each, sources)
                yield from _of_domain(vocabulary, place, holders, name, *_value_and_measure(each))
        return
    yield from _of_value(place, choice, sources)
    yield from _of_domain(vocabulary, place, holders, name, *_value_and_measure(choice))
    if not isinstance(choice, str) and WHOLE not in keys:
        yield ParameterError("parameter_needs_keys", place=place, parameter=name, key=min(keys, key=lambda key: (len(key), key)))


def _value_and_measure(choice: object) -> tuple[object, str | None]:
    """A number of [parameters] and the measure that it states; None where it states none."""
    if isinstance(choice, Mapping):
        return choice.get("value"), choice.get("uom")
    return choice, None


def _of_domain(
    vocabulary: Vocabulary, place: Phrase, holders: Collection[str], name: str, value: object, uom: str | None
) -> Iterator[EcovalError]:
    """A number that no service may take: outside the bounds that its parameter declares.

    A share that is stated as a percentage without saying so has a code of its own, with the measure to write.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    for holder in holders:
        for service, entry in vocabulary.declared.get((holder, name), ()):
            low, high = (-math.inf if entry.low is None else entry.low), (math.inf if entry.high is None else entry.high)
            factor = _factor(entry.measure if uom is None else str(uom), entry.measure)
            if factor is None or low <= value * factor <= high:
                continue
            fields = {"service": service.code, "parameter": name, "low": low, "high": high}
            if entry.measure == _without_year(uom) == "1" and high <= 1 and low <= value / 100 <= high:
                yield ParameterError("parameter_percent", place=place, given=value, **fields)
            else:
                yield ParameterError("parameter_beyond_declared", given=value * factor, uom=entry.measure, **fields)
            return


def _without_year(uom: str | None) -> str:
    """A measure without its "per year", which a yearly number may or may not write."""
    text = "1" if uom is None else measure.canonical(str(uom))
    return "1" if text == "yr-1" else text.removesuffix(" yr-1")


def _factor(uom: str, wanted: str) -> float | None:
    """From one measure to another, "per year" said or not; None where they differ in kind, which is refused where it is read."""
    for one, other in ((uom, wanted), (_without_year(uom), _without_year(wanted))):
        try:
            return measure.factor(one, other)
        except MeasureError:
            continue
    return None


def _of_value(place: Phrase, choice: object, sources: Collection[str], row: type = ParameterRow) -> Iterator[EcovalError]:
    """Source by name, or a number with what it says beside it, as the row of a table would hold it."""
    if isinstance(choice, str) and choice not in sources:
        yield _unknown("parameter_source_unknown", place, choice, sources)
    if isinstance(choice, Mapping):
        allowed = PRICE_ENTRY if row is ListedPriceRow else ENTRY
        for name in choice:
            if name not in allowed:
                yield _unknown("number_entry_unknown", place, name, allowed)
    if isinstance(choice, Mapping) and isinstance(choice.get("accept"), str) and is_blank(choice["accept"]):
        yield ParameterError(
            "number_outside_domain", place=place, name="accept", found=repr(choice["accept"]), expected=in_words("a_text")
        )
    cells = choice if isinstance(choice, Mapping) else {} if isinstance(choice, str) else {"value": choice}
    numeric = {entry.name for entry in entries(row) if entry.is_number}
    for name, text in cells.items():
        if name not in numeric and not isinstance(text, str | int | float):
            yield ParameterError("number_outside_domain", place=place, name=name, found=repr(text), expected=in_words("a_text"))
    for entry in entries(row):
        number = cells.get(entry.name)
        if not entry.is_number or number is None or (isinstance(number, str) and str in entry.forms):
            continue
        if isinstance(number, bool) or not isinstance(number, int | float) or not entry.holds(number):
            fields = {"name": entry.name, "found": repr(number), "expected": expected_of(entry.key)}
            yield ParameterError("number_outside_domain", place=place, **fields)
    if isinstance(choice, Mapping):
        try:
            check_status(choice.get("status", ""), place)
        except EcovalError as error:
            yield error


def _of_price(vocabulary: Vocabulary, path: str, name: str, choice: Any) -> Iterator[EcovalError]:
    """An entry of [prices], or a row of a list of prices."""
    place = _key(path, "prices", name)
    if isinstance(choice, Mapping) and set(PLACE) <= set(choice):
        place = in_words("place_of_cell", table=choice["table"], row=choice["row"], column="name")
        choice = {key: value for key, value in choice.items() if key not in PLACE}
    elif name in vocabulary.holders and isinstance(choice, Mapping):
        for each, below in choice.items():
            inner = _key(path, "prices", name, each)
            yield from _of_one_price(inner, {price for service, price in vocabulary.prices if service == name}, each, below)
        return
    yield from _of_one_price(place, {price for _, price in vocabulary.prices}, name, choice)


def _of_one_price(place: Phrase, prices: set[str], name: str, choice: object) -> Iterator[EcovalError]:
    if name not in prices and PRICE + name not in prices:
        names = prices if name.startswith(PRICE) else {price.removeprefix(PRICE) for price in prices}
        yield _unknown("price_name_unknown", place, name, names)
        return
    full = name if name in prices else PRICE + name
    sources = {row.source_id for (_, price), rows in packaged().items() if price == full for row in rows}
    yield from _of_value(place, choice, sources, ListedPriceRow)


def _price_place(vocabulary: Vocabulary, name: str) -> str:
    """Where a price stands that was given among the parameters; or ""."""
    return f"[prices] {name.removeprefix(PRICE)}" if name in {price for _, price in vocabulary.prices} else ""


def _key(path: str, *names: object) -> Phrase:
    return in_words("place_of_key", path=path, key=".".join(map(str, names)))


def _unknown(code: str, place: Phrase, word: object, names: Iterable[str], close: str = "", **fields: object) -> ParameterError:
    return ParameterError(code, place=place, found=word, nearest=close or nearest(str(word), sorted(names)) or "-", **fields)
