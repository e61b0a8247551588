"""The Hall and chiral electric field, shell by shell.

    c E = -eta k5 B + f_h (curl B) x B,
    k5  = (k5_source + beta B . curl B)/(1 + beta B^2), then the cutoff |k5| <= k5_max

(Dehman & Pons, arXiv:2408.05281, eqs 5-9, with the quasi-steady chiral density (7) solved for k5:
E . B has no Hall part, so the closure is linear at each point). The Ohmic part is implicit and
diagonal, see `spectralcmi.terms.ohmic`.

Each shell is synthesised, multiplied and analysed in buffers that stay in cache; whole-volume
arrays on the grid are never formed.
"""

from __future__ import annotations

import functools
import math
import threading
from dataclasses import dataclass

import numba
import numpy as np

from spectralcmi.grid.harmonics import call_analysis, call_synthesis
from spectralcmi.grid.shell import Shell
from spectralcmi.threads import Threads, blocks

#: Shells handed to a thread at a time, in mirrored pairs.
PAIRS_PER_TASK = 12


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
        k5 -> k5/(1 + |k5/k5_max|^8)^(1/8) rather than clipping.
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
#: Part of `_electric_shells`. Merged into it by force: a call to code compiled on its own would be
#: bound to that in the process that compiles, to a copy optimised anew in those that find the
#: result on disk, and sums that may be reassociated would differ in the last bit between them.
merged_kernel = functools.partial(kernel, forceinline=True)


@kernel(inline="always")
def _smooth_cutoff(numerator, denominator, inverse_maximum):
    """k5/(1 + |k5/k5_max|^8)^(1/8) of k5 = numerator/denominator, with one division.

    Squares and square roots because they vectorise.
    """
    above, below = (numerator * inverse_maximum) ** 2, denominator * denominator
    above, below = above * above, below * below
    return numerator / math.sqrt(math.sqrt(math.sqrt(above * above + below * below)))


@kernel(inline="always")
def _hard_cutoff(numerator, denominator, inverse_maximum):
    """k5 = numerator/denominator clipped to [-k5_max, k5_max]."""
    return numerator / max(denominator, abs(numerator) * inverse_maximum)


def _ohms_law(cutoff):
    """Compile the pointwise electric field for one cutoff."""

    @merged_kernel(fastmath=FAST)
    def electric_field(field, current, solid_angle, eta, hall, source, feedback, k5_max, summary):
        """Replace B by cE in `field`; about 45 flops, 7 loads and 3 stores a point."""
        work = wavenumber = saturated = 0.0
        maximum = np.uint64(0)
        inverse_maximum = 1.0 / k5_max
        field_r, field_theta, field_phi = field[0], field[1], field[2]
        current_r, current_theta, current_phi = current[0], current[1], current[2]
        for i in range(solid_angle.size):
            b_r, b_theta, b_phi = field_r[i], field_theta[i], field_phi[i]
            j_r, j_theta, j_phi = current_r[i], current_theta[i], current_phi[i]
            b_square = b_r * b_r + b_theta * b_theta + b_phi * b_phi
            b_dot_j = b_r * j_r + b_theta * j_theta + b_phi * j_phi
            numerator = source + feedback * b_dot_j
            denominator = 1.0 + feedback * b_square
            k5 = cutoff(numerator, denominator, inverse_maximum)
            drive = -eta * k5
            field_r[i] = drive * b_r + hall * (j_theta * b_phi - j_phi * b_theta)
            field_theta[i] = drive * b_theta + hall * (j_phi * b_r - j_r * b_phi)
            field_phi[i] = drive * b_phi + hall * (j_r * b_theta - j_theta * b_r)
            # compared as integers, in the same order: the loop would not vectorise otherwise
            bits = np.float64(b_square).view(np.uint64)
            maximum = bits if bits > maximum else maximum
            weight = solid_angle[i]
            work -= weight * drive * (b_dot_j - k5 * b_square)
            wavenumber += weight * k5
            saturated += weight if abs(numerator) * inverse_maximum > denominator else 0.0
        summary[0] = work
        summary[1] = wavenumber
        summary[2] = saturated
        summary[3] = np.uint64(maximum).view(np.float64)

    return electric_field


_smooth_ohms_law = _ohms_law(_smooth_cutoff)
_hard_ohms_law = _ohms_law(_hard_cutoff)


