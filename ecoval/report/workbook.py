"""report.xlsx: the tables of the report as sheets, numbers as numbers."""

from openpyxl import Workbook
from openpyxl.styles import Alignment

from ecoval.accounts.supply import AREAS
from ecoval.classification import coded_name
from ecoval.constants import CATEGORIES
from ecoval.report import appendix, content
from ecoval.report.html import density_money, item_name
from ecoval.report.wording import area_scale, money_scale, word
from ecoval.tables import styles
from ecoval.tables.styles import AREA, MONEY, PLAIN, SHARE, WHOLE
from ecoval.tables.writing import cell_value
from ecoval.terms import measure_name, name

LONGEST = 20_000  # rows of units and services in a workbook; more stand in supply.csv


class Sheets:
    """A workbook under way, with the language and the units of money and area of its reader."""

    def __init__(self, lang, money, area):
        self.book = Workbook()
        self.book.remove(self.book.active)
        self.lang = lang
        self.money, self.money_name = money_scale(money, lang)
        self.area, self.area_name = area_scale(area, lang)
        self.density, self.density_name = density_money(lang)
        self.density_name += f"/{area_scale('km2', lang)[1]}"

    def word(self, identifier, **fields):
        """Phrase in the language of the workbook."""
        return word(identifier, self.lang, **fields)

    def of(self, label, unit):
        """Header with the unit in which its numbers are given."""
        return f"{label}（{unit}）" if self.lang == "zh" else f"{label} ({unit})"

    def add(self, title, header, rows, formats, note=""):
        """Add a sheet: a note, a frozen header, and rows of (kind, cells).

        Parameters
        ----------
        title : text
        header : vector (columns)
        rows : table (kind, cells)
        formats : vector (columns)
            Number format of each column; None for text.
        note : text
        """
        sheet = self.book.create_sheet(title[:31])
        top = 1
        if note:
            sheet.cell(1, 1, note).font = styles.NOTE_FONT
            sheet.cell(1, 1).alignment = Alignment(vertical="center")
            top = 2
        styles.header_row(sheet, header, top)
        for line, (kind, cells) in enumerate(rows, start=top + 1):
            for column, value in enumerate(cells, start=1):
                cell = sheet.cell(line, column, cell_value(value))
                cell.font = styles.BODY_FONT if kind in ("", "item") else styles.BOLD_FONT
                cell.border = styles.LINE
                if formats[column - 1] and not isinstance(cell.value, str):
                    cell.number_format = formats[column - 1]
                if kind in ("category", "total", "sum"):
                    cell.fill = styles.TOTAL_FILL
        styles.fit_columns(sheet, first=top)
        sheet.sheet_view.showGridLines = False
        sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_title_rows = f"{top}:{top}"
        return sheet

    def caption(self, run, section=None):
        """Name of the study, unit of money and price year, and the unit that a section is about."""
        record = run.record
        parts = [record.get("name", ""), self.word("money_unit", money=self.money_name, year=record.get("price_year", ""))]
        if section is not None and section["subject"]:
            parts.append(section["subject"])
        return " · ".join(str(part) for part in parts if part)


def write_workbook(run, path, lang="zh", money="亿元", area="km2"):
    """Write the workbook of a run.

    Parameters
    ----------
    run : RunFiles
    path : text
    lang : choice {zh, en}
    money : choice {元, 万元, 亿元}
    area : choice {ha, km2, 亩}
    """
    sheets = Sheets(lang, money, area)
    sections = content.unit_sets(run)
    for section in sections:
        suffix = f" {section['unit_set']}" if len(sections) > 1 else ""
        _summary(sheets, run, section, suffix)
        _services(sheets, run, section, suffix)
        _units(sheets, section, suffix)
        _types(sheets, section, suffix)
        _areas(sheets, section, suffix)
    appendix.add_sheets(sheets, run)
    sheets.book.properties.title = str(run.record.get("name", ""))
    sheets.book.properties.creator = "ecoval"
    sheets.book.save(path)


def _summary(sheets, run, section, suffix):
    w, lang = sheets.word, sheets.lang
    header = [
        w("column_code"),
        w("column_unit"),
        sheets.of(w("column_area"), sheets.area_name),
        *[sheets.of(name(category, lang), sheets.money_name) for category in CATEGORIES],
        sheets.of(w("column_gep"), sheets.money_name),
        sheets.of(w("per_area"), sheets.density_name),
        sheets.of(w("per_capita"), w("per_person")),
        "GEP/GDP",
        sheets.of(w("in_gdp"), sheets.money_name),
        w("column_valid_share"),
        w("column_missing"),
    ]
    rows = [("", _summary_cells(sheets, unit)) for unit in section["units"]]
    if section["additive"] and section["number"] > 1:
        total = {
            "unit_id": "",
            "unit_name": w("column_total"),
            "valid_fraction": None,
            "categories_missing": "",
            **section["total"],
        }
        rows.append(("sum", _summary_cells(sheets, total)))
    formats = [None, None, AREA, *[MONEY] * 4, AREA, WHOLE, SHARE, MONEY, SHARE, None]
    sheet = sheets.add(w("sheet_summary") + suffix, header, rows, formats, sheets.caption(run))
    sheet.freeze_panes = "C3"


