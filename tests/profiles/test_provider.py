"""The crust along a run: constant between changes, with what holds in the middle of an interval."""

import numpy as np
import pytest

from spectralcmi.case.parameters import Parameters
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.profiles.provider import INPUTS, CrustHistory, Input
from spectralcmi.star.neutron_star import temperature_change_times
from spectralcmi.star.temperature import read_cooling_history


@pytest.fixture
def history(tmp_path):
    """A power law from 1 to 1e6 years."""
    path = tmp_path / "cooling.csv"
    time = np.geomspace(1.0, 1e6, 60)
    rows = [f"{t:.8g},{1e9 * t**-0.2:.8g}" for t in time]
    path.write_text("time [yr],temperature [K]\n" + "\n".join(rows) + "\n")
    return str(path)


def cooling(history, end=300.0):
    return Parameters().replace(
        {"background.cooling_history": history, "time.end": end, "output.series_interval": end}
    )


def test_an_interval_has_the_temperature_of_its_middle(history):
    parameters = cooling(history)
    crust, past = CrustHistory(parameters), read_cooling_history(history)
    first, second = temperature_change_times(parameters.background, 300.0)[10:12]
    ages = [crust.age(time) for time in (1.000001 * first, 0.9 * second, second)]
    # a time of change closes its interval: what is saved there was computed before the change
    assert ages == [0.5 * (first + second)] * 3
    assert crust.age(first) < first
    # within an interval the temperature never is as far off as a whole step
    ends = np.array([past.temperature(first), past.temperature(second)])
    assert np.all(np.abs(np.log(ends / past.temperature(ages[0]))) < 0.6 * np.log(1.05))
    # the end of the run decides nothing but whether the history suffices
    assert CrustHistory(cooling(history, 1e6)).age(second) == ages[0]
    assert crust.age(299.0) > 250.0
    early = r"cooling_history = '.*': ends at 1e\+06 yr, before 2e\+06"
    with pytest.raises(ValueError, match=early):
        CrustHistory(cooling(history, 2e6)).age(0.0)


def test_its_profiles_are_those_of_that_year(history):
    parameters = cooling(history)
    radius = np.linspace(*crust_radii(parameters.background), 5)
    crust = CrustHistory(parameters)
    expected = build_crust(parameters.background, parameters.chiral, radius, crust.age(40.0))
    assert crust.crust(radius, 40.0).identical(expected)


def test_changes_are_met_one_after_the_other(history):
    crust = CrustHistory(cooling(history))
    times = crust.changes
    assert crust.next_change(0.0) == times[0]
    assert crust.next_change(times[3]) == times[4]
    assert crust.next_change(times[-1]) == np.inf
    within = crust.changes_within(300.0)["temperature"]
    np.testing.assert_array_equal(within, times[times <= 300.0])


def test_without_history_nothing_changes():
    crust = CrustHistory(Parameters())
    assert crust.age(7.0) == 0.0 and crust.next_change(0.0) == np.inf
    assert crust.changes_within(1e9) == {}


def test_several_inputs_change_at_times_of_their_own(history, monkeypatch):
    alone = CrustHistory(cooling(history)).changes
    other = Input(lambda parameters, end: np.array([0.5, 7.25]), lambda parameters: 5e5)
    monkeypatch.setattr("spectralcmi.profiles.provider.INPUTS", {**INPUTS, "delta_mu": other})
    crust = CrustHistory(cooling(history))
    np.testing.assert_array_equal(crust.changes, np.sort([0.5, 7.25, *alone]))
    before = alone[alone < 7.25][-1]
    assert crust.age(7.25) == 0.5 * (before + 7.25)
    assert set(crust.changes_within(300.0)) == {"temperature", "delta_mu"}
