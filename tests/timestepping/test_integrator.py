"""Observed orders, error control, dense output, discontinuities and restarts."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from spectralcmi.threads import Threads
from spectralcmi.timestepping.controller import nearest_rung
from spectralcmi.timestepping.integrator import Integrator, StepCollapsedError
from spectralcmi.timestepping.schemes import SCHEMES

schemes = pytest.mark.parametrize("name", list(SCHEMES))
adaptive = pytest.mark.parametrize("name", [n for n, s in SCHEMES.items() if s.is_adaptive])
fixed_only = pytest.mark.parametrize("name", [n for n, s in SCHEMES.items() if not s.is_adaptive])

START = np.array([[1.0, 0.5], [0.1, 0.8]])


class Oscillators:
    """M dy/dt = N - K y with full symmetric matrices, on a state of shape (2, 2).

    N: a rotation with quadratic couplings, and a forcing in time. K: decay at `rates`.
    Quadratures: a nonlinear one of the explicit terms, the work of K, and the time.
    """

    shape = (2, 2)
    quadratures = ("square", "damping", "one")

    def __init__(self, rates: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)) -> None:
        random = np.random.default_rng(5)
        root = random.standard_normal((4, 4))
        self.m = np.eye(4) + root @ root.T
        modes = np.linalg.cholesky(self.m) @ np.linalg.qr(random.standard_normal((4, 4)))[0]
        # columns v with K v' = rate M v', v' = M^-1 v
        self.k = modes @ np.diag(rates) @ modes.T
        self.solved: list[float] = []

    def strength(self, time: float) -> float:
        return 1.0

    def explicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        x, y, z, w = state.reshape(-1)
        force = np.array([y - 0.3 * x * z, -x + 0.2 * z, x * y + np.sin(3 * time), -w * x])
        out[:] = (self.strength(time) * self.m @ force).reshape(self.shape)
        return np.array([x * x, 0.0, 1.0])

    def implicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        y = state.reshape(-1)
        out[:] = (self.k @ y).reshape(self.shape)
        return np.array([0.0, y @ self.k @ y, 0.0])

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        out[:] = (self.m @ state.reshape(-1)).reshape(self.shape)

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        self.solved.append(step)
        out[:] = np.linalg.solve(self.m + step * self.k, right.reshape(-1)).reshape(self.shape)


@functools.cache
def reference(rates: tuple[float, ...], end: float) -> Callable[[float], np.ndarray]:
    """State and quadratures of `Oscillators` from START, by an independent integrator."""
    model = Oscillators(rates)

    def slope(time: float, extended: np.ndarray) -> np.ndarray:
        state = extended[:4].reshape(2, 2)
        force, damping = np.empty((2, 2)), np.empty((2, 2))
        done = model.explicit(time, state, force) + model.implicit(time, state, damping)
        return np.concatenate([np.linalg.solve(model.m, (force - damping).reshape(-1)), done])

    start = np.concatenate([START.reshape(-1), np.zeros(3)])
    # Radau's relative error is 1e-12 a step; what is compared with it is above 1e-9.
    solution = solve_ivp(
        slope, (0.0, end), start, method="Radau", rtol=1e-12, atol=1e-13, dense_output=True
    )
    return solution.sol


def march(model, state, until, name="ark3", **control) -> Integrator:
    integrator = Integrator(SCHEMES[name], model, state, **control)
    return go_on(integrator, until)


def go_on(integrator: Integrator, until: float) -> Integrator:
    while integrator.time < until:
        integrator.accept(integrator.attempt(until))
    return integrator


def observed_order(errors: list[float], ratio: float = 2.0) -> float:
    return np.log(errors[-2] / errors[-1]) / np.log(ratio)


MILD = (0.5, 1.0, 2.0, 4.0)
FAST = (0.5, 1.0, 2.0, 20.0)
STIFF = (0.5, 1.0, 20.0, 2000.0)


@schemes
def test_observed_order_with_quadratures(name: str) -> None:
    exact = reference(MILD, 1.0)(1.0)
    state_errors, total_errors = [], []
    for step in (1 / 64, 1 / 128):
        end = march(Oscillators(MILD), START, 1.0, name, step=step)
        state_errors.append(np.linalg.norm(end.state.reshape(-1) - exact[:4]))
        total_errors.append(np.abs(end.totals - exact[4:])[:2])
        # a constant is integrated exactly, to round-off of 128 sums
        assert end.totals[2] == pytest.approx(1.0, rel=1e-13)
    assert abs(observed_order(state_errors) - SCHEMES[name].order) < 0.2
    # quadratures of both parts are components of the system, with the same order conditions
    assert np.all(observed_order(total_errors) > SCHEMES[name].order - 0.2)


@schemes
def test_a_stiff_system_keeps_second_order(name: str) -> None:
    """Order reduction: h lambda = 25 to 100 leaves every scheme about second order."""
    exact = reference(STIFF, 2.0)(2.0)[:4]
    errors = [
        np.linalg.norm(
            march(Oscillators(STIFF), START, 2.0, name, step=step).state.reshape(-1) - exact
        )
        for step in (1 / 20, 1 / 80)
    ]
    # measured: 2.6e-5, 1.4e-6, 1.2e-5 and 1.5e-5, and orders 2.06, 1.84, 2.17 and 2.02
    assert errors[-1] < 5e-5
    assert observed_order(errors, ratio=4.0) > 1.7


@schemes
def test_one_matrix_a_step(name: str) -> None:
    model = Oscillators()
    march(model, START, 1.0, name, step=1 / 8)
    assert set(model.solved) == {0.0, SCHEMES[name].gamma / 8}


@schemes
def test_dense_output_has_its_order(name: str) -> None:
    """Local errors of one step fall as h^(dense_order + 1), for states and quadratures."""
    scheme = SCHEMES[name]
    exact = reference(MILD, 1.0)
    for theta in (0.2, 0.5, 0.85):
        errors = []
        for length in (1 / 16, 1 / 32, 1 / 64):
            integrator = Integrator(scheme, Oscillators(MILD), START, step=length)
            state, totals = integrator.attempt().at(theta * length)
            error = np.concatenate([state.reshape(-1), totals]) - exact(theta * length)
            errors.append(np.linalg.norm(error))
        # from the side of more: errors of the next order still take part
        assert scheme.dense_order + 0.8 < observed_order(errors) < scheme.dense_order + 1.5


@schemes
def test_dense_output_at_the_ends_and_outside(name: str) -> None:
    integrator = Integrator(SCHEMES[name], Oscillators(), START, step=0.1)
    go_on(integrator, 0.4)
    step = integrator.attempt(1.0)
    state, totals = step.at(step.start)
    # M^-1 M y, with a condition number of 40
    np.testing.assert_allclose(state, integrator.state, rtol=1e-13)
    assert np.array_equal(totals, integrator.totals)
    state, totals = step.at(step.end)
    for outside in (step.start - 1e-9, step.end + 1e-9, np.nan):
        with pytest.raises(ValueError, match="outside the step"):
            step.at(outside)
    integrator.accept(step)
    assert np.array_equal(state, integrator.state) and np.array_equal(totals, integrator.totals)
    with pytest.raises(RuntimeError, match="no longer the last one attempted"):
        step.at(step.end)
    with pytest.raises(RuntimeError, match="no longer the last one attempted"):
        integrator.accept(step)


class StiffDecay(Oscillators):
    """No explicit terms: M dy/dt = -K y."""

    quadratures = ()

    def explicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        out[:] = 0.0
        return np.zeros(0)

    def implicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        super().implicit(time, state, out)
        return np.zeros(0)


@schemes
def test_dense_output_of_stiff_decay_is_bounded(name: str) -> None:
    """Where h lambda = 1e6 for one mode, no theta shows more of it than the start had."""
    model = StiffDecay((0.1, 0.2, 0.3, 1e6))
    step = Integrator(SCHEMES[name], model, START, step=1.0).attempt()

    def energy(state: np.ndarray) -> float:
        return float(state.reshape(-1) @ model.m @ state.reshape(-1))

    for theta in np.linspace(0.05, 0.95, 19):
        # 1.04^2 for the cubic of ark4
        assert energy(step.at(theta)[0]) < 1.1 * energy(START)
    exact = expm(-np.linalg.solve(model.m, model.k)) @ START.reshape(-1)
    # h lambda = 0.3: (0.3)^3/6 = 5e-3 for the second-order scheme, and the rest of the stiff mode
    np.testing.assert_allclose(step.at(1.0)[0].reshape(-1), exact, atol=5e-3)


@adaptive
def test_output_times_do_not_change_the_answer(name: str) -> None:
    def run(outputs: np.ndarray) -> tuple[Integrator, dict[float, np.ndarray]]:
        integrator = Integrator(SCHEMES[name], Oscillators(), START, tolerance=1e-5)
        seen = {}
        while integrator.time < 3.0:
            step = integrator.attempt()
            for time in outputs[(outputs > step.start) & (outputs <= step.end)]:
                seen[float(time)] = step.at(time)[0]
            integrator.accept(step)
        return integrator, seen

    bare, _ = run(np.zeros(0))
    rich, seen = run(np.linspace(0.1, 2.9, 57))
    assert np.array_equal(bare.state, rich.state) and np.array_equal(bare.totals, rich.totals)
    assert bare.controller() == rich.controller()
    exact = reference(MILD, 3.0)
    for time, state in seen.items():
        # 10 times the tolerance in norm: local errors of tolerance 1e-5 that add up
        assert np.linalg.norm(state.reshape(-1) - exact(time)[:4]) < 1e-4


@adaptive
def test_tolerance_controls_the_error(name: str) -> None:
    exact = reference(FAST, 3.0)(3.0)[:4]
    errors, steps = [], []
    for tolerance in (1e-4, 1e-5, 1e-6):
        end = march(Oscillators(FAST), START, 3.0, name, tolerance=tolerance)
        errors.append(np.linalg.norm(end.state.reshape(-1) - exact) / np.linalg.norm(exact))
        steps.append(end.steps)
        # local errors add up over some 30 to 300 steps, and are damped: measured 0.2 to 2.1
        assert errors[-1] < 5 * tolerance
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 0
    assert steps[0] < steps[1] < steps[2] < 1000


@adaptive
def test_the_error_is_measured_in_the_energy_norm(name: str) -> None:
    """One step's estimate equals that of the embedded scheme in the norm of M."""
    scheme, model = SCHEMES[name], Oscillators(STIFF)
    integrator = Integrator(scheme, model, START, tolerance=1.0)
    integrator.restore({**integrator.controller(), "step": 2**-5}, integrator.totals)
    step = integrator.attempt()
    h, m, k, e, i = 2**-5, model.m, model.k, scheme.explicit_matrix, scheme.implicit_matrix
    slopes, forces, dampings, y = [], [], [], START.reshape(-1)
    for stage in range(scheme.stages):
        right = y + h * sum(
            (
                e[stage, j] * np.linalg.solve(m, forces[j])
                - i[stage, j] * np.linalg.solve(m, dampings[j])
                for j in range(stage)
            ),
            np.zeros(4),
        )
        value = np.linalg.solve(np.eye(4) + h * i[stage, stage] * np.linalg.solve(m, k), right)
        force = np.empty((2, 2))
        model.explicit(scheme.nodes[stage] * h, value.reshape(2, 2), force)
        forces.append(force.reshape(-1))
        dampings.append(k @ value)
        slopes.append(np.linalg.solve(m, forces[-1] - dampings[-1]))
    new = y + h * np.array(scheme.weights) @ slopes
    error = h * (np.array(scheme.weights) - scheme.embedded) @ slopes
    # round-off of slopes of 2000 times the state, times h = 1/32
    np.testing.assert_allclose(step.at(step.end)[0].reshape(-1), new, atol=1e-12)
    expected = np.sqrt((error @ m @ error) / (new @ m @ new))
    assert expected > 1e-4
    assert step.error == pytest.approx(expected, rel=1e-8)


