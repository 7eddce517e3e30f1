"""Units of measure: what is written for them, their dimensions, and the conversion between them.

A symbol is a product of factors parted by one space, each with an exponent behind it: `m3 ha-1 yr-1`. What people write beside
that is read into it (`normal`): slashes, points, raised digits, Chinese names and numerals (`万元/吨`). The list of units is
closed, that of their products is not. Inside the library the measures are m, m2, m3, t, MJ, kWh, yr and CNY; conversion happens at
the edges only.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ecoval.errors import MeasureError
from ecoval.words import Phrase, in_words

# unit -> (factor to the base unit, dimension). Base: m, t, h, yr and d kept apart, MJ, CNY; counts are their own dimension.
_UNITS: dict[str, tuple[float, str]] = {
    "1": (1.0, ""),
    "%": (0.01, ""),
    "m": (1.0, "m"),
    "mm": (1e-3, "m"),
    "cm": (1e-2, "m"),
    "dm": (0.1, "m"),
    "km": (1e3, "m"),
    "hm": (100.0, "m"),
    "in": (0.0254, "m"),
    "ft": (0.3048, "m"),
    "yd": (0.9144, "m"),
    "mi": (1609.344, "m"),
    "mg": (1e-9, "t"),
    "g": (1e-6, "t"),
    "kg": (1e-3, "t"),
    "t": (1.0, "t"),
    "lb": (4.5359237e-4, "t"),
    "gC": (1e-6, "tC"),
    "kgC": (1e-3, "tC"),
    "tC": (1.0, "tC"),
    "gCO2": (1e-6, "tCO2"),
    "kgCO2": (1e-3, "tCO2"),
    "tCO2": (1.0, "tCO2"),
    "kJ": (1e-3, "MJ"),
    "MJ": (1.0, "MJ"),
    "J": (1e-6, "MJ"),
    "kWh": (3.6, "MJ"),
    "yr": (1.0, "yr"),
    "month": (1.0, "month"),
    "d": (1.0, "d"),
    "h": (1.0, "h"),
    "s": (1.0 / 3600.0, "h"),
    "min": (1.0 / 60.0, "h"),
    "degC": (1.0, "degC"),
    "K": (1.0, "K"),  # a dimension of its own: it differs from degC by a shift, see `zero_shift`
    "deg": (1.0, "deg"),
    "CNY": (1.0, "CNY"),
    "USD": (1.0, "USD"),
    "person": (1.0, "person"),
    "visit": (1.0, "visit"),
    "head": (1.0, "head"),
    "piece": (1.0, "piece"),
    "night": (1.0, "night"),
    "dB": (1.0, "dB"),
    "pixel": (1.0, "pixel"),
    "dpi": (1.0, "dpi"),
}
_PER_AREA = {"ha-1": "ha", "km-2": "km2", "m-2": "m2", "mu-1": "mu"}
_EXPONENT = re.compile(r"-?[1-9]")
_DERIVED: dict[str, tuple[float, dict[str, int]]] = {
    "ha": (1e4, {"m": 2}),
    "mu": (1e4 / 15.0, {"m": 2}),
    "ac": (4046.8564224, {"m": 2}),
    "L": (1e-3, {"m": 3}),
    "mL": (1e-6, {"m": 3}),
    "W": (3.6e-3, {"MJ": 1, "h": -1}),
    "kW": (3.6, {"MJ": 1, "h": -1}),
}
# other names of units: the symbol, with a number before it where one is so many of the symbol
_NAMES = {
    "g": "克",
    "mg": "毫克",
    "kg": "公斤 千克",
    "0.5 kg": "斤 市斤",
    "0.05 kg": "两",
    "50 kg": "担",
    "t": "吨 公吨 tonne tonnes Mg",
    "1e3 t": "kt Gg",
    "1e6 t": "Mt Tg",
    "1e9 t": "Gt Pg",
    "gC": "克碳",
    "kgC": "千克碳 公斤碳",
    "tC": "吨碳 吨C MgC",
    "1e6 tC": "MtC TgC",
    "1e9 tC": "GtC PgC",
    "kgCO2": "千克二氧化碳 公斤二氧化碳",
    "tCO2": "吨二氧化碳 吨二氧化碳当量 吨CO2",
    "1e6 tCO2": "MtCO2 TgCO2",
    "1e9 tCO2": "GtCO2 PgCO2",
    "m": "米",
    "mm": "毫米",
    "cm": "厘米 公分",
    "dm": "分米",
    "km": "公里 千米",
    "in": "英寸",
    "ft": "英尺",
    "m2": "平方米 平米 sqm",
    "cm2": "平方厘米",
    "km2": "平方公里 平方千米 sqkm",
    "ha": "公顷 hm2",
    "ha-1": "hm-2",
    "mu": "亩",
    "ac": "英亩 acre acres",
    "m3": "立方米 立方 方",
    "km3": "立方公里 立方千米",
    "cm3": "立方厘米",
    "L": "升 公升 l",
    "mL": "毫升 ml",
    "1e3 L": "千升 kL",
    "J": "焦 焦耳",
    "kJ": "千焦",
    "MJ": "兆焦",
    "1e3 MJ": "吉焦 GJ",
    "1e6 MJ": "TJ",
    "kWh": "千瓦时 度",
    "1e-3 kWh": "Wh",
    "1e3 kWh": "兆瓦时 MWh",
    "1e6 kWh": "吉瓦时 GWh",
    "1e9 kWh": "TWh",
    "W": "瓦",
    "kW": "千瓦",
    "yr": "年 a year years",
    "month": "月 个月 months",
    "d": "天 日 day days",
    "h": "小时 hr hour hours",
    "min": "分钟",
    "s": "秒",
    "K": "开尔文",
    "degC": "摄氏度 °C",
    "deg": "°",
    "CNY": "元 人民币元 RMB yuan ¥",
    "USD": "美元 US$",
    "person": "人 persons people capita",
    "visit": "人次 visits",
    "head": "头 只 羽 匹 heads",
    "piece": "枚 根 株 件 pieces",
    "night": "间夜 nights",
    "dB": "分贝",
    "%": "百分比",
    "0.1 %": "‰",
    "1": "无量纲",
}
_OTHER = {name: symbol for symbol, names in _NAMES.items() for name in names.split()}
_NUMERALS = {"十": 10.0, "百": 100.0, "千": 1e3, "万": 1e4, "亿": 1e8}
_ALIASES = {  # whole measures whose form says something else than their words do
    "次/人年": ("visit person-1 yr-1", 1.0),
    "次/(人·年)": ("visit person-1 yr-1", 1.0),
    "小时/次": ("h visit-1", 1.0),
    # customary units of the USLE [foster1981]: the erosivity of hundreds of foot-tonf inches, and the erodibility that goes with it
    "100 ft tonf in ac-1 h-1 yr-1": ("MJ mm ha-1 h-1 yr-1", 17.02),
    "ton ac h (100 ac ft tonf in)-1": ("t ha h ha-1 MJ-1 mm-1", 0.1317),
}

SYMBOLS: tuple[str, ...] = (
    "1",
    "%",
    "m",
    "mm",
    "km",
    "m2",
    "km2",
    "ha",
    "mu",
    "m3",
    "g",
    "kg",
    "t",
    "tC",
    "tCO2",
    "kJ",
    "MJ",
    "kWh",
    "d",
    "h",
    "yr",
    "deg",
    "degC",
    "CNY",
    "USD",
    "person",
    "visit",
    "head",
    "piece",
    "night",
    "t yr-1",
    "kg yr-1",
    "tCO2 yr-1",
    "m3 yr-1",
    "kWh yr-1",
    "CNY yr-1",
    "visit yr-1",
    "head yr-1",
    "yr-1",
    "d yr-1",
    "d month-1",
    "month",
    "mm yr-1",
    "mm month-1",
    "mm d-1",
    "cm",
    "mm m2 MJ-1",
    "mm-1",
    "degC-1",
    "m d-1",
    "m s-1",
    "t ha-1",
    "t ha-1 yr-1",
    "tCO2 ha-1 yr-1",
    "kg ha-1 yr-1",
    "m3 ha-1",
    "m3 ha-1 yr-1",
    "kWh ha-1 yr-1",
    "CNY ha-1",
    "CNY ha-1 yr-1",
    "gC m-2 yr-1",
    "gC m-2 month-1",
    "t m-3",
    "kg m-3",
    "kg m-2",
    "kg m-1",
    "J g-1",
    "kJ m-2 d-1",
    "MJ m-2 d-1",
    "kWh m-3",
    "MJ mm ha-1 h-1 yr-1",
    "t ha h ha-1 MJ-1 mm-1",
    "m3 CNY-1",
    "CNY t-1",
    "CNY kg-1",
    "CNY tC-1",
    "CNY tCO2-1",
    "CNY m-3",
    "CNY m-2",
    "CNY kWh-1",
    "CNY visit-1",
    "CNY h-1",
    "CNY head-1",
    "CNY piece-1",
    "CNY person-1",
    "CNY night-1",
    "h d-1",
    "h visit-1",
    "visit person-1 yr-1",
    "CNY km-2 yr-1",
    "t km-2 yr-1",
    "kg km-2 yr-1",
    "tCO2 km-2 yr-1",
    "m3 km-2 yr-1",
    "kWh km-2 yr-1",
    "kg m-2 yr-1",
    "CNY person-1 yr-1",
    "CNY m-1",
    "min",
    "cm-3",
    "km-2",
    "pixel",
    "dpi",
    "CNY m-3 yr-1",
    "ha yr",
    "K",
    "m yr-1",
    "cm yr-1",
    "kgC m-2 yr-1",
    "tC ha-1 yr-1",
    "m3 km-2",
    "kg t-1",
    "g kg-1",
    "CNY L-1",
    "CNY km-2",
    "gC m-2 mm-1",
)


CUSTOMARY = ("100 ft tonf in ac-1 h-1 yr-1", "ton ac h (100 ac ft tonf in)-1")  # of erosivity and erodibility in the United States


def check(symbol: str, like: str = "") -> str:
    """The symbol itself where it is known.

    Parameters
    ----------
    like : text
        Measure whose dimension is wanted: a refusal names others of it.

    Raises
    ------
    MeasureError
        For an unknown symbol, with measures of the wanted dimension; a spelling is only proposed where it is the same measure.
    """
    if _read(symbol) is not None:
        return symbol
    spelled = {each for each in SYMBOLS if each.casefold() == " ".join(symbol.split()).casefold()}
    remedy = in_words("measure_spelled", symbol=spelled.pop()) if len(spelled) == 1 else in_words("measure_convert")
    raise MeasureError("measure_unknown", symbol=symbol, expected=expected_like(like), remedy=remedy)


def expected_like(like: str) -> Phrase:
    """Measures of the dimension of a measure, in words; of no measure how one is written."""
    if not like:
        return in_words("measure_form")
    dimension = _parsed(like)[1]
    alike = [each for each in SYMBOLS if _parsed(each)[1] == dimension]
    return in_words("measure_like", symbols=tuple(dict.fromkeys([like, *alike])))


def is_known(symbol: str) -> bool:
    """Whether it is a unit of measure."""
    return _read(symbol) is not None


def normal(symbol: str) -> tuple[float, str]:
    """How many of a symbol of factors parted by one space, without multiples, a measure is.

    Raises
    ------
    MeasureError
        For an unknown symbol.

    Examples
    --------
    >>> normal("万元/吨"), normal("t·hm-2·a-1"), normal("亿m³"), normal("kg m-3")
    ((10000.0, 'CNY t-1'), (1.0, 't ha-1 yr-1'), (100000000.0, 'm3'), (1.0, 'kg m-3'))
    """
    return _read(check(symbol)) or (1.0, symbol)


def canonical(symbol: str) -> str:
    """Symbol without a multiplier: `万吨` and `1e4 t` are `t`, others are themselves."""
    return normal(symbol)[1]


def factor(source: str, target: str) -> float:
    """Number by which a quantity in `source` is multiplied to be in `target`.

    Raises
    ------
    MeasureError
        For unknown symbols, and where the two have different dimensions.

    Examples
    --------
    >>> factor("万吨", "t")
    10000.0
    >>> factor("m2", "ha")
    0.0001
    """
    target_factor, target_dimension = _parsed(check(target))
    source_factor, source_dimension = _parsed(check(source, target))
    if source_dimension != target_dimension:
        raise MeasureError("measure_dimension", given=source, expected=target)
    return source_factor / target_factor


def zero_shift(source: str, target: str) -> float:
    """What is added to a quantity in `source` before its factor, where the zeros of the two differ: kelvin to degC.

    Examples
    --------
    >>> zero_shift("K", "degC"), zero_shift("mm", "m")
    (-273.15, 0.0)
    """
    return -273.15 if (canonical(source), target) == ("K", "degC") else 0.0


def of_density(symbol: str) -> tuple[str, float]:
    """Measure of a yearly total from that of its density, and what a density is multiplied by to be per hectare.

    Raises
    ------
    MeasureError
        For a measure that is not known, or not per area and year, with those that are.

    Examples
    --------
    >>> of_density("t ha-1 yr-1"), of_density("t km-2 yr-1")
    (('t yr-1', 1.0), ('t yr-1', 0.01))
    """
    multiple, plain = normal(symbol)
    parts = plain.split(" ")
    areas = [part for part in parts if part in _PER_AREA]
    if len(areas) != 1 or parts[-1] != "yr-1" or len(parts) < 3:
        densities = [each for each in SYMBOLS if each.endswith(" ha-1 yr-1") and each.count(" ") == 2]
        alike = [each for each in densities if _parsed(each)[1] == _parsed(symbol)[1]]
        raise MeasureError("measure_no_density", symbol=symbol, symbols=alike or densities)
    area = _PER_AREA[areas[0]]
    per_hectare = 1.0 if area == "ha" else factor("ha", area)
    return " ".join(part for part in parts if part != areas[0]), per_hectare if multiple == 1.0 else per_hectare * multiple


def value_factor(uom: str, price_uom: str) -> float:
    """Number that makes quantity times price a value in CNY.

    Parameters
    ----------
    uom, price_uom : text

    Returns
    -------
    number, 1

    Examples
    --------
    >>> value_factor("t yr-1", "CNY t-1"), value_factor("t yr-1", "CNY kg-1"), value_factor("CNY yr-1", "1")
    (1.0, 1000.0, 1.0)
    """
    quantity_multiple, quantity = normal(uom)
    price_multiple, price = normal(price_uom)
    multiple = quantity_multiple * price_multiple
    quantity = quantity.removesuffix(" yr-1")
    if price == "1":
        return factor(quantity, "CNY") * multiple
    if "CNY" not in price.split(" "):
        raise MeasureError("measure_dimension", given=price_uom, expected=f"CNY per {quantity}")
    parts = [part for part in price.split(" ") if part not in ("CNY", "yr-1")]
    per = " ".join(_inverted(part) for part in parts) or "1"
    return factor(quantity, per) * multiple


def _inverted(part: str) -> str:
    """Factor of a denominator turned round: `m-3` is `m3`, `t-1` is `t`."""
    name, _, exponent = part.partition("-")
    return name if exponent == "1" else f"{name}{exponent}"


@cache
def _parsed(symbol: str) -> tuple[float, tuple[tuple[str, int], ...]]:
    """Factor to base units and dimension as sorted (unit, exponent) pairs."""
    multiple, plain = normal(symbol)
    total = 1.0
    exponents: dict[str, int] = {}
    for part in plain.split(" "):
        unit, exponent = _split(part)
        if unit in _DERIVED:
            number, dimensions = _DERIVED[unit]
        else:
            number, name = _UNITS[unit]
            dimensions = {name: 1} if name else {}
        total *= number**exponent
        for name, power in dimensions.items():
            exponents[name] = exponents.get(name, 0) + power * exponent
    return total * multiple, tuple(sorted((name, power) for name, power in exponents.items() if power))


def _split(part: str) -> tuple[str, int]:
    """Unit and exponent of one factor; a unit may end in a digit."""
    if part in _UNITS or part in _DERIVED:
        return part, 1
    unit = max((name for name in (*_UNITS, *_DERIVED) if part.startswith(name) and _EXPONENT.fullmatch(part[len(name) :])), key=len)
    return unit, int(part[len(unit) :])


@cache
def _read(symbol: str) -> tuple[float, str] | None:
    """`normal` of what is written; None for what is no measure, or could be two."""
    if symbol in SYMBOLS:
        return 1.0, symbol
    if symbol in _ALIASES:
        base, multiple = _ALIASES[symbol]
        return multiple, base
    total = 1.0
    parts: list[str] = []
    for place, side in enumerate(_sides(_tidied(symbol))):
        grouped = side.startswith("(") and side.endswith(")")
        words = (side[1:-1] if grouped else side).split()
        if not words or (place and len(words) > 1 and not grouped):
            return None  # kg/ha yr: who knows which of the two are below
        for word in words:
            unit = _factor(word, -1 if place else 1)
            if unit is None:
                return None
            total *= unit[0]
            parts += [unit[1]] if unit[1] else []
    return total, " ".join(part for part in parts if part != "1") or "1"


_SIGNS = str.maketrans({"\u2212": "-", **dict.fromkeys("\u00b7*\u22c5\u00d7\u2022", " ")})
_CARBON = re.compile(r"(?<![A-Za-z])([kMG]?t|[kMTP]?g|吨|千克|公斤) ?(CO2|C)(?![A-Za-z])")


def _tidied(symbol: str) -> str:
    """A measure with one kind of each sign, factors parted by spaces."""
    text = unicodedata.normalize("NFKC", symbol.replace("℃", "degC")).translate(_SIGNS)
    text = re.sub(r"10\^(\d+)", r"1e\1", text.strip()).replace("^", "").replace("每", "/")
    text = _CARBON.sub(r"\1\2", re.sub(r"CO2[- ]?eq?(?![A-Za-z])", "CO2", text))
    return re.sub(r"\s*/\s*", "/", re.sub(r"([十百千万亿]) +", r"\1", text))


def _sides(text: str) -> list[str]:
    """What stands above and below each slash outside of brackets."""
    sides, depth = [""], 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "/" and not depth:
            sides.append("")
        else:
            sides[-1] += sign
    return [side.strip() for side in sides]


def _factor(word: str, sign: int) -> tuple[float, str] | None:
    """How many of which factor a word is; the power of a word below a slash is negative."""
    if re.fullmatch(r"1e[0-9]+", word):
        return float(word) ** sign, ""
    multiple, rest = 1.0, word
    while True:
        for end in range(len(rest), 0, -1):
            unit, power = rest[:end], rest[end:] or "1"
            if _EXPONENT.fullmatch(power) and (unit in _UNITS or unit in _DERIVED or unit in _OTHER):
                number, _, base = _OTHER.get(unit, unit).rpartition(" ")
                name, within = _split(base)
                times = int(power) * sign
                exponent = within * times
                size = multiple ** (1 if times > 0 else -1) * float(number or 1) ** times  # 万m3 are ten thousand m3
                return size, name if exponent == 1 else f"{name}{exponent}"
        if not rest or rest[0] not in _NUMERALS:
            return None
        multiple, rest = multiple * _NUMERALS[rest[0]], rest[1:]
