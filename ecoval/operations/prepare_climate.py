"""ecoval prepare climate: layers of rain, temperature and what follows from them, out of gridded series or stations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations import forms, prepared
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Parameter, Request, Words
from ecoval.operations.kinds import POSITIVE, ByName, Choice, File, Flag, Number, Own, PlainText, Row, Several, Whole
from ecoval.operations.shared import CALENDAR_YEAR
from ecoval.operations.work import Work

PRODUCTS = ("daily", "monthly", "annual", "normal", "erosivity", "storms", "cooling_days", "reference_evapotranspiration")
ROLES = ("rain", "temperature", "temperature_max", "temperature_min", "humidity", "wind", "sunshine")
TITLES = {
    "left_out": Words("Each station left out", "留一法检验"),
    "variogram": Words("Variograms", "变异函数"),
    "values": Words("Values", "数值"),
    "numbers": Words("Numbers used", "所用参数"),
}
FILLED = Words("Filled days", "填补的日期")


def files_by_role(texts: list[str]) -> dict[str, list[Path]]:
    """Files by role; under "" those without one."""
    files: dict[str, list[Path]] = {}
    for text in texts:
        role, mark, path = text.partition("=")
        if not mark or role not in ROLES:
            role, path = "", text
        files.setdefault(role, []).append(Path(path))
    return files


def series_of_request(value: Any) -> Any:
    """A path, a list of paths, or those by role."""
    entries = list(value.values()) if isinstance(value, dict) else [value]
    paths = [path for entry in entries for path in (entry if isinstance(entry, list) else [entry])]
    if not all(isinstance(path, str) for path in paths):
        raise ValueError("paths of files, or an object with paths by role")
    return value


def run(work: Work, values: dict[str, Any]) -> Any:
    """Make the layer."""
    from ecoval.prepare.climate import prepare

    options = prepared.options_of(values, "series", "product", "overwrite")
    return prepared.making(
        work,
        "climate",
        values["out"],
        lambda progress: prepare(values["series"], values["product"], values["out"], progress=progress, **options),
    )


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Notes, errors of the stations, variograms, values, numbers, filled days."""
    content = prepared.print_product(console, result, TITLES)
    series = result.quality["series"]
    if series["filled"].sum():
        console.table(series[series["filled"] > 0], title=FILLED.in_language(console.lang))
    prepared.written(console, result)
    return content


