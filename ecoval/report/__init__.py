"""Reports: figures and maps, the report of a run folder, the page of a comparison with a standard."""

_HOMES = {
    "render": "ecoval.report.rendering",
    "map_figure": "ecoval.report.figures",
    "set_conformity": "ecoval.report.conformity",
}

__all__ = ["map_figure", "render", "set_conformity"]


def __getattr__(name: str) -> object:
    """Load a function from the module that holds it, so that nothing waits for matplotlib that draws nothing."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'ecoval.report' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
