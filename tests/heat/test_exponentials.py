"""The exponential function of whole rows against numpy's."""

import numpy as np

from spectralcmi.heat.exponentials import LEAST, exponentiate


def test_it_is_the_exponential_function():
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(-690, 690, 1000), rng.uniform(-2, 2, 1000), [0.0, np.log(2) / 2]]
    )
    values, powers = x.copy(), np.empty_like(x)
    exponentiate(values, powers, powers.view(np.int64))
    # rounding of the series; the argument's own is taken along exactly
    np.testing.assert_allclose(values, np.exp(x), rtol=2e-14, atol=0)


def test_what_is_as_good_as_zero_is_positive_and_tiny():
    values, powers = np.array([-np.inf, -1e5]), np.empty(2)
    exponentiate(values, powers, powers.view(np.int64))
    np.testing.assert_allclose(values, np.exp(LEAST), rtol=2e-14)
