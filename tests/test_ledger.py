import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, nullcontext

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecoval.errors import InputError
from ecoval.ledger import Ledger, credits_of, debits_of
from ecoval.units.polygon_area import ellipsoidal_area

LON, LAT, STEP = 118.8, 28.9, 0.001  # parcels of about 97 m x 111 m


def square(place, size=STEP):
    left, bottom = LON + place % 1000 * STEP, LAT + place // 1000 * STEP
    return shapely.box(left, bottom, left + size, bottom + size)


def candidates(*places, **fields):
    table = {"candidate_id": [f"P{place}" for place in places], "option_id": "forest", "share": 1.0, "year": 2026, **fields}
    return geopandas.GeoDataFrame(table, geometry=[square(place) for place in places], crs=4490)


def patches(*places, **fields):
    table = {"patch_id": [f"A-{place}" for place in places], "start": 2026, **fields}
    return geopandas.GeoDataFrame(table, geometry=[square(place) for place in places], crs=4490)


def amounts(name, rows, key="candidate_id"):
    table = [(name, service, "county", unit, quantity, "m3") for service, unit, quantity in rows]
    return pd.DataFrame(table, columns=[key, "service", "area_kind", "area_unit", "quantity", "uom"])


@pytest.fixture
def ledger(tmp_path):
    return Ledger.open(tmp_path / "台账 1.gpkg")


def refused(code, action, *arguments, **more):
    with pytest.raises(InputError) as caught:
        action(*arguments, **more)
    assert caught.value.code == code, str(caught.value)
    return caught.value


