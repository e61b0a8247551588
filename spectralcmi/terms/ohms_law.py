"""Ohm's law at each point of a shell, and what is measured of it on the way.

    c E = -eta k5 B + f_h J x B

Three variants: with the integrals that each evaluation gives, `ShellSummary`; with all that can be
measured beside, `ShellMeasures`, in a pass of its own, so that the first stays what it is; and with
coefficients of each point, where the temperature depends on the angles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectralcmi.terms.closure import cutoff_matters, hard_closure, smooth_closure
from spectralcmi.terms.hall import hall_field
from spectralcmi.terms.kernels import FAST, merged_kernel

#: Points of a shell that are treated alike, see `on_a_shell`.
CHUNK = 128


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
        See `spectralcmi.terms.closure.cut`.
    on_grid : ndarray, shape (points, 3, grid), optional
        eta, k5 and beta at each point of the grid, where they depend on the angles.
        `magnetic_diffusivity` then is the largest of each shell, which is implicit; the rest,
        (eta - `magnetic_diffusivity`) J, belongs to the explicit electric field.
    """

    magnetic_diffusivity: np.ndarray
    hall_prefactor: np.ndarray
    chiral_wavenumber: np.ndarray
    anomaly_feedback: np.ndarray
    k5_max: float
    smooth_cutoff: bool
    on_grid: np.ndarray | None = None


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


@dataclass(frozen=True)
class ShellMeasures(ShellSummary):
    """What is measured on the quadrature shells beside `ShellSummary`, with the closed, cut k5.

    Attributes
    ----------
    joule_heat : ndarray, shape (points,)
        Int eta |J - k5 B|^2 dOmega [B^2/yr].
    absolute_wavenumber : ndarray, shape (points,)
        Int |k5| dOmega [1/km].
    square_wavenumber : ndarray, shape (points,)
        Int k5^2 dOmega [1/km2].
    maximum_wavenumber : ndarray, shape (points,)
        Largest |k5| [1/km].
    parallel_field : ndarray, shape (points,)
        Int eta (B . J - k5 B^2) dOmega = Int B . cE dOmega [(1e12 G)^2 km/yr].
    angular_heat : ndarray, shape (points,)
        Sum over degrees of the rate of the angular dissipation times Int B_l^2 dOmega [B^2/yr].
    ohmic_remainder : ndarray, shape (points,)
        Int (eta - largest eta of the shell) J^2 dOmega, what the implicit Ohmic term takes too much
        of where eta depends on the angles, negative; else zero [B^2/yr].
    """

    joule_heat: np.ndarray
    absolute_wavenumber: np.ndarray
    square_wavenumber: np.ndarray
    maximum_wavenumber: np.ndarray
    parallel_field: np.ndarray
    angular_heat: np.ndarray
    ohmic_remainder: np.ndarray


def _ohms_law(closure: Callable) -> Callable:
    """Compile the pointwise electric field with one closure of k5."""

    @merged_kernel(fastmath=FAST)
    def electric_field(
        first: int,
        last: int,
        field: np.ndarray,
        current: np.ndarray,
        solid_angle: np.ndarray,
        eta: float,
        hall: float,
        source: float,
        feedback: float,
        inverse_maximum: float,
    ) -> tuple[float, ...]:
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


