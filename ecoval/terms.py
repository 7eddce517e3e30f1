"""The controlled vocabulary: identifiers, measures and numbers as a reader writes them, in both languages.

The words stand in `data/terms.csv` and, those of one service alone, in its folder.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from functools import cache

from ecoval.errors import InputError
from ecoval.registry import data_rows, service_rows

_SCALES = {"zh": ((1e8, "亿"), (1e4, "万")), "en": ((1e9, "billion "), (1e6, "million "))}
_FACTOR = re.compile(r"(tCO2|[^-\d]+|1)(-?\d+)?")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@cache
def vocabulary() -> dict[str, dict[str, str]]:
    """All terms: identifier -> {en, zh}."""
    rows = [*data_rows("terms.csv"), *service_rows("terms")]
    return {row["identifier"]: {"en": row["en"], "zh": row["zh"]} for row in rows}


def label(identifier: str, lang: str = "zh") -> str:
    """Label of an identifier in `en` or `zh`.

    Raises
    ------
    InputError
        For an identifier that is not in the vocabulary, with the nearest that is.
    """
    terms = vocabulary()
    if identifier not in terms:
        raise InputError("term_unknown", identifier=identifier, nearest=nearest(identifier, terms))
    return terms[identifier][lang]


def plain_name(text: object) -> str:
    """A name without what people write differently of one thing: width and case of letters, blanks; empty for an empty cell.

    Examples
    --------
    >>> plain_name(" Ｔea "), plain_name("澜源 水库"), plain_name(None), plain_name(float("nan"))
    ('tea', '澜源水库', '', '')
    """
    if text is None or text != text:
        return ""
    return "".join(unicodedata.normalize("NFKC", str(text)).split()).casefold()


def nearest(word: str, words: object) -> str:
    """Most similar of the words, for messages about unknown ones."""
    candidates = [str(entry) for entry in words]  # type: ignore[attr-defined]
    closest = difflib.get_close_matches(word, candidates, n=1, cutoff=0.0)
    return closest[0] if closest else ""


class Term(str):
    """An identifier that messages show by its label, part by part where it is `service:item`; itself where it has none."""

    __slots__ = ()

    def in_language(self, lang: str = "en") -> str:
        """Label in `en` or `zh`."""
        terms = vocabulary()
        parts = [terms[part][lang] if part in terms else part for part in str(self).split(":")]
        return {"zh": "·"}.get(lang, ": ").join(parts)


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
    return Term(identifier).in_language(lang)


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
    over: list[str] = []
    under: list[str] = []
    for part in str(uom).split(" "):
        match = _FACTOR.fullmatch(part)
        stem, exponent = match.groups(default="1") if match else (part, "1")
        side = under if exponent.startswith("-") else over
        side.append(_factor_name(stem, exponent.lstrip("-"), lang))
    top = "·".join(over) or "1"
    if not under:
        return top
    return f"{top}/{under[0]}" if len(under) == 1 else f"{top}/({'·'.join(under)})"


def _factor_name(stem: str, exponent: str, lang: str) -> str:
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


def _variant_text(variant: str, lang: str) -> str:
    option, equals, choice = variant.partition("=")
    if equals:
        return option_text(option, choice, lang)
    parameter, _, factor = variant.partition(" x ")
    return f"{name(parameter, lang)} × {factor}" if factor else name(variant, lang)


def percent_text(share: float | None, decimals: int = 1) -> str:
    """A share in per cent, rounded towards "not whole": what is less than all is never 100, what is more than nothing never 0.

    Parameters
    ----------
    share : number, 1
        Empty where missing.
    decimals : number, 1

    Examples
    --------
    >>> percent_text(0.9996), percent_text(1.0), percent_text(0.0002), percent_text(0.25), percent_text(0.0)
    ('99.9', '100.0', '<0.1', '25.0', '0.0')
    """
    if share is None or not math.isfinite(share):
        return ""
    step = 10.0**-decimals
    text = f"{share * 100:.{decimals}f}"
    if share < 1 and float(text) >= 100:
        return f"{100 - step:.{decimals}f}"
    return f"<{step:.{decimals}f}" if share > 0 and float(text) == 0 else text


def share_text(share: float | None, lang: str = "en", decimals: int = 1) -> str:
    """A share with its sign of per cent, as `percent_text` rounds it; empty where missing."""
    text = percent_text(share, decimals)
    return text and f"{text}{'' if lang == 'zh' else ' '}%"


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
