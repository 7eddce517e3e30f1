"""Where a check finds no error a run refuses nothing, and what a run refuses a check names by the same code.

A family of studies drawn from a seed: each has several of everything - services with any of their options, layers left out or
made of others, sets of units that nest, overlap or are made, several rows of one unit - and many of them something that is wrong.
"""

import shutil
import warnings

import geopandas
import numpy as np
import option_study as base
import pytest
import shapely
import small_study

from ecoval.errors import EcovalError
from ecoval.services import SERVICES
from ecoval.services.declaration import Input, Item, Parameter, Service
from ecoval.study import Study

STUDIES, SEED = 60, 20261201
WIDTH, HEIGHT = base.CELL * len(base.TYPES), base.CELL * base.ROWS
NESTED = {"a": (0.0, 1.0), "b": (0.0, 0.5), "c": (0.5, 1.0), "west": (0.0, 0.6), "east": (0.4, 1.0)}  # parts of the width
SETS = {
    "admin": {"path": "units.gpkg", "id": "unit_id"},
    "halves": {"path": "halves.gpkg", "id": "unit_id"},
    "overlapping": {"path": "overlapping.gpkg", "id": "unit_id"},
    "squares": {"kind": "grid", "cell": 250, "within": "admin"},
}
ROLES = {
    **{role: f"{role}.tif" for role in (*base.VALUES, "dem", "ndvi")},
    "lakes": "lakes.csv",
    "reservoirs": "reservoirs.csv",
    "rain_daily": "rain.csv",
}
LEFT = ("erosivity", "erodibility", "ls", "cover", "precipitation", "precipitation_monthly", "cooling_days")  # then made of others
ROWS = """b,rice,10,t,3000,CNY t-1,2019
b,tea,2,t,60000,CNY t-1,2020
c,tea,7,t,50000,CNY t-1,2023
b,visits,9000,visit,,,
c,visits:far,900,visit,,,
c,visits:near,100,visit,,,
b,population,20000,person,,,
b,park_visits,12,visit person-1 yr-1,,,
b,park_hours,2,h visit-1,,,
b,wage,40,CNY h-1,,,2019
c,nature_share,0.4,1,,,
a,land:111,3,ha,900,CNY ha-1,2020
a,land:11,4,ha,800,CNY ha-1,2023
"""
WRONG_ROWS = (
    "z,rice,1,t,1,CNY t-1,2023",  # a unit that there is not
    "b,rice,1,t,1,CNY t-1,2023",  # twice
    "b,wheat,5,t,2,CNY kg-1,2023\nc,wheat,5,m3,2,CNY m-3,2023",
    "b,nature_share,3,1,,,",
    "c,visit,5,visit,,,",
    "b,land:512,5,t,1,CNY t-1,2023",
    "b,rice:labour,5,m3,,,",
    "c,rice:labour,5,CNY,,,2023",
    "b,barley,5,t,2,CNY t-1,1923",
)
NUMBERS = {
    "cooling_threshold": {"daily_max": 26},
    "storm_threshold": 50,
    "channel_cells": 1000,
    "ndvi_soil": 0.05,
    "ndvi_vegetation": 0.9,
    "nature_share": 0.5,
    "wage": 30,
}


def density(npp, factor):
    return npp * np.float32(factor)


def shapeless(npp):
    return npp.ravel()


def products(extent):
    return extent.assign(item="wood", quantity=1.0, uom="t", price=2.0, price_uom="CNY t-1", price_year=2023).drop(columns="area")


