"""Intervals in which a temperature takes turns with the field: how long, and what they add up."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from spectralcmi.heat.radial import BUDGET, HeatStep
from spectralcmi.runs.diagnostics import ENERGY_UNIT
from spectralcmi.runs.thermal import (
    CHANGE,
    GROWTH,
    LARGEST_CHANGE,
    SHARE,
    ThermalEvolution,
    at_rest,
)


class Cooling:
    """A star of one temperature that falls as exp(-rate t), and takes any heat as energy."""

    heats = 1

    def __init__(self, rate=0.0, hottest=1e9, excess="", energy=1.0):
        self.equation, self.rate, self.hottest = self, rate, hottest
        self.excess, self.energy = excess, energy

    def step(self, u, time, length, heat):
        energies = np.zeros(len(BUDGET))
        energies[0] = length * heat.sum()
        change = self.rate * length
        return HeatStep(u * np.exp(-change), energies, 0.0, change)

    def powers(self, u, heat):
        return np.zeros(len(BUDGET))

    def temperature(self, u):
        return u * self.hottest

    def change(self, before, after):
        return float(np.max(np.abs(np.log(after / before))))

    def heat_vector(self, heats):
        return heats

    def at_nodes(self, integrals):
        return integrals

    def content(self, u):
        return self.energy * u

    def outside_fit(self, u, field):
        return self.excess

    def meet(self, field, u):
        """Nothing: no field acts on it."""


def evolution(rate=0.0, **options):
    star = Cooling(rate, **options)
    return ThermalEvolution(star, at_rest(np.ones(1), 1), 1e-3)


NO_HEAT = np.zeros(1)


def test_an_interval_is_as_long_as_temperatures_take_to_change():
    thermal = evolution(rate=2.0)
    # steps of the field are far shorter; intervals double until they are as long as they may be
    for _ in range(24):
        thermal.plan(NO_HEAT, 1e-6, np.inf)
        thermal.finish(NO_HEAT, None)
    thermal.plan(NO_HEAT, 1e-6, np.inf)
    assert thermal.end - thermal.state.start == pytest.approx(CHANGE / 2.0, rel=1e-6)
    middle = 0.5 * (thermal.state.start + thermal.end)
    assert thermal.state.middle[0] == pytest.approx(np.exp(-2.0 * middle), rel=1e-9)


def test_what_the_field_does_not_notice_is_not_followed():
    thermal = evolution(rate=1e3)
    thermal.plan(NO_HEAT, 0.1, np.inf)
    assert thermal.end == SHARE * 0.1


def test_a_change_that_is_foreseen_shortens_an_interval():
    thermal = evolution(rate=2.0)
    thermal.state = replace(thermal.state, length=1.0)
    thermal.plan(NO_HEAT, 1e-6, np.inf)
    assert 0.5 * CHANGE < 2.0 * thermal.end <= LARGEST_CHANGE


def test_an_interval_ends_where_something_else_changes_and_leaves_no_sliver():
    thermal = evolution()
    ends = []
    while not ends or ends[-1] < 1.0:
        thermal.plan(NO_HEAT, 1.2, 1.0)
        ends.append(thermal.end)
        thermal.finish(NO_HEAT, None)
    # the second may be twice as long as the first, and is half of what is left
    np.testing.assert_allclose(ends, [SHARE * 1.2, 0.65, 1.0], rtol=1e-12)
    assert thermal.state.length == pytest.approx(GROWTH * 0.35)


def test_all_heat_is_deposited_whatever_the_intervals():
    thermal, heat = evolution(rate=1.0), np.zeros(1)
    for given in (3.0, 5.0, 4.0):
        thermal.plan(NO_HEAT, 0.1, np.inf)
        heat = heat + given
        sample = thermal.sample(thermal.end, heat, NO_HEAT, None)
        # a sample changes nothing, and says what the end of the interval will be
        thermal.finish(heat, None)
        # its steps are fewer and longer, and add up to the same but for rounding
        np.testing.assert_allclose(sample.energies, thermal.state.energies, rtol=1e-14)
    assert thermal.state.energies[0] == pytest.approx(12.0 * ENERGY_UNIT, rel=1e-12)


def test_matter_that_is_too_hot_is_told_once(caplog):
    thermal = evolution(hottest=4e9)
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            thermal.plan(NO_HEAT, 4.0, np.inf)
            thermal.finish(NO_HEAT, None)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "4e+09 K at 3 yr" in caplog.text  # not at 1 yr, when a star is newborn


def test_an_envelope_outside_its_fit_is_told_once(caplog):
    thermal = evolution(excess="thermal.envelope = ppp15: a polar field of 2e+15 G exceeds 1e+15 G")
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            thermal.plan(NO_HEAT, 4.0, np.inf)
            thermal.finish(NO_HEAT, None)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "thermal.envelope = ppp15: a polar field" in caplog.text
    assert "at 3 yr" in caplog.text


def test_a_flare_ends_an_interval_and_heat_that_is_foreseen_does_not():
    thermal, heating = evolution(energy=ENERGY_UNIT), np.array([5.0])
    thermal.plan(heating, 1.0, np.inf)
    time = 0.5 * thermal.end
    foreseen = time * heating
    assert not thermal.is_overtaken(time, foreseen)
    assert not thermal.is_overtaken(time, foreseen + 0.99 * LARGEST_CHANGE)
    flare = foreseen + 1.01 * LARGEST_CHANGE
    assert thermal.is_overtaken(time, flare)
    thermal.shorten(time)
    thermal.finish(flare, None)
    assert thermal.state.start == time
    assert thermal.state.energies[0] == pytest.approx(flare[0] * ENERGY_UNIT, rel=1e-12)
