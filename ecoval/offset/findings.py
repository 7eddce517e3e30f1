"""A finding of the validator: a code, how grave it is, the layer and features, found against expected, and its text."""

from dataclasses import dataclass

import pandas as pd

from ecoval.words import message, shown

LEVELS = ("error", "warning", "ok")
COLUMNS = ("code", "level", "layer", "features", "found", "expected", "en", "zh", "found_zh", "expected_zh")


@dataclass(frozen=True)
class Finding:
    """What was found in one layer, table or key of a project."""

    code: str
    level: str
    layer: str
    features: tuple = ()
    found: object = ""
    expected: object = ""

    @property
    def fields(self):
        """What the text of the code is filled with."""
        given = {name: getattr(self, name) for name in ("layer", "features", "found", "expected")}
        return {name: value or "-" for name, value in given.items()}

    def row(self):
        """The finding as a row of checks.csv; `en` and `zh` are whole sentences."""
        texts = {lang: message(self.code, self.fields, lang) for lang in ("en", "zh")}
        named = "; ".join(str(each) for each in self.features)
        said = {"found": shown(self.found), "expected": shown(self.expected)}
        said |= {f"{name}_zh": shown(getattr(self, name), "zh") for name in ("found", "expected")}
        return {**vars(self), "features": named, **said, **texts}


def finding(code, level="error", *, layer, features=(), found="", expected=""):
    """A `Finding`; features are ids of the layer, or names of keys; what has words in each language is a `Phrase`."""
    features = (features,) if isinstance(features, str) else tuple(features)
    found, expected = (tuple(given) if isinstance(given, list) else given for given in (found, expected))
    return Finding(code, level, str(layer), features, found, expected)


def checks(found, layers=()):
    """Table of findings, errors first, and a row of level ok for each layer in which nothing is wrong.

    Parameters
    ----------
    found : list of Finding
    layers : texts
        Layers that were looked at.

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh, found_zh, expected_zh)
    """
    troubled = {each.layer for each in found}
    sound = [finding("LAYER_SOUND", "ok", layer=layer) for layer in layers if layer not in troubled]
    ordered = sorted([*found, *sound], key=lambda each: LEVELS.index(each.level))
    return pd.DataFrame([each.row() for each in dict.fromkeys(ordered)], columns=list(COLUMNS))
