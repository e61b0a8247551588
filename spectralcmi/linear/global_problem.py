"""Linear theory in one global expansion: dense matrices in its free-decay modes.

In the free-decay modes B_k of a degree l, of unit energy and rate lambda_k, the electric field
-eta k5 B changes the coefficients by

    da_k/dt = -lambda_k a_k + Sum_j C_kj a_j,      C_kj = Int eta k5 B_j . curl B_k dV,

which couples poloidal and toroidal modes only; the fields and their curls are those of
`spectralcmi.fields.magnetic`.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator

from spectralcmi.fields import magnetic
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.grid.chebyshev import ChebyshevBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.linear.eigenvalues import (
    SPARE_EIGENVALUES,
    arnoldi_shift,
    checked_count,
    fastest_first,
    is_dense,
    nearest_eigenpairs,
    phase_factors,
)
from spectralcmi.terms.ohmic import degree_modes


class GlobalProblem:
    """Modes of all degrees in one global expansion.

    Parameters
    ----------
    shell : Shell
    basis : ChebyshevBasis
        That of the shell.
    magnetic_diffusivity, wavenumber : ndarray, shape (points,)
        eta [km2/yr] and k5 after the cutoff [1/km] on the quadrature points.
    boundaries : Boundaries
    """

    def __init__(
        self,
        shell: Shell,
        basis: ChebyshevBasis,
        magnetic_diffusivity: np.ndarray,
        wavenumber: np.ndarray,
        boundaries: Boundaries,
    ) -> None:
        self.shell, self.basis, self.boundaries = shell, basis, boundaries
        self.magnetic_diffusivity, self.wavenumber = magnetic_diffusivity, wavenumber
        self._to_storage = self.basis.evaluation_at(self.basis.storage_coordinate)[0]
        # cached before threads share them
        shell.blocks.evaluation, self.basis.boundary_evaluation  # noqa: B018

    def modes(self, degree: int, count: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rates, fastest growing first, and slots of p and of t, shape (slots, modes).

        The modes have unit energy.
        """
        decay = degree_modes(self.shell, self.magnetic_diffusivity, degree, self.boundaries)
        matrix = evolution_matrix(
            self.shell, self.magnetic_diffusivity, self.wavenumber, degree, decay
        )
        count = checked_count(count, len(matrix))
        if is_dense(self.basis, count):
            values, vectors = np.linalg.eig(matrix)
        else:
            values, vectors = self._fastest(matrix, count)
        order = fastest_first(values)[:count]
        vectors = vectors[:, order]
        vectors = vectors * phase_factors(np.sum(vectors.astype(complex) ** 2, axis=0))
        split = decay[0].shape[1]
        return values[order], decay[0] @ vectors[:split], decay[2] @ vectors[split:]

    def _fastest(self, matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        shift = arnoldi_shift(
            self.magnetic_diffusivity, self.wavenumber, float(np.abs(np.diag(matrix)).min())
        )
        factors = scipy.linalg.lu_factor(shift * np.eye(len(matrix)) - matrix, overwrite_a=True)
        inverse = LinearOperator(
            matrix.shape, matvec=lambda v: scipy.linalg.lu_solve(factors, v), dtype=float
        )
        return nearest_eigenpairs(inverse, shift, count + SPARE_EIGENVALUES)

    def stored(self, poloidal: np.ndarray, toroidal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P and T on the storage radii from slots, shape (modes, storage)."""
        return tuple(
            (self._to_storage @ part).T / self.basis.storage_radius for part in (poloidal, toroidal)
        )

    def truncation(self, poloidal: np.ndarray, toroidal: np.ndarray) -> np.ndarray:
        """Relative size of the highest Chebyshev coefficients, shape (modes,)."""
        return np.max([_tail(part) for part in (poloidal, toroidal)], axis=0)


def _tail(coefficients: np.ndarray) -> np.ndarray:
    """Largest of the last eighth of the coefficients of each column, relative to the largest."""
    magnitude = np.abs(coefficients)
    last = magnitude[-max(len(magnitude) // 8, 2) :].max(axis=0)
    return last / np.maximum(magnitude.max(axis=0), np.finfo(float).tiny)


def evolution_matrix(
    shell: Shell,
    magnetic_diffusivity: np.ndarray,
    wavenumber: np.ndarray,
    degree: int,
    modes: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """Matrix of da/dt = A a for the free-decay coefficients of one degree.

    Parameters
    ----------
    shell : Shell
        With one global expansion as its basis.
    magnetic_diffusivity, wavenumber : ndarray, shape (points,)
        eta [km2/yr] and k5 after the cutoff [1/km] on the quadrature points.
    degree : int
    modes : tuple of ndarray
        See `spectralcmi.terms.ohmic.degree_modes`.

    Returns
    -------
    ndarray, shape (modes, modes)
        [1/yr]; poloidal modes above toroidal ones.
    """
    poloidal, poloidal_rates, toroidal, toroidal_rates = modes

    def on_points(components: magnetic.Components, kind: int, slots: np.ndarray) -> np.ndarray:
        """Components times the root of the quadrature weights, one after the other."""
        product, evaluation = degree * (degree + 1.0), shell.blocks.evaluation[kind]
        return magnetic.square_root(components, shell.power_weights, product, evaluation) @ slots

    def coupling(curl: np.ndarray, field: np.ndarray) -> np.ndarray:
        repeats = len(field) // shell.basis.points
        drive = np.tile(magnetic_diffusivity * wavenumber, repeats)
        return curl.T @ (drive[:, None] * field)

    radius = shell.basis.radius
    to_poloidal = coupling(
        on_points(magnetic.poloidal_curl(radius), 0, poloidal),
        on_points(magnetic.toroidal_field(radius), 1, toroidal),
    )
    to_toroidal = coupling(
        on_points(magnetic.toroidal_curl(radius), 1, toroidal),
        on_points(magnetic.poloidal_field(radius), 0, poloidal),
    )
    return np.block(
        [[-np.diag(poloidal_rates), to_poloidal], [to_toroidal, -np.diag(toroidal_rates)]]
    )
