"""Runs that start from small-scale random fields, with no source of chirality but the field itself.

The two follow-ups of 2408.05281 start from a spectrum E_l ~ l^4 up to a sharp peak, the lowest
degrees damped further, in waves that are short in radius. The papers have waves of 400 /km up to
degree 50 in three dimensions; here they are of 90 /km up to degree 16 in axisymmetry, unless a run
says otherwise, which takes seconds to minutes instead of days. In flat space, for which reference
values exist.

References
----------
Dehman & Pons, arXiv:2505.06196, section on the initial field, run D.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from spectralcmi.case.parameters import Parameters

__all__ = [
    "FULL",
    "LITTLE",
    "QUICK",
    "STARTS",
    "Scale",
    "finer",
    "setting",
    "start",
    "three_dimensional",
]

LITTLE = 0.07
"""Helicity of the start of 2505.06196, as a fraction of the largest: of order one per cent there,
and this in the run that was made after it."""

STARTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "little helicity": {"initial.helicity": LITTLE},
        "no helicity": {"initial.helicity": 0.0},
        "random sign": {"initial.helicity": 1.0, "initial.helicity_pattern": "random_sign"},
        "opposite hemispheres": {
            "initial.helicity": 1.0,
            "initial.helicity_pattern": "hemispheric",
        },
        "largest helicity": {"initial.helicity": 1.0},
        "poloidal": {"initial.helicity": 0.0, "initial.toroidal_share": 0.0},
    }
)
"""How helicity is distributed at the start, by name."""


@dataclass(frozen=True)
class Scale:
    """How small the smallest scales of a start are, and what resolves them.

    Attributes
    ----------
    wavenumber : float
        In radius [1/km].
    peak, damped_below : int
        Degree of the peak, and the first that is not damped.
    lmax, radial_order : int
    end : float
        [yr]
    """

    wavenumber: float
    peak: int
    damped_below: int
    lmax: int
    radial_order: int
    end: float


FULL = Scale(90.0, 16, 5, 24, 128, 100.0)
QUICK = Scale(54.0, 12, 3, 16, 96, 30.0)


def start(scale: Scale, name: str, **changes: Any) -> Parameters:
    """A run from a start of some name.

    Parameters
    ----------
    scale : Scale
    name : str
        See `STARTS`.
    **changes
        Keys with two underscores for the dot, which are changed on top.

    Returns
    -------
    parameters : `Parameters`
    """
    return Parameters().replace(
        {
            "metric.kind": "flat",
            "chiral.convention": "dehman_pons_2025",
            "chiral.delta_mu": 0.0,
            "chiral.k5_max": 1e5,
            "hall.enabled": False,
            "initial.kind": "random",
            "initial.rms_field": 3e16,
            "initial.slope": 4.0,
            "initial.lmax": scale.peak,
            "initial.damped_below": scale.damped_below,
            "initial.damping": 0.05,
            "initial.radial_wavenumber": scale.wavenumber,
            "resolution.radial_grid": "global",
            "resolution.radial_order": scale.radial_order,
            "resolution.lmax": scale.lmax,
            "time.end": scale.end,
            "time.tolerance": 1e-3,
            "output.series_interval": scale.end / 200,
            "output.snapshot_times": (),
            **STARTS[name],
            **{key.replace("__", "."): value for key, value in changes.items()},
        }
    )


def setting(quick: bool, name: str = "Start", more: str = "", note: str = "") -> str:
    """How the runs of a paper were made, for its table of claims.

    Parameters
    ----------
    quick : bool
    name : str
        What the start is called.
    more : str
        What else there is to say of it.
    note : str
        On the claims.

    Returns
    -------
    text : str
    """
    scale = QUICK if quick else FULL
    return (
        f"Axisymmetric, flat space, lmax {scale.lmax}, {scale.radial_order} Chebyshev polynomials, "
        f"{scale.end:g} yr; constants of 2505.06196, no source but the field, no cutoff of k5, no "
        f"Hall drift, 1e9 K. {name}: 3e16 G, E_l ~ l^4 up to l = {scale.peak}, below "
        f"{scale.damped_below} a twentieth in amplitude, k_r = {scale.wavenumber:g} /km{more}. ± "
        f"is the largest change with another seed or a finer grid.{note}"
    ) + ("\n\n**Quick run**: longer waves, fewer degrees, less time." if quick else "")


def finer(scale: Scale) -> dict[str, Any]:
    """Changes that resolve a start better: by a quarter, the quick one by an eighth."""
    eighths = 9 if scale == QUICK else 10
    return {
        "resolution__lmax": scale.lmax * eighths // 8,
        "resolution__radial_order": scale.radial_order * eighths // 8,
    }


def three_dimensional(quick: bool) -> Parameters:
    """The start of little helicity in three dimensions, short."""
    scale = Scale(54.0, 8, 3, 10, 64, 2.0) if quick else Scale(90.0, 12, 3, 16, 128, 5.0)
    return start(scale, "little helicity", resolution__mmax=scale.lmax)
