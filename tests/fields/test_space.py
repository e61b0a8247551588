"""What both field spaces promise: adjoints, quadratic forms, boundary conditions, projections."""

import numpy as np
import pytest

from spectralcmi.fields.space import projected
from spectralcmi.fields.state import State, profiles_on
from spectralcmi.grid.elements import ElementBasis

LAYOUTS = [(5, 0, 1), (4, 4, 1), (6, 4, 2)]


def diffusivity(r):
    """A decade, as over a layer of the crust."""
    return 10 ** (4 * (r - 0.75))


@pytest.fixture(params=LAYOUTS, ids=str)
def layout(request):
    return request.param


@pytest.fixture(params=["perfect_conductor", "zero_toroidal"])
def inner(request):
    return request.param


@pytest.fixture
def space(shell_model, layout, inner, elements, metric):
    model = shell_model(
        12,
        *layout,
        inner=inner,
        elements=elements,
        metric=metric,
        diffusivity=diffusivity,
        angular_rate=7.0,
    )
    return model.space


def random_rows(space, seed):
    """Any state."""
    return np.random.default_rng(seed).standard_normal(space.shape)


def slots_of(space, state):
    basis, count = space.shell.basis, space.shell.columns.count
    slots = tuple(np.empty((n, count)) for n in (basis.poloidal_slots, basis.toroidal_slots))
    space.to_slots(state, *slots)
    return slots


def field_of(space, state):
    return State(0.0, space.shell, *slots_of(space, state))


def admissible(space, seed):
    """A state all of whose rows count: that of the field of any state."""
    return projected(space, field_of(space, random_rows(space, seed)).profiles)


def test_rows_are_the_transpose_of_slots(space):
    state, rng = random_rows(space, 0), np.random.default_rng(1)
    slots = slots_of(space, state)
    work = tuple(rng.standard_normal(part.shape) for part in slots)
    rows = np.full(space.shape, np.nan)
    space.to_rows(*work, rows)
    there = sum(np.vdot(a, b) for a, b in zip(slots, work, strict=True))
    # rounding relative to the terms
    scale = sum(np.abs(a * b).sum() for a, b in zip(slots, work, strict=True))
    assert np.vdot(state, rows) == pytest.approx(there, abs=1e-13 * scale)


@pytest.mark.parametrize("seed", range(3))
def test_boundary_conditions_hold_for_any_state(space, inner, seed):
    poloidal, toroidal = slots_of(space, random_rows(space, seed))
    basis, degree = space.shell.basis, space.shell.columns.degree
    radius = np.array([basis.inner_radius, basis.outer_radius])
    p, slope, _ = basis.evaluate_poloidal(poloidal, radius)
    t, _ = basis.evaluate_toroidal(toroidal, radius)
    # rounding of sums of the functions at the end, and of their slopes
    scale, steep = np.abs(p).max() + 1, np.abs(slope).max() + 1
    assert np.abs(p[0]).max() < 1e-11 * scale
    assert np.abs(slope[1] + space.shell.exterior_factor(degree) * p[1]).max() < 1e-11 * steep
    assert np.abs(t[1]).max() < 1e-11 * (np.abs(t).max() + 1)
    if inner == "zero_toroidal":
        assert np.abs(t[0]).max() < 1e-11 * (np.abs(toroidal).max() + 1)
    else:
        assert np.abs(t[0]).max() > 0.01


def test_mass_is_the_energy_of_the_field(space, applied):
    state = admissible(space, 2)
    energy = field_of(space, state).energy
    # rounding of sums over some hundred points
    assert np.vdot(state, applied(space.mass, state)) == pytest.approx(energy, rel=1e-11)


def test_forms_are_symmetric_and_positive(space, applied):
    one, two = admissible(space, 3), admissible(space, 4)
    for form in (space.mass, space.stiffness):
        # rounding: the largest entries of the stiffness cancel in smooth fields
        assert np.vdot(one, applied(form, two)) == pytest.approx(
            np.vdot(two, applied(form, one)),
            abs=1e-12 * np.linalg.norm(one) * np.linalg.norm(applied(form, two)),
        )
        assert np.vdot(one, applied(form, one)) > 0


def test_stiffness_tells_its_parts(space):
    state, out = admissible(space, 5), np.empty(space.shape)
    ohmic, angular = space.stiffness(state, out)
    assert ohmic > 0 and angular > 0
    assert ohmic + angular == pytest.approx(np.vdot(state, out), rel=1e-12)
    poloidal, toroidal, outside = field_of(space, state).square_integrals
    expected = space.angular_rates[space.shell.columns.degree - 1] @ (poloidal + toroidal + outside)
    # rounding of the energy
    assert angular == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("step", [0.0, 1e-4, 3.0])
def test_solve_is_the_inverse(space, applied, step):
    right, state = np.random.default_rng(6).standard_normal(space.shape), np.empty(space.shape)
    given = right.copy()
    space.solve(step, right, state)
    np.testing.assert_array_equal(right, given)
    back = applied(space.mass, state) + step * applied(space.stiffness, state)
    # backward stable: the residual is round-off of the terms, a condition number does not enter
    terms = np.abs(applied(space.mass, state)) + step * np.abs(applied(space.stiffness, state))
    assert np.abs(back - right).max() < 1e-11 * max(terms.max(), np.abs(right).max())


