"""Step-size control: a proportional-integral controller whose steps lie on a ladder.

A scheme with an implicit part factors M + h gamma K for every new h. Adaptive steps are therefore
rungs 2^(k/4) yr, k integer, and a step is repeated until the error asks for another rung.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Rungs of the ladder in an octave.
RUNGS = 4


def rung_below(step: float) -> float:
    """The largest rung 2^(k/4) not above `step` [yr] (to a relative 1e-9)."""
    return _rung(math.floor(RUNGS * math.log2(step) + 1e-9))


def nearest_rung(step: float) -> float:
    """The rung 2^(k/4) nearest to `step` [yr], on a logarithmic scale."""
    return _rung(math.floor(RUNGS * math.log2(step) + 0.5))


def _rung(index: int) -> float:
    # Scaled by powers of two, so that a rung is the same number however it was reached.
    return math.ldexp(2.0 ** (index % RUNGS / RUNGS), index // RUNGS)


@dataclass(frozen=True)
class StepController:
    """Chooses the next step from the errors of the last two.

    With e the error of a step relative to the tolerance and k the order of the scheme,

        change = SAFETY e_n^(-INTEGRAL/k) (e_(n-1)/e_n)^(PROPORTIONAL/k),

    the PI.4.7 controller. The next step is the rung nearest to change times the step taken.
    The rung below would leave the step 25 % short: the controller starts again from every rung,
    and climbing by one would take an error below 1/16 (k = 3).

    Attributes
    ----------
    tolerance : float
        Largest error of an accepted step.
    order : int
        Power of the step with which its error scales.

    References
    ----------
    Soderlind, Numer. Algorithms 31, 281 (2002).
    """

    tolerance: float
    order: int

    SAFETY = 0.9
    SMALLEST_CHANGE, LARGEST_CHANGE = 0.2, 3.0
    INTEGRAL, PROPORTIONAL = 0.3, 0.4

    def first_step(self, norm: float, rate: float) -> float:
        """A step over which the state changes by a fraction tolerance^(1/order) of itself [yr].

        Parameters
        ----------
        norm, rate : float
            Norms of the state and of its time derivative [1/yr].
        """
        if not (0 < norm < math.inf and 0 < rate < math.inf):
            return 1.0
        return rung_below(self.tolerance ** (1 / self.order) * norm / rate)

    def change(self, error: float, previous_error: float) -> float:
        """Factor by which the next step should differ from the one that had this error."""
        if not math.isfinite(error):
            return self.SMALLEST_CHANGE
        error = max(error, 1e-12 * self.tolerance)
        factor = (self.tolerance / error) ** (self.INTEGRAL / self.order)
        factor *= (previous_error / error) ** (self.PROPORTIONAL / self.order)
        return min(max(self.SAFETY * factor, self.SMALLEST_CHANGE), self.LARGEST_CHANGE)

    def after_acceptance(
        self, step: float, taken: float, error: float, previous_error: float
    ) -> tuple[float, float]:
        """The next step and the error to remember.

        Parameters
        ----------
        step, taken : float
            The step wanted, and the one taken, shorter where the time was to be hit [yr].
        error, previous_error : float
            Errors of this step and of the one remembered.
        """
        proposal = nearest_rung(taken * self.change(error, previous_error))
        if taken < step and proposal <= step:
            # A shortened step with its small error says nothing against the longer one.
            return step, previous_error
        return proposal, max(error, 1e-3 * self.tolerance)

    def after_rejection(self, taken: float, error: float, previous_error: float) -> float:
        """The step to try after one that missed the tolerance [yr]."""
        return rung_below(taken * min(self.change(error, previous_error), 0.9))
