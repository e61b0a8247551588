"""A scan from its plan to its dataset."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import MissingPackageError
from spectralcmi.runs.signals import Interruptions
from spectralcmi.scans.plan import Plan, grid, listed

try:
    from dask.distributed import Client

    from spectralcmi.scans.points import ScanProgress, local_client, run_points
except ModuleNotFoundError as error:
    raise MissingPackageError(
        f"scans need Dask ({error}): python -m pip install 'spectralcmi[scan]'"
    ) from None


def scan(
    parameters: Parameters,
    changes: Mapping[str, Iterable] | Sequence[Mapping[str, Any]],
    client: Client | None = None,
    *,
    folder: str | Path = "runs/scan",
    workers: int | None = None,
    progress: Callable[[ScanProgress], None] | None = None,
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
    progress : callable, optional
        Called with a `ScanProgress` at the beginning and whenever a point is done.

    Returns
    -------
    Dataset
        With a dimension for each key of a grid, named as the key, or the dimension ``point`` of a
        list, before those of a run. Arrays are read from the files when they are computed. Points
        that diverged or failed are NaN; ``status``, ``reason`` and ``file`` tell of each. Where
        points differ in times, degrees or orders, what a point lacks is NaN; variables along
        other dimensions in which they differ, such as the radius, are left out.

    Raises
    ------
    ParameterError
        If a point is not allowed; then none is run.
    KeyboardInterrupt
        If interrupted; the same call goes on.

    Examples
    --------
    >>> table = scan(Parameters(), {"chiral.delta_mu": [1.0, 1e-2]})  # doctest: +SKIP
    >>> table["rms_field"].sel({"chiral.delta_mu": 1.0})  # doctest: +SKIP
    """
    plan = (
        grid(parameters, changes) if isinstance(changes, Mapping) else listed(parameters, changes)
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(Interruptions())
        if client is None:
            client = stack.enter_context(local_client(plan, workers))
        return run_plan(plan, client, folder, progress)


def run_plan(
    plan: Plan,
    client: Client,
    folder: str | Path,
    progress: Callable[[ScanProgress], None] | None = None,
) -> xr.Dataset:
    """Run a scan that is planned already; parameters, result and errors as of `scan`."""
    # here, where the workers are still loading what they need: a short scan is over sooner
    from spectralcmi.scans.dataset import collected

    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)

    def path(index: int) -> Path:
        return folder / f"{plan.names[index]}.nc"

    return collected(plan, path, run_points(plan, path, client, progress))
