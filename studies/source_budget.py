"""Can spin-down hold the crust as far from beta equilibrium as the chiral instability needs?

The runs of arXiv:2408.05281 take a deviation delta_mu/kT = 1e-2 as given, for as long as they last.
Here is what a star that slows down has: the compression by which it leaves equilibrium, the
deviation at which captures keep up with it in the crust, that of the core, where reactions are slow
(`spectralcmi.star.rotochemical`), and the bound on the chiral imbalance that needs no rate at all:
each net capture uses an electron. Beside it, what the paper's model takes. Six pulsars at birth, by
polar field and period; the crust at 1e9 K, the core as it cools.

Expected: not in the crust. All of spin-down changes ln n by 0.08 at most, while the model captures
each electron 0.9 times a second at 1e10 g/cm3, and 9e4 times at 1e14; it takes 7e49 erg/s, of which
3e45 become heat of spin flips, and a pulsar of 2 ms has 8e51 erg in its rotation. In the core, yes.

Found, with the spin-down time, the change of ln n, delta_mu/kT at 1e13 g/cm3 if nothing relaxed and
as captures keep up, the bound on n5/n_e from 1e10 g/cm3 to the bottom of the crust, and eta/kT of
the core at 1, 10, 100, 1e3 and 1e4 yr:

    star           t_sd      ln n    frozen  steady   n5/n_e at most    core
    1e12 G,  2 ms  69 yr     0.079   13      8.3e-17  1e-27 to 5e-25    0.06, 0.8, 3, 2, 0.5
    1e12 G,  5 ms  430 yr    0.013   2.0     2.1e-18  3e-29 to 1e-26    2e-3, 0.02, 0.3, 0.8, 0.3
    1e12 G, 20 ms  6880 yr   7.9e-4  0.13    8.3e-21  1e-31 to 5e-29    7e-6, 1e-4, 1e-3, 0.02, 0.08
    1e13 G,  5 ms  4.3 yr    0.013   2.0     2.1e-16  3e-27 to 1e-24    0.1, 0.4, 0.1, 0.03, 4e-3
    1e14 G, 10 ms  0.17 yr   3.2e-3  0.51    1.3e-15  2e-26 to 9e-24    0.04, 0.01, 2e-3, 3e-4, 4e-5
    1e15 G,  2 ms  0.6 h     0.079   13      8.3e-11  1e-21 to 5e-19    8e-4, 1e-4, 2e-5, 3e-6, 4e-7

The model has n5/n_e from 3e-17 to 2e-9. Its 5.2e58 captures per second are all 1.0e54 electrons of
the crust every 1.9e-5 s; they take 5.8e49 erg/s, and heat by spin flips with 1.8e45 erg/s (in flat
space 8.1e53, 7.2e49 and 2.3e45). A deviation left alone relaxes within 3.5e-4 s at 1e10 g/cm3 and
3.7e-10 s at 1e14. So the deviation is there in the core, with the other sign of chirality, and in
the crust only while its reactions are frozen, which then supply nothing.

Run time: 5 s. Writes source_budget.nc, .png and .pdf; prints the table as CSV.

    python studies/source_budget.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

import spectralcmi as cmi
from spectralcmi.constants import (
    BOLTZMANN_CONSTANT,
    ERG_PER_MEV,
    JULIAN_YEAR,
    KILOMETRE,
)
from spectralcmi.paper import study
from spectralcmi.paper.drawing import in_style, line_style
from spectralcmi.star import rotochemical
from spectralcmi.star.neutron_star import neutron_star, neutron_star_core
from spectralcmi.view.spin_down import MOMENT_OF_INERTIA

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "source_budget"
BIRTHS = ((1e12, 0.002), (1e12, 0.005), (1e12, 0.02), (1e13, 0.005), (1e14, 0.01), (1e15, 0.002))
"""Polar field that timing infers [G] and first period [s]."""
TABLE_YEARS = (1.0, 10.0, 100.0, 1e3, 1e4)
TABLE_DENSITY = 1e13  # g/cm3
POINTS_PER_DECADE, QUICK_POINTS_PER_DECADE = 10, 2
METRICS = ("star", "flat")


def compute(
    parameters: cmi.Parameters,
    births: Sequence[tuple[float, float]] = BIRTHS,
    points_per_decade: int = POINTS_PER_DECADE,
) -> xr.Dataset:
    """What spin-down has for the chirality, and what the model of `parameters` takes.

    Parameters
    ----------
    parameters : spectralcmi.Parameters
        Of a neutron star.
    births : sequence of (float, float)
        Polar fields [G] and first periods [s].
    points_per_decade : int
        Of the times at which the core is looked at.

    Returns
    -------
    xarray.Dataset
        Along `birth`, `radius` of the crust, `time` of the core and `metric` of the integrals.
    """
    crust = cmi.build_background(parameters)
    times = np.geomspace(0.1, 1e5, 6 * points_per_decade + 1)
    dataset = xr.concat([_star(parameters, crust, *birth, times) for birth in births], "birth")
    labels = [f"{field:.0e} G, {1e3 * period:g} ms".replace("e+", "e") for field, period in births]
    dataset = dataset.assign_coords(birth=labels)
    totals = xr.concat([_totals(crust, metric) for metric in METRICS], "metric")
    return xr.merge(
        [dataset, totals.assign_coords(metric=list(METRICS)), _model(crust)],
        combine_attrs="override",
    ).assign_attrs(parameters=parameters.to_json())


def _star(
    parameters: cmi.Parameters, crust: xr.Dataset, field: float, period: float, times: np.ndarray
) -> xr.Dataset:
    """What one pulsar has."""
    star = neutron_star(parameters.background)
    braking = rotochemical.Braking.of_field(period, field, star.radius, MOMENT_OF_INERTIA)
    compressed = float(rotochemical.compression(braking.squared_frequency(0.0)))
    rate = float(rotochemical.compression(-braking.squared_frequency_slope(0.0)))
    core = rotochemical.core_evolution(
        neutron_star_core(parameters.background),
        braking,
        rotochemical.isothermal_photons(star),
        times,
    )
    potential, temperature, weak, flips = (
        crust[name].values
        for name in (
            "electron_chemical_potential", "temperature", "weak_rate", "spin_flip_rate",
        )
    )  # fmt: skip
    numbers = {
        "polar_field": (field, "gauss", "polar field that timing infers"),
        "period": (period, "s", "period at birth"),
        "spin_down_time": (
            braking.spin_down_time / JULIAN_YEAR,
            "julian_year",
            "spin-down time at birth",
        ),
        "compression": (compressed, "1", "change of ln n by all of spin-down"),
        "rotation_energy": (
            0.5 * MOMENT_OF_INERTIA * float(braking.squared_frequency(0.0)),
            "erg",
            "energy of the rotation at birth",
        ),
    }
    profiles = {
        "frozen_deviation": (
            rotochemical.frozen_deviation(potential, temperature, compressed),
            "k_B T",
            "delta_mu if nothing relaxed",
        ),
        "steady_deviation": (
            rotochemical.quasi_steady_deviation(rate, weak),
            "k_B T",
            "delta_mu at which captures keep up with the compression at birth",
        ),
        "largest_chiral_fraction": (
            rotochemical.largest_chiral_fraction(compressed, braking.spin_down_time, flips),
            "1",
            "mean n5/n_e that one capture per compression allows over the spin-down time",
        ),
    }
    curves = {
        "core_ratio": (core.ratio, "k_B T", "mu_n - mu_p - mu_e of the core"),
        "core_temperature": (core.temperature, "K", "temperature of the core seen from infinity"),
    }
    parts = ((), numbers), ("radius", profiles), ("time", curves)
    return xr.Dataset(
        {
            name: (dims, values, {"units": units, "long_name": long_name})
            for dims, variables in parts
            for name, (values, units, long_name) in variables.items()
        },
        {"radius": crust["radius"], "time": ("time", times, {"units": "julian_year"})},
    )


def _totals(crust: xr.Dataset, metric: str) -> xr.Dataset:
    """What the model takes from the crust as a whole, in the star's metric or in flat space."""
    radius = crust["radius"].values
    flat = metric == "flat"
    stretch = 1.0 if flat else np.exp(crust["metric_lambda"].values)
    lapse = 1.0 if flat else np.exp(crust["metric_potential"].values)
    volume = 4 * np.pi * (radius * KILOMETRE) ** 2 * KILOMETRE * stretch

    def total(values: np.ndarray) -> float:
        return float(np.trapezoid(values * volume, radius))

    number, temperature = crust["electron_density"].values, crust["temperature"].values
    captures = number * crust["weak_rate_effective"].values
    deviation = crust["delta_mu"].values * BOLTZMANN_CONSTANT * temperature
    fermi, chiral = (
        ERG_PER_MEV * crust[f"{name}_chemical_potential"].values for name in ("electron", "chiral")
    )
    values = {
        "electrons": (total(number), "1", "electrons of the crust"),
        "captures": (total(lapse * captures), "s^-1", "net captures of the model"),
        "beta_power": (total(lapse**2 * deviation * captures), "erg s^-1", "power of the captures"),
        "spin_flip_power": (
            total(lapse**2 * chiral * captures),
            "erg s^-1",
            "heat of the spin flips of the model, without a cutoff of k5",
        ),
        "reservoir": (total(lapse * number * deviation), "erg", "Int n_e delta_mu dV"),
        "fermi_energy": (total(lapse * number * fermi), "erg", "Int n_e mu_e dV"),
    }
    return xr.Dataset(
        {
            name: ((), value, {"units": units, "long_name": long_name})
            for name, (value, units, long_name) in values.items()
        }
    )


