"""Rates of the angular dissipation."""

import numpy as np
import pytest

from spectralcmi.terms.dissipation import angular_rates


@pytest.mark.parametrize("lmax", [1, 2, 60])
def test_the_highest_degree_has_the_rate_and_the_others_fall_steeply(lmax):
    rates = angular_rates(10.0, lmax)
    assert rates.shape == (lmax,)
    assert rates[-1] == pytest.approx(10.0, rel=1e-15)
    assert np.all(np.diff(rates) > 0)
    # as the eighth power of the degree where it is large
    if lmax == 60:
        assert rates[-1] / rates[29] == pytest.approx(2**8, rel=0.1)
        assert rates[0] < 1e-10


def test_none():
    np.testing.assert_array_equal(angular_rates(0.0, 5), 0.0)
