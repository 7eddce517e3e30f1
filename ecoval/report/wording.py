"""Words, numbers and measures as a report writes them, in Chinese and English."""

import csv
import math
import re
from functools import cache
from importlib import resources

from ecoval import classification, measure
from ecoval.errors import InputError
from ecoval.terms import Named, nearest, vocabulary

LANGUAGES = ("zh", "en")
MONEY = {"元": (1.0, "CNY"), "万元": (1e4, "CNY 10 thousand"), "亿元": (1e8, "CNY 100 million")}
AREA = {"ha": ("ha", "公顷"), "km2": ("km²", "平方公里"), "亩": ("mu", "亩")}
_SCALES = {"zh": ((1e8, "亿"), (1e4, "万")), "en": ((1e9, "billion "), (1e6, "million "))}
_FACTOR = re.compile(r"(tCO2|[^-\d]+|1)(-?\d+)?")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@cache
def phrases(table: str) -> dict[str, dict[str, str]]:
    """Phrases of a table of the templates.

    Parameters
    ----------
    table : choice {words, statement_words}

    Returns
    -------
    table (identifier, zh, en)
    """
    text = resources.files("ecoval").joinpath("report", "templates", f"{table}.csv").read_text(encoding="utf-8")
    return {row["identifier"]: row for row in csv.DictReader(text.splitlines())}


def word(identifier: str, lang: str, **fields: object) -> str:
    """Phrase of the report, its fields filled in.

    Parameters
    ----------
    identifier : text
    lang : choice {zh, en}
    **fields : text

    Returns
    -------
    text
    """
    return phrases("words")[identifier][lang].format(**fields)


def name(identifier: str, lang: str) -> str:
    """Label of an identifier of the vocabulary, part by part of `service:item`; the identifier itself where a user made it up.

    Parameters
    ----------
    identifier : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    return Named(identifier).said(lang)


def type_name(code: object, lang: str) -> str:
    """Name of an ecosystem type, with its code in front; of land without one, and of a whole unit.

    Parameters
    ----------
    code : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    code = str(code)
    if code in ("*", "missing"):
        return word("whole_unit" if code == "*" else "type_missing", lang)
    if not code.isdigit() or int(code) not in classification.ecosystem_types():
        return code
    return f"{code} {classification.type_name(code, lang)}"


def measure_name(uom: object, lang: str) -> str:
    """Measure as a reader writes it: `t yr-1` is 吨/年 and t/yr.

    Parameters
    ----------
    uom : text
    lang : choice {zh, en}

    Returns
    -------
    text

    Examples
    --------
    >>> measure_name("m3 yr-1", "zh"), measure_name("CNY km-2", "zh"), measure_name("MJ mm ha-1 h-1 yr-1", "en")
    ('立方米/年', '元/平方公里', 'MJ·mm/(ha·h·yr)')
    """
    over, under = [], []
    for part in str(uom).split(" "):
        stem, exponent = _FACTOR.fullmatch(part).groups(default="1")
        side = under if exponent.startswith("-") else over
        side.append(_factor_name(stem, exponent.lstrip("-"), lang))
    top = "·".join(over) or "1"
    if not under:
        return top
    return f"{top}/{under[0]}" if len(under) == 1 else f"{top}/({'·'.join(under)})"


def _factor_name(stem, exponent, lang):
    """One factor of a measure, from the vocabulary where it has a name."""
    symbol = stem if exponent == "1" else f"{stem}{exponent}"
    entry = vocabulary().get(f"uom {symbol}")
    if entry:
        return entry[lang]
    entry = vocabulary().get(f"uom {stem}")
    text = entry[lang] if entry else stem
    return text if exponent == "1" else text + exponent.translate(_RAISED)


def scaled(quantity: float, uom: str, lang: str) -> tuple[float, str]:
    """A quantity with few digits before the point, and its measure with 万 or 亿.

    Parameters
    ----------
    quantity : number, 1
    uom : text
    lang : choice {zh, en}

    Returns
    -------
    number, 1
    text
    """
    plain = measure_name(uom, lang)
    if quantity is None or not math.isfinite(quantity):
        return quantity, plain
    for scale, prefix in _SCALES[lang]:
        if abs(quantity) >= scale and uom != "1":
            return quantity / scale, prefix + plain
    return quantity, plain


def option_text(option: str, choice: str, lang: str) -> str:
    """Option and choice of a service in words, the choice's code behind it.

    Parameters
    ----------
    option, choice : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    words = [vocabulary().get(f"{kind} {code}", {}).get(lang, code) for kind, code in (("option", option), ("choice", choice))]
    return " = ".join(words) if words[1] == choice else f"{words[0]} = {words[1]}" + (f"（{choice}）" if lang == "zh" else "")


def variants_text(text: str, lang: str) -> str:
    """Choices and changed numbers of a variant in words: `epp=et; energy_efficiency_ratio x 1.1`.

    Parameters
    ----------
    text : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    return ("、" if lang == "zh" else ", ").join(_variant_text(part, lang) for part in text.split("; "))


def _variant_text(variant, lang):
    option, equals, choice = variant.partition("=")
    if equals:
        return option_text(option, choice, lang)
    parameter, _, factor = variant.partition(" x ")
    return f"{name(parameter, lang)} × {factor}" if factor else name(variant, lang)


def number_text(value: float | None, decimals: int | None = None) -> str:
    """Number with marks at the thousands; empty where missing.

    Parameters
    ----------
    value : number, 1
    decimals : number, 1
        Fixed decimals; without it four significant digits.

    Returns
    -------
    text

    Examples
    --------
    >>> number_text(1234.567), number_text(0.012345), number_text(float("nan")), number_text(2.0, 2)
    ('1,235', '0.01235', '', '2.00')
    """
    if value is None or not math.isfinite(value):
        return ""
    if decimals is None:
        if value == 0:
            return "0"
        decimals = max(0, 3 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:,.{decimals}f}"


def money_scale(money: str, lang: str) -> tuple[float, str]:
    """Divisor and name of a unit of money.

    Parameters
    ----------
    money : choice {元, 万元, 亿元}
    lang : choice {zh, en}

    Returns
    -------
    number, CNY
    text
    """
    if money not in MONEY:
        raise InputError(
            "report_option_unknown", option="money", given=money, choices=", ".join(MONEY), nearest=nearest(money, MONEY)
        )
    return MONEY[money][0], money if lang == "zh" else MONEY[money][1]


def area_scale(area: str, lang: str) -> tuple[float, str]:
    """Divisor (m2) and name of a unit of area.

    Parameters
    ----------
    area : choice {ha, km2, 亩}
    lang : choice {zh, en}

    Returns
    -------
    number, m2
    text
    """
    if area not in AREA:
        raise InputError("report_option_unknown", option="area", given=area, choices=", ".join(AREA), nearest=nearest(area, AREA))
    return measure.factor(area, "m2"), AREA[area][1 if lang == "zh" else 0]
