"""Datasets in files: written whole, read with errors of one line."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import xarray as xr

from spectralcmi.checksums import Integrity, integrity
from spectralcmi.complex_parts import with_parts
from spectralcmi.errors import InputError
from spectralcmi.netcdf_files import (
    ENGINE,
    DamagedFileError,
    MissingGroupError,
    NetcdfError,
    UnreadableFileError,
    load_netcdf,
    open_netcdf,
)
from spectralcmi.runs.output_file import OutputFile, previous_generation

_WRITING = threading.Lock()


class RunFileError(InputError):
    """A file that is not a readable run; its text is one line."""


def write_netcdf(data: xr.Dataset | xr.DataTree, file: BinaryIO) -> None:
    """Write a dataset, or a tree of groups, to an open file; of complex variables the parts.

    Parameters
    ----------
    data : Dataset or DataTree
        Lazy arrays are computed a chunk at a time.
    file : file
        Of `spectralcmi.runs.output_file.OutputFile.write`.
    """
    if isinstance(data, xr.DataTree):
        groups = {path: node.to_dataset(inherit=False) for path, node in data.subtree_with_keys}
        data = xr.DataTree.from_dict({path: _as_stored(group) for path, group in groups.items()})
    else:
        data = _as_stored(data)
    with _WRITING, _without_cluster():
        data.to_netcdf(file, engine=ENGINE)  # type: ignore[call-overload]  # stubs forget files


def _as_stored(dataset: xr.Dataset) -> xr.Dataset:
    """A dataset as CF has it: no complex numbers, and coordinates that lack nothing."""
    stored = with_parts(dataset).copy()
    for name in stored.coords:
        stored[name].encoding = {**stored[name].encoding, "_FillValue": None}
    return stored


def save_dataset(dataset: xr.Dataset, path: str | Path) -> None:
    """Write a dataset to a file that is whole at every instant; writers of the same take turns.

    Parameters
    ----------
    dataset : Dataset
        How the files it comes from were stored does not matter to it.
    path : str or Path

    Raises
    ------
    OSError
        If that can't be done; the file is then as it was.
    """
    with OutputFile(path, wait=True) as output:
        output.write(lambda file: write_netcdf(dataset.drop_encoding(), file))


def _without_cluster() -> contextlib.AbstractContextManager:
    """Keep xarray from asking a Dask cluster, if there is one, for a lock by the name of a file.

    An open file hasn't got one. The setting is one for all threads, hence `_WRITING`.
    """
    dask = sys.modules.get("dask.config")
    return dask.set(scheduler="synchronous") if dask else contextlib.nullcontext()


def load_group(path: str | Path, group: str | None = None) -> xr.Dataset:
    """A group of a file, in memory; errors as `open_run`, but for what the group should hold."""
    with _naming(path, "{path}: not a readable run ({error})"):
        return load_netcdf(path, group)


def opened_dataset(path: str | Path) -> xr.Dataset:
    """A dataset of any kind whose variables are read when they are asked for.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Dataset
        To be closed by the caller.

    Raises
    ------
    RunFileError
        If the file can't be read, is damaged or is not netCDF-4; one line.
    """
    with _naming(path, "{path}: {error}"):
        return open_netcdf(path)


@contextlib.contextmanager
def _naming(path: str | Path, unreadable: str) -> Iterator[None]:
    """Turn `NetcdfError` into RunFileError, with the way out of a damaged file."""
    try:
        yield
    except DamagedFileError as error:
        raise RunFileError(f"{path}: {error}; {_way_out(Path(path))}") from None
    except MissingGroupError as error:
        raise RunFileError(
            f"{path}: {error}, as in datasets that another program has saved"
        ) from None
    except UnreadableFileError as error:
        raise RunFileError(unreadable.format(path=path, error=error)) from None
    except NetcdfError as error:
        raise RunFileError(f"{path}: {error}") from None


def _way_out(path: Path) -> str:
    """What to do about a damaged file."""
    previous = previous_generation(path.resolve())
    try:
        is_whole = integrity(previous) is Integrity.WHOLE
    except OSError:
        is_whole = False
    if is_whole:
        return f"the generation before is whole: mv '{previous}' '{path}'"
    return "the way out is a copy of it, or to compute it again"
