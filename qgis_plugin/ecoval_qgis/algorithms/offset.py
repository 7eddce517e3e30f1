"""What is done with the stages of an offset balance: tables as pages and copies, the outputs of an assessment."""

import os

from qgis.core import QgsFields, QgsGeometry, QgsVectorLayer

from .. import catalogue, inputs, offsets, projects, records
from ..compat import double_field, text_field
from ..i18n import language, tr

TEXTS = (
    *(
        "alternative_id",
        "patch_id",
        "service",
        "area_kind",
        "area_unit",
        "uom",
        "pv_uom",
        "annual_uom",
        "name",
        "candidate_id",
    ),
    *(
        "option_id",
        "right_id",
        "conflict_group",
        "excluded",
        "reason_en",
        "reason_zh",
        "regime",
        "kind",
        "clause",
        "status",
        "ok",
    ),
    *(
        "ok_cautious",
        "dominated_by",
        "less_loss_at_similar_cost",
        "chosen",
        "pareto",
        "ramp_shape",
        "run",
        "reason",
        "services",
    ),
    *("unit_id", "unit_name", "row", "absent_kinds", "proven", "impact_type"),
)
ALTERNATIVES = (
    *("alternative_id", "chosen", "area", "cost", "value_pv", "index", "dominated_by", "pareto", "no_go_area"),
    "red_line_area",
)
LOSSES = ("alternative_id", "service", "area_unit", "annual", "uom", "pv", "pv_uom")


def fields_of(rows, names=None):
    """Fields of rows of a table: texts by name, all others numbers."""
    made = QgsFields()
    for name in names or (rows[0] if rows else ()):
        made.append(text_field(name) if name in TEXTS else double_field(name))
    return made


def copied(call, name, rows, fields, *shapes):
    """Rows in a sink; nothing where nobody asked for one."""
    return offsets.rows_to_sink(call.algorithm, call.parameters, name, call.context, rows, fields, *shapes)


def table_sink(call, name, path):
    """Copy a table of the engine into a sink; its path where nobody asked for one."""
    if not path or not os.path.isfile(path):
        return ""
    rows = records.table_rows(path)
    return copied(call, name, rows, fields_of(rows)) or path


def findings(call, answer):
    """Tell the errors and warnings of the table of checks."""
    path = (answer.get("outputs") or {}).get("checks")
    for row in records.table_rows(path) if path and os.path.isfile(path) else []:
        if row.get("level") in ("error", "warning"):
            call.feedback.pushWarning(row.get(language()) or row.get("en") or row["code"])


def stage(call, name):
    """One stage of the engine, which writes its tables and run.json into the folder."""
    answer = call.ask(**dict(call.request, stage=name))
    findings(call, answer)
    return answer


def in_folder(call):
    """Outputs that every step has."""
    record = os.path.join(call.folder, "run.json")
    made = {"FOLDER": call.folder, "OUT_FOLDER": call.folder, "RUN_JSON": record}
    return dict(made, PROJECT_FILE=call.request["project"])


def page(call, name, title, table, columns):
    """A table as a page beside it."""
    return offsets.rows_page(os.path.join(call.folder, name), title, table, columns)


def loss(call):
    """What a project takes from each service and area."""
    found = stage(call, "loss")["outputs"]
    columns = ("alternative_id", "service", "area_unit", "annual", "uom", "pv", "pv_low", "pv_high", "pv_uom")
    summary = page(call, "losses.html", tr("Loss of a project"), found["losses"], columns)
    made = dict(in_folder(call), SUMMARY_HTML=summary, ALTERNATIVES=found["alternatives"])
    made["LOSS"] = table_sink(call, "LOSS", found["losses"])
    if call.parameters.get("AFFECTED"):
        made["AFFECTED"] = _affected(call, found["debits"])
    return made


def _affected(call, debits):
    """Areas in which the chosen alternative takes something."""
    content = call.ask(stage="declaration", project=call.request["project"])["project"]
    areas = dict(content["project"].get("area_units", {}), **content.get("area_units", {}))
    lost = {}
    for row in records.table_rows(debits):
        if float(row["debit"] or 0.0) > 0.0:
            lost.setdefault((row["area_kind"], row["area_unit"]), []).append(offsets.service_label(row["service"]))
    rows, shapes, crs = [], [], None
    for kind, entry in areas.items():
        if not isinstance(entry, dict) or "path" not in entry:
            continue
        uri = entry["path"] + ("|layername=" + entry["layer"] if entry.get("layer") else "")
        layer = QgsVectorLayer(uri, kind, "ogr")
        crs = crs or layer.crs()
        for feature in layer.getFeatures() if layer.isValid() and layer.crs() == crs else []:
            code = str(feature[entry.get("id", "unit_id")])
            if (kind, code) in lost:
                name = str(feature[entry["name"]]) if entry.get("name") else code
                row = {"area_kind": kind, "unit_id": code, "name": name, "services": "; ".join(lost[kind, code])}
                rows.append(row)
                shapes.append(QgsGeometry(feature.geometry()))
    if not rows:
        call.feedback.pushWarning(
            tr("No area of a layer is affected, or the areas are unit sets of the study: AFFECTED is not written.")
        )
        return ""
    for shape in shapes:
        shape.convertToMultiType()
    return copied(call, "AFFECTED", rows, fields_of(rows), shapes, shapes[0].wkbType(), crs)


