"""The whole matrix of mutations, and docs/robustness.md with its Chinese twin: `make robustness` (about an hour on two cores).

    python scripts/robustness.py                      every mutation, then the pages
    python scripts/robustness.py --outcomes FILE      keeps outcomes in FILE (JSON lines) and goes on from there
    python scripts/robustness.py --outcomes FILE --pages     only the pages, from outcomes that are there

The gate runs a fixed tenth of the same matrix (tests/robustness).
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "robustness"))

import mutations  # noqa: E402

PAGES = {
    "en": (
        "robustness.md",
        "# Robustness\n\n"
        "Every key of study.toml and project.toml and cells of every table of the sample are changed, one at a time: left out, "
        "misspelt, replaced by a text, a list, nothing, nan, inf, 1e300, or multiplied by -1, 0, 10, 100, 1000 and 0.001. "
        "`make robustness` writes this page; a fixed tenth is part of `make test`.\n\n"
        "*Refused*: by `ecoval check`, before anything is computed. *Warned*: check or run name what was changed. *Equal*: every "
        "table is the same to the bit. *In range*: the result moves, and no physical range tells the value from a true one (list "
        "below). *Passed*: a project's validator takes the value; nothing was computed. *Silent*, *late* and *crashed* are faults: "
        "the result moves without a word, the run refuses what the check let pass, an error without a message of ours.\n",
        ("file", "mutations"),
        "## What no range can tell\n\nThe price of a product that is ten times too high may be that of a finer one. "
        "Look at these numbers yourself; the limits are in `ecoval/data/guards.csv`.\n",
        ("file", "key", "of", "changes", "why"),
        "all",
    ),
    "zh": (
        "robustness.zh.md",
        "# 稳健性\n\n"
        "逐一改动示例的 study.toml、project.toml 的每个键以及各表的单元格：删去、拼错、换成文本、列表、空值、nan、inf、1e300，"
        "或乘以 -1、0、10、100、1000、0.001。本页由 `make robustness` 生成；固定的十分之一是 `make test` 的一部分。\n\n"
        "*refused*：计算之前由 `ecoval check` 拒绝。*warned*：检查或运行指出了被改动的内容。*equal*：各表逐位相同。"
        "*in range*：结果变了，但没有物理范围能把该值与真值区分开（见下表）。*passed*：项目校验接受该值，未作计算。"
        "*silent*、*late*、*crashed* 属于缺陷：结果变了而没有任何提示；检查放行而运行拒绝；出现没有说明的错误。\n",
        ("文件", "改动数"),
        "## 无法由范围判断的内容\n\n高出十倍的产品价格也可能是更精细产品的价格。这些数值请自行核对；"
        "判断界限见 `ecoval/data/guards.csv`。\n",
        ("文件", "键", "对象", "改动", "理由"),
        "合计",
    ),
}
BASE: dict = {}


def prepared(folder):
    """What a process compares with, and where it works."""
    BASE["study"] = mutations.baseline(folder / "study")
    BASE["project"] = mutations.project_baseline(folder / "project")
    BASE["work"] = {name: Path(tempfile.mkdtemp()) for name in ("study", "project")}


def result(entry):
    """Outcome of one mutation of the study or of the project."""
    kind, mutation = entry
    return mutation.file, mutation.id, *mutations.outcome(mutation, BASE[kind], BASE["work"][kind])


def matrix(folder):
    """Every mutation with what it is of: the small study, or the whole sample with its project."""
    study = mutations.small_sample(folder / "study")
    project = shutil.copytree(mutations.SAMPLE, folder / "project")
    return [("study", each) for each in mutations.mutations(study)] + [
        ("project", each) for each in mutations.project_mutations(project)
    ]


def page(lang, rows, whole):
    """Counts per file and outcome, and the list of what no range can tell; `whole` is the number of mutations that there are."""
    _, lead, heads, after, columns, total = PAGES[lang]
    counts: dict = {}
    for file, _, outcome, _ in rows:
        counts.setdefault(file, Counter())[outcome] += 1
    counts[total] = sum(counts.values(), Counter())
    share = {
        "en": f"{len(rows)} of {whole} mutations stand in this page.\n",
        "zh": f"本页包含 {whole} 项改动中的 {len(rows)} 项。\n",
    }
    lines = [lead, share[lang], table((*heads, *mutations.OUTCOMES), [])]
    lines += [
        "| " + " | ".join(map(str, (name, each.total(), *(each[one] for one in mutations.OUTCOMES)))) + " |"
        for name, each in counts.items()
    ]
    listed = [
        (file, key, ", ".join(items) or "-", ", ".join(kinds), why[lang]) for file, key, items, kinds, why in mutations.IN_RANGE
    ]
    return "\n".join([*lines, "", after, table(columns, listed)]) + "\n"


def table(heads, rows):
    """A table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=Path, default=ROOT / "build" / "robustness.jsonl")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--pages", action="store_true")
    options = parser.parse_args()
    options.outcomes.parent.mkdir(exist_ok=True)
    known = options.outcomes.read_text(encoding="utf-8").splitlines() if options.outcomes.exists() else []
    rows = [json.loads(line) for line in known]
    with tempfile.TemporaryDirectory() as name:
        every = matrix(Path(name))
        there = {row[1] for row in rows}
        left = [] if options.pages else [entry for entry in every if entry[1].id not in there]
        if left:
            with Pool(options.processes, prepared, (Path(name),)) as pool, options.outcomes.open("a", encoding="utf-8") as stream:
                for row in pool.imap_unordered(result, left, chunksize=4):
                    rows.append(row)
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        ids = {entry[1].id for entry in every}
    rows = [row for row in rows if row[1] in ids]
    for lang, (name, *_) in PAGES.items():
        (ROOT / "docs" / name).write_text(page(lang, rows, len(ids)), encoding="utf-8", newline="\n")
    faults = [row for row in rows if row[2] in mutations.FAULTS]
    print(f"{len(rows)} of {len(ids)} mutations, {len(faults)} faults")
    for _, name, outcome, text in faults:
        print(f"{outcome}: {name}: {text[:160]}")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
