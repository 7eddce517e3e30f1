"""A declared project opened: its study, areas, layers, rules and prices, each read once and only when it is asked for."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import pandas as pd

from ecoval import tables
from ecoval.declarations import PRICE_DOMAIN, YEAR_DOMAIN, Key, columns, files
from ecoval.errors import InputError
from ecoval.offset.candidates import read_candidates, shared_area
from ecoval.offset.declaration import layers as inputs
from ecoval.offset.measures import read_measures
from ecoval.offset.project.around import refuse_covers
from ecoval.offset.project.judged import Some
from ecoval.offset.rules.accept import Accept
from ecoval.offset.rules.areas import EVERYWHERE, Areas
from ecoval.offset.rules.counting import ANY, NoGo, Ratio, SpatialRule
from ecoval.offset.rules.statutory import StatutoryRules, read_provided, reserved
from ecoval.offset.rules.tables import kinds as kind_codes
from ecoval.offset.rules.tables import rules_hash


@dataclass(frozen=True)
class PriceRow:
    """A row of the project's own table of prices."""

    service: Annotated[str, Key("code of the service", "服务代码")]
    price: Annotated[float | None, Key("per unit of quantity; empty: none", "单价；空为无价格", **PRICE_DOMAIN)]
    price_uom: Annotated[str, Key("unit of measure of the price", "价格的计量单位")]
    price_year: Annotated[float | None, Key("year of the money", "价格年", **YEAR_DOMAIN)]
    status: Annotated[str, Key("how far it is checked", "核对状态")] = "user"


PRICE_COLUMNS = columns(PriceRow)
ELSEWHERE = "elsewhere"  # as in `loss.covers`
BOUND = ("rule", "accept", "ratio", "no_go", "areas", "prices", "measures", "statutory", "provided", "statutory_layers")
TABLE_ENDINGS = (".csv", ".xlsx", ".xlsm")


