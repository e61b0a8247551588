"""Tables of reference values, whose comments say what they are and where they are from."""

from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"


def read(name, text=False):
    """Columns of a table by name, comments skipped."""
    lines = [line for line in (DATA / name).read_text().splitlines() if not line.startswith("#")]
    kinds = {"dtype": None, "encoding": "utf-8"} if text else {}
    return np.genfromtxt(lines, delimiter=",", names=True, **kinds)


def relative_error(found, expected):
    """Largest relative deviation; where nothing is expected, nothing may be found."""
    zero = np.abs(expected) < 1e-290
    assert np.all(np.abs(np.asarray(found)[zero]) < 1e-280)
    return np.max(np.abs(np.asarray(found)[~zero] / expected[~zero] - 1.0))
