"""Boundary conditions, and the natural one that nothing imposes."""

import numpy as np
import pytest
import scipy.linalg

from spectralcmi.fields.boundary import Boundaries, Condition, constraint_rows
from spectralcmi.grid.chebyshev import chebyshev_basis


@pytest.fixture(scope="module")
def basis():
    return chebyshev_basis(0.75, 1.0, 24)


def rows_of(basis, degree, boundaries):
    """Constraint rows on p and on t."""
    conditions = boundaries.of(degree / basis.outer_radius)
    return [constraint_rows(on, basis.boundary_evaluation) for on in conditions]


def coefficients(basis, function):
    return basis.coefficients_from_storage(function(basis.storage_radius))


@pytest.mark.parametrize("degree", [1, 4])
def test_potential_field_outside(basis, degree):
    poloidal, toroidal = rows_of(basis, degree, Boundaries())
    assert poloidal.shape == (2, 24) and toroidal.shape == (1, 24)
    # p = r P = r^-l continues outside; zero at the inner radius it is not
    outside = coefficients(basis, lambda r: r**-degree)
    assert poloidal[1] @ outside == pytest.approx(0, abs=1e-9)
    assert poloidal[0] @ outside == pytest.approx(0.75**-degree, rel=1e-9)
    assert toroidal[0] @ coefficients(basis, lambda r: r - 1) == pytest.approx(0, abs=1e-13)


def test_zero_toroidal_field_inside(basis):
    _, toroidal = rows_of(basis, 2, Boundaries("zero_toroidal"))
    assert toroidal.shape == (2, 24)
    inside = coefficients(basis, lambda r: (r - 0.75) * (r - 1))
    np.testing.assert_allclose(toroidal @ inside, 0, atol=1e-13)


def test_nothing_imposed_is_no_row(basis):
    assert constraint_rows((None, None), basis.boundary_evaluation).shape == (0, 24)


def test_conditions():
    (inner_p, outer_p), (inner_t, outer_t) = Boundaries().of(0.5)
    assert inner_p == outer_t == Condition(1.0) and inner_t is None
    assert outer_p == Condition(0.5, 1.0)


@pytest.mark.parametrize(
    ("inner", "outer", "text"),
    [
        ("superconductor", "potential", "inner=superconductor is not one of perfect_conductor"),
        ("perfect_conductor", "vacuum", "outer=vacuum is not one of potential"),
    ],
)
def test_unknown_names(inner, outer, text):
    with pytest.raises(ValueError, match=text):
        Boundaries(inner, outer)


@pytest.mark.parametrize("k5", [0.0, 30.0])
@pytest.mark.parametrize(
    ("elements", "orders"), [(0, (12, 18)), (2, (7, 11)), ((0.0, 0.3, 0.4, 1.0), (7, 11))]
)
def test_tangential_electric_field_vanishes_on_the_conductor(
    shell_model, linear_operator, k5, elements, orders
):
    """d(rT)/dr - k5 d(rP)/dr = 0 holds for eigenmodes though no row asks for it."""
    degree, jumps = 2, []
    for order in orders:
        model = shell_model(order, degree, k5=k5, elements=elements, element_order=order)
        values, vectors = scipy.linalg.eig(linear_operator(model, degree, implicit=True))
        # the slowest decaying or fastest growing mode with a toroidal part
        split = model.space.free_modes["poloidal"]
        toroidal_share = np.linalg.norm(vectors[split:], axis=0)
        leading = max(range(len(values)), key=lambda k: (toroidal_share[k] > 0.1, values[k].real))
        column = model.shell.columns.degree_slices[degree - 1].start
        slopes = []
        for part in (np.real, np.imag):
            coefficients = np.zeros(model.shape)
            coefficients[:, column] = part(vectors[:, leading])
            state, basis = model.state(coefficients), model.shell.basis
            inner = np.array([basis.inner_radius])
            p_slope = basis.evaluate_poloidal(state.poloidal, inner)[1][0, column]
            t_slope = basis.evaluate_toroidal(state.toroidal, inner)[1][0, column]
            slopes.append(np.array([p_slope, t_slope]))
        p_slope, t_slope = slopes[0] + 1j * slopes[1]
        jumps.append(abs(t_slope - k5 * p_slope) / (abs(t_slope) + abs(k5 * p_slope) + 1))
    # spectral convergence, faster than a factor 2 a polynomial
    assert jumps[1] < max(jumps[0] / 64, 1e-9)
    assert jumps[1] < 1e-4
