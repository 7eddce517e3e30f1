"""A finding of the validator: a code, how grave it is, the layer and features, found against expected, and its text."""

from dataclasses import dataclass

import pandas as pd

from ecoval.errors import message, shown

LEVELS = ("error", "warning", "ok")
COLUMNS = ("code", "level", "layer", "features", "found", "expected", "en", "zh")


@dataclass(frozen=True)
class Finding:
    """What was found in one layer, table or key of a project."""

    code: str
    level: str
    layer: str
    features: tuple = ()
    found: str = ""
    expected: str = ""

    def row(self):
        """The finding as a row of checks.csv."""
        fields = {
            "layer": self.layer,
            "features": list(self.features) or "-",
            "found": self.found or "-",
            "expected": self.expected or "-",
        }
        texts = {lang: message(self.code, fields, lang) for lang in ("en", "zh")}
        named = "; ".join(str(each) for each in self.features)
        return {**vars(self), "features": named, **texts}


def finding(code, level="error", *, layer, features=(), found="", expected=""):
    """A `Finding`; features are ids of the layer, or names of keys."""
    features = (features,) if isinstance(features, str) else tuple(features)
    return Finding(code, level, str(layer), features, shown(found), shown(expected))


def checks(found, layers=()):
    """Table of findings, errors first, and a row of level ok for each layer in which nothing is wrong.

    Parameters
    ----------
    found : list of Finding
    layers : texts
        Layers that were looked at.

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh)
    """
    troubled = {each.layer for each in found}
    sound = [finding("LAYER_SOUND", "ok", layer=layer) for layer in layers if layer not in troubled]
    ordered = sorted([*found, *sound], key=lambda each: LEVELS.index(each.level))
    return pd.DataFrame([each.row() for each in dict.fromkeys(ordered)], columns=list(COLUMNS))
