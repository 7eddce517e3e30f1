"""Units of measure: a closed list of symbols, their dimensions, and the conversion between them.

A symbol is a product of factors parted by one space, each with an exponent behind it: `m3 ha-1 yr-1`. Inside the library the
measures are m, m2, m3, t, MJ, kWh, yr and CNY; conversion happens at the edges only.
"""

from __future__ import annotations

import re
from functools import cache

from ecoval.errors import MeasureError
from ecoval.terms import nearest

# unit -> (factor to the base unit, dimension). Base: m, kg, s-like yr and d kept apart, MJ, CNY; counts are their own dimension.
_UNITS: dict[str, tuple[float, str]] = {
    "1": (1.0, ""),
    "%": (0.01, ""),
    "m": (1.0, "m"),
    "mm": (1e-3, "m"),
    "cm": (1e-2, "m"),
    "km": (1e3, "m"),
    "g": (1e-6, "t"),
    "kg": (1e-3, "t"),
    "t": (1.0, "t"),
    "gC": (1e-6, "tC"),
    "kgC": (1e-3, "tC"),
    "tC": (1.0, "tC"),
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
_EXPONENT = re.compile(r"-?[0-9]+")
_DERIVED: dict[str, tuple[float, dict[str, int]]] = {
    "ha": (1e4, {"m": 2}),
    "mu": (1e4 / 15.0, {"m": 2}),
    "L": (1e-3, {"m": 3}),
}
_ALIASES = {
    "亩": ("mu", 1.0),
    "万亩": ("mu", 1e4),
    "公顷": ("ha", 1.0),
    "平方米": ("m2", 1.0),
    "平方公里": ("km2", 1.0),
    "平方千米": ("km2", 1.0),
    "千克": ("kg", 1.0),
    "公斤": ("kg", 1.0),
    "吨": ("t", 1.0),
    "万吨": ("t", 1e4),
    "亿吨": ("t", 1e8),
    "立方米": ("m3", 1.0),
    "万立方米": ("m3", 1e4),
    "亿立方米": ("m3", 1e8),
    "人": ("person", 1.0),
    "万人": ("person", 1e4),
    "人次": ("visit", 1.0),
    "万人次": ("visit", 1e4),
    "头": ("head", 1.0),
    "万头": ("head", 1e4),
    "元": ("CNY", 1.0),
    "万元": ("CNY", 1e4),
    "亿元": ("CNY", 1e8),
    "千瓦时": ("kWh", 1.0),
    "万千瓦时": ("kWh", 1e4),
    "亿千瓦时": ("kWh", 1e8),
    "1e4 t": ("t", 1e4),
    "1e8 t": ("t", 1e8),
    "1e4 m3": ("m3", 1e4),
    "1e8 m3": ("m3", 1e8),
    "1e8 kWh": ("kWh", 1e8),
    "1e8 CNY": ("CNY", 1e8),
    "1e4 CNY": ("CNY", 1e4),
    "1e4 hm2": ("ha", 1e4),
    "千公顷": ("ha", 1e3),
    "万公顷": ("ha", 1e4),
    "千亩": ("mu", 1e3),
    "万平方米": ("m2", 1e4),
    "米": ("m", 1.0),
    "毫米": ("mm", 1.0),
    "公里": ("km", 1.0),
    "千米": ("km", 1.0),
    "斤": ("kg", 0.5),
    "担": ("kg", 50.0),
    "千吨": ("t", 1e3),
    "方": ("m3", 1.0),
    "万方": ("m3", 1e4),
    "亿方": ("m3", 1e8),
    "千人": ("person", 1e3),
    "亿人次": ("visit", 1e8),
    "只": ("head", 1.0),
    "万只": ("head", 1e4),
    "羽": ("head", 1.0),
    "万羽": ("head", 1e4),
    "百头": ("head", 1e2),
    "枚": ("piece", 1.0),
    "根": ("piece", 1.0),
    "百根": ("piece", 1e2),
    "万根": ("piece", 1e4),
    "株": ("piece", 1.0),
    "万株": ("piece", 1e4),
    "间夜": ("night", 1.0),
    "万间夜": ("night", 1e4),
    "千元": ("CNY", 1e3),
    "百万元": ("CNY", 1e6),
    "度": ("kWh", 1.0),
    "万度": ("kWh", 1e4),
    "亿度": ("kWh", 1e8),
    "兆瓦时": ("kWh", 1e3),
    "天": ("d", 1.0),
    "日": ("d", 1.0),
    "小时": ("h", 1.0),
    "年": ("yr", 1.0),
    "分贝": ("dB", 1.0),
    "百分比": ("%", 1.0),
    "无量纲": ("1", 1.0),
    "小时/天": ("h d-1", 1.0),
    "小时/日": ("h d-1", 1.0),
    "小时/次": ("h visit-1", 1.0),
    "小时/人次": ("h visit-1", 1.0),
    "次/人年": ("visit person-1 yr-1", 1.0),
    "次/(人·年)": ("visit person-1 yr-1", 1.0),
    "元/吨": ("CNY t-1", 1.0),
    "万元/吨": ("CNY t-1", 1e4),
    "元/吨二氧化碳": ("CNY tCO2-1", 1.0),
    "元/公斤": ("CNY kg-1", 1.0),
    "元/千克": ("CNY kg-1", 1.0),
    "元/斤": ("CNY kg-1", 2.0),
    "元/立方米": ("CNY m-3", 1.0),
    "元/方": ("CNY m-3", 1.0),
    "元/平方米": ("CNY m-2", 1.0),
    "元/米": ("CNY m-1", 1.0),
    "元/千瓦时": ("CNY kWh-1", 1.0),
    "元/度": ("CNY kWh-1", 1.0),
    "元/人次": ("CNY visit-1", 1.0),
    "元/小时": ("CNY h-1", 1.0),
    "元/头": ("CNY head-1", 1.0),
    "元/只": ("CNY head-1", 1.0),
    "元/羽": ("CNY head-1", 1.0),
    "元/根": ("CNY piece-1", 1.0),
    "元/枚": ("CNY piece-1", 1.0),
    "元/株": ("CNY piece-1", 1.0),
    "元/间夜": ("CNY night-1", 1.0),
    "元/公顷": ("CNY ha-1", 1.0),
    "元/亩": ("CNY ha-1", 15.0),
    "元/升": ("CNY L-1", 1.0),
    "开尔文": ("K", 1.0),
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


def check(symbol: str) -> str:
    """The symbol itself where it is known.

    Raises
    ------
    MeasureError
        For an unknown symbol, with the nearest that is known.
    """
    if symbol in SYMBOLS or symbol in _ALIASES:
        return symbol
    first, *divisors = symbol.split("/")
    written = " ".join([first, *(f"{divisor}-1" for divisor in divisors)])  # t/ha/yr is meant as t ha-1 yr-1
    raise MeasureError("measure_unknown", symbol=symbol, nearest=nearest(written, (*SYMBOLS, *_ALIASES)))


def canonical(symbol: str) -> str:
    """Symbol without a multiplier: `万吨` and `1e4 t` are `t`, others are themselves."""
    check(symbol)
    return _ALIASES[symbol][0] if symbol in _ALIASES else symbol


def symbols() -> tuple[str, ...]:
    """Every symbol that is understood: the closed list, then multiples and Chinese names."""
    return (*SYMBOLS, *_ALIASES)


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
    source_factor, source_dimension = _parsed(check(source))
    target_factor, target_dimension = _parsed(check(target))
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
        For a measure that is not known, or not per area and year, with the nearest that is.

    Examples
    --------
    >>> of_density("t ha-1 yr-1"), of_density("t km-2 yr-1")
    (('t yr-1', 1.0), ('t yr-1', 0.01))
    """
    check(symbol)
    parts = symbol.split(" ")
    areas = [part for part in parts if part in _PER_AREA]
    if len(areas) != 1 or parts[-1] != "yr-1" or len(parts) < 3:
        densities = [each for each in SYMBOLS if each.endswith(" ha-1 yr-1") and each.count(" ") == 2]
        alike = [each for each in densities if _parsed(each)[1] == _parsed(symbol)[1]]
        raise MeasureError("measure_no_density", symbol=symbol, nearest=alike[0] if alike else nearest(symbol, densities))
    area = _PER_AREA[areas[0]]
    return " ".join(part for part in parts if part != areas[0]), 1.0 if area == "ha" else factor("ha", area)


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
    quantity = uom.removesuffix(" yr-1")
    if price_uom == "1":
        return factor(quantity, "CNY")
    parts = [part for part in price_uom.split(" ") if part not in ("CNY", "yr-1")]
    per = " ".join(_inverted(part) for part in parts) or "1"
    return factor(canonical(quantity), per) * factor(quantity, canonical(quantity))


def _inverted(part: str) -> str:
    """Factor of a denominator turned round: `m-3` is `m3`, `t-1` is `t`."""
    name, _, exponent = part.partition("-")
    return name if exponent == "1" else f"{name}{exponent}"


@cache
def _parsed(symbol: str) -> tuple[float, tuple[tuple[str, int], ...]]:
    """Factor to base units and dimension as sorted (unit, exponent) pairs."""
    if symbol in _ALIASES:
        base, multiplier = _ALIASES[symbol]
        number, dimension = _parsed(base)
        return number * multiplier, dimension
    total = 1.0
    exponents: dict[str, int] = {}
    for part in symbol.split(" "):
        unit, exponent = _split(part)
        if unit in _DERIVED:
            number, dimensions = _DERIVED[unit]
        else:
            number, name = _UNITS[unit]
            dimensions = {name: 1} if name else {}
        total *= number**exponent
        for name, power in dimensions.items():
            exponents[name] = exponents.get(name, 0) + power * exponent
    return total, tuple(sorted((name, power) for name, power in exponents.items() if power))


def _split(part: str) -> tuple[str, int]:
    if part in _UNITS or part in _DERIVED:
        return part, 1
    unit = max((name for name in (*_UNITS, *_DERIVED) if part.startswith(name) and _EXPONENT.fullmatch(part[len(name) :])), key=len)
    return unit, int(part[len(unit) :])
