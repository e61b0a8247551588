"""What commands tell: results on stdout, messages on stderr."""

import contextlib
import logging
import os
import sys


def say(message):
    """Say something on stderr."""
    print(f"spectralcmi: {message}", file=sys.stderr)


def say_nothing(message):
    """Stand in for `say` where silence is wanted."""


def one_line(error):
    """Text of an error on one line of bearable length, its kind where it has no text."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-95:]}"


def close_stdout():
    """Point stdout nowhere, so that the interpreter's last flush does not fail as well."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def number(value, digits=3):
    """Number as people write it: ``1.8e16`` rather than ``1.8e+16``."""
    text = f"{value:.{digits}g}"
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def duration(seconds):
    """Time in the unit that suits it."""
    units = (("ms", 1e-3, 0.095), ("s", 1.0, 90.0), ("min", 60.0, 5400.0), ("h", 3600.0, 2e5))
    for unit, length, longest in units:
        if seconds < longest:
            return f"{_short(seconds / length)} {unit}"
    return f"{_short(seconds / 86400)} days"


def _short(value):
    """Two digits, or all of a larger whole number."""
    return f"{value:.0f}" if value >= 10 else number(value, 2)


@contextlib.contextmanager
def log_said_by(say):
    """Let a function say what the package logs."""

    class Sayer(logging.Handler):
        def emit(self, record):
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


def print_table(dataset, dimension):
    """Print the variables along one dimension as CSV, units in the header."""
    names = [name for name in dataset.data_vars if dataset[name].dims == (dimension,)]
    columns = [dataset[dimension], *(dataset[name] for name in names)]
    header = (f"{column.name} [{column.attrs.get('units', '1')}]" for column in columns)
    print(",".join(header))
    for row in zip(*(column.values for column in columns), strict=True):
        print(",".join(f"{value:.10g}" for value in row))
