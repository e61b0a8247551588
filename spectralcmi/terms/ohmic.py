"""Ohmic decay: the free-decay modes of a shell, in which it is diagonal.

The magnetic energy (field outside included) and the Ohmic dissipation, forms of
`spectralcmi.fields.magnetic`, have common eigenvectors for each degree, the free-decay modes B_k.
Coefficients a_k in this basis make the energy Sum a_k^2/(8 pi), Ohmic decay
da_k/dt = -lambda_k a_k, and any electric field E changes them by
da_k/dt = -Int E . curl B_k dV: what E does on the quadrature grid is exactly the change of
energy. On radial elements the same forms are banded, see
`spectralcmi.fields.element_space`.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from spectralcmi.fields import magnetic
from spectralcmi.fields.boundary import Boundaries, constraint_rows
from spectralcmi.fields.space import FreeDecay
from spectralcmi.grid.chebyshev import ChebyshevBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.threads import Threads


def require_diffusive(magnetic_diffusivity: np.ndarray) -> None:
    """Raise ValueError unless eta [km2/yr] is positive and finite everywhere."""
    if not (np.all(np.isfinite(magnetic_diffusivity)) and np.all(magnetic_diffusivity > 0)):
        worst = np.min(np.nan_to_num(magnetic_diffusivity, nan=-np.inf))
        raise ValueError(f"magnetic_diffusivity={worst} is not positive and finite")


def free_decay(
    shell: Shell,
    magnetic_diffusivity: np.ndarray,
    boundaries: Boundaries = Boundaries(),  # noqa: B008  (frozen)
    threads: Threads | None = None,
) -> FreeDecay:
    """Free-decay modes of a shell with radial magnetic diffusivity.

    Parameters
    ----------
    shell : Shell
        With one global expansion as its basis.
    magnetic_diffusivity : ndarray, shape (points,)
        eta on the quadrature points [km2/yr].
    boundaries : Boundaries
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
    require_diffusive(magnetic_diffusivity)
    lmax = shell.harmonics.lmax
    results: list = [None] * lmax

    def solve(degree: int) -> None:
        results[degree - 1] = degree_modes(shell, magnetic_diffusivity, degree, boundaries)

    (threads or Threads(1)).run(solve, [(degree,) for degree in range(1, lmax + 1)])
    poloidal, poloidal_rates, toroidal, toroidal_rates = (
        np.array(part) for part in zip(*results, strict=True)
    )
    return FreeDecay(poloidal, toroidal, poloidal_rates, toroidal_rates)


def degree_modes(
    shell: Shell, eta: np.ndarray, degree: int, boundaries: Boundaries
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Free-decay modes of one degree.

    Parameters
    ----------
    shell : Shell
    eta : ndarray, shape (points,)
        Magnetic diffusivity on the quadrature points [km2/yr].
    degree : int
    boundaries : Boundaries

    Returns
    -------
    poloidal : ndarray, shape (order, modes)
    poloidal_rates : ndarray, shape (modes,)
    toroidal : ndarray, shape (order, modes)
    toroidal_rates : ndarray, shape (modes,)
        As in `FreeDecay`.
    """
    product, radius = degree * (degree + 1.0), shell.basis.radius
    if not isinstance(shell.basis, ChebyshevBasis):
        raise TypeError(f"{shell.basis.description} is no global expansion")
    ends = shell.basis.boundary_evaluation
    on_p, on_t = boundaries.of(float(shell.exterior_factor(degree)))
    exterior = np.sqrt(product * shell.exterior_energy(degree)) * ends[0][1]
    dissipative = shell.power_weights * eta
    on_points = shell.blocks.evaluation

    def root(
        components: magnetic.Components, weights: np.ndarray, evaluation: np.ndarray
    ) -> np.ndarray:
        return magnetic.square_root(components, weights, product, evaluation)

    poloidal = _common_modes(
        np.vstack(
            [
                root(magnetic.poloidal_field(radius), shell.energy_weights, on_points[0]),
                exterior,
            ]
        ),
        root(magnetic.poloidal_curl(radius), dissipative, on_points[0]),
        constraint_rows(on_p, ends),
        ends[0][1],
    )
    toroidal = _common_modes(
        root(magnetic.toroidal_field(radius), shell.energy_weights, on_points[1]),
        root(magnetic.toroidal_curl(radius), dissipative, on_points[1]),
        constraint_rows(on_t, ends),
        -ends[1][1],
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
