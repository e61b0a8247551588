"""How do a magnetar's field, temperature and spin change along its life?

What codes of magneto-thermal evolution are used for: a star is born hot, with a polar dipole of
1e14 or 1e15 G, without and with as strong a toroidal quadrupole in its crust; the field decays and
drifts (Ohm and Hall, axisymmetric, lmax 40), its heat and that of birth leave as neutrinos and
through the magnetised envelope, and the dipole brakes the star, which is born with 10 ms. No chiral
effect. Beside it the same star without a field.

Expected: photon luminosities of 1e33 to 1e35 erg/s at 1e3 to 1e5 yr for the strong fields, above
those of the star without one, poles hotter than the equator, and periods of seconds.

Found: so it is. Photon luminosity, field of timing and period:

    star              year   L_gamma          no field         2 m/R^3    P
    1e14 G            1e3    1.38e34 erg/s    4.97e33 erg/s    6.6e13 G   0.53 s
                      1e4    3.44e33          2.19e33          5.4e13     1.44
                      3e4    1.99e33          1.44e33          4.5e13     2.21
    1e14 G, toroidal  1e3    1.44e34          4.97e33          6.7e13     0.53
                      1e4    4.67e33          2.19e33          5.7e13     1.48
                      3e4    3.26e33          1.44e33          5.1e13     2.36
    1e15 G            1e3    1.04e35          4.97e33          5.5e14     4.65
                      3e3    8.2e34           3.39e33          4.5e14     7.00
    1e15 G, toroidal  1e3    1.07e35          4.97e33          5.8e14     4.81
                      3e3    1.04e35          3.39e33          5.2e14     7.56

The crust of the last is heated so much that its core, 2.5e8 K with the dipole alone at 3e3 yr, has
3.0e8 K. Poles have 1.6 to 1.8e6 K at 1e14 G and 1e4 yr, 3.8 to 3.9e6 K at 1e15 G and 1e3 yr, a belt
about the magnetic equator half as much.

The radial elements grow towards the surface, where whistlers are fastest: that makes steps of 3 to
5 yr at 1e14 G and of 0.2 to 0.5 yr at 1e15 G; elements of 44 m make a hundredth of it. At
1e14 G the luminosity at 300 yr is 2.5 per cent higher with those. What the coarse elements
do not resolve is the current layer at the core: tails in radius reach 0.03 to 0.13. Heat balances
to 1e-8 of L_gamma. Lives end where the steps allow: 1e6 yr would take half an hour at 1e14 G and
half a day at 1e15 G.

Run time: 5 minutes, 1 with --quick. Writes life_of_a_magnetar.nc, .png and .pdf; the runs are
kept beside them and not computed again. Prints the numbers as CSV.

    python studies/life_of_a_magnetar.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

import spectralcmi as cmi
from spectralcmi.heat.cooling import cooling_curve
from spectralcmi.paper import study
from spectralcmi.paper.drawing import in_style, line_style
from spectralcmi.paper.runs import compute_runs, stored_runs
from spectralcmi.profiles.crust import crust_radii
from spectralcmi.view.field import flux_function

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "life_of_a_magnetar"
ENDS = {1e14: 3e4, 1e15: 3e3}
"""Where a life ends [yr], by the polar field of its dipole at birth [G]."""
QUICK_ENDS = {1e14: 400.0, 1e15: 100.0}
LMAX, QUICK_LMAX = 40, 8
RMS_OF_POLAR = 5.418
"""Root mean square in the crust of a dipole whose field at the pole is 1, in the star's metric."""
ELEMENTS = (0.0, 0.064, 0.155, 0.29, 0.46, 0.69, 1.0)
"""Ends of the radial elements, as shares of the crust."""
SAMPLES = 1000
SNAPSHOTS = (100.0, 1e3, 1e4)  # yr
INITIAL_TEMPERATURE = 1e10  # K
PERIOD, INCLINATION = 0.01, 60.0  # s, degree
SERIES = ("L_gamma_inf", "T_b", "T_core", "rms_field", "dipole_timing_field", "joule_power_inf")
SPIN = ("period", "period_derivative")
TABLE_YEARS = (100.0, 1e3, 3e3, 1e4, 3e4)


