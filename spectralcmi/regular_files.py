"""Files that end: neither devices nor pipes, and no larger than they can be."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class UnendingFileError(ValueError):
    """A file that is not read, since it need not end; its text does not name it."""


def require_regular(path: Path) -> os.stat_result:
    """Raise UnendingFileError unless a path is a regular file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    os.stat_result

    Raises
    ------
    UnendingFileError
        If it is a device or a pipe.
    OSError
        If there is nothing or a folder, or it can't be looked at.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise UnendingFileError("is not a regular file")
    return status


def read_bounded(path: Path, largest: int) -> bytes:
    """Content of a regular file.

    Parameters
    ----------
    path : Path
    largest : int
        Bytes that it may have.

    Returns
    -------
    bytes

    Raises
    ------
    UnendingFileError
        If it is no regular file, or larger.
    OSError
        If it can't be read.
    """
    size = require_regular(path).st_size
    if size > largest:
        raise UnendingFileError(f"holds {size} bytes, more than {largest}")
    with open(path, "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise UnendingFileError(f"holds more than {largest} bytes")
    return content
