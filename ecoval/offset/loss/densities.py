"""Method D: quantities by density per ecosystem type, where no model of the place exists.

    loss = sum over types of area x (f_type - f_after)

A row of a density table is a coefficient: it moves the present and the changed state alike. A type without a row of its own
takes that of the class above it; where that has none either the service is missing on this land, it is never 0.
"""

from dataclasses import dataclass
from typing import Annotated

import geopandas
import numpy as np
import pandas as pd

from ecoval import tables
from ecoval.classification import ecosystem_types, lineage
from ecoval.constants import M2_PER_HECTARE
from ecoval.declarations import JUDGED_LATER, YEAR_DOMAIN, Key, columns
from ecoval.errors import InputError
from ecoval.findings import note_record
from ecoval.offset.loss.evaluation import CHANGED, DIFFERENCE, PRESENT
from ecoval.offset.loss.outcome import ITEM_COLUMNS, Outcome
from ecoval.offset.rules.tables import check_columns, numbers
from ecoval.units.polygon_area import ellipsoidal_area


@dataclass(frozen=True)
class DensityRow:
    """A row of the table of densities: one service on one ecosystem type."""

    service: Annotated[str, Key("code of the service", "服务代码")]
    ecosystem_type: Annotated[
        str, Key("type; also stands for the finer ones without a row", "生态系统类型；也代表没有单独一行的下级类型")
    ]
    quantity: Annotated[float, Key("per hectare and year", "每公顷每年的数量", free=JUDGED_LATER)]
    uom: Annotated[str, Key("unit of measure per hectare, one per service", "每公顷的计量单位，每项服务须一致")]
    low: Annotated[float | None, Key("least value, where it is known", "已知的最小值", free=JUDGED_LATER)] = None
    high: Annotated[float | None, Key("greatest value, where it is known", "已知的最大值", free=JUDGED_LATER)] = None
    price: Annotated[
        float | None, Key("per unit of quantity; the first row of a service counts", "单价；取每项服务的第一行", free=JUDGED_LATER)
    ] = None
    price_uom: Annotated[str, Key("unit of measure of the price", "价格的计量单位")] = ""
    price_year: Annotated[float | None, Key("year of the money", "价格年", **YEAR_DOMAIN)] = None
    status: Annotated[str, Key("how far the price is checked", "价格的核对状态")] = "user"
    source: Annotated[str, Key("where the numbers come from", "数值来源", cosmetic="a remark")] = ""


REQUIRED = columns(DensityRow, required=True)


