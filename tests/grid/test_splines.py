"""B-splines: they reproduce polynomials, and their tables are what SciPy's splines say."""

import numpy as np
import pytest
from scipy.interpolate import BSpline, make_lsq_spline

from spectralcmi.grid import splines
from spectralcmi.grid.splines import DEGREE, SplineBasis, graded_breakpoints


def random_basis(elements=23, scale=1.0):
    """Elements whose lengths differ by a factor of up to ten."""
    lengths = np.random.default_rng(3).uniform(0.1, 1.0, elements)
    return SplineBasis(11.5, scale * np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum())


@pytest.mark.parametrize("scale", [1.0, 1e-7])
def test_splines_reproduce_a_polynomial_of_their_degree(scale):
    """With two derivatives; on elements of a kilometre and of fractions of a millimetre."""
    basis = random_basis(scale=scale)
    polynomial = np.polynomial.Polynomial([1.0, -2.0, 0.5, 3.0, -1.0, 2.0])
    points = np.linspace(0, scale, 400)
    fit = make_lsq_spline(points, polynomial(points / scale), basis.knots, DEGREE)
    tables = basis.tables(0, basis.elements)
    coefficients = np.lib.stride_tricks.sliding_window_view(fit.c, DEGREE + 1)
    exact = polynomial
    for derivative, table in enumerate((tables.values, tables.slopes, tables.curvatures)):
        found = np.einsum("egj,ej->eg", table, coefficients) * scale**derivative
        depth = tables.radius - basis.inner_radius
        # depths taken from radii of 11.5 km are good to 1e-15 km; derivatives multiply round-off
        # by the number of elements each
        tolerance = 1e-11 * 100**derivative + 1e-13 / scale
        np.testing.assert_allclose(found, exact(depth / scale), rtol=0, atol=tolerance)
        exact = exact.deriv()


def test_tables_agree_with_splines_one_by_one():
    basis = random_basis(8)
    tables = basis.tables(0, basis.elements)
    depth = tables.radius - basis.inner_radius
    for element in range(basis.elements):
        for j in range(DEGREE + 1):
            unit = BSpline(basis.knots, np.eye(basis.size)[element + j], DEGREE)
            for derivative, table in enumerate((tables.values, tables.slopes, tables.curvatures)):
                expected = unit.derivative(derivative)(depth[element]) if derivative else unit(
                    depth[element]
                )  # fmt: skip
                # round-off, times up to (number of elements)^2 and the digits of the depth
                np.testing.assert_allclose(table[element, :, j], expected, rtol=0, atol=1e-9)


def test_tables_of_a_part_are_part_of_the_tables(monkeypatch):
    basis = random_basis()
    whole = basis.tables(0, basis.elements)
    monkeypatch.setattr(splines, "ELEMENTS_PER_BLOCK", 7)
    parts = list(basis.blocks())
    assert [part.first for part in parts] == [0, 7, 14, 21]
    for name in ("radius", "weights", "values", "slopes", "curvatures"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))


def test_quadrature_integrates_products_of_splines_exactly():
    """Of degree 2 DEGREE; its weights sum up to the length of the interval."""
    basis = random_basis()
    tables = basis.tables(0, basis.elements)
    depth = tables.radius - basis.inner_radius
    # 300 values of size 1: round-off of their sum
    assert np.sum(tables.weights) == pytest.approx(1.0, rel=1e-13)
    integral = np.sum(tables.weights * depth ** (2 * DEGREE))
    assert integral == pytest.approx(1 / (2 * DEGREE + 1), rel=1e-12)


def test_boundary_rows_are_values_and_slopes_at_the_ends():
    basis = random_basis()
    coefficients = np.random.default_rng(5).standard_normal(basis.size)
    function = BSpline(basis.knots, coefficients, DEGREE)
    ends = basis.breakpoints[[0, -1]]
    values, slopes = basis.boundary_evaluation
    # the same numbers by another route: round-off, times 1/(smallest element) for the slope
    np.testing.assert_allclose(values @ coefficients, function(ends), rtol=1e-12)
    np.testing.assert_allclose(slopes @ coefficients, function.derivative()(ends), rtol=1e-10)
    np.testing.assert_allclose(
        basis.interpolate(1j * coefficients), 1j * function(basis.breakpoints), rtol=1e-12
    )


def test_breakpoints_follow_the_density():
    """Elements of a length 1/density, inversely proportional to the distance from the outside."""
    radius = np.linspace(10.0, 12.0, 4001)
    breakpoints = graded_breakpoints(radius, 300.0 / (radius - 9.0), (10.5, 11.5))
    assert breakpoints[0] == 0
    assert breakpoints[-1] == 1.0
    assert breakpoints.size - 1 == int(np.ceil(300 * np.log(2.5 / 1.5)))
    lengths = np.diff(breakpoints)
    middle = 10.5 + breakpoints[:-1] + lengths / 2
    # of 154 elements each is up to one part in 154 shorter than asked for
    np.testing.assert_allclose(lengths * 300 / (middle - 9.0), 1.0, rtol=1 / 150)
