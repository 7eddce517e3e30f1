"""The tab of the project balance without a desktop, with the real engine on the sample: sums, verdict, what is remembered."""

import json
import math
import time
from pathlib import Path

import pytest
from qgis.core import QgsGeometry, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication

STEPS = {"seconds": 240}


def wait(condition, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        QApplication.processEvents()
        assert time.monotonic() < until
        time.sleep(0.002)


def iface_of(qgis_iface):
    """The interface of pytest-qgis, with the little that the tab asks for."""
    return qgis_iface


@pytest.fixture(scope="module")
def opened(processing, sample, qgis_app):
    assert QgsProject.instance().read(str(sample / "ecoval_sample.qgz"))
    return sample


@pytest.fixture(scope="module")
def tab(opened, qgis_canvas_module):
    from ecoval_qgis.gui.balance import Balance
    from ecoval_qgis.gui.controller import Controller

    control = Controller()
    control.load()
    made = Balance(qgis_canvas_module, control)
    made.load()
    made.test_control, made.test_ended, made.test_good = control, [], []

    def ended(algorithm, good, results):
        made.test_ended.append(algorithm)
        made.test_good.append(good)
        if good:
            made.ended(algorithm, results)

    control.ended.connect(ended)
    yield made
    made.close_down()


@pytest.fixture(scope="module")
def qgis_canvas_module(qgis_app):
    from qgis.gui import QgsMapCanvas

    class Iface:
        canvas = QgsMapCanvas()

        def mapCanvas(self):
            return self.canvas

    return Iface()


def run(tab, algorithm):
    before = len(tab.test_ended)
    assert not tab.state.reason(algorithm), tab.state.reason(algorithm)
    tab.run(algorithm)
    wait(lambda: len(tab.test_ended) > before and not tab.test_control.busy, STEPS["seconds"])
    assert not tab.test_control.failure, tab.test_control.failure


@pytest.fixture(scope="module")
def gains(tab):
    from ecoval_qgis.gui import balance_state as bs

    run(tab, bs.CREDITS)
    wait(lambda: tab.state.sure)
    return tab


def agreement(state):
    """Largest relative difference between the live sums and the engine's, over all rows that the engine names."""
    rows = state.engine_rows()
    assert rows
    worst = 0.0
    for row in state.sums:
        said = rows.get((row.service, row.unit))
        if said is None:  # the engine leaves out rows in which nothing is lost and nothing given
            assert row.credit == 0.0 and row.required == 0.0
            continue
        for mine, others in ((row.credit, "credit"), (row.net, "net"), (row.low, "credit_low")):
            worst = max(worst, abs(mine - said[others]) / max(abs(said[others]), abs(row.required), 1.0))
    return worst


def test_the_sample_is_ready(tab):
    state = tab.state
    assert state.alternatives() == ["A", "B"] and state.get("record", "chosen") == "B"
    assert "ha" in tab.footprints.area.text()
    assert tab.footprints.overlap.text()
    assert tab.buttons["ecoval:offset_portfolio"][0].isEnabled() is False
    assert tab.reason.text()


def test_area_is_that_of_the_engine(gains):
    from ecoval_qgis.gui.footprints import distance_area

    layer = gains.state.layer("footprints")
    ruler = distance_area(layer.crs())
    total = math.fsum(ruler.measureArea(feature.geometry()) for feature in gains.state.patches())
    assert (
        total > 1e5 and abs(total / 1e4 - float(gains.footprints.area.text().split(" ha")[0].split(">")[1].replace(",", ""))) < 0.01
    )


def test_live_sums_are_the_engines(gains):
    state = gains.state
    pairs = [(row["candidate_id"], row["option_id"]) for row in state.parcels if not row["excluded"]]
    for chosen in (pairs[:1], pairs[1::2], pairs, []):
        state.tick_all(chosen)
        assert not state.sure
        wait(lambda: state.sure)
        assert agreement(state) < 1e-9


def test_a_tick_in_the_table_moves_the_numbers(gains):
    state, table = gains.state, gains.parcels.table
    state.tick_all([])
    before = [row.net for row in state.sums]
    place = next(p for p in range(table.rowCount()) if table.item(p, 0).flags() & Qt.ItemFlag.ItemIsUserCheckable)
    table.item(place, 0).setCheckState(Qt.CheckState.Checked)
    assert [row.net for row in state.sums] != before and len(state.ticked) == 1
    assert "1 " in gains.parcels.count.text()


def test_excluded_parcels_are_listed_with_their_reason_and_cannot_be_ticked(gains):
    table = gains.parcels.table
    out = [row for row in gains.state.parcels if row["excluded"]]
    assert out
    texts = {table.item(p, 0).data(Qt.ItemDataRole.UserRole)[0]: p for p in range(table.rowCount())}
    for row in out:
        place = texts[row["candidate_id"]]
        assert not table.item(place, 0).flags() & Qt.ItemFlag.ItemIsUserCheckable
        assert table.item(place, 1).text() in (row["reason_en"], row["reason_zh"]) and table.item(place, 1).text()


def test_question_mark_exactly_where_the_verdict_is_not_robust(gains):
    from ecoval_qgis.gui import balance_state as bs

    run(gains, bs.PORTFOLIO)
    wait(lambda: gains.state.sure)
    for chosen in (dict(gains.state.ticked), {}):
        gains.state.ticked = chosen
        gains.state.tick_changed()
        wait(lambda: gains.state.sure)
        said = gains.state.engine
        asked = "?" in gains.net.verdict.text()
        assert asked is (not said["robust"]) is (said["verdict"] != said["verdict_cautious"])
        signs = "".join(gains.net.table.item(p, 4).text() for p in range(gains.net.table.rowCount()))
        assert ("?" in signs) is False or asked
        assert bool(gains.net.robust.text()) is asked
    assert said["verdict"] != "balanced"


def test_a_cancelled_suggestion_changes_nothing(gains):
    from ecoval_qgis.gui import balance_state as bs

    gains.state.tick_all([(row["candidate_id"], row["option_id"]) for row in gains.state.parcels if not row["excluded"]][:2])
    wait(lambda: gains.state.sure)
    ticked, layers = dict(gains.state.ticked), set(QgsProject.instance().mapLayers())
    before = len(gains.test_ended)
    gains.run(bs.PORTFOLIO)
    wait(lambda: bool(gains.test_control.busy))
    wait(lambda: not gains.buttons[bs.PORTFOLIO][0].isEnabled() and not gains.stop.isHidden())
    gains.stop.click()
    wait(lambda: len(gains.test_ended) > before and not gains.test_control.busy)
    assert gains.test_good[-1] is False and not gains.test_control.failure
    assert gains.state.ticked == ticked and set(QgsProject.instance().mapLayers()) == layers
    assert gains.buttons[bs.PORTFOLIO][0].isEnabled() and gains.bar.isHidden()
    folder = Path(gains.state.folder) / "suggestion"
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record.get("attempts", [record])[-1]["status"] == "cancelled"
    assert not [each for each in folder.iterdir() if each.name.startswith(".")]  # nothing half written


def test_a_failed_suggestion_says_why_and_changes_nothing(gains):
    from ecoval_qgis.gui import balance_state as bs

    file = Path(gains.state.file())
    text, ticked, before = file.read_text(encoding="utf-8"), dict(gains.state.ticked), len(gains.test_ended)
    file.write_text(text.replace("[record]", "[recrod]"), encoding="utf-8")
    gains.run(bs.PORTFOLIO)
    wait(lambda: len(gains.test_ended) > before and not gains.test_control.busy)
    assert gains.test_good[-1] is False and "recrod" in gains.test_control.failure
    assert gains.state.ticked == ticked and gains.buttons[bs.PORTFOLIO][0].isEnabled()
    file.write_text(text, encoding="utf-8")
    gains.state.tick_changed()
    wait(lambda: gains.state.sure)


def test_reasons_name_services_areas_and_types(gains):
    gains.state.tick_all([])
    wait(lambda: gains.state.sure)
    from ecoval_qgis.gui.net import reason_text

    texts = [reason_text(each, gains.rules.area_name) for each in gains.state.engine["reasons"]]
    assert any(each["code"] == "offset_kind_short" for each in gains.state.engine["reasons"])
    units = {row.unit for row in gains.state.sums if row.unit != "everywhere"}
    assert texts and units
    for text in texts:
        assert "_" not in text and not any(" {} ".format(unit) in text for unit in units), text
    table = gains.net.table
    assert all("_" not in table.item(place, 0).text() for place in range(table.rowCount()))
    names = {gains.rules.area_name("", unit) for unit in units}
    assert not names & units


def test_the_statement_is_the_engines(gains, monkeypatch):
    from ecoval_qgis.gui import balance
    from ecoval_qgis.gui import balance_state as bs

    seen = []
    monkeypatch.setattr(balance.QDesktopServices, "openUrl", lambda url: seen.append(url.toLocalFile()))
    run(gains, bs.PORTFOLIO)
    wait(lambda: gains.state.sure)
    ticked = dict(gains.state.ticked)
    run(gains, bs.BALANCE)
    folder = Path(gains.state.exported["FOLDER"])
    said = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert said["verdict"] == gains.state.exported["VERDICT"] == gains.state.engine["verdict"] == "balanced"
    assert seen and Path(seen[-1]).is_file() and "statement" in seen[-1]
    links = gains.exported.text()
    assert all(word in links for word in ("中文 HTML", "中文 PDF", "English HTML", "English PDF"))
    assert gains.state.ticked == ticked
    names = [layer.name() for layer in QgsProject.instance().mapLayers().values() if layer.customProperty("ecoval/run", "")]
    assert len(names) >= 4, names


def test_statutory_balances_stand_first(gains):
    text = gains.net.statutory.text()
    assert "✔" in text or "✘" in text
    box = gains.net.layout()
    assert box.indexOf(gains.net.statutory) < box.indexOf(gains.net.table)
    kept = gains.state.tables.pop("statutory")
    gains.net.refresh()
    assert "✔" not in gains.net.statutory.text()
    gains.state.tables["statutory"] = kept
    gains.net.refresh()


def test_rows_and_map_are_linked_both_ways(gains):
    layer, table = gains.state.layer("candidates"), gains.parcels.table
    table.selectRow(2)
    code = table.item(2, 0).data(Qt.ItemDataRole.UserRole)[0]
    assert {str(f["candidate_id"]) for f in layer.selectedFeatures()} == {code}
    other = next(f for f in layer.getFeatures() if str(f["candidate_id"]) != code)
    layer.selectByIds([other.id()])
    rows = {index.row() for index in table.selectionModel().selectedRows()}
    assert {table.item(row, 0).data(Qt.ItemDataRole.UserRole)[0] for row in rows} == {str(other["candidate_id"])}
    gains.state.tick_all([])
    gains._map_ticked([code], True)
    assert {pair[0] for pair in gains.state.ticked} == (
        {code} if code not in {r["candidate_id"] for r in gains.state.parcels if r["excluded"]} else set()
    )
    gains.paint_candidates()
    assert layer.renderer().type() == "categorizedSymbol"


def test_changing_a_rule_asks_for_the_gains_again(gains):
    state = gains.state
    gains.rules.ratio.setValue(1.5)
    assert state.stale and not state.sure and not gains.parcels.table.isEnabled()
    assert gains.buttons["ecoval:offset_balance"][0].toolTip() == state.reason("ecoval:offset_balance") != ""
    gains.rules.ratio.setValue(1.0)
    from ecoval_qgis.gui import balance_state as bs

    run(gains, bs.CREDITS)
    wait(lambda: state.sure)


def test_everything_is_remembered_in_the_project(gains, tmp_path):
    state = gains.state
    pairs = [(row["candidate_id"], row["option_id"]) for row in state.parcels if not row["excluded"]][:3]
    state.tick_all(pairs)
    wait(lambda: state.sure)
    seen = [(row.service, row.unit, row.net) for row in state.sums]
    state.load()
    assert set(state.ticked) == set(pairs)
    assert [(row.service, row.unit, row.net) for row in state.sums] == seen
    wait(lambda: state.sure)


def test_drawing_makes_an_alternative_in_a_file(gains):
    state = gains.state
    shape = QgsGeometry(state.patches()[0].geometry())
    gains.footprints.duplicate()
    assert state.alternatives() == ["A", "B", "C"] and state.get("record", "chosen") == "C"
    layer = state.layer("footprints")
    assert layer.providerType() == "ogr" and Path(layer.source().split("|")[0]).is_file()
    before = len(state.patches())
    gains.footprints.add(shape)
    assert len(state.patches()) == before + 1 and state.stale
    gains.footprints.choose("B")


def test_lines_are_no_footprint(gains, tmp_path):
    path = tmp_path / "line.geojson"
    path.write_text('{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}')
    assert gains.footprints.open_file(str(path)) is False
    assert str(path) in gains.footprints.area.text()
