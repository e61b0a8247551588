"""The state of a run: a magnetic field at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectralcmi.fields import magnetic
from spectralcmi.grid.radial import on_points
from spectralcmi.grid.shell import Columns, Shell


@dataclass(frozen=True, eq=False)
class Profiles:
    """A field on the quadrature shells of some radial basis.

    Attributes
    ----------
    p, p_slope, t : ndarray, shape (points, columns)
        r P [1e12 G km2], its derivative along the proper radius [1e12 G km], r T [1e12 G km].
    surface : ndarray, shape (columns,)
        p at the outer radius.
    """

    p: np.ndarray
    p_slope: np.ndarray
    t: np.ndarray
    surface: np.ndarray


@dataclass(frozen=True, eq=False)
class State:
    """A solenoidal magnetic field in a shell, current-free outside.

    B = curl curl (P r_vec) + curl (T r_vec), by the slots of p = r P and t = r T, see
    `spectralcmi.grid.radial`.

    Parameters
    ----------
    time : float
        [yr]
    shell : Shell
    poloidal : ndarray, shape (poloidal slots, columns)
        p [1e12 G km2].
    toroidal : ndarray, shape (toroidal slots, columns)
        t [1e12 G km].
    """

    time: float
    shell: Shell
    poloidal: np.ndarray
    toroidal: np.ndarray

    def __post_init__(self) -> None:
        basis, count = self.shell.basis, self.shell.columns.count
        for name in ("poloidal", "toroidal"):
            expected = (getattr(basis, f"{name}_slots"), count)
            if getattr(self, name).shape != expected:
                raise ValueError(f"{name}.shape={getattr(self, name).shape} is not {expected}")

    @cached_property
    def profiles(self) -> Profiles:
        """The field on the quadrature points of its own basis."""
        blocks = self.shell.blocks
        p, p_slope = on_points(
            blocks.poloidal[:, :2], blocks.poloidal_start, blocks.bounds, self.poloidal
        )
        (t,) = on_points(
            blocks.toroidal[:, :1], blocks.toroidal_start, blocks.bounds, self.toroidal
        )
        return Profiles(p, p_slope, t, self.surface_poloidal)

    @cached_property
    def surface_poloidal(self) -> np.ndarray:
        """p at the outer radius, shape (columns,)."""
        return self.shell.basis.outer_poloidal @ self.poloidal

    def _inside(self, weights: np.ndarray) -> tuple[np.ndarray, ...]:
        """Int B^2 of each column over the shell, poloidal and toroidal, with some weights."""
        radius, degree, on = self.shell.basis.radius, self.shell.columns.degree, self.profiles
        product = degree * (degree + 1.0)
        return tuple(
            magnetic.square_integrals(field(radius), weights, product, derivatives)
            for field, derivatives in (
                (magnetic.poloidal_field, (on.p, on.p_slope)),
                (magnetic.toroidal_field, (on.t,)),
            )
        )

    @cached_property
    def square_integrals(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Int e^Phi B^2 dV of each column: poloidal and toroidal in the shell, poloidal outside.

        Shape (columns,) each [(1e12 G)^2 km3]; 8 pi times energies seen from infinity.
        """
        inside = self._inside(self.shell.energy_weights)
        return *inside, self.shell.exterior_weights * self.surface_poloidal**2

    @cached_property
    def proper_square_integrals(self) -> tuple[np.ndarray, ...]:
        """Int B^2 dV of each column over the proper volume, poloidal and toroidal, as above."""
        if self.shell.metric.is_flat:
            return self.square_integrals[:2]
        return self._inside(self.shell.proper_weights)

    @property
    def energy(self) -> float:
        """Int e^Phi B^2 dV over all space [(1e12 G)^2 km3]."""
        return float(sum(part.sum() for part in self.square_integrals))

    def at(self, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P_lm [1e12 G km] and T_lm [1e12 G] at radii, complex (radius, lm)."""
        basis, columns = self.shell.basis, self.shell.columns
        inside = np.clip(radius, basis.inner_radius, basis.outer_radius)
        p = basis.evaluate_poloidal(self.poloidal, inside)[0]
        t = basis.evaluate_toroidal(self.toroidal, inside)[0]
        return tuple(columns.to_complex(part) / inside[:, None] for part in (p, t))

    def on_storage_points(self) -> tuple[np.ndarray, np.ndarray]:
        """P_lm [1e12 G km] and T_lm [1e12 G] on the storage radii, complex (storage, lm)."""
        return self.at(self.shell.basis.storage_radius)


def state_from_storage(
    time: float, shell: Shell, poloidal: np.ndarray, toroidal: np.ndarray
) -> State:
    """State from P_lm [1e12 G km] and T_lm [1e12 G] on the storage radii, complex (storage, lm)."""
    basis, radius = shell.basis, shell.basis.storage_radius[:, None]
    p, t = (shell.columns.from_complex(part * radius) for part in (poloidal, toroidal))
    return State(time, shell, basis.poloidal_from_storage(p), basis.toroidal_from_storage(t))


def profiles_on(state: State, shell: Shell) -> Profiles:
    """A field on the quadrature points of another shell of the same radii, summed exactly.

    Parameters
    ----------
    state : State
    shell : Shell
        Degrees and orders that it lacks are left out, those that the state lacks are zero.

    Returns
    -------
    Profiles
    """
    if state.shell == shell:
        return state.profiles
    source, basis = state.shell.basis, shell.basis
    inside = np.clip(basis.radius, source.inner_radius, source.outer_radius)
    there, here = common_columns(state.shell.columns, shell.columns)

    def moved(values: np.ndarray) -> np.ndarray:
        out = np.zeros((*values.shape[:-1], shell.columns.count))
        out[..., here] = values[..., there]
        return out

    p, p_slope, _ = shell.metric.poloidal_derivatives(
        basis.radius[:, None], *source.evaluate_poloidal(state.poloidal, inside)
    )
    t, _ = source.evaluate_toroidal(state.toroidal, inside)
    return Profiles(*(moved(part) for part in (p, p_slope, t, state.surface_poloidal)))


def stored_on(state: State, shell: Shell) -> tuple[np.ndarray, ...]:
    """As `State.on_storage_points`, on the storage radii and for the degrees of another shell."""
    there, here = _common_coefficients(state.shell, shell)
    parts = []
    for values in state.at(shell.basis.storage_radius):
        out = np.zeros((values.shape[0], shell.harmonics.size), dtype=complex)
        out[:, here] = values[:, there]
        parts.append(out)
    return tuple(parts)


def common_columns(old: Columns, new: Columns) -> tuple[np.ndarray, ...]:
    """Places of the columns that both have, in the old and in the new layout.

    Parameters
    ----------
    old, new : Columns

    Returns
    -------
    there, here : ndarray of int, shape (common,)
    """
    return _common_places(_column_keys(old), _column_keys(new))


def _column_keys(columns: Columns) -> list[tuple[int, int, bool]]:
    """What tells a column: degree, order, and whether it is the second of its pair."""
    imaginary = np.zeros(columns.count, dtype=bool)
    imaginary[columns.imaginary[columns.imaginary >= 0]] = True
    return list(
        zip(columns.degree.tolist(), columns.order.tolist(), imaginary.tolist(), strict=True)
    )


def _common_coefficients(old: Shell, new: Shell) -> tuple[np.ndarray, ...]:
    return _common_places(
        *(
            list(zip(s.harmonics.degree.tolist(), s.harmonics.order.tolist(), strict=True))
            for s in (old, new)
        )
    )


def _common_places(old: list, new: list) -> tuple[np.ndarray, ...]:
    place = {key: i for i, key in enumerate(old)}
    pairs = [(place[key], i) for i, key in enumerate(new) if key in place]
    return tuple(np.array(pairs, dtype=int).reshape(-1, 2).T)
