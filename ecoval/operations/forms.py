"""Parameters that several algorithms of QGIS share: their names are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ecoval.operations.declared import Output, Parameter, Words

ACCOUNTS = Words("Accounts", "核算")
BALANCE = Words("Project balance", "项目平衡")
PREPARATION = Words("Preparation", "数据准备")
RESULTS = Words("Results", "结果")
TOOLS = Words("Tools", "工具")

ENCODING = Parameter(
    "ENCODING",
    "choice",
    Words("Text encoding of the units", "单元文本编码"),
    Words(
        "auto reads what the file says; choose GBK where names of an old shapefile are broken.",
        "auto 按文件声明读取；旧 shapefile 名称乱码时选 GBK。",
    ),
    choices=("auto", "UTF-8", "GBK", "GB18030"),
    default="auto",
    advanced=True,
)
INVALID = Parameter(
    "INVALID",
    "choice",
    Words("Invalid geometries", "无效几何"),
    Words(
        "fix repairs and lists them, skip leaves them out and lists them, stop refuses.",
        "fix 修复并列出，skip 略去并列出，stop 拒绝运行。",
    ),
    choices=("fix", "skip", "stop"),
    default="fix",
    advanced=True,
)
THREADS = Parameter(
    "THREADS",
    "whole",
    Words("Threads", "线程数"),
    Words("Threads of the engine; 0 takes all cores.", "引擎的线程数；0 表示使用全部核心。"),
    fills="threads",
    default=0,
    low=0,
    high=256,
    optional=True,
    advanced=True,
)
SEED = Parameter("SEED", "hidden", Words("SEED", "SEED"), optional=True)  # in no form: models and scripts may name it
OUT_FOLDER = Parameter(
    "OUT_FOLDER",
    "out_folder",
    Words("Run folder", "运行文件夹"),
    Words(
        "New folder of the results. Empty: ecoval_runs/<date and time> beside the project, or in the home folder.",
        "存放结果的新文件夹。留空：工程旁（或用户主目录）的 ecoval_runs/<日期时间>。",
    ),
    optional=True,
)
RUN_FOLDER = Parameter(
    "RUN",
    "run",
    Words("Run folder", "运行文件夹"),
    Words("Folder that holds run.json.", "含 run.json 的文件夹。"),
    fills="run",
)
IDLE = replace(THREADS, fills="")  # where the engine's method takes no threads
RUN_PARAMETERS = (OUT_FOLDER, ENCODING, INVALID, THREADS, SEED)
PRODUCT_PARAMETERS = (OUT_FOLDER, ENCODING, INVALID, IDLE, SEED)
RUN_OUTPUTS = (
    Output("RUN_JSON", "file", Words("Record of the run", "运行记录")),
    Output("SUMMARY_HTML", "html", Words("Summary", "摘要")),
)
RECIPE = (
    Output("RUN_JSON", "file", Words("Record of the run", "运行记录"), "outputs.recipe"),
    Output("SUMMARY_HTML", "html", Words("Summary", "摘要")),
    Output("RECIPE", "file", Words("Recipe", "制作配方"), "outputs.recipe"),
)


def units(fills: Mapping[str, str], name: bool = True) -> tuple[Parameter, ...]:
    """UNITS with the fields of codes and names.

    Parameters
    ----------
    fills : mapping (text, text)
        What the layer says (path, id, name, layer, crs, encoding, only) -> field of the request.
    name : choice {True, False}
        Whether names are asked for.
    """
    layer = Parameter(
        "UNITS",
        "units",
        Words("Spatial units", "核算单元"),
        Words(
            "Polygons, one row per unit. Selected features only, filters and edits are honoured.",
            "面要素，每个单元一行。支持仅选中要素、过滤和编辑。",
        ),
        fills=fills,
        of="polygon",
    )
    codes = Parameter(
        "UNIT_ID",
        "field",
        Words("Field of the unit codes", "单元代码字段"),
        Words("Field that holds a unique code per unit; codes are text.", "存放每个单元唯一代码的字段；代码按文本处理。"),
        of="UNITS",
    )
    names = Parameter(
        "UNIT_NAME",
        "field",
        Words("Field of the names", "名称字段"),
        Words("Field that holds the name of each unit.", "存放每个单元名称的字段。"),
        of="UNITS",
        optional=True,
    )
    return (layer, codes, names) if name else (layer, codes)
