"""Splines of the logarithms against what they were made of."""

import numba
import numpy as np
import pytest

from spectralcmi.heat import tables as module
from spectralcmi.heat.tables import (
    HIGHEST,
    LOWEST,
    TemperatureTables,
    enthalpy,
    place_in_tables,
    temperatures,
    weighted,
)

FACTORS = np.array([[1.0], [2.0], [5.0]])


def smooth(temperature):
    return FACTORS * temperature**1.5 / (1 + temperature / 1e9)


def tables():
    return TemperatureTables.of(
        {"first": smooth(temperatures()), "second": FACTORS + 0 * smooth(1) * temperatures()}
    )


def test_temperatures_reach_from_end_to_end():
    np.testing.assert_allclose(temperatures()[[0, -1]], [LOWEST, HIGHEST], rtol=1e-13)


def test_values_and_slopes_between_the_nodes():
    temperature = np.array([1.234e7, 6.78e8, 2.5e10])
    (first, second), (slope, none) = tables().evaluate(np.log(temperature))
    exact = np.diag(smooth(temperature))
    # steps of 0.13 in ln T: an error of the fourth order, 1e-6
    np.testing.assert_allclose(np.exp(first), exact, rtol=2e-6)
    np.testing.assert_allclose(slope, 1.5 - temperature / (1e9 + temperature), rtol=1e-4)
    np.testing.assert_allclose(np.exp(second), FACTORS[:, 0], rtol=1e-13)
    np.testing.assert_allclose(none, 0.0, atol=1e-12)


def test_several_temperatures_of_a_shell():
    temperature = np.geomspace(2e7, 2e10, 12).reshape(3, 4)
    found = tables().at(temperature)["first"]
    exact = smooth(temperature)
    np.testing.assert_allclose(found, exact, rtol=2e-6)


def test_kernels_find_the_same():
    table = tables()

    @numba.njit
    def one(coefficients, logarithm):
        first, values, slopes = place_in_tables(logarithm)
        return weighted(coefficients, first, 0, values), weighted(coefficients, first, 0, slopes)

    logarithm = np.log(np.array([3e7, 4e8, 2.9e10]))
    values, slopes = table.evaluate(logarithm)
    for shell in range(3):
        found = one(table.coefficients[shell], logarithm[shell])
        np.testing.assert_allclose(found, (values[0, shell], slopes[0, shell]), rtol=1e-13)


def test_enthalpy_is_the_integral_of_the_heat_capacity():
    found = enthalpy(lambda t: FACTORS * t**1.7)
    # powers of T are continued below the tables exactly, and integrated by Gauss to 1e-11
    np.testing.assert_allclose(found, FACTORS * temperatures() ** 2.7 / 2.7, rtol=1e-10)


def test_the_heat_of_a_phase_transition_is_kept():
    """A heat capacity that jumps between nodes: the enthalpy beyond is right to 1 % of the step."""

    def capacity(t):
        return np.where(t < 1.03e9, 0.2 * t, t)[None]

    exact = np.where(temperatures() < 1.03e9, 0.1, 0.5) * temperatures() ** 2
    exact[temperatures() > 1.03e9] -= 0.4 * 1.03e9**2
    found = enthalpy(capacity)[0]
    # a fourth of a step of 0.13 in ln T, of a jump of 0.8 T^2
    np.testing.assert_allclose(found, exact, rtol=0.05)
    slope = TemperatureTables.of({"enthalpy": found[None]}).evaluate(np.log([5e8]))[1]
    assert slope[0, 0] == pytest.approx(2.0, rel=0.02)
    assert np.all(np.diff(found) > 0)


def test_zero_is_allowed_and_nothing_below():
    zero = TemperatureTables.of({"none": np.zeros((1, module.NODES))})
    assert zero.at(np.array([1e9]))["none"][0] < 1e-200
    with pytest.raises(ValueError, match="some is negative"):
        TemperatureTables.of({"some": np.full((1, module.NODES), -1.0)})
    with pytest.raises(ValueError, match="not finite"):
        TemperatureTables.of({"some": np.full((1, module.NODES), np.nan)})
