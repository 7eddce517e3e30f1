import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

os.environ.pop("COLUMNS", None)  # workers of a parallel run set it, and tables would be cut to a narrow terminal
