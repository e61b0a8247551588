"""Workers of a scan that are killed while they work."""

import contextlib
import os
import signal
import threading
import time
from types import SimpleNamespace

import numpy as np

from spectralcmi.case.case_file import load_parameters
from spectralcmi.runs.dataset import open_run
from spectralcmi.scans.plan import grid
from spectralcmi.scans.points import SchedulerLostError, local_client
from spectralcmi.scans.run import run_plan
from tests.campaign.attempts import fresh
from tests.campaign.cases import UNIFORM, require, run

FIELDS = tuple(1e12 * (1 + 0.1 * i) for i in range(4))
#: A point that workers were killed at three times in a row is given up; the same scan goes on.
LARGEST_NUMBER_OF_SCANS = 20
#: Between two kills [s]: a worker needs two to start, and a point about one.
PAUSES = (0.2, 2.5)


def workers(number, folder, tally, rng, library):
    """Kill so many workers; the scans go on until they are what no kill has touched."""
    case = folder / "case.toml"
    case.write_text(UNIFORM)
    base = load_parameters(
        case, {"output.checkpoint_interval": 1e-6, "output.series_interval": 1.0}
    )
    expected = []
    for i, field in enumerate(FIELDS):
        whole = folder / f"whole{i}.nc"
        require(*run(case, whole, "--initial.polar_field", field))
        expected.append(open_run(whole))
    plan = grid(base, {"initial.polar_field": FIELDS})
    while tally.wants(number):
        # a cluster whose processes were killed too early may be of no use afterwards
        with contextlib.suppress(SchedulerLostError), local_client(plan, workers=2) as client:
            client.wait_for_workers(2)
            while tally.wants(number):
                _one_scan(plan, client, fresh(folder / "points"), number, tally, rng, expected)


def _one_scan(plan, client, folder, number, tally, rng, expected):
    """A scan during which workers are killed, again and again until it is complete."""
    for _ in range(LARGEST_NUMBER_OF_SCANS):
        with _killing(client, number, tally, rng):
            table = run_plan(plan, client, folder)
        statuses = set(table["status"].values.tolist())
        if not statuses & {"given up", "failed"}:
            break
    rms = table["rms_field"].values if "rms_field" in table else None
    for i, whole in enumerate(expected):
        is_same = rms is not None and np.array_equal(rms[i], whole["rms_field"])
        if not is_same:
            tally.wrong["lost"] += 1
            tally.findings.append(f"{tally.kind}: point {i} is {table['status'].values.tolist()}")


@contextlib.contextmanager
def _killing(client, number, tally, rng):
    """Kill workers at random until the block ends, or enough are killed."""
    is_over = threading.Event()
    pauses = rng.uniform(*PAUSES, size=1000)

    def kill():
        for pause in pauses:
            if is_over.wait(pause) or not tally.wants(number):
                return
            process = _worker(client, rng)
            if process is None:
                continue
            started = time.monotonic()
            os.kill(process, signal.SIGKILL)
            tally.count(_killed(time.monotonic() - started), set(), "a worker")

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _killed(seconds):
    """What is known of a worker that was killed."""
    return SimpleNamespace(
        end="killed", wrong=set(), memory=0.0, seconds=seconds, stderr="", code=-signal.SIGKILL
    )


def _worker(client, rng):
    """Process of a worker that is at work, None where there is none."""
    nannies = [one for one in client.cluster.workers.values() if one.process is not None]
    processes = [one.pid for one in nannies if one.pid is not None]
    return int(rng.choice(processes)) if processes else None
