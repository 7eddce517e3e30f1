"""Results that are asked for again: kept while the files they came from are the same."""

import collections
from pathlib import Path

KEPT = 32
ROWS_KEPT = 100_000  # larger tables are computed again

_tables = collections.OrderedDict()


def zonal_table(units, rasters, stats, named, threads, task):
    """Table of `zonal`, the kept one where files and question are the same.

    Parameters
    ----------
    units : text
    rasters : list of text
    stats : list of text
    named : table (id, layer, crs)
    threads : number, 1
    task : Task

    Returns
    -------
    table (unit_id, layer, ...)
    """
    from ecoval.totals import zonal

    key = (marks([units, *rasters]), tuple(stats), tuple(sorted((name, str(value)) for name, value in named.items())))
    if None not in key[0] and key in _tables:
        _tables.move_to_end(key)
        return _tables[key].copy()
    before = task.warned
    table = zonal(units, rasters, stats=stats, threads=threads, progress=task.progress, **named)
    if None not in key[0] and len(table) <= ROWS_KEPT and task.warned == before:  # a warning must come again
        _tables[key] = table.copy()
        while len(_tables) > KEPT:
            _tables.popitem(last=False)
    return table


def marks(paths):
    """Path, size and time of each file and of those that belong to it; None for what is no plain file."""
    found = []
    for path in map(Path, paths):
        if not path.is_file():
            found.append(None)
            continue
        family = sorted(entry for entry in path.parent.glob(glob_safe(path.stem) + ".*") if entry.is_file())
        found.append(tuple((str(entry), entry.stat().st_size, entry.stat().st_mtime_ns) for entry in family))
    return tuple(found)


def glob_safe(text):
    """Text with the wildcards of `glob` taken literally."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
