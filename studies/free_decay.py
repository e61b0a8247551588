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

import argparse
import sys

import numpy as np
import xarray as xr
from scipy.optimize import brentq
from scipy.special import spherical_jn, spherical_yn

from spectralcmi import Parameters
from spectralcmi.build import build_equation
from spectralcmi.fields.state import state_from_storage
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import SCHEMES, Integrator

OUTER = 1.0
COLUMNS = ("degree", "mode", "measured_rate", "exact_rate", "relative_error")
STEPS = 200  # over one decay time: an error of fourth order, (1/200)^4/1000


def value(f, degree, q, r):
    """f_l(q r)."""
    return f(degree, q * r)


def slope_of_product(f, degree, q, r):
    """d(r f_l(q r))/dr."""
    return f(degree, q * r) + q * r * f(degree, q * r, derivative=True)


def potential(f, degree, q, r):
    """df_l(q r)/dr + (l+1) f_l(q r)/r, which a potential field outside makes zero."""
    return q * f(degree, q * r, derivative=True) + (degree + 1) / r * f(degree, q * r)


def conditions(kind, inner_boundary):
    """What vanishes at the inner and at the outer boundary."""
    if kind == "poloidal":
        return value, potential
    inside = slope_of_product if inner_boundary == "perfect_conductor" else value
    return inside, value


def exact_constants(inner, degree, kind, inner_boundary, count):
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
    """
    inside, outside = conditions(kind, inner_boundary)

    def determinant(q):
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


def exact_mode(radius, inner, degree, kind, inner_boundary, q):
    """P or T of a free-decay mode at some radii: j_l and y_l that vanish as they must inside."""
    inside, _ = conditions(kind, inner_boundary)
    a, b = (inside(f, degree, q, inner) for f in (spherical_jn, spherical_yn))
    mode = b * spherical_jn(degree, q * radius) - a * spherical_yn(degree, q * radius)
    return mode / np.abs(mode).max()


def measured_rate(equation, degree, kind, mode, near):
    """Rate at which the field of one mode decays in the time loop, from its energy."""
    shell = equation.shell
    scalars = {
        name: np.zeros((mode.size, shell.harmonics.size)) for name in ("poloidal", "toroidal")
    }
    index = int(np.flatnonzero(shell.harmonics.degree == degree)[0])
    scalars[kind][:, index] = mode
    field = equation.coefficients(state_from_storage(0.0, shell, **scalars))
    until = 1 / near
    integrator = Integrator(SCHEMES["ark4"], equation, field, step=until / STEPS)
    while integrator.time < until:
        integrator.advance(until)
    return np.log(np.linalg.norm(field) / np.linalg.norm(integrator.state)) / until


def compute(
    inner=0.75,
    degree=1,
    kind="poloidal",
    radial_order=48,
    inner_boundary="perfect_conductor",
    modes=5,
):
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
        resolution={"radial_order": radial_order, "lmax": degree},
        chiral={"enabled": False},
        hall={"enabled": False},
        boundary={"inner": inner_boundary},
    )
    if not 1 <= modes < radial_order:
        raise ValueError(f"modes={modes} is not between 1 and radial_order={radial_order}")
    equation = build_equation(parameters, Threads(1))
    radius = equation.shell.basis.storage_radius
    measured, exact = [], []
    for q in exact_constants(inner, degree, kind, inner_boundary, modes):
        mode = exact_mode(radius, inner, degree, kind, inner_boundary, q)
        exact.append(q**2)
        measured.append(measured_rate(equation, degree, kind, mode, q**2))
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


def print_table(dataset):
    """Print the rates as CSV."""
    print(",".join(COLUMNS))
    for mode in dataset["mode"].values:
        row = dataset.sel(mode=mode)
        print(
            f"{int(row.degree)},{mode},{float(row.measured_rate):.15g},"
            f"{float(row.exact_rate):.15g},{float(row.relative_error):.3e}"
        )


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inner", type=float, default=0.75, help="inner radius; the outer is 1")
    parser.add_argument("--degree", type=int, default=1)
    parser.add_argument("--kind", choices=("poloidal", "toroidal"), default="poloidal")
    parser.add_argument("--radial-order", type=int, default=48, help="radial polynomials")
    parser.add_argument(
        "--inner-boundary",
        choices=("perfect_conductor", "zero_toroidal"),
        default="perfect_conductor",
    )
    parser.add_argument("--modes", type=int, default=5, help="how many, slowest first")
    parser.add_argument("--quick", action="store_true", help="two modes, at radial order 16")
    return vars(parser.parse_args())


def main(quick=False, **options):
    """Compute and print."""
    if quick:
        options |= {"modes": 2, "radial_order": 16}
    print_table(compute(**options))


if __name__ == "__main__":
    try:
        main(**arguments())
    except ValueError as error:
        print(f"free_decay: {error}", file=sys.stderr)
        sys.exit(2)
