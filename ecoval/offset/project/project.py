"""Project: an offset balance declared in project.toml - read, staged, judged, assessed, a claim verified."""

import contextlib
from pathlib import Path

from ecoval.declarations import files, identity
from ecoval.errors import Cancelled
from ecoval.offset.balance.judge import Judge
from ecoval.offset.balance.judging import case_of, checked, found_of, read_portfolio, validated
from ecoval.offset.declaration.files import ProjectDeclaration
from ecoval.offset.project import assessing, choosing, outputs, stages
from ecoval.offset.project.assessment import Stage
from ecoval.offset.project.opened import Opened
from ecoval.runs import open_run
from ecoval.study.study import shown_progress

SPANS = {"open": (0.0, 0.15), "loss": (0.15, 0.45), "credits": (0.45, 0.75), "choose": (0.75, 0.9), "write": (0.9, 1.0)}


class Project:
    """A declared project.

    Parameters
    ----------
    declaration : ProjectDeclaration
    keep : callable (name, content, paths, make, reads)
        Where stages are kept between calls; the engine has one, else they are kept in the project itself.
    services : services of the user's own, judged beside those of the study
    """

    DECLARED = ProjectDeclaration
    FILE = "project.toml"

    def __init__(self, declaration, keep=None, services=()):
        self.declaration = declaration
        self._own = {}
        self.keep = keep or self._remember
        self.opened = Opened(declaration, self.keep, own_services=services)

    @classmethod
    def read(cls, path, keep=None, services=()):
        """Project of a project.toml (a plan of a plan.toml), or of the run folder of an earlier assessment.

        Parameters
        ----------
        path : text
        keep : callable (name, content, paths, make, reads)
        services : services of the user's own, judged beside those of the study

        Returns
        -------
        Project
        """
        path = Path(path)
        return cls(cls.DECLARED.read(path / cls.FILE if path.is_dir() else path), keep, services)

    @classmethod
    def of(cls, content, base=".", keep=None, services=()):
        """Project of the content of such a file; paths are relative to a folder.

        Parameters
        ----------
        content : table (table, key, value)
        base : text
        keep : callable (name, content, paths, make, reads)
        services : services of the user's own, judged beside those of the study

        Returns
        -------
        Project
        """
        return cls(cls.DECLARED.of(content, base), keep, services)

    @property
    def name(self):
        """Name of the project."""
        return self.declaration.name

    @property
    def file(self):
        """Name of the file in a run folder, and its content with absolute paths."""
        return self.FILE, self.declaration.absolute()

    def check(self):
        """Findings of the validator: code, level, layer, features, found against expected, texts.

        Returns
        -------
        table (code, level, layer, features, found, expected, en, zh)
        """
        return validated(self.opened)

    def losses(self, threads=None, progress=None):
        """Losses of the alternatives, and the debits that are left after measures.

        Parameters
        ----------
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Losses
        """
        self._use(threads, progress, "open")
        self.opened.provider  # noqa: B018  (opened before the clock of the losses runs)
        self._use(threads, progress, "loss")
        return self._kept("loss", lambda: stages.losses(self.opened, self.opened.progress))

    def credits(self, threads=None, progress=None):
        """Candidates with their exclusions, and their credits.

        Parameters
        ----------
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Credits
        """
        made = self.losses(threads, progress)
        self._use(threads, progress, "credits")
        return self._kept("credits", lambda: stages.compensation(self.opened, made.debits, self.opened.progress))

    def judge(self, threads=None, progress=None):
        """A judge of portfolios: another list of parcels is only another sum.

        Parameters
        ----------
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Judge
        """
        return Judge(self.case(threads, progress)[0])

    def case(self, threads=None, progress=None):
        """What portfolios are judged against, and the tables that were made on the way.

        Parameters
        ----------
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Case
        table (name, table)
        """
        opened = self.opened
        findings = checked(opened)
        made, offers = self.losses(threads, progress), self.credits(threads, progress)
        table, record, notes = stages.alternatives(opened, made)
        statutory = stages.statutory(opened)
        case = case_of(opened, made, offers, record, found_of(opened, made, statutory, findings))
        tables_made = {"alternatives": table, "checks": findings, "notes": notes, "losses": made, "credits": offers}
        return case, tables_made | {"statutory": statutory}

    def stage(self, name, threads=None, progress=None, cautious=False):
        """Tables and numbers of one stage, for the engine.

        Parameters
        ----------
        name : choice {check, loss, credits, portfolio}
        threads : number, 1
        progress : callable (done, text)
        cautious : choice {True, False}

        Returns
        -------
        Stage
        """
        if name == "check":
            table = self.check()
            counts = table["level"].value_counts()
            return Stage({"checks": table}, {level: int(counts.get(level, 0)) for level in ("error", "warning")})
        return assessing.stage_tables(self, name, threads, progress, cautious)

    def choose(self, made, cautious=False, progress=None):
        """The parcels at least cost.

        Parameters
        ----------
        made : table (name, table)
        cautious : choice {True, False}
        progress : callable (done, text)

        Returns
        -------
        Selection
        """
        if progress is not None:
            self._use(self.opened.threads, progress, "choose")
        asked = None if progress is None else self.opened.progress
        return choosing.selected(self.opened, made["losses"], made["credits"], cautious, asked)

    def assess(
        self,
        out=None,
        cautious=False,
        progress=None,
        threads=None,
        lang="en",
        overwrite=False,
        portfolio=None,
        scenarios=True,
        **statement,
    ):
        """Judge the project: with the parcels at least cost, or with a list that is given.

        Parameters
        ----------
        out : text
            Run folder; None writes nothing.
        cautious : choice {True, False}
            Whether the parcels are chosen with debits high and credits low.
        progress : callable (done, text)
            Stops where it returns False; True shows a bar.
        threads : number, 1
        lang : choice {en, zh}
            Language that the statement opens with.
        overwrite : choice {True, False}
        portfolio : table (candidate_id, option_id, share)
            Or the path of one: somebody's list, judged as it is.
        scenarios : choice {True, False}
            Whether the choice is repeated under other prices, rates and coefficients for the agreement map.
        **statement : texts
            `formats` (html, pdf, docx, xlsx) and `langs` (zh, en) of the statement; all of them where they are not named.

        Returns
        -------
        Assessment

        Raises
        ------
        InputError
        Cancelled
        """
        record = outputs.first_entries(assessing.first_record(self, cautious, portfolio), lang)
        with open_run(out, record, overwrite) as run, shown_progress(progress, self.name) as report, self._reporting(report):
            made = assessing.assessment(self, cautious, threads, read_portfolio(portfolio), report, scenarios)
            run.clock.stage("assess")
            made.record["timings"] = run.clock.seconds
            made.record["warnings"] += run.warnings()
            refuse_stopped(report(SPANS["write"][0], "write"))
            if run.folder is not None:
                outputs.write_run(made, run, lang, **statement)
        made.folder = None if run.folder is None else run.folder.path
        ledger = self.declaration.ledger
        if ledger is not None and ledger.write and portfolio is None:
            self.book(made)
        return made

    def book(self, made):
        """Write an assessment that balances into the ledger of the project.

        Parameters
        ----------
        made : Assessment

        Returns
        -------
        Receipt
        """
        from ecoval.offset.project.booking import book

        return book(self.opened, made)

    def verify(self, portfolio, out=None, **options):
        """Judge somebody's list of parcels: no optimiser.

        Parameters
        ----------
        portfolio : table (candidate_id, option_id, share)
            Or the path of one.
        out : text
        **options : object
            As of `assess`.

        Returns
        -------
        Assessment
        """
        return self.assess(out, portfolio=portfolio, **options)

    def reads(self):
        """Every file that the project reads, as far as it is opened.

        Returns
        -------
        list of path
        """
        return [path for _, path in self.opened.reads()]

    def _remember(self, name, _content, _paths, make, _reads=None):
        if name not in self._own:
            self._own[name] = make()
        return self._own[name]

    def _kept(self, stage, make):
        """What a stage makes, kept while all that it depends on is the same: declaration, services of the user's, files."""
        declared = self.declaration
        paths = [path for _, path in files(declared, stage) if path.is_file()]
        content = f"{identity(declared, stage)} {self.opened.own_services!r}"
        return self.keep(stage, content, paths, make, self._study_reads)

    def _study_reads(self, _made):
        return [path for role, path in self.opened.reads() if role.startswith("study.")]

    def _use(self, threads, progress, stage):
        """Give the next stage its threads and its part of the progress."""
        self.opened.threads = threads
        first, last = SPANS[stage]
        if progress is not None:
            self.opened.progress = lambda done, text="": progress(first + (last - first) * done, text or stage)

    @contextlib.contextmanager
    def _reporting(self, report):
        earlier = self.opened.progress
        self.opened.progress = report
        try:
            yield
        finally:
            self.opened.progress = earlier


def refuse_stopped(answer):
    """End the work where a callable for progress said so.

    Parameters
    ----------
    answer : choice {True, False, None}

    Raises
    ------
    Cancelled
    """
    if answer is False:
        raise Cancelled
