"""Where the time loop starts: at the beginning of a run, or where a checkpoint left it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from spectralcmi import __version__
from spectralcmi.build import build_model, build_shell
from spectralcmi.case.files import input_digests
from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.state import profiles_on
from spectralcmi.grid.shell import Shell
from spectralcmi.model import InductionModel
from spectralcmi.runs.checkpoint import StoredRun, restored_record
from spectralcmi.runs.cost import require_memory
from spectralcmi.runs.coupling import evolution_to_go_on, matter_of, model_of, new_evolution
from spectralcmi.runs.diagnostics import Diagnostic
from spectralcmi.runs.initial import TOLD_LOSS, initial_field, lost_share, noise_of
from spectralcmi.runs.loop import Progress, Run, integrator_of
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.runs.output_times import SAME_TIME
from spectralcmi.runs.own_diagnostics import checked
from spectralcmi.runs.record import RunRecord
from spectralcmi.threads import Threads

_log = logging.getLogger(__name__)


def start(
    model: InductionModel,
    parameters: Parameters,
    output: OutputFile | None = None,
    progress: Callable[[Progress], None] | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> Run:
    """A run at its beginning; parameters as of `Run` and `spectralcmi.runs.run.run`."""
    record = RunRecord(parameters, model.shell)
    digests = input_digests(parameters)
    if digests:
        record.attributes["input_sha256"] = json.dumps(digests)
    if noise := noise_of(parameters):
        record.attributes["initial_noise"] = noise
    coefficients, thermal = initial_field(parameters, model), None
    record.own = checked(diagnostics, model.state(coefficients), record.to_dataset())
    if parameters.thermal.enabled:
        thermal = new_evolution(parameters, model.shell, model.threads)
        model = model_of(parameters, model, thermal)
    integrator = integrator_of(parameters, model, coefficients)
    run = Run(model, integrator, record, output, progress, thermal)
    run.begin()
    return run


def restart(
    stored: StoredRun,
    parameters: Parameters,
    output: OutputFile | None = None,
    progress: Callable[[Progress], None] | None = None,
    changed: Mapping[str, tuple] | None = None,
    threads: Threads | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> Run:
    """A run where a checkpoint left it.

    Parameters
    ----------
    stored : StoredRun
    parameters : Parameters
        Of the run as it goes on; their resolution and their terms may be others than before.
    output, progress
        As of `Run`.
    changed : mapping, optional
        Old and new values, by key, to write down in the dataset.
    threads : Threads, optional
        Default: all cores available.
    diagnostics : sequence of Diagnostic
        As of `spectralcmi.runs.run.run`.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If it needs more memory than there is.
    """
    checkpoint, shell = stored.checkpoint, _shell_to_go_on(stored, parameters)
    require_memory(parameters, shell.basis)
    threads = threads or Threads()
    thermal, totals = evolution_to_go_on(stored, parameters, shell, threads)
    now = stored.time + SAME_TIME
    matter = None if thermal is None else matter_of(parameters, thermal, now)
    model = build_model(parameters, threads, now, shell, matter)
    coefficients = _coefficients(stored, model)
    integrator = integrator_of(parameters, model, coefficients)
    integrator.restore(checkpoint.controller, totals)
    without = RunRecord(parameters, model.shell).to_dataset()
    own = checked(diagnostics, model.state(coefficients), without)
    record = restored_record(stored, parameters, model.shell, own)
    lost = lost_share(stored.field(), model.state(coefficients))
    record.note_changes(
        stored.time, {**(changed or {}), **_change_of_version(stored)}, energy_ratio=1 - lost
    )
    if lost > TOLD_LOSS:
        _log.info("%s: what changed leaves out %.2g %% of the energy", stored.name, 100 * lost)
    run = Run(model, integrator, record, output, progress, thermal)
    run.begin()
    return run


def _shell_to_go_on(stored: StoredRun, parameters: Parameters) -> Shell:
    """The stored shell where the resolution is the same: the rule `auto` looks at time.end too."""
    same = parameters.resolution == stored.parameters.resolution
    return stored.shell if same else build_shell(parameters)


def _change_of_version(stored: StoredRun) -> dict[str, tuple[str, str]]:
    version = stored.dataset.attrs["spectralcmi_version"]
    return {} if version == __version__ else {"spectralcmi_version": (version, __version__)}


def _coefficients(stored: StoredRun, model: InductionModel) -> np.ndarray:
    """Coefficients of a stored field, the stored ones where they mean the same field."""
    field, coefficients = stored.field(), stored.checkpoint.coefficients
    if field.shell == model.shell and coefficients.shape == model.shape:
        same = model.state(coefficients)
        if np.array_equal(same.poloidal, field.poloidal) and np.array_equal(
            same.toroidal, field.toroidal
        ):
            return coefficients
    return model.coefficients(profiles_on(field, model.shell))
