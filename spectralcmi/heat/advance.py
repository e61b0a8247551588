"""Adaptive steps of a heat equation: by the error estimate and by the change of temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spectralcmi.errors import InputError
from spectralcmi.heat.radial import BUDGET, HeatStep, StepFailedError

#: Largest |d ln T| of a step over the tolerance: 2 % for a tolerance of 1e-3. A star that cools is
#: then within 2e-4 in T of one whose steps are very short.
CHANGE = 20.0
#: A step that changes more than this times the largest change is done again.
OVERSHOOT = 1.5
SAFETY = 0.9
SHRINK, GROWTH = 0.2, 3.0
#: Order of the error estimate plus one.
EXPONENT = 1.0 / 3.0
FIRST_STEP = 1e-9
SMALLEST_STEP = 1e-15


class HeatEquation(Protocol):
    """What can be stepped."""

    def step(self, u: np.ndarray, time: float, length: float, heat: np.ndarray) -> HeatStep:
        """One step from `time` of a `length` [yr]; StepFailedError where it is too long.

        u = e^Phi T [K] and heat [erg/yr] have the shape of the slots.
        """


class HeatBalance(HeatEquation, Protocol):
    """What can be stepped, and whose heat can be told."""

    def energy(self, u: np.ndarray) -> float:
        """Thermal energy, seen from infinity [erg]."""

    def content(self, u: np.ndarray) -> np.ndarray:
        """Integrals of the heat content against all functions, shape of the slots [erg]."""

    def powers(self, u: np.ndarray, heat: np.ndarray | None = None) -> np.ndarray:
        """Powers of the balance of heat, of `spectralcmi.heat.radial.BUDGET`, (6,) [erg/yr]."""


@dataclass
class HeatIntegrator:
    """A temperature on its way.

    Attributes
    ----------
    equation : HeatEquation
    u : ndarray, shape (slots, ..)
        e^Phi T [K].
    time : float
        [yr]
    tolerance : float
        Largest error estimate of a step; `change` times it is the largest |d ln T|.
    length : float
        Of the next step [yr].
    change : float
        Largest |d ln T| of a step over the tolerance.
    steps, rejected : int
    """

    equation: HeatEquation
    u: np.ndarray
    time: float = 0.0
    tolerance: float = 1e-3
    length: float = FIRST_STEP
    change: float = CHANGE
    steps: int = 0
    rejected: int = 0

    def advance(self, until: float, heat: np.ndarray) -> np.ndarray:
        """Step to a time, exactly.

        Parameters
        ----------
        until : float
            [yr]
        heat : ndarray, shape of the slots
            Constant meanwhile [erg/yr].

        Returns
        -------
        ndarray, shape (6,)
            Energies of `spectralcmi.heat.radial.BUDGET` [erg].

        Raises
        ------
        InputError
            If no step is short enough.
        """
        energies = np.zeros(len(BUDGET))
        while self.time < until:
            remaining = until - self.time
            # two steps of equal length rather than one and a sliver
            length = min(self.length, remaining if self.length >= remaining else remaining / 2)
            try:
                step = self.equation.step(self.u, self.time, length, heat)
            except StepFailedError as failure:
                self._reject(SHRINK * length, failure)
                continue
            error = step.error / self.tolerance
            change = step.change / (self.change * self.tolerance)
            # where heat has just jumped, errors go as the length and not as its cube
            excess = max(error if error > 1 else error**EXPONENT, change, SAFETY / GROWTH)
            proposed = length * max(SHRINK, SAFETY / excess)
            if error > 1 or change > OVERSHOOT:
                self._reject(proposed, self._too_fast())
                continue
            # what was cut short to end exactly says nothing about longer steps
            self.length = proposed if length >= self.length else max(proposed, self.length)
            self.time = until if length == remaining else self.time + length
            self.u, self.steps = step.u, self.steps + 1
            energies += step.energies
        return energies

    def _too_fast(self) -> InputError:
        return InputError(
            f"temperature: at {self.time:.6g} yr no step is short enough to follow it"
        )

    def _reject(self, length: float, reason: InputError) -> None:
        self.length, self.rejected = length, self.rejected + 1
        if length < SMALLEST_STEP:
            raise reason
