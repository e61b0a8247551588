"""How do a magnetar's field, temperature and spin change along its life?

What codes of magneto-thermal evolution are used for: a star is born hot, with a polar dipole of
1e14 or 1e15 G, without and with as strong a toroidal quadrupole in its crust; the field decays and
drifts (Ohm and Hall, axisymmetric, lmax 40, impurity parameter 1), its heat and that of birth leave
as neutrinos and through the magnetised envelope, and the dipole brakes the star, which is born with
10 ms. No chiral effect. Beside it the same star without a field. To 1e6 yr.

Expected: photon luminosities of 1e33 to 1e35 erg/s at 1e3 to 1e5 yr for the strong fields, above
those of the star without one (Vigano et al., MNRAS 434, 123, 2013), poles hotter than the equator,
and periods of seconds.

Found: so it is. Photon luminosity, field of timing and period:

    star              year   L_gamma          no field         2 m/R^3    P
    1e14 G            1e3    1.38e34 erg/s    5.04e33 erg/s    6.6e13 G   0.52 s
                      1e4    3.58e33          2.16e33          5.4e13     1.46
                      1e5    1.33e33          8.4e32           3.4e13     3.3
                      1e6    8.7e31           6.6e31           3.0e13     7.9
    1e14 G, toroidal  1e3    1.43e34          5.04e33          6.7e13     0.52
                      1e4    4.65e33          2.16e33          5.7e13     1.50
                      1e5    2.40e33          8.4e32           3.3e13     3.7
                      1e6    2.2e32           6.6e31           2.4e13     7.7
    1e15 G            1e3    1.05e35          5.04e33          5.5e14     4.6
                      1e4    6.0e34           2.16e33          3.5e14     10.6
                      1e5    3.2e34           8.4e32           2.8e14     25
                      1e6    2.6e33           6.6e31           1.2e14     46
    1e15 G, toroidal  1e3    1.08e35          5.04e33          5.8e14     4.7
                      1e4    7.5e34           2.16e33          3.5e14     11.5
                      1e5    2.8e34           8.4e32           2.3e14     24
                      1e6    2.2e33           6.6e31           1.1e14     42

At 1e4 yr poles have 1.6 to 1.8e6 K at 1e14 G, and a belt about the magnetic equator half as much;
the toroidal field of 1e15 G has made as many belts as the field has loops outside. The periods at
1e15 G pass the 12 s that are observed: this crust conducts too well for that. Pons, Vigano & Rea
(Nature Phys. 9, 431, 2013) take from it that the impurity parameter is near 100 at its bottom.

Whistlers of the thin matter at the surface would take steps of 0.2 to 0.5 yr at 1e15 G. Electrons
of more inertia (`hall.inertia`, a tenth of it before 3e3 yr) slow these waves, not the drift, and
allow steps of 6 to 200 yr. With half the inertia L_gamma of the fourth star changes by 1 per cent
rms from 1e3 to 1e5 yr and by 2 afterwards, with twice as many radial functions or half the
tolerance by 0.1. What is not converged is the angle: with lmax 80 it is 12 to 17 per cent higher in
the mean from 1e3 to 1e5 yr, 5 afterwards, and the dipole outside changes by up to 10 per cent. The
angular dissipation at lmax, where the cascade of Hall drift ends, takes 19 to 29 per cent of what
is lost. Tails are at most 0.006 in degree and 0.05 in radius. Heat balances to 1e-10 of what the
field sets free, and field and electrons to 1e-4 before and after their inertia changes, which
brings in 0.3 per cent of the energy at 1e14 G, and 0.4 and 1 at 1e15 G.

Run time: 4 minutes (48, 64, 48 and 63 s of one core for the lives), 15 s with --quick. Writes
life_of_a_magnetar.nc, .png and .pdf; the runs are kept beside them and not computed again. Prints
the numbers as CSV.

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
from spectralcmi.paper.runs import compute_runs, run_path, stored_run, stored_runs
from spectralcmi.profiles.crust import crust_radii
from spectralcmi.view.field import flux_function

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "life_of_a_magnetar"
END = 1e6  # yr
QUICK_ENDS = {1e14: 400.0, 1e15: 100.0}
"""Where a life ends [yr], by the polar field of its dipole at birth [G]."""
INERTIA = {1e14: 2e15, 1e15: 1e16}
"""Inertia of the electrons [G yr], likewise: Hall waves are no faster than B over it."""
YOUTH, YOUNG_INERTIA = 3e3, 0.1
"""Until this year [yr] of a longer life it is that much of it: all is faster then."""
IMPURITY = 1.0
LMAX, QUICK_LMAX = 40, 8
RMS_OF_POLAR = 5.418
"""Root mean square in the crust of a dipole whose field at the pole is 1, in the star's metric."""
ELEMENTS = (0.0, 0.02, 0.06, 0.13, 0.22, 0.33, 0.45, 0.58, 0.72, 0.86, 1.0)
"""Ends of the radial elements, as shares of the crust: thin ones for the currents at the core."""
SAMPLES, QUICK_SAMPLES = 4000, 40
SNAPSHOTS = (1e3, 1e4, 1e5, 1e6)  # yr
PORTRAIT = 1e4
"""Surface and crust are drawn at the snapshot nearest to this year."""
STRETCH = 8.0
"""The crust is drawn this much thicker than it is."""
INITIAL_TEMPERATURE = 1e10  # K
PERIOD, INCLINATION = 0.01, 60.0  # s, degree
SERIES = ("L_gamma_inf", "T_b", "T_core", "rms_field", "dipole_timing_field", "joule_power_inf")
SPIN = ("period", "period_derivative")
TABLE_YEARS = (1e3, 1e4, 1e5, 1e6)