def own_service(code="own", quantity=density, form="cell", **item):
    return Service(
        code=code,
        category="regulating",
        items=(Item("stuff", measure="t ha-1 yr-1", quantity=quantity, form=form, **item),),
        inputs=(Input("npp", "gC m-2 yr-1"),) if form == "cell" else (),
        parameters=(Parameter("factor", "1", source="own"),) if quantity is density else (),
        options=(),
        references=(),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("一族 family")
    base.write(folder)
    for name, codes in (("halves", ("b", "c")), ("overlapping", ("west", "east"))):
        boxes = [
            shapely.box(base.LEFT + low * WIDTH, base.TOP - HEIGHT, base.LEFT + high * WIDTH, base.TOP)
            for low, high in (NESTED[code] for code in codes)
        ]
        geopandas.GeoDataFrame({"unit_id": list(codes)}, geometry=boxes, crs=base.CRS).to_file(folder / f"{name}.gpkg")
    cells = [
        (code, shapely.box(base.LEFT + place * base.CELL, base.TOP - HEIGHT, base.LEFT + (place + 1) * base.CELL, base.TOP))
        for place, code in enumerate(base.TYPES)
    ]
    codes, boxes = zip(*cells, strict=True)
    geopandas.GeoDataFrame({"ecosystem_type": codes}, geometry=list(boxes), crs=base.CRS).to_file(folder / "parcels.gpkg")
    mixed = "unit_id,coarse_code,target_code,share,source\n*,512,511,0.4,book\n*,512,512,0.6,book\n"
    (folder / "mixtures.csv").write_text(mixed, encoding="utf-8")
    (folder / "unmixed.csv").write_text(mixed.replace("0.6", "0.5"), encoding="utf-8")
    head = "service,parameter,key,value,uom,source_id\n"
    (folder / "own.csv").write_text(head + "carbon_sequestration,nep_ratio,*,0.5,1,book\n", encoding="utf-8")
    (folder / "wrong.csv").write_text(
        head + "carbon_sequestration,nep_ration,*,0.5,1,book\ncarbon,nep_ratio,*,1,1,book\n", encoding="utf-8"
    )
    rain = (folder / "rain.csv").read_text(encoding="utf-8")
    (folder / "rain_undated.csv").write_text(rain.replace("-07-03", "-17-03"), encoding="utf-8")
    (folder / "rain_short.csv").write_text("\n".join(rain.splitlines()[:90]), encoding="utf-8")
    (folder / "lakes_elsewhere.csv").write_text(base.LAKES.replace("a,", "q,"), encoding="utf-8")
    classes = "".join(f"{code},{code}\n" for code in base.TYPES[1:])
    (folder / "classes.csv").write_text("code,ecosystem_type\n" + classes, encoding="utf-8")
    values = np.full((base.ROWS, len(base.TYPES)), 20.0, np.float32)
    place = small_study.Affine(base.CELL, 0, base.LEFT, 0, -base.CELL, base.TOP)
    small_study.raster(folder / "sandless.tif", values, base.CRS, place)
    small_study.raster(folder / "impossible.tif", values * 1e6, base.CRS, place)
    small_study.raster(folder / "elsewhere.tif", values, base.CRS, place @ place.translation(5000, 0))
    small_study.raster(folder / "year.tif", np.full((365, 2, 3), 27.0, np.float32), base.CRS, place @ place.scale(4, 4))
    return folder


def some(random, choices, share):
    return [each for each in choices if random.random() < share]


def drawn(folder, number):
    """Content of a study and the user's own services."""
    random = np.random.default_rng([SEED, number])
    pick = lambda choices: choices[random.integers(len(choices))]  # noqa: E731
    services = some(random, SERVICES, 0.35) or [pick(SERVICES)]
    content = base.content(services[0].code, [], {})
    content["services"] = {"include": [service.code for service in services]}
    for service in services:
        chosen = {option.name: str(pick(option.choices)) for option in service.options if random.random() < 0.25}
        if chosen:
            content["services"][service.code] = chosen
    content["layers"] |= {
        role: path for role, path in ROLES.items() if role not in some(random, LEFT, 0.5) and random.random() < 0.97
    }
    if random.random() < 0.3:
        content["layers"]["temperature_max"] = "year.tif"
    content["units"] |= {name: SETS[name] for name in some(random, list(SETS)[1:], 0.5)}
    with_sets = {"b", "c"} if "halves" in content["units"] else set()
    content["study"]["years"] = pick([[2023], [2023], [2022, 2023]])
    content["study"]["price_year"] = int(pick([2023, 2023, 2020, 2024]))
    content["parameters"] = {"allow_recalled": bool(random.random() < 0.8), **NUMBERS}
    if random.random() < 0.3:
        content["parameters"]["tables"] = ["own.csv"]
    rows = base.STATISTICS + "".join(line + "\n" for line in ROWS.splitlines() if line[0] in {"a", *with_sets})
    own = []
    for wrong in some(random, range(len(MUTATIONS) + 1), 1.2 / len(MUTATIONS)):
        if wrong < len(MUTATIONS):
            MUTATIONS[wrong](content)
        else:
            rows += WRONG_ROWS[random.integers(len(WRONG_ROWS))] + "\n"
    if random.random() < 0.3:
        own.append(
            pick(
                (
                    own_service(),
                    own_service("carbon_sequestration"),
                    own_service("bent", shapeless),
                    own_service("wood", products, "table"),
                    own_service("priced", price="price_co2"),
                )
            )
        )
        content["parameters"] |= {own[0].code: {"factor": 2}} if own[0].code in ("own", "priced") and random.random() < 0.7 else {}
    name = f"statistics_{number}.csv"
    (folder / name).write_text(rows, encoding="utf-8")
    content["statistics"] = {"book": name}
    return content, own


def put(*keys, value):
    def change(content):
        below = content
        for key in keys[:-1]:
            below = below.setdefault(key, {})
        below[keys[-1]] = value

    return change


MUTATIONS = (
    put("layers", "landcover", value={"path": "landcover.tif", "mixtures": "mixtures.csv"}),
    put("layers", "landcover", value={"path": "landcover.tif", "mixtures": "unmixed.csv"}),
    put("layers", "landcover", value={"path": "landcover.tif", "classes": "classes.csv"}),
    put("layers", "landcover", value={"path": "parcels.gpkg"}),
    put("layers", "soil_sand", value="sandless.tif"),
    put("layers", "npp", value="impossible.tif"),
    put("layers", "npp", value="elsewhere.tif"),
    put("layers", "dem", value="elsewhere.tif"),
    put("layers", "dem", value="impossible.tif"),
    put("layers", "npp", value="absent_{year}.tif"),
    put("layers", "precipitation", value={"path": "precipitation.tif", "measure": "t ha-1"}),
    put("layers", "precipitation", value={"path": "precipitation.tif", "band": 3}),
    put("layers", "temperature", value={"path": "temperature.tif", "band": 1}),
    put("layers", "rain_daily", value="rain_undated.csv"),
    put("layers", "rain_daily", value="rain_short.csv"),
    put("layers", "lakes", value="lakes_elsewhere.csv"),
    put("units", "admin", value={"path": "units.gpkg", "id": "code"}),
    put("units", "few", value={"path": "halves.gpkg", "id": "unit_id", "only": ["nobody"]}),
    put("grid", value={"like": "npp"}),
    put("grid", value={"like": "elevation"}),
    put("parameters", "tables", value=["wrong.csv"]),
    put("parameters", "carbon_sequestration", value={"nep_ration": 1, "nep_ratios": 2}),
    put("prices", "gold", value={"value": 1, "uom": "CNY t-1"}),
    put("prices", "co2", value={"value": 1, "uom": "CNY m-3", "year": 2023}),
    put("prices", "storage", value={"value": 5, "uom": "CNY m-3", "year": 2011}),
    put("services", "water_retention", value={"form": "invest2017", "rain": "all"}),
    put("services", "exclude", value={"recreations": "not wanted"}),
    put("uncertainty", value={"draws": 10}),
)


def outcome(folder, content, own):
    """Codes of the errors of a check, and the code that a run refuses by ("" where it goes through)."""
    return outcome_of(Study(content, folder / "study.toml"), own)


def outcome_of(study, own=()):
    """As `outcome`, of a study."""
    from ecoval.study import check

    met = []

    def keep(findings, lang):
        met.extend(each.code for each in findings if each.level == "error")
        return as_table(findings, lang)

    as_table = check.table
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setattr(check, "table", keep)
        study.check(services=own)
        try:
            study.run(services=own)
        except EcovalError as error:
            return met, error.code
    return met, ""


@pytest.mark.parametrize("number", range(STUDIES))
def test_a_run_refuses_what_a_check_names(folder, number):
    named, refused = outcome(folder, *drawn(folder, number))
    if refused:
        assert refused in named


def test_a_check_gives_every_unknown_name(folder):
    content = base.content("carbon_sequestration", ["npp"], {})
    for change in MUTATIONS[-8:-5] + MUTATIONS[-3:-1]:
        change(content)
    content["services"]["include"] = ["carbon_sequestration", "water_retentions"]
    named, refused = outcome(folder, content, [])
    assert refused == named[0]
    assert named.count("parameter_name_unknown") == 3  # one in the table, two in [parameters]
    counts = {"parameter_service_unknown": 1, "price_name_unknown": 1, "service_unknown": 2, "study_unknown_key": 0}
    counts["study_wrong_choice"] = 2  # of an option of a service that is not computed
    assert {code: named.count(code) for code in counts} == counts


def retention():
    content = base.content("water_retention", ["precipitation", "evapotranspiration"], {})
    del content["statistics"]
    return content


def test_a_run_of_a_program_is_refused_without_its_services(folder, tmp_path):
    content = retention()
    content["parameters"] |= {"own": {"factor": 2}}
    content["layers"]["npp"] = "npp.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Study(content, folder / "study.toml").run(tmp_path / "run", services=[own_service()], reports=())
    named, refused = outcome_of(Study.read(tmp_path / "run"))
    assert named[0] == refused == "run_with_user_services"
    assert outcome_of(Study.read(tmp_path / "run"), [own_service()]) == ([], "")


@pytest.mark.parametrize("text", ["{", "[]", '{"options": []}'])
def test_a_recipe_that_cannot_be_read_is_refused(folder, tmp_path, text):
    shutil.copy(folder / "precipitation.tif", tmp_path / "precipitation.tif")
    (tmp_path / "precipitation.tif.recipe.json").write_text(text, encoding="utf-8")
    content = retention()
    content["layers"]["precipitation"] = str(tmp_path / "precipitation.tif")
    assert outcome(folder, content, []) == (["recipe_unreadable"], "recipe_unreadable")


@pytest.mark.parametrize(
    ("layers", "code"),
    [
        ({"precipitation": "impossible.tif"}, "layer_out_of_range"),
        ({"landcover": {"path": "landcover.tif", "classes": "classes.csv"}}, "landcover_codes_unknown"),
    ],
)
def test_a_fault_of_cells_has_one_code(folder, layers, code):
    content = retention()
    content["layers"] |= layers
    named, refused = outcome(folder, content, [])
    assert (set(named), refused) == ({code}, code)


def test_codes_of_land_outside_the_units_are_refused_by_neither(folder):
    content = retention()
    content["layers"]["landcover"] = {"path": "landcover.tif", "classes": "classes.csv"}  # without that of the first column
    content["units"] = {"east": {"path": "halves.gpkg", "id": "unit_id", "only": ["c"]}}
    assert outcome(folder, content, []) == ([], "")


def test_an_assessment_refuses_what_a_check_names_before_anything_is_computed(folder, monkeypatch):
    from ecoval.layers import compute
    from ecoval.offset.loss.states import States

    def never(*_, **__):
        raise AssertionError("computed")

    monkeypatch.setattr(compute, "compute", never)
    content = base.content("recreation", ["npp"], {})
    (folder / "twice.csv").write_text(base.STATISTICS + "a,visits:near,1,visit,,,\n", encoding="utf-8")
    content["statistics"] = {"book": "twice.csv"}
    study = Study(content, folder / "study.toml")
    with pytest.raises(EcovalError) as refused:
        States.open(study)
    assert refused.value.code == "statistics_twice"
    assert study.check().query("level == 'error'")["found"].str.contains("visits:near").any()
