"""A total stands only where it is whole: states through a whole study, and the loss of any row of its tables."""

import contextlib
import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import small_study
from golden import small
from small_study import STUDY

from ecoval.accounts.grounds import grounds_of
from ecoval.accounts.prices import price_table
from ecoval.errors import InputError, MissingData, ParameterError
from ecoval.layers.compute import compute
from ecoval.layers.opening import open_layers
from ecoval.services import SERVICES, registry
from ecoval.standards import standards
from ecoval.study import Study
from ecoval.study.binding import study_parameters
from ecoval.study.run import unit_set_account

REST = ("soil_retention", "flood_mitigation", "climate_regulation", "tourism_health", "leisure", "eco_energy", "air_purification")
ABSENT = (*REST, "coastal_protection", "water_purification", "fishery_supply")
ROWS = """rice,1000,t,3000,CNY t-1
rice:intermediate_share,0.42,1,,
rice:intermediate,700000,CNY,,
rice:labour,900000,CNY,,
rice:depreciation,100000,CNY,,
rice:net_tax,50000,CNY,,
rice:capital,2000000,CNY,,
tea,26.8,t,92000,CNY t-1
tea:intermediate,100000,CNY,,
tea:labour,200000,CNY,,
tea:depreciation,100000,CNY,,
tea:net_tax,50000,CNY,,
tea:capital,300000,CNY,,
tea:return_rate,0.06,1,,
intermediate_share,0.3,1,,
return_rate,0.04,1,,
land:512,28,ha,12000,CNY ha-1
land:511,75,ha,15000,CNY ha-1
population,20000,person,,
visits:near,200000,visit,,
visits:far,100000,visit,,
visit_days,1.25,d,,
visit_days:far,3,d,,
hours_per_day,8,h d-1,,
visit_cost,570,CNY visit-1,,
visit_cost:far,200,CNY visit-1,,
wage,30,CNY h-1,,
tourism_revenue,190000000,CNY,,
nature_share,0.375,1,,
park_visits,26,visit person-1 yr-1,,
park_hours,1.5,h visit-1,,
"""


def study(folder, exclude=(), text=STUDY, **replaced):
    out = "".join(f'{code} = "no data here"\n' for code in exclude)
    for old, new in replaced.items():
        text = text.replace(old, new)
    return Study.read(small_study.write(folder, f"{text}\n[services.exclude]\n{out}" if out else text))


def test_a_unit_whose_every_indicator_has_a_state_that_is_whole_has_a_gep(tmp_path):
    account = study(tmp_path / "s", ABSENT).run(tmp_path / "run")
    gep = account.gep.set_index("unit_id")
    assert gep.loc["330101", "complete"]
    assert gep.loc["330101", "gep"] == gep.loc["330101", "subtotal"] == gep.loc["330101", ["provisioning", "regulating"]].sum()
    # 330103 has no rice; 330102 no forest, so that water retention does not apply and its carbon has no number
    states = account.indicators.set_index(["unit_id", "indicator"])["state"]
    assert states["330103", "material_supply"] == "missing"
    assert states["330102", "water_retention"] == "not_applicable"
    assert (gep["gep"].notna() == gep["complete"]).all()
    assert gep.loc["330103", ["gep", "gep_per_km2", "gep_per_capita", "gep_gdp_ratio"]].isna().all()
    line = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["headlines"]["admin"]
    assert line["total"] == "subtotal"
    name = line["texts"]["en"]["name"]
    assert name.startswith("Subtotal (without ")
    assert name.endswith("; in part material supply)")  # two of three units have rice
    assert any("no data here" in text for text in line["texts"]["zh"]["lacking"])
    written = pd.read_csv(tmp_path / "run" / "indicators.csv", dtype=str, encoding="utf-8-sig")
    head = ["year", "unit_set", "unit_id", "indicator", "state"]
    assert list(written.columns) == [*head, "value", "value_least", "value_most", "share", "reason"]
    assert len(written) == len(account.indicators)


def test_a_pack_with_an_unread_membership_never_gives_a_gep(tmp_path):
    folder = tmp_path / "s"
    for standard in standards():
        included = [code for code, row in _pack(standard).items() if row["included"] == "yes"]
        if not any(row["included"] == "unknown" for row in _pack(standard).values()):
            continue
        out = [code for code in included if code not in ("water_retention", "carbon_sequestration", "material_supply")]
        text = STUDY.replace('region = "CN-33"', f'region = "CN-33"\nstandard = "{standard}"')
        account = study(folder, out, text).run()
        assert account.gep["gep"].isna().all(), standard
        assert account.total()["total"] == "subtotal"
        assert "membership of indicators not verified" in account.total()["texts"]["en"]["name"]
    assert any(row["included"] == "unknown" for row in _pack("ndrc-2022").values())