def rewritten(ledger, *statements):
    """What somebody does who has the file, SQL, and bad intentions."""
    with closing(sqlite3.connect(ledger.path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    found = ledger.check()
    return set(found["code"]) - {"ledger_guard_missing"}


def test_a_gis_reads_the_entries(ledger):
    ledger.credit("A", candidates(0, 1), amounts("P1", [("water", "a", 12.5)]), transaction_id="t1")
    layers = dict(pyogrio.list_layers(ledger.path))
    assert layers == {"entries": "MultiPolygon", "entries_in_force": "MultiPolygon", "quantities": None, "transactions": None}
    frame = pyogrio.read_dataframe(ledger.path, layer="entries")
    assert frame.crs.to_epsg() == 4490
    assert frame["candidate_id"].tolist() == ["P0", "P1"]
    assert all(shape.equals(square(place)) for place, shape in enumerate(frame.geometry))
    near = pyogrio.read_dataframe(ledger.path, layer="entries", bbox=(LON + 0.0012, LAT, LON + 0.0018, LAT + 0.0005))
    assert near["entry_id"].tolist() == ["t1/2"]
    assert pyogrio.read_dataframe(ledger.path, layer="quantities")["quantity"].tolist() == [12.5]
    header = ledger.path.read_bytes()[:100]
    assert header[68:72] == b"GPKG"
    assert int.from_bytes(header[60:64], "big") == 10200
    assert header[18:20] == b"\x01\x01"  # rollback journal, no WAL


def test_entries_come_back_as_they_were_written(ledger):
    ledger.debit("A", patches(0, end=[2030]), amounts("A-0", [("water", "a", 3.0)], "patch_id"), transaction_id="d1", note="占用")
    receipt = ledger.credit("A", candidates(7, share=0.4, right_id="林权 7"), transaction_id="c1")
    found = ledger.entries()
    assert found[["entry", "project_id", "year", "in_force"]].to_numpy().tolist() == [
        ["debit", "A", 2026, True],
        ["credit", "A", 2026, True],
    ]
    assert found["end_year"].tolist()[0] == 2030
    assert found["note"].tolist()[0] == "占用"
    assert found.loc[1, ["candidate_id", "option_id", "right_id", "share"]].tolist() == ["P7", "forest", "林权 7", 0.4]
    assert found["area"].to_numpy() == pytest.approx(ellipsoidal_area(np.array([square(0), square(7)]), 4490), rel=1e-12)
    assert ledger.quantities()[["entry_id", "service", "quantity"]].to_numpy().tolist() == [["d1/1", "water", 3.0]]
    assert receipt.written
    assert receipt.head == ledger.head() == found["hash"].tolist()[-1]
    assert ledger.check(receipt.head).empty


def test_polygons_of_another_crs_are_carried_into_that_of_the_ledger(tmp_path):
    ledger = Ledger.open(tmp_path / "l.gpkg", crs=32651)
    ledger.credit("A", candidates(0), transaction_id="t")
    assert ledger.crs.to_epsg() == 32651
    assert ledger.entries()["area"].tolist() == pytest.approx(ellipsoidal_area(np.array([square(0)]), 4490).tolist(), rel=1e-6)
    refused("ledger_land_used", ledger.credit, "B", candidates(0, candidate_id=["Q"]).to_crs(4549), transaction_id="u")


def test_the_same_write_twice_is_one_and_another_content_is_refused(ledger):
    first = ledger.credit("A", candidates(0, 1), transaction_id="t1")
    again = Ledger(ledger.path).credit("A", candidates(0, 1), transaction_id="t1")
    assert (first.written, again.written) == (True, False)
    assert first.entry_ids == again.entry_ids == ("t1/1", "t1/2")
    assert len(ledger.entries()) == 2
    error = refused("ledger_transaction_differs", ledger.credit, "A", candidates(0, 2), transaction_id="t1")
    assert "another content" in str(error)
    assert "内容不同" in error.message("zh")


def test_a_transaction_is_written_whole_or_not_at_all(ledger):
    ledger.credit("A", candidates(5), transaction_id="t1")
    refused("ledger_candidate_used", ledger.credit, "B", candidates(3, 4, 5), transaction_id="t2")
    assert ledger.entries()["transaction_id"].tolist() == ["t1"]
    assert ledger.check().empty
    assert ledger.credit("B", candidates(3, 4), transaction_id="t2").written


def test_a_candidate_in_two_projects_is_refused(ledger):
    ledger.credit("A", candidates(0, share=0.3), transaction_id="t1")
    error = refused("ledger_candidate_used", ledger.credit, "B", candidates(0, share=0.3), transaction_id="t2")
    assert all(word in str(error) for word in ('"P0"', '"B"', '"t1/1"', '"A"', "2026"))


def test_one_candidate_option_and_year_is_used_once_and_shares_stay_within_the_whole(ledger):
    ledger.credit("A", candidates(0, share=0.6), transaction_id="t1")
    refused("ledger_used_twice", ledger.credit, "A", candidates(0, share=0.1), transaction_id="t2")
    ledger.credit("A", candidates(0, share=0.4, year=2027), transaction_id="t3")
    refused("ledger_share_exceeded", ledger.credit, "A", candidates(0, share=0.01, year=2028), transaction_id="t4")
    assert [ledger.used("P0", "forest", year) for year in (2025, 2026, 2027)] == pytest.approx([0, 0.6, 1.0])
    assert ledger.used("P0", "wetland") == ledger.used("P1") == 0


def test_a_right_is_used_by_one_project(ledger):
    ledger.credit("A", candidates(0, 1, right_id="R1"), transaction_id="t1")
    ledger.credit("A", candidates(2, right_id="R1"), transaction_id="t2")
    error = refused("ledger_right_used", ledger.credit, "B", candidates(9, right_id="R1"), transaction_id="t3")
    assert '"R1"' in str(error)
    ledger.credit("B", candidates(9, right_id=None), transaction_id="t4")


def test_land_is_used_once_whatever_it_is_called(ledger):
    ledger.credit("A", candidates(0), transaction_id="t1")
    ledger.credit("B", candidates(1), transaction_id="t2")  # shares a border
    half = candidates(8)
    half["geometry"] = [shapely.box(LON - STEP / 2, LAT, LON + STEP / 2, LAT + STEP)]
    error = refused("ledger_land_used", ledger.credit, "B", half, transaction_id="t3")
    planar = ellipsoidal_area(np.array([shapely.box(LON, LAT, LON + STEP / 2, LAT + STEP)]), 4490)[0]
    assert error.fields["found"] == pytest.approx(planar, rel=1e-6)
    refused("ledger_land_used", ledger.debit, "C", patches(0), transaction_id="t4")
    ledger.debit("C", patches(50), transaction_id="t5")
    refused("ledger_land_used", ledger.credit, "C", candidates(50), transaction_id="t6")
    refused("ledger_land_used", ledger.debit, "D", patches(50), transaction_id="t7")
    assert ledger.debit("C", patches(50, patch_id=["later"]), transaction_id="t8").written


def test_after_its_end_land_is_free_again(ledger):
    ledger.credit("A", candidates(0, end_year=2040), transaction_id="t1")
    refused("ledger_candidate_used", ledger.credit, "B", candidates(0, year=2039), transaction_id="t2")
    assert ledger.credit("B", candidates(0, year=2040), transaction_id="t3").written
    refused("ledger_candidate_used", ledger.credit, "C", candidates(0, year=2030, end_year=2035), transaction_id="t4")
    assert [ledger.used("P0", year=year) for year in (2039, 2040)] == [1.0, 1.0]


def test_a_reversal_is_an_entry_of_its_own_and_frees_the_land(ledger):
    rows = amounts("P0", [("water", "a", 5.0)])
    ledger.credit("A", candidates(0), rows, transaction_id="t1")
    receipt = ledger.reverse(["t1/1"], transaction_id="r1", reason="方案撤销")
    assert receipt.entry_ids == ("r1/1",)
    assert ledger.reverse(["t1/1"], transaction_id="r1", reason="方案撤销").written is False
    refused("ledger_not_reversible", ledger.reverse, ["t1/1"], transaction_id="r2", reason="again")
    refused("ledger_not_reversible", ledger.reverse, ["r1/1", "x/1"], transaction_id="r3", reason="of a reversal")
    found = ledger.entries()
    assert found["in_force"].tolist() == [False, False]
    assert found["reverses"].tolist()[1] == "t1/1"
    assert ledger.quantities()["quantity"].tolist() == [5.0, -5.0]
    assert ledger.balance().empty
    assert ledger.used("P0") == 0
    error = refused("ledger_transaction_reversed", ledger.credit, "A", candidates(0), rows, transaction_id="t1")
    assert "under a new id" in str(error)
    assert ledger.credit("B", candidates(0), transaction_id="t2").written
    assert pyogrio.read_dataframe(ledger.path, layer="entries_in_force")["entry_id"].tolist() == ["t2/1"]
    assert ledger.check().empty


def test_balance_by_project_service_and_area(ledger):
    ledger.debit("A", patches(0, 1), amounts("A-1", [("water", "a", 10.0), ("soil", "a", 2.0)], "patch_id"), transaction_id="d")
    rows = pd.concat([amounts("P5", [("water", "a", 7.0)]), amounts("P6", [("water", "a", 4.0), ("water", "b", 1.0)])])
    ledger.credit("A", candidates(5, 6), rows, transaction_id="c")
    ledger.debit("B", patches(30), amounts("-", [("water", "a", 1.0)]).drop(columns="candidate_id"), transaction_id="e")
    found = ledger.balance("A")
    assert found[["service", "area_unit", "debit", "credit", "net"]].to_numpy().tolist() == [
        ["soil", "a", 2, 0, -2],
        ["water", "a", 10, 11, 1],
        ["water", "b", 0, 1, 1],
    ]
    assert ledger.balance()["project_id"].tolist() == ["A", "A", "A", "B"]


def test_conflicts_are_told_without_writing(ledger):
    ledger.credit("A", candidates(0, right_id="R"), transaction_id="t1")
    made = [*credits_of("B", candidates(0, 3, right_id="R")), *debits_of("B", patches(0))]
    found = ledger.conflicts(made, 4490)
    assert found["code"].tolist() == ["ledger_candidate_used", "ledger_right_used", "ledger_right_used", "ledger_land_used"]
    assert found.columns.tolist() == ["code", "level", "layer", "features", "found", "expected", "en", "zh"]
    assert found["features"].tolist() == ["P0", "P0", "P3", "A-0"]
    assert found["zh"].str.contains("已被").all()
    assert len(ledger.entries()) == 1


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (candidates(0, share=0.0), "VALUE_OUT_OF_RANGE"),
        (candidates(0, share=1.1), "VALUE_OUT_OF_RANGE"),
        (candidates(0, candidate_id=[None]), "VALUE_OUT_OF_RANGE"),
        (candidates(0, end_year=2026), "VALUE_OUT_OF_RANGE"),
        (candidates(0, year=None), "VALUE_OUT_OF_RANGE"),
        (candidates(0, 1, candidate_id=["P", "P"]), "ID_DUPLICATE"),
        (candidates(0).drop(columns="candidate_id"), "FIELD_MISSING"),
        (candidates(), "ledger_nothing_to_write"),
    ],
)
def test_wrong_entries_are_refused(ledger, table, code):
    refused(code, ledger.credit, "A", table, transaction_id="t")
    assert ledger.entries().empty


