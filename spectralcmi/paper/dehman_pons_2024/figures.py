"""Figures of the reproduction, each from one small dataset of `summaries` or `cascade`.

Components have the paper's line styles: total solid, poloidal dash-dotted, toroidal dotted. What is
compared has its own line style or marker besides its colour, so that it can be read in grey.

References
----------
Dehman & Pons, arXiv:2408.05281, Figs. 1-3.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.paper import measures
from spectralcmi.paper.dehman_pons_2024.cascade import SLOPE_DEGREES
from spectralcmi.paper.dehman_pons_2024.plan import CRUSTS, FITTED, MAIN
from spectralcmi.paper.dehman_pons_2024.summaries import SPECTRA_YEARS
from spectralcmi.paper.drawing import (
    COLOURS,
    MARKERS,
    curves,
    in_style,
    legend_below,
    line_style,
    panels,
)
from spectralcmi.view import plotting
from spectralcmi.view.plotting.style import PAGE

if TYPE_CHECKING:  # imported where they are needed: pyplot chooses a window system when imported
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "delta_mu_scan",
    "fig1",
    "fig2",
    "fig3",
    "hall_cascade",
    "hall_only",
    "parity",
    "resolution",
    "seed_field_scan",
]

#: Constants whose fields are drawn, and those whose dates are drawn of the crust nearest to the
#: paper's alone.
BOTH_WIDTHS = ("dehman_pons", "textbook")
NEAREST_ONLY = ("dehman_pons_2025", FITTED)
NEAREST = "star, layered, hard"
#: Shares of the energy below this are not shown: they are round-off, or nothing at all.
LOWEST_SHARE = 1e-12


@in_style
def fig1(isotherms: xr.Dataset) -> Figure:
    """Chiral imbalance, chiral potential and wavelength against density, by temperature.

    Parameters
    ----------
    isotherms : Dataset
        See `spectralcmi.profiles.isotherms.build_isotherms`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, ax = panels(width=PAGE, height=4.4)
    plotting.rates(isotherms, ax)
    return figure


@in_style
def fig2(dataset: xr.Dataset) -> Figure:
    """Energies of the paper's run against time, the total in other crusts as thin lines."""
    figure, ax = panels(width=PAGE, height=3.6)
    plotting.energies(dataset, ax=ax)
    others = [crust for crust in CRUSTS if crust != MAIN and crust in dataset["run"].values]
    for i, run in enumerate(others):
        chosen = dataset.sel(run=run)
        ax.plot(
            chosen["sample_time"], chosen["energy"], lw=0.8, color=str(0.6 - 0.15 * i),
            ls=("-", "--", (0, (1, 1)), (0, (5, 1, 1, 1)))[i % 4], zorder=0, label=f"total, {run}",
        )  # fmt: skip
    middle = float(dataset["equipartition"].sel(run=MAIN)) + 11.0
    middle = middle if np.isfinite(middle) else 60.0
    time = middle + np.array([-15.0, 15.0])
    level = 10 * float(dataset["energy_poloidal"].sel(time=middle, method="nearest"))
    ax.plot(time, level * np.exp(0.3 * (time - middle)), color="0.5", lw=1)
    ax.annotate(
        r"$e^{0.3t}$", (middle, level), xytext=(-28, 2), textcoords="offset points", color="0.4"
    )
    energy = dataset["energy_toroidal"]
    early = dataset["time"].values[(dataset["time"] >= 1) & (dataset["time"] <= 15)]
    if early.size and float(energy.sel(time=early[0])) > 0:
        start = float(energy.sel(time=early[0]))
        ax.plot(early, 2 * start * (early / early[0]) ** 2, color="0.5", lw=1)
        ax.annotate(
            "$t^2$", (early[-1], 2 * start * early[-1] ** 2), xytext=(-12, 4),
            textcoords="offset points", color="0.4",
        )  # fmt: skip
    ax.legend(loc="lower right")
    return figure


@in_style
def fig3(dataset: xr.Dataset) -> Figure:
    """Spectra of the paper's run at the years of Fig. 3."""
    figure, ax = panels()
    years = [year for year in SPECTRA_YEARS if year <= float(dataset["time"].max())]
    plotting.spectra(dataset, times=years, ax=ax)
    # the start is a pure dipole, and its energy sets no floor
    top = float((dataset["spectrum_poloidal"] + dataset["spectrum_toroidal"]).max())
    ax.set_ylim(1e-10 * top, 5 * top)
    _guide(ax, -2.0, (8, min(40, 0.6 * dataset.sizes["degree"])), 0.3 * top)
    return figure


def _guide(ax: Axes, exponent: float, degrees: tuple[float, float], level: float) -> None:
    """A grey line of a given slope, named."""
    degree = np.array(degrees, dtype=float)
    ax.plot(degree, level * (degree / degree[0]) ** exponent, color="0.5", lw=1)
    ax.annotate(
        rf"$\ell^{{{exponent:g}}}$", (degree[1], level * (degree[1] / degree[0]) ** exponent),
        xytext=(3, 0), textcoords="offset points", color="0.4",
    )  # fmt: skip


