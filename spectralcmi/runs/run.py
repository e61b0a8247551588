"""From parameters to a dataset: a run anew, or what its output file has of it gone on with."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import xarray as xr

from spectralcmi.build import build_model, build_shell
from spectralcmi.case.differences import differences
from spectralcmi.case.files import input_digests
from spectralcmi.case.parameters import Parameters
from spectralcmi.runs.checkpoint import StoredRun, open_stored_run, stored_digests
from spectralcmi.runs.cost import require_memory
from spectralcmi.runs.diagnostics import Diagnostic
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.loop import Progress
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.runs.own_diagnostics import names_of
from spectralcmi.runs.signals import Interruptions
from spectralcmi.runs.start import restart, start
from spectralcmi.threads import Threads

#: Keys that the numbers of a run do not depend on.
WITHOUT_EFFECT = (
    "output.checkpoint_interval",
    "time.wall_limit",
    "spin.period",
    "spin.inclination",
    "spin.torque",
)

_log = logging.getLogger(__name__)


def run(
    parameters: Parameters,
    output: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    overwrite: bool = False,
    wait: bool = False,
    threads: Threads | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    interrupted: Callable[[xr.Dataset], None] | None = None,
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
    diagnostics : sequence of Diagnostic
        Measured beside the package's own, see `spectralcmi.runs.own_diagnostics`.
    interrupted : callable, optional
        Called with the dataset so far before a KeyboardInterrupt is raised.

    Returns
    -------
    Dataset
        The same as in the file; each variable has its unit and a long name. Its attribute
        ``status`` is interrupted where ``time.wall_limit`` ended the run.

    Raises
    ------
    DivergedError
        If the field blows up; what was computed is saved first.
    KeyboardInterrupt
        If interrupted by Ctrl-C, SIGTERM or SIGHUP; likewise.
    InputError
        If the case needs more memory than there is.
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
                _require_measured(stored, diagnostics)
                _log.info("%s: complete already; --overwrite runs it again", file.name)
                return stored.dataset
            _log.info("%s: going on at %g yr", file.name, stored.time)
        if stored is None:
            shell = build_shell(parameters)
            require_memory(parameters, shell.basis)
            model = build_model(parameters, threads, shell=shell)
            evolving = start(model, parameters, file, progress, diagnostics)
        else:
            evolving = restart(
                stored, parameters, file, progress, threads=threads, diagnostics=diagnostics
            )
        return evolving.finish(interruptions, interrupted)


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


def _require_measured(stored: StoredRun, diagnostics: Sequence[Diagnostic]) -> None:
    """Raise RunFileError where a complete run lacks a diagnostic."""
    for one in diagnostics:
        if one.name not in names_of(stored.dataset):
            raise RunFileError(
                f"{stored.name}: is complete without the diagnostic {one.name}; --overwrite "
                "(overwrite=True) runs it again"
            )
