"""Where does the time of a right-hand side go, and how does it grow with resolution?

Expected: in three dimensions (lmax = mmax = 60, radial order 192) one evaluation of the explicit
terms costs at most 1.8 times the bare spherical-harmonic transforms it needs, two threads are at
least 1.8 times as fast as one, and at most a tenth of a step is spent outside transforms, matrix
products and the pointwise kernel. Measured on one and on two threads of a processor with AVX-512:
1.71 to 1.78 and 1.75 to 1.86, in the middle 1.79; with AVX2, where the transforms take twice as
long, 1.52 and 1.71 before the products by degree were sped up. The matrix products, at 35 to 50
Gflop/s of the 53 that a core has, make up 0.55 of the bare transforms, the pointwise kernel 0.15
(half of it the eighth root of the smooth cutoff, which divisions, series and branches by block all
take in the same time) and the copies between the orders of columns and of SHTns 0.06. Two threads
are 1.85 to 1.95 times as fast as one in three dimensions; in axisymmetry, where a right-hand side
takes 5 ms, hardly at all.

Run time: a minute on two idle cores; `--quick` a few seconds. Ratios are of medians of
alternating measurements in this one process. Prints a table.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable, Hashable

import numba
import numpy as np

from spectralcmi import Parameters
from spectralcmi.build import build_equation
from spectralcmi.grid.harmonics import call_analysis, call_synthesis
from spectralcmi.model import InductionEquation
from spectralcmi.runs.initial import initial_field
from spectralcmi.threads import Threads, blocks
from spectralcmi.timestepping.integrator import SCHEMES, Integrator

#: Shells handed to a thread at a time, as in the right-hand side.
SHELLS_PER_TASK = 24


def three_dimensional(lmax: int, radial_order: int) -> Parameters:
    """The default case in three dimensions with a small non-axisymmetric seed."""
    return Parameters().replace(
        **{
            "resolution.lmax": lmax,
            "resolution.mmax": lmax,
            "resolution.radial_order": radial_order,
            "initial.perturbation_amplitude": 1e-4,
        }
    )


@numba.njit(nogil=True)
def _transform_shells(count, configuration, synthesis, analysis, spectral, spatial):
    for _ in range(count):
        call_synthesis(synthesis, configuration, spectral[0], spatial[0])
        call_synthesis(synthesis, configuration, spectral[1], spatial[1])
        call_analysis(analysis, configuration, spatial[0], spectral[0])


def bare_transforms(equation: InductionEquation) -> Callable[[], None]:
    """The vector syntheses and analyses of one right-hand side and nothing else."""
    harmonics, points = equation.shell.harmonics, equation.shell.basis.points

    def shells(start: int, stop: int) -> None:
        spectral = np.full((2, 3, harmonics.transform.nlm), 1e-3, dtype=complex)
        spatial = np.empty((2, 3, harmonics.transform.nspat))
        _transform_shells(stop - start, *harmonics.addresses, spectral, spatial)

    return lambda: equation.threads.run(shells, blocks(points, SHELLS_PER_TASK))


def medians(tasks: dict[Hashable, Callable[[], object]], repeats: int) -> dict[Hashable, float]:
    """Median time [s] of each task; the tasks take turns so that all see the same machine.

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
    return {name: statistics.median(values) for name, values in times.items()}


def phases(equation: InductionEquation, state: np.ndarray) -> dict[str, Callable[[], object]]:
    """The right-hand side, its parts and the bare transforms, as tasks."""
    out = np.empty(equation.shape)
    return {
        "right-hand side": lambda: equation.explicit_terms(state, out),
        "bare transforms": bare_transforms(equation),
        "modes to shells (BLAS)": lambda: equation.to_shells(state),
        "shells: transforms and products": equation.electric_field.multiply,
        "shells to modes (BLAS)": lambda: equation.to_modes(state, out),
    }


