"""ecoval realize damage: debit of an ecological damage, restoration that makes up for it, and the claim."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Console, Operation, Option, Words
from ecoval.operations.kinds import File
from ecoval.operations.shared import OUT_RUN, OVERWRITE
from ecoval.operations.work import Work

DEBIT = ["damage_id", "service", "area", "undiscounted", "past", "future", "debit", "uom"]
RESTORATION = ["restoration_id", "service", "credit", "success", "value_ratio", "area_needed", "area", "area_uom", "cost"]
CLAIM = ["line", "about", "quantity", "uom", "unit_cost", "value", "value_uom"]


def run(work: Work, values: dict[str, Any]) -> Any:  # noqa: ARG001  (as every operation)
    """Folder and assessment."""
    from ecoval.realization.damage_run import run_damage
    from ecoval.runs import default_folder

    out = values["out"] or default_folder("damage")
    return run_damage(values["damaged"], values["restoration"], values["rules"], out, values["overwrite"])


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Debit, restoration, claim."""
    from ecoval.terms import label

    folder, damage = result
    console.table(damage.debits[DEBIT], title=console.text("Debit", "损失"))
    if len(damage.credits):
        console.table(damage.credits[RESTORATION], title=console.text("Restoration", "恢复"))
    lines = damage.claim[CLAIM].assign(line=[label(line, console.lang) for line in damage.claim["line"]])
    console.table(lines, title=console.text("Claim", "索赔"), formats={"value": "{:,.2f}", "unit_cost": "{:,.2f}"})
    console.line(f"Written: {folder}", f"已写出：{folder}")
    return {"folder": str(folder), **damage.verdict}


OPERATION = Operation(
    "realize damage",
    Words(
        "Ecological damage: debit of the loss, area of restoration that makes up for it, and the claim.",
        "生态损害：损失量、抵补损失所需的恢复面积和索赔额。",
    ),
    "ecoval realize damage --damaged damaged.csv --restoration restoration.csv --rules rules.toml --out damage",
    (
        Option(
            "damaged",
            File(),
            Words("Damages: a table, or polygons with its fields.", "损害：表，或含同样字段的面要素。"),
            metavar="FILE",
        ),
        Option(
            "restoration",
            File("table"),
            Words("Restorations, one per service.", "恢复措施，每项服务一行。"),
            None,
            metavar="TABLE",
        ),
        Option("rules", File("declaration"), Words("Scalars and rule tables, TOML.", "标量与规则表，TOML。"), None, metavar="FILE"),
        OUT_RUN,
        OVERWRITE,
    ),
    run,
    show,
    python="ecoval.realization.damage_run:run_damage",
)
