"""What papers on helical decay read off a run: exponents, slopes and how helical each degree is.

References
----------
Dehman & Brandenburg, A&A 694, A39 (2025), arXiv:2408.08819.
Dehman & Pons, Phys. Rev. Research 7, 033231 (2025), arXiv:2505.06196.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.integrate import cumulative_trapezoid
from scipy.stats import linregress

from spectralcmi.constants import FIELD_UNIT, JULIAN_YEAR, KILOMETRE
from spectralcmi.errors import InputError
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import stored_basis, stored_metric

#: Factor in time between the ends of the window that an exponent is fitted in.
WINDOW = 1.5
#: Samples that a line is fitted to at least: with two nothing tells how well it fits.
FEWEST = 3


def running_exponents(dataset: xr.Dataset, window: float = WINDOW) -> xr.Dataset:
    """Exponents of the decay at each time: energy ~ t^-p and integral scale ~ t^q.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``energy_poloidal``, ``energy_toroidal`` and ``integral_scale``.
    window : float
        Factor in time between the ends of the window about each time, above 1, in which a straight
        line is fitted to the logarithms.

    Returns
    -------
    xarray.Dataset
        ``p``, ``q`` along time and their standard errors ``p_error``, ``q_error``; nan where the
        window has fewer than three samples.

    Raises
    ------
    InputError
        If the window is not above 1, or a variable is missing.
    """
    if not window > 1.0:
        raise InputError(f"window={window:g} must exceed 1")
    energy = _variable(dataset, "energy_poloidal") + _variable(dataset, "energy_toroidal")
    series = {"p": energy, "q": _variable(dataset, "integral_scale")}
    time = np.asarray(dataset["time"], dtype=float)
    root, variables = np.sqrt(window), {}
    for (name, values), sign in zip(series.items(), (-1.0, 1.0), strict=True):
        numbers = np.asarray(values, dtype=float)
        fits = [_fit(time, numbers, (time >= t / root) & (time <= t * root)) for t in time]
        slope, error = np.array(fits).reshape(-1, 2).T
        texts = {"p": "exponent of the energy, -dlnE/dlnt", "q": "exponent of the integral scale"}
        variables[name] = ("time", sign * slope, {"units": "1", "long_name": texts[name]})
        about = {"units": "1", "long_name": f"standard error of {name}"}
        variables[f"{name}_error"] = ("time", error, about)
    return xr.Dataset(variables, {"time": dataset["time"]})


def spectral_slope(dataset: xr.Dataset, degrees: Sequence[int]) -> xr.Dataset:
    """Slope of the energy per degree at each time: E_l ~ l^slope over some degrees.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``spectrum_poloidal`` and ``spectrum_toroidal``.
    degrees : sequence of int
        Those that a line is fitted to; the ones without energy are left out.

    Returns
    -------
    xarray.Dataset
        ``slope`` and its standard error ``slope_error`` along time; nan where fewer than three
        degrees have energy.

    Raises
    ------
    InputError
        If a degree or a variable is missing.
    """
    spectrum = _variable(dataset, "spectrum_poloidal") + _variable(dataset, "spectrum_toroidal")
    there = np.asarray(spectrum["degree"])
    for degree in degrees:
        if degree not in there:
            raise InputError(f"degree={degree} is not among {there[0]} .. {there[-1]}")
    chosen = np.asarray(spectrum.sel(degree=list(degrees)).transpose("time", "degree"), float)
    wanted = np.asarray(degrees, dtype=float)
    fits = [_fit(wanted, row, np.ones(row.size, dtype=bool)) for row in chosen]
    slope, error = np.array(fits).reshape(-1, 2).T
    text = f"slope of the energy per degree, over degrees {min(degrees)} .. {max(degrees)}"
    return xr.Dataset(
        {
            "slope": ("time", slope, {"units": "1", "long_name": text}),
            "slope_error": ("time", error, {"units": "1", "long_name": "standard error of slope"}),
        },
        {"time": dataset["time"]},
    )


def realizability(dataset: xr.Dataset, wavenumber: float | None = None) -> xr.DataArray:
    """How helical each degree is: k H_l/(2 E_l), E_l = Int B_l^2 dV/2, with the sign of H_l.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``helicity_spectrum`` and ``rms_spectrum``.
    wavenumber : float, optional
        k [1/km] of a field that is compared with a Beltrami field curl B = k B. Default:
        (l(l+1))^(1/2)/r_o, with the outer radius r_o, below that of any field of the degree.

    Returns
    -------
    xarray.DataArray
        Along time and degree; with the default k within -1 and 1 for every field, and zero where a
        degree is empty.

    Raises
    ------
    InputError
        If a variable is missing.

    Notes
    -----
    With L = l(l+1) and proper lengths, Int B^2 dV of degree l is L Int (L p^2/r^2 + p'^2 + t^2) dr
    and H_l = 2 L Int p t dr: by Schwarz's inequality |H_l| is at most r_o L^(-1/2) Int B^2 dV.
    """
    helicity, rms = _variable(dataset, "helicity_spectrum"), _variable(dataset, "rms_spectrum")
    basis = stored_basis(dataset.attrs, dataset.sizes["radius"])
    shell = Shell(basis, Harmonics(1, 0), stored_metric(dataset.attrs))
    degree = dataset["degree"].astype(float)
    k = xr.ufuncs.sqrt(degree * (degree + 1.0)) / basis.outer_radius
    if wavenumber is not None:
        k = xr.full_like(k, wavenumber)
    # in the unit of the field: a square in G^2 may be beyond all numbers of a small field
    square = (rms / FIELD_UNIT) ** 2 * shell.volume
    linked = helicity / (FIELD_UNIT**2 * KILOMETRE**4)
    ratio = (k * linked / square.where(square > 0)).fillna(0.0).transpose("time", "degree")
    return ratio.assign_attrs(units="1", long_name="k H_l/(2 E_l)").rename("realizability")


def helicity_balance(dataset: xr.Dataset) -> xr.Dataset:
    """Change of the magnetic helicity since the start: its supply, and what the surface lets by.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``magnetic_helicity`` and ``helicity_production``.

    Returns
    -------
    xarray.Dataset
        Along time, in G2 cm4: ``change`` of the helicity; ``produced``, the integral of
        -2 Int e^Phi cE.B dV by trapezia over the series; and their difference ``through_surface``,
        which holds the error of the trapezia as well.

    Raises
    ------
    InputError
        If a variable is missing.
    """
    helicity, rate = (
        np.asarray(_variable(dataset, name), dtype=float)
        for name in ("magnetic_helicity", "helicity_production")
    )
    seconds = np.asarray(dataset["time"], dtype=float) * JULIAN_YEAR
    change, produced = helicity - helicity[0], cumulative_trapezoid(rate, seconds, initial=0.0)
    texts = {
        "change": (change, "magnetic helicity since the start"),
        "produced": (produced, "supply of magnetic helicity since the start"),
        "through_surface": (change - produced, "magnetic helicity through the outer surface"),
    }
    return xr.Dataset(
        {
            name: ("time", values, {"units": "gauss^2 cm^4", "long_name": text})
            for name, (values, text) in texts.items()
        },
        {"time": dataset["time"]},
    )


def _variable(dataset: xr.Dataset, name: str) -> xr.DataArray:
    if name not in dataset:
        raise InputError(f"the dataset has no variable {name}")
    return dataset[name]


def _fit(x: np.ndarray, y: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Slope of a line through logarithms and its standard error, nan with too few points."""
    wanted = wanted & (x > 0) & (y > 0) & np.isfinite(y)
    if np.count_nonzero(wanted) < FEWEST:
        return np.nan, np.nan
    line = linregress(np.log(x[wanted]), np.log(y[wanted]))
    return float(line.slope), float(line.stderr)
