import numpy as np
import pytest

from spectralcmi import constants
from spectralcmi.star.conductivity import conductivity_of, electron_scattering
from spectralcmi.star.thermal_conductivity import (
    condegin_electron_electron_rate,
    electron_electron_rate,
    electron_thermal_conductivity,
    inelastic_factor,
    lattice_thermal_conductivity,
)
from tests.star.reference import read


@pytest.fixture(scope="module")
def table():
    return read("conductivity_reference.csv")


def scattering(table, temperature=None):
    return electron_scattering(
        table["n_b"],
        table["T"] if temperature is None else temperature,
        table["Z"],
        table["A_cluster"],
        table["A_cell"],
    )


def test_reference_program_is_reproduced(table):
    found = electron_thermal_conductivity(
        scattering(table), table["Z"], table["T"], table["Z_imp"] ** 2
    )
    error = np.abs(found / table["kappa"] - 1.0)
    assert len(error) == 54
    # That program has other constants in the transverse part of electron-electron scattering, whose
    # share is 5 to 20 %; the worst is the hottest and thinnest state, at 1e10 K.
    assert np.median(error) < 5e-3
    assert error.max() < 7e-2


def test_reference_program_is_reproduced_with_its_own_rate_among_electrons(table):
    found = electron_thermal_conductivity(
        scattering(table),
        table["Z"],
        table["T"],
        table["Z_imp"] ** 2,
        condegin_electron_electron_rate,
    )
    error = np.abs(found / table["kappa"] - 1.0)
    # What is left is the Coulomb logarithm, as good for heat as for charge.
    assert np.median(error) < 9e-4
    assert error.max() < 2.4e-2


def test_law_of_wiedemann_and_franz_holds_far_above_the_plasma_temperature(table):
    row = table[table["Z_imp"] == 0.0][:9]
    hot = scattering(row, 1e12)
    # The correction is 0.0105 (T_p/T)^2 and a few factors of one.
    np.testing.assert_allclose(inelastic_factor(hot, row["Z"]), 1.0, atol=1e-3)
    cold = inelastic_factor(scattering(row, 1e8), row["Z"])
    assert np.all(cold[-3:] > 2.5)


def test_impurities_conduct_as_wiedemann_and_franz_say(table):
    row = table[:1]
    states = scattering(row)
    many = 1e8
    ratio = electron_thermal_conductivity(states, row["Z"], row["T"], many)
    ratio = ratio / conductivity_of(states, row["Z"], many)
    lorenz = (np.pi * constants.BOLTZMANN_CONSTANT / constants.ELEMENTARY_CHARGE) ** 2 / 3.0
    # Impurities alone scatter elastically; the two conductivities use alpha with 7 and 11 digits.
    np.testing.assert_allclose(ratio / row["T"], lorenz, rtol=1e-4)


def test_electrons_collide_as_landau_damping_lets_them():
    # nu_ee ~ T for relativistic electrons far below their plasma temperature.
    rates = electron_electron_rate(100.0, np.array([1e5, 1e6]))
    assert rates[1] / rates[0] == pytest.approx(10.0, rel=0.05)  # logarithmic corrections


def test_lattice_stays_finite_in_the_cold(table):
    row = table[table["Z_imp"] == 0.0][:9]
    temperature = np.geomspace(1e5, 3e10, 30)[:, None]
    states = scattering(row, temperature)
    found = lattice_thermal_conductivity(states, row["Z"], row["A_cluster"], temperature)
    assert found.shape == (30, 9)
    assert np.all(np.isfinite(found) & (found > 0.0))
