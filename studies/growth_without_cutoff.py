"""How fast does the chiral instability grow if nothing cuts k5 off?

Dehman & Pons (arXiv:2408.05281) cut k5 off at 600 /km, a wavelength their grid resolves, and state
that without it "centimeter-scale modes would develop over much shorter timescales". This study
computes the fastest mode of linear theory against the cutoff, from 100 /km to none, for both
constants C of k5 = C mu5/(hbar c): its growth time, its wavelength and where it grows. The degree
is 1; waves this short grow alike in all (to 1e-5 without cutoff for degrees up to a million). In
the star's metric: times are those of a distant clock, lengths are coordinate ones.

Expected: at 600 /km 6.8 yr (C = 2 alpha/pi) and 10.8 yr (alpha/(2 pi)), waves of 21 m in the inner
crust. As the cutoff rises the time falls a little slower than k5_max^-2 and the mode sinks towards
the core. Without cutoff waves of 8 mm grow in 10.4 minutes and waves of 3.2 cm in 2.8 hours, some
10 cm above the core; they miss the limit of short waves, max(e^Phi eta k5^2)/4, by less than one
percent. In flat space all are faster by the redshift: 5.6 and 8.8 yr, 8.4 minutes and 2.2 hours.
The kink near 38 m is the composition's: the proton number of BSk24 jumps from 44 to 58 there.

Run time: 40 s, 10 s with --quick. Writes growth_without_cutoff.nc, .png and .pdf, prints the table
as CSV and the paper's sentence with numbers.

    python studies/growth_without_cutoff.py [--quick] [--output FOLDER]
    python studies/growth_without_cutoff.py --redraw runs/growth_without_cutoff.nc
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spectralcmi as cmi
from spectralcmi.paper import study

CONVENTIONS = {"textbook": r"$C=2\alpha/\pi$", "dehman_pons": r"$C=\alpha/2\pi$"}
CUTOFFS_PER_DECADE, QUICK_CUTOFFS_PER_DECADE = 9, 1
LOWEST_CUTOFF, HIGHEST_CUTOFF = 100.0, 1e7  # 1/km; the second is beyond every k5 of the crust
PAPER_CUTOFF = 600.0
SECONDS_PER_YEAR = 365.25 * 86400.0
LANDMARKS = {"1 yr": 1.0, "1 d": 1 / 365.25, "1 h": 3600 / SECONDS_PER_YEAR,
             "1 min": 60 / SECONDS_PER_YEAR}  # fmt: skip
WAVELENGTHS = {"10 m": 1e-2, "1 m": 1e-3, "10 cm": 1e-4, "1 cm": 1e-5}  # km


def cutoffs(per_decade: int) -> np.ndarray:
    """Cutoffs in 1/km: evenly in the logarithm, that of the paper, and none."""
    count = round(per_decade * np.log10(HIGHEST_CUTOFF / LOWEST_CUTOFF)) + 1
    even = np.geomspace(LOWEST_CUTOFF, HIGHEST_CUTOFF, count)
    return np.append(np.union1d(even, PAPER_CUTOFF), np.inf)


def compute(parameters: cmi.Parameters, k5_max: Sequence[float] | None = None) -> xr.Dataset:
    """Fastest mode of degree 1 for both conventions and all cutoffs.

    Parameters
    ----------
    parameters : spectralcmi.Parameters
        Their convention and their cutoff are replaced.
    k5_max : sequence of float, optional
        Cutoffs [1/km].

    Returns
    -------
    xarray.Dataset
        The numbers of `spectralcmi.fastest_mode` along `convention` and `k5_max`, and the `height`
        of the mode above the bottom of the crust [km].
    """
    k5_max = cutoffs(CUTOFFS_PER_DECADE) if k5_max is None else k5_max
    bottom = float(cmi.build_background(parameters)["radius"][0])

    def row(convention: str) -> xr.Dataset:
        case = parameters.replace(**{"chiral.convention": convention})
        modes = [cmi.fastest_mode(case, 1, limit).drop_dims("radius") for limit in k5_max]
        return xr.concat(modes, "k5_max", combine_attrs="drop_conflicts")

    dataset = xr.concat([row(name) for name in CONVENTIONS], "convention", combine_attrs="override")
    coordinates = {
        "convention": ("convention", list(CONVENTIONS), {"long_name": "constant of k5"}),
        "k5_max": ("k5_max", k5_max, {"units": "km^-1", "long_name": "cutoff of k5"}),
    }
    dataset = dataset.assign_coords(coordinates)
    height = dataset["location"] - bottom
    dataset["height"] = height.assign_attrs(
        units="km", long_name="mean height of the mode above the bottom of the crust"
    )
    dataset.attrs["parameters"] = parameters.to_json()
    return dataset


def draw(dataset: xr.Dataset) -> Figure:
    """Growth time, wavelength, height and density of the fastest mode against the cutoff.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = {
        "growth_time": ("growth time [yr]", 1.0),
        "wavelength": ("wavelength [m]", 1e3),
        "height": ("height above the core [m]", 1e3),
        "density": (r"density [g cm$^{-3}$]", 1.0),
    }
    with matplotlib.rc_context({**cmi.plot.STYLE, "figure.figsize": (8.0, 6.0)}):
        figure, axes = plt.subplots(2, 2, sharex=True)
        for ax, (name, (label, scale)) in zip(axes.flat, panels.items(), strict=True):
            _draw_panel(ax, scale * dataset[name])
            ax.set_ylabel(label)
        _draw_limit_and_landmarks(axes[0, 0], dataset)
        axes[0, 0].plot([], [], "ko", ms=5, label="no cutoff")
        axes[0, 0].legend(loc="upper right")
        for ax in axes[1]:
            ax.set_xlabel(r"cutoff $k_5^\mathrm{max}$ [km$^{-1}$]")
    return figure


