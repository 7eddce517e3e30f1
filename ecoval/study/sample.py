"""The sample county that comes with the package."""

import contextlib
from importlib import resources
from pathlib import Path

from ecoval.errors import InputError

SOURCE_TREE = Path(__file__).parents[2] / "sample_data"


@contextlib.contextmanager
def sample_study():
    """Path of the sample county's study.toml, as installed or in the source tree.

    Yields
    ------
    text
    """
    with contextlib.ExitStack() as stack:
        folder = None
        with contextlib.suppress(ModuleNotFoundError):
            folder = Path(stack.enter_context(resources.as_file(resources.files("ecoval.sample"))))
        if folder is None or not (folder / "study.toml").is_file():
            folder = SOURCE_TREE
        if not (folder / "study.toml").is_file():
            raise InputError("sample_missing", path=str(folder))
        yield folder / "study.toml"
