"""The study of three dimensions: its comparison on made-up runs, and its quick mode."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

STUDIES = Path(__file__).parents[2] / "studies"


def load(name):
    specification = importlib.util.spec_from_file_location(name, STUDIES / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def made_up_run(share):
    """A run of two degrees and two orders with a given share of energy in m = 1 at each time."""
    share = np.asarray(share)
    orders = np.stack([1 - share, share], axis=1) * 1e40
    return xr.Dataset(
        {
            "spectrum_order": (("time", "order"), orders, {"units": "erg"}),
            "spectrum_poloidal": (("time", "degree"), orders, {"units": "erg"}),
            "spectrum_toroidal": (("time", "degree"), orders, {"units": "erg"}),
            "rms_field": ("time", np.ones(share.size), {"units": "G"}),
        },
        {"time": np.arange(share.size) * 10.0, "order": [0, 1], "degree": [1, 2]},
        {"parameters": "{}"},
    )


def test_years_of_given_shares():
    study = load("three_dimensions")
    run = made_up_run([0.0, 2e-6, 2e-4, 0.05, 0.09])
    found = study.years(study.compare(run, run))
    assert found[1e-6] == 10.0
    assert found[1e-4] == 20.0
    assert found[1e-2] == 30.0
    assert np.isnan(found[1e-1])


def test_spectra_are_poloidal_and_toroidal_together():
    study = load("three_dimensions")
    run = made_up_run([0.25])
    spectrum = study.compare(run, run)["spectrum"]
    assert spectrum.dims == ("geometry", "time", "degree")
    assert spectrum.isel(time=0).values == pytest.approx(2e40 * np.array([[0.75, 0.25]] * 2))


def test_quick_mode_draws_and_saves(tmp_path, capsys):
    study = load("three_dimensions")
    dataset = study.main(quick=True, output=tmp_path)
    assert (tmp_path / "three_dimensions.png").stat().st_size > 0
    # the seed is 1e-4 of the field, 1e-8 of the energy, less what decays
    assert 1e-10 < float(dataset["non_axisymmetric_share"][0]) < 2e-8
    redrawn = study.main(output=tmp_path, redraw=tmp_path / "three_dimensions.nc")
    assert redrawn["rms_field"].equals(dataset["rms_field"])
    assert "first_year" in capsys.readouterr().out
