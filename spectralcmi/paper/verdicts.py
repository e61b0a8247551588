"""How a claim is judged: what it needs, a number and its uncertainty, the row of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.paper import plan

__all__ = [
    "AGREEMENT",
    "BY_CRUST",
    "BY_METRIC",
    "WITHOUT_METRIC",
    "Claim",
    "Finding",
    "Measure",
    "Need",
    "Results",
    "Statement",
    "markdown",
    "measure",
    "paper_until",
    "run_of",
    "runs_of",
]

AGREEMENT = 0.2
Results = Mapping[str, Mapping[Any, xr.Dataset]]
"""Ended runs by group and name, see `spectralcmi.paper.plan`."""
Need = Callable[[Results, str], str | None]
"""What a claim can't be judged without for some crust: None, or what the results lack."""

# Crusts of which a claim is measured; the verdict rests on the first that has its runs. The order
# is that of likeness to the paper, which has the star's metric, nuclides in layers and |k5| bounded
# as it stands, and is not chosen by the outcome.
BY_METRIC = ("star", "flat")
BY_CRUST = ("star, layered, hard", "star", "flat, layered, hard", "flat")
WITHOUT_METRIC = ("crust",)
"""Of what is local: the same in either metric."""


@dataclass(frozen=True)
class Measure:
    """A number and how much it changes with resolution; NaN: no second resolution."""

    value: float
    uncertainty: float

    def __format__(self, spec: str) -> str:
        if not np.isfinite(self.uncertainty):
            return format(self.value, spec)
        return f"{self.value:{spec}} ± {self.uncertainty:.1g}"

    def agrees_with(self, expected: float, within: float = AGREEMENT) -> bool:
        """Whether the value is within a relative distance of what is expected."""
        return bool(abs(self.value - expected) <= within * abs(expected))


@dataclass(frozen=True)
class Finding:
    """What is measured in one crust, and whether the paper agrees with it."""

    text: str
    agrees: bool


@dataclass(frozen=True)
class Claim:
    """A row of the table.

    Attributes
    ----------
    number : str
    claim, paper : str
    flat, star : str
        What is measured in flat space, and in the star's metric.
    agrees : bool or None
        None: the runs it needs are not there.
    rests_on : str
        Crust that the verdict is of; empty where all are alike.
    why : str
        When it agrees, and why crusts differ.
    """

    number: str
    claim: str
    paper: str
    flat: str
    star: str
    agrees: bool | None
    rests_on: str
    why: str

    @property
    def verdict(self) -> str:
        """In words."""
        word = {True: "agrees", False: "differs", None: "not run"}[self.agrees]
        return f"{word} ({self.rests_on})" if self.rests_on else word


@dataclass(frozen=True)
class Statement:
    """What the paper says, and how it is judged.

    Attributes
    ----------
    number : str
    claim, paper : str
        In words, and the paper's number.
    judge : callable
        Takes the results and the name of a crust, returns a `Finding`; called only where no need
        is missing.
    why : str
        See `Claim`.
    needs : tuple of callable
        See `Need`.
    crusts : tuple of str
        Those that are judged, the one that the verdict rests on first.
    """

    number: str
    claim: str
    paper: str
    judge: Callable[[Results, str], Finding]
    why: str
    needs: tuple[Need, ...] = ()
    crusts: tuple[str, ...] = BY_METRIC

    def judged(self, results: Results) -> Claim:
        """The row of the table; it names what is missing where nothing can be judged."""
        found = {
            crust: self.judge(results, crust)
            for crust in self.crusts
            if not self._missing(results, crust)
        }
        if not found:
            missing = self._missing(results, self.crusts[0])
            why = f"needs {', '.join(missing)}"
            return Claim(self.number, self.claim, self.paper, "-", "-", None, "", why)
        first, finding = next(iter(found.items()))
        cells = (_cell(found, "flat"), _cell(found, "star"))
        if self.crusts == WITHOUT_METRIC:
            first, cells = "", (finding.text, "the same")
        return Claim(self.number, self.claim, self.paper, *cells, finding.agrees, first, self.why)

    def _missing(self, results: Results, crust: str) -> list[str]:
        return [what for need in self.needs if (what := need(results, crust)) is not None]


def _cell(found: Mapping[str, Finding], metric: str) -> str:
    """What is measured in one metric, smooth first."""
    texts = []
    for crust in (metric, f"{metric}, layered, hard"):
        if crust in found:
            profiles = crust.removeprefix(metric).removeprefix(", ")
            texts.append(f"{profiles}: {found[crust].text}" if profiles else found[crust].text)
    return "; ".join(texts) or "-"


def measure(function: Callable[[xr.Dataset], float], runs: Mapping[Any, xr.Dataset]) -> Measure:
    """A number measured in the first of some runs, its uncertainty from the others.

    Parameters
    ----------
    function : callable
        Takes a run, returns a number; NaN where the run does not have it.
    runs : mapping
        The same case at several resolutions, the one to quote first.

    Returns
    -------
    Measure
    """
    first, *others = (float(function(run)) for run in runs.values())
    changes = [abs(other - first) for other in others if np.isfinite(other)]
    return Measure(first, max(changes, default=np.nan))


def markdown(rows: Iterable[Claim]) -> str:
    """The table in Markdown."""
    head = ("#", "claim", "paper", "flat", "star's metric", "verdict", "why")
    lines = [_row(head), _row("---" for _ in head)]
    lines += [_row((r.number, r.claim, r.paper, r.flat, r.star, r.verdict, r.why)) for r in rows]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


# Needs


def paper_until(year: float = 0.0) -> Need:
    """The paper's run of a crust at the usual resolution, up to some year."""

    def need(results: Results, crust: str) -> str | None:
        run = results.get("paper", {}).get(crust)
        there = run is not None and float(run["time"][-1]) >= year
        return None if there else f"paper: {crust} to {year:g} yr"

    return need


def run_of(group: str, name: str) -> Need:
    """One run of a group: that of the main crust has the name alone, others theirs before it."""

    def need(results: Results, crust: str) -> str | None:
        full = name if crust == plan.MAIN else f"{crust}, {name}"
        return None if full in results.get(group, {}) else f"{group}: {full}"

    return need


def runs_of(group: str, count: int = 1) -> Need:
    """Some runs of a group, whichever."""
    text = group if count == 1 else f"{count} runs of {group}"
    return lambda results, crust: None if len(results.get(group, {})) >= count else text