def cases(quick: bool) -> dict[str, cmi.Parameters]:
    """Parameters of the runs, by name."""
    ends = QUICK_ENDS if quick else ENDS
    return {
        f"{polar:.0e} G".replace("e+", "e") + (", toroidal" if toroidal else ""): _life(
            polar, toroidal, end, QUICK_LMAX if quick else LMAX
        )
        for polar, end in ends.items()
        for toroidal in (False, True)
    }


def _life(polar: float, toroidal: bool, end: float, lmax: int) -> cmi.Parameters:
    """A star of a polar field [G] that lives until a year."""
    inner, outer = crust_radii(cmi.Parameters().background)
    amplitude = RMS_OF_POLAR * polar
    modes = [{"degree": 1, "amplitude": amplitude, "shape": "polynomial"}]
    if toroidal:
        modes.append({"degree": 2, "kind": "toroidal", "amplitude": amplitude})
    return cmi.Parameters().replace(
        {
            "chiral.enabled": False,
            "thermal.enabled": True,
            "thermal.initial_temperature": INITIAL_TEMPERATURE,
            "initial": {"kind": "modes", "modes": modes},
            "resolution.lmax": lmax,
            "resolution.radial_grid": [inner + share * (outer - inner) for share in ELEMENTS],
            # what is left at lmax, not what is left of the degrees that live for 1e5 yr
            "dissipation.angular_rate": 0.05,
            "time.end": end,
            "time.tolerance": 1e-4,
            "output.series_interval": end / SAMPLES,
            "output.snapshot_times": [time for time in SNAPSHOTS if time <= end],
        }
    )


def compute(parameters: Mapping[str, cmi.Parameters], folder: str | Path) -> xr.Dataset:
    """Some lives, and that of the same star without a field.

    Parameters
    ----------
    parameters : mapping of spectralcmi.Parameters
        By name.
    folder : str or Path
        Where runs are kept; those that are there already are not computed again.

    Returns
    -------
    xarray.Dataset
        `SERIES` and `SPIN` along `star` and `time`, nan after the end of a life; `cooling`, the
        luminosity without a field, along `time`; `surface_temperature` along `star` and
        `colatitude`, and `B_phi` and `flux` along `star`, `radius` and `colatitude`, at the last
        snapshot, `last_snapshot`.
    """
    compute_runs(folder, parameters.items())
    runs = stored_runs(folder, parameters)
    last = max(float(run["time"][-1]) for run in runs.values())
    first = max(float(run["time"][1]) for run in runs.values())
    times = np.geomspace(first, last, 161)
    lives = [xr.merge([_history(run, times), _portrait(run)], combine_attrs="drop_conflicts")
             for run in runs.values()]  # fmt: skip
    dataset = xr.concat(lives, "star", combine_attrs="drop").assign_coords(star=list(runs))
    without = cooling_curve(next(iter(parameters.values())), times)["L_gamma_inf"]
    return dataset.assign(cooling=without)


def _history(run: xr.Dataset, times: np.ndarray) -> xr.Dataset:
    spin = cmi.spin_down(run, PERIOD, INCLINATION)[list(SPIN)]
    return xr.merge([run[list(SERIES)], spin], combine_attrs="drop").interp(time=times)


def _portrait(run: xr.Dataset) -> xr.Dataset:
    """Surface and crust at the last snapshot."""
    colatitude = np.linspace(0.0, np.pi, 91)
    radius = np.linspace(float(run["radius"][0]), float(run["radius"][-1]), 61)
    grid = cmi.field(run, -1, radius=radius, colatitude=colatitude, longitude=[0.0])
    surface = run["surface_temperature"].isel(snapshot=-1, longitude=0, drop=True)
    surface = surface.interp(colatitude=colatitude, kwargs={"fill_value": "extrapolate"})
    flux = flux_function(run, -1, radius=radius, colatitude=colatitude)
    return xr.Dataset(
        {
            "last_snapshot": run["snapshot"][-1].drop_vars("snapshot"),
            "surface_temperature": surface,
            "B_phi": (("radius", "colatitude"), grid["B_phi"].values[..., 0], {"units": "G"}),
            "flux": (("radius", "colatitude"), np.asarray(flux)),
        },
        {"radius": ("radius", radius, {"units": "km"}), "colatitude": colatitude},
    )


