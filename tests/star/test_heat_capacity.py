import numpy as np
import pytest
from scipy.integrate import quad

from spectralcmi import constants
from spectralcmi.star import heat_capacity
from tests.star.reference import read


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("C_bpy", heat_capacity.crystal_heat_capacity),
        ("C_liq", heat_capacity.liquid_heat_capacity),
    ],
)
def test_reference_values(name, function):
    rows = [row for row in read("functions.csv", text=True) if row["function"] == name]
    assert len(rows) >= 5
    for row in rows:
        # The table has eight digits.
        assert function(row["argument"]) == pytest.approx(row["value"], rel=1e-7)


def test_limits_of_the_crystal():
    # The next terms: theta^4/480 or so at 0.1, and 1e-3 at 300.
    assert heat_capacity.crystal_heat_capacity(0.1) == pytest.approx(3.0 - 0.01 / 12.0, abs=2e-6)
    for theta, error in ((300.0, 2e-3), (1e4, 1e-4)):
        debye = 12.0 / (0.0047770935 * theta**3)
        assert heat_capacity.crystal_heat_capacity(theta) == pytest.approx(debye, rel=error)


def test_crystal_stays_finite_at_any_temperature():
    values = heat_capacity.crystal_heat_capacity(np.geomspace(1e-6, 1e9, 200))
    assert np.all((values > 0.0) & (values <= 3.0 + 1e-9))  # rounding
    assert np.all(np.diff(values) <= 1e-9)


def test_ions_change_smoothly_from_a_liquid_to_a_crystal():
    matter = 1e33, 34.0, 84.0
    melting = heat_capacity.coupling_parameter(matter[0], matter[1], 1.0) / 175.0
    temperature = melting * np.linspace(0.8, 1.2, 4001)
    capacity = heat_capacity.ion_heat_capacity(*matter, temperature)
    capacity /= matter[0] * constants.BOLTZMANN_CONSTANT
    coupling = 175.0 * melting / temperature
    crystal = heat_capacity.crystal_heat_capacity(
        heat_capacity.plasma_temperature(*matter) / temperature
    )
    liquid = heat_capacity.liquid_heat_capacity(coupling)
    solid, molten = coupling > 190.0, coupling < 160.0
    # Rounding of the units.
    np.testing.assert_allclose(capacity[solid], crystal[solid], rtol=1e-13)
    np.testing.assert_allclose(capacity[molten], liquid[molten], rtol=1e-13)
    # The jump of 0.5 is spread over a sixth of the temperature: 2500 points, steepest 15/8.
    assert np.abs(np.diff(capacity)).max() < 1e-3


@pytest.mark.parametrize(
    ("density", "temperature", "error"), [(2.4e33, 1e9, 1e-3), (2.4e33, 3e9, 8e-3)]
)
def test_electrons_against_the_ideal_gas(density, temperature, error):
    """c_v of relativistic fermions at a fixed density, by integrals over their energies."""
    momentum = np.cbrt(3.0 * np.pi**2 * density) * constants.ELECTRON_COMPTON_LENGTH
    t = temperature / constants.ELECTRON_TEMPERATURE
    # The chemical potential of a degenerate gas to second order; it need not be more exact.
    mu = np.hypot(1.0, momentum)
    shifted = mu - (np.pi * t) ** 2 / 6.0 * (2.0 * mu**2 - 1.0) / (mu * momentum**2)

    def moment(power):
        def integrand(energy):
            weight = 0.25 / (t * np.cosh(0.5 * (energy - shifted) / t) ** 2)
            return weight * (energy - shifted) ** power * energy * np.sqrt(energy**2 - 1.0)

        low, high = max(1.0, shifted - 40.0 * t), shifted + 40.0 * t
        return quad(integrand, low, high, points=[shifted], epsrel=1e-10, epsabs=0.0)[0]

    # At constant density mu moves as well, which takes the square of the first moment.
    exact = (moment(2) - moment(1) ** 2 / moment(0)) / t
    exact *= constants.BOLTZMANN_CONSTANT / (np.pi**2 * constants.ELECTRON_COMPTON_LENGTH**3)
    wave_number = np.cbrt(3.0 * np.pi**2 * density) * constants.FERMI
    potential = mu * constants.ELECTRON_REST_ENERGY
    found = heat_capacity.electron_heat_capacity(potential, wave_number, temperature)
    assert found == pytest.approx(exact, rel=error)
