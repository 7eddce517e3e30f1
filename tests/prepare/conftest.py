import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import catchment
import pytest


@pytest.fixture(scope="session", params=["synthetic", "outside"])
def youwuzhen(request, tmp_path_factory):
    """Folder of a catchment: made up, and of the outside data."""
    if request.param == "synthetic":
        return catchment.write(tmp_path_factory.mktemp("流域") / "youwuzhen")
    return request.getfixturevalue("outside") / "data" / "youwuzhen"