def _pack(standard):
    from ecoval.standards import indicators

    return indicators(standard)


def test_a_service_left_out_by_default_is_named_with_its_reason(tmp_path):
    text = STUDY.replace('include = ["water_retention", "carbon_sequestration", "material_supply"]\n', "")
    account = study(tmp_path, text=text).run()
    lacking = account.total()["texts"]["en"]["lacking"]
    assert any(line.startswith("climate regulation: ") and "cooling" in line for line in lacking)
    assert (
        account.indicators.set_index("indicator").loc["soil_retention", "reason"].str.startswith("left_out soil_retention,").all()
    )


def test_a_named_service_that_cannot_be_computed_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"climate_regulation"):
        study(tmp_path / "layer", text=STUDY.replace('"material_supply"]', '"climate_regulation"]')).run()
    recalled = STUDY.replace('respiration = "ratio"', 'method = "rate"')
    with pytest.raises(ParameterError):
        study(tmp_path / "recalled", text=recalled).run()


def test_excluded_names_are_known_have_a_reason_and_are_not_included(tmp_path):
    for exclude, code in (
        ('eco_energi = "x"', "service_unknown"),
        ('eco_energy = " "', "reason_blank"),
        ('water_retention = "x"', "service_in_and_out"),
    ):
        with pytest.raises(InputError) as caught:
            study(tmp_path / code, text=f"{STUDY}\n[services.exclude]\n{exclude}\n").run()
        assert caught.value.code == code
    with pytest.raises(InputError, match="exclude"):
        study(tmp_path / "list", text=STUDY.replace("include = [", 'exclude = ["eco_energy"]\ninclude = [')).run()


def test_the_land_of_a_type_without_a_number_is_missing_area_and_never_drops_the_service(tmp_path):
    given = study(tmp_path)
    (tmp_path / "classes.csv").write_text("code,ecosystem_type\n1,113\n2,111\n3,431\n", encoding="utf-8")  # bamboo beside forest
    with pytest.warns(
        MissingData, match=r'"water_retention" needs runoff_coefficient for 113 .*keys 113 .*parameters/water_retention'
    ):
        account = given.run()
    rows = account.supply[account.supply["service"] == "water_retention"].set_index(["unit_id", "ecosystem_type"])
    assert rows.loc[("330101", "113"), "missing_area"] == pytest.approx(400e4, rel=1e-3)
    assert np.isnan(rows.loc[("330101", "113"), "quantity"])
    assert rows.loc[("330102", "111"), "value"] > 0
    reasons = account.indicators.set_index(["unit_id", "indicator"])["reason"]
    assert reasons["330101", "water_retention"] == "land_missing retention"
    assert account.gep.set_index("unit_id").loc["330101", "valid_fraction"] == 0.0
    with pytest.raises(ParameterError, match="113"):
        given.run(strict=True)


def test_overlapping_units_have_no_sum_anywhere(tmp_path):
    nested = small_study.units()
    nested.loc[0, "geometry"] = nested.union_all()
    given = study(tmp_path)
    nested.to_file(tmp_path / "units.gpkg")
    account = given.run()
    assert account.total()["value"] is None
    assert account.total()["texts"]["en"]["remarks"][0] == "The units overlap or nest, so they have no sum."


def test_the_default_column_of_a_map_is_the_subtotal_where_a_unit_is_not_whole(tmp_path):
    account = study(tmp_path).run()
    figure = account.map(lang="zh")
    assert any("小计" in text.get_text() for text in [*figure.texts, *(axes.title for axes in figure.axes)])


# the loss of a row


COLUMNS = "item,quantity,uom,price,price_uom"


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    folder = tmp_path_factory.mktemp("county")
    small.write(folder)
    rows = "".join(f"{unit},{row},2023,2023,book,user\n" for unit in ("330101", "330102") for row in ROWS.splitlines())
    (folder / "statistics.csv").write_text(f"unit_id,{COLUMNS},price_year,year,source,status\n{rows}", encoding="utf-8")
    return folder


def opened(folder, services, choices):
    content = small.content(services[0], {})
    content["services"] = {"include": services, **choices}
    declared = Study(content, folder / "study.toml").declaration
    layers = open_layers(declared, small.YEAR, study_parameters(declared), registry(), folder)
    return layers, compute(layers)


