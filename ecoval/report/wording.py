"""Phrases of a report, and the units of money and area that it is written in, in Chinese and English."""

import csv
from functools import cache
from importlib import resources

from ecoval import measure
from ecoval.errors import InputError
from ecoval.terms import nearest

LANGUAGES = ("zh", "en")
MONEY = {"元": (1.0, "CNY"), "万元": (1e4, "CNY 10 thousand"), "亿元": (1e8, "CNY 100 million")}
AREA = {"ha": ("ha", "公顷"), "km2": ("km²", "平方公里"), "亩": ("mu", "亩")}


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
    lang : choice {zh, en}
    """
    return phrases("words")[identifier][lang].format(**fields)


def money_scale(money: str, lang: str) -> tuple[float, str]:
    """Divisor and name of a unit of money.

    Parameters
    ----------
    money : choice {元, 万元, 亿元}
    lang : choice {zh, en}
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
