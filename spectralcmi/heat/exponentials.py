"""Exponential functions of whole rows, for kernels: written out, they take vector instructions."""

from __future__ import annotations

import math

import numpy as np

from spectralcmi.terms.kernels import merged_kernel

#: ln 2 in two parts, of which the first is short enough for exact products with small integers.
LN_2_HIGH, LN_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LOG2_E = 1.0 / math.log(2.0)
#: Added to a number below 2^51, it leaves the nearest integer in the last bits.
ROUNDER = 1.5 * 2.0**52
#: Exponent of 1, and place of the exponent among the bits.
BIAS, PLACE = 1023, 52
#: Arguments beneath are taken for this; e to it is 1e-304.
LEAST = -700.0
#: Taylor's series to r^11, for |r| < ln 2/2: the rest is 7e-15.
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11 = (1.0 / math.factorial(n) for n in range(2, 12))


@merged_kernel()
def exponentiate(values: np.ndarray, powers: np.ndarray, bits: np.ndarray) -> None:
    """Replace x by e^x in a row, for x below 700, to 1e-14.

    Parameters
    ----------
    values : ndarray, shape (n,)
    powers : ndarray, shape (n,)
        Scratch.
    bits : ndarray of int64, shape (n,)
        `powers`, seen as integers.
    """
    for i in range(values.size):
        x = max(values[i], LEAST)
        rounded = x * LOG2_E + ROUNDER
        powers[i] = rounded
        count = rounded - ROUNDER
        r = (x - count * LN_2_HIGH) - count * LN_2_LOW
        s = r * r
        low = (1.0 + r) + s * (C2 + C3 * r) + s * s * (C4 + C5 * r)
        high = (C6 + C7 * r) + s * (C8 + C9 * r) + s * s * (C10 + C11 * r)
        values[i] = low + s * s * s * high
    for i in range(values.size):
        bits[i] = (bits[i] + BIAS) << PLACE
    for i in range(values.size):
        values[i] *= powers[i]
