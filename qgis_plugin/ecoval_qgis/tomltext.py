"""Text of a project.toml out of plain data: tables, texts, numbers, lists."""

import json
import math
import re

BARE = re.compile(r"[A-Za-z0-9_-]+")


def text(content):
    """Content of a project.toml as text.

    Parameters
    ----------
    content : mapping
        Table -> key -> value; a value of None is left out.

    Returns
    -------
    text
    """
    lines = []
    for name, table in content.items():
        if table is None:
            continue
        if not isinstance(table, dict):
            lines.insert(0, "{} = {}".format(key(name), value(table)))
            continue
        lines += ["", "[{}]".format(key(name))]
        lines += ["{} = {}".format(key(each), value(entry)) for each, entry in table.items() if entry is not None]
    return "\n".join(lines).lstrip("\n") + "\n"


def key(name):
    """A key, quoted where it must be."""
    return name if BARE.fullmatch(name) else quoted(name)


def value(entry):
    """A value on one line."""
    if isinstance(entry, bool):
        return "true" if entry else "false"
    if isinstance(entry, int):
        return str(entry)
    if isinstance(entry, float):
        return repr(entry) if math.isfinite(entry) else "nan" if math.isnan(entry) else "inf" if entry > 0 else "-inf"
    if isinstance(entry, dict):
        parts = ["{} = {}".format(key(name), value(each)) for name, each in entry.items() if each is not None]
        return "{ " + ", ".join(parts) + " }" if parts else "{}"
    if isinstance(entry, (list, tuple)):
        return "[" + ", ".join(value(each) for each in entry if each is not None) + "]"
    return quoted(str(entry))


def quoted(words):
    """A text in quotes; JSON escapes what TOML escapes."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007F")


def write(content, path):
    """Write a project.toml.

    Parameters
    ----------
    content : mapping
    path : text

    Returns
    -------
    text
        The path.
    """
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text(content))
    return path
