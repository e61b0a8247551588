"""How a key of a section is declared: its unit and meaning, and the rules that its value obeys.

Every way of being wrong ends in one :class:`ParameterError`, see `spectralcmi.case.errors`.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from spectralcmi.case.choices import RadialGrid, choices
from spectralcmi.case.errors import broken

LOWEST_ELEMENT_ORDER = 3
"""Below it a polynomial cannot have a value and a slope at both ends of an element."""

LARGEST_RESOLUTION = 10_000
"""Highest degree, and most radial functions: beyond it memory ends first."""

_LEAST_RADIAL_ORDER = 8


def quantity(default: Any, unit: str, description: str, **rules: Any) -> Any:
    """Field with a default, a unit and a meaning.

    Parameters
    ----------
    default : object
        The default, or ``...`` for a key that has to be given.
    unit : str
        The unit, ``"1"`` for a pure number, ``""`` where a unit makes no sense.
    description : str
        What the key means.
    **rules
        Rules of :func:`pydantic.Field`, such as ``gt=0``.

    Returns
    -------
    pydantic.fields.FieldInfo
    """
    return Field(default, description=description, json_schema_extra={"unit": unit}, **rules)


#: Units of the case file by their names in UDUNITS, which every reader of datasets knows.
_STANDARD_UNITS = {
    "yr": "julian_year",
    "1/yr": "julian_year^-1",
    "1/km": "km^-1",
    "G": "gauss",
    "km2/yr": "km^2 julian_year^-1",
    "km2/yr per 1e12 G": "km^2 julian_year^-1 teragauss^-1",
    "g/cm3": "g cm^-3",
    "fm-3": "fm^-3",
    "G yr": "gauss julian_year",
    "solar mass": "1",
    "k_B T": "1",
}


def unit_attributes(unit: str) -> dict[str, str]:
    """Attributes that tell the unit of a key in a dataset.

    Parameters
    ----------
    unit : str
        As of `quantity`.

    Returns
    -------
    dict
        ``units`` as UDUNITS has them, ``1`` for what is a multiple of the star's own measures; and
        ``case_units`` as the case file has them. Empty where there is no unit.
    """
    if not unit:
        return {}
    return {"units": _STANDARD_UNITS.get(unit, unit), "case_units": unit}


def nonzero(value: float) -> float:
    """A number that is not zero."""
    if value == 0:
        raise broken("must not be zero")
    return value


def at_least_one(value: float) -> float:
    """A number that is one or more."""
    # not as `ge`, which would be named before "greater than 0" for a negative value
    if value < 1:
        raise broken("must not be below 1")
    return value


def nonempty(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A list with something in it."""
    if not values:
        raise broken("must not be empty")
    return values


def _is_number(value: object, kind: type = float) -> bool:
    allowed = int if kind is int else int | float
    return isinstance(value, allowed) and not isinstance(value, bool)


def auto_or_fraction(value: Any) -> Any:
    """The word "auto", or a number from 0 to below 1."""
    if value == "auto" or (_is_number(value) and 0 <= value < 1):
        return value
    raise broken('must be "auto" or a number in [0, 1)')


def auto_or_positive(value: Any) -> Any:
    """The word "auto", or a positive number."""
    if value == "auto" or (_is_number(value) and 0 < value < math.inf):
        return value
    raise broken('must be "auto" or a positive number')


def auto_or_radial_order(value: Any) -> Any:
    """The word "auto", or a number of radial functions."""
    if value == "auto" or (
        _is_number(value, int) and _LEAST_RADIAL_ORDER <= value <= LARGEST_RESOLUTION
    ):
        return value
    raise broken(f'must be "auto" or an integer from {_LEAST_RADIAL_ORDER} to {LARGEST_RESOLUTION}')


def element_order_of_c1(value: int) -> int:
    """Degree of polynomials that can join with a continuous slope."""
    if value < LOWEST_ELEMENT_ORDER:
        raise broken(
            f"element_order too low for C1: must be at least {LOWEST_ELEMENT_ORDER} for a slope "
            "that is continuous"
        )
    return value


def radial_grid_or_breakpoints(value: Any) -> Any:
    """Name of a grid, or breakpoints that increase, as a tuple of floats."""
    if isinstance(value, str) and value in choices(RadialGrid):
        return value
    if not isinstance(value, list | tuple) or not all(map(_is_number, value)):
        raise broken('must be "auto", "global" or a list of breakpoints [km]')
    if len(value) < 2:
        raise broken("needs two breakpoints or more")
    for radius in value:
        if not 0 < radius < math.inf:
            raise broken(f"breakpoints must be positive, but {radius:g} is not")
    return increasing(tuple(map(float, value)))


def increasing(values: tuple[float, ...]) -> tuple[float, ...]:
    """Numbers of which each exceeds the one before."""
    for earlier, later in itertools.pairwise(values):
        if not later > earlier:
            raise broken(f"must increase, but {later:g} follows {earlier:g}", value=values)
    return values


def _plain(value: Any) -> Any:
    """Value with numbers and arrays of NumPy and paths as Python's own numbers, lists, strings."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


class Section(BaseModel):
    """Base of all sections: frozen, strict in types, no unknown keys, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _take_plain_values(cls, data: Any) -> Any:
        # strict in types, but what scripts compute with is as good as what files hold
        return _plain(data)

    def files(self) -> dict[str, str]:
        """Files and folders that the section names, by key."""
        return {}
