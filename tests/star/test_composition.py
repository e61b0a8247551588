import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.star.composition import (
    composition_bsk24,
    composition_tables_bsk24,
    monotone_interpolant,
)


def points(draw_sign):
    steps = st.tuples(st.floats(0.01, 1.0), draw_sign)
    return st.lists(steps, min_size=3, max_size=12).map(
        lambda pairs: tuple(np.cumsum(np.array(pairs), axis=0).T)
    )


rising_points = points(st.floats(0.0, 1.0))
any_points = points(st.floats(-1.0, 1.0))


@given(any_points)
def test_interpolant_goes_through_its_points_without_overshoot(data):
    x, y = data
    interpolant = monotone_interpolant(x, y)
    # Rounding of a quintic in Bernstein form; the values are of order ten.
    np.testing.assert_allclose(interpolant(x), y, rtol=0.0, atol=1e-12)
    for left in range(len(x) - 1):
        values = interpolant(np.linspace(x[left], x[left + 1], 50))
        assert np.all(np.diff(values) * np.sign(y[left + 1] - y[left]) >= -1e-12)


@given(rising_points)
def test_interpolant_is_twice_continuously_differentiable(data):
    x, y = data
    interpolant = monotone_interpolant(x, y)
    scale = np.abs(np.diff(y) / np.diff(x) ** 1).max() / np.diff(x).min() + 1e-9

    def jump(step):
        """Difference between the second derivatives on the two sides of the points."""
        offset = np.array([0.0, 1.0, 2.0]) * step
        right = interpolant(x[:, None] + offset) @ [1.0, -2.0, 1.0]
        left = interpolant(x[:, None] - offset) @ [1.0, -2.0, 1.0]
        return np.abs(right - left).max() / step**2

    step = 1e-3 * np.diff(x).min()
    # f'' moves by f''' h, and f''' is at most about 60 times f''/width in a quintic; a jump
    # would be of order one on this scale. The last term is rounding.
    assert jump(step) < 0.2 * scale + 1e-15 * 100.0 / step**2


def test_interpolant_follows_a_smooth_function():
    def error(count):
        x = np.linspace(0.0, 2.0, count)
        fine = np.linspace(0.3, 1.7, 500)
        return np.abs(monotone_interpolant(x, np.exp(x))(fine) - np.exp(fine)).max()

    # Harmonic means and parabolas are of second order in the slopes: third in the values.
    assert 2.5 < np.log2(error(41) / error(81)) < 4.5


def test_tables_are_reproduced_at_their_own_points():
    inner = composition_tables_bsk24()[1]
    composition = composition_bsk24(inner["n_b"])
    # Interpolated quantities pass through the points to rounding.
    np.testing.assert_allclose(composition.charge_number, inner["Z"], rtol=1e-13)
    np.testing.assert_allclose(composition.electron_fraction, inner["Y_e"], rtol=1e-13)
    # Those formed with Z/Y_e inherit the six printed digits.
    np.testing.assert_allclose(composition.cell_mass_number, inner["A_cell"], rtol=1e-5)
    np.testing.assert_allclose(composition.mass_number, inner["A_cluster"], rtol=1e-5)


def test_layers_keep_their_nuclides():
    outer = composition_tables_bsk24()[0]
    inside = outer["n_max"] * 0.999
    composition = composition_bsk24(inside, "layered")
    np.testing.assert_array_equal(composition.charge_number, outer["Z"])
    # A = Z/(Z/A) to rounding.
    np.testing.assert_allclose(composition.mass_number, outer["A"], rtol=1e-14)
    beyond = composition_bsk24(outer["n_max"][:-1] * 1.001, "layered")
    np.testing.assert_array_equal(beyond.charge_number, outer["Z"][1:])


def test_both_kinds_agree_in_the_inner_crust():
    n = np.geomspace(4e-4, 0.08, 300)
    smooth, layered = composition_bsk24(n), composition_bsk24(n, "layered")
    for name in ("charge_number", "electron_fraction", "mass_number"):
        # The same curve: only its first piece knows its outer neighbours.
        np.testing.assert_allclose(getattr(smooth, name), getattr(layered, name), rtol=1e-12)


def test_electron_fraction_falls_smoothly_and_stays_near_the_layers():
    n = np.geomspace(1e-8, 0.03, 4000)
    smooth, layered = composition_bsk24(n), composition_bsk24(n, "layered")
    assert np.all(np.diff(smooth.electron_fraction) <= 0.0)
    assert np.all((smooth.inner_fraction >= 0.0) & (smooth.inner_fraction <= 1.0))
    # Steps of Z/A between neighbouring nuclides reach 4 %; a curve between the centres of the
    # layers stays within one of them.
    assert np.abs(smooth.electron_fraction / layered.electron_fraction - 1.0).max() < 0.045


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="composition='steps' is none of smooth, layered"):
        composition_bsk24(1e-3, "steps")
