"""Claims C13, C15 and C17: of what radial scale the growing dipole is, and what is seen outside."""

from __future__ import annotations

import functools

import numpy as np
import xarray as xr
from scipy.integrate import cumulative_trapezoid

from spectralcmi.constants import KILOMETRE
from spectralcmi.grid.stored import stored_metric
from spectralcmi.linear.eigenmodes import eigenmodes
from spectralcmi.paper.dehman_pons_2024.evidence import of_paper, value_near
from spectralcmi.paper.dehman_pons_2024.plan import cases
from spectralcmi.paper.measures import MAGNETAR_DIPOLE
from spectralcmi.paper.verdicts import Finding, Results, measure

__all__ = ["helical_dipole", "outside", "shorter_waves", "wavelength"]

YEAR = 100.0
"""At which the growing field is looked at: it grows still, and Hall drift hardly acts."""


def helical_dipole(results: Results, crust: str) -> Finding:
    """C13: helicity, and the radial wavelength of the toroidal l = 1."""
    runs = of_paper(results, crust)
    length = measure(lambda run: 1e3 * wavelength(run, YEAR), runs)
    run = runs[crust]
    field = value_near(run["rms_field"], YEAR)
    helicity = value_near(run["magnetic_helicity"], YEAR)
    volume = 4 * np.pi / 3 * np.trapezoid(_stretch(run), run["radius"].values ** 3) * KILOMETRE**3
    wavenumber = 2 * np.pi / (1e-3 * length.value * KILOMETRE)
    fraction = wavenumber * abs(helicity) / (field**2 * volume)
    thickness = 1e3 * _height(run)[-1]
    return Finding(
        f"helicity {helicity:.1e} G² cm⁴ at {YEAR:g} yr, k|H|/∫B² dV = {fraction:.2f}; toroidal "
        f"l = 1 has a radial wavelength of {length:.0f} m in {thickness:.0f} m of crust",
        length.value > thickness / 2,
    )


def wavelength(run: xr.Dataset, year: float) -> float:
    """Radial wavelength of the toroidal l = 1 at the stored snapshot nearest to a year [km].

    2 pi (Int t^2 ds / Int (dt/ds)^2 ds)^(1/2), with t = r T and the proper length ds = e^Lambda dr.
    """
    then = run.sel(snapshot=year, method="nearest")
    first = int(np.flatnonzero(then["degree_of_lm"].values == 1)[0])
    height = _height(run)
    toroidal = then["radius"].values * np.real(then["toroidal"].isel(lm=first).values)
    slope = np.gradient(toroidal, height)
    squares = (np.trapezoid(values**2, height) for values in (toroidal, slope))
    return float(2 * np.pi * np.sqrt(np.divide(*squares)))


def _stretch(run: xr.Dataset) -> np.ndarray:
    """e^Lambda on the stored radii, shape (radius,); 1 in flat space."""
    return np.exp(stored_metric(run.attrs).radial_potential(run["radius"].values))


def _height(run: xr.Dataset) -> np.ndarray:
    """Proper length from the bottom of the crust to the stored radii [km], shape (radius,)."""
    return cumulative_trapezoid(_stretch(run), run["radius"].values, initial=0.0)


def outside(results: Results, crust: str) -> Finding:
    """C17: the field of l = 1 in the crust, and that of the dipole outside."""
    runs = of_paper(results, crust)
    end = float(runs[crust]["time"][-1])
    inside = measure(lambda run: value_near(run["dipole_rms_field"], end), runs)
    polar, timing = (
        measure(lambda run, name=name: value_near(run[name], end) / 1e12, runs)
        for name in ("dipole_field", "dipole_timing_field")
    )
    start = value_near(runs[crust]["dipole_field"], 0.0) / 1e12
    return Finding(
        f"at {end:g} yr l = 1 has {inside.value:.1e} G in the crust, the dipole at the pole of the "
        f"outer boundary ({polar:.2f})e12 G ({start:.2f} at the start), what timing infers "
        f"({timing:.2f})e12 G",
        max(polar.value, timing.value) * 1e12 >= MAGNETAR_DIPOLE,
    )


def shorter_waves(results: Results, crust: str) -> Finding:
    """C15: growth rate of l = 1 in linear theory as shorter waves are let in."""
    rates = [_rate(crust, k5_max) for k5_max in (600.0, 1200.0, 2400.0)]
    text = ", ".join(f"{rate:.3f}" for rate in rates)
    return Finding(f"{text} /yr for k5_max = 600, 1200, 2400 /km", max(rates) < 1.1 * min(rates))


@functools.cache
def _rate(crust: str, k5_max: float) -> float:
    parameters = cases()["paper"][crust].replace({"chiral.k5_max": k5_max, "resolution.lmax": 1})
    return float(eigenmodes(parameters, degrees=[1], modes=1)["growth_rate"].max())
