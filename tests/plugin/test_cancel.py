"""Cancelled at 10, 50 and 90 % of a study that takes some seconds: it ends at once and leaves nothing but its record."""

import json
import os
import shutil
import time

import pytest
from bounds import within
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback


class At(QgsProcessingFeedback):
    """Cancels at the first progress that has reached a share."""

    def __init__(self, share):
        super().__init__(False)
        self.share, self.asked, self.told = share, 0.0, []
        self.progressChanged.connect(self.watch)

    def watch(self, value):
        self.told.append(value)
        if value >= 100 * self.share and not self.asked:
            self.asked = time.monotonic()
            self.cancel()


@pytest.mark.timed
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_cancelled_early_in_the_middle_and_late(processing, county, tmp_path, share):
    study = shutil.copytree(str(county), str(tmp_path / "study"))  # other files: the engine keeps nothing of them
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("ecoval:run_study")
    given = {"STUDY": os.path.join(study, "study.toml"), "OUT_FOLDER": str(tmp_path / "run"), "YEAR": 2023, "THREADS": 1}
    feedback = At(share)
    results, _ = algorithm.run(given, QgsProcessingContext(), feedback)
    assert feedback.asked, feedback.told
    within(time.monotonic() - feedback.asked, 0.5, "cancelled at %.0f %% of %.0f %%" % (feedback.told[-1], 100 * share))
    assert not results
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "cancelled"
    assert os.listdir(str(tmp_path / "run")) == ["run.json"]
