"""How exact is the background star: structure, composition, rates, profiles?

For the equation of state BSk24 and 1.4 solar masses: the greatest mass of a star; the thickness of
the crust against the tolerance of the integrator, beside the thickness at the least tolerance; the
composition at the points of its own tables; the Fermi integral of electron capture against adaptive
quadrature, from 1e8 to 1e10 K; the order at which third differences of the profiles fall as the
radial grid is refined, which is three where they are smooth, above two where second derivatives are
continuous, and zero at a jump; and the time it takes to build star and profiles.

Expected: 2.28 solar masses within 0.02; errors of the thickness that follow the tolerance;
tables to their printed digits; the integral to 1e-6; orders above two for the smooth crust and zero
for the layered one; less than 2 s.

Run time: 20 s, as long with --quick. Writes crust_accuracy.nc, .png and .pdf, prints the numbers as
CSV.

    python studies/crust_accuracy.py [--quick] [--output FOLDER]
    python studies/crust_accuracy.py --redraw runs/crust_accuracy.nc
"""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.integrate import quad
from scipy.special import expit

import spectralcmi as cmi
from spectralcmi.case.sections import NeutronStar
from spectralcmi.constants import BOLTZMANN_CONSTANT_MEV
from spectralcmi.paper import study
from spectralcmi.star.composition import composition_bsk24, composition_tables_bsk24
from spectralcmi.star.crust_profile import crust_profile
from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.rates import CAPTURE_THRESHOLD, fermi_integral
from spectralcmi.star.structure import maximum_mass

TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12)
LEAST_TOLERANCE = 1e-13
TABULATED = {
    "charge_number": "Z",
    "electron_fraction": "Y_e",
    "cell_mass_number": "A_cell",
    "mass_number": "A_cluster",
}
POTENTIALS, TEMPERATURES = np.geomspace(1.0, 100.0, 25), (1e8, 1e9, 1e10)  # MeV, K
SMOOTH = ("electron_density", "magnetic_diffusivity", "chiral_wavenumber")
POINTS = (20001, 40001)
# everything from nothing, in a process that has only imported the package
TIMED = """
import time
import numpy, scipy.integrate, xarray
import spectralcmi as cmi
from spectralcmi.case.parameters import Parameters
import spectralcmi.star
parameters = Parameters()
start = time.process_time()
cmi.build_background(parameters)
print(time.process_time() - start)
"""


def compute(parameters: cmi.Parameters) -> xr.Dataset:
    """All the numbers.

    Parameters
    ----------
    parameters : spectralcmi.Parameters
        Mass, outer density and temperature of the star are read.

    Returns
    -------
    xarray.Dataset
        `thickness_error` along `tolerance`, `table_error` along `quantity`, `integral_error` along
        `temperature` and `potential`, `smoothness` along `composition` and `profile`;
        `maximum_mass`, `thickness` and `build_time`.
    """
    thickness, thickness_error = _thickness(parameters.background)
    return xr.Dataset(
        {
            "maximum_mass": _number(maximum_mass(BSK24)[0], "solar mass", "greatest mass"),
            "thickness": _number(thickness, "km", "thickness of the crust"),
            "thickness_error": ("tolerance", thickness_error, {"units": "km"}),
            "table_error": ("quantity", _table_errors(), {"units": "1"}),
            "integral_error": (("temperature", "potential"), _integral_errors(), {"units": "1"}),
            "smoothness": (("composition", "profile"), _smoothness(parameters), {"units": "1"}),
            "build_time": _number(_build_time(), "s", "processor time of star and profiles"),
        },
        {
            "tolerance": list(TOLERANCES),
            "quantity": list(TABULATED),
            "temperature": ("temperature", list(TEMPERATURES), {"units": "K"}),
            "potential": ("potential", POTENTIALS, {"units": "MeV"}),
            "composition": ["smooth", "layered"],
            "profile": list(SMOOTH),
        },
        {"parameters": parameters.to_json()},
    )


def _number(value: float, units: str, long_name: str) -> tuple[tuple, float, dict[str, str]]:
    return ((), value, {"units": units, "long_name": long_name})


def _thickness(background: NeutronStar) -> tuple[float, list[float]]:
    """Thickness of the crust, and its error against the tolerance of the integrator [km]."""
    ends = BSK24.crust_core_density, BSK24.baryon_density(background.outer_density)

    def thickness(tolerance: float) -> float:
        crust = crust_profile(BSK24, background.mass, *ends, tolerance)
        return crust.outer_radius - crust.inner_radius

    exact = thickness(LEAST_TOLERANCE)
    return exact, [abs(thickness(tolerance) - exact) for tolerance in TOLERANCES]