@in_style
def delta_mu_scan(dataset: xr.Dataset) -> Figure:
    """Field against time by deviation from equilibrium; year of 1e15 G beside the paper's."""
    figure, (left, right) = panels(columns=2, height=4.2)
    crust = MAIN if MAIN in dataset["crust"].values else dataset["crust"].values[0]
    _fields_by_deviation(left, dataset.sel(crust=crust))
    left.set_title(f"crust: {crust}")
    number = 0
    for constants in dataset["constants"].values[::-1]:
        for name in dataset["crust"].values[::-1]:
            years = dataset["year"].sel(constants=constants, crust=name)
            years = years.isel(functions_per_wavelength=0)
            crowded = constants in NEAREST_ONLY and name != NEAREST
            if crowded or not bool(years.notnull().any()):
                continue
            right.plot(
                dataset["delta_mu"], years, marker=MARKERS[number], label=f"{constants}, {name}",
                **line_style(1 + number),
            )  # fmt: skip
            number += 1
    right.plot(
        dataset["delta_mu"], dataset["year_of_paper"], marker="*", ms=10, ls="none",
        color=COLOURS[0], label="Dehman & Pons",
    )  # fmt: skip
    right.set(
        xscale="log", yscale="log", xlabel=r"$\delta\mu/kT$", ylabel="time to $10^{15}$ G [yr]"
    )
    legend_below(right)
    return figure


def _fields_by_deviation(ax: Axes, dataset: xr.Dataset) -> None:
    """Field against time of one crust: a line for each deviation, a width for each constants."""
    from matplotlib.lines import Line2D

    widths, handles = (0.8, 2.0), []
    shown = [name for name in BOTH_WIDTHS if name in dataset["constants"].values]
    for j, constants in enumerate(shown):
        for i, deviation in enumerate(dataset["delta_mu"].values):
            chosen = dataset.sel(constants=constants, delta_mu=deviation)
            ax.plot(
                chosen["sample_time"], chosen["rms_field"],
                label=f"{deviation:g}" if j == 0 else None,
                **(line_style(1 + i) | {"lw": widths[j]}),
            )  # fmt: skip
        handles.append(Line2D([], [], color="0.3", lw=widths[j], label=constants))
    ax.axhline(1e15, color="0.7", lw=0.8)
    ax.set(xscale="log", yscale="log", xlabel="$t$ [yr]", ylabel=r"$B_\mathrm{rms}$ [G]")
    ax.set_xlim(left=1)
    legend_below(
        ax,
        ncols=2,
        handles=[*ax.get_legend_handles_labels()[0], *handles],
        title=r"$\delta\mu/kT$; constants",
        handlelength=3,
    )


@in_style
def seed_field_scan(dataset: xr.Dataset) -> Figure:
    """Field against time by seed; growth rate against time since 1e15 G."""
    figure, (left, right) = panels(columns=2)
    curves(left, dataset, "rms_field", lambda seed: f"{seed:.0e} G")
    left.set(yscale="log", ylabel=r"$B_\mathrm{rms}$ [G]")
    left.legend(title="polar field of the seed")
    for i, seed in enumerate(dataset["seed_field"].values):
        chosen = dataset.sel(seed_field=seed).dropna("sample", subset=["sample_time"])
        since = chosen["sample_time"] - float(chosen["year"])
        rate = measures.growth_rate(chosen["sample_time"].values, chosen["rms_field"].values)
        right.plot(since, rate, **line_style(i))
    right.set(xlabel="$t - t(10^{15}$ G) [yr]", ylabel=r"$d\,\ln B_\mathrm{rms}/dt$ [1/yr]")
    right.set_xlim(-100, 100)
    right.set_ylim(-0.02, 0.2)
    return figure


@in_style
def parity(dataset: xr.Dataset) -> Figure:
    """Share of even degrees and of the quadrupole family against time."""
    figure, axes = panels(columns=2, height=3.9, sharey=True)
    titles = ("even degrees", "quadrupole family")
    for ax, name, title in zip(axes, ("even_degrees", "quadrupole_family"), titles, strict=True):
        curves(ax, dataset, name, functools.partial(_run_with_share, dataset[name]))
        ax.set(yscale="log", title=title)
        legend_below(ax)
    axes[0].set_ylim(LOWEST_SHARE, 3)
    axes[0].set_ylabel("share of the energy")
    return figure


def _run_with_share(shares: xr.DataArray, run: str) -> str:
    """Name of a run, and that its share is not in sight where it is not."""
    largest = float(shares.sel(run=run).max())
    return run if largest > LOWEST_SHARE else f"{run}: below {LOWEST_SHARE:g}"


