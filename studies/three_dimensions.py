"""When do non-axisymmetric modes matter, and do they change the spectra?

The paper's run in three dimensions (lmax = mmax = 60) and flat space from the dipole plus a random
seed of relative amplitude 1e-4 in all degrees and orders, beside the axisymmetric run with the same
resolution.

Found with version 0.1.0 (one global expansion of 192 polynomials, with which the Hall stage begins
26 yr earlier in axisymmetry than with radial elements): the chiral term alone amplifies every order
alike, so that the seed stays at 1e-9 of the energy until Hall drift sets in. From 120 yr on it
grows faster than the axisymmetric field and holds 1 % of the energy at 164 yr, 10 % at 182, 23 % at
200 and 74 % at 300 yr. The field ends a quarter weaker than in the axisymmetric run, 1.29e16
against 1.77e16 G, and its spectrum is as flat, with a bump at l = 20-30 and a cliff above that
belongs to the angular dissipation.

Run time: 27 minutes on two idle cores with version 0.1.0; on radial elements some 25000 steps of
0.3 s, two hours, by the length of a step. 20 s with --quick. Writes three_dimensions.nc, .png and
.pdf and prints the share of the non-axisymmetric energy and both field strengths as CSV. Runs that
are there already are compared by --runs.

    python studies/three_dimensions.py [--quick] [--output FOLDER]
    python studies/three_dimensions.py --runs 3D.nc AXISYMMETRIC.nc [--output FOLDER]
    python studies/three_dimensions.py --redraw runs/three_dimensions.nc
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spectralcmi as cmi
from spectralcmi.paper import measures, study

SEED_AMPLITUDE = 1e-4
SPECTRA_AT = (200.0, 300.0)  # yr
ORDERS_SHOWN = (0, 1, 2, 5, 10, 20, 40)
#: Shares of the energy at which the year is reported.
MILESTONES = (1e-6, 1e-4, 1e-2, 1e-1)


def cases(quick: bool = False) -> tuple[cmi.Parameters, cmi.Parameters]:
    """The three-dimensional and the axisymmetric case."""
    changes = {
        "metric.kind": "flat",
        "initial.perturbation_amplitude": SEED_AMPLITUDE,
        "resolution.mmax": 60,
    }
    if quick:
        changes |= {
            "resolution.lmax": 10,
            "resolution.mmax": 10,
            "resolution.radial_order": 48,
            "time.end": 20.0,
            "output.snapshot_times": (),
        }
    parameters = cmi.Parameters().replace(**changes)
    return parameters, parameters.replace(**{"resolution.mmax": 0})


def compute(parameters: cmi.Parameters, axisymmetric: cmi.Parameters) -> xr.Dataset:
    """Run both cases and compare them.

    Parameters
    ----------
    parameters, axisymmetric : spectralcmi.Parameters

    Returns
    -------
    xarray.Dataset
        See `compare`.
    """
    return compare(cmi.run(parameters), cmi.run(axisymmetric))


def compare(three_dimensional: xr.Dataset, axisymmetric: xr.Dataset) -> xr.Dataset:
    """Energies per order of the first run, and the spectra of both.

    Parameters
    ----------
    three_dimensional, axisymmetric : xarray.Dataset
        Runs with the same output times.

    Returns
    -------
    xarray.Dataset
        `spectrum_order(time, order)`, `non_axisymmetric_share(time)`, `rms_field(geometry, time)`
        and `spectrum(geometry, time, degree)`, poloidal and toroidal energy together [erg].
    """
    orders = three_dimensional["spectrum_order"]
    share = orders.sel(order=slice(1, None)).sum("order") / orders.sum("order")
    geometry = xr.DataArray(
        ["3D", "axisymmetric"], dims="geometry", attrs={"long_name": "geometry of the run"}
    )
    runs = (three_dimensional, axisymmetric)
    spectra = [run["spectrum_poloidal"] + run["spectrum_toroidal"] for run in runs]
    dataset = xr.Dataset(
        {
            "spectrum_order": orders,
            "non_axisymmetric_share": share.assign_attrs(
                units="1", long_name="share of the energy in orders above 0"
            ),
            "spectrum": xr.concat(spectra, geometry).assign_attrs(
                units="erg", long_name="magnetic energy in the shell of each degree"
            ),
            "rms_field": xr.concat([run["rms_field"] for run in runs], geometry),
        },
        attrs={"parameters": three_dimensional.attrs["parameters"]},
    )
    return dataset.drop_vars([name for name in dataset.coords if name not in dataset.dims])


def years(dataset: xr.Dataset) -> dict[float, float]:
    """First year in which the non-axisymmetric share of the energy reaches each milestone."""
    share = dataset["non_axisymmetric_share"]
    return {level: measures.crossing_year(share["time"], share, level) for level in MILESTONES}


def draw(dataset: xr.Dataset) -> Figure:
    """Energies per order against time, and the spectra of both geometries.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compare`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with matplotlib.rc_context({**cmi.plot.STYLE, "figure.figsize": (10.0, 4.2)}):
        figure, (left, right) = plt.subplots(1, 2)
        _draw_orders(left, dataset)
        _draw_spectra(right, dataset)
    return figure


def _draw_orders(ax: Axes, dataset: xr.Dataset) -> None:
    shown = [order for order in ORDERS_SHOWN if order in dataset["order"]]
    colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.85, len(shown)))
    for order, colour in zip(shown, colours, strict=True):
        energy = dataset["spectrum_order"].sel(order=order)
        ax.semilogy(dataset["time"], energy, color=colour, label=f"{order}")
    ax.set_xlabel("time [yr]")
    ax.set_ylabel("magnetic energy [erg]")
    ax.legend(title="order $m$", ncols=2)


def _draw_spectra(ax: Axes, dataset: xr.Dataset) -> None:
    times = [time for time in SPECTRA_AT if time <= float(dataset["time"][-1])]
    times = times or [float(dataset["time"][-1])]
    colours = matplotlib.colormaps["viridis"](np.linspace(0.1, 0.7, len(times)))
    for time, colour in zip(times, colours, strict=True):
        for geometry, style in (("3D", "-"), ("axisymmetric", "--")):
            spectrum = dataset["spectrum"].sel(geometry=geometry).sel(time=time, method="nearest")
            ax.loglog(
                dataset["degree"], spectrum, style, color=colour, label=f"{geometry}, {time:g} yr"
            )
    ax.set_xlabel("degree $l$")
    ax.set_ylabel("magnetic energy [erg]")
    ax.legend()


def report(dataset: xr.Dataset) -> str:
    """The numbers as CSV."""
    lines = ["share,first_year"]
    lines += [f"{level:g},{year:g}" for level, year in years(dataset).items()]
    lines += ["time,non_axisymmetric_share,rms_field_3d,rms_field_axisymmetric"]
    step = max(1, dataset.sizes["time"] // 30)
    for row in range(0, dataset.sizes["time"], step):
        now = dataset.isel(time=row)
        lines.append(
            f"{float(now.time):g},{float(now.non_axisymmetric_share):.4e},"
            f"{float(now.rms_field[0]):.4e},{float(now.rms_field[1]):.4e}"
        )
    return "\n".join(lines)


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    return compute(*cases(quick))


STUDY = study.Study("three_dimensions", __doc__, _answer, draw, report)
main = STUDY.main


def command_line() -> None:
    """Options and `main`, or the comparison of two finished runs."""
    study.use_no_screen()
    parser = STUDY.parser()
    parser.add_argument("--runs", nargs=2, metavar=("3D.nc", "AXISYMMETRIC.nc"))
    chosen = vars(parser.parse_args())
    runs = chosen.pop("runs")
    if runs is None:
        main(**chosen)
    else:
        STUDY.save_and_publish(compare(*map(cmi.open_run, runs)), Path(chosen["output"]))


if __name__ == "__main__":
    command_line()
