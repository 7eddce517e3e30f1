"""Statistics of yearbooks, departments and the data-request workbook, turned into the long table of a study."""

from ecoval.prepare.statistics.product import Statistics, prepare

__all__ = ["Statistics", "prepare"]
