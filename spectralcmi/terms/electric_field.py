"""The Hall and chiral electric field, shell by shell.

    c E = -eta k5 B + f_h (curl B) x B

(Dehman & Pons, arXiv:2408.05281, eq. 5). k5 follows from the field at each point, see
`spectralcmi.terms.chiral`; the Hall part is `spectralcmi.terms.hall`. The Ohmic part is implicit,
see `spectralcmi.terms.ohmic`. In the metric of a star curl B stands for e^-Phi curl(e^Phi B), all
fields are local, and work is that seen from infinity.

Shells are taken in the blocks of the radial basis. A block is evaluated from its few slots, each
of its shells is synthesised, multiplied and analysed, and the block is integrated against its few
test functions, all in buffers that stay in cache: neither fields on the grid nor profiles of the
whole volume are ever formed.
"""

from __future__ import annotations

import functools
import math
import threading
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np

from spectralcmi.grid.harmonics import call_analysis, call_synthesis
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.chiral import cutoff_matters, hard_closure, smooth_closure
from spectralcmi.terms.hall import hall_field
from spectralcmi.threads import Threads, blocks

#: Columns whose products with radial tables are taken at a time: sources and results in cache.
COLUMNS = 256
#: Points of a shell that are treated alike, see `_on_a_shell`.
CHUNK = 128
#: Tasks of a thread in three dimensions, so that none waits long for another; an axisymmetric
#: evaluation is over in the time that a few tasks take to be handed out.
TASKS_PER_THREAD = 4


@dataclass(frozen=True)
class LocalCoefficients:
    """What Ohm's law needs on each quadrature shell; all arrays of shape (points,).

    Attributes
    ----------
    magnetic_diffusivity : ndarray
        eta [km2/yr].
    hall_prefactor : ndarray
        f_h [km2/yr per 1e12 G]; zero where the Hall term is off.
    chiral_wavenumber : ndarray
        k5 in a weak field, uncut [1/km]; zero where the chiral term is off.
    anomaly_feedback : ndarray
        beta, the response of k5 to E . B [(1e12 G)^-2]; zero where it is off.
    k5_max : float
        Cutoff [1/km]; infinite for none.
    smooth_cutoff : bool
        See `spectralcmi.terms.chiral.cut`.
    """

    magnetic_diffusivity: np.ndarray
    hall_prefactor: np.ndarray
    chiral_wavenumber: np.ndarray
    anomaly_feedback: np.ndarray
    k5_max: float
    smooth_cutoff: bool


@dataclass(frozen=True)
class ShellSummary:
    """Angular integrals and extrema on the quadrature shells, by-products of the electric field.

    Attributes
    ----------
    chiral_work : ndarray, shape (points,)
        Int k5 eta (B . curl B - k5 B^2) dOmega = Int k5 B . cE dOmega [B^2/yr].
    wavenumber : ndarray, shape (points,)
        Int k5 dOmega [1/km].
    saturated : ndarray, shape (points,)
        Solid angle where the uncut |k5| exceeds k5_max.
    maximum_square : ndarray, shape (points,)
        Largest B^2.
    """

    chiral_work: np.ndarray
    wavenumber: np.ndarray
    saturated: np.ndarray
    maximum_square: np.ndarray


#: Reassociation lets the angular sums vectorise; IEEE infinities and NaN are kept, so that a field
#: that blows up is noticed.
FAST = {"contract", "reassoc", "nsz", "arcp"}
#: Division without Python's check for zero, which would keep the loops from vectorising.
kernel = functools.partial(numba.njit, nogil=True, error_model="numpy")
#: Part of `_electric_blocks`. Merged into it by force: a call to code compiled on its own would be
#: bound to that in the process that compiles, to a copy optimised anew in those that find the
#: result on disk, and sums that may be reassociated would differ in the last bit between them.
merged_kernel = functools.partial(kernel, forceinline=True)


