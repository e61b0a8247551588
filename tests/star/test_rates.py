from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit

from spectralcmi import constants
from spectralcmi.star import rates


def quadrature(potential, temperature):
    """The Fermi integral by adaptive quadrature, split where the integrand turns."""
    heat = constants.BOLTZMANN_CONSTANT_MEV * temperature
    w = rates.CAPTURE_THRESHOLD
    edge = max(potential - w, 0.0)

    def integrand(y):
        return (y + w) ** 2 * y**2 * expit(-(y + w - potential) / heat)

    breaks = sorted({0.0, max(edge - 40.0 * heat, 0.0), edge, edge + 40 * heat, edge + 100 * heat})
    pieces = pairwise(breaks)
    return sum(quad(integrand, a, b, epsabs=0.0, epsrel=1e-12, limit=300)[0] for a, b in pieces)


@pytest.mark.parametrize("temperature", [1e8, 1e9, 3e9, 1e10])
@pytest.mark.parametrize("potential", [1.0, 1.2, 1.2933, 1.3, 1.5, 3.0, 8.0, 25.0, 100.0])
def test_fermi_integral_is_the_quadrature(potential, temperature):
    # Both are good to rounding; quadrature promises 1e-12 a piece.
    assert rates.fermi_integral(potential, temperature) == pytest.approx(
        quadrature(potential, temperature), rel=1e-11
    )


def test_fermi_integral_broadcasts_and_reaches_its_degenerate_limit():
    potential = np.array([20.0, 200.0, 2000.0])
    integral = rates.fermi_integral(potential, np.array([1e8, 1e9])[:, None])
    assert integral.shape == (2, 3)
    ratio = integral / (potential**5 / 5.0)
    # The next term of the expansion is -(5/2) w/mu_e, 0.16 % at 2000 MeV.
    np.testing.assert_allclose(ratio[:, -1], 1.0, atol=2e-3)
    assert np.all(np.abs(np.diff(ratio, axis=1)) > 0.0)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 5])
def test_fermi_dirac_integral_obeys_its_recurrence(order):
    """dF_j/deta = F_(j-1), with F_0 = ln(1 + e^eta) closed."""
    eta = np.linspace(-3.0, 3.0, 13)
    if order == 0:
        expected, found = np.log1p(np.exp(eta)), rates.fermi_dirac_integral(0, eta)
        np.testing.assert_allclose(found, expected, rtol=1e-14)  # rounding
        return
    step = 1e-4
    slope = rates.fermi_dirac_integral(order, eta + step)
    slope = (slope - rates.fermi_dirac_integral(order, eta - step)) / (2.0 * step)
    # Central difference: truncation 1e-8/6, rounding 1e-12.
    np.testing.assert_allclose(slope, rates.fermi_dirac_integral(order - 1, eta), rtol=1e-8)


def test_rates_scale_with_their_prefactors_and_the_deviation():
    # Powers of two scale without rounding.
    assert rates.weak_rate(20.0, 1e9, 4.0) == 4.0 * rates.weak_rate(20.0, 1e9)
    assert rates.spin_flip_rate(20.0, 1e22, 4.0) == 4.0 * rates.spin_flip_rate(20.0, 1e22)
    # Exact to rounding even where 1 - exp(-x) would have lost every digit.
    assert rates.weak_rate_effective(2.0, 1e-17) == pytest.approx(2e-17, rel=1e-15)
    assert rates.weak_rate_effective(2.0, 0.0) == 0.0
    # Captures below equilibrium run backwards.
    assert rates.weak_rate_effective(2.0, -1.0) < 0.0


def test_collisions_are_those_of_the_conductivity():
    """nu = e^2 n_e/(m_e* sigma), the inverse of the relaxation time in sigma."""
    density, conductivity = np.array([1e30, 2.4e33, 2.5e36]), 1e22
    potential = rates.electron_chemical_potential(density)
    mass = potential * constants.ERG_PER_MEV / constants.SPEED_OF_LIGHT**2
    expected = constants.ELEMENTARY_CHARGE**2 * density / (mass * conductivity)
    # alpha is measured, e^2/(hbar c) of the other constants defined: they agree to 1e-9 or so; the
    # first density is not relativistic.
    np.testing.assert_allclose(rates.collision_rate(potential, conductivity), expected, rtol=1e-8)
