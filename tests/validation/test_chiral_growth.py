"""Chiral growth in a uniform shell against superpositions of Beltrami fields."""

import numpy as np
import pytest
import scipy.linalg
from scipy.optimize import brentq, root
from scipy.special import spherical_jn, spherical_yn

INNER, OUTER = 0.75, 1.0
EXACT = "superposed Beltrami fields"
ONSET = {1: "16.765325", 2: "17.592807", 3: "18.433031"}
RATES = {
    (20.0, 1): "20.59735",
    (20.0, 2): "16.89802",
    (20.0, 3): "12.27302",
    (40.0, 1): "269.8579",
    (40.0, 2): "272.5154",
    (40.0, 3): "275.9317",
}


def boundary_rows(degree, wavenumber, k5):
    """All boundary conditions on the two solutions of curl B = wavenumber B.

    Such a field has T = wavenumber P and P = j_l or y_l of wavenumber r.
    """
    rows = []
    for f in (spherical_jn, spherical_yn):
        inner, outer = (f(degree, wavenumber * r) for r in (INNER, OUTER))
        inner_slope, outer_slope = (
            wavenumber * f(degree, wavenumber * r, derivative=True) for r in (INNER, OUTER)
        )
        rows.append(
            [
                inner,
                (wavenumber - k5) * (inner + INNER * inner_slope),  # d(rT)/dr - k5 d(rP)/dr
                wavenumber * outer,
                outer_slope + (degree + 1) * outer / OUTER,
            ]
        )
    return rows


def mismatch(degree, k5, growth):
    """Determinant that vanishes where a field can grow at this complex rate.

    dB/dt = -curl(curl B - k5 B) = growth B is (curl - a)(curl - b) B = 0 with a + b = k5 and
    a b = growth, so that B is the sum of two Beltrami fields.
    """
    difference = np.sqrt(k5**2 - 4 * growth + 0j)
    a, b = (k5 + difference) / 2, (k5 - difference) / 2
    rows = boundary_rows(degree, a, k5) + boundary_rows(degree, b, k5)
    return np.linalg.det([row / np.linalg.norm(row) for row in np.array(rows)])


def solve_pair(function, guess):
    """Zero of a complex function of two real numbers."""

    def parts(pair):
        value = function(*pair)
        return [value.real, value.imag]

    result = root(parts, guess, tol=1e-14)
    assert np.abs(result.fun).max() < 1e-12, result.message
    return result.x


def exact_growth(degree, k5, near):
    """Exact growth rate and frequency next to a pair."""
    return solve_pair(lambda rate, frequency: mismatch(degree, k5, rate + 1j * frequency), near)


def matrices(linear_operator, model, degree):
    """Matrices of one degree of Ohmic decay and of the chiral term, of a model with k5 = 1."""
    chiral = linear_operator(model, degree)
    return linear_operator(model, degree, implicit=True) - chiral, chiral


def fastest(decay, chiral, k5):
    """Growth rate and frequency of the fastest mode."""
    eigenvalues = scipy.linalg.eigvals(k5 * chiral + decay)
    leading = eigenvalues[np.argmax(eigenvalues.real)]
    return np.array([leading.real, abs(leading.imag)])


def half_a_digit(quoted):
    return 0.5 * 10.0 ** -len(quoted.partition(".")[2])


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_onset(shell_model, linear_operator, validated, elements, degree):
    model = shell_model(40, degree, k5=1.0, elements=elements, element_order=9)
    decay, chiral = matrices(linear_operator, model, degree)
    onset = brentq(lambda k5: fastest(decay, chiral, k5)[0], 10, 30, xtol=1e-11)
    assert abs(onset - float(ONSET[degree])) <= half_a_digit(ONSET[degree])
    frequency = fastest(decay, chiral, onset)[1]
    exact = solve_pair(lambda k5, omega: mismatch(degree, k5, 1j * omega), [onset, frequency])
    validated.error(
        "chiral instability, k5 of the onset and frequency, degrees 1, 2, 3, radial order 40 and "
        "elements of order 9",
        EXACT,
        np.abs(np.array([onset, frequency]) / exact - 1).max(),
        1e-7,
    )


