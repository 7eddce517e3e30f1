"""Findings about names: what a project names by a key, a list or a column must be there."""

from ecoval.declarations import namings
from ecoval.offset.findings import finding
from ecoval.terms import nearest
from ecoval.words import in_words


def name_findings(declared, valid, tables=()):
    """Names in the tables and lists of a project that nothing has, with the nearest that there is.

    Parameters
    ----------
    declared : ProjectDeclaration
    valid : mapping (text, texts)
        What is named (`Key.names`) -> the names that there are; what is not among them is not looked at.
    tables : pairs (layer, (what is named, names))
        Names in tables that the project reads.

    Returns
    -------
    list of Finding
    """
    every = [(where, key.names, names) for where, key, names in namings(declared)]
    every += [(layer, what, names) for layer, (what, names) in tables]
    return [each for where, what, names in every if what in valid for each in _unknown(names, valid[what], where, what)]


def _unknown(names, valid, layer, what):
    """A finding of the names that are not among the valid ones; none where all are."""
    valid = {str(name) for name in valid}
    absent = tuple(name for name in dict.fromkeys(map(str, names)) if name not in valid)
    if not absent:
        return []
    close = tuple(dict.fromkeys(nearest(name, sorted(valid)) or "-" for name in absent))
    return [finding("NAME_UNKNOWN", layer=layer, features=absent, found=in_words(f"named_{what}"), expected=close)]
