"""The Hall stage and the growth rate against resolution, in one small dataset each.

Every function takes the ended runs of a group by name (`plan`) and leaves out what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.grid.breakpoints import functions_per_wavelength
from spectralcmi.linear.eigenmodes import eigenmodes
from spectralcmi.paper import measures
from spectralcmi.paper.series import numbers, series, times, variable
from spectralcmi.runs.dataset import parameters_of

__all__ = [
    "LATE",
    "SLOPE_DEGREES",
    "hall_cascade",
    "linear_growth",
    "per_wavelength",
    "radial_functions",
    "resolution",
]

#: Years of the Hall stage over which spectra are averaged; a run that ends at 230 yr has the first.
LATE = ((210.0, 230.0), (250.0, 300.0))
#: Degrees between which the slope of a spectrum is fitted: from l = 2, since the dipole is where
#: the energy comes from, to what the lowest resolution, lmax 30, hardly damps.
SLOPE_DEGREES = (2, 20)


def radial_functions(run: xr.Dataset) -> int:
    """Number of radial functions of a run; as many as it has radii where only the star decided."""
    wanted = parameters_of(run).resolution.radial_functions
    return wanted or int(run.attrs.get("radial_functions", run.sizes["radius"]))


def per_wavelength(run: xr.Dataset) -> float:
    """Radial functions per wavelength of the fastest waves; NaN for one global expansion."""
    resolution = parameters_of(run).resolution
    if resolution.radial_grid != "auto":
        return np.nan
    wanted = resolution.functions_per_wavelength
    return functions_per_wavelength(resolution.lmax) if wanted == "auto" else float(wanted)


def hall_cascade(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Onset of the Hall stage, field strength and spectra by run.

    Returns
    -------
    Dataset
        Along ``run``: ``lmax``, ``radial_functions`` and how many of them there are
        ``per_wavelength`` (NaN for one global expansion), ``angular_rate``, ``onset``,
        ``peak_degree`` (where the energy is that Hall drift takes from the dipole at its onset);
        along ``run`` and ``interval`` (see `LATE`): ``spectrum`` (per degree), ``slope``,
        ``slope_error``, ``field``, ``dipole_share``, ``even_share``, ``angular_dissipation`` (share
        of all losses).
    """
    degrees = max(run.sizes["degree"] for run in runs.values())
    shape = len(runs), len(LATE)
    measured = {
        name: np.full(shape, np.nan)
        for name in (
            "slope",
            "slope_error",
            "field",
            "dipole_share",
            "even_share",
            "angular_dissipation",
        )
    }
    spectrum = np.full((*shape, degrees), np.nan)
    for i, run in enumerate(runs.values()):
        for j, interval in enumerate(LATE):
            if run["time"][-1] < interval[1]:
                continue
            mean = measures.mean_spectrum(run, *interval)
            spectrum[i, j, : mean.size] = mean
            for name, value in _late_numbers(run, mean, interval).items():
                measured[name][i, j] = value
    resolutions = [parameters_of(run).resolution for run in runs.values()]
    rates = [parameters_of(run).dissipation.angular_rate for run in runs.values()]
    dims = ("run", "interval")
    units = {"field": "gauss"}
    return xr.Dataset(
        {
            "lmax": variable("run", [r.lmax for r in resolutions], "1", "highest degree"),
            "radial_functions": variable(
                "run", numbers(runs, radial_functions), "1", "radial functions"
            ),
            "per_wavelength": variable(
                "run", numbers(runs, per_wavelength), "1", "functions per wavelength"
            ),
            "angular_rate": variable("run", rates, "julian_year^-1", "angular dissipation at lmax"),
            "onset": variable(
                "run",
                numbers(runs, measures.onset_year),
                "julian_year",
                "share of l = 1 falls below 0.8",
            ),
            "peak_degree": variable(
                "run",
                numbers(runs, lambda run: measures.peak_degree(run, measures.onset_year(run))),
                "1",
                "degree above 10 with the most energy at the onset",
            ),
            "spectrum": variable((*dims, "degree"), spectrum, "erg", "mean energy per degree"),
            **{
                name: variable(dims, values, units.get(name, "1"), name.replace("_", " "))
                for name, values in measured.items()
            },
            "sample_time": times(runs, "run"),
            "dipole_series": variable(
                ("run", "sample"), series(runs, measures.dipole_share), "1", "share of l = 1"
            ),
            "field_series": variable(
                ("run", "sample"),
                series(runs, lambda run: run["rms_field"]),
                "gauss",
                "root mean square field",
            ),
        },
        {
            "run": list(runs),
            "interval": [f"{start:g}-{end:g} yr" for start, end in LATE],
            "degree": np.arange(1, degrees + 1),
        },
    )


