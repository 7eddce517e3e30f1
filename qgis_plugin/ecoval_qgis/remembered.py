"""What ecoval keeps in a QGIS project: entries in JSON, and the version of their form."""

import json

from qgis.core import QgsProject

from .i18n import tr

SCOPE, KEY = "ecoval", "format"
VERSION = 1  # a project that says none was kept by 0.1.0


def refusal():
    """Why the entries cannot be used (they are not written over then), as a sentence; empty where they can."""
    version, _ = QgsProject.instance().readNumEntry(SCOPE, KEY, VERSION)
    if version <= VERSION:
        return ""
    text = tr(
        "A later version of the plugin wrote this QGIS project: format {found}, expected at most {expected}. "
        "Update the plugin."
    )
    return text.format(found=version, expected=VERSION)


def read(name):
    """Content of an entry; empty where there is none, or none that can be used."""
    text, _ = QgsProject.instance().readEntry(SCOPE, name, "")
    try:
        stored = json.loads(text) if text and not refusal() else {}
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


def write(name, content, project=None):
    """Keep the content in the QGIS project, by default the open one."""
    if project is None and refusal():
        return
    project = QgsProject.instance() if project is None else project
    project.writeEntry(SCOPE, KEY, VERSION)
    project.writeEntry(SCOPE, name, json.dumps(content, ensure_ascii=False))