@merged_kernel()
def _gather(poloidal, toroidal, row, radii, position, real, imaginary, product, fields, currents):
    """Spheroidal-toroidal components of B and curl B on a pair of mirrored shells, in SHTns order.

    B: Q = L p/r^2, S = p'/r, T = t/r; curl B: Q = L t/r^2, S = t'/r, T = -(p'' - L p/r^2)/r.
    `poloidal[0]` and `toroidal[0]` stem from even, `[1]` from odd polynomials, whose sum is the
    outer and whose difference the inner shell; for first derivatives it is the other way round.
    In the order of the columns, which come from memory; SHTns's side is in cache.
    """
    root_half = math.sqrt(0.5)
    for i in range(position.size):
        n, c, d = position[i], real[i], imaginary[i]
        scale = 1.0 if d < 0 else root_half
        for side in range(2):
            sign = scale if side == 0 else -scale
            inverse = 1.0 / radii[side]
            radial = product[i] * inverse * inverse
            p = scale * poloidal[0, 0, row, c] + sign * poloidal[1, 0, row, c]
            p1 = sign * poloidal[0, 1, row, c] + scale * poloidal[1, 1, row, c]
            p2 = scale * poloidal[0, 2, row, c] + sign * poloidal[1, 2, row, c]
            t = scale * toroidal[0, 0, row, c] + sign * toroidal[1, 0, row, c]
            t1 = sign * toroidal[0, 1, row, c] + scale * toroidal[1, 1, row, c]
            ip = ip1 = ip2 = it = it1 = 0.0
            if d >= 0:
                ip = scale * poloidal[0, 0, row, d] + sign * poloidal[1, 0, row, d]
                ip1 = sign * poloidal[0, 1, row, d] + scale * poloidal[1, 1, row, d]
                ip2 = scale * poloidal[0, 2, row, d] + sign * poloidal[1, 2, row, d]
                it = scale * toroidal[0, 0, row, d] + sign * toroidal[1, 0, row, d]
                it1 = sign * toroidal[0, 1, row, d] + scale * toroidal[1, 1, row, d]
            fields[side, 0, n] = complex(radial * p, radial * ip)
            fields[side, 1, n] = complex(inverse * p1, inverse * ip1)
            fields[side, 2, n] = complex(inverse * t, inverse * it)
            currents[side, 0, n] = complex(radial * t, radial * it)
            currents[side, 1, n] = complex(inverse * t1, inverse * it1)
            currents[side, 2, n] = complex(
                inverse * (radial * p - p2), inverse * (radial * ip - ip2)
            )


@merged_kernel()
def _scatter(
    fields, row, radii, weights, position, real, imaginary, product, poloidal, toroidal
):  # fmt: skip
    """The electric field of a pair of mirrored shells, ready for the radial integrals.

    -Int E . curl B_k dV is -Int L q_k r E_T dr for poloidal modes: `poloidal` receives E_T on the
    two shells. It is -Int L (t_k E_Q + t_k' r E_S) dr for toroidal polynomials: `toroidal` receives
    the factors of t_k and t_k', sums over the pair for the even, differences for the odd ones.
    """
    root_two = math.sqrt(2.0)
    half = toroidal.shape[2]
    for i in range(position.size):
        n = position[i]
        scale, parts = (1.0, 1) if imaginary[i] < 0 else (root_two, 2)
        outer = scale * weights[0] * product[i]
        inner = scale * weights[1] * product[i]
        for part in range(parts):
            if part == 0:
                c = real[i]
                q, s, t = fields[0, 0, n].real, fields[0, 1, n].real, fields[0, 2, n].real
                u, v, w = fields[1, 0, n].real, fields[1, 1, n].real, fields[1, 2, n].real
            else:
                c = imaginary[i]
                q, s, t = fields[0, 0, n].imag, fields[0, 1, n].imag, fields[0, 2, n].imag
                u, v, w = fields[1, 0, n].imag, fields[1, 1, n].imag, fields[1, 2, n].imag
            poloidal[half + row, c] = scale * t
            poloidal[half - 1 - row, c] = scale * w
            above, below = -outer * q, -inner * u
            toroidal[0, 0, row, c] = above + below
            toroidal[1, 0, row, c] = above - below
            above, below = -outer * radii[0] * s, -inner * radii[1] * v
            toroidal[0, 1, row, c] = above - below
            toroidal[1, 1, row, c] = above + below


@kernel(cache=True)
def _electric_shells(
    start,
    stop,
    poloidal,
    toroidal,
    radius,
    weights,
    position,
    real,
    imaginary,
    product,
    solid_angle,
    coefficients,
    k5_max,
    smooth,
    configuration,
    synthesis,
    analysis,
    spectral,
    spatial,
    tangential,
    toroidal_sums,
    summary,
):
    """Electric field of the pairs of mirrored shells start .. stop-1, counted from the middle."""
    half = radius.size // 2
    for row in range(start, stop):
        pair = (half + row, half - 1 - row)
        radii = (radius[pair[0]], radius[pair[1]])
        fields, currents = spectral[0], spectral[1]
        _gather(
            poloidal, toroidal, row, radii, position, real, imaginary, product, fields, currents
        )  # fmt: skip
        fields[:, :, 0] = 0.0  # l = 0, first for SHTns, has no column
        for side in range(2):
            shell = pair[side]
            eta, hall, source, feedback = coefficients[shell]
            call_synthesis(synthesis, configuration, fields[side], spatial[0])
            call_synthesis(synthesis, configuration, currents[side], spatial[1])
            if smooth:
                _smooth_ohms_law(
                    spatial[0], spatial[1], solid_angle, eta, hall, source, feedback, k5_max,
                    summary[shell],
                )  # fmt: skip
            else:
                _hard_ohms_law(
                    spatial[0], spatial[1], solid_angle, eta, hall, source, feedback, k5_max,
                    summary[shell],
                )  # fmt: skip
            call_analysis(analysis, configuration, spatial[0], fields[side])
        _scatter(
            fields, row, radii, (weights[pair[0]], weights[pair[1]]), position, real, imaginary,
            product, tangential, toroidal_sums,
        )  # fmt: skip


