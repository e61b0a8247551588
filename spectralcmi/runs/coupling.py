"""What a run whose temperature is evolved is put together from: the star, its state, the models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.build import Matter, build_model
from spectralcmi.case.errors import ParameterError
from spectralcmi.case.parameters import Parameters
from spectralcmi.grid.shell import Shell
from spectralcmi.heat.full_star import FullStar
from spectralcmi.heat.radial_star import RadialStar
from spectralcmi.heat.star import core_history_end, initial_temperature
from spectralcmi.model import InductionModel
from spectralcmi.profiles.provider import CrustHistory
from spectralcmi.runs.thermal import ThermalEvolution, ThermalState, at_rest
from spectralcmi.threads import Threads

if TYPE_CHECKING:
    from spectralcmi.runs.checkpoint import StoredRun

#: The first quadratures of a model, which are not heats.
POWERS = len(InductionModel.POWERS)
#: Sections that the heat equation of a run depends on, beside its shell.
SECTIONS = ("background", "thermal")


def star_of(parameters: Parameters, shell: Shell, threads: Threads) -> RadialStar | FullStar:
    """The star of a case whose temperature is evolved.

    Raises
    ------
    ParameterError
        If a core_history ends before the run.
    """
    known, end = core_history_end(parameters), parameters.time.end
    if known < end:
        rule = f"ends at {known:g} yr, before time.end={end:g}"
        raise ParameterError("thermal.core_history", parameters.thermal.core_history, rule)
    if parameters.thermal.dimension == "full":
        return FullStar(parameters, shell, threads)
    return RadialStar(parameters, shell, threads)


def new_evolution(
    parameters: Parameters, shell: Shell, threads: Threads, time: float = 0.0
) -> ThermalEvolution:
    """The temperature of a star as it is born.

    Parameters
    ----------
    parameters : Parameters
    shell : Shell
    threads : Threads
    time : float
        [yr]

    Raises
    ------
    InputError
        See `spectralcmi.heat.star.radial_heat`.
    """
    star = star_of(parameters, shell, threads)
    u = star.uniform(initial_temperature(parameters, star.equation.core))
    return ThermalEvolution(star, at_rest(u, star.heats, time), parameters.thermal.tolerance)


def model_of(
    parameters: Parameters, model: InductionModel, thermal: ThermalEvolution
) -> InductionModel:
    """The model of the interval that the temperature has planned.

    Parameters
    ----------
    parameters : Parameters
    model : InductionModel
        Of the interval before; its threads and its shell are used.
    thermal : ThermalEvolution

    Returns
    -------
    InductionModel
    """
    # profiles that change at the start of the interval are those of after the change
    time = float(np.nextafter(thermal.state.start, np.inf))
    matter = matter_of(parameters, thermal, time)
    return build_model(parameters, model.threads, time, model.shell, matter)


def latest_end(parameters: Parameters, time: float) -> float:
    """Where an interval has to end that begins at a time [yr].

    At the next change of what is prescribed, or where a core_history ends.
    """
    return min(CrustHistory(parameters).next_change(time), core_history_end(parameters))


def matter_of(parameters: Parameters, thermal: ThermalEvolution, time: float) -> Matter:
    """What the model has of the temperature in the middle of an interval.

    Parameters
    ----------
    parameters : Parameters
    thermal : ThermalEvolution
    time : float
        Any within the interval [yr].
    """
    star, temperature = thermal.star, thermal.middle_temperature
    if isinstance(star, FullStar):
        age = CrustHistory(parameters).age(time)
        coefficients = star.coefficients(thermal.state.middle, age)
        return Matter(temperature, coefficients, heats=True, deposit=star)
    return Matter(temperature, heats=True)


def evolution_to_go_on(
    stored: StoredRun, parameters: Parameters, shell: Shell, threads: Threads
) -> tuple[ThermalEvolution | None, np.ndarray]:
    """The temperature of a stored run, and the totals of its quadratures.

    Parameters
    ----------
    stored : StoredRun
    parameters : Parameters
        Of the run as it goes on.
    shell : Shell
        Of the same.
    threads : Threads

    Returns
    -------
    thermal : ThermalEvolution or None
        None where the temperature is not evolved. Where the heat equation is another, the
        temperature of the checkpoint is taken over to it, and an interval has to be planned.
    totals : ndarray, shape (quadratures,)

    Raises
    ------
    ParameterError
        If the temperature would depend on other coordinates than before.
    """
    checkpoint, thermal = stored.checkpoint, parameters.thermal
    totals = checkpoint.totals[:POWERS]
    if not thermal.enabled:
        return None, totals
    before, dimension = checkpoint.thermal, stored.parameters.thermal.dimension
    if before is not None and thermal.dimension != dimension:
        raise ParameterError("thermal.dimension", thermal.dimension, f"the run has {dimension}")
    if before is None:
        evolution = new_evolution(parameters, shell, threads, stored.time)
        return evolution, np.concatenate([totals, evolution.state.heat])
    star = star_of(parameters, shell, threads)
    same = shell == stored.shell and all(
        getattr(parameters, name) == getattr(stored.parameters, name) for name in SECTIONS
    )
    if same:
        return ThermalEvolution(star, before, thermal.tolerance), checkpoint.totals
    old = ThermalEvolution(
        star_of(stored.parameters, stored.shell, threads),
        before,
        stored.parameters.thermal.tolerance,
    )
    evolution = ThermalEvolution(star, _taken_over(old, stored, star), thermal.tolerance)
    return evolution, np.concatenate([totals, evolution.state.heat])


def _taken_over(
    old: ThermalEvolution, stored: StoredRun, star: RadialStar | FullStar
) -> ThermalState:
    """The state of a run at its checkpoint, on another grid, before its next interval."""
    last = old.at(stored.time, stored.checkpoint.totals[POWERS:], stored.field())
    u = old.star.regridded(last.u, star)
    return replace(
        last,
        end=last.start,
        u=u,
        middle=u,
        slope=np.zeros_like(u),
        curvature=np.zeros_like(u),
        span=0.0,
        heat=np.zeros(star.heats),
        heating=np.zeros(star.heats),
        length=old.state.length,
    )
