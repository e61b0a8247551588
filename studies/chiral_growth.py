"""Does the chiral magnetic instability grow in the time loop as linear theory has it?

A shell inner < r < 1 with a perfect conductor inside and a potential field outside, magnetic
diffusivity eta = 1 + slope (1 - r) and k5(r) = k5 (1 - curvature ((r - inner)/(1 - inner))^2).

Linear theory: the eigenvalues of the matrix of Ohmic decay and the chiral term
(`spectralcmi.eigenmodes`). Time loop: the growth factors over some time of whatever field, found by
applying the time loop again and again to what its result has not in common with earlier ones
(Arnoldi iteration). No matrix of the equation enters there.

Expected: both agree to 1e-7 or better, and for --inner 0.75 and uniform coefficients with the exact
rates 20.59735, 16.89802, 12.27302 (k5 = 20) and 269.8579, 272.5154, 275.9317 (k5 = 40) of degrees
1, 2 and 3. Waves travel in radius: there is a frequency.

Run time: 8 s; longer where many modes grow alike, 30 s with k5 = 200.

    python studies/chiral_growth.py --inner 0.75 --k5 20 --degree 1 --radial-order 64
    python studies/chiral_growth.py --k5 40 --eta-slope 8 --k5-curvature 0.5
"""

import argparse
import sys

import numpy as np
import xarray as xr
from scipy.sparse.linalg import LinearOperator, eigs

from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.linear.eigenmodes import evolution_matrix
from spectralcmi.model import InductionEquation
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.terms.ohmic import degree_modes, free_decay
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import SCHEMES, Integrator

OUTER = 1.0
BOUNDARIES = "perfect_conductor", "potential"
GROWTH_TIMES = 3  # of the fastest plane wave, between one field of the iteration and the next
STEPS, QUICK_STEPS = 60, 20  # in each: an error of fourth order, 1e-8 and 1e-6
#: Change of the rate with more polynomials up to which it is resolved.
RESOLVED = 1e-4
COLUMNS = ("rate_linear_theory", "frequency_linear_theory", "rate_time_loop", "frequency_time_loop")


def profiles(radius, inner, k5, eta_slope, k5_curvature):
    """Magnetic diffusivity and chiral wavenumber at some radii."""
    depth = (radius - inner) / (OUTER - inner)
    return 1 + eta_slope * (OUTER - radius), k5 * (1 - k5_curvature * depth**2)


def linear_theory(basis, diffusivity, wavenumber, degree):
    """Growth rate and frequency of the fastest mode, from the eigenvalues of a matrix."""
    modes = degree_modes(basis, diffusivity, degree, *BOUNDARIES)
    values = np.linalg.eigvals(evolution_matrix(basis, diffusivity, wavenumber, degree, modes))
    fastest = values[np.argmax(values.real)]
    return fastest.real, abs(fastest.imag)


def time_loop(basis, diffusivity, wavenumber, degree, steps):
    """Growth rate and frequency of the fastest mode, from the evolution of fields in time."""
    nothing = np.zeros_like(diffusivity)
    equation = InductionEquation(
        Shell(basis, Harmonics(degree, 0)),
        free_decay(basis, diffusivity, degree, *BOUNDARIES),
        LocalCoefficients(diffusivity, nothing, wavenumber, nothing, np.inf, True),
        threads=Threads(1),
    )
    slowest = equation.ohmic_rates[:, -1].min()
    growth_time = 1 / max(np.max(diffusivity * wavenumber**2) / 4, slowest)
    until = GROWTH_TIMES * growth_time

    def evolve(column):
        field = np.zeros(equation.shape)
        field[:, -1] = np.ravel(column)
        integrator = Integrator(SCHEMES["ark4"], equation, field, step=growth_time / steps)
        while integrator.time < until:
            integrator.advance(until)
        return integrator.state[:, -1]

    size = equation.shape[0]
    start = np.random.default_rng(0).standard_normal(size)
    operator = LinearOperator((size, size), matvec=evolve, dtype=float)
    factors = eigs(operator, k=2, ncv=12, v0=start, tol=1e-12, return_eigenvectors=False)
    fastest = np.log(factors[np.argmax(np.abs(factors))]) / until
    return fastest.real, abs(fastest.imag)


