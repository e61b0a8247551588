"""Breakpoints where the fastest chiral waves will be: the rule `auto` of the radial grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from spectralcmi.grid.elements import check_breakpoints

#: Growth exponent eta k5^2/4 t, the fastest chiral wave's at one depth, from which its depth is
#: resolved. By then the wave has outgrown a seed of 1e-6 of the field.
GROWTH_EXPONENT = 13.0
#: In a run too short for that, the share of the largest exponent from which a depth is resolved:
#: waves that grow nearly as fast as the fastest rule the field at its end (of the default case from
#: 30 yr on; left out, its field at 60 yr would be 17 times too weak).
SHARE_OF_FASTEST = 0.6
#: Growth exponent below which waves never matter: e^3 times a seed of 1e-3 of the field.
LEAST_EXPONENT = 3.0
#: First element above the inner boundary over that for chiral waves of the k5 there. The chiral
#: term feeds a toroidal field that no flux leaves, in a layer about 2/k5 thick after a growth time:
#: with this share the toroidal energy of the default case is good to 3e-3 from 1 yr on, and without
#: it 30 % low then.
LAYER_SHARE = 0.2
#: Change of element size with radius: next to a point-like layer each element is twice the last.
GRADING = math.log(2.0)
#: Largest element [km]: large-scale fields of a crust are smooth over such a distance.
LARGEST_SIZE = 0.2
#: Largest element where heat is conducted [km]: the gap of superfluid neutrons begins and ends in
#: less than what elements of a smooth field span. Surface temperatures are good to 3e-4 then.
LARGEST_SIZE_WITH_HEAT = 0.05
#: Fewest elements of a shell, however thin.
FEWEST_ELEMENTS = 4
#: Functions per wavelength up to `REFERENCE_LMAX`: growth, dates and energies of the default case
#: are converged to 1e-3 until the Hall stage (studies/resolution.py).
REFERENCE_FUNCTIONS = 8.0
REFERENCE_LMAX = 60


def functions_per_wavelength(lmax: int) -> float:
    """Radial functions per wavelength of the fastest chiral wave, 8 max(1, lmax/60).

    Hall drift by the chiral waves feeds horizontal scales as fine as its highest degrees, in layers
    that get thinner with degree, and at a rate that a coarse radius exaggerates.
    """
    return REFERENCE_FUNCTIONS * max(1.0, lmax / REFERENCE_LMAX)


def automatic_breakpoints(
    radius: np.ndarray,
    magnetic_diffusivity: np.ndarray,
    chiral_wavenumber: np.ndarray,
    end: float,
    lmax: int,
    element_order: int,
    functions_per_wavelength: str | float = "auto",
    scale: float = 1.0,
    jumps: Sequence[float] = (),
) -> tuple[float, ...]:
    """Breakpoints that resolve the chiral waves which grow until `end`.

    A wave of wavenumber k5/2 grows at eta k5^2/4. Where that times `end` exceeds
    `GROWTH_EXPONENT`, or 0.6 of its largest value if that is less (but 3), an element holds
    element_order - 1 functions at 4 pi/(k5 m) each, m per wavelength; elsewhere its size grows away
    from there with slope ln 2, up to 0.2 km or a fourth of the shell, and from the layer that the
    chiral term makes at the inner boundary. A whole number of elements then equidistributes
    Int dr/size.

    Parameters
    ----------
    radius : ndarray, shape (k,)
        Ascending from the inner to the outer boundary [km], finer than the elements.
    magnetic_diffusivity, chiral_wavenumber : ndarray, shape (k,)
        eta [km2/yr] and k5 [1/km] (of any sign, cut off, zero without a chiral term).
    end : float
        Time to be reached [yr].
    lmax : int
        Largest degree.
    element_order : int
        Degree of p in an element.
    functions_per_wavelength : "auto" or float
        m; "auto" is that of `functions_per_wavelength`.
    scale : float
        Divides the sizes of all elements.
    jumps : sequence of float
        Radii [km] of discontinuities, which become breakpoints.

    Returns
    -------
    tuple of float
        [km], ascending, from radius[0] to radius[-1].

    Raises
    ------
    ValueError
        If the radii do not ascend, a number is not positive, or a jump is outside the shell.
    """
    radius = np.asarray(radius, dtype=float)
    if radius.size < 2 or not np.all(np.diff(radius) > 0):
        raise ValueError("breakpoints: the radii of the background do not ascend")
    per_wavelength = _per_wavelength(functions_per_wavelength, lmax)
    if not scale > 0:
        raise ValueError(f"breakpoints: scale={scale} is not positive")
    gap = radius[-1] - radius[0]
    phase, at_boundary = 4 * math.pi * (element_order - 1) / per_wavelength, chiral_wavenumber[0]
    size = _element_size(
        radius,
        _active_wavenumber(magnetic_diffusivity, chiral_wavenumber, end),
        phase,
        min(LARGEST_SIZE, gap / FEWEST_ELEMENTS),
        LAYER_SHARE * phase / abs(at_boundary) if at_boundary else math.inf,
    )
    breakpoints = [float(radius[0])]
    for upper in [*_inner_jumps(jumps, radius), float(radius[-1])]:
        breakpoints += _equidistributed(radius, size / scale, breakpoints[-1], upper)
    check_breakpoints(tuple(breakpoints))
    return tuple(breakpoints)


def _per_wavelength(wanted: str | float, lmax: int) -> float:
    if wanted == "auto":
        return functions_per_wavelength(lmax)
    if isinstance(wanted, str) or not wanted > 0:
        raise ValueError(f"functions_per_wavelength={wanted} is neither positive nor auto")
    return float(wanted)


def _active_wavenumber(
    magnetic_diffusivity: np.ndarray, chiral_wavenumber: np.ndarray, end: float
) -> np.ndarray:
    """|k5| where the waves will have grown, 0 elsewhere."""
    wavenumber = np.abs(np.asarray(chiral_wavenumber, dtype=float))
    exponent = np.asarray(magnetic_diffusivity) * wavenumber**2 / 4 * end
    from_exponent = np.clip(SHARE_OF_FASTEST * exponent.max(), LEAST_EXPONENT, GROWTH_EXPONENT)
    return np.where(exponent > from_exponent, wavenumber, 0.0)


def _element_size(
    radius: np.ndarray,
    wavenumber: np.ndarray,
    size_times_wavenumber: float,
    largest: float,
    innermost: float,
) -> np.ndarray:
    """Element size [km] at each radius: the largest that is Lipschitz, slope `GRADING`."""
    # A wave too long to matter and no wave at all are one case, and nothing is divided by zero.
    size = size_times_wavenumber / np.maximum(wavenumber, size_times_wavenumber / largest)
    size[0] = min(size[0], innermost)
    rise = GRADING * radius
    upwards = np.minimum.accumulate(size - rise) + rise
    downwards = np.minimum.accumulate((size + rise)[::-1])[::-1] - rise
    return np.minimum(upwards, downwards)


def _inner_jumps(jumps: Sequence[float], radius: np.ndarray) -> list[float]:
    """Jumps inside the shell, ascending and distinct; those at its boundaries need nothing."""
    outside = [j for j in jumps if not radius[0] <= j <= radius[-1]]
    if outside:
        raise ValueError(
            f"breakpoints: the jump at {outside[0]:.12g} is outside the shell "
            f"{radius[0]:.12g} to {radius[-1]:.12g}"
        )
    return sorted({float(j) for j in jumps} - {float(radius[0]), float(radius[-1])})


def _equidistributed(
    radius: np.ndarray, size: np.ndarray, lower: float, upper: float
) -> list[float]:
    """Breakpoints above `lower` up to `upper`, between which Int dr/size is the same, <= 1."""
    inside = radius[(radius > lower) & (radius < upper)]
    nodes = np.concatenate([[lower], inside, [upper]])
    density = 1 / np.interp(nodes, radius, size)
    steps = np.diff(nodes) * (density[1:] + density[:-1]) / 2
    total = np.concatenate([[0.0], np.cumsum(steps)])
    # A sum that rounding has lifted above a whole number needs no further element.
    elements = max(1, math.ceil(total[-1] * (1 - 1e-9)))
    inner = np.interp(total[-1] * np.arange(1, elements) / elements, total, nodes)
    return [*(float(r) for r in inner), upper]


def divided(breakpoints: Sequence[float], largest: float) -> tuple[float, ...]:
    """Breakpoints with every element that is too long cut into equal parts.

    Parameters
    ----------
    breakpoints : sequence of float
        Ascending [km].
    largest : float
        Largest element [km].

    Returns
    -------
    tuple of float
        [km]; those given are among them.
    """
    parts = [
        np.linspace(lower, upper, math.ceil((upper - lower) / largest * (1 - 1e-9)) + 1)[:-1]
        for lower, upper in itertools.pairwise(breakpoints)
    ]
    return (*np.concatenate(parts).tolist(), float(breakpoints[-1]))
