"""Kills of runs: at random moments, inside the write of a checkpoint, and as a run goes on."""

import ctypes
import os
import signal

import numpy as np

from spectralcmi.errors import InputError
from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.dataset import open_run
from tests.campaign.attempts import attempt, contents, fresh, sent
from tests.campaign.cases import OFTEN, UNIFORM, command, require, run

#: Lives of one run, of which it may end any.
LIVES = 12
#: Operations on files until a life is killed within a write, in powers of ten: a save has some 150.
OPERATIONS = (0.0, 3.2)
#: Time of the processor that a life has [s]: it begins to step after 0.1, and saves take 0.1 each.
MOMENTS = (0.0, 1.0)
#: What the library of faults knows as SIGKILL.
DEATH = -2
#: A signal that ends a run politely, in one of so many lives.
POLITE = 10
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGUSR1, signal.SIGHUP)


def kills(number, folder, tally, rng, library):
    """Kill runs so many times; each goes on until it is complete, bit for bit the unkilled one."""
    case, whole = folder / "case.toml", folder / "whole.nc"
    case.write_text(UNIFORM)
    require(*run(case, whole))
    require(*run(case, folder / "warm.nc", *OFTEN))  # and how long a life is
    expected = open_run(whole)
    while tally.wants(number):
        place = fresh(folder / "run")
        lives = min(LIVES, number - tally.tried)
        _one_run(case, place / "run.nc", expected, whole, tally, rng, library, lives)


def _one_run(case, path, expected, whole, tally, rng, library, lives):
    reached = -1.0
    for life in range(lives):
        is_begun = path.exists()
        arguments = ["resume", path, "--quiet"] if is_begun and rng.random() < 0.6 else (
            run(case, path, *OFTEN)
        )  # fmt: skip
        result, how = _killed(command(*arguments), path.parent, rng, library)
        if result.code == 0:
            break
        wrong, now = _state_of(path, expected)
        if now < reached:
            wrong.add("lost")
        reached = max(reached, now)
        tally.count(result, wrong | _impolite(result), f"life {life}, {how} during {arguments[0]}")
    _finish(case, path, whole, tally)


def _killed(action, folder, rng, library):
    """A life that is cut short, and how."""
    draw = rng.random()
    if draw < 1 / POLITE:
        number = SIGNALS[rng.integers(len(SIGNALS))]
        polite = sent(action, number, rng.uniform(*MOMENTS))
        return attempt(polite, folder), signal.Signals(number).name
    if draw < 0.6 and library is not None:
        before = int(10 ** rng.uniform(*OPERATIONS))

        def dying():
            library.plan_fault(os.fsencode(folder), b"any", before, DEATH, 0)
            return action()

        return attempt(dying, folder), f"killed at operation {before}"
    moment = rng.uniform(*MOMENTS)
    killed = sent(action, signal.SIGKILL, moment)
    return attempt(killed, folder), f"killed after {moment:.3f} s"


def _impolite(result):
    """What a life that was asked to end did wrong: it says so in one line."""
    if result.code == 130 and result.stderr.count("\n") != 1:
        return {"traceback"}
    return set()


def _state_of(path, expected):
    """What is wrong with what a kill left, and the year it had come to."""
    if not path.exists():
        return set(), -1.0
    try:
        stored = open_stored_run(path)
    except InputError:
        return {"lost"}, -1.0
    count = stored.dataset.sizes["time"]
    same = all(
        np.array_equal(stored.dataset[name], expected[name][:count])
        for name in ("time", "rms_field", "spectrum_toroidal", "time_step")
    )
    return (set() if same else {"lost"}), stored.time


def _finish(case, path, whole, tally):
    """Go on to the end, which must be that of the unkilled run; nothing stays behind."""
    arguments = ["resume", path, "--quiet"] if path.exists() else run(case, path)
    # without a save after every step, which a run goes on with as it pleases
    changes = ["--output.checkpoint_interval", "60"] if path.exists() else []
    result = attempt(command(*arguments, *changes), path.parent)
    wrong = set(result.wrong)
    if not wrong and (result.code != 0 or not _is_same(path, whole)):
        wrong.add("lost")
    if any(name.startswith(".") for name in contents(path.parent)):
        wrong.add("changed")
    for key in wrong:
        tally.wrong[key] += 1
        tally.findings.append(f"{tally.kind}, going on to the end: {key} {result.stderr[-300:]}")


def _is_same(path, whole):
    """Whether two runs are the same bit for bit, but for how often they were saved."""
    one, other = open_run(path), open_run(whole)
    return one.equals(other) and open_stored_run(path).checkpoint.coefficients.tobytes() == (
        open_stored_run(whole).checkpoint.coefficients.tobytes()
    )


def fault_library():
    """The library of faults, if it is preloaded."""
    library = ctypes.CDLL(None)
    return library if hasattr(library, "plan_fault") else None
