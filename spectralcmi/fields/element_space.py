"""The field on radial elements: banded mass and stiffness for each degree, nothing dense.

A state holds the slots of p and t that no boundary condition fixes. The conditions on p at the
outer radius depend on degree: the slope there follows from the value, a change of one row and
column of matrices that are otherwise polynomials in L = l(l+1) with common bands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import scipy.linalg
import scipy.sparse
from scipy.sparse.linalg import eigsh

from spectralcmi.fields import magnetic
from spectralcmi.fields.boundary import Boundaries, Condition
from spectralcmi.fields.space import FreeDecay
from spectralcmi.grid.bands import (
    BandedMatrices,
    assemble,
    combine,
    factor,
    factor_sum,
    multiply,
    pack,
    slave_last,
    solve,
)
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.threads import Threads

#: Factors of M + step K kept: of the present step, and of one that was shortened or is tried.
FACTORS_KEPT = 2


class ElementSpace:
    """The free slots of an element basis, see `spectralcmi.fields.space.FieldSpace`.

    Parameters
    ----------
    shell : Shell
        Its basis is an `ElementBasis`.
    magnetic_diffusivity : ndarray, shape (points,)
        [km2/yr]
    boundaries : Boundaries
    angular_rates : ndarray, shape (lmax,)
        [1/yr]
    threads : Threads
    inertia : ndarray, shape (points,), optional
        Square of the length below which the inertia of the electrons matters [km2]; none without.

    Notes
    -----
    With N functions, half-bandwidth b and K columns, of p and t together: `mass` and `stiffness`
    cost 2 (2 b + 1) N K flops each, `solve` as much, new factors b^2 N flops a degree. Memory: M, K
    and two factors of (b + 1) N numbers a degree.
    """

    def __init__(
        self,
        shell: Shell,
        magnetic_diffusivity: np.ndarray,
        boundaries: Boundaries,
        angular_rates: np.ndarray,
        threads: Threads,
        inertia: np.ndarray | None = None,
    ) -> None:
        self.shell, self.angular_rates, self._threads = shell, angular_rates, threads
        basis, count = element_basis(shell), shell.columns.count
        self._basis = basis
        self._rows = basis.order
        self.shape: tuple[int, ...] = (2 * basis.order, count)
        self._conditions = boundaries.of(float(shell.exterior_factor(1)))
        self._slaved = self._slaved_of(shell.columns.degree)
        self._lowers = lowers = banded_forms(shell, magnetic_diffusivity, boundaries)
        self._mass = tuple(pack(mass) for mass, _ in lowers)
        self._stiffness = tuple(
            pack(stiffness + angular_rates * mass) for mass, stiffness in lowers
        )
        self._whole_mass: tuple[BandedMatrices, ...] = self._mass
        self._inertia: tuple[BandedMatrices, ...] = ()
        if inertia is not None:
            # the electrons' energy is Int inertia |curl B|^2, as Ohmic heat is with eta
            extra = [stiffness for _, stiffness in banded_forms(shell, inertia, boundaries)]
            pairs = zip(lowers, extra, strict=True)
            self._whole_mass = tuple(pack(mass + part) for (mass, _), part in pairs)
            self._inertia = tuple(pack(part) for part in extra)
        self._bounds = degree_bounds(shell)
        self._factors: dict[float, tuple[BandedMatrices, ...]] = {}
        self._mass_factors = tuple(factor(mass, threads=threads) for mass in self._whole_mass)
        self._scratch = np.empty((basis.order, count))

    @property
    def free_modes(self) -> dict[str, int]:
        """Number of poloidal and of toroidal free-decay modes of a degree."""
        return {"poloidal": self._rows, "toroidal": self._rows - self._is_toroidal_fixed}

    def free_decay(self, count: int, degrees: Iterable[int]) -> FreeDecay:
        """The slowest free-decay modes of some degrees, by sparse eigensolvers.

        Parameters
        ----------
        count : int
            Modes of a degree.
        degrees : iterable of int

        Returns
        -------
        FreeDecay
            Rates good to 1e-8 where elements differ much in size: eps lambda_max/lambda_1.
        """
        results = [[self._slowest(kind, degree, count) for kind in range(2)] for degree in degrees]
        (p, p_rates), (t, t_rates) = (
            zip(*(result[kind] for result in results), strict=True) for kind in range(2)
        )
        return FreeDecay(*(np.array(part) for part in (p, t, p_rates, t_rates)))

    def _slowest(self, kind: int, degree: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Slots and rates of the slowest modes of p (kind 0) or t (kind 1)."""
        mass, stiffness = (self._lowers[kind][i][:, :, degree - 1] for i in range(2))
        rates, rows = slowest_modes(mass, stiffness, count, self._is_toroidal_fixed * kind)
        basis = self.shell.basis
        if kind == 0:
            slots = np.zeros((basis.poloidal_slots, count))
            slots[1:-1] = rows
            slots[-1] = self._slaved_of(degree) * rows[-1]
            positive = rows[-1]
        else:
            slots = np.zeros((basis.toroidal_slots, count))
            slots[:-1] = rows
            positive = -basis.evaluate_toroidal(slots, np.array([basis.outer_radius]))[1][0]
        return slots * np.where(positive < 0, -1.0, 1.0), rates

    def _slaved_of(self, degree: int | np.ndarray) -> float | np.ndarray:
        """Slope slot at the outer radius over the value there."""
        return -self.shell.exterior_factor(degree) * self._basis.slope_scale[-1]

    def _parts(self, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Poloidal and toroidal rows."""
        return array[: self._rows], array[self._rows :]

    def _both(self, poloidal: Callable[[], None], toroidal: Callable[[], None]) -> None:
        """Call two functions, on two threads where they copy more than handing over costs."""
        if self._bounds is None:
            poloidal()
            toroidal()
        else:
            self._threads.run_compiled(lambda part: part(), [(poloidal,), (toroidal,)])

    def to_slots(self, state: np.ndarray, poloidal: np.ndarray, toroidal: np.ndarray) -> None:
        """Write the slots of p and t."""
        p, t = self._parts(state)

        def fill_poloidal() -> None:
            poloidal[0] = 0.0
            poloidal[1:-1] = p
            np.multiply(self._slaved, p[-1], out=poloidal[-1])

        def fill_toroidal() -> None:
            toroidal[:-1] = t
            toroidal[-1] = 0.0
            if self._is_toroidal_fixed:
                toroidal[0] = 0.0

        self._both(fill_poloidal, fill_toroidal)

    def to_rows(self, poloidal: np.ndarray, toroidal: np.ndarray, out: np.ndarray) -> None:
        """Write the work on each coefficient, from that on each slot."""
        p, t = self._parts(out)

        def fill_poloidal() -> None:
            p[:] = poloidal[1:-1]
            p[-1] += self._slaved * poloidal[-1]

        def fill_toroidal() -> None:
            t[:] = toroidal[:-1]
            if self._is_toroidal_fixed:
                t[0] = 0.0

        self._both(fill_poloidal, fill_toroidal)

    @property
    def _is_toroidal_fixed(self) -> bool:
        """Whether t vanishes at the inner radius; its slot stays, as a zero."""
        return self._conditions[1][0] is not None

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        """Write M y, with the inertia of the electrons, if they have some."""
        parts = zip(self._whole_mass, self._parts(state), self._parts(out), strict=True)
        for matrices, y, part in parts:
            multiply(matrices, y, part, self._bounds, threads=self._threads)

    def inertial_square(self, state: np.ndarray) -> float:
        """Part of y^T M y that is not the field's but the inertia of the electrons'."""
        if not self._inertia:
            return 0.0
        parts = zip(self._inertia, self._parts(state), strict=True)
        squares = (
            multiply(matrices, y, self._scratch, self._bounds, threads=self._threads)
            for matrices, y in parts
        )
        return float(sum(part.sum() for part in squares))

    def project(self, right: np.ndarray, out: np.ndarray) -> None:
        """Write the coefficients of a field from its energy products with all functions."""
        factors = self._mass_factors
        if self._inertia:
            factors = tuple(factor(mass, threads=self._threads) for mass in self._mass)
        self._solve(factors, right, out)

    def stiffness(self, state: np.ndarray, out: np.ndarray) -> tuple[float, float]:
        """Write K y; its Ohmic and its angular part of y^T K y."""
        total = angular = 0.0
        for mass, stiffness, y, part in zip(
            self._mass, self._stiffness, self._parts(state), self._parts(out), strict=True
        ):
            total += multiply(stiffness, y, part, self._bounds, threads=self._threads).sum()
            if self.angular_rates.any():
                squares = multiply(mass, y, self._scratch, self._bounds, threads=self._threads)
                angular += float(self.angular_rates @ squares)
        return float(total - angular), angular

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        """Write (M + step K)^-1 right."""
        factors = self._mass_factors if step == 0.0 else self._factors_of(step)
        self._solve(factors, right, out)

    def _solve(
        self, factors: tuple[BandedMatrices, ...], right: np.ndarray, out: np.ndarray
    ) -> None:
        for one, part, result in zip(factors, self._parts(right), self._parts(out), strict=True):
            solve(one, part, result, self._bounds, threads=self._threads)

    def _factors_of(self, step: float) -> tuple[BandedMatrices, ...]:
        found = self._factors.pop(step, None)
        if found is None:
            full = len(self._factors) == FACTORS_KEPT
            old = self._factors.pop(next(iter(self._factors))) if full else (None, None)
            found = tuple(
                factor_sum(mass, step, stiffness, out, threads=self._threads)
                for mass, stiffness, out in zip(self._whole_mass, self._stiffness, old, strict=True)
            )
        self._factors[step] = found  # the last used is the last to go
        return found

    def surface(self, state: np.ndarray) -> np.ndarray:
        """p at the outer radius, shape (columns,) [1e12 G km2]."""
        return state[self._rows - 1].copy()


def degree_bounds(shell: Shell) -> np.ndarray | None:
    """First column of each degree and their number, shape (lmax + 1,); None where each has one."""
    slices = shell.columns.degree_slices
    if shell.columns.count == len(slices):
        return None
    return np.array([s.start for s in slices] + [slices[-1].stop])


def banded_forms(
    shell: Shell, magnetic_diffusivity: np.ndarray, boundaries: Boundaries
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Mass and Ohmic stiffness of p and of t on radial elements, boundary conditions imposed.

    Parameters
    ----------
    shell : Shell
    magnetic_diffusivity : ndarray, shape (points,)
        [km2/yr]
    boundaries : Boundaries

    Returns
    -------
    poloidal, toroidal : (ndarray, ndarray), shape (b + 1, order, lmax) each
        A_l[row + d, row] at [d, row, l - 1].
    """
    basis = element_basis(shell)
    degree = np.arange(1, shell.harmonics.lmax + 1)
    product = degree * (degree + 1.0)
    radius, stride = basis.radius, basis.stride
    dissipative = shell.power_weights * magnetic_diffusivity
    p_tables, t_tables = (
        part.swapaxes(0, 1) for part in (shell.blocks.poloidal, shell.blocks.toroidal)
    )

    def bands(
        components: magnetic.Components, weights: np.ndarray, tables: np.ndarray, slots: int
    ) -> np.ndarray:
        matrices = magnetic.element_products((components, tables), (components, tables), weights)
        coefficients = np.array([product**power for power in matrices])
        parts = np.array([assemble(local, stride, slots) for local in matrices.values()])
        return combine(coefficients, parts)

    (inner_p, outer_p), (inner_t, outer_t) = boundaries.of(float(shell.exterior_factor(1)))
    _require(inner_p == outer_t == Condition(1.0) and outer_p is not None and outer_p.slope == 1.0)
    kappa = shell.exterior_factor(degree)
    poloidal = []
    for components, weights in (
        (magnetic.poloidal_field(radius), shell.energy_weights),
        (magnetic.poloidal_curl(radius), dissipative),
    ):
        lower = bands(components, weights, p_tables, basis.poloidal_slots)[:, 1:]
        poloidal.append(slave_last(lower, -kappa * basis.slope_scale[-1]))
    poloidal[0][0, -1] += product * shell.exterior_energy(degree)
    toroidal = []
    for fixed, components, weights in (
        (1.0, magnetic.toroidal_field(radius), shell.energy_weights),
        (0.0, magnetic.toroidal_curl(radius), dissipative),
    ):
        lower = bands(components, weights, t_tables, basis.toroidal_slots)[:, :-1]
        if inner_t is not None:
            lower[1:, 0], lower[0, 0] = 0.0, fixed
        toroidal.append(lower)
    return (poloidal[0], poloidal[1]), (toroidal[0], toroidal[1])


def element_basis(shell: Shell) -> ElementBasis:
    """The radial basis of a shell, which must be one of elements."""
    if not isinstance(shell.basis, ElementBasis):
        raise TypeError(f"{shell.basis.description} is no basis of radial elements")
    return shell.basis


def _require(is_known: bool) -> None:
    if not is_known:
        raise ValueError("radial elements hold p = 0 inside and a potential field outside")


def slowest_modes(
    mass: np.ndarray, stiffness: np.ndarray, count: int, fixed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of K x = lambda M x with the smallest lambda, of unit M-norm.

    Parameters
    ----------
    mass, stiffness : ndarray, shape (b + 1, rows)
        Lower bands.
    count : int
    fixed : int
        Rows at the beginning that are zero.

    Returns
    -------
    rates : ndarray, shape (count,)
        Ascending.
    vectors : ndarray, shape (rows, count)
    """
    m, k = (_sparse(lower[:, fixed:]) for lower in (mass, stiffness))
    size = m.shape[0]
    vectors = np.zeros((mass.shape[1], count))
    if count < size - 1:
        # a fixed start, so that a result can be repeated to the last bit
        rates, found = eigsh(k, count, m, sigma=0.0, v0=np.ones(size))
    else:
        rates, found = scipy.linalg.eigh(k.toarray(), m.toarray())
    order = np.argsort(rates)[:count]
    vectors[fixed:] = found[:, order]
    return rates[order], vectors


def _sparse(lower: np.ndarray) -> scipy.sparse.csc_array:
    """A symmetric matrix from its lower band."""
    size = lower.shape[1]
    diagonals = [lower[d, : size - d] for d in range(min(lower.shape[0], size))]
    both = [*reversed(diagonals[1:]), *diagonals]
    offsets = [*range(1 - len(diagonals), 0), *range(len(diagonals))]
    return scipy.sparse.diags_array(both, offsets=offsets, shape=(size, size)).tocsc()
