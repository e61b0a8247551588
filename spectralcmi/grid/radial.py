"""What a radial basis offers: functions for p = r P and t = r T, quadrature shells, storage radii.

Two bases exist: `spectralcmi.grid.elements.ElementBasis`, polynomials on many elements, and
`spectralcmi.grid.chebyshev.ChebyshevBasis`, one expansion for the whole shell. The coefficients of
a function are called its *slots*; boundary conditions are not built in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class RadialBlocks:
    """Quadrature shells in blocks: on each, functions need a few neighbouring slots only.

    Attributes
    ----------
    bounds : ndarray of int, shape (blocks + 1,)
        First shell of each block, and the number of shells.
    poloidal_start, toroidal_start : ndarray of int, shape (blocks,)
        First slot of each block.
    poloidal : ndarray, shape (blocks, 3, shells, slots)
        Matrices from slots to p, p', p''; rows beyond the shells of a block are zero.
    toroidal : ndarray, shape (blocks, 2, shells, slots)
        Matrices from slots to t, t'.
    """

    bounds: np.ndarray
    poloidal_start: np.ndarray
    toroidal_start: np.ndarray
    poloidal: np.ndarray
    toroidal: np.ndarray

    @property
    def last(self) -> int:
        """Index of the last shell."""
        return int(self.bounds[-1]) - 1

    @property
    def count(self) -> int:
        """Number of blocks."""
        return self.bounds.size - 1

    @cached_property
    def evaluation(self) -> tuple[np.ndarray, ...]:
        """Matrices of a global basis, of shape (3, points, slots) and (2, points, slots).

        From slots to p, p', p'' and to t, t' on all quadrature shells.
        """
        counts = np.diff(self.bounds)
        return tuple(
            np.concatenate([t[:, :count] for t, count in zip(part, counts, strict=True)], axis=1)
            for part in (self.poloidal, self.toroidal)
        )

    @cached_property
    def poloidal_tests(self) -> np.ndarray:
        """(blocks, slots, 2 shells): transposed matrices of p'' beside those of p."""
        both = np.concatenate([self.poloidal[:, 2], self.poloidal[:, 0]], axis=1)
        return np.ascontiguousarray(both.transpose(0, 2, 1))

    @cached_property
    def toroidal_tests(self) -> np.ndarray:
        """(blocks, slots, 2 shells): transposed matrices of t beside those of t'."""
        both = np.concatenate([self.toroidal[:, 0], self.toroidal[:, 1]], axis=1)
        return np.ascontiguousarray(both.transpose(0, 2, 1))


class RadialBasis(Protocol):
    """A basis of functions of the radius between two boundaries.

    Attributes
    ----------
    inner_radius, outer_radius : float
        [km]
    order : int
        Number of radial functions.
    poloidal_slots, toroidal_slots : int
        Number of coefficients of p and of t.
    points : int
        Number of quadrature radii.
    radius, weights : ndarray, shape (points,)
        Quadrature radii, ascending, and weights w with sum(w f(radius)) = Int f dr [km].
    storage_radius : ndarray, shape (storage,)
        Radii whose values fix the functions, both boundaries included [km].
    outer_poloidal : ndarray, shape (poloidal_slots,)
        p at the outer radius for each slot.
    blocks : RadialBlocks
    description : str
        In words, for messages.
    """

    # properties: nobody may set them
    @property
    def inner_radius(self) -> float: ...  # noqa: D102 - above

    @property
    def outer_radius(self) -> float: ...  # noqa: D102 - above

    @property
    def order(self) -> int: ...  # noqa: D102 - above

    @property
    def points(self) -> int: ...  # noqa: D102 - above

    @property
    def poloidal_slots(self) -> int: ...  # noqa: D102 - above

    @property
    def toroidal_slots(self) -> int: ...  # noqa: D102 - above

    @property
    def radius(self) -> np.ndarray: ...  # noqa: D102 - above

    @property
    def weights(self) -> np.ndarray: ...  # noqa: D102 - above

    @property
    def storage_radius(self) -> np.ndarray: ...  # noqa: D102 - above

    @property
    def outer_poloidal(self) -> np.ndarray: ...  # noqa: D102 - above

    @property
    def blocks(self) -> RadialBlocks: ...  # noqa: D102 - above

    @property
    def description(self) -> str: ...  # noqa: D102 - above

    def evaluate_poloidal(self, slots: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, ...]:
        """p, p', p'' at any radii, shape (radius, columns) each."""

    def evaluate_toroidal(self, slots: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, ...]:
        """t, t' at any radii, shape (radius, columns) each."""

    def poloidal_from_storage(self, values: np.ndarray) -> np.ndarray:
        """Slots of the p with values (storage, columns) on `storage_radius`."""

    def toroidal_from_storage(self, values: np.ndarray) -> np.ndarray:
        """Slots of the t with values (storage, columns) on `storage_radius`."""

    def tail(self, poloidal: np.ndarray, toroidal: np.ndarray) -> float:
        """Largest of the highest Chebyshev coefficients of p' or t over the largest of all."""


def on_points(
    tables: np.ndarray, starts: Iterable[int], bounds: np.ndarray, slots: np.ndarray
) -> np.ndarray:
    """Functions and derivatives on the quadrature shells.

    Parameters
    ----------
    tables : ndarray, shape (blocks, derivatives, shells, slots of a block)
    starts, bounds : sequence of int
        See `RadialBlocks`.
    slots : ndarray, shape (slots, columns)

    Returns
    -------
    ndarray, shape (derivatives, points, columns)
    """
    windows = slots[np.asarray(starts)[:, None] + np.arange(tables.shape[3])]
    values = tables.reshape(tables.shape[0], -1, tables.shape[3]) @ windows
    values = values.reshape(*tables.shape[:3], -1).swapaxes(0, 1)
    if bounds[-1] == tables.shape[0] * tables.shape[2]:
        return values.reshape(tables.shape[1], bounds[-1], -1)
    counts = np.diff(bounds)
    return np.concatenate([values[:, b, :count] for b, count in enumerate(counts)], axis=1)


def against(
    tables: np.ndarray,
    starts: Iterable[int],
    bounds: np.ndarray,
    integrands: np.ndarray,
    slots: int,
) -> np.ndarray:
    """Sums over the quadrature shells of functions and derivatives times integrands, by slot.

    The transpose of `on_points`.

    Parameters
    ----------
    tables, starts, bounds
        As of `on_points`.
    integrands : ndarray, shape (derivatives, points, columns)
        With their quadrature weights.
    slots : int

    Returns
    -------
    ndarray, shape (slots, columns)
    """
    width = tables.shape[3]
    out = np.zeros((slots, integrands.shape[2]))
    for block, start in enumerate(starts):
        first, last = bounds[block], bounds[block + 1]
        table = tables[block, :, : last - first]
        out[start : start + width] += np.einsum(
            "dqi,dqc->ic", table, integrands[:, first:last], optimize=True
        )
    return out
