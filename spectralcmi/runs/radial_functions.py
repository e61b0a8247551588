"""Radial functions that random initial fields are made of, and whether a radial grid holds them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from spectralcmi.case.errors import ParameterError
from spectralcmi.fields import magnetic
from spectralcmi.fields.state import Profiles, State
from spectralcmi.grid.shell import Shell
from spectralcmi.model import InductionModel

#: Free-decay modes that fields without a radial wavenumber are made of, slowest first.
RADIAL_MODES = 4
#: Share of the energy of a wave that the radial functions may leave out.
LARGEST_LOSS = 1e-4
#: Halvings of an interval of wavenumbers in the search for the largest that is held.
HALVINGS = 20
#: Points of the quadrature of the proper distance between two radii.
DISTANCE_POINTS = 8


class RadialFunctions(Protocol):
    """The functions of the radius that a random field is made of, `count` for p and for t."""

    count: int

    def poloidal(self, amplitudes: np.ndarray) -> Profiles:
        """The field whose p has these amplitudes (count, columns)."""

    def toroidal(self, amplitudes: np.ndarray) -> Profiles:
        """The field whose t has these amplitudes (count, columns)."""

    def nearest(self, t: np.ndarray) -> np.ndarray:
        """What t (points, columns) is best approximated by."""


@dataclass(frozen=True, eq=False)
class SlowestModes:
    """The slowest free-decay modes, damped with their index."""

    model: InductionModel

    @cached_property
    def count(self) -> int:
        """Modes of a degree."""
        return min(RADIAL_MODES, *self.model.space.free_modes.values())

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray]:
        """Slots of p and of t of each mode, shape (columns, slots, count)."""
        degree = self.model.shell.columns.degree
        decay = self.model.space.free_decay(self.count, range(1, degree.max() + 1))
        damping = 1.0 / np.arange(1, self.count + 1)
        return decay.poloidal[degree - 1] * damping, decay.toroidal[degree - 1] * damping

    def poloidal(self, amplitudes: np.ndarray) -> Profiles:
        """The field whose p has these amplitudes."""
        return self._field(amplitudes, np.zeros_like(amplitudes))

    def toroidal(self, amplitudes: np.ndarray) -> Profiles:
        """The field whose t has these amplitudes."""
        return self._field(np.zeros_like(amplitudes), amplitudes)

    def _field(self, *amplitudes: np.ndarray) -> Profiles:
        slots = (
            np.einsum("csk,kc->sc", modes, part)
            for modes, part in zip(self._modes, amplitudes, strict=True)
        )
        return State(0.0, self.model.shell, *slots).profiles

    def nearest(self, t: np.ndarray) -> np.ndarray:
        """The projection on the modes: smooth, where t need not vanish at the outer radius."""
        shell = self.model.shell
        out = np.zeros_like(t)
        for index in range(self.count):
            unit = np.zeros((self.count, shell.columns.count))
            unit[index] = 1.0
            mode = self.toroidal(unit).t
            out += mode * (shell.energy_weights @ (mode * t)) / (shell.energy_weights @ mode**2)
        return out


@dataclass(frozen=True, eq=False)
class WindowedWaves:
    """(x (X - x))^2 times sin(k x) and cos(k x), with the proper distance x from the inner radius.

    t has these, and these times 2 x/X - 1, so that it can be orthogonal to several functions.

    Attributes
    ----------
    shell : Shell
    wavenumber : float
        k [1/km]
    """

    shell: Shell
    wavenumber: float
    count: int = 4

    @cached_property
    def _functions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Functions of p, their derivatives in x, functions of t, shape (points, 2 or 4)."""
        x, gap = proper_distances(self.shell)
        k = self.wavenumber
        window = 16 * (x * (gap - x)) ** 2 / gap**4
        slope = 32 * x * (gap - x) * (gap - 2 * x) / gap**4
        sine, cosine = np.sin(k * x), np.cos(k * x)
        values = np.stack([window * sine, window * cosine], axis=1)
        slopes = np.stack(
            [slope * sine + k * window * cosine, slope * cosine - k * window * sine], axis=1
        )
        return values, slopes, np.hstack([values, values * (2 * x / gap - 1)[:, None]])

    def poloidal(self, amplitudes: np.ndarray) -> Profiles:
        """The field whose p has the first two of these amplitudes."""
        p, p_slope = (part @ amplitudes[:2] for part in self._functions[:2])
        return Profiles(p, p_slope, np.zeros_like(p), np.zeros(p.shape[1]))

    def toroidal(self, amplitudes: np.ndarray) -> Profiles:
        """The field whose t has these amplitudes."""
        return toroidal_profiles(self._functions[2] @ amplitudes)

    def nearest(self, t: np.ndarray) -> np.ndarray:
        """The function as it is: it vanishes at both boundaries."""
        return t


def toroidal_profiles(t: np.ndarray) -> Profiles:
    """A purely toroidal field of t on the quadrature shells, shape (points, columns)."""
    zero = np.zeros_like(t)
    return Profiles(zero, zero, t, np.zeros(t.shape[1]))


def proper_distances(shell: Shell) -> tuple[np.ndarray, float]:
    """Int e^Lambda dr from the inner radius to each quadrature shell, and to the outer radius [km].

    Parameters
    ----------
    shell : Shell

    Returns
    -------
    distances : ndarray, shape (points,)
    gap : float
    """
    basis = shell.basis
    ends = np.concatenate([[basis.inner_radius], basis.radius, [basis.outer_radius]])
    nodes, weights = np.polynomial.legendre.leggauss(DISTANCE_POINTS)
    half = np.diff(ends)[:, None] / 2
    radius = ends[:-1, None] + half * (nodes + 1)
    steps = (half * np.exp(shell.metric.radial_potential(radius))) @ weights
    sums = np.cumsum(steps)
    return sums[:-1], float(sums[-1])


def lost_share(model: InductionModel, wavenumber: float) -> float:
    """Share of the energy of a wave of l = 1 that the radial functions leave out.

    Parameters
    ----------
    model : InductionModel
    wavenumber : float
        [1/km]

    Returns
    -------
    float
    """
    shell = model.shell
    waves = WindowedWaves(shell, wavenumber)
    amplitudes = np.zeros((waves.count, shell.columns.count))
    amplitudes[:, 0] = 1.0
    field, degree = waves.poloidal(amplitudes), shell.columns.degree
    energy = magnetic.square_integrals(
        magnetic.poloidal_field(shell.basis.radius),
        shell.energy_weights,
        degree * (degree + 1.0),
        (field.p, field.p_slope),
    )
    return 1 - model.state(model.coefficients(field)).energy / float(energy.sum())


def require_resolved(model: InductionModel, wavenumber: float) -> None:
    """Raise ParameterError where the radial functions can't hold a wavenumber [1/km]."""
    if lost_share(model, wavenumber) <= LARGEST_LOSS:
        return
    held, beyond = 0.0, wavenumber
    for _ in range(HALVINGS):
        middle = (held + beyond) / 2
        if lost_share(model, middle) <= LARGEST_LOSS:
            held = middle
        else:
            beyond = middle
    order, gap = model.shell.basis.order, proper_distances(model.shell)[1]
    raise ParameterError(
        "initial.radial_wavenumber",
        wavenumber,
        f"exceeds the {held:.3g} that {order} radial functions hold; on this radial_grid it needs "
        f"a radial_order of about {int(np.ceil(order * wavenumber / beyond))}, on a global one "
        f"{int(np.ceil(gap * wavenumber))}",
    )
