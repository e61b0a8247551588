"""Does the star outside see the dipole that grows in its crust?

Two runs in the star's metric. The paper's case of arXiv:2408.05281: a polar dipole of 1e12 G, and a
source that makes waves grow. A helical start as in its follow-up, arXiv:2505.06196: 3e16 G in waves
of 70 m up to degree 16, each of the largest helicity with a sign of its own, no other source, the
constants of that paper (`dehman_pons_2025`), no cutoff of k5, and Hall drift off. Of each, l = 1 in
the crust, as root mean square, beside the dipole outside: at the pole of the outer boundary, and as
timing infers it, 2 m/R^3.

Expected: no. l = 1 passes 1e14 G, the field of magnetars, in decades; but of waves with the radial
wavenumber k only about 2/(k R) shows outside, so that the dipole there stays where it was in the
first run, and below 1e12 G in the second. "Dipole" and "l = 1 in the crust" are two things.

Found, in G:

    run              year   l = 1 in the crust   all of the crust   at the pole   of timing
    paper's case     0      5.4e12               5.4e12             1.00e12       7.2e11
                     100    1.1e15               1.1e15             0.99e12       7.1e11
                     300    8.4e15               1.3e16             0.98e12       7.0e11
    helical start    0      3.0e12               3.0e16             < 1           < 1
                     100    4.7e14               2.2e16             2.2e11        1.6e11
                     300    5.8e14               2.0e16             5.9e11        4.2e11

l = 1 passes 1e14 G at 78 yr and at 2.3 yr. Outside, the first dipole decays by 2 per cent in
300 yr; the second never exceeds 6.4e11 G, and changes its sign.

Run time: 1 minute, 15 s with --quick. Writes two_dipoles.nc, .png and .pdf; the runs are kept
beside them and not computed again. Prints the fields as CSV.

    python studies/two_dipoles.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import xarray as xr

import spectralcmi as cmi
from spectralcmi.paper import measures, study
from spectralcmi.paper.drawing import in_style
from spectralcmi.paper.helical_starts import FULL as HELICAL
from spectralcmi.paper.helical_starts import QUICK as HELICAL_QUICK
from spectralcmi.paper.helical_starts import start
from spectralcmi.paper.runs import compute_runs, stored_runs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "two_dipoles"
PAPER, START = "paper's case", "helical start"
TITLES = {PAPER: "with a source", START: "from a helical start"}
END, QUICK_END = 300.0, 120.0  # yr
QUICK_PAPER = {"resolution.lmax": 16, "resolution.functions_per_wavelength": 5.0}
FIELDS = ("rms_field", "dipole_rms_field", "dipole_field", "dipole_timing_field")
TABLE_YEARS = (0.0, 1.0, 10.0, 30.0, 100.0, 300.0)
LIMITS = (1e9, 1e17)  # G


def cases(quick: bool) -> dict[str, cmi.Parameters]:
    """Parameters of the two runs, by name."""
    end = QUICK_END if quick else END
    paper = {"metric.kind": "star", "time.end": end, "output.snapshot_times": []}
    helical = start(
        HELICAL_QUICK if quick else HELICAL,
        "random sign",
        metric__kind="star",
        time__end=end,
        output__series_interval=1.0,
    )
    return {PAPER: cmi.Parameters().replace(paper | (QUICK_PAPER if quick else {})), START: helical}


def compute(parameters: dict[str, cmi.Parameters], folder: str | Path) -> xr.Dataset:
    """Fields inside and outside of some runs.

    Parameters
    ----------
    parameters : mapping of spectralcmi.Parameters
        By name; all with the same end and interval of the series.
    folder : str or Path
        Where runs are kept; those that are there already are not computed again.

    Returns
    -------
    xarray.Dataset
        `FIELDS` along `case` and `time` [G]; `magnetar_year` along `case`, the year in which l = 1
        passes 1e14 G in the crust.
    """
    compute_runs(folder, parameters.items())
    runs = stored_runs(folder, parameters)
    series = xr.concat([run[list(FIELDS)] for run in runs.values()], "case", combine_attrs="drop")
    series = series.assign_coords(case=list(runs))
    years = [
        measures.crossing_year(run["time"], run["dipole_rms_field"], measures.MAGNETAR_DIPOLE)
        for run in runs.values()
    ]
    attributes = {
        "units": "julian_year",
        "long_name": "year in which l = 1 passes 1e14 G in the crust",
    }
    return series.assign(magnetar_year=("case", years, attributes))


@in_style
def draw(dataset: xr.Dataset) -> Figure:
    """The two runs side by side.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 3.4), sharey=True)
    for ax, case in zip(axes, dataset["case"].values, strict=True):
        cmi.plot.dipoles(dataset.sel(case=case), ax)
        handles, labels = ax.get_legend_handles_labels()
        ax.get_legend().remove()
        ax.axhline(measures.MAGNETAR_DIPOLE, color="0.6", lw=0.8, zorder=0)
        ax.set_title(TITLES[case])
    axes[0].set_ylim(*LIMITS)
    axes[0].annotate(
        "magnetars", (1.0, measures.MAGNETAR_DIPOLE), xycoords=("axes fraction", "data"),
        xytext=(-3, 3), textcoords="offset points", ha="right", color="0.4", fontsize="small",
    )  # fmt: skip
    axes[1].set_ylabel("")
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def numbers(dataset: xr.Dataset) -> str:
    """Fields at some years as CSV."""
    rows = ["run,year," + ",".join(f"{name} [G]" for name in FIELDS)]
    last = float(dataset["time"][-1])
    for case in dataset["case"].values:
        for year in (year for year in TABLE_YEARS if year <= last):
            chosen = dataset.sel(case=case).sel(time=year, method="nearest")
            cells = (f"{float(chosen[name]):.4g}" for name in FIELDS)
            rows.append(",".join([str(case), f"{year:g}", *cells]))
    rows.append("run,l = 1 passes 1e14 G [yr],largest field at the pole [G]")
    for case in dataset["case"].values:
        chosen = dataset.sel(case=case)
        largest = float(chosen["dipole_field"].max())
        rows.append(f"{case},{float(chosen['magnetar_year']):.4g},{largest:.4g}")
    return "\n".join(rows)


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    return compute(cases(quick), folder / f"{NAME}_runs")


STUDY = study.Study(NAME, __doc__, _answer, draw, numbers)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
