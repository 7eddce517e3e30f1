"""ecoval realize: uses of results that the policy names."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, session

app = typer.Typer(
    no_args_is_help=True,
    help="Uses of results: damage and others. 生态产品价值实现。",
    pretty_exceptions_enable=False,
)

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Run folder; default runs/<date>-<name>.")]
Rules = Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="Scalars and rule tables, TOML.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a finished run in DIR.")]


@app.callback()
def realize():
    """Uses of results: damage and others. 生态产品价值实现。"""


@app.command("damage")
def damage(
    damaged: Annotated[Path, typer.Option("--damaged", metavar="FILE", help="Damages: a table, or polygons with its fields.")],
    restoration: Annotated[
        Path | None, typer.Option("--restoration", metavar="TABLE", help="Restorations, one per service.")
    ] = None,
    rules: Rules = None,
    out: Out = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Ecological damage: debit of the loss, area of restoration that makes up for it, and the claim.

    Example: [bold]ecoval realize damage --damaged damaged.csv --restoration restoration.csv --rules rules.toml --out damage[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.realization.damage_run import run_damage
        from ecoval.runs import default_folder
        from ecoval.terms import label

        folder, made = run_damage(damaged, restoration, rules, out or default_folder("damage"), overwrite)
        console.result = {"folder": str(folder), **made.verdict}
        columns = ["damage_id", "service", "area", "undiscounted", "past", "future", "debit", "uom"]
        console.table(made.debits[columns], title=console.text("Debit", "损失"))
        if len(made.credits):
            columns = ["restoration_id", "service", "credit", "success", "value_ratio", "area_needed", "area", "area_uom", "cost"]
            console.table(made.credits[columns], title=console.text("Restoration", "恢复"))
        columns = ["line", "about", "quantity", "uom", "unit_cost", "value", "value_uom"]
        money = {"value": "{:,.2f}", "unit_cost": "{:,.2f}"}
        lines = made.claim[columns].assign(line=[label(line, console.lang) for line in made.claim["line"]])
        console.table(lines, title=console.text("Claim", "索赔"), formats=money)
        console.line(f"Written: {folder}", f"已写出：{folder}")
