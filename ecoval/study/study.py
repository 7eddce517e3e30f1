"""Study: one accounting area and its years, declared in TOML; reads, checks, runs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval import file_versions
from ecoval.errors import InputError
from ecoval.layers.kept import Fresh, Store
from ecoval.layers.roles import known_roles
from ecoval.layers.study_toml import declaration, load_toml
from ecoval.runs import RECORD, finished_record
from ecoval.services import Service
from ecoval.study.account import Account
from ecoval.study.run import REPORTS, run_year
from ecoval.study.year import YearAccount
from ecoval.totals.blocks import Progress


class Study:
    """A declared study.

    Parameters
    ----------
    content
        Content of study.toml.
    path
        Where it stands; its paths are relative to that file's folder.
    years : vector (years), yr
        Where not all years of the content are wanted.
    """

    def __init__(self, content: Mapping[str, Any], path: str | Path, years: Sequence[int] | None = None) -> None:
        self.content = content
        self.path = Path(path)
        self.declaration = declaration(content, self.path, known_roles())
        self.years = tuple(years) if years else self.declaration.years

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """Study of a study.toml, or of the run.json of an earlier run; of a folder what stands in it."""
        path = Path(path)
        if path.is_dir():
            path = path / (RECORD if (path / RECORD).is_file() else "study.toml")
        if path.name != RECORD and path.suffix.lower() != ".json":
            return cls(load_toml(path), path)
        record = read_record(path)
        return cls(load_toml(path.parent / record.get("study", "study.toml")), path.parent / "study.toml", (record["year"],))

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.declaration.name

    def check(
        self, year: int | None = None, strict: bool = False, lang: str = "en", services: Sequence[Service] = ()
    ) -> pd.DataFrame:
        """Findings about everything that can be known without computing.

        Parameters
        ----------
        strict
            Whether warnings count as errors.
        lang : choice {en, zh}
        services
            Services that the user declares.

        Returns
        -------
        table (level, what, where, fix)
            Level is error, warning or ok; the last row estimates time and memory.
        """
        from ecoval.study.check import findings

        return findings(self, self._years(year), strict, lang, services)

    def run(
        self,
        out: str | Path | None = None,
        threads: int | None = None,
        progress: Progress | bool | None = None,
        year: int | None = None,
        strict: bool = False,
        overwrite: bool = False,
        services: Sequence[Service] = (),
        maps: Collection[str] = (),
        lang: str = "en",
        kept: Store | None = None,
        reports: Collection[str] = REPORTS,
    ) -> Account:
        """Account of every unit, and a run folder per year where one is wanted.

        Parameters
        ----------
        out
            Folder; with several years each has a folder of its name below it. None writes nothing.
        progress : callable (done, text)
            Stops the run where it returns False; True shows a bar.
        strict
            Refuse a price that cannot be carried to the price year, and other warnings of that kind.
        services
            Services that the user declares, computed in the same pass.
        maps : choice {services, factors}
        lang : choice {en, zh}
            Language of the report.
        kept
            What an engine kept from earlier runs; `ecoval.layers.kept.Fresh` keeps nothing.
        reports : choice {html, xlsx}
            What is written beside the tables; none where `report_of` makes it when it is asked for.

        Raises
        ------
        Cancelled
        EcovalError
        """
        years = self._years(year)
        folders = self._folders(out, years)
        if not overwrite:
            for folder in folders:
                if folder is not None and finished_record(folder) is not None:
                    raise InputError("run_folder_finished", path=str(folder))
        parts: list[YearAccount] = []
        with shown_progress(progress, self.name) as report:
            for position, (one, folder) in enumerate(zip(years, folders, strict=True)):

                def within(done: float, text: str = "", position: int = position) -> Any:
                    return report((position + done) / len(years), text)

                made = run_year(
                    self,
                    one,
                    folder,
                    threads,
                    within,
                    strict,
                    overwrite,
                    services,
                    tuple(maps),
                    lang,
                    kept or Fresh(),
                    tuple(reports),
                )
                parts.append(made)
        return Account(self, parts)

    def _years(self, year: int | None) -> tuple[int, ...]:
        if year is None:
            return self.years
        if year not in self.years:
            raise InputError("study_year_unknown", path=str(self.path), year=year, years=list(self.years))
        return (year,)

    @staticmethod
    def _folders(out: str | Path | None, years: Sequence[int]) -> Sequence[Path | None]:
        if out is None:
            return [None] * len(years)
        return [Path(out)] if len(years) == 1 else [Path(out) / str(year) for year in years]


def read_record(path: str | Path) -> dict[str, Any]:
    """Content of a run.json, or of that in a folder."""
    path = Path(path)
    path = path / RECORD if path.is_dir() else path
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("study_file_missing", path=str(path)) from None
    except (OSError, ValueError) as error:
        raise InputError("record_unreadable", path=str(path), reason=str(error)) from None
    if not isinstance(record, dict) or "status" not in record or "year" not in record:
        raise InputError("record_unreadable", path=str(path), reason="no status, no year")
    file_versions.check("run", record.get(file_versions.KEY), path)
    return record


@contextlib.contextmanager
def shown_progress(progress: Progress | bool | None, description: str) -> Iterator[Progress]:
    """The callable to report to: the given one, a bar for True, nothing else."""
    if callable(progress):

        def ask(done: float, text: str = "") -> Any:
            return progress(done, text)

        yield ask
    elif progress and sys.stderr is not None:
        from rich.progress import Progress as Bar

        with Bar(transient=True) as bar:
            task = bar.add_task(description, total=1.0)

            def report(done: float, text: str = "") -> bool:
                bar.update(task, completed=done, description=text or description)
                return True

            yield report
    else:

        def go_on(_done: float, _text: str = "") -> bool:
            return True

        yield go_on
