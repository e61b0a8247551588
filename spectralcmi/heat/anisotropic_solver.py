"""Solutions of the anisotropic heat equation's linear steps, (mass + step K) x = right.

Krylov methods on `spectralcmi.heat.conduction.Conduction`, preconditioned by an operator that is
radial and diagonal in degree: at each radius the largest coefficients over the sphere, banded for
each degree and factored. Constants are taken out of what conjugate gradients search (deflation):
the integral of right - matrix x is zero whenever they end, so that a solution that is not accurate
still conserves energy.

References
----------
Hestenes & Stiefel, J. Res. NBS 49, 409 (1952): conjugate gradients.
Nicolaides, SIAM J. Numer. Anal. 24, 355 (1987): with deflation.
Saad & Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986): GMRES.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator, gmres

from spectralcmi.errors import InputError
from spectralcmi.grid.bands import assemble, combine, factor, pack, solve
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.heat.conduction import Coefficients, Conduction
from spectralcmi.heat.scalar_grid import ScalarGrid

#: Vectors of GMRES kept before it starts anew; each as large as the temperature.
GMRES_VECTORS = 40


class NotConvergedError(ArithmeticError):
    """A solution that takes more products than allowed."""


@dataclass(frozen=True)
class Boundary:
    """What the boundaries add to the matrix of a step.

    Attributes
    ----------
    is_core_isothermal : bool
        Whether degrees l > 0 vanish at the inner radius.
    is_inner_fixed : bool
        Whether l = 0 is given there, too.
    core : float
        Added to the diagonal of the uniform part at the inner radius: heat capacity of the core and
        step times the slope of its losses [heat/K].
    surface : ndarray, shape (grid,), optional
        Step times the slope of the flux with u, per solid angle of the outer radius [heat/K].
    """

    is_core_isothermal: bool = False
    is_inner_fixed: bool = False
    core: float = 0.0
    surface: np.ndarray | None = None

    def constrain(self, dual: np.ndarray) -> np.ndarray:
        """Set to zero, in place, what belongs to slots that are given."""
        if self.is_core_isothermal:
            dual[0, 1:] = 0.0
        if self.is_inner_fixed:
            dual[0, 0] = 0.0
        return dual


class Preconditioner:
    """Factors of a radial operator that is as large as mass + step K.

    Its c(r), K_rr(r) and K_h(r) are the largest c, K_rr and tangential conductivity on each sphere,
    so that mass + step K nowhere exceeds twice this operator. (Means are worse: 1.6 times the
    products of a dipole with omega_B tau up to 100.)

    Parameters
    ----------
    grid : ScalarGrid
    local : Coefficients
    step : float
    boundary : Boundary

    Raises
    ------
    InputError
        If the radial functions are not polynomials on elements, whose matrices have bands.

    Notes
    -----
    With N functions, half-bandwidth b and K columns: (b + 1) N numbers a degree, b^2 N flops a
    degree for the factors, 4 b N K for `solve`.
    """

    def __init__(
        self, grid: ScalarGrid, local: Coefficients, step: float, boundary: Boundary
    ) -> None:
        self._grid, self._boundary = grid, boundary
        self._factors = factor(pack(self._bands(local, step)), threads=grid.threads)

    def _bands(self, local: Coefficients, step: float) -> np.ndarray:
        grid, boundary = self._grid, self._boundary
        basis, metric = grid.shell.basis, grid.shell.metric
        if not isinstance(basis, ElementBasis):
            raise InputError("resolution.radial_grid must be elements for anisotropic conduction")
        capacity, radial, tangential = largest(local)
        volume = grid.tables.volume
        conduction = step * np.exp(metric.potential(basis.radius)) * volume
        values, slopes = grid.tables.values.swapaxes(0, 1)
        local_products = (
            _products(values, volume * capacity) + _products(slopes, conduction * radial),
            _products(values, conduction * tangential / basis.radius**2),
        )
        degree = np.arange(grid.columns.degree[-1] + 1)
        parts = np.array([assemble(p, basis.stride, grid.shape[0]) for p in local_products])
        lower = combine(np.array([np.ones(degree.size), degree * (degree + 1.0)]), parts)
        lower[0, 0, 0] += boundary.core
        if boundary.surface is not None:
            lower[0, -1] += boundary.surface.max()
        for fixed, chosen in (
            (boundary.is_inner_fixed, slice(0, 1)),
            (boundary.is_core_isothermal, slice(1, None)),
        ):
            if fixed:
                lower[1:, 0, chosen], lower[0, 0, chosen] = 0.0, 1.0
        return lower

    def solve(self, right: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Apply the inverse."""
        grid = self._grid
        return solve(self._factors, right, out, grid.columns.degree_bounds, threads=grid.threads)


def largest(local: Coefficients) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Largest c, K_rr and tangential conductivity on each sphere, shape (points,) each."""
    tangential = local.field[:, 1] ** 2 + local.field[:, 2] ** 2
    return tuple(
        a.max(axis=1).astype(np.float64)
        for a in (
            local.capacity,
            local.isotropic + local.along * local.field[:, 0] ** 2,
            local.isotropic + local.along * tangential,
        )
    )


def _products(tables: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Element matrices of a weighted product of functions (elements, shells, n) with themselves."""
    weights = weights.reshape(tables.shape[:2])
    return np.einsum("eqi,eq,eqj->eij", tables, weights, tables, optimize=True)


