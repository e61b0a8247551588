"""The chiral wave number k5 of a point from the field there, and its cutoff. Their one home.

The quasi-steady chiral imbalance responds to the field by x = k5_source + beta (B.curl B - k5 B^2),
see `spectralcmi.terms.chiral`, and the current that flows is cut off, k5 = cut(x). With
S = k5_source + beta B.curl B and b = beta B^2 that is the *closure*

    x + b cut(x) = S,    k5 = cut(x),

solved for x at each point, so that n5 feels the current that does flow. Either

    cut(x) = x clipped to |x| <= k5_max                      hard: k5 = S/(1 + b), clipped
    cut(x) = x/(1 + |x/k5_max|^8)^(1/8)                      smooth

Without field (b = 0) k5 = cut(S); without cutoff k5 = S/(1 + b).

Notes
-----
The smooth closure, in units of k5_max and for S > 0. The unknown is m = x/k5 = (1 + x^8)^(1/8),
at least 1 and at least S - b; k5 = S/(m + b), and m is the root of

    h(m) = m^-8 + (S/(m + b))^8 - 1,

convex and falling: no roots are taken. Where S is far below 1 + b, m = 1; where it is far above,
m = S - b; between the two m^8 (m - (S - b)) = (m + b)/8 roughly. A first guess from there, good to
7 % for all S and b, a step of Householder's method of fourth order and one of Halley's of third
lead to a relative 2e-13 of k5.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numba
import numpy as np
from numba.extending import register_jitable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# --- at a point, for compiled loops --------------------------------------------------------------

_kernel = functools.partial(numba.njit, nogil=True, error_model="numpy", inline="always")
#: For both, compiled loops and arrays.
_shared = register_jitable(inline="always")

#: Outside these the smooth closure equals the hard one to rounding (0.01^8/8, 40^-8/8): below this
#: share of 1 + b, and at x of this many k5_max.
_WEAK, _SATURATED = 0.01, 40.0

# The first guess is taken from the bits of single numbers, read as integers: they are nearly the
# logarithm. Its constants were fitted to the exact root.
_ONE = np.float32(np.float32(1.0).view(np.int32))
_EIGHTH, _NINTH, _ONE_LESS_NINTH = np.float32(1 / 8), np.float32(1 / 9), np.float32(_ONE * (8 / 9))
_CORNER, _ABOVE, _FLOOR = np.float32(0.3), np.float32(1.225), np.float32(0.147)
_CENTRED, _UNITY = np.float32(0.98), np.float32(1.0)


@_kernel()
def _first_guess(excess: float, b: float) -> float:
    """The root m of h to 7 %, from S - b and b in units of k5_max.

    (g/q)^(1/8) with g = b/8 + ..., q = a c - (S - b) and the corner's scale c = g^(1/9); at least
    1 and S - b.
    """
    beyond = np.float32(excess)
    g = _CORNER + _EIGHTH * np.float32(b)
    logarithm = np.float32(np.float32(g).view(np.int32))
    corner = np.int32(_NINTH * logarithm + _ONE_LESS_NINTH).view(np.float32)
    q = max(_ABOVE * corner - beyond, _FLOOR * corner)
    ratio = logarithm - np.float32(np.float32(q).view(np.int32))
    guess = _CENTRED * np.int32(_EIGHTH * ratio + _ONE).view(np.float32)
    return np.float64(max(max(_UNITY, beyond), guess))


@_shared
def _residual(
    m: float, b: float, strength: float, scale: float
) -> tuple[float, float, float, float, float]:
    """h(m) and what its derivatives are made of: h, p, n, a, c times powers of m, p and `scale`.

    With p = m + b and y = S/p the derivatives of h = m^-8 + y^8 - 1 are -8 u1, 72 u2, -720 u3,
    u_j = m^(-8-j) + y^8 p^-j. All is multiplied by (m p)^8, and u_j by (m p)^j more: then
    u_j = a p^(j-1) + c n^(j-1). `scale`, about 1/p, keeps the powers in range; n = m scale.
    """
    p, s = (m + b) * scale, strength * scale
    p2, s2, m2 = p * p, s * s, m * m
    p4, s4, m4 = p2 * p2, s2 * s2, m2 * m2
    p8, s8, m8 = p4 * p4, s4 * s4, m4 * m4
    n = m * scale
    return p8 - (p8 - s8) * m8, p, n, p8 * p, s8 * m8 * n


@_shared
def _third_order_step(m: float, b: float, strength: float, scale: float) -> tuple[float, float]:
    """Numerator and denominator of Halley's step on h, to be added to m."""
    h, p, n, a, c = _residual(m, b, strength, scale)
    u1, u2 = a + c, a * p + c * n
    return 2.0 * h * u1 * m * p, 16.0 * u1 * u1 - 9.0 * h * u2


@_shared
def _fourth_order_step(m: float, b: float, strength: float, scale: float) -> tuple[float, float]:
    """Numerator and denominator of Householder's step of fourth order on h, to be added to m."""
    h, p, n, a, c = _residual(m, b, strength, scale)
    u1, u2, u3 = a + c, a * p + c * n, a * p * p + c * n * n
    square, bent = u1 * u1, h * u2
    numerator = h * (16.0 * square - 9.0 * bent) * m * p
    return numerator, u1 * (128.0 * square - 144.0 * bent) + 30.0 * h * h * u3


