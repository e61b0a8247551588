"""Many runs in one small dataset each: what a figure draws and the table of claims quotes.

Every function takes the ended runs of a group by name (`plan`) and leaves
out what is missing, so that an unfinished reproduction can be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.paper import measures
from spectralcmi.paper.dehman_pons_2024.cascade import SLOPE_DEGREES
from spectralcmi.paper.dehman_pons_2024.plan import MAIN, ScanName
from spectralcmi.paper.series import numbers, series, stacked, times, variable

__all__ = [
    "delta_mu_scan",
    "energies",
    "hall_only",
    "parity",
    "seed_field_scan",
    "spectra",
]

#: Years to 1e15 G as the paper has them, by delta_mu.
PAPER_YEARS = {1.0: 22.0, 1e-2: 75.0, 1e-4: 400.0, 1e-5: 6000.0}
#: Years at which Fig. 3 of the paper has its spectra.
SPECTRA_YEARS = (0.0, 70.0, 100.0, 200.0, 300.0)


def energies(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Energies of the paper's run (Fig. 2), and the total of all by crust and resolution.

    Returns
    -------
    Dataset
        ``energy_poloidal``, ``energy_toroidal`` along ``time``; ``energy`` and ``sample_time``
        along ``run`` and ``sample``; along ``run`` the exponent of the start, the growth rate and
        its window, the years of equipartition and of 1e15 G, and what is there at the end.
    """
    kept = runs[MAIN][["energy_poloidal", "energy_toroidal", "rms_field"]]
    fits = [measures.exponential_growth(run) for run in runs.values()]
    years, erg = {"units": "julian_year"}, {"units": "erg"}
    return kept.assign(
        first_exponent=("run", numbers(runs, lambda run: measures.first_power_law(run).value)),
        growth_rate=("run", [fit.value for fit in fits], {"units": "julian_year^-1"}),
        window_start=("run", [fit.start for fit in fits], years),
        window_end=("run", [fit.end for fit in fits], years),
        equipartition=("run", numbers(runs, measures.equipartition_year), years),
        year=("run", numbers(runs, measures.year_of_field), years),
        onset=("run", numbers(runs, measures.onset_year), years),
        last_field=("run", numbers(runs, lambda run: run["rms_field"][-1]), {"units": "gauss"}),
        last_energy=("run", numbers(runs, lambda run: measures.total_energy(run)[-1]), erg),
        released=("run", numbers(runs, lambda run: run["chiral_energy_released"][-1]), erg),
        sample_time=times(runs, "run"),
        energy=variable(
            ("run", "sample"), series(runs, measures.total_energy), "erg", "energy in the shell"
        ),
    ).assign_coords(run=list(runs))


def spectra(run: xr.Dataset, years: Sequence[float] = SPECTRA_YEARS) -> xr.Dataset:
    """Spectra of a run at the stored times nearest to some years (Fig. 3)."""
    kept = run[["spectrum_poloidal", "spectrum_toroidal"]].assign(
        dipole_share=measures.dipole_share(run),
        even_share=measures.even_degree_share(run),
        toroidal_share=measures.toroidal_share(run),
    )
    years = [year for year in years if year <= float(run["time"][-1])]
    return kept.sel(time=years, method="nearest")


def delta_mu_scan(runs: Mapping[ScanName, xr.Dataset]) -> xr.Dataset:
    """Year of 1e15 G by crust, constants, deviation from equilibrium and radial grid.

    Returns
    -------
    Dataset
        ``year``, ``growth_rate`` (largest), along ``crust``, ``constants``, ``delta_mu``,
        ``functions_per_wavelength``, NaN where nothing was run; ``year_of_paper`` along
        ``delta_mu``; the field against time with the fewest functions.
    """
    labels: list[list[Any]] = [sorted({name[i] for name in runs}) for i in range(4)]
    shape = tuple(map(len, labels))
    year, rate = np.full(shape, np.nan), np.full(shape, np.nan)
    samples = max(run.sizes["time"] for run in runs.values())
    time, field = np.full((2, *shape[:3], samples), np.nan)
    for name, run in runs.items():
        place = tuple(row.index(label) for row, label in zip(labels, name, strict=True))
        year[place] = measures.year_of_field(run)
        rate[place] = measures.exponential_growth(run).value
        if place[-1] == 0:
            time[(*place[:3], slice(run.sizes["time"]))] = run["time"]
            field[(*place[:3], slice(run.sizes["time"]))] = run["rms_field"]
    crusts, constants, deviations, grids = labels
    dims = ("crust", "constants", "delta_mu", "functions_per_wavelength")
    curve = (*dims[:3], "sample")
    paper = [PAPER_YEARS.get(deviation, np.nan) for deviation in deviations]
    return xr.Dataset(
        {
            "year": variable(dims, year, "julian_year", "time to 1e15 G"),
            "growth_rate": variable(dims, rate, "julian_year^-1", "growth rate of the field"),
            "year_of_paper": variable(
                "delta_mu", paper, "julian_year", "time to 1e15 G in the paper"
            ),
            "sample_time": variable(curve, time, "julian_year", "time"),
            "rms_field": variable(curve, field, "gauss", "root mean square field"),
        },
        {
            "crust": crusts,
            "constants": constants,
            "delta_mu": deviations,
            "functions_per_wavelength": grids,
        },
    )