def _late_numbers(
    run: xr.Dataset, spectrum: xr.DataArray, interval: tuple[float, float]
) -> dict[str, float]:
    late = run.sel(time=slice(*interval))
    slope = measures.spectral_slope(spectrum, *SLOPE_DEGREES)
    losses = [
        float(late[name][-1] - late[name][0])
        for name in ("angular_dissipation_energy", "ohmic_energy")
    ]
    return {
        "slope": slope.value,
        "slope_error": slope.standard_error,
        "field": float(late["rms_field"].mean()),
        "dipole_share": float(measures.dipole_share(late).mean()),
        "even_share": float(measures.even_degree_share(late).mean()),
        "angular_dissipation": losses[0] / sum(losses),
    }


def resolution(
    runs: Mapping[tuple[str, float], xr.Dataset],
    linear: Mapping[tuple[str, float], float] | None = None,
) -> xr.Dataset:
    """Growth rate against the number of radial functions: measured, and of linear theory.

    Parameters
    ----------
    runs : mapping
        By radial grid, and polynomials or functions per wavelength on it.
    linear : mapping, optional
        Growth rates of linear theory [1/yr] by the same names, see `linear_growth`.

    Returns
    -------
    Dataset
        Along ``case``: ``grid``, ``setting`` (the second part of the name), ``radial_functions``,
        ``growth_rate`` (over the exponential window), ``largest_rate``, ``linear_rate``, and the
        years of ``equipartition`` and of 1e15 G (``year``).
    """
    linear = linear or {}
    fits = [measures.exponential_growth(run).value for run in runs.values()]
    largest = numbers(
        runs, lambda run: np.nanmax(measures.growth_rate(run["time"], run["rms_field"]))
    )
    rates = [linear.get(name, np.nan) for name in runs]
    measured = {
        "setting": ([m for _, m in runs], "1", "polynomials, or functions per wavelength"),
        "radial_functions": (numbers(runs, radial_functions), "1", "radial functions"),
        "growth_rate": (fits, "julian_year^-1", "growth rate of the field"),
        "largest_rate": (largest, "julian_year^-1", "largest growth rate"),
        "linear_rate": (rates, "julian_year^-1", "linear theory"),
        "year": (numbers(runs, measures.year_of_field), "julian_year", "time to 1e15 G"),
        "equipartition": (
            numbers(runs, measures.equipartition_year),
            "julian_year",
            "equipartition",
        ),
    }
    dim = "case"
    return xr.Dataset(
        {name: variable(dim, *content) for name, content in measured.items()},
        {
            dim: [f"{grid}, {setting:g}" for grid, setting in runs],
            "grid": (dim, [grid for grid, _ in runs]),
        },
    )


def linear_growth(cases: Mapping[Any, Parameters], degree: int = 1) -> dict[Any, float]:
    """Largest growth rate of linear theory [1/yr] by name."""
    return {
        name: float(eigenmodes(parameters, degrees=[degree], modes=1)["growth_rate"].max())
        for name, parameters in cases.items()
    }
