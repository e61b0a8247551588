"""Command check: whether a stored file is whole, and what is in it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.announcement import tails
from spectralcmi.cli.arguments import Commands, new_command
from spectralcmi.cli.exit_codes import BAD_INPUT, DONE
from spectralcmi.cli.messages import one_line, print_lines, say
from spectralcmi.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

_EPILOG = """\
A file that this program has written ends with the SHA-256 of its content. Another program that
changes it leaves none, and earlier versions wrote none. All that is stored is read, and of a run
what `spectralcmi resume` would go on from. The exit code is 2 where a file is not whole.

Example:
  spectralcmi check runs/*.nc"""


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands, "check", _check, "whether stored files are whole, and what is in them",
        epilog=_EPILOG,
    )  # fmt: skip
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE.nc", help="dataset of any kind"
    )


def _check(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    code = DONE
    for path in arguments.files:
        try:
            print_lines(f"{path}: {line}" for line in _found(path))
        except InputError as error:
            say(one_line(error))
            code = BAD_INPUT
    return code


def _found(path: Path) -> Iterator[str]:
    """What there is to say of a file; InputError where it is not whole."""
    from spectralcmi.checksums import Integrity, integrity
    from spectralcmi.runs.files import load_group

    dataset = load_group(path)
    found = integrity(path)
    unknown = ": whether it is whole is not known" if found is Integrity.UNKNOWN else ""
    yield f"{found.value}{unknown}, {dataset.nbytes / 1e6:.3g} MB in memory"
    if "scanned" in dataset.attrs:
        statuses = dataset["status"].values.ravel().tolist()
        counts = (f"{statuses.count(status)} {status}" for status in sorted(set(statuses)))
        yield f"a scan of {len(statuses)} points: {', '.join(counts)}"
    elif "schema_version" in dataset.attrs:
        yield from _found_of_run(path, dataset)
    else:
        yield dataset.attrs.get("title") or f"variables {' '.join(map(str, dataset.data_vars))}"


def _found_of_run(path: Path, dataset: xr.Dataset) -> Iterator[str]:
    from spectralcmi.runs.checkpoint import open_stored_run
    from spectralcmi.runs.dataset import open_run
    from spectralcmi.runs.output_file import previous_generation

    open_run(path)
    attributes = dataset.attrs
    years = dataset["time"].values
    until = f"to {years[-1]:g} yr" if years.size else "before its first output"
    yield (
        f"a run, {attributes.get('status', 'without a status')}, {until}; schema version "
        f"{attributes['schema_version']}, by {attributes.get('source', 'spectralcmi')}"
    )
    yield tails(dataset) or "tails of its spectra not measured"
    stored = open_stored_run(path)
    yield f"a checkpoint at {stored.time:g} yr, which `spectralcmi resume` goes on from"
    previous = previous_generation(path.resolve())
    if previous.exists():
        yield f"the generation before, {previous}: {_year_of(previous)}"


def _year_of(previous: Path) -> str:
    """The year of another generation, or why it has none."""
    from spectralcmi.runs.checkpoint import open_stored_run

    try:
        return f"whole, at {open_stored_run(previous).time:g} yr"
    except InputError as error:
        return one_line(error).removeprefix(f"{previous}: ")
