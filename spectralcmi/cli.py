"""Command line: arguments, progress and exit codes.

Results go to stdout; messages, errors and the progress bar to stderr. Everything heavy is imported
by the command that needs it, so that help comes at once.
"""

import argparse
import contextlib
import logging
import os
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from spectralcmi import __version__
from spectralcmi.interruption import Interruptions

__all__ = ["main"]

DONE, BAD_INPUT, DIVERGED, INTERRUPTED = 0, 2, 3, 130

_KEYS_HELP = """\
Every key of the case file can be given on the command line as --section.key VALUE, for example
--resolution.lmax 90 --hall.enabled false --output.snapshot_times "[0, 50]".
Values are written as in the file; strings need no quotes."""

_EXIT_HELP = """\
Exit codes: 0 done; 2 bad input; 3 the run diverged, what was computed is saved; 130 interrupted."""


def main(argv=None):
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; without, those of the process.

    Returns
    -------
    code : int
        Exit code: 0 done, 2 bad input, 3 diverged, 130 interrupted.
    """
    try:
        with Interruptions():
            changes, rest = _split_changes(sys.argv[1:] if argv is None else argv)
            arguments = _parser().parse_args(rest)
            if changes and not arguments.takes_case_keys:
                raise ValueError(f"{next(iter(changes))}: {arguments.name} takes no case keys")
            return arguments.command(arguments, changes)
    except SystemExit as end:  # argparse after --help and --version
        return end.code or DONE
    except KeyboardInterrupt as interrupt:
        _say("; ".join(["interrupted", *interrupt.args]))
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our stdout has seen enough
        _close_stdout()
        return DONE
    except (ValueError, OSError, MemoryError, ImportError) as error:
        # ValueError is what the package raises for parameters; python -X dev shows where
        if sys.flags.dev_mode:
            raise
        _say(_one_line(error))
        return BAD_INPUT


def _parser():
    """Parser of all commands."""
    parser = _Parser(
        prog="spectralcmi",
        description="Magnetic field of a neutron star's crust under Ohmic decay, Hall drift and "
        "the chiral magnetic effect.",
        epilog=_EXIT_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"spectralcmi {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_command in (_add_run, _add_resume, _add_star, _add_eigenmodes, _add_plot):
        add_command(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """Parser whose errors are one line, raised rather than printed."""

    def __init__(self, **options):
        super().__init__(allow_abbrev=False, **options)

    def error(self, message):
        command = self.prog.removeprefix("spectralcmi").strip()
        raise ValueError(f"{command}: {message}" if command else message)


def _new_command(commands, name, function, summary, **options):
    """Subparser of a command that is run by ``function(arguments, changes)``."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **options,
    )
    parser.set_defaults(name=name, command=function, takes_case_keys=False)
    return parser


def _add_case(parser):
    """Argument of the case file, with which a command also takes ``--section.key VALUE``."""
    parser.add_argument(
        "case", nargs="?", type=Path, metavar="CASE.toml", help="case file; default: the paper's"
    )
    parser.set_defaults(takes_case_keys=True)


# run


def _add_run(commands):
    parser = _new_command(commands, "run", _run, "evolve a case in time", epilog=_KEYS_HELP)
    _add_case(parser)
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
    _add_quiet(parser)


def _add_quiet(parser):
    parser.add_argument("--quiet", action="store_true", help="no progress and no messages")


def _run(arguments, changes):
    from spectralcmi.parameters import load_parameters, require_files

    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    name = "paper" if arguments.case is None else arguments.case.stem
    output = arguments.output or Path("runs", f"{name}.nc")
    with _writable(output):
        from spectralcmi.simulate import run

        def evolve(progress):
            return run(parameters, output, progress, overwrite=arguments.overwrite)

        return _evolve(evolve, parameters.time.end, output, arguments.quiet)


def _add_resume(commands):
    parser = _new_command(
        commands, "resume", _resume, "go on with a run that was interrupted, or further",
        epilog="--time.end extends the run; --resolution keys interpolate the field spectrally; "
        "other keys of the case file need --allow-change. What changed, and when, is recorded in "
        "the dataset.",
    )  # fmt: skip
    parser.set_defaults(takes_case_keys=True)
    parser.add_argument("file", type=Path, metavar="RUN.nc", help="dataset of the run")
    parser.add_argument(
        "--output", type=Path, metavar="NEW.nc", help="dataset to write; default: RUN.nc itself"
    )
    parser.add_argument(
        "--allow-change", action="store_true", help="let keys change that make it another case"
    )
    _add_quiet(parser)


