"""Many runs in one small dataset each: what a figure draws and the table of claims quotes.

Every function takes the ended runs of a group by name (`spectralcmi.paper.plan`) and leaves
out what is missing, so that an unfinished reproduction can be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.case.parameters import Parameters
from spectralcmi.grid.breakpoints import functions_per_wavelength
from spectralcmi.linear.eigenmodes import eigenmodes
from spectralcmi.paper import measures
from spectralcmi.paper.plan import MAIN, ScanName
from spectralcmi.runs.dataset import parameters_of

__all__ = [
    "LATE",
    "SLOPE_DEGREES",
    "delta_mu_scan",
    "energies",
    "hall_cascade",
    "hall_only",
    "linear_growth",
    "parity",
    "per_wavelength",
    "radial_functions",
    "resolution",
    "seed_field_scan",
    "spectra",
]

#: Years of the Hall stage over which spectra are averaged; a run that ends at 230 yr has the first.
LATE = ((210.0, 230.0), (250.0, 300.0))
#: Degrees between which the slope of a spectrum is fitted: from l = 2, since the dipole is where
#: the energy comes from, to what the lowest resolution, lmax 30, hardly damps.
SLOPE_DEGREES = (2, 20)
#: Years to 1e15 G as the paper has them, by delta_mu.
PAPER_YEARS = {1.0: 22.0, 1e-2: 75.0, 1e-4: 400.0, 1e-5: 6000.0}
#: Years at which Fig. 3 of the paper has its spectra.
SPECTRA_YEARS = (0.0, 70.0, 100.0, 200.0, 300.0)


Dims = str | tuple[str, ...]
Variable = tuple[Dims, np.ndarray, dict[str, str]]
Measured = Callable[[xr.Dataset], Any]
"""A number or a series of a run."""


def _variable(dims: Dims, values: ArrayLike, units: str, long_name: str) -> Variable:
    return dims, np.asarray(values, dtype=float), {"units": units, "long_name": long_name}


def _stacked(series: Sequence[ArrayLike]) -> np.ndarray:
    """Rows of different length in one array, NaN behind the shorter ones."""
    rows = [np.asarray(row, dtype=float) for row in series]
    out = np.full((len(rows), max((row.size for row in rows), default=0)), np.nan)
    for place, row in zip(out, rows, strict=True):
        place[: row.size] = row
    return out


def _series(runs: Mapping[Any, xr.Dataset], function: Measured) -> np.ndarray:
    return _stacked([np.asarray(function(run)) for run in runs.values()])


def _times(runs: Mapping[Any, xr.Dataset], dim: str) -> Variable:
    return _variable((dim, "sample"), _series(runs, lambda run: run["time"]), "yr", "time")


def _numbers(runs: Mapping[Any, xr.Dataset], function: Measured) -> list[float]:
    return [float(function(run)) for run in runs.values()]


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
    years, erg = {"units": "yr"}, {"units": "erg"}
    return kept.assign(
        first_exponent=("run", _numbers(runs, lambda run: measures.first_power_law(run).value)),
        growth_rate=("run", [fit.value for fit in fits], {"units": "1/yr"}),
        window_start=("run", [fit.start for fit in fits], years),
        window_end=("run", [fit.end for fit in fits], years),
        equipartition=("run", _numbers(runs, measures.equipartition_year), years),
        year=("run", _numbers(runs, measures.year_of_field), years),
        onset=("run", _numbers(runs, measures.onset_year), years),
        last_field=("run", _numbers(runs, lambda run: run["rms_field"][-1]), {"units": "G"}),
        last_energy=("run", _numbers(runs, lambda run: measures.total_energy(run)[-1]), erg),
        released=("run", _numbers(runs, lambda run: run["chiral_energy_released"][-1]), erg),
        sample_time=_times(runs, "run"),
        energy=_variable(
            ("run", "sample"), _series(runs, measures.total_energy), "erg", "energy in the shell"
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
    """Year of 1e15 G by crust, convention, deviation from equilibrium and radial grid.

    Returns
    -------
    Dataset
        ``year``, ``growth_rate`` (largest), along ``crust``, ``convention``, ``delta_mu``,
        ``functions_per_wavelength``, NaN where nothing was run; ``year_of_paper`` along
        ``delta_mu``; the field against time with the fewest functions.
    """
    labels = [sorted({name[i] for name in runs}) for i in range(4)]
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
    crusts, conventions, deviations, grids = labels
    dims = ("crust", "convention", "delta_mu", "functions_per_wavelength")
    curve = (*dims[:3], "sample")
    paper = [PAPER_YEARS.get(deviation, np.nan) for deviation in deviations]
    return xr.Dataset(
        {
            "year": _variable(dims, year, "yr", "time to 1e15 G"),
            "growth_rate": _variable(dims, rate, "1/yr", "growth rate of the field"),
            "year_of_paper": _variable("delta_mu", paper, "yr", "time to 1e15 G in the paper"),
            "sample_time": _variable(curve, time, "yr", "time"),
            "rms_field": _variable(curve, field, "G", "root mean square field"),
        },
        {
            "crust": crusts,
            "convention": conventions,
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
            "growth_rate": _variable(seed, [r.value for r in rates], "1/yr", "growth rate"),
            "window_start": _variable(seed, [r.start for r in rates], "yr", "start of the window"),
            "window_end": _variable(seed, [r.end for r in rates], "yr", "end of the window"),
            "year": _variable(seed, _numbers(runs, measures.year_of_field), "yr", "time to 1e15 G"),
            "saturated_field": _variable(seed, [x.mean() for x in late], "G", "mean late field"),
            "saturated_scatter": _variable(
                seed, [x.std() for x in late], "G", "standard deviation of the late field"
            ),
            "sample_time": _times(runs, seed),
            "rms_field": _variable(
                (seed, "sample"),
                _series(runs, lambda run: run["rms_field"]),
                "G",
                "root mean square field",
            ),
        },
        {seed: (seed, list(runs), {"units": "G", "long_name": "polar field of the seed"})},
    )


def _after_growth(run: xr.Dataset, years: float) -> np.ndarray:
    since = run["time"] - measures.year_of_field(run)
    late = run["rms_field"].values[((since >= years / 2) & (since <= years)).values]
    return late if late.size else np.array([np.nan])


def parity(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Share of even degrees and of the equatorial class that a dipole is not of, by run."""
    dims = ("run", "sample")
    even, other = (
        _series(runs, function)
        for function in (measures.even_degree_share, measures.other_family_share)
    )
    return xr.Dataset(
        {
            "largest_even_share": _variable(
                "run", np.nanmax(even, axis=1), "1", "largest share of even degrees"
            ),
            "last_even_share": _variable(
                "run",
                _numbers(runs, lambda run: measures.even_degree_share(run)[-1]),
                "1",
                "share of even degrees at the end",
            ),
            "last_quadrupole_share": _variable(
                "run",
                _numbers(runs, lambda run: measures.other_family_share(run)[-1]),
                "1",
                "share of the quadrupole family at the end",
            ),
            "sample_time": _times(runs, "run"),
            "even_degrees": _variable(dims, even, "1", "share of even degrees"),
            "quadrupole_family": _variable(dims, other, "1", "share of the quadrupole family"),
        },
        {"run": list(runs)},
    )


