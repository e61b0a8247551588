r"""Banded symmetric matrices, one for each degree: assembly, Cholesky factors, solutions, products.

Written by hand as a family `lower` of shape (b + 1, rows, degrees), lower[d, row, k] =
A_k[row + d, row] with zeros beyond the last row. The compiled kernels take it packed
(`pack`): degrees in lanes of `LANES`, which lie together for each entry of each row,

    packed[lane block, b + row, d, lane],   b rows of zeros before the first,

so that a vector of lanes is one instruction and a block of lanes is read in order.

Arrays of coefficients have shape (rows, columns). Either column k belongs to degree index k (one
column a degree), or the columns of a degree are adjacent, `bounds[k]` to `bounds[k + 1]`; then the
lanes are columns and the entries of the matrix scalars. Both kernels carry `LANES` columns through
all rows in a scratch array that stays in cache. A column is computed the same way whatever its
neighbours, so results depend neither on the number of threads nor on the other columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectralcmi.grid.band_kernels import LANES, kernels_of
from spectralcmi.threads import Threads

#: Columns of a task for a thread, about 0.1 ms of work.
COLUMNS_PER_TASK = 256


# Assembly ------------------------------------------------------------------------------------


def assemble(local: np.ndarray, stride: int, size: int) -> np.ndarray:
    """Band of the sum of symmetric element matrices, element e acting on slots e stride + i.

    Parameters
    ----------
    local : ndarray, shape (elements, m, m)
    stride : int
        Slots from an element to the next.
    size : int
        Number of slots, at least (elements - 1) stride + m.

    Returns
    -------
    ndarray, shape (m, size)
        A[row + d, row] at [d, row].

    Raises
    ------
    ValueError
        If the element matrices are not square or reach beyond the last slot.
    """
    elements, m = local.shape[:2]
    reach = (elements - 1) * stride + m
    if local.shape != (elements, m, m) or reach > size:
        raise ValueError(
            f"element matrices of shape {local.shape}, stride={stride} do not fit size={size}"
        )
    lower = np.zeros((m, size))
    for row in range(m):
        for column in range(row + 1):
            first, last = column, column + (elements - 1) * stride + 1
            lower[row - column, first:last:stride] += local[:, row, column]
    return lower


def combine(coefficients: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Family of matrices that depend on degree by coefficients only.

    Parameters
    ----------
    coefficients : ndarray, shape (k, degrees)
    bands : ndarray, shape (k, b + 1, rows)

    Returns
    -------
    ndarray, shape (b + 1, rows, degrees)
        Sum_k coefficients[k, degree] bands[k].
    """
    return np.einsum("kl,kdr->drl", coefficients, bands)


