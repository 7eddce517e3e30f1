"""Two languages: the catalogue is complete, and the locale of QGIS chooses."""

import sys
from pathlib import Path

import pytest
from qgis.core import QgsSettings

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "qgis_plugin"))


@pytest.fixture
def i18n(qgis_app):
    from ecoval_qgis import i18n as module

    yield module
    for key in ("locale/userLocale", "locale/overrideFlag", "ecoval/language"):
        QgsSettings().remove(key)
    module.remove()


@pytest.mark.parametrize(
    ("code", "language"),
    [("zh_CN", "zh"), ("zh-Hans", "zh"), ("zh", "zh"), ("zh-Hans-CN", "zh"), ("zh_TW", "en"), ("en_US", "en"), ("de", "en")],
)
def test_locale_chooses(i18n, code, language):
    QgsSettings().setValue("locale/overrideFlag", True)
    QgsSettings().setValue("locale/userLocale", code)
    i18n.install()
    assert i18n.language() == language
    assert i18n.tr("Spatial units") == ("核算单元" if language == "zh" else "Spatial units")


def test_own_setting_goes_first(i18n):
    QgsSettings().setValue("ecoval/language", "zh")
    i18n.install()
    assert i18n.language() == "zh"


def test_every_text_is_translated_and_nothing_is_stale(i18n):
    import build

    known, used = build.translations(), build.sources()
    assert [text for text in used if not known.get(text)] == []
    assert [text for text in known if text not in used] == []


def test_translations_keep_the_fields(i18n):
    import re

    import build

    for text, translated in build.translations().items():
        assert set(re.findall(r"{\w*}", text)) == set(re.findall(r"{\w*}", translated)), text


def test_compiled_file_holds_every_text(i18n):
    import build

    QgsSettings().setValue("ecoval/language", "zh")
    i18n.install()
    for text, translated in build.translations().items():
        assert i18n.tr(text) == translated
