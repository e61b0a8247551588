"""What commands tell: results on stdout, messages on stderr."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import xarray as xr


def say(message: str) -> None:
    """Say something on stderr, if anybody is there to read it."""
    try:
        print(f"spectralcmi: {message}", file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):  # lost, closed, or None: without a console
        # a message never stops what it is about
        _point_nowhere(sys.stderr)


def say_nothing(message: str) -> None:
    """Stand in for `say` where silence is wanted."""


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody may see what is written to a stream, which may be lost."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def one_line(error: BaseException) -> str:
    """Text of an error on one line of bearable length, its kind where it has no text."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-95:]}"


def _point_nowhere(stream: TextIO | None) -> None:
    """Point a stream nowhere, so that the interpreter's last flush does not fail as well."""
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def number(value: float, digits: int = 3) -> str:
    """Number as people write it: ``1.8e16`` rather than ``1.8e+16``."""
    text = f"{value:.{digits}g}"
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def duration(seconds: float) -> str:
    """Time in the unit that suits it."""
    units = (("ms", 1e-3, 0.095), ("s", 1.0, 90.0), ("min", 60.0, 5400.0), ("h", 3600.0, 2e5))
    for unit, length, longest in units:
        if seconds < longest:
            return f"{_short(seconds / length)} {unit}"
    return f"{_short(seconds / 86400)} days"


def _short(value: float) -> str:
    """Two digits, or all of a larger whole number."""
    return f"{value:.0f}" if value >= 10 else number(value, 2)


@contextlib.contextmanager
def log_said_by(say: Callable[[str], None]) -> Iterator[None]:
    """Let a function say what the package logs."""

    class Sayer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage())

    log, sayer = logging.getLogger("spectralcmi"), Sayer()
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(sayer)
    try:
        yield
    finally:
        log.removeHandler(sayer)
        log.setLevel(level)


def print_lines(lines: Iterable[str]) -> None:
    """Print results on stdout, as long as somebody reads them; what else is to do goes on."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        _point_nowhere(sys.stdout)


def print_table(dataset: xr.Dataset, dimension: str) -> None:
    """Print the variables along one dimension as CSV, units in the header."""
    names = [name for name in dataset.data_vars if dataset[name].dims == (dimension,)]
    columns = [dataset[dimension], *(dataset[name] for name in names)]
    header = (f"{column.name} [{column.attrs.get('units', '1')}]" for column in columns)
    rows = zip(*(column.values for column in columns), strict=True)
    print_lines([",".join(header), *(",".join(f"{value:.10g}" for value in row) for row in rows)])
