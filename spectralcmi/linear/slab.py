"""Growth in a slab: a horizontal field that depends on depth alone, held fixed.

At one place of a star, in the plane of the radius r and a horizontal direction x, the field and its
current (B_x, B_y) and (J_x, J_y) are functions of r; B_r = 0. Perturbations exp(i k x + s t) do not
depend on the third direction y,

    b = curl(a e_y) + b_y e_y,    ds a = -e_y,    ds b_y = -(curl e)_y,

with Ohm's law linearised, k5 with its response to the field and its cutoff included:

    e = eta (j - k5 b - k5' B) + f_h (j x B + J x b),
    k5' = (dk5/d(B.J)) (b.J + B.j) + (dk5/dB^2) 2 B.b.

a and b_y are splines that vanish at both ends of a window. Galerkin's forms are those of the
energy: with the current of a test function, Int e . j_test is minus the change of Int b . b_test.
Eigenvalues near a shift follow from one banded factorisation, thousands of splines in a tenth of a
second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from scipy.interpolate import BSpline
from scipy.sparse.linalg import LinearOperator, eigs, splu

#: Degree of the splines: currents, second derivatives, are then smooth.
DEGREE = 5
#: Eigenvalues looked for near each shift, and Krylov vectors for them.
EIGENVALUES, KRYLOV_VECTORS = 12, 40
#: Shifts, in units of the growth looked for: above it, and beside it for travelling modes.
SHIFTS = (1.5, 1.0 + 2.0j, 1.0 - 2.0j, 1.0 + 5.0j, 1.0 - 5.0j)
#: The growth found may be this part of what the shifts were laid for, at least and at most.
NARROWEST, WIDEST = 0.3, 1.2
#: Relative error of an eigenvalue's distance from its shift.
TOLERANCE = 1e-5
#: Attempts to lay the shifts.
SEARCHES = 12


@dataclass(frozen=True, eq=False)
class Profiles:
    """What Ohm's law needs at each radius of a slab; all arrays of shape (points,).

    Attributes
    ----------
    field : ndarray, shape (2, points)
        B_x and B_y [1e12 G].
    current : ndarray, shape (2, points)
        J_x and J_y, of J = curl B [1e12 G/km].
    magnetic_diffusivity : ndarray
        eta [km2/yr].
    hall_prefactor : ndarray
        f_h [km2/yr per 1e12 G].
    wavenumber : ndarray
        k5 [1/km].
    response_to_work : ndarray
        dk5/d(B.J) [(1e12 G)^-2].
    response_to_square : ndarray
        dk5/dB^2 [1/km (1e12 G)^-2].
    """

    field: np.ndarray
    current: np.ndarray
    magnetic_diffusivity: np.ndarray
    hall_prefactor: np.ndarray
    wavenumber: np.ndarray
    response_to_work: np.ndarray
    response_to_square: np.ndarray


class Slab:
    """The eigenvalue problem of a slab on equal spline elements.

    Parameters
    ----------
    profiles : callable
        `Profiles` at radii, shape (points,) [km].
    window : (float, float)
        Radii between which perturbations live [km].
    elements : int
    """

    def __init__(
        self,
        profiles: Callable[[np.ndarray], Profiles],
        window: tuple[float, float],
        elements: int,
    ) -> None:
        self.spacing = (window[1] - window[0]) / elements
        points, weights = np.polynomial.legendre.leggauss(DEGREE + 1)
        # the depth: differences of radii would lose their digits
        depth = self.spacing * (np.arange(elements)[:, None] + (points + 1) / 2).ravel()
        self._weights = np.tile(self.spacing * weights / 2, elements)
        self._tables = _spline_tables(depth, self.spacing * np.arange(elements + 1))
        self.profiles = profiles(window[0] + depth)

    def matrices(self, wavenumber: float) -> tuple[scipy.sparse.csc_array, scipy.sparse.csc_array]:
        """Matrices A and M of A v = s M v, banded.

        Parameters
        ----------
        wavenumber : float
            k along x [1/km].

        Returns
        -------
        A, M : csc_array, shape (2 splines, 2 splines)
            Splines of a and of b_y taken in turns.
        """
        value, slope, _ = self._tables
        weights = scipy.sparse.diags_array(self._weights)
        tests = [(table.T @ weights).tocsr() for table in self._tables]
        test_current = wavenumber**2 * tests[0] - tests[2]  # along y, of a
        e_r, e_x, e_y = (self._matrices_of(part) for part in self._electric_field(wavenumber))
        rows = [
            [-(test_current @ part) for part in e_y],
            [
                tests[1] @ along + 1j * wavenumber * (tests[0] @ radial)
                for along, radial in zip(e_x, e_r, strict=True)
            ],
        ]
        mass_a = wavenumber**2 * (tests[0] @ value) + tests[1] @ slope
        mass = [[mass_a, None], [None, tests[0] @ value]]
        count = value.shape[1]
        turns = np.arange(2 * count).reshape(2, count).T.ravel()
        return tuple(
            scipy.sparse.block_array(blocks, format="csr")[turns][:, turns].tocsc()
            for blocks in (rows, mass)
        )

    def _electric_field(self, wavenumber: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Components r, x, y of e, by what multiplies a, a', a'' and b_y, b_y', b_y''.

        Shape (2, 3, points) each.
        """
        own = self.profiles
        (field_x, field_y), (current_x, current_y) = own.field, own.current
        eta, hall, k5 = own.magnetic_diffusivity, own.hall_prefactor, own.wavenumber
        b_r, b_x, b_y, j_r, j_x, j_y = np.zeros((6, 2, 3, eta.size), dtype=complex)
        b_r[0, 0] = 1j * wavenumber
        b_x[0, 1] = -1.0
        b_y[1, 0] = 1.0
        j_r[1, 0] = 1j * wavenumber
        j_x[1, 1] = -1.0
        j_y[0, 0], j_y[0, 2] = wavenumber**2, -1.0
        work = current_x * b_x + current_y * b_y + field_x * j_x + field_y * j_y
        square = 2.0 * (field_x * b_x + field_y * b_y)
        k5_change = own.response_to_work * work + own.response_to_square * square
        return (
            eta * (j_r - k5 * b_r)
            + hall * (current_x * b_y - current_y * b_x + field_y * j_x - field_x * j_y),
            eta * (j_x - k5 * b_x - field_x * k5_change) + hall * (current_y * b_r - field_y * j_r),
            eta * (j_y - k5 * b_y - field_y * k5_change) + hall * (field_x * j_r - current_x * b_r),
        )

    def _matrices_of(self, quantity: np.ndarray) -> list[scipy.sparse.csr_array]:
        """From splines of a, and of b_y, to a quantity on the points."""
        return [
            sum(
                scipy.sparse.diags_array(factor) @ table
                for factor, table in zip(factors, self._tables, strict=True)
            ).tocsr()
            for factors in quantity
        ]

    def nearest(self, wavenumber: float, shift: complex) -> complex:
        """The eigenvalue nearest to a number.

        Parameters
        ----------
        wavenumber : float
            k along x [1/km].
        shift : complex
            [1/yr]

        Returns
        -------
        complex
            Growth rate + i frequency [1/yr].
        """
        return complex(_nearest_eigenvalues(*self.matrices(wavenumber), shift, 1)[0])

    def fastest(self, wavenumber: float, expected: float) -> complex:
        """The fastest growing mode.

        Parameters
        ----------
        wavenumber : float
            k along x [1/km].
        expected : float
            Scale of its growth rate, positive; a guess will do [1/yr].

        Returns
        -------
        complex
            s = growth rate + i frequency [1/yr]; the slowest decay where nothing grows.

        Notes
        -----
        The eigenvalues nearest to some shifts are found, and shifts are laid anew until they suit
        the growth. A mode that oscillates more than some ten times faster than it
        grows would be missed.
        """
        matrix, mass = self.matrices(wavenumber)
        for _ in range(SEARCHES):
            values = np.concatenate(
                [
                    _nearest_eigenvalues(matrix, mass, shift * expected, EIGENVALUES)
                    for shift in SHIFTS
                ]
            )
            best = complex(values[np.argmax(values.real)])
            if best.real > WIDEST * expected:
                expected = best.real
            elif 0 < best.real < NARROWEST * expected:
                expected = max(best.real, NARROWEST**2 * expected)
            else:
                break
        return best


