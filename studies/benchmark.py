"""Where does the time of a right-hand side go, and how does it grow with resolution?

Expected, with ratios to the bare spherical-harmonic transforms of the same shells, two vector
syntheses and an analysis each:

- explicit terms in three dimensions (lmax = mmax = 60, 192 radial functions): at most 1.45 times
  the bare transforms on one and on two threads, and two threads at least 1.85 times as fast as one;
  axisymmetric at most 2.2 times;
- set-up with its initial field, compilers warm: at most 0.5 s axisymmetric and 1 s in three
  dimensions; all operators for a new magnetic diffusivity at the default size: at most 50 ms;
- axisymmetric with lmax = 1000 and 256 functions: at most 2 GB, 10 s to set up and twice the bare
  transforms;
- no lmax costs more than 1.25 times one of the next four;
- cost no steeper than (radial functions)^1.1;
- at most a tenth of a step in three dimensions outside explicit terms and banded matrices.

Measured on two cores with AVX-512: 1.41 on one thread and 1.48 on two in three dimensions, two
threads 1.89 times as fast as one (68.7 ms); 1.78 and 1.73 axisymmetric (0.9 ms); set-up 0.28 and
0.55 s; new operators 2.0 ms; lmax 1000 with 0.38 GB, 0.32 s and 1.03 times the bare transforms;
no cliff above 1.02; exponent 1.00; 6.5 % of a step elsewhere. What is above the transforms is the
closure of k5 where its cutoff acts, 3 ns a point, and a third of that the radial products. Grids
free of aliasing for products of three fields cost 1.47 times as much, and the ratio is lower.

Run time: a minute and a half on two idle cores; `--quick` some seconds. Each figure is of the
medians of alternating measurements in this one process, with that of the minima beside it: where
they differ, the machine was busy with something else. Prints a table.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import math
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np

from spectralcmi import Parameters
from spectralcmi.build import build_model, build_space
from spectralcmi.grid.harmonics import call_analysis, call_synthesis
from spectralcmi.model import InductionModel
from spectralcmi.runs.initial import initial_field
from spectralcmi.terms.electric_field import TASKS_PER_THREAD
from spectralcmi.threads import Threads, blocks
from spectralcmi.timestepping.integrator import Integrator
from spectralcmi.timestepping.schemes import SCHEMES

THREADS = (1, 2)
Task = Callable[[], object]


class Sizes(NamedTuple):
    """Resolutions, numbers of radial functions and repetitions of a table.

    Attributes
    ----------
    lmax, order, repeats : int
        Degrees, radial functions and measurements of the right-hand sides.
    highest : (int, int)
        Degrees and radial functions of the largest axisymmetric case.
    cliffs : tuple of (range, int)
        Neighbouring lmax, and the radial functions of all of them.
    orders, degrees : tuple of int
        Radial functions at the last but one of the degrees, and degrees at the first of the orders.
    few : int
        Measurements of all else.
    """

    lmax: int
    order: int
    repeats: int
    highest: tuple[int, int]
    cliffs: tuple[tuple[range, int], ...]
    orders: tuple[int, ...]
    degrees: tuple[int, ...]
    few: int


FULL = Sizes(
    lmax=60,
    order=192,
    repeats=9,
    highest=(1000, 256),
    cliffs=((range(56, 67), 96), (range(122, 131), 24)),
    orders=(96, 192, 384),
    degrees=(30, 60, 120),
    few=3,
)
QUICK = Sizes(
    lmax=8,
    order=24,
    repeats=1,
    highest=(24, 24),
    cliffs=((range(6, 9), 24),),
    orders=(24, 48),
    degrees=(6, 8),
    few=1,
)


class Times(NamedTuple):
    """Median and minimum of the times of a task [s]."""

    median: float
    minimum: float


class Figure(NamedTuple):
    """A line of the table.

    Attributes
    ----------
    name : str
    value, best : float
        Of the medians and, where there are any, of the minima.
    unit : str
    most, least : float
        What is required of the value.
    """

    name: str
    value: float
    best: float = math.nan
    unit: str = ""
    most: float = math.inf
    least: float = -math.inf

    def __str__(self) -> str:
        line = f"  {self.name:54s}{self.value:9.4g}"
        line += " " * 9 if math.isnan(self.best) else f"{self.best:9.4g}"
        line += f" {self.unit:3s}"
        for sign, bound in (("<=", self.most), (">=", self.least)):
            if math.isfinite(bound):
                met = "met" if self.least <= self.value <= self.most else "not met"
                line += f" {sign} {bound:g}: {met}"
        return line.rstrip()


def milliseconds(name: str, times: Times, most: float = math.inf) -> Figure:
    """The figure of a time."""
    return Figure(name, 1e3 * times.median, 1e3 * times.minimum, "ms", most)


def ratio(
    name: str, one: Times, other: Times, most: float = math.inf, least: float = -math.inf
) -> Figure:
    """The figure of a ratio of times."""
    best = one.minimum / other.minimum
    return Figure(name, one.median / other.median, best, most=most, least=least)


def measure(tasks: dict[Hashable, Task], repeats: int) -> dict[Hashable, Times]:
    """Times of each task; the tasks take turns so that all see the same machine.

    Each turn is a call that is not timed and one that is: in a run, too, right-hand side follows
    right-hand side, and finds both cores awake and its own data in the caches.
    """
    times: dict[Hashable, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            task()
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    return {name: Times(statistics.median(t), min(t)) for name, t in times.items()}


def medians_and_minima(times: dict[Hashable, Times]) -> tuple[dict[Hashable, float], ...]:
    """The medians alone, and the minima alone."""
    medians = {name: taken.median for name, taken in times.items()}
    return medians, {name: taken.minimum for name, taken in times.items()}


def exponent(sizes: list[int], costs: list[float]) -> float:
    """Slope of log(cost) against log(size)."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def case(lmax: int, mmax: int, order: int, dealiasing: int = 3) -> Parameters:
    """The default case at a resolution, in three dimensions with a small seed of all orders."""
    return Parameters().replace(
        **{
            "resolution.lmax": lmax,
            "resolution.mmax": mmax,
            "resolution.radial_order": order,
            "resolution.dealiasing": dealiasing,
            "initial.perturbation_amplitude": 1e-4 if mmax else 0.0,
        }
    )


