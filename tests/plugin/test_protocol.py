import json

import pytest

from ecoval_qgis.engine import protocol


def test_a_request_is_one_line_of_utf8():
    raw = protocol.line(7, "run", {"name": "余杭区\n", "path": "数据 目录"})
    assert raw.endswith(b"\n")
    assert raw.count(b"\n") == 1
    assert json.loads(raw.decode("utf-8")) == {"id": 7, "method": "run", "params": {"name": "余杭区\n", "path": "数据 目录"}}


def test_lines_come_out_whole_however_they_are_cut():
    text = (json.dumps({"id": 1, "text": "余杭区"}, ensure_ascii=False) + "\n").encode("utf-8") * 3
    for size in (1, 2, 3, 7, 1000):
        lines = protocol.Lines()
        found = [event for start in range(0, len(text), size) for event, _ in lines.feed(text[start : start + size])]
        assert found == [{"id": 1, "text": "余杭区"}] * 3


def test_what_is_no_object_comes_out_as_text():
    found = protocol.Lines().feed(b'hello\n[1]\n\n{"id": 1}\r\n\xff\n')
    assert [event for event, _ in found] == [None, None, {"id": 1}, None]
    assert found[0][1] == "hello"


@pytest.mark.parametrize(
    ("protocols", "version", "code"),
    [
        ([1], "0.1.0", None),
        ([1, 2], "3.0.0", None),
        ([2, 3], "9.0.0", "ENGINE_TOO_NEW"),
        ([0], "0.0.9", "ENGINE_PROTOCOL"),
        ([], "", "ENGINE_PROTOCOL"),
        ([1], "0.0.9", "ENGINE_TOO_OLD"),
        ([1], None, None),
    ],
)
def test_versions_are_refused_by_code(protocols, version, code):
    refused = protocol.refusal({"protocols": protocols, "ecoval": version})
    assert (refused and refused[0]) == code


def test_versions_compare_as_numbers():
    assert protocol.version("0.10.0") > protocol.version("0.9.1")
    assert protocol.version("1.0rc1") == (1, 0)
