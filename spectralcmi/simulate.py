"""Runs: from parameters to a dataset. The only time loop of the package."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from spectralcmi.dataset import Checkpoint, RunRecord, Sample, save_dataset
from spectralcmi.diagnostics import FIELD_UNIT
from spectralcmi.induction.electric_field import LocalCoefficients
from spectralcmi.induction.equation import InductionEquation
from spectralcmi.induction.ohmic import free_decay
from spectralcmi.initial import initial_field
from spectralcmi.parameters import Parameters
from spectralcmi.spectral.chebyshev import radial_basis
from spectralcmi.spectral.harmonics import Harmonics
from spectralcmi.spectral.shell import Shell
from spectralcmi.star import build_crust, crust_radii
from spectralcmi.threads import Threads
from spectralcmi.timestepping import SCHEMES, Integrator, StepCollapsedError

#: Output times closer than this are one [yr].
SAME_TIME = 1e-9


class DivergedError(RuntimeError):
    """A run that blew up; what it had computed is saved.

    Attributes
    ----------
    time, step, rms_field : float
        Where it stopped: year, step [yr] and field strength [G].
    """

    def __init__(self, time: float, step: float, rms_field: float) -> None:
        super().__init__(time, step, rms_field)
        self.time, self.step, self.rms_field = time, step, rms_field

    def __str__(self) -> str:
        return (
            f"the run diverged at {self.time:.6g} yr, "
            f"step {self.step:.3g} yr, B_rms {self.rms_field:.3g} G"
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


def local_coefficients(parameters: Parameters, crust: xr.Dataset) -> LocalCoefficients:
    """What Ohm's law needs, from radial profiles on the quadrature points.

    Parameters
    ----------
    parameters : Parameters
    crust : Dataset
        See `spectralcmi.star.build_crust`.

    Returns
    -------
    LocalCoefficients
    """
    absent = np.zeros(crust.sizes["radius"])

    def profile(name: str, wanted: bool) -> np.ndarray:
        return crust[name].values if wanted and name in crust else absent

    chiral = parameters.chiral
    return LocalCoefficients(
        magnetic_diffusivity=crust["magnetic_diffusivity"].values,
        hall_prefactor=profile("hall_prefactor", parameters.hall.enabled),
        chiral_wavenumber=profile("chiral_wavenumber", chiral.enabled),
        anomaly_feedback=FIELD_UNIT**2
        * profile("anomaly_feedback", chiral.enabled and chiral.anomaly),
        k5_max=chiral.k5_max,
        smooth_cutoff=chiral.cutoff == "smooth",
    )


def build_equation(parameters: Parameters, threads: Threads | None = None) -> InductionEquation:
    """The induction equation of a case: star, grid and free-decay modes.

    Parameters
    ----------
    parameters : Parameters
    threads : Threads, optional
        Default: all cores available.

    Returns
    -------
    InductionEquation
    """
    threads = threads or Threads()
    resolution = parameters.resolution
    basis = radial_basis(
        *crust_radii(parameters.background), resolution.radial_order, resolution.map_parameter
    )
    shell = Shell(basis, Harmonics(resolution.lmax, resolution.mmax, resolution.mres))
    local = local_coefficients(
        parameters, build_crust(parameters.background, parameters.chiral, basis.radius)
    )
    modes = free_decay(
        basis,
        local.magnetic_diffusivity,
        resolution.lmax,
        parameters.boundary.inner,
        parameters.boundary.outer,
        threads,
    )
    # without the Hall cascade nothing reaches the highest degrees, and nothing need damp them
    angular_rate = parameters.dissipation.angular_rate if parameters.hall.enabled else 0.0
    return InductionEquation(shell, modes, local, angular_rate, threads)


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
) -> xr.Dataset:
    """Evolve a magnetic field.

    Parameters
    ----------
    parameters : Parameters
    output : str or Path, optional
        File for the dataset and its checkpoints; its folder must exist.
    progress : callable, optional
        Called with a `Progress` after each accepted step.

    Returns
    -------
    Dataset
        The same as in the file; see the README for its variables.

    Raises
    ------
    DivergedError
        If the field blows up; what was computed is saved first.
    KeyboardInterrupt
        If interrupted; likewise.
    """
    equation = build_equation(parameters)
    integrator = Integrator(
        SCHEMES[parameters.time.scheme],
        equation,
        initial_field(parameters, equation),
        tolerance=parameters.time.tolerance,
        step=parameters.time.step,
        threads=equation.threads,
    )
    march = March(equation, integrator, RunRecord(parameters, equation.shell), output, progress)
    return march.to_the_end()


@dataclass
class March:
    """A run on its way: an integrator, what it has measured, and where that is kept.

    Parameters
    ----------
    equation : InductionEquation
    integrator : Integrator
    record : RunRecord
    output : str, Path or None
    progress : callable or None
    """

    equation: InductionEquation
    integrator: Integrator
    record: RunRecord
    output: str | Path | None
    progress: Callable[[Progress], None] | None

    def to_the_end(self) -> xr.Dataset:
        """Go on to the end of the run, saving on the way and whatever happens."""
        try:
            self._run()
        except StepCollapsedError:
            rms = self._rms_field()
            self._save("diverged")
            raise DivergedError(self.integrator.time, self.integrator.step, rms) from None
        except KeyboardInterrupt:
            self._save("interrupted")
            raise
        return self._save("complete")

    def _run(self) -> None:
        series, snapshots = output_times(self.record.parameters)
        targets = np.unique(np.concatenate([series, snapshots]))
        targets = targets[np.append(True, np.diff(targets) > SAME_TIME)]
        self._saved_at = clock.monotonic()
        for target in targets:
            while self.integrator.time < target - SAME_TIME:
                step = self.integrator.advance(target)
                self._report(step)
                self._checkpoint_if_due()
            self._measure(target, series, snapshots)

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

    def _save(self, status: str) -> xr.Dataset:
        """The dataset so far, written to the output if there is one."""
        self.record.attributes["status"] = status
        dataset = self.record.to_dataset()
        if self.output is not None:
            balance = self.record.balance or (self.integrator.time, 0.0, 0.0)
            checkpoint = Checkpoint(
                self.integrator.state,
                self.integrator.totals,
                self.integrator.controller(),
                balance,
            )
            save_dataset(self.output, dataset, checkpoint)
        return dataset


def _contains(times: np.ndarray | list[float], time: float) -> bool:
    return bool(np.any(np.abs(np.asarray(times, dtype=float) - time) <= SAME_TIME))
