"""Does Ohmic decay in a uniform shell proceed at the exact rates?

A field that is an exact free-decay mode (spherical Bessel functions) of the shell inner < r < 1 of
magnetic diffusivity 1 is put on the radial polynomials and evolved in time; its energy falls as
exp(-2 rate t). The exact rate is q^2 with q a zero of the determinant of both boundary conditions:
poloidal: P = 0 inside and a potential field outside; toroidal: a perfect conductor inside, d(rT)/dr
= 0, or T = 0 with --inner-boundary zero_toroidal, and T = 0 outside.

Expected: relative errors that fall exponentially with the radial order, to 1e-11 of the time
stepping; for --inner 0.75 the square roots of the rates are 7.0327 (poloidal, degree 1) and 6.5157
(toroidal).

Run time: 1 s.

    python studies/free_decay.py --inner 0.75 --degree 3 --kind poloidal --radial-order 48
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr
from scipy.optimize import brentq
from scipy.special import spherical_jn, spherical_yn

from spectralcmi import Parameters
from spectralcmi.build import build_model
from spectralcmi.fields.state import state_from_storage
from spectralcmi.model import InductionModel
from spectralcmi.paper import study
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import Integrator
from spectralcmi.timestepping.schemes import SCHEMES

Radial = Callable[..., float | np.ndarray]
"""f(degree, q r, derivative): a spherical Bessel function."""
Condition = Callable[[Radial, int, float, float], float | np.ndarray]
Kind = Literal["poloidal", "toroidal"]
InnerBoundary = Literal["perfect_conductor", "zero_toroidal"]

OUTER = 1.0
COLUMNS = ("degree", "mode", "measured_rate", "exact_rate", "relative_error")
STEPS = 200  # over one decay time: an error of fourth order, (1/200)^4/1000


def value(f: Radial, degree: int, q: float, r: float) -> float | np.ndarray:
    """f_l(q r)."""
    return f(degree, q * r)


def slope_of_product(f: Radial, degree: int, q: float, r: float) -> float | np.ndarray:
    """d(r f_l(q r))/dr."""
    return f(degree, q * r) + q * r * f(degree, q * r, derivative=True)


def potential(f: Radial, degree: int, q: float, r: float) -> float | np.ndarray:
    """df_l(q r)/dr + (l+1) f_l(q r)/r, which a potential field outside makes zero."""
    return q * f(degree, q * r, derivative=True) + (degree + 1) / r * f(degree, q * r)


def conditions(kind: Kind, inner_boundary: InnerBoundary) -> tuple[Condition, Condition]:
    """What vanishes at the inner and at the outer boundary."""
    if kind == "poloidal":
        return value, potential
    inside = slope_of_product if inner_boundary == "perfect_conductor" else value
    return inside, value


def exact_constants(
    inner: float, degree: int, kind: Kind, inner_boundary: InnerBoundary, count: int
) -> np.ndarray:
    """The `count` smallest constants q of decay as exp(-q^2 t).

    Parameters
    ----------
    inner : float
        Inner radius, in units of the outer one.
    degree : int
    kind : str
        "poloidal" or "toroidal".
    inner_boundary : str
        "perfect_conductor" or "zero_toroidal".
    count : int

    Returns
    -------
    ndarray, shape (count,)

    Raises
    ------
    ValueError
        Where the degree is too high for the Bessel functions of the inner radius.
    """
    inside, outside = conditions(kind, inner_boundary)

    def determinant(q: float | np.ndarray) -> float | np.ndarray:
        a, b = (inside(f, degree, q, inner) for f in (spherical_jn, spherical_yn))
        c, d = (outside(f, degree, q, OUTER) for f in (spherical_jn, spherical_yn))
        return (a * d - b * c) / np.hypot(a, b) / np.hypot(c, d)

    # none lies below (l(l+1))^(1/2)/r_o, and neighbours about pi/gap apart
    spacing = np.pi / (OUTER - inner)
    grid = np.sqrt(degree * (degree + 1.0)) / OUTER + spacing / 50 * np.arange(100 * (count + 2))
    with np.errstate(over="ignore", invalid="ignore"):
        values = determinant(grid)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"degree={degree} is too high for inner={inner}: y_l overflows")
    changes = np.flatnonzero(values[1:] * values[:-1] < 0)[:count]
    return np.array([brentq(determinant, grid[i], grid[i + 1], xtol=1e-13) for i in changes])


def exact_mode(
    radius: np.ndarray,
    inner: float,
    degree: int,
    kind: Kind,
    inner_boundary: InnerBoundary,
    q: float,
) -> np.ndarray:
    """P or T of a free-decay mode at some radii: j_l and y_l that vanish as they must inside."""
    inside, _ = conditions(kind, inner_boundary)
    a, b = (inside(f, degree, q, inner) for f in (spherical_jn, spherical_yn))
    mode = b * spherical_jn(degree, q * radius) - a * spherical_yn(degree, q * radius)
    return mode / np.abs(mode).max()


def measured_rate(
    model: InductionModel, degree: int, kind: Kind, mode: np.ndarray, near: float
) -> float:
    """Rate at which the field of one mode decays in the time loop, from its energy."""
    shell = model.shell
    scalars = {
        name: np.zeros((mode.size, shell.harmonics.size)) for name in ("poloidal", "toroidal")
    }
    index = int(np.flatnonzero(shell.harmonics.degree == degree)[0])
    scalars[kind][:, index] = mode
    field = model.coefficients(state_from_storage(0.0, shell, **scalars))
    until = 1 / near
    integrator = Integrator(SCHEMES["ark4"], model, field, step=until / STEPS)
    energies = [energy(integrator)]
    while integrator.time < until:
        integrator.accept(integrator.attempt(until))
    energies.append(energy(integrator))
    return float(np.log(energies[0] / energies[1]) / (2 * until))


def energy(integrator: Integrator) -> float:
    """Int B^2 dV over all space of the current field."""
    return float(np.vdot(integrator.state, integrator.mass_state))


def compute(
    inner: float = 0.75,
    degree: int = 1,
    kind: Kind = "poloidal",
    radial_order: int = 48,
    inner_boundary: InnerBoundary = "perfect_conductor",
    modes: int = 5,
) -> xr.Dataset:
    """Measured and exact decay rates of the slowest modes.

    Parameters
    ----------
    inner : float
        Inner radius, in units of the outer one.
    degree : int
    kind : str
        "poloidal" or "toroidal".
    radial_order : int
        Number of radial polynomials.
    inner_boundary : str
        "perfect_conductor" or "zero_toroidal".
    modes : int
        How many.

    Returns
    -------
    xarray.Dataset
        `measured_rate`, `exact_rate` and `relative_error` along `mode`.

    Raises
    ------
    ValueError
        Where there is no such shell or degree.
    """
    if not 0 < inner < OUTER:
        raise ValueError(f"inner={inner:g} is not between 0 and {OUTER:g}")
    if degree < 1:
        raise ValueError(f"degree={degree} is below 1")
    shell = {
        "kind": "uniform_shell",
        "inner_radius": inner,
        "outer_radius": OUTER,
        "magnetic_diffusivity": 1.0,
    }
    parameters = Parameters(
        background=shell,
        resolution={"radial_grid": "global", "radial_order": radial_order, "lmax": degree},
        chiral={"enabled": False},
        hall={"enabled": False},
        boundary={"inner": inner_boundary},
    )
    if not 1 <= modes < radial_order:
        raise ValueError(f"modes={modes} is not between 1 and radial_order={radial_order}")
    model = build_model(parameters, Threads(1))
    radius = model.shell.basis.storage_radius
    measured, exact = [], []
    for q in exact_constants(inner, degree, kind, inner_boundary, modes):
        mode = exact_mode(radius, inner, degree, kind, inner_boundary, q)
        exact.append(q**2)
        measured.append(measured_rate(model, degree, kind, mode, q**2))
    measured, exact = np.array(measured), np.array(exact)
    units = {"units": "magnetic_diffusivity/outer_radius^2"}
    return xr.Dataset(
        {
            "measured_rate": ("mode", measured, units),
            "exact_rate": ("mode", exact, units),
            "relative_error": ("mode", measured / exact - 1, {"units": "1"}),
        },
        {"mode": np.arange(1, modes + 1), "degree": degree},
        {"kind": kind, "inner_boundary": inner_boundary, "inner": inner},
    )


def report(dataset: xr.Dataset) -> str:
    """The rates as CSV."""
    lines = [",".join(COLUMNS)]
    for mode in dataset["mode"].values:
        row = dataset.sel(mode=mode)
        lines.append(
            f"{int(row.degree)},{mode},{float(row.measured_rate):.15g},"
            f"{float(row.exact_rate):.15g},{float(row.relative_error):.3e}"
        )
    return "\n".join(lines)


TABLE = study.Table(
    "free_decay",
    __doc__,
    compute,
    report,
    options={
        "inner": "inner radius; the outer is 1",
        "degree": "degree of the field",
        "kind": "component of the field",
        "radial_order": "radial polynomials",
        "inner_boundary": "what is inside",
        "modes": "how many, slowest first",
    },
    quick={"modes": 2, "radial_order": 16},
)
main = TABLE.main

if __name__ == "__main__":
    TABLE.command_line()
