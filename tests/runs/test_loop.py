"""The time loop: what it tells on its way, and ends that are none."""

import pickle
import re

import numpy as np
import pytest

from spectralcmi.errors import DivergedError
from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.run import run


def test_progress_is_told_after_every_step(small_case):
    steps = []
    dataset = run(small_case(**{"time.end": 1.0}), progress=steps.append)
    assert len(steps) == dataset["accepted_steps"][-1]
    times = [step.time for step in steps]
    assert times == sorted(set(times))
    assert steps[-1].time == steps[-1].end == 1.0
    np.testing.assert_allclose(steps[-1].rms_field, dataset["rms_field"][-1], rtol=1e-10)


# Ends that are none


def test_a_run_that_blows_up_saves_what_it_has_and_says_where(small_case, tmp_path):
    # an explicit term in steps a hundred times too long
    parameters = small_case(**{
        "background.hall_prefactor": 1.0, "time.step": 0.5, "initial.polar_field": 1e14,
        "output.checkpoint_interval": 1e-9,
    })  # fmt: skip
    path = tmp_path / "run.nc"
    with pytest.raises(DivergedError) as raised:
        run(parameters, path)
    error = raised.value
    dataset = open_run(path)
    assert dataset.attrs["status"] == "diverged"
    assert dataset.attrs["reason"] == str(error)
    assert f"at {error.time:g} yr, step 0.5 yr, B_rms {error.rms_field:.3g} G" in str(error)
    assert dataset["time"][-1] == error.time > 0
    assert all(np.isfinite(dataset[name]).all() for name in dataset.data_vars)
    np.testing.assert_allclose(dataset["rms_field"][-1], error.rms_field, rtol=1e-10)
    # it is what these parameters give, and gives again
    with pytest.raises(DivergedError, match=re.escape(str(error))):
        run(parameters, path)


def test_a_step_below_the_smallest_is_divergence(small_case, tmp_path):
    repeated, rejected = [], 0

    def note(step):
        nonlocal rejected
        if step.rejected > rejected:
            rejected = step.rejected
            repeated.append(step.step)

    run(small_case(), progress=note)
    natural = min(repeated)
    parameters = small_case(**{"time.smallest_step": 1.01 * natural})
    with pytest.raises(DivergedError) as raised:
        run(parameters, tmp_path / "run.nc")
    assert raised.value.step < 1.01 * natural
    run(small_case(**{"time.smallest_step": 0.99 * natural}))


def test_errors_keep_their_text_when_they_are_pickled():
    error = DivergedError(12.5, 1e-9, 3e17)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(error) == "the run diverged at 12.5 yr, step 1e-09 yr, B_rms 3e+17 G"


def test_a_bug_on_the_way_saves_what_there_is(finished, tmp_path):
    parameters, _, _ = finished
    path = tmp_path / "run.nc"
    count = 0

    def buggy(_):
        nonlocal count
        count += 1
        if count == 10:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(parameters, path, buggy)
    assert open_stored_run(path).checkpoint.controller["steps"] == 10
    assert open_run(path).attrs["status"] == "interrupted"