def seed_field_scan(runs: Mapping[float, xr.Dataset]) -> xr.Dataset:
    """Growth and saturation by the polar field of the seed.

    Returns
    -------
    Dataset
        Along ``seed_field``: ``growth_rate`` and its window, ``year``, ``saturated_field`` (mean
        over the second half of the years after 1e15 G that all runs have) and its standard
        deviation; the field against time.
    """
    rates = [measures.exponential_growth(run) for run in runs.values()]
    years = min(float(run["time"][-1]) - measures.year_of_field(run) for run in runs.values())
    late = [_after_growth(run, years) for run in runs.values()]
    seed = "seed_field"
    return xr.Dataset(
        {
            "growth_rate": variable(
                seed, [r.value for r in rates], "julian_year^-1", "growth rate"
            ),
            "window_start": variable(
                seed, [r.start for r in rates], "julian_year", "start of the window"
            ),
            "window_end": variable(
                seed, [r.end for r in rates], "julian_year", "end of the window"
            ),
            "year": variable(
                seed, numbers(runs, measures.year_of_field), "julian_year", "time to 1e15 G"
            ),
            "saturated_field": variable(seed, [x.mean() for x in late], "gauss", "mean late field"),
            "saturated_scatter": variable(
                seed, [x.std() for x in late], "gauss", "standard deviation of the late field"
            ),
            "sample_time": times(runs, seed),
            "rms_field": variable(
                (seed, "sample"),
                series(runs, lambda run: run["rms_field"]),
                "gauss",
                "root mean square field",
            ),
        },
        {seed: (seed, list(runs), {"units": "gauss", "long_name": "polar field of the seed"})},
    )


def _after_growth(run: xr.Dataset, years: float) -> np.ndarray:
    since = run["time"] - measures.year_of_field(run)
    late = run["rms_field"].values[((since >= years / 2) & (since <= years)).values]
    return late if late.size else np.array([np.nan])


def parity(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Share of even degrees and of the equatorial class that a dipole is not of, by run."""
    dims = ("run", "sample")
    even, other = (
        series(runs, function)
        for function in (measures.even_degree_share, measures.other_family_share)
    )
    return xr.Dataset(
        {
            "largest_even_share": variable(
                "run", np.nanmax(even, axis=1), "1", "largest share of even degrees"
            ),
            "last_even_share": variable(
                "run",
                numbers(runs, lambda run: measures.even_degree_share(run)[-1]),
                "1",
                "share of even degrees at the end",
            ),
            "last_quadrupole_share": variable(
                "run",
                numbers(runs, lambda run: measures.other_family_share(run)[-1]),
                "1",
                "share of the quadrupole family at the end",
            ),
            "sample_time": times(runs, "run"),
            "even_degrees": variable(dims, even, "1", "share of even degrees"),
            "quadrupole_family": variable(dims, other, "1", "share of the quadrupole family"),
        },
        {"run": list(runs)},
    )


def hall_only(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Energy of a dipole under Hall drift by component and parity of the degree; its spectra."""
    dims = ("run", "component", "parity", "sample")
    names = ("poloidal", "toroidal")
    energy = np.stack(
        [
            [series(runs, lambda run, n=name, r=rest: _energy_of(run, n, r)) for rest in (1, 0)]
            for name in names
        ]
    )
    last = {name: measures.mean_spectrum(run, *_last_half(run)) for name, run in runs.items()}
    slopes = [measures.spectral_slope(spectrum, *SLOPE_DEGREES) for spectrum in last.values()]
    degrees = max(spectrum.size for spectrum in last.values())
    return xr.Dataset(
        {
            "sample_time": times(runs, "run"),
            "energy": variable(dims, np.moveaxis(energy, 2, 0), "erg", "energy in the shell"),
            "spectrum": variable(
                ("run", "degree"),
                stacked(list(last.values())),
                "erg",
                "energy per degree, mean over the second half",
            ),
            "slope": variable("run", [s.value for s in slopes], "1", "spectral exponent"),
            "slope_error": variable(
                "run", [s.standard_error for s in slopes], "1", "standard error of the exponent"
            ),
        },
        {
            "run": list(runs),
            "component": list(names),
            "parity": ["odd", "even"],
            "degree": np.arange(1, degrees + 1),
        },
    )


def _energy_of(run: xr.Dataset, name: str, rest: int) -> xr.DataArray:
    return run[f"spectrum_{name}"].where(run["degree"] % 2 == rest, 0.0).sum("degree")


def _last_half(run: xr.Dataset) -> tuple[float, float]:
    end = float(run["time"][-1])
    return end / 2, end
