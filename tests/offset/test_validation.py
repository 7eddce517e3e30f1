"""The validator: each code has a project that triggers it, and the sound project triggers none."""

import dataclasses
import math
import re
from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon, box

from ecoval.declarations import entries
from ecoval.offset.candidates import read_candidates
from ecoval.offset.declaration.files import ProjectDeclaration
from ecoval.offset.declaration.layers import read_footprints
from ecoval.offset.measures import measures_of
from ecoval.offset.rules.areas import Areas
from ecoval.offset.rules.counting import SpatialRule
from ecoval.offset.validation import Facts, findings, validate
from ecoval.units import SpatialUnits
from ecoval.words import catalogue

CRS = "EPSG:4549"
X, Y = 650_000.0, 3_210_000.0
CODES = [
    "CRS_MISSING_OR_DIFFERENT",
    "CRS_NOT_PROJECTED",
    "FOOTPRINT_INVALID",
    "CANDIDATE_INVALID",
    "UNIT_INVALID",
    "FOOTPRINT_OVERLAP",
    "CANDIDATE_OVERLAP",
    "CANDIDATE_IN_FOOTPRINT",
    "CANDIDATE_IN_LEDGER",
    "CANDIDATE_IN_GRANTED",
    "CANDIDATE_IN_PROTECTED",
    "FOOTPRINT_IN_NO_GO",
    "AREA_SUM_MISMATCH",
    "MINIMUM_AREA_WITHOUT_AREA",
    "STATUTORY_RULE_MISSING",
    "AREA_TOO_SMALL",
    "FEW_CELLS",
    "AREA_IMPLAUSIBLE",
    "ID_DUPLICATE",
    "FIELD_MISSING",
    "VALUE_OUT_OF_RANGE",
    "START_AND_LEAD_BOTH_SET",
    "GUARANTEE_BEFORE_MATURITY",
    "KIND_UNKNOWN",
    "PARAMETER_MISSING",
    "TIME_METHODS_BOTH_SET",
    "HORIZON_INFINITE_RATE_ZERO",
    "SEQUENCE_RECORD_MISSING",
    "UNIT_UNCOVERED",
    "NAME_UNKNOWN",
]
BOWTIE = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])


def square(x, y, side=100.0):
    return box(X + x, Y + y, X + x + side, Y + y + side)


def land(*shapes, crs=CRS, **columns):
    return geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def footprint_layer(**columns):
    """Two patches of A side by side, one of B elsewhere."""
    given = {"alternative_id": ["A", "A", "B"], "start": [2024.0] * 3, "after_class": [631, 632, 631]}
    return land(*columns.pop("shapes", (square(0, 0), square(100, 0), square(0, 500))), **{**given, **columns})


def candidate_layer(**columns):
    given = {
        "candidate_id": ["C1", "C2"],
        "kind_now": [512, 512],
        "kind_target": [131, 131],
        "variable_cost": [1e5, 1e5],
        "success": [0.8, 0.8],
    }
    return land(*columns.pop("shapes", (square(300, 0), square(500, 0))), **{**given, **columns})


def declared(**tables):
    content = {
        "project": {"name": "p", "study": "s"},
        "footprints": {"path": "f"},
        "candidates": {"path": "c"},
        "record": {"chosen": "A", "minimise_reason": "none exists"},
    }
    return ProjectDeclaration.of({**content, **tables}, "/nowhere")


WATER_ALONE = SpatialRule(SpatialRule.read().table.query("service == 'water_retention'"))


def facts(footprints=None, candidates=None, **more):
    project = declared()
    footprints = footprint_layer() if footprints is None else footprints
    candidates = candidate_layer() if candidates is None else candidates
    made = Facts(
        replace_source(project.footprints, footprints, read_footprints),
        candidates=read_candidates(candidates, 2024),
        crs=CRS,
        cell_area=900.0,
        services=("water_retention",),
        spatial=SpatialRule.read(),
        prices=("water_retention",),
    )
    return replace(made, **more)


