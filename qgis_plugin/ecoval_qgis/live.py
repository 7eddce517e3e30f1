"""Live sums of ticked parcels: tables of the engine in memory and `math.fsum`. No interface below this module."""

import math
from collections import namedtuple

from . import records

Row = namedtuple("Row", "service unit uom debit required credit low high net net_low")
TOLERANCE = 1e-6  # of the requirement, as the engine judges


class Live:
    """Requirements and credits, laid out so that a tick is only sums.

    Parameters
    ----------
    requirements : list of mapping (service, area_unit, debit, required, uom)
    credits : list of mapping (candidate_id, option_id, service, area_unit, credit, credit_low, credit_high, uom)
    excluded : set of (text, text)
        Candidates and options that may not serve: the engine counts nothing of them.
    """

    def __init__(self, requirements, credits=(), excluded=()):
        self.rows = {}
        self.parts = {}
        for row in requirements:
            key = (row["service"], str(row["area_unit"]))
            self.rows[key] = (row.get("uom") or "", number(row.get("debit")), number(row.get("required")))
        for row in credits:
            pair = (str(row["candidate_id"]), row["option_id"] or "")
            if pair in excluded:
                continue
            key = (row["service"], str(row["area_unit"]))
            self.rows.setdefault(key, (row.get("uom") or "", 0.0, 0.0))
            figures = tuple(number(row.get(name)) for name in ("credit", "credit_low", "credit_high"))
            if any(figures):
                self.parts.setdefault(key, []).append((pair, *figures))

    @classmethod
    def read(cls, requirements, credits="", candidates=""):
        """Live sums of the tables of the engine by their paths."""
        out = set()
        for row in records.table_rows(candidates) if candidates else ():
            if row["excluded"]:
                out.add((row["candidate_id"], row["option_id"]))
        return cls(records.table_rows(requirements), records.table_rows(credits) if credits else (), out)

    def sums(self, ticked):
        """What ticked parcels give in each row.

        Parameters
        ----------
        ticked : mapping
            (candidate, option) -> share.

        Returns
        -------
        list of Row
        """
        made = []
        for (service, unit), (uom, debit, required) in self.rows.items():
            taken = [(ticked[part[0]], part) for part in self.parts.get((service, unit), ()) if part[0] in ticked]
            credit, low, high = (math.fsum(share * part[place] for share, part in taken) for place in (1, 2, 3))
            made.append(Row(service, unit, uom, debit, required, credit, low, high, credit - required, low - required))
        return made


def met(row):
    """Whether a row is met at mid values, as far as sums can say."""
    return row.net >= -TOLERANCE * row.required - 1e-9


def shown(row):
    """Whether a row is worth a line: something is required, or something is harmed."""
    return row.required > 0.0 or row.net < -1e-9


def number(text):
    """A number of a table, 0 where it is empty."""
    return float(text) if text not in (None, "") else 0.0
