"""Losses through the envelope."""

import numpy as np
import pytest

from spectralcmi.constants import STEFAN_BOLTZMANN_CONSTANT
from spectralcmi.heat.surface import SurfaceLoss, surface_area
from tests.heat.shells import no_loss


def law(temperature):
    places = np.array([1.0, 3.0])
    return 2.0 * places * temperature**2, places * temperature**2


def test_fluxes_are_averaged_over_the_sphere():
    loss = SurfaceLoss.averaged(law, np.array([0.25, 0.75]), 10.0)
    through, slope, radiated = loss.luminosities(3.3e8)
    # a power law is a straight line, which splines keep
    assert through == pytest.approx(2 * 2.5 * 10 * 3.3e8**2, rel=1e-10)
    assert slope == pytest.approx(2 * through / 3.3e8, rel=1e-10)
    assert radiated == pytest.approx(through / 2, rel=1e-10)


def test_a_law_that_knows_no_field_is_the_same_everywhere():
    loss = SurfaceLoss.averaged(lambda t: (2.0 * t, t), np.array([0.25, 0.75]), 10.0)
    assert loss.luminosities(1e8) == pytest.approx((2e9, 20.0, 1e9), rel=1e-10)


def test_effective_temperature_of_a_black_sphere():
    area = surface_area(12.0, 0.8)
    radiated = area * STEFAN_BOLTZMANN_CONSTANT * (1e6) ** 4
    loss = SurfaceLoss.averaged(law, np.array([0.5, 0.5]), area)
    assert loss.effective_temperature(radiated, 0.8) == pytest.approx(0.8e6, rel=1e-12)
    assert area == pytest.approx(4 * np.pi * 1.44e12 * 0.64, rel=1e-12)


def test_an_insulated_surface_loses_nothing():
    assert max(no_loss().luminosities(1e9)) < 1e-200
