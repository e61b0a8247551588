"""B-splines of a graded radius, for functions whose scale changes by orders of magnitude.

Each spline lives on `DEGREE` + 1 neighbouring elements, so that every radial operator is banded and
a million unknowns cost what a few hundred Chebyshev polynomials do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import BSpline

from spectralcmi.grid.chebyshev import RadialMap

#: Degree of the splines, which are four times continuously differentiable.
DEGREE = 5
#: Elements tabulated at a time; tables of a block stay in cache.
ELEMENTS_PER_BLOCK = 2048


@dataclass(frozen=True)
class ElementTables:
    """The splines of consecutive elements at their quadrature points.

    Attributes
    ----------
    first : int
        Index of the first element, which is also that of its first spline.
    radius, weights : ndarray, shape (elements, points)
        Radii [km] and quadrature weights [km].
    values, slopes, curvatures : ndarray, shape (elements, points, DEGREE + 1)
        f, df/dr and d2f/dr2 of the splines first + e .. first + e + DEGREE of element first + e.
    """

    first: int
    radius: np.ndarray
    weights: np.ndarray
    values: np.ndarray
    slopes: np.ndarray
    curvatures: np.ndarray


@dataclass(frozen=True)
class SplineBasis:
    """B-splines on an interval of radius.

    Parameters
    ----------
    inner_radius : float
        [km]
    breakpoints : ndarray, shape (elements + 1,)
        Ends of the elements, measured from the inner radius [km]: from 0, ascending. Elements of
        micrometres keep all their digits this way.
    """

    inner_radius: float
    breakpoints: np.ndarray

    @property
    def elements(self) -> int:
        """Number of elements."""
        return self.breakpoints.size - 1

    @property
    def size(self) -> int:
        """Number of splines."""
        return self.elements + DEGREE

    @property
    def radius(self) -> np.ndarray:
        """Radii of the breakpoints, shape (elements + 1,)."""
        return self.inner_radius + self.breakpoints

    @property
    def map(self) -> RadialMap:
        """The interval; its radius is not mapped."""
        return RadialMap(self.inner_radius, float(self.radius[-1]), 0.0)

    @cached_property
    def knots(self) -> np.ndarray:
        """Knots from the inner radius, shape (elements + 2 DEGREE + 1,)."""
        return np.pad(self.breakpoints, DEGREE, mode="edge")

    @cached_property
    def boundary_evaluation(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of f and df/dr at both ends, each of shape (2, size)."""
        values, slopes = np.zeros((2, self.size)), np.zeros((2, self.size))
        steps = DEGREE / np.diff(self.breakpoints)[[0, -1]]
        values[0, 0] = values[1, -1] = 1.0
        slopes[0, :2] = -steps[0], steps[0]
        slopes[1, -2:] = -steps[1], steps[1]
        return values, slopes

    def blocks(self) -> Iterator[ElementTables]:
        """Tables of all elements, `ELEMENTS_PER_BLOCK` at a time."""
        for first in range(0, self.elements, ELEMENTS_PER_BLOCK):
            yield self.tables(first, min(first + ELEMENTS_PER_BLOCK, self.elements))

    def tables(self, first: int, last: int) -> ElementTables:
        """Tables of the elements first .. last - 1.

        DEGREE + 1 Gauss-Legendre points an element integrate products of two splines exactly.
        """
        points, weights = np.polynomial.legendre.leggauss(DEGREE + 1)
        ends = self.breakpoints[first : last + 1]
        width = np.diff(ends)[:, None]
        depth = ends[:-1, None] + width * (points + 1) / 2
        knots = self.knots[first : last + 2 * DEGREE + 1]
        lower = [_nonzero_splines(depth, knots, DEGREE - k) for k in range(3)]
        return ElementTables(
            first,
            self.inner_radius + depth,
            width * weights / 2,
            lower[0],
            _derivative(lower[1], knots, DEGREE),
            _derivative(_derivative(lower[2], knots[1:-1], DEGREE - 1), knots, DEGREE),
        )

    def interpolate(self, coefficients: np.ndarray) -> np.ndarray:
        """A spline function on the breakpoints, shape (elements + 1,); may be complex."""
        return BSpline(self.knots, coefficients, DEGREE)(self.breakpoints)


def _nonzero_splines(depth: np.ndarray, knots: np.ndarray, degree: int) -> np.ndarray:
    """Splines of a lower degree over the same breakpoints, (elements, points, degree + 1)."""
    inner = knots[DEGREE - degree : len(knots) - (DEGREE - degree)]
    table = BSpline.design_matrix(depth.ravel(), inner, degree)
    return table.data.reshape(*depth.shape, degree + 1)


def _derivative(lower: np.ndarray, knots: np.ndarray, degree: int) -> np.ndarray:
    """Combine splines of degree - 1 into what their table is the derivative's part of.

    N'_(i,d) = d N_(i,d-1)/(t_(i+d) - t_i) - d N_(i+1,d-1)/(t_(i+d+1) - t_(i+1)), applied to the
    splines themselves or to derivatives of them.
    """
    elements = lower.shape[0]
    start = np.arange(1, elements + 1)[:, None] + np.arange(degree)
    scaled = degree / (knots[start + degree] - knots[start])[:, None] * lower
    zero = np.zeros((*lower.shape[:2], 1))
    return np.concatenate([zero, scaled], axis=2) - np.concatenate([scaled, zero], axis=2)


def graded_breakpoints(
    radius: np.ndarray, density: np.ndarray, interval: tuple[float, float]
) -> np.ndarray:
    """Breakpoints whose local number per length follows a density.

    Parameters
    ----------
    radius : ndarray, shape (n,)
        Where the density is known, ascending [km].
    density : ndarray, shape (n,)
        Elements per length [1/km].
    interval : (float, float)
        Ends, within `radius` [km].

    Returns
    -------
    ndarray, shape (elements + 1,)
        From the inner end [km].
    """
    steps = np.diff(radius) * (density[1:] + density[:-1]) / 2
    count = np.concatenate([[0.0], np.cumsum(steps)])
    ends = np.interp(interval, radius, count)
    elements = max(int(np.ceil(ends[1] - ends[0])), 2 * DEGREE)
    # the depth, not the radius, is interpolated: differences of radii would lose their digits
    depth = np.interp(np.linspace(ends[0], ends[1], elements + 1), count, radius - interval[0])
    depth[0], depth[-1] = 0.0, interval[1] - interval[0]
    return depth
