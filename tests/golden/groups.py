"""Groups of golden tables, and how they are made: in a process of their own, whose arithmetic is the same on every x86-64 machine.

NumPy, BLAS and the C library choose their loops by the processor, and the last digits of a sine or of a dot product go with them.
`PLAIN` takes the choice away; what is left depends on the versions of the packages alone. Compiled kernels give the same bits on
every processor and are not in the list.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from golden import county, options, prepared, youwuzhen
from golden.comparison import Tables

GROUPS: dict[str, Callable[[Path], Tables]] = {
    "account": county.account,
    "offset": county.balance,
    "zonal": county.zonal_statistics,
    "options": options.tables,
    "prepare": prepared.tables,
    "youwuzhen": youwuzhen.quantities,
}
OUTSIDE = ("youwuzhen",)  # groups that read data from outside the repository
PLAIN = {
    # the names of old and new versions of NumPy; those that a version or a processor does not have are passed over
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
    " AVX F16C FMA3 AVX2 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL",
    "OPENBLAS_CORETYPE": "Prescott",
    "OPENBLAS_NUM_THREADS": "1",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F",
}


def made(group: str) -> Tables:
    """Tables of a group, made anew."""
    environment = os.environ | PLAIN | {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "golden.groups", group]
    with tempfile.TemporaryDirectory(prefix="运行 ") as folder:
        subprocess.run([*command, folder], env=environment, check=True)
        tables: Tables = json.loads((Path(folder) / "tables.json").read_text(encoding="utf-8"))
    return tables


if __name__ == "__main__":
    name, place = sys.argv[1], Path(sys.argv[2])
    (place / "tables.json").write_text(json.dumps(GROUPS[name](place)), encoding="utf-8")
