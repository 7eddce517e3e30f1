"""What a run noted, in the words of a report."""

import string

import numpy as np
import pytest

from ecoval.errors import InputError
from ecoval.findings import file_name, note_record, text_of, worded
from ecoval.words import catalogue, in_words, is_label, message, sentences


def test_text_of_translates_by_code():
    entry = {"code": "term_unknown", "fields": {"identifier": "吨/a", "nearest": "t"}, "en": "old"}
    assert "不在词表" in text_of(entry, "zh")
    assert text_of({"code": "other", "en": "plain"}, "zh") == "plain"
    assert text_of("plain", "zh") == "plain"
    # a code of the catalogue whose fields are not there falls back to the text
    assert text_of({"code": "term_unknown", "fields": {}, "en": "old"}, "en") == "old"


def test_a_resampled_layer_is_named_by_role_and_file():
    part = {"code": "alignment_refined", "fields": {"source": "/data/甲 县/rain.tif", "cell": "4 km", "method": "bilinear"}}
    note = {"code": "alignment", "role": "precipitation", "parts": [part], "en": "x"}
    assert text_of(note, "en") == 'Precipitation: "rain.tif", a grid of 4 km, is refined to the grid of the study (bilinear).'
    assert text_of(note, "zh") == "降水：“rain.tif”（像元 4 km）细化到核算格网（双线性内插）。"


def test_quantities_stand_with_their_measure():
    fields = {"quantity": 380_376_000.0, "quantity_uom": "m3", "share": 0.012345, "variant": {"en": "a", "zh": "甲"}}
    assert worded(fields, "en") == {"quantity": "380.4 million m³", "share": "0.01235", "variant": "a"}
    assert worded(fields, "zh") == {"quantity": "3.804亿立方米", "share": "0.01235", "variant": "甲"}


def test_lists_of_names_and_choices_are_words():
    fields = {"roles": ["cooling_days", "own_layer"], "method": "zhang", "routing": "fill", "path": r"C:\\data\\a.tif"}
    assert worded(fields, "en") == {"roles": "cooling days, own_layer", "method": "Zhang", "routing": "filling", "path": "a.tif"}


def test_noted_holds_numbers_and_both_texts():
    fields = {"quantity": 1e6, "quantity_uom": "m3 yr-1", "full_cost": 8.0, "full_cost_value": 8e6, "annualised": 0.5}
    note = note_record(
        "storage_prices", service="water_retention", item="retention", **fields, annualised_value=5e5, chosen="full_cost"
    )
    assert note["fields"]["quantity"] == 1e6
    assert "1 million m³/yr" in note["en"]
    assert note["en"].endswith("In the account: full cost.")
    assert "100万立方米/年" in note["zh"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_text_is_parted_where_the_catalogue_ends_a_sentence(lang):
    """Not where a stop stands in a field: limits, paths, reasons."""
    fields = {"what": "x", "where": "/a. b/c", "found": "9", "expected": "1 ... 5", "reason": "so。it. is"}
    whole, advice = sentences("implausible_accepted", fields, lang)
    assert whole == message("implausible_accepted", fields, lang)
    assert advice == ""
    whole, advice = sentences("measure_dimension", {"given": "a. b。", "expected": "1 ... 5"}, lang)
    assert "a. b。" in whole
    assert advice.startswith({"en": "Give", "zh": "请"}[lang])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_years_and_codes_stand_without_marks_at_the_thousands(lang):
    texts = {code: {name for _, name, _, _ in string.Formatter().parse(both[lang]) if name} for code, both in catalogue().items()}
    looked_at = 0
    for code, names in texts.items():
        labels = [name for name in names if is_label(name)]
        looked_at += len(labels)
        for number in (20230, 20230.0) if labels else ():
            fields = dict.fromkeys(names, "x") | dict.fromkeys(labels, number)
            for text in (text_of({"code": code, "fields": fields}, lang), message(code, fields, lang)):
                assert "20230" in text, (code, text)
                assert "20,230" not in text, (code, text)
    assert looked_at > 100
    assert all(is_label(name) for name in ("year", "years", "code", "codes", "unit_id", "price_year", "from_year"))


def test_fields_are_plain_when_they_are_kept():
    units = np.array(["339921001"])
    error = InputError("term_unknown", identifier=[units[0]], nearest=np.array([np.int64(1)]))
    assert error.fields == {"identifier": ["339921001"], "nearest": [1]}
    assert [type(value[0]) for value in error.fields.values()] == [str, int]
    kept = dict(in_words("term_unknown", identifier=np.float64(2.5), nearest=list(units)).fields)
    assert repr(kept) == "{'identifier': 2.5, 'nearest': ('339921001',)}"


def test_file_name_of_any_system():
    assert [file_name(path) for path in ("/a/b.tif", "C:\\a\\b.tif", "b.tif")] == ["b.tif"] * 3
