"""Reports: tables to files, figures and maps, and the report of a run folder."""

_HOMES = {
    "render": "ecoval.report.rendering",
    "write_table": "ecoval.report.tables",
    "write_account": "ecoval.report.geopackage",
    "map_figure": "ecoval.report.figures",
}

__all__ = ["map_figure", "render", "write_account", "write_table"]


def __getattr__(name):
    """Load a function from the module that holds it, so that a table is written without matplotlib."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'ecoval.report' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
