"""The only time loop of the package: a run from where it starts to however it ends."""

from __future__ import annotations

import json
import logging
import time as clock
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from spectralcmi.build import build_model
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.errors import DivergedError, WriteError
from spectralcmi.model import InductionModel
from spectralcmi.profiles.provider import CrustHistory
from spectralcmi.runs.checkpoint import Checkpoint, write_run
from spectralcmi.runs.coupling import POWERS, latest_end, model_of
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.runs.output_times import SAME_TIME, DueTimes, output_times
from spectralcmi.runs.record import RunRecord
from spectralcmi.runs.series import Sample
from spectralcmi.runs.signals import Interruptions
from spectralcmi.runs.step_limits import described, step_limits
from spectralcmi.runs.stopping import Stopping
from spectralcmi.runs.thermal import ThermalEvolution
from spectralcmi.timestepping.integrator import Integrator, Step, StepCollapsedError
from spectralcmi.timestepping.schemes import SCHEMES

_log = logging.getLogger(__name__)


class SaveError(WriteError):
    """A run that can't be saved, and therefore stopped; its text is one line.

    Parameters
    ----------
    output : OutputFile
    time : float
        The year the run had come to.
    error : OSError
        Why.
    """

    def __init__(self, output: OutputFile, time: float, error: OSError) -> None:
        kept = "what was saved before is intact" if output.path.exists() else "nothing is saved"
        super().__init__(
            f"{output.name}: cannot be written: {error.strerror or error}; "
            f"the run stopped at {time:.6g} yr, {kept}"
        )


@dataclass(frozen=True)
class Progress:
    """Where a run is, after each step.

    Attributes
    ----------
    time, step, end : float
        Current time, last step and end of the run [yr].
    rms_field : float
        [G]
    steps, rejected : int
    """

    time: float
    step: float
    end: float
    rms_field: float
    steps: int
    rejected: int


def integrator_of(
    parameters: Parameters, model: InductionModel, coefficients: np.ndarray
) -> Integrator:
    """The integrator of a case, at the coefficients of a field in the space of a model."""
    return Integrator(
        SCHEMES[parameters.time.scheme],
        model,
        coefficients,
        tolerance=parameters.time.tolerance,
        step=parameters.time.step,
        threads=model.threads,
    )