@adaptive
def test_adaptive_steps_lie_on_the_ladder(name: str) -> None:
    integrator = Integrator(SCHEMES[name], Oscillators(STIFF), START, tolerance=1e-6)
    lengths, errors = [], []
    while integrator.time < 20.0:
        step = integrator.attempt()
        lengths.append(step.length)
        errors.append(step.error)
        integrator.accept(step)
    assert all(length == nearest_rung(length) for length in lengths)
    assert len(lengths) > 60
    # the transient of the fast mode asks for short steps, the forced oscillation for long ones
    assert max(lengths) > 30 * min(lengths)
    assert len(set(lengths)) <= 40
    # Typical errors stay within a factor of 8, two rungs of a third-order scheme, of the error
    # that the control aims at: 0.9^(order/0.3) of the tolerance.
    aim = 1e-6 * 0.9 ** (SCHEMES[name].order / 0.3)
    assert aim / 8 < np.median(errors[20:]) < 8 * aim


def test_the_step_recovers_from_errors_below_the_tolerance() -> None:
    """The integral part lengthens steps that are too short, however they came about."""
    integrator = Integrator(SCHEMES["ark3"], Oscillators(), START, tolerance=1e-4)
    settled = go_on(integrator, 2.0).step
    integrator.restore({**integrator.controller(), "step": settled / 2**7}, integrator.totals)
    for _ in range(12):
        integrator.accept(integrator.attempt())
    assert integrator.step >= settled / 2