def _ohms_law(closure):
    """Compile the pointwise electric field with one closure of k5."""

    @merged_kernel(fastmath=FAST)
    def electric_field(
        first, last, field, current, solid_angle, eta, hall, source, feedback, inverse_maximum
    ):
        """Replace B by cE in `field` at points `first` .. `last` - 1; the sums of `ShellSummary`.

        About 45 flops besides the closure, 7 loads and 3 stores a point.
        """
        work = wavenumber = saturated = 0.0
        maximum = np.uint64(0)
        # row by row: slices of the whole array would not vectorise
        field_r, field_theta = field[0, first:last], field[1, first:last]
        field_phi, current_r = field[2, first:last], current[0, first:last]
        current_theta, current_phi = current[1, first:last], current[2, first:last]
        weights = solid_angle[first:last]
        for i in range(last - first):
            b_r, b_theta, b_phi = field_r[i], field_theta[i], field_phi[i]
            j_r, j_theta, j_phi = current_r[i], current_theta[i], current_phi[i]
            b_square = b_r * b_r + b_theta * b_theta + b_phi * b_phi
            b_dot_j = b_r * j_r + b_theta * j_theta + b_phi * j_phi
            numerator = source + feedback * b_dot_j
            denominator = 1.0 + feedback * b_square
            k5 = closure(numerator, denominator, inverse_maximum)
            drive = -eta * k5
            hall_r, hall_theta, hall_phi = hall_field(
                hall, b_r, b_theta, b_phi, j_r, j_theta, j_phi
            )
            field_r[i] = drive * b_r + hall_r
            field_theta[i] = drive * b_theta + hall_theta
            field_phi[i] = drive * b_phi + hall_phi
            # compared as integers, in the same order: the loop would not vectorise otherwise
            bits = np.float64(b_square).view(np.uint64)
            maximum = bits if bits > maximum else maximum
            weight = weights[i]
            work -= weight * drive * (b_dot_j - k5 * b_square)
            wavenumber += weight * k5
            saturated += weight if abs(numerator) * inverse_maximum > denominator else 0.0
        return work, wavenumber, saturated, np.uint64(maximum).view(np.float64)

    return electric_field


_smooth_ohms_law = _ohms_law(smooth_closure)
_hard_ohms_law = _ohms_law(hard_closure)


@merged_kernel(fastmath=FAST)
def _cutoff_matters(first, last, field, current, source, feedback, inverse_maximum):
    """Whether the smooth closure differs from the hard one somewhere among some points."""
    field_r, field_theta = field[0, first:last], field[1, first:last]
    field_phi, current_r = field[2, first:last], current[0, first:last]
    current_theta, current_phi = current[1, first:last], current[2, first:last]
    count = 0
    for i in range(last - first):
        b_r, b_theta, b_phi = field_r[i], field_theta[i], field_phi[i]
        j_r, j_theta, j_phi = current_r[i], current_theta[i], current_phi[i]
        b_square = b_r * b_r + b_theta * b_theta + b_phi * b_phi
        b_dot_j = b_r * j_r + b_theta * j_theta + b_phi * j_phi
        count += cutoff_matters(
            source + feedback * b_dot_j, 1.0 + feedback * b_square, inverse_maximum
        )
    return count > 0


@merged_kernel()
def _on_a_shell(field, current, solid_angle, coefficients, k5_max, smooth, summary):
    """Replace B by cE in `field` on a shell and write its `summary`.

    In runs of `CHUNK` points: where the smooth cutoff does nothing, or all, the hard one is as good
    and takes a third of the time.
    """
    eta, hall, source, feedback = coefficients
    inverse_maximum = 1.0 / k5_max
    work = wavenumber = saturated = maximum = 0.0
    for first in range(0, solid_angle.size, CHUNK):
        last = min(first + CHUNK, solid_angle.size)
        if smooth and _cutoff_matters(
            first, last, field, current, source, feedback, inverse_maximum
        ):
            sums = _smooth_ohms_law(
                first, last, field, current, solid_angle, eta, hall, source, feedback,
                inverse_maximum,
            )  # fmt: skip
        else:
            sums = _hard_ohms_law(
                first, last, field, current, solid_angle, eta, hall, source, feedback,
                inverse_maximum,
            )  # fmt: skip
        work += sums[0]
        wavenumber += sums[1]
        saturated += sums[2]
        maximum = max(maximum, sums[3])
    summary[0] = work
    summary[1] = wavenumber
    summary[2] = saturated
    summary[3] = maximum


