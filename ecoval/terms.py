"""The controlled vocabulary: identifiers with their English and Chinese labels, of `data/terms.csv` and of each service."""

from __future__ import annotations

import difflib
from functools import cache

from ecoval.errors import InputError
from ecoval.registry import data_rows, service_rows


@cache
def vocabulary() -> dict[str, dict[str, str]]:
    """All terms: identifier -> {en, zh}."""
    rows = [*data_rows("terms.csv"), *service_rows("terms")]
    return {row["identifier"]: {"en": row["en"], "zh": row["zh"]} for row in rows}


def label(identifier: str, lang: str = "zh") -> str:
    """Label of an identifier in `en` or `zh`.

    Raises
    ------
    InputError
        For an identifier that is not in the vocabulary, with the nearest that is.
    """
    terms = vocabulary()
    if identifier not in terms:
        raise InputError("term_unknown", identifier=identifier, nearest=nearest(identifier, terms))
    return terms[identifier][lang]


def nearest(word: str, words: object) -> str:
    """Most similar of the words, for messages about unknown ones."""
    candidates = [str(entry) for entry in words]  # type: ignore[attr-defined]
    found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.0)
    return found[0] if found else ""


class Named(str):
    """An identifier that messages show by its label, part by part where it is `service:item`; itself where it has none."""

    __slots__ = ()

    def said(self, lang: str = "en") -> str:
        """Label in `en` or `zh`."""
        known = vocabulary()
        parts = [known[part][lang] if part in known else part for part in str(self).split(":")]
        return {"zh": "·"}.get(lang, ": ").join(parts)
