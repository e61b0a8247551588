"""What the magnetic field feels of the temperature: coefficients of Ohm's law against it.

eta, k5 and the feedback of E.B on k5 depend on the temperature alone on each shell; where it
depends on the angles, they are looked up from these tables at every point of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectralcmi.case.parameters import Parameters
from spectralcmi.compilation import compiled
from spectralcmi.heat.exponentials import exponentiate
from spectralcmi.heat.tables import (
    NODES,
    TemperatureTables,
    place_in_tables,
    temperatures,
    weighted,
)
from spectralcmi.profiles.crust import build_crust
from spectralcmi.threads import Threads, blocks

#: Coefficients, in this order: their place is an index for kernels.
COEFFICIENTS_OF_FIELD = ("magnetic_diffusivity", "chiral_wavenumber", "anomaly_feedback")


@dataclass(frozen=True, eq=False)
class FieldCoefficients:
    """Tables of the magnitudes of `COEFFICIENTS_OF_FIELD`, and their signs.

    Attributes
    ----------
    tables : TemperatureTables
        In the units of the crust, see `spectralcmi.profiles.crust.build_crust`.
    signs : ndarray, shape (3, points)
        -1, 0 or 1, the same at all temperatures.
    """

    tables: TemperatureTables
    signs: np.ndarray

    def at(self, temperature: np.ndarray) -> dict[str, np.ndarray]:
        """Coefficients at temperatures [K], shape (points,) or (points, k)."""
        values = self.tables.at(temperature)
        shape = (-1, *(1,) * (np.ndim(temperature) - 1))
        return {
            name: sign.reshape(shape) * values[name]
            for name, sign in zip(COEFFICIENTS_OF_FIELD, self.signs, strict=True)
        }


def field_coefficients(
    parameters: Parameters, radius: np.ndarray, time: float = 0.0
) -> FieldCoefficients:
    """Coefficients of a case at radii, for all temperatures.

    Parameters
    ----------
    parameters : Parameters
        Of a neutron star.
    radius : ndarray, shape (points,) [km]
    time : float
        Age of the star [yr], which matters to a deviation from equilibrium that has times.

    Returns
    -------
    FieldCoefficients

    Notes
    -----
    500 radii take 0.7 s.
    """
    samples = np.zeros((len(COEFFICIENTS_OF_FIELD), radius.size, NODES))
    for place, temperature in enumerate(temperatures()):
        background = parameters.background.model_copy(update={"temperature": float(temperature)})
        crust = build_crust(background, parameters.chiral, radius, time)
        for row, name in enumerate(COEFFICIENTS_OF_FIELD):
            if name in crust:
                samples[row, :, place] = crust[name].values
    magnitudes = dict(zip(COEFFICIENTS_OF_FIELD, np.abs(samples), strict=True))
    return FieldCoefficients(TemperatureTables.of(magnitudes), np.sign(samples[:, :, NODES // 2]))


@compiled(nogil=True, cache=True, error_model="numpy")
def _on_shells(
    first: int,
    last: int,
    tables: np.ndarray,
    factors: np.ndarray,
    temperature: np.ndarray,
    out: np.ndarray,
) -> None:
    """Shells `first` .. `last` - 1 of `coefficients_on_grid`."""
    quantities, places = factors.shape[0], temperature.shape[1]
    logarithms, powers = np.empty((quantities, places)), np.empty(places)
    bits = powers.view(np.int64)
    for shell in range(first, last):
        table = tables[shell]
        for i in range(places):
            place, values, _ = place_in_tables(np.log(temperature[shell, i]))
            for quantity in range(quantities):
                logarithms[quantity, i] = weighted(table, place, quantity, values)
        for quantity in range(quantities):
            magnitudes, factor = logarithms[quantity], factors[quantity, shell]
            exponentiate(magnitudes, powers, bits)
            for i in range(places):
                out[shell, quantity, i] = factor * magnitudes[i]


def coefficients_on_grid(
    tables: TemperatureTables, factors: np.ndarray, temperature: np.ndarray, threads: Threads
) -> np.ndarray:
    """Tabulated quantities at each point of a grid.

    Parameters
    ----------
    tables : TemperatureTables
    factors : ndarray, shape (quantities, points)
        On the quantities of each shell.
    temperature : ndarray, shape (points, grid) [K]
    threads : Threads

    Returns
    -------
    ndarray, shape (points, quantities, grid), single precision

    Notes
    -----
    About 25 ns a point.
    """
    points, places = temperature.shape
    out = np.empty((points, factors.shape[0], places), dtype=np.float32)

    def some(first: int, last: int) -> None:
        _on_shells(first, last, tables.coefficients, factors, temperature, out)

    threads.run_compiled(some, blocks(points, 16))
    return out
