"""A paper reproduced: its runs computed, its figures drawn, its claims judged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import xarray as xr

from spectralcmi.paper.description import Paper, title
from spectralcmi.paper.drawing import save_figure
from spectralcmi.paper.registry import DEFAULT
from spectralcmi.paper.runs import compute_runs, stored_runs
from spectralcmi.paper.verdicts import Claim, Results, markdown
from spectralcmi.runs.files import save_dataset

__all__ = ["claims_document", "default_folder", "judge_claims", "judge_stored", "reproduce"]

TABLE = "claims.md"

_log = logging.getLogger(__name__)


def default_folder(paper: Paper, quick: bool = False) -> str:
    """Name of the folder of a reproduction; the first paper's has no identifier."""
    parts = ["reproduce", *[paper.identifier] * (paper.identifier != DEFAULT), *["quick"] * quick]
    return "_".join(parts)


def reproduce(
    paper: Paper, output: str | Path, quick: bool = False, say: Callable[[str], None] = _log.info
) -> list[Claim]:
    """Run everything a paper reports, draw its figures, and judge its claims.

    Parameters
    ----------
    paper : Paper
    output : str or Path
        Folder: ``runs/`` by fingerprint, the small datasets and figures of each group, the table
        ``claims.md``. Runs that are there already are not computed again, interrupted ones are gone
        on with. Table and figures are renewed after each group.
    quick : bool
        Whether at low resolution, in minutes.
    say : callable
        Called with a line now and then.

    Returns
    -------
    rows : list of Claim
    """
    known: dict[str, xr.Dataset] = {}
    rows = judge_stored(paper, output, quick, (), known)
    for name, group in paper.cases(quick).items():
        named = ((title(name, case), parameters) for case, parameters in group.items())
        compute_runs(Path(output, "runs"), named, say)
        rows = judge_stored(paper, output, quick, (name,), known)
    return rows


def judge_stored(
    paper: Paper,
    output: str | Path,
    quick: bool = False,
    drawn: Iterable[str] | None = None,
    known: dict[str, xr.Dataset] | None = None,
) -> list[Claim]:
    """Draw the figures and judge the claims for which a folder has the runs.

    Parameters
    ----------
    paper : Paper
    output : str or Path
        Folder of `reproduce`; created if it is not there.
    quick : bool
        Whether of the quick reproduction.
    drawn : iterable of str, optional
        Groups whose figures are wanted; default: all. Those that need no run are drawn where none
        is named.
    known : dict, optional
        Runs by fingerprint that need not be read again; those that are read are added.

    Returns
    -------
    rows : list of Claim
    """
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    groups = paper.cases(quick)
    if not drawn:
        for name, made in paper.without_runs.items():
            draw(paper, name, made(groups), output)
    # of all groups: a run may belong to several
    known = {} if known is None else known
    results = {n: stored_runs(output / "runs", group, known) for n, group in groups.items()}
    for name in groups if drawn is None else drawn:
        if results[name]:
            for figure, dataset in paper.summarise(name, results[name], groups[name]).items():
                draw(paper, figure, dataset, output)
    rows = judge_claims(paper, results)
    (output / TABLE).write_text(claims_document(paper, rows, quick), encoding="utf-8")
    return rows


def judge_claims(paper: Paper, results: Results) -> list[Claim]:
    """All claims of a paper; those whose runs are missing say so."""
    return [statement.judged(results) for statement in paper.statements]


def draw(paper: Paper, name: str, dataset: xr.Dataset, folder: Path) -> None:
    """Save a small dataset, and its figure as PDF and PNG, under a name."""
    save_dataset(dataset, folder / f"{name}.nc")
    for suffix in ("pdf", "png"):
        save_figure(paper.figures[name](dataset), folder / f"{name}.{suffix}")


def claims_document(paper: Paper, rows: Sequence[Claim], quick: bool = False) -> str:
    """The table of claims as a Markdown document that says how it was made."""
    text = (
        f"# Claims of {paper.authors} (arXiv:{paper.identifier}), measured\n\n"
        f"{paper.setting(quick)}\n"
    )
    return f"{text}\n{markdown(rows, paper.columns)}"