def cases(quick: bool) -> dict[str, cmi.Parameters]:
    """Parameters of the runs, by name."""
    ends = QUICK_ENDS if quick else dict.fromkeys(INERTIA, END)
    return {
        f"{polar:.0e} G".replace("e+", "e") + (", toroidal" if toroidal else ""): _life(
            polar, toroidal, end, *((QUICK_LMAX, QUICK_SAMPLES) if quick else (LMAX, SAMPLES))
        )
        for polar, end in ends.items()
        for toroidal in (False, True)
    }


def _life(polar: float, toroidal: bool, end: float, lmax: int, samples: int) -> cmi.Parameters:
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
            "background.impurity_parameter": IMPURITY,
            "hall.inertia": INERTIA[polar],
            "initial": {"kind": "modes", "modes": modes},
            "resolution.lmax": lmax,
            "resolution.radial_grid": [inner + share * (outer - inner) for share in ELEMENTS],
            # what is left at lmax, not what is left of the degrees that live for 1e5 yr
            "dissipation.angular_rate": 0.05,
            "time.end": end,
            "time.tolerance": 1e-4,
            "output.series_interval": end / samples,
            "output.snapshot_times": [*(time for time in SNAPSHOTS if time < end), end],
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
        `colatitude`, `B_phi` along `star`, `radius` and `colatitude`, and `flux` along `star`,
        `plane_radius`, which goes on outside, and `colatitude`, at the year `portrait`.
    """
    compute_runs(folder, ((name, _young(life)) for name, life in parameters.items()))
    for life in parameters.values():
        _grow_old(folder, life)
    runs = stored_runs(folder, parameters)
    last = max(float(run["time"][-1]) for run in runs.values())
    first = max(float(run["time"][1]) for run in runs.values())
    times = np.geomspace(first, last, 161)
    lives = [xr.merge([_history(run, times), _portrait(run)], combine_attrs="drop_conflicts")
             for run in runs.values()]  # fmt: skip
    dataset = xr.concat(lives, "star", combine_attrs="drop").assign_coords(star=list(runs))
    without = cooling_curve(next(iter(parameters.values())), times)["L_gamma_inf"]
    return dataset.assign(cooling=without)


def _young(life: cmi.Parameters) -> cmi.Parameters:
    """The first years of a life, or all of one that ends by then."""
    if life.time.end <= YOUTH:
        return life
    return life.replace(
        {
            "time.end": YOUTH,
            "hall.inertia": YOUNG_INERTIA * life.hall.inertia,
            "output.series_interval": life.output.series_interval / 5,
        }
    )


def _grow_old(folder: str | Path, life: cmi.Parameters) -> None:
    """Compute a life whose first years are there, unless it is there as well."""
    if stored_run(folder, life) is not None:
        return
    path = run_path(folder, life)
    if path.is_file():  # and was interrupted
        cmi.resume(path)
        return
    changes = {
        "time.end": life.time.end,
        "hall.inertia": life.hall.inertia,
        "output.series_interval": life.output.series_interval,
        "output.snapshot_times": life.output.snapshot_times,
    }
    cmi.resume(run_path(folder, _young(life)), changes, path, allow_change=True)


def _history(run: xr.Dataset, times: np.ndarray) -> xr.Dataset:
    spin = cmi.spin_down(run, PERIOD, INCLINATION)[list(SPIN)]
    return xr.merge([run[list(SERIES)], spin], combine_attrs="drop").interp(time=times)


def _portrait(run: xr.Dataset) -> xr.Dataset:
    """Surface, crust and the field outside at one snapshot."""
    index = int(np.argmin(abs(run["snapshot"].values - PORTRAIT)))
    colatitude = np.linspace(0.0, np.pi, 181)
    inner, outer = (float(run["radius"][i]) for i in (0, -1))
    radius = np.linspace(inner, outer, 61)
    plane = np.append(radius, outer * np.linspace(1.0, 1.4, 41)[1:])
    grid = cmi.field(run, index, radius=radius, colatitude=colatitude, longitude=[0.0])
    surface = run["surface_temperature"].isel(snapshot=index, longitude=0, drop=True)
    surface = surface.interp(colatitude=colatitude, kwargs={"fill_value": "extrapolate"})
    flux = flux_function(run, index, radius=plane, colatitude=colatitude)
    return xr.Dataset(
        {
            "portrait": run["snapshot"][index].drop_vars("snapshot"),
            "surface_temperature": surface,
            "B_phi": (("radius", "colatitude"), grid["B_phi"].values[..., 0], {"units": "gauss"}),
            "flux": (("plane_radius", "colatitude"), np.asarray(flux)),
        },
        {
            "radius": ("radius", radius, {"units": "km"}),
            "plane_radius": ("plane_radius", plane, {"units": "km"}),
            "colatitude": colatitude,
        },
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
    figure = plt.figure(figsize=(9.0, 5.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(2.2, 1.0))
    axes = left.subplot_mosaic([["light", "spin"], ["surface", "surface"]])
    light, spin, surface = (axes[name] for name in ("light", "spin", "surface"))
    for i, star in enumerate(dataset["star"].values):
        chosen, line = dataset.sel(star=star), line_style(i + 1)
        light.loglog(dataset["time"], chosen["L_gamma_inf"], **line)
        spin.loglog(chosen["period"], chosen["period_derivative"], **line)
        # the legend of all panels
        surface.plot(
            np.degrees(dataset["colatitude"]), chosen["surface_temperature"] / 1e6,
            label=f"{star}, {float(chosen['portrait']):g} yr", **line,
        )  # fmt: skip
    light.loglog(dataset["time"], dataset["cooling"], color="0.5", lw=2.2, label="no field")
    light.set(xlabel="$t$ [yr]", ylabel=r"$L_\gamma^\infty$ [erg/s]")
    light.legend()
    spin.set(xlabel="$P$ [s]", ylabel=r"$\dot P$", xlim=(0.1, 100))
    surface.set(xlabel="magnetic colatitude [deg]", ylabel=r"$T_\mathrm{s}$ [10$^6$ K]")
    surface.set(xlim=(0, 180), ylim=(0, None), xticks=range(0, 181, 30))
    surface.legend(fontsize="x-small", loc="lower left")
    _draw_crust(right.subplots(), dataset.isel(star=-1))
    return figure


def _draw_crust(ax: plt.Axes, star: xr.Dataset) -> None:
    """Toroidal field, poloidal lines and surface of one star, its crust thicker than it is."""
    outer = float(star["radius"][-1])
    toroidal = star["B_phi"] / 1e14
    largest = float(abs(toroidal).max())
    mesh = ax.pcolormesh(
        *_plane(star["radius"], star["colatitude"], outer), toroidal, cmap="PuOr_r",
        vmin=-largest, vmax=largest, shading="gouraud", rasterized=True,
    )  # fmt: skip
    plane = _plane(star["plane_radius"], star["colatitude"], outer)
    surface = abs(star["flux"].sel(plane_radius=outer, method="nearest"))
    # lines that leave the star, and as close to each other those that do not
    levels = np.arange(1, 40) * float(surface.max()) / 7
    ax.contour(*plane, star["flux"], levels, colors="black", linewidths=0.6)
    for radius in star["radius"].values[[0, -1]]:
        ax.plot(*_plane(np.array([radius]), star["colatitude"], outer), color="0.4", lw=0.8)
    ring = _plane(outer * np.array([1.02, 1.12]), star["colatitude"], outer)
    heat = ax.pcolormesh(
        *ring, np.tile(star["surface_temperature"] / 1e6, (2, 1)), cmap="inferno",
        shading="gouraud", rasterized=True,
    )  # fmt: skip
    bars = {"ax": ax, "orientation": "horizontal", "aspect": 25, "pad": 0.01}
    ax.figure.colorbar(heat, label=r"$T_\mathrm{s}$ [10$^6$ K]", **bars)
    ax.figure.colorbar(mesh, label=r"$B_\phi$ [10$^{14}$ G]", **bars)
    ax.set(aspect="equal", xlim=(0, 1.4 * outer), ylim=(-1.4 * outer, 1.4 * outer))
    ax.axis("off")
    title = f"{star['star'].item()}, {float(star['portrait']):g} yr\ncrust {STRETCH:g} times"
    ax.figure.suptitle(title, fontsize="medium")


def _plane(
    radius: np.ndarray, colatitude: np.ndarray, outer: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where points are drawn, of shape (radius, colatitude) or, of one radius, (colatitude,)."""
    radius, colatitude = np.asarray(radius), np.asarray(colatitude)
    drawn = np.where(radius < outer, outer - STRETCH * (outer - radius), radius)
    x, z = np.outer(drawn, np.sin(colatitude)), np.outer(drawn, np.cos(colatitude))
    return (x, z) if radius.size > 1 else (x[0], z[0])


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