def peak_memory() -> float:
    """Largest resident memory of this process so far [GB]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else peak / 1e6


def work_memory(equation: InductionEquation, integrator: Integrator | None = None) -> float:
    """Memory of the arrays that grow with the resolution [GB]: matrices and work space."""
    size, points = equation.shell.columns.count, equation.shell.basis.points
    modes = equation.modes
    matrices = 2 * modes.poloidal.size + modes.poloidal.shape[0] * modes.poloidal_modes * points
    state = np.prod(equation.shape)
    stages = 2 * SCHEMES["ark3"].stages + 3
    return 8e-9 * float(matrices + 8 * points * size + stages * state)


def time_cases(
    parameters: Parameters, threads: tuple[int, ...], repeats: int
) -> list[dict[str, float]]:
    """Set-up, right-hand side and its parts of one case [s], for each number of threads in turn."""
    results, tasks = [], {}
    for count in threads:
        start = time.perf_counter()
        equation = build_equation(parameters, Threads(count))
        state = initial_field(parameters, equation)
        setup = time.perf_counter() - start
        results.append({"set-up": setup, "memory": work_memory(equation)})
        tasks |= {(count, name): task for name, task in phases(equation, state).items()}
    for (count, name), seconds in medians(tasks, repeats).items():
        results[threads.index(count)][name] = seconds
    return results


def share_outside(parameters: Parameters, threads: int, steps: int) -> tuple[float, float]:
    """Time of a step [s], and the share of it outside the parts of the right-hand side."""
    equation = build_equation(parameters, Threads(threads))
    inside = [0.0]

    def timed(function: Callable) -> Callable:
        def call(*arguments):
            start = time.perf_counter()
            result = function(*arguments)
            inside[0] += time.perf_counter() - start
            return result

        return call

    equation.to_shells = timed(equation.to_shells)
    equation.electric_field.multiply = timed(equation.electric_field.multiply)
    equation.to_modes = timed(equation.to_modes)
    integrator = Integrator(
        SCHEMES["ark3"],
        equation,
        initial_field(parameters, equation),
        threads=equation.threads,
    )
    integrator.advance(1.0)
    inside[0], start = 0.0, time.perf_counter()
    tried = integrator.steps + integrator.rejected
    while integrator.steps + integrator.rejected < tried + steps:
        integrator.advance(300.0)
    elapsed = time.perf_counter() - start
    tried = integrator.steps + integrator.rejected - tried
    return elapsed / tried, 1 - inside[0] / elapsed


def exponent(sizes: list[int], times: list[float]) -> float:
    """Slope of log(time) against log(size)."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def print_case(title: str, one: dict[str, float], two: dict[str, float] | None) -> None:
    """One block of the table: milliseconds on one and on two threads."""
    print(f"\n{title}")
    print(f"  {'':42s}{'1 thread':>12s}" + (f"{'2 threads':>12s}{'speed-up':>10s}" if two else ""))
    for name, seconds in one.items():
        if name == "memory":
            print(f"  {'arrays that grow with resolution':42s}{seconds:9.2f} GB")
            continue
        unit, scale = ("s ", 1.0) if name == "set-up" else ("ms", 1e3)
        line = f"  {name:42s}{scale * seconds:9.1f} {unit}"
        if two:
            line += f"{scale * two[name]:9.1f} {unit}{seconds / two[name]:10.2f}"
        print(line)
    ratios = [case["right-hand side"] / case["bare transforms"] for case in (one, two) if case]
    print(f"  {'right-hand side / bare transforms':42s}" + "".join(f"{r:12.2f}" for r in ratios))


def scaling(sizes: list[tuple[int, int]], threads: int, repeats: int) -> None:
    """Cost and memory against lmax and radial order, with fitted exponents."""
    print(f"\nscaling of the 3D right-hand side, {threads} thread(s)")
    heads = {"lmax": 6, "order": 7, "set-up": 10, "rhs": 12, "transforms": 12, "memory": 10}
    print("  " + "".join(f"{head:>{width}s}" for head, width in heads.items()))
    cases = {}
    for lmax, order in sizes:
        (result,) = time_cases(three_dimensional(lmax, order), (threads,), repeats)
        cases[lmax, order] = result
        print(
            f"  {lmax:6d}{order:7d}{result['set-up']:8.1f} s"
            f"{1e3 * result['right-hand side']:9.1f} ms"
            f"{1e3 * result['bare transforms']:9.1f} ms{result['memory']:7.2f} GB"
        )
    for name, index in (("lmax", 0), ("radial order", 1)):
        fixed = statistics.mode(size[1 - index] for size in sizes)
        chosen = sorted(size for size in sizes if size[1 - index] == fixed)
        values = [size[index] for size in chosen]
        times = [cases[size]["right-hand side"] for size in chosen]
        memories = [cases[size]["memory"] for size in chosen]
        print(
            f"  right-hand side ~ ({name})^{exponent(values, times):.2f}, "
            f"memory ~ ({name})^{exponent(values, memories):.2f}"
        )


def main(quick: bool = False) -> None:
    """Print the table."""
    lmax, order, repeats = (12, 32, 2) if quick else (60, 192, 9)
    parameters = three_dimensional(lmax, order)
    threads = 2
    one, two = time_cases(parameters, (1, threads), repeats)
    print_case(f"3D, lmax = mmax = {lmax}, radial order {order}", one, two)
    axisymmetric = parameters.replace(**{"resolution.mmax": 0})
    one, two = time_cases(axisymmetric, (1, threads), repeats)
    print_case(f"axisymmetric, lmax = {lmax}, radial order {order}", one, two)
    step, outside = share_outside(parameters, threads, 2 if quick else 5)
    print(f"\n3D step on {threads} threads: {1e3 * step:.0f} ms, outside transforms,")
    print(f"matrix products and the pointwise kernel {100 * outside:.1f} %")
    sizes = (
        [(8, 32), (12, 32), (12, 24)]
        if quick
        else [(30, 192), (60, 192), (120, 192), (60, 96), (60, 384)]
    )
    scaling(sizes, threads, 1 if quick else 3)
    print(f"\npeak memory of this process: {peak_memory():.2f} GB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, for a test")
    main(parser.parse_args().quick)