@dataclass
class Run:
    """A run on its way: an integrator, what it has measured, and where that is kept.

    Parameters
    ----------
    model : InductionModel
    integrator : Integrator
    record : RunRecord
    output : OutputFile or None
    progress : callable or None
    thermal : ThermalEvolution, optional
        Of a run whose temperature is evolved.
    """

    model: InductionModel
    integrator: Integrator
    record: RunRecord
    output: OutputFile | None
    progress: Callable[[Progress], None] | None
    thermal: ThermalEvolution | None = None

    def finish(
        self,
        interruptions: Interruptions,
        interrupted: Callable[[xr.Dataset], None] | None = None,
    ) -> xr.Dataset:
        """Go on to the end of the run, saving on the way and however it ends.

        Parameters
        ----------
        interruptions : Interruptions
            Those that come are acted upon between steps, where the run can be gone on with.
        interrupted : callable, optional
            As of `spectralcmi.runs.run.run`.

        Returns
        -------
        Dataset
        """
        # a field that blows up is noticed by its values; numpy need not speak of it as well
        with interruptions.postponed(), np.errstate(over="ignore", invalid="ignore"):
            try:
                status = self._evolve(interruptions)
            except DivergedError as error:
                self._save("diverged", reason=str(error))
                raise
            except KeyboardInterrupt:
                dataset = self._save("interrupted")
                if interrupted is not None:
                    interrupted(dataset)
                raise
            except SaveError:
                raise
            except Exception:  # of a function of the user's own, or a fault of the package
                self._save("interrupted")
                raise
            return self._save(status)

    def _evolve(self, interruptions: Interruptions) -> str:
        """Step by step; output times are read from inside the steps and don't change them.

        The status that the run ends with.

        The step that passes the end is not taken: a longer run repeats it bit for bit.
        """
        parameters, start = self.record.parameters, self.integrator
        crust = self._crust_history()
        due = DueTimes(*output_times(parameters), self.record)
        self._saved_at, stopping = clock.monotonic(), Stopping(parameters.time)
        while due.next_until(start.time) is not None:
            self._measure(due, start.time, start.state, start.totals, None)
            if stopping.wants_end(self.record.series):
                return self._stopped()
        while due:
            change = self._next_change(crust)
            step = self._attempt(change)
            while (time := due.next_until(step.end)) is not None:
                state, totals = step.at(min(time, step.end))
                self._measure(due, time, state, totals, step)
                if stopping.wants_end(self.record.series):
                    self._report(step, time, state)
                    return self._stopped()
            if not due:
                self._report(step, parameters.time.end, state)
                break
            self.integrator.accept(step)
            if step.end == change or self._is_overtaken():
                self._follow()
            self._report(step, step.end, self.integrator.state)
            self._checkpoint_if_due()
            interruptions.raise_pending()
            if stopping.is_overdue:
                _log.warning(
                    "time.wall_limit = %g h is over, at %.6g yr; what was computed is %s",
                    parameters.time.wall_limit,
                    self.integrator.time,
                    "saved, and `resume` goes on with it" if self.output else "returned",
                )
                return "interrupted"
        return "complete"

    def _stopped(self) -> str:
        """Status of a run that fulfils its rule to stop."""
        rule = self.record.parameters.time.stop_when
        self.record.attributes["stopped_when"] = rule
        _log.info("time.stop_when = %s: the run ends at %.6g yr", rule, self.record.times[-1])
        return "complete"

    def _next_change(self, crust: CrustHistory) -> float:
        """The next year at which coefficients change [yr]."""
        if self.thermal is not None:
            return self.thermal.end
        return crust.next_change(self.integrator.time + SAME_TIME)

    def _crust_history(self) -> CrustHistory:
        """What changes the coefficients when; changes up to the end of the run are written down.

        The steps before one that lies after the end are those of a longer run as well.
        """
        parameters = self.record.parameters
        history = CrustHistory(parameters)
        for name, times in history.changes_within(parameters.time.end).items():
            self.record.attributes[f"{name}_change_times"] = json.dumps(times.tolist())
        return history

    def _attempt(self, until: float) -> Step:
        """A step, or DivergedError if there is none worth taking."""
        integrator = self.integrator
        try:
            step = integrator.attempt(until)
        except StepCollapsedError:
            raise self._diverged(integrator.step) from None
        # a first step, or one before a discontinuity, may be as small, and then grows
        smallest = min(integrator.step, self.record.parameters.time.smallest_step)
        if not integrator.is_fixed and step.rejected and step.length < smallest:
            raise self._diverged(step.length)
        return step

    def _diverged(self, step: float) -> DivergedError:
        model, integrator = self.model, self.integrator
        # not the summary at hand, which may be of a step that failed
        summary = model.summarise(integrator.state)
        inertia = self.record.parameters.hall.inertia / FIELD_UNIT
        limit = described(step_limits(model.shell, model.local, summary, inertia))
        return DivergedError(integrator.time, step, self._rms_field(integrator.state), limit)

    def _measure(
        self, due: DueTimes, time: float, state: np.ndarray, totals: np.ndarray, step: Step | None
    ) -> None:
        """Record what is due at a time, of the state and the totals there."""
        model, integrator = self.model, self.integrator
        field, thermal = model.state(state, time), None
        if due.series(time) or self.thermal is not None:
            rates = model.explicit(time, state, np.empty(model.shape))
            rates = rates + model.implicit(time, state, np.empty(model.shape))
        if self.thermal is not None:
            thermal = self.thermal.sample(time, totals[POWERS:], rates[POWERS:], field)
        if due.series(time):
            self.record.add(
                Sample(
                    state=field,
                    summary=model.measure(state),
                    rates=rates,
                    totals=totals.copy(),
                    step=integrator.step if step is None else step.length,
                    steps=integrator.steps + (step is not None),
                    rejected=integrator.rejected + (step.rejected if step is not None else 0),
                    electrons=model.electrons,
                    convention=self.record.parameters.chiral.convention,
                    thermal=thermal,
                    inertial_square=model.inertial_square(state),
                )
            )
        if due.snapshot(time):
            self.record.add_snapshot(field, thermal)
        due.done(time)

    def _is_overtaken(self) -> bool:
        """Whether the field heats the crust so unforeseen that the temperature must follow now."""
        integrator, thermal = self.integrator, self.thermal
        if thermal is None or not thermal.is_overtaken(integrator.time, integrator.totals[POWERS:]):
            return False
        thermal.shorten(integrator.time)
        return True

    def _follow(self) -> None:
        """Go on with the coefficients of after a change."""
        if self.thermal is None:
            self._follow_crust()
        else:
            field = self.model.state(self.integrator.state, self.integrator.time)
            self.thermal.finish(self.integrator.totals[POWERS:], field)
            self._plan_interval(self.thermal)

    def begin(self) -> None:
        """Make ready for the first step: where an interval of the temperature begins, plan it."""
        integrator, thermal = self.integrator, self.thermal
        if thermal is None or thermal.end > integrator.time:
            return
        if thermal.state.start < thermal.end:  # the run ended before it could finish the interval
            self._follow()
            return
        field = self.model.state(integrator.state, integrator.time)
        thermal.star.meet(field, thermal.state.u)
        self._plan_interval(thermal)

    def _plan_interval(self, thermal: ThermalEvolution) -> None:
        """Begin an interval of the temperature, with the coefficients of its middle."""
        integrator, parameters = self.integrator, self.record.parameters
        latest = latest_end(parameters, integrator.time + SAME_TIME)
        thermal.plan(integrator.rates[POWERS:], integrator.step, latest)
        self.model = model_of(parameters, self.model, thermal)
        integrator.follow(self.model)

    def _follow_crust(self) -> None:
        """Go on with the coefficients of after a change of the crust.

        The spaces before and after hold the same functions, so the field stays what it is, and with
        it the energy that the step control is based on.
        """
        before, parameters, model = self.integrator, self.record.parameters, self.model
        field = model.state(before.state, before.time)
        self.model = build_model(parameters, model.threads, before.time + SAME_TIME, model.shell)
        self.integrator = integrator_of(parameters, self.model, self.model.coefficients(field))
        self.integrator.restore(before.controller(), before.totals)

    def _rms_field(self, state: np.ndarray) -> float:
        mean_square = self.model.square_integral(state)
        return FIELD_UNIT * float(np.sqrt(max(mean_square, 0.0) / self.model.shell.volume))

    def _report(self, step: Step, time: float, state: np.ndarray) -> None:
        """Tell the progress of a step, which may be the last and not taken."""
        if self.progress is not None:
            integrator = self.integrator
            is_taken = integrator.time == step.end
            self.progress(
                Progress(
                    time=time,
                    step=step.length,
                    end=self.record.parameters.time.end,
                    rms_field=self._rms_field(state),
                    steps=integrator.steps + (not is_taken),
                    rejected=integrator.rejected + (0 if is_taken else step.rejected),
                )
            )

    def _checkpoint_if_due(self) -> None:
        interval = self.record.parameters.output.checkpoint_interval
        if self.output is not None and clock.monotonic() - self._saved_at >= interval:
            self._save("running")
            self._saved_at = clock.monotonic()

    def _save(self, status: str, **attributes: str) -> xr.Dataset:
        """The dataset so far, written to the output if there is one."""
        record = self.record
        record.attributes |= {"status": status, **attributes}
        dataset = record.to_dataset()
        if self.output is None:
            return dataset
        try:
            write_run(self.output, dataset, self._checkpoint())
        except OSError as error:
            raise SaveError(self.output, self.integrator.time, error) from error
        return dataset

    def _checkpoint(self) -> Checkpoint:
        integrator = self.integrator
        state = self.model.state(integrator.state, integrator.time)
        return Checkpoint(
            coefficients=integrator.state,
            poloidal=state.poloidal,
            toroidal=state.toroidal,
            totals=integrator.totals,
            controller=integrator.controller(),
            balance=self.record.balance or (),
            thermal=None if self.thermal is None else self.thermal.state,
            heat_balance=self.record.heat_balance or (),
        )
