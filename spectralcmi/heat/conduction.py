"""Anisotropic conduction of heat by electrons in a magnetic field, on the grid.

The redshifted temperature u = e^Phi T obeys c_v du/dt = div(e^Phi K . grad u) + .., with

    K g = kappa_perp [g + w^2 b (b.g) + w b x g] + kappa_ion g,   kappa_perp = kappa/(1 + w^2),

b the direction of B and w = omega_B tau, which is proportional to B. All is taken in the weak form,
Int e^Phi grad v . K . grad u dV: it is symmetric without the Hall part b x g, which does no work,
and a uniform u conducts nothing, whatever the grid.

References
----------
Braginskii, Rev. Plasma Phys. 1, 205 (1965): the tensor.
Pons & Vigano, Living Rev. Comput. Astrophys. 5, 3 (2019), sections 2 and 3: in a neutron star.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np

from spectralcmi.grid.harmonics import (
    call_analysis,
    call_scalar_analysis,
    call_scalar_synthesis,
    call_synthesis,
)
from spectralcmi.heat.scalar_grid import ScalarGrid, ScalarTables, gather_scalar, scatter_scalar
from spectralcmi.terms.kernels import FAST, kernel, merged_kernel, table_product

#: Of coefficients and of the field on the grid.
PRECISION = np.float32


class Coefficients(NamedTuple):
    """What conducts and stores heat at each point; arrays of `ScalarGrid.grid_shape`.

    All of single precision: it halves what a product reads, keeps it symmetric and conservative,
    and changes the coefficients by 6e-8.

    Attributes
    ----------
    capacity : ndarray
        c_v [heat/volume/K]; or whatever multiplies u.
    isotropic : ndarray
        kappa_perp + kappa_ion [heat/length/time/K].
    along : ndarray
        kappa_perp w^2/B^2, the excess of conduction along B over its square.
    hall : ndarray
        kappa_perp w/B; of shape (0, 0) where the Hall part is left out.
    field : ndarray, shape (points, 3, grid)
        B_r, B_theta, B_phi.
    """

    capacity: np.ndarray
    isotropic: np.ndarray
    along: np.ndarray
    hall: np.ndarray
    field: np.ndarray


def coefficients(
    capacity: np.ndarray,
    electrons: np.ndarray,
    ions: np.ndarray,
    gyration: np.ndarray,
    field: np.ndarray,
    *,
    hall: bool = False,
) -> Coefficients:
    """Coefficients of the conductivity tensor from those of the matter.

    Parameters
    ----------
    capacity, electrons, ions : ndarray, shape (points, grid)
        c_v, and the conductivities kappa of electrons without a field and kappa_ion of the lattice.
    gyration : ndarray, shape (points, grid)
        omega_B tau over B [1/field].
    field : ndarray, shape (points, 3, grid)
        B_r, B_theta, B_phi.
    hall : bool
        Whether the Hall (Righi-Leduc) part is kept.
    """
    perpendicular = (field.astype(np.float64) ** 2).sum(axis=1)
    perpendicular *= gyration
    perpendicular *= gyration
    perpendicular += 1.0
    np.divide(electrons, perpendicular, out=perpendicular)
    skew = perpendicular * gyration
    arrays = (
        capacity,
        perpendicular + ions,
        skew * gyration,
        skew if hall else np.empty((0, 0)),
        field,
    )
    return Coefficients(*(np.ascontiguousarray(a, dtype=PRECISION) for a in arrays))


@merged_kernel(fastmath=FAST)
def _conduct(
    gradient: np.ndarray,
    scalar: np.ndarray,
    capacity: np.ndarray,
    isotropic: np.ndarray,
    along: np.ndarray,
    field: np.ndarray,
    scale: float,
) -> None:
    """Replace grad u by scale K grad u and u by c u on a sphere: 20 flops a point."""
    g_r, g_theta, g_phi = gradient[0], gradient[1], gradient[2]
    b_r, b_theta, b_phi = field[0], field[1], field[2]
    for i in range(capacity.size):
        r, theta, phi = g_r[i], g_theta[i], g_phi[i]
        straight = scale * isotropic[i]
        parallel = scale * along[i] * (b_r[i] * r + b_theta[i] * theta + b_phi[i] * phi)
        g_r[i] = straight * r + parallel * b_r[i]
        g_theta[i] = straight * theta + parallel * b_theta[i]
        g_phi[i] = straight * phi + parallel * b_phi[i]
        scalar[i] *= capacity[i]


@merged_kernel(fastmath=FAST)
def _conduct_askew(
    gradient: np.ndarray,
    scalar: np.ndarray,
    capacity: np.ndarray,
    isotropic: np.ndarray,
    along: np.ndarray,
    hall: np.ndarray,
    field: np.ndarray,
    scale: float,
) -> None:
    """As `_conduct`, with the Hall part."""
    g_r, g_theta, g_phi = gradient[0], gradient[1], gradient[2]
    b_r, b_theta, b_phi = field[0], field[1], field[2]
    for i in range(capacity.size):
        r, theta, phi = g_r[i], g_theta[i], g_phi[i]
        straight, skew = scale * isotropic[i], scale * hall[i]
        parallel = scale * along[i] * (b_r[i] * r + b_theta[i] * theta + b_phi[i] * phi)
        g_r[i] = straight * r + parallel * b_r[i] + skew * (b_theta[i] * phi - b_phi[i] * theta)
        g_theta[i] = straight * theta + parallel * b_theta[i] + skew * (b_phi[i] * r - b_r[i] * phi)
        g_phi[i] = straight * phi + parallel * b_phi[i] + skew * (b_r[i] * theta - b_theta[i] * r)
        scalar[i] *= capacity[i]


@kernel(cache=True)
def _conduction_blocks(
    first: int,
    last: int,
    slots: np.ndarray,
    tables: ScalarTables,
    lapse: np.ndarray,
    coefficients: Coefficients,
    transforms: tuple[int, int, int],
    scalar_transforms: tuple[int, int, int],
    buffers: tuple[np.ndarray, ...],
    duals: np.ndarray,
) -> None:
    """Blocks `first` .. `last` - 1 of `Conduction.apply`, compiled; see there for the cost."""
    configuration, synthesis, analysis = transforms
    _, scalar_synthesis, scalar_analysis = scalar_transforms
    given, found, gradient, scalar, profiles, work = buffers
    position, real, imaginary = tables.position, tables.real, tables.imaginary
    rows, points = tables.values.shape[2], coefficients.capacity.shape[1]
    askew = coefficients.hall.size > 0
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
            call_scalar_synthesis(scalar_synthesis, configuration, given[3], scalar)
            if askew:
                _conduct_askew(
                    gradient[:, :points], scalar, coefficients.capacity[point],
                    coefficients.isotropic[point], coefficients.along[point],
                    coefficients.hall[point], coefficients.field[point], lapse[point],
                )  # fmt: skip
            else:
                _conduct(
                    gradient[:, :points], scalar, coefficients.capacity[point],
                    coefficients.isotropic[point], coefficients.along[point],
                    coefficients.field[point], lapse[point],
                )  # fmt: skip
            call_analysis(analysis, configuration, gradient, found)
            call_scalar_analysis(scalar_analysis, configuration, scalar, found[3])
            for i in range(position.size):
                n = position[i]
                # grad v is v/r grad_1 Y on the sphere, and Int |grad_1 Y|^2 = l(l+1)
                found[3, n] += tables.product[i] / radius * found[1, n]
            scatter_scalar(found[3], volume, position, real, imaginary, work[shell])
            scatter_scalar(found[0], volume, position, real, imaginary, work[rows + shell])
        for shell in range(shells, rows):
            work[shell] = 0.0
            work[rows + shell] = 0.0
        table_product(tables.tests[block], work, 0, tables.tests.shape[1], duals[block])


class Conduction:
    """Products with mass + step K of the weak form, all of it pointwise on the grid.

    Parameters
    ----------
    grid : ScalarGrid

    Notes
    -----
    Cost of a product with M quadrature shells, n slots of a block and K columns: 8 M n K flops of
    products with small tables, M vector and M scalar syntheses and as many analyses (8 M scalar
    transforms; a magnetic right-hand side has 9 M, and takes 2.6 times as long). It reads six
    numbers a point of the grid, seven with the Hall part: 24 or 28 bytes, which is also the memory
    of the coefficients. At lmax = 60 in three dimensions a shell has 31744 points.
    """

    def __init__(self, grid: ScalarGrid) -> None:
        self.grid = grid
        shell = grid.shell
        self._lapse = np.exp(shell.metric.potential(shell.basis.radius))
        self._duals = np.empty(
            (shell.basis.blocks.count, grid.tables.tests.shape[1], grid.columns.count)
        )
        self._buffers = threading.local()

    def apply(
        self, local: Coefficients, step: float, slots: np.ndarray, out: np.ndarray
    ) -> np.ndarray:
        """Int (c u v + step e^Phi grad v . K . grad u) dV for all functions v.

        Parameters
        ----------
        local : Coefficients
        step : float
            [time]
        slots : ndarray, shape `grid.shape`
            u.
        out : ndarray, shape `grid.shape`
            Overwritten.

        Returns
        -------
        ndarray
            `out`.
        """
        harmonics = self.grid.shell.harmonics
        lapse = step * self._lapse

        def some(first: int, last: int) -> None:
            _conduction_blocks(
                first,
                last,
                slots,
                self.grid.tables,
                lapse,
                local,
                harmonics.addresses,
                harmonics.scalar_addresses,
                self._thread_buffers(),
                self._duals,
            )

        self.grid.over_blocks(some)
        self.grid.sum_blocks(self._duals, out)
        return out

    def _thread_buffers(self) -> tuple[np.ndarray, ...]:
        """Coefficients given and found, a vector and a scalar on a sphere, radial of a block."""
        if not hasattr(self._buffers, "arrays"):
            transform = self.grid.shell.harmonics.transform
            shells, count = self.grid.tables.values.shape[2], self.grid.columns.count
            self._buffers.arrays = (
                np.zeros((4, transform.nlm), dtype=complex),
                np.empty((4, transform.nlm), dtype=complex),
                np.empty((3, transform.nspat)),
                np.empty(transform.nspat),
                np.empty((2, shells, count)),
                np.empty((2 * shells, count)),
            )
        return self._buffers.arrays
