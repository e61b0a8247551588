"""Files named in the section [background]: which version, and who is to blame."""

from __future__ import annotations

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


@contextmanager
def naming(key: str, value: object) -> Iterator[None]:
    """Let every error inside name the key of the section [background] that led to it.

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
        text = f"background.{key} = {shown}: {reason}"
        raise InputError(" ".join(text.split())) from error