def test_surface_is_p_there(space):
    state = admissible(space, 7)
    # rounding of a sum over the functions
    np.testing.assert_allclose(
        space.surface(state), field_of(space, state).surface_poloidal, rtol=0, atol=1e-12
    )


def test_free_decay_modes_are_eigenvectors_of_unit_energy(space, applied):
    """K x = lambda M x, but for the angular dissipation that is no part of them."""
    degrees, count = (1, 3), 4
    decay = space.free_decay(count, degrees)
    columns = space.shell.columns
    for place, degree in enumerate(degrees):
        column = columns.degree_slices[degree - 1].start
        for kind, rates in enumerate((decay.poloidal_rates, decay.toroidal_rates)):
            assert np.all(np.diff(rates[place]) > 0) and rates[place, 0] > 0
            for k in range(count):
                slots = tuple(
                    np.zeros((part.shape[1], columns.count))
                    for part in (decay.poloidal, decay.toroidal)
                )
                slots[kind][:, column] = (decay.poloidal, decay.toroidal)[kind][place, :, k]
                field = State(0.0, space.shell, *slots)
                # rounding of an eigenvector
                assert field.energy == pytest.approx(1.0, rel=1e-9)
                state = projected(space, field.profiles)
                ohmic, angular = space.stiffness(state, np.empty(space.shape))
                assert angular == pytest.approx(space.angular_rates[degree - 1], rel=1e-9)
                assert ohmic == pytest.approx(rates[place, k], rel=1e-8)
                residual = applied(space.stiffness, state) - (
                    rates[place, k] + space.angular_rates[degree - 1]
                ) * applied(space.mass, state)
                scale = np.abs(applied(space.stiffness, random_rows(space, 0))).max()
                assert np.abs(residual).max() < 1e-9 * scale


def test_signs_of_modes_are_fixed(space):
    decay, basis = space.free_decay(4, (1, 2)), space.shell.basis
    outer = np.array([basis.outer_radius])
    for place in range(2):
        assert np.all(basis.evaluate_poloidal(decay.poloidal[place], outer)[0] > 0)
        assert np.all(basis.evaluate_toroidal(decay.toroidal[place], outer)[1] < 0)


def test_counts_of_free_modes(space, inner):
    """On elements the slot of t at the inner radius stays where t vanishes there, as a zero."""
    kept = isinstance(space.shell.basis, ElementBasis) and inner == "zero_toroidal"
    assert space.shape[0] - sum(space.free_modes.values()) == kept


# Projection


def test_coefficients_and_field_round_trip(space):
    state = admissible(space, 8)
    back = projected(space, field_of(space, state).profiles)
    # rounding times the condition of the mass matrix, below 1e4
    np.testing.assert_allclose(back, state, atol=1e-10 * np.abs(state).max())


def anything(space, seed):
    """A field that obeys no boundary condition."""
    rng, basis = np.random.default_rng(seed), space.shell.basis
    base = 1.0 if isinstance(basis, ElementBasis) else 2.0
    parts = []
    for slots in (basis.poloidal_slots, basis.toroidal_slots):
        decay = base ** -np.arange(slots)[:, None]
        parts.append(decay * rng.standard_normal((slots, space.shell.columns.count)))
    return State(0.0, space.shell, *parts)


def test_projection_is_the_nearest_admissible_field(space):
    """What is lost by projecting any field is orthogonal, in energy, to all admissible ones."""
    field = anything(space, 0)
    nearest = field_of(space, projected(space, field.profiles))
    rest = State(
        0.0,
        space.shell,
        field.poloidal - nearest.poloidal,
        field.toroidal - nearest.toroidal,
    )
    again = projected(space, rest.profiles)
    scale = np.abs(projected(space, field.profiles)).max()
    # rounding times the condition of the mass matrix
    np.testing.assert_allclose(again, 0.0, atol=1e-10 * scale)
    # so energies add up, and that of the projection is the smaller
    assert nearest.energy + rest.energy == pytest.approx(field.energy, rel=1e-10)
    assert nearest.energy < field.energy


@pytest.mark.parametrize("other", [0, 3])
def test_a_field_of_another_shell_does_not_gain_energy(
    shell_model, random_coefficients, space, layout, other
):
    metric = space.shell.metric
    source = shell_model(30, *layout, elements=other, element_order=11, metric=metric)
    state = source.state(random_coefficients(source, 3, modes=8))
    here = projected(space, profiles_on(state, space.shell))
    energy = field_of(space, here).energy
    # the quadrature of the new shell takes the field to 1e-6 where it is not one of its own
    assert energy <= state.energy * (1 + 1e-6)
    assert energy > 0.9 * state.energy


def test_a_resolved_field_survives_a_change_of_basis(shell_model, random_coefficients, layout):
    models = [
        shell_model(40, *layout),
        shell_model(0, *layout, elements=(0.0, 0.31, 0.35, 0.62, 0.68, 1.0), element_order=15),
    ]
    for here, there in (models, models[::-1]):
        start = random_coefficients(here, 5, modes=3)
        field = here.state(start)
        moved = there.state(there.coefficients(profiles_on(field, there.shell)))
        assert moved.energy == pytest.approx(field.energy, rel=1e-10)
        back = here.coefficients(profiles_on(moved, here.shell))
        # two interpolations of functions resolved to 1e-10
        np.testing.assert_allclose(back, start, atol=1e-8 * np.abs(start).max())
