"""The state of a run: a magnetic field at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectralcmi.grid.shell import Shell


@dataclass(frozen=True, eq=False)
class State:
    """A solenoidal magnetic field in a shell, current-free outside.

    B = curl curl (P r_vec) + curl (T r_vec), by the Chebyshev coefficients of p = r P and t = r T.

    Parameters
    ----------
    time : float
        [yr]
    shell : Shell
    poloidal : ndarray, shape (order, columns)
        Coefficients of p [1e12 G km2].
    toroidal : ndarray, shape (order, columns)
        Coefficients of t [1e12 G km].
    """

    time: float
    shell: Shell
    poloidal: np.ndarray
    toroidal: np.ndarray

    def __post_init__(self) -> None:
        expected = (self.shell.basis.order, self.shell.columns.count)
        for name in ("poloidal", "toroidal"):
            if getattr(self, name).shape != expected:
                raise ValueError(f"{name}.shape={getattr(self, name).shape} is not {expected}")

    @cached_property
    def profiles(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """p, dp/dr and t on the quadrature points, each of shape (points, columns)."""
        values, slopes, _ = self.shell.basis.evaluation
        return values @ self.poloidal, slopes @ self.poloidal, values @ self.toroidal

    @cached_property
    def surface_poloidal(self) -> np.ndarray:
        """p at the outer radius, shape (columns,)."""
        return self.shell.basis.boundary_evaluation[0][1] @ self.poloidal

    @cached_property
    def square_integrals(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Int B^2 dV of each column: poloidal and toroidal in the shell, poloidal outside.

        Shape (columns,) each [(1e12 G)^2 km3].
        """
        degree = self.shell.columns.degree
        product = degree * (degree + 1.0)
        basis = self.shell.basis
        p, slope, t = self.profiles
        inside = product**2 * ((basis.weights / basis.radius**2) @ p**2)
        inside += product * (basis.weights @ slope**2)
        outside = product * degree / basis.map.outer_radius * self.surface_poloidal**2
        return inside, product * (basis.weights @ t**2), outside

    def on_storage_points(self) -> tuple[np.ndarray, np.ndarray]:
        """P_lm [1e12 G km] and T_lm [1e12 G] on the storage radii, complex (order, lm)."""
        basis, columns = self.shell.basis, self.shell.columns
        values = basis.evaluation_at(basis.storage_coordinate)[0]
        radius = basis.storage_radius[:, None]
        return tuple(
            columns.to_complex(values @ c) / radius for c in (self.poloidal, self.toroidal)
        )


def state_from_storage(
    time: float, shell: Shell, poloidal: np.ndarray, toroidal: np.ndarray
) -> State:
    """State from P_lm [1e12 G km] and T_lm [1e12 G] on the storage radii, complex (order, lm)."""
    radius = shell.basis.storage_radius[:, None]
    coefficients = (
        shell.basis.coefficients_from_storage(shell.columns.from_complex(f * radius))
        for f in (poloidal, toroidal)
    )
    return State(time, shell, *coefficients)
