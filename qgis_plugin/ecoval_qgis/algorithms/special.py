"""What is done with the answer of the engine beyond giving the outputs as they are declared."""

import glob
import os

from qgis.core import NULL, QgsProcessingOutputLayerDefinition

from .. import catalogue, inputs, outputs, records, studies
from ..i18n import tr
from . import offset


def copy_wanted(value):
    """Whether somebody asks for a copy: dialogs of QGIS give an empty destination where nobody does."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    return value not in (None, "", "None", NULL)


def plain(call):
    """One request; outputs as they are declared, and the record of a run folder that a parameter names."""
    results = call.outputs(call.ask())
    if call.request.get("run") and call.algorithm.outputDefinition("RUN_JSON") is not None:
        results["RUN_JSON"] = os.path.join(call.request["run"], "run.json")
    return results


def findings(call):
    """A table of findings is told line by line."""
    results = plain(call)
    if "FINDINGS" in results:
        records.push_findings(results["FINDINGS"], call.feedback)
    return results


def gaps(call):
    """Indicators that a standard has and a run lacks are told."""
    results = plain(call)
    for row in records.table_rows(results["COVERAGE"]):
        if row["verdict"] in ("gap", "partly_covered"):
            call.feedback.pushInfo("{}: {} {}".format(row["name"], catalogue.label(row["verdict"]), row["reason"]))
    return dict(results, GAPS=results.get("GAPS", 0))


def checked(call):
    """The findings of a check as table and page."""
    path = call.request["out"] = os.path.join(call.folder, "issues.csv")
    numbers = call.ask().get("numbers") or {}
    records.push_findings(path, call.feedback)
    page = records.findings_page(path)
    results = {"OUT_FOLDER": call.folder, "ISSUES": path, "HTML": page, "SUMMARY_HTML": page}
    return dict(results, N_ERROR=numbers.get("error", 0), N_WARNING=numbers.get("warning", 0))


def account(call):
    """An account: its folder, tables and totals; its layers are loaded on completion."""
    folder, maps = call.folder, call.choice("MAPS")
    call.request["maps"] = "" if maps == "none" else maps
    if call.choice("REPORT") == "later":
        call.request["reports"] = ""
    numbers = call.ask().get("numbers") or {}
    package = os.path.join(folder, "account.gpkg")
    results = in_folder(folder)
    results.update(GEP="{}|layername={}".format(package, studies.UNIT_SET), SUPPLY=package + "|layername=supply")
    report = os.path.join(folder, "report.html")
    if os.path.isfile(report):
        results["SUMMARY_HTML"] = report
    totals = {
        "TOTAL": "gep",
        "SUBTOTAL": "subtotal",
        "TOTAL_LOW": "gep_low",
        "TOTAL_HIGH": "gep_high",
        "UNITS_COUNT": "units",
    }
    results.update({key: numbers[name] for key, name in totals.items() if numbers.get(name) is not None})
    texts = records.headline_texts(folder)
    for text in (*texts["remarks"], *texts["lacking"]):
        call.feedback.pushWarning(text)
    if "TOTAL" not in results:
        call.feedback.pushWarning(tr("No GEP but: {name}. See indicators.csv.").format(name=texts["name"]))
    for name in ("GEP", "SUPPLY"):
        if copy_wanted(call.parameters.get(name)):
            results[name] = outputs.copy(call.algorithm, call.parameters, name, results[name], call.context)
    outputs.load_on_completion(folder, call.context)
    return results


def in_folder(folder):
    """Outputs that every run folder has."""
    return {"FOLDER": folder, "OUT_FOLDER": folder, "RUN_JSON": os.path.join(folder, "run.json")}


def years(call):
    """The runs of a study file, one for each year."""
    answer = call.ask()
    folders = [str(each) for each in answer.get("folders") or [call.folder]]
    results = dict(in_folder(folders[0]), OUT_FOLDER=call.folder)
    sets = outputs.unit_sets(folders[0])
    if sets:
        results["GEP"] = "{}|layername={}".format(os.path.join(folders[0], "account.gpkg"), sets[0])
    results["SUMMARY_HTML"] = os.path.join(folders[0], "report.html")
    total = (answer.get("numbers") or {}).get("gep")
    if total is not None:
        results["TOTAL"] = total
    for each in folders:
        outputs.load_on_completion(each, call.context)
    return results


def maps(call):
    """The rasters of one service."""
    call.ask()
    rasters = sorted(glob.glob(os.path.join(call.folder, "maps", "*.tif")))
    if not rasters:
        text = tr("The service {service} has no quantity per cell here.")
        inputs.refuse(text, service=catalogue.label(call.choice("SERVICE")))
    outputs.load_rasters(rasters, call.context)
    return dict(in_folder(call.folder), QUANTITY=rasters[0], RASTERS=rasters)


WAYS = {
    "": plain,
    "account": account,
    "checked": checked,
    "findings": findings,
    "gaps": gaps,
    "maps": maps,
    "years": years,
    "loss": offset.loss,
    "credits": offset.credits,
    "assessment": offset.assessment,
    "alternatives": offset.alternatives,
}
