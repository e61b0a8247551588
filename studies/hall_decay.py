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

from __future__ import annotations

import numpy as np
import xarray as xr

from spectralcmi import Parameters
from spectralcmi.build import build_model
from spectralcmi.fields.state import State, state_from_storage
from spectralcmi.model import InductionModel
from spectralcmi.paper import study
from spectralcmi.threads import Threads
from spectralcmi.timestepping.integrator import Integrator, StepCollapsedError
from spectralcmi.timestepping.schemes import SCHEMES

INNER, OUTER, HALL_PREFACTOR = 0.75, 1.0, 50.0
FIRST_TIMES = (0.0, 0.0002, 0.0005)
INTERVAL = 0.001  # of the output after those; the reference ends at 0.01
MAP_ACCURACY = 1e-5
RESOLVED = 1e-6  # share of energy in the highest degrees
COLUMNS = ("t", "energy", "energy_poloidal", "energy_toroidal")


def output_times(end: float) -> np.ndarray:
    """Times of the reference, continued at its last interval, up to and with the end."""
    later = np.round(INTERVAL * np.arange(1, int(end / INTERVAL) + 1), 9)  # 0.003, not ..0004
    times = np.concatenate([FIRST_TIMES, later])
    return np.append(times[times < end * (1 - 1e-12)], end)


def map_parameter(radial_order: int) -> float:
    """Stretching of the radial points that limits the accuracy to `MAP_ACCURACY`.

    Far from the default's 1e-12: the points near the boundaries move apart and the steps that are
    stable under Hall drift get three times as long, while the errors of the energy stay below 1e-7.
    """
    return float(1 / np.cosh(np.log(1 / MAP_ACCURACY) / radial_order))


def build(lmax: int, radial_order: int) -> InductionModel:
    """The model of the shell."""
    shell = {
        "kind": "uniform_shell",
        "inner_radius": INNER,
        "outer_radius": OUTER,
        "magnetic_diffusivity": 1.0,
        "hall_prefactor": HALL_PREFACTOR,
    }
    resolution = {
        "lmax": lmax,
        "radial_grid": "global",
        "radial_order": radial_order,
        "map_parameter": map_parameter(radial_order),
        # Hall drift is quadratic: a coarser grid than the chiral term needs is free of aliasing
        "dealiasing": 2,
    }
    parameters = Parameters(
        background=shell,
        resolution=resolution,
        chiral={"enabled": False},
        dissipation={"angular_rate": 0.0},
    )
    # transforms of one order are too short to be shared
    return build_model(parameters, Threads(1))


def dipole(model: InductionModel, amplitude: float) -> np.ndarray:
    """Coefficients of the initial field; A_phi = -dP/dtheta."""
    shell = model.shell
    radius = shell.basis.storage_radius
    x = radius - INNER
    scalar = amplitude * (x - x**2 / INNER - 64 / 21 * x**3) * np.sqrt(4 * np.pi / 3)
    poloidal = np.zeros((radius.size, shell.harmonics.size))
    poloidal[:, 0] = scalar
    return model.coefficients(state_from_storage(0.0, shell, poloidal, 0 * poloidal))


def compute(
    amplitude: float = 0.2,
    lmax: int = 31,
    radial_order: int = 40,
    end: float = 0.01,
    tolerance: float = 1e-5,
) -> xr.Dataset:
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
    model = build(lmax, radial_order)
    integrator = Integrator(SCHEMES["ark4"], model, dipole(model, amplitude), tolerance=tolerance)
    times, rows = output_times(end), []
    for time in times:
        while integrator.time < time:
            integrator.accept(integrator.attempt(time))
        rows.append(energies(model.state(integrator.state)))
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


def energies(state: State) -> tuple[float, float, float]:
    """Poloidal and toroidal energy in the shell, and the share of the two highest degrees."""
    poloidal, toroidal, _ = state.square_integrals
    inside = poloidal + toroidal
    highest = state.shell.columns.degree >= state.shell.harmonics.lmax - 1
    return (
        poloidal.sum() / (8 * np.pi),
        toroidal.sum() / (8 * np.pi),
        inside[highest].sum() / inside.sum(),
    )


def report(dataset: xr.Dataset) -> str:
    """The energies as CSV."""
    lines = [",".join(COLUMNS)]
    for index, time in enumerate(dataset["t"].values):
        values = (float(dataset[name][index]) for name in COLUMNS[1:])
        lines.append(",".join([f"{time:.12g}", *(f"{value:.12e}" for value in values)]))
    return "\n".join(lines)


def doubt(dataset: xr.Dataset) -> str | None:
    """A line if the highest degrees hold more than next to nothing."""
    highest = float(dataset["share_of_highest_degrees"].max())
    if highest <= RESOLVED:
        return None
    return (
        f"not resolved: degrees {dataset.lmax - 1} and {dataset.lmax} hold "
        f"{highest:.1e} of the energy"
    )


TABLE = study.Table(
    "hall_decay",
    __doc__,
    compute,
    report,
    options={
        "amplitude": "largest field at the start",
        "lmax": "highest degree",
        "radial_order": "radial polynomials",
        "end": "last time",
        "tolerance": "error allowed in a step",
    },
    quick={"lmax": 15, "radial_order": 16, "end": 0.001},
    doubt=doubt,
    exit_codes={ValueError: 2, StepCollapsedError: 3},
)
main = TABLE.main

if __name__ == "__main__":
    TABLE.command_line()
