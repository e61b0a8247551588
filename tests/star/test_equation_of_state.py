import numpy as np
import pytest

from spectralcmi.star.composition import composition_tables_bsk24
from spectralcmi.star.equation_of_state import BSK24


def test_density_and_pressure_agree_with_the_tabulated_inner_crust():
    inner = composition_tables_bsk24()[1]
    density, pressure, _ = BSK24.barotrope(inner["n_b"])
    mev_per_fm3 = 1.602176634e33  # dyn/cm2
    # The authors give their fits to about 1 % in pressure, far better in mass density.
    assert np.abs(density / inner["rho"] - 1.0).max() < 1e-3
    assert np.abs(pressure / (inner["P"] * mev_per_fm3) - 1.0).max() < 0.04


def test_slope_is_the_derivative_of_the_pressure():
    n = np.geomspace(1e-9, 1.0, 50)
    step = 1e-5
    _, up, _ = BSK24.barotrope(n * np.exp(step))
    _, down, _ = BSK24.barotrope(n * np.exp(-step))
    difference = np.log(up / down) / (2.0 * step)
    # Central difference: rounding 1e-16/1e-5 and truncation 1e-10 times the third derivative.
    np.testing.assert_allclose(BSK24.barotrope(n)[2], difference, rtol=1e-7)


def test_pressure_and_density_rise_everywhere():
    n = np.geomspace(BSK24.minimum_baryon_density, BSK24.maximum_baryon_density, 5000)
    density, pressure, slope = BSK24.barotrope(n)
    assert np.all(np.diff(density) > 0.0)
    assert np.all(np.diff(pressure) > 0.0)
    assert np.all(slope > 0.0)


def test_baryon_density_inverts_the_density():
    for density in (1e6, 1e10, 4e11, 1e14, 7e14):
        # brentq stops at 1e-14 in ln n; the slope of ln rho is about one.
        assert BSK24.density(BSK24.baryon_density(density)) == pytest.approx(density, rel=1e-12)


def test_a_density_outside_the_range_is_named():
    with pytest.raises(ValueError, match=r"1000 g/cm3 is outside 1e\+06"):
        BSK24.baryon_density(1e3)
