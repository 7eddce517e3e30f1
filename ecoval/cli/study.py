"""Commands around one study: demo, init, check, run, audit, report."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import REFUSED, AsJson, Debug, Lang, Quiet, Threads, records, session

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Run folder; default runs/<date>-<name>.")]
Year = Annotated[int | None, typer.Option("--year", help="Only this year of the study.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a finished run in DIR.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse where check would only warn.")]
StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="study.toml, or the run.json of an earlier run.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder or its run.json.")]

MONEY = ("provisioning", "regulating", "cultural", "gep")
MILLION = 1e6


def demo(
    out: Out = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Run the packaged sample county end to end.

    Example: [bold]ecoval demo --out runs/demo[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.cli.offset_project import demonstrate
        from ecoval.study import Study, sample_study

        study = Study.read(sample_study())
        folder = _run(console, study, out, threads, None, False, overwrite, ())
        demonstrate(console, study.path.with_name("project.toml"), folder / "balance", threads, overwrite)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new study.")],
    standard: Annotated[str, typer.Option("--standard", help="Standard pack.")] = "open-2026",
    units: Annotated[str, typer.Option("--units", metavar="PATH", help="File of the spatial units.")] = "",
    id: Annotated[str, typer.Option("--id", metavar="FIELD", help="Field of the codes; default unit_id, else code.")] = "",
    name: Annotated[str, typer.Option("--name", metavar="FIELD", help="Field of the names; default name.")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Write a commented study.toml, the folders for its data, and a data-request workbook for the departments.

    Example: [bold]ecoval init mycounty --standard ndrc-2022 --units counties.gpkg[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.errors import warn
        from ecoval.prepare import request
        from ecoval.prepare.statistics.places import read_units
        from ecoval.study import new_study

        there = bool(units) and Path(units).exists()
        places = read_units(units, id=id or None, name=name or None, parent=None, layer=None, crs=None) if there else None
        given = {key: value for key, value in (("id", id), ("label", name)) if value}
        path = new_study(folder, standard, units or None, lang=lang, **(places.fields if places is not None else given))
        workbook = request.written(folder / request.NAME, standard, places)
        if units and not there:
            warn("request_units_absent", path=units)
        console.result = {"study": str(path), "request": str(workbook)}
        console.line(f"Written: {path}. Fill it in, then: ecoval check {path}", f"已写出：{path}。填写后运行：ecoval check {path}")
        console.line(f"Written: {workbook}, a sheet per department.", f"已写出：{workbook}，每个部门一张工作表。")


def check(
    study: StudyPath,
    strict: Strict = False,
    year: Year = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Validate a study without computing: files, CRS, kinds, measures, codes, statistics, time and memory.

    Example: [bold]ecoval check study.toml[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.study import Study

        findings = _with_request(Study.read(study).check(year=year, strict=strict, lang=console.lang), study, console.lang)
        refused = bool((findings["level"] == "error").any())
        console.result = {"ok": not refused, "findings": records(findings)}
        console.table(findings, title=str(study))
        if refused:
            raise typer.Exit(REFUSED)


def _with_request(findings, study, lang):
    """Findings of a study, and what the data-request workbook beside it still lacks."""
    import pandas as pd

    from ecoval.prepare import request_findings

    lacking = request_findings.beside(study, lang)
    return findings if lacking.empty else pd.concat([findings, lacking], ignore_index=True)


def run(
    study: StudyPath,
    out: Out = None,
    threads: Threads = None,
    maps: Annotated[str, typer.Option("--maps", metavar="services|factors", help="Also write maps/*.tif.")] = "",
    year: Year = None,
    strict: Strict = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Compute the GEP account of every unit and write the run folder.

    Example: [bold]ecoval run study.toml --out runs/2023 --year 2023[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.study import Study

        if maps not in ("", "services", "factors"):
            raise typer.BadParameter("services or factors", param_hint="--maps")
        wanted = {"": (), "services": ("services",), "factors": ("services", "factors")}[maps]
        _run(console, Study.read(study), out, threads, year, strict, overwrite, wanted)


def _run(console, study, out, threads, year, strict, overwrite, maps):
    from ecoval.study import default_folder

    folder = out or default_folder(study.name)
    with console.progress(study.name) as progress:
        account = study.run(
            folder, threads=threads, progress=progress, year=year, strict=strict, overwrite=overwrite, maps=maps, lang=console.lang
        )
    console.result = {"folders": [str(path) for path in account.folders], "gep": records(account.gep)}
    _show(console, account)
    for path in account.folders:
        report = path / "report.html"
        if report.is_file():
            console.line(f"Report: {report}", f"报告：{report}")
    return folder


def _show(console, account):
    """GEP per unit in million CNY, one table per year and unit set."""
    formats = dict.fromkeys(MONEY, "{:,.1f}") | {"valid_fraction": "{:.1%}"}
    for (year, unit_set), rows in account.gep.groupby(["year", "unit_set"], sort=False):
        shown = rows[["unit_id", "unit_name", *MONEY, "categories_missing", "valid_fraction"]].copy()
        for name in MONEY:
            shown[name] = shown[name] / MILLION
        from ecoval.terms import label

        price_year = rows["price_year"].iloc[0]
        title = console.text(
            f"GEP {year}, {unit_set}, million CNY at prices of {price_year}",
            f"{year} 年生态产品总值，{unit_set}，百万元（{price_year} 年价）",
        )
        named = {column: label(column, console.lang) for column in shown.columns}
        formats_named = {named[column]: form for column, form in formats.items()}
        console.table(shown.rename(columns=named), title=title, formats=formats_named)


def audit(
    run: RunPath,
    against: Annotated[Path | None, typer.Option("--against", metavar="RUN2", help="Compare with this run instead.")] = None,
    tolerance: Annotated[float, typer.Option("--tolerance", help="Relative difference taken as equal.")] = 1e-9,
    threads: Threads = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Run a run.json again and compare line by line: same, within tolerance, different, and why.

    Example: [bold]ecoval audit runs/2023[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.study import audit as compare

        with console.progress("audit") as progress:
            result = compare(run, against=against, tolerance=tolerance, threads=threads, progress=progress)
        console.result = {
            "verdict": result.verdict,
            "lines": records(result.lines),
            "differences": records(result.differences),
            "reasons": result.reasons,
        }
        console.table(result.lines)
        if len(result.differences):
            console.table(result.differences.head(20))
        for reason in result.reasons:
            console.line(reason, reason)
        console.line(f"Verdict: {result.verdict}", f"结论：{_verdict_zh(result.verdict)}")


def upgrade(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="study.toml, project.toml, plan.toml, run folder or ledger.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Bring up what an earlier version of ecoval wrote; each file as it was is kept beside it. 升级旧版本写出的文件。

    Example: [bold]ecoval upgrade study.toml[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.study.upgrading import upgrade as brought_up

        files = brought_up(path)
        console.result = {
            "files": [
                {"path": file.path, "kind": file.kind, "format": file.version, "changed": file.changed, "backup": file.backup}
                for file in files
            ]
        }
        for file in files:
            if file.changed:
                en = f"Brought up: {file.path}, now format {file.version}. As it was: {file.backup}."
                console.line(en, f"已升级：{file.path}，格式版本为 {file.version}。原文件：{file.backup}。")
            else:
                console.line(
                    f"Up to date: {file.path}, format {file.version}.", f"已是最新：{file.path}，格式版本为 {file.version}。"
                )


def _verdict_zh(verdict):
    return {"same": "完全一致", "within_tolerance": "在容差内一致", "different": "不一致"}[verdict]


def report(
    run: RunPath,
    formats: Annotated[str, typer.Option("--format", metavar="html,pdf,xlsx", help="Formats, parted by commas.")] = "html,xlsx",
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Write the report of a run folder.

    Example: [bold]ecoval report runs/2023 --format html --lang zh[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.study import report_of

        paths = report_of(run, tuple(formats.split(",")), console.lang)
        console.result = {"files": [str(path) for path in paths]}
        for path in paths:
            console.line(f"Written: {path}", f"已写出：{path}")