def hall_only(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Energy of a dipole under Hall drift by component and parity of the degree; its spectra."""
    dims = ("run", "component", "parity", "sample")
    names = ("poloidal", "toroidal")
    energy = np.stack(
        [
            [_series(runs, lambda run, n=name, r=rest: _energy_of(run, n, r)) for rest in (1, 0)]
            for name in names
        ]
    )
    last = {name: measures.mean_spectrum(run, *_last_half(run)) for name, run in runs.items()}
    slopes = [measures.spectral_slope(spectrum, *SLOPE_DEGREES) for spectrum in last.values()]
    degrees = max(spectrum.size for spectrum in last.values())
    return xr.Dataset(
        {
            "sample_time": _times(runs, "run"),
            "energy": _variable(dims, np.moveaxis(energy, 2, 0), "erg", "energy in the shell"),
            "spectrum": _variable(
                ("run", "degree"),
                _stacked(list(last.values())),
                "erg",
                "energy per degree, mean over the second half",
            ),
            "slope": _variable("run", [s.value for s in slopes], "1", "spectral exponent"),
            "slope_error": _variable(
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
    numbers = {
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
                numbers[name][i, j] = value
    resolutions = [parameters_of(run).resolution for run in runs.values()]
    rates = [parameters_of(run).dissipation.angular_rate for run in runs.values()]
    dims = ("run", "interval")
    units = {"field": "G"}
    return xr.Dataset(
        {
            "lmax": _variable("run", [r.lmax for r in resolutions], "1", "highest degree"),
            "radial_functions": _variable(
                "run", _numbers(runs, radial_functions), "1", "radial functions"
            ),
            "per_wavelength": _variable(
                "run", _numbers(runs, per_wavelength), "1", "functions per wavelength"
            ),
            "angular_rate": _variable("run", rates, "1/yr", "angular dissipation at lmax"),
            "onset": _variable(
                "run", _numbers(runs, measures.onset_year), "yr", "share of l = 1 falls below 0.8"
            ),
            "peak_degree": _variable(
                "run",
                _numbers(runs, lambda run: measures.peak_degree(run, measures.onset_year(run))),
                "1",
                "degree above 10 with the most energy at the onset",
            ),
            "spectrum": _variable((*dims, "degree"), spectrum, "erg", "mean energy per degree"),
            **{
                name: _variable(dims, values, units.get(name, "1"), name.replace("_", " "))
                for name, values in numbers.items()
            },
            "sample_time": _times(runs, "run"),
            "dipole_series": _variable(
                ("run", "sample"), _series(runs, measures.dipole_share), "1", "share of l = 1"
            ),
            "field_series": _variable(
                ("run", "sample"),
                _series(runs, lambda run: run["rms_field"]),
                "G",
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
    largest = _numbers(
        runs, lambda run: np.nanmax(measures.growth_rate(run["time"], run["rms_field"]))
    )
    rates = [linear.get(name, np.nan) for name in runs]
    numbers = {
        "setting": ([m for _, m in runs], "1", "polynomials, or functions per wavelength"),
        "radial_functions": (_numbers(runs, radial_functions), "1", "radial functions"),
        "growth_rate": (fits, "1/yr", "growth rate of the field"),
        "largest_rate": (largest, "1/yr", "largest growth rate"),
        "linear_rate": (rates, "1/yr", "linear theory"),
        "year": (_numbers(runs, measures.year_of_field), "yr", "time to 1e15 G"),
        "equipartition": (_numbers(runs, measures.equipartition_year), "yr", "equipartition"),
    }
    dim = "case"
    return xr.Dataset(
        {name: _variable(dim, *content) for name, content in numbers.items()},
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
