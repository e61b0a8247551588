"""Compiled kernels of banded symmetric matrices, see `spectralcmi.grid.bands`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numba
import numpy as np

from spectralcmi.compilation import compiled

#: Columns carried together: two to four vectors of today's processors, whose latencies overlap.
LANES = 16


class Kernels(NamedTuple):
    """Kernels for one half-bandwidth; see `spectralcmi.grid.bands` for what they take."""

    factor: Callable
    solve_lanes: Callable
    solve_columns: Callable
    multiply_lanes: Callable
    multiply_columns: Callable


_compiled = compiled(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
# Merged by force, so that sums are the same whether the kernel was compiled or found on disk.
_merged = numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})


@_merged
def _load(
    source: np.ndarray, target: np.ndarray, column: int, columns: int, first_row: int
) -> None:
    """Copy columns of source into the lanes of target, from its row `first_row`; zeros beside."""
    for row in range(source.shape[0]):
        lanes = target[(first_row + row) * LANES : (first_row + row + 1) * LANES]
        values = source[row, column : column + columns]
        if columns == LANES:
            for lane in range(LANES):
                lanes[lane] = values[lane]
        else:
            lanes[:] = 0.0
            for lane in range(columns):
                lanes[lane] = values[lane]


@_merged
def _store(
    source: np.ndarray, target: np.ndarray, column: int, columns: int, first_row: int
) -> None:
    """Copy lanes of source, from its row `first_row`, into columns of target."""
    for row in range(target.shape[0]):
        lanes = source[(first_row + row) * LANES : (first_row + row + 1) * LANES]
        values = target[row, column : column + columns]
        if columns == LANES:
            for lane in range(LANES):
                values[lane] = lanes[lane]
        else:
            for lane in range(columns):
                values[lane] = lanes[lane]


@cache
def kernels_of(half_bandwidth: int) -> Kernels:
    """Kernels for one half-bandwidth b, a constant by which the sums over the band are unrolled.

    In all of them `window` is a part of the packed matrices or of the scratch array that begins b
    rows before the current one (or at it), so that all its indices are constants plus the lane.
    """
    b = half_bandwidth
    terms = b + 1
    entry = terms * LANES  # from a row of the packed matrices to the next

    @_compiled
    def factor(
        mass: np.ndarray,
        step: float,
        stiffness: np.ndarray,
        factors: np.ndarray,
        first: int,
        last: int,
    ) -> None:
        """Cholesky by columns: C[j+i, j] = (A[j+i, j] - Sum_k C[j, j-k] C[j+i, j-k])/C[j, j].

        Entries beyond the band are kept as zeros beside the band, so that all sums have b terms.
        """
        rows = factors.shape[1] // entry - b
        wide = (2 * b + 1) * LANES
        work = np.zeros((rows + b) * wide)
        for block in range(first, last):
            for row in range(rows):
                window = work[row * wide : (row + b + 1) * wide]
                place = (row + b) * entry
                m = mass[block, place : place + entry]
                k = stiffness[block, place : place + entry]
                result = factors[block, place : place + entry]
                for i in range(terms):
                    mi, ki = m[i * LANES : (i + 1) * LANES], k[i * LANES : (i + 1) * LANES]
                    shifted = window[i * LANES :]
                    now = shifted[b * wide : b * wide + LANES]
                    for lane in range(LANES):
                        total = mi[lane] + step * ki[lane]
                        for d in range(b, 0, -1):
                            at = (b - d) * wide + d * LANES + lane
                            total -= window[at] * shifted[at]
                        now[lane] = total
                for lane in range(LANES):
                    pivot = 1.0 / np.sqrt(window[b * wide + lane])
                    result[lane] = pivot
                    window[b * wide + lane] = pivot
                for i in range(1, terms):
                    now = window[b * wide + i * LANES : b * wide + (i + 1) * LANES]
                    scaled = result[i * LANES : (i + 1) * LANES]
                    for lane in range(LANES):
                        now[lane] *= window[b * wide + lane]
                        scaled[lane] = now[lane]

    @_compiled
    def solve_lanes(
        factors: np.ndarray, right: np.ndarray, out: np.ndarray, first: int, last: int
    ) -> None:
        rows, degrees = right.shape
        work = np.zeros((rows + 2 * b) * LANES)
        for block in range(first, last):
            columns = min(LANES, degrees - block * LANES)
            _load(right, work, block * LANES, columns, b)
            band = factors[block]
            for row in range(rows):
                window = work[row * LANES : (row + terms) * LANES]
                c = band[row * entry : (row + terms) * entry]
                for lane in range(LANES):
                    total = window[b * LANES + lane]
                    for d in range(b, 0, -1):
                        total -= (
                            c[(b - d) * entry + d * LANES + lane] * window[(b - d) * LANES + lane]
                        )
                    window[b * LANES + lane] = total * c[b * entry + lane]
            for row in range(rows - 1, -1, -1):
                window = work[(row + b) * LANES : (row + b + terms) * LANES]
                c = band[(row + b) * entry : (row + b + 1) * entry]
                for lane in range(LANES):
                    total = window[lane]
                    for d in range(b, 0, -1):
                        total -= c[d * LANES + lane] * window[d * LANES + lane]
                    window[lane] = total * c[lane]
            _store(work, out, block * LANES, columns, b)

    @_compiled
    def solve_columns(
        factors: np.ndarray,
        right: np.ndarray,
        out: np.ndarray,
        bounds: np.ndarray,
        first: int,
        last: int,
    ) -> None:
        rows = right.shape[0]
        work = np.zeros((rows + 2 * b) * LANES)
        for degree in range(first, last):
            band = factors[degree // LANES, degree % LANES :]
            for column in range(bounds[degree], bounds[degree + 1], LANES):
                columns = min(LANES, bounds[degree + 1] - column)
                _load(right, work, column, columns, b)
                for row in range(rows):
                    window = work[row * LANES : (row + terms) * LANES]
                    c = band[row * entry : (row + b) * entry + 1]
                    for lane in range(LANES):
                        total = window[b * LANES + lane]
                        for d in range(b, 0, -1):
                            total -= c[(b - d) * entry + d * LANES] * window[(b - d) * LANES + lane]
                        window[b * LANES + lane] = total * c[b * entry]
                for row in range(rows - 1, -1, -1):
                    window = work[(row + b) * LANES : (row + b + terms) * LANES]
                    c = band[(row + b) * entry : (row + b) * entry + b * LANES + 1]
                    for lane in range(LANES):
                        total = window[lane]
                        for d in range(b, 0, -1):
                            total -= c[d * LANES] * window[d * LANES + lane]
                        window[lane] = total * c[0]
                _store(work, out, column, columns, b)

    @_compiled
    def multiply_lanes(
        matrices: np.ndarray,
        y: np.ndarray,
        out: np.ndarray,
        quadratic: np.ndarray,
        first: int,
        last: int,
    ) -> None:
        rows, degrees = y.shape
        work = np.zeros((rows + 2 * b) * LANES)
        result = np.zeros(rows * LANES)
        powers = np.zeros(LANES)
        for block in range(first, last):
            columns = min(LANES, degrees - block * LANES)
            _load(y, work, block * LANES, columns, b)
            band = matrices[block]
            powers[:] = 0.0
            for row in range(rows):
                window = work[row * LANES : (row + 2 * b + 1) * LANES]
                a = band[row * entry : (row + terms) * entry]
                now = result[row * LANES : (row + 1) * LANES]
                for lane in range(LANES):
                    total = a[b * entry + lane] * window[b * LANES + lane]
                    for d in range(1, b + 1):
                        total += (
                            a[(b - d) * entry + d * LANES + lane] * window[(b - d) * LANES + lane]
                        )
                        total += a[b * entry + d * LANES + lane] * window[(b + d) * LANES + lane]
                    now[lane] = total
                for lane in range(LANES):
                    powers[lane] += now[lane] * window[b * LANES + lane]
            _store(result, out, block * LANES, columns, 0)
            for lane in range(columns):
                quadratic[block * LANES + lane] = powers[lane]

    @_compiled
    def multiply_columns(
        matrices: np.ndarray,
        y: np.ndarray,
        out: np.ndarray,
        quadratic: np.ndarray,
        bounds: np.ndarray,
        first: int,
        last: int,
    ) -> None:
        rows = y.shape[0]
        work = np.zeros((rows + 2 * b) * LANES)
        result = np.zeros(rows * LANES)
        powers = np.zeros(LANES)
        for degree in range(first, last):
            band = matrices[degree // LANES, degree % LANES :]
            quadratic[degree] = 0.0
            for column in range(bounds[degree], bounds[degree + 1], LANES):
                columns = min(LANES, bounds[degree + 1] - column)
                _load(y, work, column, columns, b)
                powers[:] = 0.0
                for row in range(rows):
                    window = work[row * LANES : (row + 2 * b + 1) * LANES]
                    a = band[row * entry : (row + b) * entry + b * LANES + 1]
                    now = result[row * LANES : (row + 1) * LANES]
                    for lane in range(LANES):
                        total = a[b * entry] * window[b * LANES + lane]
                        for d in range(1, b + 1):
                            total += a[(b - d) * entry + d * LANES] * window[(b - d) * LANES + lane]
                            total += a[b * entry + d * LANES] * window[(b + d) * LANES + lane]
                        now[lane] = total
                    for lane in range(LANES):
                        powers[lane] += now[lane] * window[b * LANES + lane]
                _store(result, out, column, columns, 0)
                for lane in range(columns):
                    quadratic[degree] += powers[lane]

    return Kernels(factor, solve_lanes, solve_columns, multiply_lanes, multiply_columns)
