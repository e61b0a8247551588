"""The space that the magnetic field is evolved in: coefficients that obey the boundary conditions.

The energy inner product <A, B> = Int e^Phi A . B dV over all space makes the mass M of the equation
M dy/dt = work of the explicit terms - K y, Ohmic and angular dissipation its stiffness K. Electrons
with an inertia, an enlarged one, add Int e^Phi d^2 |curl B|^2 dV to y^T M y, see `InductionModel`.
Two spaces exist: `spectralcmi.fields.element_space.ElementSpace`, banded, and
`spectralcmi.fields.mode_space.ModeSpace`, the free-decay modes of one global expansion, in which M
is 1 and K diagonal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spectralcmi.fields import magnetic
from spectralcmi.fields.state import Profiles
from spectralcmi.grid.radial import against
from spectralcmi.grid.shell import Shell


@dataclass(frozen=True, eq=False)
class FreeDecay:
    """Free-decay modes of some degrees.

    Attributes
    ----------
    poloidal, toroidal : ndarray, shape (degrees, slots, modes)
        Slots of p and t of each mode; unit energy Int B^2 dV = 1 in [km, B]. Their signs are such
        that p > 0 at the outer radius, and t > 0 just inside.
    poloidal_rates, toroidal_rates : ndarray, shape (degrees, modes)
        Decay rates lambda_k, ascending [1/yr].
    """

    poloidal: np.ndarray
    toroidal: np.ndarray
    poloidal_rates: np.ndarray
    toroidal_rates: np.ndarray

    @property
    def poloidal_modes(self) -> int:
        """Number of poloidal modes of a degree."""
        return self.poloidal_rates.shape[1]

    @property
    def toroidal_modes(self) -> int:
        """Number of toroidal modes of a degree."""
        return self.toroidal_rates.shape[1]


class FieldSpace(Protocol):
    """Coefficients of a field that obeys the boundary conditions.

    Arrays have the shape `shape`: poloidal above toroidal rows, real columns as in
    `spectralcmi.grid.shell`.

    Attributes
    ----------
    shell : Shell
    shape : (int, int)
        Rows and columns.
    angular_rates : ndarray, shape (lmax,)
        Rate of the angular dissipation of each degree [1/yr].
    free_modes : dict of str to int
        Number of poloidal and of toroidal free-decay modes of a degree.
    """

    shell: Shell
    shape: tuple[int, ...]
    angular_rates: np.ndarray

    @property
    def free_modes(self) -> dict[str, int]: ...  # noqa: D102 - above

    def free_decay(self, count: int, degrees: Iterable[int]) -> FreeDecay:
        """The slowest free-decay modes of some degrees."""

    def to_slots(self, state: np.ndarray, poloidal: np.ndarray, toroidal: np.ndarray) -> None:
        """Write the slots of p and t.

        Parameters
        ----------
        state : ndarray, shape `shape`
        poloidal, toroidal : ndarray, shape (slots of p or t, columns)
            Overwritten [1e12 G km2], [1e12 G km].
        """

    def to_rows(self, poloidal: np.ndarray, toroidal: np.ndarray, out: np.ndarray) -> None:
        """Write the work on each coefficient, from that on each slot; transpose of `to_slots`.

        Parameters
        ----------
        poloidal, toroidal : ndarray, shape (slots of p or t, columns)
        out : ndarray, shape `shape`
            Overwritten.
        """

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        """Write M y, with the inertia of the electrons, if they have some; shape `shape` both."""

    def inertial_square(self, state: np.ndarray) -> float:
        """Part of y^T M y that is not the field's but the inertia of the electrons'.

        In (1e12 G)^2 km3, of a state of shape `shape`.
        """

    def project(self, right: np.ndarray, out: np.ndarray) -> None:
        """Write the coefficients of a field from its energy products; shape `shape` both."""

    def stiffness(self, state: np.ndarray, out: np.ndarray) -> tuple[float, float]:
        """Write K y; its Ohmic and its angular part of y^T K y [(1e12 G)^2 km3/yr]."""

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        """Write (M + step K)^-1 right, step in yr; shape `shape` both."""

    def surface(self, state: np.ndarray) -> np.ndarray:
        """p at the outer radius, shape (columns,) [1e12 G km2]."""


def projected(space: FieldSpace, profiles: Profiles) -> np.ndarray:
    """Coefficients of a field: its projection in the energy inner product.

    Parameters
    ----------
    space : FieldSpace
    profiles : Profiles
        On the quadrature shells of the space.

    Returns
    -------
    ndarray, shape `space.shape`
    """
    shell, basis, degree = space.shell, space.shell.basis, space.shell.columns.degree
    blocks, product, weights = shell.blocks, degree * (degree + 1.0), shell.energy_weights
    poloidal = against(
        blocks.poloidal[:, :2],
        blocks.poloidal_start,
        blocks.bounds,
        magnetic.integrands_against(
            magnetic.poloidal_field(basis.radius),
            weights,
            product,
            (profiles.p, profiles.p_slope),
        ),
        basis.poloidal_slots,
    )
    surface = product * shell.exterior_energy(degree) * profiles.surface
    poloidal += np.outer(basis.outer_poloidal, surface)
    toroidal = against(
        blocks.toroidal[:, :1],
        blocks.toroidal_start,
        blocks.bounds,
        magnetic.integrands_against(
            magnetic.toroidal_field(basis.radius), weights, product, (profiles.t,)
        ),
        basis.toroidal_slots,
    )
    right, out = np.empty(space.shape), np.empty(space.shape)
    space.to_rows(poloidal, toroidal, right)
    space.project(right, out)
    return out
