"""The declaration of a study with absolute paths, as the run folder keeps it."""

import json
from pathlib import Path

from ecoval import formats
from ecoval.standards import located


def absolute_study(content, folder):
    """Content of a study.toml with every path absolute."""

    def absolute(text):
        return str(folder / text)

    content = json.loads(json.dumps(content, ensure_ascii=False, default=str))
    content["study"].setdefault(formats.KEY, formats.CURRENT["study"])
    for entry in content.get("units", {}).values():
        entry["path"] = absolute(entry["path"])
    for table in ("layers", "statistics"):
        for key, entry in content.get(table, {}).items():
            if isinstance(entry, str):
                content[table][key] = absolute(entry)
            else:
                entry["path"] = absolute(entry["path"])
                if Path(entry.get("classes", "")).suffix:
                    entry["classes"] = absolute(entry["classes"])
                if "mixtures" in entry:
                    entry["mixtures"] = absolute(entry["mixtures"])
    if "standard" in content.get("study", {}):
        content["study"]["standard"] = located(content["study"]["standard"], folder)
    for table in ("parameters", "prices"):
        names = content.get(table, {}).get("tables")
        if names:
            names = [names] if isinstance(names, str) else names
            content[table]["tables"] = [absolute(name) for name in names]
    if "scope" in content.get("services", {}):
        content["services"]["scope"] = absolute(content["services"]["scope"])
    return content
