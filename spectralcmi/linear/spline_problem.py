"""Linear theory in splines on elements as fine as the waves: a banded eigenvalue problem.

The weak form is that of `spectralcmi.linear.element_problem` and `spectralcmi.terms.ohmic`: with
L = l(l+1), p = r P, t = r T and q = -(p'' - L p/r^2), for all test functions ~p and ~t,

    d/dt [ Int (L p ~p/r^2 + p' ~p') dr + (l/r_o) p ~p |_(r_o) ] = Int eta ~q (k5 t - q) dr,
    d/dt Int t ~t dr = Int eta [ L ~t (k5 p - t)/r^2 + ~t' (k5 p' - t') ] dr.

The shell may be cut off where nothing is left of a mode: there p = p' = t = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dgbtrf, dgbtrs
from scipy.sparse import dia_array
from scipy.sparse.linalg import LinearOperator

from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.boundary import Boundaries, constraint_rows
from spectralcmi.grid.metric import Metric, exterior_factor
from spectralcmi.grid.splines import DEGREE, ElementTables, SplineBasis
from spectralcmi.linear.eigenvalues import nearest_eigenpairs
from spectralcmi.linear.survey import Profiles

#: Eigenvalues computed, to choose the fastest from: conjugate pairs, and some to spare.
EIGENVALUES = 6
#: Bandwidth of the radial operators with p and t interleaved.
BANDWIDTH = 2 * DEGREE + 1

# --- boundary conditions ----------------------------------------------------------------------


@dataclass(frozen=True)
class Conditions:
    """Splines that a field does without.

    Attributes
    ----------
    removed : tuple of int
        Splines whose coefficients are not free.
    ties : tuple of (int, int, float)
        (removed, neighbour, factor): an outermost spline with a coefficient of factor times its
        neighbour's; that of any other removed spline is zero.
    """

    removed: tuple[int, ...] = ()
    ties: tuple[tuple[int, int, float], ...] = ()

    def tie_functions(self, first: int, elements: int, table: np.ndarray) -> None:
        """Add tied splines to their neighbours, in a table of `ElementTables` from an element on.

        An outermost spline is nonzero in the outermost element alone.
        """
        for removed, neighbour, factor in self.ties:
            element = 0 if removed == 0 else elements - 1
            if first <= element < first + len(table):
                functions = table[element - first]
                functions[:, neighbour - element] += factor * functions[:, removed - element]

    def restore(self, coefficients: np.ndarray) -> None:
        """Fill in the coefficients that are not free."""
        coefficients[list(self.removed)] = 0.0
        for removed, neighbour, factor in self.ties:
            coefficients[removed] = factor * coefficients[neighbour]


def spline_conditions(
    parameters: Parameters,
    degree: int,
    basis: SplineBasis,
    ends: tuple[float, float],
    metric: Metric,
) -> tuple[Conditions, Conditions]:
    """Conditions on p and t: the boundaries' own, and p = p' = t = 0 where the shell is cut off.

    Parameters
    ----------
    parameters : Parameters
        The boundaries are read.
    degree : int
    basis : SplineBasis
        Of the part of the shell that is kept.
    ends : tuple of float
        Inner and outer radius of the whole shell [km].
    metric : Metric

    Returns
    -------
    tuple of Conditions
        Of p and t.
    """
    boundaries = Boundaries(parameters.boundary.inner, parameters.boundary.outer)
    kappa = float(exterior_factor(degree, ends[1], metric.schwarzschild_radius))
    on_p, on_t = (constraint_rows(on, basis.boundary_evaluation) for on in boundaries.of(kappa))
    at_end = {0: basis.radius[0] == ends[0], basis.size - 1: basis.radius[-1] == ends[1]}
    return _field_conditions(on_p, at_end, 2), _field_conditions(on_t, at_end, 1)


def _field_conditions(rows: np.ndarray, at_end: dict[int, bool], clamped: int) -> Conditions:
    """Conditions from boundary rows, each of the two outermost splines of an end at most."""
    removed, ties = [], []
    for end, is_boundary in at_end.items():
        inward = 1 if end == 0 else -1
        if is_boundary:
            for row in rows[rows[:, end] != 0]:
                removed.append(end)
                ties.append((end, end + inward, -row[end + inward] / row[end]))
        else:
            removed.extend(end + inward * k for k in range(clamped))
    return Conditions(tuple(removed), tuple(ties))


# --- the banded matrices ----------------------------------------------------------------------


@dataclass(frozen=True)
class SplineProblem:
    """d/dt M x = A x in splines; unknowns 2 j of p and 2 j + 1 of t belong to spline j.

    Attributes
    ----------
    evolution : ndarray, shape (3 BANDWIDTH + 1, unknowns)
        A, in LAPACK's band storage with room for its factors.
    mass : ndarray, shape (2, 2 DEGREE + 1, splines)
        Diagonals of M for p and for t, M_ij at [DEGREE + i - j, j].
    bound : float
        max(eta k5^2)/4 on the quadrature points, which bounds the growth rates of this very matrix.
    conditions : tuple of Conditions
        Of p and t. What they remove stays as empty rows and columns.
    """

    evolution: np.ndarray
    mass: np.ndarray
    bound: float
    conditions: tuple[Conditions, Conditions]

    def fastest(self) -> tuple[complex, np.ndarray]:
        """Fastest growth rate [1/yr], and coefficients (2, splines) of p and t; works once."""
        unknowns = self.evolution.shape[1]
        free = self._free_unknowns()
        diagonal = self.mass[:, DEGREE].T.ravel()
        # unit diagonal of M: p and t differ by the length of an element
        scale = np.where(free, 1 / np.sqrt(np.where(free, diagonal, 1.0)), 0.0)
        solve = self._shifted_solver(scale, free)
        offsets, size = DEGREE - np.arange(2 * DEGREE + 1), unknowns // 2
        mass = [dia_array((part, offsets), shape=(size, size)) for part in self.mass]

        def inverse(vector: np.ndarray) -> np.ndarray:
            scaled, image = scale * vector, np.empty(unknowns)
            image[0::2], image[1::2] = mass[0] @ scaled[0::2], mass[1] @ scaled[1::2]
            return solve(scale * image)

        operator = LinearOperator((unknowns, unknowns), matvec=inverse, dtype=float)
        rates, vectors = nearest_eigenpairs(operator, self.bound, EIGENVALUES)
        best = np.lexsort((-rates.imag, -rates.real))[0]
        coefficients = np.ascontiguousarray((scale * vectors[:, best]).reshape(size, 2).T)
        for field, part in zip(self.conditions, coefficients, strict=True):
            field.restore(part)
        return complex(rates[best]), coefficients

    def _free_unknowns(self) -> np.ndarray:
        free = np.ones(self.evolution.shape[1], dtype=bool)
        for part, field in enumerate(self.conditions):
            free[[2 * spline + part for spline in field.removed]] = False
        return free

    def _shifted_solver(
        self, scale: np.ndarray, free: np.ndarray
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Solver of (bound M - A) x = b, symmetrically scaled; overwrites A."""
        matrix, centre = self.evolution, 2 * BANDWIDTH
        np.negative(matrix, out=matrix)
        for part in range(2):
            diagonals = slice(centre - 2 * DEGREE, centre + 2 * DEGREE + 1, 2)
            matrix[diagonals, part::2] += self.bound * self.mass[part]
        matrix *= scale
        for offset in range(-BANDWIDTH, BANDWIDTH + 1):
            # row i of column j lies on the diagonal i - j
            columns = slice(max(-offset, 0), scale.size - max(offset, 0))
            rows = slice(max(offset, 0), scale.size + min(offset, 0))
            matrix[centre + offset, columns] *= scale[rows]
        matrix[centre, ~free] = 1.0
        factors, pivots, failed = dgbtrf(matrix, BANDWIDTH, BANDWIDTH, overwrite_ab=True)
        if failed:
            raise np.linalg.LinAlgError(f"the shifted matrix is singular in row {failed}")
        return lambda right: dgbtrs(factors, BANDWIDTH, BANDWIDTH, right, pivots)[0]


