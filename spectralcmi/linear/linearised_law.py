"""Ohm's law linearised about an axisymmetric state, at each point of a shell.

    e = -eta (k5 b + k5' B) + f_h (J x b + j x B),
    k5' = (dk5/d(B.J)) (b.J + B.j) + (dk5/dB^2) 2 B.b,

with b and j a perturbation and its curl, B and J those of the state, k5 and its derivatives those
of the closure with its cutoff. eta j is left out: it is implicit. On the sphere, perturbations are
made of the vector harmonics Q = Y r^, S = grad_1 Y and T = -r^ x grad_1 Y.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.radial import on_points
from spectralcmi.linear.local_stability import chiral_response
from spectralcmi.model import InductionModel

#: Kinds of vector harmonics: Q, S and T.
RADIAL, SPHEROIDAL, TOROIDAL = range(3)


def vector_harmonics(
    harmonics: Harmonics, order: int
) -> tuple[dict[tuple[int, int], np.ndarray], tuple[tuple[int, ...], ...]]:
    """Components of Q, S and T of an order at longitude 0.

    Parameters
    ----------
    harmonics : Harmonics
    order : int

    Returns
    -------
    tables : dict of ndarray
        By kind and component, those that are not zero: shape (colatitudes, degrees), normalised
        such that 2 pi Int |Q|^2 d(cos theta) = 1.
    parts : tuple
        The components of each kind that are not zero.
    """
    chosen = np.flatnonzero(harmonics.order == order)
    value, slope = np.empty((2, harmonics.colatitude.size, chosen.size))
    for k, place in enumerate(chosen):
        unit = np.zeros(harmonics.size, dtype=complex)
        unit[place] = 0.5 if order else 1.0  # a real field has the conjugate order beside
        v_r, v_theta, _ = harmonics.synthesis(unit, unit, np.zeros_like(unit))
        value[:, k], slope[:, k] = v_r[:, 0], v_theta[:, 0]
    tables: dict[tuple[int, int], np.ndarray]
    if order == 0:
        tables = {(RADIAL, 0): value, (SPHEROIDAL, 1): slope, (TOROIDAL, 2): -slope}
    else:
        around = 1j * order * value / np.sin(harmonics.colatitude)[:, None]
        tables = {
            (RADIAL, 0): value + 0j,
            (SPHEROIDAL, 1): slope + 0j,
            (SPHEROIDAL, 2): around,
            (TOROIDAL, 1): around,
            (TOROIDAL, 2): -slope + 0j,
        }
    parts = tuple(tuple(c for k, c in tables if k == kind) for kind in range(3))
    return tables, parts


def linearised_law(model: InductionModel, state: np.ndarray) -> np.ndarray:
    """Matrices from b and from j to e.

    Parameters
    ----------
    model : InductionModel
        Its coefficients are functions of the radius.
    state : ndarray, shape `model.shape`
        Its columns of order 0 count.

    Returns
    -------
    ndarray, shape (points, 2, 3, 3, colatitudes)
        By what is multiplied, b or j, component of e, and component of what is multiplied.
    """
    field, current = _axisymmetric_field(model, state)
    local = model.local
    profiles = ("magnetic_diffusivity", "hall_prefactor", "chiral_wavenumber", "anomaly_feedback")
    local = replace(local, **{name: getattr(local, name)[:, None] for name in profiles})
    work, square = np.sum(field * current, axis=1), np.sum(field**2, axis=1)
    response = chiral_response(work, square, local)
    eta, hall = local.magnetic_diffusivity, local.hall_prefactor[:, None, None]
    k5_by_field = response.to_work[:, None] * current + 2 * response.to_square[:, None] * field
    k5_by_current = response.to_work[:, None] * field
    driven = -eta[:, None] * field
    laws = np.empty((field.shape[0], 2, 3, 3, field.shape[2]))
    laws[:, 0] = driven[:, :, None] * k5_by_field[:, None] + hall * _cross(current)
    laws[:, 1] = driven[:, :, None] * k5_by_current[:, None] - hall * _cross(field)
    for c in range(3):
        laws[:, 0, c, c] -= eta * response.wavenumber
    return laws


def _axisymmetric_field(model: InductionModel, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """B and J of the columns of order 0, (points, 3, colatitudes) each."""
    shell, blocks = model.shell, model.shell.blocks
    slots = tuple(
        np.empty((count, model.shape[1]))
        for count in (shell.basis.poloidal_slots, shell.basis.toroidal_slots)
    )
    model.space.to_slots(state, *slots)
    columns = shell.columns.real[shell.harmonics.order == 0]
    degree = shell.columns.degree[columns]
    p, p_slope, p_curvature = on_points(
        blocks.poloidal, blocks.poloidal_start, blocks.bounds, slots[0][:, columns]
    )
    t, t_slope = on_points(
        blocks.toroidal, blocks.toroidal_start, blocks.bounds, slots[1][:, columns]
    )
    tables, _ = vector_harmonics(shell.harmonics, 0)
    radius = shell.basis.radius[:, None]
    product = degree * (degree + 1.0) / radius**2

    def vectors(radial: np.ndarray, spheroidal: np.ndarray, toroidal: np.ndarray) -> np.ndarray:
        parts = zip((radial, spheroidal, toroidal), tables.values(), strict=True)
        return np.stack([part @ table.T for part, table in parts], axis=1)

    return (
        vectors(product * p, p_slope / radius, t / radius),
        vectors(product * t, t_slope / radius, (product * p - p_curvature) / radius),
    )


def _cross(vector: np.ndarray) -> np.ndarray:
    """Matrices of the vector product v x .: (points, 3, 3, colatitudes)."""
    out = np.zeros((vector.shape[0], 3, 3, vector.shape[2]))
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        out[:, a, b], out[:, b, a] = -vector[:, c], vector[:, c]
    return out
