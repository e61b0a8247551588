"""The fastest growing perturbation of an axisymmetric state, by shift and inversion.

Eigenvalues s near a shift sigma are the largest 1/(sigma - s) of (sigma M - A)^-1 M, see
`spectralcmi.linear.frozen_operator` for M and A. An Arnoldi iteration finds those in a disc about
the shift, but for some that are known to grow slower than the fastest so far.

Discs are laid along the line of that growth until they cover its frequencies: the chosen mode is
the fastest of all that oscillate no more than `TURNS` times faster than they grow. A shift far
above the others finds what grows much faster than chiral waves do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectralcmi.fields.element_space import element_basis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.linear.element_factors import ShiftedFactors
from spectralcmi.linear.frozen_operator import FrozenOperator
from spectralcmi.linear.growth import Growth, chiral_bound
from spectralcmi.memory import usable_memory
from spectralcmi.model import InductionModel

#: Krylov vectors of a shift: at most, far above all growth, and how often what they tell is looked
#: at.
KRYLOV_VECTORS, FAR_VECTORS, LOOK = 120, 40, 20
#: Growth of the covered range of frequencies from look to look for which vectors are added.
WORTHWHILE = 1.2
#: First shifts, in units of the growth expected; later ones are above the growth found by this part
#: of it.
FARTHEST, FIRST, HEIGHT = 50.0, 1.2, 0.4
#: Largest frequency that is looked for, over the growth rate.
TURNS = 10.0
#: Growth below this part of that expected is taken for it, where a length is wanted.
NEUTRAL = 0.1
#: How much farther than the last range of frequencies the next shift reaches out.
REACH = 1.5
#: Relative error of eigenvalues that are taken for known, unless less is wanted: that of modes that
#: are far from orthogonal is larger.
KNOWN = 1e-4
#: What is left of a vector, over what it was, that is round-off.
SMALLEST_REST = 1e-12
#: Residual below which round-off is what errs.
ROUND_OFF = 1e-12
#: Shifts at most; more would be for spectra that lie along a line of equal growth.
MOST_SHIFTS = 24


def why_not_factorised(model: InductionModel, order: int) -> str | None:
    """Why `fastest_by_factors` does not take perturbations of axisymmetric states of a model.

    Parameters
    ----------
    model : InductionModel
    order : int
        Of the perturbations.

    Returns
    -------
    str or None
        None if it does.
    """
    if not isinstance(model.shell.basis, ElementBasis):
        return "the functions of the radius are not those of elements"
    if model.local.on_grid is not None:
        return "the matter depends on the angles"
    needed, usable = memory_needed(model, order), usable_memory()
    if needed > usable:
        return f"factors need {needed / 1e9:.1f} GB of memory, and {usable / 1e9:.1f} GB are there"
    return None


def memory_needed(model: InductionModel, order: int) -> float:
    """Estimate of the memory that `fastest_by_factors` takes.

    Parameters
    ----------
    model : InductionModel
        On an `ElementBasis`.
    order : int
        Of the perturbations.

    Returns
    -------
    float [bytes]
    """
    basis = element_basis(model.shell)
    functions = 2 * basis.element_order + 1
    inner, degrees = functions - 6, model.shell.harmonics.lmax - max(order, 1) + 1
    # inside an element, and of the seven 3 x 3 blocks that it keeps of what elements share
    factors = basis.elements * (inner * (inner + 12) + 63)
    blocks = 3 * model.threads.count * functions**2
    vectors = 2 * basis.order * (KRYLOV_VECTORS + 1)
    complex_number = 16.0
    return complex_number * degrees * ((factors + blocks) * degrees + vectors)


def fastest_by_factors(
    model: InductionModel, state: np.ndarray, order: int, tolerance: float = 1e-3
) -> Growth:
    """The fastest growing small perturbation of one order of an axisymmetric state, held fixed.

    Parameters
    ----------
    model : InductionModel
        One for which `why_not_factorised` is None.
    state : ndarray, shape `model.shape`
        Its columns of order 0 are the state.
    order : int
        One of the orders of the model.
    tolerance : float
        Largest residual.

    Returns
    -------
    Growth

    Notes
    -----
    Cost: three to eight factorisations, each of some 2000 E K^3 flops with E elements of order 7
    and K degrees, four times that where the shift is not real or m > 0; and for each some 60
    solutions that read the factors once. Memory: `memory_needed`, 4 kB E K^2.
    """
    operator = FrozenOperator(model, state, order)
    best, vector, residual = _Search(operator, tolerance).fastest()
    mode = np.zeros(model.shape, dtype=complex)
    mode[:, operator.columns] = vector
    if order:
        mode[:, operator.columns + 1] = -1j * vector  # the imaginary part lags a quarter turn
    else:
        mode *= np.exp(-0.5j * np.angle(np.sum(vector * operator.mass(vector))))
    mode /= math.sqrt(2.0 if order else 1.0)
    if best.imag < 0:
        mode = mode.conj()
    return Growth(best.real, abs(best.imag), mode, residual)


# --- search -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Disc:
    """Where no eigenvalue is unknown that grows faster than the fastest known.

    Attributes
    ----------
    centre : complex
        The shift [1/yr].
    radius : float
        [1/yr]
    """

    centre: complex
    radius: float

    def half_width(self, growth: float) -> float:
        """Half the length of the line of a growth that lies in the disc, in frequency."""
        height = self.centre.real - growth
        return math.sqrt(max(self.radius**2 - height**2, 0.0))


def first_gap(
    discs: list[Disc], growth: float, ends: tuple[float, float]
) -> tuple[float, float] | None:
    """The interval of frequencies nearest to 0 that no disc covers on the line of a growth.

    Parameters
    ----------
    discs : list of Disc
    growth : float
        [1/yr]
    ends : (float, float)
        Frequencies that matter [1/yr].

    Returns
    -------
    (float, float) or None
    """
    widths = [(disc.centre.imag, disc.half_width(growth)) for disc in discs]
    covered = sorted((y - width, y + width) for y, width in widths if width > 0)
    gaps, reached = [], ends[0]
    for first, last in covered:
        if first > reached:
            gaps.append((reached, min(first, ends[1])))
        reached = max(reached, last)
        if reached >= ends[1]:
            break
    else:
        gaps.append((reached, ends[1]))
    return min(gaps, key=lambda gap: max(gap[0], -gap[1], 0.0), default=None)


class _Search:
    """The fastest of all eigenvalues, and the discs in which they are known."""

    def __init__(self, operator: FrozenOperator, tolerance: float) -> None:
        self.operator, self.tolerance = operator, min(tolerance, KNOWN)
        local, basis = operator.model.local, operator.model.shell.basis
        thickness = basis.outer_radius - basis.inner_radius
        slowest = float(np.min(local.magnetic_diffusivity)) / thickness**2
        self.expected = max(chiral_bound(operator.model), slowest)
        self.best, self.error = complex(-math.inf), math.inf
        self.vector = np.zeros(operator.shape)
        self.discs: list[Disc] = []

    def fastest(self) -> tuple[complex, np.ndarray, float]:
        """Eigenvalue, its vector of unit energy, and its residual."""
        self._look(FARTHEST * self.expected, FAR_VECTORS)
        self.discs.clear()  # so far away that nothing else is known there
        if self.best.real < self.expected:
            found = self._look(FIRST * self.expected)
            if not math.isfinite(self.best.real):
                self._keep(found, int(np.argmin(found.errors)))
        while (gap := first_gap(self.discs, self.best.real, self._frequencies)) is not None:
            if len(self.discs) == MOST_SHIFTS or not all(
                disc.half_width(self.best.real) for disc in self.discs[-1:]
            ):
                return self.best, self.vector, math.inf
            self._look(self._next_shift(gap))
        size = max(abs(self.best), NEUTRAL * self.expected)
        return self.best, self.vector, max(self.error / size, ROUND_OFF)

    @property
    def _scale(self) -> float:
        """Growth or decay of the fastest mode, or what stands for it if that is none."""
        return max(abs(self.best.real), NEUTRAL * self.expected)

    @property
    def _frequencies(self) -> tuple[float, float]:
        """Those that are looked for; the conjugate of a real matrix's is known."""
        largest = TURNS * self._scale
        return (-largest if self.operator.order else 0.0), largest

    def _next_shift(self, gap: tuple[float, float]) -> complex:
        """A shift for a gap: in its middle, or not too far beyond what is covered."""
        height = self.best.real + HEIGHT * self._scale
        if gap[0] <= 0.0 <= gap[1]:
            return height
        near, far = sorted(abs(end) for end in gap)
        reach = max(HEIGHT * self._scale, self.discs[-1].half_width(self.best.real))
        return complex(height, math.copysign(min(near + REACH * reach, (near + far) / 2), gap[1]))

    def _look(self, shift: complex, most: int = KRYLOV_VECTORS) -> _Eigenvalues:
        """Find the eigenvalues about a shift."""
        krylov = _Krylov(self.operator, shift, most)
        covered = 0.0
        while True:
            krylov.extend(LOOK)
            found = krylov.eigenvalues()
            self._take(found)
            disc = Disc(shift, self._known_radius(shift, found))
            before, covered = covered, disc.half_width(self.best.real)
            if krylov.is_full or 0.0 < covered < WORTHWHILE * before:
                break
        self.discs.append(disc)
        return found

    def _take(self, found: _Eigenvalues) -> None:
        """Keep the fastest of the eigenvalues that are known, if it is new or better known."""
        known = np.flatnonzero(self._is_known(found))
        if known.size == 0:
            return
        place = known[np.lexsort((-found.values[known].imag, -found.values[known].real))[0]]
        value, error = complex(found.values[place]), float(found.errors[place])
        is_same = abs(value - self.best) <= error + self.error
        if error < self.error if is_same else value.real > self.best.real:
            self._keep(found, int(place))

    def _keep(self, found: _Eigenvalues, place: int) -> None:
        self.best, self.error = complex(found.values[place]), float(found.errors[place])
        self.vector = found.vector(place)

    def _is_known(self, found: _Eigenvalues) -> np.ndarray:
        sizes = np.maximum(np.abs(found.values), NEUTRAL * self.expected)
        return found.errors <= self.tolerance * sizes

    def _known_radius(self, shift: complex, found: _Eigenvalues) -> float:
        """Distance of the first eigenvalue that may be faster than the fastest known."""
        distances = np.abs(shift - found.values)
        is_slower = found.values.real + found.errors < self.best.real
        unknown = ~(self._is_known(found) | is_slower)
        return float(np.min(distances, where=unknown, initial=distances.max()))


