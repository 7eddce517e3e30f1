"""Files that are about to be replaced: refused before the work where another program holds them open."""

from pathlib import Path

from ecoval.errors import InputError


def refuse_in_use(paths):
    """Refuse where a file cannot be replaced because it is open elsewhere, as on Windows.

    Parameters
    ----------
    paths : list of path

    Raises
    ------
    InputError
    """
    for path in map(Path, paths):
        if path.is_file():
            try:
                path.replace(path)  # a rename onto itself fails where somebody holds the file
            except PermissionError as error:
                raise InputError("FILE_IN_USE", path=str(path), reason=str(error)) from error
