"""Tails of the spectra: until when what a run resolves is all there is of its field."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

#: Up to this size of its tail a field counts as resolved.
SMALL_TAIL = 1e-3
#: Attributes that tell until when tails are small, and the series of the tails.
TAILS = {"tails_small_until_degree": "tail_degree", "tails_small_until_radius": "tail_radial"}


def small_until(times: Sequence[float], tail: Sequence[float]) -> float:
    """The last of the times up to which a tail is below `SMALL_TAIL` from the start on [yr].

    Parameters
    ----------
    times, tail : sequence of float
        A tail that was not measured, nan, does not count as small.

    Returns
    -------
    float
        nan where it is not small at the start.
    """
    small = np.append(np.asarray(tail, dtype=float) < SMALL_TAIL, False)
    count = int(np.argmin(small))
    return float(times[count - 1]) if count else math.nan
