"""Implicit-explicit Runge-Kutta schemes as tableaux, with embedded error control.

For systems da/dt = N(a) - lambda a with a stiff, diagonal, non-negative lambda: N is treated
explicitly, lambda implicitly, and the implicit solve is a division.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Protocol

import numba
import numpy as np

from spectralcmi.threads import Threads, blocks

#: Numbers combined by a thread at a time; the blocks also fix the order of summation of norms.
BLOCK = 32768


class StepCollapsedError(RuntimeError):
    """The state became non-finite or the step fell below what the clock resolves."""


class System(Protocol):
    """What a scheme needs of an equation."""

    shape: tuple[int, ...]
    implicit_rates: np.ndarray
    quadratures: tuple[str, ...]

    def explicit_terms(self, state: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write N(state) to `out` and return the rates of the quadratures."""


@dataclass(frozen=True)
class Scheme:
    """An additive Runge-Kutta scheme.

    Attributes
    ----------
    name : str
    order : int
        Order of accuracy.
    explicit, implicit : tuple of tuples
        Strictly lower and lower triangular tableaux, one row a stage; the first stage is explicit.
    weights : tuple
        b, common to both parts.
    embedded : tuple or None
        b of the embedded scheme of order - 1; None where there is none.
    reference : str
    """

    name: str
    order: int
    explicit: tuple[tuple[float, ...], ...]
    implicit: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    embedded: tuple[float, ...] | None
    reference: str

    @property
    def stages(self) -> int:
        """Number of stages."""
        return len(self.weights)

    @property
    def is_adaptive(self) -> bool:
        """Whether the scheme estimates its error."""
        return self.embedded is not None


def _ark3() -> Scheme:
    gamma = 1767732205903 / 4055673282236
    weights = (
        1471266399579 / 7840856788654,
        -4482444167858 / 7529755066697,
        11266239266428 / 11593286722821,
        gamma,
    )
    return Scheme(
        name="ARK3(2)4L[2]SA",
        order=3,
        explicit=(
            (),
            (2 * gamma,),
            (5535828885825 / 10492691773637, 788022342437 / 10882634858940),
            (
                6485989280629 / 16251701735622,
                -4246266847089 / 9704473918619,
                10755448449292 / 10357097424841,
            ),
        ),
        implicit=(
            (0.0,),
            (gamma, gamma),
            (2746238789719 / 10658868560708, -640167445237 / 6845629431997, gamma),
            weights,
        ),
        weights=weights,
        embedded=(
            2756255671327 / 12835298489170,
            -10771552573575 / 22201958757719,
            9247589265047 / 10645013368117,
            2193209047091 / 5459859503100,
        ),
        reference="Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003)",
    )


def _ark4() -> Scheme:
    weights = (82889 / 524892, 0.0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 1 / 4)
    return Scheme(
        name="ARK4(3)6L[2]SA",
        order=4,
        explicit=(
            (),
            (1 / 2,),
            (13861 / 62500, 6889 / 62500),
            (
                -116923316275 / 2393684061468,
                -2731218467317 / 15368042101831,
                9408046702089 / 11113171139209,
            ),
            (
                -451086348788 / 2902428689909,
                -2682348792572 / 7519795681897,
                12662868775082 / 11960479115383,
                3355817975965 / 11060851509271,
            ),
            (
                647845179188 / 3216320057751,
                73281519250 / 8382639484533,
                552539513391 / 3454668386233,
                3354512671639 / 8306763924573,
                4040 / 17871,
            ),
        ),
        implicit=(
            (0.0,),
            (1 / 4, 1 / 4),
            (8611 / 62500, -1743 / 31250, 1 / 4),
            (5012029 / 34652500, -654441 / 2922500, 174375 / 388108, 1 / 4),
            (
                15267082809 / 155376265600,
                -71443401 / 120774400,
                730878875 / 902184768,
                2285395 / 8070912,
                1 / 4,
            ),
            weights,
        ),
        weights=weights,
        embedded=(
            4586570599 / 29645900160,
            0.0,
            178811875 / 945068544,
            814220225 / 1159782912,
            -3700637 / 11593932,
            61727 / 225920,
        ),
        reference="Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003)",
    )


def _ars343() -> Scheme:
    # gamma: middle root of 6 g^3 - 18 g^2 + 9 g - 1
    gamma = 0.4358665215084589994160194
    b1 = -1.5 * gamma**2 + 4 * gamma - 0.25
    b2 = 1.5 * gamma**2 - 5 * gamma + 1.25
    a42 = 0.5529291480359398193611
    a31 = (1 - 4.5 * gamma + 1.5 * gamma**2) * a42
    a31 += (2.75 - 10.5 * gamma + 3.75 * gamma**2) * a42 - 3.5 + 13 * gamma - 4.5 * gamma**2
    a32 = (-1 + 4.5 * gamma - 1.5 * gamma**2) * a42
    a32 += (-2.75 + 10.5 * gamma - 3.75 * gamma**2) * a42 + 4 - 12.5 * gamma + 4.5 * gamma**2
    return Scheme(
        name="ARS(3,4,3)",
        order=3,
        explicit=((), (gamma,), (a31, a32), (1 - 2 * a42, a42, a42)),
        implicit=((0.0,), (0.0, gamma), (0.0, (1 - gamma) / 2, gamma), (0.0, b1, b2, gamma)),
        weights=(0.0, b1, b2, gamma),
        embedded=None,
        reference="Ascher, Ruuth & Spiteri, Appl. Numer. Math. 25, 151 (1997), section 2.7",
    )


