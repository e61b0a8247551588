"""Where the time loop starts from a checkpoint: other modes, versions and series."""

import shutil

import numpy as np
import pytest

import spectralcmi
from spectralcmi.build import build_model
from spectralcmi.runs import checkpoint
from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.run import run
from spectralcmi.runs.series import SERIES
from spectralcmi.runs.start import restart
from spectralcmi.terms import ohmic
from spectralcmi.threads import Threads
from tests.runs.interrupted import interrupted_run


def test_modes_of_another_sign_make_no_difference_to_the_field(small_case, tmp_path, monkeypatch):
    # a linear algebra library is free to choose the signs of the free-decay modes
    parameters = small_case(**{"resolution.radial_grid": "global"})
    path = tmp_path / "run.nc"
    interrupted_run(parameters, path, 10)
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
    interrupted_run(parameters, path, 10)
    monkeypatch.setattr("spectralcmi.runs.start.__version__", "9.0")
    changed = run(parameters, path).attrs["changes"]
    assert f'"spectralcmi_version": ["{spectralcmi.__version__}", "9.0"]' in changed
    monkeypatch.undo()
    run(parameters, path)  # and it is still a run of these parameters


def test_series_that_were_not_measured_before_are_nan(finished, tmp_path, monkeypatch):
    parameters, dataset, _ = finished
    path = tmp_path / "run.nc"
    without = {name: series for name, series in SERIES.items() if name != "mean_k5"}
    monkeypatch.setattr("spectralcmi.runs.record.SERIES", without)
    monkeypatch.setattr("spectralcmi.runs.record.__version__", "0.0.1")
    interrupted_run(parameters, path, 10)
    monkeypatch.undo()
    mean = run(parameters, path)["mean_k5"].values
    unknown = np.isnan(mean)
    assert 0 < unknown.sum() < unknown.size
    np.testing.assert_array_equal(mean[~unknown], dataset["mean_k5"].values[~unknown])
    # the other way round nothing is thrown away
    monkeypatch.setattr("spectralcmi.runs.record.SERIES", without)
    unfinished = tmp_path / "other.nc"
    shutil.copy(path, unfinished)
    stored = open_stored_run(unfinished)
    with pytest.raises(RunFileError, match="mean_k5 is unknown to this version"):
        checkpoint.restored_record(stored, parameters, build_model(parameters).shell)
