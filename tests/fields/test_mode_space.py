"""Free-decay modes as coefficients: unit mass, diagonal stiffness."""

import numpy as np
import pytest


@pytest.fixture(scope="module", params=[(5, 0, 1), (6, 6, 1), (6, 4, 2)], ids=str)
def space(request, shell_model):
    return shell_model(10, *request.param, angular_rate=7.0, diffusivity=lambda r: 2 - r).space


def test_mass_is_one_and_stiffness_diagonal(space):
    state, out = np.random.default_rng(0).standard_normal(space.shape), np.empty(space.shape)
    space.mass(state, out)
    np.testing.assert_array_equal(out, state)
    space.stiffness(state, out)
    rates = space.ohmic_rates + space.angular_rates[space.shell.columns.degree - 1]
    np.testing.assert_allclose(out, rates * state, rtol=1e-14)


def test_shape_counts_all_modes(space):
    # two conditions on p, one on t
    order = space.shell.basis.order
    assert space.free_modes == {"poloidal": order - 2, "toroidal": order - 1}
    assert space.shape == (2 * order - 3, space.shell.columns.count)


def test_coefficients_are_those_of_the_modes_of_each_column(space):
    state = np.random.default_rng(1).standard_normal(space.shape)
    basis, count = space.shell.basis, space.shell.columns.count
    p, t = np.full((2, basis.order, count), np.nan)
    space.to_slots(state, p, t)
    split = space.free_modes["poloidal"]
    for column, degree in enumerate(space.shell.columns.degree):
        modes = space.free_decay(basis.order, (degree,))
        for part, kind, own in (
            (p, modes.poloidal, state[:split, column]),
            (t, modes.toroidal, state[split:, column]),
        ):
            expected = kind[0] @ own
            # rounding of ten terms
            np.testing.assert_allclose(
                part[:, column], expected, atol=1e-13 * np.abs(kind[0]).sum()
            )


def test_free_decay_are_its_own_modes(space):
    modes = space.free_decay(3, (2, 4))
    for name in ("poloidal", "toroidal"):
        np.testing.assert_array_equal(
            getattr(modes, name), getattr(space.modes, name)[[1, 3], :, :3]
        )
        np.testing.assert_array_equal(
            getattr(modes, f"{name}_rates"), getattr(space.modes, f"{name}_rates")[[1, 3], :3]
        )