def _ars232() -> Scheme:
    gamma = 1 - np.sqrt(0.5)
    delta = -2 * np.sqrt(2) / 3
    return Scheme(
        name="ARS(2,3,2)",
        order=2,
        explicit=((), (gamma,), (delta, 1 - delta)),
        implicit=((0.0,), (0.0, gamma), (0.0, 1 - gamma, gamma)),
        weights=(0.0, 1 - gamma, gamma),
        embedded=None,
        reference="Ascher, Ruuth & Spiteri, Appl. Numer. Math. 25, 151 (1997), section 2.5",
    )


SCHEMES = {"ark3": _ark3(), "ark4": _ark4(), "ars343": _ars343(), "ars232": _ars232()}


@numba.njit(nogil=True, cache=True)
def _solve_stage(start, stop, step, state, tendencies, values, rates, explicit, implicit, out):
    """(state + step Sum_j (explicit_j N_j - implicit_j lambda Y_j))/(1 + step implicit_i lambda).

    One pass over memory: chunks of `state` stay in the first cache while the stages stream by.
    """
    stage = explicit.size
    for low in range(start, stop, 1024):
        high = min(low + 1024, stop)
        for i in range(low, high):
            out[i] = state[i]
        for j in range(stage):
            a, b = step * explicit[j], step * implicit[j]
            for i in range(low, high):
                out[i] += a * tendencies[j, i] - b * rates[i] * values[j, i]
        diagonal = step * implicit[stage]
        for i in range(low, high):
            out[i] /= 1.0 + diagonal * rates[i]