def test_quantities_must_belong_to_an_entry_and_be_numbers(ledger):
    refused("VALUE_OUT_OF_RANGE", ledger.credit, "A", candidates(0), amounts("P9", [("water", "a", 1.0)]), transaction_id="t")
    refused("VALUE_OUT_OF_RANGE", ledger.credit, "A", candidates(0), amounts("P0", [("water", "a", np.nan)]), transaction_id="t")
    wrong = amounts("P0", [("water", "a", 1.0)]).drop(columns="uom")
    refused("FIELD_MISSING", ledger.credit, "A", candidates(0), wrong, transaction_id="t")


def test_a_gis_cannot_edit_entries(ledger):
    ledger.credit("A", candidates(0, 1), amounts("P0", [("water", "a", 1.0)]), transaction_id="t1")
    before = ledger.path.read_bytes()
    with closing(sqlite3.connect(ledger.path)) as connection:
        for statement in (
            "UPDATE entries SET share = 0.1 WHERE fid = 1",
            "UPDATE OR REPLACE quantities SET quantity = 0",
            "DELETE FROM entries WHERE fid = 2",
            "DELETE FROM quantities",
            "DELETE FROM transactions",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
        for statement in (
            "INSERT INTO transactions (transaction_id, entries, content, written) VALUES ('x', 1, 'y', 'z')",
            "INSERT OR REPLACE INTO entries SELECT * FROM entries",
        ):
            with pytest.raises(sqlite3.OperationalError, match="written_by_ecoval_alone"):
                connection.execute(statement)
    frame = pyogrio.read_dataframe(ledger.path, layer="entries").assign(entry_id=["x", "y"], hash=["x", "y"])
    with pytest.raises(Exception, match="written_by_ecoval_alone"):
        pyogrio.write_dataframe(frame, ledger.path, layer="entries", driver="GPKG", append=True)
    assert len(ledger.entries()) == 2
    assert ledger.check().empty
    assert ledger.path.read_bytes() == before


def test_an_untouched_ledger_has_no_finding_and_a_changed_one_has(ledger):
    for place in range(4):
        ledger.credit("A", candidates(place), amounts(f"P{place}", [("water", "a", 1.0)]), transaction_id=f"t{place}")
    assert ledger.check().empty
    assert rewritten(ledger) == set()
    assert set(ledger.check()["code"]) == {"ledger_guard_missing"}
    assert rewritten(ledger, "UPDATE entries SET share = 0.5 WHERE fid = 2") == {
        "ledger_entry_changed",
        "ledger_transaction_broken",
    }


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE quantities SET quantity = 2 WHERE fid = 1", {"ledger_entry_changed", "ledger_transaction_broken"}),
        (
            "UPDATE entries SET geom = (SELECT geom FROM entries WHERE fid = 3) WHERE fid = 1",
            {"ledger_entry_changed", "ledger_transaction_broken", "ledger_index_broken"},
        ),
        ("DELETE FROM quantities WHERE fid = 4", {"ledger_entry_changed", "ledger_transaction_broken"}),
        (
            "DELETE FROM entries WHERE fid = 2",
            {
                *("ledger_entry_removed", "ledger_end_removed", "ledger_index_broken"),
                *("ledger_transaction_broken", "ledger_quantities_stray"),
            },
        ),
        ("DELETE FROM rtree_entries_geom WHERE id = 1", {"ledger_index_broken"}),
        (
            "DELETE FROM entries WHERE fid = 4",
            {"ledger_index_broken", "ledger_end_removed", "ledger_transaction_broken", "ledger_quantities_stray"},
        ),
        ("UPDATE entries SET written = '2020' WHERE fid = 3", {"ledger_entry_changed"}),
        ("UPDATE entries SET previous = hash WHERE fid = 3", {"ledger_entry_removed", "ledger_entry_changed"}),
        ("DELETE FROM transactions WHERE fid = 3", {"ledger_transaction_broken"}),
    ],
)
def test_every_change_by_another_hand_is_found(ledger, statement, codes):
    for place in range(4):
        ledger.credit("A", candidates(place), amounts(f"P{place}", [("water", "a", 1.0)]), transaction_id=f"t{place}")
    assert rewritten(ledger, statement) == codes


