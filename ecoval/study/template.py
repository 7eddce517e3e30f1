"""A new study: a commented study.toml and the folders for its data."""

from importlib import resources
from pathlib import Path

from ecoval.errors import InputError, ParameterError
from ecoval.files import RUN, make_folder, translate_refusals, write_text
from ecoval.parameters import standards
from ecoval.terms import nearest

FOLDERS = ("layers", "units", "statistics", "parameters")


def new_study(folder, standard="open-2026", units=None, id="code", label="name"):
    """Write study.toml and the folders that it speaks of.

    Parameters
    ----------
    folder : text
    standard : text
        A standard pack.
    units : text
        Path of the spatial units, as seen from the working directory.
    id, label : text
        Fields of their codes and names.

    Returns
    -------
    text
        Path of the file written.
    """
    folder = Path(folder)
    if standard not in standards():
        raise ParameterError("standard_unknown", given=standard, nearest=nearest(standard, standards()))
    path = folder / "study.toml"
    if path.exists():
        raise InputError("study_exists", path=str(path))
    text = resources.files("ecoval.study").joinpath("template.toml").read_text(encoding="utf-8")
    place = Path(units).resolve().as_posix() if units else "units/admin.gpkg"
    name = folder.resolve().name.replace("\\", "-").replace('"', "'")
    with translate_refusals(folder, RUN):
        for part in FOLDERS:
            make_folder(folder / part)
        write_text(path, text.format(name=name, standard=standard, units=place, id=id, label=label))
    return path
