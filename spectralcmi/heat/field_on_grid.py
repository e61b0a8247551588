"""The magnetic field on the grid, for the conduction of heat."""

from __future__ import annotations

import numpy as np

from spectralcmi.grid.harmonics import call_synthesis
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.electric_field import TASKS_PER_THREAD
from spectralcmi.terms.kernels import kernel, table_product
from spectralcmi.threads import Threads, blocks


@kernel(cache=True)
def _field_blocks(
    first: int,
    last: int,
    slots: np.ndarray,
    tables: np.ndarray,
    starts: np.ndarray,
    bounds: np.ndarray,
    radius: np.ndarray,
    angular: tuple[np.ndarray, ...],
    transforms: tuple[int, int, int],
    buffers: tuple[np.ndarray, ...],
    out: np.ndarray,
) -> None:
    """Blocks `first` .. `last` - 1 of `field_on_grid`."""
    configuration, synthesis, _ = transforms
    position, real, imaginary, product = angular
    spectral, spatial, profiles = buffers
    for block in range(first, last):
        shells = bounds[block + 1] - bounds[block]
        for part in range(3):
            kind = part // 2  # p, p' and t
            table_product(
                tables[kind][block, part % 2],
                slots[kind],
                starts[kind][block],
                shells,
                profiles[part],
            )
        for shell in range(shells):
            point = bounds[block] + shell
            inverse = 1.0 / radius[point]
            for i in range(position.size):
                n, c, d = position[i], real[i], imaginary[i]
                half = inverse if d < 0 else inverse * np.sqrt(0.5)
                for component in range(3):
                    values = profiles[component, shell]
                    scale = half * inverse * product[i] if component == 0 else half
                    other = 0.0 if d < 0 else scale * values[d]
                    spectral[component, n] = complex(scale * values[c], other)
            call_synthesis(synthesis, configuration, spectral, spatial)
            for component in range(3):
                row, values = out[point, component], spatial[component]
                for i in range(row.size):
                    row[i] = values[i]


def field_on_grid(
    shell: Shell, poloidal: np.ndarray, toroidal: np.ndarray, threads: Threads, out: np.ndarray
) -> np.ndarray:
    """B on the quadrature shells.

    Parameters
    ----------
    shell : Shell
    poloidal : ndarray, shape (poloidal slots, columns)
        p [1e12 G km2].
    toroidal : ndarray, shape (toroidal slots, columns)
        t [1e12 G km].
    threads : Threads
    out : ndarray, shape (points, 3, grid)
        Overwritten by B_r, B_theta, B_phi [1e12 G], in the precision of the array.

    Returns
    -------
    ndarray
        `out`.
    """
    radial, harmonics, columns = shell.blocks, shell.harmonics, shell.columns
    transform, shells = harmonics.transform, radial.poloidal.shape[2]
    angular = (
        harmonics.position,
        columns.real,
        columns.imaginary,
        harmonics.degree * (harmonics.degree + 1.0),
    )

    def some(first: int, last: int) -> None:
        buffers = (
            np.zeros((3, transform.nlm), dtype=complex),
            np.empty((3, transform.nspat)),
            np.empty((3, shells, columns.count)),
        )
        _field_blocks(
            first,
            last,
            (poloidal, toroidal),
            (radial.poloidal, radial.toroidal),
            (radial.poloidal_start, radial.toroidal_start),
            radial.bounds,
            shell.basis.radius,
            angular,
            harmonics.addresses,
            buffers,
            out,
        )

    tasks = threads.count * (TASKS_PER_THREAD if harmonics.mmax else 1)
    threads.run_compiled(some, blocks(radial.count, -(-radial.count // tasks)))
    return out
