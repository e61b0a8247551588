"""The Hall field at a point: its direction, its size, and that it does no work."""

import numpy as np
import pytest

from spectralcmi.terms.hall import hall_field


@pytest.fixture
def vectors():
    rng = np.random.default_rng(7)
    return rng.normal(size=3), rng.normal(size=3)


def test_it_is_the_cross_product_of_current_and_field(vectors):
    field, current = vectors
    # three products and a difference: rounding only
    expected = 2.5 * np.cross(current, field)
    np.testing.assert_allclose(hall_field(2.5, *field, *current), expected, atol=1e-14)


def test_it_is_normal_to_the_field_and_does_no_work(vectors):
    field, current = vectors
    electric = np.array(hall_field(1.0, *field, *current))
    # rounding of sums of six products of order one
    assert abs(electric @ field) < 1e-14
    assert abs(electric @ current) < 1e-14


def test_electrons_carry_the_field_against_the_current():
    """B along e_theta and curl B along e_phi: the electrons move along -e_phi, v = -f_h curl B."""
    field, current, prefactor = np.array([0.0, 2.0, 0.0]), np.array([0.0, 0.0, 3.0]), 0.5
    electric = hall_field(prefactor, *field, *current)
    # frozen into the electrons: c E = -v x B; whole numbers, exact
    np.testing.assert_array_equal(electric, -np.cross(-prefactor * current, field))
