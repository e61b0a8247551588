"""Files that commands read and write."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spectralcmi.cli.exit_codes import is_refused_write
from spectralcmi.errors import InputError, SpectralcmiError, WriteError

if TYPE_CHECKING:
    import xarray as xr

#: Suffixes of the formats that commands write.
NETCDF, PICTURE, MOVIE = (".nc", ".nc4"), (".png", ".pdf", ".svg"), (".gif", ".mp4")


@contextlib.contextmanager
def writable(path: Path) -> Iterator[None]:
    """Make sure, before any work, that a file can be written; leave no trace if the work fails."""
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
            raise not_written(f"--output = '{path}'", error) from None
        yield
    except BaseException:
        for folder in created:  # the innermost first; what was saved in one keeps it
            with contextlib.suppress(OSError):
                folder.rmdir()
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
    import xarray as xr

    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        dataset = xr.open_dataset(path, engine="h5netcdf")
    except Exception as error:  # h5py raises a dozen kinds for damaged files
        raise InputError(f"{path}: not a netCDF-4 dataset: {error}") from None
    with dataset:
        yield dataset


def last_change(path: Path) -> int | None:
    """When a file was written last, None if never."""
    return path.stat().st_mtime_ns if path.exists() else None
