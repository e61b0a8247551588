"""The study of three dimensions: its comparison on made-up runs, and its seed."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr


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


def test_years_of_a_share_that_grows_exponentially(load_study):
    study = load_study("three_dimensions")
    run = made_up_run(1e-9 * np.exp(0.3 * np.arange(0, 61, 10.0)))
    found = study.years(study.compare(run, run))
    for level in (1e-6, 1e-4, 1e-2):
        # exact but for the round-off of the shares
        assert found[level] == pytest.approx(np.log(level / 1e-9) / 0.3, rel=1e-9)
    assert np.isnan(found[1e-1])


def test_spectra_are_poloidal_and_toroidal_together(load_study):
    study = load_study("three_dimensions")
    run = made_up_run([0.25])
    spectrum = study.compare(run, run)["spectrum"]
    assert spectrum.dims == ("geometry", "time", "degree")
    assert spectrum.isel(time=0).values == pytest.approx(2e40 * np.array([[0.75, 0.25]] * 2))


def test_the_seed_is_as_small_as_its_amplitude(answer):
    _, dataset, printed, _ = answer("three_dimensions")
    # 1e-4 of the field, 1e-8 of the energy, less what decays
    assert 1e-10 < float(dataset["non_axisymmetric_share"][0]) < 2e-8
    assert "first_year" in printed
