"""Units that files declare, as factors between them."""

from __future__ import annotations

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
    "K": (1.0, (0, 0, 0, 1, 0)),
    "G": (1.0, (0, 0, 0, 0, 1)),
    "T": (1e4, (0, 0, 0, 0, 1)),
    "erg": (1.0, _ENERGY),
    "J": (1e7, _ENERGY),
    "MeV": (ERG_PER_MEV, _ENERGY),
    "GeV": (1e3 * ERG_PER_MEV, _ENERGY),
    "dyn": (1.0, (1, 1, -2, 0, 0)),
    "Pa": (10.0, (-1, 1, -2, 0, 0)),
}
_FACTOR = re.compile(
    r"(?P<over>/)?\s*(?:\(\s*(?P<scale>[0-9.]+(?:[eE][-+]?[0-9]+)?)\s+(?P<scaled>[A-Za-z]+)\s*\)"
    r"|(?P<name>[A-Za-z]+|1))(?:\^|\*\*)?(?P<power>[-+]?[0-9]+)?[\s*·]*"
)


def unit_factor(unit: str, wanted: str) -> float:
    """Factor that turns a number in one unit into a number in another.

    Parameters
    ----------
    unit, wanted : str
        Products of powers, such as ``g cm-3``, ``km2/yr``, ``km^2 yr^-1 (1e12 G)-1`` or ``1``.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a name is unknown or the two have not the same dimensions.
    """
    value, dimensions = _parse(unit)
    reference, wanted_dimensions = _parse(wanted)
    if dimensions != wanted_dimensions:
        raise ValueError(f"unit {unit!r} does not convert to {wanted!r}")
    return value / reference


def _parse(unit: str) -> tuple[float, tuple[int, ...]]:
    value, dimensions = 1.0, (0, 0, 0, 0, 0)
    text, position = unit.strip(), 0
    while position < len(text):
        match = _FACTOR.match(text, position)
        name = match and (match["name"] or match["scaled"])
        if not name or name not in _UNITS:
            raise ValueError(f"unit {unit!r} is not made of {', '.join(_UNITS)}")
        power = int(match["power"] or 1) * (-1 if match["over"] else 1)
        size, exponents = _UNITS[name]
        value *= (float(match["scale"] or 1.0) * size) ** power
        dimensions = tuple(a + power * b for a, b in zip(dimensions, exponents, strict=True))
        position = match.end()
    return value, dimensions
