import numpy as np
import pytest

from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import ERG_PER_MEV, JULIAN_YEAR
from spectralcmi.errors import InputError
from spectralcmi.profiles.crust import build_crust
from spectralcmi.star import rotochemical
from spectralcmi.star.core import core_thermal
from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.rotochemical import Braking
from spectralcmi.star.structure import solve_star
from tests.star.reference import read

RADIUS, INERTIA = 12.5867, 1.581e45  # km, g cm2
TIMES = (1, 10, 100, 1000, 10000, 100000)

# Polar field [G] and first period [s]; spin-down time [yr], change of ln n, delta_mu/kT at 1e9 K
# if nothing relaxes, and quasi-steady, both at 1e13 g/cm3: an independent computation, rounded.
BUDGETS = (
    (1e12, 0.002, 69.0, 0.08, 13.0, 8e-17),
    (1e12, 0.005, 430.0, 0.013, 2.0, 2e-18),
    (1e12, 0.02, 6900.0, 8e-4, 0.13, 8e-21),
    (1e13, 0.005, 4.3, 0.013, 2.0, 2e-16),
    (1e14, 0.01, 0.17, 3e-3, 0.5, 1e-15),
    (1e15, 0.002, 7e-5, 0.08, 13.0, 8e-11),
)


@pytest.fixture(scope="module")
def star():
    return solve_star(BSK24, 1.4)


@pytest.fixture(scope="module")
def core(star):
    return core_thermal(star)


@pytest.fixture(scope="module")
def crust():
    return build_crust(Parameters().background, Parameters().chiral)


def nearest(crust, density):
    return crust.isel(radius=int(np.argmin(abs(np.log(crust["density"].values / density)))))


@pytest.mark.parametrize("row", range(16))
def test_core_of_the_reference(star, core, row):
    expected = read("spin_down_delta_mu.csv")[row]
    braking = Braking.of_field(expected["P0_s"], expected["B_p_G"], RADIUS, INERTIA)
    photons = rotochemical.isothermal_photons(star)
    found = rotochemical.core_evolution(core, braking, photons, TIMES)
    columns = {name: [expected[f"{name}_{t}"] for t in TIMES] for name in ("T_inf", "eta_inf")}
    # Both integrate the core and the equations to 1e-4; the last eta of 1e15 G is 1e-12 of kT's
    # initial one, at the absolute tolerance of the reference.
    np.testing.assert_allclose(found.temperature, columns["T_inf"], rtol=2e-4)
    np.testing.assert_allclose(found.imbalance / ERG_PER_MEV, columns["eta_inf"], rtol=2e-3)
    ratios = [expected[f"eta_over_kT_{t}"] for t in TIMES]
    np.testing.assert_allclose(found.ratio, ratios, rtol=2e-3)


@pytest.mark.parametrize("row", BUDGETS)
def test_budget_of_the_reference(crust, row):
    field, period, years, compressed, frozen, steady = row
    braking = Braking.of_field(period, field, RADIUS, INERTIA)
    here = nearest(crust, 1e13)
    found = rotochemical.compression(braking.squared_frequency(0.0))
    assert found == pytest.approx(compressed, rel=0.07)  # one digit is given
    assert braking.spin_down_time / JULIAN_YEAR == pytest.approx(years, rel=0.03)
    potential = float(here["electron_chemical_potential"])
    # one digit is given, and only of the order of the density
    assert rotochemical.frozen_deviation(potential, 1e9, found) == pytest.approx(frozen, rel=0.1)
    rate = rotochemical.compression(-braking.squared_frequency_slope(0.0))
    quasi_steady = rotochemical.quasi_steady_deviation(rate, float(here["weak_rate"]))
    assert quasi_steady == pytest.approx(steady, rel=0.3)


@pytest.mark.parametrize(("density", "seconds"), [(1e10, 3.5e-4), (1e12, 1.4e-7), (1e14, 3.6e-10)])
def test_crust_relaxes_at_once(crust, density, seconds):
    here = nearest(crust, density)
    potential, rate = (float(here[n]) for n in ("electron_chemical_potential", "weak_rate"))
    found = rotochemical.crust_relaxation_time(potential, 1e9, rate)
    assert found == pytest.approx(seconds, rel=0.05)  # two digits, and the nearest of 401 points


def test_core_relaxes_in_its_time(core):
    temperature = np.array([3e8, 1e9])
    expected = 0.08 * (temperature / 1e9) ** -6.0
    # one digit is given
    np.testing.assert_allclose(
        rotochemical.core_relaxation_time(core, temperature), expected, rtol=0.07
    )