def compute(
    inner=0.75, k5=20.0, degree=1, radial_order=64, eta_slope=0.0, k5_curvature=0.0, steps=STEPS
):
    """Rate and frequency of the fastest mode, twice.

    Parameters
    ----------
    inner : float
        Inner radius, in units of the outer one.
    k5 : float
        Chiral wavenumber at the inner radius, times the outer radius.
    degree : int
    radial_order : int
        Number of radial polynomials.
    eta_slope, k5_curvature : float
        See above.
    steps : int
        Time steps in a growth time of the fastest plane wave.

    Returns
    -------
    xarray.Dataset
        The variables of `COLUMNS`, in units of the diffusivity at the outer radius.

    Raises
    ------
    ValueError
        Where there is no such shell or degree.
    """
    _check(inner, k5, degree, radial_order, eta_slope, k5_curvature, steps)
    basis = radial_basis(inner, OUTER, radial_order)
    shape = profiles(basis.radius, inner, k5, eta_slope, k5_curvature)
    numbers = (*linear_theory(basis, *shape, degree), *time_loop(basis, *shape, degree, steps))
    units = {"units": "magnetic_diffusivity(outer_radius)/outer_radius^2"}
    return xr.Dataset(
        {name: ((), number, units) for name, number in zip(COLUMNS, numbers, strict=True)},
        attrs={
            "inner": inner,
            "k5": k5,
            "degree": degree,
            "radial_order": radial_order,
            "eta_slope": eta_slope,
            "k5_curvature": k5_curvature,
        },
    )


def _check(inner, k5, degree, radial_order, eta_slope, k5_curvature, steps):
    if not 0 < inner < OUTER:
        raise ValueError(f"inner={inner:g} is not between 0 and {OUTER:g}")
    for name, value in (("k5", k5), ("eta_slope", eta_slope), ("k5_curvature", k5_curvature)):
        if not np.isfinite(value):
            raise ValueError(f"{name}={value} is not finite")
    if degree < 1:
        raise ValueError(f"degree={degree} is below 1")
    if radial_order < 8:
        raise ValueError(f"radial_order={radial_order} is below 8")
    if steps < 1:
        raise ValueError(f"steps={steps} is below 1")
    if 1 + eta_slope * (OUTER - inner) <= 0:
        raise ValueError(f"eta_slope={eta_slope:g} makes the diffusivity negative at the bottom")


def tell_whether_resolved(dataset):
    """Say on stderr if half as many polynomials again change the rate of linear theory."""
    case = {key: dataset.attrs[key] for key in ("inner", "k5", "eta_slope", "k5_curvature")}
    degree, radial_order = dataset.attrs["degree"], dataset.attrs["radial_order"]
    finer = radial_basis(case["inner"], OUTER, radial_order + radial_order // 2)
    rate, _ = linear_theory(finer, *profiles(finer.radius, **case), degree)
    coarse = float(dataset["rate_linear_theory"])
    if abs(rate - coarse) > RESOLVED * abs(rate):
        print(
            f"chiral_growth: radial_order={radial_order} does not resolve the fastest mode: "
            f"its rate is {rate:.6g} with {finer.order}",
            file=sys.stderr,
        )


def print_table(dataset):
    """Print the numbers as CSV."""
    print(",".join(COLUMNS))
    print(",".join(f"{float(dataset[name]):.12g}" for name in COLUMNS))


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inner", type=float, default=0.75, help="inner radius; the outer is 1")
    parser.add_argument("--k5", type=float, default=20.0, help="k5 at the inner radius")
    parser.add_argument("--degree", type=int, default=1)
    parser.add_argument("--radial-order", type=int, default=64, help="radial polynomials")
    parser.add_argument("--eta-slope", type=float, default=0.0, help="eta = 1 + slope (1 - r)")
    parser.add_argument(
        "--k5-curvature",
        type=float,
        default=0.0,
        help="k5(r) = k5 (1 - curvature ((r - inner)/(1 - inner))^2)",
    )
    parser.add_argument(
        "--steps", type=int, default=STEPS, help="in a growth time of the fastest plane wave"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"radial order 16 and {QUICK_STEPS} steps"
    )
    return vars(parser.parse_args())


def main(quick=False, **options):
    """Compute and print."""
    if quick:
        options |= {"radial_order": 16, "steps": QUICK_STEPS}
    dataset = compute(**options)
    print_table(dataset)
    tell_whether_resolved(dataset)


if __name__ == "__main__":
    try:
        main(**arguments())
    except ValueError as error:
        print(f"chiral_growth: {error}", file=sys.stderr)
        sys.exit(2)
