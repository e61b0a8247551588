"""Chebyshev polynomials in a mapped radius, with Gauss-Legendre quadrature.

The radius of a shell is an odd function of the computational coordinate x in [-1, 1],

    r(x) = (r_i + r_o)/2 + (r_o - r_i)/2 arcsin(a x)/arcsin(a),

which stretches the Chebyshev points towards equal spacing as the map parameter a approaches 1
(Kosloff & Tal-Ezer, J. Comput. Phys. 104, 457, 1993).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectralcmi.grid.radial import RadialBlocks

#: A map with ((1 - sqrt(1 - a^2))/a)^N = MAP_ACCURACY represents smooth functions so accurately.
MAP_ACCURACY = 1e-12
#: Blocks of quadrature shells, shared by threads.
BLOCKS = 4


def automatic_map_parameter(radial_order: int) -> float:
    """Map parameter whose own error is `MAP_ACCURACY` at this radial order.

    a = sech(ln(1/MAP_ACCURACY)/N); the map's singularities at x = +-1/a limit the convergence to
    ((1 - sqrt(1 - a^2))/a)^N, so a has to approach 1 as N grows.

    Parameters
    ----------
    radial_order : int
        Number N of Chebyshev polynomials.

    Returns
    -------
    float
        a in (0, 1).

    References
    ----------
    Kosloff & Tal-Ezer (1993), section 3.
    """
    return 1.0 / np.cosh(np.log(1.0 / MAP_ACCURACY) / radial_order)


def chebyshev_polynomials(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """T_k(x) and its first two derivatives by the three-term recurrence.

    Parameters
    ----------
    x : ndarray, shape (points,)
        Points in [-1, 1].
    count : int
        Number of polynomials, k = 0 .. count-1.

    Returns
    -------
    values, first, second : ndarray, each of shape (points, count)
    """
    x = np.asarray(x, dtype=float)
    values, first, second = (np.zeros((x.size, max(count, 2))) for _ in range(3))
    values[:, 0] = 1.0
    values[:, 1] = x
    first[:, 1] = 1.0
    for k in range(2, count):
        values[:, k] = 2 * x * values[:, k - 1] - values[:, k - 2]
        first[:, k] = 2 * values[:, k - 1] + 2 * x * first[:, k - 1] - first[:, k - 2]
        second[:, k] = 4 * first[:, k - 1] + 2 * x * second[:, k - 1] - second[:, k - 2]
    return values[:, :count], first[:, :count], second[:, :count]


@dataclass(frozen=True)
class RadialMap:
    """The odd map between the computational coordinate x and the radius.

    Parameters
    ----------
    inner_radius, outer_radius : float
        Shell boundaries [km, or any unit of length].
    map_parameter : float
        a in [0, 1); 0 is the linear map.
    """

    inner_radius: float
    outer_radius: float
    map_parameter: float

    def __post_init__(self) -> None:
        if not 0 <= self.inner_radius < self.outer_radius:
            raise ValueError(
                f"outer_radius={self.outer_radius} does not exceed inner_radius={self.inner_radius}"
            )
        if not 0 <= self.map_parameter < 1:
            raise ValueError(f"map_parameter={self.map_parameter} is outside [0, 1)")

    def radius(self, x: np.ndarray) -> np.ndarray:
        """Radius [km] at the computational coordinate x in [-1, 1], of any shape."""
        a = self.map_parameter
        stretched = np.arcsin(a * x) / np.arcsin(a) if a > 0 else np.asarray(x, dtype=float)
        middle = (self.outer_radius + self.inner_radius) / 2
        return middle + (self.outer_radius - self.inner_radius) / 2 * stretched

    def coordinate(self, radius: np.ndarray) -> np.ndarray:
        """Computational coordinate x of a radius [km]; the inverse of `radius`."""
        a = self.map_parameter
        middle = (self.outer_radius + self.inner_radius) / 2
        stretched = 2 * (np.asarray(radius) - middle) / (self.outer_radius - self.inner_radius)
        return np.sin(stretched * np.arcsin(a)) / a if a > 0 else stretched

    def coordinate_derivatives(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """dx/dr [1/km] and d2x/dr2 [1/km2] at the computational coordinate x, in its shape."""
        a = self.map_parameter
        half_gap = (self.outer_radius - self.inner_radius) / 2
        if a == 0:
            return np.full_like(x, 1 / half_gap), np.zeros_like(x)
        scale = np.arcsin(a) / (a * half_gap)
        # d2x/dr2 = g dg/dx with g = dx/dr = scale sqrt(1 - a^2 x^2)
        return scale * np.sqrt(1 - (a * x) ** 2), -(scale**2) * a**2 * x


@dataclass(frozen=True)
class ChebyshevBasis:
    """Chebyshev polynomials of a mapped radius on Gauss-Legendre points: one global expansion.

    Parameters
    ----------
    map : RadialMap
    order : int
        Number of polynomials N; the slots of p and of t are their coefficients.
    points : int
        Number of quadrature points M. Gauss-Legendre quadrature with M >= 3N/2 integrates the
        product of three polynomials exactly, up to the smooth metric of the map.
    """

    map: RadialMap
    order: int
    points: int

    def __post_init__(self) -> None:
        if self.points < self.order:
            raise ValueError(f"points={self.points} is below order={self.order}")

    @property
    def inner_radius(self) -> float:
        """Inner boundary [km]."""
        return self.map.inner_radius

    @property
    def outer_radius(self) -> float:
        """Outer boundary [km]."""
        return self.map.outer_radius

    @property
    def poloidal_slots(self) -> int:
        """Number of coefficients of p."""
        return self.order

    @property
    def toroidal_slots(self) -> int:
        """Number of coefficients of t."""
        return self.order

    @property
    def outer_poloidal(self) -> np.ndarray:
        """p at the outer radius for each slot, shape (order,)."""
        return self.boundary_evaluation[0][1]

    @property
    def description(self) -> str:
        """In words."""
        return f"{self.order} Chebyshev polynomials"

    @cached_property
    def _legendre(self) -> tuple[np.ndarray, np.ndarray]:
        return np.polynomial.legendre.leggauss(self.points)

    @property
    def coordinate(self) -> np.ndarray:
        """Quadrature points in x, ascending, shape (points,)."""
        return self._legendre[0]

    @cached_property
    def radius(self) -> np.ndarray:
        """Quadrature points in radius, ascending, shape (points,)."""
        return self.map.radius(self.coordinate)

    @cached_property
    def weights(self) -> np.ndarray:
        """Weights w with sum(w f(radius)) = Int f dr, shape (points,)."""
        return self._legendre[1] / self.map.coordinate_derivatives(self.coordinate)[0]

    @cached_property
    def evaluation(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Matrices (points, order) from coefficients to f, f' and f'' on the quadrature points."""
        return self.evaluation_at(self.coordinate)

    def evaluation_at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Matrices from coefficients to f, df/dr, d2f/dr2 at computational coordinates x."""
        x = np.asarray(x, dtype=float)
        values, first, second = chebyshev_polynomials(x, self.order)
        slope, curvature = self.map.coordinate_derivatives(x)
        return (
            values,
            slope[:, None] * first,
            (slope**2)[:, None] * second + curvature[:, None] * first,
        )

    @cached_property
    def blocks(self) -> RadialBlocks:
        """Shells in `BLOCKS` blocks; each needs all coefficients."""
        bounds = np.linspace(0, self.points, BLOCKS + 1).astype(int)
        tables = np.zeros((BLOCKS, 3, np.diff(bounds).max(), self.order))
        for block, (first, last) in enumerate(itertools.pairwise(bounds)):
            tables[block, :, : last - first] = [part[first:last] for part in self.evaluation]
        start = np.zeros(BLOCKS, dtype=int)
        return RadialBlocks(bounds, start, start, tables, np.ascontiguousarray(tables[:, :2]))

    def _evaluate(self, slots: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, ...]:
        x = np.clip(self.map.coordinate(radius), -1, 1)
        return tuple(matrix @ slots for matrix in self.evaluation_at(x))

    def evaluate_poloidal(self, slots: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, ...]:
        """p, p', p'' at any radii, shape (radius, columns) each."""
        return self._evaluate(slots, radius)

    def evaluate_toroidal(self, slots: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, ...]:
        """t, t' at any radii, shape (radius, columns) each."""
        return self._evaluate(slots, radius)[:2]

    @cached_property
    def storage_coordinate(self) -> np.ndarray:
        """Gauss-Lobatto points in x, ascending, shape (order,): as many as coefficients."""
        return -np.cos(np.pi * np.arange(self.order) / (self.order - 1))

    @cached_property
    def storage_radius(self) -> np.ndarray:
        """Radii at which fields are stored: both boundaries and order-2 points between."""
        radius = self.map.radius(self.storage_coordinate)
        radius[0], radius[-1] = self.map.inner_radius, self.map.outer_radius
        return radius

    def coefficients_from_storage(self, values: np.ndarray) -> np.ndarray:
        """Chebyshev coefficients of functions known on `storage_radius` (first axis)."""
        matrix = chebyshev_polynomials(self.storage_coordinate, self.order)[0]
        return np.linalg.solve(matrix, values)

    def poloidal_from_storage(self, values: np.ndarray) -> np.ndarray:
        """Slots of the p with values (storage, columns) on `storage_radius`."""
        return self.coefficients_from_storage(values)

    def toroidal_from_storage(self, values: np.ndarray) -> np.ndarray:
        """Slots of the t with values (storage, columns) on `storage_radius`."""
        return self.coefficients_from_storage(values)

    def tail(self, poloidal: np.ndarray, toroidal: np.ndarray) -> float:
        """Largest of the last eighth of the coefficients of p' or t over the largest of all."""
        slope = chebyshev_polynomials(self.storage_coordinate, self.order)[1] @ poloidal
        count = max(self.order // 8, 2)
        return max(_share(self.coefficients_from_storage(slope), count), _share(toroidal, count))

    @cached_property
    def boundary_evaluation(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of f and df/dr at the inner and the outer boundary, each of shape (2, order)."""
        values, first, _ = self.evaluation_at(np.array([-1.0, 1.0]))
        return values, first


def _share(coefficients: np.ndarray, count: int) -> float:
    """Largest magnitude of the last `count` rows over the largest of all."""
    magnitude = np.abs(coefficients)
    largest = magnitude.max(initial=0.0)
    return float(magnitude[-count:].max(initial=0.0) / largest) if largest > 0 else 0.0


def chebyshev_basis(
    inner_radius: float,
    outer_radius: float,
    radial_order: int,
    map_parameter: float | str = "auto",
) -> ChebyshevBasis:
    """Radial basis of a shell with 3/2 times as many quadrature points as polynomials.

    Parameters
    ----------
    inner_radius, outer_radius : float
        [km]
    radial_order : int
        Number of Chebyshev polynomials.
    map_parameter : float or "auto"
        Kosloff-Tal-Ezer a; "auto" takes `automatic_map_parameter`.

    Returns
    -------
    RadialBasis
    """
    if isinstance(map_parameter, str):
        map_parameter = automatic_map_parameter(radial_order)
    radial_map = RadialMap(inner_radius, outer_radius, map_parameter)
    return ChebyshevBasis(radial_map, radial_order, points_for(radial_order))


def points_for(order: int) -> int:
    """Quadrature points of a global expansion, 3/2 as many as polynomials, and even."""
    return 2 * int(np.ceil(0.75 * order))
