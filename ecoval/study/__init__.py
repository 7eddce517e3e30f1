"""Study: one accounting area and its years declared in TOML; runs the chain; keeps its provenance."""

from typing import Any

from ecoval.runs.folder import default_folder
from ecoval.study.account import Account
from ecoval.study.study import Study

_HOMES = {
    "audit": "ecoval.study.auditing",
    "conform": "ecoval.study.conformity",
    "diagnosis": "ecoval.study.doctor",
    "new_study": "ecoval.study.template",
    "report_of": "ecoval.study.outputs",
    "sample_study": "ecoval.study.sample",
    "write_conformity": "ecoval.study.conformity",
}

__all__ = [
    "Account",
    "Study",
    "audit",
    "conform",
    "default_folder",
    "diagnosis",
    "new_study",
    "report_of",
    "sample_study",
    "write_conformity",
]


def __getattr__(name: str) -> Any:
    """Load a function from the module that holds it."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'ecoval.study' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
