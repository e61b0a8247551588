"""The papers that can be reproduced, by their arXiv identifiers."""

from __future__ import annotations

from types import MappingProxyType

from spectralcmi.errors import InputError
from spectralcmi.paper import dehman_2026, dehman_pons_2024, dehman_pons_2025
from spectralcmi.paper.description import Paper

__all__ = ["DEFAULT", "PAPERS", "paper_of"]

_MODULES = (dehman_pons_2024, dehman_pons_2025, dehman_2026)
PAPERS = MappingProxyType({module.PAPER.identifier: module.PAPER for module in _MODULES})
"""A new paper is a module of its own with a `PAPER`, and its name above."""
DEFAULT = dehman_pons_2024.PAPER.identifier


def paper_of(identifier: str) -> Paper:
    """The paper with an arXiv identifier.

    Raises
    ------
    InputError
        If there is none.
    """
    if identifier not in PAPERS:
        raise InputError(f"paper={identifier!r}: choose from {', '.join(PAPERS)}")
    return PAPERS[identifier]
