"""Enthalpy, conduction and neutrinos of the crust at each point of the grid, and their integrals.

For a temperature u(r, theta, phi) = e^Phi T and all functions v,

    content   Int e^Phi w(T) v dV,   w = Int c_v dT,
    rate      -Int e^Phi grad v . K . grad u dV - Int e^(2 Phi) Q_nu v dV,

and on request the coefficients of their linear forms, for `spectralcmi.heat.anisotropic_solver`.
Energies are per km3 of volumes in cm3: erg cm-3 km3.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from spectralcmi.constants import JULIAN_YEAR, KILOMETRE
from spectralcmi.grid.harmonics import (
    call_analysis,
    call_scalar_analysis,
    call_scalar_synthesis,
    call_synthesis,
)
from spectralcmi.heat.conduction import PRECISION, Coefficients
from spectralcmi.heat.exponentials import exponentiate
from spectralcmi.heat.scalar_grid import ScalarGrid, ScalarTables, gather_scalar, scatter_scalar
from spectralcmi.heat.synchrotron import REFERENCE_FIELD, log_synchrotron_at
from spectralcmi.heat.tables import (
    CONDUCTIVITY,
    EMISSIVITY,
    ENTHALPY,
    GYRATION,
    LATTICE_CONDUCTIVITY,
    LOWEST,
    QUANTITIES,
    TemperatureTables,
    place_in_tables,
    weighted,
)
from spectralcmi.terms.kernels import FAST, kernel, merged_kernel, table_product

#: omega_B tau is tabulated per gauss, the field is in 1e12 G.
GAUSS = 1e12
#: From K [erg cm-1 s-1 K-1] between gradients per km to erg cm-3 yr-1.
CONDUCTION = JULIAN_YEAR / KILOMETRE**2


#: Temperature [K] that stands for zero where it divides.
SMALL = 1.0
#: Index of `spectralcmi.heat.synchrotron.synchrotron_table` among the quantities, if there is one.
SYNCHROTRON = len(QUANTITIES)


@dataclass(frozen=True, eq=False)
class CrustState:
    """What a temperature of the crust holds and does.

    Attributes
    ----------
    content, rate : ndarray, shape `ScalarGrid.shape`
        [erg cm-3 km3], and per yr.
    neutrinos : float
        Luminosity at infinity [erg cm-3 km3/yr].
    coldest, hottest : float
        Local temperature [K].
    """

    content: np.ndarray
    rate: np.ndarray
    neutrinos: float
    coldest: float
    hottest: float


@merged_kernel()
def _tabulated(
    u: np.ndarray,
    lapse: float,
    table: np.ndarray,
    field: np.ndarray,
    quantities: np.ndarray,
    slopes: np.ndarray,
    with_slopes: bool,
    scratch: tuple[np.ndarray, ...],
) -> tuple[float, float]:
    """All quantities of a shell at its points, and extrema of T; d ln w/dT, d ln Q_nu/dT if wanted.

    Synchrotron radiation is the last of the quantities, and added to the emissivity. Where too few
    degrees let T fall below `LOWEST`, matter is that of `LOWEST`, and its enthalpy as T.
    """
    powers, bits, exponents = scratch
    has_synchrotron = table.shape[1] > SYNCHROTRON
    coldest, hottest = np.inf, -np.inf
    for i in range(quantities.shape[1]):
        temperature = u[i] / lapse
        coldest = coldest if temperature >= coldest else temperature
        hottest = hottest if temperature <= hottest else temperature
        temperature = max(temperature, LOWEST)
        logarithm = np.log(temperature)
        first, values, rates = place_in_tables(logarithm)
        for quantity in range(SYNCHROTRON):
            quantities[quantity, i] = weighted(table, first, quantity, values)
        if with_slopes:
            slopes[0, i] = weighted(table, first, ENTHALPY, rates) / temperature
            slopes[1, i] = weighted(table, first, EMISSIVITY, rates) / temperature
        if has_synchrotron:
            square = 0.0
            for component in range(3):
                b = np.float64(field[component, i]) * (GAUSS / REFERENCE_FIELD)
                square += b * b
            quantities[SYNCHROTRON, i], exponent = log_synchrotron_at(
                table, SYNCHROTRON, np.log(square), logarithm
            )
            if with_slopes:
                exponents[i] = exponent / temperature
    for quantity in range(quantities.shape[0] if has_synchrotron else SYNCHROTRON):
        exponentiate(quantities[quantity], powers, bits)
    if coldest < LOWEST:
        for i in range(quantities.shape[1]):
            temperature = u[i] / lapse
            if temperature < LOWEST:
                temperature = temperature if abs(temperature) > SMALL else SMALL
                quantities[ENTHALPY, i] *= temperature / LOWEST
                if with_slopes:
                    slopes[0, i] = 1.0 / temperature
    if has_synchrotron:
        emissivity, other, slope = quantities[EMISSIVITY], quantities[SYNCHROTRON], slopes[1]
        for i in range(emissivity.size):
            total = emissivity[i] + other[i]
            if with_slopes:
                slope[i] = (emissivity[i] * slope[i] + other[i] * exponents[i]) / total
            emissivity[i] = total
    return coldest, hottest


@merged_kernel(fastmath=FAST)
def _on_a_shell(
    scalar: np.ndarray,
    loss: np.ndarray,
    gradient: np.ndarray,
    quantities: np.ndarray,
    field: np.ndarray,
    solid_angle: np.ndarray,
    lapse: float,
    hall: float,
) -> float:
    """Replace u by e^Phi w in `scalar` and grad u by minus the heat flux; write -e^(2 Phi) Q_nu.

    Conductivities become those of the tensor. The luminosity of the shell.
    """
    lost = 0.0
    conduction, radiation = -lapse * CONDUCTION, JULIAN_YEAR * lapse * lapse
    enthalpy, emissivity = quantities[ENTHALPY], quantities[EMISSIVITY]
    electrons, ions = quantities[CONDUCTIVITY], quantities[LATTICE_CONDUCTIVITY]
    gyration = quantities[GYRATION]
    flux_r, flux_theta, flux_phi = gradient[0], gradient[1], gradient[2]
    field_r, field_theta, field_phi = field[0], field[1], field[2]
    for i in range(solid_angle.size):
        b_r, b_theta = np.float64(field_r[i]), np.float64(field_theta[i])
        b_phi, w = np.float64(field_phi[i]), GAUSS * gyration[i]
        r, theta, phi = flux_r[i], flux_theta[i], flux_phi[i]
        square = b_r * b_r + b_theta * b_theta + b_phi * b_phi
        across = electrons[i] / (1.0 + w * w * square)
        isotropic, along, skew = across + ions[i], across * w * w, across * w
        parallel, askew = along * (b_r * r + b_theta * theta + b_phi * phi), hall * skew
        flux_r[i] = conduction * (
            isotropic * r + parallel * b_r + askew * (b_theta * phi - b_phi * theta)
        )
        flux_theta[i] = conduction * (
            isotropic * theta + parallel * b_theta + askew * (b_phi * r - b_r * phi)
        )
        flux_phi[i] = conduction * (
            isotropic * phi + parallel * b_phi + askew * (b_r * theta - b_theta * r)
        )
        electrons[i], ions[i], gyration[i] = along, isotropic, skew
        loss[i] = -radiation * emissivity[i]
        lost -= solid_angle[i] * loss[i]
        scalar[i] = lapse * enthalpy[i]
    return lost


@merged_kernel(fastmath=FAST)
def _keep(
    quantities: np.ndarray,
    slopes: np.ndarray,
    loss: np.ndarray,
    lapse: float,
    step: float,
    store: np.ndarray,
    point: int,
) -> None:
    """Coefficients of the linear form of content - step rate, after `_on_a_shell`."""
    emission = -step / lapse
    capacity = store[0, point]
    enthalpy, storing, radiating = quantities[ENTHALPY], slopes[0], slopes[1]
    for i in range(loss.size):
        capacity[i] = enthalpy[i] * storing[i] + emission * loss[i] * radiating[i]
    for row, quantity in enumerate((LATTICE_CONDUCTIVITY, CONDUCTIVITY, GYRATION)):
        if row + 1 < store.shape[0]:
            kept, values = store[row + 1, point], quantities[quantity]
            for i in range(loss.size):
                kept[i] = values[i]


@kernel(cache=True)
def _matter_blocks(
    first: int,
    last: int,
    slots: np.ndarray,
    tables: ScalarTables,
    matter: np.ndarray,
    field: np.ndarray,
    solid_angle: np.ndarray,
    lapse: np.ndarray,
    step: float,
    hall: float,
    transforms: tuple[int, int, int],
    scalar_transforms: tuple[int, int, int],
    buffers: tuple[np.ndarray, ...],
    duals: np.ndarray,
    store: np.ndarray,
    summary: np.ndarray,
) -> None:
    """Blocks `first` .. `last` - 1 of `MatterOnGrid.evaluate`, compiled; see there for the cost."""
    configuration, synthesis, analysis = transforms
    _, scalar_synthesis, scalar_analysis = scalar_transforms
    given, found, gradient, scalars, quantities, slopes, scratch, profiles, work = buffers
    position, real, imaginary = tables.position, tables.real, tables.imaginary
    rows, points = tables.values.shape[2], solid_angle.size
    for block in range(first, last):
        start, shells = tables.start[block], tables.bounds[block + 1] - tables.bounds[block]
        for part in range(2):
            table_product(tables.values[block, part], slots, start, shells, profiles[part])
        for shell in range(shells):
            point = tables.bounds[block] + shell
            radius, volume = tables.radius[point], tables.volume[point]
            gather_scalar(profiles[0, shell], 1.0, position, real, imaginary, given[3])
            gather_scalar(profiles[1, shell], 1.0, position, real, imaginary, given[0])
            gather_scalar(profiles[0, shell], 1.0 / radius, position, real, imaginary, given[1])
            given[1, 0] = 0.0
            call_synthesis(synthesis, configuration, given, gradient)
            call_scalar_synthesis(scalar_synthesis, configuration, given[3], scalars[0])
            summary[point, 1:] = _tabulated(
                scalars[0, :points], lapse[point], matter[point], field[point], quantities, slopes,
                store.shape[0] > 0, scratch,
            )  # fmt: skip
            summary[point, 0] = _on_a_shell(
                scalars[0], scalars[1], gradient[:, :points], quantities, field[point],
                solid_angle, lapse[point], hall,
            )  # fmt: skip
            if store.shape[0] > 0:
                _keep(quantities, slopes, scalars[1, :points], lapse[point], step, store, point)
            call_analysis(analysis, configuration, gradient, found)
            call_scalar_analysis(scalar_analysis, configuration, scalars[1], found[3])
            for i in range(position.size):
                n = position[i]
                found[3, n] += tables.product[i] / radius * found[1, n]
            scatter_scalar(found[3], volume, position, real, imaginary, work[0, shell])
            scatter_scalar(found[0], volume, position, real, imaginary, work[0, rows + shell])
            call_scalar_analysis(scalar_analysis, configuration, scalars[0], found[3])
            scatter_scalar(found[3], volume, position, real, imaginary, work[1, shell])
            work[1, rows + shell] = 0.0
        for shell in range(shells, rows):
            work[:, shell] = 0.0
            work[:, rows + shell] = 0.0
        tests = tables.tests[block]
        for part in range(2):
            table_product(tests, work[part], 0, tests.shape[0], duals[part, block])


class MatterOnGrid:
    """The matter of the crust on the grid of a scalar.

    Parameters
    ----------
    grid : ScalarGrid
    tables : TemperatureTables
        Of `spectralcmi.heat.tables.QUANTITIES` on the quadrature shells, and of synchrotron
        radiation, see `spectralcmi.heat.synchrotron`, unless it is left out.
    hall : bool
        Whether the Hall (Righi-Leduc) part of conduction is taken along.

    Notes
    -----
    Cost of `evaluate`: nine scalar transforms a shell, as a magnetic right-hand side, and five
    tables a point of the grid. The coefficients, made when they are asked for, take 12 bytes a
    point in single precision, 16 with the Hall part; the field as much.
    """

    def __init__(
        self,
        grid: ScalarGrid,
        tables: TemperatureTables,
        *,
        hall: bool = False,
    ) -> None:
        self.grid, self._hall = grid, hall
        self._matter = tables.coefficients
        self._lapse = np.exp(grid.shell.metric.potential(grid.shell.basis.radius))
        self._store = np.empty((4 if hall else 3, *grid.grid_shape), PRECISION)
        blocks = grid.shell.basis.blocks.count
        self._duals = np.empty((2, blocks, grid.tables.tests.shape[1], grid.columns.count))
        self._buffers = threading.local()

    def evaluate(
        self, u: np.ndarray, field: np.ndarray, step: float | None = None
    ) -> tuple[CrustState, Coefficients | None]:
        """What a temperature holds and does.

        Parameters
        ----------
        u : ndarray, shape `grid.shape`
            e^Phi T [K].
        field : ndarray, shape (points, 3, grid)
            B_r, B_theta, B_phi [1e12 G].
        step : float, optional
            If given, the coefficients of the linear form of content - step rate, too [yr].

        Returns
        -------
        state : CrustState
        coefficients : Coefficients or None
            For products with `CONDUCTION` times `step`; views of what the next call overwrites.
        """
        grid, harmonics = self.grid, self.grid.shell.harmonics
        store = self._store[:0] if step is None else self._store
        summary = np.empty((grid.grid_shape[0], 3))

        def some(first: int, last: int) -> None:
            _matter_blocks(
                first,
                last,
                u,
                grid.tables,
                self._matter,
                field,
                harmonics.solid_angle.reshape(-1),
                self._lapse,
                0.0 if step is None else step,
                float(self._hall),
                harmonics.addresses,
                harmonics.scalar_addresses,
                self._thread_buffers(),
                self._duals,
                store,
                summary,
            )

        grid.over_blocks(some)
        content, rate = np.empty(grid.shape), np.empty(grid.shape)
        grid.sum_blocks(self._duals[0], rate)
        grid.sum_blocks(self._duals[1], content)
        neutrinos = float(grid.tables.volume @ summary[:, 0])
        state = CrustState(
            content, rate, neutrinos, float(summary[:, 1].min()), float(summary[:, 2].max())
        )
        if step is None:
            return state, None
        hall = store[3] if self._hall else np.empty((0, 0), store.dtype)
        return state, Coefficients(store[0], store[1], store[2], hall, field)

    def _thread_buffers(self) -> tuple[np.ndarray, ...]:
        """Coefficients given and found, fields and matter of a sphere, radial of a block."""
        if not hasattr(self._buffers, "arrays"):
            transform = self.grid.shell.harmonics.transform
            shells, count = self.grid.tables.values.shape[2], self.grid.columns.count
            powers = np.empty(self.grid.grid_shape[1])
            self._buffers.arrays = (
                np.zeros((4, transform.nlm), dtype=complex),
                np.empty((4, transform.nlm), dtype=complex),
                np.empty((3, transform.nspat)),
                np.empty((2, transform.nspat)),
                np.empty((SYNCHROTRON + 1, self.grid.grid_shape[1])),
                np.empty((2, self.grid.grid_shape[1])),
                (powers, powers.view(np.int64), np.empty_like(powers)),
                np.empty((2, shells, count)),
                np.empty((2, 2 * shells, count)),
            )
        return self._buffers.arrays
