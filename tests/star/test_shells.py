from types import SimpleNamespace

import numpy as np
import pytest

from spectralcmi.profiles.crust import build_crust, crust_radii

CHIRAL = SimpleNamespace(
    delta_mu=1e-2,
    delta_mu_file="",
    convention="textbook",
    spin_flip_prefactor=1.0,
    weak_rate_prefactor=1.0,
)
CRUST = SimpleNamespace(kind="gourgouliatos_cumming")


def test_analytic_crust_has_its_published_ends():
    assert crust_radii(CRUST) == (9.0, 10.0)
    crust = build_crust(CRUST, CHIRAL, [9.0, 10.0])
    # 2.5e34 at the surface by construction, and 100 times that at the bottom within a percent.
    assert float(crust.electron_density[1]) == pytest.approx(2.5e34, rel=1e-12)
    assert float(crust.electron_density[0]) == pytest.approx(2.5e36, rel=0.01)
    # 2 (2.5e34)^(2/3), and (1463/463)^(8/3) times that: rounding only.
    assert float(crust.electrical_conductivity[1]) == pytest.approx(1.7099759466767e23, rel=1e-12)
    ratio = crust.electrical_conductivity[0] / crust.electrical_conductivity[1]
    assert float(ratio) == pytest.approx((1463.0 / 463.0) ** (8.0 / 3.0), rel=1e-12)


def test_analytic_crust_has_the_ratio_of_its_formulas():
    crust = build_crust(CRUST, CHIRAL)
    # f_h/eta = sigma/(c e n_e) in 1/G, from the two definitions: rounding only.
    sigma, electrons = crust.electrical_conductivity, crust.electron_density
    ratio = sigma / (2.99792458e10 * 4.803204712570263e-10 * electrons) * 1e12
    np.testing.assert_allclose(crust.hall_prefactor / crust.magnetic_diffusivity, ratio, rtol=1e-12)
    np.testing.assert_allclose(sigma, 2.0 * electrons ** (2.0 / 3.0), rtol=1e-13)


def test_analytic_crust_has_a_chiral_source():
    crust = build_crust(CRUST, CHIRAL)
    assert np.all(crust.chiral_wavenumber > 0.0)
    assert np.all(np.diff(crust.chiral_wavenumber) < 0.0)
    hot = SimpleNamespace(kind="gourgouliatos_cumming", temperature=1e10)
    # Degenerate electrons: a tenfold temperature changes the capture rate little.
    change = build_crust(hot, CHIRAL).weak_rate / crust.weak_rate - 1.0
    assert 0.0 < change.max() < 0.1


def test_radii_outside_are_refused():
    with pytest.raises(ValueError, match="leaves the crust"):
        build_crust(CRUST, CHIRAL, [8.9])
