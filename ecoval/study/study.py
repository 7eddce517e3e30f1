"""Study: one accounting area and its years, declared in TOML; reads, checks, runs."""

import contextlib
import json
import sys
from pathlib import Path

from ecoval import file_versions
from ecoval.errors import InputError
from ecoval.layers.kept import Fresh
from ecoval.layers.roles import known_roles
from ecoval.layers.study_toml import declaration, load_toml
from ecoval.runs import RECORD, finished_record
from ecoval.study.account import Account
from ecoval.study.run import REPORTS, run_year


class Study:
    """A declared study.

    Parameters
    ----------
    content : table (table, key, value)
        Content of study.toml.
    path : text
        Where it stands; its paths are relative to that file's folder.
    years : vector (years), yr
        Where not all years of the content are wanted.
    """

    def __init__(self, content, path, years=None):
        self.content = content
        self.path = Path(path)
        self.declaration = declaration(content, self.path, known_roles())
        self.years = tuple(years) if years else self.declaration.years
        self.earlier = None

    @classmethod
    def read(cls, path):
        """Study of a study.toml, or of the run.json of an earlier run.

        Parameters
        ----------
        path : text

        Returns
        -------
        Study
        """
        path = Path(path)
        if path.is_dir():
            path = path / (RECORD if (path / RECORD).is_file() else "study.toml")
        if path.name != RECORD and path.suffix.lower() != ".json":
            return cls(load_toml(path), path)
        record = read_record(path)
        study = cls(load_toml(path.parent / record.get("study", "study.toml")), path.parent / "study.toml", (record["year"],))
        study.earlier = record
        return study

    @property
    def name(self):
        """Name of the study."""
        return self.declaration.name

    def check(self, year=None, strict=False, lang="en", services=()):
        """Findings about everything that can be known without computing.

        Parameters
        ----------
        year : number, yr
        strict : choice {True, False}
            Whether warnings count as errors.
        lang : choice {en, zh}
        services : vector (services), 1
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
        out=None,
        threads=None,
        progress=None,
        year=None,
        strict=False,
        overwrite=False,
        services=(),
        maps=(),
        lang="en",
        kept=None,
        reports=REPORTS,
    ):
        """Account of every unit, and a run folder per year where one is wanted.

        Parameters
        ----------
        out : text
            Folder; with several years each has a folder of its name below it. None writes nothing.
        threads : number, 1
        progress : callable (done, text)
            Stops the run where it returns False; True shows a bar.
        year : number, yr
        strict : choice {True, False}
            Refuse a price that cannot be carried to the price year, and other warnings of that kind.
        overwrite : choice {True, False}
        services : vector (services), 1
            Services that the user declares, computed in the same pass.
        maps : choice {services, factors}
        lang : choice {en, zh}
            Language of the report.
        kept : object
            What an engine kept from earlier runs, as `ecoval.layers.kept.Fresh`, which keeps nothing.
        reports : choice {html, xlsx}
            What is written beside the tables; none where `report_of` makes it when it is asked for.

        Returns
        -------
        Account

        Raises
        ------
        Cancelled
        EcovalError
        """
        self._refuse_without_own(services)
        years = self._years(year)
        folders = self._folders(out, years)
        if not overwrite:
            for folder in folders:
                if folder is not None and finished_record(folder) is not None:
                    raise InputError("run_folder_finished", path=str(folder))
        parts = []
        with shown_progress(progress, self.name) as report:
            for position, (one, folder) in enumerate(zip(years, folders, strict=True)):

                def within(done, text="", position=position):
                    return report((position + done) / len(years), text)

                kind = (strict, overwrite, services, tuple(maps), lang, kept or Fresh(), tuple(reports))
                made = run_year(self, one, folder, threads, within, *kind)
                parts.append(made)
        return Account(self, parts)

    def _refuse_without_own(self, services):
        """Refuse the study of a run folder without the services that a program declared for that run."""
        earlier = self.earlier or finished_record(self.path.parent) or {}
        lacking = sorted(set(earlier.get("user_services", ())) - {service.code for service in services})
        if lacking:
            raise InputError("run_with_user_services", path=str(self.path.parent), services=lacking)

    def _years(self, year):
        if year is None:
            return self.years
        if year not in self.years:
            raise InputError("study_year_unknown", path=str(self.path), year=year, years=list(self.years))
        return (year,)

    @staticmethod
    def _folders(out, years):
        if out is None:
            return [None] * len(years)
        return [Path(out)] if len(years) == 1 else [Path(out) / str(year) for year in years]


def read_record(path):
    """Content of a run.json.

    Parameters
    ----------
    path : text

    Returns
    -------
    table (key, value)
    """
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
def shown_progress(progress, description):
    """The callable to report to: the given one, a bar for True, nothing else."""
    if callable(progress):
        yield lambda done, text="": progress(done, text)
    elif progress and sys.stderr is not None:
        from rich.progress import Progress

        with Progress(transient=True) as bar:
            task = bar.add_task(description, total=1.0)

            def report(done, text=""):
                bar.update(task, completed=done, description=text or description)
                return True

            yield report
    else:
        yield lambda _done, _text="": True
