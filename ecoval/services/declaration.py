"""What a service says of itself: category, inputs, parameters, options and items.

From the declaration come the validation of layers, the parameters asked for, the forms and the method pages. A function gets what
its argument names say: layer roles as arrays (rows, cols) or (bands, rows, cols), parameters as arrays (one number per ecosystem
type) or numbers, options as text, and `types`, the ecosystem type code of each cell (0 = missing). A name that is none of these
but the code of another cell item of the service gives the quantity of that item, computed once per tile however many items ask for
it: the function of `silt` has an argument `soil`. An argument that options leave out is None; its type names None where the
function asks whether it is there, not where the choice of an option already says so.
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import measure
from ecoval.constants import CATEGORIES
from ecoval.errors import InputError, MeasureError

FORMS = ("cell", "halo", "table")
KINDS = ("categorical", "intensive", "extensive", "table")
LAYER = "layer"

EQUATION_CONSTANTS = "the constants of an equation as its source prints them, each in a measure and with a sign of its own"

Condition = Mapping[str, tuple[str, ...]]
TypeCodes = npt.NDArray[np.int16]  # (rows, cols) ecosystem types, 0 where missing
KeyNumbers = Mapping[str, float]  # key -> number of one parameter
Numbers = Mapping[tuple[str, str], float]  # (parameter, key) of the parameter table -> number
QuantityFunction = Callable[..., npt.ArrayLike | pd.DataFrame | None]  # cells, or rows of a table; arguments by their names
LackingFunction = Callable[..., list[int]]  # of `codes` and further arguments by their names


@dataclass(frozen=True)
class Input:
    """A layer or table that a service reads.

    `low` and `high` bound the values that make sense; `bands` is the number of bands (None: any); `when` names the options and
    choices under which the input is used at all; `rows` declares the rows of a table.
    """

    role: str
    measure: str
    kind: str = "intensive"
    low: float | None = None
    high: float | None = None
    bands: int | None = 1
    when: Condition = field(default_factory=dict)
    required: bool = True
    rows: type | None = None

    def bounds(self, uom: str) -> tuple[float, float]:
        """Low and high in the measure that a layer is given in; infinite where there is none."""
        factor = measure.factor(self.measure, uom)
        low = -math.inf if self.low is None else self.low * factor
        return low, math.inf if self.high is None else self.high * factor


@dataclass(frozen=True)
class Parameter:
    """A number, or a vector of numbers over ecosystem types, looked up in the parameter tables.

    `by` is "type" for one number per ecosystem type (`fallback`: from level 3 to 2 to 1 where the table has no row), "key" for
    one number under `key`, and "table" for all numbers of the parameter, a mapping key -> number. `name` is what the function's
    argument is called; `parameter` is the name in the table where it differs. `source` names the source to be used, "own" the
    study's own tables alone; in `source` and `key` a part `{option}` stands for the choice of that option. The land of a type
    without a number is missing area of the service.
    `service` is the service whose tables hold the number, where it is another's; `keys` names the keys of a table that the types in
    use need. A `local` number of another region is used only where the study names its source. `low` and `high` bound the number in
    its measure, for those of the packaged tables and of the study alike; `free` says why there are no such bounds.
    """

    name: str
    measure: str
    by: str = "key"
    key: str = "*"
    parameter: str = ""
    low: float | None = None
    high: float | None = None
    when: Condition = field(default_factory=dict)
    required: bool = True
    fallback: bool = False
    source: str = ""
    service: str = ""
    keys: Callable[[Sequence[int]], set[str]] | None = None
    local: bool = False
    free: str = ""

    @property
    def table_name(self) -> str:
        """Name of the parameter in the tables."""
        return self.parameter or self.name

    def used(self, value: Any, codes: Sequence[int]) -> list[Any]:
        """Numbers among those looked up that the types of an account use.

        Parameters
        ----------
        value : Vector, Number or table (key, Number)
            As `Parameters.declared` gives it.
        codes : vector (classes), 1

        Returns
        -------
        vector (numbers)
        """
        if value is None:
            return []
        if self.by == "type":
            pairs = zip(value.codes, value.numbers, strict=True)
            return [number for code, number in pairs if number is not None and code in codes]
        if self.by == "table":
            keys = None if self.keys is None else self.keys(codes)
            return [number for key, number in value.items() if keys is None or key in keys]
        return [value]


@dataclass(frozen=True)
class Statistic:
    """An item of the statistics that a service reads, with the domain of its quantity.

    `stands` says where: "alone" (`population`), "apart" (alone, or parted by what stands behind a colon: `visits:shanghai`),
    "product" (behind the name of a product, `rice:labour`), "products" (that, or alone for all products of the unit), "land" (in
    front of the code of an ecosystem type, `land:11`).
    """

    name: str
    measure: str
    low: float = 0.0
    high: float = math.inf
    stands: str = "alone"


@dataclass(frozen=True)
class Option:
    """A choice between published variants; where it counts it stands in every row of the result.

    It counts under the choices `when` of other options. Where it says how the layer of the role `makes` is made, it counts only
    while the study gives no such layer. `defaults` are other defaults under choices of the options in front of it. With `of` it is
    the choice of another service, which the two must share. `needs` is a parameter without which the default cannot be, and the
    choice that stands for it then.
    """

    name: str
    choices: tuple[str, ...]
    default: str
    when: Condition = field(default_factory=dict)
    makes: str = ""
    defaults: tuple[tuple[Condition, str], ...] = ()
    of: str = ""
    needs: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if not {self.default, *(choice for _, choice in self.defaults)} <= set(self.choices):
            raise ValueError(f"option {self.name}: default {self.default!r} is not among {self.choices}")

    def default_under(self, chosen: Mapping[str, str]) -> str:
        """The default under the choices of the options in front of it."""
        return next((choice for when, choice in self.defaults if holds(when, chosen)), self.default)


def holds(when: Condition, chosen: Mapping[str, str]) -> bool:
    """Whether choices meet a condition."""
    return all(chosen.get(name) in choices for name, choices in when.items())


@dataclass(frozen=True)
class Item:
    """One quantity of a service, with its own pure function and price.

    `lacking` names the types that the numbers leave without a quantity: a function of `codes` and of parameters and options by
    name. A `diagnostic` item shows what a formula cut off or assumed; it has no value and enters no sum. `shared` holds the other
    items of the service whose quantity the function asks for by their code; the service fills it in.
    """

    code: str
    measure: str
    quantity: QuantityFunction
    form: str = "cell"
    price: str | None = None
    price_measure: str | None = None
    halo: int = 0
    when: Condition = field(default_factory=dict)
    diagnostic: bool = False
    lacking: LackingFunction | None = None
    shared: Mapping[str, Item] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"item {self.code}: form {self.form!r} is not among {FORMS}")

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names that the function asks for."""
        return tuple(inspect.signature(self.quantity).parameters)

    @property
    def total(self) -> str:
        """Measure of the quantity of a unit: `t yr-1` where that of cells is `t ha-1 yr-1`.

        Raises
        ------
        MeasureError
            For a measure that is not known, or of cells and not per area and year.
        """
        return measure.check(self.measure) if self.form == "table" else measure.of_density(self.measure)[0]

    @property
    def needed(self) -> tuple[str, ...]:
        """Layers, numbers and options behind the item, also those of the items that it builds on."""
        names = (self.shared[name].needed if name in self.shared else (name,) for name in self.arguments)
        return tuple(dict.fromkeys(itertools.chain.from_iterable(names)))


