"""What a run prints and warns of beside the account."""

import warnings

import numpy as np
import pytest
import small_study
from small_study import STUDY, flat, raster

from ecoval.errors import EcovalWarning
from ecoval.study import Study

PRECIPITATION, DEMAND, CAPACITY, SEASONALITY = 1600.0, 0.9 * 1000.0, 0.15 * 1000.0, 5.0
BUDYKO = """water_retention,crop_coefficient,111,0.9,1,book
water_retention,crop_coefficient,512,0.9,1,book
water_retention,crop_coefficient,431,1.0,1,book
water_retention,root_depth,111,1000,mm,book
water_retention,root_depth,512,1000,mm,book
water_retention,root_depth,431,1,mm,book
water_retention,seasonality,*,5,1,book
"""


def budyko_study(folder):
    text = STUDY.replace('evapotranspiration = "evapotranspiration.tif"\n', "")
    layers = {"reference_evapotranspiration": 1000, "soil_depth": 5000, "available_water": 0.15}
    text = text.replace("[statistics]", "".join(f'{name} = "{name}.tif"\n' for name in layers) + "[statistics]")
    text = text.replace("carbon_sequestration = {", 'water_retention = { evapotranspiration = "budyko" }\ncarbon_sequestration = {')
    path = small_study.write(folder, text, small_study.OWN + BUDYKO)
    for name, value in layers.items():
        raster(folder / f"{name}.tif", flat(value))
    return path


def retained(seasonality):
    """Retention of 800 ha of forest (coefficient 0.0465) by Fu's curve, m3: 1 + phi - (1 + phi^w)^(1/w) of the rain evaporates."""
    w = min(max(seasonality * CAPACITY / PRECIPITATION + 1.25, 1.0), 5.0)
    phi = DEMAND / PRECIPITATION
    evaporated = PRECIPITATION * (1 + phi - (1 + phi**w) ** (1 / w))
    return 10 * (PRECIPITATION * (1 - 0.0465) - evaporated) * 800


def test_budyko_end_to_end_with_half_and_double_the_seasonality(tmp_path):
    account = Study.read(budyko_study(tmp_path)).run()
    rows = account.supply[account.supply["service"] == "water_retention"]
    assert rows["quantity"].sum() == pytest.approx(retained(SEASONALITY), rel=1e-3)
    # ET 576.8 mm of the reference example
    assert retained(SEASONALITY) == pytest.approx(8000 * (1600 * 0.9535 - 576.8), rel=1e-4)
    record = account.records[0]
    found = {row["variant"]: row["quantity"] for row in record["variants"] if row["service"] == "water_retention"}
    assert found["seasonality x 0.5"] == pytest.approx(retained(SEASONALITY / 2), rel=1e-3)
    assert found["seasonality x 2"] == pytest.approx(retained(SEASONALITY * 2), rel=1e-3)
    assert found["seasonality x 2"] < rows["quantity"].sum() < found["seasonality x 0.5"]
    (note,) = (note for note in record["notes"] if note["code"] == "variants_beside")
    assert "× 0.5: " in note["en"]
    assert "× 2：" in note["zh"]
    assert "million m³/yr" in note["en"]


def river_study(folder, evaporation, days):
    """Climate regulation of the river alone: 5 columns of 40 cells, 200 ha."""
    text = STUDY.replace('include = ["water_retention", ', 'include = ["climate_regulation", ')
    more = 'water_evaporation = "water_evaporation.tif"\ncooling_days = "cooling_days.tif"\n[statistics]'
    text = text.replace("[statistics]", more).replace("[prices]", "[prices]\n" + ELECTRICITY)
    path = small_study.write(folder, text)
    raster(folder / "water_evaporation.tif", flat(evaporation))
    raster(folder / "cooling_days.tif", days if isinstance(days, np.ndarray) else flat(days))
    return path


ELECTRICITY = 'electricity = { value = 0.5, uom = "CNY kWh-1", year = 2023, source = "book" }\n'


def warned(path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Study.read(path).run()
    return {entry.message.code: entry.message for entry in caught if isinstance(entry.message, EcovalWarning)}


def test_evaporation_beyond_eight_mm_in_a_cooling_day_is_warned_of(tmp_path):
    days = flat(100)
    days[:20] = 50  # half of the river: 450 mm in 50 days are 9 mm a day
    path = river_study(tmp_path, 450, days)
    found = warned(path)["water_evaporation_large"]
    assert found.fields["largest"] == pytest.approx(9.0)
    assert found.fields["share"] == "50.0%"
    table = Study.read(path).check()
    row = table[table["what"] == "layers.water_evaporation"]
    assert set(row["level"]) == {"ok", "warning"}
    assert row["found"].str.contains("9 mm per cooling day").any()
    assert not table["found"].str.contains('"cooling_days"').any()


def test_evaporation_of_a_usual_summer_is_not_warned_of(tmp_path):
    assert "water_evaporation_large" not in warned(river_study(tmp_path, 450, 75))


def test_water_that_is_most_of_a_unit_is_warned_of(tmp_path):
    found = warned(river_study(tmp_path, 450, 75))["water_decides"]
    # the river lies in the eastern quarters alone
    assert "330102" in found.message("en")
    assert "330101" not in found.message("en")
    assert "20%" in found.message("zh")


def test_rain_below_evapotranspiration_is_warned_of(tmp_path):
    path = small_study.write(tmp_path)
    dry = flat(1600)
    # a cell without enough rain loses 750 + 0.0465 x 700 - 700 mm, a usual one keeps 1600 (1 - 0.0465) - 750 mm
    cut, kept = 750 + 0.0465 * 700 - 700, 1600 * 0.9535 - 750
    for columns, share in ((4, 4 * cut / (16 * kept)), (10, 10 * cut / (10 * kept))):
        dry[:, :columns] = 700
        raster(tmp_path / "precipitation.tif", dry)
        found = warned(path)
        assert ("retention_clipped" in found) == (share > 0.05)
    assert found["retention_clipped"].fields == {"share": f"{share:.1%}", "limit": "5%"}