class Densities:
    """Quantities of land by density; the same interface as `States`.

    Parameters
    ----------
    table : table (service, ecosystem_type, quantity, low, high, uom)
        Measure per hectare and year. May have price, price_uom, price_year, status.
    land : States
        What says which types polygons hold, where they have no column `kind_now`.

    Raises
    ------
    InputError
        FIELD_MISSING, and rows that stand twice or whose measures differ.
    """

    def __init__(self, table, land=None):
        check_columns(table, DensityRow, "densities")
        self.land, self.notes = land, []
        table = table.reset_index(drop=True).copy()
        rows = [f"{row.service} {row.ecosystem_type}" for row in table.itertuples()]
        for name in ("quantity", "low", "high"):
            table[name] = numbers(table, name, "densities", rows, optional=name != "quantity")
        table["ecosystem_type"] = [kind_key(kind) for kind in table["ecosystem_type"]]
        twice = table[table.duplicated(["service", "ecosystem_type"])]
        if len(twice):
            rows = [f"{row.service} {row.ecosystem_type}" for row in twice.itertuples()]
            raise InputError("offset_density_twice", rows=rows)
        mixed = [name for name, part in table.groupby("service") if len(set(part["uom"])) > 1]
        if mixed:
            raise InputError("offset_density_measures", services=mixed)
        self.table = table
        self.services = list(dict.fromkeys(table["service"]))
        self._rows = {key: row for row, key in enumerate(zip(table["service"], table["ecosystem_type"], strict=True))}
        self._noted = set()

    @classmethod
    def read(cls, path, sheet=None, land=None):
        """Densities of a table (CSV or XLSX).

        Parameters
        ----------
        path : path
        sheet : text
        land : States

        Returns
        -------
        Densities
        """
        return cls(tables.read(path, required=REQUIRED, sheet=sheet), land)

    @property
    def crs(self):
        """CRS of the land, None without one."""
        return None if self.land is None else self.land.crs

    @property
    def items(self):
        """Services: table (service, code, item, uom, density_uom, price, price_uom, price_year, status)."""
        first = self.table.drop_duplicates("service")
        made = pd.DataFrame({"service": first["service"], "code": first["service"], "item": "", "density_uom": first["uom"]})
        made["uom"] = [uom.replace(" ha-1", "") for uom in first["uom"]]
        empty = {"price": np.nan, "price_uom": "", "price_year": np.nan, "status": "user"}
        for name, value in empty.items():
            made[name] = first.get(name, value)
        return made[list(ITEM_COLUMNS)].reset_index(drop=True)

    @property
    def without_range(self):
        """Densities that enter with their value alone: table (service, parameter, key, value, uom, source_id)."""
        rows = self.table[~self._ranged()]
        made = {"service": rows["service"], "parameter": "density", "key": rows["ecosystem_type"], "value": rows["quantity"]}
        return pd.DataFrame(made | {"uom": rows["uom"], "source_id": ""}).reset_index(drop=True)

    def _ranged(self):
        return np.isfinite(self.table["low"]) & np.isfinite(self.table["high"])

    def flows(self, pieces, kinds=None, ranges=False, threads=None, progress=None):
        """Yearly quantities of pieces, as they are or with another ecosystem type each.

        Parameters
        ----------
        pieces : table (kind_now, area or geometry)
            Area in m2; that of the geometry on the ellipsoid where there is no column.
        kinds : vector (pieces), 1
        ranges : choice {True, False}
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        table (piece, service, quantity, quantity_low, quantity_high, uom, valid_area, missing_area, out_of_scope_area)
        """
        return self.outcome(pieces, kinds, ranges, PRESENT if kinds is None else CHANGED, threads, progress).table()

    def differences(self, pieces, kinds, ranges=False, threads=None, progress=None):
        """What pieces give less per year with another ecosystem type than now; as `States.differences`."""
        return self.outcome(pieces, kinds, ranges, DIFFERENCE, threads, progress).table()

    def kinds(self, pieces, threads=None):
        """Ecosystem types of pieces: table (piece, ecosystem_type, area, missing).

        Parameters
        ----------
        pieces : table (kind_now, area or geometry)
        threads : number, 1

        Returns
        -------
        table (piece, ecosystem_type, area, missing)
            Areas in m2.
        """
        if "kind_now" not in pieces.columns:
            if self.land is None:
                raise InputError("offset_kind_now_missing", count=len(pieces))
            return self.land.kinds(pieces, threads)
        area = piece_areas(pieces)
        named = pieces["kind_now"].notna().to_numpy()
        kinds = [kind_key(kind) if known else 0 for kind, known in zip(pieces["kind_now"], named, strict=True)]
        made = {"piece": np.arange(len(pieces)), "ecosystem_type": kinds}
        return pd.DataFrame(made | {"area": np.where(named, area, 0.0), "missing": np.where(named, 0.0, area)})

    def outcome(self, pieces, kinds=None, ranges=False, mode=DIFFERENCE, threads=None, progress=None):
        """As `flows` and `differences`, with the moves of each density, for sums over groups of pieces.

        Parameters
        ----------
        pieces : table (kind_now, area or geometry)
        kinds : vector (pieces), 1
        ranges : choice {True, False}
        mode : choice {present, changed, difference}
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Outcome
        """
        del progress
        now = self.kinds(pieces, threads)
        count = len(pieces)
        after = (
            [None] * count if kinds is None else [kind_key(kind) for kind in np.broadcast_to(np.asarray(kinds, object), (count,))]
        )
        uoms = self.items["uom"].tolist()
        result = Outcome.empty(self.services, uoms, count)
        total = np.zeros(count)
        np.add.at(total, now["piece"].to_numpy(), now["area"].to_numpy())
        total += now.groupby("piece")["missing"].first().reindex(range(count), fill_value=0.0).to_numpy()
        for column, service in enumerate(self.services):
            parts = self._parts(service, now, after, total, mode)
            self._put(result, column, parts, total, ranges)
        return result

    def _parts(self, service, now, after, total, mode):
        """Rows of hectares and densities: piece, area, sign and row of the table, -1 without one."""
        rows = []
        for piece, kind, area in now[["piece", "ecosystem_type", "area"]].itertuples(index=False):
            if not area:
                continue
            first = self._row(service, kind) if mode != CHANGED else None
            then = None if mode == PRESENT else self._row(service, after[piece])
            rows.append((piece, area, first, then))
        if mode == CHANGED:
            rows = [(piece, total[piece], None, self._row(service, after[piece])) for piece in range(len(total))]
        return rows

    def _put(self, result, column, parts, total, ranges):
        quantity, valid = np.zeros(len(total)), np.zeros(len(total))
        density, ranged = self.table[["quantity", "low", "high"]].to_numpy(dtype=float), self._ranged().to_numpy()
        every = np.ones(len(total), dtype=bool)
        for piece, area, first, then in parts:
            if -1 in (first, then):
                continue
            valid[piece] += area
            signed = [(row, sign) for row, sign in ((first, 1.0), (then, -1.0 if first is not None else 1.0)) if row is not None]
            for row, sign in signed:
                quantity[piece] += sign * area / M2_PER_HECTARE * density[row, 0]
                for side in (0, 1) if ranges and ranged[row] else ():
                    held = result.moves.setdefault((result.services[column], row), np.zeros((2, len(total))))
                    held[side, piece] += sign * area / M2_PER_HECTARE * (density[row, 1 + side] - density[row, 0])
        lost = total - valid
        result.put(every, column, quantity, (valid, np.where(lost > 1e-9 * total, lost, 0.0), np.zeros(len(total))))

    def _row(self, service, kind):
        """Row of a service and type, or of the class above; -1 without one."""
        for candidate in lineage(kind) if kind in ecosystem_types() else (kind,):
            if (service, candidate) in self._rows:
                return self._rows[service, candidate]
        if (service, kind) not in self._noted:
            self._noted.add((service, kind))
            self.notes.append(note_record("offset_parameter_missing", kind=kind, services=[service]))
        return -1


def kind_key(kind):
    """Code of a type as a number where it is one, else its name."""
    text = str(kind).strip()
    return int(float(text)) if text.replace(".0", "").isdigit() else text


def piece_areas(pieces):
    """Areas of pieces: their column `area`, else those of the polygons on the ellipsoid.

    Parameters
    ----------
    pieces : table (area or geometry)

    Returns
    -------
    vector (pieces), m2
    """
    if "area" in pieces.columns:
        return pieces["area"].to_numpy(dtype=float)
    if isinstance(pieces, geopandas.GeoDataFrame):
        return ellipsoidal_area(np.asarray(pieces.geometry.values, dtype=object), pieces.crs)
    raise InputError("FIELD_MISSING", layer="pieces", features=["area"], found=list(pieces.columns), expected="area")
