"""The closure against its own equation, on arrays and compiled."""

import numba
import numpy as np
import pytest

from spectralcmi import constants
from spectralcmi.terms import chiral, closure

K5_MAX = 600.0


@pytest.mark.parametrize("smooth", [False, True])
def test_closure_is_the_quasi_steady_state(smooth):
    """Solve n5 = (A E.B + source)/Gamma_f by iteration, with the current that does flow in E."""
    potential, electrons, diffusivity, flip = 40.0, 3e35, 4e-4, 1e15
    source, helicity, square = 5.0e21, 2.0e27, 1.0e31  # n_e Gamma_w_eff, B.curl B, B^2
    kappa = chiral.source_wavenumber(chiral.chiral_chemical_potential(potential, 1.0)) / electrons
    feedback = chiral.anomaly_feedback(potential, electrons, diffusivity, flip)
    undisturbed = kappa * source / flip
    k5_max = 1.2 * float(undisturbed + feedback * helicity) / (1.0 + feedback * square)
    k5 = 0.0
    for _ in range(400):
        work = diffusivity / constants.SPEED_OF_LIGHT * (helicity - k5 * square)
        uncut = kappa * (chiral.anomaly_constant() * work + source) / flip
        k5 = float(closure.cut(uncut, k5_max, smooth))
    closed = closure.closure(helicity, square, undisturbed, feedback, k5_max, smooth)
    # The iteration contracts by feedback * square at least, below 0.9 here: 0.9^400 is nothing.
    assert 0.01 < feedback * square < 0.9
    assert closed == pytest.approx(k5, rel=1e-12)
    assert k5 < k5_max


def drives(count=20000):
    """S/k5_max and b: linear, at the corner and far above the cutoff, b = 0 and up to 1e8."""
    rng = np.random.default_rng(5)
    b = np.where(rng.random(count) < 0.1, 0.0, 10.0 ** rng.uniform(-3, 8, count))
    width = (1.0 + b / 8.0) ** (1 / 9)  # of the corner
    choices = (
        (1.0 + b) * rng.uniform(0, 1.3, count),
        np.abs(b + width * rng.uniform(-5, 5, count)),
        (1.0 + b) * 10.0 ** rng.uniform(-12, 2, count),
    )
    return np.choose(rng.integers(0, 3, count), choices), b


def bisected(strength, b):
    """k5/k5_max by bisection of x + b cut(x) = S, between 0 and S."""
    low, high = np.zeros_like(strength), strength.copy()
    # 53 halvings of the larger end, and 40 more for roots that are smaller than S by 1e8 and more
    for _ in range(100):
        middle = 0.5 * (low + high)
        below = middle + b * closure.cut(middle, 1.0, True) < strength
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return closure.cut(0.5 * (low + high), 1.0, True)


def smooth_closure(driven, b, k5_max=K5_MAX):
    """The NumPy closure from S and b."""
    return closure.closure(0.0, b, driven, 1.0, k5_max, True)


@numba.njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
def compiled_smooth(driven, b, inverse_maximum, out):
    for i in range(driven.size):
        out[i] = closure.smooth_closure(driven[i], 1.0 + b[i], inverse_maximum)


@numba.njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
def compiled_hard(driven, b, inverse_maximum, out):
    for i in range(driven.size):
        out[i] = closure.hard_closure(driven[i], 1.0 + b[i], inverse_maximum)


@numba.njit(error_model="numpy")
def compiled_test(driven, b, inverse_maximum, out):
    for i in range(driven.size):
        out[i] = closure.cutoff_matters(driven[i], 1.0 + b[i], inverse_maximum)


def compiled(loop, driven, b, k5_max=K5_MAX, kind=float):
    out = np.empty(driven.shape, kind)
    loop(driven, b, 1.0 / k5_max, out)
    return out


def test_closure_solves_its_equation():
    strength, b = drives()
    found = smooth_closure(K5_MAX * strength, b) / K5_MAX
    # rounding of an eighth power and root in `cut`, and of b + 1
    np.testing.assert_allclose(found, bisected(strength, b), rtol=1e-14)


def test_compiled_closure_is_that_of_numpy():
    strength, b = drives()
    expected = smooth_closure(K5_MAX * strength, b)
    # Halley's step of third order ends at 2e-13
    np.testing.assert_allclose(
        compiled(compiled_smooth, K5_MAX * strength, b), expected, rtol=5e-13
    )
    np.testing.assert_allclose(
        compiled(compiled_smooth, -K5_MAX * strength, b), -expected, rtol=5e-13
    )


@pytest.mark.parametrize(("b", "share"), [(0.0, 0.917), (5.0, 0.968), (20.0, 0.985)])
def test_the_field_sharpens_the_cutoff(b, share):
    """k5/k5_max where the uncut S/(1 + b) is k5_max: a cutoff put on that gave 0.917 for all b."""
    # three digits
    assert smooth_closure((1.0 + b) * K5_MAX, b) / K5_MAX == pytest.approx(share, abs=5e-4)


