"""The temperature of a run, which takes turns with the field.

Time is cut into *intervals*. In each, first the temperature of its middle is foreseen, with the
heat of the interval before; the field is stepped with the coefficients of that temperature, and
what it sets free is added up with the weights of its scheme; then the temperature is stepped over
the same interval with just that heat, spread evenly over it. Coefficients of the middle and a heat
that is not lost make an error of second order in the length of an interval, and energies that add
up whatever the length.

Where a step of the heat equation costs more than those of the field, the middle is not computed but
extrapolated from the interval before, and intervals are also so short that this does.

An interval is as long as temperatures take to change by `CHANGE` somewhere, but no shorter than a
share of a step of the field: what the field does in so short a time does not depend on the
temperature, as fast as it may change, and a newborn star cools by factors within days.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np

from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.fields.state import State
from spectralcmi.heat.advance import CHANGE as STEP_CHANGE
from spectralcmi.heat.advance import FIRST_STEP, HeatBalance, HeatIntegrator
from spectralcmi.heat.radial import BUDGET
from spectralcmi.runs.diagnostics import ENERGY_UNIT

#: |d ln T| of an interval that is aimed at, and that above which a shorter one is foreseen.
CHANGE, LARGEST_CHANGE = 0.04, 0.06
#: Least length of an interval, in steps of the field.
SHARE = 0.25
#: An interval is at most this many times as long as the one before.
GROWTH = 2.0
#: What is foreseen may be wrong by this many tolerances of the heat equation.
FORESIGHT = 10.0
#: Smallest factor by which one is shortened at a time.
SHRINKAGE = 0.2
#: What is measured at an output time may be wrong by this many: nothing follows from it.
SAMPLING = 3.0

#: Largest |d ln T| over the tolerance of a step of a costly heat equation: as of an interval.
COSTLY_CHANGE = 60.0
#: What is extrapolated to the end of an interval may be wrong by this many tolerances.
EXTRAPOLATION = 5.0

#: Beyond this temperature [K] at this age [yr] the formulas of the crust are no longer right.
HOT, NO_LONGER_NEWBORN = 3e9, 1.0

_log = logging.getLogger(__name__)


class Extrapolation(Protocol):
    """A heat equation whose steps cost more than those that the field takes meanwhile."""

    def at_energy(
        self, guess: np.ndarray, before: np.ndarray, time: float, years: float, heat: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What has been extrapolated, with the energy that it has to have, and the budget."""


class Star(Protocol):
    """What a run needs of a star that has a temperature, see `RadialStar`."""

    @property
    def equation(self) -> HeatBalance:
        """The heat equation of the crust."""

    @property
    def extrapolation(self) -> Extrapolation | None:
        """The same where temperatures are better extrapolated than stepped to."""

    def temperature(self, u: np.ndarray) -> np.ndarray:
        """Local temperature at the quadrature points [K]."""

    def change(self, before: np.ndarray, after: np.ndarray) -> float:
        """Largest |d ln T| of two states."""

    def outside_fit(self, u: np.ndarray, field: State) -> str:
        """How its envelope leaves the range of its fit; empty if it does not."""

    def at_nodes(self, integrals: np.ndarray) -> np.ndarray:
        """Of integrals against all functions, those whose functions sum to a constant."""

    def heat_vector(self, shells: np.ndarray) -> np.ndarray:
        """What heat [erg/yr] does to each function."""

    def meet(self, field: State, u: np.ndarray) -> None:
        """Let the magnetic field act that there is now."""

    def end_temperatures(self, u: np.ndarray) -> tuple[float, float]:
        """Local temperature at the bottom and at the top of the crust [K]."""

    def regridded(self, u: np.ndarray, other: Any) -> np.ndarray:
        """u on the functions of another star of its kind and radii."""

    def effective_temperature(self, radiated: float) -> float:
        """Effective temperature of the surface seen from infinity [K]."""

    def profile(self, u: np.ndarray) -> np.ndarray:
        """Local temperature as it is stored [K]."""

    def surface_temperature(self, u: np.ndarray, field: State) -> np.ndarray:
        """Local temperature of the surface above the envelope [K], shape (nlat, nphi)."""


