"""The magnetic field at the outer radius of the crust, as the envelope meets it."""

from __future__ import annotations

import numpy as np

from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.fields.state import State
from spectralcmi.star.envelope import ENVELOPES, local_dipole


def surface_field(field: State) -> tuple[np.ndarray, np.ndarray]:
    """The field at the outer radius, that of the vacuum outside.

    Parameters
    ----------
    field : State

    Returns
    -------
    radial, tangential : ndarray, shape (nlat, nphi)
        |B_r| and the magnitude of the rest [G].
    """
    shell = field.shell
    harmonics, radius = shell.harmonics, shell.basis.outer_radius
    degree = harmonics.degree
    p = shell.columns.to_complex(field.surface_poloidal) * (FIELD_UNIT / radius)
    along = float(np.exp(-shell.metric.radial_potential(np.array(radius))))
    slope = -along * shell.exterior_factor(degree) * p
    normal = degree * (degree + 1.0) * p / radius
    radial, theta, phi = harmonics.synthesis(normal, slope, np.zeros_like(p))
    return np.abs(radial), np.hypot(theta, phi)


def outside_fit(parameters: Parameters, base_temperature: np.ndarray, field: State) -> str:
    """Tell how a star leaves the range that the fit of its envelope was made for.

    Parameters
    ----------
    parameters : Parameters
    base_temperature : ndarray
        T_b [K], anywhere.
    field : State

    Returns
    -------
    str
        A sentence without its end; empty if it does not.
    """
    name = parameters.thermal.envelope
    polar, _ = local_dipole(*surface_field(field))
    excess = ENVELOPES[name].outside_fit(base_temperature, polar)
    return excess and f"thermal.envelope = {name}: {excess}"