def test_a_head_told_before_is_in_the_chain_of_the_same_ledger_alone(ledger, tmp_path):
    ledger.credit("A", candidates(0), transaction_id="t0")
    head = ledger.head()
    ledger.credit("A", candidates(1), transaction_id="t1")
    assert ledger.check(head).empty
    other = Ledger.open(tmp_path / "other.gpkg")
    other.credit("A", candidates(0), transaction_id="other")
    assert other.check(head)["code"].tolist() == ["ledger_head_unknown"]


def test_double_use_that_was_slipped_in_is_found(ledger):
    ledger.credit("A", candidates(0), transaction_id="t0")
    ledger.credit("B", candidates(1), transaction_id="t1")
    codes = rewritten(ledger, "UPDATE entries SET candidate_id = 'P0' WHERE fid = 2")
    assert "ledger_candidate_used" in codes


def test_files_that_are_no_ledger_are_refused(tmp_path):
    geopandas.GeoDataFrame(geometry=[square(0)], crs=4490).to_file(tmp_path / "other.gpkg")
    refused("ledger_is_another_file", Ledger.open, tmp_path / "other.gpkg")
    (tmp_path / "text.gpkg").write_text("no database at all, but long enough to be read as a header" * 20)
    refused("ledger_unusable", Ledger.open, tmp_path / "text.gpkg")
    refused("ledger_unusable", Ledger.open, tmp_path / "absent" / "l.gpkg")
    refused("ledger_unusable", Ledger, tmp_path / "absent.gpkg")
    assert not (tmp_path / "absent.gpkg").exists()
    (tmp_path / "empty.gpkg").touch()
    assert Ledger.open(tmp_path / "empty.gpkg").check().empty


