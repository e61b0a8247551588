"""What leaves the crust through the envelope at each place of its outer boundary."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spectralcmi.constants import JULIAN_YEAR, KILOMETRE
from spectralcmi.heat.surface import FluxLaw

#: Relative step of the slope of the surface flux, which only Newton's method needs.
DIFFERENCE = 1e-4


@dataclass(frozen=True, eq=False)
class LocalSurface:
    """What leaves through the outer boundary at each place.

    Parameters
    ----------
    law : FluxLaw
        Fluxes [erg cm-2 s-1] at the surface, through the boundary and radiated, shape (1, grid), of
        temperatures T_b [K], shape (1, grid).
    area : float
        4 pi R^2 e^(2 Phi_s) [cm2].
    """

    law: FluxLaw
    area: float

    def luminosities(self, temperature: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Per solid angle: through the boundary, its derivative by T_b, and radiated.

        Parameters
        ----------
        temperature : ndarray, shape (grid,)
            T_b [K], local.

        Returns
        -------
        through, slope, radiated : ndarray, shape (grid,)
            [erg cm-3 km3/yr], per K, [erg cm-3 km3/yr]
        """
        factor = self.area / (4 * math.pi) * JULIAN_YEAR / KILOMETRE**3
        through, radiated = (f[0] for f in self.law(temperature[None]))
        above = self.law(temperature[None] * (1 + DIFFERENCE))[0][0]
        slope = (above - through) / (DIFFERENCE * temperature)
        return factor * through, factor * slope, factor * radiated