def values(layers, totals):
    """Value of each unit and indicator, and the states."""
    priced, grounds = price_table(layers, small.YEAR), grounds_of(layers, SERVICES)
    supply, _, states, _ = unit_set_account(layers, totals, "admin", priced, grounds)
    owner = supply["item"].where(supply["service"] == "recreation", supply["service"]).rename("indicator")
    return supply.groupby(["unit_id", owner])["value"].sum(min_count=1), states.set_index(["unit_id", "indicator"])["state"]


def lost(had, has, states, what):
    """Indicators whose value a loss has changed: it is empty or smaller, and the indicator is missing."""
    gone = []
    for key, value in had.items():
        left = has.get(key, np.nan)
        if left == value or (np.isnan(left) and np.isnan(value)):
            continue
        assert np.isnan(left) or left < value, (what, key, value, left)
        assert states.get(key, "missing") == "missing", (what, key)  # what is not in the pack has no state
        gone.append(key)
    return gone


METHODS = {"gross": "visits", "net_value_added": "revenue", "residual_rent": "visits", "land_rent": "revenue"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("material", "tourism"), METHODS.items())
def test_the_loss_of_a_row_of_statistics_never_makes_a_value_larger(county, material, tourism):
    choices = {"material_supply": {"method": material}, "recreation": {"tourism_health": tourism}}
    layers, totals = opened(county, ["material_supply", "recreation"], choices)
    rows = layers.all_statistics[layers.all_statistics["unit_id"] == "330101"].reset_index(drop=True)
    land = totals.areas[totals.areas["unit_id"] == "330101"]
    # one town with every row, and a town for each row with all rows but that one
    towns = {"whole": rows} | {item: rows[rows["item"] != item] for item in rows["item"]}
    table = pd.concat([part.assign(unit_id=name) for name, part in towns.items()], ignore_index=True)
    members = pd.DataFrame({"unit_set": "admin", "unit_id": list(towns), "unit_name": list(towns)})
    areas = pd.concat([land.assign(unit_id=name) for name in towns], ignore_index=True)
    layers = dataclasses.replace(layers, members=members, codes=frozenset(towns), all_statistics=table, statistics=table)
    found, states = values(layers, dataclasses.replace(totals, areas=areas, cells=totals.cells[:0]))
    whole = found["whole"]
    assert whole.notna().all()
    assert len(whole) == 3
    needed = [name for name in towns if lost(whole, found[name], states[name], name)]
    assert len(needed) >= 8, needed


@pytest.mark.filterwarnings("ignore")
def test_the_loss_of_a_price_never_makes_a_value_larger(county):
    layers, totals = opened(county, [service.code for service in SERVICES], {})
    had, _ = values(layers, totals)
    prices = layers.parameters.prices
    used = []
    for name in prices:
        rest = dataclasses.replace(layers.parameters, prices={key: value for key, value in prices.items() if key != name})
        has, states = values(dataclasses.replace(layers, parameters=rest), totals)
        used += [name] if lost(had, has, states, name) else []
    assert used == ["storage", "dredging", "nitrogen", "phosphorus", "co2", "o2", "electricity"]


OWN = [line for line in small.OWN.splitlines()[1:] if line.split(",")[1] not in ("interest_rate", "lifetime", "maintenance")]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", OWN, ids=[",".join(line.split(",")[:3]) for line in OWN])
def test_the_loss_of_an_own_number_never_makes_a_value_larger_unseen(tmp_path, row):
    service, parameter, *_ = row.split(",")
    choices = (
        {"respiration": "ratio"} if parameter == "nep_ratio" else {"method": "biomass"} if parameter == "biomass_years" else {}
    )
    given = Study(small.content(service, choices), small.write(tmp_path))
    whole = given.run()
    (tmp_path / "own.csv").write_text(small.OWN.replace(row + "\n", ""), encoding="utf-8")
    with contextlib.suppress(ParameterError):  # refused, since the study names the service
        less = given.run()
        before, after = (account.supply.groupby("unit_id")["value"].sum(min_count=1) for account in (whole, less))
        numbers = [{json.dumps(entry) for entry in account.records[0]["numbers"]} for account in (whole, less)]
        if numbers[1] <= numbers[0]:  # no other row of the tables took its place
            states = less.indicators.set_index(["unit_id", "indicator"])["state"].unstack()
            gone = ~((after == before) | (after.isna() & before.isna()))
            owner = "leisure" if service == "recreation" else service
            assert (states.loc[gone, owner] == "missing").all()
            assert ((after <= before) | after.isna() | (before < 0)).all()  # a debit that is lost is no gain but a gap
