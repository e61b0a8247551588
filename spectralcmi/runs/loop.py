"""Runs: from parameters to a dataset. The only time loop of the package."""

from __future__ import annotations

import contextlib
import json
import logging
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.build import build_equation
from spectralcmi.case.files import input_digests
from spectralcmi.case.parameters import Parameters, differences
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.model import InductionEquation
from spectralcmi.runs.checkpoint import (
    Checkpoint,
    StoredRun,
    open_stored_run,
    restored_record,
    stored_digests,
    write_run,
)
from spectralcmi.runs.dataset import RunFileError, RunRecord, Sample, interpolate
from spectralcmi.runs.initial import initial_field
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.runs.signals import Interruptions
from spectralcmi.runs.step_limits import described, step_limits
from spectralcmi.star.neutron_star import temperature_change_times
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import SCHEMES, Integrator, StepCollapsedError

#: Output times closer than this are one [yr].
SAME_TIME = 1e-9
#: Keys that the numbers of a run do not depend on.
WITHOUT_EFFECT = ("output.checkpoint_interval",)

_log = logging.getLogger(__name__)


class DivergedError(RuntimeError):
    """A run that blew up; what it had computed is saved.

    Attributes
    ----------
    time, step, rms_field : float
        Where it stopped: year, step [yr] and field strength [G].
    limit : str
        Which process needs the shortest steps, and where; empty if that is not known.
    """

    def __init__(self, time: float, step: float, rms_field: float, limit: str = "") -> None:
        super().__init__(time, step, rms_field, limit)
        self.time, self.step, self.rms_field, self.limit = time, step, rms_field, limit

    def __str__(self) -> str:
        text = (
            f"the run diverged at {self.time:.6g} yr, "
            f"step {self.step:.3g} yr, B_rms {self.rms_field:.3g} G"
        )
        return f"{text}; {self.limit}" if self.limit else text


class SaveError(OSError):
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