def test_limits_without_field_without_cutoff_and_far_above_it():
    driven = np.linspace(-2000.0, 2000.0, 101)
    # the same function by another route: rounding
    np.testing.assert_allclose(
        smooth_closure(driven, 0.0), closure.cut(driven, K5_MAX, True), rtol=1e-14, atol=1e-300
    )
    zero, b = np.zeros_like(driven), np.full_like(driven, 3.0)
    for smooth in (True, False):
        uncut = closure.closure(driven, 1.5, 7.0, 2.0, np.inf, smooth)
        np.testing.assert_allclose(uncut, (7.0 + 2.0 * driven) / 4.0, rtol=1e-15)
    np.testing.assert_allclose(
        compiled(compiled_smooth, driven, b, np.inf), driven / 4.0, rtol=1e-15, atol=0
    )
    np.testing.assert_array_equal(compiled(compiled_smooth, zero, b), 0.0)
    extreme = np.array([1e300, -1e300])
    for limit in (K5_MAX, 1e-300):
        expected = np.copysign(limit, extreme)
        np.testing.assert_array_equal(smooth_closure(extreme, 0.0, limit), expected)
    far = np.array([1e7, -1e12, 1e200])
    np.testing.assert_allclose(
        compiled(compiled_smooth, far, np.array([0.0, 5.0, 1e4])),
        np.copysign(K5_MAX, far),
        rtol=1e-15,
    )


def test_what_is_not_a_number_stays_so():
    driven, b = np.array([np.nan, 1.0, np.nan]), np.array([1.0, np.nan, np.nan])
    for loop in (compiled_smooth, compiled_hard):
        assert np.isnan(compiled(loop, driven, b)).all()


@pytest.mark.parametrize("b", [0.0, 1e-3, 1.0, 23.0, 1e4, 1e8])
def test_k5_rises_with_its_drive_and_stays_below_the_cutoff(b):
    strength = np.concatenate(
        [np.linspace(0.0, 1.5, 2001) * (1.0 + b), b + np.linspace(2, 99, 500)]
    )
    strength = np.unique(strength)
    for k5 in (
        smooth_closure(K5_MAX * strength, b),
        compiled(compiled_smooth, K5_MAX * strength, np.full_like(strength, b)),
    ):
        # above the corner the rise is below the error of the step, 2e-13
        assert np.all(np.diff(k5) > -5e-13 * K5_MAX)
        assert np.all(np.diff(k5[strength < 0.9 * (1.0 + b)]) > 0.0)
        assert np.all(k5 <= K5_MAX * (1.0 + 1e-15))


def test_the_compiled_closure_has_no_kinks():
    """Eighth differences around the bounds at which its formula changes, and across the guess's."""
    for b in (0.0, 2.0, 100.0):
        for centre in (0.01 * (1.0 + b), 0.5 * (1.0 + b), b + 1.0, b + 40.0):
            strength = centre * (1.0 + np.linspace(-0.02, 0.02, 4001))
            field = np.full_like(strength, b)
            error = compiled(compiled_smooth, K5_MAX * strength, field)
            error = error / smooth_closure(K5_MAX * strength, b) - 1.0
            # neighbours differ in their error by rounding and the bits of the guess alone
            assert np.abs(np.diff(error)).max() < 4e-13


def test_hard_closure_clips():
    strength, b = drives()
    driven = K5_MAX * strength * np.where(np.arange(strength.size) % 2, 1.0, -1.0)
    expected = np.clip(driven / (1.0 + b), -K5_MAX, K5_MAX)
    # one division instead of two
    np.testing.assert_allclose(compiled(compiled_hard, driven, b), expected, rtol=1e-15)
    np.testing.assert_array_equal(closure.closure(0.0, b, driven, 1.0, K5_MAX, False), expected)
    # and it is consistent: x + b cut(x) = S
    x = driven - b * expected
    free = np.abs(expected) < K5_MAX
    # S - b S/(1 + b) loses as many digits as b has
    np.testing.assert_allclose((x - expected)[free] / driven[free], 0.0, atol=1e-15)
    assert np.all(np.abs(x[~free]) >= K5_MAX * (1.0 - 1e-15 * b[~free]))


def test_where_the_cutoff_does_not_matter_hard_and_smooth_agree():
    strength, b = drives()
    matters = compiled(compiled_test, K5_MAX * strength, b, kind=bool)
    assert 0.2 < matters.mean() < 0.9
    smooth, hard = (
        compiled(loop, K5_MAX * strength, b)[~matters] for loop in (compiled_smooth, compiled_hard)
    )
    # 40^-8/8 = 2e-14 of k5, beside the rounding of b + 1
    np.testing.assert_allclose(smooth, hard, rtol=3e-14)


def test_shapes_are_broadcast():
    k5 = closure.closure(np.ones((3, 1, 2)), np.ones((1, 4, 1)), 5.0, np.ones((3, 1, 1)), 2.0, True)
    assert k5.shape == (3, 4, 2)
    assert np.ptp(k5) == 0.0
