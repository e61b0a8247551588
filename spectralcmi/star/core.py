"""The core of a star as one isothermal body: its heat and its neutrino luminosity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import roots_legendre

from spectralcmi.star.core_matter import core_heat_capacity, core_matter
from spectralcmi.star.core_neutrinos import core_neutrino_emissivity, direct_urca
from spectralcmi.star.interior import core_shells

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spectralcmi.star.structure import Star

#: Redshifted temperatures of the tables [K].
TABLE_RANGE = (1e5, 1e11)
_TABLE_POINTS = 241


@dataclass(frozen=True, eq=False)
class CoreThermal:
    """An isothermal core as one body: everything against its redshifted temperature.

    The heat capacity is the derivative of the energy to rounding, so that an energy balance
    closes. Outside the range of the tables power laws go on.

    Attributes
    ----------
    log_energy, log_luminosity : scipy.interpolate.CubicSpline
        ln U [erg] and ln L_nu [erg s-1] against ln u [K].
    direct_urca : bool
        Whether direct Urca processes are open at the centre.
    """

    log_energy: CubicSpline
    log_luminosity: CubicSpline
    direct_urca: bool

    def energy(self, temperature: ArrayLike) -> np.ndarray:
        """Thermal energy Int C du [erg] at redshifted temperatures u = e^Phi T [K]."""
        return np.exp(_extended(self.log_energy, np.log(temperature)))

    def heat_capacity(self, temperature: ArrayLike) -> np.ndarray:
        """C = Int c_v dV [erg K-1] at redshifted temperatures [K]."""
        logarithm = np.log(temperature)
        slope = _extended_slope(self.log_energy, logarithm)
        return np.exp(_extended(self.log_energy, logarithm) - logarithm) * slope

    def neutrino_luminosity(self, temperature: ArrayLike) -> np.ndarray:
        """L_nu = Int e^(2 Phi) Q dV [erg s-1], as seen far away, at redshifted temperatures [K]."""
        return np.exp(_extended(self.log_luminosity, np.log(temperature)))

    def luminosity_slope(self, temperature: ArrayLike) -> np.ndarray:
        """dL_nu/du [erg s-1 K-1] at redshifted temperatures [K]."""
        logarithm = np.log(temperature)
        luminosity = np.exp(_extended(self.log_luminosity, logarithm) - logarithm)
        return luminosity * _extended_slope(self.log_luminosity, logarithm)


def _extended(spline: CubicSpline, x: np.ndarray) -> np.ndarray:
    """A spline that goes on as straight lines."""
    inside = np.clip(x, *spline.x[[0, -1]])
    return spline(inside) + spline(inside, 1) * (x - inside)


def _extended_slope(spline: CubicSpline, x: np.ndarray) -> np.ndarray:
    return spline(np.clip(x, *spline.x[[0, -1]]), 1)


@lru_cache(maxsize=8)
def core_thermal(star: Star, proton_gap: str = "none") -> CoreThermal:
    """Integrate heat capacity and neutrino losses over the core of a star.

    Parameters
    ----------
    star : Star
    proton_gap : str
        Key of `spectralcmi.star.superfluidity.PROTON_GAPS`.

    Returns
    -------
    CoreThermal
    """
    shells = core_shells(star)
    matter = core_matter(shells.baryon_density)
    redshift, volume = np.exp(shells.potential), shells.volume
    logarithm = np.linspace(np.log(TABLE_RANGE[0]), np.log(TABLE_RANGE[1]), _TABLE_POINTS)

    def local(logarithm: np.ndarray) -> np.ndarray:
        return np.exp(logarithm)[..., None] / redshift

    def capacity(logarithm: np.ndarray) -> np.ndarray:
        return core_heat_capacity(matter, local(logarithm), proton_gap) @ volume

    emissivity = sum(core_neutrino_emissivity(matter, local(logarithm), proton_gap).values())
    luminosity = emissivity @ (volume * redshift**2)
    heavy = direct_urca(matter, np.array(1.0), np.array(0.0))
    return CoreThermal(
        CubicSpline(logarithm, np.log(_energies(capacity, logarithm))),
        CubicSpline(logarithm, np.log(luminosity)),
        bool(heavy.max() > 0.0),
    )


def _energies(capacity: Callable[[np.ndarray], np.ndarray], logarithm: np.ndarray) -> np.ndarray:
    """Int C du up to every point, by Gauss-Legendre in ln u between two of them."""
    nodes, weights = roots_legendre(8)
    width = np.diff(logarithm)
    points = logarithm[:-1, None] + 0.5 * width[:, None] * (nodes + 1.0)
    parts = 0.5 * width * ((capacity(points) * np.exp(points)) @ weights)
    # Below the table C is proportional to u, as of any degenerate matter without a gap.
    first = 0.5 * capacity(logarithm[:1]) * np.exp(logarithm[0])
    return np.cumsum(np.concatenate([first, parts]))
