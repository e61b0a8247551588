"""How far a run or a scan is, and how long it will take."""

from __future__ import annotations

import collections
import contextlib
import shutil
import sys
import time as clock
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from spectralcmi.cli.messages import duration, is_terminal, number, say

if TYPE_CHECKING:
    from spectralcmi.runs.loop import Progress
    from spectralcmi.scans.points import ScanProgress

#: Wall time over which the speed is measured [s].
MEMORY = 30.0
#: Wall time between lines where there is no terminal [s].
LINE_INTERVAL = 60.0
#: The same of the points of a scan, each of which may take long [s].
POINT_INTERVAL = 10.0


class Pace:
    """Speed of a run, measured over the last half minute: steps get shorter as the field grows.

    Parameters
    ----------
    now : callable, optional
        Clock [s].
    """

    def __init__(self, now: Callable[[], float] = clock.monotonic) -> None:
        self._now = now
        self._points: collections.deque[tuple[float, float]] = collections.deque()

    def add(self, time: float) -> None:
        """Note that the run has come to a year."""
        now = self._now()
        self._points.append((now, time))
        while len(self._points) > 2 and now - self._points[1][0] >= MEMORY:
            self._points.popleft()

    def seconds_to(self, end: float) -> float | None:
        """Wall time to the end of the run at the present speed [s], None if that is not known."""
        if len(self._points) < 2:
            return None
        (then, before), (now, time) = self._points[0], self._points[-1]
        if time <= before:
            return None
        return (end - time) * (now - then) / (time - before)


@contextlib.contextmanager
def run_progress(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Function to call after every step: moves a bar on a terminal, and else writes lines."""
    if quiet:
        yield None
    elif is_terminal(sys.stderr):
        with _run_bar() as show:
            yield show
    else:
        yield _lines()


@contextlib.contextmanager
def _run_bar() -> Iterator[Callable[[Progress], None]]:
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {desc}"
    size = shutil.get_terminal_size()  # with a fallback, where tqdm would draw on no columns
    with tqdm(bar_format=layout, file=sys.stderr, ncols=size.columns, nrows=size.lines) as bar:
        pace = Pace()

        def show(progress: Progress) -> None:
            pace.add(progress.time)
            bar.total = progress.end
            bar.set_description_str(_described(progress, pace), refresh=False)
            bar.update(progress.time - bar.n)

        yield show


def _lines() -> Callable[[Progress], None]:
    """Function that says now and then how far a run is."""
    pace, start = Pace(), clock.monotonic()
    said = 0

    def show(progress: Progress) -> None:
        nonlocal said
        pace.add(progress.time)
        if clock.monotonic() - start >= LINE_INTERVAL * (said + 1):
            said = int((clock.monotonic() - start) / LINE_INTERVAL)
            say(_described(progress, pace))

    return show


def _described(progress: Progress, pace: Pace) -> str:
    """Where a run is, and the time left if it went on as fast as now."""
    seconds = pace.seconds_to(progress.end)
    left = "" if not seconds else f", {duration(seconds)} left at this rate"
    return (
        f"{progress.time:.1f}/{progress.end:g} yr, step {number(progress.step, 2)} yr, "
        f"B_rms {number(progress.rms_field)} G{left}"
    )


@contextlib.contextmanager
def points_bar(quiet: bool) -> Iterator[Callable[[ScanProgress], None] | None]:
    """Function to call after every point of a scan: moves a bar on a terminal, or writes lines."""
    if quiet:
        yield None
        return
    if not is_terminal(sys.stderr):
        yield _point_lines()
        return
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} points{desc} [{elapsed}]"
    size = shutil.get_terminal_size()
    with tqdm(bar_format=layout, file=sys.stderr, ncols=size.columns, nrows=size.lines) as bar:

        def show(progress: ScanProgress) -> None:
            bar.total = progress.total
            if progress.without_result:
                bar.set_description_str(f", {progress.without_result} without a result")
            bar.update(progress.done - bar.n)

        yield show


def _point_lines() -> Callable[[ScanProgress], None]:
    """Function that says at the beginning, now and then and at the end how far a scan is."""
    latest: float | None = None

    def show(progress: ScanProgress) -> None:
        nonlocal latest
        now = clock.monotonic()
        is_over = progress.done == progress.total
        if latest is None or is_over or now - latest >= POINT_INTERVAL:
            latest = now
            lacking = progress.without_result
            without = f", {lacking} without a result" if lacking else ""
            say(f"{progress.done}/{progress.total} points{without}")

    return show