def assembled_problem(
    basis: SplineBasis,
    profiles: Profiles,
    degree: int,
    conditions: tuple[Conditions, Conditions],
    metric: Metric,
) -> SplineProblem:
    """Add up the elements.

    Parameters
    ----------
    basis : SplineBasis
    profiles : callable
        See `spectralcmi.linear.survey.Profiles`.
    degree : int
    conditions : tuple of Conditions
        Of p and t.
    metric : Metric

    Returns
    -------
    SplineProblem
    """
    evolution = np.zeros((3 * BANDWIDTH + 1, 2 * basis.size), order="F")
    mass = np.zeros((2, 2 * DEGREE + 1, basis.size))
    bound = 0.0
    for tables in basis.blocks():
        diffusivity, wavenumber = profiles(tables.radius)
        bound = max(bound, float(np.max(diffusivity * wavenumber**2)) / 4)
        energy, power = quadrature_weights(tables, metric)
        _add_element_forms(
            evolution,
            mass,
            tables,
            (energy, power * diffusivity, power * diffusivity * wavenumber),
            degree,
            conditions,
            basis.elements,
            metric,
        )
    for tie in conditions[0].ties:
        if tie[0] == basis.size - 1:  # p(r_o) is the coefficient of the last spline
            mass[0, DEGREE, tie[1]] += exterior_energy(basis, degree, metric) * tie[2] ** 2
    return SplineProblem(evolution, mass, bound, conditions)