def replace_source(declared_, frame, reader):
    return reader(replace(declared_, path=frame))


def codes(project=None, **given):
    return {each.code for each in findings(project or declared(), facts(**given))}


def areas(*shapes):
    frame = land(*shapes, unit_id=[f"u{n}" for n in range(len(shapes))])
    return Areas({"watershed": SpatialUnits.read(frame)})


def test_sound_project_has_no_finding_and_says_so():
    table = validate(declared(), facts())
    assert set(table["level"]) == {"ok"}
    assert set(table["layer"]) == {"footprints", "candidates", "rules", "record"}
    assert list(table.columns) == ["code", "level", "layer", "features", "found", "expected", "en", "zh", "found_zh", "expected_zh"]


def test_sound_project_stays_so_with_all_it_may_have():
    far = land(square(5000, 5000), name=["far"])
    whole = {
        "measures": measures_of(pd.DataFrame({"patch_id": ["A-1"], "option_id": ["a"], "cost": [1.0], "area_factor": [0.5]})),
        "exclusions": {"granted": far, "protected": far},
        "no_go": {"red_line": far},
        "barred": (9,),
        "kinds": pd.DataFrame({"piece": [0, 1, 2], "ecosystem_type": [512, 131, 0], "area": [1e4, 1e4, 1e4], "missing": 0.0}),
        "statutory": {"cropland": land(square(0, 0, 50.0), name=["crop"])},
        "regimes": ("cropland",),
        "areas": areas(square(-1000, -1000, 5000.0)),
        "area_kinds": ("watershed",),
        "units": {"watershed": land(square(-1000, -1000, 5000.0), unit_id=["u0"])},
        "used": lambda *_: False,
    }
    assert codes(**whole) == set()


