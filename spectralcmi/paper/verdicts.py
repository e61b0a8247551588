"""How a claim is judged: what it needs, a number and its uncertainty, the row of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

__all__ = [
    "AGREEMENT",
    "ANYWHERE",
    "MEASURED",
    "Claim",
    "Columns",
    "Finding",
    "Measure",
    "Need",
    "Results",
    "Statement",
    "markdown",
    "measure",
    "run_named",
    "runs_of",
]

AGREEMENT = 0.2
Results = Mapping[str, Mapping[Any, xr.Dataset]]
"""Ended runs by group and name, see `spectralcmi.paper.description.Paper`."""
Need = Callable[[Results, str], str | None]
"""What a claim can't be judged without for some variant: None, or what the results lack."""
Columns = Mapping[str, Mapping[str, str]]
"""Of the table: by heading, the variants that are told there and what is written before each."""

ANYWHERE = ("",)
"""Of a claim that has no variants: one measurement for all of the table."""
MEASURED: Columns = {"measured": {"": ""}}
"""Columns of a table without variants."""


@dataclass(frozen=True)
class Measure:
    """A number and how much it changes with resolution or seed; NaN: there is nothing to compare.

    Attributes
    ----------
    value, uncertainty : float
    """

    value: float
    uncertainty: float

    def __format__(self, spec: str) -> str:
        if not np.isfinite(self.uncertainty):
            return format(self.value, spec)
        # one digit; tens and hundreds as they are, not as 1e+01
        return f"{self.value:{spec}} ± {float(f'{self.uncertainty:.1g}'):.4g}"

    def agrees_with(self, expected: float, within: float = AGREEMENT) -> bool:
        """Whether the value is within a relative distance of what is expected."""
        return bool(abs(self.value - expected) <= within * abs(expected))


@dataclass(frozen=True)
class Finding:
    """What is measured of one variant, and whether the paper agrees with it."""

    text: str
    agrees: bool


@dataclass(frozen=True)
class Claim:
    """A row of the table.

    Attributes
    ----------
    number : str
    claim, paper : str
    found : mapping of str to Finding
        By variant; empty where nothing was judged.
    agrees : bool or None
        None: nothing was judged.
    rests_on : str
        Variant that the verdict is of; empty where there are none.
    why : str
        When it agrees, and why variants differ; or what is missing, or why it is not tested.
    tested : bool
        Whether there is a way to judge it at all.
    """

    number: str
    claim: str
    paper: str
    found: Mapping[str, Finding]
    agrees: bool | None
    rests_on: str
    why: str
    tested: bool = True

    @property
    def verdict(self) -> str:
        """In words."""
        if not self.tested:
            return "not tested"
        word = {True: "agrees", False: "differs", None: "not run"}[self.agrees]
        return f"{word} ({self.rests_on})" if self.rests_on else word

    def cells(self, columns: Columns) -> list[str]:
        """What is measured, by the columns of a table."""
        if "" in self.found:
            return [self.found[""].text, *["the same"] * (len(columns) - 1)]
        found = {name: finding.text for name, finding in self.found.items()}
        texts = (
            [f"{before}{found[name]}" for name, before in told.items() if name in found]
            for told in columns.values()
        )
        return ["; ".join(cell) or "-" for cell in texts]


@dataclass(frozen=True)
class Statement:
    """What a paper says, and how it is judged.

    Attributes
    ----------
    number : str
    claim, paper : str
        In words, and the paper's number.
    judge : callable or None
        Takes the results and the name of a variant, returns a `Finding`; called only where no need
        is missing. None: it is not tested, and `why` says why not.
    why : str
        See `Claim`.
    needs : tuple of callable
        See `Need`.
    variants : tuple of str
        Those that are judged, the one that the verdict rests on first.
    """

    number: str
    claim: str
    paper: str
    judge: Callable[[Results, str], Finding] | None
    why: str
    needs: tuple[Need, ...] = ()
    variants: tuple[str, ...] = ANYWHERE

    def judged(self, results: Results) -> Claim:
        """The row of the table; it names what is missing where nothing can be judged."""
        said = self.number, self.claim, self.paper
        if self.judge is None:
            return Claim(*said, {}, None, "", self.why, tested=False)
        found = {
            variant: self.judge(results, variant)
            for variant in self.variants
            if not self._missing(results, variant)
        }
        if not found:
            missing = self._missing(results, self.variants[0])
            return Claim(*said, {}, None, "", f"needs {', '.join(missing)}")
        first, finding = next(iter(found.items()))
        return Claim(*said, found, finding.agrees, first, self.why)

    def _missing(self, results: Results, variant: str) -> list[str]:
        return [what for need in self.needs if (what := need(results, variant)) is not None]


def measure(function: Callable[[xr.Dataset], float], runs: Mapping[Any, xr.Dataset]) -> Measure:
    """A number measured in the first of some runs, its uncertainty from the others.

    Parameters
    ----------
    function : callable
        Takes a run, returns a number; NaN where the run does not have it.
    runs : mapping
        The same case at several resolutions or with several seeds, the one to quote first.

    Returns
    -------
    Measure
    """
    first, *others = (float(function(run)) for run in runs.values())
    changes = [abs(other - first) for other in others if np.isfinite(other)]
    return Measure(first, max(changes, default=np.nan))


def markdown(rows: Iterable[Claim], columns: Columns = MEASURED) -> str:
    """The table in Markdown."""
    head = ("#", "claim", "paper", *columns, "verdict", "why")
    lines = [_row(head), _row("---" for _ in head)]
    lines += [_row((r.number, r.claim, r.paper, *r.cells(columns), r.verdict, r.why)) for r in rows]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


# Needs


def run_named(group: str, name: object) -> Need:
    """One run of a group, whichever variant is judged."""
    return lambda results, variant: None if name in results.get(group, {}) else f"{group}: {name}"


def runs_of(group: str, count: int = 1) -> Need:
    """Some runs of a group, whichever."""
    text = group if count == 1 else f"{count} runs of {group}"
    return lambda results, variant: None if len(results.get(group, {})) >= count else text
