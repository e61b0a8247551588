"""Bars that show how far something is, for scripts and notebooks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

Progress = TypeVar("Progress")
#: Wall time between two drawings of a bar, where somebody watches and where a file does [s].
WATCHED, UNWATCHED = 0.2, 30.0


def is_interactive() -> bool:
    """Whether somebody types what is executed: a notebook, IPython or Python's own prompt."""
    return hasattr(sys, "ps1")


@contextlib.contextmanager
def shown(
    progress: bool | Callable[[Progress], None] | None,
    layout: str,
    move: Callable[[tqdm, Progress], None],
) -> Iterator[Callable[[Progress], None] | None]:
    """Function to call whenever something has got further.

    Parameters
    ----------
    progress : bool or callable or None
        Whether to show a bar, None: in an interactive session; or the function itself.
    layout : str
        Of the bar, see tqdm.
    move : callable
        Moves the bar that it is given to where the work is.

    Yields
    ------
    function : callable or None
        None where nothing is to be told.
    """
    if callable(progress):
        yield progress
        return
    if not (is_interactive() if progress is None else progress):
        yield None
        return
    from tqdm.auto import tqdm

    interval = WATCHED if is_interactive() or sys.stderr.isatty() else UNWATCHED
    with tqdm(bar_format=layout, mininterval=interval, total=1.0) as bar:
        yield lambda state: move(bar, state)
