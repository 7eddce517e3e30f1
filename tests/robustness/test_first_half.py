"""First half of the fixed tenth of the mutations of a study: each is refused, warned of, without effect, or in range."""

from robustness import mutations


def test_no_fault_in_the_first_half_of_the_tenth(tmp_path):
    folder = mutations.small_sample(tmp_path / "base")
    every = [mutation for mutation in mutations.mutations(folder) if mutation.in_tenth]
    assert len(every) > 150
    assert not mutations.faults(every[0::2], mutations.baseline(folder), tmp_path)
