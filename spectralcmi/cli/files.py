"""Files that commands read and write."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spectralcmi.cli.exit_codes import is_refused_write
from spectralcmi.errors import InputError, SpectralcmiError, WriteError

if TYPE_CHECKING:
    import xarray as xr

#: Suffixes of the formats that commands write.
NETCDF, PICTURE, MOVIE = (".nc", ".nc4"), (".png", ".pdf", ".svg"), (".gif", ".mp4")


@contextlib.contextmanager
def writable(
    path: Path, *, overwrite: bool, inputs: Iterable[Path] = (), option: str = "--output"
) -> Iterator[None]:
    """Make sure, before any work, that a file can be written; leave no trace if the work fails.

    Parameters
    ----------
    path : Path
    overwrite : bool
        Whether it may be there, or the work itself finds out what it is.
    inputs : iterable of Path
        Files that the work reads, none of which it may be.
    option : str
        Where its name is from.

    Raises
    ------
    InputError
        If it is there, an input or a folder, or no file can have its name.
    WriteError
        If the system takes no file there.
    """
    for file in inputs:
        if path.resolve() == file.resolve() or _is_same(path, file):
            raise InputError(f"{option} = '{path}': is an input, and stays as it is")
    if not overwrite and path.exists() and not path.is_dir():
        raise InputError(f"{option} = '{path}': is there already; --overwrite replaces it")
    created: list[Path] = []
    try:
        try:
            created = [folder for folder in path.absolute().parents if not folder.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path.parent):
                pass
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
        except OSError as error:
            raise not_written(f"{option} = '{path}'", error) from None
        yield
    except BaseException:
        for folder in created:  # the innermost first; what was saved in one keeps it
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _is_same(path: Path, other: Path) -> bool:
    """Whether two names are of one file, by links of any kind."""
    with contextlib.suppress(OSError):
        return path.samefile(other)
    return False


def write_new(path: Path, text: str) -> None:
    """Write a file of text that is not there, whole or not at all.

    Parameters
    ----------
    path : Path
    text : str

    Raises
    ------
    FileExistsError
        If it is there.
    OSError
        If it can't be written; then nothing stays.
    """
    with open(path, "x", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise


def not_written(name: str, error: OSError) -> SpectralcmiError:
    """Error of an output that the system does not take, or of a name that none can have.

    Parameters
    ----------
    name : str
        What was to be written.
    error : OSError
        Why it is not.

    Returns
    -------
    SpectralcmiError
    """
    kind = WriteError if is_refused_write(error) else InputError
    return kind(f"{name}: cannot be written: {error.strerror or error}")


def require_suffix(
    path: Path | None, suffixes: Sequence[str], what: str, option: str = "--output"
) -> None:
    """Raise InputError unless a file has one of the suffixes, which tell its format."""
    if path is not None and path.suffix.lower() not in suffixes:
        raise InputError(f"{option} = '{path}': {what} has the suffix {_alternatives(suffixes)}")


def _alternatives(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


@contextlib.contextmanager
def opened(path: Path) -> Iterator[xr.Dataset]:
    """Dataset of a netCDF file."""
    from spectralcmi.runs.files import opened_dataset

    with opened_dataset(path) as dataset:
        yield dataset


def last_change(path: Path) -> int | None:
    """When a file was written last, None if never."""
    return path.stat().st_mtime_ns if path.exists() else None
