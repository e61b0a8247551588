"""Units that files declare, as factors between them."""

from __future__ import annotations

import math
import re

from spectralcmi.constants import ERG_PER_MEV, FERMI, JULIAN_YEAR, KILOMETRE

# name: (value in CGS, exponents of cm, g, s, K, G)
_LENGTH, _MASS, _TIME = (1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0)
_ENERGY = (2, 1, -2, 0, 0)
_UNITS = {
    "1": (1.0, (0, 0, 0, 0, 0)),
    "fm": (FERMI, _LENGTH),
    "cm": (1.0, _LENGTH),
    "m": (100.0, _LENGTH),
    "km": (KILOMETRE, _LENGTH),
    "g": (1.0, _MASS),
    "kg": (1e3, _MASS),
    "s": (1.0, _TIME),
    "yr": (JULIAN_YEAR, _TIME),
    "julian_year": (JULIAN_YEAR, _TIME),
    "K": (1.0, (0, 0, 0, 1, 0)),
    "G": (1.0, (0, 0, 0, 0, 1)),
    "gauss": (1.0, (0, 0, 0, 0, 1)),
    "teragauss": (1e12, (0, 0, 0, 0, 1)),
    "T": (1e4, (0, 0, 0, 0, 1)),
    "erg": (1.0, _ENERGY),
    "J": (1e7, _ENERGY),
    "MeV": (ERG_PER_MEV, _ENERGY),
    "GeV": (1e3 * ERG_PER_MEV, _ENERGY),
    "dyn": (1.0, (1, 1, -2, 0, 0)),
    "Pa": (10.0, (-1, 1, -2, 0, 0)),
}
_NUMBER = r"[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"
_OVER, _BETWEEN = r"(?P<over>/)?\s*", r"[\s*·]*"
# 1000, 1e12, 10^3: only a sign of its own makes a power of a number; and km2, (1e12 G)-1.
_SCALE = re.compile(
    rf"{_OVER}(?P<scale>{_NUMBER})(?![A-Za-z])(?:(?:\^|\*\*)(?P<power>[-+]?[0-9]+))?{_BETWEEN}"
)
_NAMED = re.compile(
    rf"{_OVER}(?:\(\s*(?P<scale>{_NUMBER})\s+(?P<scaled>[A-Za-z]+)\s*\)|(?P<name>[A-Za-z_]+))"
    rf"(?:\^|\*\*)?(?P<power>[-+]?[0-9]+)?{_BETWEEN}"
)


def unit_factor(unit: str, wanted: str) -> float:
    """Factor that turns a number in one unit into a number in another.

    Parameters
    ----------
    unit, wanted : str
        Products of powers and numbers, such as ``g cm^-3``, ``g cm-3``, ``km2/yr``, ``1000 K``,
        ``km^2 yr^-1 (1e12 G)-1`` or ``1``. A year is the Julian one.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a name is unknown, a number is not positive and finite, or the two have not the same
        dimensions.
    """
    value, dimensions = _parse(unit)
    reference, wanted_dimensions = _parse(wanted)
    if dimensions != wanted_dimensions:
        raise ValueError(f"unit {unit!r} does not convert to {wanted!r}")
    return value / reference


def _parse(unit: str) -> tuple[float, tuple[int, ...]]:
    value = 1.0
    dimensions: tuple[int, ...] = (0, 0, 0, 0, 0)
    text, position = unit.strip(), 0
    while position < len(text):
        match = _NAMED.match(text, position) or _SCALE.match(text, position)
        parts = match.groupdict() if match else {}
        name = parts.get("name") or parts.get("scaled") or "1"
        if not match or name not in _UNITS:
            raise ValueError(f"unit {unit!r} is not made of numbers and {', '.join(_UNITS)}")
        power = int(match["power"] or 1) * (-1 if match["over"] else 1)
        size, exponents = _UNITS[name]
        value *= _power(float(match["scale"] or 1.0) * size, power)
        dimensions = tuple(a + power * b for a, b in zip(dimensions, exponents, strict=True))
        position = match.end()
    if not 0.0 < value < math.inf:
        raise ValueError(f"unit {unit!r} is no positive number of anything")
    return value, dimensions


def _power(value: float, power: int) -> float:
    """A power, infinite or zero where it is beyond all numbers."""
    try:
        return value**power
    except (OverflowError, ZeroDivisionError):
        return math.inf