@pytest.mark.parametrize(("k5", "degree"), list(RATES))
def test_growth_rates(shell_model, linear_operator, validated, k5, degree):
    model = shell_model(48, degree, k5=1.0)
    computed = fastest(*matrices(linear_operator, model, degree), k5)
    assert abs(computed[0] - float(RATES[k5, degree])) <= half_a_digit(RATES[k5, degree])
    exact = exact_growth(degree, k5, computed)
    validated.error(
        "chiral instability, growth rates and frequencies at k5 = 20 and 40, radial order 48",
        EXACT,
        np.abs(computed / exact - 1).max(),
        1e-7,
    )


@pytest.mark.parametrize(("k5", "degree"), list(RATES))
def test_growth_rates_on_elements(
    shell_model, linear_operator, random_elements, validated, k5, degree
):
    for elements in (4, *(random_elements(seed) for seed in range(3))):
        model = shell_model(0, degree, k5=1.0, elements=elements, element_order=9)
        computed = fastest(*matrices(linear_operator, model, degree), k5)
        exact = exact_growth(degree, k5, computed)
        # round-off of a dense eigenproblem, 2e-16 times the largest rate, 1e8, over this: 1e-10
        validated.error(
            "chiral instability, growth rates and frequencies at k5 = 20 and 40, equal elements "
            "and random ones, of order 9",
            EXACT,
            np.abs(computed / exact - 1).max(),
            1e-10,
        )


def test_error_falls_exponentially_with_the_radial_order(shell_model, linear_operator, validated):
    def growth(order):
        return fastest(*matrices(linear_operator, shell_model(order, 2, k5=1.0), 2), 40.0)

    exact = exact_growth(2, 40.0, growth(32))
    errors = np.abs([growth(n)[0] / exact[0] - 1 for n in range(8, 21)])
    first = np.argmax(errors < 1e-10)
    validated.between(
        "chiral instability, polynomials for a growth rate to 1e-10",
        EXACT,
        8 + first if errors[first] < 1e-10 else np.inf,
        9,
        20,
    )
    # each pair of polynomials gains more than a factor 5 (measured: 15)
    assert np.all(errors[2 : first + 1] < errors[: first - 1] / 5)


def test_error_falls_exponentially_with_the_order_of_elements(
    shell_model, linear_operator, random_elements, validated
):
    for elements in (4, random_elements(0, 5)):

        def growth(order, elements=elements):
            model = shell_model(0, 2, k5=1.0, elements=elements, element_order=order)
            return fastest(*matrices(linear_operator, model, 2), 40.0)

        exact = exact_growth(2, 40.0, growth(11))
        errors = np.abs([growth(n)[0] / exact[0] - 1 for n in range(3, 11)])
        first = np.argmax(errors < 1e-10)
        validated.between(
            "chiral instability, order of elements, equal and random, for a growth rate to 1e-10",
            EXACT,
            3 + first if errors[first] < 1e-10 else np.inf,
            4,
            10,
        )
        # each degree more gains more than a factor 8 (measured 11 to 2000)
        assert np.all(errors[1 : first + 1] < errors[:first] / 8)


def test_growth_in_the_time_loop(
    shell_model, linear_operator, evolve, random_coefficients, validated, elements
):
    degree, k5, step = 2, 40.0, 1e-4
    model = shell_model(24, degree, k5=k5, elements=elements)
    values = scipy.linalg.eigvals(linear_operator(model, degree, implicit=True))
    leading = values[np.argmax(values.real)]
    exact = exact_growth(degree, k5, (leading.real, abs(leading.imag)))
    field = evolve(model, random_coefficients(model, 1), 0.06, scheme="ark4", step=step)
    samples = [field[:, degree - 1]]
    for _ in range(2):
        field = evolve(model, field, 0.004, scheme="ark4", step=step)
        samples.append(field[:, degree - 1])
    # x2 = s x1 - p x0 for a complex pair, whatever its phases
    s, p = np.linalg.lstsq(np.stack([samples[1], -samples[0]], axis=1), samples[2])[0]
    measured = np.log(np.roots([1, -s, p])) / 0.004
    # the other modes are e^-18 after 0.06; the time error of fourth order is 2e-7
    for part, expected in zip((measured.real, np.abs(measured.imag)), exact, strict=True):
        validated.error(
            "chiral instability, growth and frequency of a random field in the time loop",
            EXACT,
            np.abs(part / expected - 1).max(),
            1e-6,
        )
