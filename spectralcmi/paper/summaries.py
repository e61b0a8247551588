"""Many runs in one small dataset each: what a figure draws and the table of claims quotes.

Every function takes the ended runs of a group by name (`spectralcmi.paper.plan`) and leaves
out what is missing, so that an unfinished reproduction can be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.linear.eigenmodes import eigenmodes
from spectralcmi.paper import measures as claims
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
    "resolution",
    "seed_field_scan",
    "spectra",
]

#: Years of the Hall stage over which spectra are averaged; a run that ends at 200 yr has the first.
LATE = ((180.0, 200.0), (200.0, 300.0))
#: Degrees between which the slope of a spectrum is fitted: from l = 2, since the dipole is where
#: the energy comes from, to what the lowest resolution, lmax 30, hardly damps.
SLOPE_DEGREES = (2, 20)
#: Years to 1e15 G as the paper has them, by delta_mu.
PAPER_YEARS = {1.0: 22.0, 1e-2: 75.0, 1e-4: 400.0, 1e-5: 6000.0}
#: Years at which Fig. 3 of the paper has its spectra.
SPECTRA_YEARS = (0.0, 70.0, 100.0, 200.0, 300.0)


def _variable(dims: Any, values: Any, units: str, long_name: str) -> tuple:
    return dims, np.asarray(values, dtype=float), {"units": units, "long_name": long_name}


def _stacked(series: Sequence[Sequence[float]]) -> np.ndarray:
    """Rows of different length in one array, NaN behind the shorter ones."""
    rows = [np.asarray(row, dtype=float) for row in series]
    out = np.full((len(rows), max((row.size for row in rows), default=0)), np.nan)
    for place, row in zip(out, rows, strict=True):
        place[: row.size] = row
    return out


def _series(runs: Mapping[Any, xr.Dataset], function: Any) -> np.ndarray:
    return _stacked([np.asarray(function(run)) for run in runs.values()])


def _times(runs: Mapping[Any, xr.Dataset], dim: str) -> tuple:
    return _variable((dim, "sample"), _series(runs, lambda run: run["time"]), "yr", "time")


def _numbers(runs: Mapping[Any, xr.Dataset], function: Any) -> list[float]:
    return [float(function(run)) for run in runs.values()]


def energies(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Energies of the paper's run (Fig. 2), and the total of the others by resolution.

    Returns
    -------
    Dataset
        ``energy_poloidal``, ``energy_toroidal`` along ``time``; ``energy`` and ``sample_time``
        along ``run`` and ``sample``; along ``run`` the exponent of the start, the growth rate and
        its window, the years of equipartition and of 1e15 G, and what is there at the end.
    """
    kept = runs["paper"][["energy_poloidal", "energy_toroidal", "rms_field"]]
    fits = [claims.exponential_growth(run) for run in runs.values()]
    years, erg = {"units": "yr"}, {"units": "erg"}
    return kept.assign(
        first_exponent=("run", _numbers(runs, lambda run: claims.first_power_law(run).value)),
        growth_rate=("run", [fit.value for fit in fits], {"units": "1/yr"}),
        window_start=("run", [fit.start for fit in fits], years),
        window_end=("run", [fit.end for fit in fits], years),
        equipartition=("run", _numbers(runs, claims.equipartition_year), years),
        year=("run", _numbers(runs, claims.year_of_field), years),
        onset=("run", _numbers(runs, claims.onset_year), years),
        last_field=("run", _numbers(runs, lambda run: run["rms_field"][-1]), {"units": "G"}),
        last_energy=("run", _numbers(runs, lambda run: claims.total_energy(run)[-1]), erg),
        released=("run", _numbers(runs, lambda run: run["chiral_energy_released"][-1]), erg),
        sample_time=_times(runs, "run"),
        energy=_variable(
            ("run", "sample"), _series(runs, claims.total_energy), "erg", "energy in the shell"
        ),
    ).assign_coords(run=list(runs))


