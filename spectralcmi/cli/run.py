"""Commands that evolve a case: run and resume."""

from __future__ import annotations

import argparse
import time as clock
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.announcement import (
    announcement,
    heat_budget,
    source_budget,
    summary,
    tails,
)
from spectralcmi.cli.arguments import KEYS_HELP, Commands, add_case, add_quiet, new_command
from spectralcmi.cli.exit_codes import DIVERGED, DONE
from spectralcmi.cli.files import last_change, writable
from spectralcmi.cli.messages import log_said_by, one_line, say, say_nothing
from spectralcmi.cli.progress import run_progress
from spectralcmi.errors import DivergedError

if TYPE_CHECKING:
    import xarray as xr

    from spectralcmi.case.parameters import Parameters
    from spectralcmi.runs.loop import Progress

_EXAMPLES = """\
Ctrl-C, SIGTERM and SIGHUP stop a run between two steps, with everything saved; the same command, or
`spectralcmi resume RUN.nc`, goes on. SPECTRALCMI_THREADS in the environment sets the number of
threads (default: all cores); it does not change the result.

Examples:
  spectralcmi run                                        the paper's run, to runs/paper.nc
  spectralcmi run --time.end 50 --output runs/short.nc   a part of it
  spectralcmi new case.toml && spectralcmi run case.toml"""

_RESUME_HELP = """\
--time.end extends the run; --resolution keys interpolate the field spectrally; other keys of the
case file need --allow-change. What changed, and when, is recorded in the dataset.

Examples:
  spectralcmi resume runs/paper.nc
  spectralcmi resume runs/paper.nc --time.end 500
  spectralcmi resume runs/paper.nc --resolution.lmax 120 --time.end 400 --output runs/finer.nc
  spectralcmi resume old.nc --resolution.radial_grid auto --resolution.radial_order auto"""


def add(commands: Commands) -> None:
    """Add the commands to a parser."""
    _add_run(commands)
    _add_resume(commands)


def _add_run(commands: Commands) -> None:
    parser = new_command(
        commands, "run", _run, "evolve a case in time", epilog=f"{KEYS_HELP}\n\n{_EXAMPLES}"
    )
    add_case(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="RUN.nc",
        help="dataset to write; one of the same case is kept if complete, continued if not, and "
        "one of another case is never touched; default: runs/<case>.nc",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="begin anew, whatever the output holds"
    )
    add_quiet(parser)


def _run(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi.case.case_file import load_parameters
    from spectralcmi.case.files import input_paths, require_files
    from spectralcmi.threads import available_threads

    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    available_threads()  # raises, before anything is said, if the environment asks for nonsense
    name = "paper" if arguments.case is None else arguments.case.stem
    output = arguments.output or Path("runs", f"{name}.nc")
    inputs = input_paths(parameters, arguments.case)
    with writable(output, overwrite=True, inputs=inputs):  # `run` knows what it may continue
        from spectralcmi.runs.run import run

        def evolve(progress: Callable[[Progress], None] | None) -> xr.Dataset:
            return run(parameters, output, progress, overwrite=arguments.overwrite)

        is_new = arguments.overwrite or not output.exists()  # else it may be complete already
        if is_new and not arguments.quiet:
            _announce(parameters, arguments.case, changes)
        return _evolve(evolve, output, arguments.quiet)


def _announce(parameters: Parameters, case: Path | None, changes: Mapping[str, Any]) -> None:
    """Say what a run will solve, and what a case file does not say that it once did."""
    from spectralcmi.case.case_file import read_toml
    from spectralcmi.case.versions import changed_defaults

    if case is not None and (news := changed_defaults({**read_toml(case), **changes})):
        say(news)
    for line in announcement(parameters):
        say(line)


def _add_resume(commands: Commands) -> None:
    parser = new_command(
        commands, "resume", _resume, "go on with a run that was interrupted, or further",
        epilog=_RESUME_HELP,
    )  # fmt: skip
    parser.set_defaults(takes_case_keys=True)
    parser.add_argument("file", type=Path, metavar="RUN.nc", help="dataset of the run")
    parser.add_argument(
        "--output", type=Path, metavar="NEW.nc", help="dataset to write; default: RUN.nc itself"
    )
    parser.add_argument(
        "--allow-change", action="store_true", help="let keys change that make it another case"
    )
    add_quiet(parser)


def _resume(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi.runs.resume import resume

    file, output = arguments.file, arguments.output or arguments.file

    def evolve(progress: Callable[[Progress], None] | None) -> xr.Dataset:
        return resume(
            file, changes, arguments.output, progress, allow_change=arguments.allow_change
        )

    with writable(output, overwrite=True):  # as `resume` knows
        return _evolve(evolve, output, arguments.quiet)


def _evolve(
    evolve: Callable[[Callable[[Progress], None] | None], xr.Dataset], output: Path, quiet: bool
) -> int:
    """Call a function that evolves a case into a file; show how far it is, say how it ended."""
    tell = say_nothing if quiet else say
    before, start = last_change(output), clock.monotonic()
    try:
        with run_progress(quiet) as progress, log_said_by(tell):
            dataset = evolve(progress)
    except DivergedError as error:
        say(f"{one_line(error)}; what was computed is in {output}")
        return DIVERGED
    except KeyboardInterrupt:
        # stopped before its first step, a run has nothing to save, and the file may be an older one
        if last_change(output) == before:
            raise KeyboardInterrupt(
                "nothing new is computed; the same command begins again"
            ) from None
        raise KeyboardInterrupt(
            f"what was computed is in {output}; `spectralcmi resume {output}` goes on"
        ) from None
    is_new = last_change(output) != before
    tell(summary(dataset, output, clock.monotonic() - start if is_new else None))
    for line in (heat_budget(dataset), source_budget(dataset), tails(dataset)):
        if line:
            tell(line)
    return DONE
