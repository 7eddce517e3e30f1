import dataclasses

from ecoval.report import listing


def test_gaps_name_the_reason_where_there_is_one(run):
    found = {row["indicator"]: row["reason"] for row in listing.gaps(run, "zh")}
    assert found["coastal_protection"] == "未提供海堤造价"
    assert "air_purification" not in found  # excluded by name, and said so beside the total
    assert "water_retention" not in found


def test_listed_numbers_begin_with_the_recalled(run):
    assert [row["status"] for row in listing.listed_numbers(run)] == ["recalled", "transferred", "example"]


def test_unverified_lists_unknown_membership(run):
    entries = [{"indicator": "amenity", "included": "unknown", "status": "unknown"}]
    unread = dataclasses.replace(run, record=run.record | {"indicators": [*run.record["indicators"], *entries]})
    assert listing.unverified(unread) == {"unknown": ["amenity"], "recalled": []}


def test_grouped_numbers_stand_as_a_range():
    head = {
        "service": "s",
        "parameter": "curve_number",
        "uom": "1",
        "region": "US",
        "year": 1986,
        "source_id": "TR55",
        "status": "transferred",
    }
    numbers = [
        {**head, "key": "a", "value": 30.0},
        {**head, "key": "b", "value": 77.0},
        {**head, "key": "c", "value": 55.0, "status": "example"},
    ]
    found = listing.grouped_numbers(numbers)
    assert [(row["key"], row["number"], row["value"], row["last"]) for row in found] == [("a", 2, 30.0, 77.0), ("c", 1, 55.0, 55.0)]


def test_notes_on_layers_stand_apart():
    record = {"notes": [{"code": "alignment", "en": "x"}, {"code": "erosivity_prepared"}, "plain", {"zh": "并列"}]}
    assert listing.notes(record, layers=False) == ["plain", {"zh": "并列"}]
    assert len(listing.notes(record, layers=True)) == 2


def test_storage_rows_hold_both_values(run):
    (row,) = listing.storage_rows(run.record)
    assert (row["full_cost"], row["annualised"], row["chosen"]) == (9.04, 0.41, "full_cost")
    assert len(listing.notes(run.record, layers=False)) == len(run.record["notes"]) - 1


def test_factor_rows_name_the_units(run):
    (row,) = listing.factor_rows(run)
    assert (row["unit_name"], row["p95"]) == ("云溪镇", 21.5)


def test_notes_with_a_table_are_not_repeated():
    record = {"notes": [{"code": "variants_beside", "en": "x"}, "plain"], "variants": [{}]}
    assert listing.notes(record, layers=False) == ["plain"]
    assert len(listing.notes(record | {"variants": []}, layers=False)) == 2
