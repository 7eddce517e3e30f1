"""Contents for every key of a declaration, drawn by a seed, and the same declaration with one key changed."""

import dataclasses
import math
import random
import typing
from pathlib import Path

from ecoval.declarations import entries

LETTERS = "abc XYZ09_-.*'\"#=\n\t\x7f[]县é"
SHARE = 0.5  # of the keys that need not be there


class Drawn:
    """A source of contents; `own` holds functions for keys whose values hang together.

    With `whole` every key of the outermost tables is there.
    """

    def __init__(self, seed, own=None, whole=False):
        self.random, self.own, self.whole = random.Random(seed), own or {}, whole

    def word(self):
        return "w" + "".join(self.random.choices(LETTERS, k=self.random.randrange(5)))

    def number(self, high):
        return self.random.choice([self.random.uniform(0.1, 0.9), 0.5]) * min(1.0, high or 1.0)

    def whole_number(self, low, high):
        least = int(low or 1)
        return self.random.randint(least, least + 8 if high is None else min(int(high), least + 8))

    def table(self, make, least=1, most=3):
        return {self.word(): make() for _ in range(self.random.randint(least, most))}

    def content(self, cls, outermost=True):
        """Content of a table of a class."""
        made = {}
        for entry in entries(cls):
            if not entry.required and not (self.whole and outermost) and self.random.random() > SHARE:
                continue
            make = self.own.get((cls.__name__, entry.field), lambda _, entry=entry: self.value(entry))
            value = make(self)
            if value is None:
                continue
            table = made.setdefault(entry.key.table, {}) if entry.key.table else made
            table.update(value if entry.key.rest else {entry.name: value})
        return made

    def value(self, entry):
        """A value of a key."""
        if entry.key.choices and str in entry.forms:
            return self.random.choice(entry.key.choices)
        return self.form(self.random.choice(entry.forms), entry.key)

    def form(self, form, key=None):
        """A value of one alternative of a type."""
        low, high = (getattr(key, name, None) for name in ("low", "high"))
        if dataclasses.is_dataclass(form):
            return self.content(form, outermost=False)
        arguments = typing.get_args(form)
        if typing.get_origin(form) is tuple and not dataclasses.is_dataclass(arguments[0]):
            return [self.form(arguments[0], key) for _ in range(self.random.randint(1, 3))]
        if arguments:
            element = arguments[0] if typing.get_origin(form) is tuple else arguments[1]
            return self.table(lambda: self.form(element, key))
        simple = {bool: lambda: self.random.random() < 0.5, int: lambda: self.whole_number(low, high)}
        simple[float] = lambda: self.number(high)
        return simple.get(form, self.word)()


def changed(value, form):
    """Another value of a type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return 41.5 if math.isinf(value) else value + 1
    if isinstance(value, Path):
        return value.with_name("other")
    if isinstance(value, str):
        return f"{value} other"
    if isinstance(value, dict):
        return {**value, "another": next(iter(value.values()), 1)}
    if isinstance(value, tuple):
        return value[:-1] or ("other",)
    assert value is None, value
    return {bool: True, int: 7, float: 7.5, str: "other", Path: Path("/other")}.get(form, {"another": 1})


def changes(declared, above=()):
    """Every key of a declaration with the keys of the tables above it, and the declaration in which it alone is changed."""
    for entry in entries(type(declared)):
        trail, value = (*above, entry), getattr(declared, entry.field)
        if dataclasses.is_dataclass(value):
            for deeper, other in changes(value, trail):
                yield deeper, dataclasses.replace(declared, **{entry.field: other})
            continue
        named = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
        for name, each in list(named):
            if dataclasses.is_dataclass(each):
                for deeper, other in changes(each, trail):
                    whole = {**value, name: other} if isinstance(value, dict) else (*value[:name], other, *value[name + 1 :])
                    yield deeper, dataclasses.replace(declared, **{entry.field: whole})
        yield trail, dataclasses.replace(declared, **{entry.field: changed(value, entry.forms[0])})
