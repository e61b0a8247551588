"""What do sharp layers of nuclides, and a sharp cutoff of k5, do to growth and to its dates?

The outer crust consists of layers, each of one nuclide. The default crust takes charge and mass
numbers through the middle of each layer, twice continuously differentiable
(background.composition = "smooth"); the alternative keeps the layers with their jumps ("layered").
Likewise k5 reaches its cutoff smoothly or with a kink (chiral.cutoff = "smooth", "hard"). Of the
four combinations this study computes the growth rate of l = 1 in linear theory against the
radial order, and the paper's run until its field has passed 1e15 G: the years in which the toroidal
energy reaches 0.9 of the poloidal, and the field 1e15 G. In the star's metric.

Expected: next to nothing from the layers. They end at 4e11 g/cm3, and the waves grow where k5 meets
its cutoff, at 7e12 g/cm3: rate and dates of the layered crust differ by parts in a million, as long
as k5_max is that of the paper. The hard cutoff lets more of the crust have the largest k5 and puts
a kink into it, which feeds the 20 m waves directly: the field grows at 0.156 instead of 0.147 per
year in linear theory (0.190 and 0.180 in flat space), and is early by 21 to 22 yr, with
equipartition at 46.4 instead of 67.3 yr and 1e15 G at 75.9 instead of 98.3 yr (13 to 14 yr in flat
space). A date therefore has to state the cutoff.

In both crusts the inner one follows its table, in which the proton number jumps from 44 to 58 at
1.15e14 g/cm3 within a metre: finer than any radial grid here, and too deep to matter.

Run time: 3 minutes, 15 s with --quick. Writes composition.nc, .png and .pdf; the runs are kept
beside them and not computed again. Prints the numbers as CSV.

    python studies/composition.py [--quick] [--output FOLDER]
    python studies/composition.py --redraw runs/composition.nc
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import spectralcmi as cmi
from spectralcmi.paper import measures, study

Case = tuple[str, str]
"""Composition and cutoff."""

NAME = "composition"
COMPOSITIONS, CUTOFFS = ("smooth", "layered"), ("smooth", "hard")
# the layered crust is drawn upon the smooth one, from which it can hardly be told
LINES = {"smooth": {"color": "#56B4E9", "lw": 4}, "layered": {"color": "#000000", "lw": 1.2}}
STYLES = {"smooth": "-", "hard": "--"}
# the number of polynomials of one expansion is what is varied; until 1e15 G the dipole holds nearly
# all energy, and 20 degrees are as good as 60
BASE = {"metric.kind": "star", "resolution.radial_grid": "global", "resolution.lmax": 20,
        "time.end": 110.0, "output.snapshot_times": []}  # fmt: skip
LINEAR_ORDERS, RUN_ORDERS = (64, 96, 128, 160, 192, 256, 384), (192, 288)
QUICK = {**BASE, "resolution.lmax": 4, "time.end": 90.0}
QUICK_LINEAR_ORDERS, QUICK_RUN_ORDERS = (32, 48), (40, 48)
STRONG_FIELD = 1e15  # G
PROFILES = ("charge_number", "electron_density", "magnetic_diffusivity", "chiral_wavenumber")


def cases(parameters: cmi.Parameters) -> dict[Case, cmi.Parameters]:
    """Parameters of the four combinations, by composition and cutoff."""
    return {
        (composition, cutoff): parameters.replace(
            {"background.composition": composition, "chiral.cutoff": cutoff}
        )
        for composition in COMPOSITIONS
        for cutoff in CUTOFFS
    }


def compute(
    parameters: cmi.Parameters,
    folder: str | Path,
    linear_orders: Sequence[int] = LINEAR_ORDERS,
    run_orders: Sequence[int] = RUN_ORDERS,
) -> xr.Dataset:
    """Growth rates, runs and profiles of the four combinations.

    Parameters
    ----------
    parameters : spectralcmi.Parameters
        Their composition, cutoff and radial order are replaced.
    folder : str or Path
        Where runs are kept; those that are there already are not computed again.
    linear_orders, run_orders : sequence of int
        Radial orders of linear theory and of the runs.

    Returns
    -------
    xarray.Dataset
        `linear_rate` along composition, cutoff and `radial_order`; `measured_rate`,
        `equipartition_year` and `field_year` along composition, cutoff and `run_order`; `rms_field`
        of the first run order along time; profiles of the two crusts along radius.
    """
    chosen = cases(parameters)
    rates = {key: _linear_rates(case, linear_orders) for key, case in chosen.items()}
    dates = {key: _dates(key, case, folder, run_orders) for key, case in chosen.items()}
    dataset = xr.merge(
        [_by_case(rates), _by_case(dates), _profiles(parameters)], combine_attrs="drop"
    )
    dataset = dataset.assign_coords(composition=list(COMPOSITIONS), cutoff=list(CUTOFFS))
    dataset.attrs["parameters"] = parameters.to_json()
    return dataset


def _linear_rates(case: cmi.Parameters, orders: Sequence[int]) -> xr.Dataset:
    """Growth rate of l = 1 against the radial order."""
    modes = [cmi.eigenmodes(case.replace({"resolution.radial_order": n}), [1], 1) for n in orders]
    rates = [mode["growth_rate"].item() for mode in modes]
    attributes = {
        "units": "julian_year^-1",
        "long_name": "growth rate of l = 1 in linear theory",
    }
    variables = {"linear_rate": ("radial_order", rates, attributes)}
    return xr.Dataset(variables, {"radial_order": list(orders)})


def _dates(
    key: Case, case: cmi.Parameters, folder: str | Path, orders: Sequence[int]
) -> xr.Dataset:
    """Years and rates of runs, by their radial order, and the field of the first of them."""
    runs = [_run(key, case.replace({"resolution.radial_order": n}), folder) for n in orders]
    numbers = {
        "measured_rate": (
            [measures.exponential_growth(run).value for run in runs],
            {
                "units": "julian_year^-1",
                "long_name": "growth rate of B_rms over its exponential window",
            },
        ),
        "equipartition_year": (
            [measures.equipartition_year(run) for run in runs],
            {"units": "julian_year", "long_name": "year in which E_tor = 0.9 E_pol"},
        ),
        "field_year": (
            [measures.year_of_field(run, STRONG_FIELD) for run in runs],
            {"units": "julian_year", "long_name": "year in which B_rms = 1e15 G"},
        ),
    }
    variables = {name: ("run_order", *content) for name, content in numbers.items()}
    return xr.Dataset({**variables, "rms_field": runs[0]["rms_field"]}, {"run_order": list(orders)})


def _run(key: Case, case: cmi.Parameters, folder: str | Path) -> xr.Dataset:
    """A run, or what is kept of it."""
    order = case.resolution.radial_order
    return cmi.run(case, Path(folder, f"{'_'.join(key)}_{order}_{case.fingerprint()[:8]}.nc"))


def _by_case(datasets: Mapping[Case, xr.Dataset]) -> xr.Dataset:
    """Datasets by composition and cutoff, along both."""
    rows = [
        xr.concat([datasets[composition, cutoff] for cutoff in CUTOFFS], "cutoff")
        for composition in COMPOSITIONS
    ]
    return xr.concat(rows, "composition")


def _profiles(parameters: cmi.Parameters) -> xr.Dataset:
    """Both crusts, along the radius."""
    crusts = [
        cmi.build_background(parameters.replace({"background.composition": name}))
        for name in COMPOSITIONS
    ]
    dataset = xr.concat([crust[list(PROFILES)] for crust in crusts], "composition")
    density = crusts[0]["density"]
    reached = crusts[0]["chiral_wavenumber"] > parameters.chiral.k5_max
    attributes = {"units": "g cm^-3", "long_name": "density at which k5 meets its cutoff"}
    limit = float(density.where(reached).min())
    return dataset.assign(density=density, cutoff_density=((), limit, attributes))


def draw(dataset: xr.Dataset) -> Figure:
    """Growth rate against the radial order, field against time, and the layers themselves.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with matplotlib.rc_context({**cmi.plot.STYLE, "figure.figsize": (10.5, 3.6)}):
        figure, (rate, field, layers) = plt.subplots(1, 3)
        for composition in COMPOSITIONS:
            for cutoff in CUTOFFS:
                chosen = dataset.sel(composition=composition, cutoff=cutoff)
                line = {**LINES[composition], "ls": STYLES[cutoff]}
                label = f"{composition} crust, {cutoff} cutoff"
                rate.plot(
                    dataset["radial_order"], chosen["linear_rate"], marker="o", ms=3, label=label,
                    **line,
                )  # fmt: skip
                field.semilogy(dataset["time"], chosen["rms_field"], **line)
            layers.semilogx(
                dataset["density"], dataset["charge_number"].sel(composition=composition),
                label=f"{composition} crust", **LINES[composition],
            )  # fmt: skip
        rate.set(xlabel="radial order", ylabel=r"growth rate of $\ell = 1$ [yr$^{-1}$]")
        rate.legend(loc="lower right")
        field.axhline(STRONG_FIELD, color="0.7", lw=0.8, zorder=0)
        field.set(xlabel="$t$ [yr]", ylabel=r"$B_\mathrm{rms}$ [G]", xlim=(0, None))
        layers.set(xlabel=r"$\rho$ [g cm$^{-3}$]", ylabel="charge number $Z$")
        limit = dataset["cutoff_density"].item()
        layers.axvline(limit, color="0.6", lw=0.8, zorder=0)
        layers.annotate(
            "$k_5$ meets its cutoff", (limit, 0.5), xycoords=("data", "axes fraction"),
            xytext=(3, 0), textcoords="offset points", rotation=90, color="0.4", fontsize=8.5,
        )  # fmt: skip
        layers.legend()
    return figure