def slave_last(lower: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Matrices on the rows before the last, whose coefficient follows from its neighbour's.

    With x[last] = w x[last - 1] in every function: T^T A T.

    Parameters
    ----------
    lower : ndarray, shape (b + 1, rows, degrees)
    weights : ndarray, shape (degrees,)
        w of each degree.

    Returns
    -------
    ndarray, shape (b + 1, rows - 1, degrees)
    """
    half_bandwidth, last = lower.shape[0] - 1, lower.shape[1] - 1
    slaved = lower[:, :-1].copy()
    for d in range(2, min(half_bandwidth, last) + 1):
        slaved[d - 1, last - d] += weights * lower[d, last - d]
    slaved[0, last - 1] += weights * (2 * lower[1, last - 1] + weights * lower[0, last])
    for d in range(1, min(half_bandwidth, last) + 1):
        slaved[d, last - d] = 0.0
    return slaved


# Packed matrices -----------------------------------------------------------------------------


@dataclass(frozen=True)
class BandedMatrices:
    """A family of banded matrices, or of their factors, as the kernels read it.

    Attributes
    ----------
    packed : ndarray, shape (lane blocks, b + rows, b + 1, LANES)
    degrees : int
        Number of matrices; further lanes hold the identity.
    """

    packed: np.ndarray
    degrees: int

    @property
    def half_bandwidth(self) -> int:
        """b: entries further than this from the diagonal are zero."""
        return self.packed.shape[2] - 1

    @property
    def rows(self) -> int:
        """Rows of each matrix."""
        return self.packed.shape[1] - self.half_bandwidth

    @cached_property
    def flat(self) -> np.ndarray:
        """`packed` as the kernels take it, shape (lane blocks, the rest)."""
        return self.packed.reshape(self.packed.shape[0], -1)

    def unpack(self) -> np.ndarray:
        """The family as written by hand, shape (b + 1, rows, degrees)."""
        lanes = self.packed[:, self.half_bandwidth :].transpose(2, 1, 0, 3)
        shape = (self.half_bandwidth + 1, self.rows, -1)
        return np.ascontiguousarray(lanes.reshape(shape)[..., : self.degrees])


def pack(lower: np.ndarray) -> BandedMatrices:
    """Pack a family of matrices for the kernels.

    Parameters
    ----------
    lower : ndarray, shape (b + 1, rows, degrees)
        Entries beyond the last row are not read.
    """
    terms, rows, degrees = lower.shape
    blocks = -(-degrees // LANES)
    packed = np.zeros((blocks, terms - 1 + rows, terms, LANES))
    packed[-1, :, 0] = 1.0
    for block in range(blocks):
        lanes = lower[:, :, block * LANES : (block + 1) * LANES].transpose(1, 0, 2)
        packed[block, terms - 1 :, :, : lanes.shape[2]] = lanes
    packed[:, : terms - 1] = 0.0
    for d in range(1, terms):
        packed[:, terms - 1 + max(0, rows - d) :, d] = 0.0
    return BandedMatrices(packed, degrees)


# Factors, solutions and products -------------------------------------------------------------


def factor(
    matrices: BandedMatrices,
    out: BandedMatrices | None = None,
    *,
    threads: Threads | None = None,
) -> BandedMatrices:
    """Cholesky factors C of positive definite matrices, A = C C^T, for `solve`.

    Parameters
    ----------
    matrices : BandedMatrices
    out : BandedMatrices, optional
        Factors of an earlier family of the same shape, to be overwritten.
    threads : Threads, optional

    Returns
    -------
    BandedMatrices
        The band of C, with the reciprocals of its diagonal.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive definite to rounding.
    """
    return factor_sum(matrices, 0.0, matrices, out, threads=threads)


def factor_sum(
    mass: BandedMatrices,
    step: float,
    stiffness: BandedMatrices,
    out: BandedMatrices | None = None,
    *,
    threads: Threads | None = None,
) -> BandedMatrices:
    """Cholesky factors of mass + step stiffness, for `solve`; the sum itself is not stored.

    Parameters
    ----------
    mass, stiffness : BandedMatrices
        Of one shape.
    step : float
    out : BandedMatrices, optional
        Factors of an earlier family of the same shape, to be overwritten.
    threads : Threads, optional

    Returns
    -------
    BandedMatrices
        The band of C, with the reciprocals of its diagonal.

    Raises
    ------
    ValueError
        If the families differ in shape.
    numpy.linalg.LinAlgError
        If a matrix is not positive definite to rounding.
    """
    if out is None:
        out = BandedMatrices(np.zeros_like(mass.packed), mass.degrees)
    for other in (stiffness, out):
        if other.packed.shape != mass.packed.shape or other.degrees != mass.degrees:
            raise ValueError(
                f"{other.degrees} matrices packed as {other.packed.shape} meet "
                f"{mass.degrees} packed as {mass.packed.shape}"
            )
    kernel = kernels_of(mass.half_bandwidth).factor
    step = float(step)

    def task(first: int, last: int) -> None:
        kernel(mass.flat, step, stiffness.flat, out.flat, first, last)

    _run(task, _lane_tasks(mass.degrees), threads)
    # A pivot that is not positive makes all later ones of its matrix NaN.
    pivots = out.packed[:, -1, 0].ravel()[: out.degrees]
    if not np.isfinite(pivots).all():
        index = int(np.flatnonzero(~np.isfinite(pivots))[0])
        raise np.linalg.LinAlgError(f"the matrix of degree index {index} is not positive definite")
    return out


def solve(
    factors: BandedMatrices,
    right: np.ndarray,
    out: np.ndarray | None = None,
    bounds: np.ndarray | None = None,
    *,
    threads: Threads | None = None,
) -> np.ndarray:
    """Solve A x = right for every column, by forward and backward substitution.

    Parameters
    ----------
    factors : BandedMatrices
        Of `factor`.
    right : ndarray, shape (rows, columns), C order
        Left intact unless it is `out`.
    out : ndarray, shape (rows, columns), C order, optional
        May be `right` itself.
    bounds : ndarray of int, shape (degrees + 1,), optional
        Columns bounds[k] to bounds[k + 1] belong to matrix k; default one column each.
    threads : Threads, optional

    Returns
    -------
    ndarray, shape (rows, columns)
        `out`.

    Raises
    ------
    ValueError
        If the arrays or bounds do not match the matrices.
    """
    out = np.empty_like(right) if out is None else out
    bounds = _checked(factors, right, out, bounds)
    kernels = kernels_of(factors.half_bandwidth)
    if bounds is None:

        def task(first: int, last: int) -> None:
            kernels.solve_lanes(factors.flat, right, out, first, last)

        _run(task, _lane_tasks(factors.degrees), threads)
    else:

        def task(first: int, last: int) -> None:
            kernels.solve_columns(factors.flat, right, out, bounds, first, last)

        _run(task, _column_tasks(bounds), threads)
    return out


def multiply(
    matrices: BandedMatrices,
    y: np.ndarray,
    out: np.ndarray,
    bounds: np.ndarray | None = None,
    *,
    threads: Threads | None = None,
) -> np.ndarray:
    """Write A y into `out` and return y^T A y, summed over the columns of each degree.

    Parameters
    ----------
    matrices : BandedMatrices
    y, out : ndarray, shape (rows, columns), C order
        `out` may be `y` itself.
    bounds : ndarray of int, shape (degrees + 1,), optional
        Columns bounds[k] to bounds[k + 1] belong to matrix k; default one column each.
    threads : Threads, optional

    Returns
    -------
    ndarray, shape (degrees,)
        y^T A y.

    Raises
    ------
    ValueError
        If the arrays or bounds do not match the matrices.
    """
    bounds = _checked(matrices, y, out, bounds)
    kernels = kernels_of(matrices.half_bandwidth)
    quadratic = np.empty(matrices.degrees)
    if bounds is None:

        def task(first: int, last: int) -> None:
            kernels.multiply_lanes(matrices.flat, y, out, quadratic, first, last)

        _run(task, _lane_tasks(matrices.degrees), threads)
    else:

        def task(first: int, last: int) -> None:
            kernels.multiply_columns(matrices.flat, y, out, quadratic, bounds, first, last)

        _run(task, _column_tasks(bounds), threads)
    return quadratic


def _checked(
    matrices: BandedMatrices, y: np.ndarray, out: np.ndarray, bounds: np.ndarray | None
) -> np.ndarray | None:
    """Bounds as the kernels want them, None for one column a degree."""
    for name, array in (("operand", y), ("result", out)):
        if array.dtype != np.float64 or not array.flags.c_contiguous:
            raise ValueError(f"{name} of type {array.dtype} must be float64 in C order")
    columns = matrices.degrees if bounds is None else int(bounds[-1])
    if y.shape != (matrices.rows, columns) or out.shape != y.shape:
        raise ValueError(
            f"operand {y.shape} and result {out.shape} must be of shape "
            f"({matrices.rows}, {columns})"
        )
    if bounds is None:
        return None
    bounds = np.ascontiguousarray(bounds, dtype=np.int64)
    if bounds.shape != (matrices.degrees + 1,) or bounds[0] != 0 or np.any(np.diff(bounds) < 0):
        raise ValueError(
            f"bounds of shape {bounds.shape} must ascend from 0 over {matrices.degrees} degrees"
        )
    return None if columns == matrices.degrees and np.all(np.diff(bounds) == 1) else bounds


def _lane_tasks(degrees: int) -> list[tuple[int, int]]:
    """Lane blocks (first, last) of each task."""
    blocks, step = -(-degrees // LANES), COLUMNS_PER_TASK // LANES
    return [(first, min(first + step, blocks)) for first in range(0, blocks, step)]


def _column_tasks(bounds: np.ndarray) -> list[tuple[int, int]]:
    """Degree indices (first, last) of each task."""
    tasks, first, degrees = [], 0, len(bounds) - 1
    while first < degrees:
        last = int(np.searchsorted(bounds, bounds[first] + COLUMNS_PER_TASK))
        last = min(max(last, first + 1), degrees)
        tasks.append((first, last))
        first = last
    return tasks


def _run(
    task: Callable[[int, int], None], arguments: list[tuple[int, int]], threads: Threads | None
) -> None:
    """One call where threads would only cost, else one for each task."""
    if threads is None or threads.count == 1 or len(arguments) == 1:
        task(arguments[0][0], arguments[-1][1])
    else:
        threads.run_compiled(task, arguments)
