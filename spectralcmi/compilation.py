"""Compiled functions, cached on disk where there is a place for that."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

_log = logging.getLogger(__name__)


def compiled(function: Callable | None = None, *, cache: bool = False, **options: Any) -> Callable:
    """`numba.njit`, which does without a cache where none can be kept.

    Parameters
    ----------
    function : callable, optional
        Without, the result is a decorator.
    cache : bool
        Whether what is compiled is kept on disk: beside the source, or in the user's cache, or in
        the folder that NUMBA_CACHE_DIR names.
    **options
        Of `numba.njit`.

    Returns
    -------
    callable
    """
    if function is None:
        return functools.partial(compiled, cache=cache, **options)
    dispatcher = numba.njit(**options)(function)
    if cache and not numba.config.DISABLE_JIT:
        try:
            dispatcher.enable_caching()
        except RuntimeError:  # neither folder can be written, as in containers
            _say_once()
        else:
            _remove_truncated(Path(dispatcher.stats.cache_path), function)
    return dispatcher


@functools.cache
def _say_once() -> None:
    _log.warning(
        "no folder for numba's cache can be written: every process compiles anew, for half a "
        "minute; NUMBA_CACHE_DIR=FOLDER in the environment names one"
    )


def _remove_truncated(folder: Path, function: Callable) -> None:
    """Remove cached files of a function that a loss of power cut short, which numba falls over."""
    name = f"{Path(function.__code__.co_filename).stem}.{function.__qualname__}"
    prefix = name.replace("<", "").replace(">", "")
    for file in folder.glob(f"{prefix}-*.nb[ci]"):
        try:
            if not _is_pickle(file):
                file.unlink()
        except OSError:  # another process was first, or it is not ours
            continue


def _is_pickle(path: Path) -> bool:
    """Whether a file ends as pickles do."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read() == b"."