def test_a_writer_that_is_kept_waiting_says_so(ledger):
    impatient = Ledger.open(ledger.path, patience=0.05)
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = refused("ledger_busy", impatient.credit, "A", candidates(0), transaction_id="t")
        assert "held by another writer" in str(error)
        other.execute("ROLLBACK")
    assert impatient.credit("A", candidates(0), transaction_id="t").written


USE = st.tuples(
    st.sampled_from("AB"), st.integers(0, 2), st.sampled_from([0.25, 0.5, 1.0]), st.integers(2026, 2029), st.integers(1, 3)
)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(USE, min_size=1, max_size=8))
def test_whatever_is_tried_no_land_is_used_twice_at_one_time(tmp_path_factory, uses):
    ledger = Ledger.open(tmp_path_factory.mktemp("uses") / "l.gpkg")
    taken = []  # an independent account: (project, place, share, first, end)
    for number, (project, place, share, year, years) in enumerate(uses):
        rivals = [other for other in taken if other[1] == place and other[3] < year + years and year < other[4]]
        free = all(other[0] == project and other[3] != year for other in rivals) and sum(other[2] for other in rivals) + share <= 1
        with nullcontext() if free else pytest.raises(InputError, match=r"is used|entered twice"):
            ledger.credit(project, candidates(place, share=share, year=year, end_year=year + years), transaction_id=f"t{number}")
        taken += [(project, place, share, year, year + years)] * free
    assert ledger.check().empty
    assert len(ledger.entries()) == len(taken)


