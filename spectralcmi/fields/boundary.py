"""Boundary conditions as rows on the Chebyshev coefficients of p = r P and t = r T.

Only essential conditions have rows. That E is tangentially zero on a perfect conductor, with its
Hall and chiral parts, is natural in the weak form: it holds because nothing is imposed on t.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spectralcmi.grid.chebyshev import RadialBasis

Rows = list[np.ndarray]


def perfect_conductor(basis: RadialBasis, degree: int) -> tuple[Rows, Rows]:
    """p = 0; the tangential electric field vanishes (natural).

    Parameters
    ----------
    basis : RadialBasis
    degree : int

    Returns
    -------
    poloidal, toroidal : list of ndarray, shape (order,)
        Rows c with c . coefficients = 0, for p and for t at the inner boundary.
    """
    values, _ = basis.boundary_evaluation
    return [values[0]], []


def zero_toroidal(basis: RadialBasis, degree: int) -> tuple[Rows, Rows]:
    """p = 0 and t = 0 at the inner boundary; as `perfect_conductor`."""
    values, _ = basis.boundary_evaluation
    return [values[0]], [values[0]]


def potential(basis: RadialBasis, degree: int) -> tuple[Rows, Rows]:
    """Current-free field outside: p' + (l/r_o) p = 0 and t = 0; as `perfect_conductor`."""
    values, slopes = basis.boundary_evaluation
    return [slopes[1] + exterior_factor(basis, degree) * values[1]], [values[1]]


def exterior_factor(basis: RadialBasis, degree: int | np.ndarray) -> float | np.ndarray:
    """Energy of the potential field outside, as Int B^2 dV = l(l+1) (l/r_o) p(r_o)^2: l/r_o."""
    return degree / basis.map.outer_radius


INNER: dict[str, Callable] = {
    "perfect_conductor": perfect_conductor,
    "zero_toroidal": zero_toroidal,
}
OUTER: dict[str, Callable] = {"potential": potential}


def constraint_rows(
    basis: RadialBasis, degree: int, inner: str, outer: str
) -> tuple[np.ndarray, np.ndarray]:
    """All essential rows of one degree.

    Parameters
    ----------
    basis : RadialBasis
    degree : int
    inner, outer : str
        Keys of `INNER` and `OUTER`.

    Returns
    -------
    poloidal, toroidal : ndarray, shape (conditions, order)
    """
    for name, table, side in ((inner, INNER, "inner"), (outer, OUTER, "outer")):
        if name not in table:
            raise ValueError(f"{side}={name} is not one of {', '.join(table)}")
    inner_rows, outer_rows = INNER[inner](basis, degree), OUTER[outer](basis, degree)
    return tuple(np.array(a + b) for a, b in zip(inner_rows, outer_rows, strict=True))
