"""How the compiled loops over fields are compiled, and the products that all of them take."""

from __future__ import annotations

import functools

import numpy as np

from spectralcmi.compilation import compiled

#: Columns whose products with radial tables are taken at a time: sources and results in cache.
COLUMNS = 256
#: Reassociation lets the angular sums vectorise; IEEE infinities and NaN are kept, so that a field
#: that blows up is noticed.
FAST = {"contract", "reassoc", "nsz", "arcp"}
#: Division without Python's check for zero, which would keep the loops from vectorising.
kernel = functools.partial(compiled, nogil=True, error_model="numpy")
#: Part of `_electric_blocks`. Merged into it by force: a call to code compiled on its own would be
#: bound to that in the process that compiles, to a copy optimised anew in those that find the
#: result on disk, and sums that may be reassociated would differ in the last bit between them.
merged_kernel = functools.partial(kernel, forceinline=True)


@merged_kernel(fastmath=FAST)
def _add_four(
    m: np.ndarray,
    slot: int,
    source: np.ndarray,
    first: int,
    low: int,
    high: int,
    target: np.ndarray,
) -> None:
    """Add four slots to a row of a product; slices, as indices into two axes do not vectorise."""
    m0, m1, m2, m3 = m[slot], m[slot + 1], m[slot + 2], m[slot + 3]
    s0, s1 = source[first, low:high], source[first + 1, low:high]
    s2, s3 = source[first + 2, low:high], source[first + 3, low:high]
    for c in range(high - low):
        target[c] += m0 * s0[c] + m1 * s1[c] + m2 * s2[c] + m3 * s3[c]


@merged_kernel(fastmath=FAST)
def table_product(
    matrix: np.ndarray, source: np.ndarray, start: int, rows: int, target: np.ndarray
) -> None:
    """target = matrix (rows, slots) times rows `start` .. of source, compiled.

    Cost: 2 rows slots flops a column, with sources and results of `COLUMNS` columns in cache.
    """
    slots, count = matrix.shape[1], source.shape[1]
    for low in range(0, count, COLUMNS):
        high = min(low + COLUMNS, count)
        for row in range(rows):
            m, out = matrix[row], target[row, low:high]
            if slots >= 8:
                m0, m1, m2, m3, m4, m5, m6, m7 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]
                s0, s1 = source[start, low:high], source[start + 1, low:high]
                s2, s3 = source[start + 2, low:high], source[start + 3, low:high]
                s4, s5 = source[start + 4, low:high], source[start + 5, low:high]
                s6, s7 = source[start + 6, low:high], source[start + 7, low:high]
                for c in range(high - low):
                    out[c] = (
                        m0 * s0[c] + m1 * s1[c] + m2 * s2[c] + m3 * s3[c]
                        + m4 * s4[c] + m5 * s5[c] + m6 * s6[c] + m7 * s7[c]
                    )  # fmt: skip
                slot = 8
            else:
                m0, s0 = m[0], source[start, low:high]
                for c in range(high - low):
                    out[c] = m0 * s0[c]
                slot = 1
            while slot + 4 <= slots:
                _add_four(m, slot, source, start + slot, low, high, out)
                slot += 4
            while slot < slots:
                m0, s0 = m[slot], source[start + slot, low:high]
                for c in range(high - low):
                    out[c] += m0 * s0[c]
                slot += 1
