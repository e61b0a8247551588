"""Faults of the system: an operation on a file fails once, or from then on, or writes half."""

import errno
import os

import numpy as np

from spectralcmi.cli import main
from spectralcmi.errors import InputError
from spectralcmi.runs import output_file
from spectralcmi.runs.dataset import open_run
from tests.campaign.attempts import attempt, contents, fresh
from tests.campaign.cases import OFTEN, UNIFORM, numbers, require, run

#: A run of a few steps, each saved.
CASE = UNIFORM.replace("end = 5.0", "end = 1.0")
#: Operations, how often each is chosen, and how many of it come before its fault (powers of ten).
OPERATIONS = {"write": (5, 2.7), "fsync": (3, 1.3), "rename": (3, 1.0), "open": (2, 1.0),
              "link": (1, 1.0), "truncate": (1, 1.5)}  # fmt: skip
ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EACCES)
#: What the library of faults knows as a write of half of what was asked for.
LESS = -1
#: How long room on the disk is waited for here [s].
PATIENCE = 0.2


def faults(number, folder, tally, rng, library):
    """Let so many operations fail, in commands that write; what they replace stays whole."""
    if library is None:
        return
    originals = fresh(folder / "originals")
    (originals / "case.toml").write_text(CASE)
    require(*run(originals / "case.toml", originals / "run.nc", "--time.end", "0.5"))
    expected = {name: _expected(words, originals, folder) for name, words in COMMANDS.items()}
    names = list(COMMANDS)
    while tally.wants(number):
        name = names[rng.integers(len(names))]
        _try(name, originals, fresh(folder / "attempt"), expected[name], tally, rng, library)


#: Commands and the file that each writes, over which it may go.
COMMANDS = {
    "run": (lambda place: run(place / "case.toml", place / "out.nc", *OFTEN), "out.nc", False),
    "run again": (lambda place: [*run(place / "case.toml", place / "out.nc", *OFTEN),
                                 "--overwrite"], "out.nc", True),
    "resume": (lambda place: ["resume", place / "out.nc", "--time.end", "1.0", "--quiet", *OFTEN],
               "out.nc", True),
    "field": (lambda place: ["field", place / "run.nc", "--radii", "3", "--output",
                             place / "out.nc"], "out.nc", False),
    "field again": (lambda place: ["field", place / "run.nc", "--radii", "3", "--output",
                                   place / "out.nc", "--overwrite"], "out.nc", True),
    "new": (lambda place: ["new", place / "out.toml"], "out.toml", False),
    "star": (lambda place: ["star", "--resolution.radial_order", "24", "--output",
                            place / "out.nc"], "out.nc", False),
    "plot": (lambda place: ["plot", place / "run.nc", "energies", "--output", place / "out.png"],
             "out.png", False),
}  # fmt: skip


def _expected(command, originals, folder):
    """What a command writes that nothing happens to; this process is then warm."""
    place = _place(originals, fresh(folder / "attempt"), command)
    require(*command[0](place))
    return _content(place / command[1])


def _place(originals, place, command):
    for name in ("case.toml", "run.nc"):
        (place / name).write_bytes((originals / name).read_bytes())
    if command[2]:
        (place / command[1]).write_bytes((originals / "run.nc").read_bytes())
    return place


def _content(path):
    """What a file says; of pictures and the like, all bytes."""
    return numbers(path) if path.suffix == ".nc" else path.read_bytes()


def _is_same(one, other):
    if isinstance(one, bytes):
        return one == other
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f")
        for name in one
    )


def _try(name, originals, place, expected, tally, rng, library):
    command = COMMANDS[name]
    _place(originals, place, command)
    operation, before, error, is_lasting = _plan(rng)
    output, arguments = place / command[1], [str(one) for one in command[0](place)]
    others = {key: value for key, value in contents(place).items() if key != command[1]}

    def failing():
        output_file.PATIENCE, output_file.PAUSE = PATIENCE, PATIENCE / 10
        library.plan_fault(os.fsencode(place), operation.encode(), before, error, is_lasting)
        try:
            return main(arguments)
        finally:
            (place.parent / "fired").write_text(str(library.faults_so_far()))

    fired = place.parent / "fired"
    fired.unlink(missing_ok=True)
    result = attempt(failing, place.parent)  # what it says is kept where nothing fails
    if fired.exists() and fired.read_text() == "0":
        return  # the command ended before
    text = "LESS" if error == LESS else errno.errorcode[error]
    wrong = _wrong(result, command, output, originals, expected)
    now = contents(place)
    if any(now.get(key) != value for key, value in others.items()):
        wrong.add("changed")
    wrong |= _wrong_afterwards(name, arguments, place, output, expected)
    lasting = "from" if is_lasting else "at"
    tally.count(result, wrong, f"{name}: {text} {lasting} {operation} {before}")


def _plan(rng):
    """An operation, how many come before its fault, which, and whether the others fail as well."""
    weights = np.array([weight for weight, _ in OPERATIONS.values()], float)
    operation = str(rng.choice(list(OPERATIONS), p=weights / weights.sum()))
    before = int(10 ** rng.uniform(0, OPERATIONS[operation][1])) - 1
    if operation == "write" and rng.random() < 0.2:
        return operation, before, LESS, 0
    return operation, before, int(rng.choice(ERRORS)), int(rng.random() < 0.5)


def _wrong(result, command, output, originals, expected):
    """What is wrong with how a command ended, and with what it left."""
    wrong = set()
    if result.code not in (0, 4):
        wrong.add("traceback")
    elif result.code == 4 and not result.stderr.startswith("spectralcmi: "):
        wrong.add("traceback")  # it has to say why
    if result.code == 0 and not _is_same(_content(output), expected):
        wrong.add("lost")
    if result.code != 0 and output.exists() and not command[2] and output.suffix != ".nc":
        # all of a picture or a text may be there, and the folder not be flushed; no part of it
        wrong |= set() if _is_same(_content(output), expected) else {"lost"}
    if result.code != 0 and command[2]:
        wrong |= _lost(output, originals / "run.nc", expected)
    return wrong


def _lost(output, original, expected):
    """Whether a file that was to be replaced is neither the old one nor a new one."""
    if not output.exists():
        return {"lost"}
    if output.read_bytes() == original.read_bytes():
        return set()
    try:
        open_run(output)
    except InputError:
        return set() if _is_same(_content(output), expected) else {"lost"}
    return set()


def _wrong_afterwards(name, arguments, place, output, expected):
    """The same command, when all is well again, does what it does."""
    if output.exists() and "resume" not in name and "run" not in name:
        arguments = [*arguments, *(["--overwrite"] if "--overwrite" not in arguments else [])]
        if name == "new":
            output.unlink()
            arguments = [one for one in arguments if one != "--overwrite"]
    result = attempt(lambda: main(arguments), place.parent)
    if result.wrong:
        return result.wrong
    if result.code != 0 or not _is_same(_content(output), expected):
        return {"lost"}
    left = {key for key in contents(place) if key.startswith(".")}
    return {"changed"} if left else set()
