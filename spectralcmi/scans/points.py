"""Running the points of a scan on the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import itertools
import logging
import multiprocessing
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import threadpoolctl
from dask.distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from spectralcmi.case.files import require_digests
from spectralcmi.case.parameters import parameters_from_json
from spectralcmi.errors import DivergedError, InputError, SpectralcmiError
from spectralcmi.netcdf_files import NetcdfError, open_netcdf
from spectralcmi.scans.plan import Plan
from spectralcmi.threads import Threads, available_threads

if TYPE_CHECKING:
    from spectralcmi.runs.diagnostics import Diagnostic

#: Points that the scheduler knows of at a time, so that memory does not grow with their number.
LARGEST_NUMBER_AT_A_TIME = 1000


class SchedulerLostError(SpectralcmiError, ConnectionError):
    """A scan whose scheduler has ended; the same call goes on with another."""


@dataclass(frozen=True)
class Outcome:
    """How a point ended.

    Attributes
    ----------
    status : str
        complete, diverged or failed.
    reason : str
        Why, where it is not complete.
    """

    status: str
    reason: str = ""


COMPLETE = Outcome("complete")


@dataclass(frozen=True)
class ScanProgress:
    """How far a scan is.

    Attributes
    ----------
    done, total : int
        Points.
    without_result : int
        Those done that diverged or failed.
    """

    done: int
    total: int
    without_result: int


@contextlib.contextmanager
def local_client(plan: Plan, workers: int | None = None) -> Iterator[Client]:
    """Client of a cluster on this machine, for as long as the `with` block lasts.

    Parameters
    ----------
    plan : Plan
        What it is for: there are no more workers than points.
    workers : int, optional
        Processes of one thread each; default: one for each core.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(1)  # a worker that runs the script of its parent, which tells why it ends
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(_unobserved()))
        cluster = stack.enter_context(_started(min(workers or available_threads(), len(plan))))
        yield stack.enter_context(Client(cluster, set_as_default=False))


def _started(workers: int) -> LocalCluster:
    """Cluster of this machine; InputError where its processes do not start."""
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,  # spawned, never forked: there may be threads
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,  # what goes wrong is told here
            preload="spectralcmi.scans.worker",
        )
    except Exception as error:  # of a nanny, a socket or the system
        raise InputError(
            f"the {workers} processes of the scan did not start ({type(error).__name__}): a script "
            'must call it under `if __name__ == "__main__":`; else one was killed, and '
            "--workers or workers=N asks for fewer"
        ) from None


def _unobserved() -> dict[str, Any]:
    """Settings of Dask for processes that work for long and are watched by nobody.

    As it is, Dask looks at what its processes do so often that twenty of them would keep a core
    busy; and it has the memory of every array that is freed returned to the system, which makes the
    set-up of a run, with its many arrays, half as long again.
    """
    environment = dict(dask.config.get("distributed.nanny.pre-spawn-environ"))
    environment.pop("MALLOC_TRIM_THRESHOLD_", None)
    return {
        "distributed.nanny.pre-spawn-environ": environment,
        "distributed.worker.profile.enabled": False,
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.admin.tick.interval": "500ms",
    }