@numba.njit(nogil=True, cache=True)
def _finish_step(start, stop, step, state, tendencies, values, rates, weights, defect, out, norms):
    """state + step Sum_j b_j (N_j - lambda Y_j), and the square sums of error and result."""
    error = np.empty(1024)
    error_square = norm_square = 0.0
    for low in range(start, stop, 1024):
        high = min(low + 1024, stop)
        for i in range(low, high):
            out[i] = state[i]
            error[i - low] = 0.0
        for j in range(weights.size):
            b, d = step * weights[j], step * defect[j]
            for i in range(low, high):
                change = tendencies[j, i] - rates[i] * values[j, i]
                out[i] += b * change
                error[i - low] += d * change
        for i in range(low, high):
            error_square += error[i - low] ** 2
            norm_square += out[i] ** 2
    norms[start // BLOCK, 0] = error_square
    norms[start // BLOCK, 1] = norm_square


class Integrator:
    """Advances a system in time.

    Parameters
    ----------
    scheme : Scheme
    system : System
    state : ndarray
        Initial state, of shape `system.shape`; copied.
    time : float
        Initial time.
    tolerance : float
        Largest local error of a step, relative to the state, both in the Euclidean norm; used by
        adaptive schemes.
    step : float
        Fixed step; 0 for an adaptive one.
    threads : Threads, optional

    Attributes
    ----------
    state : ndarray
        Current state.
    time, step : float
        Current time and the next step to try.
    rates : ndarray
        Rates of the system's quadratures at the current time.
    totals : ndarray
        Quadratures integrated from the start with the weights of the scheme.
    steps, rejected : int
        Accepted and rejected steps.
    """

    #: Bounds and safety of the change of the step, and exponents of the proportional-integral
    #: control (Soderlind, Numer. Algorithms 31, 281 (2002), PI.4.7), to be divided by the order.
    SAFETY, SMALLEST_CHANGE, LARGEST_CHANGE = 0.9, 0.2, 3.0
    PROPORTIONAL, INTEGRAL = 0.7, 0.4

    def __init__(
        self,
        scheme: Scheme,
        system: System,
        state: np.ndarray,
        time: float = 0.0,
        tolerance: float = 1e-4,
        step: float = 0.0,
        threads: Threads | None = None,
    ) -> None:
        if step == 0 and not scheme.is_adaptive:
            raise ValueError(f"step={step} must be positive: {scheme.name} estimates no error")
        self.scheme, self.system, self.tolerance = scheme, system, tolerance
        self.state = np.array(state, dtype=float)
        self.time, self.is_fixed = float(time), step > 0
        self.steps = self.rejected = 0
        self._threads = threads or Threads(1)
        size = self.state.size
        self._tendencies = np.empty((scheme.stages, size))
        self._values = np.empty((scheme.stages, size))
        self._blocks = blocks(size, BLOCK)
        self._rates = np.ascontiguousarray(system.implicit_rates).reshape(-1)
        self._previous_error = tolerance
        self.totals = np.zeros(len(system.quadratures))
        self.rates = self._evaluate(0, self.state)
        self.step = step or self._first_step()

    def _evaluate(self, stage: int, state: np.ndarray) -> np.ndarray:
        shape = self.system.shape
        return self.system.explicit_terms(
            state.reshape(shape), self._tendencies[stage].reshape(shape)
        )

    def _first_step(self) -> float:
        """A step over which the state changes by about the cube root of the tolerance."""
        state = self.state.reshape(-1)
        change = np.linalg.norm(self._tendencies[0] - self._rates * state)
        norm = np.linalg.norm(state)
        if not (norm > 0 and change > 0):
            return 1.0
        return self.tolerance ** (1 / self.scheme.order) * norm / change

    def controller(self) -> dict[str, float]:
        """Everything but the state that the next step depends on, for checkpoints."""
        return {
            "time": self.time,
            "step": self.step,
            "previous_error": self._previous_error,
            "steps": self.steps,
            "rejected": self.rejected,
        }

    def restore(self, controller: dict[str, float], totals: np.ndarray) -> None:
        """Take up a run where `controller` and `totals` were saved; the state is already set."""
        self.time, self.step = float(controller["time"]), float(controller["step"])
        self._previous_error = float(controller["previous_error"])
        self.steps, self.rejected = int(controller["steps"]), int(controller["rejected"])
        self.totals = np.array(totals, dtype=float)

    def advance(self, until: float) -> float:
        """Take one accepted step that does not pass `until`.

        The last steps before `until` are shortened to land on it exactly: output times are part
        of what the trajectory depends on, at the level of the tolerance.

        Parameters
        ----------
        until : float
            Time not to be passed, later than `time`.

        Returns
        -------
        float
            Length of the step taken.

        Raises
        ------
        StepCollapsedError
            If the state is not finite, or the error demands a step that the clock can't resolve.
        """
        while True:
            remaining = until - self.time
            pieces = np.ceil(remaining / self.step * (1 - 1e-9))
            step = remaining / pieces if pieces <= 2 or self.is_fixed else self.step
            # not the shortened step: output times may be as close as the clock allows
            if not self.step > 1e-13 * max(abs(self.time), abs(until)):
                raise StepCollapsedError(
                    f"step={self.step:g} at time={self.time:g} is not resolved"
                )
            new, rates, error = self._try(step)
            if self.is_fixed:
                if not np.isfinite(error):
                    raise StepCollapsedError(f"state is not finite at time={self.time:g}")
                break
            change = self._change_of_step(error)
            if error <= self.tolerance:
                # A step shortened to land on an output time says nothing against the longer one.
                proposal = step * change
                self.step = max(self.step, proposal) if step < self.step else proposal
                self._previous_error = max(error, 1e-3 * self.tolerance)
                break
            self.rejected += 1
            self.step = step * min(change, 0.9)
        self.totals += step * (np.asarray(self.scheme.weights) @ rates)
        self.time = until if pieces == 1 else self.time + step
        self.steps += 1
        self.state = new.reshape(self.state.shape)
        self.rates = self._evaluate(0, self.state)
        return step

    def _change_of_step(self, error: float) -> float:
        """Factor by which the next step differs from the last."""
        if not np.isfinite(error):
            return self.SMALLEST_CHANGE
        order = self.scheme.order
        error = max(error, 1e-12 * self.tolerance)
        factor = (self.tolerance / error) ** (self.PROPORTIONAL / order)
        factor *= (self._previous_error / self.tolerance) ** (self.INTEGRAL / order)
        return float(np.clip(self.SAFETY * factor, self.SMALLEST_CHANGE, self.LARGEST_CHANGE))

    def _try(self, step: float) -> tuple[np.ndarray, np.ndarray, float]:
        """One step without accepting it: new state, rates of each stage, relative error."""
        scheme, state = self.scheme, self.state.reshape(-1)
        values, tendencies = self._values, self._tendencies
        values[0] = state
        rates = [self.rates]
        for stage in range(1, scheme.stages):
            solve = functools.partial(
                _solve_stage,
                step=step,
                state=state,
                tendencies=tendencies,
                values=values,
                rates=self._rates,
                explicit=np.array(scheme.explicit[stage]),
                implicit=np.array(scheme.implicit[stage]),
                out=values[stage],
            )
            self._threads.run(solve, self._blocks)
            rates.append(self._evaluate(stage, values[stage]))
        weights = np.array(scheme.weights)
        defect = weights - (scheme.embedded if scheme.is_adaptive else weights)
        new, norms = np.empty_like(state), np.empty((len(self._blocks), 2))

        finish = functools.partial(
            _finish_step,
            step=step,
            state=state,
            tendencies=tendencies,
            values=values,
            rates=self._rates,
            weights=weights,
            defect=defect,
            out=new,
            norms=norms,
        )
        self._threads.run(finish, self._blocks)
        error_square, norm_square = norms.sum(axis=0)
        if not np.isfinite(norm_square):
            return new, np.array(rates), np.inf
        error = np.sqrt(error_square / norm_square) if norm_square > 0 else 0.0
        return new, np.array(rates), float(error)
