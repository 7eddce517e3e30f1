"""What binds candidates: barred ones with their reason, those that shut each other out, those that must be taken."""

import re
from collections.abc import Mapping
from itertools import groupby

import numpy as np
from scipy import sparse

from ecoval.errors import InputError
from ecoval.terms import nearest
from ecoval.words import message

BANNED = "BANNED"
TOO_SMALL = "AREA_TOO_SMALL"


def named(options, name, rule):
    """Positions of the options that a name stands for: a candidate, or `candidate:option`, or the pair.

    Parameters
    ----------
    options : table (candidate_id, option_id)
    name : text or (text, text)
    rule : choice {must, ban, conflicts}

    Returns
    -------
    vector (options), 1

    Raises
    ------
    InputError
        Where no candidate has that name, with the nearest.
    """
    candidate, option = (name, None) if isinstance(name, str) else name
    found = options["candidate_id"] == candidate
    if not found.any() and option is None and ":" in candidate:
        candidate, _, option = candidate.rpartition(":")
        found = options["candidate_id"] == candidate
    if option is not None:
        found &= options["option_id"] == option
    if not found.any():
        known = options["candidate_id"] if option is None else options["candidate_id"] + ":" + options["option_id"]
        text = candidate if option is None else f"{candidate}:{option}"
        raise InputError("choose_name_unknown", rule=rule, found=text, nearest=nearest(text, known) or "-")
    return np.flatnonzero(found.to_numpy())


def barred(options, ban, whole):
    """Candidates with the code and reason why one may not be chosen; "" where it may.

    Parameters
    ----------
    options : table (candidate_id, option_id, excluded, area, minimum_area, floor)
    ban : texts
        Or mapping name -> reason.
    whole : choice {True, False}

    Returns
    -------
    table (..., barred, reason_en, reason_zh)
    """
    made = options.assign(barred=options["excluded"])
    small = np.flatnonzero((made["barred"] == "") & (made["minimum_area"] > made["area"]))
    for place in small:
        fields = {"area": float(made["area"][place]), "minimum": float(made["minimum_area"][place])}
        _bar(made, place, TOO_SMALL, "choose_too_small", fields)
    reasons = ban if isinstance(ban, Mapping) else dict.fromkeys(ban, "-")
    for name, reason in reasons.items():
        for place in named(made, name, "ban"):
            if made["barred"][place] == "":
                _bar(made, place, BANNED, "choose_banned", {"reason": reason})
    if whole:
        made["floor"] = 1.0
    return made


def _bar(made, place, code, text, fields):
    made.loc[place, ["barred", "reason_en", "reason_zh"]] = [code, message(text, fields, "en"), message(text, fields, "zh")]


def bound_together(options, conflicts):
    """Sets of options of which at most one may be chosen: of a candidate, of a conflict group, of a pair.

    Parameters
    ----------
    options : table (candidate_id, option_id, conflict_group)
        Several groups of one candidate are parted by semicolons.
    conflicts : pairs of texts

    Returns
    -------
    sparse array (sets, options)
    """
    sets = []
    for _, group in groupby(range(len(options)), key=options["candidate_id"].tolist().__getitem__):
        sets.append(tuple(group))
    groups = {}
    for place, text in enumerate(options["conflict_group"]):
        for name in filter(None, (part.strip() for part in re.split("[;；]", text))):
            groups.setdefault(name, []).append(place)
    sets += [tuple(groups[name]) for name in sorted(groups)]
    pairs = {tuple(sorted({*named(options, a, "conflicts"), *named(options, b, "conflicts")})) for a, b in conflicts}
    sets = list(dict.fromkeys(one for one in [*sets, *sorted(pairs)] if len(one) > 1))
    lengths = [len(one) for one in sets]
    places = np.array([place for one in sets for place in one], dtype=np.intp)
    entries = (np.ones(len(places)), (np.repeat(np.arange(len(sets)), lengths), places))
    return sparse.coo_array(entries, shape=(len(sets), len(options))).tocsr()


def chosen_whole(options, must):
    """Options of which one is to be taken in full, for each name of the list.

    Parameters
    ----------
    options : table (candidate_id, option_id, barred)
    must : texts

    Returns
    -------
    vectors (options)

    Raises
    ------
    InputError
        Where none of them may be chosen, with the reason.
    """
    found = {}
    for name in must:
        places = named(options, name, "must")
        free = places[(options["barred"].to_numpy()[places] == "")]
        if len(free) == 0:
            first = options.loc[places[0]]
            reason = first["reason_en"] or first["barred"]
            raise InputError("choose_must_barred", candidate=str(name), code=first["barred"], reason=reason)
        found[tuple(free)] = np.asarray(free)
    return tuple(found[key] for key in sorted(found))