def numbers(dataset: xr.Dataset) -> str:
    """All numbers as CSV, one line a case and radial order."""
    rows = ["composition,cutoff,radial order,linear rate [1/yr],measured rate [1/yr],"
            "equipartition [yr],1e15 G [yr]"]  # fmt: skip
    orders = np.union1d(dataset["radial_order"], dataset["run_order"])
    for composition in COMPOSITIONS:
        for cutoff in CUTOFFS:
            chosen = dataset.sel(composition=composition, cutoff=cutoff)
            for order in orders:
                linear = chosen["linear_rate"].reindex(radial_order=[order])
                run = chosen.reindex(run_order=[order])
                values = [linear, *(run[n] for n in ("measured_rate", "equipartition_year",
                                                     "field_year"))]  # fmt: skip
                cells = ["" if np.isnan(v.item()) else f"{v.item():.5g}" for v in values]
                rows.append(",".join([composition, cutoff, str(order), *cells]))
    return "\n".join(rows)


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    runs = folder / f"{NAME}_runs"
    runs.mkdir(exist_ok=True)
    parameters = cmi.Parameters().replace(QUICK if quick else BASE)
    orders = (QUICK_LINEAR_ORDERS, QUICK_RUN_ORDERS) if quick else (LINEAR_ORDERS, RUN_ORDERS)
    return compute(parameters, runs, *orders)


STUDY = study.Study(NAME, __doc__, _answer, draw, numbers)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
