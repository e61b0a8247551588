"""The magnetic field and its curl as components of p = r P and t = r T: forms of both, once.

For each degree l, with L = l(l+1), integrals over the sphere leave these components:

              field                      curl
    p         L p/r,  sqrt(L) p'         sqrt(L) (L p/r^2 - p'')
    t         sqrt(L) t                  L t/r,  sqrt(L) t'

Int B^2 dV is the sum of the squares of the first, integrated over r, with the potential field
outside beside it, L kappa_l p(r_o)^2 (`spectralcmi.grid.metric.exterior_factor`);
Int eta |curl B|^2 dV that of the second, weighted by the magnetic diffusivity eta; and
Int eta k5 B . curl B dV pairs the field of one with the curl of the other. One definition thus
gives the value of each form for a field, its square root for a singular-value decomposition, and
its matrices on radial elements.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Part:
    """A summand L^power radial(r) f^(derivative)(r) of what is squared.

    Attributes
    ----------
    power : float
        Exponent of L, a multiple of 1/2.
    radial : ndarray, shape (points,)
        Factor on the quadrature points, without the quadrature weight.
    derivative : int
        0, 1 or 2.
    """

    power: float
    radial: np.ndarray
    derivative: int


#: Components of a vector field, each a sum of parts.
Components = tuple[tuple[Part, ...], ...]


def poloidal_field(radius: np.ndarray) -> Components:
    """B of p at radii, shape (points,) [km]."""
    return ((Part(1.0, 1 / radius, 0),), (Part(0.5, np.ones_like(radius), 1),))


def toroidal_field(radius: np.ndarray) -> Components:
    """B of t at radii, shape (points,) [km]."""
    return ((Part(0.5, np.ones_like(radius), 0),),)


def poloidal_curl(radius: np.ndarray) -> Components:
    """Curl B of p, a toroidal field, at radii, shape (points,) [km]."""
    return ((Part(1.5, 1 / radius**2, 0), Part(0.5, -np.ones_like(radius), 2)),)


def toroidal_curl(radius: np.ndarray) -> Components:
    """Curl B of t, a poloidal field, at radii, shape (points,) [km]."""
    return ((Part(1.0, 1 / radius, 0),), (Part(0.5, np.ones_like(radius), 1),))


def square_integrals(
    components: Components,
    weights: np.ndarray,
    product: np.ndarray,
    derivatives: tuple[np.ndarray, ...],
) -> np.ndarray:
    """Sum of the squared components of each column, integrated over r.

    Parameters
    ----------
    components : Components
    weights : ndarray, shape (points,)
        Quadrature weights [km], times a factor of the integrand where there is one.
    product : ndarray, shape (columns,)
        L of each column.
    derivatives : tuple of ndarray, shape (points, columns) each
        f, f', .. on the quadrature points, as many as the components need.

    Returns
    -------
    ndarray, shape (columns,)
    """
    total = np.zeros(product.shape)
    for parts in components:
        summed = sum(
            (product**part.power) * (part.radial[:, None] * derivatives[part.derivative])
            for part in parts
        )
        total += weights @ summed**2
    return total


def square_root(
    components: Components,
    weights: np.ndarray,
    product: float,
    evaluation: Sequence[np.ndarray] | np.ndarray,
) -> np.ndarray:
    """Matrix D with |D c|^2 the squared components of the function with coefficients c.

    Parameters
    ----------
    components : Components
    weights : ndarray, shape (points,)
    product : float
        L of the degree.
    evaluation : tuple of ndarray, shape (points, functions) each
        Matrices from coefficients to f, f', f'' on the quadrature points.

    Returns
    -------
    ndarray, shape (components points, functions)
    """
    root = np.sqrt(weights)
    rows = [
        sum(
            (product**part.power * root * part.radial)[:, None] * evaluation[part.derivative]
            for part in parts
        )
        for parts in components
    ]
    return np.vstack(rows)


def element_products(
    left: tuple[Components, np.ndarray], right: tuple[Components, np.ndarray], weights: np.ndarray
) -> dict[float, np.ndarray]:
    """Integrals of left . right on each radial element, by the power of L that multiplies them.

    Parameters
    ----------
    left, right : (Components, ndarray)
        Components, and tables of functions, of shape (derivatives, elements, points of an element,
        functions of an element).
    weights : ndarray, shape (points,)
        Elements after one another; see `square_integrals`.

    Returns
    -------
    dict of float to ndarray, shape (elements, left functions, right functions)
    """
    (left_components, left_tables), (right_components, right_tables) = left, right
    _, elements, points, _ = left_tables.shape
    result: dict[float, np.ndarray] = {}
    for left_parts, right_parts in zip(left_components, right_components, strict=True):
        for a, b in itertools.product(left_parts, right_parts):
            factor = (weights * a.radial * b.radial).reshape(elements, points)
            matrix = np.einsum(
                "eq,eqi,eqj->eij",
                factor,
                left_tables[a.derivative],
                right_tables[b.derivative],
                optimize=True,
            )
            power = a.power + b.power
            result[power] = result[power] + matrix if power in result else matrix
    return result


def integrands_against(
    components: Components,
    weights: np.ndarray,
    product: np.ndarray,
    derivatives: tuple[np.ndarray, ...],
) -> np.ndarray:
    """What a function is integrated against for its inner product with a given one.

    Parameters
    ----------
    components, weights, product, derivatives
        As of `square_integrals`; of the given function.

    Returns
    -------
    ndarray, shape (derivatives, points, columns)
        g_d with <f, given> = Sum_d Sum_points f^(d) g_d.
    """
    out = np.zeros((len(derivatives), *derivatives[0].shape))
    for parts in components:
        summed = sum(
            (product**part.power) * (part.radial[:, None] * derivatives[part.derivative])
            for part in parts
        )
        for part in parts:
            factor = (weights * part.radial)[:, None] * product**part.power
            out[part.derivative] += factor * summed
    return out
