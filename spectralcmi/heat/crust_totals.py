"""What the crust holds and radiates as a whole, for the balance of its energy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.grid.harmonics import call_scalar_synthesis
from spectralcmi.heat.exponentials import exponentiate
from spectralcmi.heat.matter_on_grid import GAUSS, SMALL, SYNCHROTRON
from spectralcmi.heat.scalar_grid import ScalarGrid, ScalarTables, gather_scalar
from spectralcmi.heat.synchrotron import REFERENCE_FIELD, log_synchrotron_at
from spectralcmi.heat.tables import (
    EMISSIVITY,
    ENTHALPY,
    LOWEST,
    TemperatureTables,
    place_in_tables,
    weighted,
)
from spectralcmi.terms.kernels import kernel, merged_kernel, table_product


class CrustTotals(NamedTuple):
    """What all of the crust holds [erg cm-3 km3] and radiates [erg cm-3 km3/yr], at infinity."""

    energy: float
    neutrinos: float


@merged_kernel()
def _energy_and_loss(
    u: np.ndarray,
    lapse: float,
    table: np.ndarray,
    field: np.ndarray,
    solid_angle: np.ndarray,
    quantities: np.ndarray,
    scratch: tuple[np.ndarray, ...],
) -> tuple[float, float]:
    """Int e^Phi w and Int e^(2 Phi) Q_nu over a sphere; the integrands of `MatterOnGrid`."""
    powers, bits = scratch
    has_synchrotron = table.shape[1] > SYNCHROTRON
    for i in range(quantities.shape[1]):
        logarithm = np.log(max(u[i] / lapse, LOWEST))
        first, values, _ = place_in_tables(logarithm)
        quantities[0, i] = weighted(table, first, ENTHALPY, values)
        quantities[1, i] = weighted(table, first, EMISSIVITY, values)
        if has_synchrotron:
            square = 0.0
            for component in range(3):
                b = np.float64(field[component, i]) * (GAUSS / REFERENCE_FIELD)
                square += b * b
            quantities[2, i], _ = log_synchrotron_at(table, SYNCHROTRON, np.log(square), logarithm)
    for quantity in range(3 if has_synchrotron else 2):
        exponentiate(quantities[quantity], powers, bits)
    energy, loss = 0.0, 0.0
    for i in range(solid_angle.size):
        temperature = u[i] / lapse
        if temperature < LOWEST:
            temperature = temperature if abs(temperature) > SMALL else SMALL
            quantities[0, i] *= temperature / LOWEST
        energy += solid_angle[i] * quantities[0, i]
        loss += solid_angle[i] * quantities[1, i]
        if has_synchrotron:
            loss += solid_angle[i] * quantities[2, i]
    return lapse * energy, JULIAN_YEAR * lapse * lapse * loss


@kernel(cache=True)
def _totals_of_blocks(
    first: int,
    last: int,
    slots: np.ndarray,
    tables: ScalarTables,
    matter: np.ndarray,
    field: np.ndarray,
    solid_angle: np.ndarray,
    lapse: np.ndarray,
    transforms: tuple[int, int, int],
    buffers: tuple[np.ndarray, ...],
    summary: np.ndarray,
) -> None:
    """Blocks `first` .. `last` - 1 of `crust_totals`."""
    configuration, synthesis, _ = transforms
    spectral, scalar, quantities, scratch, profiles = buffers
    position, real, imaginary = tables.position, tables.real, tables.imaginary
    points = solid_angle.size
    for block in range(first, last):
        start, shells = tables.start[block], tables.bounds[block + 1] - tables.bounds[block]
        table_product(tables.values[block, 0], slots, start, shells, profiles)
        for shell in range(shells):
            point = tables.bounds[block] + shell
            gather_scalar(profiles[shell], 1.0, position, real, imaginary, spectral)
            call_scalar_synthesis(synthesis, configuration, spectral, scalar)
            summary[point] = _energy_and_loss(
                scalar[:points], lapse[point], matter[point], field[point], solid_angle,
                quantities, scratch,
            )  # fmt: skip


def crust_totals(
    grid: ScalarGrid, tables: TemperatureTables, u: np.ndarray, field: np.ndarray
) -> CrustTotals:
    """Energy and neutrinos of the crust: the sums of what `MatterOnGrid.evaluate` has.

    Parameters
    ----------
    grid : ScalarGrid
    tables : TemperatureTables
        As of `spectralcmi.heat.matter_on_grid.MatterOnGrid`.
    u, field : ndarray
        As of `MatterOnGrid.evaluate`, for a quarter of whose cost this is.

    Returns
    -------
    CrustTotals
    """
    harmonics, points = grid.shell.harmonics, grid.grid_shape[1]
    summary = np.empty((grid.grid_shape[0], 2))
    lapse = np.exp(grid.shell.metric.potential(grid.shell.basis.radius))

    def some(first: int, last: int) -> None:
        powers = np.empty(points)
        buffers = (
            np.zeros(harmonics.transform.nlm, dtype=complex),
            np.empty(harmonics.transform.nspat),
            np.empty((3, points)),
            (powers, powers.view(np.int64)),
            np.empty((grid.tables.values.shape[2], grid.columns.count)),
        )
        _totals_of_blocks(
            first,
            last,
            u,
            grid.tables,
            tables.coefficients,
            field,
            harmonics.solid_angle.reshape(-1),
            lapse,
            harmonics.scalar_addresses,
            buffers,
            summary,
        )

    grid.over_blocks(some)
    # not by BLAS, whose sums depend on its number of threads
    energy, neutrinos = np.einsum("p,pq->q", grid.tables.volume, summary)
    return CrustTotals(float(energy), float(neutrinos))
