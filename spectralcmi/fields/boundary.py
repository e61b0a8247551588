"""Boundary conditions on p = r P and t = r T, as a f + b f' = 0.

Only essential conditions are named. That E is tangentially zero on a perfect conductor, with its
Hall and chiral parts, is natural in the weak form: it holds because nothing is imposed on t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Condition:
    """value f + slope f' = 0 at an end of the shell.

    Attributes
    ----------
    value : float
        [1/km] where `slope` is not 0.
    slope : float
    """

    value: float
    slope: float = 0.0


#: Conditions on p and on t; None where nothing is imposed.
Conditions = tuple[Condition | None, Condition | None]

VANISHING = Condition(1.0)


def perfect_conductor(kappa: float) -> Conditions:
    """p = 0; the tangential electric field vanishes (natural).

    Parameters
    ----------
    kappa : float
        kappa_l of the degree, see `spectralcmi.grid.metric.exterior_factor` [1/km].

    Returns
    -------
    poloidal, toroidal : Condition or None
    """
    return VANISHING, None


def zero_toroidal(kappa: float) -> Conditions:
    """p = 0 and t = 0; as `perfect_conductor`."""
    return VANISHING, VANISHING


def potential(kappa: float) -> Conditions:
    """Current-free field outside: p' + kappa_l p = 0 and t = 0; as `perfect_conductor`."""
    return Condition(float(kappa), 1.0), VANISHING


INNER: dict[str, Callable[[float], Conditions]] = {
    "perfect_conductor": perfect_conductor,
    "zero_toroidal": zero_toroidal,
}
OUTER: dict[str, Callable[[float], Conditions]] = {"potential": potential}


@dataclass(frozen=True)
class Boundaries:
    """The conditions at both ends of a shell.

    Parameters
    ----------
    inner, outer : str
        Keys of `INNER` and `OUTER`.
    """

    inner: str = "perfect_conductor"
    outer: str = "potential"

    def __post_init__(self) -> None:
        for name, table in (("inner", INNER), ("outer", OUTER)):
            if getattr(self, name) not in table:
                raise ValueError(f"{name}={getattr(self, name)} is not one of {', '.join(table)}")

    def of(self, kappa: float) -> tuple[Conditions, ...]:
        """Conditions of one degree: on p and on t, each at the inner and at the outer end.

        Parameters
        ----------
        kappa : float
            kappa_l of the degree [1/km].
        """
        return tuple(zip(INNER[self.inner](kappa), OUTER[self.outer](kappa), strict=True))


def constraint_rows(
    conditions: tuple[Condition | None, ...], ends: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Rows c with c . coefficients = 0 of a global basis.

    Parameters
    ----------
    conditions : tuple of Condition or None
        At the inner and at the outer end.
    ends : (ndarray, ndarray), shape (2, functions) each
        Rows of f and of f' at both ends.

    Returns
    -------
    ndarray, shape (number of conditions, functions)
    """
    values, slopes = ends
    return np.array(
        [
            condition.value * values[end] + condition.slope * slopes[end]
            for end, condition in enumerate(conditions)
            if condition is not None
        ]
    ).reshape(-1, values.shape[1])
