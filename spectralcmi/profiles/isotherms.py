"""A crust at several temperatures, and how it compares with the ranges that the paper states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.profiles.crust import build_crust

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spectralcmi.case.parameters import Parameters

PAPER_TEMPERATURES = (1e8, 1e9, 1e10)
"""Temperatures of the paper's Fig. 1 [K]."""
WITHOUT_FILES = {"background.temperature_profile": "", "background.cooling_history": ""}
PREFACTORS = (
    "Rates are in Gaussian units: the spin-flip rate is printed (arXiv:2505.06196, equation 7) "
    "without their 4 pi, which chiral.spin_flip_prefactor = 12.566 gives; capture is that on free "
    "protons, times chiral.weak_rate_prefactor"
)

# What the paper says of its Fig. 1, at delta_mu = 1e-2 k_B T.
LARGEST_FRACTION = 1e-9
POTENTIALS = (1e-12, 1e-8)  # MeV
LONGEST_WAVE, CENTIMETRE = 1.0, 1e-5  # km; waves between the two


def build_isotherms(
    parameters: Parameters,
    temperatures: Sequence[float] = PAPER_TEMPERATURES,
    radius: ArrayLike | None = None,
) -> xr.Dataset:
    """Radial profiles of a crust at several temperatures: the paper's Fig. 1.

    Parameters
    ----------
    parameters : Parameters
        With a background that has a temperature, which is replaced.
    temperatures : sequence of float [K]
    radius : array_like, shape (n,), optional
        See `build_crust`.

    Returns
    -------
    xarray.Dataset
        The variables of `build_crust` along `temperature` and `radius`; those that do not depend
        on the temperature, such as the density, along `radius` alone.

    Raises
    ------
    ValueError
        If the background has no temperature or cannot be built.

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, Fig. 1.
    """
    background = parameters.background
    if not hasattr(background, "temperature"):
        raise InputError(f"background.kind={background.kind!r} has no temperature to vary")
    files = {key: none for key, none in WITHOUT_FILES.items() if hasattr(background, key[11:])}
    cases = [parameters.replace({**files, "background.temperature": t}) for t in temperatures]
    crusts = [
        build_crust(case.background, case.chiral, radius).drop_vars("temperature") for case in cases
    ]
    attributes = {"units": "K", "long_name": "temperature"}
    along = xr.Variable("temperature", np.array(temperatures, dtype=float), attributes)
    return xr.concat(
        crusts, xr.DataArray(along, name="temperature"), data_vars="different", coords="minimal",
        compat="equals",
    )  # fmt: skip


def compared_with_paper(isotherms: xr.Dataset) -> list[str]:
    """What the paper states of its Fig. 1, beside what the curves are.

    Parameters
    ----------
    isotherms : xarray.Dataset
        See `build_isotherms`; of a background with a density.

    Returns
    -------
    list of str
        Sentences that tell by which factors the two differ, numbers in the order of the
        temperatures.

    Raises
    ------
    ValueError
        If there is no density.

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, the text about Fig. 1.
    """
    if "density" not in isotherms:
        raise InputError("the dataset has no variable density")
    return [
        _case(isotherms),
        _fraction(isotherms),
        _potential(isotherms),
        _wavelength(isotherms),
        _spreads(isotherms),
        f"{PREFACTORS}; here they are {isotherms.attrs['spin_flip_prefactor']:g} and "
        f"{isotherms.attrs['weak_rate_prefactor']:g}.",
    ]


def _case(isotherms: xr.Dataset) -> str:
    attributes, density = isotherms.attrs, isotherms["density"]
    if "delta_mu" in attributes:
        deviation = attributes["delta_mu"]
        source = f"{-np.expm1(-deviation):.3g} at delta_mu = {deviation:g} kT"
    else:
        source = f"that of {attributes['delta_mu_file']}"
    return (
        f"Stated by the paper and measured here at {_each(isotherms['temperature'].values)} K, "
        f"from {_number(density.min())} to {_number(density.max())} g/cm3, with the "
        f"{attributes['chiral_convention']} constant of k5; n5/n_e = Gamma_w/Gamma_f times "
        f"1 - exp(-delta_mu/kT) = {source}."
    )