def _table_errors() -> list[float]:
    """Largest relative deviation from each column of the inner crust's table."""
    table = composition_tables_bsk24()[1]
    found = composition_bsk24(table["n_b"])
    return [
        np.abs(getattr(found, name) / table[column] - 1).max() for name, column in TABULATED.items()
    ]


def _integral_errors() -> list[list[float]]:
    """Relative deviation of the Fermi integral from quadrature."""
    return [
        [abs(fermi_integral(mu, t) / _quadrature(mu, t) - 1) for mu in POTENTIALS]
        for t in TEMPERATURES
    ]


def _quadrature(potential: float, temperature: float) -> float:
    """Integral from w of E^2 (E - w)^2/(1 + exp((E - mu_e)/kT)), split where it turns [MeV5]."""
    heat, w = BOLTZMANN_CONSTANT_MEV * temperature, CAPTURE_THRESHOLD
    edge = max(potential - w, 0.0)

    def integrand(y: float) -> float:
        return (y + w) ** 2 * y**2 * expit(-(y + w - potential) / heat)

    breaks = sorted({0.0, max(edge - 40 * heat, 0.0), edge, edge + 40 * heat, edge + 100 * heat})
    return sum(
        quad(integrand, a, b, epsabs=0.0, epsrel=1e-12, limit=300)[0] for a, b in pairwise(breaks)
    )


def _smoothness(parameters: cmi.Parameters) -> list[np.ndarray]:
    """Order in the grid's spacing of the largest third difference of each logarithm."""
    orders = []
    for composition in ("smooth", "layered"):
        case = parameters.replace({"background.composition": composition})
        inner, outer = cmi.build_background(case)["radius"].values[[0, -1]]
        largest = []
        for count in POINTS:
            crust = cmi.build_background(case, np.linspace(inner, outer, count))
            largest.append([np.abs(np.diff(np.log(crust[name]), n=3)).max() for name in SMOOTH])
        orders.append(np.log2(np.divide(*largest)))
    return orders


def _build_time() -> float:
    """Processor time of building star and profiles in a new process [s]."""
    done = subprocess.run([sys.executable, "-c", TIMED], capture_output=True, text=True, check=True)
    return float(done.stdout)


def draw(dataset: xr.Dataset) -> Figure:
    """Convergence of the thickness, error of the integral, and the orders of smoothness.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with matplotlib.rc_context({**cmi.plot.STYLE, "figure.figsize": (7.6, 3.4)}):
        figure, (structure, integral) = plt.subplots(1, 2)
        structure.loglog(dataset["tolerance"], dataset["thickness_error"], "o-", color="#0072B2")
        structure.loglog(dataset["tolerance"], dataset["tolerance"], color="0.6", lw=0.8)
        structure.set(
            xlabel="tolerance of the integrator",
            ylabel="error of the crust's thickness [km]",
            title=f"crust of {dataset['thickness'].item():.6f} km",
        )
        for temperature, style in zip(
            dataset["temperature"].values, ("-", "--", "-."), strict=True
        ):
            error = dataset["integral_error"].sel(temperature=temperature)
            power = round(np.log10(temperature))
            integral.loglog(
                dataset["potential"], np.maximum(error, 1e-17), ls=style, color="#0072B2",
                label=f"$10^{{{power}}}$ K",
            )  # fmt: skip
        integral.axhline(1e-6, color="0.6", lw=0.8)
        integral.set(
            xlabel=r"$\mu_e$ [MeV]",
            ylabel="relative error of the Fermi integral",
            ylim=(1e-17, 1e-5),
        )
        integral.legend()
    return figure


def numbers(dataset: xr.Dataset) -> str:
    """Numbers as CSV: quantity, case, value, unit."""
    single = ("maximum_mass", "thickness", "build_time")
    rows = ["quantity,case,value,unit"]
    rows += [
        f"{name},,{dataset[name].item():.6g},{dataset[name].attrs['units']}" for name in single
    ]
    for name, dim in (("thickness_error", "tolerance"), ("table_error", "quantity")):
        for value in dataset[dim].values:
            error = dataset[name].sel({dim: value}).item()
            rows.append(f"{name},{value},{error:.2g},{dataset[name].attrs['units']}")
    for temperature in dataset["temperature"].values:
        error = dataset["integral_error"].sel(temperature=temperature).max().item()
        rows.append(f"integral_error,{temperature:.0e} K,{error:.2g},1")
    for composition in dataset["composition"].values:
        for profile in dataset["profile"].values:
            order = dataset["smoothness"].sel(composition=composition, profile=profile).item()
            rows.append(f"order of third differences,{composition} {profile},{order:.2f},1")
    return "\n".join(rows)


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    return compute(cmi.Parameters())


STUDY = study.Study("crust_accuracy", __doc__, _answer, draw, numbers)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