@merged_kernel(fastmath=FAST)
def _add_four(m, slot, source, first, low, high, target):
    """Add four slots to a row of a product; slices, as indices into two axes do not vectorise."""
    m0, m1, m2, m3 = m[slot], m[slot + 1], m[slot + 2], m[slot + 3]
    s0, s1 = source[first, low:high], source[first + 1, low:high]
    s2, s3 = source[first + 2, low:high], source[first + 3, low:high]
    for c in range(high - low):
        target[c] += m0 * s0[c] + m1 * s1[c] + m2 * s2[c] + m3 * s3[c]


@merged_kernel(fastmath=FAST)
def _product(matrix, source, start, rows, target):
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


@merged_kernel()
def _gather(profiles, shell, radius, angular, field, current):
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
def _scatter(field, shell, radius, weight, angular, work):
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
    first, last, poloidal, toroidal, radial, angular, law, transforms, buffers, duals, summary
):
    """Blocks `first` .. `last` - 1 of `ElectricField.evaluate`, compiled; see there for the cost.

    `transforms` is what `Harmonics.addresses` gives, `duals` has the work on p and on t.
    """
    configuration, synthesis, analysis = transforms
    spatial, profiles, work = buffers.spatial, buffers.profiles, buffers.work
    field, current = buffers.spectral[0], buffers.spectral[1]
    rows = radial.poloidal.shape[2]
    for block in range(first, last):
        for derivative in range(3):
            _product(
                radial.poloidal[block, derivative],
                poloidal,
                radial.poloidal_start[block],
                rows,
                profiles[derivative],
            )
        for derivative in range(2):
            _product(
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
            _on_a_shell(
                spatial[0], spatial[1], angular.solid_angle, law.coefficients[point], law.k5_max,
                law.smooth, summary[point],
            )  # fmt: skip
            call_analysis(analysis, configuration, spatial[0], field)
            _scatter(field, shell, radius, radial.weights[point], angular, work)
        for shell in range(radial.bounds[block + 1] - radial.bounds[block], rows):
            work[:, shell] = 0.0
            work[:, rows + shell] = 0.0
        for part in range(2):
            tests = radial.poloidal_tests[block] if part == 0 else radial.toroidal_tests[block]
            _product(tests, work[part], 0, tests.shape[0], duals[part][block])


@kernel(cache=True)
def _add_blocks(first, last, start, parts, out):
    """Sum the parts of all blocks into the slots of columns `first` .. `last` - 1."""
    out[:, first:last] = 0.0
    for block in range(start.size):
        for i in range(parts.shape[1]):
            row = start[block] + i
            for c in range(first, last):
                out[row, c] += parts[block, i, c]


class ElectricField:
    """The Hall and chiral electric field of a field given by its slots.

    Parameters
    ----------
    shell : Shell
    local : LocalCoefficients
    threads : Threads

    Notes
    -----
    Cost of one evaluation, with M quadrature shells, n slots of a block and K columns: 18 M n K
    flops of products with small tables, 2 M vector syntheses and M vector analyses. Work arrays of
    2 n K numbers a block belong to the object.
    """

    def __init__(self, shell: Shell, local: LocalCoefficients, threads: Threads) -> None:
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
            )

        tasks = self._threads.count * (TASKS_PER_THREAD if self.shell.harmonics.mmax else 1)
        self._threads.run_compiled(some, blocks(count, -(-count // tasks)))
        return ShellSummary(*summary.T)

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
