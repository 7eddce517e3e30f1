"""From a project to an assessment: the stages one after the other, the choice or the claim, the tables and the record."""

import pandas as pd

from ecoval import file_versions
from ecoval.errors import Cancelled
from ecoval.offset.balance.judge import Judge
from ecoval.offset.balance.quantities import requirements, without_range
from ecoval.offset.findings import row
from ecoval.offset.project import choosing
from ecoval.offset.project.assessment import Assessment, Stage
from ecoval.offset.project.numbers import numbers_of
from ecoval.offset.project.outputs import area_layers
from ecoval.runs.record import versions
from ecoval.terms import vocabulary

EMPTY = {"candidate_id": [], "option_id": [], "share": []}


def assessment(project, cautious=False, threads=None, portfolio=None, progress=None, scenarios=True):
    """Assess a project; nothing is written.

    Parameters
    ----------
    project : Project
    cautious : choice {True, False}
    threads : number, 1
    portfolio : table (candidate_id, option_id, share)
        A list to judge; None: the parcels at least cost.
    progress : callable (done, text)
    scenarios : choice {True, False}
        Whether the choice is repeated under other assumptions for the agreement map.

    Returns
    -------
    Assessment
    """
    case, made = project.case(threads, progress)
    judge = Judge(case)
    judged, selection, agreement = _judged(project, judge, made, cautious, portfolio, progress, scenarios)
    tables = tables_of(project.opened, made, judged, selection) | {"agreement": agreement}
    layers = layers_of(project.opened, made, judged)
    file, content = project.file
    record = record_of(project.opened, made, cautious, portfolio is not None)
    inputs = project.opened.reads()
    return Assessment(project.name, tables, layers, judged.verdict, content, record, inputs, file)


def _judged(project, judge, made, cautious, portfolio, progress, scenarios=True):
    """The judgement of a claim, or of what the programme chooses, with the agreement over scenarios."""
    none = pd.DataFrame()
    if portfolio is not None:
        return judge.judge(portfolio), None, none
    if progress is not None and progress(0.75, "portfolio") is False:
        raise Cancelled
    selection = project.choose(made, cautious, progress)
    chosen = pd.DataFrame(EMPTY) if selection is None else selection.portfolio
    agreement = choosing.agreement_table(project.opened, made["losses"], made["credits"]) if scenarios else none
    return judge.judge(chosen, choosing.in_language(selection) | {"cautious": bool(cautious)}), selection, agreement


def tables_of(opened, made, judged, selection):
    """Tables of the run folder.

    Parameters
    ----------
    opened : Opened
    made : table (name, table)
        What was made on the way to the case.
    judged : Judged
    selection : Selection

    Returns
    -------
    table (name, table)
    """
    losses, offers = made["losses"], made["credits"]
    found = {
        "projects": made.get("projects"),
        "statutory": made["statutory"],
        "alternatives": made["alternatives"],
        "losses": losses.losses,
        "measures": losses.measures,
        "debits": losses.debits,
        "requirements": losses.requirements,
        "candidates": offers.candidates,
        "credits": offers.credits,
        "portfolio": judged.portfolio,
        "balance": judged.balance,
        "kinds": judged.kinds,
        "value": judged.value,
        "timeline": judged.running.table(),
        "shortfalls": shortfalls_of(judged.balance) if selection is None else selection.shortfalls,
        "checks": checks_of(made),
        "rules": opened.rule.table,
        "accept": opened.accept.table,
        "no_go": pd.DataFrame({"ecosystem_type": sorted(opened.no_go.kinds)}),
        "ledger": ledger_rows(opened),
    }
    return {name: table for name, table in found.items() if table is not None}


def shortfalls_of(balance):
    """Rows of a balance that are short, where nothing was optimised; what could be had at most is not known.

    Parameters
    ----------
    balance : table (service, area_unit, required, net, ok, uom)

    Returns
    -------
    table (service, area_unit, short, relative, attainable, required, uom)
    """
    rows = balance[~balance["ok"].astype(bool) & (balance["required"] > 0)]
    made = pd.DataFrame({"service": rows["service"], "area_unit": rows["area_unit"], "short": -rows["net"]})
    made["relative"] = made["short"] / rows["required"]
    made["attainable"] = float("nan")
    return made.assign(required=rows["required"], uom=rows["uom"]).reset_index(drop=True)


def checks_of(made):
    """Findings of the validator, of the credits, and notes of the alternatives as warnings.

    Parameters
    ----------
    made : table (name, table)

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh)
    """
    rows = [row(each) for each in (*made["losses"].checks, *made["credits"].checks)]
    rows += [
        {"code": note["code"], "level": "warning", "layer": "alternatives", "features": "", "found": "", "expected": ""}
        | {lang: note[lang] for lang in ("en", "zh")}
        for note in made["notes"]
    ]
    table = made["checks"]
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns).fillna("")], ignore_index=True) if rows else table


def ledger_rows(opened):
    """Entries of the ledger that concern this project or its candidates, without geometry; None without a ledger.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    table (entry_id, transaction_id, entry, project_id, patch_id, candidate_id, ...)
    """
    if opened.ledger is None:
        return None
    entries = opened.ledger.entries()
    own = entries["project_id"] == opened.project_name
    if opened.candidates is not None:
        own |= entries["candidate_id"].isin(set(opened.candidates["candidate_id"].astype(str)))
    return pd.DataFrame(entries[own].drop(columns=entries.geometry.name)).reset_index(drop=True)