@dataclass(frozen=True)
class Variant:
    """Other choices of options, and factors on numbers of the chosen form, that the report prints beside it.

    A `proportional` variant differs from the chosen form by one factor everywhere: it needs no pass of its own.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    when: Condition = field(default_factory=dict)
    items: tuple[str, ...] = ()
    proportional: bool = False

    @property
    def name(self) -> str:
        """Options and factors in words."""
        parts = [f"{name}={choice}" for name, choice in self.options.items()]
        return "; ".join([*parts, *(f"{name} x {factor:g}" for name, factor in self.factors.items())])


@dataclass(frozen=True)
class Service:
    """A service of the standards, or of a user: its declaration and its functions.

    `idle` names the roles and parameters that chosen options leave out; a function gets None for them. A role may bear the name
    of an option (`runoff`): then the function gets the layer. `lookups` are the numbers that no function of the service asks for,
    but a layer that is prepared for it, or its price; `statistics` the items of the tables of [statistics] that it reads.

    Raises
    ------
    MeasureError
        For a measure of an item that is not known, or of a cell item that is not per area and year.
    InputError
        For a price that is not per unit of its item.
    """

    code: str
    category: str
    items: tuple[Item, ...]
    inputs: tuple[Input, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    options: tuple[Option, ...] = ()
    references: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    idle: frozenset[str] = frozenset()
    lookups: tuple[Parameter, ...] = ()
    statistics: tuple[Statistic, ...] = ()

    def __post_init__(self) -> None:
        for name in ("items", "inputs", "parameters", "options", "references", "variants", "lookups", "statistics"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.category not in CATEGORIES:
            raise ValueError(f"service {self.code}: category {self.category!r} is not among {CATEGORIES}")
        for entry in self.inputs:
            if entry.kind not in KINDS:
                raise ValueError(f"service {self.code}: kind {entry.kind!r} of {entry.role} is not among {KINDS}")
        for item in self.items:
            total = item.total
            if item.price_measure is not None:
                check_price(self.code, item.code, total, item.price_measure)

    def chosen(self, options: Mapping[str, str]) -> dict[str, str]:
        """Every option of the service with its choice: the given one, else the default."""
        chosen: dict[str, str] = {}
        for option in self.options:
            chosen[option.name] = options.get(option.name) or option.default_under(chosen)
        return chosen

    def counted(self, options: Mapping[str, str], layers: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """The options that count, with their choices; of a layer that the study gives, `layer` and how its recipe made it.

        Parameters
        ----------
        options : table (option, choice)
        layers : table (role, options of its recipe)
            The declared layers; no options where no recipe lies beside one.

        Returns
        -------
        table (option, choice)
        """
        chosen = self.chosen(options)
        for option in self.options:
            if option.makes in layers:
                recipe = layers[option.makes].get(option.name)
                chosen[option.name] = LAYER if recipe is None else f"{LAYER} ({recipe})"
        return {option.name: chosen[option.name] for option in self.options if holds(option.when, chosen)}

    def active(self, options: Mapping[str, str]) -> Service:
        """The service with the items, inputs and parameters that the choices use."""
        used = self._used(options)
        inputs, parameters = tuple(filter(used, self.inputs)), tuple(filter(used, self.parameters))
        busy = {entry.role for entry in inputs} | {entry.name for entry in parameters}
        every = {entry.role for entry in self.inputs} | {entry.name for entry in self.parameters}
        items = self._shared(tuple(filter(used, self.items)))
        return replace(self, items=items, inputs=inputs, parameters=parameters, idle=self.idle | frozenset(every - busy))

    def _used(self, options: Mapping[str, str]) -> Callable[[Item | Input | Parameter], bool]:
        chosen = self.chosen(options)
        return lambda entry: holds(entry.when, chosen)

    @property
    def numbers(self) -> tuple[tuple[str, Parameter], ...]:
        """Every parameter that anything of the service looks up, with the service whose tables hold it."""
        return tuple((entry.service or self.code, entry) for entry in (*self.parameters, *self.lookups))

    def numbers_of(self, options: Mapping[str, str]) -> set[tuple[str, str]]:
        """Service and name in the tables of the parameters that the choices use, or one of the variants beside them."""
        forms = [self._used({**options, **variant.options}) for variant in (Variant(), *self.variants)]
        return {(holder, entry.table_name) for holder, entry in self.numbers if any(used(entry) for used in forms)}

    def _shared(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """The items, each with those that its function asks for by their code; roles, numbers and options come first."""
        numbers, choices = {entry.name for entry in self.parameters}, {option.name for option in self.options}
        own = {entry.role for entry in self.inputs} | numbers | choices | self.idle
        by_code = {item.code: item for item in items if item.form == "cell" and item.code not in own}

        def bound(item: Item, above: tuple[str, ...]) -> Item:
            names = [name for name in item.arguments if name in by_code]
            for name in names:
                if name in above:
                    raise ValueError(f"service {self.code}: items build on each other: {' <- '.join((*above, name))}")
            return replace(item, shared={name: bound(by_code[name], (*above, name)) for name in names})

        return tuple(bound(item, (item.code,)) for item in items)


def options_text(counted: Mapping[str, str]) -> str:
    """Options with their choices, as they stand in each row of a result: `ls=invest; erosivity=zhang`."""
    return "; ".join(f"{name}={choice}" for name, choice in counted.items())


def check_price(service: str, item: str, total: str, price_measure: str) -> None:
    """Nothing where a price is per unit of a quantity.

    Parameters
    ----------
    total : text
        Measure of the quantity, as `t yr-1`.

    Raises
    ------
    InputError
        With the measure that fits.
    """
    try:
        measure.check(price_measure)
        measure.value_factor(total, price_measure)
    except MeasureError:
        fitting = []
        for symbol in measure.SYMBOLS:
            if symbol.startswith("CNY ") and symbol.count(" ") == 1:
                try:
                    measure.value_factor(total, symbol)
                except MeasureError:
                    continue
                fitting.append(symbol)
        where = {"service": service, "item": item}
        raise InputError("price_measure_unfit", **where, found=price_measure, quantity=total, fitting=fitting or ["1"]) from None