# each code: a project or layers that have it, and (by the two tests above) none that the sound project has
CASES = {
    "CRS_MISSING_OR_DIFFERENT": {"exclusions": {"granted": land(square(5000, 0), name=["g"], crs=None)}},
    "FOOTPRINT_INVALID": {"footprints": footprint_layer(shapes=(BOWTIE, square(100, 0), square(0, 500)))},
    "CANDIDATE_INVALID": {"candidates": candidate_layer(shapes=(Polygon(), square(500, 0)))},
    "UNIT_INVALID": {"units": {"county": land(BOWTIE, unit_id=["u"])}},
    "FOOTPRINT_OVERLAP": {"footprints": footprint_layer(shapes=(square(0, 0), square(90, 0), square(0, 500)))},
    "CANDIDATE_OVERLAP": {"candidates": candidate_layer(shapes=(square(300, 0), square(390, 0)))},
    "CANDIDATE_IN_FOOTPRINT": {"candidates": candidate_layer(shapes=(square(190, 0), square(500, 0)))},
    "CANDIDATE_IN_LEDGER": {"used": lambda *key: key[0] == "C1"},
    "CANDIDATE_IN_GRANTED": {"exclusions": {"granted": land(square(350, 0), name=["g"])}},
    "CANDIDATE_IN_PROTECTED": {"exclusions": {"protected": land(square(350, 0), name=["g"])}},
    "CANDIDATE_IN_NO_GO": {"no_go": {"rules.no_go": land(square(350, 0), name=["r"])}},
    "CANDIDATE_IN_RED_LINE": {"exclusions": {"red_line": land(square(350, 0), name=["r"])}},
    "FOOTPRINT_IN_NO_GO": {"no_go": {"red_line": land(square(50, 0), name=["r"])}},
    "MINIMUM_AREA_WITHOUT_AREA": {"candidates": candidate_layer(shapes=(Polygon(), square(500, 0)), minimum_area=[100.0, 100.0])},
    "STATUTORY_RULE_MISSING": {"statutory": {"cropland": land(square(0, 0), name=["c"])}, "regimes": ("wetland",)},
    "AREA_TOO_SMALL": {"candidates": candidate_layer(shapes=(square(300, 0, 5.0), square(500, 0)))},
    "FEW_CELLS": {"cell_area": 2000.0},
    "AREA_IMPLAUSIBLE": {"study_area": 9000.0},
    "ID_DUPLICATE": {"candidates": candidate_layer(candidate_id=["C1", "C1"])},
    "FIELD_MISSING": {"candidates": candidate_layer().drop(columns="kind_target")},
    "VALUE_OUT_OF_RANGE": {"candidates": candidate_layer(success=[1.2, 0.8])},
    "START_AND_LEAD_BOTH_SET": {"candidates": candidate_layer(advance=[1, 0], delay=[2, 0])},
    "GUARANTEE_BEFORE_MATURITY": {"candidates": candidate_layer(ramp_years=[10, 10], end_year=[2033, 2034])},
    "KIND_UNKNOWN": {"candidates": candidate_layer(kind_now=[500_000, 512])},
    "PARAMETER_MISSING": {"services": ("water_retention", "beauty"), "spatial": WATER_ALONE},
    "SEQUENCE_RECORD_MISSING": {"footprints": footprint_layer(alternative_id=["A"] * 3)},
    "UNIT_UNCOVERED": {"areas": areas(square(-1000, -1000, 1100.0)), "area_kinds": ("watershed",)},
}
DECLARED = {
    "CRS_NOT_PROJECTED": {"influence": {"distance_m": 100}},
    "AREA_SUM_MISMATCH": {"footprints": {"path": "f", "site_area": {"A": 30_000.0}}},
    "TIME_METHODS_BOTH_SET": {"rules": {"time": "multiplier", "rate": 0.03}},
    "HORIZON_INFINITE_RATE_ZERO": {"rules": {"horizon": "inf", "rate": 0}},
    "VALUE_OUT_OF_RANGE": {"rules": {"rate": -0.01}},
    "SEQUENCE_RECORD_MISSING": {"record": {"chosen": "A"}},
    "FIELD_MISSING": {"footprints": {"path": "f", "start": "begin"}},
    "NAME_UNKNOWN": {"footprints": {"path": "f", "costs": {"A": 1.0, "AB": 1.0}}},
}
NAMES = {"service": ("water_retention", "water_retention:retention", "recreation"), "area_kind": ("watershed", "province")}
# tables and lists of project.toml that name something: a name that there is, one that there is not, and the nearest to it
NAMING = {
    "area_units": ("province", "provinec", "province", "everywhere"),
    "footprints.costs": ("A", "AA", "A", 1.0),
    "footprints.site_area": ("A", "AA", "A", 10_000.0),
    "influence.loss": ("*", "watr_retention", "water_retention", 0.1),
    "influence.loss_fields": ("recreation", "recreatoin", "recreation", "field"),
    "measures.weights": ("water_retention", "water", "water_retention", 1.0),
    "candidates.fields": ("kind_target", "kind_targe", "kind_target", "kind_target"),
    "rules.ratio": ("*", "recreations", "recreation", 1.0),
    "rules.weights": ("recreation", "recreational", "recreation", 1.0),
    "rules.must": ("C1", "C11", "C1", None),
    "rules.ban": ("C2", "C22", "C2", None),
    "record.minimise_reason": ("*", "A-11", "A-1", "none exists"),
    "statutory.layers": ("cropland", "corpland", "cropland", "layer.gpkg"),
}
LEAST = {
    "footprints": {"path": "f"},
    "candidates": {"path": "c"},
    "measures": {"path": "m"},
    "statutory": {"path": "s"},
    "record": {"chosen": "A", "minimise_reason": "none exists"},
}


def naming(where, name, value):
    """A project whose table or list of that place names something."""
    table, _, key = where.partition(".")
    if not key:
        return declared(**{table: {name: value}})
    given = [name] if where in ("rules.must", "rules.ban") else {name: value}
    return declared(**{table: {**LEAST.get(table, {}), key: given}})


