"""The tables of project.toml as frozen values; `declaration` fills them."""

from dataclasses import dataclass, field
from pathlib import Path

from ecoval.offset.equivalency.time import DEFAULT_BASE, Timing

RATE, HORIZON, CONVENTION = 0.03, 30, "mean"  # shown defaults: the policy gives none


@dataclass(frozen=True)
class LayerDeclaration:
    """One vector layer: where it is read, and which of its fields hold what."""

    path: Path
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    fields: dict = field(default_factory=dict)


@dataclass(frozen=True)
class AreaDeclaration:
    """Units of one area kind: a unit set of the study, a layer of its own, or everywhere as one unit."""

    kind: str
    unit_set: str | None = None
    everywhere: bool = False
    path: Path | None = None
    id: str = "unit_id"
    name: str | None = None
    parent: str | None = None
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class FootprintDeclaration:
    """The layer of footprints, with cost (CNY) and site area (m2) per alternative and years of recovery of temporary works."""

    source: LayerDeclaration
    costs: dict = field(default_factory=dict)
    site_area: dict = field(default_factory=dict)
    recovery_years: float = 0.0


@dataclass(frozen=True)
class InfluenceDeclaration:
    """Zones around the footprints: a layer, a distance, or a land cover with and without; loss fractions per service."""

    source: LayerDeclaration | None = None
    distance_m: float | None = None
    downstream_m: float | None = None
    loss: dict = field(default_factory=dict)
    loss_fields: dict = field(default_factory=dict)
    landcover_base: Path | None = None
    landcover_with: Path | None = None


@dataclass(frozen=True)
class MeasureDeclaration:
    """Table of measures; `choose`: one option per patch under the limit (CNY), else every row is carried out."""

    path: Path
    sheet: str | None = None
    limit: float | None = None
    weights: dict = field(default_factory=dict)
    choose: bool = False


@dataclass(frozen=True)
class CandidateDeclaration:
    """Layer of candidates; `advance` and `delay` (years) hold for all that do not say their own."""

    source: LayerDeclaration
    advance: float = 0.0
    delay: float = 0.0


SECONDS = 300.0  # of the solver, so that a solve that nobody waits for ends


@dataclass(frozen=True)
class RuleDeclaration:
    """Scalars and tables of the rules; `rate` is None where the file gives none (`effective_rate` fills it in)."""

    spatial: Path | None = None
    accept: Path | None = None
    no_go: Path | tuple | None = None
    ratio: object = 1.0
    ratio_value: float = 1.0
    ratio_kind: object = 1.0
    time: str = "discount"
    rate: float | None = None
    horizon: float = HORIZON
    convention: str = CONVENTION
    base: float | None = None
    bank_interest: bool = False
    deficit_limit: float | None = None
    objective: str = "cost"
    whole: bool = False
    value: bool = True
    kinds: bool = True
    must: tuple = ()
    ban: tuple = ()
    limit: float | None = None
    most: int | None = None
    time_limit: float = SECONDS
    weights: dict = field(default_factory=dict)
    similar_cost: float = 0.10

    @property
    def effective_rate(self):
        """Discount rate: the one given, else 0 under the multiplier and the shown default under discounting."""
        if self.rate is not None:
            return float(self.rate)
        return 0.0 if self.time == "multiplier" else RATE

    def timing(self, t0):
        """How time counts in a balance valued at the year `t0` (`time.Timing`, which refuses two methods at once)."""
        base = self.base if self.time == "discount" or self.base is not None else DEFAULT_BASE
        rate = self.rate if self.time == "multiplier" else self.effective_rate
        return Timing(self.time, rate, self.horizon, self.convention, int(t0), self.bank_interest, base)


@dataclass(frozen=True)
class RecordDeclaration:
    """What was decided and why: chosen alternative, reasons to have no alternative or no measure (per patch or for all)."""

    chosen: str | None = None
    avoid_reason: str | None = None
    minimise_reason: str | dict | None = None
    note: str | None = None


@dataclass(frozen=True)
class StatutoryDeclaration:
    """Rule table of the statutory balances, layers per regime, and what is provided (a table, or rows)."""

    path: Path
    sheet: str | None = None
    layers: dict = field(default_factory=dict)
    provided: Path | tuple | None = None


@dataclass(frozen=True)
class LedgerDeclaration:
    """The ledger, the name of the project in it, and whether an assessment that balances is written into it."""

    path: Path
    project: str | None = None
    write: bool = False


@dataclass(frozen=True)
class CheckDeclaration:
    """Tolerances of the validator: overlap and minimum in m2, maximum per polygon in m2, cells, missing share of area."""

    overlap_tolerance: float = 1.0
    minimum_area: float = 100.0
    maximum_area: float = 1e9
    few_cells: int = 9
    missing_tolerance: float = 0.05
