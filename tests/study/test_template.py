"""The study.toml that `ecoval init` writes: it reads as it is and with every sample, and its comments are the help of the keys."""

import re
import tomllib

import pytest

from ecoval.declarations import described
from ecoval.layers.roles import known_roles
from ecoval.layers.study_toml import Declaration, declaration
from ecoval.study.template import LINES, new_study, template

TEXTS = {"name": '试点 "A" \\ county', "standard": "open-2026", "units": "县 units.gpkg", "id": "code", "label": "name"}
SAMPLE = re.compile(r"^# (?=[a-z0-9_]+ = )", re.MULTILINE)


def read(text, folder):
    return declaration(tomllib.loads(text), folder / "study.toml", known_roles())


@pytest.mark.parametrize("lang", ["", "en", "zh"])
def test_template_reads_with_what_was_filled_in(lang, tmp_path):
    made = read(template(TEXTS, lang), tmp_path)
    assert (made.name, made.years, made.price_year) == (TEXTS["name"], (2023,), 2023)
    assert [(each.unit_set, each.path.name, each.id) for each in made.units] == [("admin", "县 units.gpkg", "code")]
    assert made.layers["landcover"].template == str(tmp_path / "layers" / "landcover_{year}.tif")
    assert (made.grid.crs, made.grid.cell) == ("EPSG:4549", (30.0, 30.0))


def test_every_sample_is_valid(tmp_path):
    text = "\n".join(line for line in template(TEXTS).splitlines() if not line.startswith("# like"))
    text = SAMPLE.sub("", text)
    first, second = re.findall(r"^npp = .*\n", text, re.MULTILINE)
    for one in (first, second):
        made = read(text.replace(one, ""), tmp_path)
        assert set(made.layers) == {line.key for line in LINES["layers"]}
        assert set(made.prices.choices) == {"co2", "storage"}
        assert made.services.options == {"soil_retention": {"ls": "invest"}}


def test_comments_are_the_help_in_one_language_or_both():
    region = next(key["help"] for key in described(Declaration) if key["name"] == "region")
    assert f"# {region['en']} / {region['zh']}" in template(TEXTS)
    english, chinese = template(TEXTS, "en"), template(TEXTS, "zh")
    assert region["en"] in english
    assert region["zh"] not in english
    assert region["zh"] in chinese
    assert not re.search("[一-鿿]", template({**TEXTS, "name": "county", "units": "units.gpkg"}, "en"))


def test_file_is_written_in_the_language_that_is_asked_for(tmp_path):
    text = new_study(tmp_path / "县", lang="zh").read_text(encoding="utf-8")
    assert "核算项目" in text
    assert "the account" not in text
