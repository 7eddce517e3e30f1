"""The stage `declaration` of the engine: what a project file says, for a form that shows and changes it."""

from pathlib import Path

from ecoval.engine import offset
from ecoval.offset import Project

PROJECT = Path(__file__).parents[1] / "sample_data" / "project.toml"


def test_every_path_is_absolute_and_the_rules_are_there():
    said = offset.declaration(Project.read(PROJECT))
    content = said["project"]
    for path in (content["project"]["study"], content["footprints"]["path"], content["candidates"]["path"]):
        assert Path(path).is_absolute()
        assert Path(path).is_file()
    assert {"service", "area_kind", "same", "neighbour", "elsewhere"} <= set(said["rules"][0])
    assert len(said["rules_hash"]) == 64
    assert said["timing"] == {"time": "discount", "rate": 0.03, "horizon": "30", "convention": "mean"}


def test_the_content_given_back_is_the_same_project():
    one = Project.read(PROJECT)
    content = offset.declaration(one)["project"]
    other = Project.of(content, PROJECT.parent / "elsewhere")
    assert offset.declaration(other)["project"] == content
    assert offset.declaration(other)["rules_hash"] == offset.declaration(one)["rules_hash"]
