"""The algorithms as the library declares them: `operations.json`, written by scripts/operations.py."""

import json
import os
from functools import lru_cache

from . import catalogue
from .i18n import language

PATH = os.path.join(os.path.dirname(__file__), "operations.json")
SERVICES = "{services}"  # in a help: the services of the catalogue


@lru_cache(maxsize=1)
def algorithms():
    """Every declared algorithm, in the order of the library."""
    with open(PATH, encoding="utf-8") as stream:
        return json.load(stream)["algorithms"]


def said(text):
    """A text in the language of the user."""
    words = text.get(language()) or text.get("en") or ""
    return words.replace(SERVICES, catalogue.services_help()) if SERVICES in words else words


def choices(entry):
    """Choices of a parameter: its own, those that fill fields of the request, or a list of the catalogue."""
    own = entry.get("choices")
    if isinstance(own, str):
        return LISTS[own]()
    return list(own or entry.get("fills") or ())


def mapped():
    """Services that have a quantity per cell."""
    return [each["code"] for each in catalogue.services() if any(item["form"] != "table" for item in each["items"])]


LISTS = {
    "services": lambda: [each["code"] for each in catalogue.services()],
    "mapped": mapped,
    "standards": catalogue.standards,
    "regions": catalogue.regions,
    "crosswalks": catalogue.crosswalks,
    "schemes": lambda: [*catalogue.crosswalks(), "hj1166"],
}
