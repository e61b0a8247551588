"""What every study does once it has its question: compute or reload, save, print, draw.

A study is one file in ``studies/``. Its docstring has the question as first line, then what was
expected, what was found and the run time; its code is how a dataset is computed, how it is drawn,
and a `Study` of the two. A study of one group of the paper's runs is `of_group` and nothing else; a
study with options of its own whose answer is a few numbers is a `Table`.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from spectralcmi.netcdf_files import ENGINE
from spectralcmi.paper.description import title
from spectralcmi.paper.drawing import save_figure
from spectralcmi.paper.registry import DEFAULT, paper_of
from spectralcmi.paper.reproduction import default_folder
from spectralcmi.paper.runs import compute_runs, stored_runs
from spectralcmi.runs.files import save_dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Study", "Table", "numbers", "of_group", "use_no_screen"]

DEFAULT_FOLDER = "runs"
#: A dimension longer than this is that of a curve or a spectrum.
FEW = 16


def numbers(dataset: xr.Dataset) -> str:
    """The single numbers of a dataset as CSV: all that is not a curve or a spectrum."""
    names = [
        name for name, values in dataset.data_vars.items() if max(values.shape, default=1) <= FEW
    ]
    return dataset[names].to_dataframe().to_csv(float_format="%.6g")


@dataclass(frozen=True)
class Study:
    """A question, and how it is answered.

    Attributes
    ----------
    name : str
        Stem of the dataset and of the figure, which is saved as PDF and PNG.
    text : str
        Docstring of the study; its first line is the question.
    compute : callable
        Takes whether to be quick and the folder of the output, returns the dataset.
    draw : callable
        Takes the dataset, returns a figure.
    report : callable
        Takes the dataset, returns what is printed.
    """

    name: str
    text: str
    compute: Callable[[bool, Path], xr.Dataset]
    draw: Callable[[xr.Dataset], Figure]
    report: Callable[[xr.Dataset], str] = numbers

    @property
    def question(self) -> str:
        """First line of the docstring."""
        return self.text.strip().splitlines()[0]

    def main(
        self,
        quick: bool = False,
        output: str | Path = DEFAULT_FOLDER,
        redraw: str | Path | None = None,
    ) -> xr.Dataset:
        """Compute the answer or reload it, save it, print its numbers, draw it.

        Parameters
        ----------
        quick : bool
            Whether at low resolution.
        output : str or Path
            Folder, created if it is not there.
        redraw : str or Path, optional
            Saved dataset to draw instead of computing one.

        Returns
        -------
        dataset : Dataset
        """
        folder = Path(output)
        folder.mkdir(parents=True, exist_ok=True)
        if redraw is not None:
            return self.publish(xr.load_dataset(redraw, engine=ENGINE), folder)
        return self.save_and_publish(self.compute(quick, folder), folder)

    def save_and_publish(self, dataset: xr.Dataset, folder: Path) -> xr.Dataset:
        """Save a dataset into a folder, and `publish` it."""
        folder.mkdir(parents=True, exist_ok=True)
        save_dataset(dataset, folder / f"{self.name}.nc")
        return self.publish(dataset, folder)

    def publish(self, dataset: xr.Dataset, folder: Path) -> xr.Dataset:
        """Print the numbers of a dataset and save its figure; returns the dataset."""
        print(self.report(dataset).rstrip("\n"))
        for suffix in ("pdf", "png"):
            save_figure(self.draw(dataset), folder / f"{self.name}.{suffix}")
        return dataset

    def parser(self) -> argparse.ArgumentParser:
        """Options of the command line, the names of `main`'s arguments."""
        parser = argparse.ArgumentParser(description=self.question)
        parser.add_argument("--quick", action="store_true", help="low resolution, for a first look")
        parser.add_argument("--output", default=DEFAULT_FOLDER, metavar="FOLDER")
        parser.add_argument("--redraw", metavar="FILE.nc", help="draw saved data again")
        return parser

    def command_line(self, arguments: Sequence[str] | None = None) -> None:
        """Call `main` with what the command line says."""
        use_no_screen()
        self.main(**vars(self.parser().parse_args(arguments)))


def of_group(
    group: str, text: str | None, name: str | None = None, identifier: str = DEFAULT
) -> Study:
    """The study of a group of a paper's runs.

    It shares its runs with ``spectralcmi reproduce`` of the same folder: what one has computed, the
    other does not compute again.

    Parameters
    ----------
    group : str
        Of the paper's plan.
    text : str
        Docstring of the study.
    name : str, optional
        The summary and the figure where a group has several; else that of the group.
    identifier : str, optional
        Of the paper, see `spectralcmi.paper.registry`.

    Returns
    -------
    study : Study
    """
    name = name or group
    paper = paper_of(identifier)

    def compute(quick: bool, output: Path) -> xr.Dataset:
        parameters = paper.cases(quick)[group]
        folder = output / default_folder(paper, quick) / "runs"
        compute_runs(folder, ((title(group, case), p) for case, p in parameters.items()), _tell)
        return paper.summarise(group, stored_runs(folder, parameters), parameters)[name]

    return Study(name, text or "", compute, paper.figures[name])


@dataclass(frozen=True)
class Table:
    """A question that is asked with options, and answered by a table on stdout.

    Attributes
    ----------
    name : str
        Begins the lines on stderr.
    text : str
        Docstring of the study; its first line is the question.
    compute : callable
        Its keyword arguments, all with defaults, are the options; returns a dataset.
    report : callable
        Takes the dataset, returns the table.
    options : mapping of str to str
        Help of each option by the argument's name.
    quick : mapping
        What ``--quick`` changes of the arguments.
    doubt : callable
        Takes the dataset, returns a line where the answer is not to be trusted, else None.
    exit_codes : mapping
        Of the errors that end in one line.
    """

    name: str
    text: str
    compute: Callable[..., xr.Dataset]
    report: Callable[[xr.Dataset], str]
    options: Mapping[str, str]
    quick: Mapping[str, Any]
    doubt: Callable[[xr.Dataset], str | None] = lambda dataset: None
    exit_codes: Mapping[type[Exception], int] = field(default_factory=lambda: {ValueError: 2})

    def main(self, quick: bool = False, **options: Any) -> xr.Dataset:
        """Compute and print."""
        dataset = self.compute(**options | (dict(self.quick) if quick else {}))
        print(self.report(dataset))
        doubt = self.doubt(dataset)
        if doubt is not None:
            _tell(f"{self.name}: {doubt}")
        return dataset

    def parser(self) -> argparse.ArgumentParser:
        """Options of the command line, from the signature of `compute`."""
        parser = argparse.ArgumentParser(description=self.text.strip().splitlines()[0])
        hints = typing.get_type_hints(self.compute)
        defaults = inspect.signature(self.compute).parameters
        for name, text in self.options.items():
            choices = typing.get_args(hints[name]) or None  # of a Literal
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                type=str if choices else hints[name],
                choices=choices,
                default=defaults[name].default,
                help=f"{text}; default: %(default)s",
            )
        parser.add_argument("--quick", action="store_true", help="a low resolution")
        return parser

    def command_line(self, arguments: Sequence[str] | None = None) -> None:
        """Call `main` with what the command line says; one line and an exit code for an error."""
        try:
            self.main(**vars(self.parser().parse_args(arguments)))
        except tuple(self.exit_codes) as error:
            _tell(f"{self.name}: {error}")
            sys.exit(next(c for kind, c in self.exit_codes.items() if isinstance(error, kind)))


def use_no_screen() -> None:
    """Draw figures into files alone, with or without a screen."""
    import matplotlib

    matplotlib.use("Agg")


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
