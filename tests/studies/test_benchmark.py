"""The benchmark: its arithmetic and its quick mode; what it measures is for quiet machines."""

from __future__ import annotations

import math
import re
import subprocess
import sys

import pytest

from tests.studies.conftest import FOLDER, load


@pytest.fixture(scope="module")
def benchmark_study():
    return load("benchmark")


def test_exponent_of_a_power_law(benchmark_study):
    sizes = [30, 60, 120]
    # exact but for round-off
    assert benchmark_study.exponent(sizes, [s**2.5 for s in sizes]) == pytest.approx(2.5, abs=1e-12)


def test_tasks_take_turns(benchmark_study):
    order = []
    tasks = {name: lambda name=name: order.append(name) for name in "ab"}
    benchmark_study.measure(tasks, 2)
    # twice in each turn: once not timed, once timed
    assert order == ["a", "a", "b", "b"] * 2


def test_times_are_median_and_minimum_of_the_second_calls(benchmark_study, monkeypatch):
    clock = iter([0.0, 5.0, 10.0, 11.0, 20.0, 22.0])
    monkeypatch.setattr(benchmark_study.time, "perf_counter", lambda: next(clock))
    times = benchmark_study.measure({"a": lambda: None}, 3)["a"]
    assert (times.median, times.minimum) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ({1: 1.0, 2: 2.0, 3: 3.0}, 2 / 3),  # it never falls
        ({1: 1.0, 2: 3.0, 3: 2.0}, 1.5),
        ({1: 9.0, 2: 9.0, 3: 9.0, 4: 9.0, 5: 6.0, 6: 3.0}, 3.0),  # of 2 to 6
        ({1: 9.0, 6: 1.0, 7: 1.0}, 1.0),  # five apart are not neighbours
    ],
)
def test_fall_of_the_cost_to_the_next_four_degrees(costs, expected, benchmark_study):
    assert benchmark_study.fall(costs) == expected


@pytest.mark.parametrize(
    ("bounds", "end"),
    [
        ({"most": 1.5}, "<= 1.5: not met"),
        ({"most": 2.0}, "<= 2: met"),
        ({"least": 1.5}, ">= 1.5: met"),
        ({"least": 2.5}, ">= 2.5: not met"),
        ({}, "1.5 ms"),
    ],
)
def test_a_line_says_whether_what_is_required_is_met(bounds, end, benchmark_study):
    line = str(benchmark_study.Figure("figure", 2.0, 1.5, "ms", **bounds))
    assert re.match(r"  figure +2 +1\.5 ms", line)
    assert line.endswith(end)


def test_memory_is_that_of_a_fresh_process(benchmark_study):
    command = [sys.executable, FOLDER / "benchmark.py", "--memory", "6", "0", "24"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # a state of some kilobytes, and what compiled code takes to load or to compile [GB]
    assert 0.0 < float(printed) < 1.0


def test_quick_mode_prints_the_table(benchmark_study, capsys, monkeypatch):
    # of each case in a process of its own, which the test above has tried
    monkeypatch.setattr(benchmark_study, "memory", lambda lmax, mmax, order: 1e-6 * lmax * order)
    benchmark_study.main(quick=True)
    table = capsys.readouterr().out
    # how large they are depends on what else the machine does
    for name in (
        "right-hand side / bare transforms, 1 thread(s)",
        "right-hand side / bare transforms, 2 thread(s)",
        "speed-up by two threads",
        "set-up",
        "memory of a step",
        "cost(l) / cost(l + 1 .. 4)",
        "dealiasing 3 / dealiasing 2",
        "right-hand side ~ (radial functions)^",
        "right-hand side ~ (lmax)^",
        "memory ~ (lmax)^",
        "outside explicit terms and matrices",
    ):
        values = re.findall(rf"{re.escape(name)} +(\S+)", table)
        assert values, name
        assert all(math.isfinite(float(value)) for value in values)
