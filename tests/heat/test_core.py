"""The core of the heat equation."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from spectralcmi.heat.core import CoolingCore
from spectralcmi.star.core import TABLE_RANGE, CoreThermal

LOGARITHM = np.linspace(*np.log(TABLE_RANGE), 41)
THERMAL = CoreThermal(
    CubicSpline(LOGARITHM, 60 + 2 * LOGARITHM + np.sin(LOGARITHM)),
    CubicSpline(LOGARITHM, 40 + 8 * LOGARITHM + np.cos(LOGARITHM)),
    False,
)


@pytest.mark.parametrize("u", [3e4, 1e5, 4.2e8, 1.3e9, 1e11, 2e11])
def test_compiled_values_are_those_of_the_core(u):
    """Inside its tables, at their ends and beyond."""
    core = CoolingCore(THERMAL)
    assert core.energy(u) == pytest.approx(float(THERMAL.energy(u)), rel=1e-12)
    assert core.heat_capacity(u) == pytest.approx(float(THERMAL.heat_capacity(u)), rel=1e-12)
    luminosity, slope = core.luminosity(u)
    assert luminosity == pytest.approx(float(THERMAL.neutrino_luminosity(u)), rel=1e-12)
    assert slope == pytest.approx(float(THERMAL.luminosity_slope(u)), rel=1e-12)