def begin(parameters: Parameters, threads: Threads) -> tuple[InductionModel, np.ndarray]:
    """Set-up of a run: its model and initial field."""
    model = build_model(parameters, threads)
    return model, initial_field(parameters, model)


@numba.njit(nogil=True)
def _transform_shells(count, transforms, spectral, spatial):
    configuration, synthesis, analysis = transforms
    for _ in range(count):
        call_synthesis(synthesis, configuration, spectral[0], spatial[0])
        call_synthesis(synthesis, configuration, spectral[1], spatial[1])
        call_analysis(analysis, configuration, spatial[0], spectral[0])


def bare_transforms(model: InductionModel) -> Task:
    """The vector syntheses and analyses of one right-hand side and nothing else."""
    harmonics, points = model.shell.harmonics, model.shell.basis.points
    tasks = model.threads.count * (TASKS_PER_THREAD if harmonics.mmax else 1)

    def shells(start: int, stop: int) -> None:
        spectral = np.full((2, 3, harmonics.transform.nlm), 1e-3, dtype=complex)
        spatial = np.empty((2, 3, harmonics.transform.nspat))
        _transform_shells(stop - start, harmonics.addresses, spectral, spatial)

    return lambda: model.threads.run_compiled(shells, blocks(points, -(-points // tasks)))


def explicit(model: InductionModel, state: np.ndarray) -> Task:
    """The right-hand side: all explicit terms."""
    out = np.empty(model.shape)
    return lambda: model.explicit(0.0, state, out)


def parts(model: InductionModel, state: np.ndarray) -> dict[str, Task]:
    """The parts of the right-hand side and the implicit work of a step."""
    basis, columns = model.shell.basis, model.shell.columns.count
    slots, work = (
        [np.zeros((size, columns)) for size in (basis.poloidal_slots, basis.toroidal_slots)]
        for _ in range(2)
    )
    model.space.to_slots(state, *slots)
    out = np.empty(model.shape)
    steps = itertools.count(1)

    def integrate() -> None:
        model.electric_field.work_on(*work)
        model.space.to_rows(*work, out)

    return {
        "state to slots": lambda: model.space.to_slots(state, *slots),
        "transforms, radial products, Ohm's law": lambda: model.electric_field.evaluate(*slots),
        "work on slots and rows": integrate,
        "implicit terms K y": lambda: model.implicit(0.0, state, out),
        "M y": lambda: model.mass(state, out),
        "solve with factors at hand": lambda: model.solve(1.0, state, out),
        # each step is another, so that no factors are kept
        "solve with new factors": lambda: model.solve(2.0 + 1e-3 * next(steps), state, out),
    }


def right_hand_side(
    parameters: Parameters, repeats: int, most: float, least: float = -math.inf
) -> Iterator[Figure]:
    """Explicit terms against bare transforms on one and two threads, and all parts of a step."""
    tasks: dict[Hashable, Task] = {}
    for count in THREADS:
        model, state = begin(parameters, Threads(count))
        named = {
            "right-hand side": explicit(model, state),
            "bare transforms": bare_transforms(model),
        }
        tasks |= {(name, count): task for name, task in (named | parts(model, state)).items()}
    times = measure(tasks, repeats)
    for count in THREADS:
        name = f"right-hand side / bare transforms, {count} thread(s)"
        yield ratio(name, times["right-hand side", count], times["bare transforms", count], most)
    one, two = (times["right-hand side", count] for count in THREADS)
    yield ratio("right-hand side, speed-up by two threads", one, two, least=least)
    for (name, count), taken in times.items():
        yield milliseconds(f"{name}, {count} thread(s)", taken)


def set_up(sizes: Sizes) -> Iterator[Figure]:
    """Time to the first right-hand side, of a second build: what a compiler does is left out."""
    threads = Threads(THREADS[-1])
    for name, mmax, most in (("axisymmetric", 0, 500.0), ("3D", sizes.lmax, 1000.0)):
        parameters = case(sizes.lmax, mmax, sizes.order)
        tasks = {
            f"{name}: set-up": lambda p=parameters: begin(p, threads),
            f"{name}: of which model": lambda p=parameters: build_model(p, threads),
        }
        times = measure(tasks, sizes.few)
        for (task, taken), bound in zip(times.items(), (most, math.inf), strict=True):
            yield milliseconds(task, taken, bound)


def new_operators(sizes: Sizes) -> Iterator[Figure]:
    """All operators for another eta(r), factors of the mass included, at the default size."""
    parameters, threads = Parameters(), Threads(1)
    model = build_model(parameters, threads)
    local = replace(model.local, magnetic_diffusivity=2 * model.local.magnetic_diffusivity)
    tasks = {0: lambda: build_space(parameters, model.shell, local, threads)}
    name = f"{model.shell.basis.order} functions, lmax = {parameters.resolution.lmax}"
    yield milliseconds(name, measure(tasks, sizes.repeats)[0], 50.0)


def peak_memory() -> float:
    """Largest resident set of this process so far [GB]."""
    status = Path("/proc/self/status")
    if status.is_file():  # the peak that `getrusage` tells of a child includes its parent's
        return float(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1.024e-6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else 1.024e-6 * peak


def memory_of_a_step(parameters: Parameters) -> float:
    """Growth of the resident set of this process by a step [GB]."""
    before = peak_memory()
    model, state = begin(parameters, Threads(THREADS[-1]))
    Integrator(SCHEMES["ark3"], model, state, threads=model.threads).attempt()
    return peak_memory() - before


@functools.cache
def memory(lmax: int, mmax: int, order: int) -> float:
    """Growth of the resident set by a step, in a process of its own [GB]."""
    command = [sys.executable, __file__, "--memory", *map(str, (lmax, mmax, order))]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def highest_degree(sizes: Sizes) -> Iterator[Figure]:
    """An axisymmetric case with many degrees: memory, set-up and right-hand side."""
    lmax, order = sizes.highest
    yield Figure("memory of a step", memory(lmax, 0, order), unit="GB", most=2.0)
    parameters, threads = case(lmax, 0, order), Threads(THREADS[-1])
    started = measure({0: lambda: begin(parameters, threads)}, 1)[0]
    yield milliseconds("set-up", started, 1e4)
    yield from right_hand_side(parameters, sizes.few, 2.0)


def fall(costs: dict[int, float]) -> float:
    """Largest cost of a degree over that of one of the next four."""
    pairs = ((low, low + k) for low in costs for k in range(1, 5) if low + k in costs)
    return max(costs[low] / costs[high] for low, high in pairs)


def cliffs(sizes: Sizes) -> Iterator[Figure]:
    """Whether a smaller lmax can cost more than a larger one."""
    for degrees, order in sizes.cliffs:
        tasks = {lmax: explicit(*begin(case(lmax, lmax, order), Threads(1))) for lmax in degrees}
        times = measure(tasks, sizes.few)
        name = f"lmax {degrees[0]} to {degrees[-1]}: cost(l) / cost(l + 1 .. 4)"
        falls = (fall(costs) for costs in medians_and_minima(times))
        yield Figure(name, *falls, most=1.25)
        for lmax, taken in times.items():
            yield milliseconds(f"lmax = mmax = {lmax}, {order} functions", taken)


def dealiasing(sizes: Sizes) -> Iterator[Figure]:
    """What a grid free of aliasing for products of three fields costs, against two."""
    tasks = {
        k: explicit(*begin(case(sizes.lmax, sizes.lmax, sizes.order, k), Threads(1)))
        for k in (2, 3)
    }
    times = measure(tasks, sizes.few)
    yield ratio("right-hand side, dealiasing 3 / dealiasing 2", times[3], times[2])


def scaling(sizes: Sizes) -> Iterator[Figure]:
    """Growth of cost and memory with the number of radial functions and with lmax."""
    few, middle = sizes.orders[0], sizes.degrees[-2]
    yield from growth("radial functions", [(middle, n) for n in sizes.orders], sizes.few, 1.1)
    yield from growth("lmax", [(lmax, few) for lmax in sizes.degrees], sizes.few)


def growth(
    name: str, cases: list[tuple[int, int]], repeats: int, most: float = math.inf
) -> Iterator[Figure]:
    """Cost and memory of cases in three dimensions, given by lmax and radial functions."""
    tasks: dict[Hashable, Task] = {}
    for lmax, order in cases:
        model, state = begin(case(lmax, lmax, order), Threads(1))
        # the number of functions is only about that asked for
        tasks[lmax, model.shell.basis.order] = explicit(model, state)
    times = measure(tasks, repeats)
    grown = [lmax if name == "lmax" else order for lmax, order in times]
    used = [memory(lmax, lmax, order) for lmax, order in cases]
    slopes = (exponent(grown, list(costs.values())) for costs in medians_and_minima(times))
    yield Figure(f"right-hand side ~ ({name})^", *slopes, most=most)
    yield Figure(f"memory ~ ({name})^", exponent(grown, used))
    for ((lmax, order), taken), gigabytes in zip(times.items(), used, strict=True):
        yield milliseconds(f"lmax = mmax = {lmax}, {order} functions", taken)
        yield Figure("  memory of a step", gigabytes, unit="GB")


def step(sizes: Sizes) -> Iterator[Figure]:
    """Time of a step in three dimensions, and its share outside the model."""
    model, state = begin(case(sizes.lmax, sizes.lmax, sizes.order), Threads(THREADS[-1]))
    inside = 0.0

    def timed(method: Callable) -> Callable:
        def call(*arguments: object) -> object:
            nonlocal inside
            start = time.perf_counter()
            result = method(*arguments)
            inside += time.perf_counter() - start
            return result

        return call

    for name in ("explicit", "implicit", "mass", "solve"):
        setattr(model, name, timed(getattr(model, name)))
    integrator = Integrator(SCHEMES["ark3"], model, state, threads=model.threads)
    integrator.accept(integrator.attempt())
    lengths, shares = [], []
    for _ in range(sizes.few):
        inside, start = 0.0, time.perf_counter()
        attempted = integrator.attempt()
        integrator.accept(attempted)
        elapsed = time.perf_counter() - start
        lengths.append(elapsed / (1 + attempted.rejected))
        shares.append(1 - inside / elapsed)
    yield milliseconds("a step of ark3", Times(statistics.median(lengths), min(lengths)))
    outside = "outside explicit terms and matrices"
    yield Figure(outside, 100 * statistics.median(shares), 100 * min(shares), "%", 10.0)


def main(quick: bool = False) -> None:
    """Print the table."""
    sizes = QUICK if quick else FULL
    lmax, order = sizes.lmax, sizes.order
    three, flat = case(lmax, lmax, order), case(lmax, 0, order)
    sections = {
        f"3D, lmax = mmax = {lmax}, {order} functions": right_hand_side(
            three, sizes.repeats, 1.45, 1.85
        ),
        f"axisymmetric, lmax = {lmax}, {order} functions": right_hand_side(
            flat, 10 * sizes.repeats, 2.2
        ),
        "set-up, two threads": set_up(sizes),
        "all operators for a new eta(r), axisymmetric default": new_operators(sizes),
        "axisymmetric, lmax = {}, {} functions".format(*sizes.highest): highest_degree(sizes),
        "steps down in cost, 3D, one thread": cliffs(sizes),
        "dealiasing, 3D, one thread": dealiasing(sizes),
        "scaling, 3D, one thread": scaling(sizes),
        "step, 3D, two threads": step(sizes),
    }
    print(f"  {'':54s}{'median':>9s}{'minimum':>9s}     required")
    for title, figures in sections.items():
        print(f"\n{title}")
        for figure in figures:
            print(figure, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, for a test")
    parser.add_argument(
        "--memory",
        nargs=3,
        type=int,
        metavar=("LMAX", "MMAX", "FUNCTIONS"),
        help="print the memory of a step of one case [GB] instead",
    )
    arguments = parser.parse_args()
    if arguments.memory:
        print(memory_of_a_step(case(*arguments.memory)))
    else:
        main(arguments.quick)