def _resume(arguments, changes):
    from spectralcmi.dataset import open_run, parameters_of
    from spectralcmi.resume import resume

    file, output = arguments.file, arguments.output or arguments.file
    end = parameters_of(open_run(file)).replace(changes).time.end

    def evolve(progress):
        return resume(
            file, changes, arguments.output, progress, allow_change=arguments.allow_change
        )

    with _writable(output):
        return _evolve(evolve, end, output, arguments.quiet)


def _evolve(evolve, end, output, quiet):
    """Call a function that evolves a case into a file; show how far it is, say how it ended."""
    from spectralcmi.simulate import DivergedError

    say = _say_nothing if quiet else _say
    before = _last_change(output)
    try:
        with _progress_bar(end, quiet) as progress, _log_said_by(say):
            dataset = evolve(progress)
    except DivergedError as error:
        _say(f"{_one_line(error)}; what was computed is in {output}")
        return DIVERGED
    except KeyboardInterrupt:
        # stopped before its first step, a run has nothing to save, and the file may be an older one
        if _last_change(output) == before:
            raise
        raise KeyboardInterrupt(
            f"what was computed is in {output}; `spectralcmi resume {output}` goes on"
        ) from None
    say(
        f"{output}: {float(dataset['time'][-1]):g} yr, "
        f"B_rms {float(dataset['rms_field'][-1]):.3g} G"
    )
    return DONE


@contextlib.contextmanager
def _log_said_by(say):
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


