"""Command that reproduces the paper."""

from pathlib import Path

from spectralcmi.cli.arguments import add_quiet, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import writable
from spectralcmi.cli.messages import say, say_nothing


def add(commands):
    """Add the command to a parser."""
    parser = new_command(
        commands,
        "reproduce",
        _reproduce,
        "run what Dehman & Pons report, draw their figures, judge their claims",
        epilog="The table of claims goes to stdout and, with figures and datasets, into the "
        "folder. Runs that are there already are not computed again, and an interrupted one goes "
        "on where it was; several processes may work in one folder.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="low resolution, minutes instead of hours"
    )
    parser.add_argument(
        "--stored", action="store_true", help="run nothing: draw and judge what the folder has"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder; default: runs/reproduce, runs/reproduce_quick with --quick",
    )
    add_quiet(parser)


def _reproduce(arguments, changes):
    import matplotlib

    name = "reproduce_quick" if arguments.quick else "reproduce"
    folder = arguments.output or Path("runs", name)
    tell = say_nothing if arguments.quiet else say
    matplotlib.use("Agg")  # files are all that is wanted, with or without a screen
    with writable(folder / "claims.md"):
        from spectralcmi.paper import judge_stored, reproduce
        from spectralcmi.paper.verdicts import markdown

        try:
            if arguments.stored:
                rows = judge_stored(folder, arguments.quick)
            else:
                rows = reproduce(folder, arguments.quick, tell)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"what was computed is in {folder}; the same command goes on"
            ) from None
    print(markdown(rows), end="")
    tell(f"{folder}: figures, datasets and claims.md")
    return DONE