def _point_measures(closure: Callable) -> Callable:
    """Compile the sums that `ShellMeasures` has beside `ShellSummary`, with one closure of k5."""

    @merged_kernel(fastmath=FAST)
    def measures(
        first: int,
        last: int,
        field: np.ndarray,
        current: np.ndarray,
        solid_angle: np.ndarray,
        eta: float,
        source: float,
        feedback: float,
        inverse_maximum: float,
    ) -> tuple[float, ...]:
        """The sums over points `first` .. `last` - 1, but for `angular_heat`.

        About 40 flops besides the closure and 7 loads a point.
        """
        heat = absolute = square = parallel = 0.0
        maximum = np.uint64(0)
        field_r, field_theta = field[0, first:last], field[1, first:last]
        field_phi, current_r = field[2, first:last], current[0, first:last]
        current_theta, current_phi = current[1, first:last], current[2, first:last]
        weights = solid_angle[first:last]
        for i in range(last - first):
            b_r, b_theta, b_phi = field_r[i], field_theta[i], field_phi[i]
            j_r, j_theta, j_phi = current_r[i], current_theta[i], current_phi[i]
            b_square = b_r * b_r + b_theta * b_theta + b_phi * b_phi
            b_dot_j = b_r * j_r + b_theta * j_theta + b_phi * j_phi
            k5 = closure(source + feedback * b_dot_j, 1.0 + feedback * b_square, inverse_maximum)
            rest_r, rest_theta = j_r - k5 * b_r, j_theta - k5 * b_theta
            rest_phi = j_phi - k5 * b_phi
            weight, size = weights[i], abs(k5)
            heat += weight * (rest_r * rest_r + rest_theta * rest_theta + rest_phi * rest_phi)
            absolute += weight * size
            square += weight * size * size
            parallel += weight * (b_dot_j - k5 * b_square)
            bits = np.float64(size).view(np.uint64)
            maximum = bits if bits > maximum else maximum
        largest = np.uint64(maximum).view(np.float64)
        return eta * heat, absolute, square, largest, eta * parallel

    return measures


def _local_law(closure: Callable) -> Callable:
    """Compile `_ohms_law` and `_point_measures` as one, with coefficients of each point."""

    @merged_kernel(fastmath=FAST)
    def electric_field(
        first: int,
        last: int,
        field: np.ndarray,
        current: np.ndarray,
        solid_angle: np.ndarray,
        local: np.ndarray,
        largest: float,
        hall: float,
        inverse_maximum: float,
        heat: np.ndarray,
    ) -> tuple[float, ...]:
        """Replace B by cE, with (eta - largest) J, and write eta |J - k5 B|^2 to `heat`.

        Returns the sums of `ShellSummary` and of `ShellMeasures` but for `angular_heat`.
        """
        work = wavenumber = saturated = joule = absolute = square = parallel = remainder = 0.0
        strongest = fastest = np.uint64(0)
        field_r, field_theta = field[0, first:last], field[1, first:last]
        field_phi, current_r = field[2, first:last], current[0, first:last]
        current_theta, current_phi = current[1, first:last], current[2, first:last]
        weights, heats = solid_angle[first:last], heat[first:last]
        etas, sources, feedbacks = local[0, first:last], local[1, first:last], local[2, first:last]
        for i in range(last - first):
            b_r, b_theta, b_phi = field_r[i], field_theta[i], field_phi[i]
            j_r, j_theta, j_phi = current_r[i], current_theta[i], current_phi[i]
            eta, source = np.float64(etas[i]), np.float64(sources[i])
            feedback = np.float64(feedbacks[i])
            b_square = b_r * b_r + b_theta * b_theta + b_phi * b_phi
            b_dot_j = b_r * j_r + b_theta * j_theta + b_phi * j_phi
            numerator = source + feedback * b_dot_j
            denominator = 1.0 + feedback * b_square
            k5 = closure(numerator, denominator, inverse_maximum)
            drive, rest = -eta * k5, eta - largest
            rest_r, rest_theta = j_r - k5 * b_r, j_theta - k5 * b_theta
            rest_phi = j_phi - k5 * b_phi
            hall_r, hall_theta, hall_phi = hall_field(
                hall, b_r, b_theta, b_phi, j_r, j_theta, j_phi
            )
            field_r[i] = drive * b_r + hall_r + rest * j_r
            field_theta[i] = drive * b_theta + hall_theta + rest * j_theta
            field_phi[i] = drive * b_phi + hall_phi + rest * j_phi
            here = rest_r * rest_r + rest_theta * rest_theta + rest_phi * rest_phi
            heats[i] = eta * here
            weight, size, along = weights[i], abs(k5), b_dot_j - k5 * b_square
            bits, other = np.float64(b_square).view(np.uint64), np.float64(size).view(np.uint64)
            strongest = bits if bits > strongest else strongest
            fastest = other if other > fastest else fastest
            work -= weight * drive * along
            wavenumber += weight * k5
            saturated += weight if abs(numerator) * inverse_maximum > denominator else 0.0
            joule += weight * eta * here
            absolute += weight * size
            square += weight * size * size
            parallel += weight * eta * along
            remainder += weight * rest * (j_r * j_r + j_theta * j_theta + j_phi * j_phi)
        maximum = np.uint64(strongest).view(np.float64)
        largest_size = np.uint64(fastest).view(np.float64)
        return (
            work, wavenumber, saturated, maximum, joule, absolute, square, largest_size, parallel,
            remainder,
        )  # fmt: skip

    return electric_field


