"""Advances a model in time by an additive Runge-Kutta scheme, with honest output times.

The step is what the error allows. Output times are read from inside a step by the dense output of
the scheme, so that the trajectory does not depend on them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spectralcmi.compilation import compiled
from spectralcmi.errors import SpectralcmiError
from spectralcmi.threads import Threads, blocks
from spectralcmi.timestepping.controller import StepController
from spectralcmi.timestepping.schemes import Scheme

#: Numbers combined by a thread at a time; the blocks also fix the order of summation of norms.
BLOCK = 32768

#: Smallest step in units of the time, or of the step before: what the clock resolves.
RESOLUTION = 1e-13


class StepCollapsedError(SpectralcmiError, RuntimeError):
    """The state became non-finite or the step fell below what the clock resolves."""


class Model(Protocol):
    """M dy/dt = N(t, y) - K y with a symmetric positive definite M: all that a scheme needs.

    Arrays have `shape`, float64, C order; N, K y and M y are dual vectors (work against test
    functions). Coefficients that jump are continuous from the right: at the time of the jump they
    are those after it.
    """

    shape: tuple[int, ...]
    quadratures: tuple[str, ...]

    def explicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write N(time, state); return its rates of the quadratures, of shape (quadratures,)."""

    def implicit(self, time: float, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write K state; return its rates, which are added to those of the explicit terms."""

    def mass(self, state: np.ndarray, out: np.ndarray) -> None:
        """Write M state."""

    def solve(self, step: float, right: np.ndarray, out: np.ndarray) -> None:
        """Write (M + step K)^-1 right, and leave `right` as it is; step = 0 is M^-1 right."""


_compiled = functools.partial(compiled, nogil=True, cache=True, error_model="numpy")


@_compiled(fastmath={"contract"})
def _combine(
    start: int,
    stop: int,
    base: np.ndarray,
    tendencies: np.ndarray,
    dampings: np.ndarray,
    explicit: np.ndarray,
    implicit: np.ndarray,
    out: np.ndarray,
) -> None:
    """base + Sum_j (explicit_j N_j - implicit_j (K Y)_j).

    One pass over memory: chunks of `out` stay in the first cache while the stages stream by.
    """
    for low in range(start, stop, 1024):
        high = min(low + 1024, stop)
        for i in range(low, high):
            out[i] = base[i]
        for j in range(explicit.size):
            a, b = explicit[j], implicit[j]
            if a != 0.0 or b != 0.0:
                for i in range(low, high):
                    out[i] += a * tendencies[j, i] - b * dampings[j, i]


@_compiled(fastmath={"contract"})
def _combine_with_error(
    start: int,
    stop: int,
    base: np.ndarray,
    tendencies: np.ndarray,
    dampings: np.ndarray,
    weights: np.ndarray,
    defect: np.ndarray,
    out: np.ndarray,
    error: np.ndarray,
) -> None:
    """base + Sum_j b_j (N_j - (K Y)_j), and the error Sum_j d_j (N_j - (K Y)_j)."""
    for low in range(start, stop, 1024):
        high = min(low + 1024, stop)
        for i in range(low, high):
            out[i] = base[i]
            error[i] = 0.0
        for j in range(weights.size):
            b, d = weights[j], defect[j]
            if b != 0.0 or d != 0.0:
                for i in range(low, high):
                    change = tendencies[j, i] - dampings[j, i]
                    out[i] += b * change
                    error[i] += d * change


@_compiled(fastmath={"contract", "reassoc"})
def _product(
    start: int, stop: int, first: np.ndarray, second: np.ndarray, sums: np.ndarray
) -> None:
    """Sum of first_i second_i over a block."""
    total = 0.0
    for i in range(start, stop):
        total += first[i] * second[i]
    sums[start // BLOCK] = total


@dataclass(frozen=True, eq=False)
class Step:
    """A step that its error allows and that is not yet taken.

    Attributes
    ----------
    start, end, length : float
        Times of both ends and the step between them [yr].
    error : float
        Error estimate relative to the state; 0 with fixed steps.
    rejected : int
        Steps rejected on the way to this one.
    """

    start: float
    end: float
    length: float
    error: float
    rejected: int
    _new: np.ndarray
    _rates: np.ndarray
    _next: tuple[float, float]
    _interpolate: Callable[[Step, float], tuple[np.ndarray, np.ndarray]]

    def at(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """State and totals of the quadratures at a time within the step, by the dense output.

        Parameters
        ----------
        time : float
            From `start` to `end`. The end itself gives the new state exactly.

        Returns
        -------
        state : ndarray
            A new array of the model's shape.
        totals : ndarray, shape (quadratures,)

        Raises
        ------
        ValueError
            If the time is outside the step.
        RuntimeError
            If the step was accepted or another was attempted: its stages are overwritten.
        """
        if not self.start <= time <= self.end:
            raise ValueError(f"time={time} is outside the step from {self.start} to {self.end}")
        return self._interpolate(self, (time - self.start) / (self.end - self.start))


class Integrator:
    """Advances a model in time.

    A run attempts a step, reads the output times within it, and accepts it. A step is a function
    of the state, the controller and `until` alone: attempted again, also from a checkpoint of the
    last accepted step, it is the same bit for bit.

    Parameters
    ----------
    scheme : Scheme
    model : Model
    state : ndarray
        Initial state, of shape `model.shape`; copied.
    time : float
        Initial time.
    tolerance : float
        Bound of the error estimate of a step, sqrt(e M e / y M y) with the difference e from the
        embedded scheme of one order less. Errors of the trajectory add up and are larger.
    step : float
        Fixed step; 0 for an adaptive one.
    threads : Threads, optional

    Attributes
    ----------
    state, mass_state : ndarray
        Current state y, and M y; later steps write to other arrays.
    time, step : float
        Current time and the next step to try.
    rates : ndarray
        Rates of the model's quadratures at the current time.
    totals : ndarray
        Quadratures integrated from the start with the weights of the scheme.
    steps, rejected : int
        Accepted and rejected steps.
    is_fixed : bool

    Raises
    ------
    ValueError
        If the scheme estimates no error and no step is given.
    """

    def __init__(
        self,
        scheme: Scheme,
        model: Model,
        state: np.ndarray,
        time: float = 0.0,
        tolerance: float = 1e-4,
        step: float = 0.0,
        threads: Threads | None = None,
    ) -> None:
        if step == 0 and not scheme.is_adaptive:
            raise ValueError(f"step={step} must be positive: {scheme.name} estimates no error")
        self.scheme, self.model, self.tolerance = scheme, model, tolerance
        self.state = np.array(state, dtype=float, order="C").reshape(model.shape)
        self.time, self.is_fixed = float(time), step > 0
        self.steps = self.rejected = 0
        self.totals = np.zeros(len(model.quadratures))
        self._control = StepController(tolerance, scheme.order)
        self._previous_error = tolerance
        self._threads = threads or Threads(1)
        self._blocks = blocks(self.state.size, BLOCK)
        self._tendencies = np.empty((scheme.stages, *model.shape))
        self._dampings = np.empty((scheme.stages, *model.shape))
        self._right, self._stage, self._error = np.empty((3, *model.shape))
        self._attempted: Step | None = None
        self._begin_step()
        self.step = float(step) or self._first_step()

    def controller(self) -> dict[str, float]:
        """Everything but the state that the next step depends on, as of the last accepted step."""
        return {
            "time": self.time,
            "step": self.step,
            "previous_error": self._previous_error,
            "steps": self.steps,
            "rejected": self.rejected,
        }

    def restore(self, controller: dict[str, float], totals: np.ndarray) -> None:
        """Continue where `controller` and `totals` were saved; the state is already set.

        A fixed step stays what it is.
        """
        self.time = float(controller["time"])
        self._previous_error = float(controller["previous_error"])
        self.steps, self.rejected = int(controller["steps"]), int(controller["rejected"])
        self.totals = np.array(totals, dtype=float)
        if not self.is_fixed:
            self.step = float(controller["step"])
        self._attempted = None
        self._begin_step()

    def follow(self, model: Model) -> None:
        """Go on with a model whose coefficients are others, of the same state and quadratures."""
        self.model, self._attempted = model, None
        self._begin_step()

    def attempt(self, until: float = math.inf) -> Step:
        """The next step, repeated with shorter lengths until its error is within the tolerance.

        Nothing of the integrator's state changes before the step is accepted.

        Parameters
        ----------
        until : float
            Time of the next discontinuity of the coefficients, later than `time`. The last steps
            before it are shortened to land on it exactly; all their stages see the coefficients
            before the discontinuity.

        Returns
        -------
        Step

        Raises
        ------
        ValueError
            If `until` is not later than the current time.
        StepCollapsedError
            If the state is not finite, or the error demands a step that the clock can't resolve.
        """
        if not until > self.time:
            raise ValueError(f"until={until} is not later than time={self.time}")
        self._attempted = None
        step, rejected = self.step, 0
        while True:
            # Not the shortened step: discontinuities may be as close as the clock allows.
            if not step > RESOLUTION * max(abs(self.time), self.step):
                raise StepCollapsedError(f"step={step:g} at time={self.time:g} is not resolved")
            length, end = self._fit(step, until)
            new, rates, error = self._try(length, end, until)
            if self.is_fixed and not np.isfinite(error):
                raise StepCollapsedError(f"state is not finite at time={self.time:g}")
            if self.is_fixed or error <= self.tolerance:
                break
            rejected += 1
            step = self._control.after_rejection(length, error, self._previous_error)
        following = (self.step, self._previous_error)
        if not self.is_fixed:
            following = self._control.after_acceptance(step, length, error, self._previous_error)
        self._attempted = Step(
            self.time, end, length, error, rejected, new, rates, following, self._interpolate
        )
        return self._attempted

    def accept(self, step: Step) -> None:
        """Take a step, the last attempted one.

        Raises
        ------
        RuntimeError
            If it is not the last attempted one.
        """
        self._require_attempted(step)
        self._attempted = None
        self.totals = self._totals(step, np.array(self.scheme.weights))
        self.time, self.state = step.end, step._new
        self.steps, self.rejected = self.steps + 1, self.rejected + step.rejected
        self.step, self._previous_error = step._next
        self._begin_step()

    def _begin_step(self) -> None:
        """Evaluate M y and the first stage.

        M y is not carried from step to step, though it is known to round-off: so a restart from y
        alone is exact.
        """
        self.mass_state = np.empty(self.model.shape)
        self.model.mass(self.state, self.mass_state)
        self.rates = self._evaluate(0, self.time, self.state)

    def _evaluate(self, stage: int, time: float, state: np.ndarray) -> np.ndarray:
        rates = self.model.explicit(time, state, self._tendencies[stage])
        return rates + self.model.implicit(time, state, self._dampings[stage])

    def _first_step(self) -> float:
        np.subtract(self._tendencies[0], self._dampings[0], out=self._right)
        self.model.solve(0.0, self._right, self._stage)
        norm_square = self._dot(self.state, self.mass_state)
        rate_square = self._dot(self._right, self._stage)
        # Of a state that is nothing but round-off the products may be negative.
        return self._control.first_step(
            math.sqrt(max(norm_square, 0.0)), math.sqrt(max(rate_square, 0.0))
        )

    def _fit(self, step: float, until: float) -> tuple[float, float]:
        """Length and end of a step that does not pass `until`, nor leaves a small rest to it."""
        remaining = (until - self.time) * (1 - 1e-9)
        if remaining <= step:
            return until - self.time, until
        if remaining <= 2 * step:
            step = (until - self.time) / 2
        return step, self.time + step

    def _try(self, step: float, end: float, until: float) -> tuple[np.ndarray, np.ndarray, float]:
        """One step without accepting it: new state, rates of each stage, relative error.

        Stage i solves (M + h gamma K) Y_i = M y_n + h Sum_(j<i) (a^E_ij N_j - a^I_ij K Y_j).
        """
        scheme, model = self.scheme, self.model
        # A stage at the discontinuity itself would see the coefficients after it.
        latest = np.nextafter(until, -np.inf) if end == until else end
        rates = [self.rates]
        for stage in range(1, scheme.stages):
            self._combine(
                step * scheme.explicit_matrix[stage, :stage],
                step * scheme.implicit_matrix[stage, :stage],
            )
            model.solve(step * scheme.gamma, self._right, self._stage)
            time = min(self.time + step * float(scheme.nodes[stage]), float(latest))
            rates.append(self._evaluate(stage, time, self._stage))
        new = np.empty(model.shape)
        return new, np.array(rates), self._finish(step, new)

    def _finish(self, step: float, new: np.ndarray) -> float:
        """Write M y_(n+1) = M y_n + h Sum_j b_j (N_j - K Y_j), solved, and return the error."""
        weights = np.array(self.scheme.weights)
        if self.is_fixed:
            self._combine(step * weights, step * weights)
        else:
            defect = weights - np.array(self.scheme.embedded)
            combine = functools.partial(
                _combine_with_error,
                base=self.mass_state.reshape(-1),
                tendencies=self._tendencies.reshape(weights.size, -1),
                dampings=self._dampings.reshape(weights.size, -1),
                weights=step * weights,
                defect=step * defect,
                out=self._right.reshape(-1),
                error=self._error.reshape(-1),
            )
            self._threads.run_compiled(combine, self._blocks)
        self.model.solve(0.0, self._right, new)
        norm_square, error_square = self._dot(new, self._right), 0.0
        if not self.is_fixed:
            self.model.solve(0.0, self._error, self._stage)
            error_square = self._dot(self._error, self._stage)
        if not (math.isfinite(norm_square) and math.isfinite(error_square)):
            return math.inf
        if norm_square <= 0:
            return 0.0
        return math.sqrt(max(error_square, 0.0) / norm_square)

    def _interpolate(self, step: Step, theta: float) -> tuple[np.ndarray, np.ndarray]:
        """State and totals a fraction theta into a step: M y = M y_n + h Sum b*_i (N_i - K Y_i)."""
        self._require_attempted(step)
        if abs(theta - 1) <= 1e-12:
            return step._new.copy(), self._totals(step, np.array(self.scheme.weights))
        weights = self.scheme.dense_weights(theta)
        self._combine(step.length * weights, step.length * weights)
        state = np.empty(self.model.shape)
        self.model.solve(0.0, self._right, state)
        return state, self._totals(step, weights)

    def _totals(self, step: Step, weights: np.ndarray) -> np.ndarray:
        return self.totals + step.length * (weights @ step._rates)

    def _require_attempted(self, step: Step) -> None:
        if step is not self._attempted:
            raise RuntimeError(
                f"the step from {step.start} to {step.end} is no longer the last one attempted"
            )

    def _combine(self, explicit: np.ndarray, implicit: np.ndarray) -> None:
        """Write M y_n + Sum_j (explicit_j N_j - implicit_j K Y_j) to the right side."""
        stages = self.scheme.stages
        combine = functools.partial(
            _combine,
            base=self.mass_state.reshape(-1),
            tendencies=self._tendencies.reshape(stages, -1),
            dampings=self._dampings.reshape(stages, -1),
            explicit=explicit,
            implicit=implicit,
            out=self._right.reshape(-1),
        )
        self._threads.run_compiled(combine, self._blocks)

    def _dot(self, first: np.ndarray, second: np.ndarray) -> float:
        sums = np.empty(len(self._blocks))
        product = functools.partial(
            _product, first=first.reshape(-1), second=second.reshape(-1), sums=sums
        )
        self._threads.run_compiled(product, self._blocks)
        return float(sums.sum())
