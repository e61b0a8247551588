"""Intervals in which a temperature takes turns with the field: how long, and what they add up."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from spectralcmi.heat.radial import BUDGET, HeatStep
from spectralcmi.runs.diagnostics import ENERGY_UNIT
from spectralcmi.runs.thermal import (
    CHANGE,
    EXTRAPOLATION,
    GROWTH,
    LARGEST_CHANGE,
    SHARE,
    ThermalEvolution,
    at_rest,
)


class Cooling:
    """A star of one temperature that falls as exp(-rate t), and takes any heat as energy."""

    heats = 1
    extrapolation = None

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


class Extrapolated(Cooling):
    """The same, of a heat equation whose steps are costly."""

    def __init__(self, rate):
        super().__init__(rate)
        self.extrapolation, self.steps = self, 0

    def step(self, u, time, length, heat):
        self.steps += 1
        return super().step(u, time, length, heat)

    def at_energy(self, guess, before, time, years, heat):
        return guess, np.full(len(BUDGET), years)


def extrapolated(rate, intervals=12):
    """An evolution after some intervals of a year that were set by hand, each of one step."""
    star = Extrapolated(rate)
    state = replace(at_rest(np.ones(1), 1), step=1.0)
    thermal = ThermalEvolution(star, state, 1e-3)
    for year in range(intervals):
        thermal.state = replace(thermal.state, end=year + 1.0)
        thermal.finish(NO_HEAT, None)
    return thermal


def test_temperatures_that_cost_much_are_extrapolated():
    thermal = extrapolated(0.01)
    steps, state = thermal.star.steps, thermal.state
    thermal.plan(NO_HEAT, 1e-6, state.start + 1.0)
    assert thermal.star.steps == steps
    middle = np.exp(-0.01 * (state.start + 0.5))
    # the cubic term of a parabola through three points, 0.5 x 1.5 x 2.5/6 of 1e-6
    assert thermal.state.middle[0] == pytest.approx(middle, rel=4e-7)
    # of a straight line it would be 0.5 x 1.5/2 of 1e-4
    assert abs(thermal.state.middle[0] / middle - 1) > 1e-8


def test_what_is_measured_between_is_extrapolated_too():
    thermal = extrapolated(0.01)
    steps, state = thermal.star.steps, thermal.state
    thermal.plan(NO_HEAT, 1e-6, state.start + 1.0)
    sample = thermal.sample(state.start + 0.25, NO_HEAT, NO_HEAT, None)
    assert thermal.star.steps == steps
    assert sample.u[0] == pytest.approx(np.exp(-0.01 * (state.start + 0.25)), rel=4e-7)
    np.testing.assert_allclose(sample.energies - state.energies, 0.25, rtol=1e-12)


def test_intervals_are_so_short_that_extrapolation_does():
    thermal = extrapolated(0.01, 4)
    before = thermal.state
    # the rate changes suddenly: what was extrapolated is wrong by 2 %
    thermal.star.rate = 0.03
    thermal.state = replace(before, end=before.start + 1.0)
    thermal.finish(NO_HEAT, None)
    after = thermal.state
    missed = abs(np.log(before.extrapolated(1.0)[0] / after.u[0]))
    assert after.length == pytest.approx(np.sqrt(EXTRAPOLATION * 1e-3 / missed), rel=1e-12)
    assert after.length < 1.0
    # and a straight line would have been nearer than the parabola, or as near
    assert after.extrapolated(1.0)[0] == pytest.approx(
        after.u[0] * (2 - before.u[0] / after.u[0]), rel=1e-2
    )


@pytest.mark.parametrize(("steps", "expected"), [(0.5, 0.5), (1.4, 1), (2.6, 3)])
def test_an_interval_is_a_whole_number_of_steps_of_the_field(steps, expected):
    thermal = extrapolated(0.01)
    step = 0.2
    thermal.state = replace(thermal.state, length=steps * step)
    thermal.plan(NO_HEAT, step, np.inf)
    assert thermal.end - thermal.state.start == pytest.approx(expected * step, rel=1e-12)


def test_the_first_interval_is_computed():
    thermal = ThermalEvolution(Extrapolated(1.0), at_rest(np.ones(1), 1), 1e-3)
    thermal.plan(NO_HEAT, 0.01, np.inf)
    assert thermal.star.steps > 0