def strangers(project, **more):
    found = findings(project, facts(names=NAMES, **more))
    return [(each.place.part, each.place.ids, dict(each.fields)["expected"]) for each in found if each.code == "NAME_UNKNOWN"]


@pytest.mark.parametrize("where", NAMING)
def test_a_name_that_nothing_has_is_an_error_with_the_nearest(where):
    there, stranger, near, value = NAMING[where]
    assert strangers(naming(where, there, value)) == []
    assert strangers(naming(where, stranger, value)) == [(where, (stranger,), (near,))]


def test_every_table_and_list_that_names_something_is_tried():
    tried = {f"{table}.{key}" if table else key for table, key in (where.rpartition(".")[::2] for where in NAMING)}
    every = {
        ".".join(part for part in (table, entry.name) if part)
        for table, cls in [("", ProjectDeclaration), *parts(ProjectDeclaration)]
        for entry in entries(cls)
        if entry.key.names and not entry.key.table
    }
    assert every - {"exclusions", "rules.ratio_kind"} == tried  # closed when it is read; codes of the classification


def parts(cls):
    """Name and class of each table of a file."""
    for entry in entries(cls):
        yield from ((entry.name, form) for form in entry.forms if dataclasses.is_dataclass(form))


def test_a_column_of_measures_for_a_service_that_there_is_not_is_an_error():
    assert strangers(declared(), table_names=(("measures", ("service", ("recreatoin",))),)) == [
        ("measures", ("recreatoin",), ("recreation",))
    ]


@pytest.mark.parametrize(
    ("tables", "place", "name"),
    [
        ({"footprints": {"path": "f", "costs": {"A": -1.0}}}, "footprints", "costs A"),
        ({"influence": {"loss": {"*": 1.5}}}, "influence", "loss *"),
        ({"influence": {"distance_m": 1e300}}, "influence", "distance_m"),
        ({"rules": {"horizon": 1e300}}, "rules", "horizon"),
        ({"rules": {"ratio": {"*": 1e300}}}, "rules", "ratio *"),
        ({"rules": {"weights": {"recreation": -1.0}}}, "rules", "weights recreation"),
        ({"checks": {"few_cells": -4}}, "checks", "few_cells"),
        ({"project": {"name": "p", "study": "s", "t0": -2024}}, "project", "t0"),
    ],
)
def test_a_number_outside_the_domain_of_its_key_is_an_error(tables, place, name):
    found = [each for each in findings(declared(**tables), facts(names=NAMES)) if each.code == "VALUE_OUT_OF_RANGE"]
    assert [(each.place.part, each.place.ids, each.level) for each in found] == [(place, (name,), "error")]


@pytest.mark.parametrize("cost", [-1.0, math.inf, 1e300])
def test_a_cost_of_a_measure_outside_its_domain_is_an_error(cost):
    table = measures_of(pd.DataFrame({"patch_id": ["A-1"], "option_id": ["a"], "cost": [cost]}))
    assert codes(measures=table) == {"VALUE_OUT_OF_RANGE"}


@pytest.mark.parametrize(("column", "share"), [("loss_factor", 1.5), ("loss_factor:recreation", -0.5), ("area_factor", 2.0)])
def test_a_factor_of_a_measure_is_a_share(column, share):
    table = measures_of(pd.DataFrame({"patch_id": ["A-1"], "option_id": ["a"], "cost": [1.0], column: [share]}))
    assert codes(measures=table) == {"VALUE_OUT_OF_RANGE"}


def test_a_measure_without_option_is_an_error():
    table = measures_of(pd.DataFrame({"patch_id": ["A-1"], "option_id": [None], "cost": [1.0]}))
    assert codes(measures=table) == {"FIELD_MISSING"}


@pytest.mark.parametrize("code", CASES)
def test_layers_with_the_fault_have_the_code(code):
    assert code in codes(**CASES[code])


