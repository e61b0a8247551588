"""The Hall and chiral electric field, shell by shell.

    c E = -eta k5 B + f_h (curl B) x B

(Dehman & Pons, arXiv:2408.05281, eq. 5). k5 follows from the field at each point, see
`spectralcmi.terms.closure`; the Hall part is `spectralcmi.terms.hall`. The Ohmic part is implicit,
see `spectralcmi.terms.ohmic`. In the metric of a star curl B stands for e^-Phi curl(e^Phi B), all
fields are local, and work is that seen from infinity.

Shells are taken in the blocks of the radial basis. A block is evaluated from its few slots, each
of its shells is synthesised, multiplied and analysed, and the block is integrated against its few
test functions, all in buffers that stay in cache: neither fields on the grid nor profiles of the
whole volume are ever formed.
"""

from __future__ import annotations

import math
import threading
from typing import NamedTuple

import numpy as np

from spectralcmi.grid.harmonics import call_analysis, call_synthesis
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.kernels import COLUMNS, FAST, kernel, merged_kernel, table_product
from spectralcmi.terms.ohms_law import (
    LocalCoefficients,
    ShellMeasures,
    ShellSummary,
    measure_a_shell,
    on_a_local_shell,
    on_a_shell,
)
from spectralcmi.threads import Threads, blocks

#: Tasks of a thread in three dimensions, so that none waits long for another; an axisymmetric
#: evaluation is over in the time that a few tasks take to be handed out.
TASKS_PER_THREAD = 4


@merged_kernel(fastmath=FAST)
def _angular_heat(profiles: np.ndarray, shell: int, radius: float, degrees: DegreeTables) -> float:
    """Sum over columns of rate Int B_l^2 dOmega, from p, p' and t of a shell."""
    p, slope, t = profiles[0, shell], profiles[1, shell], profiles[3, shell]
    inverse_square, total = 1.0 / (radius * radius), 0.0
    for c in range(degrees.product.size):
        inside = degrees.product[c] * inverse_square * p[c] * p[c]
        total += degrees.damping[c] * (inside + slope[c] * slope[c] + t[c] * t[c])
    return total * inverse_square


@merged_kernel()
def _gather(
    profiles: np.ndarray,
    shell: int,
    radius: float,
    angular: AngularTables,
    field: np.ndarray,
    current: np.ndarray,
) -> None:
    """Spheroidal-toroidal components of B and curl B on a shell, in SHTns order.

    B: Q = L p/r^2, S = p'/r, T = t/r; curl B: Q = L t/r^2, S = t'/r, T = -(p'' - L p/r^2)/r.
    `profiles` has p, p', p'', t, t' of the shells of a block. In the order of the columns, which
    are many; SHTns's side is in cache.
    """
    root_half = math.sqrt(0.5)
    inverse = 1.0 / radius
    p, p1, p2 = profiles[0, shell], profiles[1, shell], profiles[2, shell]
    t, t1 = profiles[3, shell], profiles[4, shell]
    for i in range(angular.position.size):
        n, c, d = angular.position[i], angular.real[i], angular.imaginary[i]
        radial = angular.product[i] * inverse * inverse
        if d < 0:
            field[0, n] = complex(radial * p[c], 0.0)
            field[1, n] = complex(inverse * p1[c], 0.0)
            field[2, n] = complex(inverse * t[c], 0.0)
            current[0, n] = complex(radial * t[c], 0.0)
            current[1, n] = complex(inverse * t1[c], 0.0)
            current[2, n] = complex(inverse * (radial * p[c] - p2[c]), 0.0)
        else:
            radial *= root_half
            half = inverse * root_half
            field[0, n] = complex(radial * p[c], radial * p[d])
            field[1, n] = complex(half * p1[c], half * p1[d])
            field[2, n] = complex(half * t[c], half * t[d])
            current[0, n] = complex(radial * t[c], radial * t[d])
            current[1, n] = complex(half * t1[c], half * t1[d])
            current[2, n] = complex(
                inverse * radial * p[c] - half * p2[c], inverse * radial * p[d] - half * p2[d]
            )


