"""The data-request workbook 数据需求表.xlsx: what the indicators of a standard need, one sheet per department.

A sheet has a row per unit and item, and a row for the whole area (`*`) per layer, price or list. Rows that only indicators need
whose membership in the standard nobody has checked stand in a block of their own at the end. `prepare.statistics` reads it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

from ecoval.declarations import spellings
from ecoval.errors import InputError
from ecoval.files import RUN, written_beside
from ecoval.prepare.request_scope import left_out
from ecoval.prepare.statistics import items, reading
from ecoval.prepare.statistics.places import Places, UnitsSource, read_units
from ecoval.registry import data_rows
from ecoval.terms import label
from ecoval.terms import name as term

NAME = "数据需求表.xlsx"
WIDTHS = {
    "unit_id": 13,
    "unit_name": 15,
    "label": 34,
    "need": 8,
    "quantity": 14,
    "uom": 12,
    "price": 11,
    "price_uom": 12,
    "price_year": 9,
    "year": 8,
    "source": 22,
    "note": 20,
    "available": 9,
    "hint": 46,
    "used_for": 22,
    "item": 30,
}
LIST_WIDTHS = {
    "reservoirs": {"unit_id": 13, "unit_name": 15, "object": 22, "total_capacity": 14, "flood_capacity": 14, "uom": 12},
    "lakes": {"unit_id": 13, "unit_name": 15, "object": 22, "area": 18, "capacity": 14, "uom": 12},
}
FILLED_IN = ("quantity", "uom", "price", "price_uom", "price_year", "year", "source", "note", "available")
NEEDS = {items.REQUIRED: "必填", items.OPTIONAL: "选填", items.UNCHECKED: "未核对"}
SPARE_ROWS = 200  # at the end of a sheet, for products that the list does not hold
LISTED_ROWS = 200
VOLUMES = ("万立方米", "亿立方米", "立方米")


def write(
    path: str | Path,
    standard: str = "open-2026",
    units: UnitsSource | None = None,
    *,
    id: str | None = None,
    name: str | None = None,
    layer: str | None = None,
    options: Mapping[str, Mapping[str, str]] | None = None,
    landcover: str | Path | None = None,
    classes: str | None = None,
    all: bool = False,
) -> Path:
    """Workbook that asks the departments for what the indicators of a standard need.

    Parameters
    ----------
    path : path
        .xlsx; never replaced, since it may be filled in.
    standard : text
        A standard pack.
    units : path, GeoDataFrame or SpatialUnits
        Polygons, or a table of codes and names; None leaves their places empty.
    id, name, layer : text
        Fields and layer of the units.
    options : mapping (text, mapping)
        Options of services over those of the pack: they decide what is needed.
    landcover, classes : path, text
        Raster of land cover with its table of classes, or the name of a crosswalk: what its types cannot give in the units is not
        asked for. Without it nothing is asked for what coast and sea alone can give.
    all : choice {True, False}
        Ask for all indicators of the standard, wherever the units lie and whatever this version computes.

    Raises
    ------
    InputError
        A file that is there already, units that cannot be read.
    """
    path = Path(path)
    if path.exists():
        raise InputError("request_exists", path=str(path))
    places = None if units is None else read_units(units, id=id, name=name, parent=None, layer=layer, crs=None)
    shapes = None if places is None else places.geometry
    return written(path, standard, places, options, {} if all else left_out(standard, shapes, landcover, classes))


def written(
    path: Path,
    standard: str,
    places: Places | None,
    options: Mapping[str, Mapping[str, str]] | None = None,
    without: Mapping[str, str] | None = None,
) -> Path:
    """Workbook for units that have been read; see `write`. `without`: indicators that are not asked for, with the reason."""
    from openpyxl import Workbook

    from ecoval.tables.writing import save_book

    wanted = items.asked(standard, options, without or {})
    units = [("", "")] if places is None else list(places.names.items())
    workbook = Workbook()
    _guide(workbook.active, standard, wanted, without or {})
    for department, names in items.departments().items():
        some = [(entry, need) for entry, need in wanted if entry.department == department]
        if some:
            _sheet(workbook.create_sheet(names["zh"]), some, units)
    for entry, _ in wanted:
        if entry.form == "list":
            widths = _headings(reading.LIST_ROWS[entry.item], LIST_WIDTHS[entry.item])
            _list_sheet(workbook.create_sheet(reading.LISTS[entry.item]), widths)
    with written_beside(path, RUN) as part:
        save_book(workbook, part)
    return path


def _headings(row: type, widths: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names of columns for those who fill them in, the first beside the own, and their widths."""
    return [(spellings(row)[column][1], width) for column, width in widths.items()]