class Switch(Oscillators):
    """The explicit terms double at t = 1; their value at the time of the jump is that after it."""

    def strength(self, time: float) -> float:
        return 1.0 if time < 1.0 else 2.0


@schemes
def test_a_discontinuity_keeps_the_order(name: str) -> None:
    def end(step: float, scheme: str = name) -> np.ndarray:
        integrator = Integrator(SCHEMES[scheme], Switch(), START, step=step)
        assert go_on(integrator, 1.0).time == 1.0
        return go_on(integrator, 2.0).state

    # fourth order at a tenth of the steps compared: errors below 1e-11
    exact = end(1 / 1024, "ark4")
    errors = [np.linalg.norm(end(step) - exact) for step in (1 / 50, 1 / 100)]
    assert abs(observed_order(errors) - SCHEMES[name].order) < 0.3


@adaptive
@pytest.mark.parametrize("until", [0.3, 1e-9, 0.7919])
def test_lands_on_discontinuities_exactly(name: str, until: float) -> None:
    integrator = Integrator(SCHEMES[name], Oscillators(), START)
    times = [until, np.nextafter(until, 1.0), 1.0]
    for time in times:
        while integrator.time < time:
            step = integrator.attempt(time)
            assert step.end == pytest.approx(step.start + step.length, rel=1e-15)
            integrator.accept(step)
        assert integrator.time == time


