"""Help pages of the algorithms in both languages, out of their parameters, and of the tabs: run with QGIS's Python.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_plugin/help_pages.py

A test compares the pages with what the parameters say.
"""

import sys
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEAD = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font-family:sans-serif;max-width:48em;margin:1.5em auto;padding:0 1em;line-height:1.5;color:#1d2b22}}
table{{border-collapse:collapse}}td,th{{border-bottom:1px solid #cfd8cf;padding:4px 8px;text-align:left;vertical-align:top}}
code,pre{{background:#f1f5ef}}pre{{padding:8px;white-space:pre-wrap}}</style></head><body>
"""
WORDS = {
    "en": {
        "parameters": "Parameters",
        "outputs": "Outputs",
        "example": "Example",
        "advanced": "advanced",
        "index": "Ecoval: help",
    },
    "zh": {"parameters": "参数", "outputs": "输出", "example": "示例", "advanced": "高级", "index": "Ecoval 帮助"},
}
EXAMPLES = {
    "gep_units": "qgis_process run ecoval:gep_units --UNITS=towns.gpkg --UNIT_ID=unit_id --UNIT_NAME=name "
    "--LANDCOVER=landcover_2023.tif "
    "--CLASSES=landcover_classes.csv --YEAR=2023 --PRECIPITATION=precipitation_2023.tif "
    "--EVAPOTRANSPIRATION=evapotranspiration_2023.tif "
    "--PRICES=prices.csv --PARAMETERS=parameters.csv --SERVICES=water_retention --OUT_FOLDER=run",
    "check_inputs": "qgis_process run ecoval:check_inputs --UNITS=towns.gpkg --UNIT_ID=unit_id --LANDCOVER=landcover_2023.tif "
    "--CLASSES=landcover_classes.csv --YEAR=2023 --OUT_FOLDER=check",
    "zonal": "qgis_process run ecoval:zonal --UNITS=towns.gpkg --UNIT_ID=unit_id --RASTERS=dem.tif "
    "--STATS=mean --STATS=max --TABLE=heights.gpkg",
    "make_units": 'qgis_process run ecoval:make_units --UNITS="counties.shp|option:ENCODING=GBK" --UNIT_ID=XZQDM --UNIT_NAME=XZQMC '
    "--UNITS_OUT=counties.gpkg",
    "report": "qgis_process run ecoval:report --RUN=run --FORMAT=html --LANG=zh",
    "conform": "qgis_process run ecoval:conform --RUN=run --STANDARD=ndrc-2022",
    "map_atlas": "qgis_process run ecoval:map_atlas --RUN=run --COLUMN=gep_per_km2 --PAGE=units",
    "sample_project": "qgis_process run ecoval:sample_project --FOLDER=sample",
    "run_study": "qgis_process run ecoval:run_study --STUDY=run/run.json --OUT_FOLDER=again",
    "service_map": "qgis_process run ecoval:service_map --SERVICE=water_retention --UNITS=towns.gpkg --UNIT_ID=unit_id "
    "--LANDCOVER=landcover_2023.tif --CLASSES=landcover_classes.csv --YEAR=2023 --PRECIPITATION=precipitation_2023.tif "
    "--EVAPOTRANSPIRATION=evapotranspiration_2023.tif --PARAMETERS=parameters.csv --OUT_FOLDER=map",
    "prepare_landcover": "qgis_process run ecoval:prepare_landcover --LANDCOVER=survey.gpkg "
    "--SCHEME=sandiao --CRS=EPSG:4549 --CELL=10 "
    "--LANDCOVER_OUT=landcover.tif",
    "prepare_climate": "qgis_process run ecoval:prepare_climate --RASTERS=rain_daily_2023.tif --ITEM=erosivity --YEAR=2023 "
    "--CLIMATE_OUT=erosivity.tif",
    "project_loss": "qgis_process run ecoval:project_loss --PROJECT=project.toml --OUT_FOLDER=loss",
    "offset_credits": "qgis_process run ecoval:offset_credits --PROJECT=project.toml --OUT_FOLDER=credits",
    "offset_portfolio": "qgis_process run ecoval:offset_portfolio --PROJECT=project.toml --OBJECTIVE=cost --OUT_FOLDER=offset",
    "offset_balance": "qgis_process run ecoval:offset_balance --PROJECT=project.toml --CHOSEN=parcels.csv --OUT_FOLDER=statement",
    "compare_alternatives": "qgis_process run ecoval:compare_alternatives --PROJECT=project.toml --OUT_FOLDER=alternatives",
    "prepare_statistics": "qgis_process run ecoval:prepare_statistics --TABLES=yearbook.xlsx --UNITS=towns.gpkg --UNIT_ID=unit_id "
    "--UNIT_NAME=name --YEAR=2023 --STATISTICS_OUT=statistics.csv",
}


def pages(lang):
    """File name -> page of one language.

    Parameters
    ----------
    lang : choice {en, zh}

    Returns
    -------
    mapping
    """
    from qgis.core import QgsProcessingParameterDefinition, QgsSettings

    sys.path.insert(0, str(HERE))
    QgsSettings().setValue("ecoval/language", lang)
    from ecoval_qgis import i18n
    from ecoval_qgis.algorithms import ALGORITHMS

    i18n.install()
    words, made, index = WORDS[lang], {}, []
    for kind in ALGORITHMS:
        algorithm = kind()
        algorithm.initAlgorithm()
        title = algorithm.displayName()
        rows = []
        for each in algorithm.parameterDefinitions():
            if each.flags() & QgsProcessingParameterDefinition.Flag.FlagHidden:
                continue
            advanced = each.flags() & QgsProcessingParameterDefinition.Flag.FlagAdvanced
            name = escape(each.description()) + (" ({})".format(words["advanced"]) if advanced else "")
            rows.append(f"<tr><td>{name}</td><td><code>{each.name()}</code></td><td>{escape(each.help())}</td></tr>")
        outputs = [
            f"<tr><td>{escape(o.description())}</td><td><code>{o.name()}</code></td></tr>"
            for o in algorithm.outputDefinitions()
        ]
        body = f"<h1>{escape(title)}</h1><p><code>ecoval:{algorithm.name()}</code></p><p>{escape(algorithm.shortHelpString())}</p>"
        body += "<h2>{}</h2><pre>{}</pre>".format(words["example"], escape(EXAMPLES[algorithm.name()]))
        body += "<h2>{}</h2><table>{}</table><h2>{}</h2><table>{}</table>".format(
            words["parameters"], "".join(rows), words["outputs"], "".join(outputs)
        )
        made[algorithm.name() + ".html"] = HEAD.format(lang=lang, title=escape(title)) + body + "</body></html>\n"
        index.append(f'<li><a href="{algorithm.name()}.html">{escape(title)}</a></li>')
    for name, title in (
        ("account", i18n.tr("GEP account")),
        ("balance", i18n.tr("Project balance")),
        ("runs", i18n.tr("Runs")),
    ):
        text = (HERE / "help" / f"{name}_{lang}.html").read_text(encoding="utf-8")
        made[name + ".html"] = HEAD.format(lang=lang, title=title) + text + "</body></html>\n"
        index.insert(0, f'<li><a href="{name}.html">{escape(title)}</a></li>')
    made["index.html"] = HEAD.format(lang=lang, title=words["index"]) + "<h1>{}</h1><ul>{}</ul></body></html>\n".format(
        words["index"], "".join(index)
    )
    return made


def main():
    """Write all pages."""
    from qgis.core import QgsApplication, QgsSettings

    application = QgsApplication([], False)
    application.initQgis()
    for lang in WORDS:
        folder = HERE / "ecoval_qgis" / "help" / lang
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages(lang).items():
            (folder / name).write_text(text, encoding="utf-8")
    QgsSettings().remove("ecoval/language")


if __name__ == "__main__":
    main()
