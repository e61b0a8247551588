"""What a case will cost: sizes as they are, memory as it is measured."""

import tracemalloc

import numpy as np
import pytest

from spectralcmi.build import build_equation
from spectralcmi.case.parameters import Parameters
from spectralcmi.runs import cost
from spectralcmi.runs.loop import begun
from spectralcmi.threads import Threads

THREE_D = {"resolution.lmax": 16, "resolution.mmax": 16, "resolution.radial_order": 64}


@pytest.mark.parametrize(
    "changes",
    [
        {"resolution.lmax": 7, "resolution.mmax": 0},
        {"resolution.lmax": 7, "resolution.mmax": 7},
        {"resolution.lmax": 9, "resolution.mmax": 6, "resolution.mres": 3},
    ],
)
def test_sizes_are_those_of_the_equation(changes):
    parameters = Parameters().replace({**changes, "resolution.radial_order": 16})
    size = cost.sizes(parameters.resolution)
    equation = build_equation(parameters, Threads(1))
    assert size.columns == equation.shell.columns.count
    assert size.coefficients == equation.shell.harmonics.size
    assert size.points == equation.shell.basis.points
    # the boundary conditions take a few unknowns
    assert 0.9 * size.unknowns < np.prod(equation.shape) <= size.unknowns


def test_memory_is_what_a_run_takes():
    parameters = Parameters().replace({**THREE_D, "output.snapshot_times": []})
    begun(build_equation(parameters, Threads(1)), parameters)  # loads code, which is no part of it
    tracemalloc.start()
    march = begun(build_equation(parameters, Threads(1)), parameters)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expected = cost.memory(parameters) - cost.LIBRARIES
    # small arrays and tables are not counted, and not all work arrays live at once
    assert 0.75 * taken < expected < 1.3 * taken
    del march


def test_snapshots_take_memory():
    few, many = (
        Parameters().replace({"output.snapshot_times": list(map(float, range(count)))})
        for count in (1, 11)
    )
    # ten of them, kept twice, complex P and T
    assert cost.memory(many) - cost.memory(few) == 10 * 2 * 2 * 16 * 192 * 60


def test_steps_are_exact_where_they_are_fixed():
    assert cost.steps(Parameters().replace({"time.step": 0.25, "time.end": 50.0})) == 200
    assert cost.steps(Parameters()) == pytest.approx(1980)
    # third order: a thousand times the accuracy takes ten times the steps
    assert cost.steps(Parameters().replace({"time.tolerance": 1e-7})) == pytest.approx(19800)


def test_the_time_of_a_step_grows_with_the_work():
    small = Parameters().replace({"resolution.lmax": 4, "resolution.radial_order": 16})
    large = Parameters().replace(THREE_D)
    seconds = [cost.seconds_per_step(p, Threads(1)) for p in (small, large)]
    # 50 times the points on 4 times the shells; any load of the machine is far from making that up
    assert 0 < 5 * seconds[0] < seconds[1]
    assert cost.seconds_of_set_up(small, Threads(1)) > cost.START_UP