def test_no_small_rest_is_left_before_a_discontinuity() -> None:
    integrator = Integrator(SCHEMES["ark3"], Oscillators(), START, step=0.25)
    first = integrator.attempt(0.26)
    assert first.length == 0.13
    integrator.accept(first)
    assert integrator.attempt(0.26).length == 0.13


@adaptive
def test_discontinuities_hardly_change_the_step(name: str) -> None:
    """A step shortened to land says nothing against longer ones, nor does its small error."""
    control = {"tolerance": 1e-6}
    free = march(Oscillators(), START, 2.0, name, **control)
    integrator = Integrator(SCHEMES[name], Oscillators(), START, **control)
    for time in np.linspace(0.5, 2.0, 4):
        before = integrator.step
        last = None
        while integrator.time < time:
            last = integrator.attempt(time)
            before = integrator.step
            integrator.accept(last)
        assert integrator.step >= before
    assert integrator.steps <= free.steps + 2 * 4


def test_a_time_just_after_a_discontinuity_leaves_the_step() -> None:
    integrator = go_on(Integrator(SCHEMES["ark3"], Oscillators(), START), 1.0)
    settled = integrator.controller()
    integrator.accept(integrator.attempt(integrator.time + 1e-6))
    after = integrator.controller()
    assert after["step"] == settled["step"]
    assert after["previous_error"] == settled["previous_error"]


@pytest.mark.parametrize("name", ["ark3", "ars343"])
@pytest.mark.parametrize(("step", "until", "expected"), [(0.1, 1.0, 10), (0.3, 1.0, 4), (5, 1, 1)])
def test_fixed_steps_fit_the_interval(name, step, until, expected) -> None:
    integrator = march(Oscillators(), START, until, name, step=step)
    assert integrator.steps == expected and integrator.time == until and integrator.step == step
    assert integrator.is_fixed


def test_until_must_lie_ahead() -> None:
    integrator = Integrator(SCHEMES["ark3"], Oscillators(), START, time=2.0)
    for until in (2.0, 1.0, np.nan):
        with pytest.raises(ValueError, match=r"is not later than time=2\.0"):
            integrator.attempt(until)


@fixed_only
def test_schemes_without_error_estimate_need_a_step(name: str) -> None:
    with pytest.raises(ValueError, match=r"step=0\.0 must be positive"):
        Integrator(SCHEMES[name], Oscillators(), START)


class Explosion:
    """dx/dt = x^2, with a mass of 2."""

    shape, quadratures = (1,), ()

    def explicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            out[:] = 2 * state**2
        return np.zeros(0)

    def implicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        out[:] = 0.0
        return np.zeros(0)

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        out[:] = 2 * state

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        out[:] = right / 2


def test_no_field_stays_no_field() -> None:
    end = march(Explosion(), [0.0], 5.0)
    assert np.all(end.state == 0.0) and end.time == 5.0 and end.rejected == 0


