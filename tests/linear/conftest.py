"""Stored fields of a run."""

from pathlib import Path

import pytest

from spectralcmi.runs.dataset import open_run


@pytest.fixture(scope="session")
def stored_states():
    """Degrees 1 to 10 of the default case at 80, 90, 100 and 110 yr, in a flat metric.

    Axisymmetric, computed by this package with lmax 60, 192 Chebyshev polynomials and the cutoff
    applied to the closure's result, k5 = cut(S/(1 + b)); the file holds the parameters.
    """
    return open_run(Path(__file__).parent / "data" / "states_80_to_110yr.nc")
