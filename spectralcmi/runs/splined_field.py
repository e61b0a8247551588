"""Fields given by coefficients on radii: splines of fifth order go through them."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import make_interp_spline

from spectralcmi.constants import FIELD_UNIT
from spectralcmi.errors import InputError
from spectralcmi.fields.state import Profiles
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.runs.sampled_field import SampledField, of_profiles


def splined(
    shell: Shell,
    radius: np.ndarray,
    parts: list[np.ndarray],
    degree: np.ndarray,
    order: np.ndarray,
) -> SampledField:
    """Splines through coefficients, on the radial basis of a shell and in all their harmonics.

    Parameters
    ----------
    shell : Shell
        Of a run.
    radius : ndarray, shape (n,)
        Ascending, from the inner to the outer radius [km].
    parts : list of ndarray, complex, shape (n, lm)
        P_lm [G km] and T_lm [G].
    degree, order : ndarray of int, shape (lm,)

    Returns
    -------
    SampledField

    Raises
    ------
    InputError
        If these are no coefficients on the radii of the shell.
    """
    _require_coefficients(shell, radius, parts, degree, order)
    wide = Shell(
        shell.basis, Harmonics(int(degree.max()), int(order.max())), shell.metric,
        shell.stellar_radius,
    )  # fmt: skip
    harmonics, points = wide.harmonics, wide.basis.radius
    place = {key: i for i, key in enumerate(zip(harmonics.degree, harmonics.order, strict=True))}
    places = [place[key] for key in zip(degree, order, strict=True)]
    columns = []
    for part in parts:
        full = np.zeros((radius.size, harmonics.size), dtype=complex)
        full[:, places] = part * (radius[:, None] / FIELD_UNIT)
        columns.append(wide.columns.from_complex(full))
    p, t = (make_interp_spline(radius, part, 5) for part in columns)

    def on(radii: np.ndarray) -> tuple[np.ndarray, ...]:
        radii = np.clip(radii, radius[0], radius[-1])
        values = (p(radii), p.derivative()(radii), p.derivative(2)(radii))
        slope = shell.metric.poloidal_derivatives(radii[:, None], *values)[1]
        return values[0], slope, t(radii)

    value, slope, toroidal = on(points)
    profiles = Profiles(value, slope, toroidal, p(radius[-1]))
    edges = tuple(np.stack([part[0] for part in on(np.array([end]))]) for end in radius[[0, -1]])
    return of_profiles(profiles, wide, edges)


def _require_coefficients(
    shell: Shell,
    radius: np.ndarray,
    parts: list[np.ndarray],
    degree: np.ndarray,
    order: np.ndarray,
) -> None:
    """Raise InputError for what are no coefficients on the radii of a shell."""
    wanted = (radius.size, degree.size)
    for name, part in zip(("poloidal", "toroidal"), parts, strict=True):
        if part.shape != wanted:
            raise InputError(f"{name} has the shape {part.shape}, not (radius, lm) = {wanted}")
        if not np.isfinite(part).all():
            raise InputError(f"{name} holds numbers that are not finite")
        if np.any(part.imag[:, order == 0] != 0):
            raise InputError(f"{name} has an imaginary part at order 0; the field is real")
    if degree.shape != order.shape or np.any((order < 0) | (order > degree) | (degree < 1)):
        raise InputError("degree and order do not obey 0 <= order <= degree, 1 <= degree")
    if len({*zip(degree.tolist(), order.tolist(), strict=True)}) < degree.size:
        raise InputError("degree and order name a coefficient twice")
    if radius.size < 6 or np.any(np.diff(radius) <= 0):
        raise InputError("radius has to ascend, with six values or more")
    ends = shell.basis.inner_radius, shell.basis.outer_radius
    if max(abs(radius[0] - ends[0]), abs(radius[-1] - ends[1])) > 1e-9 * ends[1]:
        raise InputError(
            f"radius goes from {radius[0]:.9g} to {radius[-1]:.9g} km, the crust from "
            f"{ends[0]:.9g} to {ends[1]:.9g} km"
        )