@pytest.mark.parametrize("code", DECLARED)
def test_project_file_with_the_fault_has_the_code(code):
    given = {"crs": "EPSG:4490"} if code == "CRS_NOT_PROJECTED" else {}
    assert code in codes(declared(**DECLARED[code]), **given)


def test_every_code_of_the_reference_is_tried_and_has_a_text():
    assert set(CODES) <= {*CASES, *DECLARED}
    assert set(CODES) <= set(catalogue())


def test_another_crs_is_a_warning_and_no_crs_an_error():
    other = land(Point(120.5, 29.0).buffer(0.01), name=["g"], crs="EPSG:4490")
    found = findings(declared(), facts(exclusions={"granted": other}))
    assert [(each.code, each.level) for each in found if each.place.part == "granted"] == [("CRS_MISSING_OR_DIFFERENT", "warning")]


def test_distance_on_a_projected_crs_is_fine():
    assert codes(declared(influence={"distance_m": 100})) == set()


def test_negative_findings_do_not_stop_the_assessment():
    """A no-go footprint, an excluded candidate or a missing record is an answer, not a refusal."""
    for code in ("FOOTPRINT_IN_NO_GO", "CANDIDATE_IN_FOOTPRINT", "CANDIDATE_IN_LEDGER", "SEQUENCE_RECORD_MISSING", "FEW_CELLS"):
        found = [each for each in findings(declared(), facts(**CASES[code])) if each.code == code]
        assert {each.level for each in found} == {"warning"}, code


def test_no_go_kind_is_found_with_all_below_it_and_only_under_the_chosen():
    kinds = pd.DataFrame({"piece": [0, 2], "ecosystem_type": [211, 91], "area": [1e4, 1e4], "missing": 0.0})
    assert codes(kinds=kinds, barred=(2,)) == {"FOOTPRINT_IN_NO_GO"}
    assert codes(kinds=kinds, barred=(9,)) == set()  # patch 2 belongs to the other alternative
    chosen = declared(record={"chosen": "B", "minimise_reason": "none"})
    assert codes(chosen, kinds=kinds, barred=(9,)) == {"FOOTPRINT_IN_NO_GO"}


def test_conflict_group_allows_an_overlap():
    shapes = (square(300, 0), square(390, 0))
    assert codes(candidates=candidate_layer(shapes=shapes, conflict_group=["g", "g"])) == set()
    assert codes(candidates=candidate_layer(shapes=shapes, conflict_group=["g", "h"])) == {"CANDIDATE_OVERLAP"}


def test_options_of_one_candidate_are_no_overlap_and_no_duplicate():
    frame = candidate_layer(shapes=(square(300, 0), square(300, 0)), candidate_id=["C1", "C1"], option_id=["a", "b"])
    assert codes(candidates=frame) == set()


def test_gap_between_patches_is_found_and_a_hole_of_one_patch_is_not():
    around = (Polygon([(X, Y), (X + 300, Y), (X + 300, Y + 100), (X, Y + 100)]), square(0, 100), square(200, 100))
    top = Polygon([(X, Y + 200), (X + 300, Y + 200), (X + 300, Y + 300), (X, Y + 300)])
    ring = land(*around, top, alternative_id=["A"] * 4, after_class=[631] * 4, start=[2024.0] * 4)
    own = declared(record={"chosen": "A", "avoid_reason": "one place", "minimise_reason": "none"})
    assert codes(own, footprints=ring) == {"AREA_SUM_MISMATCH"}
    hole = Polygon(square(0, 0, 300).exterior.coords, [square(100, 100).exterior.coords])
    single = land(hole, alternative_id=["A"], after_class=[631], start=[2024.0])
    assert codes(own, footprints=single, candidates=candidate_layer(shapes=(square(500, 0), square(700, 0)))) == set()


