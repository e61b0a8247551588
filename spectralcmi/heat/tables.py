"""Properties of matter against temperature on each shell, as cubic splines of the logarithms.

Everything on a shell depends on the temperature alone (and on the magnetic field in closed form).
It is tabulated once on `NODES` temperatures from `LOWEST` to `HIGHEST`, uniform in ln T, and kept
as coefficients of cardinal cubic B-splines: one set of four weights serves all quantities of a
shell, and a coefficient is 8 bytes for each temperature.

The heat capacity is the derivative of the tabulated enthalpy Int c_v dT, never a table of its own,
so that the change of the enthalpy is what the heat capacity says, to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from scipy.interpolate import CubicSpline

LOWEST, HIGHEST = 1e7, 3e10
"""Temperatures between which there are tables [K]; a star that starts at e^Phi T = 1e10 K has up to
1.4e10 K locally."""

NODES = 64
#: Coefficients of a function: two more than nodes.
COEFFICIENTS = NODES + 2
LOG_LOWEST, LOG_HIGHEST = float(np.log(LOWEST)), float(np.log(HIGHEST))
LOG_STEP = float(np.log(HIGHEST / LOWEST) / (NODES - 1))
#: Gauss-Legendre points between nodes for the enthalpy: heat capacities jump where superfluidity
#: sets in, at any temperature.
ENTHALPY_POINTS = 4
#: Stands for zero where a logarithm is needed.
SMALLEST = 1e-250

#: Quantities of the heat equation, in this order: their place is an index for kernels.
ENTHALPY, CONDUCTIVITY, LATTICE_CONDUCTIVITY, GYRATION, EMISSIVITY = range(5)
QUANTITIES = (
    "enthalpy",
    "thermal_conductivity",
    "lattice_thermal_conductivity",
    "gyration_product",
    "neutrino_emissivity",
)

Sample = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""Quantities, shape (points, k) each, at temperatures, shape (k,) [K]."""


