"""Findings about keys and columns: what must be there, what may not be twice, and which values can be."""

import math

import numpy as np
import pandas as pd

from ecoval.classification import ecosystem_types
from ecoval.declarations import entries, within
from ecoval.offset.candidates import DIFFICULTY, CandidateRow, difficulty
from ecoval.offset.equivalency.flow import SHAPES
from ecoval.offset.findings import finding
from ecoval.offset.measures import MeasureRow
from ecoval.words import in_words

IMPACTS = ("permanent", "temporary")


def field_findings(frame, layer, wanted):
    """Columns that must be there and are not: `wanted` are names of the file."""
    columns = frame.attrs.get("columns", tuple(frame.columns))
    absent = [name for name in wanted if name not in columns]
    if not absent:
        return []
    return [finding("FIELD_MISSING", layer=layer, features=tuple(absent), found=sorted(map(str, columns)), expected=absent)]


def id_findings(frame, layer, key, needed=()):
    """Rows without a key, and keys that occur more than once; `needed` are the parts of the key that no row may lack."""
    key, found = list(key), []
    blank = pd.Series(False, index=frame.index)
    for name in needed or key[:1]:
        empty = frame[name].isna() | (frame[name].astype(str).str.strip() == "")
        blank |= empty
        if empty.any():
            words = {"found": in_words("finding_empty_rows", rows=tuple(str(each) for each in frame.index[empty]))}
            found.append(finding("FIELD_MISSING", layer=layer, features=(name,), **words, expected=in_words("finding_a_text")))
    twice = frame[~blank & frame.duplicated(key, keep=False)]
    if len(twice):
        names = tuple(dict.fromkeys(" ".join(str(each) for each in row) for row in twice[key].itertuples(index=False)))
        words = {"found": str(len(twice)), "expected": " ".join(key)}
        found.append(finding("ID_DUPLICATE", layer=layer, features=names, **words))
    return found


def footprint_fields(footprints, layer="footprints"):
    """Impact types, years and target kinds of patches."""
    ids = footprints["patch_id"].astype(str)
    found = _outside(
        footprints["impact_type"].isin(IMPACTS),
        ids,
        footprints["impact_type"],
        "impact_type",
        layer,
        in_words("finding_one_of", names=IMPACTS),
    )
    late = ~(footprints["end"] < footprints["start"])
    found += _outside(late, ids, footprints["end"], "end", layer, ">= start")
    ending = (footprints["impact_type"] != "temporary") | footprints["end"].notna()
    found += _outside(ending, ids, footprints["end"], "end", layer, in_words("finding_end_of_temporary"))
    for name in ("start", "end"):
        found += _outside(_whole(footprints[name]), ids, footprints[name], name, layer, in_words("finding_whole_year"))
    return found + kind_findings(footprints["after_class"], ids, layer, "after_class")


def candidate_fields(candidates, layer="candidates"):
    """Shares, costs, years and kinds of candidates."""
    ids = candidates["candidate_id"].astype(str)
    found = domain_findings(candidates, CandidateRow, ids, layer)
    for name in ("start_year", "ramp_years", "end_year", "advance", "delay"):
        found += _outside(_whole(candidates[name]), ids, candidates[name], name, layer, in_words("finding_whole_years"))
    found += _outside(
        candidates["ramp_shape"].isin(tuple(SHAPES)),
        ids,
        candidates["ramp_shape"],
        "ramp_shape",
        layer,
        in_words("finding_one_of", names=tuple(SHAPES)),
    )
    words = candidates["difficulty"]
    known = words.isna() | words.map(lambda word: word is None or not math.isnan(difficulty(word)))
    found += _outside(known, ids, words, "difficulty", layer, in_words("finding_one_of", names=tuple(DIFFICULTY)))
    unsaid = candidates["success"].isna() & candidates["difficulty"].isna()
    if unsaid.any():
        named = tuple(ids[unsaid])
        words = {"found": in_words("finding_no_success"), "expected": in_words("finding_success")}
        found.append(finding("FIELD_MISSING", "warning", layer=layer, features=named, **words))
    found += _outside(
        candidates["variable_cost"].notna(), ids, candidates["variable_cost"], "variable_cost", layer, in_words("finding_a_number")
    )
    for name in ("kind_now", "kind_target"):
        found += kind_findings(candidates[name], ids, layer, name)
    return found + time_findings(candidates, ids, layer) + minimum_findings(candidates, ids, layer)


