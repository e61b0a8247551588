"""What a case will cost, before it runs: memory from sizes, time from a quick measurement."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass

import numpy as np

from spectralcmi.case.parameters import Parameters, Resolution
from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.model import InductionEquation
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.terms.ohmic import degree_modes, free_decay
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import SCHEMES

#: Memory of the interpreter and the libraries [bytes], measured.
LIBRARIES = 2.7e8
#: Time to load compiled code and to build all but the modes [s], measured.
START_UP = 0.5
#: Time between the evaluations of a step, whatever the resolution [s], measured.
BETWEEN_EVALUATIONS = 1.5e-3
#: Steps a year of the paper's run to 300 yr, which the others are told by.
USUAL_STEPS_PER_YEAR = 6.6
#: Radial order of the shell on which the transforms are timed.
TIMED_ORDER = 24


@dataclass(frozen=True)
class Sizes:
    """Numbers that memory and time depend on.

    Attributes
    ----------
    degrees, order, points, coefficients, columns : int
        Degrees, Chebyshev polynomials, quadrature shells, and complex and real coefficients of a
        polynomial.
    """

    degrees: int
    order: int
    points: int
    coefficients: int
    columns: int

    @property
    def unknowns(self) -> int:
        """Size of the state: poloidal and toroidal."""
        return 2 * self.order * self.columns


def sizes(resolution: Resolution) -> Sizes:
    """Sizes of a case.

    Parameters
    ----------
    resolution : Resolution

    Returns
    -------
    Sizes
    """
    lmax, mmax, mres = resolution.lmax, resolution.mmax, resolution.mres
    # an order has the degrees from itself to lmax, and two real columns for each but m = 0
    with_order = sum(lmax - order + 1 for order in range(mres, mmax + 1, mres))
    points = 2 * int(np.ceil(0.75 * resolution.radial_order))
    return Sizes(lmax, resolution.radial_order, points, lmax + with_order, lmax + 2 * with_order)


def memory(parameters: Parameters) -> float:
    """Memory that a run takes [bytes], the libraries' included.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    float
    """
    size, stages = sizes(parameters.resolution), SCHEMES[parameters.time.scheme].stages
    modes = size.degrees * size.order * (2 * size.order + size.points)
    electric_field = 8 * size.points * size.columns
    # tendency and value of each stage; state, new state, three sets of rates, coefficients
    integrator = (2 * stages + 6) * size.unknowns
    # complex P and T on the storage radii, in the record and in the dataset
    snapshots = 2 * len(parameters.snapshot_times()) * 2 * 2 * size.order * size.coefficients
    return LIBRARIES + 8.0 * (modes + electric_field + integrator + snapshots)


def seconds_of_set_up(parameters: Parameters, threads: Threads | None = None) -> float:
    """Time before the first step [s], most of it the free-decay modes, timed for one degree.

    Parameters
    ----------
    parameters : Parameters
    threads : Threads, optional
        Default: all cores available.

    Returns
    -------
    float
    """
    threads = threads or Threads()
    size = sizes(parameters.resolution)
    basis = radial_basis(0.75, 1.0, size.order)
    one = np.ones(basis.points)
    start = clock.perf_counter()
    degree_modes(basis, one, 1, "perfect_conductor", "potential")
    one_degree = clock.perf_counter() - start
    return START_UP + size.degrees * one_degree / min(threads.count, size.degrees)


def seconds_per_step(parameters: Parameters, threads: Threads | None = None) -> float:
    """Time that a step takes on this machine [s], from a measurement of part of a second.

    Parameters
    ----------
    parameters : Parameters
    threads : Threads, optional
        Default: all cores available.

    Returns
    -------
    float
        Without rejected steps; good to about a third.

    Notes
    -----
    The transforms and products on a shell are timed on few shells of the same degrees and orders,
    and the radial products by one of the same shape.
    """
    threads = threads or Threads()
    size, scheme = sizes(parameters.resolution), SCHEMES[parameters.time.scheme]
    equation = _few_shells(parameters.resolution, threads)
    state, out = np.ones(equation.shape), np.empty(equation.shape)
    few = _shortest(lambda: equation.explicit_terms(state, out))
    on_shells = few * size.points / equation.shell.basis.points
    evaluation = on_shells + _radial_products(size) / threads.count
    return BETWEEN_EVALUATIONS + scheme.stages * evaluation


def steps(parameters: Parameters) -> float:
    """Number of steps: exact for a fixed step, else that of the paper's run a year.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    float
    """
    time = parameters.time
    if time.step > 0:
        return time.end / time.step
    order = SCHEMES[time.scheme].order
    return time.end * USUAL_STEPS_PER_YEAR * (1e-4 / time.tolerance) ** (1 / order)


def _few_shells(resolution: Resolution, threads: Threads) -> InductionEquation:
    """An equation of the same degrees and orders on few shells."""
    basis = radial_basis(0.75, 1.0, TIMED_ORDER)
    one = np.ones(basis.points)
    shell = Shell(basis, Harmonics(resolution.lmax, resolution.mmax, resolution.mres))
    modes = free_decay(basis, one, resolution.lmax, threads=threads)
    local = LocalCoefficients(one, one, one, one, 1.0, True)
    return InductionEquation(shell, modes, local, 0.0, threads)


def _radial_products(size: Sizes) -> float:
    """Time of the radial products on one thread [s]."""
    width = min(size.columns, 480)
    left, right = np.ones((size.points, size.order // 2)), np.ones((size.order // 2, width))
    out = np.empty((size.points, width))
    rate = (
        2
        * size.points
        * (size.order // 2)
        * width
        / _shortest(lambda: np.matmul(left, right, out=out))
    )
    common = 7 * size.points * size.order * size.columns
    per_degree = 2 * size.order * (3 * size.order + size.points) * size.columns
    return (common + per_degree) / rate


def _shortest(work) -> float:
    """Shortest time of a few calls [s]; the first, which may compile, is not counted."""
    work()
    times = []
    for _ in range(3):
        start = clock.perf_counter()
        work()
        times.append(clock.perf_counter() - start)
    return min(times)