class LinearStep:
    """The matrix of one step and its solutions.

    Parameters
    ----------
    conduction : Conduction
    local : Coefficients
        With a Hall part, the matrix is not symmetric and GMRES takes the place of CG.
    step : float
    boundary : Boundary

    Attributes
    ----------
    boundary : Boundary
    constant : ndarray, shape `grid.shape`
        1 wherever it is free.
    products : int
        How often the matrix was applied.
    """

    def __init__(
        self, conduction: Conduction, local: Coefficients, step: float, boundary: Boundary
    ) -> None:
        self._conduction, self._local, self._step = conduction, local, step
        self.boundary = boundary
        self._preconditioner = Preconditioner(conduction.grid, local, step, boundary)
        self.products = 0
        self.constant = boundary.constrain(conduction.grid.constant())
        self._constant_product = self.apply(self.constant, np.empty_like(self.constant))
        self._constant_square = _dot(self.constant, self._constant_product)

    def apply(self, slots: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Matrix times `slots`, for all functions that are free."""
        grid, boundary = self._conduction.grid, self.boundary
        self._conduction.apply(self._local, self._step, slots, out)
        out[0, 0] += boundary.core * slots[0, 0]
        if boundary.surface is not None:
            out[-1] += grid.against_sphere(boundary.surface * grid.on_sphere(slots[-1]))
        self.products += 1
        return boundary.constrain(out)

    def stored(self, slots: np.ndarray) -> np.ndarray:
        """What `slots` take to be warmed: the matrix without conduction, times them."""
        out = self._conduction.apply(self._local, 0.0, slots, np.empty_like(slots))
        out[0, 0] += self.boundary.core * slots[0, 0]
        self.products += 1
        return self.boundary.constrain(out)

    @cached_property
    def unit_heat(self) -> np.ndarray:
        """What warms all that is free by the same, with an integral of 1."""
        return self._constant_product / self._constant_square

    def uniform(self, right: np.ndarray, core: float | None = None) -> float:
        """The constant x for which right - matrix x has no integral, perhaps with another core."""
        change = 0.0 if core is None else core - self.boundary.core
        square = self._constant_square + change * self.constant[0, 0] ** 2
        return _dot(self.constant, right) / square

    def solve(self, right: np.ndarray, tolerance: float, most: int = 1000) -> np.ndarray:
        """Solve for x to |right - matrix x| < tolerance |right| in the preconditioner's norm.

        Parameters
        ----------
        right : ndarray, shape `grid.shape`
            Constrained; kept.
        tolerance : float
        most : int
            Products allowed.

        Returns
        -------
        ndarray, shape `grid.shape`
            Of a residual right - matrix x without an integral, unless there is a Hall part.

        Raises
        ------
        NotConvergedError
            If it does not converge.
        """
        if self._local.hall.size:
            return self._by_gmres(right, tolerance, most)
        return self._by_conjugate_gradients(right, tolerance, most)

    def _by_conjugate_gradients(self, right: np.ndarray, tolerance: float, most: int) -> np.ndarray:
        preconditioner = self._preconditioner
        corrected, product = np.empty_like(right), np.empty_like(right)
        start = _dot(right, preconditioner.solve(right, corrected))
        share = self.uniform(right)
        x, residual = share * self.constant, right - share * self._constant_product
        direction = np.zeros_like(right)
        square, before = _dot(residual, preconditioner.solve(residual, corrected)), math.inf
        for _ in range(most):
            if square <= tolerance**2 * start:
                return x
            if not math.isfinite(square):
                break
            direction *= square / before
            direction += corrected
            share = _dot(self._constant_product, corrected) / self._constant_square
            _add(direction, -share, self.constant, corrected)
            self.apply(direction, product)
            length = square / _dot(direction, product)
            _add(x, length, direction, corrected)
            _add(residual, -length, product, corrected)
            preconditioner.solve(residual, corrected)
            square, before = _dot(residual, corrected), square
        raise NotConvergedError(f"conjugate gradients did not converge in {most} products")

    def _by_gmres(self, right: np.ndarray, tolerance: float, most: int) -> np.ndarray:
        size, shape = right.size, right.shape

        def flat(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> LinearOperator:
            def call(vector: np.ndarray) -> np.ndarray:
                given = np.ascontiguousarray(vector.reshape(shape))
                return function(given, np.empty(shape)).reshape(size)

            return LinearOperator((size, size), call, dtype=np.float64)

        # left preconditioning by M of GMRES in scipy measures right - matrix x itself
        solution, failed = gmres(
            flat(self.apply),
            right.reshape(size),
            rtol=tolerance,
            restart=GMRES_VECTORS,
            maxiter=-(-most // GMRES_VECTORS),
            M=flat(self._preconditioner.solve),
        )
        if failed:
            raise NotConvergedError(f"GMRES did not converge in {most} products")
        return solution.reshape(shape)


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """Scalar product; not by BLAS, whose sums depend on its number of threads."""
    return float(np.einsum("ij,ij->", a, b))


def _add(target: np.ndarray, factor_: float, source: np.ndarray, scratch: np.ndarray) -> None:
    """target += factor source without a new array."""
    np.multiply(source, factor_, out=scratch)
    target += scratch
