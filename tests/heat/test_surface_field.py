"""The field at the surface, and the range of the fit of an envelope."""

import numpy as np
import pytest

from spectralcmi.build import build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.state import State
from spectralcmi.heat.surface_field import outside_fit, surface_field


def dipole(polar):
    """A case and a dipole of it of a polar field [1e12 G]."""
    parameters = Parameters(resolution={"lmax": 2, "mmax": 0, "radial_order": 30})
    shell = build_shell(parameters)
    basis = shell.basis
    poloidal = np.zeros((basis.poloidal_slots, shell.columns.count))
    storage = np.linspace(0, 1, basis.storage_radius.size)[:, None]
    # B_r = 2 p Y_10/r^2, and Y_10 = (3/4 pi)^(1/2) at the pole
    edge = polar * basis.outer_radius**2 / 2 / np.sqrt(3 / (4 * np.pi))
    poloidal[:, :1] = basis.poloidal_from_storage(edge * storage)
    none = np.zeros((basis.toroidal_slots, shell.columns.count))
    return parameters, State(0.0, shell, poloidal, none)


def test_a_dipole_is_radial_at_its_poles_and_along_the_surface_at_its_equator():
    _, state = dipole(100.0)
    radial, tangential = surface_field(state)
    cosine = np.abs(np.cos(state.shell.harmonics.colatitude))
    # the slope of p is free of the coordinates of the grid: exact but for rounding
    np.testing.assert_allclose(radial[:, 0], 1e14 * cosine, rtol=1e-12)
    shape = tangential[:, 0] / np.sqrt(1 - cosine**2)
    # half of the polar field without the metric of the star, and somewhat more with it
    np.testing.assert_allclose(shape, shape[0], rtol=1e-12)
    assert 0.5e14 <= shape[0] < 0.75e14


@pytest.mark.parametrize(
    ("polar", "temperature", "said"),
    [
        (100.0, 5e8, ""),
        (2e3, 5e8, "a polar field of 2"),
        (100.0, 4e9, "4e+09 K at its base is outside"),
    ],
)
def test_what_the_fit_is_not_for_is_told(polar, temperature, said):
    parameters, state = dipole(polar)
    sentence = outside_fit(parameters, np.array([temperature, 5e8]), state)
    assert sentence.startswith(f"thermal.envelope = ppp15: {said}" if said else "")
    assert bool(sentence) == bool(said)
