"""What the studies of the reproduction share: runs from a folder, a saved dataset, its figure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper import summarise
from spectralcmi.paper.figures import save_figure
from spectralcmi.paper.runs import compute_runs, stored_runs
from spectralcmi.runs.dataset import ENGINE, save_dataset

__all__ = ["answer", "command_line", "compute_group", "numbers"]

DEFAULT_FOLDER = "runs"
#: A dimension longer than this is that of a curve or a spectrum.
FEW = 16


def compute_group(
    group: str, parameters: Mapping[Any, Parameters], folder: str | Path
) -> dict[str, xr.Dataset]:
    """Run a group of cases, or take their runs from a folder, and sum them up.

    Parameters
    ----------
    group : str
        See `spectralcmi.paper.plan.GROUPS`.
    parameters : mapping
        Parameters by name.
    folder : str or Path
        Of the runs, by fingerprint; what is there is not computed again.

    Returns
    -------
    summaries : dict of str to Dataset
        See `spectralcmi.paper.summarise`.
    """
    compute_runs(folder, ((f"{group}: {name}", p) for name, p in parameters.items()), _tell)
    return summarise(group, stored_runs(folder, parameters), parameters)


def numbers(dataset: xr.Dataset) -> str:
    """The single numbers of a summary as CSV: all that is not a curve or a spectrum."""
    names = [
        name for name, values in dataset.data_vars.items() if max(values.shape, default=1) <= FEW
    ]
    return dataset[names].to_dataframe().to_csv(float_format="%.6g")


def answer(
    name: str,
    compute: Callable[[], xr.Dataset],
    draw: Callable[[xr.Dataset], Any],
    output: str | Path,
    redraw: str | Path | None = None,
) -> xr.Dataset:
    """Compute a study or reload it, save it, print its numbers, draw it.

    Parameters
    ----------
    name : str
        Stem of the dataset and of the figure, which is saved as PDF and PNG.
    compute : callable
        Returns the dataset.
    draw : callable
        Takes the dataset, returns a figure.
    output : str or Path
        Folder, created if it is not there.
    redraw : str or Path, optional
        Saved dataset to draw instead of computing one.

    Returns
    -------
    Dataset
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    if redraw is None:
        dataset = compute()
        save_dataset(dataset, folder / f"{name}.nc")
    else:
        dataset = xr.load_dataset(redraw, engine=ENGINE)
    print(numbers(dataset), end="")
    for suffix in ("pdf", "png"):
        save_figure(draw(dataset), folder / f"{name}.{suffix}")
    return dataset


def command_line(main: Callable[..., xr.Dataset], summary: str) -> None:
    """Call ``main(quick, output, redraw)`` with what the command line says.

    Parameters
    ----------
    main : callable
    summary : str
        First line of the study's docstring.
    """
    import matplotlib

    matplotlib.use("Agg")  # files are all that is wanted, with or without a screen
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--quick", action="store_true", help="low resolution, minutes")
    parser.add_argument("--output", default=DEFAULT_FOLDER, metavar="FOLDER")
    parser.add_argument("--redraw", metavar="FILE.nc", help="draw saved data again")
    chosen = parser.parse_args()
    main(chosen.quick, chosen.output, chosen.redraw)


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
