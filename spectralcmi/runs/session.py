"""Runs from scripts and notebooks: what they have beside the time loop itself.

Case files by name, fields and profiles that are no files, a bar, and an interrupt that in an
interactive session returns what there is.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from spectralcmi.case.case_file import load_parameters
from spectralcmi.case.files import require_files
from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError
from spectralcmi.profiles.given_table import with_background
from spectralcmi.runs import resume as resuming
from spectralcmi.runs import run as running
from spectralcmi.runs.bars import is_interactive, shown
from spectralcmi.runs.given_field import GivenField, with_initial
from spectralcmi.runs.loop import Progress
from spectralcmi.threads import Threads

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tqdm import tqdm

    from spectralcmi.runs.diagnostics import Diagnostic

#: A bar or none; or a function that is called after each step.
Told = bool | Callable[[Progress], None] | None


def run(
    parameters: Parameters | str | Path | None = None,
    output: str | Path | None = None,
    progress: Told = None,
    *,
    initial: GivenField | None = None,
    background: xr.Dataset | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    overwrite: bool = False,
    wait: bool = False,
    threads: Threads | None = None,
) -> xr.Dataset:
    """Evolve a magnetic field.

    Parameters
    ----------
    parameters : Parameters, str or Path, optional
        Or the name of a case file; default: the paper's run.
    output : str or Path, optional
        File for the dataset and its checkpoints; its folder must exist. If it is there already with
        a run of these parameters, that run is returned if complete and continued if not.
    progress : bool or callable, optional
        Whether to show a bar, which by default is shown in an interactive session; or a function
        of a `Progress`, called after each accepted step.
    initial : GivenField, optional
        The field to begin with, from `initial_field`, `from_coefficients`, `from_dataset` or
        `from_shtools`, in place of the section [initial] but for its perturbation.
    background : Dataset, optional
        Radial profiles in place of the section [background], with the variables that
        `build_background` gives; the dataset of the run holds them, so that it goes on anywhere.
    diagnostics : sequence of Diagnostic
        Measured beside the package's own, checked on the initial field. A run that goes on has to
        be given them again.
    overwrite : bool
        Whether to begin anew, whatever `output` holds.
    wait : bool
        Whether to wait for another process that is writing `output`.
    threads : Threads, optional
        Default: all cores available.

    Returns
    -------
    Dataset
        The same as in the file; each variable has its unit and a long name. Its attribute
        ``status`` is interrupted where ``time.wall_limit`` ended the run, or an interrupt in an
        interactive session did.

    Raises
    ------
    InputError
        If something that is given breaks a rule, or the case needs more memory than there is.
    DivergedError
        If the field blows up; what was computed is saved first.
    KeyboardInterrupt
        If interrupted by Ctrl-C, SIGTERM or SIGHUP outside an interactive session; likewise.
    RunFileError, OutputInUseError, SaveError
        See `spectralcmi.runs.run.run`.

    Examples
    --------
    >>> def tail(state):  # mean square of t at each radius of the dataset
    ...     return (abs(state.on_storage_points()[1]) ** 2).sum(axis=1)
    >>> mine = Diagnostic("tail", tail, ("radius",), "gauss^2", "my measure")  # doctest: +SKIP
    >>> dataset = run("case.toml", "run.nc", diagnostics=[mine])  # doctest: +SKIP
    """
    case = with_background(_parameters(parameters), background)
    if initial is not None:
        case = with_initial(case, initial)
    require_files(case)
    with _shown(progress) as tell, _returning(output) as ended:
        ended.dataset = running.run(
            case, output, tell, overwrite=overwrite, wait=wait, threads=threads,
            diagnostics=diagnostics, interrupted=ended.keep,
        )  # fmt: skip
    return ended.dataset


def resume(
    path: str | Path,
    changes: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    progress: Told = None,
    *,
    allow_change: bool = False,
    diagnostics: Sequence[Diagnostic] = (),
    threads: Threads | None = None,
) -> xr.Dataset:
    """Go on with a run from its last checkpoint.

    Parameters
    ----------
    path, changes, output, allow_change, threads
        See `spectralcmi.runs.resume.resume`.
    progress, diagnostics
        As of `run`.

    Returns
    -------
    Dataset
        Its attribute ``changes`` is a JSON list of what changed on the way, and when.

    Raises
    ------
    RunFileError, ParameterError
        See `spectralcmi.runs.resume.resume`.
    DivergedError, KeyboardInterrupt, OutputInUseError, SaveError
        As of `run`.
    """
    with _shown(progress) as tell, _returning(output or path) as ended:
        ended.dataset = resuming.resume(
            path, changes, output, tell, allow_change=allow_change, threads=threads,
            diagnostics=diagnostics, interrupted=ended.keep,
        )  # fmt: skip
    return ended.dataset


def _parameters(given: Parameters | str | Path | None) -> Parameters:
    if given is None or isinstance(given, str | Path):
        return load_parameters(given)
    if not isinstance(given, Parameters):
        raise InputError(
            f"parameters is a {type(given).__name__}, neither Parameters nor the name of a case "
            "file"
        )
    return given


def _shown(progress: Told) -> AbstractContextManager[Callable[[Progress], None] | None]:
    """Function to call after every step."""
    layout = "{percentage:3.0f}% |{bar}| {n:.4g}/{total:.4g} yr [{elapsed}<{remaining}{postfix}]"
    return shown(progress, layout, _moved)


def _moved(bar: tqdm, step: Progress) -> None:
    bar.total = step.end
    bar.set_postfix_str(f"step {step.step:.2g} yr, B_rms {step.rms_field:.3g} G", refresh=False)
    bar.update(step.time - bar.n)


class _Ended:
    """The dataset of a run, however it ended."""

    dataset: xr.Dataset

    def keep(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset


@contextlib.contextmanager
def _returning(output: str | Path | None) -> Iterator[_Ended]:
    """Let an interrupt of an interactive session be no error, once there is something to return."""
    ended = _Ended()
    try:
        yield ended
    except KeyboardInterrupt:
        if not hasattr(ended, "dataset"):
            raise KeyboardInterrupt("nothing is computed yet; the same call begins again") from None
        times = ended.dataset["time"].values
        reached = f"{times[-1]:.6g} yr" if times.size else "the start"
        way = (
            "run(..., output=FILE) would save it, to be gone on with"
            if output is None
            else f"resume({str(output)!r}) goes on"
        )
        told = f"the dataset has come to {reached}; {way}"
        if not is_interactive():
            raise KeyboardInterrupt(told) from None
        print(f"interrupted; {told}", file=sys.stderr)
