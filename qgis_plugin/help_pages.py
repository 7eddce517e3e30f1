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
EXAMPLES = {  # of the plugin's own algorithms
    "map_atlas": "qgis_process run ecoval:map_atlas --RUN=run --COLUMN=gep_per_km2 --PAGE=units",
    "sample_project": "qgis_process run ecoval:sample_project --FOLDER=sample",
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
    from ecoval_qgis import declared, i18n
    from ecoval_qgis.algorithms import algorithms

    i18n.install()
    words, made, index = WORDS[lang], {}, []
    examples = dict(EXAMPLES, **{entry["name"]: entry["example"] for entry in declared.algorithms()})
    for algorithm in algorithms():
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
        body += "<h2>{}</h2><pre>{}</pre>".format(words["example"], escape(examples[algorithm.name()]))
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
