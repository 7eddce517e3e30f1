"""What a study can be refused for before the pass over the tiles: one way for a check, a run and an assessment.

A run is bound and then computed; a check is bound and then looks at some cells. Where both go the same way one cannot refuse what
the other lets pass: names and choices, files, grid and units, numbers, layers, preparations on a few cells, prices, and the rows of
table services in the supply account of a nominal land.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from ecoval.accounts import extent_account, supply_account
from ecoval.accounts.prices import Prices, price_table, table_rows
from ecoval.errors import EcovalError, InputError
from ecoval.layers.compute import TOTAL_COLUMNS, Totals
from ecoval.layers.names import unknown_names
from ecoval.layers.opened import Layers
from ecoval.layers.opening import open_layers
from ecoval.layers.selection import unknown_choices
from ecoval.layers.study_toml import Declaration
from ecoval.parameters import Parameters
from ecoval.runs import finished_record
from ecoval.runs.fingerprints import recipes
from ecoval.services import SERVICES, Service, registry
from ecoval.study.notes import evaporation_days
from ecoval.study.own_standard import check_standard
from ecoval.totals.blocks import Progress

if TYPE_CHECKING:
    from ecoval.layers.kept import Store

NOMINAL_AREA = 1e4  # m2 of each type in each unit of a nominal land
Tried = Callable[[str, object], contextlib.AbstractContextManager[object]]  # part and where it stands -> what holds its errors


def price_year(declaration: Declaration) -> int:
    """Price year of a study: the declared one, else its last year."""
    return declaration.price_year or max(declaration.years)


def read_parameters(declaration: Declaration) -> Parameters:
    """The numbers of a study as its pack and its own tables choose them; see `unknown` for the names in them."""
    check_standard(declaration.standard)
    choice = declaration.parameters
    return Parameters.read(
        standard=declaration.standard,
        region=declaration.region,
        allow_recalled=choice.allow_recalled,
        own=[*choice.tables, *declaration.prices.tables],
        choices=choice.choices,
        prices=declaration.prices.choices,
    )


def unknown(declaration: Declaration, parameters: Parameters, services: Sequence[Service] = ()) -> Iterator[EcovalError]:
    """Everything that a study names and that there is not, each as an error that is not raised; `services` are a user's own.

    Of a study in a run folder these are also the services that a program declared for that run.
    """
    folder = declaration.path.parent
    lacking = sorted(set((finished_record(folder) or {}).get("user_services", ())) - {service.code for service in services})
    if lacking:
        yield InputError("run_with_user_services", path=str(folder), services=lacking)
    if declaration.uncertainty.draws:
        yield InputError("uncertainty_not_available", path=str(declaration.path), draws=declaration.uncertainty.draws)
    yield from unknown_names(parameters, (*SERVICES, *services), str(declaration.path))
    yield from unknown_choices(declaration, registry(), parameters, services)


def study_parameters(declaration: Declaration, services: Sequence[Service] = ()) -> Parameters:
    """The numbers of a study, every name in it known.

    Raises
    ------
    EcovalError
        The first that is `unknown`.
    """
    parameters = read_parameters(declaration)
    for error in unknown(declaration, parameters, services):
        raise error
    return parameters


def bind(
    declaration: Declaration,
    year: int,
    parameters: Parameters,
    services: Iterable[Service],
    work: str | Path,
    *,
    strict: bool = False,
    progress: Progress | None = None,
    kept: Store | None = None,
) -> tuple[Layers, Prices]:
    """A study opened for one year with its prices, refused where anything in it would be refused after the pass.

    Parameters
    ----------
    parameters
        Of `study_parameters`.
    services
        Those that the user declares.
    work
        Folder for prepared layers.
    strict
        Refuse a price that stays at its own year.

    Raises
    ------
    EcovalError
    """

    def opened() -> Layers:
        return open_layers(declaration, year, parameters, registry(), work, tuple(services), progress, kept=kept)

    return cast("tuple[Layers, Prices]", bound(declaration, opened, strict=strict))


def freely(part: str, where: object) -> contextlib.AbstractContextManager[object]:
    """Nothing holds what is raised."""
    del part, where
    return contextlib.nullcontext()


def bound(
    declaration: Declaration, opened: Callable[[], Layers], tried: Tried = freely, strict: bool = False
) -> tuple[Layers | None, Prices | None]:
    """The steps of `bind`, each within `tried`, which may hold what they raise: the steps after it go on as far as they can."""
    layers: Layers | None = None
    priced: Prices | None = None
    path = declaration.path
    with tried("study", path):
        layers = opened()
    if layers is None:
        return None, None
    with tried("layers", path):
        recipes(layers.inputs)
    with tried("prices", path):
        priced = price_table(layers, price_year(declaration), strict)
    if priced is not None and any(item.form == "table" for plan in layers.plans for item in plan.service.items):
        land = nominal_land(layers)
        for unit_set in layers.sets:
            with tried("statistics", path):
                supply_of_set(layers, land, unit_set, priced)
    with tried("layers.water_evaporation", layers.described.get("water_evaporation", "-")):
        evaporation_days(layers)
    return layers, priced


def nominal_land(layers: Layers) -> Totals:
    """What a pass would give of a land with a hectare of every type in every unit and no quantity of anything.

    The rows of table services hang on units, types and numbers of tables, not on how much land there is: what the supply account
    refuses of them it refuses here.
    """
    types = pd.DataFrame({"ecosystem_type": [str(code) for code in layers.lookup.types], "area": NOMINAL_AREA})
    return Totals(pd.DataFrame(columns=list(TOTAL_COLUMNS)), layers.members[["unit_set", "unit_id"]].merge(types, how="cross"), {})


def supply_of_set(
    layers: Layers, totals: Totals, unit_set: str, priced: Prices, tables: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Supply and extent of one unit set; without `tables` the supply of cells alone."""
    members = layers.members[layers.members["unit_set"] == unit_set]
    areas = totals.areas[totals.areas["unit_set"] == unit_set]
    extent = extent_account(areas, members[["unit_id", "unit_name"]], year=layers.year, unit_set=unit_set)
    cells = totals.cells[(totals.cells["unit_set"] == unit_set) & ~totals.cells["diagnostic"].astype(bool)]
    rows = table_rows(layers, extent, unit_set, priced) if tables else None
    return supply_account(cells, priced.items, extent, price_year=priced.price_year, statistics=rows), extent