def test_site_area_within_slivers_is_fine():
    table = facts().footprints
    total = float(table.loc[table["alternative_id"] == "A", "area"].sum())
    assert codes(declared(footprints={"path": "f", "site_area": {"A": 1.0005 * total}})) == set()
    assert codes(declared(footprints={"path": "f", "site_area": {"A": 1.01 * total}})) == {"AREA_SUM_MISMATCH"}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("leakage", [-0.1, 0.0]),
        ("level", [1.1, 1.0]),
        ("yearly_cost", [-1.0, 0.0]),
        ("start_year", [2024.5, 2024.0]),
        ("ramp_shape", ["steep", "linear"]),
        ("minimum_area", [2e4, 0.0]),
        ("difficulty", ["hardly", None]),
        ("variable_cost", [math.nan, 1.0]),
    ],
)
def test_values_of_candidates_have_ranges(column, values):
    assert codes(candidates=candidate_layer(**{column: values})) == {"VALUE_OUT_OF_RANGE"}


@pytest.mark.parametrize(
    "columns", [{"impact_type": ["forever"] * 3}, {"impact_type": ["temporary"] * 3}, {"end": [2020.0, 2030.0, np.nan]}]
)
def test_values_of_footprints_have_ranges(columns):
    assert codes(footprints=footprint_layer(**columns)) == {"VALUE_OUT_OF_RANGE"}


def test_candidate_without_success_is_taken_as_certain_and_said_so():
    found = findings(declared(), facts(candidates=candidate_layer(success=[np.nan, 0.5])))
    assert [(each.code, each.level, each.place.ids) for each in found] == [("FIELD_MISSING", "warning", ("C1",))]


def test_measure_of_an_unknown_patch_or_above_one_is_found():
    table = pd.DataFrame({"patch_id": ["A-1", "A-9"], "option_id": ["a", "a"], "cost": [1, 1], "area_factor": [1.5, None]})
    found = findings(declared(), facts(measures=measures_of(table)))
    assert {(each.code, each.place.ids) for each in found} == {
        ("VALUE_OUT_OF_RANGE", ("A-9 a",)),
        ("VALUE_OUT_OF_RANGE", ("A-1 a",)),
    }


def test_density_and_price_that_lack_are_named():
    densities = pd.DataFrame({"service": ["water_retention"] * 3, "ecosystem_type": [631, 632, 512]})
    found = findings(declared(), facts(densities=densities, prices=()))
    assert [(each.place.part, each.level, each.place.ids) for each in found] == [
        ("densities", "error", ("water_retention 131",)),
        ("prices", "warning", ("water_retention",)),
    ]


def test_chosen_alternative_must_exist():
    found = findings(declared(record={"chosen": "C", "minimise_reason": "none"}), facts())
    assert [(each.code, dict(each.fields)["found"]) for each in found] == [("VALUE_OUT_OF_RANGE", "C")]


def test_text_of_a_finding_has_its_parts_in_both_languages():
    table = validate(declared(), facts(**CASES["CANDIDATE_OVERLAP"]))
    row = table[table["code"] == "CANDIDATE_OVERLAP"].iloc[0]
    for part in ("C1, C2", "candidates", row["found"], "conflict_group"):
        assert part in row["en"]
        assert part in row["zh"]
    assert row["features"] == "C1; C2"


def words_of(text):
    """A Chinese message without what is quoted: layers, features, keys, which are names."""
    return re.sub("“[^”]*”", "", text)


@pytest.mark.parametrize("code", CASES)
def test_chinese_findings_hold_no_english_phrase(code):
    table = validate(declared(), facts(**CASES[code]))
    for text in table["zh"]:
        assert not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", words_of(text)), text


def test_a_service_without_a_price_is_named_in_words_of_both_languages():
    table = validate(declared(), facts(services=("water_retention", "material_supply:rice"), prices=()))
    row = table[table["layer"] == "prices"].iloc[0]
    assert row["features"] == "water_retention; material_supply:rice"
    assert "material supply: rice" in row["en"]
    assert "物质产品供给·稻谷" in row["zh"]
    assert "material_supply" not in row["zh"]
    assert (row["found"], row["found_zh"]) == ("no price", "没有价格")
    assert "price" not in row["zh"].replace("“prices”", "")
