"""The balance on the screen: statutory balances, the engine's verdict, which sums are shown, the table."""

import math

from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QBrush, QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import catalogue, live, offsets, records
from ..engine import messages
from ..i18n import language, tr
from .results import CODE, NumberItem

GOOD, BAD, OPEN = QColor("#2e7d32"), QColor("#b3261e"), QColor("#9a6700")
SIGN = {True: "✔", False: "✘"}
COLOURS = {"balanced": "#2e7d32", "balanced_value_only": "#9a6700", "not_balanced": "#b3261e"}
TESTS = (
    "sequence_ok",
    "statutory_ok",
    "physical_ok",
    "kind_ok",
    "value_ok",
    "temporal_ok",
    "permanence_ok",
    "no_double_use",
)
REASONS = 3


class Net(QWidget):
    """Verdict and table; it shows what the state says."""

    def __init__(self, state, names, parent=None):
        super().__init__(parent)
        self.state = state
        self.names = names  # callable (service, unit) -> name of the area
        self.keys, self.last = [], {}  # rows of the table; what each shows
        self.statutory = self._label("offset_statutory")
        self.verdict = self._label("offset_verdict")
        self.robust = self._label("offset_robust")
        self.line = self._label("offset_line")
        self.tests = self._label("offset_tests")
        self.reasons = self._label("offset_reasons")
        self.table = QTableWidget(0, 5)
        self.table.setObjectName("offset_balance_table")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().setVisible(False)
        self.table.setMinimumHeight(230)
        self.table.setWordWrap(True)
        small(self.table)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        for each in (self.statutory, self.verdict, self.robust, self.line):
            box.addWidget(each)
        box.addWidget(self.table, 1)
        box.addWidget(self.tests)
        box.addWidget(self.reasons)

    def _label(self, name):
        made = QLabel()
        made.setObjectName(name)
        made.setWordWrap(True)
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return made

    def refresh(self):
        """Everything anew: another project, another stage."""
        self._show_statutory()
        self.show_sums()
        self.show_verdict()

    def _show_statutory(self):
        """Statutory balances, each by itself; they stand before the services."""
        head = "<b>{}</b> ".format(tr("Statutory balances"))
        if "statutory" not in self.state.tables and self.state.get("statutory", "path"):
            self.statutory.setText(head + tr("follow with the loss."))
            return
        if "statutory" not in self.state.tables:
            self.statutory.setText(
                "<b>{}</b>".format(tr("Statutory balances not examined: the project names no table of rules."))
            )
            return
        parts = []
        for row in records.table_rows(self.state.tables["statutory"]):
            fine = row["ok"] == "True"
            net = offsets.numbers(row, "net")[0]
            text = "<span style='color:{}'>{}</span>&nbsp;{}&nbsp;{}{}&nbsp;{}".format(
                GOOD.name() if fine else BAD.name(),
                SIGN[fine],
                " ".join(filter(None, (offsets.words(row["regime"]), offsets.words(row["kind"])))),
                "" if net is None or net < 0 else "+",
                offsets.compact(net),
                offsets.words(row["uom"]),
            )
            parts.append(text)
        self.statutory.setText(head + "; ".join(parts or [tr("none is touched.")]))

    # sums

    def show_sums(self):
        """The table out of the sums in memory."""
        rows = [row for row in self.state.sums if live.shown(row)]
        keys = [(row.service, row.unit) for row in rows]
        if keys != self.keys:
            self._lay_out(rows, keys)
        engine = self.state.engine_rows()
        for place, row in enumerate(rows):
            self._show_row(place, row, engine)
        self.table.setVisible(self.state.live is not None)
        self._show_line()

    def _lay_out(self, rows, keys):
        self.keys, self.last = keys, {}
        self.table.clear()
        heads = [tr("Service · area"), tr("Loss\nrequired"), tr("Gain"), tr("Net"), ""]
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            area = self.names(row.service, row.unit)
            name = QTableWidgetItem(
                "{}\n{} · {}".format(offsets.service_label(row.service), area, offsets.words(row.uom))
            )
            name.setData(CODE, (row.service, row.unit))
            name.setToolTip("{} · {} ({})".format(offsets.service_label(row.service), area, row.unit))
            self.table.setItem(place, 0, name)
            need = NumberItem(row.required, "{}\n{}".format(offsets.compact(row.debit), offsets.compact(row.required)))
            words = tr("Loss {debit}, required {required} {uom}")
            need.setToolTip(
                words.format(debit=offsets.shown(row.debit, 6), required=offsets.shown(row.required, 6), uom=row.uom)
            )
            self.table.setItem(place, 1, need)
            for column in (2, 3, 4):
                self.table.setItem(place, column, NumberItem(None, ""))
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 60), (2, 60), (3, 62), (4, 30)):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, width)
        QTimer.singleShot(0, self.table.resizeRowsToContents)  # after the columns have their widths

    def _show_row(self, place, row, engine):
        said = engine.get((row.service, row.unit))
        unsure = said is not None and not self.state.engine.get("robust", True) and said["ok"] != said["ok_cautious"]
        state = (row, None if said is None else bool(said["ok"]), unsure)
        if self.last.get(place) == state:
            return
        self.last[place] = state
        fine = live.met(row) if said is None else bool(said["ok"])
        sign = SIGN[fine]
        if unsure:
            sign += "?"
        colour = QBrush(GOOD if fine else BAD)
        spread = tr("mid {mid}, low {low}, high {high}").format(
            mid=offsets.shown(row.credit, 6), low=offsets.shown(row.low, 6), high=offsets.shown(row.high, 6)
        )
        for column, value, text, tip in (
            (2, row.credit, offsets.compact(row.credit), spread),
            (
                3,
                row.net,
                offsets.compact(0.0 if abs(row.net) <= live.TOLERANCE * row.required else row.net),
                tr("Net = gain − required."),
            ),
            (4, row.net / row.required if row.required else math.copysign(math.inf, row.net), sign, margin(row)),
        ):
            item = self.table.item(place, column)
            item.value = value
            if item.text() != text:
                item.setText(text)
            item.setToolTip(tip)
            if column != 2:
                item.setForeground(colour)

    def _show_line(self):
        """Which sums are on the screen: those of the dock, or those that the engine confirmed."""
        state = self.state
        if state.live is None:
            text = ""
        elif not state.parcels:
            text = tr("Losses are known; compute the gains to tick parcels.")
        elif state.stale:
            text = "<span style='color:#9a6700'>{}</span>".format(tr("Something was changed: compute the gains again."))
        elif state.trouble:
            text = "<span style='color:#b3261e'>{}</span>".format(state.trouble)
        elif state.sure:
            text = "<span style='color:#2e7d32'>{} {}</span>".format(
                tr("Live sums → confirmed by the engine ✔"), state.said_at
            )
        else:
            text = "<span style='color:#9a6700'>{}</span>".format(tr("Live sums → the engine is asked …"))
        self.line.setText(text)
        self.line.setVisible(bool(text))

    # verdict

    def show_verdict(self):
        """The engine's verdict at mid and at cautious values; nothing of it is made here."""
        state, said = self.state, self.state.engine
        self._show_line()
        engine = state.engine_rows()
        for place, row in enumerate([row for row in state.sums if live.shown(row)]):
            self._show_row(place, row, engine)
        if not said or not state.parcels:
            self.verdict.setText("")
            for each in (self.verdict, self.robust, self.tests, self.reasons):
                each.clear()
                each.setVisible(False)
            return
        unsure = not said["robust"]
        big = "<span style='font-size:13pt;color:{}'><b>{}{}</b></span>"
        text = (big + " &nbsp; {}: <span style='color:{}'>{}</span>").format(
            COLOURS.get(said["verdict"], "#9a6700"),
            offsets.words(said["verdict"]),
            " ?" if unsure else "",
            tr("cautious"),
            COLOURS.get(said["verdict_cautious"], "#9a6700"),
            offsets.words(said["verdict_cautious"]),
        )
        self.verdict.setText(text)
        self.verdict.setEnabled(state.sure)
        for each in (self.verdict, self.tests):
            each.setVisible(True)
        turns = [offsets.service_label(each) for each in said.get("turns") or []]
        sentence = tr("? With high losses and low gains the verdict turns: {services}.")
        self.robust.setText(
            sentence.format(services=", ".join(turns) or offsets.words(said["verdict_cautious"])) if unsure else ""
        )
        self.robust.setVisible(unsure)
        parts = []
        for name in TESTS:
            fine = said.get(name)
            sign = "–" if fine is None else SIGN[bool(fine)]
            colour = OPEN if fine is None else GOOD if fine else BAD
            parts.append("<span style='color:{}'>{}</span> {}".format(colour.name(), sign, offsets.words(name)))
        self.tests.setText(" &nbsp; ".join(parts))
        found = [reason_text(each, self.names) for each in said.get("reasons") or []]
        more = tr("… and {count} more reasons, in the statement.").format(count=len(found) - REASONS)
        self.reasons.setText("<br>".join(found[:REASONS] + ([more] if len(found) > REASONS else [])))
        self.reasons.setVisible(bool(found))


