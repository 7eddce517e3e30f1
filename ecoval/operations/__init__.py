"""Operations: what ecoval does, each declared once in a file of its own.

From a declaration come the command, the typed request of the engine, the algorithm of QGIS with its form and help, and a line of
the docs table. A new operation is a new file and its name in `NAMES`.
"""

from functools import cache
from importlib import import_module

from ecoval.operations.declared import Operation, Words

NAMES = (
    "demo",
    "init",
    "check",
    "run",
    "audit",
    "report",
    "upgrade",
    "conform",
    "zonal",
    "units_admin",
    "units_grid",
    "prepare_rerun",
    "prepare_landcover",
    "prepare_climate",
    "prepare_satellite",
    "prepare_soil",
    "prepare_statistics",
    "offset_portfolio",
    "offset_assess",
    "offset_verify",
    "offset_plan",
    "offset_stage",
    "realize_damage",
    "params_list",
    "params_show",
    "params_export",
    "services",
    "doctor",
    "abandon",
    "classes",
)

GROUPS = {
    "units": Words("Make spatial units.", "制作空间单元。"),
    "prepare": Words("Make layers and tables out of what offices hold.", "由各部门现有数据制作图层与表格。"),
    "offset": Words("Offset balance of projects and plans.", "项目与规划的生态占补平衡。"),
    "realize": Words("Uses of results: damage and others.", "生态产品价值实现：生态损害等。"),
    "params": Words("Parameters with value, range, measure, source and status.", "参数：数值、范围、单位、来源与状态。"),
}


def operations() -> tuple[Operation, ...]:
    """All operations, in the order of the help."""
    return tuple(_operation(name) for name in NAMES)


@cache
def _operation(name: str) -> Operation:
    operation: Operation = import_module(name if "." in name else f"ecoval.operations.{name}").OPERATION
    return operation


__all__ = ["GROUPS", "NAMES", "operations"]
