"""Going on with a stored run: to its end, further, at another resolution, or with other terms."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from spectralcmi.build import build_basis
from spectralcmi.case.differences import differences
from spectralcmi.case.files import input_digests
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.profiles.crust import crust_radii
from spectralcmi.runs.checkpoint import StoredRun, open_stored_run, stored_digests
from spectralcmi.runs.dataset import same_radii
from spectralcmi.runs.diagnostics import Diagnostic
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.loop import Progress
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.runs.output_times import SAME_TIME
from spectralcmi.runs.run import WITHOUT_EFFECT
from spectralcmi.runs.signals import Interruptions
from spectralcmi.runs.start import restart
from spectralcmi.threads import Threads

#: Keys that may change without being asked for twice.
ALWAYS_ALLOWED = ("time.end", "time.stop_when", *WITHOUT_EFFECT)

_log = logging.getLogger(__name__)


def resume(
    path: str | Path,
    changes: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    allow_change: bool = False,
    threads: Threads | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    interrupted: Callable[[xr.Dataset], None] | None = None,
) -> xr.Dataset:
    """Go on with a run from its last checkpoint.

    The finished dataset is that of a run on the same radial grid which was never interrupted, bit
    by bit. A change of ``time.end`` extends the run on the grid that it has, from the last step
    before its old end; where that end is none of the output times of the longer run, the series
    keep it as one time more, and the next ``budget_residual`` is the mean since then.

    Parameters
    ----------
    path : str or Path
        File of the run.
    changes : mapping, optional
        New values by dotted key. Free: ``time.end``, ``time.stop_when``, ``time.wall_limit``,
        ``output.checkpoint_interval`` and the keys of ``resolution``, between which the field is
        interpolated spectrally. Never: ``initial``.
    output : str or Path, optional
        File to write, which must not be there; default: `path`. It has to be given where the new
        resolution can't hold the snapshots and spectra of the old one.
    progress : callable, optional
        Called with a `Progress` after each accepted step.
    allow_change : bool
        Whether all other keys may change.
    threads : Threads, optional
        Default: all cores available.
    diagnostics : sequence of Diagnostic
        The user's own, as of `spectralcmi.runs.run.run`: those that the run had before have to be
        given again to be measured further.
    interrupted : callable, optional
        Called with the dataset so far before a KeyboardInterrupt is raised.

    Returns
    -------
    Dataset
        Its attribute ``changes`` is a JSON list of what changed on the way, and when.

    Raises
    ------
    RunFileError
        If the file is no run to go on with; it is left as it is.
    ParameterError
        If a change is not allowed.
    DivergedError, KeyboardInterrupt, OutputInUseError, SaveError
        As in `spectralcmi.runs.run.run`.
    """
    path = Path(path)
    if not path.is_file():
        raise RunFileError(f"{path}: no such file")
    with contextlib.ExitStack() as stack:
        interruptions = stack.enter_context(Interruptions())
        file = stack.enter_context(OutputFile(path))
        stored = open_stored_run(path)
        parameters = stored.parameters.replace_after_start(changes)
        changed = _changed(stored, parameters)
        _require_allowed(changed, stored, allow_change)
        # what was interrupted after its last step is not complete until that is written
        if _is_at_its_end(stored, parameters):
            file.settle()
            return _finished(stored, changed)
        if output is not None:
            file = stack.enter_context(OutputFile(output))
            if file.path.exists():
                raise RunFileError(f"{output}: is there already")
        elif _loses_resolution(stored, parameters):
            raise ParameterError(
                "--output", None, f"is required: the new resolution is too low to keep what {path} "
                "has stored at the old one",
            )  # fmt: skip
        _require_same_radii(stored, parameters)
        told = {key: values for key, values in changed.items() if key not in ALWAYS_ALLOWED}
        run = restart(stored, parameters, file, progress, told, threads, diagnostics)
        return run.finish(interruptions, interrupted)


def _is_at_its_end(stored: StoredRun, parameters: Parameters) -> bool:
    """Whether the end is reached, or the rule that ended the run is the same."""
    if stored.status != "complete":
        return False
    if stored.dataset.attrs.get("stopped_when", "") == parameters.time.stop_when != "":
        return True
    return parameters.time.end <= _reached(stored) + SAME_TIME


def _reached(stored: StoredRun) -> float:
    """The year up to which a run has recorded; its checkpoint may lie before."""
    times = stored.dataset["time"].values
    return max(stored.time, float(times[-1])) if times.size else stored.time


def _changed(stored: StoredRun, parameters: Parameters) -> dict[str, tuple]:
    """Old and new values by key; a file that is another by its content counts as changed."""
    changed = differences(stored.parameters, parameters)
    # the initial field is in the checkpoint, and its file may be gone
    digests = input_digests(parameters, sections=("background", "chiral"))
    for key, digest in stored_digests(stored.dataset).items():
        if digests.get(key, digest) != digest:
            changed.setdefault(key, (f"SHA-256 {digest[:8]}", f"SHA-256 {digests[key][:8]}"))
    return changed


def _require_allowed(changed: Mapping[str, tuple], stored: StoredRun, allow_change: bool) -> None:
    """Raise ParameterError for a change that is not allowed."""
    for key, (old, new) in changed.items():
        section = key.partition(".")[0]
        if section == "initial":
            raise ParameterError(key, new, f"the run has begun, with {old}")
        if not (allow_change or section == "resolution" or key in ALWAYS_ALLOWED):
            raise ParameterError(key, new, f"the run has {old}; --allow-change changes it")
    if "time.end" in changed and changed["time.end"][1] < _reached(stored) - SAME_TIME:
        raise ParameterError(
            "time.end",
            changed["time.end"][1],
            f"the run has come to {_reached(stored):g} yr already",
        )


def _finished(stored: StoredRun, changed: Mapping[str, tuple]) -> xr.Dataset:
    """The dataset of a run that is at its end, unless that is not what was wanted."""
    for key, (old, new) in changed.items():
        if key not in ALWAYS_ALLOWED:
            raise ParameterError(
                key, new, f"the run is complete to {_reached(stored):g} yr, with {old}; "
                "a later time.end goes on with it",
            )  # fmt: skip
    stopped = stored.dataset.attrs.get("stopped_when")
    further = "a later --time.end" if stopped is None else f"not being stopped by {stopped}"
    _log.info("%s: complete already; %s goes on with it", stored.name, further)
    return stored.dataset


def _loses_resolution(stored: StoredRun, parameters: Parameters) -> bool:
    """Whether a new resolution can't represent all of what the old one can."""
    a, b = stored.parameters.resolution, parameters.resolution
    if a == b:
        return False
    return (
        b.lmax < a.lmax
        or b.mmax < a.mmax
        or build_basis(parameters).order < stored.shell.basis.order
        or (a.mmax > 0 and a.mres % b.mres != 0)
    )


def _require_same_radii(stored: StoredRun, parameters: Parameters) -> None:
    here, there = crust_radii(parameters.background), stored.shell.basis
    if not same_radii((there.inner_radius, there.outer_radius), here):
        raise RunFileError(f"{stored.name}: its radii are not {here[0]:.6f} and {here[1]:.6f} km")
