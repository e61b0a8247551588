"""The state against its own field on a grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.fields.state import State, profiles_on, state_from_storage, stored_on
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from tests.on_grid import field_and_curl, over_shell

LAYOUTS = [(1, 0, 1), (5, 0, 1), (4, 4, 1), (6, 4, 2)]
BASES = [chebyshev_basis(0.75, 1.0, 12), ElementBasis((0.75, 0.8, 0.82, 1.0), 6)]
SHELLS = [Shell(basis, Harmonics(*layout)) for basis in BASES for layout in LAYOUTS]
AXISYMMETRIC = SHELLS[1 :: len(LAYOUTS)]
THREE_DIMENSIONAL = SHELLS[2 :: len(LAYOUTS)]


def random_state(shell, seed):
    """Smooth enough that round-off of derivatives doesn't show, and no boundary condition."""
    rng, basis = np.random.default_rng(seed), shell.basis
    parts = []
    for slots in (basis.poloidal_slots, basis.toroidal_slots):
        # a polynomial of degree k has the derivatives k^2; on few elements of low degree all do
        base = 1.0 if isinstance(basis, ElementBasis) else 2.0
        decay = base ** -np.arange(slots)[:, None]
        parts.append(decay * rng.standard_normal((slots, shell.columns.count)))
    return State(0.0, shell, *parts)


@pytest.mark.parametrize("shell", SHELLS)
def test_square_integrals_are_those_of_the_field(shell):
    state = random_state(shell, 0)
    poloidal = State(0.0, shell, state.poloidal, 0 * state.toroidal)
    toroidal = State(0.0, shell, 0 * state.poloidal, state.toroidal)
    for part, alone in enumerate((poloidal, toroidal)):
        field, _ = field_and_curl(alone)
        integral = over_shell(shell, (field**2).sum(axis=0))
        assert state.square_integrals[part].sum() == pytest.approx(integral, rel=1e-12)
        assert alone.square_integrals[1 - part].sum() == 0.0
    field, _ = field_and_curl(state)
    inside = state.square_integrals[0].sum() + state.square_integrals[1].sum()
    assert inside == pytest.approx(over_shell(shell, (field**2).sum(axis=0)), rel=1e-12), (
        "no cross terms"
    )


@pytest.mark.parametrize("shell", AXISYMMETRIC)
def test_exterior_integral_is_that_of_the_potential_field(shell):
    state = random_state(shell, 1)
    outer = shell.basis.outer_radius
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
    assert poloidal.shape == (shell.basis.storage_radius.size, shell.harmonics.size)
    assert toroidal.shape == poloidal.shape
    back = state_from_storage(0.0, shell, poloidal, toroidal)
    # round-off of an interpolation on 12 points; of radii, 1e-16, over an element of 0.02
    tolerance = 1e-13 if shell.basis is BASES[0] else 1e-11
    np.testing.assert_allclose(back.poloidal, state.poloidal, atol=tolerance)
    np.testing.assert_allclose(back.toroidal, state.toroidal, atol=tolerance)


@pytest.mark.parametrize("shell", THREE_DIMENSIONAL)
def test_storage_holds_scalars_not_products_with_the_radius(shell):
    state = random_state(shell, 2)
    poloidal, toroidal = state.on_storage_points()
    p_outer = shell.columns.to_complex(state.surface_poloidal)
    outer = shell.basis.storage_radius[-1:]
    # rounding
    np.testing.assert_allclose(poloidal[-1] * outer, p_outer, atol=1e-13)
    t_outer = shell.basis.evaluate_toroidal(state.toroidal, outer)[0][0]
    np.testing.assert_allclose(toroidal[-1] * outer, shell.columns.to_complex(t_outer), atol=1e-13)


def smooth_state(shell):
    """p and t that both bases hold, the same for the columns that two shells share."""
    basis, columns = shell.basis, shell.columns
    r = basis.storage_radius[:, None]
    key = columns.degree + 0.3 * columns.order
    imaginary = np.zeros(columns.count)
    imaginary[columns.imaginary[columns.imaginary >= 0]] = 0.7
    phase = key + imaginary
    slots = (
        basis.poloidal_from_storage(np.sin(6 * r + phase)),
        basis.toroidal_from_storage(np.cos(7 * r - phase)),
    )
    return State(0.0, shell, *slots), phase


@pytest.mark.parametrize("old", [0, 1])
@pytest.mark.parametrize("new", [0, 1])
def test_profiles_on_another_shell_are_those_of_the_functions(old, new):
    """Between bases, and between degrees and orders: those that a shell lacks are zero."""
    bases = chebyshev_basis(0.75, 1.0, 24), ElementBasis((0.75, 0.8, 0.87, 1.0), 10)
    source, target = (
        Shell(bases[kind], Harmonics(*layout)) for kind, layout in ((old, (5, 2)), (new, (4, 4)))
    )
    state, _ = smooth_state(source)
    _, phase = smooth_state(target)
    profiles = profiles_on(state, target)
    shared = target.columns.order <= 2
    r, outer = target.basis.radius[:, None], target.basis.outer_radius
    for values, expected in (
        (profiles.p, np.sin(6 * r + phase)),
        (profiles.p_slope, 6 * np.cos(6 * r + phase)),
        (profiles.t, np.cos(7 * r - phase)),
        (profiles.surface, np.sin(6 * outer + phase)),
    ):
        # 10 degrees for 0.8 radians an element: 0.4^10/10! and a slope over 0.13
        np.testing.assert_allclose(values, np.where(shared, expected, 0.0), atol=1e-9)


def test_profiles_on_its_own_shell_are_its_own():
    state = random_state(SHELLS[-1], 4)
    assert profiles_on(state, Shell(SHELLS[-1].basis, Harmonics(*LAYOUTS[-1]))) is state.profiles


@pytest.mark.parametrize("new", [0, 1])
def test_what_is_stored_for_another_shell_is_what_it_would_store(new):
    bases = chebyshev_basis(0.75, 1.0, 24), ElementBasis((0.75, 0.8, 0.87, 1.0), 10)
    state, _ = smooth_state(Shell(bases[1 - new], Harmonics(5, 2)))
    target = Shell(bases[new], Harmonics(4, 4))
    stored = stored_on(state, target)
    expected = smooth_state(target)[0].on_storage_points()
    shared = target.harmonics.order <= 2
    for part, whole in zip(stored, expected, strict=True):
        # as above
        np.testing.assert_allclose(part, np.where(shared, whole, 0.0), atol=1e-10)


@pytest.mark.parametrize("name", ["poloidal", "toroidal"])
def test_wrong_shapes(name):
    shell = SHELLS[0]
    parts = {part: np.zeros((12, shell.columns.count)) for part in ("poloidal", "toroidal")}
    parts[name] = np.zeros((11, shell.columns.count))
    with pytest.raises(ValueError, match=rf"{name}\.shape=\(11, 1\) is not \(12, 1\)"):
        State(0.0, shell, **parts)
