"""How does a dipole decay under Hall drift in a uniform shell, and how accurately is it computed?

The set-up of an independent computation (Dedalus; tests/validation/data/hall_reference.csv): shell
0.75 < r < 1, magnetic diffusivity 1, Hall prefactor 50, a perfect conductor inside and a potential
field outside, and at t = 0

    A_phi = amplitude (x - x^2/0.75 - (64/21) x^3) sin(theta),   x = r - 0.75,

whose largest field is `amplitude`. The magnetisation is 50 times that.

Expected: with amplitude 0.2 (magnetisation 10) the energies of the reference, the total to 1e-7 and
the toroidal one to 1e-6. With amplitude 1 (magnetisation 50) the energy agrees with that of higher
resolution to 1e-6 at all times: to 4e-7 with lmax 46 and radial order 60 until t = 0.005, to 1e-7
with lmax 63 and radial order 48 at t = 0.01.

Run time: 10 s as it stands, 40 s with amplitude 1; as amplitude radial_order^3 lmax.

    python studies/hall_decay.py --amplitude 0.2 --lmax 31 --radial-order 40 --end 0.01
"""

import argparse
import sys

import numpy as np
import xarray as xr

from spectralcmi import Parameters
from spectralcmi.build import build_equation
from spectralcmi.fields.state import state_from_storage
from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import SCHEMES, Integrator, StepCollapsedError

INNER, OUTER, HALL_PREFACTOR = 0.75, 1.0, 50.0
FIRST_TIMES = (0.0, 0.0002, 0.0005)
INTERVAL = 0.001  # of the output after those; the reference ends at 0.01
MAP_ACCURACY = 1e-5
RESOLVED = 1e-6  # share of energy in the highest degrees
COLUMNS = ("t", "energy", "energy_poloidal", "energy_toroidal")


def output_times(end):
    """Times of the reference, continued at its last interval, up to and with the end."""
    later = np.round(INTERVAL * np.arange(1, int(end / INTERVAL) + 1), 9)  # 0.003, not ..0004
    times = np.concatenate([FIRST_TIMES, later])
    return np.append(times[times < end * (1 - 1e-12)], end)


def map_parameter(radial_order):
    """Stretching of the radial points that limits the accuracy to `MAP_ACCURACY`.

    Far from the default's 1e-12: the points near the boundaries move apart and the steps that are
    stable under Hall drift get three times as long, while the errors of the energy stay below 1e-7.
    """
    return float(1 / np.cosh(np.log(1 / MAP_ACCURACY) / radial_order))


def build(lmax, radial_order):
    """Induction equation of the shell."""
    shell = {
        "kind": "uniform_shell",
        "inner_radius": INNER,
        "outer_radius": OUTER,
        "magnetic_diffusivity": 1.0,
        "hall_prefactor": HALL_PREFACTOR,
    }
    resolution = {
        "lmax": lmax,
        "radial_order": radial_order,
        "map_parameter": map_parameter(radial_order),
    }
    parameters = Parameters(
        background=shell,
        resolution=resolution,
        chiral={"enabled": False},
        dissipation={"angular_rate": 0.0},
    )
    basis = radial_basis(INNER, OUTER, radial_order, resolution["map_parameter"])
    # Hall drift is quadratic: a coarser grid than the chiral term needs is free of aliasing
    grid = Shell(basis, Harmonics(lmax, mmax=0, product_order=2))
    # transforms of one order are too short to be shared
    return build_equation(parameters, Threads(1), shell=grid)


def dipole(equation, amplitude):
    """Coefficients of the initial field; A_phi = -dP/dtheta."""
    shell = equation.shell
    radius = shell.basis.storage_radius
    x = radius - INNER
    scalar = amplitude * (x - x**2 / INNER - 64 / 21 * x**3) * np.sqrt(4 * np.pi / 3)
    poloidal = np.zeros((radius.size, shell.harmonics.size))
    poloidal[:, 0] = scalar
    return equation.coefficients(state_from_storage(0.0, shell, poloidal, 0 * poloidal))