def _add_element_forms(
    evolution: np.ndarray,
    mass: np.ndarray,
    tables: ElementTables,
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
    degree: int,
    conditions: tuple[Conditions, Conditions],
    elements: int,
    metric: Metric,
) -> None:
    """Add a block of elements to A and M; weights of the energy, of Ohmic and of chiral power."""
    inverse_square = (degree * (degree + 1) / tables.radius**2)[..., None]
    functions = np.array([tables.values, tables.slopes, tables.curvatures])
    p, p_slope, p_curvature = functions.copy() if conditions[0].ties else functions
    for table in (p, p_slope, p_curvature):
        conditions[0].tie_functions(tables.first, elements, table)
    t, t_slope, _ = functions
    for table in (t, t_slope):
        conditions[1].tie_functions(tables.first, elements, table)
    radius, (dr, ohmic, chiral) = tables.radius[..., None], weights
    _, p_slope, p_curvature = metric.poloidal_derivatives(radius, p, p_slope, p_curvature)
    _, t_slope = metric.toroidal_derivatives(radius, t, t_slope)
    current = inverse_square * p - p_curvature

    def form(weights: np.ndarray, test: np.ndarray, trial: np.ndarray) -> np.ndarray:
        return np.matmul((weights[..., None] * test).transpose(0, 2, 1), trial)

    blocks = {
        (0, 0): -form(ohmic, current, current),
        (0, 1): form(chiral, current, t),
        (1, 0): form(chiral, inverse_square * t, p) + form(chiral, t_slope, p_slope),
        (1, 1): -form(ohmic, inverse_square * t, t) - form(ohmic, t_slope, t_slope),
    }
    for (row, column), local in blocks.items():
        centre = 2 * BANDWIDTH + row - column
        _add_to_band(evolution[:, column::2], centre, 2, tables.first, local)
    poloidal = form(dr, inverse_square * p, p) + form(dr, p_slope, p_slope)
    for part, local in enumerate((poloidal, form(dr, t, t))):
        _add_to_band(mass[part], DEGREE, 1, tables.first, local)


def quadrature_weights(tables: ElementTables, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature weights of energies and of powers at infinity, as in `grid.shell.Shell`."""
    if metric.is_flat:
        return tables.weights, tables.weights
    lapse = np.exp(metric.potential(tables.radius))
    energy = tables.weights * lapse * np.exp(metric.radial_potential(tables.radius))
    return energy, energy * lapse


def exterior_energy(basis: SplineBasis, degree: int, metric: Metric) -> float:
    """Energy of the potential field outside over l(l+1) p(r_o)^2, as in `grid.shell.Shell`."""
    outer = float(basis.radius[-1])
    kappa = float(exterior_factor(degree, outer, metric.schwarzschild_radius))
    return kappa * float(np.exp(metric.potential(outer) - metric.radial_potential(outer)))


def _add_to_band(band: np.ndarray, centre: int, stride: int, first: int, local: np.ndarray) -> None:
    """Add element matrices (elements, i, j) to a band whose diagonal i - j is centre + stride."""
    for i in range(DEGREE + 1):
        for j in range(DEGREE + 1):
            columns = slice(first + j, first + j + len(local))
            band[centre + stride * (i - j), columns] += local[:, i, j]
