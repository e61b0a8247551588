"""What the follow-up papers say of a run, measured: l = 1 inside and outside, k5, helicity.

A group of runs by name has those of one start together: ``"name"``, ``"name: seed 1"``, and so on,
the first to be quoted, the others for its uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.constants import ERG_PER_MEV, FINE_STRUCTURE_CONSTANT, HBAR_C, JULIAN_YEAR
from spectralcmi.paper import measures
from spectralcmi.paper.series import numbers, series, times, variable

__all__ = [
    "alike",
    "dipole_energy",
    "dipole_helicity",
    "dipole_toroidal_share",
    "energies",
    "fields",
    "helicity_as_chirality",
    "helicity_error",
    "last",
    "near",
    "spectra",
    "starts",
]

SPECTRUM_YEARS = (0.0, 1.0, 10.0, 30.0, 100.0)


def alike(runs: Mapping[str, xr.Dataset], name: str) -> dict[str, xr.Dataset]:
    """The run of a name, and those of other seeds and resolutions; empty without the first."""
    if name not in runs:
        return {}
    others = {key: run for key, run in runs.items() if key.startswith(f"{name}: ")}
    return {name: runs[name], **others}


def last(run: xr.Dataset, name: str) -> float:
    """A series at the end of the run."""
    return float(run[name][-1])


def near(run: xr.Dataset, name: str, year: float) -> float:
    """A series at the stored year nearest to one; NaN beyond the run."""
    if year > float(run["time"][-1]):
        return np.nan
    return float(run[name].sel(time=year, method="nearest"))


def dipole_energy(run: xr.Dataset) -> xr.DataArray:
    """Energy of l = 1 in the shell [erg], along time."""
    return measures.dipole_share(run) * measures.total_energy(run)


def dipole_toroidal_share(run: xr.Dataset) -> xr.DataArray:
    """Share of the toroidal field in the energy of l = 1, along time."""
    return run["spectrum_toroidal"].sel(degree=1) / dipole_energy(run)


def dipole_helicity(run: xr.Dataset, wavenumber: float) -> xr.DataArray:
    """k H_1/(8 pi E_1) of l = 1, along time: 1 for a helical field of that wavenumber [1/km]."""
    helicity = run["helicity_spectrum"].sel(degree=1)
    return wavenumber * 1e-5 * helicity / (8 * np.pi * dipole_energy(run))


def helicity_error(run: xr.Dataset) -> float:
    """Largest |H(t) - H(0) + 2 Int Int cE.B dV dt| over the largest |H|.

    The integral over time is that of the stored series, and as coarse as they are.
    """
    seconds = run["time"].values * JULIAN_YEAR
    rate, helicity = run["helicity_production"].values, run["magnetic_helicity"].values
    steps = np.diff(seconds) * (rate[1:] + rate[:-1]) / 2
    change = np.diff(helicity)
    accumulated = np.cumsum(change - steps)
    return float(np.max(np.abs(accumulated)) / np.max(np.abs(helicity)))


def fields(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Fields against time by run: l = 1 in the crust, all of it, and the dipole outside.

    Returns
    -------
    Dataset
        ``dipole_rms_field``, ``rms_field``, ``dipole_field``, ``dipole_timing_field`` and
        ``sample_time`` along ``run`` and ``sample``.
    """
    names = {
        "dipole_rms_field": "root mean square of l = 1 in the crust",
        "rms_field": "root mean square in the crust",
        "dipole_field": "polar field of the dipole outside",
        "dipole_timing_field": "polar field that timing infers",
    }
    content = {
        name: variable(
            ("run", "sample"), series(runs, lambda run, n=name: run[n]), "gauss", long_name
        )
        for name, long_name in names.items()
    }
    return xr.Dataset({**content, "sample_time": times(runs, "run")}, {"run": list(runs)})


def energies(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Energy in the shell and that of l = 1 against time, by run."""
    dims = ("run", "sample")
    return xr.Dataset(
        {
            "energy": variable(
                dims, series(runs, measures.total_energy), "erg", "energy in the shell"
            ),
            "dipole_energy": variable(
                dims, series(runs, dipole_energy), "erg", "energy of l = 1 in the shell"
            ),
            "sample_time": times(runs, "run"),
        },
        {"run": list(runs)},
    )


def spectra(run: xr.Dataset) -> xr.Dataset:
    """Spectra of a run at the stored times nearest to some years."""
    years = [year for year in SPECTRUM_YEARS if year <= float(run["time"][-1])]
    kept = run[["spectrum_poloidal", "spectrum_toroidal", "helicity_spectrum", "peak_degree"]]
    return kept.sel(time=years, method="nearest")


def starts(runs: Mapping[Any, xr.Dataset], dim: str, units: str) -> xr.Dataset:
    """k5 and mu5 of the start, and what becomes of l = 1, by a number that names the runs.

    Parameters
    ----------
    runs : mapping
        By wavenumber, or by field strength.
    dim, units : str
        What it is.
    """
    content = {
        "maximum_mu5": ("MeV", "largest chiral potential at the start", 0),
        "mean_absolute_mu5": ("MeV", "mean absolute chiral potential at the start", 0),
        "mean_absolute_k5": ("km^-1", "mean absolute k5 at the start", 0),
    }
    dataset = xr.Dataset(
        {
            name: variable(dim, numbers(runs, lambda run, n=name, i=i: run[n][i]), unit, text)
            for name, (unit, text, i) in content.items()
        },
        {dim: (dim, list(runs), {"units": units})},
    )
    ends = {"first": 0, "last": -1}
    return dataset.assign(
        {
            f"{end}_dipole_rms_field": variable(
                dim,
                numbers(runs, lambda run, i=i: run["dipole_rms_field"][i]),
                "gauss",
                f"{end} l = 1",
            )
            for end, i in ends.items()
        }
    )


def helicity_as_chirality(helicity: float) -> float:
    """alpha H/(pi hbar c): what n5 in all would be, were the helicity spent on it."""
    return FINE_STRUCTURE_CONSTANT * helicity / (np.pi * HBAR_C * ERG_PER_MEV)