@in_style
def draw(dataset: xr.Dataset) -> Figure:
    """Light curves, way through the diagram of period and its derivative, surface, and crust.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, ((light, spin), (surface, crust)) = plt.subplots(2, 2, figsize=(8.0, 6.4))
    for i, star in enumerate(dataset["star"].values):
        chosen, line = dataset.sel(star=star), line_style(i + 1)
        light.loglog(dataset["time"], chosen["L_gamma_inf"], **line)
        spin.loglog(chosen["period"], chosen["period_derivative"], **line)
        # the legend of all panels
        surface.plot(
            np.degrees(dataset["colatitude"]), chosen["surface_temperature"] / 1e6,
            label=f"{star}, {float(chosen['last_snapshot']):g} yr", **line,
        )  # fmt: skip
    light.loglog(dataset["time"], dataset["cooling"], color="0.5", lw=2.2, label="no field")
    light.set(xlabel="$t$ [yr]", ylabel=r"$L_\gamma^\infty$ [erg/s]")
    light.legend()
    spin.set(xlabel="$P$ [s]", ylabel=r"$\dot P$", xlim=(0.1, 10))
    surface.set(xlabel="magnetic colatitude [deg]", ylabel=r"$T_\mathrm{s}$ [10$^6$ K]")
    surface.set(xlim=(0, 180), ylim=(0, None))
    surface.legend(fontsize="x-small")
    _draw_crust(crust, dataset.isel(star=-1))
    return figure


def _draw_crust(ax: plt.Axes, star: xr.Dataset) -> None:
    """Toroidal field in colour and poloidal lines of one star, its crust as a rectangle."""
    colatitude, radius = np.degrees(star["colatitude"]), star["radius"]
    toroidal = star["B_phi"] / 1e14
    largest = float(abs(toroidal).max())
    mesh = ax.pcolormesh(
        colatitude, radius, toroidal, cmap="PuOr_r", vmin=-largest, vmax=largest,
        shading="gouraud", rasterized=True,
    )  # fmt: skip
    ax.contour(colatitude, radius, star["flux"], 9, colors="black", linewidths=0.7)
    ax.figure.colorbar(mesh, ax=ax, label=r"$B_\phi$ [10$^{14}$ G]")
    ax.set(xlabel="magnetic colatitude [deg]", ylabel="$r$ [km]")
    title = f"{star['star'].item()}, {float(star['last_snapshot']):g} yr"
    ax.set_title(title, fontsize="medium")


def numbers(dataset: xr.Dataset) -> str:
    """Luminosity, field and spin at some years as CSV."""
    names = ["L_gamma_inf", "T_core", "rms_field", "dipole_timing_field", *SPIN]
    rows = ["star,year," + ",".join(names) + ",L_gamma_inf without a field"]
    first, last = (float(dataset["time"][i]) for i in (0, -1))
    # a quick life may be too short for any of the years
    years = [year for year in TABLE_YEARS if first <= year <= last] or [first]
    for star in dataset["star"].values:
        for year in years:
            chosen = dataset.sel(star=star).sel(time=year, method="nearest")
            if np.isnan(chosen["L_gamma_inf"]):
                continue
            cells = (f"{float(chosen[name]):.4g}" for name in [*names, "cooling"])
            rows.append(",".join([f'"{star}"', f"{year:g}", *cells]))
    return "\n".join(rows)


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    return compute(cases(quick), folder / f"{NAME}_runs")


STUDY = study.Study(NAME, __doc__, _answer, draw, numbers)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
