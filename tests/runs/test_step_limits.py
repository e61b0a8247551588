"""Which process limits the steps: the estimates against what the model does."""

from dataclasses import replace

import numpy as np
import pytest

from spectralcmi.runs.step_limits import described, step_limits


def limits_of(model, coefficients):
    return step_limits(model.shell, model.local, model.summarise(coefficients))


def test_chiral_growth_is_named_with_its_rate_and_its_place(shell_model, random_coefficients):
    # k5 has its maximum, 20 per unit length, in the middle of the shell
    model = shell_model(k5=lambda r: 20 - 400 * (r - 0.875) ** 2, diffusivity=3.0)
    (limit,) = limits_of(model, random_coefficients(model, seed=1))
    assert limit.process == "chiral growth"
    # the nearest of 36 points lies up to 0.0055 beside the maximum: 0.06 % of k5, twice that here
    assert limit.rate == pytest.approx(3 * 20**2 / 4, rel=2e-3)
    assert limit.radius == pytest.approx(0.875, abs=0.01)


def test_hall_drift_is_named_where_prefactor_and_field_are_largest(shell_model):
    model = shell_model(hall=lambda r: 1e-3 * np.exp((r - 0.75) * 40))
    coefficients = np.zeros(model.shape)
    coefficients[0, 0] = 1.0  # the slowest poloidal mode of l = 1, which has a field everywhere
    (limit,) = limits_of(model, coefficients)
    assert limit.process == "Hall drift"
    assert limit.radius > 0.99


def test_the_hall_rate_bounds_what_the_model_does(shell_model, random_coefficients):
    model = shell_model(hall=0.01, elements=3)
    coefficients = random_coefficients(model, seed=2)
    (limit,) = limits_of(model, coefficients)
    work, tendency = np.empty((2, *model.shape))
    model.explicit(0.0, coefficients, work)
    model.solve(0.0, work, tendency)
    rate = np.sqrt(np.vdot(work, tendency))  # of a field of unit energy
    # the field is smooth, of six modes, the bound that of the finest waves
    assert 1e-3 * limit.rate < rate < limit.rate
    doubled = limits_of(model, 2 * coefficients)[0]
    assert doubled.rate == pytest.approx(2 * limit.rate, rel=1e-12)


def test_the_fastest_comes_first(shell_model, random_coefficients):
    model = shell_model(hall=1e-6, k5=30.0)
    coefficients = random_coefficients(model, seed=3)
    weak, strong = limits_of(model, coefficients), limits_of(model, 1e6 * coefficients)
    assert [limit.process for limit in weak] == ["chiral growth", "Hall drift"]
    assert [limit.process for limit in strong] == ["Hall drift", "chiral growth"]
    text = described(weak)
    assert text.startswith("steps are limited by chiral growth 2.2e+02/yr at r = ")
    assert "; Hall drift " in text
    assert "\n" not in text


def test_where_nothing_acts_or_the_field_is_not_finite_nothing_is_said(shell_model):
    decaying = shell_model()
    assert limits_of(decaying, np.ones(decaying.shape)) == ()
    broken = shell_model(hall=1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        assert limits_of(broken, np.full(broken.shape, np.nan)) == ()
    assert described(()) == ""


def test_diffusion_that_depends_on_the_angles_is_named(shell_model):
    model = shell_model(diffusivity=3.0)
    points, places = model.shell.basis.points, model.shell.harmonics.solid_angle.size
    local = np.zeros((points, 3, places), dtype=np.float32)
    local[:, 0] = model.local.magnetic_diffusivity[:, None]
    summary = model.summarise(np.ones(model.shape))
    assert step_limits(model.shell, replace(model.local, on_grid=local), summary) == ()
    local[4, 0, 2] -= 1.0
    (limit,) = step_limits(model.shell, replace(model.local, on_grid=local), summary)
    assert limit.process == "explicit Ohmic decay"
    assert limit.radius == model.shell.basis.radius[4]
    lmax = model.shell.harmonics.lmax
    horizontal = lmax * (lmax + 1) / limit.radius**2
    # waves as short as the radial functions are close are faster than the horizontal part alone
    assert limit.rate > 2 * horizontal
    local[4, 0, 2] -= 1.0
    (doubled,) = step_limits(model.shell, replace(model.local, on_grid=local), summary)
    assert doubled.rate == pytest.approx(2 * limit.rate, rel=1e-6)