def test_imbalance_of_a_core_that_cools_by_its_neutrinos(core):
    """With a constant drive D, and tau = a t as of C ~ T and L ~ T^8, eta = D tau/(1 + a)."""
    braking = Braking(0.1, 1e6 * JULIAN_YEAR)  # constant for years, and far from nonlinear
    times = np.array([0.3, 1.0, 3.0])
    found = rotochemical.core_evolution(core, braking, np.zeros_like, times)
    drive = rotochemical.CORE_RESPONSE * braking.squared_frequency_slope(times * JULIAN_YEAR)
    tau = rotochemical.core_relaxation_time(core, found.temperature)
    expected = drive * tau * JULIAN_YEAR / (1.0 + tau / times)
    # the drive falls by 6e-6 in 3 yr; the heat of birth is forgotten
    np.testing.assert_allclose(found.imbalance, expected, rtol=2e-5)


def test_factors_of_modified_urca():
    assert rotochemical.modified_urca_losses(0.0) == 1.0
    assert rotochemical.modified_urca_reactions(0.0) == 0.0
    x = np.array([0.3, 2.0, 9.0])
    # reactions are odd, and losses even, in x
    np.testing.assert_array_equal(
        rotochemical.modified_urca_reactions(-x), -rotochemical.modified_urca_reactions(x)
    )
    np.testing.assert_array_equal(
        rotochemical.modified_urca_losses(-x), rotochemical.modified_urca_losses(x)
    )
    # Detailed balance makes dF/dx = 3 H: of the rates against x, the neutrinos' energy grows by
    # what the reactions carry.
    step = 1e-5
    slope = (
        rotochemical.modified_urca_losses(x + step) - rotochemical.modified_urca_losses(x - step)
    ) / (2 * step)
    # differences of second order
    np.testing.assert_allclose(slope, 3.0 * rotochemical.modified_urca_reactions(x), rtol=1e-6)


def test_period_grows_with_the_root_of_time():
    braking = Braking.of_field(0.01, 1e13, RADIUS, INERTIA)
    time = np.array([0.0, 3.0]) * braking.spin_down_time
    period = 2 * np.pi / np.sqrt(braking.squared_frequency(time))
    np.testing.assert_allclose(period, [0.01, 0.02], rtol=1e-14)
    step = 1e-6 * braking.spin_down_time
    change = braking.squared_frequency(time + step) - braking.squared_frequency(time)
    # a difference of first order
    np.testing.assert_allclose(braking.squared_frequency_slope(time), change / step, rtol=1e-5)


def test_frozen_is_the_sum_of_what_relaxation_forgets():
    """The quasi-steady deviation, in the linear range, is the frozen one of a relaxation time."""
    rate, potential, weak_rate = 1e-12, 40.0, 4e5
    tau = rotochemical.crust_relaxation_time(potential, 1e9, weak_rate)
    expected = rotochemical.frozen_deviation(potential, 1e9, rate * tau)
    found = rotochemical.quasi_steady_deviation(rate, weak_rate)
    assert found == pytest.approx(expected, rel=1e-12)  # linear to 1e-17
    assert rotochemical.quasi_steady_deviation(2.0, 1.0) == np.inf


def test_bound_on_the_chirality(crust):
    """At the rates that captures have at delta_mu, the bound is the crust's n5/n_e."""
    rate = crust["weak_rate_effective"].values
    seconds = 12.0
    found = rotochemical.largest_chiral_fraction(
        rate * seconds, seconds, crust["spin_flip_rate"].values
    )
    np.testing.assert_allclose(found, crust["chiral_fraction"].values, rtol=1e-12)  # rounding


@pytest.mark.parametrize("name", ["period", "polar_field", "radius", "moment_of_inertia"])
def test_nonsense_is_refused(name):
    good = {"period": 0.01, "polar_field": 1e12, "radius": 12.0, "moment_of_inertia": 1e45}
    with pytest.raises(InputError, match=f"{name} = -1"):
        Braking.of_field(**{**good, name: -1.0})


def test_times_ascend(star, core):
    braking = Braking(0.01, 1e9)
    with pytest.raises(InputError, match="times: must ascend"):
        rotochemical.core_evolution(
            core, braking, rotochemical.isothermal_photons(star), [2.0, 1.0]
        )


def test_core_without_rotation_cools(star, core):
    """It gains nothing: dT/dt = -(L_nu + L_gamma)/C."""
    slow = Braking(1e6, 1e20)
    photons = rotochemical.isothermal_photons(star)
    found = rotochemical.core_evolution(core, slow, photons, [10.0, 10.01])
    change = np.diff(found.temperature)[0] / (0.01 * JULIAN_YEAR)
    middle = found.temperature.mean()
    losses = core.neutrino_luminosity(middle) + photons(middle)
    # a difference of second order, of numbers that are known to 1e-8
    assert change == pytest.approx(-losses / core.heat_capacity(middle), rel=1e-4)
