"""Tableaux, observed orders, error control and landing on output times."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import SCHEMES, Integrator, StepCollapsedError

schemes = pytest.mark.parametrize("name", list(SCHEMES))
adaptive = pytest.mark.parametrize("name", [n for n, s in SCHEMES.items() if s.is_adaptive])
fixed_only = pytest.mark.parametrize("name", [n for n, s in SCHEMES.items() if not s.is_adaptive])


def matrices(scheme):
    """Both tableaux as square matrices."""
    size = scheme.stages
    explicit, implicit = np.zeros((size, size)), np.zeros((size, size))
    for i in range(size):
        explicit[i, : len(scheme.explicit[i])] = scheme.explicit[i]
        implicit[i, : len(scheme.implicit[i])] = scheme.implicit[i]
    return explicit, implicit


def order_conditions(scheme, weights, order):
    """Residuals of all conditions on weights shared by both parts, for every mixture of parts."""
    parts = matrices(scheme)
    nodes = [part.sum(axis=1) for part in parts]
    yield weights.sum() - 1
    if order >= 2:
        yield from (weights @ c - 1 / 2 for c in nodes)
    if order >= 3:
        for c, d in itertools.product(nodes, nodes):
            yield weights @ (c * d) - 1 / 3
        for a, c in itertools.product(parts, nodes):
            yield weights @ a @ c - 1 / 6
    if order >= 4:
        for c, d, e in itertools.product(nodes, nodes, nodes):
            yield weights @ (c * d * e) - 1 / 4
        for c, a, d in itertools.product(nodes, parts, nodes):
            yield weights @ (c * (a @ d)) - 1 / 8
        for a, c, d in itertools.product(parts, nodes, nodes):
            yield weights @ a @ (c * d) - 1 / 12
        for a, b, c in itertools.product(parts, parts, nodes):
            yield weights @ a @ b @ c - 1 / 24


@schemes
def test_order_conditions(name):
    scheme = SCHEMES[name]
    residuals = np.array(list(order_conditions(scheme, np.array(scheme.weights), scheme.order)))
    # coefficients of order 10 with 16 digits (24 digits of published decimals, rounded)
    assert np.abs(residuals).max() < 1e-14
    higher = np.array(list(order_conditions(scheme, np.array(scheme.weights), scheme.order + 1)))
    if scheme.order < 4:
        assert np.abs(higher).max() > 1e-3, "no higher order than declared"


@adaptive
def test_embedded_scheme_is_one_order_lower(name):
    scheme = SCHEMES[name]
    embedded = np.array(scheme.embedded)
    residuals = np.array(list(order_conditions(scheme, embedded, scheme.order - 1)))
    assert np.abs(residuals).max() < 1e-14
    higher = np.array(list(order_conditions(scheme, embedded, scheme.order)))
    assert np.abs(higher).max() > 1e-3


@schemes
def test_structure(name):
    scheme = SCHEMES[name]
    explicit, implicit = matrices(scheme)
    assert np.all(np.triu(explicit) == 0) and np.all(np.triu(implicit, 1) == 0)
    diagonal = np.diag(implicit)
    assert diagonal[0] == 0 and np.all(diagonal[1:] == diagonal[1]) and diagonal[1] > 0
    # both parts sit at the same times
    np.testing.assert_allclose(explicit.sum(axis=1), implicit.sum(axis=1), atol=1e-14)
    # stiffly accurate, and so L-stable: infinitely fast modes are damped at once
    np.testing.assert_allclose(implicit[-1], scheme.weights, atol=1e-15)


class Pendulum:
    """A damped rotation with a quadratic coupling and one stiff component; has no exact order."""

    shape = (3,)
    quadratures = ("square", "one")

    def __init__(self, stiffness=20.0):
        self.implicit_rates = np.array([0.5, 1.0, stiffness])

    def explicit_terms(self, state, out):
        x, y, z = state
        out[:] = (y - 0.3 * x * z, -x + 0.2 * z, x * y)
        return np.array([x * x, 1.0])


def march(system, state, until, name="ark3", **control):
    integrator = Integrator(SCHEMES[name], system, np.array(state, dtype=float), **control)
    while integrator.time < until:
        integrator.advance(until)
    return integrator


def observed_order(errors, ratio=2.0):
    return np.log(errors[0] / errors[1]) / np.log(ratio)


@schemes
def test_observed_order_with_a_quadrature(name):
    start = [1.0, 0.5, 0.1]
    reference = march(Pendulum(3.0), start, 1.0, "ark4", step=1e-3)
    state_errors, total_errors = [], []
    for step in (1 / 40, 1 / 80):
        end = march(Pendulum(3.0), start, 1.0, name, step=step)
        state_errors.append(np.linalg.norm(end.state - reference.state))
        total_errors.append(abs(end.totals[0] - reference.totals[0]))
        # a constant is integrated exactly, to round-off of 80 sums
        assert end.totals[1] == pytest.approx(1.0, rel=1e-13)
    assert abs(observed_order(state_errors) - SCHEMES[name].order) < 0.2
    # the quadrature is one more component of the system, with the same order conditions
    assert observed_order(total_errors) > SCHEMES[name].order - 0.2


@schemes
def test_stiff_components_are_damped(name):
    """L-stability: R(z) = 1 + z b (1 - z A)^-1 1 vanishes like 1/z, and |R| < 1 on the way."""
    scheme = SCHEMES[name]
    _, implicit = matrices(scheme)
    for z, bound in ((-1.0, 0.4), (-10.0, 1.0), (-1e3, 1e-1), (-1e6, 1e-4)):
        stages = np.linalg.solve(np.eye(scheme.stages) - z * implicit, np.ones(scheme.stages))
        assert abs(1 + z * np.array(scheme.weights) @ stages) < bound


@adaptive
def test_tolerance_controls_the_error(name):
    reference = march(Pendulum(), [1.0, 0.5, 0.1], 3.0, "ark4", step=1e-3).state
    errors, steps = [], []
    for tolerance in (1e-4, 1e-5, 1e-6):
        end = march(Pendulum(), [1.0, 0.5, 0.1], 3.0, name, tolerance=tolerance)
        errors.append(np.linalg.norm(end.state - reference) / np.linalg.norm(reference))
        steps.append(end.steps)
        # local errors of the lower order are what is controlled; the result is better
        assert errors[-1] < 10 * tolerance
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 0
    assert steps[0] < steps[1] < steps[2] < 1000


@adaptive
@settings(max_examples=25)
@given(times=st.lists(st.floats(1e-3, 2.0), min_size=1, max_size=6, unique=True))
@example(times=[0.3, np.nextafter(0.3, 1.0)])
def test_lands_on_output_times_exactly(name, times):
    integrator = Integrator(SCHEMES[name], Pendulum(), np.array([1.0, 0.5, 0.1]))
    for time in sorted(times):
        while integrator.time < time:
            before = integrator.time
            taken = integrator.advance(time)
            assert integrator.time == pytest.approx(before + taken, rel=1e-15)
        assert integrator.time == time


@pytest.mark.parametrize("name", ["ark3", "ars343"])
@pytest.mark.parametrize(("step", "until", "expected"), [(0.1, 1.0, 10), (0.3, 1.0, 4), (5, 1, 1)])
def test_fixed_steps_fit_the_interval(name, step, until, expected):
    assert march(Pendulum(), [1.0, 0.5, 0.1], until, name, step=step).steps == expected


def test_output_times_hardly_change_the_step():
    """A step shortened to land says nothing against longer ones."""
    free = march(Pendulum(), [1.0, 0.5, 0.1], 2.0, tolerance=1e-6)
    integrator = Integrator(SCHEMES["ark3"], Pendulum(), np.array([1.0, 0.5, 0.1]), tolerance=1e-6)
    for time in np.linspace(0.5, 2.0, 4):
        while integrator.time < time:
            integrator.advance(time)
    assert integrator.steps <= free.steps + 2 * 4


@fixed_only
def test_schemes_without_error_estimate_need_a_step(name):
    with pytest.raises(ValueError, match=r"step=0\.0 must be positive"):
        Integrator(SCHEMES[name], Pendulum(), np.zeros(3))


def test_no_field_stays_no_field():
    end = march(Pendulum(), [0.0, 0.0, 0.0], 5.0)
    assert np.all(end.state == 0.0) and end.time == 5.0 and end.rejected == 0


class Explosion:
    """dx/dt = x^2 from 1: infinite at t = 1."""

    shape, implicit_rates, quadratures = (1,), np.zeros(1), ()

    def explicit_terms(self, state, out):
        with np.errstate(over="ignore", invalid="ignore"):
            out[:] = state**2
        return np.zeros(0)


@adaptive
def test_a_blow_up_is_noticed_in_time(name):
    with pytest.raises(StepCollapsedError, match="is not resolved"):
        march(Explosion(), [1.0], 2.0, name)


@schemes
def test_a_blow_up_is_noticed_with_fixed_steps(name):
    with pytest.raises(StepCollapsedError, match="is not finite"):
        march(Explosion(), [1.0], 20.0, name, step=0.1)


@adaptive
def test_a_restored_run_repeats_every_bit(name):
    whole = Integrator(SCHEMES[name], Pendulum(), np.array([1.0, 0.5, 0.1]), tolerance=1e-6)
    for _ in range(20):
        whole.advance(3.0)
    saved, totals = whole.controller(), whole.totals.copy()
    again = Integrator(SCHEMES[name], Pendulum(), whole.state, tolerance=1e-6)
    again.restore(saved, totals)
    for integrator in (whole, again):
        while integrator.time < 3.0:
            integrator.advance(3.0)
    assert np.array_equal(again.state, whole.state)
    assert np.array_equal(again.totals, whole.totals)
    assert again.controller() == whole.controller()


class ManyModes:
    """Enough numbers for several blocks."""

    shape = (2, 35000)
    implicit_rates = np.linspace(0, 50, 70000).reshape(shape)
    quadratures = ("nothing",)

    def explicit_terms(self, state, out):
        np.sin(state, out=out)
        return np.zeros(1)


def test_threads_do_not_change_a_bit():
    start = np.random.default_rng(0).standard_normal(ManyModes.shape)
    ends = [
        march(ManyModes(), start, 0.05, tolerance=1e-5, threads=Threads(count)) for count in (1, 2)
    ]
    assert np.array_equal(ends[0].state, ends[1].state)
    assert ends[0].controller() == ends[1].controller()


def test_the_initial_state_is_copied():
    start = np.ones(3)
    march(Pendulum(), start, 0.5)
    integrator = Integrator(SCHEMES["ark3"], Pendulum(), start)
    integrator.advance(1.0)
    assert np.all(start == 1.0)