@contextlib.contextmanager
def _progress_bar(end, quiet):
    """Function to call after every step, which moves a bar if somebody can see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}<{remaining}]"
    size = shutil.get_terminal_size()  # with a fallback, where tqdm would draw on no columns
    with tqdm(
        total=end, bar_format=layout, file=sys.stderr, ncols=size.columns, nrows=size.lines
    ) as bar:

        def show(progress):
            bar.set_description_str(
                f"{progress.time:.1f}/{progress.end:g} yr, step {progress.step:.2g} yr, "
                f"B_rms {progress.rms_field:.2e} G",
                refresh=False,
            )
            bar.update(progress.time - bar.n)

        yield show


# star


def _add_star(commands):
    parser = _new_command(
        commands, "star", _star, "radial profiles of the crust, as CSV or netCDF", epilog=_KEYS_HELP
    )
    _add_case(parser)
    parser.add_argument(
        "--output", type=Path, metavar="CRUST.nc", help="netCDF file; default: CSV to stdout"
    )


def _star(arguments, changes):
    from spectralcmi import build_background
    from spectralcmi.parameters import load_parameters, require_files

    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    if arguments.output is None:
        _print_table(build_background(parameters), "radius")
        return DONE
    with _writable(arguments.output):
        _save(build_background(parameters), arguments.output)
    _say(f"{arguments.output}: written; `spectralcmi plot {arguments.output} profiles` draws it")
    return DONE


# eigenmodes


def _add_eigenmodes(commands):
    parser = _new_command(
        commands,
        "eigenmodes",
        _eigenmodes,
        "linear growth rates of the fastest mode of each degree, as CSV",
        epilog=_KEYS_HELP,
    )
    _add_case(parser)
    parser.add_argument(
        "--degrees",
        type=_degrees,
        metavar="FIRST:LAST",
        help="degrees, both ends included, or a list 1,2,5; default: 1 to lmax",
    )
    parser.add_argument(
        "--output", type=Path, metavar="MODES.nc", help="netCDF file of all modes computed"
    )


def _eigenmodes(arguments, changes):
    import spectralcmi
    from spectralcmi.parameters import load_parameters, require_files

    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    degrees = arguments.degrees or range(1, parameters.resolution.lmax + 1)
    with contextlib.ExitStack() as stack:
        if arguments.output is not None:
            stack.enter_context(_writable(arguments.output))
        modes = spectralcmi.eigenmodes(parameters, degrees=degrees)
        if arguments.output is not None:
            _save(modes, arguments.output)
    fastest = modes["growth_rate"].argmax("mode")
    _print_table(modes[["growth_rate", "frequency"]].isel(mode=fastest), "degree")
    return DONE


def _degrees(text):
    """Degrees from ``1:60`` (both included), ``1:60:3`` or ``1,2,5``."""
    try:
        if ":" in text:
            first, last, *step = (int(part) for part in text.split(":"))
            degrees = range(first, last + 1, *step)
        else:
            degrees = sorted({int(part) for part in text.split(",")})
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is not like 1:60 or 1,2,5") from None
    if not degrees or degrees[0] < 1:
        raise argparse.ArgumentTypeError(f"{text!r} holds no degree, or one below 1")
    return degrees


# plot


def _add_plot(commands):
    parser = _new_command(commands, "plot", _plot, "draw a figure from a dataset")
    parser.add_argument("file", type=Path, metavar="FILE.nc", help="dataset of a run or a crust")
    parser.add_argument(
        "kind", metavar="KIND", help="energies, spectra, budget (runs), profiles (crusts)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FIG.png",
        help="figure, its format by its suffix (png, pdf, svg); default: <file>_<kind>.png",
    )


def _plot(arguments, changes):
    import matplotlib

    from spectralcmi import plotting

    if arguments.kind not in plotting.KINDS:
        raise ValueError(f"plot: no kind {arguments.kind!r}; there are {', '.join(plotting.KINDS)}")
    path = arguments.file
    output = arguments.output or path.with_name(f"{path.stem}_{arguments.kind}.png")
    matplotlib.use("Agg")  # a file is all that is wanted, with or without a screen
    with _opened(path) as dataset, matplotlib.rc_context(dict(plotting.STYLE)), _writable(output):
        try:
            axes = plotting.KINDS[arguments.kind](dataset)
        except ValueError as error:
            raise ValueError(f"{path}: {error}, which {arguments.kind} needs") from None
        _save_figure(axes, output)
    return DONE


def _save_figure(axes, path):
    """Save the figure of some Axes, and forget it."""
    import matplotlib.pyplot as plt
    import numpy as np

    figure = np.ravel(axes)[0].figure
    try:
        figure.savefig(path)
    finally:
        plt.close(figure)


# What the commands share


def _split_changes(argv):
    """Separate ``--section.key VALUE`` from the other arguments.

    This comes before argparse, which would take the value of an option it does not know for a
    positional argument, and a negative number for an option.
    """
    changes, rest = {}, []
    arguments = iter(argv)
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not (key.startswith("--") and "." in key):
            rest.append(argument)
            continue
        key = key.removeprefix("--")
        if not equals:
            value = next(arguments, None)
        if value is None:
            raise ValueError(f"{key}: needs a value")
        changes[key] = _value(value)
    return changes, rest


def _value(text):
    """Value as in TOML; with numbers and truth values as people type them; else a string."""
    with contextlib.suppress(ValueError, RecursionError):
        document = tomllib.loads(f"value = {text}")
        if document.keys() == {"value"}:
            return document["value"]
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text


@contextlib.contextmanager
def _writable(path):
    """Make sure, before any work, that a file can be written; leave no trace if the work fails."""
    created = []
    try:
        try:
            created = [folder for folder in path.absolute().parents if not folder.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path.parent):
                pass
            if path.is_dir():
                raise IsADirectoryError(0, "it is a folder")
        except OSError as error:
            raise ValueError(f"--output = '{path}': cannot be written: {error.strerror}") from None
        yield
    except BaseException:
        for folder in created:  # the innermost first; what was saved in one keeps it
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


@contextlib.contextmanager
def _opened(path):
    """Dataset of a netCDF file."""
    import xarray

    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    try:
        dataset = xarray.open_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: not a netCDF-4 dataset: {error}") from None
    with dataset:
        yield dataset


def _save(dataset, path):
    """Write a dataset beside its target and move it there, so that it is never half there."""
    partial = path.with_name(f".{path.name}.part")
    try:
        dataset.to_netcdf(partial, engine="h5netcdf")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _print_table(dataset, dimension):
    """Print the variables along one dimension as CSV, units in the header."""
    names = [name for name in dataset.data_vars if dataset[name].dims == (dimension,)]
    columns = [dataset[dimension], *(dataset[name] for name in names)]
    header = (f"{column.name} [{column.attrs.get('units', '1')}]" for column in columns)
    print(",".join(header))
    for row in zip(*(column.values for column in columns), strict=True):
        print(",".join(f"{value:.10g}" for value in row))


def _last_change(path):
    """When a file was written last, None if never."""
    return path.stat().st_mtime_ns if path.exists() else None


def _say(message):
    print(f"spectralcmi: {message}", file=sys.stderr)


def _say_nothing(message):
    pass


def _one_line(error):
    """Text of an error on one line of bearable length, its kind where it has no text."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-95:]}"


def _close_stdout():
    """Point stdout nowhere, so that the interpreter's last flush does not fail as well."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
