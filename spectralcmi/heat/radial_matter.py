"""Enthalpy, conduction and neutrinos of a spherical crust, and their integrals, compiled.

For a temperature u(r) = e^Phi T and all functions v,

    content   Int w(u) v dV,   w = e^Phi Int c_v dT,
    rate      -Int e^Phi K_rr u' v' dV - Int e^(2 Phi) Q_nu v dV,

and the coefficients of their linear forms at the quadrature points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spectralcmi.constants import JULIAN_YEAR, KILOMETRE
from spectralcmi.heat.averages import FieldAverages
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.tables import (
    CONDUCTIVITY,
    EMISSIVITY,
    ENTHALPY,
    LATTICE_CONDUCTIVITY,
    TemperatureTables,
    place_in_tables,
    weighted,
)
from spectralcmi.terms.kernels import kernel

#: From integrals over the radius per solid angle [km3] to those over the shell: volumes [cm3],
#: powers per volume [erg yr-1], and conduction, with its two derivatives per km [erg yr-1].
VOLUME = 4 * math.pi * KILOMETRE**3
POWER = VOLUME * JULIAN_YEAR
CONDUCTION = 4 * math.pi * KILOMETRE * JULIAN_YEAR


class _Crust(NamedTuple):
    """Functions of the radius, with the metric in their weights, and matter, as kernels see them.

    `functions` are f and f' of the elements (elements, 2, points of an element, functions); all
    else is at the quadrature points.
    """

    functions: np.ndarray
    stride: int
    lapse: np.ndarray
    volume: np.ndarray
    power: np.ndarray
    conduction: np.ndarray
    matter: np.ndarray


@dataclass(frozen=True, eq=False)
class RadialState:
    """What a temperature of the crust holds and does.

    Attributes
    ----------
    content, rate : ndarray, shape (slots,)
        [erg], [erg/yr]
    forms : ndarray, shape (4, points)
        Of the derivatives of both by the slots, see `RadialMatter.linear_form`.
    neutrinos : float
        Luminosity at infinity [erg/yr].
    coldest, hottest : float
        Local temperature [K].
    """

    content: np.ndarray
    rate: np.ndarray
    forms: np.ndarray
    neutrinos: float
    coldest: float
    hottest: float


class RadialMatter:
    """The matter of a spherical crust.

    Parameters
    ----------
    basis : ScalarBasis
    tables : TemperatureTables
        Of `spectralcmi.heat.tables.QUANTITIES` at its quadrature points.

    Notes
    -----
    `evaluate` takes 0.1 microseconds a point.
    """

    def __init__(self, basis: ScalarBasis, tables: TemperatureTables) -> None:
        self.basis = basis
        self._crust = _Crust(
            basis.tables,
            basis.basis.stride,
            basis.lapse,
            VOLUME * basis.volume_weights,
            POWER * basis.power_weights,
            CONDUCTION * basis.radial_weights,
            tables.coefficients,
        )

    def evaluate(self, u: np.ndarray, averages: FieldAverages) -> RadialState:
        """What a temperature holds and does.

        Parameters
        ----------
        u : ndarray, shape (slots,)
            e^Phi T [K].
        averages : FieldAverages
        """
        content, rate = np.zeros_like(u), np.zeros_like(u)
        forms = np.empty((4, self.basis.radius.size))
        summary = _evaluate(u, self._crust, averages, content, rate, forms)
        return RadialState(content, rate, forms, *summary)

    def linear_form(self, state: RadialState, step: float) -> np.ndarray:
        """Band of the derivatives of content - step rate by the slots, see `ScalarBasis.products`.

        Parameters
        ----------
        state : RadialState
        step : float
            [yr]
        """
        capacity, emission, conduction, mixed = state.forms
        return self.basis.products(
            values=capacity - step * emission, slopes=-step * conduction, mixed=-step * mixed
        )

    def ratios(self, above: np.ndarray, below: np.ndarray) -> tuple[float, float]:
        """Smallest and largest ratio of two functions at the quadrature points and both ends."""
        return _ratios(above, below, self._crust.functions, self._crust.stride)


@kernel(cache=True, fastmath={"contract"})
def _evaluate(
    u: np.ndarray,
    crust: _Crust,
    averages: FieldAverages,
    content: np.ndarray,
    rate: np.ndarray,
    forms: np.ndarray,
) -> tuple[float, float, float]:
    """`RadialMatter.evaluate`; luminosity and extrema of the temperature."""
    functions, stride = crust.functions, crust.stride
    neutrinos, coldest, hottest = 0.0, np.inf, -np.inf
    for element in range(functions.shape[0]):
        start = element * stride
        for row in range(functions.shape[2]):
            point = element * functions.shape[2] + row
            f, df = functions[element, 0, row], functions[element, 1, row]
            value = slope = 0.0
            for i in range(f.size):
                value += f[i] * u[start + i]
                slope += df[i] * u[start + i]
            lapse = crust.lapse[point]
            temperature = value / lapse
            coldest = coldest if temperature >= coldest else temperature
            hottest = hottest if temperature <= hottest else temperature
            logarithm = np.log(temperature)
            first, values, slopes = place_in_tables(logarithm)
            table = crust.matter[point]
            enthalpy = np.exp(weighted(table, first, ENTHALPY, values))
            capacity = enthalpy * weighted(table, first, ENTHALPY, slopes) / temperature

            change = logarithm - np.log(averages.temperature[point])
            exponent = averages.conduction_exponent[point]
            electrons = averages.conduction_share[point] * np.exp(
                weighted(table, first, CONDUCTIVITY, values) + exponent * change
            )
            lattice = np.exp(weighted(table, first, LATTICE_CONDUCTIVITY, values))
            steepness = electrons * (weighted(table, first, CONDUCTIVITY, slopes) + exponent)
            steepness += lattice * weighted(table, first, LATTICE_CONDUCTIVITY, slopes)
            conductivity = electrons + lattice

            emissivity = np.exp(weighted(table, first, EMISSIVITY, values))
            growth = emissivity * weighted(table, first, EMISSIVITY, slopes)
            exponent = averages.emissivity_exponent[point]
            synchrotron = averages.emissivity[point] * np.exp(exponent * change)
            emissivity += synchrotron
            growth += synchrotron * exponent

            lost = crust.power[point] * emissivity
            stored = crust.volume[point] * lapse * enthalpy
            flux = -crust.conduction[point] * conductivity * slope
            neutrinos += lost
            for i in range(f.size):
                content[start + i] += stored * f[i]
                rate[start + i] += flux * df[i] - lost * f[i]
            forms[0, point] = crust.volume[point] * capacity
            forms[1, point] = -crust.power[point] * growth / value
            forms[2, point] = -crust.conduction[point] * conductivity
            forms[3, point] = -crust.conduction[point] * steepness * slope / value
    return neutrinos, coldest, hottest


@kernel(cache=True, fastmath={"contract"})
def _ratios(
    above: np.ndarray, below: np.ndarray, functions: np.ndarray, stride: int
) -> tuple[float, float]:
    last = above.size - 1
    ends = above[0] / below[0], above[last] / below[last]
    lowest, highest = min(ends), max(ends)
    for element in range(functions.shape[0]):
        start = element * stride
        for row in range(functions.shape[2]):
            f = functions[element, 0, row]
            upper = lower = 0.0
            for i in range(f.size):
                upper += f[i] * above[start + i]
                lower += f[i] * below[start + i]
            ratio = upper / lower
            lowest = lowest if ratio >= lowest else ratio
            highest = highest if ratio <= highest else ratio
    return lowest, highest