def time_findings(candidates, ids, layer="candidates"):
    """Advance with delay, and a guarantee that ends before the ramp."""
    found = []
    both = (candidates["advance"].fillna(0.0) != 0.0) & (candidates["delay"].fillna(0.0) != 0.0)
    if both.any():
        pairs = [f"advance {a:g}, delay {d:g}" for a, d in candidates.loc[both, ["advance", "delay"]].itertuples(index=False)]
        words = {"found": pairs, "expected": in_words("finding_one_zero")}
        found.append(finding("START_AND_LEAD_BOTH_SET", layer=layer, features=tuple(ids[both]), **words))
    lead = candidates["delay"].fillna(0.0) - candidates["advance"].fillna(0.0)
    mature = candidates["start_year"] + lead + candidates["ramp_years"].fillna(0.0)
    early = candidates["end_year"] < mature
    if early.any():
        words = {
            "found": [f"{year:g}" for year in candidates["end_year"][early]],
            "expected": [f">= {year:g}" for year in mature[early]],
        }
        found.append(finding("GUARANTEE_BEFORE_MATURITY", layer=layer, features=tuple(ids[early]), **words))
    return found


def minimum_findings(candidates, ids=None, layer="candidates"):
    """A minimum area without the area that it is a part of, or above it."""
    ids = candidates["candidate_id"].astype(str) if ids is None else ids
    if "minimum_area" not in candidates:
        return []
    area = candidates["area"] if "area" in candidates else pd.Series(np.nan, index=candidates.index)
    given = candidates["minimum_area"].notna() & (candidates["minimum_area"] > 0.0)
    lacking = given & ~(area > 0.0)
    found = []
    if lacking.any():
        words = {"found": in_words("finding_no_area"), "expected": in_words("finding_an_area")}
        found.append(finding("MINIMUM_AREA_WITHOUT_AREA", layer=layer, features=tuple(ids[lacking]), **words))
    above = given & (area > 0.0) & (candidates["minimum_area"] > area)
    found += _outside(~above, ids, candidates["minimum_area"], "minimum_area", layer, "<= area")
    return found


def measure_fields(measures, patches, layer="measures"):
    """Factors, costs, kinds and patches of measures."""
    ids = measures["patch_id"].astype(str) + " " + measures["option_id"].astype(str)
    found = id_findings(measures, layer, ("patch_id", "option_id"), needed=("patch_id", "option_id"))
    known = measures["patch_id"].isin(set(patches))
    found += _outside(known, ids, measures["patch_id"], "patch_id", layer, in_words("finding_a_patch"))
    found += domain_findings(measures, MeasureRow, ids, layer)
    found += _outside(measures["cost"].notna(), ids, measures["cost"], "cost", layer, in_words("finding_a_number"))
    return found + kind_findings(pd.to_numeric(measures["kind"], errors="coerce"), ids, layer, "kind")


def domain_findings(frame, rows, ids, layer):
    """Numbers outside the domain that a class of rows declares for their column, or for `column:service`; empty ones pass.

    Codes of ecosystem types are `kind_findings`.
    """
    results = []
    for entry in (each for each in entries(rows) if each.is_number and not each.name.startswith("kind")):
        for column in (name for name in frame if str(name).partition(":")[0] == entry.name):
            values = pd.to_numeric(frame[column], errors="coerce")
            fits = values.map(lambda value, key=entry.key: math.isnan(value) or within(key, value))
            results += _outside(fits, ids, values, column, layer, domain_text(entry.key))
    return results


def domain_text(key):
    """The domain of a number as an interval."""
    low, high = (-math.inf if key.low is None else key.low), (math.inf if key.high is None else key.high)
    return f">= {low:g}" if math.isinf(high) else f"[{low:g}, {high:g}]"


def kind_findings(codes, ids, layer, name):
    """Ecosystem types that the classification does not have; empty ones pass."""
    known = codes.isna() | codes.isin(set(ecosystem_types()))
    if known.all():
        return []
    shown = sorted({f"{code:g}" for code in codes[~known]})
    return [
        finding(
            "KIND_UNKNOWN",
            layer=layer,
            features=tuple(ids[~known]),
            found=shown,
            expected=in_words("finding_of_classification", name=name),
        )
    ]


def _outside(fits, ids, values, name, layer, expected):
    """VALUE_OUT_OF_RANGE for the rows that do not fit."""
    wrong = ~np.asarray(fits, dtype=bool)
    if not wrong.any():
        return []
    found = [f"{name} = {value}" for value in dict.fromkeys(values[wrong])]
    return [finding("VALUE_OUT_OF_RANGE", layer=layer, features=tuple(ids[wrong]), found=found, expected=expected)]


def _whole(values):
    return values.isna() | (values % 1.0 == 0.0)
