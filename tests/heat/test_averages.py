"""Averages over the sphere against their limits."""

import numpy as np
import pytest

from spectralcmi.heat.averages import FieldMatter, field_averages
from spectralcmi.heat.synchrotron import synchrotron_table
from spectralcmi.heat.tables import TemperatureTables
from spectralcmi.star.neutrinos import synchrotron
from spectralcmi.threads import Threads

WEIGHTS = np.array([0.25, 0.5, 0.25])
TEMPERATURE = np.array([1e8, 2e8])
GYRATION = (np.array([1e-13, 3e-13]), np.array([-1.5, -1.2]))
MOMENTUM = np.array([30.0, 80.0])
SYNCHROTRON = TemperatureTables.of({"synchrotron": synchrotron_table(MOMENTUM)})


def averages_of(fields, temperature=TEMPERATURE, gyration=GYRATION, threads=1):
    matter = FieldMatter(temperature, *gyration, SYNCHROTRON)
    return field_averages(np.array(fields), WEIGHTS, matter, Threads(threads))


def averages(radial, theta, phi, *args):
    """Of a field [1e12 G] that is the same everywhere."""
    return averages_of([[np.full(3, float(b)) for b in (radial, theta, phi)]] * 2, *args)


def test_along_a_radial_field_heat_flows_as_without_one():
    np.testing.assert_allclose(averages(100, 0, 0).conduction_share, 1.0, rtol=1e-14)
    nothing = averages(0, 0, 0)
    np.testing.assert_allclose(nothing.conduction_share, 1.0, rtol=1e-14)
    assert not nothing.conduction_exponent.any()
    assert not nothing.emissivity.any()


def test_across_a_horizontal_field_it_is_held_back():
    found = averages(0, 30, 40)
    square = (GYRATION[0] * 5e13) ** 2
    np.testing.assert_allclose(found.conduction_share, 1 / (1 + square), rtol=1e-14)


@pytest.mark.parametrize("quantity", ["conduction", "emissivity"])
def test_the_power_of_the_temperature_is_that_of_a_difference(quantity):
    share = "conduction_share" if quantity == "conduction" else quantity
    found, step = averages(3, 5, 4), 1e-5
    warmer = averages(
        3, 5, 4, TEMPERATURE * (1 + step), (GYRATION[0] * (1 + step) ** GYRATION[1], GYRATION[1])
    )
    exponent = np.log(getattr(warmer, share) / getattr(found, share)) / np.log1p(step)
    # first order
    np.testing.assert_allclose(getattr(found, f"{quantity}_exponent"), exponent, rtol=1e-4)


# the spline of the table; f(T/B) is not tabulated for the weakest fields, which hardly radiate
@pytest.mark.parametrize(("strength", "tolerance"), [(1.0, 1e-2), (30.0, 1e-3), (1e3, 1e-3)])
def test_radiation_is_that_of_each_place(strength, tolerance):
    factors = np.array([0.3, 1.0, 3.0])
    field = strength * factors * np.array([[[1.0], [2.0], [2.0]]] * 2)
    exact = synchrotron(MOMENTUM[:, None], TEMPERATURE[:, None], 3e12 * strength * factors)
    np.testing.assert_allclose(averages_of(field).emissivity, exact @ WEIGHTS, rtol=tolerance)


def test_different_places_count_by_their_share():
    fields = [[[100, 0, 100], [0, 1e4, 0], [0, 0, 0]]] * 2
    share = averages_of(fields).conduction_share
    assert share == pytest.approx(0.5, rel=1e-5)  # the rest conducts 1e-6


def test_threads_do_not_change_a_bit():
    fields = np.random.default_rng(2).standard_normal((2, 3, 3))
    one, two = (averages_of(fields, threads=n) for n in (1, 2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