def _fraction(isotherms: xr.Dataset) -> str:
    fraction = isotherms["chiral_fraction"]
    largest = fraction.max("radius").values
    limits = [_density_at(isotherms, row, LARGEST_FRACTION) for row in fraction.values]
    return (
        f"n5/n_e, stated below {_number(LARGEST_FRACTION)}: at most {_each(largest)}, which is "
        f"{_each(largest / LARGEST_FRACTION)} times the stated limit and beyond it "
        f"{', '.join(_interval(limit, None) for limit in limits)}."
    )


def _potential(isotherms: xr.Dataset) -> str:
    potential = isotherms["chiral_chemical_potential"]
    low, high = (getattr(potential, end)("radius").values for end in ("min", "max"))
    limits = [
        [_density_at(isotherms, row, level) for level in POTENTIALS] for row in potential.values
    ]
    return (
        f"mu5, stated from {_number(POTENTIALS[0])} to {_number(POTENTIALS[1])} MeV: from "
        f"{_each(low)} ({_each(low / POTENTIALS[0])} times the lower value) to {_each(high)} MeV "
        f"({_each(high / POTENTIALS[1])} times the upper one), within the stated range "
        f"{', '.join(_interval(*pair) for pair in limits)}."
    )


def _wavelength(isotherms: xr.Dataset) -> str:
    wavelength = isotherms["chiral_wavelength"]
    long, short = (getattr(wavelength, end)("radius").values for end in ("max", "min"))
    found = [_density_at(isotherms, row, LONGEST_WAVE) for row in wavelength.values]
    places = ["nowhere" if place is None else _number(place) for place in found]
    return (
        "lambda5, stated to fall from kilometres near the surface to centimetres inside: from "
        f"{_each(long)} km (1 km at densities of {', '.join(places)} g/cm3) to "
        f"{_each(short / CENTIMETRE)} cm."
    )


def _spreads(isotherms: xr.Dataset) -> str:
    logarithm = xr.ufuncs.log10(isotherms["chiral_fraction"])
    over_density = logarithm.max("radius") - logarithm.min("radius")
    over_temperature = logarithm.max("temperature") - logarithm.min("temperature")
    most = isotherms["density"][int(np.argmax(over_temperature.values))]
    return (
        "Density, stated to matter far more than temperature, changes n5/n_e by "
        f"{', '.join(f'{value:.1f}' for value in over_density.values)} decades, temperature by "
        f"{float(over_temperature.min()):.1f} to {float(over_temperature.max()):.1f}, most at "
        f"{_number(most)} g/cm3."
    )


def _number(value: float | xr.DataArray) -> str:
    """Two digits, and an exponent only where it helps, without zeros."""
    text = f"{float(value):.2g}"
    mantissa, e, exponent = text.partition("e")
    if not e or 0 < int(exponent) < 5:
        return f"{float(text):g}"
    return f"{mantissa}e{int(exponent)}"


def _each(values: Iterable[float]) -> str:
    return ", ".join(map(_number, values))


def _interval(low: float | None, high: float | None) -> str:
    """Densities between two limits, either of which may be beyond the crust."""
    if low is None:
        if high is None:
            return "nowhere"
        return f"up to {_number(high)} g/cm3"
    if high is None:
        return f"from {_number(low)} g/cm3 on"
    return f"from {_number(low)} to {_number(high)} g/cm3"


def _density_at(isotherms: xr.Dataset, values: np.ndarray, level: float) -> float | None:
    """Density at which a monotone profile passes a level; None where it does not."""
    order = np.argsort(values)
    logarithm = np.log(values[order])
    if not logarithm[0] <= np.log(level) <= logarithm[-1]:
        return None
    density = np.log(isotherms["density"].values[order])
    return np.exp(np.interp(np.log(level), logarithm, density))
