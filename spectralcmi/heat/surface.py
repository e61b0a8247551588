"""What leaves through the outer boundary, against the temperature T_b there.

The envelope above is so thin that it follows at once: local flux laws, of T_b and the magnetic
field, are averaged over the surface once for all T_b, and tabulated. The flux through the boundary
exceeds what is radiated by the neutrinos of the envelope, where its law knows any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectralcmi.constants import KILOMETRE, STEFAN_BOLTZMANN_CONSTANT
from spectralcmi.heat.tables import TemperatureTables, place_in_tables, temperatures, weighted
from spectralcmi.terms.kernels import kernel

FluxLaw = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Fluxes [erg cm-2 s-1] at the surface, through the boundary and radiated, shape (k, places) each,
of temperatures T_b [K], shape (k, 1)."""

#: Order of the tables.
THROUGH, RADIATED = range(2)


@dataclass(frozen=True, eq=False)
class SurfaceLoss:
    """Luminosities at infinity against T_b.

    Attributes
    ----------
    tables : TemperatureTables
        Of one point, L [erg/s] against T_b [K]: through the outer boundary, and as photons.
    area : float
        4 pi R^2 e^(2 Phi_s) [cm2].
    """

    tables: TemperatureTables
    area: float

    @classmethod
    def averaged(cls, law: FluxLaw, weights: np.ndarray, area: float) -> SurfaceLoss:
        """Loss by a local law.

        Parameters
        ----------
        law : FluxLaw
        weights : ndarray, shape (places,)
            Shares of the places in the sphere, of sum 1.
        area : float
            4 pi R^2 e^(2 Phi_s) [cm2].
        """
        nodes = temperatures()
        through, radiated = (
            (np.broadcast_to(flux, (nodes.size, weights.size)) @ weights * area)[None]
            for flux in law(nodes[:, None])
        )
        return cls(TemperatureTables.of({"through": through, "radiated": radiated}), area)

    def luminosities(self, temperature: float) -> tuple[float, float, float]:
        """Through the boundary, its derivative by T_b, and radiated, at infinity.

        Parameters
        ----------
        temperature : float
            T_b [K], local.

        Returns
        -------
        through, slope, radiated : float
            [erg/s], [erg/s/K], [erg/s]
        """
        return _luminosities(self.tables.coefficients[0], temperature)

    def effective_temperature(self, radiated: float, redshift: float) -> float:
        """Effective temperature seen from infinity [K], e^Phi_s T_s.

        Parameters
        ----------
        radiated : float
            Photon luminosity at infinity [erg/s].
        redshift : float
            e^Phi_s.
        """
        return effective_temperature(radiated, self.area, redshift)


@kernel(cache=True)
def _luminosities(table: np.ndarray, temperature: float) -> tuple[float, float, float]:
    first, values, slopes = place_in_tables(np.log(temperature))
    through = np.exp(weighted(table, first, THROUGH, values))
    slope = through * weighted(table, first, THROUGH, slopes) / temperature
    return through, slope, np.exp(weighted(table, first, RADIATED, values))


def effective_temperature(radiated: float, area: float, redshift: float) -> float:
    """Effective temperature seen from infinity [K].

    Parameters
    ----------
    radiated : float
        Photon luminosity at infinity [erg/s].
    area : float
        4 pi R^2 e^(2 Phi_s) [cm2].
    redshift : float
        e^Phi_s.
    """
    return redshift * (radiated / (area * STEFAN_BOLTZMANN_CONSTANT)) ** 0.25


def surface_area(stellar_radius: float, redshift: float) -> float:
    """4 pi R^2 e^(2 Phi_s) [cm2] of a radius [km] and e^Phi_s."""
    return float(4 * np.pi * (stellar_radius * KILOMETRE) ** 2 * redshift**2)
