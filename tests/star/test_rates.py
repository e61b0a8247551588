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


def test_paper_values_of_the_chiral_wavenumber():
    per_kilometre = constants.KILOMETRE
    # Given to four digits, and by the paper to one: 600 /km and 1e-2 km.
    assert rates.chiral_wavenumber(1e-10) * per_kilometre == pytest.approx(2354.0, rel=3e-4)
    paper = rates.chiral_wavenumber(1e-10, "dehman_pons") * per_kilometre
    assert paper == pytest.approx(600.0, rel=0.03)
    assert 2.0 * np.pi / paper == pytest.approx(1e-2, rel=0.1)


@pytest.mark.parametrize("convention", ["textbook", "dehman_pons"])
def test_anomaly_takes_from_the_field_what_it_gives_to_the_electrons(convention):
    """mu5 dn5/dt by the anomaly = -J5.E: both sides are products of A, C and known constants."""
    mu5, field, electric = 1e-10, 1e14, 1e3
    gained = mu5 * constants.ERG_PER_MEV * rates.anomaly_constant(convention) * electric * field
    current = constants.SPEED_OF_LIGHT / (4.0 * np.pi)
    current *= rates.chiral_wavenumber(mu5, convention) * field
    # Pure products: rounding only.
    assert gained == pytest.approx(current * electric, rel=1e-13)


def test_anomaly_feedback_closes_the_quasi_steady_state():
    """Solve n5 = (A E.B + source)/Gamma_f by iteration and compare k5 with the closed form."""
    potential, electrons, diffusivity, flip = 40.0, 3e35, 4e-4, 1e15
    source, helicity, square = 5.0e21, 2.0e27, 1.0e31  # n_e Gamma_w_eff, B.curl B, B^2
    kappa = rates.chiral_wavenumber(rates.chiral_chemical_potential(potential, 1.0)) / electrons
    k5 = 0.0
    for _ in range(200):
        work = diffusivity / constants.SPEED_OF_LIGHT * (helicity - k5 * square)
        k5 = kappa * (rates.anomaly_constant() * work + source) / flip
    feedback = rates.anomaly_feedback(potential, electrons, diffusivity, flip)
    closed = (kappa * source / flip + feedback * helicity) / (1.0 + feedback * square)
    # The iteration contracts by feedback * square, below 0.5 here: 0.5^200 is nothing.
    assert 0.01 < feedback * square < 0.9
    assert closed == pytest.approx(k5, rel=1e-12)


def test_rates_scale_with_their_prefactors_and_the_deviation():
    # Powers of two scale without rounding.
    assert rates.weak_rate(20.0, 1e9, 4.0) == 4.0 * rates.weak_rate(20.0, 1e9)
    assert rates.spin_flip_rate(20.0, 1e22, 4.0) == 4.0 * rates.spin_flip_rate(20.0, 1e22)
    # Exact to rounding even where 1 - exp(-x) would have lost every digit.
    assert rates.weak_rate_effective(2.0, 1e-17) == pytest.approx(2e-17, rel=1e-15)
    assert rates.weak_rate_effective(2.0, 0.0) == 0.0
    # Captures below equilibrium run backwards.
    assert rates.weak_rate_effective(2.0, -1.0) < 0.0


def test_an_unknown_convention_is_refused():
    with pytest.raises(ValueError, match="convention='mks' is none of textbook, dehman_pons"):
        rates.chiral_coefficient("mks")
