"""Columns and volume integrals; div B = 0 on the grid by a differentiation of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Columns, Shell

LAYOUTS = [(1, 0, 1), (1, 1, 1), (5, 0, 1), (6, 6, 1), (7, 4, 2), (6, 6, 3)]


@given(st.sampled_from(LAYOUTS), st.integers(0, 2**32 - 1))
def test_columns_round_trip(layout, seed):
    columns = Columns(Harmonics(*layout))
    values = np.random.default_rng(seed).standard_normal((3, columns.count))
    back = columns.from_complex(columns.to_complex(values))
    np.testing.assert_allclose(back, values, rtol=4e-16, atol=0)  # times and over sqrt 2


@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns(layout):
    harmonics = Harmonics(*layout)
    columns = Columns(harmonics)
    assert columns.count == np.where(harmonics.order > 0, 2, 1).sum()
    if layout[0] == layout[1] and layout[2] == 1:
        assert columns.count == (layout[0] + 1) ** 2 - 1
    assert columns.degree.size == columns.order.size == columns.count
    used = np.concatenate([columns.real, columns.imaginary[columns.imaginary >= 0]])
    assert sorted(used) == list(range(columns.count))
    for degree, part in enumerate(columns.degree_slices, start=1):
        assert np.all(columns.degree[part] == degree)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_square_sum_of_columns_is_the_integral_of_the_square(layout):
    harmonics = Harmonics(*layout)
    columns = Columns(harmonics)
    values = np.random.default_rng(0).standard_normal(columns.count)
    zero = np.zeros(harmonics.size, dtype=complex)
    radial, _, _ = harmonics.synthesis(columns.to_complex(values), zero, zero)
    integral = (harmonics.solid_angle.reshape(radial.T.shape).T * radial**2).sum()
    assert integral == pytest.approx(values @ values, rel=1e-12)


@pytest.mark.parametrize("order", [8, 9])
def test_half_evaluation_is_half_of_the_evaluation(order):
    shell = Shell(radial_basis(1.0, 2.0, order), Harmonics(2, 0))
    half = shell.basis.points // 2
    for part, matrix in enumerate(shell.basis.evaluation):
        sign = -1.0 if part == 1 else 1.0  # a derivative changes the parity
        even, odd = (m[part] for m in shell.half_evaluation)
        np.testing.assert_allclose(even, matrix[half:, 0::2], atol=1e-12)
        np.testing.assert_allclose(odd, matrix[half:, 1::2], atol=1e-12)
        scale = np.abs(matrix).max()
        np.testing.assert_allclose(sign * even[::-1], matrix[:half, 0::2], atol=1e-13 * scale)
        np.testing.assert_allclose(-sign * odd[::-1], matrix[:half, 1::2], atol=1e-13 * scale)


def test_volume():
    shell = Shell(radial_basis(1.0, 2.0, 12), Harmonics(2, 0))
    assert shell.volume == pytest.approx(4 * np.pi * 7 / 3, rel=1e-15)
    # accuracy 1e-12 of the map
    assert shell.integral(np.full(shell.basis.points, 4 * np.pi)) == pytest.approx(
        shell.volume, rel=1e-11
    )