def _summary_cells(sheets, unit):
    missing = [name(code, sheets.lang) for code in str(unit["categories_missing"] or "").split(";") if code]
    return [
        unit["unit_id"],
        unit["unit_name"],
        unit["area"] / sheets.area,
        *[unit[column] / sheets.money for column in (*CATEGORIES, "gep")],
        unit["gep_per_km2"] / sheets.density,
        unit["gep_per_capita"],
        unit["gep_gdp_ratio"],
        unit["gep_in_gdp"] / sheets.money,
        _percent(unit["valid_fraction"]),
        ("、" if sheets.lang == "zh" else ", ").join(missing),
    ]


def _services(sheets, run, section, suffix):
    w, lang = sheets.word, sheets.lang
    header = [
        w("column_category"),
        w("column_indicator"),
        w("column_quantity"),
        w("column_uom"),
        w("column_price"),
        w("column_price_uom"),
        sheets.of(w("column_value"), sheets.money_name),
        w("column_share_class"),
        w("column_share_total"),
        w("column_status"),
        w("column_option"),
    ]
    rows = []
    for row in section["services"]:
        if row["kind"] == "item":
            rows.append(("item", _service_cells(sheets, row, _percent(row["share_of_class"]), _percent(row["share_of_total"]))))
        else:
            shares = (_percent(row["share_of_class"]), _percent(row["share_of_total"]))
            label = name(row["category"], lang) if row["category"] else ""
            money = row["value"] / sheets.money
            rows.append((row["kind"], [label, w(f"group_{row['group']}"), None, "", None, "", money, *shares, "", ""]))
    for row in section["beside"]:
        cells = _service_cells(sheets, row, None, None)
        cells[-2] = f"{w('section_beside')}：{w('membership_' + row['membership'])}"
        rows.append(("item", cells))
    formats = [None, None, PLAIN, None, PLAIN, None, MONEY, SHARE, SHARE, None, None]
    sheets.add(w("sheet_services") + suffix, header, rows, formats, sheets.caption(run, section)).freeze_panes = "C3"


def _service_cells(sheets, row, *shares):
    lang = sheets.lang
    price_uom = measure_name(row["price_uom"], lang) if row["price_uom"] not in ("", "1") else ""
    status = name(row["status"], lang) if row["status"] else ""
    return [
        name(row["category"], lang),
        item_name(row, lang),
        row["quantity"],
        measure_name(row["uom"], lang),
        row["price"],
        price_uom,
        row["value"] / sheets.money,
        *shares,
        status,
        row["option"],
    ]


def _units(sheets, section, suffix):
    """Quantity and value of each item in each unit, over its ecosystem types."""
    w, lang = sheets.word, sheets.lang
    supply = section["supply"]
    groups = supply.groupby(["unit_id", "unit_name", "category", "service", "item"], sort=False)
    table = groups[["quantity", "value"]].sum(min_count=1).join(groups[AREAS].sum()).join(groups["uom"].first()).reset_index()
    alone = supply.groupby("service")["item"].nunique().eq(1)
    header = [
        w("column_code"),
        w("column_unit"),
        w("column_category"),
        w("column_indicator"),
        w("column_quantity"),
        w("column_uom"),
        sheets.of(w("column_value"), sheets.money_name),
        *[sheets.of(w(of), sheets.area_name) for of in _AREA_WORDS],
    ]
    rows = [
        (
            "",
            [
                row.unit_id,
                row.unit_name,
                name(row.category, lang),
                item_name({"service": row.service, "item": row.item, "alone": alone[row.service]}, lang),
                row.quantity,
                measure_name(row.uom, lang) if row.uom else "",
                row.value / sheets.money,
                *[size / sheets.area for size in (row.valid_area, row.missing_area, row.out_of_scope_area)],
            ],
        )
        for row in table.head(LONGEST).itertuples()
    ]
    formats = [None, None, None, None, PLAIN, None, MONEY, AREA, AREA, AREA]
    more = len(table) - len(rows)
    note = w("rows_left_out", number=more) if more > 0 else w("units_text")
    sheet = sheets.add(w("sheet_units") + suffix, header, rows, formats, note)
    sheet.freeze_panes = "C3"
    sheet.auto_filter.ref = f"A2:{sheet.dimensions.partition(':')[2]}"


_AREA_WORDS = ("column_valid", "column_absent", "column_outside")


def _types(sheets, section, suffix):
    w = sheets.word
    header = [
        w("column_type"),
        sheets.of(w("column_area"), sheets.area_name),
        w("column_share_area"),
        sheets.of(w("column_value"), sheets.money_name),
        sheets.of(w("column_value_km2"), sheets.density_name),
        w("column_share_value"),
    ]
    rows = [
        (
            "",
            [
                coded_name(row["ecosystem_type"], sheets.lang),
                row["area"] / sheets.area,
                _percent(row["share_of_area"]),
                row["value"] / sheets.money,
                row["value_per_km2"] / sheets.density,
                _percent(row["share_of_value"]),
            ],
        )
        for row in section["types"]
    ]
    sheets.add(w("sheet_types") + suffix, header, rows, [None, AREA, SHARE, MONEY, AREA, SHARE], w("types_text"))


def _areas(sheets, section, suffix):
    w = sheets.word
    header = [w("column_indicator"), *[sheets.of(w(of), sheets.area_name) for of in _AREA_WORDS], w("column_valid_share")]
    rows = [
        (
            "",
            [
                item_name(row, sheets.lang),
                *[row[of] / sheets.area for of in ("valid_area", "missing_area", "out_of_scope_area")],
                _percent(row["valid_fraction"]),
            ],
        )
        for row in section["areas"]
    ]
    sheets.add(w("sheet_areas") + suffix, header, rows, [None, AREA, AREA, AREA, SHARE], w("areas_text"))


def _percent(share):
    return share * 100 if share is not None else None