@merged_kernel()
def _scatter(
    field: np.ndarray,
    shell: int,
    radius: float,
    weight: float,
    angular: AngularTables,
    work: np.ndarray,
) -> None:
    """The electric field of a shell, ready for the radial integrals.

    -Int E . curl B_k dV is -Int L q_k r E_T dr for the p of a test function and
    -Int L (t_k E_Q + t_k' r E_S) dr for its t: `work` receives, for each shell of a block, the
    factors of p'', p, t and t'.
    """
    root_two = math.sqrt(2.0)
    shells = work.shape[1] // 2
    curved, straight = work[0, shell], work[0, shells + shell]
    toroidal, slope = work[1, shell], work[1, shells + shell]
    for i in range(angular.position.size):
        n, c, d = angular.position[i], angular.real[i], angular.imaginary[i]
        outer = weight * angular.product[i]
        if d >= 0:
            outer *= root_two
        inner = outer / radius * angular.product[i]
        curved[c] = outer * radius * field[2, n].real
        straight[c] = -inner * field[2, n].real
        toroidal[c] = -outer * field[0, n].real
        slope[c] = -outer * radius * field[1, n].real
        if d >= 0:
            curved[d] = outer * radius * field[2, n].imag
            straight[d] = -inner * field[2, n].imag
            toroidal[d] = -outer * field[0, n].imag
            slope[d] = -outer * radius * field[1, n].imag


class RadialTables(NamedTuple):
    """The radial basis as kernels see it, see `spectralcmi.grid.radial.RadialBlocks`."""

    bounds: np.ndarray
    poloidal_start: np.ndarray
    toroidal_start: np.ndarray
    poloidal: np.ndarray
    toroidal: np.ndarray
    poloidal_tests: np.ndarray
    toroidal_tests: np.ndarray
    radius: np.ndarray
    weights: np.ndarray


class AngularTables(NamedTuple):
    """Coefficients and columns, (lm,) each, and quadrature weights on the sphere, (grid,)."""

    position: np.ndarray
    real: np.ndarray
    imaginary: np.ndarray
    product: np.ndarray
    solid_angle: np.ndarray


class DegreeTables(NamedTuple):
    """L = l(l+1) of each column, and the rate of the angular dissipation times L [1/yr]."""

    product: np.ndarray
    damping: np.ndarray


class Law(NamedTuple):
    """Coefficients of Ohm's law, (points, 4): eta, f_h, k5 of the source, beta; and the cutoff."""

    coefficients: np.ndarray
    k5_max: float
    smooth: bool


class Buffers(NamedTuple):
    """Work space of a thread: spectral and spatial of a shell, radial of a block."""

    spectral: np.ndarray
    spatial: np.ndarray
    profiles: np.ndarray
    work: np.ndarray


