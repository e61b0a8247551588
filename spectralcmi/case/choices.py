"""The choices of the case file, each list declared once.

What implements a choice is a registry in a room above, a mapping with the names of this module as
its keys; the tests hold the two together.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

Composition = Literal["smooth", "layered"]
"""How charge and mass numbers go from one nuclide layer to the next."""

ChiralConvention = Literal["textbook", "dehman_pons"]
"""Constant C of k5 = C mu5/(hbar c)."""

Cutoff = Literal["smooth", "hard"]
"""How the chiral wavenumber is bounded."""

MetricKind = Literal["star", "flat"]
"""Metric of the induction equation; which is the default depends on the background."""

InnerBoundary = Literal["perfect_conductor", "zero_toroidal"]
OuterBoundary = Literal["potential"]

FieldPart = Literal["poloidal", "toroidal"]

RadialShape = Literal["free_decay", "polynomial"]
"""Radial shape of a mode of the initial field."""

RadialGrid = Literal["auto", "global"]
"""Radial grids that have a name; the others are lists of breakpoints."""

Dealiasing = Literal[3, 2]
"""How many fields the grid can multiply without aliasing."""

Scheme = Literal["ark3", "ark4", "ars343", "ars232"]

FIXED_STEP_SCHEMES: tuple[Scheme, ...] = ("ars343", "ars232")
"""Schemes without an embedded error estimate."""


def choices(alias: Any) -> tuple[Any, ...]:
    """Names of a choice, the default first.

    Parameters
    ----------
    alias : typing.Literal
        One of those of this module.

    Returns
    -------
    names : tuple

    Examples
    --------
    >>> choices(Cutoff)
    ('smooth', 'hard')
    """
    return get_args(alias)
