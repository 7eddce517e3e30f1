"""The tables of a statement as a workbook: one sheet per table, as the document shows them."""

import re


def write_book(document, path):
    """Write the tables of a document, a sheet each.

    Parameters
    ----------
    document : Document
    path : text
    """
    from openpyxl import Workbook

    from ecoval.tables.styles import BODY_FONT, BOLD_FONT, TITLE_FONT, WRAP, fit_columns, header_row

    book = Workbook()
    book.remove(book.active)
    for number, block in enumerate((block for block in document.blocks if block["kind"] == "table"), start=1):
        sheet = book.create_sheet(f"{number} {_sheet_name(block['caption'])}"[:31].strip())
        header_row(sheet, [column["label"] for column in block["columns"]], row=3)
        for row, cells in enumerate(block["rows"], start=4):
            for column, cell in enumerate(cells, start=1):
                written = sheet.cell(row=row, column=column, value=cell.get("v", cell["t"]))
                written.font, written.alignment = BOLD_FONT if cells[0].get("strong") else BODY_FONT, WRAP
                if isinstance(written.value, str):
                    written.data_type = "s"  # a name that begins with "=" is a name
        fit_columns(sheet, first=3)
        sheet["A1"], sheet["A1"].font = block["caption"], TITLE_FONT
        if block["note"]:
            sheet.cell(row=len(block["rows"]) + 5, column=1, value=block["note"])
    book.save(path)


def _sheet_name(caption):
    return re.sub(r"[\[\]:*?/\\]", " ", re.sub(r"^(Table \d+\. |表\d+　)", "", caption))
