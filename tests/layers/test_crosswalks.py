"""A crosswalk of the user's own: every spelling of its declared columns, and what is refused with its place."""

import itertools

import pytest

from ecoval.declarations import columns
from ecoval.errors import InputError
from ecoval.layers.crosswalks import COLUMNS, Crosswalk, CrosswalkRow


def written(folder, head, *rows):
    path = folder / "classes.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("names", list(itertools.product(*COLUMNS.values())), ids="-".join)
@pytest.mark.parametrize("turned", [False, True])
def test_any_spelling_of_the_columns_in_any_order_is_the_same_crosswalk(tmp_path, names, turned):
    cells = [names, ("0301", "111"), ("A2", "511")]
    head, *rows = (",".join(reversed(row) if turned else row) for row in cells)
    made = Crosswalk.read(written(tmp_path, head, *rows))
    assert (dict(made.targets), made.name) == ({"0301": 111, "A2": 511}, "classes.csv")


@pytest.mark.parametrize("place", [0, 1])
def test_a_table_without_one_of_the_columns_is_refused_with_all_its_spellings(tmp_path, place):
    head = [*columns(CrosswalkRow)]
    head[place] = "clas"
    with pytest.raises(InputError) as caught:
        Crosswalk.read(written(tmp_path, ",".join(head), "0301,111"))
    assert (caught.value.code, caught.value.fields["column"]) == ("table_column_missing", " / ".join(list(COLUMNS.values())[place]))


@pytest.mark.parametrize(
    ("rows", "code", "named"),
    [
        (("0301,111", ",511"), "table_cell_empty", {"column": "source_code", "cell": "A3"}),
        (("0301,111", "0302,"), "table_cell_empty", {"column": "target_code", "cell": "B3"}),
        (("0301,111", "0302,121", "0301,511"), "crosswalk_code_twice", {"code": "0301", "first": 2, "second": 4}),
        (("0301,111", "0302,99999"), "crosswalk_type_unknown", {"found": "99999", "cell": "B3"}),
    ],
)
def test_a_row_that_says_no_type_is_refused_with_its_place(tmp_path, rows, code, named):
    with pytest.raises(InputError) as caught:
        Crosswalk.read(written(tmp_path, "source_code,target_code", *rows))
    assert caught.value.code == code
    assert {name: caught.value.fields[name] for name in named} == named
