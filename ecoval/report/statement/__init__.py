"""The statement of an offset balance: what a bureau files, as HTML and PDF, in Chinese and English, from a run folder alone."""

_HOMES = {
    "statement_html": "ecoval.report.statement.writing",
    "statement_pdf": "ecoval.report.statement.writing",
    "write": "ecoval.report.statement.writing",
}

__all__ = ["statement_html", "statement_pdf", "write"]


def __getattr__(name: str) -> object:
    """Load a function from the module that holds it, so that a table is read without a typesetter."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'ecoval.report.statement' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