@in_style
def hall_only(dataset: xr.Dataset) -> Figure:
    """Energies of a dipole under Hall drift alone, by component and parity; its spectrum."""
    figure, (left, right) = panels(columns=2)
    first = dataset.isel(run=0)
    lowest = 1e-6 * float(first["energy"].max())
    for component, style in (("poloidal", "-."), ("toroidal", ":")):
        for i, rest in enumerate(("odd", "even")):
            energy = first["energy"].sel(component=component, parity=rest)
            none = "" if float(energy.max()) > lowest else ": none"
            left.plot(
                first["sample_time"], energy.where(energy > 0), ls=style, color=COLOURS[1 + i],
                label=rf"{component}, {rest} $\ell${none}",
            )  # fmt: skip
    left.set(yscale="log", xlabel="$t$ [yr]", ylabel=r"$E_\mathrm{mag}$ [erg]")
    left.set_ylim(lowest, 3 * float(first["energy"].max()))
    left.legend(loc="lower right")
    for i, run in enumerate(dataset["run"].values):
        right.plot(dataset["degree"], dataset["spectrum"].sel(run=run), label=run, **line_style(i))
    _spectrum_axes(right, dataset)
    return figure


def _spectrum_axes(ax: Axes, dataset: xr.Dataset) -> None:
    top, lmax = float(dataset["spectrum"].max()), float(dataset["degree"].max())
    ax.set(xscale="log", yscale="log", xlabel=r"degree $\ell$", ylabel=r"$E_\ell$ [erg]")
    ax.set_ylim(1e-8 * top, 5 * top)
    ax.set_xlim(0.8, 1.2 * lmax)
    _guide(ax, -2.0, (4, min(40, 0.6 * lmax)), 0.6 * top)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower left")


@in_style
def hall_cascade(dataset: xr.Dataset) -> Figure:
    """Share of l = 1 against time, and late spectra, by what differs from the first run.

    A column each for the highest degree, the radial functions and the angular dissipation.
    """
    columns = _by_what_differs(dataset)
    late = dataset["interval"].values[0] if dataset.sizes["interval"] else None
    figure, axes = panels(columns=len(columns), rows=2, height=3.2, squeeze=False)
    for (share, spectra), (title, runs) in zip(axes.T, columns.items(), strict=True):
        curves(share, runs, "dipole_series")
        share.set_title(title, fontsize="small")
        share.set(ylim=(0, 1), xlim=(80, float(dataset["sample_time"].max())))
        for i, run in enumerate(runs["run"].values):
            spectrum = runs["spectrum"].sel(run=run, interval=late)
            spectra.plot(runs["degree"], spectrum.where(spectrum > 0), **line_style(i))
        _spectrum_axes(spectra, dataset)
        spectra.set_title(f"mean of {late}")
        spectra.axvspan(*SLOPE_DEGREES, color="0.92", zorder=0)
        # lines cross every corner of the panels
        lines, names = share.get_legend_handles_labels()
        legend_below(spectra, handles=lines, labels=names)
    axes[0, 0].set_ylabel(r"share of $\ell = 1$")
    return figure


def _by_what_differs(dataset: xr.Dataset) -> dict[str, xr.Dataset]:
    """Runs that differ from the first in their degrees, radial grid or angular dissipation.

    For the last two, at each of the highest degrees with which they were changed.
    """
    first = dataset.isel(run=0)
    same = {name: dataset[name] == first[name] for name in ("per_wavelength", "angular_rate")}
    usual = same["per_wavelength"] & same["angular_rate"]
    chosen = {"highest degree": usual & dataset["spectrum"].notnull().any(["degree", "interval"])}
    for title, name, other in (
        ("radial functions per wavelength", "per_wavelength", "angular_rate"),
        ("angular dissipation at lmax [1/yr]", "angular_rate", "per_wavelength"),
    ):
        changed = dataset["lmax"].values[(~same[name] & same[other]).values]
        chosen[title] = same[other] & dataset["lmax"].isin(changed)
    columns = {title: dataset.isel(run=which.values) for title, which in chosen.items()}
    # a run that nothing is beside says nothing
    return {t: c for t, c in columns.items() if c.sizes["run"] > 1} or {"": dataset}


@in_style
def resolution(dataset: xr.Dataset) -> Figure:
    """Growth rate against radial functions, by grid: measured, linear theory, and the paper's."""
    figure, ax = panels()
    measured = (
        ("linear_rate", "o", "linear theory"),
        ("largest_rate", "s", "largest, in a run"),
        ("growth_rate", "^", "fitted, in a run"),
    )
    for grid, style in (("global", "--"), ("elements", "-")):
        chosen = dataset.isel(case=np.flatnonzero(dataset["grid"] == grid))
        for i, (name, marker, label) in enumerate(measured, start=1):
            ax.plot(
                chosen["radial_functions"], chosen[name], marker=marker, ls=style, lw=1.2,
                color=COLOURS[i], label=f"{label}, {grid}",
            )  # fmt: skip
    ax.axhline(0.15, color="0.5", lw=1)
    ax.annotate(
        "Dehman & Pons", (float(dataset["radial_functions"].min()), 0.15), ha="left", va="bottom",
        color="0.4",
    )  # fmt: skip
    ax.set(xlabel="radial functions", ylabel="growth rate of the field [1/yr]")
    ax.set_ylim(0, 0.18)
    ax.legend()
    return figure
