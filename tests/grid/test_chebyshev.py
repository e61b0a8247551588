"""Mapped Chebyshev polynomials: values, derivatives, quadrature, round trips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev

from spectralcmi.grid.chebyshev import (
    ChebyshevBasis,
    RadialMap,
    automatic_map_parameter,
    chebyshev_basis,
    chebyshev_polynomials,
)

maps = st.builds(
    lambda inner, gap, a: RadialMap(inner, inner + gap, a),
    st.floats(0.01, 20),
    st.floats(0.01, 20),
    st.one_of(st.just(0.0), st.floats(0.01, 0.999)),
)


def test_polynomials_and_derivatives_against_numpy():
    x = np.linspace(-1, 1, 41)
    values, first, second = chebyshev_polynomials(x, 12)
    unit = np.eye(12)
    np.testing.assert_allclose(values, chebyshev.chebval(x, unit).T, atol=1e-13)
    np.testing.assert_allclose(first, chebyshev.chebval(x, chebyshev.chebder(unit)).T, atol=1e-11)
    # T_11'' reaches 11^4/3
    np.testing.assert_allclose(
        second, chebyshev.chebval(x, chebyshev.chebder(unit, 2)).T, atol=1e-10
    )


@given(maps, st.floats(-1, 1))
def test_map_and_its_inverse(radial_map, x):
    radius = radial_map.radius(np.array([x]))
    gap = radial_map.outer_radius - radial_map.inner_radius
    assert radial_map.inner_radius - 1e-12 * gap <= radius[0] <= radial_map.outer_radius + 1e-9
    # the round-off of the radius, magnified by the slope of the map, at most 30 for a < 0.999
    error = 1e-14 * radial_map.outer_radius / gap * 100
    assert radial_map.coordinate(radius)[0] == pytest.approx(x, abs=error)


@given(maps, st.floats(-0.99, 0.99))
def test_map_derivatives_are_those_of_the_map(radial_map, x):
    step = 1e-5
    points = np.array([x - step, x, x + step])
    gap = radial_map.outer_radius - radial_map.inner_radius
    stretched = (radial_map.radius(points) - radial_map.radius(np.zeros(1))) / gap
    slope, curvature = radial_map.coordinate_derivatives(np.array([x]))
    # r' = 1/x', r'' = -x''/x'^3
    first = (stretched[2] - stretched[0]) / (2 * step)
    second = (stretched[2] - 2 * stretched[1] + stretched[0]) / step**2
    # truncation step^2 times third and fourth derivatives, at most 1e5 at 0.99; round-off/step^2
    noise = 1e-14 * max(1, radial_map.outer_radius / gap) / step
    assert 1 / (slope[0] * gap) == pytest.approx(first, rel=1e-4, abs=noise)
    assert -curvature[0] / slope[0] ** 3 / gap == pytest.approx(
        second, rel=1e-2, abs=1e-4 + noise / step
    )


def test_automatic_map_parameter():
    assert automatic_map_parameter(192) == pytest.approx(0.990, abs=5e-4)
    assert automatic_map_parameter(48) == pytest.approx(0.85, abs=5e-3)
    for order in (8, 48, 192, 1000):
        a = automatic_map_parameter(order)
        assert ((1 - np.sqrt(1 - a**2)) / a) ** order == pytest.approx(1e-12, rel=1e-6)


@pytest.mark.parametrize("order", [8, 9, 31, 64])
@pytest.mark.parametrize("map_parameter", [0, 0.7, "auto"])
def test_quadrature_of_products_of_three(order, map_parameter):
    basis = chebyshev_basis(0.75, 1.0, order, map_parameter)
    assert basis.points % 2 == 0 and 3 * order / 2 <= basis.points <= 3 * order / 2 + 2
    values, slopes, _ = basis.evaluation
    # d(f^3)/dr integrates to the values at the ends, f the highest polynomial
    f, slope = values[:, -1], slopes[:, -1]
    ends = (basis.boundary_evaluation[0][:, -1]) ** 3
    integral = basis.weights @ (3 * f**2 * slope)
    assert integral == pytest.approx(ends[1] - ends[0], abs=1e-11)
    # and the volume: exact but for the metric of the map, which is no polynomial
    assert basis.weights @ basis.radius**2 == pytest.approx((1 - 0.75**3) / 3, rel=1e-9)


@pytest.mark.parametrize("map_parameter", [0, 0.9])
def test_derivatives_of_a_smooth_function(map_parameter):
    basis = chebyshev_basis(2.0, 3.0, 48, map_parameter)
    r = basis.storage_radius
    coefficients = basis.coefficients_from_storage(np.sin(5 * r))
    values, slopes, curvatures = basis.evaluation
    r = basis.radius
    # round-off grows with order^2 for each derivative
    np.testing.assert_allclose(values @ coefficients, np.sin(5 * r), atol=1e-12)
    np.testing.assert_allclose(slopes @ coefficients, 5 * np.cos(5 * r), atol=1e-9)
    np.testing.assert_allclose(curvatures @ coefficients, -25 * np.sin(5 * r), atol=1e-6)
    values, slopes = basis.boundary_evaluation
    np.testing.assert_allclose(values @ coefficients, np.sin([10, 15]), atol=1e-12)
    np.testing.assert_allclose(slopes @ coefficients, 5 * np.cos([10, 15]), atol=1e-9)


@given(st.integers(8, 40), st.integers(0, 2**32 - 1))
def test_storage_round_trip(order, seed):
    basis = chebyshev_basis(1.0, 1.5, order)
    coefficients = np.random.default_rng(seed).standard_normal((order, 3))
    stored = basis.evaluation_at(basis.storage_coordinate)[0] @ coefficients
    np.testing.assert_allclose(basis.coefficients_from_storage(stored), coefficients, atol=1e-12)
    assert basis.storage_radius[0] == 1.0 and basis.storage_radius[-1] == 1.5
    assert np.all(np.diff(basis.storage_radius) > 0)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1.0, 1.0, 0.5), "outer_radius=1.0 does not exceed inner_radius=1.0"),
        ((-1.0, 1.0, 0.5), "outer_radius=1.0 does not exceed inner_radius=-1.0"),
        ((0.5, 1.0, 1.0), r"map_parameter=1.0 is outside \[0, 1\)"),
        ((0.5, 1.0, -0.1), r"map_parameter=-0.1 is outside \[0, 1\)"),
    ],
)
def test_impossible_maps(arguments, text):
    with pytest.raises(ValueError, match=text):
        RadialMap(*arguments)


def test_too_few_points():
    with pytest.raises(ValueError, match="points=14 is below order=16"):
        ChebyshevBasis(RadialMap(1.0, 2.0, 0.5), 16, 14)
