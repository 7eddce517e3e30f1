"""The table of the candidate parcels: ticks, costs, gains of a service; those that cannot serve with their reason."""

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QBrush, QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import live, offsets, outputs
from ..i18n import language, tr
from .account import narrow
from .net import small
from .results import CODE, NumberItem, button

WHOLE = 0.9995  # a share that is shown as the whole parcel
GREY = QBrush(QColor(130, 130, 130))


class Parcels(QWidget):
    """Candidates of the compensation."""

    picked = pyqtSignal(list)  # candidate ids of the selected rows

    def __init__(self, state, actions, parent=None):
        super().__init__(parent)
        self.state = state
        self.filling = False
        self.shown = None
        self.items, self.figures, self.last = {}, {}, {}  # by candidate and option
        self.service = narrow(QComboBox(), 8)
        self.service.setToolTip(tr("Whose gain the last column shows, at mid values."))
        self.service.currentIndexChanged.connect(lambda _place: self._fill_gain())
        self.table = QTableWidget(0, 5)
        self.table.setObjectName("offset_parcels")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setMinimumHeight(190)
        small(self.table)
        self.table.itemChanged.connect(self._ticked)
        self.table.itemSelectionChanged.connect(self._selected)
        self.count = QLabel()
        self.count.setObjectName("offset_count")
        self.count.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(QLabel(tr("Gain")))
        top.addWidget(self.service, 1)
        tools = QHBoxLayout()
        self.map_tick = button(
            tr("Tick on the map"), actions["tick_map"], tr("Click parcels on the map to tick or untick them.")
        )
        self.map_tick.setObjectName("offset_tick_map")
        self.none = button(tr("Untick all"), lambda: self.state.tick_all([]), tr("No parcel is chosen."))
        tools.addWidget(self.map_tick)
        tools.addWidget(self.none)
        tools.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(top)
        box.addWidget(self.table, 1)
        box.addWidget(self.count)
        box.addLayout(tools)

    def refresh(self):
        """Fill the table where other parcels are there, and show the ticks."""
        key = id(self.state.parcels)
        if self.shown != key:
            self.shown = key
            self._fill()
        self.show_ticks()
        locked = self.state.stale or not self.state.parcels
        self.table.setEnabled(not self.state.stale)
        for each in (self.map_tick, self.none):
            each.setEnabled(not locked)
            each.setToolTip(tr("Compute the gains first.") if locked else each.text())

    def _fill(self):
        self.filling = True
        self.table.setSortingEnabled(False)
        self.table.clear()
        heads = [tr("Parcel"), tr("Name"), "ha", tr("Cost\n10⁴ CNY"), tr("Gain")]
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.items, self.figures, self.last = {}, {}, {}
        rows = sorted(self.state.parcels, key=lambda row: bool(row["excluded"]))
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            self._fill_row(place, row)
        self._fill_services()
        self.table.setSortingEnabled(True)
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.filling = False
        self._fill_gain()
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column, width in ((0, 66), (2, 46), (3, 52), (4, 56)):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, width)

    def _fill_row(self, place, row):
        pair = (row["candidate_id"], row["option_id"])
        name = QTableWidgetItem(row["candidate_id"])
        name.setData(CODE, pair)
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        reason = row["reason_" + language()] if row["excluded"] else ""
        if not reason:
            name.setFlags(flags | Qt.ItemFlag.ItemIsUserCheckable)
            name.setCheckState(Qt.CheckState.Unchecked)
            self.items[pair] = name
        else:
            name.setFlags(flags)
        area, cost, fixed = offsets.numbers(row, "area", "cost", "fixed_cost")
        self.figures[pair] = (area or 0.0, cost or 0.0, fixed or 0.0)
        money = None if cost is None else (cost + (fixed or 0.0)) / 1e4
        cells = [
            name,
            QTableWidgetItem(reason or row["name"]),
            NumberItem(area, "" if area is None else "{:,.2f}".format(area / 1e4)),
            NumberItem(money, "" if money is None else "{:,.1f}".format(money)),
            NumberItem(None, ""),
        ]
        tip = "{} · {}".format(row["name"], reason or row["option_id"])
        for column, item in enumerate(cells):
            item.setToolTip(tip)
            if reason:
                item.setForeground(GREY)
            self.table.setItem(place, column, item)

    def _fill_services(self):
        known = self.service.currentData()
        self.service.clear()
        names = dict.fromkeys(key[0] for key in self.state.live.parts) if self.state.live is not None else {}
        for name in names:
            self.service.addItem(offsets.service_label(name), name)
        self.service.setCurrentIndex(max(self.service.findData(known), 0))

    def _fill_gain(self):
        """The last column: what a parcel gives of one service, over all areas."""
        if self.filling or self.state.live is None:
            return
        self.filling = True
        wanted, gains, uom = self.service.currentData(), {}, ""
        for (service, unit), parts in self.state.live.parts.items():
            if service == wanted:
                uom = self.state.live.rows[service, unit][0]
                for pair, credit, _low, _high in parts:
                    gains.setdefault(pair, []).append(credit)
        self.table.setSortingEnabled(False)
        for place in range(self.table.rowCount()):
            found = gains.get(self.table.item(place, 0).data(CODE))
            value = live.math.fsum(found) if found else None
            item = NumberItem(value, offsets.compact(value))
            self.table.setItem(place, 4, item)
        self.table.setHorizontalHeaderItem(4, QTableWidgetItem(tr("Gain") + ("\n" + uom if uom else "")))
        self.table.setSortingEnabled(True)
        self.filling = False

    def show_ticks(self):
        """Bring the check marks to what is ticked; only those that differ are touched."""
        self.filling = True
        ticked = self.state.ticked
        for pair in [each for each in {**self.last, **ticked} if self.last.get(each) != ticked.get(each)]:
            item = self.items.get(pair)
            if item is None:
                continue
            share = ticked.get(pair, 0.0)
            item.setCheckState(Qt.CheckState.Checked if share else Qt.CheckState.Unchecked)
            item.setText(pair[0] + (" {:.0%}".format(share) if 0.0 < share < WHOLE else ""))
        self.last = dict(ticked)
        self.table.setColumnWidth(0, 94 if any(share < WHOLE for share in ticked.values()) else 66)
        self.filling = False
        self.show_count()

    def show_count(self):
        """How many are ticked, their area and cost."""
        found = [(share, self.figures[pair]) for pair, share in self.state.ticked.items() if pair in self.figures]
        out = len(self.figures) - len(self.items)
        text = tr("{count} of {all} ticked · {area} ha · {cost}").format(
            count=len(found),
            all=len(self.items),
            area="{:,.2f}".format(live.math.fsum(share * area for share, (area, _, _) in found) / 1e4),
            cost=outputs.amount(live.math.fsum(share * cost + fixed for share, (_, cost, fixed) in found)),
        )
        if out:
            text += " · " + tr("{count} excluded, with their reason").format(count=out)
        self.count.setText(text if self.state.parcels else tr("No gains yet."))

    def _ticked(self, item):
        if self.filling or item.column() != 0:
            return
        self.state.tick(item.data(CODE), item.checkState() == Qt.CheckState.Checked)

    def _selected(self):
        if not self.filling:
            rows = {index.row() for index in self.table.selectionModel().selectedRows()}
            self.picked.emit([self.table.item(row, 0).data(CODE)[0] for row in sorted(rows)])

    def select(self, candidates):
        """Select the rows of candidates that were selected on the map."""
        self.filling = True
        self.table.clearSelection()
        mode = self.table.selectionMode()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        for place in range(self.table.rowCount()):
            if self.table.item(place, 0).data(CODE)[0] in candidates:
                self.table.selectRow(place)
                self.table.scrollToItem(self.table.item(place, 0))
        self.table.setSelectionMode(mode)
        self.filling = False
