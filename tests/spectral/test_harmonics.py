"""The harmonic convention and the grid, against SciPy's spherical harmonics."""

import numpy as np
import pytest
from scipy.special import sph_harm_y

from spectralcmi.grid.harmonics import Harmonics

LAYOUTS = [(1, 0, 1), (1, 1, 1), (2, 1, 1), (5, 0, 1), (6, 6, 1), (7, 4, 2), (7, 6, 3), (85, 2, 1)]


def grid(harmonics):
    return harmonics.colatitude[:, None], harmonics.longitude[None, :]


@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_coefficients_are_ordered_by_degree_then_order(lmax, mmax, mres):
    harmonics = Harmonics(lmax, mmax, mres)
    expected = [
        (degree, order)
        for degree in range(1, lmax + 1)
        for order in range(0, min(degree, mmax) + 1, mres)
    ]
    assert list(zip(harmonics.degree, harmonics.order, strict=True)) == expected
    assert harmonics.size == len(expected)
    for degree, columns in enumerate(harmonics.degree_slices, start=1):
        assert np.all(harmonics.degree[columns] == degree)


@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_synthesis_against_the_definition(lmax, mmax, mres):
    harmonics = Harmonics(lmax, mmax, mres)
    rng = np.random.default_rng(0)
    chosen = rng.choice(harmonics.size, min(harmonics.size, 6), replace=False)
    theta, phi = grid(harmonics)
    for index in chosen:
        degree, order = int(harmonics.degree[index]), int(harmonics.order[index])
        value = 1.3 - (0.7j if order else 0.0)
        coefficients = np.zeros(harmonics.size, dtype=complex)
        coefficients[index] = value
        zero = np.zeros_like(coefficients)
        # a real field: m > 0 stands for itself and its conjugate
        double = 2 if order else 1
        y, gradient = sph_harm_y(degree, order, theta, phi, diff_n=1)
        scalar, d_theta = ((double * value * f).real for f in (y, gradient[..., 0]))
        d_phi = (double * value * gradient[..., 1]).real / np.sin(theta)
        nothing = np.zeros_like(scalar)
        for components, expected in (
            ((coefficients, zero, zero), (scalar, nothing, nothing)),
            ((zero, coefficients, zero), (nothing, d_theta, d_phi)),
            ((zero, zero, coefficients), (nothing, d_phi, -d_theta)),
        ):
            for computed, wanted in zip(harmonics.synthesis(*components), expected, strict=True):
                # recurrences over lmax degrees, gradients up to lmax
                np.testing.assert_allclose(computed, wanted, atol=1e-13 * lmax**1.5)


@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_solid_angle(lmax, mmax, mres):
    harmonics = Harmonics(lmax, mmax, mres)
    assert harmonics.solid_angle.shape == harmonics.grid_shape
    assert harmonics.solid_angle.sum() == pytest.approx(4 * np.pi, rel=1e-13)
    assert harmonics.solid_angle.min() > 0
    # orthonormal: the square of one coefficient integrates to 1 (m = 0) or 2
    coefficients = np.zeros(harmonics.size, dtype=complex)
    coefficients[-1] = 1.0
    radial, _, _ = harmonics.synthesis(coefficients, 0 * coefficients, 0 * coefficients)
    weights = harmonics.solid_angle.reshape(radial.T.shape).T
    expected = 2.0 if harmonics.order[-1] else 1.0
    assert (weights * radial**2).sum() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("lmax", "mmax", "mres"), LAYOUTS)
def test_grid_is_fine_enough_for_products(lmax, mmax, mres):
    harmonics = Harmonics(lmax, mmax, mres)
    # n Gauss points are exact to degree 2n - 1, n longitudes to order n - 1
    fields = harmonics.product_order + 1
    assert 2 * harmonics.colatitude.size - 1 >= fields * lmax
    assert harmonics.longitude.size > fields * (mmax // mres)


def test_transforms_are_planned_the_same_every_time():
    rng = np.random.default_rng(1)
    size = Harmonics(9, 9).size
    coefficients = rng.standard_normal((3, size)) + 1j * rng.standard_normal((3, size))
    first, *others = (np.array(Harmonics(9, 9).synthesis(*coefficients)) for _ in range(5))
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, 0), "lmax=0 is below 1"),
        ((4, 5), "mmax=5 exceeds lmax=4"),
        ((4, 3, 2), "mmax=3 is not a multiple of mres=2"),
        ((4, 4, 0), "mmax=4 is not a multiple of mres=0"),
    ],
)
def test_impossible_resolutions(arguments, text):
    with pytest.raises(ValueError, match=text):
        Harmonics(*arguments)
