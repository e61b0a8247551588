"""The choices of the case file, each list declared once.

What implements a choice is a registry in a room above, a mapping with the names of this module as
its keys; the tests hold the two together.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

Composition = Literal["smooth", "layered"]
"""How charge and mass numbers go from one nuclide layer to the next."""

ChiralConvention = Literal["textbook", "dehman_pons", "dehman_pons_2025"]
"""Constants of the chiral effect: C of k5 = C mu5/(hbar c), and what goes with it."""

Cutoff = Literal["smooth", "hard"]
"""How the chiral wavenumber is bounded."""

MetricKind = Literal["star", "flat"]
"""Metric of the induction equation; which is the default depends on the background."""

InnerBoundary = Literal["perfect_conductor", "zero_toroidal"]
OuterBoundary = Literal["potential"]

FieldPart = Literal["poloidal", "toroidal"]

RadialShape = Literal["free_decay", "polynomial"]
"""Radial shape of a mode of the initial field."""

HelicityPattern = Literal["uniform", "random_sign", "hemispheric", "legacy"]
"""Where a random field is helical, and with which sign; legacy: before helicity was measured."""

Torque = Literal["force_free", "vacuum"]
"""Torque on a rotating star with a dipole."""

RadialGrid = Literal["auto", "global"]
"""Radial grids that have a name; the others are lists of breakpoints."""

Dealiasing = Literal[3, 2]
"""How many fields the grid can multiply without aliasing."""

ThermalDimension = Literal["radial", "full"]
"""On what the temperature depends beside time: the radius, or the angles too."""

EnvelopeModel = Literal["ppp15", "gpe83", "pcy97"]
"""Relation of the temperatures below and at the surface of the envelope."""

NeutronGap = Literal["sfb", "none"]
ProtonGap = Literal["none", "ccdk"]
"""Gaps of superfluid neutrons in the crust, and of superconducting protons in the core."""

CoreTemperature = Literal["cooling", "history"]
"""Whether the temperature of the core follows from its losses or is given."""

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