def output_times(parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Years of the series and of the snapshots; the series includes the start and the end."""
    end, interval = parameters.time.end, parameters.output.series_interval
    series = np.append(interval * np.arange(int(np.floor(end / interval)) + 1), end)
    series = series[np.append(np.diff(series) > SAME_TIME, True)]
    return series, np.array(parameters.snapshot_times())


def run(
    parameters: Parameters,
    output: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    overwrite: bool = False,
    wait: bool = False,
    threads: Threads | None = None,
) -> xr.Dataset:
    """Evolve a magnetic field.

    Parameters
    ----------
    parameters : Parameters
    output : str or Path, optional
        File for the dataset and its checkpoints; its folder must exist. If it is there already with
        a run of these parameters, that run is returned if complete and continued if not.
    progress : callable, optional
        Called with a `Progress` after each accepted step.
    overwrite : bool
        Whether to begin anew, whatever `output` holds.
    wait : bool
        Whether to wait for another process that is writing `output`.
    threads : Threads, optional
        Default: all cores available.

    Returns
    -------
    Dataset
        The same as in the file; see the README for its variables.

    Raises
    ------
    DivergedError
        If the field blows up; what was computed is saved first.
    KeyboardInterrupt
        If interrupted by Ctrl-C, SIGTERM or SIGHUP; likewise.
    RunFileError
        If `output` holds anything else; it is left as it is.
    OutputInUseError
        If another process is writing `output`.
    SaveError
        If `output` can't be written, for example on a full disk; what it held stays.
    """
    with Interruptions() as interruptions, _opened(output, wait) as file:
        stored = None
        if file is not None and file.path.exists() and not overwrite:
            stored = _run_of(parameters, file)
            if stored.status == "complete":
                _log.info("%s: complete already; --overwrite runs it again", file.name)
                return stored.dataset
            _log.info("%s: going on at %g yr", file.name, stored.time)
        equation = build_equation(parameters, threads, 0.0 if stored is None else stored.time)
        if stored is None:
            march = begun(equation, parameters, file, progress)
        else:
            march = taken_up(equation, stored, parameters, file, progress)
        return march.to_the_end(interruptions)


def _opened(
    output: str | Path | None, wait: bool
) -> contextlib.AbstractContextManager[OutputFile | None]:
    return contextlib.nullcontext() if output is None else OutputFile(output, wait)


def _run_of(parameters: Parameters, file: OutputFile) -> StoredRun:
    """The stored run of a file; RunFileError unless it is one of these parameters."""
    advice = "--overwrite replaces it"
    try:
        stored = open_stored_run(file.path)
    except RunFileError as error:
        raise RunFileError(f"{error}; {advice}") from None
    for key, (there, here) in differences(stored.parameters, parameters).items():
        if key not in WITHOUT_EFFECT:
            raise RunFileError(
                f"{file.name}: holds another run, {key} = {there} and not {here}; {advice}"
            )
    if stored_digests(stored.dataset) != input_digests(parameters):
        raise RunFileError(f"{file.name}: holds a run with other input files; {advice}")
    for change in json.loads(stored.dataset.attrs.get("changes", "[]")):
        for key in change["changed"].keys() - {"spectralcmi_version"}:
            raise RunFileError(f"{file.name}: holds a run whose {key} changed on its way; {advice}")
    return stored


def begun(
    equation: InductionEquation,
    parameters: Parameters,
    output: OutputFile | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> March:
    """A run at its beginning; parameters as of `March`."""
    record = RunRecord(parameters, equation.shell)
    digests = input_digests(parameters)
    if digests:
        record.attributes["input_sha256"] = json.dumps(digests)
    integrator = _integrator(parameters, equation, initial_field(parameters, equation))
    return March(equation, integrator, record, output, progress)


def taken_up(
    equation: InductionEquation,
    stored: StoredRun,
    parameters: Parameters,
    output: OutputFile | None = None,
    progress: Callable[[Progress], None] | None = None,
    changed: Mapping[str, tuple] | None = None,
) -> March:
    """A run where a checkpoint left it.

    Parameters
    ----------
    equation : InductionEquation
        Of `parameters`.
    stored : StoredRun
    parameters : Parameters
        Of the run as it goes on; their resolution and their terms may be others than before.
    output, progress
        As of `March`.
    changed : mapping, optional
        Old and new values, by key, to write down in the dataset.

    Returns
    -------
    March
    """
    checkpoint = stored.checkpoint
    integrator = _integrator(parameters, equation, _coefficients(stored, equation))
    integrator.restore(checkpoint.controller, checkpoint.totals)
    if integrator.is_fixed:
        integrator.step = parameters.time.step
    record = restored_record(stored, parameters, equation.shell)
    before, after = checkpoint.coefficients, integrator.state
    record.note_changes(
        stored.time,
        {**(changed or {}), **_change_of_version(stored)},
        energy_ratio=float(np.vdot(after, after) / np.vdot(before, before)),
    )
    return March(equation, integrator, record, output, progress)


def _change_of_version(stored: StoredRun) -> dict[str, tuple[str, str]]:
    version = stored.dataset.attrs["spectralcmi_version"]
    return {} if version == __version__ else {"spectralcmi_version": (version, __version__)}


def _integrator(
    parameters: Parameters, equation: InductionEquation, coefficients: np.ndarray
) -> Integrator:
    return Integrator(
        SCHEMES[parameters.time.scheme],
        equation,
        coefficients,
        tolerance=parameters.time.tolerance,
        step=parameters.time.step,
        threads=equation.threads,
    )


def _coefficients(stored: StoredRun, equation: InductionEquation) -> np.ndarray:
    """Free-decay coefficients of a stored field, the stored ones if the modes are the same."""
    field, coefficients = stored.field(), stored.checkpoint.coefficients
    if field.shell != equation.shell:
        field = interpolate(field, equation.shell)
    elif coefficients.shape == equation.shape:
        same = equation.state(coefficients)
        if np.array_equal(same.poloidal, field.poloidal) and np.array_equal(
            same.toroidal, field.toroidal
        ):
            return coefficients
    return equation.coefficients(field)


@dataclass
class March:
    """A run on its way: an integrator, what it has measured, and where that is kept.

    Parameters
    ----------
    equation : InductionEquation
    integrator : Integrator
    record : RunRecord
    output : OutputFile or None
    progress : callable or None
    """

    equation: InductionEquation
    integrator: Integrator
    record: RunRecord
    output: OutputFile | None
    progress: Callable[[Progress], None] | None

    def to_the_end(self, interruptions: Interruptions) -> xr.Dataset:
        """Go on to the end of the run, saving on the way and however it ends.

        Parameters
        ----------
        interruptions : Interruptions
            Those that come are acted upon between steps, where the run can be gone on with.

        Returns
        -------
        Dataset
        """
        # a field that blows up is noticed by its values; numpy need not speak of it as well
        with interruptions.postponed(), np.errstate(over="ignore", invalid="ignore"):
            try:
                self._run(interruptions)
            except DivergedError as error:
                self._save("diverged", reason=str(error))
                raise
            except KeyboardInterrupt:
                self._save("interrupted")
                raise
            return self._save("complete")

    def _run(self, interruptions: Interruptions) -> None:
        parameters = self.record.parameters
        series, snapshots = output_times(parameters)
        changes = temperature_change_times(parameters.background, parameters.time.end)
        if len(changes):
            self.record.attributes["temperature_change_times"] = json.dumps(changes.tolist())
        targets = np.unique(np.concatenate([series, snapshots, changes]))
        targets = targets[np.append(True, np.diff(targets) > SAME_TIME)]
        self._saved_at = clock.monotonic()
        for target in targets:
            while self.integrator.time < target - SAME_TIME:
                step = self._advance(target)
                self._report(step)
                self._checkpoint_if_due()
                interruptions.raise_pending()
            self._measure(target, series, snapshots)
            # not at the end, where a longer run takes this one up from before the change
            if _contains(changes, target) and target < targets[-1]:
                self._follow_temperature(target)

    def _advance(self, target: float) -> float:
        """Take a step, and raise DivergedError if there is none worth taking."""
        integrator, before = self.integrator, self.integrator.step
        try:
            step = integrator.advance(target)
        except StepCollapsedError:
            raise self._diverged() from None
        # a first step may be as small, and then grows
        smallest = min(before, self.record.parameters.time.smallest_step)
        if not integrator.is_fixed and integrator.step < smallest:
            raise self._diverged()
        return step

    def _diverged(self) -> DivergedError:
        integrator, equation = self.integrator, self.equation
        # not the summary at hand, which may be of a step that failed
        summary = equation.summarise(integrator.state)
        limit = described(step_limits(equation.shell, equation.local, summary))
        return DivergedError(integrator.time, integrator.step, self._rms_field(), limit)

    def _measure(self, target: float, series: np.ndarray, snapshots: np.ndarray) -> None:
        """Record what is due at an output time and not recorded yet."""
        record, now = self.record, self.integrator.time
        due_series = _contains(series, target) and not _contains(record.times[-1:], now)
        due_snapshot = _contains(snapshots, target) and not _contains(
            record.snapshot_times[-1:], now
        )
        if (due_series or due_snapshot) and abs(target - now) <= SAME_TIME:
            sample = self._sample()
            if due_series:
                record.add(sample)
            if due_snapshot:
                record.add_snapshot(sample.state)

    def _follow_temperature(self, target: float) -> None:
        """Go on with the operators of after a change, unless that lies behind a resumed run.

        The free-decay modes before and after span the same polynomials, so the field stays what
        it is, and with it the energy that the step control is based on.
        """
        before = self.integrator
        if abs(target - before.time) > SAME_TIME:
            return
        parameters, equation = self.record.parameters, self.equation
        field = equation.state(before.state, before.time)
        self.equation = build_equation(
            parameters, equation.threads, target + SAME_TIME, equation.shell
        )
        coefficients = self.equation.coefficients(field)
        self.integrator = _integrator(parameters, self.equation, coefficients)
        self.integrator.restore(before.controller(), before.totals)

    def _sample(self) -> Sample:
        integrator = self.integrator
        return Sample(
            state=self.equation.state(integrator.state, integrator.time),
            summary=self.equation.summary or self.equation.summarise(integrator.state),
            rates=integrator.rates,
            totals=integrator.totals.copy(),
            step=integrator.step,
            steps=integrator.steps,
            rejected=integrator.rejected,
        )

    def _rms_field(self) -> float:
        mean_square = self.equation.square_integral(self.integrator.state)
        return FIELD_UNIT * float(np.sqrt(mean_square / self.equation.shell.volume))

    def _report(self, step: float) -> None:
        if self.progress is not None:
            integrator = self.integrator
            self.progress(
                Progress(
                    time=integrator.time,
                    step=step,
                    end=self.record.parameters.time.end,
                    rms_field=self._rms_field(),
                    steps=integrator.steps,
                    rejected=integrator.rejected,
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
        state = self.equation.state(integrator.state, integrator.time)
        return Checkpoint(
            coefficients=integrator.state,
            poloidal=state.poloidal,
            toroidal=state.toroidal,
            totals=integrator.totals,
            controller=integrator.controller(),
            balance=self.record.balance,
        )


def _contains(times: np.ndarray | list[float], time: float) -> bool:
    return bool(np.any(np.abs(np.asarray(times, dtype=float) - time) <= SAME_TIME))