def _spline_tables(depth: np.ndarray, breakpoints: np.ndarray) -> list[scipy.sparse.csr_array]:
    """Splines that vanish at both ends, and two derivatives, on points: (points, splines) each."""
    ends = [np.repeat(breakpoints[i], DEGREE) for i in (0, -1)]
    knots = np.concatenate([ends[0], breakpoints, ends[1]])
    tables, lower = [], scipy.sparse.eye_array(knots.size - DEGREE - 1, format="csr")
    for degree in range(DEGREE, DEGREE - 3, -1):
        table = scipy.sparse.csr_array(BSpline.design_matrix(depth, knots, degree)) @ lower
        tables.append(table[:, 1:-1].tocsr())
        # coefficients of the derivative in the splines of the next lower degree
        count = knots.size - degree - 1
        width = knots[degree + 1 : degree + count] - knots[1:count]
        difference = scipy.sparse.diags_array(
            [-degree / width, degree / width], offsets=[0, 1], shape=(count - 1, count)
        )
        lower, knots = (difference @ lower).tocsr(), knots[1:-1]
    return tables


def _nearest_eigenvalues(
    matrix: scipy.sparse.csc_array, mass: scipy.sparse.csc_array, shift: complex, count: int
) -> np.ndarray:
    """The eigenvalues s of A v = s M v that are nearest to a shift."""
    size = matrix.shape[0]
    factors = splu((matrix - shift * mass).tocsc(), permc_spec="NATURAL")
    inverse = LinearOperator((size, size), lambda v: factors.solve(mass @ v), dtype=complex)
    start = np.random.default_rng(0).standard_normal(size) + 0j
    vectors = min(KRYLOV_VECTORS, size)
    found = eigs(
        inverse,
        min(count, vectors - 2),
        v0=start,
        ncv=vectors,
        tol=TOLERANCE,
        return_eigenvectors=False,
    )
    return shift + 1.0 / found