def reason_text(reason, names):
    """Sentence of a reason of the engine with names in the place of codes.

    Parameters
    ----------
    reason : mapping (code, fields, en, zh)
    names : callable (service, unit)
        Name of an area.

    Returns
    -------
    text
    """
    lang, given = language(), {}
    own = str(reason.get(lang) or reason.get("en") or reason.get("code"))
    for key, value in (reason.get("fields") or {}).items():
        if isinstance(value, dict):
            value = value.get(lang) or value.get("en") or ""
        if key == "service":
            value = offsets.service_label(str(value))
        elif key == "area_unit":
            value = names("", str(value))
        elif key == "kind":
            value = catalogue.type_label(value)
        elif key == "services":
            value = [offsets.service_label(str(each)) for each in (value if isinstance(value, list) else [value])]
        elif key == "uom":
            value = offsets.words(str(value))
        given[key] = offsets.shown(value, 6) if isinstance(value, float) else value
    return messages.text(reason.get("code", ""), given, lang, own)


def small(table):
    """A smaller letter for a table in a narrow dock."""
    font = table.font()
    font.setPointSizeF(max(font.pointSizeF() - 1.0, 7.0))
    table.setFont(font)
    table.horizontalHeader().setFont(font)


def margin(row):
    """How far a row is from its requirement."""
    if not row.required:
        return tr("Nothing is required here.")
    return tr("Net is {share} of what is required.").format(share="{:+.1%}".format(row.net / row.required))
