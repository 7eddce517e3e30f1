"""Soil retention: soil that vegetation keeps from being eroded, and the silt, nitrogen and phosphorus kept with it.

    soil  q = R K LS (1 - C)              t ha-1 yr-1       [hj1173-2021] A.2-A.4: no P factor
    silt  s = lambda q / rho              m3 ha-1 yr-1
    N, P  n = q f                         t ha-1 yr-1

R is rainfall erosivity, MJ mm ha-1 h-1 yr-1; K soil erodibility, t ha h ha-1 MJ-1 mm-1; LS slope length and steepness, 1; C cover
factor, 1; lambda the share of eroded soil that silts up, 1; rho bulk density, t m-3; f the mass fraction of the nutrient in
soil, 1. The factors are layers or are made from rain, soil, terrain and cover (`ecoval.services.erosivity`, `.rusle`,
`.cover`).

Decided 2026: water, built-up land, mining pits and bare rock are out of scope under every option, since with C or P = 0 their
retention would equal the potential; paddy (C = 0 in the standard) stays in. `practice = P` turns (1 - C) into (1 - C P). The
soil itself has no value of its own: the silt is valued by dredging, the nutrients by the cost of treatment or by fertiliser
prices. lambda q is the silted part, not the retention. Nutrient fractions must be local: from a soil layer, the user's own
number, or one of another region that the study names by its source. `erosivity`, `k` and `ls` say how R, K and LS were made where
no layer of them is given; two results with different `ls` are not comparable. `ls = invest` takes the slope of the filled
elevation, as the program does (`slope`). Cells of a channel, into which `channel_cells` cells drain and more, keep no soil: LS is
0 there (`channels = out`); where that number is not given, no cell counts as a channel.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ecoval.kernels.cellwise import Cells, cellwise
from ecoval.services.cover import cover_factor as cover_of_classes
from ecoval.services.cover import cover_keys, logarithmic_cover_factor, types_without_cover_factor
from ecoval.services.declaration import EQUATION_CONSTANTS, Input, Item, KeyNumbers, Numbers, Option, Parameter, Service, TypeCodes

F = np.float32
PERCENT = F(100.0)


def soil(
    types: TypeCodes,
    erosivity: Cells,
    erodibility: Cells,
    ls: Cells,
    cover: Cells,
    cover_factor: Cells,
    cover_classes: KeyNumbers,
    dry_farmland: KeyNumbers,
    cover_logarithm: KeyNumbers,
    cover_of_type: Cells,
    practice_factor: Cells | None,
    c_factor: str,
) -> Cells:
    """Soil kept in a year, against bare ground.

    Parameters
    ----------
    erosivity : array (rows, cols), MJ mm ha-1 h-1 yr-1, >= 0
    erodibility : array (rows, cols), t ha h ha-1 MJ-1 mm-1, >= 0
    ls : array (rows, cols), 1, >= 0
    cover : array (rows, cols), 1, 0-1
        Share of the ground under vegetation.
    cover_factor : array (rows, cols), 1, 0-1
    cover_classes, dry_farmland, cover_logarithm : table (key, value)
        Numbers of `ecoval.services.cover`.
    cover_of_type, practice_factor : array (rows, cols), 1, 0-1
    c_factor : choice {classes, cover_log, land_class, layer}

    Returns
    -------
    array (rows, cols), t ha-1 yr-1
        Missing (nan) where any factor is missing.

    Notes
    -----
    q = R K LS (1 - C P); P is 1 where `practice_factor` is None.

    References
    ----------
    [hj1173-2021] A.2-A.4
    """
    if c_factor == "classes":
        numbers = cover_numbers(cover_classes, dry_farmland)
        cover_factor = cover_of_classes(types, np.asarray(cover, dtype=F) * PERCENT, numbers).factor
    elif c_factor == "cover_log":
        numbers = {("C_cover_log", key): value for key, value in cover_logarithm.items()}
        cover_factor = logarithmic_cover_factor(np.asarray(cover, dtype=F) * PERCENT, numbers).factor
    elif c_factor == "land_class":
        cover_factor = cover_of_type
    if practice_factor is None:
        return _kept(erosivity, erodibility, ls, cover_factor)
    return _kept_by_practice(erosivity, erodibility, ls, cover_factor, practice_factor)


def potential(erosivity: Cells, erodibility: Cells, ls: Cells) -> Cells:
    """Soil loss of bare ground.

    Parameters
    ----------
    erosivity : array (rows, cols), MJ mm ha-1 h-1 yr-1, >= 0
    erodibility : array (rows, cols), t ha h ha-1 MJ-1 mm-1, >= 0
    ls : array (rows, cols), 1, >= 0

    Returns
    -------
    array (rows, cols), t ha-1 yr-1
    """
    return _kept(erosivity, erodibility, ls, 0.0)


def cover_numbers(cover_classes: KeyNumbers, dry_farmland: KeyNumbers) -> Numbers:
    """Numbers of C in the form of `ecoval.services.cover`."""
    numbers = {("C_factor", key): value for key, value in cover_classes.items()}
    return numbers | {("C_dry_farmland", key): value for key, value in dry_farmland.items()}


def without_cover_factor(codes: Sequence[int], cover_classes: KeyNumbers, dry_farmland: KeyNumbers, c_factor: str) -> list[int]:
    """Types for which the tables give no C; none where C is not taken by class of cover."""
    if c_factor != "classes":
        return []
    return types_without_cover_factor(codes, cover_numbers(cover_classes, dry_farmland))


def silt(soil: Cells, sediment_deposition_share: float, bulk_density: float, soil_bulk_density: Cells | None) -> Cells:
    """Volume of the silt that would have been deposited.

    Parameters
    ----------
    soil : array (rows, cols), t ha-1 yr-1
        Soil kept.
    sediment_deposition_share : number, 1, 0-1
    bulk_density : number, t m-3
    soil_bulk_density : array (rows, cols), t m-3
        Used instead of the number where it is given.

    Returns
    -------
    array (rows, cols), m3 ha-1 yr-1

    References
    ----------
    [GARZE2017] section 3.2.2
    """
    return _silt(soil, sediment_deposition_share, bulk_density if soil_bulk_density is None else soil_bulk_density)


def nitrogen(soil: Cells, soil_nitrogen: Cells | None, nitrogen_content: float) -> Cells:
    """Nitrogen kept with the soil.

    Parameters
    ----------
    soil : array (rows, cols), t ha-1 yr-1
    soil_nitrogen : array (rows, cols), 1, 0-1
        Mass fraction; used instead of the number where it is given.
    nitrogen_content : number, 1, 0-1

    Returns
    -------
    array (rows, cols), t ha-1 yr-1
    """
    return _times(soil, nitrogen_content if soil_nitrogen is None else soil_nitrogen)


def phosphorus(soil: Cells, soil_phosphorus: Cells | None, phosphorus_content: float) -> Cells:
    """Phosphorus kept with the soil.

    Parameters
    ----------
    soil : array (rows, cols), t ha-1 yr-1
    soil_phosphorus : array (rows, cols), 1, 0-1
        Mass fraction; used instead of the number where it is given.
    phosphorus_content : number, 1, 0-1

    Returns
    -------
    array (rows, cols), t ha-1 yr-1
    """
    return _times(soil, phosphorus_content if soil_phosphorus is None else soil_phosphorus)


@cellwise
def _kept(erosivity: F, erodibility: F, ls: F, cover_factor: F) -> F:
    return erosivity * erodibility * ls * (F(1.0) - cover_factor)


@cellwise
def _kept_by_practice(erosivity: F, erodibility: F, ls: F, cover_factor: F, practice_factor: F) -> F:
    return erosivity * erodibility * ls * (F(1.0) - cover_factor * practice_factor)


@cellwise
def _silt(retained: F, share: F, density: F) -> F:
    return retained * share / density


@cellwise
def _times(retained: F, content: F) -> F:
    return retained * content


CLASSES = {"c_factor": ("classes",)}
TREATED, FERTILISER = {"nutrients": ("treatment_cost",)}, {"nutrients": ("fertiliser_price",)}
BY_NUMBER = {"content": ("number",)}
CUTOFFS = ("steep", "cutoff_steep", "cutoff_gentle")
METHODS = ("hj1173", "invest", "desmet_govers")
PRINTED = {"ls": ("hj1173", "desmet_govers")}
mass = partial(Item, measure="t ha-1 yr-1", lacking=without_cover_factor)
of_treatment = partial(mass, price_measure="CNY t-1", when=TREATED)
of_fertiliser = partial(mass, price_measure="CNY t-1", when=FERTILISER)

SERVICE = Service(
    code="soil_retention",
    category="regulating",
    items=(
        mass("soil", quantity=soil),
        Item(
            "silt",
            measure="m3 ha-1 yr-1",
            quantity=silt,
            price="price_dredging",
            price_measure="CNY m-3",
            lacking=without_cover_factor,
        ),
        of_treatment("nitrogen", quantity=nitrogen, price="price_nitrogen"),
        of_treatment("phosphorus", quantity=phosphorus, price="price_phosphorus"),
        of_fertiliser("nitrogen", quantity=nitrogen, price="price_nitrogen_fertiliser"),
        of_fertiliser("phosphorus", quantity=phosphorus, price="price_phosphorus_fertiliser"),
    ),
    inputs=(
        Input("erosivity", "MJ mm ha-1 h-1 yr-1", low=0, high=60000),
        Input("erodibility", "t ha h ha-1 MJ-1 mm-1", low=0, high=0.2),
        Input("ls", "1", low=0, high=1000),
        Input("cover", "1", low=0, high=1, when={"c_factor": ("classes", "cover_log")}),
        Input("cover_factor", "1", low=0, high=1, when={"c_factor": ("layer",)}),
        Input("soil_bulk_density", "t m-3", low=0.05, high=2.7, when={"density": ("layer",)}),
        Input("soil_nitrogen", "1", low=0, high=0.1, when={"content": ("layer",)}),
        Input("soil_phosphorus", "1", low=0, high=0.1, when={"content": ("layer",)}),
    ),
    parameters=(
        Parameter("cover_classes", "1", by="table", parameter="C_factor", low=0, high=1, keys=cover_keys, when=CLASSES),
        Parameter("dry_farmland", "1", by="table", parameter="C_dry_farmland", free=EQUATION_CONSTANTS, when=CLASSES),
        Parameter(
            "cover_logarithm", "1", by="table", parameter="C_cover_log", free=EQUATION_CONSTANTS, when={"c_factor": ("cover_log",)}
        ),
        Parameter(
            "cover_of_type",
            "1",
            by="type",
            parameter="C_landclass",
            low=0,
            high=1,
            fallback=True,
            when={"c_factor": ("land_class",)},
        ),
        Parameter("practice_factor", "1", by="type", parameter="P_factor", low=0, high=1, fallback=True, when={"practice": ("P",)}),
        Parameter("sediment_deposition_share", "1", low=0, high=1),
        Parameter("bulk_density", "t m-3", low=0.05, high=2.7, when={"density": ("number",)}),
        Parameter("nitrogen_content", "1", parameter="soil_nitrogen", low=0, high=0.1, local=True, when=BY_NUMBER),
        Parameter("phosphorus_content", "1", parameter="soil_phosphorus", low=0, high=0.1, local=True, when=BY_NUMBER),
    ),
    options=(
        Option("practice", ("none", "P"), "none"),
        Option("c_factor", ("classes", "cover_log", "land_class", "layer"), "classes"),
        Option("erosivity", ("halfmonth", "zhang", "monthly"), "halfmonth", makes="erosivity"),
        Option("k", ("hj1173", "epic_si"), "hj1173", makes="erodibility"),
        Option("ls", METHODS, "hj1173", makes="ls"),
        Option("m", ("rusle", "steps"), "rusle", when=PRINTED),
        Option("length", ("cell", "accumulation", "flow_length"), "accumulation", when={"ls": ("hj1173",)}),
        Option("slope", ("filled", "raw"), "filled", when={"ls": METHODS}, defaults=((PRINTED, "raw"),)),
        Option("channels", ("out", "in"), "out", when={"ls": METHODS}, needs=("channel_cells", "in")),
        Option("density", ("layer", "number"), "layer"),
        Option("content", ("layer", "number"), "layer"),
        Option("nutrients", ("treatment_cost", "fertiliser_price"), "treatment_cost"),
    ),
    lookups=(
        *(
            Parameter(name, "1", by="table", free=EQUATION_CONSTANTS, when=when)
            for when, names in (
                ({"erosivity": ("halfmonth",)}, ("R_alpha", "R_beta", "R_first_month", "R_last_month")),
                ({"erosivity": ("halfmonth", "zhang")}, ("R_erosive_threshold",)),
                ({"erosivity": ("zhang",)}, ("R_zhang",)),
                ({"erosivity": ("monthly",)}, ("R_wischmeier", "R_unit_factor")),
                ({}, ("K_correction", "om_to_oc", "L_reference", "L_beta", "S_factor", "L_exponent_by_slope_percent")),
                ({"ls": ("invest",)}, ("L_maximum",)),
            )
            for name in names
        ),
        Parameter("max_length", "m", low=1, high=1e5, when=PRINTED),
        Parameter("channel_cells", "1", low=1, high=1e9, when={"channels": ("out",)}),
        Parameter(
            "slope_cutoff",
            "1",
            by="table",
            low=0,
            high=1,
            keys=lambda _codes: set(CUTOFFS),
            when=PRINTED | {"length": ("flow_length",)},
        ),
        Parameter("ndvi_soil", "1", low=-1, high=1),
        Parameter("ndvi_vegetation", "1", low=-1, high=1),
    ),
    references=("hj1173-2021", "CHEN2017", "ZHANGM2021", "GARZE2017", "INVEST", "YOUYANG"),
)
