"""Command scan: many runs, as one dataset."""

from __future__ import annotations

import argparse
import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.arguments import KEYS_HELP, Commands, add_quiet, new_command
from spectralcmi.cli.exit_codes import BAD_INPUT, DIVERGED, DONE
from spectralcmi.cli.files import writable
from spectralcmi.cli.messages import log_said_by, say, say_nothing
from spectralcmi.cli.progress import points_bar
from spectralcmi.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from dask.distributed import Client

    from spectralcmi.runs.output_file import OutputFile
    from spectralcmi.scans.plan import Plan

_FILE_HELP = (
    """\
The file is a case file with a table more, which names what to change:

    [scan]
    case = "crust.toml"            # optional: a case that the other tables here change

    [scan.grid]                    # every combination
    chiral.delta_mu = [1.0, 1e-2, 1e-4]
    hall.enabled = [true, false]

    [time]
    end = 50.0

With [scan.list] in place of [scan.grid] the values belong together side by side: the first of each
key, the second of each, and so on.

Each point is a run in a file of its own, in the folder named as the output without its suffix. A
finished point is not run again, an interrupted one goes on where it was: after an interruption give
the same command again.

"""
    + KEYS_HELP
)


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands, "scan", _scan, "evolve a case at many values of its parameters", epilog=_FILE_HELP
    )
    parser.set_defaults(takes_case_keys=True)
    parser.add_argument("file", type=Path, metavar="SCAN.toml", help="what to scan")
    parser.add_argument(
        "--output", type=Path, metavar="SCAN.nc", help="dataset to write; default: runs/<scan>.nc"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=int, metavar="N", help="processes on this machine; default: one a core"
    )
    where.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="Dask scheduler whose workers do the runs"
    )
    add_quiet(parser)


def _scan(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi.case.files import input_paths
    from spectralcmi.runs.output_file import OutputFile
    from spectralcmi.scans.plan import load_plan
    from spectralcmi.scans.run import SchedulerLostError, run_plan

    if arguments.workers is not None and arguments.workers < 1:
        raise InputError(f"--workers = {arguments.workers}: must be at least 1")
    plan = load_plan(arguments.file, changes)
    output = arguments.output or Path("runs", f"{arguments.file.stem}.nc")
    if not output.suffix:
        raise InputError(f"--output = '{output}': needs a suffix: the runs go to a folder without")
    tell = say_nothing if arguments.quiet else say
    inputs = input_paths(plan.base, arguments.file)
    with writable(output, overwrite=True, inputs=inputs), OutputFile(output) as file:
        _require_no_other(file)
        try:
            with (
                points_bar(arguments.quiet) as progress,
                log_said_by(tell),
                _client(plan, arguments) as client,
            ):
                dataset = run_plan(plan, client, output.with_suffix(""), progress)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("the same command goes on where the scan was") from None
        except SchedulerLostError as error:
            told = f"{error}; with another the same command goes on where the scan was"
            raise KeyboardInterrupt(told) from None
        from spectralcmi.scans.dataset import save_collected  # when it is needed: it loads slowly

        save_collected(file, dataset)
    return _end(dataset, output, tell)


def _require_no_other(output: OutputFile) -> None:
    """Raise InputError if a file is there that is not the dataset of a scan."""
    import h5py

    if output.path.exists():
        try:
            with h5py.File(output.path) as file:
                is_scan = "scanned" in file.attrs
        except OSError:
            is_scan = False
        if not is_scan:
            raise InputError(f"{output.name}: is there already, and not of a scan")


@contextlib.contextmanager
def _client(plan: Plan, arguments: argparse.Namespace) -> Iterator[Client]:
    """Client of the scheduler that was asked for, or of a local one."""
    from dask.distributed import Client

    from spectralcmi.scans.points import local_client

    if arguments.scheduler is None:
        with local_client(plan, arguments.workers) as client:
            yield client
        return
    if not re.fullmatch(r"(tcp|tls|ws|wss|ucx)://\S+:\d+", arguments.scheduler):
        raise InputError(f"--scheduler = '{arguments.scheduler}': is not like tcp://HOST:PORT")
    for name in list(logging.root.manager.loggerDict):  # each has a level of its own
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told below
    try:
        client = Client(arguments.scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"--scheduler = '{arguments.scheduler}': {error}") from None
    with client:
        yield client


def _end(dataset: xr.Dataset, output: Path, tell: Callable[[str], None]) -> int:
    """Say how many points ended how, and choose the exit code."""
    statuses = dataset["status"].values.ravel().tolist()
    counts = {status: statuses.count(status) for status in ("complete", "diverged", "failed")}
    if given_up := statuses.count("given up"):
        counts["given up"] = given_up
    tell(f"{output}: {len(statuses)} points, " + ", ".join(f"{n} {s}" for s, n in counts.items()))
    reasons = [reason for reason in dataset["reason"].values.ravel().tolist() if reason]
    if reasons:
        say(f"the first without a result: {reasons[0]}")
    if counts["complete"]:
        return DONE
    return DIVERGED if counts["diverged"] else BAD_INPUT