def _model(crust: xr.Dataset) -> xr.Dataset:
    """Profiles of the model."""
    relaxation = rotochemical.crust_relaxation_time(
        crust["electron_chemical_potential"].values,
        crust["temperature"].values,
        crust["weak_rate"].values,
    )
    names = ("density", "delta_mu", "weak_rate_effective", "chiral_fraction")
    attributes = {"units": "s", "long_name": "time in which captures undo a small delta_mu"}
    return crust[list(names)].assign(relaxation_time=("radius", relaxation, attributes))


@in_style
def draw(dataset: xr.Dataset) -> Figure:
    """Core against time; crust against density, deviation and chirality.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (core, deviation, fraction) = plt.subplots(1, 3, figsize=(10.5, 3.6))
    density = dataset["density"]
    for i, birth in enumerate(dataset["birth"].values):
        chosen, line = dataset.sel(birth=birth), line_style(i + 1)
        label = birth.replace("1e", "10$^{").replace(" G", "}$ G")
        core.loglog(dataset["time"], chosen["core_ratio"], label=label, **line)
        deviation.loglog(density, chosen["steady_deviation"], **line)
        fraction.loglog(density, chosen["largest_chiral_fraction"], **line)
    model = {"color": "black", "lw": 2.2, "label": "the paper's model"}
    deviation.loglog(density, dataset["delta_mu"], **model)
    fraction.loglog(density, dataset["chiral_fraction"], **model)
    core.set(title="core", xlabel="$t$ [yr]", ylabel=r"$(\mu_n-\mu_p-\mu_e)/kT$", ylim=(1e-8, 30))
    core.legend(fontsize="x-small", ncols=2, loc="lower left")
    for panel in (deviation, fraction):
        panel.set(xlabel=r"$\rho$ [g cm$^{-3}$]")
    deviation.set(title="crust, captures keep up", ylabel=r"$\delta\mu/kT$", ylim=(None, 1e2))
    deviation.legend(loc="upper right")
    fraction.set(title="crust, model and bounds", ylabel="$n_5/n_e$")
    return figure


def table(dataset: xr.Dataset) -> str:
    """The table of the docstring, and the totals, as CSV."""
    rows = ["star,t_sd [yr],ln n,frozen,steady,n5/n_e at 1e10,n5/n_e at the bottom,"
            + ",".join(f"core at {year:g} yr" for year in TABLE_YEARS)]  # fmt: skip
    place = int(np.argmin(abs(np.log(dataset["density"].values / TABLE_DENSITY))))
    for birth in dataset["birth"].values:
        chosen = dataset.sel(birth=birth)
        here = chosen.isel(radius=place)
        bound = chosen["largest_chiral_fraction"]
        core = chosen["core_ratio"].interp(time=list(TABLE_YEARS))
        values = [chosen["spin_down_time"], chosen["compression"], here["frozen_deviation"],
                  here["steady_deviation"], bound[-1], bound[0], *core]  # fmt: skip
        # the label has a comma of its own
        rows.append(",".join([f'"{birth}"', *(f"{float(value):.3g}" for value in values)]))
    names = ["electrons", "captures", "beta_power", "spin_flip_power", "reservoir", "fermi_energy"]
    rows.append("metric," + ",".join(f"{n} [{dataset[n].attrs['units']}]" for n in names))
    for metric in dataset["metric"].values:
        values = (float(dataset[name].sel(metric=metric)) for name in names)
        rows.append(",".join([str(metric), *(f"{value:.3g}" for value in values)]))
    rows.append("density [g/cm3],relaxation [s],captures [1/s],n5/n_e of the model")
    for density in (1e10, 1e12, 1e14):
        here = dataset.isel(radius=int(np.argmin(abs(np.log(dataset["density"].values / density)))))
        names = ("relaxation_time", "weak_rate_effective", "chiral_fraction")
        rows.append(",".join([f"{density:.0e}", *(f"{float(here[n]):.3g}" for n in names)]))
    return "\n".join(rows)


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    points = QUICK_POINTS_PER_DECADE if quick else POINTS_PER_DECADE
    return compute(cmi.Parameters(), points_per_decade=points)


STUDY = study.Study(NAME, __doc__, _answer, draw, table)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
