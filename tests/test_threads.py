"""Blocks and the pool."""

import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.threads import ENVIRONMENT_VARIABLE, Threads, available_threads, blocks


@given(st.integers(0, 1000), st.integers(1, 100))
def test_blocks_cover_a_range_in_order(size, length):
    bounds = blocks(size, length)
    assert [i for start, stop in bounds for i in range(start, stop)] == list(range(size))
    assert all(0 < stop - start <= length for start, stop in bounds)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_task_runs_once(count):
    done, lock = [], threading.Lock()

    def task(a, b):
        with lock:
            done.append((a, b))

    arguments = [(i, i + 1) for i in range(50)]
    Threads(count).run(task, arguments)
    assert sorted(done) == arguments


def test_one_thread_is_the_callers():
    seen = []
    Threads(1).run(lambda _: seen.append(threading.get_ident()), [(0,), (1,)])
    assert seen == [threading.get_ident()] * 2


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_in_a_task_is_raised(count):
    def task(i):
        if i == 3:
            raise ArithmeticError("task 3")

    threads = Threads(count)
    with pytest.raises(ArithmeticError, match="task 3"):
        threads.run(task, [(i,) for i in range(6)])
    threads.run(task, [(0,)])  # and the pool is still there


def test_number_of_threads(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "3")
    assert available_threads() == 3 == Threads().count
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    assert available_threads() >= 1


@pytest.mark.parametrize("wanted", ["0", "-1", "two", "1.5", ""])
def test_impossible_numbers_of_threads(monkeypatch, wanted):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, wanted)
    with pytest.raises(ValueError, match=f"{ENVIRONMENT_VARIABLE}={wanted} is not a positive"):
        available_threads()


def test_no_threads_at_all():
    with pytest.raises(ValueError, match="threads=0 is below 1"):
        Threads(0)


FORKED_TRANSFORM = """
import os, signal
from spectralcmi.grid.harmonics import Harmonics

Harmonics(8, 0).transform
child = os.fork()
if child == 0:
    signal.alarm(60)  # else it waits for threads of its parent, for ever
    Harmonics(9, 0).transform
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_transforms_keep_no_threads_that_a_forked_child_lacks():
    ended = subprocess.run(
        [sys.executable, "-c", FORKED_TRANSFORM], env=two_threads(), capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (0, "0\n"), ended.stderr


def two_threads():
    """Environment in which OpenMP would use two threads."""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    return environment | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "2"}


FORKED = """
import multiprocessing
import spectralcmi as cmi

shell = {"kind": "uniform_shell", "inner_radius": 9.0, "outer_radius": 10.0,
         "magnetic_diffusivity": 1e-3, "hall_prefactor": 1e-3}
case = cmi.Parameters(background=shell, chiral={"enabled": False}, time={"end": 0.5},
                      resolution={"lmax": 8, "radial_order": 24, "radial_grid": "global"})
expected = cmi.run(case)
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.apply(cmi.run, [case]).equals(expected))
"""


@pytest.mark.slow  # two runs in processes of their own, which load everything
def test_a_forked_child_runs_after_its_parent_has_run():
    ended = subprocess.run(
        [sys.executable, "-c", FORKED], env=two_threads(), capture_output=True, text=True,
        timeout=300,  # else it waits for threads of its parent, for ever
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr
