"""Products by degree against NumPy's."""

import numpy as np
import pytest

from spectralcmi.grid.products import STRIP, dgemm_address, multiply_by_degree


@pytest.mark.parametrize("widths", [(1, 1, 1), (3, 5, 7), (STRIP, 1, 2 * STRIP + 1)])
def test_each_degree_has_its_own_matrix(widths):
    rng = np.random.default_rng(5)
    bounds = np.cumsum([0, *widths])
    matrices = rng.normal(size=(len(widths), 5, 9))
    source = rng.normal(size=(9, bounds[-1]))
    target = np.full((5, bounds[-1]), np.nan)
    multiply_by_degree(dgemm_address(), matrices, bounds, source, target)
    expected = [m @ source[:, a:b] for m, a, b in zip(matrices, bounds, bounds[1:], strict=False)]
    # sums of nine products of order one
    np.testing.assert_allclose(target, np.hstack(expected), rtol=0, atol=1e-13)


def test_parts_of_larger_arrays_are_read_and_written_where_they_lie():
    """Rows and columns around them stay as they were."""
    rng = np.random.default_rng(6)
    matrices = rng.normal(size=(4, 6, 10))[1:3, :, :8]
    inside = (slice(1, 17, 2), slice(4, 12))
    source = rng.normal(size=(18, 20))
    target = np.zeros((12, 30))
    multiply_by_degree(
        dgemm_address(), matrices, np.array([0, 3, 8]), source[inside], target[3:9, 5:13]
    )
    columns = source[inside]
    expected = np.hstack([matrices[0] @ columns[:, :3], matrices[1] @ columns[:, 3:]])
    # sums of eight products of order one
    np.testing.assert_allclose(target[3:9, 5:13], expected, rtol=0, atol=1e-13)
    target[3:9, 5:13] = 0.0
    assert not target.any()
