"""Offset balance (生态占补平衡): what a project or plan loses, what makes up for it, and whether it balances.

Names are loaded when they are first used.
"""

from importlib import import_module

_HOMES = {
    "Project": "ecoval.offset.project.project",
    "Plan": "ecoval.offset.project.plan",
    "Assessment": "ecoval.offset.project.assessment",
    "present_value": "ecoval.offset.equivalency.time",
    "ramp": "ecoval.offset.equivalency.time",
    "loss_table": "ecoval.offset.loss.patches",
    "marginal_loss": "ecoval.offset.loss.marginal",
    "compare_alternatives": "ecoval.offset.alternatives",
    "apply_measures": "ecoval.offset.measures",
    "credit_table": "ecoval.offset.credit",
    "select_portfolio": "ecoval.offset.choose",
    "verify_portfolio": "ecoval.offset.choose",
    "statutory_balance": "ecoval.offset.rules.statutory",
    "uk_units": "ecoval.offset.uk.metric",
}

__all__ = [
    "Project",
    "Plan",
    "Assessment",
    "present_value",
    "ramp",
    "loss_table",
    "marginal_loss",
    "compare_alternatives",
    "apply_measures",
    "credit_table",
    "select_portfolio",
    "verify_portfolio",
    "statutory_balance",
    "uk_units",
]


def __getattr__(name):
    """Load a public name from the module that holds it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ecoval.offset' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__():
    """Public names, loaded or not."""
    return sorted({*__all__, *globals()})