OPTIONS = (
    Option(
        "series",
        Own(files_by_role, series_of_request, repeated=True),
        Words(
            "NetCDF, GeoTIFF with ISO dates as band descriptions, or a table of stations; ROLE=FILE where a file is of "
            "one variable. "
            "Repeat the option for more files.",
            "NetCDF、以 ISO 日期描述波段的 GeoTIFF，或站点表；文件只含一个要素时写作 ROLE=FILE。可重复给出多个文件。",
        ),
        metavar="[ROLE=]FILE",
    ),
    Option(
        "product",
        Choice(PRODUCTS),
        Words(
            "daily, monthly, annual, normal, erosivity, storms, cooling_days or reference_evapotranspiration.",
            "daily 逐日、monthly 逐月、annual 逐年、normal 多年平均、erosivity 侵蚀力、storms 暴雨、cooling_days 降温日数或 "
            "reference_evapotranspiration 参考蒸散发。",
        ),
    ),
    Option("out", File(), Words("Result, .tif.", "结果文件，.tif。"), metavar="FILE"),
    Option(
        "role",
        Choice(ROLES),
        Words(
            "Variable of daily, monthly, annual, normal: rain, temperature, ...",
            "daily、monthly、annual、normal 的要素：rain、temperature 等。",
        ),
        None,
    ),
    Option(
        "variables",
        ByName(PlainText(), "ROLE=NAME"),
        Words("NetCDF variable or column of a variable.", "要素在 NetCDF 中的变量名或表中的列名。"),
        None,
        "--variable",
        "ROLE=NAME",
    ),
    Option(
        "measure",
        ByName(PlainText(), "ROLE=MEASURE", plain=True),
        Words(
            'What the values are, where the file does not say it: K, m, "0.1 mm", "mm h-1"; ROLE=MEASURE for one variable.',
            '文件未说明时数值的计量单位：K、m、"0.1 mm"、"mm h-1"；只对一个要素时写作 ROLE=MEASURE。',
        ),
        None,
        metavar="[ROLE=]MEASURE",
    ),
    Option("series_crs", PlainText(), Words("CRS of a series that has none.", "没有坐标系的序列的坐标系。"), None, metavar="CRS"),
    Option("missing", Several(Number()), Words("Value that stands for missing.", "表示缺测的数值。"), ()),
    Option("trace", Several(Number()), Words("Value that stands for a trace of rain.", "表示微量降水的数值。"), ()),
    Option(
        "rain_codes",
        Choice(("none", "surf")),
        Words("30xxx, 32700, 32766 ...", "30xxx、32700、32766 等编码。"),
        "none",
        metavar="none|surf",
    ),
    Option("accumulated", Choice(("day", "step")), Words("How amounts add up.", "累积量的方式。"), None, metavar="day|step"),
    Option(
        "stamp",
        Choice(("start", "middle", "end")),
        Words("What of a step its time names.", "时间标记在时段的哪一端。"),
        None,
        metavar="start|middle|end",
    ),
    Option(
        "day",
        Choice(("0-24", "20-20", "08-08")),
        Words("Local hours of a day.", "一日的地方时起止。"),
        "0-24",
        metavar="0-24|20-20|08-08",
    ),
    Option(
        "utc_offset",
        Number(-24, 24),
        Words("Hours of that local time ahead of UTC; Beijing: 8.", "该地方时比 UTC 早的小时数；北京为 8。"),
        0.0,
    ),
    Option("time_zone", Number(-24, 24), Words("Hours of the series' times ahead of UTC.", "序列时间比 UTC 早的小时数。"), None),
    Option(
        "years",
        Row(CALENDAR_YEAR, "-", 2, 1, "FIRST-LAST"),
        Words("Years that are used.", "所用的年份。"),
        None,
        metavar="FIRST-LAST",
    ),
    Option(
        "fill",
        Choice(("nearest_station", "zero", "climatology", "interpolate")),
        Words("Rule for missing days.", "缺测日的填补规则。"),
        None,
        metavar="nearest_station|zero|climatology|interpolate",
    ),
    Option(
        "stations",
        File("table"),
        Words("Sites: station, lon, lat, elevation.", "站点位置表：station、lon、lat、elevation。"),
        None,
        metavar="TABLE",
    ),
    Option(
        "coordinates",
        Choice(("degrees", "degree_minutes")),
        Words("Of the sites.", "站点坐标的写法。"),
        "degrees",
        metavar="degrees|degree_minutes",
    ),
    Option("elevation_measure", Choice(("m", "0.1 m")), Words("Of the sites.", "站点高程的单位。"), "m", metavar="m|0.1 m"),
    Option(
        "method",
        Choice(("thiessen", "idw", "regression")),
        Words("From stations to cells.", "由站点到像元的方法。"),
        None,
        metavar="thiessen|idw|regression",
    ),
    Option("power", POSITIVE, Words("Of the inverse distance.", "反距离的幂。"), 2.0),
    Option("neighbours", Whole(1), Words("Stations of the inverse distance.", "反距离所用的站数。"), 12),
    Option(
        "residuals",
        Choice(("kriging", "idw", "none")),
        Words("Of the regression.", "回归残差的插值。"),
        "kriging",
        metavar="kriging|idw|none",
    ),
    Option(
        "variogram",
        Choice(("spherical", "exponential")),
        Words("Of kriging.", "克里金的变异函数。"),
        "spherical",
        metavar="spherical|exponential",
    ),
    Option("dem", File("raster"), Words("Elevation, m.", "高程，m。"), None, metavar="RASTER"),
    Option("like", File("raster"), Words("Raster whose grid is taken.", "参照其格网的栅格。"), None, metavar="RASTER"),
    Option("cell", POSITIVE, Words("Cell size, with --crs and --bounds.", "像元大小，与 --crs 和 --bounds 同用。"), None),
    Option("crs", PlainText(), Words("CRS of the result.", "结果的坐标系。"), None),
    Option(
        "bounds",
        Row(Number(), ",", 4, 0, "LEFT,BOTTOM,RIGHT,TOP"),
        Words("Of the result.", "结果的范围。"),
        None,
        metavar="LEFT,BOTTOM,RIGHT,TOP",
    ),
    Option(
        "erosivity",
        Choice(("halfmonth", "zhang", "monthly")),
        Words("Form of R; halfmonth is that of HJ 1173.", "R 的公式；halfmonth 为 HJ 1173 的公式。"),
        "zhang",
        metavar="halfmonth|zhang|monthly",
    ),
    Option(
        "reference_et",
        Choice(("penman_monteith", "hargreaves")),
        Words("Form of reference evapotranspiration.", "参考蒸散发的公式。"),
        "penman_monteith",
        metavar="penman_monteith|hargreaves",
    ),
    Option(
        "threshold", Number(), Words("Of storms (mm d-1) or cooling days (degC).", "暴雨（mm d-1）或降温日（degC）的阈值。"), None
    ),
    Option("wind_height", Number(0.1, 200), Words("Of the wind in the series, m.", "序列中风速的高度，m。"), None),
    Option("parts", Flag(), Words("Half-months or months in place of their sum.", "写出半月或逐月，不求和。"), False),
    Option("parameters", Several(File("table")), Words("Own numbers.", "自有参数表。"), (), metavar="TABLE"),
    Option("standard", PlainText(), Words("Pack of the numbers.", "参数所用的标准包。"), "open-2026"),
    Option("region", PlainText(), Words("Region of the numbers, such as CN-33.", "参数的地区，如 CN-33。"), None),
    Option("allow_recalled", Flag(), Words("Use recalled numbers.", "允许使用凭记忆写下、未核对的数值。"), False),
    *prepared.ALWAYS,
)

