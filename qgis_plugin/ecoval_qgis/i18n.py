"""Language of the texts: the locale that QGIS uses, the translator, and `tr`."""

import os

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

CONTEXT = "ecoval"
FOLDER = os.path.join(os.path.dirname(__file__), "i18n")
_state = {"translator": None, "language": "en"}


def locale_code():
    """Locale that QGIS shows: the user's choice, else what the application follows."""
    settings = QgsSettings()
    chosen = settings.value("locale/userLocale", "", type=str)
    overridden = settings.value("locale/overrideFlag", False, type=bool)
    if chosen and (overridden or chosen != QLocale.system().name()):
        return chosen
    return QgsApplication.locale() or chosen or QLocale.system().name()


def wanted_language():
    """`zh` or `en`: the plugin's own setting, else the locale of QGIS."""
    own = QgsSettings().value("ecoval/language", "", type=str)
    if own in ("zh", "en"):
        return own
    code = locale_code().replace("_", "-").lower()
    traditional = any(part in code for part in ("-tw", "-hk", "-mo", "hant"))
    return "zh" if code.split("-")[0] == "zh" and not traditional else "en"


def install():
    """Put the translator of the wanted language into the application, once."""
    remove()
    _state["language"] = wanted_language()
    if _state["language"] != "zh":
        return
    translator = QTranslator()
    if translator.load(QLocale("zh_CN"), "ecoval", "_", FOLDER, ".qm"):
        QCoreApplication.installTranslator(translator)
        _state["translator"] = translator


def remove():
    """Take the translator out again."""
    if _state["translator"] is not None:
        QCoreApplication.removeTranslator(_state["translator"])
        _state["translator"] = None


def language():
    """`zh` or `en`, as installed."""
    return _state["language"]


def tr(text):
    """Text in the language of the user."""
    return QCoreApplication.translate(CONTEXT, text)
