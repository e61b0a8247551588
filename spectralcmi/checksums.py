"""Checksums of stored files: what is read is what was written, or it is refused.

A file in HDF5 ends where its first block says. Behind that end, where no reader of HDF5 looks, a
line with the SHA-256 of all before it is kept. A program that changes the file cuts the line off,
and what it leaves has no checksum, as files of other programs have none.
"""

from __future__ import annotations

import enum
import hashlib
import os
import struct
from pathlib import Path
from typing import BinaryIO

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_PREFIX = b"\nSHA-256 of all bytes before this line: "
_LENGTH = len(_PREFIX) + 64 + 1
#: Offset of the end-of-file address in the superblock, by its version (HDF5 format, section II.A).
_END_ADDRESS = {0: 40, 1: 44, 2: 28, 3: 28}
_BLOCK = 2**20


class Integrity(enum.Enum):
    """What the checksum of a file says."""

    WHOLE = "whole"
    DAMAGED = "damaged"
    UNKNOWN = "without a checksum"


def add_checksum(file: BinaryIO) -> None:
    """Append the checksum to a file that has just been written, if it is in HDF5.

    Parameters
    ----------
    file : file
        Open for reading and writing.
    """
    size = file.seek(0, os.SEEK_END)
    if _hdf5_end(file) is None:
        return
    digest = _digest(file, size)
    file.seek(size)
    file.write(_PREFIX + digest + b"\n")


def integrity(path: str | Path) -> Integrity:
    """Whether a file is as it was written.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Integrity
        Unknown for a file that never had a checksum, or that another program has changed.

    Raises
    ------
    OSError
        If the file can't be read.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        end = _hdf5_end(file)
        file.seek(max(size - _LENGTH, 0))
        last = file.read(_LENGTH)
        if last.startswith(_PREFIX) and size >= _LENGTH:
            expected = last[len(_PREFIX) : -1]
            is_whole = expected == _digest(file, size - _LENGTH) and last.endswith(b"\n")
            return Integrity.WHOLE if is_whole else Integrity.DAMAGED
        # what lies behind the end was a checksum once
        return Integrity.UNKNOWN if end is None or end >= size else Integrity.DAMAGED


def _digest(file: BinaryIO, size: int) -> bytes:
    """SHA-256 of the first bytes of a file, hexadecimal."""
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (block := file.read(min(_BLOCK, size))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest().encode()


def _hdf5_end(file: BinaryIO) -> int | None:
    """Where the content of a file in HDF5 ends by its first block; None for other files."""
    file.seek(0)
    block = file.read(64)
    if not block.startswith(_SIGNATURE) or len(block) < 64 or block[8] not in _END_ADDRESS:
        return None
    return struct.unpack_from("<Q", block, _END_ADDRESS[block[8]])[0]
