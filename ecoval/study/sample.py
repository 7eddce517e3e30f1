"""The sample county that comes with the package."""

from importlib import resources
from pathlib import Path

from ecoval.errors import InputError

SOURCE_TREE = Path(__file__).parents[2] / "sample_data"


def sample_study() -> Path:
    """Path of the sample county's study.toml, as installed or in the source tree.

    Raises
    ------
    InputError
        Where it is in neither.
    """
    installed = Path(str(resources.files("ecoval").joinpath("sample")))
    for folder in (installed, SOURCE_TREE):
        if (folder / "study.toml").is_file():
            return folder / "study.toml"
    raise InputError("sample_missing", path=str(installed))
