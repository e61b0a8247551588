import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from spectralcmi.star.crust_profile import crust_profile
from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.structure import solve_star


@pytest.fixture(scope="module")
def profile():
    return crust_profile(BSK24, 1.4, BSK24.crust_core_density, BSK24.baryon_density(1e10))


def test_radii_of_the_crust(profile):
    # 2 m is what issue and paper need; published values are rounded to 1 m.
    assert profile.inner_radius == pytest.approx(11.544, abs=0.002)
    assert profile.outer_radius == pytest.approx(12.420, abs=0.002)


def test_profile_agrees_with_the_integrated_star(profile):
    star = solve_star(BSK24, 1.4)
    densities = np.geomspace(BSK24.baryon_density(1e10), BSK24.crust_core_density, 60)
    radii = np.array([star.radius_at(density) for density in densities])
    # Between its steps the integrator's interpolant is accurate to 1e-9.
    np.testing.assert_allclose(profile.baryon_density(radii), densities, rtol=3e-9)


def test_profile_is_the_inverse_of_the_radius_to_rounding(profile):
    radius = np.linspace(profile.inner_radius, profile.outer_radius, 777)
    density = profile.baryon_density(radius)
    assert np.all(np.diff(density) < 0.0)
    # 1e-12 km out of 12 is a few units of rounding of r^2.
    again = np.sqrt(profile.squared_radius(np.log(density)))
    np.testing.assert_allclose(again, radius, rtol=0.0, atol=1e-12)


def test_metric_of_the_reference(profile):
    lines = (Path(__file__).parent / "data" / "metric_profile.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    names = ("radius_km", "mass_Msun", "exp_Phi", "exp_Lambda")
    columns = {name: np.array([float(row[name]) for row in rows]) for name in names}
    radius = columns["radius_km"]
    inside = (radius > profile.inner_radius) & (radius < profile.outer_radius)
    assert inside.sum() > 30
    columns = {name: values[inside] for name, values in columns.items()}
    radius = columns["radius_km"]
    # Rounded to 1e-8, at radii rounded to 1e-6 km where the slopes are up to 0.06 per km.
    near = {"rtol": 0.0, "atol": 4e-8}
    np.testing.assert_allclose(np.exp(profile.potential(radius)), columns["exp_Phi"], **near)
    np.testing.assert_allclose(
        np.exp(profile.radial_potential(radius)), columns["exp_Lambda"], **near
    )
    solar_mass = 1.32712440e26 / 6.6743e-8
    mass = profile.enclosed_mass(radius) / solar_mass
    # As above, where 0.2 solar masses per km are inside the crust's bottom.
    np.testing.assert_allclose(mass, columns["mass_Msun"], rtol=0.0, atol=1.5e-7)


def test_metric_meets_the_vacuum_outside(profile):
    mass = 1.4 * 1.32712440e26 / 2.99792458e10**2 / 1e5  # G M/c^2 in km
    factor = np.sqrt(1.0 - 2.0 * mass / profile.outer_radius)
    # The matter above 1e10 g/cm3 is 3e-7 of the star.
    assert np.exp(profile.potential(profile.outer_radius)) == pytest.approx(factor, rel=5e-7)
    assert np.exp(-profile.radial_potential(profile.outer_radius)) == pytest.approx(
        factor, rel=5e-7
    )


def test_slopes_of_the_metric_are_its_derivatives(profile):
    radius, step = np.linspace(profile.inner_radius + 0.01, profile.outer_radius - 0.01, 60), 1e-4
    functions = profile.potential, profile.radial_potential
    for function, slope in zip(functions, profile.metric_slopes(radius), strict=True):
        change = 8.0 * (function(radius + step) - function(radius - step)) - (
            function(radius + 2 * step) - function(radius - 2 * step)
        )
        # Rounding over the step is 1e-11; at neutron drip the matter changes within 10 m.
        np.testing.assert_allclose(slope, change / (12.0 * step), rtol=0.0, atol=1e-10)


def test_profile_obeys_hydrostatic_equilibrium(profile):
    """dP/dr = -(rho + P/c^2) g(r), with the mass of the whole star for that below r."""
    r = np.linspace(profile.inner_radius + 0.05, profile.outer_radius - 0.05, 40)
    step = 1e-4
    up = np.log(profile.baryon_density(r + step))
    down = np.log(profile.baryon_density(r - step))
    density, pressure, slope = BSK24.barotrope(profile.baryon_density(r))
    pressure_gradient = slope * pressure * (up - down) / (2.0 * step * 1e5)
    mass = 1.4 * 1.32712440e26  # G m
    c2 = 2.99792458e10**2
    r = r * 1e5
    gravity = (mass + 4.0 * np.pi * r**3 * pressure * 6.6743e-8 / c2) / (
        r**2 * (1.0 - 2.0 * mass / (r * c2))
    )
    # The crust above the innermost point weighs 1 % of the star.
    expected = -(density + pressure / c2) * gravity
    np.testing.assert_allclose(pressure_gradient, expected, rtol=0.015)
    # Above 1e11 g/cm3 hardly anything is left: what remains is the difference quotient.
    np.testing.assert_allclose(pressure_gradient[-10:], expected[-10:], rtol=1e-4)


def test_coefficients_of_the_profile_fall_to_rounding(profile):
    coefficients = np.abs(profile.squared_radius.coef)
    assert coefficients[-10:].max() < 1e-14 * coefficients[0]


def test_crust_converges_with_the_tolerance_of_the_integrator():
    outer = BSK24.baryon_density(1e10)

    def thickness(tolerance):
        crust = crust_profile(BSK24, 1.4, BSK24.crust_core_density, outer, tolerance)
        return crust.outer_radius - crust.inner_radius

    exact = thickness(1e-13)
    errors = [abs(thickness(tolerance) - exact) for tolerance in (1e-5, 1e-7, 1e-9, 1e-11)]
    # The error follows the tolerance: two decades of one must bring at least one of the other.
    assert errors[0] < 1e-4
    for coarse, fine in pairwise(errors):
        assert fine < 0.1 * coarse


def test_a_radius_outside_the_crust_is_refused(profile):
    with pytest.raises(ValueError, match="leaves the crust"):
        profile.baryon_density(profile.outer_radius + 0.01)