@dataclass(frozen=True, eq=False)
class ThermalState:
    """What the temperature is at the beginning of an interval, and all that follows depends on.

    Attributes
    ----------
    start, end : float
        Of the interval [yr].
    u : ndarray, shape of the slots
        e^Phi T at its start [K].
    middle : ndarray, same shape
        What was foreseen for its middle.
    slope, curvature : ndarray, same shape
        For `extrapolated`: mean rate of change in the interval before [K/yr], zero where there was
        none, and a divided difference of u in the last two [K/yr2], zero where it is of no use.
    span : float
        Length of the interval before [yr].
    heat : ndarray, shape (heats,)
        Heat set free since the start of the run, see `InductionModel.quadratures`, at the start of
        the interval.
    heating : ndarray, shape (heats,)
        Rate at which the field was foreseen to set free heat in the interval.
    step, length : float
        Next step of the heat equation, and length that the next interval may have [yr].
    energies : ndarray, shape (6,)
        Of `spectralcmi.heat.radial.BUDGET` since the start of the run [erg].
    """

    start: float
    end: float
    u: np.ndarray
    middle: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray
    span: float
    heat: np.ndarray
    heating: np.ndarray
    step: float
    length: float
    energies: np.ndarray

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of its parts, in order."""
        return tuple(part.name for part in fields(cls))

    @property
    def is_followed(self) -> bool:
        """Whether it follows another interval, and can be extrapolated."""
        return self.span > 0

    def extrapolated(self, years: float) -> np.ndarray:
        """u some years after its start, as it has changed in the intervals before [K]."""
        return self.u + years * (self.slope + (years + self.span) * self.curvature)


@dataclass(frozen=True, eq=False)
class ThermalSample:
    """What is known of the temperature at an output time.

    Attributes
    ----------
    star : Star
    u : ndarray
        e^Phi T [K].
    energies : ndarray, shape (6,)
        Of `BUDGET` since the start of the run [erg].
    powers : ndarray, shape (6,)
        Rates of `BUDGET` at infinity [erg/s]; heat: what the field sets free.
    """

    star: Star
    u: np.ndarray
    energies: np.ndarray
    powers: np.ndarray


class ThermalEvolution:
    """The temperature on its way.

    Parameters
    ----------
    star : Star
    state : ThermalState
    tolerance : float
        Of the heat equation.
    """

    def __init__(self, star: Star, state: ThermalState, tolerance: float) -> None:
        self.star, self.state, self._tolerance = star, state, tolerance
        self._content: np.ndarray | None = None
        self._warned: set[str] = set()

    @property
    def end(self) -> float:
        """Where the present interval ends [yr]."""
        return self.state.end

    @property
    def middle_temperature(self) -> np.ndarray:
        """Local temperature of the middle of the interval [K], at the quadrature points."""
        return self.star.temperature(self.state.middle)

    def plan(self, heating: np.ndarray, field_step: float, latest: float) -> None:
        """Begin an interval where the last one ended; the star has met the field that is there.

        Parameters
        ----------
        heating : ndarray, shape (heats,)
            Rate at which the field sets free heat now, for what is foreseen.
        field_step : float
            The step that the field is about to take [yr].
        latest : float
            Where the interval has to end [yr].
        """
        state, star = self.state, self.star
        heat = star.heat_vector(ENERGY_UNIT * heating)
        is_extrapolated = star.extrapolation is not None and state.is_followed
        shortest = SHARE * field_step
        length = max(state.length, shortest)
        if is_extrapolated and length > field_step:
            # the field takes no step more than it would without
            length = round(length / field_step) * field_step
        while True:
            # no sliver is left before what changes at `latest`
            remaining = latest - state.start
            end = latest if length >= remaining else state.start + min(length, remaining / 2)
            length = end - state.start
            middle, foreseen = self._middle(length, heat, is_extrapolated)
            # lengths are differences of times, and rounded
            is_shortest = length <= shortest * (1 + 1e-9)
            if foreseen <= LARGEST_CHANGE or (is_shortest and not is_extrapolated):
                break
            if is_shortest:
                is_extrapolated = False
            length = max(shortest, length * max(SHRINKAGE, CHANGE / foreseen))
        self.state = replace(state, end=end, middle=middle, heating=heating.copy())
        self._content = None

    def _middle(
        self, length: float, heat: np.ndarray, is_extrapolated: bool
    ) -> tuple[np.ndarray, float]:
        """What is foreseen for the middle of an interval, and the largest |d ln T| of all of it."""
        state = self.state
        if is_extrapolated:
            middle = state.extrapolated(length / 2)
        else:
            integrator = self._integrator(FORESIGHT * self._tolerance, state)
            integrator.advance(state.start + length / 2, heat)
            middle = integrator.u
        return middle, 2 * self.star.change(state.u, middle)

    def is_overtaken(self, time: float, heat: np.ndarray) -> bool:
        """Whether the field sets free so much other heat than foreseen that the interval must end.

        That is where the difference alone changes the temperature by more than an interval may,
        averaged over the sphere where it depends on the angles.

        Parameters
        ----------
        time, heat
            As of `at`.
        """
        state, star = self.state, self.star
        other = heat - state.heat - (time - state.start) * state.heating
        if self._content is None:
            self._content = star.at_nodes(star.equation.content(state.u))
        rise = np.abs(star.at_nodes(star.heat_vector(ENERGY_UNIT * other))) / self._content
        return bool(np.max(rise) > LARGEST_CHANGE)

    def shorten(self, time: float) -> None:
        """Let the interval end at a time [yr] within it."""
        self.state = replace(self.state, end=time)

    def _integrator(self, tolerance: float, state: ThermalState) -> HeatIntegrator:
        step = state.step * tolerance / self._tolerance
        largest = STEP_CHANGE if self.star.extrapolation is None else COSTLY_CHANGE
        return HeatIntegrator(
            self.star.equation, state.u, state.start, tolerance, step, change=largest
        )

    def at(
        self, time: float, heat: np.ndarray, field: State, tolerances: float = 1.0
    ) -> ThermalState:
        """The state that an interval leads to which ends at a time within the present one.

        Parameters
        ----------
        time : float
            [yr]
        heat : ndarray, shape (heats,)
            Set free since the start of the run, at that time.
        field : State
            At that time, which the star then has met.
        tolerances : float
            Accuracy, in tolerances of the heat equation.
        """
        state, star = self.state, self.star
        star.meet(field, state.u)
        if time <= state.start:
            return state
        years = time - state.start
        power = star.heat_vector(ENERGY_UNIT * (heat - state.heat) / years)
        integrator = self._integrator(tolerances * self._tolerance, state)
        energies = integrator.advance(time, power)
        slope, curvature = (integrator.u - state.u) / years, np.zeros_like(state.u)
        if state.is_followed:
            curvature = (slope - state.slope) / (years + state.span)
        return ThermalState(
            start=time,
            end=time,
            u=integrator.u,
            middle=integrator.u,
            slope=slope,
            curvature=curvature,
            span=years,
            heat=heat.copy(),
            heating=state.heating,
            step=integrator.length,
            length=state.length,
            energies=state.energies + energies,
        )

    def sample(
        self, time: float, heat: np.ndarray, heating: np.ndarray, field: State
    ) -> ThermalSample:
        """What is known at an output time, which changes nothing.

        Parameters
        ----------
        time, heat, field
            As of `at`.
        heating : ndarray, shape (heats,)
            Rate at which the field sets free heat at that time.
        """
        before, star = self.state, self.star
        years = time - before.start
        if star.extrapolation is not None and before.is_followed and years > 0:
            star.meet(field, before.u)
            power = star.heat_vector(ENERGY_UNIT * (heat - before.heat) / years)
            guess = before.extrapolated(years)
            u, energies = star.extrapolation.at_energy(guess, before.u, time, years, power)
            energies = before.energies + energies
        else:
            state = self.at(time, heat, field, SAMPLING)
            u, energies = state.u, state.energies
        vector = star.heat_vector(ENERGY_UNIT * heating)
        powers = star.equation.powers(u, vector) / JULIAN_YEAR
        return ThermalSample(star, u, energies, powers)

    def finish(self, heat: np.ndarray, field: State) -> None:
        """Take the present interval, whose field has been stepped; parameters as of `at`."""
        before, star = self.state, self.star
        after, years = self.at(before.end, heat, field), before.end - before.start
        change = max(star.change(before.u, after.u), np.finfo(float).tiny)
        factor = CHANGE / change
        if star.extrapolation is not None and before.is_followed:
            missed = max(star.change(before.extrapolated(years), after.u), np.finfo(float).tiny)
            # what is extrapolated is wrong by the square of the length at least
            factor = min(factor, (EXTRAPOLATION * self._tolerance / missed) ** 0.5)
            if star.change(before.u + years * before.slope, after.u) < missed:
                after = replace(after, curvature=np.zeros_like(after.u))
        self.state = replace(after, length=float(np.clip(factor, SHRINKAGE, GROWTH)) * years)
        self._warn(field)

    def _warn(self, field: State) -> None:
        """Tell once where the matter is hotter than its formulas are for, or its envelope is."""
        state, star = self.state, self.star
        if state.start <= NO_LONGER_NEWBORN:
            return
        hottest = float(np.max(star.temperature(state.u)))
        if "crust" not in self._warned and hottest > HOT:
            self._warned.add("crust")
            _log.warning(
                "temperature: %.2g K at %.4g yr, where the matter of the crust is only roughly "
                "described above %g K",
                hottest,
                state.start,
                HOT,
            )
        if "envelope" not in self._warned and (excess := star.outside_fit(state.u, field)):
            self._warned.add("envelope")
            _log.warning("%s, at %.4g yr", excess, state.start)


def at_rest(u: np.ndarray, heats: int, time: float = 0.0) -> ThermalState:
    """The temperature at the start of a run, or of a part of it, before its first interval.

    Parameters
    ----------
    u : ndarray
        e^Phi T [K].
    heats : int
        Number of heats that the field sets free.
    time : float
        [yr]
    """
    return ThermalState(
        start=time,
        end=time,
        u=u,
        middle=u,
        slope=np.zeros_like(u),
        curvature=np.zeros_like(u),
        span=0.0,
        heat=np.zeros(heats),
        heating=np.zeros(heats),
        step=FIRST_STEP,
        length=0.0,
        energies=np.zeros(len(BUDGET)),
    )
