"""Live sums: by hand, against fsum, and fast enough with 2,000 parcels."""

import math
import random
import time

import pytest
from bounds import within


@pytest.fixture(scope="module")
def many():
    """2,000 parcels, ten services, twenty areas; each parcel gives to two areas of every service."""
    draw = random.Random(7)
    services = ["service{}".format(n) for n in range(10)]
    needs, gives, parcels = [], [], []
    for service in services:
        for area in range(20):
            needs.append({"service": service, "area_unit": str(area), "debit": "900", "required": "1000", "uom": "m3"})
    for number in range(2000):
        name = "P{:04d}".format(number)
        parcels.append(
            {"candidate_id": name, "option_id": "o", "name": name, "area": "10000", "cost": "50000", "fixed_cost": "0"}
            | {"excluded": "", "reason_en": "", "reason_zh": ""}
        )
        for service in services:
            for area in draw.sample(range(20), 2):
                credit = draw.uniform(-2, 10)
                row = {"candidate_id": name, "option_id": "o", "service": service, "area_unit": str(area), "uom": "m3"}
                gives.append(row | {"credit": repr(credit), "credit_low": repr(0.8 * credit), "credit_high": repr(1.2 * credit)})
    return needs, gives, parcels


def test_sums_by_hand(processing):
    from ecoval_qgis import live

    needs = [{"service": "water", "area_unit": "W1", "debit": "80", "required": "100", "uom": "m3"}]
    gives = [
        {
            "candidate_id": "P1",
            "option_id": "",
            "service": "water",
            "area_unit": "W1",
            "credit": "70",
            "credit_low": "60",
            "credit_high": "80",
        },
        {
            "candidate_id": "P2",
            "option_id": "",
            "service": "water",
            "area_unit": "W1",
            "credit": "40",
            "credit_low": "30",
            "credit_high": "50",
        },
        {
            "candidate_id": "P2",
            "option_id": "",
            "service": "carbon",
            "area_unit": "",
            "credit": "-3",
            "credit_low": "-4",
            "credit_high": "-2",
        },
    ]
    sums = live.Live(needs, gives).sums({("P1", ""): 1.0, ("P2", ""): 0.5})
    assert [(row.service, row.credit, row.low, row.high, row.net) for row in sums] == [
        ("water", 90.0, 75.0, 105.0, -10.0),
        ("carbon", -1.5, -2.0, -1.0, -1.5),
    ]
    assert not live.met(sums[0]) and live.shown(sums[1]) and not live.met(sums[1])
    assert live.Live(needs, gives, {("P2", "")}).sums({("P1", ""): 1.0, ("P2", ""): 1.0})[0].credit == 70.0


def test_sums_do_not_hang_on_the_order_of_the_ticks(processing, many):
    from ecoval_qgis import live

    needs, gives, parcels = many
    pairs = [(row["candidate_id"], "o") for row in parcels]
    one = live.Live(needs, gives).sums(dict.fromkeys(pairs, 1.0))
    other = live.Live(needs, gives[::-1]).sums(dict.fromkeys(pairs[::-1], 1.0))
    assert one == other
    wanted = math.fsum(float(row["credit"]) for row in gives if row["service"] == "service3" and row["area_unit"] == "7")
    assert next(row.credit for row in one if (row.service, row.unit) == ("service3", "7")) == wanted


@pytest.mark.timed
def test_tick_to_number_within_200_ms_with_2000_parcels(processing, many, qgis_app, monkeypatch):
    from qgis.gui import QgsMapCanvas
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QApplication

    from ecoval_qgis import live
    from ecoval_qgis.gui.balance import Balance
    from ecoval_qgis.gui.controller import Controller

    class Iface:
        canvas = QgsMapCanvas()

        def mapCanvas(self):
            return self.canvas

    needs, gives, parcels = many
    tab = Balance(Iface(), Controller())
    monkeypatch.setattr(tab.state, "ask_engine", lambda: None)
    tab.state.timer.timeout.disconnect()
    tab.resize(400, 900)
    tab.show()
    tab.state.take(live.Live(needs, gives), parcels)
    tab.refresh()
    tab.state.tick_all([(row["candidate_id"], "o") for row in parcels[::2]])
    QApplication.processEvents()
    table, took = tab.parcels.table, []
    for place in (1, 501, 1001, 1501, 1999):
        item = table.item(place, 0)
        before = [row.net for row in tab.state.sums]
        begin = time.perf_counter()
        item.setCheckState(Qt.CheckState.Unchecked if item.checkState() == Qt.CheckState.Checked else Qt.CheckState.Checked)
        QApplication.processEvents()  # until it is painted
        took.append(time.perf_counter() - begin)
        assert [row.net for row in tab.state.sums] != before
    tab.close_down()
    tab.close()
    within(sorted(took)[len(took) // 2], 0.2, "from tick to number")
