import hashlib
import json
import threading

from ecoval.runs import fingerprints
from ecoval.runs.fingerprints import Fingerprints, input_records, parts, recipes


def test_a_shapefile_stands_for_its_parts_and_a_folder_for_its_files(tmp_path):
    for name in ("a.shp", "a.dbf", "a.shx", "a.txt", "deep/b.bin"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [path.name for path in parts(tmp_path / "a.shp")] == ["a.shp", "a.shx", "a.dbf"]
    assert [path.name for path in parts(tmp_path)] == ["a.dbf", "a.shp", "a.shx", "a.txt", "b.bin"]
    assert parts(tmp_path / "absent.tif") == []
    (record,) = input_records([("units", tmp_path / "a.shp")])
    assert (record["size"], record["sha256"]) == (15, hashlib.sha256(b"a.shpa.shxa.dbf").hexdigest())


def test_an_input_that_changes_has_another_fingerprint(tmp_path):
    path = tmp_path / "a.tif"
    seen = set()
    for content in (b"", b"1", b"2"):
        path.write_bytes(content)
        seen.add(input_records([("layer", path)])[0]["sha256"])
    assert len(seen) == 3


def test_what_is_not_hashed_yet_is_dropped_at_the_end(tmp_path, monkeypatch):
    large, begun = tmp_path / "large.bin", threading.Event()
    with large.open("wb") as stream:
        stream.truncate(1 << 33)  # 8 GB of nothing, which nobody waits for

    def begin(path):
        begun.set()
        return [path]

    monkeypatch.setattr(fingerprints, "parts", begin)
    with Fingerprints() as marks:
        marks.add("large", large)
        assert begun.wait(10)
    assert marks.records() == [{"role": "large", "path": str(large), "size": None, "sha256": None}]


def test_recipes_come_from_the_files_beside_the_inputs(tmp_path):
    (tmp_path / "a.tif.recipe.json").write_text(json.dumps({"product": "soil"}))
    found = recipes([("soil", tmp_path / "a.tif"), ("npp", tmp_path / "b.tif")])
    assert found == [{"role": "soil", "path": str(tmp_path / "a.tif"), "product": "soil"}]