def spectra(run: xr.Dataset, years: Sequence[float] = SPECTRA_YEARS) -> xr.Dataset:
    """Spectra of a run at the stored times nearest to some years (Fig. 3)."""
    kept = run[["spectrum_poloidal", "spectrum_toroidal"]].assign(
        dipole_share=claims.dipole_share(run),
        even_share=claims.even_degree_share(run),
        toroidal_share=claims.toroidal_share(run),
    )
    years = [year for year in years if year <= float(run["time"][-1])]
    return kept.sel(time=years, method="nearest")


def delta_mu_scan(runs: Mapping[tuple[str, float, int], xr.Dataset]) -> xr.Dataset:
    """Year of 1e15 G by convention, deviation from equilibrium and radial order.

    Returns
    -------
    Dataset
        ``year``, ``growth_rate`` (largest), along ``convention``, ``delta_mu``, ``radial_order``;
        ``year_of_paper`` along ``delta_mu``; the field against time of the lowest radial order.
    """
    conventions, deviations, orders = (sorted({name[i] for name in runs}) for i in range(3))
    shape = len(conventions), len(deviations), len(orders)
    year, rate = np.full(shape, np.nan), np.full(shape, np.nan)
    samples = max(run.sizes["time"] for run in runs.values())
    time, field = np.full((2, *shape[:2], samples), np.nan)
    for (convention, deviation, order), run in runs.items():
        i, j = conventions.index(convention), deviations.index(deviation)
        k = orders.index(order)
        year[i, j, k] = claims.year_of_field(run)
        rate[i, j, k] = claims.exponential_growth(run).value
        if k == 0:
            time[i, j, : run.sizes["time"]] = run["time"]
            field[i, j, : run.sizes["time"]] = run["rms_field"]
    dims = ("convention", "delta_mu", "radial_order")
    curve = ("convention", "delta_mu", "sample")
    paper = [PAPER_YEARS.get(deviation, np.nan) for deviation in deviations]
    return xr.Dataset(
        {
            "year": _variable(dims, year, "yr", "time to 1e15 G"),
            "growth_rate": _variable(dims, rate, "1/yr", "growth rate of the field"),
            "year_of_paper": _variable("delta_mu", paper, "yr", "time to 1e15 G in the paper"),
            "sample_time": _variable(curve, time, "yr", "time"),
            "rms_field": _variable(curve, field, "G", "root mean square field"),
        },
        {"convention": conventions, "delta_mu": deviations, "radial_order": orders},
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
    rates = [claims.exponential_growth(run) for run in runs.values()]
    years = min(float(run["time"][-1]) - claims.year_of_field(run) for run in runs.values())
    late = [_after_growth(run, years) for run in runs.values()]
    seed = "seed_field"
    return xr.Dataset(
        {
            "growth_rate": _variable(seed, [r.value for r in rates], "1/yr", "growth rate"),
            "window_start": _variable(seed, [r.start for r in rates], "yr", "start of the window"),
            "window_end": _variable(seed, [r.end for r in rates], "yr", "end of the window"),
            "year": _variable(seed, _numbers(runs, claims.year_of_field), "yr", "time to 1e15 G"),
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
    since = run["time"] - claims.year_of_field(run)
    late = run["rms_field"].values[((since >= years / 2) & (since <= years)).values]
    return late if late.size else np.array([np.nan])


def parity(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Share of even degrees and of the equatorial class that a dipole is not of, by run."""
    dims = ("run", "sample")
    even, other = (
        _series(runs, function)
        for function in (claims.even_degree_share, claims.other_family_share)
    )
    return xr.Dataset(
        {
            "largest_even_share": _variable(
                "run", np.nanmax(even, axis=1), "1", "largest share of even degrees"
            ),
            "last_even_share": _variable(
                "run",
                _numbers(runs, lambda run: claims.even_degree_share(run)[-1]),
                "1",
                "share of even degrees at the end",
            ),
            "last_quadrupole_share": _variable(
                "run",
                _numbers(runs, lambda run: claims.other_family_share(run)[-1]),
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
    last = {name: claims.mean_spectrum(run, *_last_half(run)) for name, run in runs.items()}
    slopes = [claims.spectral_slope(spectrum, *SLOPE_DEGREES) for spectrum in last.values()]
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


def hall_cascade(runs: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Onset of the Hall stage, field strength and spectra by run.

    Returns
    -------
    Dataset
        Along ``run``: ``lmax``, ``radial_order``, ``angular_rate``, ``onset``, ``peak_degree``
        (where the energy is that Hall drift takes from the dipole at its onset); along ``run`` and
        ``interval`` (see `LATE`): ``spectrum`` (per degree), ``slope``, ``slope_error``, ``field``,
        ``dipole_share``, ``even_share``, ``angular_dissipation`` (share of all losses).
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
            mean = claims.mean_spectrum(run, *interval)
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
            "radial_order": _variable(
                "run", [r.radial_order for r in resolutions], "1", "Chebyshev polynomials"
            ),
            "angular_rate": _variable("run", rates, "1/yr", "angular dissipation at lmax"),
            "onset": _variable(
                "run", _numbers(runs, claims.onset_year), "yr", "share of l = 1 falls below 0.8"
            ),
            "peak_degree": _variable(
                "run",
                _numbers(runs, lambda run: claims.peak_degree(run, claims.onset_year(run))),
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
                ("run", "sample"), _series(runs, claims.dipole_share), "1", "share of l = 1"
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
    slope = claims.spectral_slope(spectrum, *SLOPE_DEGREES)
    losses = [
        float(late[name][-1] - late[name][0])
        for name in ("angular_dissipation_energy", "ohmic_energy")
    ]
    return {
        "slope": slope.value,
        "slope_error": slope.standard_error,
        "field": float(late["rms_field"].mean()),
        "dipole_share": float(claims.dipole_share(late).mean()),
        "even_share": float(claims.even_degree_share(late).mean()),
        "angular_dissipation": losses[0] / sum(losses),
    }


def resolution(
    runs: Mapping[int, xr.Dataset], linear: Mapping[int, float] | None = None
) -> xr.Dataset:
    """Growth rate against radial order: measured, and of linear theory.

    Parameters
    ----------
    runs : mapping
        By radial order.
    linear : mapping, optional
        Growth rates of linear theory [1/yr] by radial order, see `linear_growth`.

    Returns
    -------
    Dataset
        ``growth_rate`` (over the exponential window), ``largest_rate``, ``linear_rate``, ``year``
        of 1e15 G along ``radial_order``.
    """
    linear = linear or {}
    order = "radial_order"
    fits = [claims.exponential_growth(run).value for run in runs.values()]
    largest = _numbers(
        runs, lambda run: np.nanmax(claims.growth_rate(run["time"], run["rms_field"]))
    )
    return xr.Dataset(
        {
            "growth_rate": _variable(order, fits, "1/yr", "growth rate of the field"),
            "largest_rate": _variable(order, largest, "1/yr", "largest growth rate"),
            "linear_rate": _variable(
                order, [linear.get(n, np.nan) for n in runs], "1/yr", "linear theory"
            ),
            "year": _variable(order, _numbers(runs, claims.year_of_field), "yr", "time to 1e15 G"),
            "equipartition": _variable(
                order, _numbers(runs, claims.equipartition_year), "yr", "equipartition"
            ),
        },
        {order: list(runs)},
    )


def linear_growth(cases: Mapping[Any, Parameters], degree: int = 1) -> dict[Any, float]:
    """Largest growth rate of linear theory [1/yr] by name."""
    return {
        name: float(eigenmodes(parameters, degrees=[degree], modes=1)["growth_rate"].max())
        for name, parameters in cases.items()
    }
