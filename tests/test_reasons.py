"""A reason is a text that says something, wherever a file asks for one; what a study may leave missing has a limit."""

import dataclasses

import pytest

from ecoval.declarations import Key, entries
from ecoval.errors import EcovalError
from ecoval.layers import study_toml
from ecoval.layers.names import check_names
from ecoval.layers.study_toml import declaration
from ecoval.offset.declaration import values
from ecoval.parameters import Parameters
from ecoval.services import SERVICES

STUDY = {
    "study": {"name": "s", "years": [2023], "region": "CN-33"},
    "grid": {"crs": "EPSG:4549", "cell": 100},
    "units": {"a": {"path": "u.gpkg", "id": "id"}},
    "layers": {"landcover": "l.tif"},
}
BLANK = ("", " ", "\u3000", "\t\n")
PLACES = {
    "exclude": lambda text: {"services": {"exclude": {"eco_energy": text}}},
    "result": lambda text: {"checks": {"accept": {"result:service_share": text}}},
    "relation": lambda text: {"checks": {"accept": {"relation:rain_of_days": text}}},
    "layer": lambda text: {"layers": {"landcover": "l.tif", "dem": {"path": "d.tif", "accept": text}}},
    "statistics": lambda text: {"statistics": {"book": {"path": "s.csv", "accept": text}}},
}


def read(tmp_path, more):
    return declaration({**STUDY, **more}, tmp_path / "study.toml", ("landcover", "dem"))


@pytest.mark.parametrize("text", BLANK)
@pytest.mark.parametrize("place", PLACES)
def test_a_blank_reason_is_none(tmp_path, place, text):
    with pytest.raises(EcovalError) as raised:
        read(tmp_path, PLACES[place](text))
    assert raised.value.code == "reason_blank"
    assert read(tmp_path, PLACES[place]("测站记录"))


@pytest.mark.parametrize("text", BLANK)
def test_a_price_is_accepted_for_a_reason(text):
    price = {"value": 9, "uom": "CNY m-3", "year": 2023, "accept": text}
    with pytest.raises(EcovalError, match="accept"):
        check_names(Parameters.read(prices={"storage": price}), SERVICES, "study.toml")


def test_every_key_that_asks_for_a_reason_says_so():
    for module in (study_toml, values):
        for cls in vars(module).values():
            if dataclasses.is_dataclass(cls) and isinstance(cls, type) and not issubclass(cls, Key):
                for entry in entries(cls):
                    asks = entry.name.endswith("_reason") or (entry.name in ("accept", "exclude") and str in _kinds(entry))
                    assert entry.key.reason == asks, (cls.__name__, entry.name)


def _kinds(entry):
    return {kind for form in entry.forms for kind in (form, *getattr(form, "__args__", ()))}


@pytest.mark.parametrize(("share", "code"), [(0.0, None), (0.05, None), (0.051, "missing_share_large"), (1, "missing_share_large")])
def test_an_account_may_lack_a_twentieth_of_its_land_at_most(tmp_path, share, code):
    if code is None:
        assert read(tmp_path, {"checks": {"missing_share": share}}).checks.missing_share == share
        return
    with pytest.raises(EcovalError) as raised:
        read(tmp_path, {"checks": {"missing_share": share}})
    assert raised.value.code == code