ALGORITHM = Algorithm(
    "prepare_climate",
    Words("Prepare climate layers", "准备气候图层"),
    forms.PREPARATION,
    Words(
        "Makes a climate layer of a role out of the daily series of a station table or of rasters, and writes a recipe beside it.",
        "由站点表或栅格的逐日序列制作某一角色的气候图层，并在旁边写出制作配方。",
    ),
    tags="climate 气候 气象站 降水 气温 插值 侵蚀力 qihou jiangshui interpolate stations erosivity",
    example="qgis_process run ecoval:prepare_climate --RASTERS=rain_daily_2023.tif --ITEM=erosivity --YEAR=2023 "
    "--CLIMATE_OUT=erosivity.tif",
    parameters=(
        Parameter(
            "STATIONS",
            "series",
            Words("Table of stations", "站点表"),
            Words(
                "Days of each station: station, date, a column per variable; CSV or XLSX.",
                "各站逐日数据：站号、日期，每个要素一列；CSV 或 XLSX。",
            ),
            optional=True,
        ),
        Parameter(
            "SITES",
            "file",
            Words("Places of the stations", "站点位置表"),
            Words(
                "Columns station, lon, lat, elevation, where the table of stations does not hold them: CSV or XLSX.",
                "站点表中没有位置时给出，列为 station、lon、lat、elevation：CSV 或 XLSX。",
            ),
            optional=True,
        ),
        Parameter(
            "RASTERS",
            "rasters",
            Words("Rasters", "栅格"),
            Words(
                "Daily series: NetCDF, or GeoTIFF whose bands are described by ISO dates.",
                "逐日序列：NetCDF，或以 ISO 日期描述波段的 GeoTIFF。",
            ),
            optional=True,
        ),
        Parameter(
            "ITEM",
            "choice",
            Words("Item", "指标项"),
            Words(
                "precipitation precipitation; precipitation_monthly monthly precipitation; rain_daily daily rain; "
                "temperature temperature; reference_evapotranspiration reference evapotranspiration; erosivity rainfall erosivity",
                "precipitation 降水; precipitation_monthly 逐月降水; rain_daily 逐日降水; temperature 气温; "
                "reference_evapotranspiration 参考蒸散发; erosivity 降雨侵蚀力",
            ),
            fills={
                "precipitation": {"product": "annual", "role": "rain"},
                "precipitation_monthly": {"product": "monthly", "role": "rain"},
                "rain_daily": {"product": "daily", "role": "rain"},
                "temperature": {"product": "monthly", "role": "temperature"},
                "reference_evapotranspiration": {"product": "reference_evapotranspiration", "reference_et": "hargreaves"},
                "erosivity": {"product": "erosivity"},
            },
            default="precipitation",
        ),
        Parameter(
            "MEASURE",
            "text",
            Words("Measure of the values", "数值的计量单位"),
            Words("Where the file does not say it, such as 0.1 mm, mm h-1 or K.", "文件没有说明时给出，如 0.1 mm、mm h-1 或 K。"),
            fills="measure",
            optional=True,
        ),
        Parameter(
            "YEAR",
            "year",
            Words("Year", "年份"),
            Words("Year of the layer.", "图层的年份。"),
            fills="years",
            default=2023,
            low=1900,
            high=2200,
        ),
        Parameter(
            "FILL",
            "choice",
            Words("Missing days", "缺测日"),
            Words("Rule for days that are missing; empty refuses them.", "缺测日的填补规则；留空则拒绝缺测。"),
            fills="fill",
            optional=True,
        ),
        Parameter(
            "METHOD",
            "choice",
            Words("From stations to cells", "站点插值方法"),
            Words("Needed for stations; regression needs elevation.", "站点数据必须选择；regression 需要高程。"),
            choices=("thiessen", "idw", "regression"),
            optional=True,
        ),
        Parameter(
            "DEM",
            "raster",
            "dem",
            Words("Elevation in metres, for the method regression.", "高程，单位米；用于 regression 方法。"),
            optional=True,
        ),
        Parameter(
            "EROSIVITY",
            "choice",
            Words("Form of the erosivity", "侵蚀力公式"),
            Words("For erosivity; halfmonth is the form of HJ 1173.", "用于降雨侵蚀力；halfmonth 为 HJ 1173 的公式。"),
            fills="erosivity",
            choices=("zhang", "halfmonth", "monthly"),
            default="zhang",
        ),
        Parameter(
            "LIKE",
            "raster",
            Words("Raster whose grid is taken", "参照格网的栅格"),
            Words(
                "In place of CRS, cell size and extent. Without any of them, rasters keep their own grid.",
                "代替坐标系、像元大小和范围。都不给出时，栅格保持自身格网。",
            ),
            optional=True,
        ),
        Parameter(
            "CRS",
            "crs",
            Words("CRS", "坐标系"),
            Words("CRS of the result; projected, in metres.", "结果的坐标系；应为投影坐标系，单位米。"),
            optional=True,
        ),
        Parameter(
            "CELL",
            "number",
            Words("Cell size", "像元大小"),
            Words("Side of a cell, in units of the CRS.", "像元边长，单位同坐标系。"),
            low=0,
            optional=True,
        ),
        Parameter(
            "EXTENT",
            "extent",
            Words("Extent", "范围"),
            Words("Needed for stations; rasters have their own.", "站点数据必须给出；栅格有自身范围。"),
            optional=True,
        ),
        Parameter("CLIMATE_OUT", "out_raster", Words("Climate layer", "气候图层"), Words("GeoTIFF.", "GeoTIFF。"), fills="out"),
        *forms.PRODUCT_PARAMETERS,
    ),
    outputs=forms.RECIPE,
)

OPERATION = Operation(
    "prepare climate",
    Words(
        "Layers of rain and temperature, erosivity, cooling days and evapotranspiration, out of series; with a recipe.",
        "由逐日序列制作降水、气温、侵蚀力、降温日数和蒸散发图层，并附配方。",
    ),
    "ecoval prepare climate --series prec_2015.nc --series-crs EPSG:4326 --product erosivity --out r.tif",
    OPTIONS,
    run,
    show,
    prepared.answer,
    Request("prepare", {"what": "climate"}),
    (ALGORITHM,),
    python="ecoval.prepare.climate:prepare",
)
