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
