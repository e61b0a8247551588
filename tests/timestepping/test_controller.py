"""The proportional-integral controller and its ladder of steps."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.timestepping.controller import StepController, nearest_rung, rung_below

TOLERANCE = 1e-4
CONTROL = StepController(TOLERANCE, order=3)


@given(step=st.floats(1e-12, 1e6))
def test_rungs(step: float) -> None:
    below, nearest = rung_below(step), nearest_rung(step)
    for rung in (below, nearest):
        # a power of the fourth root of two, to round-off of the logarithm
        assert 4 * math.log2(rung) == pytest.approx(round(4 * math.log2(rung)), abs=1e-12)
        # and the same number when it is found again
        assert rung_below(rung) == rung == nearest_rung(rung)
    # rung_below forgives a relative 1e-9, so that a rung is not taken for less than itself
    assert below <= step * (1 + 1e-9) < below * 2**0.25 * (1 + 2e-9)
    assert nearest / 2**0.125 <= step * (1 + 1e-12) and step <= nearest * 2**0.125 * (1 + 1e-12)


def test_errors_lead_to_the_right_change() -> None:
    wanted = TOLERANCE * 0.9 ** (3 / CONTROL.INTEGRAL)
    # the error at which nothing changes
    assert CONTROL.change(wanted, wanted) == pytest.approx(1.0, rel=1e-14)
    # integral part: a lasting small error asks for a longer step, a large one for a shorter one
    assert CONTROL.change(wanted / 8, wanted / 8) == pytest.approx(8**0.1, rel=1e-14)
    assert CONTROL.change(wanted * 8, wanted * 8) == pytest.approx(8**-0.1, rel=1e-14)
    # proportional part: a falling error asks for more than a constant one
    assert CONTROL.change(wanted, 8 * wanted) == pytest.approx(8 ** (0.4 / 3), rel=1e-14)


def test_changes_are_bounded() -> None:
    assert CONTROL.change(0.0, TOLERANCE) == 3.0
    assert CONTROL.change(1e9, TOLERANCE) == CONTROL.change(np.inf, TOLERANCE) == 0.2
    assert CONTROL.change(np.nan, TOLERANCE) == 0.2


def test_rejection_always_shortens() -> None:
    # even where the error before was so large that the formula would lengthen the step
    assert CONTROL.after_rejection(1.0, 1.01 * TOLERANCE, 100 * TOLERANCE) == 2**-0.25
    assert CONTROL.after_rejection(1.0, np.inf, TOLERANCE) == rung_below(0.2)


def test_a_shortened_step_says_nothing_against_the_longer_one() -> None:
    small = 1e-9
    assert CONTROL.after_acceptance(1.0, 0.01, small, 0.5 * TOLERANCE) == (1.0, 0.5 * TOLERANCE)
    # but it may say something for a longer one
    step, previous = CONTROL.after_acceptance(1.0, 0.5, small, 0.5 * TOLERANCE)
    assert step == nearest_rung(1.5) > 1.0 and previous == 1e-3 * TOLERANCE
    # the same error of a full step does count
    assert CONTROL.after_acceptance(0.01, 0.01, 0.99 * TOLERANCE, 0.1 * TOLERANCE)[0] < 0.01


def test_first_step() -> None:
    assert CONTROL.first_step(2.0, 3.0) == rung_below(TOLERANCE ** (1 / 3) * 2 / 3)
    for norm, rate in ((0.0, 1.0), (1.0, 0.0), (np.nan, 1.0), (1.0, np.inf)):
        assert CONTROL.first_step(norm, rate) == 1.0


def test_steps_settle_on_one_rung_and_follow_the_error() -> None:
    """Errors (step/limit)^3 of a slowly varying limit: few rungs, few changes, no lost speed."""
    step, previous, taken, fractions, rejected = 1.0, TOLERANCE, [], [], 0
    for number in range(2000):
        limit = 4.0 ** math.sin(2 * math.pi * number / 1000)
        error = TOLERANCE * (step / limit) ** 3
        while error > TOLERANCE:
            rejected += 1
            step = CONTROL.after_rejection(step, error, previous)
            error = TOLERANCE * (step / limit) ** 3
        taken.append(step)
        fractions.append(step / limit)
        step, previous = CONTROL.after_acceptance(step, step, error, previous)
    # The limit varies by a factor of 16, four octaves of four rungs.
    assert len(set(taken)) <= 18
    # Each rung is climbed and left twice a period; repeated changes would multiply that.
    assert sum(a != b for a, b in itertools.pairwise(taken)) <= 2 * 2 * 18
    # Without a ladder the mean is 0.9^(1/0.3) = 0.704; it stays that within half a rung.
    assert np.mean(fractions) == pytest.approx(0.704, rel=2**0.125 - 1)
    assert rejected <= 2
