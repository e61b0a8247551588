"""Boundary rows, and the natural condition that has none."""

import numpy as np
import pytest
import scipy.linalg

from spectralcmi.fields.boundary import constraint_rows, exterior_factor
from spectralcmi.grid.chebyshev import radial_basis


@pytest.fixture(scope="module")
def basis():
    return radial_basis(0.75, 1.0, 24)


def coefficients(basis, function):
    return basis.coefficients_from_storage(function(basis.storage_radius))


@pytest.mark.parametrize("degree", [1, 4])
def test_potential_field_outside(basis, degree):
    poloidal, toroidal = constraint_rows(basis, degree, "perfect_conductor", "potential")
    assert poloidal.shape == (2, 24) and toroidal.shape == (1, 24)
    # p = r P = r^-l continues outside; zero at the inner radius it is not
    outside = coefficients(basis, lambda r: r**-degree)
    assert poloidal[1] @ outside == pytest.approx(0, abs=1e-9)
    assert poloidal[0] @ outside == pytest.approx(0.75**-degree, rel=1e-9)
    assert toroidal[0] @ coefficients(basis, lambda r: r - 1) == pytest.approx(0, abs=1e-13)


def test_zero_toroidal_field_inside(basis):
    _, toroidal = constraint_rows(basis, 2, "zero_toroidal", "potential")
    assert toroidal.shape == (2, 24)
    inside = coefficients(basis, lambda r: (r - 0.75) * (r - 1))
    np.testing.assert_allclose(toroidal @ inside, 0, atol=1e-13)


def test_exterior_factor(basis):
    np.testing.assert_array_equal(exterior_factor(basis, np.array([1, 3])), [1.0, 3.0])


@pytest.mark.parametrize(
    ("inner", "outer", "text"),
    [
        ("superconductor", "potential", "inner=superconductor is not one of perfect_conductor"),
        ("perfect_conductor", "vacuum", "outer=vacuum is not one of potential"),
    ],
)
def test_unknown_names(basis, inner, outer, text):
    with pytest.raises(ValueError, match=text):
        constraint_rows(basis, 1, inner, outer)


@pytest.mark.parametrize("k5", [0.0, 30.0])
def test_tangential_electric_field_vanishes_on_the_conductor(shell_equation, linear_operator, k5):
    """d(rT)/dr - k5 d(rP)/dr = 0 holds for eigenmodes though no row asks for it."""
    degree, jumps = 2, []
    for order in (12, 18):
        equation = shell_equation(order, degree, k5=k5)
        rates = equation.ohmic_rates[:, degree - 1]
        matrix = linear_operator(equation, degree) - np.diag(rates)
        values, vectors = scipy.linalg.eig(matrix)
        # the slowest decaying or fastest growing mode with a toroidal part
        split = equation.modes.poloidal_modes
        toroidal_share = np.linalg.norm(vectors[split:], axis=0)
        leading = max(range(len(values)), key=lambda k: (toroidal_share[k] > 0.1, values[k].real))
        mode = vectors[:, leading]
        slopes = equation.shell.basis.boundary_evaluation[1][0]
        p_slope = slopes @ (equation.modes.poloidal[degree - 1] @ mode[:split])
        t_slope = slopes @ (equation.modes.toroidal[degree - 1] @ mode[split:])
        jumps.append(abs(t_slope - k5 * p_slope) / (abs(t_slope) + abs(k5 * p_slope) + 1))
    # spectral convergence, faster than a factor 2 a polynomial
    assert jumps[1] < max(jumps[0] / 64, 1e-9)
    assert jumps[1] < 1e-4