def credits(call):
    """What each candidate parcel gives to each service and area, and why some are left out."""
    stage(call, "loss")  # kept by the engine: the credits need it anyway
    found = stage(call, "credits")["outputs"]
    out = [row for row in records.table_rows(found["candidates"]) if row["excluded"]]
    for row in out:
        call.feedback.pushInfo("{} {}: {}".format(row["candidate_id"], row["name"], row["reason_" + language()]))
    names = ("candidate_id", "option_id", "name", "area", "excluded", "reason_en", "reason_zh")
    columns = ("candidate_id", "service", "area_unit", "gain", "credit", "credit_low", "credit_high", "uom", "weight")
    summary = page(call, "credits.html", tr("Credits of candidate parcels"), found["credits"], columns)
    made = dict(in_folder(call), SUMMARY_HTML=summary, CANDIDATES_TABLE=found["candidates"])
    made["CREDITS"] = table_sink(call, "CREDITS", found["credits"])
    target = copied(call, "EXCLUDED", out, fields_of(out, names))
    if target:
        made["EXCLUDED"] = target
    return made


def assessment(call):
    """A whole assessment: the run folder with its statement, and the verdict."""
    call.request["overwrite"] = True
    answer = stage(call, "assess")
    folder, algorithm = call.folder, call.algorithm
    statement = offsets.statement(folder, language())
    made = dict(
        in_folder(call),
        VERDICT=answer["verdict"],
        VERDICT_CAUTIOUS=answer["verdict_cautious"],
        ROBUST=bool(answer["robust"]),
        HTML=statement,
        SUMMARY_HTML=statement,
        PDF=offsets.statement(folder, language(), "pdf"),
        BALANCE_TABLE=os.path.join(folder, "balance.csv"),
    )
    for reason in answer.get("reasons") or []:
        call.feedback.pushInfo(str(reason.get(language()) or reason.get("en") or reason.get("code")))
    for name, table in (("BALANCE", "balance"), ("GAP", "shortfalls"), ("STATUTORY", "statutory")):
        if algorithm.parameterDefinition(name) is not None:
            target = table_sink(call, name, os.path.join(folder, table + ".csv"))
            if target:
                made[name] = target
    if "ticked" not in call.request:
        made["CHOSEN"] = _chosen(call)
    offsets.load_on_completion(folder, call.context)
    return made


def _chosen(call):
    """The chosen parcels with their geometry."""
    layer = offsets.package_layer(call.folder, "candidates", "candidates")
    names = [field.name() for field in layer.fields() if field.name() != "fid"]
    rows, shapes = [], []
    for feature in layer.getFeatures():
        if feature["share"] not in (None, "") and float(feature["share"] or 0.0) > 0.0:
            rows.append({name: feature[name] for name in names})
            shapes.append(feature.geometry())
    target = copied(call, "CHOSEN", rows, fields_of(rows, names), shapes, layer.wkbType(), layer.crs())
    return target or os.path.join(call.folder, "portfolio.csv")


def alternatives(call):
    """The alternatives of a project side by side: of earlier runs, or of a loss that is computed."""
    made = {"FOLDER": call.folder, "OUT_FOLDER": call.folder}
    paths = [path for path in call.parameterAsFileList("RUNS") if path]
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    if not folders:
        call.request["project"] = projects.of_call(call)
        stage(call, "loss")
        made = in_folder(call)
        folders = [call.folder]
    rows, losses = [], []
    for each in folders:
        path = os.path.join(each, "alternatives.csv")
        if not os.path.isfile(path):
            inputs.refuse(tr("{path} is no loss run: it holds no alternatives.csv."), path=each)
        name = os.path.basename(os.path.abspath(each))
        rows += [dict({"run": name}, **row) for row in records.table_rows(path)]
        losses += [dict({"run": name}, **row) for row in records.table_rows(os.path.join(each, "losses.csv"))]
    tables = [
        _table(tr("Alternatives"), rows, ALTERNATIVES, len(folders) > 1),
        _table(tr("Losses"), losses, LOSSES, len(folders) > 1),
    ]
    path = os.path.join(call.folder, "alternatives.html")
    made["HTML"] = made["SUMMARY_HTML"] = offsets.page(path, tr("Compare alternatives"), tables)
    target = copied(call, "TABLE", rows, fields_of(rows))
    made["TABLE"] = target or os.path.join(folders[0], "alternatives.csv")
    made["ALTERNATIVES"] = os.path.join(folders[0], "alternatives.csv")
    return made


def _table(head, rows, columns, several):
    """Head, labels and cells of a table of the page."""
    columns = ("run", *columns) if several else columns

    def cell(row, name):
        return offsets.service_label(row[name]) if name == "service" else offsets.shown(row.get(name))

    return head, [catalogue.label(name) for name in columns], [[cell(row, name) for name in columns] for row in rows]