@dataclass(frozen=True, eq=False)
class _Eigenvalues:
    """What vectors tell of eigenvalues.

    Attributes
    ----------
    values : ndarray, complex
        s [1/yr].
    errors : ndarray
        Those of orthogonal modes, and less than those of others.
    vector : callable
        The vector of an eigenvalue, of unit energy.
    """

    values: np.ndarray
    errors: np.ndarray
    vector: Callable[[int], np.ndarray]


class _Krylov:
    """Combinations of v, P v, P P v, .. with P = (sigma M - A)^-1 M.

    V are the vectors so far, orthonormal in the energy, and P V = V H + v b^T with the next one, v.
    """

    def __init__(self, operator: FrozenOperator, shift: complex, most: int) -> None:
        self.operator, self.shift = operator, shift
        self._factors = ShiftedFactors(operator, shift)
        self._most = min(most, int(operator.free.sum()))
        dtype = self._factors.dtype
        self._matrix = np.zeros((self._most + 1, self._most), dtype)  # H above b^T
        self._vectors = np.empty((self._most + 1, operator.free.size), dtype)
        # a fixed start, so that a result can be repeated to the last bit
        start = np.random.default_rng(0).standard_normal(operator.shape)
        start = (operator.free * start / np.sqrt(operator.diagonal)).astype(dtype)
        self._vectors[0] = (start / self._norm(start)).ravel()
        self._size, self._is_invariant = 0, False

    @property
    def is_full(self) -> bool:
        """Whether there are as many vectors as there may be."""
        return self._is_invariant or self._size == self._most

    def extend(self, count: int) -> None:
        """Add vectors."""
        for _ in range(count):
            if self.is_full:
                return
            self._add()

    def _add(self) -> None:
        operator, size = self.operator, self._size + 1
        vectors, matrix = self._vectors, self._matrix
        image = self._factors.solve(operator.mass(vectors[size - 1].reshape(operator.shape)))
        before = self._norm(image)
        for _ in range(2):  # once more, for what round-off left
            overlaps = vectors[:size].conj() @ operator.mass(image).ravel()
            matrix[:size, size - 1] += overlaps
            image -= (overlaps @ vectors[:size]).reshape(operator.shape)
        rest = self._norm(image)
        self._size, self._is_invariant = size, rest <= SMALLEST_REST * before
        if not self._is_invariant:
            matrix[size, size - 1] = rest
            vectors[size] = image.ravel() / rest

    def _norm(self, vector: np.ndarray) -> float:
        """Root of the energy."""
        return math.sqrt(np.vdot(vector, self.operator.mass(vector)).real)

    def eigenvalues(self) -> _Eigenvalues:
        """What the vectors tell of eigenvalues."""
        size = self._size
        inverted, combinations = np.linalg.eig(self._matrix[:size, :size])
        rest = np.abs(self._matrix[size, size - 1] * combinations[-1])

        def vector(place: int) -> np.ndarray:
            out = combinations[:, place] @ self._vectors[:size]
            out = out.reshape(self.operator.shape)
            return out / self._norm(out)

        return _Eigenvalues(self.shift - 1 / inverted, rest / np.abs(inverted) ** 2, vector)