@_kernel()
def smooth_closure(numerator: float, denominator: float, inverse_maximum: float) -> float:
    """k5 at a point with the smooth cutoff; for compiled loops, which it lets vectorise.

    Parameters
    ----------
    numerator : float
        S = k5_source + beta B.curl B [1/km].
    denominator : float
        1 + b = 1 + beta B^2.
    inverse_maximum : float
        1/k5_max [km]; zero for no cutoff.

    Returns
    -------
    float
        k5 [1/km], to a relative 2e-13 for all S and 0 <= b <= 1e8; NaN for NaN.

    Notes
    -----
    About 85 flops and two divisions; every point takes the same path. Measured in the pointwise law
    with AVX-512: 3.0 ns a point, of which 2.5 are the closure; the hard one takes 0.5 in all.
    """
    b = denominator - 1.0
    drive = abs(numerator) * inverse_maximum
    bounded = min(drive, b + _SATURATED)
    strength = max(bounded, _WEAK * denominator)
    # about the inverse of the sum, by the bits of its logarithm
    total = np.float32(np.float32(denominator + strength).view(np.int32))
    scale = np.float64(np.int32(_ONE - total + _ONE).view(np.float32))
    m = _first_guess(strength - b, b)
    above, below = _fourth_order_step(m, b, strength, scale)
    m += above / below
    above, below = _third_order_step(m, b, strength, scale)
    return numerator * below / ((m + b + (drive - bounded)) * below + above)


@_kernel()
def hard_closure(numerator: float, denominator: float, inverse_maximum: float) -> float:
    """k5 at a point with the hard cutoff: S/(1 + b) clipped to [-k5_max, k5_max].

    Parameters
    ----------
    numerator, denominator, inverse_maximum : float
        As of `smooth_closure`.

    Returns
    -------
    float [1/km]
    """
    return numerator / max(denominator, abs(numerator) * inverse_maximum)


@_kernel()
def cutoff_matters(numerator: float, denominator: float, inverse_maximum: float) -> bool:
    """Whether the smooth closure differs from the hard one at a point, by more than 2e-14.

    Where it is false for all points of a block, a loop with `hard_closure` does for the block.

    Parameters
    ----------
    numerator, denominator, inverse_maximum : float
        As of `smooth_closure`.

    Returns
    -------
    bool
    """
    drive = abs(numerator) * inverse_maximum
    return (drive > _WEAK * denominator) & (drive < denominator + _SATURATED)


# --- on arrays -----------------------------------------------------------------------------------


def closure(
    b_dot_j: ArrayLike,
    b_square: ArrayLike,
    source: ArrayLike,
    feedback: ArrayLike,
    k5_max: float,
    smooth: bool,
) -> np.ndarray:
    """Chiral wave number k5 at each point, from the field there.

    k5 = cut(x) with x + beta B^2 cut(x) = k5_source + beta B.curl B

    Parameters
    ----------
    b_dot_j : array_like
        B.curl B [G2/km].
    b_square : array_like
        B^2 [G2].
    source : array_like
        Wave number of the source k5_source, without cutoff [1/km].
    feedback : array_like
        beta [G-2].
    k5_max : float
        Cutoff [1/km]; infinite for none.
    smooth : bool
        Whether the cutoff is the smooth one, see `cut`.

    Returns
    -------
    ndarray, all shapes broadcast [1/km]

    Notes
    -----
    Other units do as well, the same for B.curl B, source and k5_max, and for B^2 and 1/beta. Exact
    to rounding; `smooth_closure` is its fast form.
    """
    driven = np.add(source, np.multiply(feedback, b_dot_j))
    b = np.multiply(feedback, b_square) + np.zeros_like(driven)
    if not smooth or np.isinf(k5_max):
        return np.clip(driven / (1.0 + b), -k5_max, k5_max)
    # far above the cutoff no ratio may overflow
    with np.errstate(over="ignore"):
        drive = np.abs(driven) / k5_max
    saturated = drive > b + 100.0  # there k5 = k5_max to rounding
    strength = np.maximum(np.minimum(drive, b + 100.0), _WEAK * (1.0 + b))
    scale = 1.0 / (1.0 + b + strength)
    corner = _CORNER + b / 8.0
    distance = np.maximum(_ABOVE * corner ** (1 / 9) - (strength - b), _FLOOR * corner ** (1 / 9))
    m = np.maximum(np.maximum((corner / distance) ** 0.125, strength - b), 1.0)
    for _ in range(3):
        above, below = _fourth_order_step(m, b, strength, scale)
        m = m + above / below
    return np.where(saturated, np.copysign(k5_max, driven), driven / (m + b))


def cut(wavenumber: np.ndarray, k5_max: float, smooth: bool) -> np.ndarray:
    """|k5| cut off at a limit: x/(1 + |x/k5_max|^8)^(1/8), or clipped. The closure without field.

    Parameters
    ----------
    wavenumber : ndarray [1/km]
        x.
    k5_max : float
        [1/km]; infinite for none.
    smooth : bool

    Returns
    -------
    ndarray, same shape [1/km]
    """
    clipped = np.clip(wavenumber, -k5_max, k5_max)
    if not smooth or np.isinf(k5_max):
        return clipped
    # the smaller over the larger: no power overflows
    magnitude = np.abs(wavenumber)
    ratio = np.minimum(magnitude, k5_max) / np.maximum(magnitude, k5_max)
    return clipped / (1.0 + ratio**8) ** 0.125
