"""A folder of runs by the fingerprints of their parameters: computed once, resumed, shared."""

from __future__ import annotations

import logging
import time as clock
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import DivergedError
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.output_file import OutputInUseError
from spectralcmi.runs.run import run

__all__ = ["compute_runs", "run_path", "stored_run", "stored_runs"]

ENDED = ("complete", "diverged")
"""How a run ends that is not gone on with."""

_log = logging.getLogger(__name__)


def run_path(folder: str | Path, parameters: Parameters) -> Path:
    """File of the run with these parameters."""
    return Path(folder, f"{parameters.fingerprint()}.nc")


def stored_run(folder: str | Path, parameters: Parameters) -> xr.Dataset | None:
    """The run with these parameters if it has ended; one that diverged ends where it did."""
    path = run_path(folder, parameters)
    if not path.is_file():
        return None
    dataset = open_run(path)
    return dataset if dataset.attrs["status"] in ENDED else None


def stored_runs(
    folder: str | Path,
    cases: Mapping[Any, Parameters],
    known: dict[str, xr.Dataset] | None = None,
) -> dict[Any, xr.Dataset]:
    """Those of some runs that have ended, by name.

    Parameters
    ----------
    folder : str or Path
    cases : mapping
        Parameters by name.
    known : dict, optional
        Runs by fingerprint that need not be read again; those that are read are added.

    Returns
    -------
    runs : dict
    """
    known = {} if known is None else known
    found = {}
    for name, parameters in cases.items():
        key = parameters.fingerprint()
        if key not in known:
            dataset = stored_run(folder, parameters)
            if dataset is None:
                continue
            known[key] = dataset
        found[name] = known[key]
    return found


def compute_runs(
    folder: str | Path,
    cases: Iterable[tuple[str, Parameters]],
    say: Callable[[str], None] = _log.info,
) -> None:
    """Compute the runs that a folder lacks, one after the other.

    An interrupted run goes on where it was. What another process is computing is left to it and
    waited for at the end, so that two processes may share the work of one folder.

    Parameters
    ----------
    folder : str or Path
        Created if it is not there.
    cases : iterable of (str, Parameters)
        Names for messages, and parameters.
    say : callable
        Called with a line for each run.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    missing: dict[str, tuple[str, Parameters]] = {}
    for name, parameters in cases:
        if stored_run(folder, parameters) is None:
            missing.setdefault(parameters.fingerprint(), (name, parameters))
    busy = []
    for number, (name, parameters) in enumerate(missing.values(), start=1):
        try:
            _compute(folder, parameters, f"run {number} of {len(missing)}, {name}", say)
        except OutputInUseError:
            say(f"run {number} of {len(missing)}, {name}: left to another process")
            busy.append((name, parameters))
    for name, parameters in busy:
        _compute(folder, parameters, name, say, wait=True)


def _compute(
    folder: Path,
    parameters: Parameters,
    title: str,
    say: Callable[[str], None],
    wait: bool = False,
) -> None:
    begin = clock.monotonic()
    try:
        dataset = run(parameters, run_path(folder, parameters), wait=wait)
    except DivergedError as error:  # a result too: that it did, and when
        say(f"{title}: {error}")
        return
    field = float(dataset["rms_field"][-1])
    say(f"{title}: {field:.3g} G at {parameters.time.end:g} yr, {clock.monotonic() - begin:.0f} s")
