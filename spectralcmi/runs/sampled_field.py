"""Vector fields of any origin on the quadrature shells of a run, in spherical harmonics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from spectralcmi.constants import FIELD_UNIT
from spectralcmi.errors import InputError
from spectralcmi.fields import magnetic
from spectralcmi.fields.state import Profiles, State
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell

#: B_r, B_theta, B_phi [G], or P [G km], T [G], of r [km], theta, phi [rad]; arrays that broadcast.
FieldFunction = Callable[[np.ndarray, np.ndarray, np.ndarray], Sequence[ArrayLike]]

#: p, its slope and t at two radii, shape (3, columns) each.
Edges = tuple[np.ndarray, ...]
NO_EDGES: Edges = ()

#: Highest degree and order that a function is analysed in at least: what a low resolution can't
#: hold is seen all the same.
LEAST_LMAX, LEAST_MMAX = 16, 4
#: Numbers of a component that are held at a time.
LARGEST_BATCH = 2**21


@dataclass(frozen=True, eq=False)
class SampledField:
    """A field in the harmonics that it was sampled with, which may be more than a run has.

    Attributes
    ----------
    shell : Shell
        Radial basis and metric of the run, harmonics of the sample.
    profiles : Profiles
        The slope of p is that of the field's tangential part, whatever its radial part says.
    edges : tuple of ndarray, shape (3, columns) each
        p, its slope and t at the inner and at the outer radius, where they are asked for.
    square_integral : float
        Int e^Phi B^2 dV over the shell, with what the harmonics lack [(1e12 G)^2 km3].
    divergence : float
        Share of that integral which makes the field one with a divergence: what would have to be
        added to its tangential part, and its flux through whole spheres.
    """

    shell: Shell
    profiles: Profiles
    edges: Edges
    square_integral: float
    divergence: float

    @property
    def square_integrals(self) -> tuple[np.ndarray, np.ndarray]:
        """Int e^Phi B^2 dV over the shell of each column, poloidal and toroidal."""
        radius, on = self.shell.basis.radius, self.profiles
        degree, weights = self.shell.columns.degree, self.shell.energy_weights
        product = degree * (degree + 1.0)
        return (
            magnetic.square_integrals(
                magnetic.poloidal_field(radius), weights, product, (on.p, on.p_slope)
            ),
            magnetic.square_integrals(magnetic.toroidal_field(radius), weights, product, (on.t,)),
        )

    @property
    def exterior(self) -> np.ndarray:
        """Int e^Phi B^2 dV of the current-free field outside of each column."""
        return self.shell.exterior_weights * self.profiles.surface**2


def sampled(function: FieldFunction, shell: Shell) -> SampledField:
    """A field that is given as a function.

    Parameters
    ----------
    function : callable
        See `FieldFunction`: three components, or two potentials with
        B = curl curl (P r_vec) + curl (T r_vec).
    shell : Shell
        Of a run.

    Returns
    -------
    SampledField

    Raises
    ------
    InputError
        If the function gives neither, or numbers that are not finite.
    """
    is_vector = len(_values(function, shell.basis.radius[:1], shell.harmonics)) == 3
    # the squares of a vector show what harmonics lack, those of potentials do not
    harmonics = _wide_enough(shell.harmonics, 1 if is_vector else 2)
    wide = replace(shell, harmonics=harmonics)
    return _of_vector(function, wide) if is_vector else _of_potentials(function, wide)


def of_profiles(profiles: Profiles, shell: Shell, edges: Edges = NO_EDGES) -> SampledField:
    """A field without divergence that the harmonics of a shell hold.

    Parameters
    ----------
    profiles : Profiles
    shell : Shell
    edges : tuple of ndarray, optional
        See `SampledField`.

    Returns
    -------
    SampledField
    """
    field = SampledField(shell, profiles, edges, 0.0, 0.0)
    square = sum(float(part.sum()) for part in field.square_integrals)
    return replace(field, square_integral=square)


def of_state(state: State) -> SampledField:
    """A state as a sampled field.

    Parameters
    ----------
    state : State

    Returns
    -------
    SampledField
    """
    basis = state.shell.basis
    ends = np.array([basis.inner_radius, basis.outer_radius])
    p, slope, _ = state.shell.metric.poloidal_derivatives(
        ends[:, None], *basis.evaluate_poloidal(state.poloidal, ends)
    )
    t, _ = basis.evaluate_toroidal(state.toroidal, ends)
    edges = tuple(np.stack([p[i], slope[i], t[i]]) for i in range(2))
    return of_profiles(state.profiles, state.shell, edges)


def _wide_enough(harmonics: Harmonics, times: int) -> Harmonics:
    """Harmonics around the whole axis that show what those of a run lack."""
    lmax = max(times * harmonics.lmax, LEAST_LMAX)
    return Harmonics(lmax, min(max(times * harmonics.mmax, LEAST_MMAX), lmax))


def _values(
    function: FieldFunction, radius: np.ndarray, harmonics: Harmonics
) -> tuple[np.ndarray, ...]:
    """What a function gives on some spheres, shape (radius, nlat, nphi) each [1e12 of its unit]."""
    grid = np.meshgrid(
        radius, harmonics.colatitude, harmonics.longitude, indexing="ij", sparse=True
    )
    try:
        parts = tuple(np.asarray(part, dtype=float) for part in function(*grid))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the function of the field gives no arrays of real numbers: {error}"
        ) from error
    if len(parts) not in (2, 3):
        raise InputError(
            f"the function of the field gives {len(parts)} arrays; three are B_r, B_theta, B_phi "
            "[G], two are the potentials P [G km], T [G]"
        )
    shape = np.broadcast_shapes(*(axis.shape for axis in grid))
    try:
        parts = tuple(np.broadcast_to(part, shape) / FIELD_UNIT for part in parts)
    except ValueError:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise InputError(
            f"the function of the field gives arrays of shape {shapes}, not {shape} or such as "
            "broadcast to it"
        ) from None
    if not all(np.isfinite(part).all() for part in parts):
        raise InputError("the function of the field gives numbers that are not finite")
    return parts


def _batches(radius: np.ndarray, harmonics: Harmonics) -> list[slice]:
    count = max(1, LARGEST_BATCH // (harmonics.colatitude.size * harmonics.longitude.size))
    return [slice(i, i + count) for i in range(0, radius.size, count)]


def _of_vector(function: FieldFunction, shell: Shell) -> SampledField:
    """The field of a function that gives B_r, B_theta, B_phi."""
    basis, degree = shell.basis, shell.columns.degree
    p, slope, t, squares, fluxes = _on_spheres(function, shell, basis.radius)
    stored = _on_spheres(function, shell, basis.storage_radius)[:3]
    weights = shell.energy_weights * basis.radius**2
    square = float(weights @ squares)
    # the slope that p itself has: that of a field without divergence
    slots = basis.poloidal_from_storage(stored[0]), basis.toroidal_from_storage(stored[2])
    surplus = (slope - State(0.0, shell, *slots).profiles.p_slope) ** 2 @ (degree * (degree + 1.0))
    divergent = float(shell.energy_weights @ surplus) + float(weights @ fluxes)
    edges = tuple(np.stack([part[i] for part in stored]) for i in (0, -1))
    on = Profiles(p, slope, t, stored[0][-1])
    return SampledField(shell, on, edges, square, divergent / square if square else 0.0)


def _on_spheres(
    function: FieldFunction, shell: Shell, radius: np.ndarray
) -> tuple[np.ndarray, ...]:
    """p, slope and t (radius, columns); Int B^2 and that of the mean B_r over each unit sphere."""
    harmonics, degree, r = shell.harmonics, shell.columns.degree, radius[:, None]
    spectra = np.empty((3, radius.size, harmonics.size), dtype=complex)
    squares, fluxes = np.empty(radius.size), np.empty(radius.size)
    weight = harmonics.colatitude_weight
    for rows in _batches(radius, harmonics):
        values = _values(function, radius[rows], harmonics)
        squares[rows] = np.einsum("rtp,t->r", sum(part**2 for part in values), weight)
        fluxes[rows] = np.einsum("rtp,t->r", values[0], weight) ** 2 / (4 * np.pi)
        for i, sphere in enumerate(zip(*values, strict=True), rows.start):
            spectra[:, i] = harmonics.analysis(*sphere)
    q, s, t = (shell.columns.from_complex(part) for part in spectra)
    return r**2 * q / (degree * (degree + 1.0)), r * s, r * t, squares, fluxes


def _of_potentials(function: FieldFunction, shell: Shell) -> SampledField:
    """The field of the potentials P and T, interpolated along the radius as those of a run are."""
    harmonics, basis = shell.harmonics, shell.basis
    radius = basis.storage_radius
    spectra = np.empty((2, radius.size, harmonics.size), dtype=complex)
    for rows in _batches(radius, harmonics):
        values = _values(function, radius[rows], harmonics)
        for i, sphere in enumerate(zip(*values, strict=True), rows.start):
            for part, scalar in enumerate(sphere):
                # the radial part of a vector is a scalar
                spectra[part, i] = harmonics.analysis(scalar, 0 * scalar, 0 * scalar)[0]
    p, t = (shell.columns.from_complex(part) * radius[:, None] for part in spectra)
    slots = basis.poloidal_from_storage(p), basis.toroidal_from_storage(t)
    return of_state(State(0.0, shell, *slots))
