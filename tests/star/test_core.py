import numpy as np
import pytest

from spectralcmi.constants import NEUTRON_REST_ENERGY
from spectralcmi.star.core import core_thermal
from spectralcmi.star.core_matter import core_matter, effective_mass
from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.interior import core_shells
from spectralcmi.star.structure import solve_star
from tests.star.reference import read

# Redshifted temperature [K] and neutrino luminosity [erg/s] of the core of a star of 1.4 solar
# masses at 1, 2.5, 10 and 25 yr, from an independent computation of its cooling.
LUMINOSITIES = (
    (7.52116e8, 5.87111e39),
    (6.46516e8, 1.75015e39),
    (5.16521e8, 2.905e38),
    (4.45596e8, 8.91183e37),
)


@pytest.fixture(scope="module")
def star():
    return solve_star(BSK24, 1.4)


@pytest.fixture(scope="module")
def core(star):
    return core_thermal(star)


def test_shells_hold_the_baryons_between_the_centre_and_the_crust(star):
    few, many = (core_shells(star, count) for count in (24, 96))
    numbers = [np.sum(shells.volume * shells.baryon_density) for shells in (few, many)]
    # The integrand is smooth.
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-7)
    # 1.4 solar masses of gravitational mass are 1.55 to 1.6 of baryons; the crust has 1 %.
    assert 1.5 < numbers[1] * 1e39 * 1.66e-24 / 1.988e33 < 1.6
    assert np.all(np.diff(many.radius) > 0.0)


def test_redshift_of_the_core(star):
    metric = read("metric_profile.csv")
    shells = core_shells(star, 64)
    deep = shells.radius > metric["radius_km"][0]
    found = np.exp(shells.potential[deep])
    # Straight lines between the 300 m apart points of the table.
    expected = np.interp(shells.radius[deep], metric["radius_km"], metric["exp_Phi"])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_composition_of_the_core():
    matter = core_matter(np.array([0.0808, 0.16, 0.41]))
    # Charge neutrality is exact: k_p^3 = k_e^3 + k_mu^3.
    np.testing.assert_allclose(matter.proton**3, matter.electron**3 + matter.muon**3, rtol=1e-13)
    assert matter.muon[0] == 0.0
    assert np.all(matter.muon[1:] > 0.0)
    # Known for the centre of 1.4 solar masses, in units of (3 pi^2 n)^(1/3), to three digits.
    unit = np.cbrt(3.0 * np.pi**2 * 0.41)
    assert (matter.proton + matter.electron)[2] / unit == pytest.approx(0.917, abs=1e-3)
    assert matter.neutron[2] / unit == pytest.approx(0.959, abs=1e-3)


def test_effective_mass_of_symmetric_matter():
    # 0.80 is what the force was made to have.
    assert effective_mass(0.16, 0.5, NEUTRON_REST_ENERGY) == pytest.approx(0.797, abs=5e-4)


def test_neutrino_luminosity_of_the_reference(core):
    for temperature, luminosity in LUMINOSITIES:
        # Another quadrature over the core, in steps of 160 shells.
        assert core.neutrino_luminosity(temperature) == pytest.approx(luminosity, rel=1e-3)
    assert not core.direct_urca


def test_normal_matter_follows_its_powers(core):
    temperature = np.array([1e4, 1e7, 1e9, 1e12])  # the first and the last outside the tables
    capacity = core.heat_capacity(temperature)
    # Nothing but c_v ~ T and Q ~ T^8; a spline of a straight line is one, to rounding.
    np.testing.assert_allclose(capacity / temperature, capacity[1] / 1e7, rtol=1e-10)
    np.testing.assert_allclose(core.energy(temperature), 0.5 * capacity * temperature, rtol=1e-10)
    luminosity = core.neutrino_luminosity(temperature)
    np.testing.assert_allclose(luminosity / temperature**8, luminosity[1] / 1e56, rtol=1e-10)
    np.testing.assert_allclose(
        core.luminosity_slope(temperature), 8.0 * luminosity / temperature, rtol=1e-10
    )


def test_heat_capacity_is_the_derivative_of_the_energy(star):
    paired = core_thermal(star, "ccdk")
    temperature, step = np.geomspace(1e8, 1e10, 23), 1e-5
    up, down = paired.energy(temperature * (1 + step)), paired.energy(temperature * (1 - step))
    slope = (up - down) / (2.0 * step * temperature)
    # Difference quotient of a spline whose curvature is of order one.
    np.testing.assert_allclose(paired.heat_capacity(temperature), slope, rtol=1e-8)


def test_superconducting_protons_hold_and_lose_less(star, core):
    paired, cold, hot = core_thermal(star, "ccdk"), 3e8, 3e10
    assert paired.heat_capacity(cold) < 0.95 * core.heat_capacity(cold)
    assert paired.neutrino_luminosity(cold) < 0.5 * core.neutrino_luminosity(cold)
    # Above every critical temperature nothing pairs.
    assert paired.neutrino_luminosity(hot) == pytest.approx(
        core.neutrino_luminosity(hot), rel=1e-10
    )


def test_direct_urca_opens_in_heavy_stars():
    # BSk24 has it from 1.595 solar masses on (Pearson et al. 2018).
    heavy, light = (core_thermal(solve_star(BSK24, mass)) for mass in (1.7, 1.5))
    assert heavy.direct_urca
    assert not light.direct_urca
    assert heavy.neutrino_luminosity(3e8) > 1e3 * light.neutrino_luminosity(3e8)