WRITER = """
import os, sys
import geopandas, numpy as np, pandas as pd, shapely
from ecoval.ledger import Ledger

path, acks, writer, batch, total = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
ledger = Ledger.open(path)
done = open(acks).read().count("\\n") if os.path.exists(acks) else 0
log = os.open(acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
print("ready", flush=True)
for number in range(max(done - 1, 0), total // batch):  # the last one that was acknowledged is written again
    place = np.arange(number * batch, (number + 1) * batch)
    left, bottom = 118 + writer + place % 500 * 0.001, 28 + place // 500 * 0.001
    frame = geopandas.GeoDataFrame(
        {"candidate_id": [f"{writer}-{each}" for each in place], "option_id": "a", "year": 2026},
        geometry=shapely.box(left, bottom, left + 0.001, bottom + 0.001), crs=4490,
    )
    rows = pd.DataFrame({"candidate_id": frame["candidate_id"], "service": "water", "area_kind": "county", "area_unit": "a",
                         "quantity": 1.0, "uom": "m3"})
    receipt = ledger.credit(f"project {writer}", frame, rows, transaction_id=f"{writer}:{number}")
    if number >= done:
        os.write(log, f"{receipt.transaction_id}\\n".encode())
"""


class Writers:
    """Two processes that write half of the entries each; some are killed while they write, and started again."""

    def __init__(self, folder, batch, each, kills):
        self.path, self.folder, self.batch, self.each = folder / "l.gpkg", folder, batch, each
        self.chance = random.Random(20_260)
        self.left = [kills, kills]
        self.killed = 0
        self.running = [self.start(0), self.start(1)]
        self.fuse = [None, None]

    def start(self, writer):
        arguments = [self.path, self.folder / f"acks{writer}", writer, self.batch, self.each]
        process = subprocess.Popen([sys.executable, "-c", WRITER, *map(str, arguments)], stdout=subprocess.PIPE)
        os.set_blocking(process.stdout.fileno(), False)
        return process

    def watch(self, writer):
        process = self.running[writer]
        if self.fuse[writer] is None and process.stdout.read():  # it says that it begins to write
            self.fuse[writer] = time.monotonic() + self.chance.uniform(0.01, 0.4)
        if self.left[writer] and self.fuse[writer] is not None and time.monotonic() > self.fuse[writer]:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            self.left[writer] -= 1
            self.killed += 1
            self.running[writer], self.fuse[writer] = self.start(writer), None

    def finish(self):
        while any(process.poll() is None for process in self.running):
            for writer in (0, 1):
                if self.running[writer].poll() is None:
                    self.watch(writer)
            time.sleep(0.002)
        for process in self.running:
            process.stdout.close()
        return [process.returncode for process in self.running]


def test_two_writers_killed_at_random_lose_and_double_nothing(tmp_path):
    batch, each = 50, 5_000
    writers = Writers(tmp_path, batch, each, kills=3)
    assert writers.finish() == [0, 0]
    assert writers.killed >= 4
    path = writers.path
    ledger = Ledger.open(path)
    found = ledger.entries()
    acknowledged = {line for writer in (0, 1) for line in (tmp_path / f"acks{writer}").read_text().split()}
    assert len(acknowledged) == 2 * each // batch
    assert set(found["transaction_id"]) == acknowledged
    assert len(found) == found["candidate_id"].nunique() == 2 * each
    assert ledger.balance()["credit"].tolist() == [each, each]
    assert ledger.check().empty
    assert len(pyogrio.read_dataframe(path, layer="entries", read_geometry=False)) == 2 * each
