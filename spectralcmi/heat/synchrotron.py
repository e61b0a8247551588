"""Neutrino synchrotron radiation from a table: at any point, in any field, for one logarithm."""

from __future__ import annotations

import numpy as np

from spectralcmi.heat.tables import (
    LOG_HIGHEST,
    LOG_LOWEST,
    place_in_tables,
    temperatures,
    weighted,
)
from spectralcmi.star.neutrinos import synchrotron
from spectralcmi.terms.kernels import merged_kernel

#: Magnetic field of the table [G].
REFERENCE_FIELD = 1e15


def synchrotron_table(momentum: np.ndarray) -> np.ndarray:
    """Neutrino synchrotron radiation for `spectralcmi.heat.tables.TemperatureTables`.

    Q = B^2 T^5 f(T/B), see `spectralcmi.star.neutrinos.synchrotron`: f is tabulated at
    `temperatures()` in the reference field, beyond which it is kept as it is. In a field so weak
    that it matters the radiation does not.

    Parameters
    ----------
    momentum : ndarray, shape (points,)
        Fermi momentum of the electrons [m_e c].

    Returns
    -------
    ndarray, shape (points, nodes)
        Q/T^5 in the reference field [erg cm-3 s-1 K-5].
    """
    nodes = temperatures()
    return synchrotron(momentum[:, None], nodes, REFERENCE_FIELD) / nodes**5


@merged_kernel()
def log_synchrotron_at(
    table: np.ndarray, quantity: int, log_square: float, logarithm: float
) -> tuple[float, float]:
    """Logarithm of the emissivity [erg cm-3 s-1] and its d ln/d ln T, for kernels.

    Of the coefficients of one shell, shape (coefficients, quantities), the index of the quantity,
    the logarithm of the square of the magnetic field in units of `REFERENCE_FIELD`, and ln T.
    """
    scaled = logarithm - 0.5 * log_square
    first, values, slopes = place_in_tables(min(max(scaled, LOG_LOWEST), LOG_HIGHEST))
    value = log_square + 5.0 * logarithm + weighted(table, first, quantity, values)
    return value, 5.0 + weighted(table, first, quantity, slopes)
