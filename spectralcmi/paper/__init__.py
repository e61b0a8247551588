"""The paper of Dehman & Pons (arXiv:2408.05281), reproduced: its runs, figures and claims."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import Resolution
from spectralcmi.grid.breakpoints import functions_per_wavelength
from spectralcmi.paper import figures, summaries
from spectralcmi.paper.claims import judge_claims
from spectralcmi.paper.plan import MAIN, cases, title
from spectralcmi.paper.runs import compute_runs, stored_runs
from spectralcmi.paper.verdicts import Claim, markdown
from spectralcmi.profiles.isotherms import build_isotherms
from spectralcmi.runs.dataset import save_dataset

__all__ = ["cases", "claims_document", "judge_stored", "reproduce", "summarise"]

TABLE = "claims.md"

_log = logging.getLogger(__name__)


def summarise(
    group: str, runs: Mapping[Any, xr.Dataset], parameters: Mapping[Any, Parameters]
) -> dict[str, xr.Dataset]:
    """Small datasets of a group of runs, by the figure that is drawn of each.

    Parameters
    ----------
    group : str
        See `spectralcmi.paper.plan.GROUPS`.
    runs : mapping
        Ended runs by name, at least one.
    parameters : mapping
        Parameters of all runs of the group by name.

    Returns
    -------
    summaries : dict of str to Dataset
        Without those whose runs are missing.
    """
    if group == "paper":
        if MAIN not in runs:
            return {}
        return {"fig2": summaries.energies(runs), "fig3": summaries.spectra(runs[MAIN])}
    if group == "resolution":
        linear = summaries.linear_growth({name: parameters[name] for name in runs})
        return {group: summaries.resolution(runs, linear)}
    return {group: getattr(summaries, group)(runs)}


def reproduce(
    output: str | Path, quick: bool = False, say: Callable[[str], None] = _log.info
) -> list[Claim]:
    """Run everything the paper reports, draw its figures, and judge its claims.

    Parameters
    ----------
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
    groups, known = cases(quick), {}
    rows = judge_stored(output, quick, (), known)
    for name, group in groups.items():
        named = ((title(name, case), parameters) for case, parameters in group.items())
        compute_runs(Path(output, "runs"), named, say)
        rows = judge_stored(output, quick, (name,), known)
    return rows


def judge_stored(
    output: str | Path,
    quick: bool = False,
    drawn: Iterable[str] | None = None,
    known: dict[str, xr.Dataset] | None = None,
) -> list[Claim]:
    """Draw the figures and judge the claims for which a folder has the runs.

    Parameters
    ----------
    output : str or Path
        Folder of `reproduce`; created if it is not there.
    quick : bool
        Whether of the quick reproduction.
    drawn : iterable of str, optional
        Groups whose figures are wanted; default: all. Fig. 1 is drawn where none is named.
    known : dict, optional
        Runs by fingerprint that need not be read again; those that are read are added.

    Returns
    -------
    rows : list of Claim
    """
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    groups = cases(quick)
    if not drawn:
        draw("fig1", build_isotherms(groups["paper"][MAIN]), output)
    # of all groups: a run may belong to several
    known = {} if known is None else known
    results = {n: stored_runs(output / "runs", group, known) for n, group in groups.items()}
    for name in groups if drawn is None else drawn:
        if results[name]:
            for figure, dataset in summarise(name, results[name], groups[name]).items():
                draw(figure, dataset, output)
    rows = judge_claims(results)
    (output / TABLE).write_text(claims_document(rows, quick), encoding="utf-8")
    return rows


def draw(name: str, dataset: xr.Dataset, folder: Path) -> None:
    """Save a small dataset, and its figure as PDF and PNG, under a name."""
    save_dataset(dataset, folder / f"{name}.nc")
    for suffix in ("pdf", "png"):
        figures.save_figure(getattr(figures, name)(dataset), folder / f"{name}.{suffix}")


def claims_document(rows: Sequence[Claim], quick: bool = False) -> str:
    """The table of claims as a Markdown document that says how it was made."""
    base = cases(quick)["paper"][MAIN]
    background, chiral = base.background, base.chiral
    text = (
        "# Claims of Dehman & Pons (arXiv:2408.05281), measured\n\n"
        f"Axisymmetric, lmax {base.resolution.lmax}, {_radii(base.resolution)}, tolerance "
        f"{base.time.tolerance:g}; {background.mass:g} solar masses at {background.temperature:g} "
        f"K, δμ/kT = {chiral.delta_mu:g}, k5 = (2α/π) μ5/(ħc) up to {chiral.k5_max:g} /km. "
        "± is the largest change with finer radii, angles or time steps. Composition and cutoff "
        "of k5 are smooth unless a cell says layered, hard; a verdict rests on what is named "
        "behind it.\n"
    )
    if quick:
        text += (
            "\n**Quick run**: few degrees and coarse radii; the Hall stage, which takes more of "
            "both, is not to be trusted.\n"
        )
    return f"{text}\n{markdown(rows)}"


def _radii(resolution: Resolution) -> str:
    """How finely the radius is resolved, in words."""
    wanted = resolution.functions_per_wavelength
    number = functions_per_wavelength(resolution.lmax) if wanted == "auto" else wanted
    return (
        f"radial elements of order {resolution.element_order} with {number:g} functions per "
        "wavelength of the fastest waves"
    )
