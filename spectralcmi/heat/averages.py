"""What the magnetic field does to spherical conduction and cooling: averages over each shell.

Across the field electrons conduct less. Of K g = kappa_perp [g + w^2 b (b.g)] + kappa_ion g, with
w = omega_B tau and kappa_perp = kappa/(1 + w^2), a gradient along the radius meets

    <K_rr> = kappa_ion + kappa <b_r^2 + (1 - b_r^2)/(1 + w^2)>,

and neutrino synchrotron radiation is averaged likewise. Both depend on temperature beside the
field; they are kept as powers of it about that of the shell, exact to second order in a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spectralcmi.constants import FIELD_UNIT
from spectralcmi.heat.synchrotron import REFERENCE_FIELD, log_synchrotron_at
from spectralcmi.heat.tables import TemperatureTables
from spectralcmi.terms.kernels import FAST, kernel
from spectralcmi.threads import Threads, blocks

#: Shells of a task.
SHELLS = 32
#: From the square of a field [(1e12 G)^2] to that in the unit of the table.
SQUARE = (FIELD_UNIT / REFERENCE_FIELD) ** 2


class FieldAverages(NamedTuple):
    """Averages over the sphere on each quadrature shell, as powers of the temperature.

    Attributes
    ----------
    temperature : ndarray, shape (points,)
        For which they were made [K].
    conduction_share, conduction_exponent : ndarray, shape (points,)
        <b_r^2 + (1 - b_r^2)/(1 + w^2)> and its d ln/d ln T.
    emissivity, emissivity_exponent : ndarray, shape (points,)
        <Q> of synchrotron radiation [erg cm-3 s-1], and the same.
    """

    temperature: np.ndarray
    conduction_share: np.ndarray
    conduction_exponent: np.ndarray
    emissivity: np.ndarray
    emissivity_exponent: np.ndarray


def without_field(points: int) -> FieldAverages:
    """Averages of no field on so many shells."""
    one, zero = np.ones(points), np.zeros(points)
    return FieldAverages(one, one, zero, zero, zero)


@dataclass(frozen=True, eq=False)
class FieldMatter:
    """What the matter of each shell needs to meet a field.

    Attributes
    ----------
    temperature : ndarray, shape (points,)
        [K]
    gyration, gyration_exponent : ndarray, shape (points,)
        omega_B tau per gauss at that temperature, and its d ln/d ln T.
    synchrotron : TemperatureTables
        Of `spectralcmi.heat.synchrotron.synchrotron_table`.
    """

    temperature: np.ndarray
    gyration: np.ndarray
    gyration_exponent: np.ndarray
    synchrotron: TemperatureTables


@kernel(cache=True, fastmath=FAST)
def _averages_of_shells(
    first: int,
    last: int,
    field: np.ndarray,
    weights: np.ndarray,
    temperature: np.ndarray,
    gyration: np.ndarray,
    gyration_exponent: np.ndarray,
    table: np.ndarray,
    averages: FieldAverages,
) -> None:
    """Shells `first` .. `last` - 1 of `field_averages`."""
    for shell in range(first, last):
        radial, theta, phi = field[shell, 0], field[shell, 1], field[shell, 2]
        turning = (gyration[shell] * FIELD_UNIT) ** 2
        share = falling = emitted = rising = 0.0
        logarithm = np.log(temperature[shell])
        for i in range(weights.size):
            b_r, b_theta, b_phi = np.float64(radial[i]), np.float64(theta[i]), np.float64(phi[i])
            square = b_r * b_r + b_theta * b_theta + b_phi * b_phi
            if square == 0.0:
                share += weights[i]
                continue
            along, product = b_r * b_r / square, turning * square
            across = (1.0 - along) / (1.0 + product)
            share += weights[i] * (along + across)
            falling += weights[i] * across * product / (1.0 + product)
            log_emissivity, exponent = log_synchrotron_at(
                table[shell], 0, np.log(SQUARE * square), logarithm
            )
            emissivity = np.exp(log_emissivity)
            emitted += weights[i] * emissivity
            rising += weights[i] * emissivity * exponent
        averages.conduction_share[shell] = share
        averages.conduction_exponent[shell] = -2.0 * gyration_exponent[shell] * falling / share
        averages.emissivity[shell] = emitted
        averages.emissivity_exponent[shell] = rising / emitted if emitted > 0.0 else 0.0


def field_averages(
    field: np.ndarray, weights: np.ndarray, matter: FieldMatter, threads: Threads
) -> FieldAverages:
    """Averages of a field on the grid.

    Parameters
    ----------
    field : ndarray, shape (points, 3, places)
        B_r, B_theta, B_phi on the quadrature shells [1e12 G].
    weights : ndarray, shape (places,)
        Shares of the places in the sphere, of sum 1.
    matter : FieldMatter
    threads : Threads

    Returns
    -------
    FieldAverages

    Notes
    -----
    About 50 ns a place of each shell.
    """
    points = matter.temperature.size
    averages = FieldAverages(matter.temperature, *np.empty((4, points)))

    def some(first: int, last: int) -> None:
        _averages_of_shells(
            first,
            last,
            field,
            weights,
            matter.temperature,
            matter.gyration,
            matter.gyration_exponent,
            matter.synchrotron.coefficients,
            averages,
        )

    threads.run_compiled(some, blocks(points, SHELLS))
    return averages
