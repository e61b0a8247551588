"""How often a point of a scan was begun: a worker that dies can't tell, but it leaves that behind.

Beside the file of a point, ``.NAME.begun`` has a line for each worker that began it: the time at
which the file of the point last changed until then. A worker that ends, however its run ends,
removes what it noted, unless others have died before it.
"""

from __future__ import annotations

from pathlib import Path

#: Deaths in a row, without a save between them, after which a point is given up.
LARGEST_NUMBER_OF_DEATHS = 3


def begin(path: Path) -> int:
    """Note that a worker begins a point.

    Parameters
    ----------
    path : Path
        File of the point.

    Returns
    -------
    deaths : int
        Of workers that began it before and brought it no further.

    Raises
    ------
    OSError
        If the folder can't be written.
    """
    now, before = str(last_change(path)), _lines(path)
    with open(_notes(path), "a", encoding="ascii") as file:
        file.write(f"{now}\n")
    deaths = 0
    while deaths < len(before) and before[-1 - deaths] == now:
        deaths += 1
    return deaths


def end(path: Path) -> None:
    """Note that the worker which began a point last has ended it.

    Parameters
    ----------
    path : Path
    """
    if len(_lines(path)) <= 1:
        forget(path)


def forget(path: Path) -> None:
    """Give a point as many lives as a new one.

    Parameters
    ----------
    path : Path
    """
    _notes(path).unlink(missing_ok=True)


def beginnings(path: Path) -> int:
    """How often a point was begun by workers of which at most the last has ended it.

    Parameters
    ----------
    path : Path
    """
    return len(_lines(path))


def retries(path: Path) -> int:
    """How often a point was begun again, since a worker died.

    Parameters
    ----------
    path : Path
    """
    return max(beginnings(path) - 1, 0)


def last_change(path: Path) -> int | None:
    """When a file last changed [ns], None where there is none.

    Parameters
    ----------
    path : Path
    """
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _notes(path: Path) -> Path:
    return path.with_name(f".{path.name}.begun")


def _lines(path: Path) -> list[str]:
    try:
        return _notes(path).read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return []
