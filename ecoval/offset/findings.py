"""Findings of the validator: the layer and the features that each concerns, and what was found against what is expected."""

import pandas as pd

from ecoval.findings import Finding, Location, ordered
from ecoval.words import field_text

COLUMNS = ("code", "level", "layer", "features", "found", "expected", "en", "zh", "found_zh", "expected_zh")
DASH = "-"  # in a sentence, where no feature is named, or nothing found or expected


def finding(code, level="error", *, layer, features=(), found="", expected=""):
    """A `Finding`; features are ids of the layer, or names of keys; what has words in each language is a `Phrase`."""
    features = (features,) if isinstance(features, str) else tuple(features)
    fields = {"layer": str(layer), "features": features, "found": found, "expected": expected}
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    words = tuple((name, DASH if value in ("", ()) else value) for name, value in fields.items())
    return Finding(code, words, level, Location(str(layer), features))


def row(each):
    """A finding as a row of checks.csv; `en` and `zh` are whole sentences."""
    fields = {name: "" if value == DASH else value for name, value in each.fields}
    compared = {"found": field_text(fields["found"]), "expected": field_text(fields["expected"])}
    compared |= {f"{name}_zh": field_text(fields[name], "zh") for name in ("found", "expected")}
    place = {"layer": each.place.part, "features": "; ".join(str(one) for one in each.place.ids)}
    return {"code": each.code, "level": each.level, **place, **compared, "en": each.in_language("en"), "zh": each.in_language("zh")}


def checks(findings, layers=()):
    """Table of findings, errors first, and a row of level ok for each layer in which nothing is wrong.

    Parameters
    ----------
    findings : list of Finding
    layers : texts
        Layers that were looked at.

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh, found_zh, expected_zh)
    """
    troubled = {each.place.part for each in findings}
    sound = [finding("LAYER_SOUND", "ok", layer=layer) for layer in layers if layer not in troubled]
    return pd.DataFrame([row(each) for each in dict.fromkeys(ordered([*findings, *sound]))], columns=list(COLUMNS))
