"""A scalar field of the shell: its columns, its values on the grid, integrals against them.

The field is sum_lm u_lm(r) Y_lm, l = 0 included, with radial functions that are those of t (see
`spectralcmi.grid.radial`), all slots free. Columns are those of `spectralcmi.grid.shell.Columns`,
after one for l = 0.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spectralcmi.grid.harmonics import call_scalar_analysis, call_scalar_synthesis
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.electric_field import TASKS_PER_THREAD, _add_blocks
from spectralcmi.terms.kernels import COLUMNS, kernel, merged_kernel, table_product
from spectralcmi.threads import Threads, blocks

ROOT_TWO = math.sqrt(2.0)


@dataclass(frozen=True)
class ScalarColumns:
    """Where the real columns of the coefficients of a scalar lie, l = 0 first.

    Parameters
    ----------
    shell : Shell
    lmax : int, optional
        Largest degree; by default that of the shell.
    """

    shell: Shell
    lmax: int | None = None

    @cached_property
    def _kept(self) -> int:
        """Coefficients with l > 0 that are kept: they ascend in degree."""
        degree = self.shell.harmonics.degree
        lmax = degree[-1] if self.lmax is None else self.lmax
        return int(np.searchsorted(degree, lmax + 1))

    @cached_property
    def position(self) -> np.ndarray:
        """Place of each coefficient in an SHTns array, shape (lm,)."""
        return np.concatenate([[0], self.shell.harmonics.position[: self._kept]])

    @cached_property
    def real(self) -> np.ndarray:
        """Column of the real part of each coefficient, shape (lm,)."""
        return np.concatenate([[0], 1 + self.shell.columns.real[: self._kept]])

    @cached_property
    def imaginary(self) -> np.ndarray:
        """Column of the imaginary part of each coefficient, -1 where m = 0, shape (lm,)."""
        imaginary = self.shell.columns.imaginary[: self._kept]
        return np.concatenate([[-1], np.where(imaginary < 0, -1, 1 + imaginary)])

    @property
    def count(self) -> int:
        """Number of real columns, (lmax + 1)^2 in full three dimensions."""
        return int(max(self.real.max(), self.imaginary.max())) + 1

    @cached_property
    def degree(self) -> np.ndarray:
        """Degree of each column, shape (count,)."""
        return np.concatenate([[0], self.shell.columns.degree[: self.count - 1]])

    @cached_property
    def degree_bounds(self) -> np.ndarray:
        """First column of degree 0, 1, .., and their number, shape (degrees + 1,)."""
        return np.searchsorted(self.degree, np.arange(self.degree[-1] + 2))


class ScalarTables(NamedTuple):
    """Radial functions and columns as kernels see them.

    u and e^-Lambda u' follow from the matrices `values` (blocks, 2, shells, slots) on shells of
    radius `radius` and weight `volume` = e^Lambda r^2 dr; `tests` are those matrices transposed.
    """

    bounds: np.ndarray
    start: np.ndarray
    values: np.ndarray
    tests: np.ndarray
    radius: np.ndarray
    volume: np.ndarray
    position: np.ndarray
    real: np.ndarray
    imaginary: np.ndarray
    product: np.ndarray


@merged_kernel()
def gather_scalar(
    u: np.ndarray,
    scale: float,
    position: np.ndarray,
    real: np.ndarray,
    imaginary: np.ndarray,
    spectral: np.ndarray,
) -> None:
    """Coefficients in SHTns order of `scale` times a row of columns."""
    for i in range(position.size):
        c, d = real[i], imaginary[i]
        if d < 0:
            spectral[position[i]] = complex(scale * u[c], 0.0)
        else:
            half = scale / ROOT_TWO
            spectral[position[i]] = complex(half * u[c], half * u[d])


@merged_kernel()
def scatter_scalar(
    spectral: np.ndarray,
    scale: float,
    position: np.ndarray,
    real: np.ndarray,
    imaginary: np.ndarray,
    out: np.ndarray,
) -> None:
    """A row of `scale` times integrals against the real columns, the transpose of the above."""
    for i in range(position.size):
        value, d = spectral[position[i]], imaginary[i]
        if d < 0:
            out[real[i]] = scale * value.real
        else:
            out[real[i]] = scale * ROOT_TWO * value.real
            out[d] = scale * ROOT_TWO * value.imag


@kernel(cache=True)
def _synthesise_blocks(
    first: int,
    last: int,
    slots: np.ndarray,
    tables: ScalarTables,
    transforms: tuple[int, int, int],
    spectral: np.ndarray,
    profiles: np.ndarray,
    out: np.ndarray,
) -> None:
    """Values on the shells of blocks `first` .. `last` - 1, of which `out` holds no others."""
    configuration, synthesis, _ = transforms
    for block in range(first, last):
        shells = tables.bounds[block + 1] - tables.bounds[block]
        table_product(tables.values[block, 0], slots, tables.start[block], shells, profiles)
        for shell in range(shells):
            gather_scalar(
                profiles[shell], 1.0, tables.position, tables.real, tables.imaginary, spectral
            )
            row = tables.bounds[block] - tables.bounds[first] + shell
            call_scalar_synthesis(synthesis, configuration, spectral, out[row])


@kernel(cache=True)
def _analyse_blocks(
    first: int,
    last: int,
    values: np.ndarray,
    tables: ScalarTables,
    transforms: tuple[int, int, int],
    spectral: np.ndarray,
    spatial: np.ndarray,
    work: np.ndarray,
    duals: np.ndarray,
) -> None:
    configuration, _, analysis = transforms
    for block in range(first, last):
        shells = tables.bounds[block + 1] - tables.bounds[block]
        for shell in range(shells):
            point = tables.bounds[block] + shell
            spatial[: values.shape[1]] = values[point]
            call_scalar_analysis(analysis, configuration, spatial, spectral)
            scatter_scalar(
                spectral, tables.volume[point], tables.position, tables.real, tables.imaginary,
                work[shell],
            )  # fmt: skip
        work[shells:] = 0.0
        tests = tables.tests[block]
        table_product(tests, work, 0, tests.shape[0], duals[block])


@kernel(cache=True)
def _synthesise_sphere(
    row: np.ndarray,
    tables: ScalarTables,
    transforms: tuple[int, int, int],
    spectral: np.ndarray,
    out: np.ndarray,
) -> None:
    configuration, synthesis, _ = transforms
    gather_scalar(row, 1.0, tables.position, tables.real, tables.imaginary, spectral)
    call_scalar_synthesis(synthesis, configuration, spectral, out)


@kernel(cache=True)
def _analyse_sphere(
    values: np.ndarray,
    tables: ScalarTables,
    transforms: tuple[int, int, int],
    spectral: np.ndarray,
    spatial: np.ndarray,
    out: np.ndarray,
) -> None:
    configuration, _, analysis = transforms
    spatial[: values.size] = values
    call_scalar_analysis(analysis, configuration, spatial, spectral)
    scatter_scalar(spectral, 1.0, tables.position, tables.real, tables.imaginary, out)


class ScalarGrid:
    """Scalars of a shell by their slots, on the grid, and in integrals against all functions.

    Parameters
    ----------
    shell : Shell
    threads : Threads
    lmax : int, optional
        Largest degree of the scalar; by default that of the shell, whose grid it shares.

    Attributes
    ----------
    columns : ScalarColumns
    shape : (int, int)
        Slots and columns of a scalar.
    grid_shape : (int, int)
        Quadrature shells and points of a sphere, flat and in the order of
        `spectralcmi.grid.harmonics.Harmonics.grid_shape`.
    """

    def __init__(self, shell: Shell, threads: Threads, lmax: int | None = None) -> None:
        self.shell, self.threads = shell, threads
        self.columns = columns = ScalarColumns(shell, lmax)
        basis, harmonics = shell.basis, shell.harmonics
        flat, radius = basis.blocks, basis.radius
        self.shape = (basis.toroidal_slots, columns.count)
        self.grid_shape = (basis.points, harmonics.solid_angle.size)
        values = flat.toroidal.copy()
        rows = np.minimum(flat.bounds[:-1, None] + np.arange(values.shape[2]), flat.last)
        values[:, 1] *= np.exp(-shell.metric.radial_potential(radius))[rows][..., None]
        both = np.concatenate([values[:, 0], values[:, 1]], axis=1)
        degree = columns.degree[columns.real]
        self.tables = ScalarTables(
            flat.bounds,
            flat.toroidal_start,
            values,
            np.ascontiguousarray(both.transpose(0, 2, 1)),
            radius,
            shell.proper_weights * radius**2,
            columns.position,
            columns.real,
            columns.imaginary,
            degree * (degree + 1.0),
        )
        self._value_tests = np.ascontiguousarray(values[:, 0].transpose(0, 2, 1))
        self._parts = np.empty((flat.count, values.shape[3], columns.count))
        self._buffers = threading.local()

    def values(self, slots: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """The scalar on the grid of the quadrature shells.

        Parameters
        ----------
        slots : ndarray, shape `shape`
        out : ndarray, shape `grid_shape`, optional

        Returns
        -------
        ndarray, shape `grid_shape`
        """
        out = np.empty(self.grid_shape) if out is None else out

        def some(first: int, last: int) -> None:
            out[self._shells(first, last)] = self.block_values(slots, first, last)

        self.over_blocks(some)
        return out

    def block_values(self, slots: np.ndarray, first: int, last: int) -> np.ndarray:
        """As `values`, on the shells of blocks `first` .. `last` - 1, on the calling thread."""
        shells = self._shells(first, last)
        out = np.empty((shells.stop - shells.start, self.grid_shape[1]))
        spectral, _, _, profiles, _ = self._thread_buffers()
        transforms = self.shell.harmonics.scalar_addresses
        _synthesise_blocks(first, last, slots, self.tables, transforms, spectral, profiles, out)
        return out

    def root_mean_squares(self, slots: np.ndarray) -> np.ndarray:
        """Root mean square over each sphere.

        Parameters
        ----------
        slots : ndarray, shape `shape`

        Returns
        -------
        ndarray, shape (points + 2,)
            On the inner end, the quadrature shells and the outer end.
        """
        tables, squares = self.tables, np.empty(self.grid_shape[0] + 2)
        squares[[0, -1]] = (slots[[0, -1]] ** 2).sum(axis=1)
        for block, start in enumerate(tables.start):
            shells = self._shells(block, block + 1)
            matrix = tables.values[block, 0, : shells.stop - shells.start]
            # not by BLAS, whose sums depend on its number of threads
            profiles = np.einsum("qi,ic->qc", matrix, slots[start : start + matrix.shape[1]])
            squares[1 + shells.start : 1 + shells.stop] = (profiles**2).sum(axis=1)
        return np.sqrt(squares / (4 * math.pi))

    def _shells(self, first: int, last: int) -> slice:
        """Shells of blocks `first` .. `last` - 1."""
        return slice(int(self.tables.bounds[first]), int(self.tables.bounds[last]))

    def against(
        self, values: np.ndarray, factors: np.ndarray | None = None, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Int f v dV over the proper volume for all functions v.

        Parameters
        ----------
        values : ndarray, shape `grid_shape`
            f; or what `factors` make f of.
        factors : ndarray, shape (points,), optional
            One for each quadrature shell.
        out : ndarray, shape `shape`, optional

        Returns
        -------
        ndarray, shape `shape`
        """
        out = np.empty(self.shape) if out is None else out
        transforms = self.shell.harmonics.scalar_addresses
        volume = self.tables.volume if factors is None else self.tables.volume * factors
        tables = self.tables._replace(tests=self._value_tests, volume=volume)

        def some(first: int, last: int) -> None:
            _, spectral, spatial, _, work = self._thread_buffers()
            _analyse_blocks(
                first, last, values, tables, transforms, spectral, spatial, work, self._parts
            )

        self.over_blocks(some)
        self.sum_blocks(self._parts, out)
        return out

    def on_sphere(self, row: np.ndarray) -> np.ndarray:
        """Values (grid,) on a sphere of coefficients (columns,)."""
        out = np.empty(self.grid_shape[1])
        transforms, (spectral, *_) = self.shell.harmonics.scalar_addresses, self._thread_buffers()
        _synthesise_sphere(np.ascontiguousarray(row), self.tables, transforms, spectral, out)
        return out

    def against_sphere(self, values: np.ndarray) -> np.ndarray:
        """Integrals (columns,) of values (grid,) times the real harmonics over the unit sphere."""
        out = np.empty(self.shape[1])
        transforms = self.shell.harmonics.scalar_addresses
        _, spectral, spatial, *_ = self._thread_buffers()
        _analyse_sphere(values, self.tables, transforms, spectral, spatial, out)
        return out

    def constant(self, value: float = 1.0) -> np.ndarray:
        """Slots of a scalar that is the same everywhere.

        Parameters
        ----------
        value : float

        Returns
        -------
        ndarray, shape `shape`
        """
        basis = self.shell.basis
        slots = np.zeros(self.shape)
        storage = np.full((basis.storage_radius.size, 1), math.sqrt(4 * math.pi) * value)
        slots[:, :1] = basis.toroidal_from_storage(storage)
        return slots

    def over_blocks(self, task: Callable[[int, int], None]) -> None:
        """Call task(first, last) for runs of blocks, on all threads."""
        count = self.shell.basis.blocks.count
        tasks = self.threads.count * (TASKS_PER_THREAD if self.shell.harmonics.mmax else 1)
        self.threads.run_compiled(task, blocks(count, -(-count // tasks)))

    def sum_blocks(self, parts: np.ndarray, out: np.ndarray) -> None:
        """Sum what the blocks give (blocks, slots of a block, columns) into slots."""
        start = self.tables.start

        def some(first: int, last: int) -> None:
            _add_blocks(first, last, start, parts, out)

        self.threads.run_compiled(some, blocks(self.shape[1], COLUMNS))

    def _thread_buffers(self) -> tuple[np.ndarray, ...]:
        """Coefficients to synthesise (zero beyond lmax) and analysed; a sphere; radial of a block.

        A buffer of coefficients that is synthesised is never written beyond the columns.
        """
        if not hasattr(self._buffers, "arrays"):
            transform, shells = self.shell.harmonics.transform, self.tables.values.shape[2]
            self._buffers.arrays = (
                np.zeros(transform.nlm, dtype=complex),
                np.empty(transform.nlm, dtype=complex),
                np.empty(transform.nspat),
                np.empty((shells, self.shape[1])),
                np.empty((shells, self.shape[1])),
            )
        return self._buffers.arrays
