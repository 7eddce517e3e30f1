"""Run folders that a killed process left behind."""

import json
import shutil
from pathlib import Path


def abandon(task, out, status):
    """Run folders that a killed process left behind: half files removed, the status said; those of living ones are left alone."""
    from ecoval.study.folder import RECORD, STAGE, now, works_elsewhere, write_json

    found = [path for path in (Path(out), *Path(out).glob("*")) if (path / STAGE).is_dir() or (path / RECORD).is_file()]
    changed = 0
    for place, folder in enumerate(found):
        record = json.loads((folder / RECORD).read_text(encoding="utf-8")) if (folder / RECORD).is_file() else {}
        stale = record.get("status") == "running"
        if not works_elsewhere(record):
            changed += stale or (folder / STAGE).is_dir()
            shutil.rmtree(folder / STAGE, ignore_errors=True)
            if stale:
                record.pop("process", None)
                write_json(folder / RECORD, record | {"status": status, "finished": now()})
        task.progress((place + 1) / len(found))
    return {"numbers": {"folders": changed}}