@adaptive
def test_a_blow_up_is_noticed_in_time(name: str) -> None:
    """From 1, infinite at t = 1."""
    with pytest.raises(StepCollapsedError, match="is not resolved"):
        march(Explosion(), [1.0], 2.0, name)


@adaptive
def test_a_start_that_is_not_finite_is_noticed(name: str) -> None:
    with pytest.raises(StepCollapsedError, match=r"at time=0 is not resolved"):
        march(Explosion(), [np.nan], 2.0, name)


@schemes
def test_a_blow_up_is_noticed_with_fixed_steps(name: str) -> None:
    with pytest.raises(StepCollapsedError, match="is not finite"):
        march(Explosion(), [1.0], 20.0, name, step=0.1)


@adaptive
def test_rejected_steps_count_when_the_step_is_accepted(name: str) -> None:
    integrator = Integrator(SCHEMES[name], Oscillators(STIFF), START, tolerance=1e-6)
    integrator.restore({**integrator.controller(), "step": 1.0}, integrator.totals)
    before, state = integrator.controller(), integrator.state.copy()
    step = integrator.attempt()
    assert step.rejected > 0 and step.length < 1.0 and step.error <= 1e-6
    assert integrator.controller() == before and np.array_equal(integrator.state, state)
    again = integrator.attempt()
    assert (again.length, again.error) == (step.length, step.error)
    with pytest.raises(RuntimeError, match="no longer the last one attempted"):
        integrator.accept(step)
    integrator.accept(again)
    assert integrator.rejected == again.rejected and integrator.steps == 1
    # not climbing back to the step that was just rejected
    assert integrator.step < 1.0


@adaptive
def test_a_restored_run_repeats_every_bit(name: str) -> None:
    """From the last accepted step, though a step beyond it was attempted and read."""
    whole = Integrator(SCHEMES[name], Oscillators(STIFF), START, tolerance=1e-6)
    for _ in range(20):
        whole.accept(whole.attempt(3.0))
    beyond = whole.attempt(3.0)
    beyond.at(0.5 * (beyond.start + beyond.end))
    saved, totals = whole.controller(), whole.totals.copy()
    again = Integrator(SCHEMES[name], Oscillators(STIFF), whole.state.copy(), tolerance=1e-6)
    again.restore(saved, totals)
    assert np.array_equal(again.rates, whole.rates)
    for integrator in (whole, again):
        go_on(integrator, 3.0)
    assert np.array_equal(again.state, whole.state)
    assert np.array_equal(again.mass_state, whole.mass_state)
    assert np.array_equal(again.totals, whole.totals)
    assert again.controller() == whole.controller()


def test_a_restored_run_keeps_its_fixed_step() -> None:
    integrator = Integrator(SCHEMES["ark3"], Oscillators(), START, step=0.25)
    integrator.restore({**integrator.controller(), "time": 4.0, "step": 1.0}, integrator.totals)
    assert (integrator.time, integrator.step) == (4.0, 0.25)


def test_rates_are_those_of_the_current_state() -> None:
    model = Oscillators()
    integrator = march(model, START, 1.0)
    y = integrator.state.reshape(-1)
    # the same products in another order
    np.testing.assert_allclose(integrator.rates, [y[0] ** 2, y @ model.k @ y, 1.0], rtol=1e-14)


class ManyModes:
    """Enough numbers for several blocks."""

    shape = (2, 35000)
    decay = np.linspace(0, 50, 70000).reshape(shape)
    quadratures = ("nothing",)

    def explicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.sin(state, out=out)
        return np.zeros(1)

    def implicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.multiply(self.decay, state, out=out)
        return np.zeros(1)

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        out[:] = state

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        np.divide(right, 1 + step * self.decay, out=out)


def test_threads_do_not_change_a_bit() -> None:
    start = np.random.default_rng(0).standard_normal(ManyModes.shape)
    ends = [
        march(ManyModes(), start, 0.05, tolerance=1e-5, threads=Threads(count)) for count in (1, 2)
    ]
    assert np.array_equal(ends[0].state, ends[1].state)
    assert ends[0].controller() == ends[1].controller()


def test_states_handed_out_are_not_overwritten() -> None:
    start = np.ones((2, 2))
    integrator = Integrator(SCHEMES["ark3"], Oscillators(), start)
    states = [integrator.state]
    copies = [integrator.state.copy()]
    for _ in range(3):
        integrator.accept(integrator.attempt())
        states.append(integrator.state)
        copies.append(integrator.state.copy())
    assert all(np.array_equal(a, b) for a, b in zip(states, copies, strict=True))
    assert np.all(start == 1.0)
