"""Running the points of a scan on the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import itertools
import logging
import multiprocessing
import time as clock
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import threadpoolctl
from dask.distributed import Client, Future, KilledWorker, LocalCluster, Nanny, as_completed

from spectralcmi.case.files import require_digests
from spectralcmi.case.versions import parameters_from_json
from spectralcmi.errors import DivergedError, InputError, SpectralcmiError
from spectralcmi.netcdf_files import NetcdfError, open_netcdf
from spectralcmi.scans.lives import (
    LARGEST_NUMBER_OF_DEATHS,
    begin,
    beginnings,
    end,
    forget,
)
from spectralcmi.scans.plan import Plan
from spectralcmi.threads import Threads, available_threads

if TYPE_CHECKING:
    from spectralcmi.runs.diagnostics import Diagnostic

#: Points that the scheduler knows of at a time, so that memory does not grow with their number.
LARGEST_NUMBER_AT_A_TIME = 1000
#: How often a point is given to the scheduler again whose workers died before they began it: they
#: may have died of others, which they had been given too.
LARGEST_NUMBER_OF_LOSSES = 20
#: How often it is looked for points that have ended, and for dead processes [s].
_PAUSE, _BETWEEN_LOOKS = 0.02, 5.0
#: How long none of this machine's processes may be there [s]: one needs a few to start, many times
#: that where others work; and one that was killed as it started may keep the next from starting.
LONGEST_WITHOUT_WORKERS = 90.0


class SchedulerLostError(SpectralcmiError, ConnectionError):
    """A scan whose scheduler has ended; the same call goes on with another."""


@dataclass(frozen=True)
class Outcome:
    """How a point ended.

    Attributes
    ----------
    status : str
        complete, diverged, failed, or given up: a point at which workers always died.
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
    place = Path(path)
    try:
        deaths = begin(place)
    except OSError as error:
        return Outcome("failed", _one_line(error))
    if deaths >= LARGEST_NUMBER_OF_DEATHS:
        return Outcome("given up", f"the {deaths} workers that began it died before they saved it")
    try:
        return _run_of_point(parameters, path, digests, diagnostics)
    finally:
        end(place)


def _run_of_point(
    parameters: str,
    path: str,
    digests: Mapping[str, str] | None,
    diagnostics: Sequence[Diagnostic],
) -> Outcome:
    """How the run of a point ends."""
    # here, since the parent only names this function and starts sooner without
    from spectralcmi.runs.run import run

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
    in_flight: dict[Future, tuple[int, int]] = {}
    losses: Counter[int] = Counter()

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
        in_flight[future] = index, beginnings(paths(index))
        running.add(future)

    try:
        for index in itertools.islice(waiting, LARGEST_NUMBER_AT_A_TIME):
            forget(paths(index))
            launch(index)
        for future in _completed(running, client):
            index, before = in_flight.pop(future)
            outcome = _outcome(future, paths(index))
            # a point that was begun knows itself when it is to be given up, see `run_point`
            if outcome is None and beginnings(paths(index)) == before:
                losses[index] += 1
            if outcome is None and losses[index] <= LARGEST_NUMBER_OF_LOSSES:
                launch(index)
                continue
            yield index, outcome or Outcome("failed", "the workers died before they began it")
            for another in itertools.islice(waiting, 1):
                forget(paths(another))
                launch(another)
    finally:
        client.cancel(list(in_flight))


def _completed(running: as_completed, client: Client) -> Iterator[Future]:
    """Futures as they end; processes of this machine that died for good are replaced meanwhile."""
    replaced, looked, dead = 0, clock.monotonic(), set[Any]()
    alive = looked
    while not running.is_empty():
        if running.has_ready():
            yield next(running)
            continue
        clock.sleep(_PAUSE)
        if clock.monotonic() - looked > _BETWEEN_LOOKS:
            looked, before, dead = clock.monotonic(), dead, _dead(client)
            if _has_workers(client):
                alive = looked
            elif looked - alive > LONGEST_WITHOUT_WORKERS:
                raise SchedulerLostError(
                    f"no process of the scan has lived for {LONGEST_WITHOUT_WORKERS:g} s; finished "
                    "points are kept, and the same scan goes on from them"
                )
            # what was dead the last time too is not about to be started again
            for name in dead & before:
                replaced += 1
                if replaced > LARGEST_NUMBER_OF_LOSSES:
                    raise InputError(
                        "the processes of the scan die as they start; finished points are kept, "
                        "and --workers or workers=N asks for fewer"
                    )
                _replace(client, name)


def _dead(client: Client) -> set[Any]:
    """Names of the workers of a local cluster that have no process.

    Dask starts one again that dies at work, but not one that dies while it starts.
    """
    if not isinstance(client.cluster, LocalCluster):
        return set()
    workers = client.cluster.workers.items()
    return {
        name
        for name, worker in list(workers)
        if isinstance(worker, Nanny) and not worker.is_alive()
    }


def _has_workers(client: Client) -> bool:
    """Whether anybody works; true of a cluster elsewhere, whose queue may let it wait for days."""
    if not isinstance(client.cluster, LocalCluster):
        return True
    return bool(client.scheduler_info()["workers"])


def _replace(client: Client, name: Any) -> None:
    """Start another worker in place of a dead one."""
    cluster = client.cluster
    dead = cluster.workers.pop(name)
    cluster.sync(dead.close)
    cluster.scale(len(cluster.worker_spec))


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


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