def _guide(sheet: Any, standard: str, wanted: Sequence[tuple[items.Asked, str]], without: Mapping[str, str]) -> None:
    """First sheet: how to fill in the workbook, in both languages, and what is asked of whom."""
    from openpyxl.styles import Alignment, Font

    sheet.title = reading.GUIDE
    guide = [*data_rows("request_guide.csv"), *_not_asked(without)]
    for number, line in enumerate(guide, start=1):
        for column, text in ((1, line["zh"]), (4, line["en"])):
            sheet.cell(number, column, text.format(standard=standard, name=NAME)).alignment = Alignment(
                wrap_text=True, vertical="top"
            )
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=3)
        sheet.merge_cells(start_row=number, end_row=number, start_column=4, end_column=5)
        sheet.row_dimensions[number].height = 34
    sheet["A1"].font = sheet["D1"].font = Font(bold=True, size=13)
    head = len(guide) + 2
    for place, text in enumerate(("部门 department", "数据项", "要求", "data item", "指标代码 item"), start=1):
        cell = sheet.cell(head, place, text)
        cell.font, cell.fill = Font(bold=True), _fill("D9E2EC")
    for number, (entry, need) in enumerate(sorted(wanted, key=_order), start=head + 1):
        owner = items.departments()[entry.department]
        for place, text in enumerate((f"{owner['zh']} {owner['en']}", entry.zh, NEEDS[need], entry.en, entry.item), start=1):
            sheet.cell(number, place, text).alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("ABCDE", (30, 44, 10, 60, 34), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.protection.sheet = True


def _not_asked(without: Mapping[str, str]) -> list[dict[str, str]]:
    """A line of the guide for each reason for which indicators are not asked for."""
    lines = []
    for reason in dict.fromkeys(without.values()):
        codes = [code for code, each in without.items() if each == reason]
        zh, en = (join.join(term(code, lang) for code in codes) for join, lang in (("、", "zh"), (", ", "en")))
        why = {lang: term(f"reason {reason}", lang) for lang in ("zh", "en")}
        lines.append({"zh": f"未列入：{zh}（{why['zh']}）", "en": f"Not asked for: {en} ({why['en']})"})
    return lines


def _order(asked: tuple[items.Asked, str]) -> tuple[int, int]:
    """Departments in their order, within them the unchecked last."""
    return list(items.departments()).index(asked[0].department), list(NEEDS).index(asked[1]) if asked[1] == items.UNCHECKED else 0


@cache
def _fill(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour)


def _headed(sheet: Any, columns: Sequence[tuple[str, int]], frozen: str) -> None:
    """Names, widths, frozen panes and protection of a sheet."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for place, (text, width) in enumerate(columns, start=1):
        cell = sheet.cell(1, place, text)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _fill("2F5D50")
        cell.alignment = Alignment(horizontal="center", vertical="center")
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = frozen
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    sheet.protection.sheet = True
    for action in ("formatCells", "formatColumns", "formatRows", "sort", "autoFilter"):
        setattr(sheet.protection, action, False)  # False: not forbidden


def _sheet(sheet: Any, wanted: Sequence[tuple[items.Asked, str]], units: Sequence[tuple[str, str]]) -> None:
    """Rows of one department."""
    _headed(sheet, _headings(reading.OfficeRow, WIDTHS), "D2")
    validations = _Validations(sheet)
    styles: dict[tuple[Any, ...], Any] = {}
    blocks = [[pair for pair in wanted if (pair[1] == items.UNCHECKED) == unchecked] for unchecked in (False, True)]
    number = 2
    for block, pairs in enumerate(blocks):
        if block and pairs:
            sheet.cell(number, 3, f"{reading.SEPARATOR} 以下指标是否属于该标准尚未核对原文，可不填").font = _grey()
            number += 1
        for entry, need in pairs:
            rows = units if entry.form in items.PER_UNIT else [("*", "全域")]
            first = number
            for unit in rows:
                _row(sheet, number, unit, (entry, need), styles)
                number += 1
            validations.of_item(entry, first, number - 1)
    _spare(sheet, number, validations)
    sheet.auto_filter.ref = f"A1:P{number - 1}"


def _grey() -> Any:
    from openpyxl.styles import Font

    return Font(italic=True, color="808080")


def _row(
    sheet: Any, number: int, unit: tuple[str, str], asked: tuple[items.Asked, str], styles: dict[tuple[Any, ...], Any]
) -> None:
    """One row: a unit and an item; `styles` remembers the looks of cells."""
    from openpyxl.styles import Alignment, Protection

    (code, name), (entry, need) = unit, asked
    by_price = entry.form == "product"
    measured = entry.form in (*items.PER_UNIT, "price")
    values = {
        "unit_id": code,
        "unit_name": name,
        "label": entry.zh,
        "need": NEEDS[need],
        "uom": entry.uoms[0] if measured else None,
        "price_uom": entry.price_uoms[0] if by_price else None,
        "hint": entry.note or None,
        "used_for": "、".join(label(each) if each != items.EVERYWHERE else "全部" for each in entry.indicators),
        "item": entry.item,
    }
    open_cells = {"source", "note", "year"}
    open_cells |= {"quantity", "uom"} if measured else {"available"}
    open_cells |= {"price", "price_uom", "price_year"} if by_price else ({"price_year"} if entry.form == "price" else set())
    if not code:
        open_cells |= {"unit_id", "unit_name"}
    for place, column in enumerate(WIDTHS, start=1):
        cell = sheet.cell(number, place, values.get(column) or None)
        colour = "FFF9DB" if column in open_cells else ("EEEEEE" if column in FILLED_IN else "")
        look = (colour, column in open_cells, column == "unit_id", column == "hint")
        if look not in styles:
            if colour:
                cell.fill = _fill(colour)
            cell.protection = Protection(locked=not look[1])
            cell.number_format = "@" if look[2] else "General"
            cell.alignment = Alignment(wrap_text=look[3], vertical="top")
            styles[look] = cell._style
        cell._style = copy(styles[look])  # openpyxl compares every style that is set by its parts: slow on many cells


def _spare(sheet: Any, number: int, validations: _Validations) -> None:
    """Open rows at the end."""
    from openpyxl.styles import Protection

    open_cell = Protection(locked=False)
    open_columns = {"unit_id", "unit_name", "label", *FILLED_IN} - {"available"}
    for row in range(number, number + SPARE_ROWS):
        for place, column in enumerate(WIDTHS, start=1):
            if column in open_columns:
                sheet.cell(row, place).protection = open_cell
    validations.years(number, number + SPARE_ROWS - 1)


class _Validations:
    """Lists and bounds of cells, one rule for all rows that share it."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.rules: dict[tuple[Any, ...], Any] = {}
        self.letters = {name: "ABCDEFGHIJKLMNOP"[place] for place, name in enumerate(WIDTHS)}

    def _add(self, key: tuple[Any, ...], cells: str, error: str, **rule: Any) -> None:
        from openpyxl.worksheet.datavalidation import DataValidation

        if key not in self.rules:
            made = DataValidation(allow_blank=True, showErrorMessage=True, errorTitle="请检查", error=error, **rule)
            self.sheet.add_data_validation(made)
            self.rules[key] = made
        self.rules[key].add(cells)

    def chosen(self, column: str, choices: Sequence[str], first: int, last: int) -> None:
        """A list of choices."""
        letter = self.letters.get(column, column)
        text = f"请从列表中选择：{'、'.join(choices)}"
        self._add((column, tuple(choices)), f"{letter}{first}:{letter}{last}", text, type="list", formula1=f'"{",".join(choices)}"')

    def years(self, first: int, last: int) -> None:
        """Whole years."""
        for column in ("price_year", "year"):
            rule = {"type": "whole", "operator": "between", "formula1": "1990", "formula2": "2100"}
            self._add((column,), f"{self.letters[column]}{first}:{self.letters[column]}{last}", "请填写四位年份", **rule)

    def of_item(self, entry: items.Asked, first: int, last: int) -> None:
        """Rules of the rows of one item."""
        self.years(first, last)
        if entry.form not in (*items.PER_UNIT, "price"):
            self.chosen("available", ("是", "否"), first, last)
            return
        self.chosen("uom", entry.uoms, first, last)
        letter = self.letters["quantity"]
        low = {"operator": "between", "formula1": "-1000000000000000", "formula2": "1000000000000000"}
        low = low if entry.low is None else {"operator": "greaterThanOrEqual", "formula1": f"{entry.low:g}"}
        text = "请只填数字" if entry.low is None else f"请只填数字，不小于 {entry.low:g}；单位写在计量单位列"
        self._add(("quantity", entry.low), f"{letter}{first}:{letter}{last}", text, type="decimal", **low)
        if entry.price_uoms:
            self.chosen("price_uom", entry.price_uoms, first, last)


def _list_sheet(sheet: Any, columns: Sequence[tuple[str, int]]) -> None:
    """Empty rows for objects, one each."""
    from openpyxl.styles import Protection
    from openpyxl.worksheet.datavalidation import DataValidation

    _headed(sheet, columns, "A2")
    open_cell = Protection(locked=False)
    for row in range(2, LISTED_ROWS + 2):
        for place in range(1, len(columns) + 1):
            sheet.cell(row, place).protection = open_cell
    last = "ABCDEFGH"[len(columns) - 1]
    rule = DataValidation(type="list", formula1=f'"{",".join(VOLUMES)}"', allow_blank=True, showErrorMessage=True)
    rule.add(f"{last}2:{last}{LISTED_ROWS + 1}")
    sheet.add_data_validation(rule)
