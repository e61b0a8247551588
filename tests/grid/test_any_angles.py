"""Spherical harmonics at any angles, beside SciPy's and beyond the degrees that SciPy reaches."""

import numpy as np
import pytest
from numpy.polynomial import legendre
from scipy.special import sph_legendre_p_all

from spectralcmi.grid import any_angles
from spectralcmi.grid.any_angles import vector_at, zonal_slope_at

COLATITUDE = np.array([0.0, 1e-3, 0.4, np.pi / 2, 2.9, np.pi])


def test_the_functions_are_those_of_scipy():
    table = any_angles._legendre_table(40, 41, COLATITUDE)
    expected = sph_legendre_p_all(40, 41, COLATITUDE)[0]
    orders = [*range(42), -1]
    # rounding of forty steps of a recurrence, of functions up to 3
    np.testing.assert_allclose(table, expected[:, orders], rtol=0, atol=1e-13)


@pytest.mark.parametrize("lmax", [645, 646, 1500])
def test_squares_of_all_orders_add_up(lmax):
    # addition theorem: Sum_m |Y_lm|^2 = (2l+1)/(4 pi)
    table = any_angles._legendre_table(lmax, lmax, np.array([0.3, 1.2]))
    total = (table[lmax, 0] ** 2) + 2 * (table[lmax, 1 : lmax + 1] ** 2).sum(axis=0)
    # the recurrence loses about l of the last digits' units
    np.testing.assert_allclose(total, (2 * lmax + 1) / (4 * np.pi), rtol=1e-11)


def test_a_field_of_a_thousand_degrees_is_finite_and_right():
    degree, order = np.array([1, 1000]), np.zeros(2, dtype=int)
    radial = np.array([[1.0, 0.5]], dtype=complex)
    nothing = np.zeros_like(radial)
    field, *_ = vector_at(degree, order, (radial, nothing, nothing), COLATITUDE, np.zeros(1))
    series = np.zeros(1001)
    series[[1, 1000]] = np.sqrt([3.0, 2001.0]) / np.sqrt(4 * np.pi) * [1.0, 0.5]
    expected = legendre.legval(np.cos(COLATITUDE), series)
    np.testing.assert_allclose(field[0, :, 0], expected, rtol=0, atol=1e-10)
    slope = zonal_slope_at(degree, radial.real, COLATITUDE)[0]
    expected = -np.sin(COLATITUDE) * legendre.legval(np.cos(COLATITUDE), legendre.legder(series))
    # derivatives of l = 1000 are a thousand times as large
    np.testing.assert_allclose(slope, expected, rtol=0, atol=1e-6)
