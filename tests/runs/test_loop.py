"""Runs: what they return, keep, refuse and continue."""

import logging
import os
import pickle
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import spectralcmi
from spectralcmi.build import build_model
from spectralcmi.case.parameters import ParameterError
from spectralcmi.errors import DivergedError
from spectralcmi.runs import checkpoint
from spectralcmi.runs import loop as simulate
from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.dataset import SERIES, RunFileError, open_run
from spectralcmi.runs.loop import output_times, restart, run
from spectralcmi.runs.output_file import OutputFile, OutputInUseError
from spectralcmi.terms import ohmic
from spectralcmi.threads import Threads


@pytest.fixture(scope="module")
def finished(small_case, tmp_path_factory):
    """Parameters, dataset and file of a run."""
    path = tmp_path_factory.mktemp("run") / "run.nc"
    parameters = small_case()
    return parameters, run(parameters, path), path


def written(path):
    """What a file would not keep, were it written again."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


@pytest.mark.parametrize(
    ("end", "interval", "expected"),
    [
        (2.0, 1.0, [0, 1, 2]),
        (2.5, 1.0, [0, 1, 2, 2.5]),
        (0.5, 1.0, [0, 0.5]),
        # the multiple of the interval comes within rounding of the end, and is one with it
        (0.3, 0.1, [0, 0.1, 0.2, 0.3]),
        (0.1 + 0.2, 0.1, [0, 0.1, 0.2, 0.3]),
    ],
)
def test_series_have_the_start_the_multiples_and_the_end(small_case, end, interval, expected):
    parameters = small_case(**{"time.end": end, "output.series_interval": interval})
    series, _ = output_times(parameters)
    np.testing.assert_allclose(series, expected, rtol=1e-15)
    assert series[-1] == end


def test_snapshots_are_taken_at_their_times_and_not_after_the_end(small_case):
    times = [0.0, 0.7, 1.0, 9.0]
    dataset = run(small_case(**{"time.end": 1.0, "output.snapshot_times": times}))
    np.testing.assert_array_equal(dataset["snapshot"], [0.0, 0.7, 1.0])
    np.testing.assert_array_equal(dataset["time"], [0.0, 0.5, 1.0])


def test_the_same_run_twice_is_the_same_file(finished, small_case, tmp_path):
    # nothing of the clock on the wall, nor of the memory's content, nor how often it was saved
    _, _, path = finished
    again = tmp_path / "again.nc"
    run(small_case(), again)
    assert again.read_bytes() == path.read_bytes()
    often = tmp_path / "often.nc"
    run(small_case(**{"output.checkpoint_interval": 1e-9, "time.end": 1.0}), often)
    once = run(small_case(**{"time.end": 1.0}))
    stored = open_run(often)
    del stored.attrs["parameters"], once.attrs["parameters"]
    xr.testing.assert_identical(stored, once)


def test_threads_do_not_change_a_bit(finished):
    parameters, dataset, _ = finished
    xr.testing.assert_identical(run(parameters, threads=Threads(2)), dataset)


RUN_IN_A_PROCESS = (
    "import sys; from spectralcmi import Parameters; from spectralcmi.runs.loop import run;"
    "run(Parameters.model_validate_json(sys.argv[1]), sys.argv[2])"
)


def run_in_a_process(parameters, path, **environment):
    command = [sys.executable, "-c", RUN_IN_A_PROCESS, parameters.to_json(), path]
    subprocess.run(command, env=os.environ | environment, check=True)


def test_another_process_gets_the_same_bits(finished, tmp_path):
    # in a fresh checkout this one has compiled what that one finds compiled
    parameters, _, path = finished
    run_in_a_process(parameters, tmp_path / "run.nc")
    assert (tmp_path / "run.nc").read_bytes() == path.read_bytes()


@pytest.mark.slow  # everything is compiled
def test_who_compiles_gets_the_same_bits_as_who_finds_it_compiled(small_case, tmp_path):
    files = [tmp_path / "first.nc", tmp_path / "second.nc"]
    for file in files:
        run_in_a_process(small_case(), file, NUMBA_CACHE_DIR=str(tmp_path / "compiled"))
    assert any((tmp_path / "compiled").rglob("*.nbi"))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_progress_is_told_after_every_step(small_case):
    steps = []
    dataset = run(small_case(**{"time.end": 1.0}), progress=steps.append)
    assert len(steps) == dataset["accepted_steps"][-1]
    times = [step.time for step in steps]
    assert times == sorted(set(times))
    assert steps[-1].time == steps[-1].end == 1.0
    np.testing.assert_allclose(steps[-1].rms_field, dataset["rms_field"][-1], rtol=1e-10)


# An output that is there already


def test_a_complete_run_is_kept(finished, caplog):
    parameters, dataset, path = finished
    before = written(path)
    with caplog.at_level(logging.INFO):
        xr.testing.assert_identical(run(parameters, path), dataset)
    assert written(path) == before
    assert "complete already" in caplog.text
    # how often it is saved is not what a run is about
    run(parameters.replace({"output.checkpoint_interval": 3.0}), path)
    assert written(path) == before


def test_another_run_is_refused_unless_it_may_be_overwritten(finished, small_case, tmp_path):
    parameters, _, path = finished
    copy = tmp_path / "run.nc"
    shutil.copy(path, copy)
    other = parameters.replace({"resolution.lmax": 4, "time.end": 1.0})
    with pytest.raises(RunFileError, match=r"holds another run, resolution.lmax = 5 and not 4; "):
        run(other, copy)
    assert copy.read_bytes() == path.read_bytes()
    run(other, copy, overwrite=True)
    assert open_run(copy).sizes["degree"] == 4


def test_a_file_that_is_no_run_is_refused_unless_it_may_be_overwritten(small_case, tmp_path):
    path, parameters = tmp_path / "notes.nc", small_case(**{"time.end": 0.5})
    path.write_text("notes")
    with pytest.raises(RunFileError, match=r"not a readable run .*; --overwrite replaces it$"):
        run(parameters, path)
    assert path.read_text() == "notes"
    run(parameters, path, overwrite=True)
    assert open_run(path).attrs["status"] == "complete"


def stop_after(steps):
    """Progress that interrupts a run after so many steps."""

    def progress(_):
        nonlocal steps
        steps -= 1
        if steps == 0:
            raise KeyboardInterrupt

    return progress


def test_an_unfinished_run_is_continued(finished, tmp_path, caplog):
    parameters, dataset, path = finished
    stopped = tmp_path / "run.nc"
    with pytest.raises(KeyboardInterrupt):
        run(parameters, stopped, stop_after(10))
    partial = open_run(stopped)
    assert partial.attrs["status"] == "interrupted"
    assert 0 < partial.sizes["time"] < dataset.sizes["time"]
    with caplog.at_level(logging.INFO):
        xr.testing.assert_identical(run(parameters, stopped), dataset)
    assert "going on at" in caplog.text
    assert stopped.read_bytes() == path.read_bytes()


def test_a_run_with_other_input_files_is_refused(small_case, tmp_path):
    field, path = tmp_path / "field.nc", tmp_path / "run.nc"
    run(small_case(**{"time.end": 0.5, "output.snapshot_times": [0.0]}), field)
    case = small_case(**{"initial.kind": "file", "initial.file": str(field), "time.end": 0.5})
    run(case, path)
    before = written(path)
    run(case, path)
    assert written(path) == before
    run(small_case(**{"time.end": 0.5, "initial.polar_field": 2e12}), field, overwrite=True)
    with pytest.raises(RunFileError, match="holds a run with other input files"):
        run(case, path)
    field.unlink()
    with pytest.raises(ParameterError, match=r"initial.file = .*: cannot be read: No such file"):
        run(case, path)
    assert written(path) == before


def test_a_file_that_is_being_written_is_refused(small_case, tmp_path):
    path = tmp_path / "run.nc"
    with OutputFile(path), pytest.raises(OutputInUseError, match="another process is writing it"):
        run(small_case(), path)


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


# Taking up a run


def test_modes_of_another_sign_make_no_difference_to_the_field(small_case, tmp_path, monkeypatch):
    # a linear algebra library is free to choose the signs of the free-decay modes
    parameters = small_case(**{"resolution.radial_grid": "global"})
    path = tmp_path / "run.nc"
    with pytest.raises(KeyboardInterrupt):
        run(parameters, path, stop_after(10))
    stored = open_stored_run(path)
    degree_modes = ohmic.degree_modes

    def flipped_modes(*arguments):
        poloidal, *others = degree_modes(*arguments)
        return -poloidal, *others

    monkeypatch.setattr(ohmic, "degree_modes", flipped_modes)
    going_on = restart(stored, parameters, threads=Threads(1))
    split = going_on.model.space.modes.poloidal_modes
    flipped = np.concatenate(
        [-stored.checkpoint.coefficients[:split], stored.checkpoint.coefficients[split:]]
    )
    # projection of what is in the basis already: rounding, times the condition of the basis
    scale = abs(flipped).max()
    np.testing.assert_allclose(going_on.integrator.state, flipped, atol=1e-11 * scale)
    assert not np.array_equal(going_on.integrator.state, stored.checkpoint.coefficients)


def test_another_version_of_the_package_is_noted(finished, tmp_path, monkeypatch):
    parameters, _, _ = finished
    path = tmp_path / "run.nc"
    with pytest.raises(KeyboardInterrupt):
        run(parameters, path, stop_after(10))
    monkeypatch.setattr(simulate, "__version__", "9.0")
    changed = run(parameters, path).attrs["changes"]
    assert f'"spectralcmi_version": ["{spectralcmi.__version__}", "9.0"]' in changed
    monkeypatch.undo()
    run(parameters, path)  # and it is still a run of these parameters


def test_series_that_were_not_measured_before_are_nan(finished, tmp_path, monkeypatch):
    parameters, dataset, _ = finished
    path = tmp_path / "run.nc"
    without = {name: series for name, series in SERIES.items() if name != "mean_k5"}
    monkeypatch.setattr("spectralcmi.runs.dataset.SERIES", without)
    monkeypatch.setattr("spectralcmi.runs.dataset.__version__", "0.0.1")
    with pytest.raises(KeyboardInterrupt):
        run(parameters, path, stop_after(10))
    monkeypatch.undo()
    mean = run(parameters, path)["mean_k5"].values
    unknown = np.isnan(mean)
    assert 0 < unknown.sum() < unknown.size
    np.testing.assert_array_equal(mean[~unknown], dataset["mean_k5"].values[~unknown])
    # the other way round nothing is thrown away
    monkeypatch.setattr("spectralcmi.runs.dataset.SERIES", without)
    unfinished = tmp_path / "other.nc"
    shutil.copy(path, unfinished)
    stored = open_stored_run(unfinished)
    with pytest.raises(RunFileError, match="mean_k5 is unknown to this version"):
        checkpoint.restored_record(stored, parameters, build_model(parameters).shell)


# Output times


def test_output_times_change_nothing(small_case, tmp_path):
    runs, checkpoints = {}, {}
    for interval in (0.1, 1.0, 5.0):
        path = tmp_path / f"{interval}.nc"
        parameters = small_case(**{"output.series_interval": interval, "time.end": 5.0})
        steps = []
        runs[interval] = run(parameters, path, steps.append)
        checkpoints[interval] = open_stored_run(path).checkpoint, [step.time for step in steps]
    (reference, steps), *others = checkpoints.values()
    for other, its_steps in others:
        assert its_steps == steps
        assert other.controller == reference.controller
        np.testing.assert_array_equal(other.coefficients, reference.coefficients)
        np.testing.assert_array_equal(other.totals, reference.totals)
    fine = runs[0.1]
    for interval in (1.0, 5.0):
        coarse = runs[interval]
        # the same place in the same step, but for the rounding of ten times 0.1
        same = fine.sel(time=coarse["time"], method="nearest", tolerance=1e-12)
        for name in ("energy_poloidal", "energy_toroidal", "chiral_energy", "magnetic_helicity"):
            np.testing.assert_allclose(same[name], coarse[name], rtol=1e-10, err_msg=name)
        np.testing.assert_array_equal(coarse["poloidal"], fine["poloidal"])


def test_between_steps_the_series_are_as_good_as_the_steps(small_case):
    # a hundredth of the tolerance for comparison; the error of the dense output comes to that of
    # the steps, of which 1e-4 of the field is allowed in each
    coarse = run(small_case(**{"output.series_interval": 0.07}))
    fine = run(small_case(**{"output.series_interval": 0.07, "time.tolerance": 1e-6}))
    energy = float(fine["energy_poloidal"].max())
    for name in ("energy_poloidal", "energy_toroidal"):
        np.testing.assert_allclose(coarse[name], fine[name], rtol=0, atol=1e-4 * energy)