@kernel(cache=True)
def _electric_blocks(
    first: int,
    last: int,
    poloidal: np.ndarray,
    toroidal: np.ndarray,
    radial: RadialTables,
    angular: AngularTables,
    law: Law,
    transforms: tuple[int, int, int],
    buffers: Buffers,
    duals: np.ndarray,
    summary: np.ndarray,
    degrees: DegreeTables,
    measures: np.ndarray,
    local: np.ndarray,
    heat: np.ndarray,
) -> None:
    """Blocks `first` .. `last` - 1 of `ElectricField.evaluate`, compiled; see there for the cost.

    `transforms` is what `Harmonics.addresses` gives, `duals` has the work on p and on t. Where
    `measures` is None, a variant without them is compiled; `local`, the coefficients of each point,
    and `heat`, (points, grid), are None where coefficients are those of whole shells.
    """
    configuration, synthesis, analysis = transforms
    spatial, profiles, work = buffers.spatial, buffers.profiles, buffers.work
    field, current = buffers.spectral[0], buffers.spectral[1]
    rows = radial.poloidal.shape[2]
    for block in range(first, last):
        for derivative in range(3):
            table_product(
                radial.poloidal[block, derivative],
                poloidal,
                radial.poloidal_start[block],
                rows,
                profiles[derivative],
            )
        for derivative in range(2):
            table_product(
                radial.toroidal[block, derivative],
                toroidal,
                radial.toroidal_start[block],
                rows,
                profiles[3 + derivative],
            )
        for point in range(radial.bounds[block], radial.bounds[block + 1]):
            shell, radius = point - radial.bounds[block], radial.radius[point]
            _gather(profiles, shell, radius, angular, field, current)
            field[:, 0] = 0.0  # l = 0, first for SHTns, has no column
            current[:, 0] = 0.0
            call_synthesis(synthesis, configuration, field, spatial[0])
            call_synthesis(synthesis, configuration, current, spatial[1])
            if measures is not None:
                measures[point, 5] = _angular_heat(profiles, shell, radius, degrees)
                if local is None:
                    measure_a_shell(
                        spatial[0], spatial[1], angular.solid_angle, law.coefficients[point],
                        law.k5_max, law.smooth, measures[point],
                    )  # fmt: skip
            if local is None:
                on_a_shell(
                    spatial[0], spatial[1], angular.solid_angle, law.coefficients[point],
                    law.k5_max, law.smooth, summary[point],
                )  # fmt: skip
            else:
                on_a_local_shell(
                    spatial[0], spatial[1], angular.solid_angle, local[point],
                    law.coefficients[point], law.k5_max, law.smooth, summary[point],
                    measures[point], heat[point],
                )  # fmt: skip
            call_analysis(analysis, configuration, spatial[0], field)
            _scatter(field, shell, radius, radial.weights[point], angular, work)
        for shell in range(radial.bounds[block + 1] - radial.bounds[block], rows):
            work[:, shell] = 0.0
            work[:, rows + shell] = 0.0
        for part in range(2):
            tests = radial.poloidal_tests[block] if part == 0 else radial.toroidal_tests[block]
            table_product(tests, work[part], 0, tests.shape[0], duals[part][block])


@kernel(cache=True)
def _add_blocks(
    first: int, last: int, start: np.ndarray, parts: np.ndarray, out: np.ndarray
) -> None:
    """Sum the parts of all blocks into the slots of columns `first` .. `last` - 1."""
    out[:, first:last] = 0.0
    for block in range(start.size):
        for i in range(parts.shape[1]):
            row = start[block] + i
            for c in range(first, last):
                out[row, c] += parts[block, i, c]


