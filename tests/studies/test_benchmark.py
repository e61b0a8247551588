"""The benchmark: its arithmetic and its quick mode; what it measures is for quiet machines."""

import importlib.util
import re
from pathlib import Path

import pytest

STUDY = Path(__file__).parents[2] / "studies" / "benchmark.py"


@pytest.fixture(scope="module")
def benchmark_study():
    specification = importlib.util.spec_from_file_location("benchmark_study", STUDY)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_exponent_of_a_power_law(benchmark_study):
    sizes = [30, 60, 120]
    # exact but for round-off
    assert benchmark_study.exponent(sizes, [s**2.5 for s in sizes]) == pytest.approx(2.5, abs=1e-12)


def test_tasks_take_turns(benchmark_study):
    order = []
    tasks = {name: lambda name=name: order.append(name) for name in "ab"}
    benchmark_study.medians(tasks, 2)
    # twice in each turn: once not timed, once timed
    assert order == ["a", "a", "b", "b"] * 2


def test_quick_mode_prints_the_table(benchmark_study, capsys):
    benchmark_study.main(quick=True)
    table = capsys.readouterr().out
    ratios = re.search(r"right-hand side / bare transforms\s+([\d.]+)\s+([\d.]+)", table)
    # a right-hand side contains its transforms
    assert all(float(ratio) > 1 for ratio in ratios.groups())
    assert "peak memory" in table
