"""Angular dissipation: damping of the highest degrees, which the Hall cascade needs."""

from __future__ import annotations

import numpy as np

#: Exponent of L = l(l+1) in the damping rate.
STEEPNESS = 4


def angular_rates(rate: float, lmax: int) -> np.ndarray:
    """Damping rates rate (L/L_max)^4 of degrees 1 .. lmax, L = l(l+1).

    Parameters
    ----------
    rate : float
        At lmax [1/yr].
    lmax : int

    Returns
    -------
    ndarray, shape (lmax,)
        [1/yr]
    """
    degree = np.arange(1, lmax + 1)
    return rate * (degree * (degree + 1.0) / (lmax * (lmax + 1.0))) ** STEEPNESS
