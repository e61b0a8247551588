"""A campaign against everything that a machine does to programs: make campaign.

    python -m tests.campaign [PART ...] [--share 0.1] [--table FILE.md]

Kills, faults of the system, damaged and odd inputs, and killed workers of scans. It counts states
that are lost, tracebacks, hangs, processes over 2 GB, files changed that were no outputs, and
inputs accepted with other numbers: all have to be zero, which the exit code tells. The attempts
are the same every time, but for the moments at which signals come.
"""

import argparse
import contextlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.campaign.tally import Tally, table

#: Parts, how many attempts each has in full, and where it is; the longest first.
PARTS = {
    "inputs": (5000, "damaged or odd inputs"),
    "kills": (1000, "kills of runs"),
    "faults": (300, "faults of open, write, fsync, rename and link"),
    "workers": (100, "kills of workers of scans"),
}
SEED = 20240911
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "SPECTRALCMI_THREADS"), "1"
)
ROOT = Path(__file__).parents[2]


def main():
    arguments = _parser().parse_args()
    if arguments.within:
        return _within(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="campaign-") as name:
        folder = Path(name)
        tallies = _all(arguments, folder, _library(folder))
    tallies.sort(key=lambda one: [about for _, about in PARTS.values()].index(one.kind))
    text = _text(tallies, arguments.share, time.monotonic() - started)
    print(text)
    for one in tallies:
        for finding in one.findings:
            print(f"* {finding}")
    if arguments.table:
        arguments.table.write_text(text)
    is_complete = len(tallies) == len(arguments.parts)
    return 0 if is_complete and all(one.is_clean for one in tallies) else 1


def _parser():
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART", help=str([*PARTS]))
    parser.add_argument("--share", type=float, default=1.0, help="of all attempts")
    parser.add_argument("--processes", type=int, default=2, help="parts at a time")
    parser.add_argument("--table", type=Path, help="where the table is written")
    parser.add_argument("--minutes", type=float, default=30, help="after which each part stops")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    return parser


def _all(arguments, folder, library):
    """Tallies of all parts, each in a process of its own."""
    waiting, running, done = list(arguments.parts), {}, []
    environment = os.environ | ONE_THREAD
    if library:
        environment["LD_PRELOAD"] = str(library)
    while waiting or running:
        while waiting and len(running) < arguments.processes:
            part = waiting.pop(0)
            place = folder / part
            place.mkdir()
            command = [sys.executable, "-m", "tests.campaign", part, "--within", str(place)]
            for option in ("share", "seed", "minutes"):
                command += [f"--{option}", str(getattr(arguments, option))]
            running[part] = subprocess.Popen(command, cwd=ROOT, env=environment)
        for part, process in list(running.items()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(0.1)
                del running[part]
                if code:
                    print(f"{part} did not come to its end: exit code {code}", file=sys.stderr)
                told = folder / part / "tally.json"
                if told.exists():
                    done.append(Tally(**json.loads(told.read_text())))
    return done


def _library(folder):
    """The library of faults, or None where it can't be built or preloaded."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    library, source = folder / "faults.so", Path(__file__).with_name("faults.c")
    built = subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], capture_output=True
    )
    return library if built.returncode == 0 else None


def _within(arguments):
    """One part, in this process."""
    import numpy as np

    (part,) = arguments.parts
    number, about = PARTS[part]
    number = max(1, round(arguments.share * number))
    module = importlib.import_module(f"tests.campaign.{part}")
    start = time.monotonic()
    tally = Tally(about, latest=start + 60 * arguments.minutes)
    from tests.campaign.kills import fault_library

    rng = np.random.default_rng(arguments.seed)
    folder = (arguments.within / "work").resolve()
    folder.mkdir()
    getattr(module, part)(number, folder, tally, rng, fault_library())
    tally.seconds = time.monotonic() - start
    (arguments.within / "tally.json").write_text(json.dumps(asdict(tally)))
    return 0


def _text(tallies, share, seconds):
    times = ", ".join(f"{one.kind} {one.seconds / 60:.1f} min" for one in tallies)
    return (
        "# Campaign\n\n"
        "What is done to the program, and what must not come of it: `make campaign`. A state is "
        "lost where a run that goes on is not bit for bit the one that nothing happened to.\n\n"
        f"{table(tallies)}\n\n"
        f"{'All attempts' if share == 1 else f'A share of {share:g}'}, as far as 30 min or what "
        f"`--minutes` says took them, {seconds / 60:.1f} min in all: {times}.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
