"""Plan: many projects with one pool of candidates, one set of rules and one ledger; what they lose is summed and made up for once.

    required_su = kappa_s sum_projects max(D_su, 0)

The own gain of one project pays for no loss of another. Candidates, rules, exclusions, checks and ledger of plan.toml replace those
of the projects; where plan.toml has none, all projects must say the same. Everything is valued at the earliest t0 of the projects.
Land that two projects occupy, or that one occupies and another counts as a candidate, is found.
"""

from dataclasses import replace

import pandas as pd

from ecoval.declarations import identity
from ecoval.errors import InputError
from ecoval.offset.balance.judging import case_of, checked, found_of, pool_findings, refuse_errors, validated
from ecoval.offset.declaration.files import PlanDeclaration, ProjectDeclaration
from ecoval.offset.findings import checks
from ecoval.offset.project.opened import Opened
from ecoval.offset.project.project import Project, stages
from ecoval.offset.project.together import founded, overlaps_of, recorded, together

SHARED = ("candidates", "exclusions", "rules", "ledger", "checks")


class Plan(Project):
    """A declared plan; it is assessed like a project.

    Parameters
    ----------
    declaration : PlanDeclaration
    keep : callable (name, content, paths, make, reads)
    services : services of the user's own, judged beside those of the study
    """

    DECLARED = PlanDeclaration
    FILE = "plan.toml"

    def __init__(self, declaration, keep=None, services=()):
        self.plan = declaration
        members = [ProjectDeclaration.read(path) for path in declaration.projects]
        shared = shared_tables(declaration, members)
        members = [replace(member, **shared, given=None) for member in members]
        refuse_apart(members, declaration)
        whole = replace(members[0], name=declaration.name, path=declaration.path, statutory=None, example=declaration.example)
        super().__init__(whole, keep, services)
        self.members = [Member(member, self.keep, place, services) for place, member in enumerate(members)]
        self.opened = Pool(whole, self.keep, [member.opened for member in self.members], services)

    @property
    def file(self):
        """Name of the file in a run folder, and its content with absolute paths."""
        return self.FILE, self.plan.absolute()

    def check(self):
        """Findings about every project, named by project, and about what two projects do to the same land.

        Returns
        -------
        table (code, level, layer, features, found, expected, en, zh)
        """
        parts = [named(member.check(), member.name) for member in self.members]
        return pd.concat([*parts, checks(pool_findings(self.opened)), overlaps_of(self.members)], ignore_index=True)

    def losses(self, threads=None, progress=None):
        """Losses of all projects together.

        Parameters
        ----------
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Losses
        """
        self._use(threads, progress, "loss")
        return together([member.losses(threads, None) for member in self.members], [member.name for member in self.members])

    def credits(self, threads=None, progress=None):
        """Candidates of the pool with their exclusions, and their credits.

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
        declared = [identity(each, "credits") for each in (self.plan, *(member.declaration for member in self.members))]
        content = f"{declared} {self.opened.own_services!r}"
        paths = [path for path in self.reads() if path.is_file()]

        def making():
            return stages.compensation(self.opened, made.debits, self.opened.progress)

        return self.keep("plan credits", content, paths, making)

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
        pool = pool_findings(self.opened)
        refuse_errors(pool)
        judged = [member.part(threads) for member in self.members]
        made, offers = self.losses(threads, progress), self.credits(threads, progress)
        findings = pd.concat([part["checks"] for part in judged] + [checks(pool), overlaps_of(self.members)], ignore_index=True)
        statutory = [part["statutory"] for part in judged if part["statutory"] is not None]
        beside = {"projects": [member.name for member in self.members]}
        case = case_of(self.opened, made, offers, recorded(judged), founded(judged, findings), beside)
        tables = {name: pd.concat([part[name] for part in judged], ignore_index=True) for name in ("alternatives", "projects")}
        tables |= {"checks": findings, "notes": [note for part in judged for note in part["notes"]]}
        tables["statutory"] = pd.concat(statutory, ignore_index=True) if statutory else None
        return case, tables | {"losses": made, "credits": offers}

    def reads(self):
        """Every file that the plan reads.

        Returns
        -------
        list of path
        """
        found = [self.plan.path, *(path for member in self.members for path in member.reads()), *super().reads()]
        return list(dict.fromkeys(found))


class Member(Project):
    """One project of a plan."""

    def __init__(self, declaration, keep, place, services):
        super().__init__(declaration, lambda name, *rest: keep(name if name == "study" else f"{name} {place}", *rest), services)

    def check(self):
        """Findings about this project without the candidates, which the plan looks at once.

        Returns
        -------
        table (code, level, layer, features, found, expected, en, zh)
        """
        return validated(self.opened, candidates=False)

    def part(self, threads):
        """What the plan takes from this project: comparison, record, findings, statutory balances.

        Parameters
        ----------
        threads : number, 1

        Returns
        -------
        table (name, table)
        """
        opened, made = self.opened, self.losses(threads, None)
        findings = checked(opened, candidates=False)
        table, record, notes = stages.alternatives(opened, made)
        statutory = stages.statutory(opened)
        found = found_of(opened, made, statutory, findings)
        own = table[table["chosen"].astype(bool)]
        row = {
            "project": self.name,
            "alternative_id": opened.chosen,
            "area": float(own["area"].sum()),
            "cost": float(own["cost"].sum()),
            "value_pv": float(own["value_pv"].sum()),
            "avoid_ok": record.avoid,
            "minimise_ok": record.minimise,
            "no_go": len(found.no_go),
            "statutory_ok": found.statutory_ok,
        }
        own = table.assign(alternative_id=f"{self.name}/" + table["alternative_id"].astype(str))
        kept = {"alternatives": own, "record": record, "found": found, "notes": notes, "projects": pd.DataFrame([row])}
        return kept | {"checks": named(findings, self.name), "statutory": statutory}


def named(findings, project):
    """Findings whose layers say of which project they are.

    Parameters
    ----------
    findings : table (code, layer)
    project : text

    Returns
    -------
    table (code, layer, ...)
    """
    return findings.assign(layer=f"{project}: " + findings["layer"])


class Pool(Opened):
    """The plan as one project: all footprints, the shared candidates, the earliest t0."""

    def __init__(self, declared, keep, members, services):
        super().__init__(declared, keep, own_services=services)
        t0 = min(member.t0 for member in members)
        for member in members:
            member.t0 = t0
        self.t0 = t0
        self.footprints = _named(members, "footprints")
        self.patches = _named(members, "patches")
        self.chosen = self.patches["alternative_id"].iloc[0] if len(self.patches) else None
        self.members = members

    def reads(self):
        """Every file that the plan and its projects read: (role, path)."""
        found = [entry for member in self.members for entry in member.reads()]
        return list(dict.fromkeys([*super().reads(), *found]))


def shared_tables(plan, members):
    """Tables that hold for all projects: those of the plan, else what all projects say alike.

    Parameters
    ----------
    plan : PlanDeclaration
    members : list of ProjectDeclaration

    Returns
    -------
    table (name, table)

    Raises
    ------
    InputError
        Where the plan has no such table and the projects differ.
    """
    found = {}
    for name in SHARED:
        given = getattr(plan, name)
        if given is None:
            first = getattr(members[0], name)
            apart = [member.name for member in members if getattr(member, name) != first]
            if apart:
                raise InputError("plan_tables_differ", path=str(plan.path), table=name, projects=[members[0].name, *apart])
            given = first
        found[name] = given
    return found


def refuse_apart(members, plan):
    """Refuse projects of different studies, years or areas, and two of one name.

    Parameters
    ----------
    members : list of ProjectDeclaration
    plan : PlanDeclaration

    Raises
    ------
    InputError
    """
    first = members[0]
    for name in ("study", "densities", "year", "area_units", "prices", "services"):
        apart = [member.name for member in members if getattr(member, name) != getattr(first, name)]
        if apart:
            raise InputError("plan_tables_differ", path=str(plan.path), table=name, projects=[first.name, *apart])
    names = [member.name for member in members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("ID_DUPLICATE", layer=str(plan.path), features=twice, found=len(names), expected=len(set(names)))


def _named(members, name):
    """A layer of all projects, alternatives and patches named by project."""
    crs = members[0].crs
    parts = []
    for member in members:
        frame = getattr(member, name)
        own = {column: f"{member.declared.name}/" + frame[column].astype(str) for column in ("alternative_id", "patch_id")}
        parts.append(frame.assign(**own).to_crs(crs))
    return pd.concat(parts, ignore_index=True)
