"""What a paper says of a run, measured: years, growth rates, exponents, shares and slopes.

Functions of stored datasets alone, so that whatever wrote them can be measured the same way. A
quantity that a run does not reach is NaN, not an error: a run may well end before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.signal import find_peaks

__all__ = [
    "MAGNETAR_DIPOLE",
    "Fit",
    "crossing_year",
    "dipole_share",
    "equipartition_year",
    "even_degree_share",
    "exponential_growth",
    "first_power_law",
    "growth_rate",
    "imbalance_per_degree",
    "mean_spectrum",
    "onset_year",
    "other_family_share",
    "peak_degree",
    "spectral_slope",
    "toroidal_share",
    "total_energy",
    "turning_points",
    "value_at",
    "year_of_field",
]


@dataclass(frozen=True)
class Fit:
    """A fitted rate or exponent and where it was fitted.

    Attributes
    ----------
    value : float
    standard_error : float
        Of the least-squares fit; it knows the scatter about the line, not whether a line is right.
    start, end : float
        First and last abscissa of the fit.
    samples : int
    """

    value: float
    standard_error: float
    start: float
    end: float
    samples: int


NO_FIT = Fit(np.nan, np.nan, np.nan, np.nan, 0)

MAGNETAR_DIPOLE = 1e14
"""Field at the pole that the spin-down of magnetars asks for [G]."""

#: Samples on each side of an interval from which a series is interpolated in it: a cubic spline
#: forgets what is farther, by 2 - sqrt(3) = 0.27 a sample.
NEIGHBOURS = 8


def _line(x: np.ndarray, y: np.ndarray, bounds: tuple[float, float]) -> Fit:
    """Slope of y(x) by least squares; NaN with fewer than three finite points."""
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if x.size < 3:
        return NO_FIT
    deviation = x - x.mean()
    slope = deviation @ y / (deviation @ deviation)
    scatter = y - y.mean() - slope * deviation
    variance = scatter @ scatter / ((x.size - 2) * (deviation @ deviation))
    start, end = bounds
    return Fit(float(slope), float(np.sqrt(variance)), float(start), float(end), int(x.size))


def _logarithm(values: ArrayLike) -> np.ndarray:
    """Natural logarithm, NaN where there is none."""
    values = np.asarray(values, dtype=float)
    return np.log(values, out=np.full(values.shape, np.nan), where=values > 0)


# Years


def crossing_year(time: ArrayLike, values: ArrayLike, level: float) -> float:
    """First year in which a positive series reaches a level.

    Between samples the logarithm is a cubic spline, so that the year does not depend on how densely
    a series is stored that is smooth from one sample to the next; where that spline would
    overshoot, between samples that jump, it is a monotone cubic.

    Parameters
    ----------
    time : array_like, shape (n,)
        Increasing [yr].
    values : array_like, shape (n,)
    level : float

    Returns
    -------
    year : float
        The first year if the series starts at the level or above; NaN if it never reaches it.
        After a sample without a logarithm, as in a series that starts from nothing, the series is a
        straight line up to the next.

    References
    ----------
    Fritsch & Butland 1984, SIAM J. Sci. Stat. Comput. 5, 300: the monotone cubic.
    """
    time, values = np.asarray(time, dtype=float), np.asarray(values, dtype=float)
    above = np.flatnonzero(values >= level)
    if above.size == 0:
        return np.nan
    i = int(above[0])
    if i == 0:
        return float(time[0])
    if not values[i - 1] > 0:
        return float(np.interp(level, values[i - 1 : i + 1], time[i - 1 : i + 1]))
    curve = _logarithmic_curve(time, values, i)
    # the curve is monotone between the two samples, and crosses once
    crossings = curve.solve(np.log(level), extrapolate=False)
    inside = crossings[(crossings >= time[i - 1]) & (crossings <= time[i])]
    return float(inside[0]) if inside.size else float(time[i])


def _logarithmic_curve(
    time: np.ndarray, values: np.ndarray, i: int
) -> CubicSpline | PchipInterpolator:
    """Piecewise cubic of ln(values) that is monotone between samples i - 1 and i.

    From the unbroken run of positive samples about the two, which must be positive.
    """
    first, last = _run_about(values > 0, i)
    near = slice(max(first, i - NEIGHBOURS), min(last, i + NEIGHBOURS - 1) + 1)
    t, logarithm = time[near], np.log(values[near])
    spline = CubicSpline(t, logarithm)
    rise = logarithm[i - near.start] - logarithm[i - 1 - near.start]
    if _is_monotone(spline, time[i - 1], time[i], rise):
        return spline
    return PchipInterpolator(t, logarithm)


def _is_monotone(spline: CubicSpline, start: float, end: float, rise: float) -> bool:
    """Whether a spline rises, or falls where the rise is negative, all the way between knots."""
    if rise == 0:
        return False
    slope = spline.derivative()
    turn = slope.derivative().solve(0.0, extrapolate=False)  # extremes of the slope
    inside = turn[(turn > start) & (turn < end)]  # NaN, of a straight line, is not
    return bool(np.all(np.sign(rise) * slope(np.concatenate([[start, end], inside])) >= 0))


def year_of_field(dataset: xr.Dataset, field: float = 1e15) -> float:
    """Year in which the root mean square field of the crust reaches `field` [G]; NaN if never."""
    return crossing_year(dataset["time"], dataset["rms_field"], field)


def equipartition_year(dataset: xr.Dataset, ratio: float = 0.9) -> float:
    """Year in which the toroidal energy reaches `ratio` times the poloidal; NaN if never."""
    return crossing_year(
        dataset["time"], dataset["energy_toroidal"] / dataset["energy_poloidal"], ratio
    )


def onset_year(dataset: xr.Dataset, share: float = 0.8) -> float:
    """Year in which the share of l = 1 falls below `share` after growth; NaN if never.

    It is near one while the field grows and falls within a few years when Hall
    drift sets in, so the year hardly depends on the threshold.
    """
    return crossing_year(dataset["time"], 1 / dipole_share(dataset), 1 / share)


def peak_degree(dataset: xr.Dataset, year: float, lmin: int = 10) -> float:
    """Degree from `lmin` on that has the most energy at the stored time nearest to a year."""
    if not np.isfinite(year):
        return np.nan
    spectrum = _spectrum(dataset).sel(time=year, method="nearest").sel(degree=slice(lmin, None))
    return float(spectrum.idxmax("degree")) if spectrum.size else np.nan


def value_at(dataset: xr.Dataset, name: str, year: float) -> float:
    """A series at a year; NaN outside the run.

    Interpolated as in `crossing_year` between positive samples, elsewhere linearly.
    """
    time, values = (np.asarray(dataset[key], dtype=float) for key in ("time", name))
    if not time[0] <= year <= time[-1]:
        return np.nan
    i = max(1, int(np.searchsorted(time, year)))
    if time.size > 1 and np.all(values[i - 1 : i + 1] > 0):
        return float(np.exp(_logarithmic_curve(time, values, i)(year)))
    return float(np.interp(year, time, values))


# Growth


def growth_rate(time: ArrayLike, values: ArrayLike) -> np.ndarray:
    """d ln(values)/dt by second-order differences, shape (n,) [1/yr]; NaN where values <= 0."""
    return np.gradient(_logarithm(values), np.asarray(time, dtype=float))


def exponential_growth(dataset: xr.Dataset, name: str = "rms_field", tolerance: float = 0.1) -> Fit:
    """Growth rate over the exponential window, which is found from the data.

    The window is the interval about the largest growth rate in which the rate stays within
    `tolerance` of it; the rate is the slope of ln(series) there.

    Parameters
    ----------
    dataset : Dataset
    name : str
        A series along ``time``: the energy grows at twice the rate of the field.
    tolerance : float
        Relative.

    Returns
    -------
    Fit
        Rate [1/yr] and window [yr]; NaN where nothing grows.
    """
    time = dataset["time"].values
    rate = growth_rate(time, dataset[name])
    if not np.any(rate > 0):
        return NO_FIT
    top = int(np.nanargmax(rate))
    inside = rate >= (1 - tolerance) * rate[top]
    start, end = _run_about(inside, top)
    window = slice(start, end + 1)
    logarithm = _logarithm(dataset[name].values[window])
    return _line(time[window], logarithm, (time[start], time[end]))


def _run_about(inside: np.ndarray, index: int) -> tuple[int, int]:
    """First and last index of the unbroken run of true values about an index."""
    outside = np.flatnonzero(~inside)
    before, after = outside[outside < index], outside[outside > index]
    start = int(before[-1]) + 1 if before.size else 0
    end = int(after[0]) - 1 if after.size else inside.size - 1
    return start, end


def first_power_law(dataset: xr.Dataset, weak: float = 0.01) -> Fit:
    """Exponent n of E_toroidal ~ t^n from the start to when E_toroidal = `weak` E_poloidal.

    Parameters
    ----------
    dataset : Dataset
        A run that starts without toroidal field.
    weak : float
        Up to here the toroidal field cannot act back on the poloidal one.

    Returns
    -------
    Fit
        Exponent and window [yr].
    """
    time = dataset["time"].values
    toroidal, poloidal = dataset["energy_toroidal"].values, dataset["energy_poloidal"].values
    strong = np.flatnonzero(toroidal > weak * poloidal)
    stop = strong[0] if strong.size else time.size
    window = slice(int(np.argmax(time > 0)), stop)
    if time[window].size < 3:
        return NO_FIT
    bounds = (time[window][0], time[window][-1])
    return _line(np.log(time[window]), _logarithm(toroidal[window]), bounds)


# Shares of the energy


def total_energy(dataset: xr.Dataset) -> xr.DataArray:
    """Magnetic energy in the shell [erg], along time."""
    return dataset["energy_poloidal"] + dataset["energy_toroidal"]


def toroidal_share(dataset: xr.Dataset) -> xr.DataArray:
    """Share of the toroidal field in the energy of the shell, along time."""
    return dataset["energy_toroidal"] / total_energy(dataset)


def dipole_share(dataset: xr.Dataset) -> xr.DataArray:
    """Share of l = 1 in the energy of the shell, along time."""
    return _spectrum(dataset).sel(degree=1) / total_energy(dataset)


def even_degree_share(dataset: xr.Dataset) -> xr.DataArray:
    """Share of even degrees in the energy of the shell, along time.

    Summed over the even degrees: as one less the share of the odd ones it would be round-off.
    """
    even = dataset["degree"] % 2 == 0
    return _spectrum(dataset).where(even, 0.0).sum("degree") / total_energy(dataset)


def other_family_share(dataset: xr.Dataset) -> xr.DataArray:
    """Share of the quadrupole family, the equatorial class a dipole is not of, along time.

    In axisymmetry these are even poloidal and odd toroidal degrees, which are summed as such;
    otherwise it is what the dipole family leaves, to round-off.
    """
    if dataset.sizes.get("order", 1) > 1:
        return 1 - dataset["energy_dipole_family"] / total_energy(dataset)
    even = dataset["degree"] % 2 == 0
    poloidal = dataset["spectrum_poloidal"].where(even, 0.0).sum("degree")
    toroidal = dataset["spectrum_toroidal"].where(~even, 0.0).sum("degree")
    return (poloidal + toroidal) / total_energy(dataset)


def turning_points(dataset: xr.Dataset, start: float, prominence: float = 0.02) -> np.ndarray:
    """Years after `start` at which the toroidal share turns, by more than `prominence`.

    Parameters
    ----------
    dataset : Dataset
    start : float
        [yr]
    prominence : float
        How much of the energy has to change hands on both sides of a turn.

    Returns
    -------
    years : ndarray
    """
    late = dataset.where(dataset["time"] >= start, drop=True)
    share = toroidal_share(late).values
    turns = [find_peaks(sign * share, prominence=prominence)[0] for sign in (1, -1)]
    return late["time"].values[np.sort(np.concatenate(turns))]


# Spectra


def _spectrum(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["spectrum_poloidal"] + dataset["spectrum_toroidal"]


def mean_spectrum(dataset: xr.Dataset, start: float, end: float) -> xr.DataArray:
    """Energy per degree, mean over the stored years from `start` to `end` [erg].

    Raises
    ------
    ValueError
        If no stored time lies in the interval.
    """
    time = dataset["time"]
    inside = (time >= start) & (time <= end)
    if not bool(inside.any()):
        raise ValueError(f"no stored time between {start:g} and {end:g} yr")
    return _spectrum(dataset).isel(time=np.flatnonzero(inside)).mean("time")


def spectral_slope(spectrum: xr.DataArray, lmin: int, lmax: int) -> Fit:
    """Exponent s of E_l ~ l^s between two degrees, both included.

    Each degree counts for 1/l, so that equal ratios of degrees count the same; without, the
    exponent would be that of the upper half of the range.

    Parameters
    ----------
    spectrum : DataArray
        Along ``degree``.
    lmin, lmax : int

    Returns
    -------
    Fit
        Exponent and degrees; NaN with fewer than three degrees with energy.
    """
    inside = spectrum.sel(degree=slice(lmin, lmax))
    degree, energy = inside["degree"].values, inside.values
    use = energy > 0
    if use.sum() < 3:
        return NO_FIT
    x, y, weight = np.log(degree[use]), np.log(energy[use]), 1 / degree[use]
    mean_x, mean_y = np.average(x, weights=weight), np.average(y, weights=weight)
    deviation = x - mean_x
    norm = weight @ deviation**2
    slope = (weight * deviation) @ y / norm
    scatter = y - mean_y - slope * deviation
    # of independent scatter of equal size: the weights are a choice, not errors
    variance = scatter @ scatter / (x.size - 2) * ((weight * deviation) ** 2).sum() / norm**2
    bounds = float(degree[use][0]), float(degree[use][-1])
    return Fit(float(slope), float(np.sqrt(variance)), *bounds, int(use.sum()))


def imbalance_per_degree(dataset: xr.Dataset, year: float) -> xr.DataArray:
    """|E_toroidal - E_poloidal|/(sum) per degree at the stored time nearest to a year.

    0: evenly split; 1: only one of the two; NaN where a degree has no energy.
    """
    then = dataset.sel(time=year, method="nearest")
    poloidal, toroidal = then["spectrum_poloidal"], then["spectrum_toroidal"]
    total = poloidal + toroidal
    return abs(toroidal - poloidal) / total.where(total > 0)
