"""The table of the candidate parcels: ticks, costs, gains of a service; those that cannot serve with their reason."""

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QBrush, QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import catalogue, live, offsets, outputs
from ..i18n import language, tr
from . import areas
from .net import small
from .results import CODE, NumberItem, button

WHOLE = 0.9995  # a share that is shown as the whole parcel
GREY = QBrush(QColor(130, 130, 130))
WIDTHS = (58, 114, 44, 38, 52)  # parcel, type, ha, km, cost
GAIN_WIDTH = 70


class Parcels(QWidget):
    """Candidates of the compensation."""

    picked = pyqtSignal(list)  # candidate ids of the selected rows

    def __init__(self, state, actions, parent=None):
        super().__init__(parent)
        self.state = state
        self.filling = False
        self.shown = None
        self.items, self.figures, self.last = {}, {}, {}  # by candidate and option
        self.far = {}
        self.table = QTableWidget(0, len(WIDTHS))
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
        heads = [tr("Parcel"), tr("Type"), "ha", "km", tr("Cost\n10⁴ CNY")]
        services, gains = self._gains()
        heads += ["{}\n{}".format(offsets.service_label(name), offsets.words(uom)) for name, uom in services.items()]
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self._say_heads(services)
        self.items, self.figures, self.last = {}, {}, {}
        rows = sorted(self.state.parcels, key=lambda row: bool(row["excluded"]))
        self.table.setRowCount(len(rows))
        self.far = self._distances()
        for place, row in enumerate(rows):
            self._fill_row(place, row)
            found = gains.get((row["candidate_id"], row["option_id"]), {})
            for column, name in enumerate(services, len(WIDTHS)):
                value = live.math.fsum(found[name]) if name in found else None
                item = NumberItem(value, offsets.compact(value))
                item.setToolTip("" if value is None else "{} {}".format(offsets.shown(value, 6), services[name]))
                self.table.setItem(place, column, item)
        self.table.setSortingEnabled(True)
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.filling = False
        head = self.table.horizontalHeader()
        for column in range(len(heads)):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.table.setColumnWidth(column, WIDTHS[column] if column < len(WIDTHS) else GAIN_WIDTH)

    def _say_heads(self, services):
        """What the columns mean, where a name is too long for its place."""
        tips = {
            1: tr("Type now → type after the measure."),
            3: tr("Distance to the nearest footprint of the chosen alternative, edge to edge, on the ellipsoid."),
            4: tr("Cost with the fixed cost, present value."),
        }
        for column, (name, uom) in enumerate(services.items(), len(WIDTHS)):
            tips[column] = tr("Gain of {service}, {uom}, at mid values, over all areas.").format(
                service=offsets.service_label(name), uom=uom
            )
        for column, tip in tips.items():
            self.table.horizontalHeaderItem(column).setToolTip(tip)

    def _gains(self):
        """Services that are given, with their unit; and what each parcel gives of them."""
        services, gains = {}, {}
        for (service, unit), parts in self.state.live.parts.items() if self.state.live is not None else ():
            services.setdefault(service, self.state.live.rows[service, unit][0])
            for pair, credit, _low, _high in parts:
                gains.setdefault(pair, {}).setdefault(service, []).append(credit)
        return services, gains

    def _distances(self):
        """Distance of each parcel to the chosen alternative in km."""
        layer, others = self.state.layer("candidates"), self.state.layer("footprints")
        if layer is None or others is None:
            return {}
        fields = self.state.content.get("candidates", {}).get("fields", {})
        shapes = [feature.geometry() for feature in self.state.patches()]
        return areas.distances(layer, shapes, others.crs(), fields.get("candidate_id", "candidate_id"))

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
        far = self.far.get(row["candidate_id"])
        money = None if cost is None else (cost + (fixed or 0.0)) / 1e4
        cells = [
            name,
            QTableWidgetItem(reason or kinds(row)),
            NumberItem(area, "" if area is None else "{:,.2f}".format(area / 1e4)),
            NumberItem(far, "" if far is None else "{:,.1f}".format(far)),
            NumberItem(money, "" if money is None else "{:,.1f}".format(money)),
        ]
        tip = "{} · {}".format(row["name"], reason or " · ".join(filter(None, (row["option_id"], kinds(row)))))
        for column, item in enumerate(cells):
            item.setToolTip(tip)
            if reason:
                item.setForeground(GREY)
            self.table.setItem(place, column, item)

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
        self.table.setColumnWidth(0, 94 if any(share < WHOLE for share in ticked.values()) else WIDTHS[0])
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


def kinds(row):
    """Type of a parcel now and after its measure, by name."""
    words = [catalogue.type_label(row.get(name)) for name in ("kind_now", "kind_target")]
    return " → ".join(word for word in words if word)
