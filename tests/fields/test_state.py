"""The state against its own field on a grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.fields.state import State, state_from_storage
from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell

LAYOUTS = [(1, 0, 1), (5, 0, 1), (4, 4, 1), (6, 4, 2)]
SHELLS = [Shell(radial_basis(0.75, 1.0, 12), Harmonics(*layout)) for layout in LAYOUTS]


def random_state(shell, seed):
    """Smooth enough that round-off of derivatives doesn't show, and no boundary condition."""
    rng = np.random.default_rng(seed)
    decay = 2.0 ** -np.arange(shell.basis.order)[:, None]
    size = (shell.basis.order, shell.columns.count)
    return State(0.0, shell, *(decay * rng.standard_normal(size) for _ in range(2)))


def field_on_grid(state):
    """(B_r, B_theta, B_phi) of shape (3, points, nlat, nphi), and the volume of each point."""
    shell = state.shell
    harmonics = shell.harmonics
    r = shell.basis.radius[:, None]
    product = harmonics.degree * (harmonics.degree + 1.0)
    p, slope, t = (shell.columns.to_complex(part) for part in state.profiles)
    components = zip(product * p / r**2, slope / r, t / r, strict=True)
    field = np.moveaxis([harmonics.synthesis(*parts) for parts in components], 1, 0)
    weights = np.polynomial.legendre.leggauss(harmonics.colatitude.size)[1]
    radial = shell.basis.weights * shell.basis.radius**2
    longitude = 2 * np.pi / harmonics.longitude.size
    return field, radial[:, None, None] * weights[None, :, None] * longitude


@pytest.mark.parametrize("shell", SHELLS)
def test_square_integrals_are_those_of_the_field(shell):
    state = random_state(shell, 0)
    nothing = np.zeros_like(state.poloidal)
    for part, alone in enumerate(
        [State(0.0, shell, state.poloidal, nothing), State(0.0, shell, nothing, state.toroidal)]
    ):
        field, volume = field_on_grid(alone)
        integral = (volume * field**2).sum()
        assert state.square_integrals[part].sum() == pytest.approx(integral, rel=1e-12)
        assert alone.square_integrals[1 - part].sum() == 0.0
    field, volume = field_on_grid(state)
    inside = state.square_integrals[0].sum() + state.square_integrals[1].sum()
    assert inside == pytest.approx((volume * field**2).sum(), rel=1e-12), "no cross terms"


def test_exterior_integral_is_that_of_the_potential_field():
    shell = SHELLS[1]
    state = random_state(shell, 1)
    outer = shell.basis.map.outer_radius
    degree = shell.columns.degree
    # B_r = l(l+1) p/r^2 (r_o/r)^(l+2): Int B^2 dV = r_o^3/(l+1) Int B_r^2 dOmega on the surface
    radial_field = degree * (degree + 1) * state.surface_poloidal / outer**2
    np.testing.assert_allclose(
        state.square_integrals[2], outer**3 / (degree + 1) * radial_field**2, rtol=1e-13
    )


@given(st.sampled_from(SHELLS), st.integers(0, 2**32 - 1))
def test_storage_round_trip(shell, seed):
    state = random_state(shell, seed)
    poloidal, toroidal = state.on_storage_points()
    assert poloidal.shape == toroidal.shape == (shell.basis.order, shell.harmonics.size)
    back = state_from_storage(0.0, shell, poloidal, toroidal)
    # round-off of an interpolation on 12 points
    np.testing.assert_allclose(back.poloidal, state.poloidal, atol=1e-13)
    np.testing.assert_allclose(back.toroidal, state.toroidal, atol=1e-13)


def test_storage_holds_scalars_not_products_with_the_radius():
    shell = SHELLS[2]
    state = random_state(shell, 2)
    poloidal, toroidal = state.on_storage_points()
    p_outer = shell.columns.to_complex(state.surface_poloidal)
    outer = shell.basis.storage_radius[-1]
    np.testing.assert_allclose(poloidal[-1] * outer, p_outer, atol=1e-13)
    t_outer = shell.basis.boundary_evaluation[0][1] @ state.toroidal
    np.testing.assert_allclose(toroidal[-1] * outer, shell.columns.to_complex(t_outer), atol=1e-13)


@pytest.mark.parametrize("name", ["poloidal", "toroidal"])
def test_wrong_shapes(name):
    shell = SHELLS[0]
    parts = {part: np.zeros((12, shell.columns.count)) for part in ("poloidal", "toroidal")}
    parts[name] = np.zeros((11, shell.columns.count))
    with pytest.raises(ValueError, match=rf"{name}\.shape=\(11, 1\) is not \(12, 1\)"):
        State(0.0, shell, **parts)
