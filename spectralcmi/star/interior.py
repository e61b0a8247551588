"""What lies below the crust: shells of the core, for integrals over its volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import roots_legendre

from spectralcmi.constants import KILOMETRE
from spectralcmi.star.crust_profile import potential_series
from spectralcmi.star.structure import Star, geometric_matter, slope_of_squared_radius

# The potential is analytic from the centre to the surface; BSk24's fits have this resolution.
_DEGREE = 512


@dataclass(frozen=True)
class CoreShells:
    """Points of a quadrature over the core, from the centre outwards; arrays of one length.

    Attributes
    ----------
    baryon_density : ndarray [fm-3]
    radius : ndarray [km]
    potential : ndarray
        Phi of the metric.
    volume : ndarray
        Weights: proper volumes [cm3].
    """

    baryon_density: np.ndarray
    radius: np.ndarray
    potential: np.ndarray
    volume: np.ndarray


def core_shells(star: Star, count: int = 256) -> CoreShells:
    """Shells between the centre and the bottom of the crust, dV = 4 pi r^2 e^Lambda dr.

    Parameters
    ----------
    star : Star
    count : int
        Gauss-Legendre points in the square root of the distance to the centre in ln n, in which
        the radius is smooth.

    Returns
    -------
    CoreShells
    """
    bottom = np.log(star.equation_of_state.crust_core_density)
    centre = np.log(star.central_baryon_density)
    nodes, weights = roots_legendre(count)
    most = np.sqrt(centre - bottom)
    w, weights = 0.5 * most * (nodes + 1.0), 0.5 * most * weights
    logarithm = centre - w**2
    squared_radius, mass = star.profile(logarithm)
    matter = geometric_matter(star.equation_of_state, logarithm)
    radius = np.sqrt(squared_radius)
    # 4 pi r^2 dr = 2 pi r d(r^2), and d ln n = -2 w dw.
    growth = -2.0 * w * slope_of_squared_radius(matter, squared_radius, mass)
    volume = 2.0 * np.pi * radius * growth / np.sqrt(1.0 - 2.0 * mass / radius)
    potential = potential_series(star, np.array([bottom, centre]), _DEGREE)(logarithm)
    return CoreShells(np.exp(logarithm), radius, potential, weights * volume * KILOMETRE**3)