def layers_of(opened, made, judged):
    """Layers of offset.gpkg: footprints, zones, candidates with their shares, areas with their nets.

    Parameters
    ----------
    opened : Opened
    made : table (name, table)
    judged : Judged

    Returns
    -------
    table (layer, table)
    """
    found = {"footprints": opened.footprints.assign(chosen=opened.footprints["alternative_id"] == opened.chosen)}
    if made["losses"].zones is not None:
        found["zones"] = made["losses"].zones
    offers = made["credits"]
    if offers.shapes is not None:
        shares = {(r.candidate_id, r.option_id): r.share for r in judged.portfolio.itertuples()}
        pairs = zip(offers.candidates["candidate_id"].astype(str), offers.candidates["option_id"], strict=True)
        cost = offers.candidates["cost"] + offers.candidates["fixed_cost"].fillna(0.0)  # of the whole candidate
        layer = offers.shapes.assign(share=[shares.get(pair, 0.0) for pair in pairs], cost=cost.to_numpy())
        names = ["candidate_id", "option_id", "name", "kind_now", "kind_target", "area", "cost", "share", "excluded"]
        found["candidates"] = layer[[*(name for name in names if name in layer), layer.geometry.name]]
    frames = {}
    for kind in dict.fromkeys(judged.balance["area_kind"]):
        units = opened.areas.units(kind) if kind in opened.areas.kinds else None
        if units is not None:
            frames[kind] = units.frame
    return found | area_layers(frames, judged.balance)


def first_record(project, cautious, portfolio):
    """What run.json says before the assessment begins.

    Parameters
    ----------
    project : Project
    cautious : choice {True, False}
    portfolio : table (candidate_id, option_id, share)

    Returns
    -------
    table (key, value)
    """
    declared = project.declaration
    return {
        file_versions.KEY: file_versions.CURRENT["run"],
        "command": "assess" if portfolio is None else "verify",
        "name": project.name,
        "year": declared.year,
        "source": str(declared.path),
        "options": {"cautious": bool(cautious), "method": declared.method},
        "user_services": [service.code for service in project.opened.own_services],
        "versions": versions(),
    }


def record_of(opened, made, cautious, claimed):
    """What run.json says before the run folder is written.

    Parameters
    ----------
    opened : Opened
    made : table (name, table)
    cautious, claimed : choice {True, False}

    Returns
    -------
    table (key, value)
    """
    declared = opened.declared
    notes = [*getattr(opened.whole, "notes", [])]
    bare = without_range(made["losses"].debits, made["credits"].credits) if len(made["credits"].credits) else []
    lacking = getattr(opened.whole, "without_range", pd.DataFrame())
    return {
        file_versions.KEY: file_versions.CURRENT["run"],
        "status": "running",
        "kind": "offset",
        "command": "verify" if claimed else "assess",
        "name": declared.name,
        "example": declared.example,
        "year": opened.year,
        "price_year": opened.price_year,
        "t0": opened.t0,
        "source": str(declared.path),
        "options": {"cautious": bool(cautious), "method": declared.method, "chosen": opened.chosen},
        "rules_hash": opened.rules_hash,
        "ledger_head": None if opened.ledger is None else opened.ledger.head(),
        "areas": {kind: len(opened.areas.ids(kind)) for kind in opened.areas.kinds},
        "services": list(opened.services),
        "service_names": {name: vocabulary()[name] for name in opened.services if name in vocabulary()},
        "services_unjudged": unjudged(opened),
        "user_services": [service.code for service in opened.own_services],
        "numbers": numbers_of(opened, made["losses"].zones),
        "without_range": {"services": bare, "coefficients": lacking.to_dict("records")},
        "notes": notes,
        "warnings": [],
        "versions": versions(),
    }


def unjudged(opened):
    """Services of the study or of the density table that the project is not judged by.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    texts
    """
    every = dict.fromkeys(str(name) for name in opened.whole.items["service"])
    return [name for name in every if name not in set(opened.services)]


def stage_tables(project, name, threads, progress, cautious):
    """Tables and numbers of a stage, for the engine.

    Parameters
    ----------
    project : Project
    name : choice {loss, credits, portfolio}
    threads : number, 1
    progress : callable (done, text)
    cautious : choice {True, False}

    Returns
    -------
    Stage
    """
    case, made = project.case(threads, progress)
    losses, offers = made["losses"], made["credits"]
    wanted = requirements(losses.debits)
    ratios = [project.opened.ratio.service(service) for service in wanted["service"]]
    shared = {"requirements": wanted.rename(columns={"required": "debit"}).assign(ratio=ratios), "checks": checks_of(made)}
    shared["requirements"]["required"] = shared["requirements"]["debit"] * shared["requirements"]["ratio"]
    if name == "loss":
        tables = {"losses": losses.losses, "alternatives": made["alternatives"], "measures": losses.measures}
        tables |= {"debits": losses.debits, "statutory": made["statutory"]}
        return Stage(tables | shared, {"patches": len(project.opened.footprints), "rows": len(losses.debits)})
    if name == "credits":
        excluded = int((offers.candidates["excluded"] != "").sum()) if len(offers.candidates) else 0
        numbers = {"candidates": len(offers.candidates), "excluded": excluded}
        return Stage({"candidates": offers.candidates, "credits": offers.credits} | shared, numbers)
    judged, selection, agreement = _judged(project, Judge(case), made, cautious, None, progress)
    tables = tables_of(project.opened, made, judged, selection) | {"agreement": agreement}
    numbers = {"parcels": len(judged.portfolio), "cost": judged.verdict.portfolio.get("cost")}
    return Stage(tables, numbers, judged.verdict)
