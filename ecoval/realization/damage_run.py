"""A damage assessment from files into a run folder."""

from __future__ import annotations

from pathlib import Path

from ecoval import tables
from ecoval.offset.rules.tables import content_hash
from ecoval.realization.damage import DamageAssessment, assess_damage
from ecoval.realization.damage_tables import TIMES, read_damage, read_rules
from ecoval.realization.outputs import write_run


def run_damage(
    damaged: str | Path, restoration: str | Path | None, rules: str | Path | None, out: str | Path, overwrite: bool = False
) -> tuple[Path, DamageAssessment]:
    """Assess a damage from its files and write debit, credit, claim, timeline and verdict.

    Parameters
    ----------
    damaged, restoration, rules : see `read_damage`, `assess_damage` and `read_rules`; the last two may be absent
    out : run folder
    """
    timing, given = read_rules(rules)
    made = assess_damage(read_damage(damaged), None if restoration is None else tables.read(restoration), timing, **given)
    made.verdict["rules_hash"] = content_hash({**{name: str(getattr(timing, name)) for name in TIMES}, **given})
    inputs = [
        (role, path) for role, path in (("damaged", damaged), ("restoration", restoration), ("rules", rules)) if path is not None
    ]
    return write_run(out, "damage", made.tables, made.verdict, inputs, overwrite), made
