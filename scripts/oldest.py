"""Print the lower bounds of the dependencies in setup.cfg as exact versions, one a line."""

import configparser
from pathlib import Path

setup = configparser.ConfigParser()
setup.read(Path(__file__).parents[1] / "setup.cfg", encoding="utf-8")
wanted = setup["options"]["install_requires"].split() + setup["options.extras_require"]["test"].split()
print("\n".join(requirement.replace(">=", "==") for requirement in wanted))
