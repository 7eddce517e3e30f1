"""Write the golden tables of tests/golden anew, all of them or those of the groups that are named.

    python scripts/golden.py [GROUP ...]

Do this only where a moved number is meant: CHANGELOG.md then says under *Numbers* which table moved, by how much and why. The
tests of tests/golden compare the same tables and say what moved.
"""

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1] / "tests")  # in the place of scripts/, where this file has the name of the folder

from golden.comparison import keep  # noqa: E402
from golden.groups import GROUPS, made  # noqa: E402

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("group", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    chosen = parser.parse_args().group
    if unknown := set(chosen) - set(GROUPS):
        parser.error(f"no group {', '.join(sorted(unknown))} among {', '.join(GROUPS)}")
    for group in chosen or GROUPS:
        changed = keep(group, made(group))
        print(f"{group}: {', '.join(changed) or 'nothing changed'}")
