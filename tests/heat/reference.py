"""Reference values of the heat equation; each file says in its header how they were made."""

import csv
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"


def rows(name):
    """Rows of a file as dictionaries of strings."""
    with (DATA / name).open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def columns(name, **wanted):
    """Columns of numbers, of the rows with some values."""
    chosen = [row for row in rows(name) if all(row[k] == v for k, v in wanted.items())]
    return {key: np.array([float(row[key]) for row in chosen]) for key in chosen[0]}
