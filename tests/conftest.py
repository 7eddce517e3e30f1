import os
import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["outside"]

os.environ.pop("COLUMNS", None)  # workers of a parallel run set it, and tables would be cut to a narrow terminal

# properties are not races, and the gate gives the same answer twice; HYPOTHESIS_PROFILE=search looks for new examples
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))
