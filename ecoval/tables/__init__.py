"""Tables as files: users' CSV and XLSX read cell by cell; results written as CSV, Parquet, GeoPackage and XLSX."""

from ecoval.tables.reading import cell, numbers, read, read_sheets, sheets
from ecoval.tables.writing import write_table

__all__ = ["cell", "numbers", "read", "read_sheets", "sheets", "write_table"]
