"""An assessment as printed tables: statutory first, then avoid, minimise, compensate, the balance, the verdict; its options."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Console, Option, Words
from ecoval.operations.kinds import File, Flag
from ecoval.operations.prepared import digits, records
from ecoval.operations.shared import OUT_RUN
from ecoval.operations.work import Work

HECTARE = 1e4
MILLION = 1e6
ROWS = 40
NET = ("debit", "required", "credit", "net")
LABELLED = ("service", "area_unit", "regime", "kind")
TABLES = ("statutory", "balance", "kinds", "value", "portfolio", "shortfalls")

OUT = OUT_RUN
PROJECT = Option("project", File("declaration"), Words("project.toml.", "project.toml。"), flag="", metavar="PROJECT.toml")
CAUTIOUS = Option(
    "cautious", Flag(), Words("Choose parcels with debits high and credits low.", "按高损失、低增益选取地块。"), False
)


def assessed(work: Work, declared: Any, values: dict[str, Any], **options: Any) -> Any:
    """The assessment of a project or plan in its run folder."""
    from ecoval.study import default_folder

    folder = values["out"] or default_folder(declared.name)
    with work.progress(declared.name) as progress:
        return declared.assess(folder, progress=progress, overwrite=values["overwrite"], lang=work.lang, **options)


def show(console: Console, assessment: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """The tables, and where the run folder is."""
    print_assessment(console, assessment)
    console.line(f"Written: {assessment.folder}", f"已写出：{assessment.folder}")
    return result(assessment)


def print_assessment(console: Console, assessment: Any) -> None:
    """Print an assessment in the order of the policy."""
    _statutory(console, assessment.statutory, assessment.verdict)
    _avoid(console, assessment.alternatives)
    _minimise(console, assessment.measures)
    _compensate(console, assessment)
    _balance(console, assessment)
    _judged(console, assessment.record)
    _verdict(console, assessment.verdict)


def result(assessment: Any) -> dict[str, Any]:
    """What a program reads of an assessment: the verdict with its fields, and the tables that decide it."""
    content = assessment.verdict.content()
    tables = {name: records(getattr(assessment, name)) for name in TABLES}
    folder = None if assessment.folder is None else str(assessment.folder)
    return {"folder": folder, **content, "status": content["portfolio"].get("status"), "tables": tables}


def _verdict(console: Console, verdict: Any) -> None:
    """Print the verdict, the answers behind it and the reasons."""
    from ecoval.offset.balance.verdict import ANSWERS
    from ecoval.terms import Term, label

    marks = {True: console.text("yes", "是"), False: console.text("no", "否"), None: console.text("not examined", "未核")}
    rows = [(label(name, console.lang), marks[getattr(verdict, name)]) for name in ANSWERS]
    columns = [console.text("test", "检验"), console.text("met", "满足")]
    console.table(framed(rows, columns), title=console.text("Verdict", "结论"))
    for reason in verdict.reasons:
        console.line(f"- {reason['en']}", f"- {reason['zh']}")
    word, careful = (label(name, console.lang) for name in (verdict.verdict, verdict.verdict_cautious))
    turns = ", ".join(Term(service).in_language(console.lang) for service in verdict.turns)
    if verdict.robust:
        console.line(f"Verdict: {word} (cautious: the same, robust)", f"结论：{word}（审慎系数下相同，稳健）")
    else:
        en = f"Verdict: {word} (cautious: {careful}, not robust; services that turn: {turns or '-'})"
        console.line(en, f"结论：{word}（审慎系数下：{careful}，不稳健；转变的服务：{turns or '—'}）")


def _table(console: Console, frame: Any, names: Any, title: str, formats: dict[str, str] | None = None) -> None:
    """Print some columns under their names in the language of the session."""
    from ecoval.terms import Term, label

    shown = frame[[name for name in names if name in frame]].head(ROWS).copy()
    for name in shown.columns:
        if name in LABELLED:
            shown[name] = [Term(value).in_language(console.lang) for value in shown[name]]
        elif name in ("ok", "ok_cautious"):
            shown[name] = shown[name].map(lambda value: "✔" if value else "✘")
        elif shown[name].dtype == bool:
            shown[name] = shown[name].map({True: console.text("yes", "是"), False: console.text("no", "否")})
    given = {name: label(name, console.lang) for name in shown.columns}
    by_name = {given[name]: form for name, form in (formats or {}).items() if name in given}
    if len(frame) > ROWS:
        title += console.text(f" (first {ROWS} of {len(frame)} rows)", f"（共 {len(frame)} 行，列出前 {ROWS} 行）")
    console.table(shown.rename(columns=given), title=title, formats=by_name)


def _statutory(console: Console, table: Any, verdict: Any) -> None:
    if table.empty:
        if verdict.statutory_ok is None:
            console.line(
                "Statutory balances (water surface, cropland, wetland, forest, ...): not examined, no rule table was given.",
                "法定占补平衡（水域、耕地、湿地、林地等）：未核，未提供规则表。",
            )
        return
    names = ("regime", "kind", "area_unit", "lost", "required", "provided", "net", "ok", "uom")
    _table(console, table, names, console.text("Statutory balances, each by itself", "法定占补平衡（各自单独核算）"))


def _avoid(console: Console, table: Any) -> None:
    if table.empty:
        return
    shown = table.assign(area=table["area"] / HECTARE, cost=table["cost"] / MILLION, value_pv=table["value_pv"] / MILLION)
    names = ("alternative_id", "chosen", "area", "cost", "value_pv", "index", "dominated_by", "pareto", "no_go_area")
    title = console.text("1 Avoid: alternatives (ha, million CNY)", "1 避免：比选方案（公顷，百万元）")
    _table(console, shown, names, title, dict.fromkeys(("area", "cost", "value_pv", "index"), "{:,.2f}"))


def _minimise(console: Console, table: Any) -> None:
    if table.empty:
        return
    from ecoval.terms import Term

    rows = []
    for (patch, option, name), part in table.groupby(["patch_id", "option_id", "name"], sort=False):
        acted = part[part["avoided_pv"] != 0].groupby(["service", "pv_uom"], sort=False)["avoided_pv"].sum()
        avoided = [f"{Term(service).in_language(console.lang)} {digits(value, 4)} {uom}" for (service, uom), value in acted.items()]
        rows.append((patch, option, name, float(part["cost"].iloc[0]) / MILLION, "; ".join(avoided)))
    table = framed(rows, ("patch_id", "option_id", "name", "cost", "avoided_pv"))
    title = console.text("2 Minimise: measures, million CNY", "2 最小化：减缓措施（百万元）")
    _table(console, table, table.columns, title, {"cost": "{:,.3f}"})


def _compensate(console: Console, assessment: Any) -> None:
    portfolio = assessment.portfolio
    title = console.text("3 Compensate: parcels (ha, million CNY)", "3 补偿：地块（公顷，百万元）")
    if len(portfolio):
        shown = portfolio.assign(cost=portfolio["cost"] / MILLION)
        if "area" in portfolio:
            shown["area"] = portfolio["area"] / HECTARE
        names = ("candidate_id", "option_id", "name", "share", "area", "cost")
        _table(console, shown, names, title, {"share": "{:.1%}", "area": "{:,.2f}", "cost": "{:,.3f}"})
    status = assessment.verdict.portfolio.get("status")
    if status in ("infeasible", "time_limit"):
        console.line(
            "The candidates cannot meet every requirement: what is short stands in shortfalls.csv."
            if status == "infeasible"
            else "The solver ran out of time: the parcels above are not proven optimal.",
            "候选地块无法满足全部要求：缺额见 shortfalls.csv。" if status == "infeasible" else "求解超时：以上组合未证明为最优。",
        )


def _balance(console: Console, assessment: Any) -> None:
    table = assessment.balance
    if table.empty:
        return
    names = ("service", "area_unit", *NET, "ok", "net_cautious", "ok_cautious", "uom")
    asked = table[(table["debit"] != 0) | ~table["ok"].astype(bool) | ~table["ok_cautious"].astype(bool)]
    title = console.text("Balance per service and area", "分服务、分区域结余")
    _table(console, asked, names, title)
    rest = len(table) - len(asked)
    if rest:
        console.line(
            f"{rest} further rows, in which nothing is lost and nothing is required, stand in balance.csv.",
            f"另有 {rest} 行未占用、无要求，见 balance.csv。",
        )
    value = assessment.value
    if len(value):
        columns = ["debit_value", "required_value", "credit_value", "net_value"]
        shown = value.assign(**{name: value[name] / MILLION for name in columns})
        shown["price_year"] = [f"{year:.0f}" if year == year and year is not None else "" for year in value["price_year"]]
        title = console.text("Value, million CNY", "价值量（百万元）")
        _table(console, shown, ("service", "price", "price_uom", "price_year", *columns), title, dict.fromkeys(columns, "{:,.4g}"))


def _judged(console: Console, record: Any) -> None:
    """Which services the verdict rests on, and which of the study it does not."""
    from ecoval.terms import Term

    joined = {"en": ", ", "zh": "、"}[console.lang]
    judged, others = (
        joined.join(Term(name).in_language(console.lang) for name in record.get(key) or [])
        for key in ("services", "services_unjudged")
    )
    console.line(
        f"Judged by: {judged}. Others of the study, not judged: {others or 'none'}.",
        f"评定所用服务：{judged}。未评定的其他服务：{others or '无'}。",
    )


def framed(rows: Any, columns: Any) -> Any:
    """Table of rows."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))
