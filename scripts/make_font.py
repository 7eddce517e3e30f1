"""Make the packaged font: a subset of Noto Sans CJK SC under a name of its own.

    python scripts/make_font.py NotoSansCJK-Regular.ttc

The source is the collection of the Noto project (SIL Open Font License 1.1; in Debian the package fonts-noto-cjk holds it). The
subset has every character of the project's texts, GB 2312 (both levels: names of places use the second), ASCII and the signs of
measures. Needs fontTools, which matplotlib brings along.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "ecoval" / "data" / "fonts" / "EcovalSans-Regular.otf"
FACE = "Noto Sans CJK SC"
FAMILY = "Ecoval Sans"
TEXTS = ("ecoval/data/**/*.csv", "ecoval/report/templates/*", "ecoval/report/*.py", "sample_data/**/*.py", "sample_data/**/*.csv")
SIGNS = (
    "·×÷±≤≥≈≠−–—…‰°²³⁴⁵⁶⁷⁸⁹⁰¹₀₁₂₃₄₅₆₇₈₉μαβγδλρφΔΣ√∞→←↑↓↔☑☐✓✗●○■□▲△▼◆※①②③④⑤⑥⑦⑧⑨⑩℃№〔〕【】《》〈〉「」『』、。，；：？！“”‘’（）％￥"
)


def characters():
    """Characters that the subset must hold."""
    wanted = {chr(code) for code in range(0x20, 0x7F)} | {chr(code) for code in range(0xA0, 0x100)} | set(SIGNS)
    for row in range(16, 88):
        for cell in range(1, 95):
            try:
                wanted.add(bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    for pattern in TEXTS:
        for path in ROOT.glob(pattern):
            wanted |= set(path.read_text(encoding="utf-8"))
    return wanted


def face(path):
    """The simplified Chinese face of a collection, or the font itself."""
    if path.suffix.lower() != ".ttc":
        return TTFont(path, recalcTimestamp=False)
    with path.open("rb"):
        fonts = TTCollection(path, lazy=True).fonts
    font = next(font for font in fonts if font["name"].getDebugName(1) == FACE)
    font.recalcTimestamp = False
    return font


def main(source):
    """Write the subset and say what it holds."""
    font = face(source)
    options = subset.Options(
        layout_features=["kern"], hinting=False, desubroutinize=False, notdef_outline=True, name_IDs=[0, 1, 2, 4, 5, 6, 13, 14]
    )
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE", "GPOS", "GSUB", "DSIG"]
    subsetter = subset.Subsetter(options)
    wanted = characters()
    subsetter.populate(unicodes=[ord(sign) for sign in wanted])
    subsetter.subset(font)
    for number, text in ((1, FAMILY), (4, f"{FAMILY} Regular"), (6, "EcovalSans-Regular")):
        for record in [record for record in font["name"].names if record.nameID == number]:
            font["name"].removeNames(nameID=number, langID=record.langID)
        font["name"].setName(text, number, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = ["EcovalSans-Regular"]
    top.topDictIndex[0].FamilyName, top.topDictIndex[0].FullName = FAMILY, f"{FAMILY} Regular"
    font.save(TARGET)
    absent = sorted(sign for sign in wanted if ord(sign) not in font.getBestCmap() and sign.isprintable())
    print(f"{TARGET.name}: {len(font.getBestCmap())} characters, {TARGET.stat().st_size / 1e6:.2f} MB")
    print(f"not in the source: {''.join(absent)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
