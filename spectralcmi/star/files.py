"""Files named in a case: which version, and who is to blame."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spectralcmi.errors import InputError


def file_version(path: str | Path) -> tuple[str, int, int]:
    """What tells one content of a file from another without reading it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    tuple
        Path, time of the last change and size.

    Raises
    ------
    OSError
        If there is no such file.
    """
    status = Path(path).stat()
    return str(path), status.st_mtime_ns, status.st_size


#: Tables of text are far smaller; what is not must not fill the memory.
LARGEST_FILE = 64 * 1024**2  # bytes


def read_text(path: str | Path) -> str:
    """Content of a regular file of text, with or without a byte-order mark.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If it is a device or a pipe, too large or not UTF-8.
    OSError
        If the file cannot be read.
    """
    path = Path(path)
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path.name} is not a regular file")
    if status.st_size > LARGEST_FILE:
        raise ValueError(f"{path.name} holds {status.st_size} bytes, more than {LARGEST_FILE}")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not a text file in UTF-8: {error.reason}") from error


@contextmanager
def naming(key: str, value: object, section: str = "background") -> Iterator[None]:
    """Let every error inside name the key of the case, of [background] by default, that led to it.

    Raises
    ------
    ValueError
        One line: key, value and what is wrong.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = f"{value:g}" if isinstance(value, float) else repr(value)
        text = f"{section}.{key} = {shown}: {reason}"
        raise InputError(" ".join(text.split())) from error