def run_point(
    parameters: str,
    path: str,
    digests: Mapping[str, str] | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> Outcome:
    """Run a point on one thread into a file, or go on with it, unless it is finished.

    Parameters
    ----------
    parameters : str
        As JSON.
    path : str
        File, whose folder must exist.
    digests : mapping of str to str, optional
        SHA-256 of the files that the parameters name, by key, where the scan was planned: a worker
        may see others.
    diagnostics : sequence of Diagnostic
        The user's own.

    Returns
    -------
    Outcome
    """
    # here, since the parent only names this function and starts sooner without
    from spectralcmi.runs.loop import run

    try:
        with threadpoolctl.threadpool_limits(1):
            point = parameters_from_json(parameters)
            if digests is not None:
                require_digests(point, digests)
            # another worker may still be at it, for a scan that was interrupted
            dataset = run(point, path, threads=Threads(1), wait=True, diagnostics=diagnostics)
    except DivergedError as error:
        return Outcome("diverged", str(error))
    except Exception as error:  # whatever it is, the other points are none the worse
        return Outcome("failed", _one_line(error))
    if dataset.attrs["status"] == "interrupted":
        return Outcome("failed", "time.wall_limit is over; the same scan goes on with it")
    return COMPLETE


def stored_outcome(path: Path) -> Outcome | None:
    """How a point ended that was run before; None if it has not ended, or has no file."""
    if not path.exists():
        return None
    try:
        with open_netcdf(path) as dataset:
            status, reason = dataset.attrs.get("status"), dataset.attrs.get("reason", "")
    except NetcdfError:  # `run` will say what is wrong with it
        return None
    return Outcome(status, reason) if status in ("complete", "diverged") else None


def run_points(
    plan: Plan,
    paths: Callable[[int], Path],
    client: Client,
    progress: Callable[[ScanProgress], None] | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[int, Outcome]:
    """Run all points of a plan that have not been run.

    Parameters
    ----------
    plan : Plan
    paths : callable
        File of a point, by its index.
    client : dask.distributed.Client
    progress : callable, optional
        Called with a `ScanProgress` at the beginning and whenever a point is done.
    diagnostics : sequence of Diagnostic
        The user's own.

    Returns
    -------
    dict of int to Outcome
        Of the points that are not complete.
    """
    bad: dict[int, Outcome] = {}
    todo, done = [], 0
    for index in range(len(plan)):
        outcome = stored_outcome(paths(index))
        if outcome is None:
            todo.append(index)
        elif outcome != COMPLETE:
            bad[index] = outcome
    done = len(plan) - len(todo)
    tell = progress or (lambda _: None)
    tell(ScanProgress(done, len(plan), len(bad)))
    for index, outcome in _outcomes(plan, paths, todo, client, diagnostics):
        done += 1
        if outcome != COMPLETE:
            bad[index] = outcome
        tell(ScanProgress(done, len(plan), len(bad)))
    return bad


def _outcomes(
    plan: Plan,
    paths: Callable[[int], Path],
    todo: Iterable[int],
    client: Client,
    diagnostics: Sequence[Diagnostic],
) -> Iterator[tuple[int, Outcome]]:
    """Indices and outcomes of points, in the order in which they end."""
    waiting, running = iter(todo), as_completed(loop=client.loop)
    in_flight: dict[Future, tuple[int, int | None]] = {}

    def launch(index: int) -> None:
        future = client.submit(
            run_point,
            plan.parameters(index).to_json(),
            str(paths(index)),
            plan.digests(index),
            tuple(diagnostics),
            # a key of its own: what another client once asked for, and gave up, is not wanted
            key=f"{plan.names[index]}-{uuid.uuid4()}",
        )
        in_flight[future] = index, _last_change(paths(index))
        running.add(future)

    try:
        for index in itertools.islice(waiting, LARGEST_NUMBER_AT_A_TIME):
            launch(index)
        for future in running:
            index, before = in_flight.pop(future)
            outcome = _outcome(future, paths(index))
            # workers that died, but not before they got further, may be short-lived by design
            if outcome is None and _last_change(paths(index)) != before:
                launch(index)
                continue
            yield index, outcome or Outcome("failed", "the workers that ran it died, every time")
            for another in itertools.islice(waiting, 1):
                launch(another)
    finally:
        client.cancel(list(in_flight))


def _outcome(future: Future, path: Path) -> Outcome | None:
    """What a task returned; None if its workers died."""
    try:
        outcome = future.result()
    except KilledWorker:
        return None
    except CancelledError:
        raise SchedulerLostError("the scheduler is gone; finished points are kept") from None
    except Exception as error:  # such as a worker without this package
        return Outcome("failed", _one_line(error))
    if outcome == COMPLETE and not path.exists():
        return Outcome("failed", f"{path}: not seen here; workers must share the file system")
    return outcome


def _last_change(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
