"""Spin-down: period, its derivative and the characteristic age, from the moment of a run.

With the moment m that is seen from far away, the torque of a rotating magnetised star makes

    P dP/dt = K (k0 + k1 sin^2 chi),   dchi/dt = -k2 K/P^2 sin chi cos chi,

K = 4 pi^2 m^2/(I c^3), of the period P and the inclination chi of the moment to the axis. All of it
depends on the one variable x = Int 2 K dt/P_0^2; the moment against time enters there alone.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from spectralcmi.case.choices import Torque, choices
from spectralcmi.constants import JULIAN_YEAR, KILOMETRE, SPEED_OF_LIGHT
from spectralcmi.errors import InputError
from spectralcmi.view.field import case_of

MOMENT_OF_INERTIA = 1.581e45
"""Of the default star, BSk24 with 1.4 solar masses, slowly rotating [g cm2] (Hartle 1967)."""

TORQUES = MappingProxyType({"force_free": (1.0, 1.0, 1.0), "vacuum": (0.0, 2.0 / 3.0, 2.0 / 3.0)})
"""k0, k1 and k2 of each torque."""

#: Relative tolerance of the integration, and the inclination [rad] that is none.
_TOLERANCE, _SMALLEST = 1e-10, 1e-14


def spin_down(
    dataset: xr.Dataset,
    period: float | None = None,
    inclination: float | None = None,
    torque: Torque | None = None,
    radius: float | None = None,
    moment_of_inertia: float | None = None,
) -> xr.Dataset:
    """Spin of the star along a run, from ``dipole_moment`` against time.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run; between its times the moment is linear.
    period : float, optional
        Period at the beginning of the run [s]; default: ``spin.period`` of the case.
    inclination : float, optional
        Angle between the moment and the axis at the beginning [degree]; default:
        ``spin.inclination`` of the case. Only the size of the moment matters: that it turns within
        the star is left out.
    torque : str, optional
        "force_free", of a magnetosphere filled with plasma, or "vacuum"; default: ``spin.torque``
        of the case.
    radius : float, optional
        Radius R in ``dipole_timing_field`` [km]; default: that of the star, or the outer radius of
        a background without one. Nothing else depends on it.
    moment_of_inertia : float, optional
        [g cm2]; default: 1.581e45, that of the default star.

    Returns
    -------
    spin : xarray.Dataset
        Along ``time``: ``period`` [s], ``period_derivative`` [1], ``characteristic_age``
        P/(2 dP/dt) [yr], ``inclination`` [degree], ``spin_down_power`` [erg/s] and
        ``dipole_timing_field`` 2 m/R^3 [G].

    Raises
    ------
    InputError
        If a number is not positive, or the run has no ``dipole_moment``.

    References
    ----------
    Spitkovsky, ApJ 648, L51 (2006), and Philippov, Tchekhovskoy & Li, MNRAS 441, 1879 (2014): the
    force-free torque. Michel & Goldwire, Astrophys. Lett. 5, 21 (1970): that of the vacuum.
    Hartle, ApJ 150, 1005 (1967): the moment of inertia.
    """
    spin = case_of(dataset).spin
    period = spin.period if period is None else period
    inclination = spin.inclination if inclination is None else inclination
    torque = spin.torque if torque is None else torque
    inertia = MOMENT_OF_INERTIA if moment_of_inertia is None else moment_of_inertia
    radius = _radius(dataset) if radius is None else radius
    _require(dataset, period, inclination, torque, inertia, radius)

    moment = dataset["dipole_moment"].values * KILOMETRE**3
    rate = 4 * np.pi**2 * moment**2 / (inertia * SPEED_OF_LIGHT**3)
    progress = 2 * _integral_of_square(dataset["time"].values * JULIAN_YEAR, np.sqrt(rate))
    squared, angle = _evolved(progress / period**2, np.radians(inclination), TORQUES[torque])
    now = period * np.sqrt(squared)
    k0, k1, _ = TORQUES[torque]
    derivative = rate * (k0 + k1 * np.sin(angle) ** 2) / now
    with np.errstate(divide="ignore"):
        age = now / (2 * derivative) / JULIAN_YEAR
    variables = {
        "period": (now, "s", "spin period"),
        "period_derivative": (derivative, "1", "time derivative of the spin period"),
        "characteristic_age": (age, "julian_year", "characteristic age P/(2 dP/dt)"),
        "inclination": (np.degrees(angle), "degree", "angle between moment and spin axis"),
        "spin_down_power": (
            4 * np.pi**2 * inertia * derivative / now**3,
            "erg s^-1",
            "loss of rotational energy",
        ),
        "dipole_timing_field": (
            2 * moment / (radius * KILOMETRE) ** 3,
            "gauss",
            "polar field that timing infers, 2 dipole_moment/R^3",
        ),
    }
    return xr.Dataset(
        {
            name: ("time", values, {"units": units, "long_name": long_name})
            for name, (values, units, long_name) in variables.items()
        },
        {"time": dataset["time"]},
        {"torque": torque, "moment_of_inertia_g_cm2": inertia, "radius_km": radius},
    )


def _radius(dataset: xr.Dataset) -> float:
    """Radius of the star, or the outer one of the shell [km]."""
    radius = dataset.attrs.get("stellar_radius_km")
    return float(dataset["radius"][-1] if radius is None else radius)


def _require(
    dataset: xr.Dataset,
    period: float,
    inclination: float,
    torque: str,
    inertia: float,
    radius: float,
) -> None:
    """Raise InputError unless all that is given makes sense."""
    if "dipole_moment" not in dataset:
        raise InputError("spin_down: the dataset has no dipole_moment; it is measured by every run")
    for name, value in (
        ("period", period),
        ("moment_of_inertia", inertia),
        ("radius", radius),
    ):
        if not 0 < value < np.inf:
            raise InputError(f"{name} = {value}: must be a positive number")
    if not 0 <= inclination <= 180:
        raise InputError(f"inclination = {inclination}: must be from 0 to 180 degrees")
    if torque not in TORQUES:
        raise InputError(f"torque = {torque!r}: must be one of {', '.join(choices(Torque))}")


def _integral_of_square(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Int v^2 dt from the first time to each, of v that is linear in between."""
    before, after = values[:-1], values[1:]
    steps = np.diff(time) * (before**2 + before * after + after**2) / 3
    return np.concatenate([[0.0], np.cumsum(steps)])


def _evolved(
    progress: np.ndarray, angle: float, torque: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """(P/P_0)^2 and chi against x = Int 2 K dt/P_0^2, which does not fall.

    d(P^2/P_0^2)/dx = k0 + k1 sin^2 chi, dchi/dx = -(k2/2) sin chi cos chi (P_0/P)^2; in steps of
    ln(1 + x), as both slow down.
    """
    k0, k1, k2 = torque
    ends = np.log1p(progress)

    def slopes(end: float, unknowns: np.ndarray) -> np.ndarray:
        squared, chi = unknowns
        sine, cosine = np.sin(chi), np.cos(chi)
        return np.exp(end) * np.array([k0 + k1 * sine**2, -k2 / 2 * sine * cosine / squared])

    if ends[-1] == 0:
        return np.ones_like(ends), np.full_like(ends, angle)
    solution = solve_ivp(
        slopes,
        (0.0, ends[-1]),
        [1.0, angle],
        method="LSODA",  # the inclination relaxes faster and faster
        t_eval=np.minimum(ends, ends[-1]),
        rtol=_TOLERANCE,
        atol=_SMALLEST,
    )
    return solution.y[0], solution.y[1]