class ElectricField:
    """The Hall and chiral electric field of a field given by its Chebyshev coefficients.

    Parameters
    ----------
    shell : Shell
    local : LocalCoefficients
    threads : Threads

    Attributes
    ----------
    tangential : ndarray, shape (points, columns)
        Toroidal component E_T of cE on the quadrature shells, to be integrated against the poloidal
        modes of each degree; what the last `multiply` left.

    Notes
    -----
    An evaluation is `to_shells` for all columns, `multiply`, and `to_polynomials` for all columns;
    the first and the last leave it to the caller in which blocks of columns, and on which threads.
    Cost of one evaluation, with M quadrature shells, N polynomials and K columns: 7 M N K flops of
    matrix products common to all degrees (half of the dense count, by parity), 2 M vector syntheses
    and M vector analyses. Work arrays of 8 M K numbers belong to the object.
    """

    def __init__(self, shell: Shell, local: LocalCoefficients, threads: Threads) -> None:
        self.shell = shell
        self._threads = threads
        self._local = local
        self._coefficients = np.stack(
            [
                local.magnetic_diffusivity,
                local.hall_prefactor,
                local.chiral_wavenumber,
                local.anomaly_feedback,
            ],
            axis=1,
        )
        half, count = shell.basis.points // 2, shell.columns.count
        self._poloidal = np.empty((2, 3, half, count))
        self._toroidal = np.empty((2, 2, half, count))
        self.tangential = np.empty((2 * half, count))
        self._toroidal_sums = np.empty((2, 2, half, count))
        harmonics = shell.harmonics
        self._tables = (
            harmonics.position,
            shell.columns.real,
            shell.columns.imaginary,
            harmonics.degree * (harmonics.degree + 1.0),
        )
        self._matrices = [self._product_matrices(parity) for parity in range(2)]
        self._buffers = threading.local()

    def _product_matrices(self, parity: int) -> tuple[np.ndarray, ...]:
        """Stacked evaluation matrices of the even or the odd polynomials, there and back."""
        value, first, second = self.shell.half_evaluation[parity]
        return (
            np.vstack([value, first, second]),
            np.vstack([value, first]),
            np.ascontiguousarray(np.vstack([value, first]).T),
        )

    def to_shells(self, poloidal: np.ndarray, toroidal: np.ndarray, columns: slice) -> None:
        """p, p', p'', t and t' on the shells, for some columns; `multiply` needs those of all.

        Parameters
        ----------
        poloidal, toroidal : ndarray, shape (order, width of `columns`)
            Chebyshev coefficients of p [1e12 G km2] and t [1e12 G km].
        columns : slice
        """
        for parity, (to_p, to_t, _) in enumerate(self._matrices):
            for matrix, source, target in (
                (to_p, poloidal, self._poloidal),
                (to_t, toroidal, self._toroidal),
            ):
                rows = target[parity].reshape(-1, target.shape[-1])
                np.matmul(matrix, source[parity::2], out=rows[:, columns])

    def multiply(self) -> ShellSummary:
        """B and curl B to cE on each shell, by spherical transforms, from what `to_shells` left.

        Returns
        -------
        ShellSummary
        """
        harmonics, basis = self.shell.harmonics, self.shell.basis
        summary = np.empty((basis.points, 4))

        def shells(start: int, stop: int) -> None:
            _electric_shells(
                start,
                stop,
                self._poloidal,
                self._toroidal,
                basis.radius,
                basis.weights,
                *self._tables,
                harmonics.solid_angle.reshape(-1),
                self._coefficients,
                self._local.k5_max,
                self._local.smooth_cutoff,
                *harmonics.addresses,
                *self._thread_buffers(),
                self.tangential,
                self._toroidal_sums,
                summary,
            )

        self._threads.run(shells, blocks(basis.points // 2, PAIRS_PER_TASK))
        return ShellSummary(*summary.T)

    def to_polynomials(self, toroidal: np.ndarray, columns: slice) -> None:
        """Radial integrals of what `multiply` left, for some columns.

        Parameters
        ----------
        toroidal : ndarray, shape (order, width of `columns`)
            Overwritten with -Int cE . curl B dV for every Chebyshev polynomial in place of t.
        columns : slice
        """
        for parity, (_, _, from_t) in enumerate(self._matrices):
            rows = self._toroidal_sums[parity].reshape(-1, self._toroidal_sums.shape[-1])
            np.matmul(from_t, rows[:, columns], out=toroidal[parity::2])

    def _thread_buffers(self) -> tuple[np.ndarray, np.ndarray]:
        """Spectral work space of a pair of shells, spatial of one shell; one set per thread."""
        if not hasattr(self._buffers, "arrays"):
            transform = self.shell.harmonics.transform
            self._buffers.arrays = (
                np.zeros((2, 2, 3, transform.nlm), dtype=complex),
                np.empty((2, 3, transform.nspat)),
            )
        return self._buffers.arrays
