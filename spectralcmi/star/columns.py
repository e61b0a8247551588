"""Text files of columns whose header names each column and its unit."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from spectralcmi.star.files import read_text
from spectralcmi.star.units import unit_factor

_HEADING = re.compile(r"\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?:\[(?P<unit>[^\]]*)\])?\s*$")


def read_columns(
    path: str | Path,
    wanted: Mapping[str, str],
    optional: Collection[str] = (),
    positional: bool = False,
) -> dict[str, np.ndarray]:
    """Read named columns of numbers, each converted to the unit wanted.

    The first line that is neither empty nor begins with # is the header, ``name [unit], ...``;
    a name without brackets has no dimension. An empty field is a missing number.

    Parameters
    ----------
    path : str or Path
    wanted : dict
        Name of a column: unit wanted.
    optional : collection of str
        Names that may be absent.
    positional : bool
        Whether a file without header is read by the order of `wanted`, in its units.

    Returns
    -------
    dict
        Name: ndarray, shape (number of lines,); nan where missing. Absent columns are absent.

    Raises
    ------
    ValueError
        If a column, its unit or a number is missing or cannot be read.
    OSError
        If the file cannot be read.
    """
    lines = _lines(path)
    if not lines:
        raise ValueError("the file holds no line of numbers")
    if positional and _is_number(_fields(lines[0])[0]):
        headings = [(name, unit) for name, unit in wanted.items()]
    else:
        headings = [_heading(field) for field in lines.pop(0).split(",")]
    absent = [name for name in wanted if name not in dict(headings) and name not in optional]
    if absent:
        raise ValueError(f"lacks the column {' and '.join(absent)}")
    values = _numbers(lines, len(headings))
    columns = {}
    for (name, unit), column in zip(headings, values, strict=True):
        if name in wanted:
            columns[name] = column * _factor(name, unit, wanted[name])
    return columns


def _lines(path: str | Path) -> list[str]:
    return [
        line for line in read_text(path).splitlines() if line.strip() and not line.startswith("#")
    ]


def _fields(line: str) -> list[str]:
    return line.split(",") if "," in line else line.split()


def read_number(text: str) -> float:
    """A number as programs write it, those in Fortran with a D for the exponent.

    Raises
    ------
    ValueError
        If it is none.
    """
    return float(text.replace("D", "E").replace("d", "e"))


def _is_number(text: str) -> bool:
    try:
        read_number(text)
    except ValueError:
        return False
    return True


def _heading(field: str) -> tuple[str, str]:
    match = _HEADING.match(field)
    if not match:
        raise ValueError(f"heading {field.strip()!r} is not of the form name [unit]")
    return match["name"], match["unit"] or "1"


def _factor(name: str, unit: str, wanted: str) -> float:
    try:
        return unit_factor(unit, wanted)
    except ValueError as error:
        raise ValueError(f"column {name}: {error}") from error


def _numbers(lines: list[str], count: int) -> np.ndarray:
    rows = [[field.strip() for field in _fields(line)] for line in lines]
    for line, row in zip(lines, rows, strict=True):
        if len(row) != count or any(field and not _is_number(field) for field in row):
            raise ValueError(f"line {line.strip()!r} does not hold {count} numbers")
    return (
        np.array([[read_number(field or "nan") for field in row] for row in rows])
        .reshape(-1, count)
        .T
    )
