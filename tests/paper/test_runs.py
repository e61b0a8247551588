"""The folder of runs: computed once, resumed, shared."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper import runs
from spectralcmi.runs.output_file import OutputInUseError

TINY = {
    "resolution.functions_per_wavelength": 3.0,
    "resolution.lmax": 4,
    "time.end": 2.0,
    "output.snapshot_times": (),
}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("SPECTRALCMI_THREADS", "1")


def test_a_finished_run_is_not_computed_again(tmp_path, monkeypatch):
    parameters = Parameters().replace(TINY)
    said = []
    runs.compute_runs(tmp_path, [("one", parameters), ("same", parameters)], said.append)
    assert len(said) == 1
    assert said[0].startswith("run 1 of 1, one: ")

    def forbidden(*arguments, **options):
        raise AssertionError("computed again")

    monkeypatch.setattr(runs, "run", forbidden)
    runs.compute_runs(tmp_path, [("one", parameters)], said.append)
    assert len(said) == 1
    assert runs.stored_run(tmp_path, parameters).attrs["status"] == "complete"


def test_an_interrupted_run_is_not_taken_for_finished_and_goes_on(tmp_path):
    parameters = Parameters().replace(TINY)

    def interrupt(progress):
        if progress.time > 1:
            raise KeyboardInterrupt

    path = runs.run_path(tmp_path, parameters)
    with pytest.raises(KeyboardInterrupt):
        runs.run(parameters, path, interrupt)
    assert path.is_file()
    assert runs.stored_run(tmp_path, parameters) is None
    runs.compute_runs(tmp_path, [("one", parameters)], lambda line: None)
    straight = runs.run(parameters)
    went_on = runs.stored_run(tmp_path, parameters)
    np.testing.assert_array_equal(went_on["rms_field"], straight["rms_field"])


def test_what_another_process_computes_is_left_to_it_and_waited_for(tmp_path, monkeypatch):
    first, second = (Parameters().replace({**TINY, "time.end": end}) for end in (1.0, 2.0))
    calls = []

    def run(parameters, path, wait=False):
        calls.append((parameters.time.end, wait))
        if parameters == first and not wait:
            raise OutputInUseError("busy")
        return xr.Dataset({"rms_field": ("time", [1.0])})

    monkeypatch.setattr(runs, "run", run)
    said = []
    runs.compute_runs(tmp_path, [("first", first), ("second", second)], said.append)
    assert calls == [(1.0, False), (2.0, False), (1.0, True)]
    assert "left to another process" in said[0]
