"""Assessment: what an offset balance gives back - tables, layers, the verdict, and its run folder."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ecoval.offset.project.outputs import TABLES, write_assessment


@dataclass(frozen=True)
class Stage:
    """What one stage gives to a program: tables by name, a few numbers, the verdict where there is one."""

    tables: dict
    numbers: dict
    verdict: object = None


@dataclass
class Assessment:
    """Tables of an assessment by name, layers with geometry, the verdict and the record of the run.

    Every table of the run folder is an attribute: `assessment.balance`, `assessment.losses`; one that does not apply is empty.
    """

    name: str
    tables: dict
    layers: dict
    verdict: object
    declared: dict
    record: dict = field(default_factory=dict)
    inputs: list = field(default_factory=list)
    file: str = "project.toml"
    folder: Path | None = None

    def __getattr__(self, name):
        """A table by its name."""
        if name in TABLES:
            return self.__dict__.get("tables", {}).get(name, pd.DataFrame())
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self):
        """Name and verdict in one line."""
        robust = "robust" if self.verdict.robust else "not robust"
        return f"<Assessment {self.name!r}: {self.verdict.verdict}, cautious {self.verdict.verdict_cautious}, {robust}>"

    def to_folder(self, path, overwrite=False, lang="en", **statement):
        """Write the run folder with the tables that are there: nothing is computed again.

        Parameters
        ----------
        path : text
        overwrite : choice {True, False}
        lang : choice {zh, en}
            Which language the statement opens with.
        **statement : texts
            `formats` (html, pdf) and `langs` (zh, en) of the statement; all of them where they are not named.

        Returns
        -------
        text
            Path of the folder.
        """
        return write_assessment(self, path, overwrite=overwrite, lang=lang, **statement)
