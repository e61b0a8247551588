"""Opening files in netCDF-4 that may be damaged, or made to do harm."""

from __future__ import annotations

import contextlib
import math
import mmap
import signal
import struct
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import h5py
import xarray as xr

from spectralcmi.checksums import Integrity, integrity
from spectralcmi.complex_parts import with_complex
from spectralcmi.errors import InputError
from spectralcmi.memory import usable_memory
from spectralcmi.regular_files import require_regular

ENGINE = "h5netcdf"
#: More than the best compression of HDF5 makes of its input, 1032.
_LARGEST_RATIO = 2000
#: A variable this large may be all fill values [bytes].
_HARMLESS = 2**20
_DEEPEST = 8
#: What a global heap begins with: its signature and version.
_HEAP = b"GCOL\x01\x00\x00\x00"


class NetcdfError(InputError):
    """A file that is not read, and why; its text does not name the file."""


class UnreadableFileError(NetcdfError):
    """A file that HDF5 can't read, or that is no netCDF."""


class MissingGroupError(NetcdfError):
    """A file that lacks a group."""


class DamagedFileError(NetcdfError):
    """A file whose checksum is not that of its content."""


def open_netcdf(path: str | Path, group: str | None = None, **options: Any) -> xr.Dataset:
    """A dataset whose variables are read when they are asked for, from this file and no other.

    Complex variables are as the file has them, see `spectralcmi.complex_parts`.

    Parameters
    ----------
    path : str or Path
    group : str, optional
    **options
        Of `xarray.open_dataset`.

    Returns
    -------
    Dataset
        To be closed by the caller.

    Raises
    ------
    DamagedFileError
        If the checksum does not fit.
    MissingGroupError
        If the group is not there.
    NetcdfError
        If there is no such file, or it is not a whole dataset by itself.
    """
    require_readable(path)
    with _reasons(), _killable():
        if group is not None:
            _require_group(path, group)
        return xr.open_dataset(path, engine=ENGINE, group=group, **options)


def load_netcdf(
    path: str | Path,
    group: str | None = None,
    names: Collection[str] | None = None,
    **options: Any,
) -> xr.Dataset:
    """As `open_netcdf`, in memory, complex variables as such.

    Parameters
    ----------
    path, group, **options
        As of `open_netcdf`.
    names : collection of str, optional
        Variables that are wanted, of which the file may lack some; default: all.

    Returns
    -------
    Dataset
    """
    with open_netcdf(path, group, **options) as dataset:
        if names is not None:
            dataset = dataset[[name for name in dataset.variables if name in names]]
        if dataset.nbytes > usable_memory():
            raise NetcdfError(f"it holds {dataset.nbytes / 1e9:.1f} GB, more than the memory")
        with _reasons(), _killable():
            return with_complex(dataset.load())


def require_readable(path: str | Path) -> None:
    """Raise `NetcdfError` unless a file is whole, and all that it says is in itself."""
    try:
        require_regular(Path(path))
        found = integrity(path)
    except FileNotFoundError:
        raise NetcdfError("no such file") from None
    except OSError as error:
        raise NetcdfError(f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise NetcdfError(str(error)) from None
    if found is Integrity.DAMAGED:
        raise DamagedFileError("damaged: its checksum is not that of its content")
    if found is Integrity.UNKNOWN:
        with _reasons(), _killable():
            if not h5py.is_hdf5(path):  # of any size: it is not searched
                raise UnreadableFileError("not a netCDF-4 dataset: it is not in HDF5")
            if _has_endless_heap(Path(path)):
                raise UnreadableFileError("not a netCDF-4 dataset: a heap of it is damaged")
    with _reasons(), _killable(), h5py.File(path) as file:
        is_scan = "scanned" in file.attrs  # a scan leaves out what its points lack
        _require_own_content(file, set(), 0, may_be_sparse=is_scan)


def _require_group(path: str | Path, group: str) -> None:
    with h5py.File(path) as file:
        if not isinstance(file.get(group), h5py.Group):
            raise MissingGroupError(f"no {group} in it")


def _has_endless_heap(path: Path) -> bool:
    """Whether HDF5 would read a heap of a file for ever.

    It goes from object to object of a global heap by their sizes, and stays where the size of free
    space, which has the index zero, has been lost (HDF5 format, section III.E).
    """
    if path.stat().st_size == 0:
        return False
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.find(_HEAP)
        while start >= 0:
            if _is_endless(content, start):
                return True
            start = content.find(_HEAP, start + 1)
    return False


def _is_endless(content: mmap.mmap, start: int) -> bool:
    """Whether the objects of the heap at an offset lead to none that moves on."""
    place = start + 16
    if place > len(content):
        return False
    end = min(start + struct.unpack_from("<Q", content, start + 8)[0], len(content))
    while place + 16 <= end:
        index, size = struct.unpack_from("<H6xQ", content, place)
        if index == 0 and size == 0:
            return True
        place += size if index == 0 else 16 + (size + 7) // 8 * 8
    return False


def _require_own_content(
    group: h5py.Group, seen: set[int], depth: int, *, may_be_sparse: bool
) -> None:
    """Raise `NetcdfError` where a group refers to other files, or claims more than it stores."""
    address = h5py.h5o.get_info(group.id).addr
    if address in seen or depth > _DEEPEST:
        raise NetcdfError("its groups hold each other")
    seen.add(address)
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise NetcdfError("it links to something elsewhere")
        item = group[name]
        if isinstance(item, h5py.Group):
            _require_own_content(item, seen, depth + 1, may_be_sparse=may_be_sparse)
        elif isinstance(item, h5py.Dataset):
            _require_stored(item, may_be_sparse)


def _require_stored(variable: h5py.Dataset, may_be_sparse: bool) -> None:
    if variable.is_virtual or variable.external:
        raise NetcdfError("it keeps numbers in another file")
    size = variable.dtype.itemsize * math.prod(variable.shape or (0,))
    is_sparse = size > max(_HARMLESS, _LARGEST_RATIO * variable.id.get_storage_size())
    if is_sparse and not (may_be_sparse and variable.chunks):
        raise NetcdfError(f"it claims {size / 1e9:.3g} GB that it does not hold")


@contextlib.contextmanager
def _reasons() -> Iterator[None]:
    """Turn the dozen kinds of errors that damaged files lead to into `NetcdfError`."""
    try:
        yield
    except (NetcdfError, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableFileError(f"not a netCDF-4 dataset: {reason[:120]}") from None


@contextlib.contextmanager
def _killable() -> Iterator[None]:
    """Let SIGTERM end the process at once: in a damaged file HDF5 may search for ever.

    Nothing is there to be saved while a file is opened, and HDF5 leaves Python no chance to act.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.getsignal(signal.SIGTERM)
    if previous in (signal.SIG_IGN, None):
        yield
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
