"""What `make quick` leaves out follows from measured times: the longest files, never the golden tables or the kernels."""

import quick


def test_the_shortest_files_fill_the_budget(tmp_path):
    table = tmp_path / "durations.csv"
    table.write_text("file,seconds\nlong.py,40\nshort.py,1\nkernels/test_flow.py,500\nmiddle.py,9\n", encoding="utf-8")
    assert quick.left_out(table, 10.0) == {"long.py"}
    assert quick.left_out(table, 9.0) == {"long.py", "middle.py"}
