r"""Radial elements: polynomials on the intervals between breakpoints, joined smoothly.

The poloidal function p is of degree n on each element with continuous slope (C1), the toroidal
function t of degree n - 1 and continuous (C0), so that p' and t are of one degree. Their unknowns
are *slots*: all coefficients, those that boundary conditions fix included. Element e owns the
slots e (n-1) + i of its local functions i; neighbours share two slots of p and one of t.

Local functions, with s in [-1, 1] across an element of length h:

    p:  value and slope at the left node (Hermite cubics), b_k (k = 2 .. n-2), value and slope at
        the right node, where b_k'' ~ P_k(s): b_k and its slope vanish at both ends
    t:  value at the left node (1 - s)/2, c_k (k = 1 .. n-2), value at the right node, where
        c_k' ~ P_k(s): c_k vanishes at both ends

b_k and c_k have Int (df/ds)^2 ds = 1. A slope slot holds p' times `slope_scale`, a length of the
order of its elements, so that all slots of a node have the size of p.

References
----------
Szabo & Babuska, Finite Element Analysis (1991), section 2.5 (integrated Legendre functions).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import chebyshev, legendre

from spectralcmi.grid.radial import RadialBlocks
from spectralcmi.grid.reference_element import (
    chebyshev_transform,
    end_slopes,
    poloidal_functions,
    toroidal_functions,
)

__all__ = ["ElementBasis", "check_breakpoints", "poloidal_functions", "toroidal_functions"]

#: Smallest element over the outer radius. Radii are rounded to 1e-16 of it: in a smaller element
#: they would place a point no better than 1e-7 of the element.
SMALLEST_ELEMENT = 1e-9
#: Radii this far outside, over the outer radius, are taken for rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class ElementBasis:
    """Piecewise polynomials of radius.

    Parameters
    ----------
    breakpoints : tuple of float
        Ends of the elements [km], ascending, from the inner to the outer radius.
    element_order : int
        Degree n of p in an element, at least 3; that of t is n - 1.

    Raises
    ------
    ValueError
        If breakpoints are fewer than two, not ascending or closer than rounding permits, or the
        order is below 3.
    """

    breakpoints: tuple[float, ...]
    element_order: int = 7

    def __post_init__(self) -> None:
        object.__setattr__(self, "breakpoints", tuple(float(b) for b in self.breakpoints))
        check_breakpoints(self.breakpoints)
        if self.element_order < 3:
            raise ValueError(f"element_order={self.element_order} is below 3")

    @property
    def inner_radius(self) -> float:
        """[km]."""
        return self.breakpoints[0]

    @property
    def outer_radius(self) -> float:
        """[km]."""
        return self.breakpoints[-1]

    @property
    def elements(self) -> int:
        """Number E of elements."""
        return len(self.breakpoints) - 1

    @property
    def order(self) -> int:
        """Number of radial functions, E (n - 1), once the boundary conditions are imposed."""
        return self.elements * self.stride

    @property
    def stride(self) -> int:
        """Slots from an element to the next, n - 1, for p and t alike."""
        return self.element_order - 1

    @property
    def poloidal_slots(self) -> int:
        """Number of slots of p, E (n - 1) + 2."""
        return self.order + 2

    @property
    def toroidal_slots(self) -> int:
        """Number of slots of t, E (n - 1) + 1."""
        return self.order + 1

    @property
    def boundary_slots(self) -> dict[str, int]:
        """Slots of p and p' (`slope`) and of t at the two boundaries."""
        return {
            "poloidal_inner_value": 0,
            "poloidal_inner_slope": 1,
            "poloidal_outer_value": self.poloidal_slots - 2,
            "poloidal_outer_slope": self.poloidal_slots - 1,
            "toroidal_inner_value": 0,
            "toroidal_outer_value": self.toroidal_slots - 1,
        }

    @cached_property
    def sizes(self) -> np.ndarray:
        """Lengths of the elements [km], shape (elements,)."""
        return np.diff(self.breakpoints)

    @cached_property
    def slope_scale(self) -> np.ndarray:
        """Lengths [km], shape (elements + 1,): p'(node) = slope slot / slope_scale[node].

        The geometric mean of the neighbouring elements; at the ends the length of the only one.
        """
        padded = np.pad(self.sizes, 1, mode="edge")
        return np.sqrt(padded[:-1] * padded[1:])

    # Quadrature ----------------------------------------------------------------------------

    @property
    def points_per_element(self) -> int:
        """Gauss-Legendre points of an element, enough for products of three functions of degree
        n - 1, and so for quadratic terms free of aliasing: ceil(3 (n - 1)/2).
        """
        return math.ceil(3 * (self.element_order - 1) / 2)

    @property
    def points(self) -> int:
        """Number of quadrature points."""
        return self.elements * self.points_per_element

    @cached_property
    def radius(self) -> np.ndarray:
        """Quadrature points [km], ascending, shape (points,)."""
        return self._across(legendre.leggauss(self.points_per_element)[0]).ravel()

    @cached_property
    def weights(self) -> np.ndarray:
        """Quadrature weights [km], shape (points,): sum(weights f) = Int f dr."""
        weights = legendre.leggauss(self.points_per_element)[1]
        return np.outer(self.sizes / 2, weights).ravel()

    @cached_property
    def poloidal_tables(self) -> np.ndarray:
        """f, f', f'' of the local functions of p at the quadrature points of their element.

        Returns
        -------
        ndarray, shape (3, elements, points_per_element, n + 1), units 1, 1/km, 1/km2
        """
        s = legendre.leggauss(self.points_per_element)[0]
        reference = poloidal_functions(s, self.element_order)[:, None]
        rate = (2 / self.sizes) ** np.arange(3)[:, None]
        return reference * rate[:, :, None, None] * self._poloidal_scales[:, None, :]

    @cached_property
    def toroidal_tables(self) -> np.ndarray:
        """f, f' of the local functions of t at the quadrature points of their element.

        Returns
        -------
        ndarray, shape (2, elements, points_per_element, n), units 1, 1/km
        """
        s = legendre.leggauss(self.points_per_element)[0]
        reference = toroidal_functions(s, self.element_order)[:, None]
        rate = (2 / self.sizes) ** np.arange(2)[:, None]
        return reference * rate[:, :, None, None]

    @cached_property
    def blocks(self) -> RadialBlocks:
        """The elements as blocks of shells."""
        starts = np.arange(self.elements) * self.stride
        return RadialBlocks(
            np.arange(self.elements + 1) * self.points_per_element,
            starts,
            starts,
            np.ascontiguousarray(self.poloidal_tables.transpose(1, 0, 2, 3)),
            np.ascontiguousarray(self.toroidal_tables.transpose(1, 0, 2, 3)),
        )

    @cached_property
    def outer_poloidal(self) -> np.ndarray:
        """p at the outer radius for each slot, shape (poloidal_slots,)."""
        values = np.zeros(self.poloidal_slots)
        values[self.boundary_slots["poloidal_outer_value"]] = 1.0
        return values

    @property
    def description(self) -> str:
        """In words."""
        return f"{self.order} functions on {self.elements} radial elements"

    # Evaluation ----------------------------------------------------------------------------

    def evaluate_poloidal(
        self, slots: np.ndarray, radius: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """p, p' and p'' at any radii; p'' at a breakpoint is that of the element above it.

        (At the outer radius, of the element below.)

        Parameters
        ----------
        slots : ndarray, shape (poloidal_slots, columns), real or complex
        radius : ndarray, shape (k,)
            [km]

        Returns
        -------
        p, slope, curvature : ndarray, shape (k, columns)
            [units of the slots], over km, over km2.

        Raises
        ------
        ValueError
            If a radius lies outside the shell, or the number of slots is not that of the basis.
        """
        _check_rows("slots", slots, self.poloidal_slots)
        element, s = self._locate(radius)
        tables = poloidal_functions(s, self.element_order) * self._poloidal_scales[element]
        rate = 2 / self.sizes[element]
        p, slope, curvature = (self._sum(f, slots, element) for f in tables)
        return p, slope * rate[:, None], curvature * (rate**2)[:, None]

    def evaluate_toroidal(
        self, slots: np.ndarray, radius: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """t and t' at any radii; t' at a breakpoint is that of the element above it.

        (At the outer radius, of the element below.)

        Parameters
        ----------
        slots : ndarray, shape (toroidal_slots, columns), real or complex
        radius : ndarray, shape (k,)
            [km]

        Returns
        -------
        t, slope : ndarray, shape (k, columns)
            [units of the slots], over km.

        Raises
        ------
        ValueError
            If a radius lies outside the shell, or the number of slots is not that of the basis.
        """
        _check_rows("slots", slots, self.toroidal_slots)
        element, s = self._locate(radius)
        t, slope = (self._sum(f, slots, element) for f in toroidal_functions(s, self.element_order))
        return t, slope * (2 / self.sizes[element])[:, None]

    # Values on points: storage -------------------------------------------------------------

    @cached_property
    def storage_radius(self) -> np.ndarray:
        """Radii [km] whose values tell a function, shape (E n + 1,), ascending.

        The Chebyshev-Gauss-Lobatto points of each element; neighbours share their end.
        """
        radius = self._across(chebyshev.chebpts2(self.element_order + 1))
        return np.append(radius[:, :-1].ravel(), self.outer_radius)

    def poloidal_from_storage(self, values: np.ndarray) -> np.ndarray:
        """Slots of p from its values at `storage_radius`; exact for functions of the space.

        The polynomial of degree n through the values of an element tells its end slopes, of which
        neighbours take the mean; the bubbles are the least squares of what remains.

        Parameters
        ----------
        values : ndarray, shape (E n + 1, columns), real or complex

        Returns
        -------
        ndarray, shape (poloidal_slots, columns)

        Raises
        ------
        ValueError
            If the number of values is not that of `storage_radius`.
        """
        n = self.element_order
        local = self._by_element("values", values, n, n + 1, self.elements * n + 1)
        s = chebyshev.chebpts2(n + 1)
        ends = np.einsum("ki,eic->ekc", end_slopes(s), local) * (2 / self.sizes)[:, None, None]
        sums = np.zeros((self.elements + 1, values.shape[1]), values.dtype)
        sums[:-1] += ends[:, 0]
        sums[1:] += ends[:, 1]
        sums[1:-1] /= 2
        slots = np.zeros((self.poloidal_slots, values.shape[1]), values.dtype)
        slots[:: self.stride] = values[::n]
        slots[1 :: self.stride] = sums * self.slope_scale[:, None]
        if n > 3:
            table = poloidal_functions(s[1:-1], n)[0]
            known = self._by_element("slots", slots, self.stride, n + 1, self.poloidal_slots)
            rest = local[:, 1:-1] - np.einsum(
                "ki,eic->ekc", table, known * self._poloidal_scales[:, :, None]
            )
            bubbles = np.einsum("ik,ekc->eic", np.linalg.pinv(table[:, 2:-2]), rest)
            _interior(slots, 2, self.stride, n - 3)[...] = bubbles
        return slots

    def toroidal_from_storage(self, values: np.ndarray) -> np.ndarray:
        """Slots of t from its values at `storage_radius`; exact for functions of the space.

        Node values are taken as they are, the bubbles by least squares over the inner points, one
        more than unknowns.

        Parameters
        ----------
        values : ndarray, shape (E n + 1, columns), real or complex

        Returns
        -------
        ndarray, shape (toroidal_slots, columns)

        Raises
        ------
        ValueError
            If the number of values is not that of `storage_radius`.
        """
        n = self.element_order
        local = self._by_element("values", values, n, n + 1, self.elements * n + 1)
        slots = np.zeros((self.toroidal_slots, values.shape[1]), values.dtype)
        slots[:: self.stride] = values[::n]
        table = toroidal_functions(chebyshev.chebpts2(n + 1)[1:-1], n)[0]
        known = self._by_element("slots", slots, self.stride, n, self.toroidal_slots)
        rest = local[:, 1:-1] - np.einsum("ki,eic->ekc", table, known)
        bubbles = np.einsum("ik,ekc->eic", np.linalg.pinv(table[:, 1:-1]), rest)
        _interior(slots, 1, self.stride, n - 2)[...] = bubbles
        return slots

    # Chebyshev coefficients ----------------------------------------------------------------

    def chebyshev_coefficients_poloidal_slope(self, slots: np.ndarray) -> np.ndarray:
        """Chebyshev coefficients of p' [1/km] in each element, whose tails tell resolution.

        Parameters
        ----------
        slots : ndarray, shape (poloidal_slots, columns), real or complex

        Returns
        -------
        ndarray, shape (elements, n, columns)
        """
        n = self.element_order
        local = self._by_element("slots", slots, self.stride, n + 1, self.poloidal_slots)
        scale = self._poloidal_scales * (2 / self.sizes)[:, None]
        return self._chebyshev_matrices[0] @ (local * scale[:, :, None])

    def chebyshev_coefficients_toroidal(self, slots: np.ndarray) -> np.ndarray:
        """Chebyshev coefficients of t in each element, whose tails tell resolution.

        Parameters
        ----------
        slots : ndarray, shape (toroidal_slots, columns), real or complex

        Returns
        -------
        ndarray, shape (elements, n, columns)
        """
        n = self.element_order
        local = self._by_element("slots", slots, self.stride, n, self.toroidal_slots)
        return self._chebyshev_matrices[1] @ local

    @cached_property
    def _chebyshev_matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """From local slots to the Chebyshev coefficients of dp/ds and of t, shape (n, ..)."""
        s = chebyshev.chebpts1(self.element_order)
        transform = chebyshev_transform(s)
        return (
            transform @ poloidal_functions(s, self.element_order)[1],
            transform @ toroidal_functions(s, self.element_order)[0],
        )

    def tail(self, poloidal: np.ndarray, toroidal: np.ndarray) -> float:
        """How large the highest coefficients of the elements are.

        Largest Chebyshev coefficient of p' or t among the last two of an element, over the largest
        of all elements; p' and t each by themselves.
        """
        return max(
            _tail(self.chebyshev_coefficients_poloidal_slope(poloidal)),
            _tail(self.chebyshev_coefficients_toroidal(toroidal)),
        )

    @cached_property
    def _poloidal_scales(self) -> np.ndarray:
        """Factors of the reference functions in each element, shape (elements, n + 1).

        A slope of 1 in s is one of 2/h in r; that of a slope function is 1/slope_scale.
        """
        scales = np.ones((self.elements, self.element_order + 1))
        scales[:, 1] = self.sizes / 2 / self.slope_scale[:-1]
        scales[:, -1] = self.sizes / 2 / self.slope_scale[1:]
        return scales

    def _across(self, s: np.ndarray) -> np.ndarray:
        """Radii of the places s in all elements, shape (elements, s.size).

        Measured from the nearer end, so that ends are the breakpoints themselves.
        """
        left, right = np.array(self.breakpoints[:-1]), np.array(self.breakpoints[1:])
        half = np.outer(self.sizes / 2, 1 - np.abs(s))
        return np.where(s <= 0, left[:, None] + half, right[:, None] - half)

    def _locate(self, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Element and place s of each radius."""
        radius = np.asarray(radius, dtype=float)
        slack = ROUNDING * self.outer_radius
        outside = (radius < self.inner_radius - slack) | (radius > self.outer_radius + slack)
        if outside.any():
            raise ValueError(
                f"radius={radius[outside][0]:.12g} is outside the shell "
                f"{self.inner_radius:.12g} to {self.outer_radius:.12g}"
            )
        nodes = np.array(self.breakpoints)
        element = np.clip(np.searchsorted(nodes, radius, side="right") - 1, 0, self.elements - 1)
        left, right = nodes[element], nodes[element + 1]
        s = ((radius - left) - (right - radius)) / (right - left)
        return element, np.clip(s, -1.0, 1.0)

    def _sum(self, table: np.ndarray, slots: np.ndarray, element: np.ndarray) -> np.ndarray:
        """Sum of local functions (k, m) times the slots of their elements: (k, columns)."""
        first = element * self.stride
        total = table[:, :1] * slots[first]
        for i in range(1, table.shape[1]):
            total += table[:, i, None] * slots[first + i]
        return total

    def _by_element(
        self, name: str, values: np.ndarray, stride: int, size: int, rows: int
    ) -> np.ndarray:
        """View of values (rows, columns) as (elements, size, columns); neighbours overlap."""
        _check_rows(name, values, rows)
        windows = np.lib.stride_tricks.sliding_window_view(values, size, axis=0)
        return windows[::stride].swapaxes(1, 2)


def _tail(coefficients: np.ndarray) -> float:
    """Largest of the last two coefficients of the elements over the largest of all."""
    magnitude = np.abs(coefficients)
    largest = magnitude.max(initial=0.0)
    return float(magnitude[:, -2:].max(initial=0.0) / largest) if largest > 0 else 0.0


def check_breakpoints(breakpoints: tuple[float, ...]) -> None:
    """Refuse breakpoints that make no elements.

    Raises
    ------
    ValueError
        If they are fewer than two, not finite, not ascending or closer than rounding permits.
    """
    if len(breakpoints) < 2:
        raise ValueError(f"breakpoints: {len(breakpoints)} given, at least 2 are needed")
    outer = breakpoints[-1]
    for lower, upper in itertools.pairwise(breakpoints):
        if not (math.isfinite(lower) and lower < upper < math.inf):
            raise ValueError(f"breakpoints {lower:.12g}, {upper:.12g} are not ascending")
        if upper - lower < SMALLEST_ELEMENT * outer:
            raise ValueError(
                f"breakpoints {lower:.12g}, {upper:.12g} are closer than "
                f"{SMALLEST_ELEMENT:g} of the outer radius, too close for rounding"
            )


def _interior(slots: np.ndarray, first: int, stride: int, count: int) -> np.ndarray:
    """Writable view (elements, count, columns) of `count` slots after the first of each node."""
    elements = (slots.shape[0] - first) // stride
    owned = slots[: elements * stride].reshape(elements, stride, slots.shape[1])
    return owned[:, first : first + count]


def _check_rows(name: str, values: np.ndarray, rows: int) -> None:
    if values.ndim != 2 or values.shape[0] != rows:
        raise ValueError(f"{name} of shape {values.shape} must be of shape ({rows}, columns)")