class ElectricField:
    """The Hall and chiral electric field of a field given by its slots.

    And that of the explicit part of Ohm's law, where eta depends on the angles.

    Parameters
    ----------
    shell : Shell
    local : LocalCoefficients
    threads : Threads
    angular_rates : ndarray, shape (lmax,), optional
        Of the angular dissipation of each degree [1/yr], for its heat; default: none.

    Attributes
    ----------
    joule_heat : ndarray, shape (points, grid), or None
        eta |J - k5 B|^2 [B^2/yr] of the last evaluation, where coefficients depend on the angles.

    Notes
    -----
    Cost of one evaluation, with M quadrature shells, n slots of a block and K columns: 18 M n K
    flops of products with small tables, 2 M vector syntheses and M vector analyses. Work arrays of
    2 n K numbers a block belong to the object.
    """

    def __init__(
        self,
        shell: Shell,
        local: LocalCoefficients,
        threads: Threads,
        angular_rates: np.ndarray | None = None,
    ) -> None:
        self.shell = shell
        self._threads = threads
        coefficients = np.stack(
            [
                local.magnetic_diffusivity,
                local.hall_prefactor,
                local.chiral_wavenumber,
                local.anomaly_feedback,
            ],
            axis=1,
        )
        blocks, harmonics, columns = shell.blocks, shell.harmonics, shell.columns
        self._local, self.joule_heat = local.on_grid, None
        if local.on_grid is not None:
            self.joule_heat = np.empty((shell.basis.points, harmonics.solid_angle.size))
        self._law = Law(coefficients, local.k5_max, local.smooth_cutoff)
        self._radial = RadialTables(
            blocks.bounds,
            blocks.poloidal_start,
            blocks.toroidal_start,
            blocks.poloidal,
            blocks.toroidal,
            blocks.poloidal_tests,
            blocks.toroidal_tests,
            shell.basis.radius,
            shell.power_weights,
        )
        self._angular = AngularTables(
            harmonics.position,
            columns.real,
            columns.imaginary,
            harmonics.degree * (harmonics.degree + 1.0),
            harmonics.solid_angle.reshape(-1),
        )
        product = columns.degree * (columns.degree + 1.0)
        rates = np.zeros(harmonics.lmax) if angular_rates is None else angular_rates
        self._degrees = DegreeTables(product, product * rates[columns.degree - 1])
        self._duals = tuple(
            np.empty((blocks.count, tables.shape[-1], columns.count))
            for tables in (blocks.poloidal, blocks.toroidal)
        )
        self._buffers = threading.local()

    def evaluate(self, poloidal: np.ndarray, toroidal: np.ndarray) -> ShellSummary:
        """Electric field of a magnetic field; its work is kept for `work_on`.

        Parameters
        ----------
        poloidal : ndarray, shape (poloidal slots, columns)
            p [1e12 G km2].
        toroidal : ndarray, shape (toroidal slots, columns)
            t [1e12 G km].

        Returns
        -------
        ShellSummary
        """
        # coefficients of each point come with measures alone
        measures = None if self._local is None else self._measures()
        return ShellSummary(*self._evaluate(poloidal, toroidal, measures).T)

    def _measures(self) -> np.ndarray:
        return np.zeros((self.shell.basis.points, 7))

    def measure(self, poloidal: np.ndarray, toroidal: np.ndarray) -> ShellMeasures:
        """As `evaluate`, and all that can be measured on the way, for a tenth of its cost more.

        Parameters
        ----------
        poloidal : ndarray, shape (poloidal slots, columns)
        toroidal : ndarray, shape (toroidal slots, columns)

        Returns
        -------
        ShellMeasures
        """
        measures = self._measures()
        return ShellMeasures(*self._evaluate(poloidal, toroidal, measures).T, *measures.T)

    def _evaluate(
        self, poloidal: np.ndarray, toroidal: np.ndarray, measures: np.ndarray | None
    ) -> np.ndarray:
        """Keep the work, write the measures if there are any, return those of `ShellSummary`."""
        transforms, count = self.shell.harmonics.addresses, self.shell.basis.blocks.count
        summary = np.empty((self.shell.basis.points, 4))

        def some(first: int, last: int) -> None:
            _electric_blocks(
                first,
                last,
                poloidal,
                toroidal,
                self._radial,
                self._angular,
                self._law,
                transforms,
                self._thread_buffers(),
                self._duals,
                summary,
                self._degrees,
                measures,
                self._local,
                self.joule_heat,
            )

        tasks = self._threads.count * (TASKS_PER_THREAD if self.shell.harmonics.mmax else 1)
        self._threads.run_compiled(some, blocks(count, -(-count // tasks)))
        return summary

    def work_on(self, poloidal: np.ndarray, toroidal: np.ndarray) -> None:
        """-Int cE . curl B_k dV of what was evaluated, for each function and column.

        Parameters
        ----------
        poloidal : ndarray, shape (poloidal slots, columns)
        toroidal : ndarray, shape (toroidal slots, columns)
            Overwritten.
        """
        radial, columns = self.shell.basis.blocks, self.shell.columns.count
        pairs = (
            (radial.poloidal_start, self._duals[0], poloidal),
            (radial.toroidal_start, self._duals[1], toroidal),
        )

        def some(first: int, last: int) -> None:
            for start, parts, out in pairs:
                _add_blocks(first, last, start, parts, out)

        self._threads.run_compiled(some, blocks(columns, COLUMNS))

    def _thread_buffers(self) -> Buffers:
        if not hasattr(self._buffers, "arrays"):
            transform, count = self.shell.harmonics.transform, self.shell.columns.count
            shells = self.shell.basis.blocks.poloidal.shape[2]
            self._buffers.arrays = Buffers(
                np.zeros((2, 3, transform.nlm), dtype=complex),
                np.empty((2, 3, transform.nspat)),
                np.empty((5, shells, count)),
                np.empty((2, 2 * shells, count)),
            )
        return self._buffers.arrays