def compute(amplitude=0.2, lmax=31, radial_order=40, end=0.01, tolerance=1e-5):
    """Energies of the decaying field.

    Parameters
    ----------
    amplitude : float
        Largest field at the start.
    lmax, radial_order : int
        Resolution.
    end : float
        Last time.
    tolerance : float
        Error allowed in a step, relative to the field; the steps are shorter than this asks for,
        because stability limits them.

    Returns
    -------
    xarray.Dataset
        `energy`, `energy_poloidal`, `energy_toroidal`, Int B^2/(8 pi) dV over the shell, and the
        share of the two highest degrees, along `t`.

    Raises
    ------
    ValueError
        Where a parameter is impossible.
    """
    if not (np.isfinite(amplitude) and amplitude > 0):
        raise ValueError(f"amplitude={amplitude:g} is not positive")
    if not (np.isfinite(end) and end > 0):
        raise ValueError(f"end={end:g} is not positive")
    equation = build(lmax, radial_order)
    integrator = Integrator(
        SCHEMES["ark4"], equation, dipole(equation, amplitude), tolerance=tolerance
    )
    times, rows = output_times(end), []
    for time in times:
        while integrator.time < time:
            integrator.advance(time)
        rows.append(energies(equation.state(integrator.state)))
    poloidal, toroidal, highest = np.array(rows).T
    units = {"units": "B^2 r_o^3"}
    return xr.Dataset(
        {
            "energy": ("t", poloidal + toroidal, units),
            "energy_poloidal": ("t", poloidal, units),
            "energy_toroidal": ("t", toroidal, units),
            "share_of_highest_degrees": ("t", highest, {"units": "1"}),
        },
        {"t": ("t", times, {"units": "r_o^2/magnetic_diffusivity"})},
        {"amplitude": amplitude, "lmax": lmax, "radial_order": radial_order},
    )


def energies(state):
    """Poloidal and toroidal energy in the shell, and the share of the two highest degrees."""
    poloidal, toroidal, _ = state.square_integrals
    inside = poloidal + toroidal
    highest = state.shell.columns.degree >= state.shell.harmonics.lmax - 1
    return (
        poloidal.sum() / (8 * np.pi),
        toroidal.sum() / (8 * np.pi),
        inside[highest].sum() / inside.sum(),
    )


def print_table(dataset):
    """Print the energies as CSV; a word to stderr if they are not resolved."""
    print(",".join(COLUMNS))
    for index, time in enumerate(dataset["t"].values):
        values = (float(dataset[name][index]) for name in COLUMNS[1:])
        print(",".join([f"{time:.12g}", *(f"{value:.12e}" for value in values)]))
    highest = float(dataset["share_of_highest_degrees"].max())
    if highest > RESOLVED:
        print(
            f"hall_decay: not resolved: degrees {dataset.lmax - 1} and {dataset.lmax} hold "
            f"{highest:.1e} of the energy",
            file=sys.stderr,
        )


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--amplitude", type=float, default=0.2, help="largest field at the start")
    parser.add_argument("--lmax", type=int, default=31)
    parser.add_argument("--radial-order", type=int, default=40, help="radial polynomials")
    parser.add_argument("--end", type=float, default=0.01, help="last time")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="error allowed in a step")
    parser.add_argument("--quick", action="store_true", help="low resolution, to t = 0.001")
    return vars(parser.parse_args())


def main(quick=False, **options):
    """Compute and print."""
    if quick:
        options |= {"lmax": 15, "radial_order": 16, "end": 0.001}
    print_table(compute(**options))


if __name__ == "__main__":
    try:
        main(**arguments())
    except (ValueError, StepCollapsedError) as error:
        print(f"hall_decay: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ValueError) else 3)
