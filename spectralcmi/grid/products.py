"""Products of radial matrices and columns, one matrix for each degree."""

from __future__ import annotations

import numba
import numpy as np
import scipy.linalg.cython_blas  # loads the library that `dgemm_address` points into
from numba.extending import get_cython_function_address

from spectralcmi.compilation import compiled
from spectralcmi.grid.foreign_calls import call_address

#: Columns given to BLAS at a time. OpenBLAS multiplies so few as they lie, at 46 to 55 Gflop/s of a
#: core's 53 to 55, and more columns after copying, at 40 to 46 (AVX-512); one degree has 2l+1.
STRIP = 8


def dgemm_address() -> int:
    """Address of BLAS's dgemm, for `multiply_by_degree`."""
    return get_cython_function_address(scipy.linalg.cython_blas.__name__, "dgemm")


@numba.njit(nogil=True)
def _matrix_times_matrix(
    dgemm: int, matrix: np.ndarray, source: np.ndarray, target: np.ndarray
) -> None:
    """target = matrix source, rows of each adjacent in memory; BLAS sees all three transposed."""
    item = 8
    no = np.full(1, ord("N"), dtype=np.uint8)
    sizes = np.array(
        [
            target.shape[1],
            target.shape[0],
            source.shape[0],
            source.strides[0] // item,
            matrix.strides[0] // item,
            target.strides[0] // item,
        ],
        dtype=np.int32,
    )
    factors = np.array([1.0, 0.0])
    size, factor = sizes.ctypes.data, factors.ctypes.data
    call_address(
        dgemm,
        (
            no.ctypes.data,
            no.ctypes.data,
            size,
            size + 4,
            size + 8,
            factor,
            source.ctypes.data,
            size + 12,
            matrix.ctypes.data,
            size + 16,
            factor + item,
            target.ctypes.data,
            size + 20,
        ),
    )


# Merged by force, so that its sums are the same whether the kernel was compiled or found on disk: a
# function of its own would be optimised once more in the second case.
@numba.njit(nogil=True, forceinline=True, fastmath={"contract", "reassoc"})
def _matrix_times_column(matrix: np.ndarray, column: np.ndarray, target: np.ndarray) -> None:
    """target = matrix column, as fast as the matrix can be read; BLAS takes twice as long."""
    for row in range(matrix.shape[0]):
        total = 0.0
        for k in range(matrix.shape[1]):
            total += matrix[row, k] * column[k]
        target[row] = total


@compiled(nogil=True, cache=True)
def multiply_by_degree(
    dgemm: int, matrices: np.ndarray, bounds: np.ndarray, source: np.ndarray, target: np.ndarray
) -> None:
    """target = matrix times source for the columns of each degree in turn.

    Cost: 2 rows x inner flops a column, by BLAS, and one reading of all matrices from memory. No
    step of the interpreter in between: threads that share its lock would wait for each other at
    every degree, which cost a third of these products on two threads.

    Parameters
    ----------
    dgemm : int
        From `dgemm_address`.
    matrices : ndarray, shape (degrees, rows, inner)
        Last axis contiguous.
    bounds : ndarray of int, shape (degrees + 1,)
        Where the columns of each degree begin, and the last end.
    source : ndarray, shape (inner, columns)
        Last axis contiguous.
    target : ndarray, shape (rows, columns)
        Overwritten; last axis contiguous.
    """
    column = np.empty(matrices.shape[2])
    for i in range(matrices.shape[0]):
        start, stop = bounds[i], bounds[i + 1]
        if stop - start == 1:
            column[:] = source[:, start]
            _matrix_times_column(matrices[i], column, target[:, start])
        else:
            for first in range(start, stop, STRIP):
                last = min(first + STRIP, stop)
                _matrix_times_matrix(
                    dgemm, matrices[i], source[:, first:last], target[:, first:last]
                )
