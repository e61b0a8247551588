"""The core below the crust: isothermal, one number u = e^Phi T that it shares with the crust."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy.interpolate import CubicSpline

from spectralcmi.star.core import CoreThermal
from spectralcmi.terms.kernels import kernel


class Core(Protocol):
    """What holds the temperature at the bottom of the crust."""

    def prescribed(self, time: float) -> float | None:
        """u at a time [yr] where it is given [K], None where it follows from the energy."""

    def energy(self, u: float) -> float:
        """Thermal energy [erg]."""

    def heat_capacity(self, u: float) -> float:
        """dE/du [erg/K]."""

    def luminosity(self, u: float) -> tuple[float, float]:
        """Neutrino luminosity at infinity [erg/s] and its derivative by u."""


class CoolingCore:
    """A core that cools by its neutrinos and through the crust.

    Parameters
    ----------
    thermal : CoreThermal
        Integrals over the core, of the redshifted temperature of the star's own metric.
    lapse_ratio : float
        e^Phi at the bottom of the crust in that metric over e^Phi there in the equations': 1, or
        less where they are those of flat space. Both have the same local temperature there, and
        energies and luminosities as seen from there.
    """

    def __init__(self, thermal: CoreThermal, lapse_ratio: float = 1.0) -> None:
        self._energy, self._luminosity = _Power(thermal.log_energy), _Power(thermal.log_luminosity)
        self._ratio = lapse_ratio

    def prescribed(self, time: float) -> None:
        """Nothing: u follows from the energy."""

    def energy(self, u: float) -> float:
        """Thermal energy [erg]."""
        return self._energy(self._ratio * u)[0] / self._ratio

    def heat_capacity(self, u: float) -> float:
        """dE/du [erg/K]."""
        return self._energy(self._ratio * u)[1]

    def luminosity(self, u: float) -> tuple[float, float]:
        """Neutrino luminosity [erg/s] and its derivative by u [erg/s/K]."""
        luminosity, slope = self._luminosity(self._ratio * u)
        return luminosity / self._ratio**2, slope / self._ratio


class _Power:
    """A spline of logarithms, uniform, that goes on as power laws; compiled, for single values."""

    def __init__(self, spline: CubicSpline) -> None:
        self._breaks = np.ascontiguousarray(spline.x)
        self._coefficients = np.ascontiguousarray(spline.c.T)

    def __call__(self, x: float) -> tuple[float, float]:
        """Value and derivative."""
        return _power(self._breaks, self._coefficients, x)


@kernel(cache=True)
def _power(breaks: np.ndarray, coefficients: np.ndarray, x: float) -> tuple[float, float]:
    place, pieces = np.log(x), coefficients.shape[0]
    inside = min(max(place, breaks[0]), breaks[pieces])
    piece = int((inside - breaks[0]) / (breaks[pieces] - breaks[0]) * pieces)
    piece = min(max(piece, 0), pieces - 1)
    s, c = inside - breaks[piece], coefficients[piece]
    exponent = (3.0 * c[0] * s + 2.0 * c[1]) * s + c[2]
    logarithm = ((c[0] * s + c[1]) * s + c[2]) * s + c[3] + exponent * (place - inside)
    value = np.exp(logarithm)
    return value, value * exponent / x


class PrescribedCore:
    """A core whose u is a given function of time; it supplies or takes what that needs.

    Parameters
    ----------
    history : callable
        u [K] of a time [yr].
    """

    def __init__(self, history: Callable[[float], float]) -> None:
        self._history = history

    def prescribed(self, time: float) -> float | None:
        """u at a time [yr]."""
        return float(self._history(time))

    def energy(self, u: float) -> float:
        """Nothing: what the core holds is not followed."""
        return 0.0

    def heat_capacity(self, u: float) -> float:
        """Nothing."""
        return 0.0

    def luminosity(self, u: float) -> tuple[float, float]:
        """Nothing."""
        return 0.0, 0.0


class EmptyCore(PrescribedCore):
    """No core: no flux through the inner boundary."""

    def __init__(self) -> None:
        super().__init__(lambda time: 0.0)

    def prescribed(self, time: float) -> None:
        """Nothing: the inner boundary is free."""
