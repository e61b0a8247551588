"""Which process limits the steps: the estimates against what the equation does."""

import numpy as np
import pytest

from spectralcmi.runs.step_limits import described, step_limits


def limits_of(equation, coefficients):
    return step_limits(equation.shell, equation.local, equation.summarise(coefficients))


def test_chiral_growth_is_named_with_its_rate_and_its_place(shell_equation, random_coefficients):
    # k5 has its maximum, 20 per unit length, in the middle of the shell
    equation = shell_equation(k5=lambda r: 20 - 400 * (r - 0.875) ** 2, diffusivity=3.0)
    (limit,) = limits_of(equation, random_coefficients(equation, seed=1))
    assert limit.process == "chiral growth"
    # the nearest of 36 points lies up to 0.0055 beside the maximum: 0.06 % of k5, twice that here
    assert limit.rate == pytest.approx(3 * 20**2 / 4, rel=2e-3)
    assert limit.radius == pytest.approx(0.875, abs=0.01)


def test_hall_drift_is_named_where_prefactor_and_field_are_largest(shell_equation):
    equation = shell_equation(hall=lambda r: 1e-3 * np.exp((r - 0.75) * 40))
    coefficients = np.zeros(equation.shape)
    coefficients[0, 0] = 1.0  # the slowest poloidal mode of l = 1, which has a field everywhere
    (limit,) = limits_of(equation, coefficients)
    assert limit.process == "Hall drift"
    assert limit.radius > 0.99


def test_the_hall_rate_bounds_what_the_equation_does(shell_equation, random_coefficients):
    equation = shell_equation(hall=0.01)
    coefficients = random_coefficients(equation, seed=2)
    (limit,) = limits_of(equation, coefficients)
    tendency = np.empty(equation.shape)
    equation.explicit_terms(coefficients, tendency)
    rate = np.linalg.norm(tendency) / np.linalg.norm(coefficients)
    # the field is smooth, of six modes, the bound that of the finest waves
    assert 1e-3 * limit.rate < rate < limit.rate
    doubled = limits_of(equation, 2 * coefficients)[0]
    assert doubled.rate == pytest.approx(2 * limit.rate, rel=1e-12)


def test_the_fastest_comes_first(shell_equation, random_coefficients):
    equation = shell_equation(hall=1e-6, k5=30.0)
    coefficients = random_coefficients(equation, seed=3)
    weak, strong = limits_of(equation, coefficients), limits_of(equation, 1e6 * coefficients)
    assert [limit.process for limit in weak] == ["chiral growth", "Hall drift"]
    assert [limit.process for limit in strong] == ["Hall drift", "chiral growth"]
    text = described(weak)
    assert text.startswith("steps are limited by chiral growth 2.2e+02/yr at r = ")
    assert "; Hall drift " in text
    assert "\n" not in text


def test_where_nothing_acts_or_the_field_is_not_finite_nothing_is_said(shell_equation):
    decaying = shell_equation()
    assert limits_of(decaying, np.ones(decaying.shape)) == ()
    broken = shell_equation(hall=1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        assert limits_of(broken, np.full(broken.shape, np.nan)) == ()
    assert described(()) == ""
