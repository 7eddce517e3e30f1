"""Unpacking stored numbers against NumPy."""

import numpy as np
import pytest

from ecoval.kernels.stack import unpacked


@pytest.mark.parametrize("dtype", ["int16", "uint8", "int32", "float32"])
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (0.1, 0.0), (0.0025, 65.0)])
def test_scale_offset_and_missing(dtype, scale, offset):
    stored = np.arange(0, 200).astype(dtype)
    out = np.empty(200, dtype=np.float32)
    unpacked(stored, 7.0, scale, offset, out)
    expected = stored * scale + offset
    expected[7] = np.nan
    np.testing.assert_allclose(out, expected, rtol=1e-6)


def test_without_a_missing_value_only_nan_is_missing():
    stored = np.array([0.0, np.nan, -9999.0], dtype=np.float32)
    out = np.empty(3, dtype=np.float32)
    unpacked(stored, np.nan, 2.0, 1.0, out)
    np.testing.assert_array_equal(out, np.float32([1.0, np.nan, -19997.0]))
