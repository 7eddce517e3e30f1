"""Options that several operations have."""

from __future__ import annotations

from ecoval import declarations
from ecoval.operations.declared import Option, Words
from ecoval.operations.kinds import Declaration, Flag, Folder, PlainText, Whole

THREADS = Option("threads", Whole(1), Words("Number of threads; default: all cores.", "线程数；默认使用全部核心。"), None)
OUT_RUN = Option(
    "out",
    Folder(),
    Words("Run folder; default runs/<date>-<name>.", "运行文件夹；默认 runs/<日期>-<名称>。"),
    None,
    metavar="DIR",
)
CALENDAR_YEAR = Whole(**declarations.YEAR_DOMAIN)
YEAR = Option("year", CALENDAR_YEAR, Words("Only this year of the study.", "只计算其中这一年。"), None)
OVERWRITE = Option("overwrite", Flag(), Words("Replace a finished run in DIR.", "替换 DIR 中已完成的运行。"), False)
STRICT = Option("strict", Flag(), Words("Refuse where check would only warn.", "check 仅警告之处也拒绝。"), False)
STUDY = Option(
    "study",
    Declaration(),
    Words("study.toml, or the run.json of an earlier run.", "study.toml，或以往运行的 run.json。"),
    flag="",
    metavar="STUDY",
)
RUN_FOLDER = Option("run", Folder(), Words("Run folder or its run.json.", "运行文件夹或其 run.json。"), flag="", metavar="RUN")
BASE = Option("base", Folder(), Words("Folder that relative paths start from.", "相对路径的起始文件夹。"), "", flag=None)
LANG = Option("lang", PlainText(), Words("Language of what is written.", "输出的语言。"), "", flag=None)
