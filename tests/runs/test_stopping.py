"""Runs that end before their time: by a rule on a series, or by the wall clock."""

import numpy as np
import pytest

from spectralcmi.case import stopping
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.heat.cooling import VARIABLES
from spectralcmi.runs.diagnostics import DIAGNOSTICS
from spectralcmi.runs.heat_series import HEAT, RESIDUAL
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from spectralcmi.runs.series import ACCUMULATED
from spectralcmi.runs.series import SERIES as OF_SAMPLES


def test_rules_know_the_series_that_there_are():
    single = {name for name, one in DIAGNOSTICS.items() if not one.dims}
    assert set(stopping.SERIES) == single | set(OF_SAMPLES) | set(ACCUMULATED)
    assert set(stopping.SERIES_OF_HEAT) == {*HEAT, RESIDUAL[0]} >= set(VARIABLES)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("rms_fild > 1e15", "no series with one value at each time is named rms_fild (did you"),
        ("spectrum_poloidal > 1", "no series with one value"),
        ("rms_field >= 1e15", 'is not like "rms_field > 1e15"'),
        ("rms_field > 1e15 G", 'is not like "rms_field > 1e15"'),
        ("rms_field", 'is not like "rms_field > 1e15"'),
        ("rms_field > inf", "compares with no finite number"),
        ("T_b < 1e8", "T_b is a series of runs with thermal.enabled"),
    ],
)
def test_a_bad_rule_is_one_line_when_the_case_is_read(rule, message):
    with pytest.raises(ParameterError) as error:
        Parameters().replace({"time.stop_when": rule})
    assert str(error.value).startswith(f"time.stop_when = {rule!r}: ")
    assert message in str(error.value)


def test_a_rule_of_heat_is_one_of_runs_with_heat():
    parameters = Parameters(time={"stop_when": "T_b < 1e8"}, thermal={"enabled": True})
    assert parameters.time.stop_rule == ("T_b", False, 1e8)


def test_a_run_ends_at_the_first_time_that_fulfils_its_rule(small_case, tmp_path):
    whole = run(small_case())
    field, path = whole["rms_field"].values, tmp_path / "run.nc"
    limit = float(0.5 * (field[4] + field[5]))
    rule = f"rms_field {'>' if field[5] > field[4] else '<'} {limit!r}"
    stopped = run(small_case(**{"time.stop_when": rule}), path)
    assert (stopped.attrs["status"], stopped.attrs["stopped_when"]) == ("complete", rule)
    np.testing.assert_array_equal(stopped["time"], whole["time"][:6])
    np.testing.assert_array_equal(stopped["rms_field"], field[:6])
    # what ended it still does, whatever its end
    assert resume(path, {"time.end": 7.0}).equals(stopped)
    on = resume(path, {"time.stop_when": ""})
    np.testing.assert_array_equal(on["rms_field"], field)
    assert "stopped_when" not in on.attrs


def test_a_rule_that_holds_at_the_start_leaves_the_start(small_case):
    dataset = run(small_case(**{"time.stop_when": "rms_field > 0"}))
    assert dataset["time"].values.tolist() == [0.0]
    assert dataset.attrs["status"] == "complete"


def test_a_run_that_took_its_time_is_saved_and_goes_on(small_case, tmp_path, caplog):
    path = tmp_path / "run.nc"
    # less than any step takes [h]
    short = run(small_case(**{"time.wall_limit": 1e-9}), path)
    assert short.attrs["status"] == "interrupted"
    assert "time.wall_limit = 1e-09 h is over" in caplog.text
    assert "`resume` goes on" in caplog.text
    whole = resume(path, {"time.wall_limit": 0.0})
    np.testing.assert_array_equal(whole["rms_field"], run(small_case())["rms_field"])
    assert "changes" not in whole.attrs