_smooth_local_law = _local_law(smooth_closure)
_hard_local_law = _local_law(hard_closure)
_smooth_measures = _point_measures(smooth_closure)
_hard_measures = _point_measures(hard_closure)


@merged_kernel(fastmath=FAST)
def _cutoff_matters(
    first: int,
    last: int,
    field: np.ndarray,
    current: np.ndarray,
    source: float,
    feedback: float,
    inverse_maximum: float,
) -> bool:
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
def on_a_shell(
    field: np.ndarray,
    current: np.ndarray,
    solid_angle: np.ndarray,
    coefficients: np.ndarray,
    k5_max: float,
    smooth: bool,
    summary: np.ndarray,
) -> None:
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


@merged_kernel()
def measure_a_shell(
    field: np.ndarray,
    current: np.ndarray,
    solid_angle: np.ndarray,
    coefficients: np.ndarray,
    k5_max: float,
    smooth: bool,
    measures: np.ndarray,
) -> None:
    """Write what `ShellMeasures` has beside `ShellSummary`, of a shell whose B is still there.

    But for the last, which is that of the columns, not of the points.
    """
    eta, _, source, feedback = coefficients
    inverse_maximum = 1.0 / k5_max
    heat = absolute = square = maximum = parallel = 0.0
    for first in range(0, solid_angle.size, CHUNK):
        last = min(first + CHUNK, solid_angle.size)
        if smooth and _cutoff_matters(
            first, last, field, current, source, feedback, inverse_maximum
        ):
            sums = _smooth_measures(
                first, last, field, current, solid_angle, eta, source, feedback, inverse_maximum
            )
        else:
            sums = _hard_measures(
                first, last, field, current, solid_angle, eta, source, feedback, inverse_maximum
            )
        heat += sums[0]
        absolute += sums[1]
        square += sums[2]
        maximum = max(maximum, sums[3])
        parallel += sums[4]
    measures[0] = heat
    measures[1] = absolute
    measures[2] = square
    measures[3] = maximum
    measures[4] = parallel


@merged_kernel()
def on_a_local_shell(
    field: np.ndarray,
    current: np.ndarray,
    solid_angle: np.ndarray,
    local: np.ndarray,
    coefficients: np.ndarray,
    k5_max: float,
    smooth: bool,
    summary: np.ndarray,
    measures: np.ndarray,
    heat: np.ndarray,
) -> None:
    """As `on_a_shell` and `measure_a_shell`, with coefficients of each point."""
    largest, hall, _, _ = coefficients
    inverse_maximum = 1.0 / k5_max
    work = wavenumber = saturated = strongest = 0.0
    joule = absolute = square = fastest = parallel = remainder = 0.0
    for first in range(0, solid_angle.size, CHUNK):
        last = min(first + CHUNK, solid_angle.size)
        if smooth:
            sums = _smooth_local_law(
                first, last, field, current, solid_angle, local, largest, hall, inverse_maximum,
                heat,
            )  # fmt: skip
        else:
            sums = _hard_local_law(
                first, last, field, current, solid_angle, local, largest, hall, inverse_maximum,
                heat,
            )  # fmt: skip
        work += sums[0]
        wavenumber += sums[1]
        saturated += sums[2]
        strongest = max(strongest, sums[3])
        joule += sums[4]
        absolute += sums[5]
        square += sums[6]
        fastest = max(fastest, sums[7])
        parallel += sums[8]
        remainder += sums[9]
    summary[0] = work
    summary[1] = wavenumber
    summary[2] = saturated
    summary[3] = strongest
    measures[0] = joule
    measures[1] = absolute
    measures[2] = square
    measures[3] = fastest
    measures[4] = parallel
    measures[6] = remainder
