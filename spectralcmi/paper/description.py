"""What a paper is here: a plan of runs, small datasets and figures made of them, and its claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper.verdicts import MEASURED, Columns, Statement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Paper", "Plan", "title"]

Plan = Mapping[str, Mapping[Any, Parameters]]
"""Parameters by group, and within a group by name."""


@dataclass(frozen=True)
class Paper:
    """A paper and how it is reproduced; a new one is a module that makes one of these.

    Attributes
    ----------
    identifier : str
        Of the arXiv.
    authors : str
        As the table of claims names them.
    cases : callable
        Takes whether to be quick, returns the `Plan`. Groups, and the runs within each, are in
        order of importance: a reproduction that is stopped has the most important ones. Runs that
        groups share have equal parameters, and are computed once.
    summarise : callable
        Takes the name of a group, its ended runs by name, at least one, and the parameters of all
        its runs by name; returns small datasets by the figure that is drawn of each.
    figures : mapping of str to callable
        Take a small dataset, return a matplotlib Figure.
    statements : tuple of Statement
        The claims in the paper's order.
    setting : callable
        Takes whether the runs are the quick ones, returns in a paragraph how they were made.
    columns : mapping
        Of the table of claims.
    without_runs : mapping of str to callable
        Small datasets by figure that need no run: take the `Plan`.
    """

    identifier: str
    authors: str
    cases: Callable[[bool], Plan]
    summarise: Callable[
        [str, Mapping[Any, xr.Dataset], Mapping[Any, Parameters]], Mapping[str, xr.Dataset]
    ]
    figures: Mapping[str, Callable[[xr.Dataset], Figure]]
    statements: tuple[Statement, ...]
    setting: Callable[[bool], str]
    columns: Columns = field(default_factory=lambda: MEASURED)
    without_runs: Mapping[str, Callable[[Plan], xr.Dataset]] = field(default_factory=dict)


def title(group: str, name: object) -> str:
    """Name of a run in messages."""
    parts = name if isinstance(name, tuple) else (name,)
    texts = (f"{part:g}" if isinstance(part, float) else str(part) for part in parts)
    return f"{group}: {', '.join(texts)}"
