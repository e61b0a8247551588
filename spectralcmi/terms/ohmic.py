"""Ohmic decay: the free-decay modes of the shell, in which it is diagonal.

For each degree l, with L = l(l+1), p = r P, t = r T and q = -(p'' - L p/r^2), the magnetic energy
(field outside included) and the Ohmic dissipation are the quadratic forms

    poloidal: Int B^2 dV = L [ Int (L p^2/r^2 + p'^2) dr + (l/r_o) p(r_o)^2 ],
              Int eta |curl B|^2 dV = L Int eta q^2 dr,
    toroidal: Int B^2 dV = L Int t^2 dr,
              Int eta |curl B|^2 dV = L Int eta (L t^2/r^2 + t'^2) dr.

Their common eigenvectors are the free-decay modes B_k. Coefficients a_k in this basis make the
energy Sum a_k^2/(8 pi), Ohmic decay da_k/dt = -lambda_k a_k, and any electric field E changes them
by da_k/dt = -Int E . curl B_k dV: what E does on the quadrature grid is exactly the change of
energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from spectralcmi.fields.boundary import constraint_rows, exterior_factor
from spectralcmi.grid.chebyshev import RadialBasis
from spectralcmi.threads import Threads


@dataclass(frozen=True)
class FreeDecay:
    """Free-decay modes of degrees 1 .. lmax.

    Attributes
    ----------
    poloidal, toroidal : ndarray, shape (lmax, order, modes)
        Chebyshev coefficients of p and t of each mode; unit energy Int B^2 dV = 1 in [km, B].
        Their signs are such that p > 0 just inside the outer radius, and t too.
    poloidal_rates, toroidal_rates : ndarray, shape (lmax, modes)
        Decay rates lambda_k, ascending [1/yr].
    surface : ndarray, shape (lmax, poloidal modes)
        p(r_o) of each poloidal mode.
    """

    poloidal: np.ndarray
    toroidal: np.ndarray
    poloidal_rates: np.ndarray
    toroidal_rates: np.ndarray
    surface: np.ndarray

    @property
    def poloidal_modes(self) -> int:
        """Number of poloidal modes of a degree."""
        return self.poloidal_rates.shape[1]

    @property
    def toroidal_modes(self) -> int:
        """Number of toroidal modes of a degree."""
        return self.toroidal_rates.shape[1]


def free_decay(
    basis: RadialBasis,
    magnetic_diffusivity: np.ndarray,
    lmax: int,
    inner: str = "perfect_conductor",
    outer: str = "potential",
    threads: Threads | None = None,
) -> FreeDecay:
    """Free-decay modes of a shell with radial magnetic diffusivity.

    Parameters
    ----------
    basis : RadialBasis
    magnetic_diffusivity : ndarray, shape (points,)
        eta on the quadrature points of `basis` [km2/yr].
    lmax : int
        Largest degree.
    inner, outer : str
        Boundary conditions, see `spectralcmi.fields.boundary`.
    threads : Threads, optional

    Returns
    -------
    FreeDecay

    Raises
    ------
    ValueError
        If the diffusivity is not positive and finite everywhere.

    Notes
    -----
    Orthogonalisation by QR and singular values instead of a generalised eigenproblem: square roots
    of both forms are at hand, and this way the slow modes keep their relative accuracy (the
    condition number is not squared). Cost per degree about 30 order^3 flops.
    """
    if not (np.all(np.isfinite(magnetic_diffusivity)) and np.all(magnetic_diffusivity > 0)):
        worst = np.min(np.nan_to_num(magnetic_diffusivity, nan=-np.inf))
        raise ValueError(f"magnetic_diffusivity={worst} is not positive and finite")
    results: list = [None] * lmax

    def solve(degree: int) -> None:
        results[degree - 1] = degree_modes(basis, magnetic_diffusivity, degree, inner, outer)

    (threads or Threads(1)).run(solve, [(degree,) for degree in range(1, lmax + 1)])
    poloidal, poloidal_rates, toroidal, toroidal_rates = (
        np.array(part) for part in zip(*results, strict=True)
    )
    surface = np.einsum("n,lnk->lk", basis.boundary_evaluation[0][1], poloidal)
    return FreeDecay(poloidal, toroidal, poloidal_rates, toroidal_rates, surface)


def degree_modes(
    basis: RadialBasis, eta: np.ndarray, degree: int, inner: str, outer: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Free-decay modes of one degree.

    Parameters
    ----------
    basis : RadialBasis
    eta : ndarray, shape (points,)
        Magnetic diffusivity on the quadrature points of `basis` [km2/yr].
    degree : int
    inner, outer : str
        Boundary conditions, see `spectralcmi.fields.boundary`.

    Returns
    -------
    poloidal : ndarray, shape (order, modes)
    poloidal_rates : ndarray, shape (modes,)
    toroidal : ndarray, shape (order, modes)
    toroidal_rates : ndarray, shape (modes,)
        As in `FreeDecay`.
    """
    values, first, second = basis.evaluation
    r, product = basis.radius[:, None], degree * (degree + 1)
    root = np.sqrt(basis.weights * product)[:, None]
    resistive_root = np.sqrt(basis.weights * product * eta)[:, None]
    poloidal_rows, toroidal_rows = constraint_rows(basis, degree, inner, outer)
    exterior = np.sqrt(product * exterior_factor(basis, degree)) * basis.boundary_evaluation[0][1]
    poloidal = _common_modes(
        np.vstack([root * np.sqrt(product) / r * values, root * first, exterior]),
        resistive_root * (product / r**2 * values - second),
        poloidal_rows,
        basis.boundary_evaluation[0][1],
    )
    toroidal = _common_modes(
        root * values,
        np.vstack([resistive_root * np.sqrt(product) / r * values, resistive_root * first]),
        toroidal_rows,
        -basis.boundary_evaluation[1][1],
    )
    return *poloidal, *toroidal


def _common_modes(
    energy_root: np.ndarray,
    dissipation_root: np.ndarray,
    constraint: np.ndarray,
    positive: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Modes of |D c|^2 relative to |E c|^2 among c with C c = 0, slowest first; positive . c > 0.

    Without a rule for the signs, initial fields made of modes would depend on LAPACK's choice.
    """
    admissible = scipy.linalg.qr(constraint.T)[0][:, constraint.shape[0] :]
    (triangle,) = scipy.linalg.qr(energy_root @ admissible, mode="r")
    triangle = triangle[: triangle.shape[1]]
    orthonormal = scipy.linalg.solve_triangular(triangle, admissible.T, trans="T").T
    (dissipation,) = scipy.linalg.qr(dissipation_root @ orthonormal, mode="r")
    _, singular_values, rows = scipy.linalg.svd(dissipation[: dissipation.shape[1]])
    modes = orthonormal @ rows[::-1].T
    return modes * np.where(positive @ modes < 0, -1.0, 1.0), singular_values[::-1] ** 2
