"""A fixed pool of threads for kernels that release the interpreter lock.

Work is cut into blocks whose boundaries do not depend on the number of threads, so that results
are the same bit for bit for one thread and for many.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import threadpoolctl

from spectralcmi.errors import InputError

ENVIRONMENT_VARIABLE = "SPECTRALCMI_THREADS"


def available_threads() -> int:
    """Threads to use: the environment's `SPECTRALCMI_THREADS`, or the cores this process may use.

    Raises
    ------
    ValueError
        If the environment variable is not a positive integer.
    """
    wanted = os.environ.get(ENVIRONMENT_VARIABLE)
    if wanted is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if not wanted.isdecimal() or int(wanted) < 1:
        raise InputError(f"{ENVIRONMENT_VARIABLE}={wanted} is not a positive integer")
    return int(wanted)


class Threads:
    """Runs independent tasks, on the calling thread alone where `count` is 1.

    Parameters
    ----------
    count : int, optional
        Number of threads; default `available_threads()`.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = available_threads() if count is None else count
        if self.count < 1:
            raise InputError(f"threads={self.count} is below 1")
        # The blocks are the parallelism: a BLAS that starts threads of its own would oversubscribe.
        self._blas = threadpoolctl.ThreadpoolController()
        self._pool = ThreadPoolExecutor(self.count) if self.count > 1 else None

    def run(self, task: Callable, arguments: Iterable[tuple]) -> None:
        """Call task(*a) for every a of `arguments` and wait; the first exception is raised.

        BLAS, which tasks may call, is held to one thread meanwhile.
        """
        with self._blas.limit(limits=1, user_api="blas"):
            self.run_compiled(task, arguments)

    def run_compiled(self, task: Callable, arguments: Iterable[tuple]) -> None:
        """As `run`, for tasks that call no BLAS: looking after it takes some 0.05 ms."""
        arguments = list(arguments)
        if self._pool is None or len(arguments) == 1:
            for a in arguments:
                task(*a)
            return
        for future in [self._pool.submit(task, *a) for a in arguments]:
            future.result()


def blocks(size: int, length: int) -> list[tuple[int, int]]:
    """Bounds (start, stop) that cut range(size) into runs of at most `length`."""
    return [(start, min(start + length, size)) for start in range(0, size, length)]
