"""Claim C1: what the chirality of the crust is before any field acts on it."""

from __future__ import annotations

import functools

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper.dehman_pons_2024.plan import CONSTANTS, constants_of
from spectralcmi.paper.verdicts import Finding, Results
from spectralcmi.profiles.crust import build_crust

__all__ = ["crust_profiles", "dependence_on_density", "ranges"]


def dependence_on_density(results: Results, crust: str) -> Finding:
    """C1: decades of Gamma_w/Gamma_f over density and over temperature."""
    crusts = [crust_profiles(temperature) for temperature in (1e8, 1e9, 1e10)]
    ratio = np.array([crust["weak_rate"] / crust["spin_flip_rate"] for crust in crusts])
    density = np.log10(ratio[1].max() / ratio[1].min())
    temperature = np.log10(ratio.max(axis=0) / ratio.min(axis=0)).max()
    return Finding(
        f"Γ_w/Γ_f spans 10^{density:.1f} over density, up to 10^{temperature:.1f} over 1e8..1e10 K",
        bool(density > 2 * temperature),
    )


def ranges(results: Results, crust: str) -> Finding:
    """C1b: ranges of what Fig. 1 shows, with each set of constants."""
    texts, agrees = [], False
    for constants in CONSTANTS:
        profiles = crust_profiles(1e9, constants)
        fraction, potential, wavelength = (
            (float(profiles[name].min()), float(profiles[name].max()))
            for name in ("chiral_fraction", "chiral_chemical_potential", "chiral_wavelength")
        )
        texts.append(
            f"{constants}: n5/n_e {fraction[0]:.1e}..{fraction[1]:.1e}, "
            f"μ5 {potential[0]:.1e}..{potential[1]:.1e} MeV, "
            f"λ5 {wavelength[1]:.1e}..{wavelength[0]:.1e} km"
        )
        agrees |= bool(fraction[1] < 1e-9 and potential[0] > 1e-12 and potential[1] < 1e-8)
    return Finding("; ".join(texts), agrees)


@functools.cache
def crust_profiles(temperature: float = 1e9, constants: str = "textbook") -> xr.Dataset:
    """Profiles of the paper's crust at a temperature [K], see `plan.CONSTANTS`."""
    parameters = Parameters().replace(
        {"background.temperature": temperature, **constants_of(constants)}
    )
    return build_crust(parameters.background, parameters.chiral)
