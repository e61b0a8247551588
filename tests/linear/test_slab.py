"""Growth in a slab, where waves are known or all eigenvalues are at hand."""

import numpy as np
import pytest
import scipy.linalg

from spectralcmi.linear.slab import Profiles, Slab


def constant(field, eta=1.0, hall=0.0, k5=0.0, bend=0.0, response=0.0):
    """Profiles of a field (B_x, B_y), bent by B_y += bend r; k5 responds to the field or not."""

    def profiles(radius):
        one = np.ones_like(radius)
        along = np.array([field[0] * one, field[1] * one + bend * radius])
        # (J_x, J_y) = (-B_y', B_x')
        current = np.array([-bend * one, 0 * one])
        work = response / (1 + response * np.sum(along**2, axis=0))
        return Profiles(along, current, eta * one, hall * one, k5 * one, work, -k5 * work)

    return profiles


@pytest.mark.parametrize(("k", "half_waves"), [(3.0, 1), (3.0, 4), (20.0, 2), (60.0, 7)])
def test_whistlers_of_a_uniform_field_have_their_frequency(k, half_waves):
    """omega = f_h K (k B_x) and decay eta K^2, K^2 = k^2 + (n pi)^2: sines vanish at both ends."""
    total = k**2 + (np.pi * half_waves) ** 2
    slab = Slab(constant((2.0, 5.0), eta=1e-3, hall=0.1), (1.0, 2.0), 40)
    for sign in (1, -1):
        wave = -1e-3 * total + sign * 0.1j * np.sqrt(total) * k * 2.0
        found = slab.nearest(k, wave * (1 + 1e-3))
        # 40 splines of degree 5 for up to 7 half waves, and the solver's 1e-5 of that distance
        assert abs(found - wave) < 1e-6 * abs(wave)


def test_chiral_growth_of_a_weak_field_is_that_of_helical_waves():
    """s = -eta K^2 + eta k5 K, largest for K = k5/2."""
    slab = Slab(constant((0.0, 0.0), eta=0.5, k5=8.0), (0.0, 1.0), 20)
    k = np.sqrt(16.0 - np.pi**2)
    # the wave whose half fits the window is the fastest of all; 20 splines of degree 5
    assert slab.fastest(k, 1.0) == pytest.approx(0.5 * 64 / 4, rel=1e-6)


@pytest.mark.parametrize("expected", [0.3, 3.0, 300.0])
def test_the_fastest_mode_is_the_fastest_of_all(expected):
    """A sheared field with Hall drift, whose k5 responds, against a dense eigenvalue problem."""
    slab = Slab(constant((1.0, -3.0), 0.05, 0.2, 15.0, 6.0, 0.3), (0.0, 1.0), 30)
    matrix, mass = slab.matrices(5.0)
    values = scipy.linalg.eigvals(matrix.toarray(), mass.toarray())
    fastest = values[np.argmax(values.real)]
    # residuals of the iteration, 1e-5 of the distance to a shift
    assert slab.fastest(5.0, expected) == pytest.approx(fastest, rel=1e-4)


def test_the_response_of_k5_matters_and_is_that_of_its_derivative():
    """A perturbation a = small, uniform in x, shifts k5 as the closure itself would.

    For k = 0 the perturbed field is (-a', b_y): the same Ohm's law differenced about the field.
    """
    eta, source, beta = 0.7, 4.0, 0.2
    elements, window = 12, (0.0, 1.0)

    def electric(field, current):
        square, work = np.sum(field**2, axis=0), np.sum(field * current, axis=0)
        return eta * (current - (source + beta * work) / (1 + beta * square) * field)

    def profiles(radius):
        field = np.array([np.cos(2 * radius), np.sin(3 * radius) + 1])
        current = np.array([-3 * np.cos(3 * radius), -2 * np.sin(2 * radius)])
        square, work = np.sum(field**2, axis=0), np.sum(field * current, axis=0)
        k5 = (source + beta * work) / (1 + beta * square)
        to_work = beta / (1 + beta * square)
        one = np.ones_like(radius)
        return Profiles(field, current, eta * one, 0 * one, k5, to_work, -k5 * to_work)

    slab = Slab(profiles, window, elements)
    part = slab._electric_field(0.0)
    one = slab.profiles
    rng = np.random.default_rng(3)
    # values of a', a'', b_y and b_y' at each point are independent of each other
    a1, a2, b0, b1 = rng.standard_normal((4, one.wavenumber.size))
    change = np.array([[-a1, b0], [-b1, -a2]])
    small = 1e-6
    difference = (
        electric(one.field + small * change[0], one.current + small * change[1])
        - electric(one.field - small * change[0], one.current - small * change[1])
    ) / (2 * small)
    for component, expected in zip(part[1:], difference, strict=True):
        found = component[0, 1] * a1 + component[0, 2] * a2 + component[1, 0] * b0
        found = found + component[1, 1] * b1
        # round-off 1e-16 over the step, and its square
        np.testing.assert_allclose(found.real, expected, atol=1e-8 * np.abs(expected).max())
        assert not found.imag.any()
