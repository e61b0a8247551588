"""The metric inside and the vacuum outside a spherical star."""

import csv
import pickle
from pathlib import Path

import numpy as np
import pytest

from spectralcmi.errors import InputError
from spectralcmi.grid.metric import (
    FLAT,
    Metric,
    exterior_factor,
    exterior_radial,
    moment_factor,
)
from tests.grid.metrics import constant, uniform_density

REFERENCE = Path(__file__).parent / "data" / "gr_exterior.csv"
# flat, hardly curved, a neutron star, and more than the densest of them
COMPACTNESS = (0.0, 1e-4, 0.05, 0.33, 0.6, 0.88)


def reference_rows():
    lines = [line for line in REFERENCE.read_text().splitlines() if not line.startswith("#")]
    return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(lines)]


def hypergeometric(a, b, c, x):
    """F(a, b; c; x) by its series, all of whose terms are positive, in extended precision."""
    x, term, total, k = np.longdouble(x), np.longdouble(1.0), np.longdouble(1.0), 0
    while k < 10 or term > 1e-22 * total:
        term = term * np.longdouble((a + k) * (b + k)) / np.longdouble((c + k) * (k + 1)) * x
        total, k = total + term, k + 1
    return total


# Inside


def test_flat_space_is_flat():
    radius = np.linspace(0.5, 20.0, 7)
    for function in (
        FLAT.potential,
        FLAT.potential_slope,
        FLAT.radial_potential,
        FLAT.radial_potential_slope,
    ):
        assert np.array_equal(function(radius), np.zeros(7))
    assert FLAT.is_flat
    assert FLAT.compactness == 0.0
    assert not constant(0.1, 0.0).is_flat
    assert not uniform_density(0.3, 0.5, 1.0).is_flat


@pytest.mark.parametrize("compactness", [0.1, 0.3, 0.5])
def test_star_of_uniform_density(compactness):
    metric = uniform_density(compactness, 9.0, 12.0)
    radius = np.linspace(9.0, 12.0, 101)
    root = np.sqrt(1.0 - compactness * (radius / 12.0) ** 2)
    lapse = 0.5 * (3.0 * np.sqrt(1.0 - compactness) - root)
    # the series end where coefficients fall below 1e-14
    np.testing.assert_allclose(metric.potential(radius), np.log(lapse), atol=1e-13, rtol=0.0)
    np.testing.assert_allclose(metric.radial_potential(radius), -np.log(root), atol=1e-13, rtol=0.0)
    assert metric.compactness == pytest.approx(compactness, rel=1e-14)  # rounding


def test_slopes_are_the_derivatives():
    metric = uniform_density(0.4, 0.2, 1.0)
    radius, step = np.linspace(0.25, 0.95, 15), 1e-4
    for value, slope in (
        (metric.potential, metric.potential_slope),
        (metric.radial_potential, metric.radial_potential_slope),
    ):
        # fourth-order differences: step^4 times derivatives below 1e4, and 1e-16/step of rounding
        difference = (
            8.0 * (value(radius + step) - value(radius - step))
            - (value(radius + 2 * step) - value(radius - 2 * step))
        ) / (12.0 * step)
        np.testing.assert_allclose(slope(radius), difference, atol=1e-11, rtol=0.0)


def test_a_constant_metric_has_no_slope_anywhere():
    metric = constant(-0.2, 0.5 * np.log(3.0))
    assert np.all(metric.potential([0.3, 5.0]) == -0.2)
    assert np.all(metric.radial_potential_slope(np.ones((2, 3))) == np.zeros((2, 3)))


def test_slopes_of_rounding_make_a_constant():
    metric = Metric.from_slopes(
        lambda r: 1e-17 * np.cos(1e3 * r), lambda r: 0.0 * r, (-0.2, 0.3), 0.5, 1.0
    )
    assert (metric.potential_series, metric.radial_series) == ((-0.2,), (0.3,))


def test_metrics_are_compared_by_value():
    one, other = uniform_density(0.3, 0.5, 1.0), uniform_density(0.3, 0.5, 1.0)
    assert one == other
    assert hash(one) == hash(other)
    assert one != uniform_density(0.3001, 0.5, 1.0)
    assert pickle.loads(pickle.dumps(one)) == one
    assert Metric() == FLAT


def test_radii_beyond_the_ends_are_refused():
    metric = uniform_density(0.3, 0.5, 1.0)
    assert np.isfinite(metric.potential(1.0 + 1e-12))  # rounding is no offence
    for radius in (0.49, 1.01):
        with pytest.raises(InputError, match=r"leaves the metric, 0\.5 to 1 km"):
            metric.potential_slope(radius)


@pytest.mark.parametrize("radial_potential", [-0.1, 2.0])
def test_what_is_no_star_is_refused(radial_potential):
    with pytest.raises(InputError, match=r"at least 0 and below 8/9") as caught:
        Metric.from_slopes(np.zeros_like, np.zeros_like, (-0.2, radial_potential), 0.5, 1.0)
    assert "\n" not in str(caught.value)


# Outside


