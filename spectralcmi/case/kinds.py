"""Sections of the case file that have several kinds, each a class of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from pydantic import BeforeValidator

from spectralcmi.case.quantities import Section

DEFAULT_KINDS = MappingProxyType({"background": "neutron_star", "initial": "dipole"})
"""Kinds of the sections that have some, where none is given."""


def default_kind(section: str) -> BeforeValidator:
    """Validator that lets a section without `kind` mean its default kind."""

    def with_kind(value: object) -> object:
        if isinstance(value, Mapping) and "kind" not in value:
            return {"kind": DEFAULT_KINDS[section], **value}
        return value

    return BeforeValidator(with_kind)


OfKind = TypeVar("OfKind", bound=Section)


def of_kind(section: Section, kind: type[OfKind]) -> OfKind:
    """A section that has several kinds, as the one that it is known to be of.

    Raises
    ------
    TypeError
        If it is of another.
    """
    if not isinstance(section, kind):
        raise TypeError(f"{type(section).__name__} is no {kind.__name__}")
    return section
