"""The fixed tenth of the mutations of a project and its tables, before anything is computed; the list of in-range keys."""

import shutil

from robustness import mutations


def test_no_fault_in_the_tenth_of_a_project(tmp_path):
    folder = shutil.copytree(mutations.SAMPLE, tmp_path / "base")
    every = [mutation for mutation in mutations.project_mutations(folder) if mutation.in_tenth]
    assert {mutation.file for mutation in every} >= {"project.toml", "statutory.csv", "provided.csv"}
    assert not mutations.faults(every, mutations.project_baseline(folder), tmp_path)


def test_every_row_of_the_list_says_why_and_is_met(tmp_path):
    folder = mutations.small_sample(tmp_path / "base")
    every = [*mutations.mutations(folder), *mutations.project_mutations(shutil.copytree(mutations.SAMPLE, tmp_path / "project"))]
    for file, key, items, kinds, reason in mutations.IN_RANGE:
        assert set(reason) == {"en", "zh"}
        row = (file, key, items, kinds, reason)
        assert any(mutations.matches(mutation, row) for mutation in every), row
