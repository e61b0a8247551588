"""Spherical-harmonic synthesis at any colatitudes and longitudes.

Pictures and a user's own grids want poles, equator and single meridians, which the Gauss grid of
`spectralcmi.grid.harmonics` lacks. The conventions are those stated there; neither a compiler nor
a transform library has to be waited for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

#: Numbers in a table of Legendre functions; more colatitudes are done in turns.
LARGEST_TABLE = 2**24


def vector_at(
    degree: np.ndarray,
    order: np.ndarray,
    components: tuple[np.ndarray, np.ndarray, np.ndarray],
    colatitude: np.ndarray,
    longitude: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vector v = Q Y r^ + S grad_1 Y - T r^ x grad_1 Y of a real field, on a grid of angles.

    Parameters
    ----------
    degree, order : ndarray of int, shape (lm,)
        Orders m >= 0 only; the field is real.
    components : tuple of ndarray, complex, shape (radius, lm) each
        Q, S and T.
    colatitude : ndarray, shape (colatitude,)
        [rad], poles included.
    longitude : ndarray, shape (longitude,)
        [rad]

    Returns
    -------
    v_r, v_theta, v_phi : ndarray, shape (radius, colatitude, longitude)
    """
    shape = (components[0].shape[0], colatitude.size, longitude.size)
    result = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for rows, table in _legendre_tables(degree, order, colatitude):
        for m in np.unique(order):
            chosen = order == m
            value, slope, over_sine = _angular_functions(table, degree[chosen], int(m))
            q, s, t = (part[:, chosen] for part in components)
            parts = (
                q @ value,
                s @ slope + 1j * (t @ over_sine),
                1j * (s @ over_sine) - t @ slope,
            )
            wave = (1 if m == 0 else 2) * np.exp(1j * m * longitude)
            for out, part in zip(result, parts, strict=True):
                # Re(part wave) by two real products, half of the complex one
                out[:, rows] += part.real[..., None] * wave.real
                if m > 0:
                    out[:, rows] -= part.imag[..., None] * wave.imag
    return result


def zonal_slope_at(
    degree: np.ndarray, coefficients: np.ndarray, colatitude: np.ndarray
) -> np.ndarray:
    """Derivative df/dtheta of an axisymmetric f = Sum_l f_l Y_l0.

    Parameters
    ----------
    degree : ndarray of int, shape (l,)
    coefficients : ndarray, shape (radius, l)
    colatitude : ndarray, shape (colatitude,)
        [rad]

    Returns
    -------
    ndarray, shape (radius, colatitude)
    """
    result = np.empty((coefficients.shape[0], colatitude.size))
    for rows, table in _legendre_tables(degree, np.zeros_like(degree), colatitude):
        result[:, rows] = coefficients @ _angular_functions(table, degree, 0)[1]
    return result


def _legendre_tables(
    degree: np.ndarray, order: np.ndarray, colatitude: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Colatitudes in turns, each with the `_legendre_table` there.

    One order more than asked for.
    """
    lmax, mmax = int(degree.max()), int(order.max()) + 1
    count = max(1, LARGEST_TABLE // ((lmax + 1) * (mmax + 2)))
    for start in range(0, colatitude.size, count):
        rows = slice(start, min(start + count, colatitude.size))
        yield rows, _legendre_table(lmax, mmax, colatitude[rows])


def _legendre_table(lmax: int, mmax: int, colatitude: np.ndarray) -> np.ndarray:
    """P_lm of orders 0 .. mmax and, in the last place, -1; shape (degree, order, colatitude).

    By the recurrence upwards in degree, which is stable; SciPy's is of integers that overflow at
    l = 646. What underflows, sin(theta)^m of large orders near a pole, is zero.
    """
    cosine, sine = np.cos(colatitude), np.sin(colatitude)
    table = np.zeros((lmax + 1, mmax + 2, colatitude.size))
    table[0, 0] = np.sqrt(1 / (4 * np.pi))
    for degree in range(1, min(lmax, mmax) + 1):
        table[degree, degree] = -np.sqrt(1 + 0.5 / degree) * sine * table[degree - 1, degree - 1]
    for degree in range(1, lmax + 1):
        m = np.arange(min(degree, mmax + 1), dtype=float)[:, None]
        scale = np.sqrt((4.0 * degree**2 - 1) / (degree**2 - m**2))
        before = np.sqrt(((degree - 1.0) ** 2 - m**2) / (4.0 * (degree - 1.0) ** 2 - 1))
        lower, lowest = table[degree - 1, : m.size], table[degree - 2, : m.size]
        table[degree, : m.size] = scale * (cosine * lower - before * lowest)
    if mmax > 0:
        table[:, -1] = -table[:, 1]
    return table


def _angular_functions(
    table: np.ndarray, degree: np.ndarray, m: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P_lm, dP_lm/dtheta and m P_lm/sin(theta), shape (l, colatitude) each.

    Both derivatives as sums of neighbouring functions, which are regular at the poles (ladder
    operators; Varshalovich, Moskalev & Khersonskii, Quantum Theory of Angular Momentum, 1988,
    section 5.8).
    """
    up = np.sqrt((degree - m) * (degree + m + 1.0))[:, None]
    down = np.sqrt((degree + m) * (degree - m + 1.0))[:, None]
    slope = (up * table[degree, m + 1] - down * table[degree, m - 1]) / 2
    above = np.sqrt((degree - m) * (degree - m - 1.0))[:, None]
    below = np.sqrt((degree + m) * (degree + m - 1.0))[:, None]
    over_sine = above * table[degree - 1, m + 1] + below * table[degree - 1, m - 1]
    over_sine *= -np.sqrt((2.0 * degree + 1) / (2.0 * degree - 1))[:, None] / 2
    return table[degree, m], slope, over_sine if m > 0 else np.zeros_like(slope)