class Opened:
    """What a project is made of.

    Parameters
    ----------
    declared : ProjectDeclaration
    keep : callable (name, content, paths, make, reads)
        Where stages are kept between assessments; without it each is made once per project.
    threads : number, 1
    progress : callable (done, text)
    own_services : services of the user's, judged beside the packaged ones
    """

    def __init__(self, declared, keep=None, threads=None, progress=None, own_services=()):
        self.declared = declared
        self.own_services = tuple(own_services)
        self.keep = keep or (lambda _name, _content, _paths, make, _reads=None: make())
        self.threads = threads
        self.progress = progress or (lambda _done, _text="": True)

    @cached_property
    def whole(self):
        """Every service of the study or of the density table."""
        declared = self.declared
        if declared.method != "density":
            return self.study
        from ecoval.offset.loss.densities import Densities

        return Densities.read(declared.densities, land=self.study if declared.study is not None else None)

    @cached_property
    def study(self):
        """The study of the project, opened."""
        from ecoval.offset.loss.states import States

        declared = self.declared

        def opening():
            own = self.own_services
            return States.open(declared.study, declared.year, progress=self.progress, services=own, threads=self.threads)

        content = f"{declared.study} {declared.year} {self.own_services!r}"
        return self.keep("study", content, [declared.study], opening, study_inputs)

    @cached_property
    def provider(self):
        """The services that the project is judged by."""
        return Some(self.whole, self.declared.services) if self.declared.services else self.whole

    @cached_property
    def crs(self):
        """CRS in which everything is overlaid: that of the study's grid, else of the footprints."""
        found = getattr(self.whole, "crs", None)
        return found if found is not None else inputs.read_footprints(self.declared.footprints).crs

    @cached_property
    def footprints(self):
        """Patches of every alternative."""
        return inputs.read_footprints(self.declared.footprints, self.crs)

    @cached_property
    def chosen(self):
        """Identifier of the chosen alternative: the named one, the only one, or None."""
        names = list(dict.fromkeys(self.footprints["alternative_id"].dropna()))
        named = self.declared.record.chosen
        if named is not None and named in names:
            return named
        return names[0] if named is None and len(names) == 1 else None

    @cached_property
    def patches(self):
        """Patches of the chosen alternative; of all where none is chosen."""
        if self.chosen is None:
            return self.footprints
        return self.footprints[self.footprints["alternative_id"] == self.chosen]

    @cached_property
    def elsewhere(self):
        """Name of the patch of all land outside the chosen footprints, where a land cover with the project is given, else None."""
        found = self.declared.influence
        if found is None or found.landcover_with is None or self.chosen is None:
            return None
        return f"{self.chosen}-{ELSEWHERE}"

    @property
    def patch_names(self):
        """Patches of the chosen alternative, the land elsewhere among them where it may lose."""
        return [*self.patches["patch_id"], *([] if self.elsewhere is None else [self.elsewhere])]

    @cached_property
    def candidates(self):
        """Candidates, or None where none are declared."""
        found = self.declared.candidates
        return None if found is None else read_candidates(found, self.t0, self.crs)

    @cached_property
    def zones(self):
        """Zones of influence of a layer, or None."""
        found = self.declared.influence
        return None if found is None or found.path is None else inputs.read_zones(found, self.crs)

    @cached_property
    def measures(self):
        """Table of measures, or None."""
        found = self.declared.measures
        return None if found is None else read_measures(found.path, found.sheet)

    @cached_property
    def exclusions(self):
        """Layers of [exclusions] by name."""
        return inputs.read_exclusions(self.declared.exclusions, self.crs)

    @cached_property
    def year(self):
        """Year of the state that is judged."""
        return self.declared.year or getattr(getattr(self.whole, "layers", None), "year", None)

    @cached_property
    def t0(self):
        """Year at which everything is valued: the declared one, else the first year of the works, else that of the study."""
        starts = self.footprints["start"].dropna()
        return int(self.declared.t0 or (starts.min() if len(starts) else 0) or self.year or 0)

    @cached_property
    def timing(self):
        """How time counts."""
        return self.declared.rules.timing(self.t0)

    @cached_property
    def rule(self):
        """Where a service counts."""
        return SpatialRule.read(self.declared.rules.spatial)

    @cached_property
    def accept(self):
        """Which kind makes up for which."""
        return Accept.read(self.declared.rules.accept)

    @cached_property
    def ratio(self):
        """How much is required per unit lost."""
        return Ratio.read(self.declared.rules.ratio, self.declared.rules.ratio_kind)

    @cached_property
    def no_go(self):
        """What no offset makes up for: kinds and areas of [rules] no_go and of [exclusions] no_go and red_line."""
        given = self.declared.rules.no_go
        if isinstance(given, tuple):
            kinds = frozenset(kind_codes(given, "rules.no_go"))
            areas = NoGo.read(*self.no_go_layers.values()).areas if self.no_go_layers else None
            return NoGo(kinds, areas)
        return NoGo.read(given, *self.no_go_layers.values())

    @cached_property
    def no_go_layers(self):
        """Layers in which nothing may be built, by name."""
        found = {name: self.exclusions[name] for name in ("red_line", "no_go") if name in self.exclusions}
        given = self.declared.rules.no_go
        if isinstance(given, Path) and given.suffix.lower() not in TABLE_ENDINGS:
            found["rules.no_go"] = inputs.read_layer(given, self.crs)
        return found

    @cached_property
    def areas(self):
        """Units of each area kind."""
        return Areas({kind: self._units(entry) for kind, entry in self.declared.area_units.items()})

    def _units(self, entry):
        from ecoval.units import SpatialUnits

        if entry.everywhere:
            return EVERYWHERE
        if entry.unit_set is None:
            names = ("path", "id", "name", "parent", "layer", "crs", "encoding")
            given = {name: getattr(entry, name) for name in names if getattr(entry, name) is not None}
            return SpatialUnits.read(kind=entry.kind, **given)
        sets = getattr(getattr(self.whole, "layers", None), "sets", {})
        if entry.unit_set not in sets:
            from ecoval.terms import nearest

            raise InputError("unit_set_unknown", unit_set=entry.unit_set, nearest=nearest(entry.unit_set, sets) or "-")
        return sets[entry.unit_set]

    @cached_property
    def services(self):
        """Services that are judged, in the order of the study."""
        return tuple(dict.fromkeys(str(name) for name in self.provider.items["service"]))

    @cached_property
    def prices(self):
        """Price of each service: the project's own table, else those of the study."""
        own = self.declared.prices
        if own is None:
            return self.provider.items.reindex(columns=list(PRICE_COLUMNS)).drop_duplicates("service").reset_index(drop=True)
        table = tables.read(own, required=columns(PriceRow, required=True))
        made = pd.DataFrame({name: table.get(name, PriceRow.status) for name in PRICE_COLUMNS})
        for name in ("price", "price_year"):
            made[name] = made[name].astype(float) if pd.api.types.is_numeric_dtype(made[name]) else tables.numbers(made, name)
        return made

    @cached_property
    def price_year(self):
        """Year of the money."""
        years = self.prices["price_year"].dropna()
        return self.declared.price_year or (int(years.iloc[0]) if len(years) else None)

    @cached_property
    def statutory(self):
        """Rules of the statutory balances, or None."""
        found = self.declared.statutory
        return None if found is None else StatutoryRules.read(found.path, found.sheet)

    @cached_property
    def statutory_layers(self):
        """Layers of the regimes by name."""
        found = self.declared.statutory
        return {} if found is None else inputs.read_statutory_layers(found, self.crs)

    @cached_property
    def provided(self):
        """What is provided for the statutory balances, or None."""
        found = self.declared.statutory
        if found is None or found.provided is None:
            return None
        return read_provided(pd.DataFrame(list(found.provided)) if isinstance(found.provided, tuple) else found.provided)

    def bind(self):
        """Read every rule and table, so that what an assessment refuses of them is refused before anything is computed.

        Raises
        ------
        InputError
        """
        for name in BOUND:
            getattr(self, name)
        refuse_covers(self)

    def settle(self):
        """Refuse a statutory list that the rules do not take, where the validator finds no error in either.

        Raises
        ------
        InputError
        """
        if self.statutory is not None:
            reserved(self.provided, self.statutory)

    @property
    def valid_names(self):
        """Names of services and area kinds that the keys of a project may name (`Key.names`)."""
        areas = {*self.rule.kinds, *SpatialRule.read().kinds}
        if self.statutory is not None:
            areas |= set(self.statutory.table["area_kind"])
        return {"service": service_names(self.whole.items["service"]), "area_kind": sorted(areas)}

    @property
    def table_names(self):
        """What tables name beside the keys: (layer, (what is named, names)).

        A table of rules or prices may serve other studies: there every service of the package and its rules is one that there is.
        """
        own = self.declared.rules
        tables_read = {
            "rules.spatial": self.rule.table["service"] if own.spatial is not None else (),
            "rules.ratio": [service for service, _ in self.ratio.services] if isinstance(own.ratio, Path) else (),
            "prices": self.prices["service"] if self.declared.prices is not None else (),
        }
        elsewhere = {ANY, *service_names([*self.whole.items["service"], *packaged_items(), *SpatialRule.read().table["service"]])}
        strange = {layer: [name for name in names if name not in elsewhere] for layer, names in tables_read.items()}
        of_measures = [] if self.measures is None else [each.partition(":")[2] for each in self.measures if ":" in each]
        return (("measures", ("service", of_measures)), *((layer, ("service", each)) for layer, each in strange.items()))

    @cached_property
    def kinds(self):
        """Ecosystem types under the footprints by exact overlay: piece, ecosystem_type, area, missing (m2)."""
        return self.whole.kinds(self.footprints)

    @cached_property
    def ledger(self):
        """The ledger, or None where none is declared or nothing has been written yet."""
        found = self.declared.ledger
        if found is None or not Path(found.path).is_file():
            return None
        from ecoval.ledger import Ledger

        return Ledger(found.path)

    @cached_property
    def held(self):
        """Candidates that entries of other projects hold in the ledger: by name, by right, or by land."""
        entries = self.ledger.entries()
        others = entries[entries["in_force"] & (entries["project_id"] != self.project_name)]
        shapes = self.candidates
        names = shapes["candidate_id"].astype(str)
        rights = set(others.loc[others["entry"] == "credit", "right_id"].dropna())
        hit = names.isin(set(others["candidate_id"].dropna())) | shapes["right_id"].isin(rights)
        land = others[~(others.geometry.isna() | others.geometry.is_empty)]
        if len(land):
            common = shared_area(shapes, inputs.in_crs(land[["geometry"]].reset_index(drop=True), shapes.crs))
            hit |= common > self.declared.checks.overlap_tolerance
        return frozenset(names[hit])

    @cached_property
    def rules_hash(self):
        """Hash of every rule table and number that the balance hangs on."""
        rules = self.declared.rules
        parts = {"spatial": self.rule, "accept": self.accept, "no_go": self.no_go, "ratio": self.ratio}
        if self.statutory is not None:
            parts["statutory"] = self.statutory
        names = ("ratio_value", "time", "horizon", "convention", "base", "bank_interest", "deficit_limit", "value", "kinds")
        parts |= {name: str(getattr(rules, name)) for name in names} | {"rate": str(rules.effective_rate)}
        return rules_hash(parts)

    def used(self, candidate, _option=None):
        """Whether the ledger holds a candidate for another project."""
        return str(candidate) in self.held

    @property
    def project_name(self):
        """Name of the project in the ledger."""
        ledger = self.declared.ledger
        return (ledger.project if ledger is not None else None) or self.declared.name

    def reads(self):
        """Every file that the project reads: (role, path)."""
        return project_inputs(self.declared) + ([] if self.declared.study is None else list(self._study_reads()))

    def _study_reads(self):
        layers = getattr(self.whole, "layers", None)
        if layers is None:
            return []
        from ecoval.study.run import recorded_inputs

        return [(f"study.{role}", Path(path)) for role, path in recorded_inputs(layers.declaration, layers)]


def service_names(items):
    """Names by which services are told from each other: `service:item`, and the service alone.

    Parameters
    ----------
    items : texts

    Returns
    -------
    list of text
    """
    return sorted({name for item in map(str, items) for name in (item, item.partition(":")[0])})


def packaged_items():
    """Services of the package and their items, as `service:item`."""
    from ecoval.services import SERVICES

    return [f"{service.code}:{item.code}" for service in SERVICES for item in service.items]


def study_inputs(states):
    """Files that an opened study has read.

    Parameters
    ----------
    states : States

    Returns
    -------
    list of path
    """
    from ecoval.study.run import recorded_inputs

    return [Path(path) for _, path in recorded_inputs(states.layers.declaration, states.layers)]


def project_inputs(declared):
    """Role and path of every file that a project names itself.

    Parameters
    ----------
    declared : ProjectDeclaration

    Returns
    -------
    list of (role, path)
    """
    return [(role, path) for role, path in (("project", declared.path), *files(declared)) if path.is_file()]