def _draw_panel(ax: Axes, variable: xr.DataArray) -> None:
    """One line a convention; its value without cutoff is marked at the right end."""
    finite = variable["k5_max"].values < np.inf
    cutoff = variable["k5_max"].values[finite]
    for (name, label), colour in zip(CONVENTIONS.items(), ("#0072B2", "#D55E00"), strict=True):
        values = variable.sel(convention=name).values
        ax.loglog(cutoff, values[finite], color=colour, label=label)
        ax.plot(cutoff[-1], values[-1], "o", color=colour, ms=5, clip_on=False)
    ax.axvline(PAPER_CUTOFF, color="0.7", lw=0.8, zorder=0)
    ax.annotate(
        "paper", (PAPER_CUTOFF, 0.03), xycoords=("data", "axes fraction"), rotation=90, ha="right",
        fontsize=8, color="0.4",
    )  # fmt: skip
    ax.set_xlim(cutoff[0], cutoff[-1])


def _draw_limit_and_landmarks(ax: Axes, dataset: xr.Dataset) -> None:
    limit = 1 / dataset["local_limit"]
    finite = dataset["k5_max"].values < np.inf
    for number, name in enumerate(CONVENTIONS):
        label = r"$4/\max(\eta k_5^2)$" if number == 0 else None
        values = limit.sel(convention=name).values[finite]
        ax.plot(dataset["k5_max"].values[finite], values, "k:", lw=1, label=label)
    ax.set_ylim(bottom=min(LANDMARKS.values()) / 5)
    for text, years in LANDMARKS.items():
        ax.axhline(years, color="0.85", lw=0.8, zorder=0)
        ax.annotate(
            text, (0.985, years), xycoords=("axes fraction", "data"), ha="right", va="top",
            fontsize=8, color="0.4",
        )  # fmt: skip


def table(dataset: xr.Dataset) -> str:
    """All numbers as CSV."""
    columns = {
        "growth_time [yr]": dataset["growth_time"],
        "growth_time [s]": dataset["growth_time"] * SECONDS_PER_YEAR,
        "wavelength [m]": dataset["wavelength"] * 1e3,
        "height [m]": dataset["height"] * 1e3,
        "density [g/cm3]": dataset["density"],
        "growth_rate/local_limit": dataset["growth_rate"] / dataset["local_limit"],
    }
    lines = [",".join(["convention", "k5_max [1/km]", *columns])]
    for convention in dataset["convention"].values:
        for k5_max in dataset["k5_max"].values:
            place = {"convention": convention, "k5_max": k5_max}
            numbers = (float(column.sel(place)) for column in columns.values())
            lines.append(",".join([convention, f"{k5_max:.6g}", *(f"{n:.6g}" for n in numbers)]))
    return "\n".join(lines)


def statement(dataset: xr.Dataset) -> list[str]:
    """What becomes of the paper's sentence, one line a convention."""
    lines = []
    for convention in dataset["convention"].values:
        modes = dataset.sel(convention=convention)
        paper, uncut = modes.sel(k5_max=PAPER_CUTOFF), modes.sel(k5_max=np.inf)
        factor = float(paper["growth_time"] / uncut["growth_time"])
        parts = [f"k5_max = 600/km: {_wave(paper)}", *_times_of_wavelengths(modes)]
        parts.append(f"no cutoff: {_wave(uncut)}, {factor:.2g} times faster")
        lines.append(f"{convention}: " + "; ".join(parts))
    return lines


def _wave(mode: xr.Dataset) -> str:
    """A mode in words."""
    time, wavelength, height = (
        float(mode[name]) for name in ("growth_time", "wavelength", "height")
    )
    return (
        f"growth time {_duration(time)}, waves of {1e3 * wavelength:.3g} m, "
        f"{1e3 * height:.3g} m above the core"
    )


def _times_of_wavelengths(modes: xr.Dataset) -> Iterator[str]:
    """Growth times of round wavelengths, where a cutoff makes the fastest mode as long."""
    modes = modes.sortby("wavelength")
    known = np.log(modes["wavelength"]), np.log(modes["growth_time"])
    for name, wavelength in WAVELENGTHS.items():
        time = np.exp(np.interp(np.log(wavelength), *known, left=np.nan, right=np.nan))
        if np.isfinite(time):
            yield f"waves of {name}: {_duration(time)}"


def _duration(years: float) -> str:
    """Time in the largest unit of which it is more than one."""
    seconds = years * SECONDS_PER_YEAR
    for unit, size in (("yr", SECONDS_PER_YEAR), ("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.2g} s"


def report(dataset: xr.Dataset) -> str:
    """The table, and what becomes of the paper's sentence."""
    return "\n".join([table(dataset), "", *statement(dataset)])


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    per_decade = QUICK_CUTOFFS_PER_DECADE if quick else CUTOFFS_PER_DECADE
    parameters = cmi.Parameters().replace({"metric.kind": "star"})
    return compute(parameters, cutoffs(per_decade))


STUDY = study.Study("growth_without_cutoff", __doc__, _answer, draw, report)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
