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

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.sparse.linalg import LinearOperator, eigs

from spectralcmi.fields.boundary import Boundaries
from spectralcmi.fields.mode_space import ModeSpace
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.linear.global_problem import evolution_matrix
from spectralcmi.model import InductionModel
from spectralcmi.paper import study
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.terms.ohmic import degree_modes, free_decay
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import Integrator
from spectralcmi.timestepping.schemes import SCHEMES

OUTER = 1.0
BOUNDARIES = Boundaries("perfect_conductor", "potential")
GROWTH_TIMES = 3  # of the fastest plane wave, between one field of the iteration and the next
STEPS, QUICK_STEPS = 60, 20  # in each: an error of fourth order, 1e-8 and 1e-6
#: Change of the rate with more polynomials up to which it is resolved.
RESOLVED = 1e-4
COLUMNS = ("rate_linear_theory", "frequency_linear_theory", "rate_time_loop", "frequency_time_loop")


def profiles(
    radius: np.ndarray, inner: float, k5: float, eta_slope: float, k5_curvature: float
) -> tuple[np.ndarray, np.ndarray]:
    """Magnetic diffusivity and chiral wavenumber at some radii."""
    depth = (radius - inner) / (OUTER - inner)
    return 1 + eta_slope * (OUTER - radius), k5 * (1 - k5_curvature * depth**2)


def linear_theory(
    shell: Shell, diffusivity: np.ndarray, wavenumber: np.ndarray, degree: int
) -> tuple[float, float]:
    """Growth rate and frequency of the fastest mode, from the eigenvalues of a matrix."""
    modes = degree_modes(shell, diffusivity, degree, BOUNDARIES)
    values = np.linalg.eigvals(evolution_matrix(shell, diffusivity, wavenumber, degree, modes))
    fastest = values[np.argmax(values.real)]
    return fastest.real, abs(fastest.imag)


def time_loop(
    shell: Shell, diffusivity: np.ndarray, wavenumber: np.ndarray, degree: int, steps: int
) -> tuple[float, float]:
    """Growth rate and frequency of the fastest mode, from the evolution of fields in time."""
    nothing, threads = np.zeros_like(diffusivity), Threads(1)
    modes = free_decay(shell, diffusivity, BOUNDARIES)
    model = InductionModel(
        ModeSpace(shell, modes, np.zeros(degree), threads),
        LocalCoefficients(diffusivity, nothing, wavenumber, nothing, np.inf, True),
        threads,
    )
    slowest = min(modes.poloidal_rates[-1].min(), modes.toroidal_rates[-1].min())
    growth_time = 1 / max(np.max(diffusivity * wavenumber**2) / 4, slowest)
    until = GROWTH_TIMES * growth_time

    def evolve(column: np.ndarray) -> np.ndarray:
        field = np.zeros(model.shape)
        field[:, -1] = np.ravel(column)
        integrator = Integrator(SCHEMES["ark4"], model, field, step=growth_time / steps)
        while integrator.time < until:
            integrator.accept(integrator.attempt(until))
        return integrator.state[:, -1]

    size = model.shape[0]
    start = np.random.default_rng(0).standard_normal(size)
    operator = LinearOperator((size, size), matvec=evolve, dtype=float)
    factors = eigs(operator, k=2, ncv=12, v0=start, tol=1e-12, return_eigenvectors=False)
    fastest = np.log(factors[np.argmax(np.abs(factors))]) / until
    return fastest.real, abs(fastest.imag)


def compute(
    inner: float = 0.75,
    k5: float = 20.0,
    degree: int = 1,
    radial_order: int = 64,
    eta_slope: float = 0.0,
    k5_curvature: float = 0.0,
    steps: int = STEPS,
) -> xr.Dataset:
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
    shell = Shell(chebyshev_basis(inner, OUTER, radial_order), Harmonics(degree, 0))
    shape = profiles(shell.basis.radius, inner, k5, eta_slope, k5_curvature)
    numbers = (*linear_theory(shell, *shape, degree), *time_loop(shell, *shape, degree, steps))
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


def _check(
    inner: float,
    k5: float,
    degree: int,
    radial_order: int,
    eta_slope: float,
    k5_curvature: float,
    steps: int,
) -> None:
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


def doubt(dataset: xr.Dataset) -> str | None:
    """A line if half as many polynomials again change the rate of linear theory."""
    case = {key: dataset.attrs[key] for key in ("inner", "k5", "eta_slope", "k5_curvature")}
    degree, radial_order = dataset.attrs["degree"], dataset.attrs["radial_order"]
    basis = chebyshev_basis(case["inner"], OUTER, radial_order + radial_order // 2)
    finer = Shell(basis, Harmonics(degree, 0))
    rate, _ = linear_theory(finer, *profiles(basis.radius, **case), degree)
    coarse = float(dataset["rate_linear_theory"])
    if abs(rate - coarse) <= RESOLVED * abs(rate):
        return None
    return (
        f"radial_order={radial_order} does not resolve the fastest mode: "
        f"its rate is {rate:.6g} with {basis.order}"
    )


def report(dataset: xr.Dataset) -> str:
    """The numbers as CSV."""
    return ",".join(COLUMNS) + "\n" + ",".join(f"{float(dataset[name]):.12g}" for name in COLUMNS)


TABLE = study.Table(
    "chiral_growth",
    __doc__,
    compute,
    report,
    options={
        "inner": "inner radius; the outer is 1",
        "k5": "k5 at the inner radius",
        "degree": "degree of the field",
        "radial_order": "radial polynomials",
        "eta_slope": "eta = 1 + slope (1 - r)",
        "k5_curvature": "k5(r) = k5 (1 - curvature ((r - inner)/(1 - inner))^2)",
        "steps": "in a growth time of the fastest plane wave",
    },
    quick={"radial_order": 16, "steps": QUICK_STEPS},
    doubt=doubt,
)
main = TABLE.main

if __name__ == "__main__":
    TABLE.command_line()
