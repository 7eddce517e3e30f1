import csv
import warnings
from importlib import resources
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure

import ecoval
from ecoval.errors import EcovalWarning
from ecoval.report import fonts
from ecoval.report.figures import write_png

DATA = Path(ecoval.__file__).parent
FONT = DATA / "data" / "fonts" / "EcovalSans-Regular.otf"


@pytest.fixture(scope="module")
def glyphs():
    return set(TTFont(FONT).getBestCmap())


def gb2312(rows):
    for row in rows:
        for cell in range(1, 95):
            try:
                yield bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue


def test_packaged_font_has_gb2312(glyphs):
    first = list(gb2312(range(16, 56)))
    assert len(first) == 3755
    assert not [sign for sign in (*first, *gb2312(range(56, 88))) if ord(sign) not in glyphs]


def test_packaged_font_is_small_and_has_its_licence():
    assert FONT.stat().st_size < 2_500_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in FONT.with_name("OFL.txt").read_text(encoding="utf-8")
    assert TTFont(FONT)["name"].getDebugName(1) == fonts.PACKAGED


@pytest.mark.parametrize("pattern", ["data/terms.csv", "data/messages/*.csv", "data/classification/*.csv", "report/templates/*"])
def test_fonts_have_every_character_of_the_texts(pattern):
    for path in DATA.glob(pattern):
        text = "".join(cell for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) for cell in row)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert fonts.drawable(text) == text, path


def test_families_fall_back_to_the_packaged_font(monkeypatch):
    installed = fonts._installed
    monkeypatch.setattr(fonts, "_installed", lambda family: None if family in fonts.FAMILIES else installed(family))
    fonts.families.cache_clear()
    assert fonts.families() == (fonts.PACKAGED, fonts.LAST)
    fonts.families.cache_clear()


def test_png_draws_hanzi_without_missing_glyphs(tmp_path):
    figure = Figure(figsize=(2, 1))
    figure.text(0.1, 0.5, "价值量 亿元 m³ 滩涂 衢州", fontfamily=list(fonts.families()))
    write_png(figure, tmp_path / "值.png")  # a missing glyph would be a warning, and a warning is an error here
    assert (tmp_path / "值.png").stat().st_size > 1000


def test_drawable_names_a_character_in_no_font():
    rare = "\U00030000"  # CJK extension G
    with pytest.warns(EcovalWarning, match=rf"in no font.*{rare}.*Install a Chinese font"):
        assert fonts.drawable(f"甲{rare}镇") == f"甲{fonts.STAND_IN}镇"


def test_packaged_font_is_found_as_a_resource():
    assert resources.files("ecoval").joinpath("data", "fonts", "EcovalSans-Regular.otf").is_file()
