"""Every value of every option of every packaged service, on the small study: what it gives, or with which code it is refused.

A value is run under the defaults of the other options, and under each set of choices with which a declaration names it together
(`reference_et` counts only where `evapotranspiration = budyko`); how LS is made is a table of all its combinations. A value that
moves no number stands there with the rows of the default; where the choices are those of an earlier case, one row says so. One
that is refused for want of numbers is run again with them: `numbers` is "own" then.
"""

import csv
import io
import itertools
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from golden import small
from golden.comparison import Tables, rows_text

from ecoval.errors import EcovalError
from ecoval.services import SERVICES, Service
from ecoval.study import Account, Study

COLUMNS = ("unit_id", "item", "ecosystem_type", "quantity", "uom", "price", "value")
LACKING = ("types_without_parameter", "parameter_missing")
CROSSED = {"soil_retention": ("ls", "m", "length")}

Choices = tuple[tuple[str, str], ...]


def cases(service: Service, defaults: dict[str, str]) -> Iterator[tuple[str, str, Choices]]:
    """Option, value, and the choices beside it that are not those of the defaults."""
    entries = (*service.items, *service.inputs, *service.parameters)
    for option in service.options:
        conditions = [dict(entry.when) for entry in entries if option.name in entry.when]
        conditioned = {value for when in conditions for value in when[option.name]}
        for value in option.choices:
            yield option.name, value, ()
            for when in conditions:
                if value in conditioned and value not in when[option.name]:
                    continue  # the condition is that of another value
                named = [[(name, choice) for choice in choices] for name, choices in when.items() if name != option.name]
                for picks in itertools.product(*named):
                    yield option.name, value, tuple(sorted(pair for pair in picks if defaults[pair[0]] != pair[1]))
    crossed = CROSSED.get(service.code, ())
    every = {option.name: [(option.name, choice) for choice in option.choices] for option in service.options}
    for (name, value), *rest in itertools.product(*(every[name] for name in crossed)) if crossed else ():
        yield name, value, tuple(sorted(pair for pair in rest if defaults[pair[0]] != pair[1]))


def tables(folder: Path) -> Tables:
    """One long table per service."""
    path = small.write(folder)
    return {f"{service.code}.csv": table(service, path) for service in SERVICES}


def table(service: Service, path: Path) -> str:
    """Rows of every case of a service; the defaults first, as an option and a choice of no name."""
    account, code = run(service.code, {}, path)
    rows = [["", "", "", "", *row] for row in outcome(account, code)]
    defaults = {option.name: option.default for option in service.options}
    defaults |= {} if account is None else account.records[0]["options"][service.code]
    seen = {tuple(defaults.items()): "the defaults"}
    for option, value, beside in dict.fromkeys(cases(service, defaults)):
        choices = dict(beside) | {option: value}
        head = [option, value, words(beside)]
        effective = tuple((defaults | choices).items())
        if effective in seen:
            rows.append([*head, "", *("" for _ in COLUMNS), f"see {seen[effective]}"])
            continue
        seen[effective] = words(choices.items())
        account, code = run(service.code, choices, path)
        rows += [[*head, "", *row] for row in outcome(account, code)]
        if code in LACKING:
            rows += [[*head, "own", *row] for row in outcome(*run(service.code, choices, path, filled=True))]
    return rows_text(["option", "choice", "beside", "numbers", *COLUMNS, "remark"], rows)


def words(choices: Iterable[tuple[str, str]]) -> str:
    """Choices as text."""
    return "; ".join(f"{name}={choice}" for name, choice in choices)


def run(service: str, choices: dict[str, str], path: Path, filled: bool = False) -> tuple[Account | None, str]:
    """Account of the small study, or the code of the error that refuses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Study(small.content(service, choices, filled), path).run(), ""
        except EcovalError as error:
            return None, error.code


def outcome(account: Account | None, code: str) -> list[list[str]]:
    """Rows of the supply account, or one with the code of the error."""
    if account is None:
        return [[*("" for _ in COLUMNS), code]]
    text = account.supply[list(COLUMNS)].to_csv(index=False)
    return [[*row, ""] for row in list(csv.reader(io.StringIO(text)))[1:]]
