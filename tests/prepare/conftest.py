import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import catchment
import pytest

from ecoval.declarations import entries
from ecoval.prepare import recipe


@pytest.fixture(scope="session", params=["synthetic", "outside"])
def youwuzhen(request, tmp_path_factory):
    """Folder of a catchment: made up, and of the outside data."""
    if request.param == "synthetic":
        return catchment.write(tmp_path_factory.mktemp("流域") / "youwuzhen")
    return request.getfixturevalue("outside") / "data" / "youwuzhen"


def declared(rows, columns):
    """Whether a table has the columns of a class of rows, in their order; any further ones where the class takes any."""
    keys = entries(rows)
    names = [key.name for key in keys if not key.key.rest and (key.required or key.name in columns)]
    return columns == names if not any(key.key.rest for key in keys) else set(names) <= set(columns)


@pytest.fixture(scope="session", autouse=True)
def _tables_of_quality():
    """Every product that a test makes has the tables of quality that its room declares."""
    make = recipe.recipe

    def checked(product, *arguments, **options):
        room = sys._getframe(1).f_globals["__name__"].rpartition(".")[0]
        tables = options.get("quality") if room.startswith("ecoval.prepare.") else None
        for name, table in (tables or {}).items():
            rows = [row for part, row in import_module(f"{room}.product").QUALITY if part == name]
            assert any(declared(row, list(table.columns)) for row in rows), (room, name, list(table.columns))
        return make(product, *arguments, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recipe, "recipe", checked)
        yield
