"""Draw the pictures of the README from the sample county."""

from pathlib import Path

import ecoval as ev

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    account = ev.Study.read(ROOT / "sample_data" / "study.toml").run(year=2023)
    account.map("gep", lang="zh").savefig(ROOT / "docs" / "images" / "sample_gep.png", dpi=110)
