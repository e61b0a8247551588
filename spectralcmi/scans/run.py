"""A scan from its plan to its dataset."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.complex_parts import with_complex
from spectralcmi.errors import MissingPackageError
from spectralcmi.runs.bars import shown
from spectralcmi.runs.signals import Interruptions
from spectralcmi.scans.plan import Plan, grid, listed

try:
    from dask.distributed import Client

    from spectralcmi.scans.points import (
        ScanProgress,
        SchedulerLostError,
        local_client,
        run_points,
    )
except ModuleNotFoundError as error:
    raise MissingPackageError(
        f"scans need Dask ({error}): python -m pip install 'spectralcmi[scan]'"
    ) from None

if TYPE_CHECKING:
    from tqdm import tqdm

    from spectralcmi.runs.diagnostics import Diagnostic

__all__ = ["SchedulerLostError", "run_plan", "scan"]

_LAYOUT = "{percentage:3.0f}% |{bar}| {n:.0f}/{total:.0f} points [{elapsed}{postfix}]"


def scan(
    parameters: Parameters,
    changes: Mapping[str, Iterable] | Sequence[Mapping[str, Any]],
    client: Client | None = None,
    *,
    folder: str | Path = "runs/scan",
    workers: int | None = None,
    progress: bool | Callable[[ScanProgress], None] | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> xr.Dataset:
    """Evolve a case at many values of its parameters.

    Parameters
    ----------
    parameters : Parameters
        The base case.
    changes : mapping or sequence of mappings
        Grid: values by dotted key, every combination of which is run. List: what is changed at
        each point.
    client : dask.distributed.Client, optional
        Where to run, for example on a cluster of dask-jobqueue; its workers must see `folder` under
        the same path. Default: processes on this machine. Then a script must keep its own work
        under ``if __name__ == "__main__":``, since the processes are spawned.
    folder : str or Path
        Where the runs are kept; made if it is not there. A point whose run is there is not run
        again, one whose run was interrupted is continued.
    workers : int, optional
        Number of local processes; default: one for each core.
    progress : bool or callable, optional
        Whether to show a bar, which by default is shown in an interactive session; or a function
        of a `ScanProgress`, called at the beginning and whenever a point is done.
    diagnostics : sequence of Diagnostic
        Measured in each run, as of `spectralcmi.run`; their functions have to be importable, or
        otherwise known to the workers. Scans with other diagnostics are other runs.

    Returns
    -------
    Dataset
        With a dimension for each key of a grid, or the dimension ``point`` of a list, before those
        of a run. A key is named without its section, ``delta_mu``; with it, ``hall_enabled``, where
        several sections have such a key or the dataset has such a variable; as in the case file in
        the attribute ``key``. Arrays are read from the files when they are computed. Points that
        diverged, failed or were given up, after the third worker that died at one without saving
        it, are NaN; ``status``, ``reason``, ``retries`` and ``file`` tell of each. Where points
        differ in times, degrees or orders, what a point lacks is NaN; variables along
        other dimensions in which they differ, such as the radius, are left out.

    Raises
    ------
    ParameterError
        If a point is not allowed; then none is run.
    InputError
        If local processes do not start.
    SchedulerLostError
        If the scheduler ends before the scan; the same call goes on.
    KeyboardInterrupt
        If interrupted; the same call goes on.

    Examples
    --------
    >>> table = scan(Parameters(), {"chiral.delta_mu": [1.0, 1e-2]})  # doctest: +SKIP
    >>> table["rms_field"].sel(delta_mu=1.0)  # doctest: +SKIP
    """
    plan = (
        grid(parameters, changes) if isinstance(changes, Mapping) else listed(parameters, changes)
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(Interruptions())
        if client is None:
            client = stack.enter_context(local_client(plan, workers))
        tell = stack.enter_context(shown(progress, _LAYOUT, _moved))
        return with_complex(run_plan(plan, client, folder, tell, diagnostics))


def _moved(bar: tqdm, progress: ScanProgress) -> None:
    bar.total = progress.total
    if progress.without_result:
        bar.set_postfix_str(f"{progress.without_result} without a result", refresh=False)
    bar.update(progress.done - bar.n)
    bar.refresh()


def run_plan(
    plan: Plan,
    client: Client,
    folder: str | Path,
    progress: Callable[[ScanProgress], None] | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> xr.Dataset:
    """Run a scan that is planned already; parameters, result and errors as of `scan`."""
    # here, where the workers are still loading what they need: a short scan is over sooner
    from spectralcmi.scans.dataset import collected

    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)

    measured = "-".join(["", *sorted(one.name for one in diagnostics)])

    def path(index: int) -> Path:
        return folder / f"{plan.names[index]}{measured}.nc"

    return collected(plan, path, run_points(plan, path, client, progress, diagnostics))
