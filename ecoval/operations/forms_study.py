"""The study in the forms of QGIS: what stands in study.toml, as parameters; the roles of the layers come from the catalogue."""

from __future__ import annotations

from ecoval.operations.declared import Parameter, Words

STUDY = (
    Parameter(
        "LANDCOVER",
        "raster",
        "landcover",
        Words(
            "Classified raster; its grid is the grid of the account. Its codes are translated by the scheme or the table.",
            "分类栅格；其格网即核算格网。编码按分类体系或对照表转换。",
        ),
    ),
    Parameter(
        "SCHEME",
        "choice",
        Words("Classification of the land cover", "土地覆被分类体系"),
        Words(
            "own: the table below says which ecosystem type each code is; otherwise the packaged table of that product.",
            "own：由下面的表说明每个编码的生态系统类型；否则采用该产品的内置对照表。",
        ),
        choices="crosswalks",
        default="own",
    ),
    Parameter(
        "CLASSES",
        "file",
        Words("Table of the classes", "地类对照表"),
        Words("Columns code, ecosystem_type, name: CSV or XLSX.", "列 code, ecosystem_type, name：CSV 或 XLSX。"),
        optional=True,
    ),
    Parameter(
        "YEAR", "whole", Words("Year", "年份"), Words("Year of the account.", "核算年份。"), low=1900, high=2200, default=2023
    ),
    Parameter(
        "PRICE_YEAR",
        "whole",
        Words("Price year", "价格基准年"),
        Words("All values are carried to the prices of this year; empty: the year.", "价值量统一换算到该年价格；留空为核算年。"),
        low=1900,
        high=2200,
        optional=True,
    ),
    Parameter(
        "STANDARD",
        "choice",
        Words("Standard", "标准"),
        Words("Which services are summed, and how they are named.", "汇总哪些服务，以及如何命名。"),
        choices="standards",
        default="open-2026",
    ),
    Parameter(
        "SERVICES",
        "choices",
        Words("Services", "分项服务"),
        Words(
            "Empty: all that the standard lists and the data allow. {services}", "留空：标准所列且数据允许的全部服务。 {services}"
        ),
        choices="services",
        optional=True,
    ),
    Parameter(
        "ROLES", "roles", Words("Layers of the roles", "各角色的图层"), Words("One parameter per role.", "每个角色一个参数。")
    ),
    Parameter(
        "STATISTICS",
        "files",
        Words("Statistics tables", "统计表"),
        Words(
            "Long tables: unit_id, item, quantity, uom, price, price_uom, price_year, year, source; population and gdp are items.",
            "长表：unit_id, item, quantity, uom, price, price_uom, price_year, year, source；population 和 gdp 也是指标项。",
        ),
        optional=True,
    ),
    Parameter(
        "PARAMETERS",
        "file",
        Words("Own parameters", "自有参数"),
        Words("Table of own numbers; they go before the packaged ones.", "自有参数表；优先于内置参数。"),
        optional=True,
    ),
    Parameter(
        "PRICES",
        "file",
        Words("Prices", "价格"),
        Words(
            "Table name, value, uom, year, source, status. Without a price a value stays empty.",
            "价格表：name, value, uom, year, source, status。没有价格则价值量为空。",
        ),
        optional=True,
    ),
    Parameter(
        "REGION",
        "choice",
        Words("Region of the numbers", "参数地区"),
        Words("Decides which packaged numbers are local.", "决定哪些内置参数属于本地。"),
        choices="regions",
        optional=True,
    ),
    Parameter(
        "OPTIONS",
        "text",
        Words("Options of the services", "服务的方法选项"),
        Words(
            "service.option=choice, parted by semicolons, such as soil_retention.ls=invest; climate_regulation.epp=et.",
            "服务.选项=取值，用分号分隔，如 soil_retention.ls=invest; climate_regulation.epp=et。",
        ),
        optional=True,
        advanced=True,
    ),
    Parameter(
        "EXCLUDE",
        "text",
        Words("Indicators left out by name", "按约定不核算的指标"),
        Words(
            "indicator=reason, parted by semicolons, such as eco_energy=no data; the total is then called GEP without them.",
            "指标=理由，用分号分隔，如 eco_energy=暂无数据；总值随之注明“不含”这些指标。",
        ),
        optional=True,
        advanced=True,
    ),
    Parameter(
        "MEASURES",
        "text",
        Words("Measures of the layers", "图层计量单位"),
        Words(
            "role=measure, parted by semicolons, where a file holds another measure, such as soil_nitrogen=%; npp=kgC m-2 yr-1.",
            "role=计量单位，用分号分隔；文件采用其他单位时填写，如 soil_nitrogen=%; npp=kgC m-2 yr-1。",
        ),
        optional=True,
        advanced=True,
    ),
    Parameter(
        "RECALLED",
        "choice",
        Words("Numbers that nobody has checked", "未经核对的数值"),
        Words(
            "allow: also numbers written down from memory, marked as such in the result.",
            "allow：也使用凭记忆录入的数值，并在结果中注明。",
        ),
        choices=("refuse", "allow"),
        default="refuse",
        advanced=True,
    ),
    Parameter("DRAWS", "hidden", Words("DRAWS", "DRAWS"), optional=True),  # refused by the library until there are draws
)
WITHOUT_SERVICES = tuple(each for each in STUDY if each.name != "SERVICES")