@dataclass(frozen=True, eq=False)
class TemperatureTables:
    """Positive quantities against temperature on shells.

    Attributes
    ----------
    coefficients : ndarray, shape (points, `COEFFICIENTS`, quantities)
        Of the cardinal splines of ln f against ln T.
    names : tuple of str
        Of the quantities.
    """

    coefficients: np.ndarray
    names: tuple[str, ...]

    @classmethod
    def of(cls, values: Mapping[str, np.ndarray]) -> TemperatureTables:
        """Tables from values at `temperatures()`.

        Parameters
        ----------
        values : mapping of str to ndarray, shape (points, `NODES`) each
            Positive, or zero, which becomes `SMALLEST`.

        Raises
        ------
        ValueError
            If a value is negative or not finite.
        """
        for name, table in values.items():
            if not np.all(np.isfinite(table)) or np.any(np.asarray(table) < 0):
                raise ValueError(f"{name} is negative or not finite at some temperature")
        logarithms = np.stack(
            [np.log(np.maximum(table, SMALLEST)) for table in values.values()], axis=-1
        )
        return cls(_cardinal(logarithms), tuple(values))

    @property
    def points(self) -> int:
        """Number of shells."""
        return self.coefficients.shape[0]

    def evaluate(self, log_temperature: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """ln f and d ln f/d ln T of all quantities, one temperature a shell or several.

        Parameters
        ----------
        log_temperature : ndarray, shape (points,) or (points, k)
            ln T/K. Beyond the tables the cubic of the last interval goes on.

        Returns
        -------
        logarithm, slope : ndarray, shape (quantities, points) or (quantities, points, k)
        """
        interval, values, slopes = _weights_of_array(log_temperature)
        shell = np.arange(self.points).reshape(-1, *(1,) * (interval.ndim - 1))
        total = slope = np.array(0.0)
        for k in range(4):
            coefficient = self.coefficients[shell, interval + k]
            total = total + values[k][..., None] * coefficient
            slope = slope + slopes[k][..., None] * coefficient
        return np.moveaxis(total, -1, 0), np.moveaxis(slope, -1, 0)

    def at(self, temperature: np.ndarray) -> dict[str, np.ndarray]:
        """Values by name at temperatures, as of `evaluate` [K]."""
        logarithm, _ = self.evaluate(np.log(temperature))
        return dict(zip(self.names, np.exp(logarithm), strict=True))


def temperatures() -> np.ndarray:
    """The tabulated temperatures [K], shape (`NODES`,)."""
    return np.exp(LOG_LOWEST + LOG_STEP * np.arange(NODES))


def enthalpy(heat_capacity: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Int c_v dT from 0 to each of `temperatures()`.

    Below the tables c_v goes on as the power of T that it begins with.

    Parameters
    ----------
    heat_capacity : callable
        c_v, shape (points, k), of temperatures, shape (k,) [K].

    Returns
    -------
    ndarray, shape (points, `NODES`)
        [unit of c_v times K]
    """
    nodes, weights = np.polynomial.legendre.leggauss(ENTHALPY_POINTS)
    inside = (np.arange(NODES - 1)[:, None] + (nodes + 1) / 2) * LOG_STEP + LOG_LOWEST
    temperature = np.exp(inside.ravel())
    integrand = heat_capacity(temperature) * temperature
    rise = integrand.reshape(-1, NODES - 1, ENTHALPY_POINTS) @ (weights * LOG_STEP / 2)
    first, second = integrand[:, 0], integrand[:, 1]
    exponent = np.log(second / first) / np.log(temperature[1] / temperature[0])
    below = first * (LOWEST / temperature[0]) ** exponent / exponent
    return np.concatenate([below[:, None], below[:, None] + np.cumsum(rise, axis=1)], axis=1)


def _cardinal(values: np.ndarray) -> np.ndarray:
    """Coefficients of the spline through values along axis 1, uniform and not-a-knot."""
    place = np.arange(NODES, dtype=float)
    curvature = CubicSpline(place, values, axis=1)(place, 2)
    out = np.empty((values.shape[0], COEFFICIENTS, values.shape[2]))
    out[:, 1:-1] = values - curvature / 6
    out[:, 0] = curvature[:, 0] + 2 * out[:, 1] - out[:, 2]
    out[:, -1] = curvature[:, -1] + 2 * out[:, -2] - out[:, -3]
    return out


def _weights_of_array(
    log_temperature: np.ndarray,
) -> tuple[np.ndarray, tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    place = (log_temperature - LOG_LOWEST) / LOG_STEP
    interval = np.clip(np.floor(place).astype(int), 0, NODES - 2)
    values, slopes = _polynomials(place - interval)
    return interval, values, slopes


def _polynomials(s: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The four cardinal splines and their slopes against ln T at the share s of an interval."""
    r = 1.0 - s
    values = (
        r * r * r / 6.0,
        2.0 / 3.0 - s * s * (1.0 - 0.5 * s),
        2.0 / 3.0 - r * r * (1.0 - 0.5 * r),
        s * s * s / 6.0,
    )
    slopes = (
        -0.5 * r * r / LOG_STEP,
        s * (1.5 * s - 2.0) / LOG_STEP,
        -r * (1.5 * r - 2.0) / LOG_STEP,
        0.5 * s * s / LOG_STEP,
    )
    return values, slopes


_merged = numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
_merged_polynomials = _merged(_polynomials)


@_merged
def place_in_tables(log_temperature: float) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
    """First of the four coefficients at ln T, their weights, and those of the slope.

    For kernels: with `coefficients[shell, first + k, quantity]`, k = 0 .. 3, the sums with the
    weights are ln f and d ln f/d ln T.
    """
    place = (log_temperature - LOG_LOWEST) / LOG_STEP
    first = min(max(int(np.floor(place)), 0), NODES - 2)
    values, slopes = _merged_polynomials(place - first)
    return first, values, slopes


@_merged
def weighted(
    coefficients: np.ndarray, first: int, quantity: int, weights: tuple[float, ...]
) -> float:
    """Sum of four coefficients of one shell, shape (`COEFFICIENTS`, quantities)."""
    return (
        weights[0] * coefficients[first, quantity]
        + weights[1] * coefficients[first + 1, quantity]
        + weights[2] * coefficients[first + 2, quantity]
        + weights[3] * coefficients[first + 3, quantity]
    )