@pytest.mark.parametrize("row", reference_rows(), ids=lambda row: f"x={row['x']:g}")
def test_exterior_factor_of_the_reference(row):
    degrees = [1, 2, 3, 10, 60]
    expected = [row[f"kappa{degree}_R"] for degree in degrees]
    # the reference is rounded to 8 decimals
    np.testing.assert_allclose(exterior_factor(degrees, 1.0, row["x"]), expected, atol=1e-8, rtol=0)
    dipole = exterior_factor(1, 1.0, row["x"])
    assert moment_factor(row["x"]) == pytest.approx(row["g_r"], abs=1e-8)
    tangential = np.sqrt(1.0 - row["x"]) * dipole * moment_factor(row["x"])
    assert tangential == pytest.approx(row["g_theta"], abs=1e-8)


@pytest.mark.parametrize("x", [0.2, 0.33, 0.6, 0.88])
def test_exterior_factor_of_the_dipole_in_closed_form(x):
    """p = r^2 [ln(1 - x) + x + x^2/2] with x = r_s/r."""
    bracket = np.log1p(-x) + x + 0.5 * x**2
    slope = 2.0 * bracket + x**3 / (1.0 - x)  # of p against ln r, over r^2
    # the bracket cancels to x^3/3: 1e-16/x^3
    assert exterior_factor(1, 12.4, x * 12.4) * 12.4 == pytest.approx(-slope / bracket, rel=1e-12)


@pytest.mark.skipif(np.finfo(np.longdouble).maxexp < 16000, reason="F exceeds 1e308 at degree 2000")
@pytest.mark.parametrize("x", COMPACTNESS[1:])
@pytest.mark.parametrize("degree", [1, 60, 500, 2000])
def test_exterior_of_any_degree_agrees_with_the_series(degree, x):
    below = hypergeometric(degree, degree + 2, 2 * degree + 2, x)
    above = hypergeometric(degree + 1, degree + 3, 2 * degree + 3, x)
    expected = degree + x * degree * (degree + 2) / (2 * degree + 2) * above / below
    # a few operations of rounding
    assert exterior_factor(degree, 1.0, x) == pytest.approx(float(expected), rel=3e-15)
    radius = 1.03
    ratio = hypergeometric(degree, degree + 2, 2 * degree + 2, np.longdouble(x) / radius) / below
    expected = float(np.longdouble(radius) ** -degree * ratio)
    # an exponent of up to 160 is good to its rounding
    value = exterior_radial([degree], [radius], 1.0, x)[0]
    assert value[0, 0] == pytest.approx(expected, rel=1e-12)


def test_without_a_mass_the_exterior_is_exactly_flat():
    degrees, radius = np.array([1, 2, 7, 2000]), np.array([12.4, 13.0, 30.0])
    assert np.array_equal(exterior_factor(degrees, 12.4), degrees / 12.4)
    value, first, second = exterior_radial(degrees, radius, 12.4)
    assert np.array_equal(value, (12.4 / radius[:, None]) ** degrees)
    r = radius[:, None]
    np.testing.assert_allclose(first, -degrees / r * value, rtol=1e-14)  # rounding
    np.testing.assert_allclose(second, degrees * (degrees + 1) / r**2 * value, rtol=1e-14)


@pytest.mark.parametrize("x", COMPACTNESS)
def test_exterior_begins_with_the_boundary_condition_and_obeys_its_equation(x):
    degrees, outer = np.array([1, 2, 10, 150]), 12.4
    value, first, _ = exterior_radial(degrees, [outer], outer, x * outer)
    np.testing.assert_allclose(value, 1.0, rtol=1e-15)
    # two ways to the same slope; the series of one is good to 1e-13 of its largest value
    factor = exterior_factor(degrees, outer, x * outer)
    np.testing.assert_allclose(-first[0], factor, rtol=1e-12)
    radius, step = 14.0, 1e-3
    points = radius + step * np.arange(-2, 3)
    value, first, second = exterior_radial(degrees, points, outer, x * outer)
    # relative error of fourth-order differences: (kappa step)^4/30 with kappa below 2 l/r here,
    # 1e-8; rounding over the step is 1e-11
    for function, slope in ((value, first), (first, second)):
        change = 8.0 * (function[3] - function[1]) - (function[4] - function[0])
        np.testing.assert_allclose(change / (12.0 * step), slope[2], rtol=1e-7)


def test_moment_factor_has_no_seam():
    # at one half the series hands over to the logarithm, whose cancellation costs a digit
    at, beside = moment_factor([0.5, np.nextafter(0.5, 0.0)])
    assert at == pytest.approx(beside, rel=1e-14)
    assert moment_factor(0.0) == 1.0
    assert moment_factor(np.full((2, 3), 0.1)).shape == (2, 3)


def test_horizons_and_radii_inside_are_refused():
    with pytest.raises(InputError, match=r"at least 0 and below outer_radius=1 km"):
        exterior_factor(1, 1.0, 1.0)
    with pytest.raises(InputError, match=r"radius=0\.5 km lies below"):
        exterior_radial([1], [0.5], 1.0)
