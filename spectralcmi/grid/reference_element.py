"""Functions of one radial element, on -1 <= s <= 1; `spectralcmi.grid.elements` joins them."""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial import chebyshev, legendre


def poloidal_functions(s: np.ndarray, element_order: int) -> np.ndarray:
    """Reference functions of p and their derivatives along s.

    Parameters
    ----------
    s : ndarray, shape (k,)
        Places in [-1, 1].
    element_order : int
        Their largest degree n.

    Returns
    -------
    ndarray, shape (3, k, n + 1)
        f, df/ds, d2f/ds2; the slope functions have a slope of 1 in s.
    """
    s = np.asarray(s, dtype=float)
    tables = np.empty((3, s.size, element_order + 1))
    # Hermite's, highest power first: value and slope at -1, value and slope at 1.
    cubics = np.array([[1, 0, -3, 2], [1, -1, -1, 1], [-1, 0, 3, 2], [1, 1, -1, -1]]) / 4
    for column, cubic in zip((0, 1, -2, -1), cubics, strict=True):
        for derivative in range(3):
            tables[derivative, :, column] = np.polyval(np.polyder(cubic, derivative), s)
    for k in range(2, element_order - 1):
        curvature = np.zeros(k + 1)
        curvature[k] = (2 * k + 1) / math.sqrt(2 / (2 * k + 3) + 2 / (2 * k - 1))
        slope = _integrated(curvature)
        for derivative, series in enumerate((_integrated(slope), slope, curvature)):
            tables[derivative, :, k] = legendre.legval(s, series)
    return tables


def toroidal_functions(s: np.ndarray, element_order: int) -> np.ndarray:
    """Reference functions of t and their derivatives along s.

    Parameters
    ----------
    s : ndarray, shape (k,)
        Places in [-1, 1].
    element_order : int
        n, one more than their largest degree.

    Returns
    -------
    ndarray, shape (2, k, n)
        f and df/ds.
    """
    s = np.asarray(s, dtype=float)
    tables = np.empty((2, s.size, element_order))
    tables[0, :, 0], tables[0, :, -1] = (1 - s) / 2, (1 + s) / 2
    tables[1, :, 0], tables[1, :, -1] = -0.5, 0.5
    for k in range(1, element_order - 1):
        slope = np.zeros(k + 1)
        slope[k] = math.sqrt((2 * k + 1) / 2)
        tables[0, :, k] = legendre.legval(s, _integrated(slope))
        tables[1, :, k] = legendre.legval(s, slope)
    return tables


def _integrated(series: np.ndarray) -> np.ndarray:
    """Legendre series of the integral from -1 of one without P_0, which vanishes at both ends.

    Int P_k ds = (P_(k+1) - P_(k-1))/(2k + 1).
    """
    integral = np.zeros(series.size + 1)
    for k in range(1, series.size):
        integral[k + 1] += series[k] / (2 * k + 1)
        integral[k - 1] -= series[k] / (2 * k + 1)
    return integral


def end_slopes(s: np.ndarray) -> np.ndarray:
    """Rows, shape (2, s.size), of df/ds at -1 and 1 of the polynomial through values at s."""
    degree = s.size - 1
    transform = np.linalg.inv(chebyshev.chebvander(s, degree))
    slopes = np.arange(degree + 1.0) ** 2  # T_k'(1); T_k'(-1) = (-1)^(k+1) k^2
    return np.stack([-slopes * (-1.0) ** np.arange(degree + 1), slopes]) @ transform


def chebyshev_transform(s: np.ndarray) -> np.ndarray:
    """Matrix from values at the points s to Chebyshev coefficients, shape (s.size, s.size)."""
    return np.linalg.inv(chebyshev.chebvander(s, s.size - 1))
