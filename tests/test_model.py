"""The equation as a whole: projections, energies, and a budget that closes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.fields.state import State
from spectralcmi.timestepping.integrator import SCHEMES, Integrator

LAYOUTS = [(9, 1, 0, 1), (12, 5, 0, 1), (11, 4, 4, 1), (12, 6, 4, 2)]


@pytest.fixture(scope="module", params=LAYOUTS, ids=str)
def equation(request, shell_equation):
    return shell_equation(
        *request.param,
        diffusivity=lambda r: 3 - 2 * r,
        hall=lambda r: 2 * r,
        k5=30.0,
        feedback=2.0,
        k5_max=40.0,
        angular_rate=50.0,
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_coefficients_and_field_round_trip(equation, seed):
    start = np.random.default_rng(seed).standard_normal(equation.shape)
    back = equation.coefficients(equation.state(start))
    # round-off of modes whose derivatives reach order^2
    np.testing.assert_allclose(back, start, atol=1e-10)


def test_square_sum_is_the_energy(equation, random_coefficients):
    start = random_coefficients(equation, 0)
    inside, toroidal, outside = (part.sum() for part in equation.state(start).square_integrals)
    assert inside + toroidal + outside == pytest.approx(1.0, rel=1e-12)
    assert equation.square_integral(start) == pytest.approx(inside + toroidal, rel=1e-12)


def test_projection_is_the_nearest_admissible_field(equation):
    """What is lost by projecting any field is orthogonal, in energy, to all modes."""
    shell = equation.shell
    rng = np.random.default_rng(0)
    size = (shell.basis.order, shell.columns.count)
    decay = 2.0 ** -np.arange(size[0])[:, None]
    anything = State(0.0, shell, *(decay * rng.standard_normal(size) for _ in range(2)))
    projected = equation.state(equation.coefficients(anything))
    rest = State(
        0.0, shell, anything.poloidal - projected.poloidal, anything.toroidal - projected.toroidal
    )
    np.testing.assert_allclose(equation.coefficients(rest), 0.0, atol=1e-10)


def test_implicit_rates(equation):
    columns = equation.shell.columns
    lmax = equation.shell.harmonics.lmax
    product = columns.degree * (columns.degree + 1)
    expected = 50.0 * (product / (lmax * (lmax + 1))) ** 4
    np.testing.assert_allclose(equation.angular_rates, expected, rtol=1e-14)
    assert equation.angular_rates.max() == pytest.approx(50.0)
    np.testing.assert_array_equal(
        equation.implicit_rates, equation.ohmic_rates + equation.angular_rates
    )
    assert equation.shape == (2 * equation.shell.basis.order - 3, columns.count)


def test_power_of_each_term(equation, random_coefficients):
    """Each rate is the derivative of the energy by that term alone."""
    start = random_coefficients(equation, 3)
    out = np.empty(equation.shape)
    ohmic, chiral, angular, _ = equation.explicit_terms(start, out)
    assert ohmic == pytest.approx(-2 * (equation.ohmic_rates * start**2).sum(), rel=1e-13)
    assert angular == pytest.approx(-2 * (equation.angular_rates * start**2).sum(), rel=1e-13)
    assert chiral == pytest.approx(2 * (start * out).sum(), rel=1e-13)
    assert ohmic < 0 and angular < 0


def march(equation, start, until, **control):
    integrator = Integrator(SCHEMES["ark3"], equation, start, **control)
    while integrator.time < until:
        integrator.advance(until)
    return integrator


def test_budget_of_the_evolution_closes(shell_equation, random_coefficients):
    """All terms at once, exterior field included; the residual is the time error alone."""
    equation = shell_equation(
        8,
        4,
        4,
        radii=(0.5, 1.0),
        hall=3.0,
        k5=60.0,
        feedback=5.0,
        k5_max=50.0,
        angular_rate=300.0,
    )
    start = random_coefficients(equation, 1, modes=4)
    residuals = []
    for step in (2e-5, 1e-5):
        end = march(equation, start, 2e-3, step=step)
        ohmic, chiral, angular, released = end.totals
        change = (end.state**2).sum() - (start**2).sum()
        residuals.append(abs(change - ohmic - chiral - angular) / abs(ohmic))
        assert min(abs(ohmic), abs(chiral), abs(angular)) > 0.01 * abs(ohmic), "all terms matter"
        assert released > 0
    assert residuals[1] < 1e-5
    # totals are integrated with the scheme's own weights, to its order
    assert residuals[1] < residuals[0] / 6


@pytest.mark.parametrize("alone", ["ohmic", "angular_dissipation"])
def test_budget_of_decay_in_closed_form(shell_equation, random_coefficients, alone):
    equation = shell_equation(
        12,
        5,
        diffusivity=1.0 if alone == "ohmic" else 1e-12,
        angular_rate=0.0 if alone == "ohmic" else 400.0,
    )
    start, until = random_coefficients(equation, 2), 1e-3
    end = march(equation, start, until, tolerance=1e-8)
    decayed = start * np.exp(-equation.implicit_rates * until)
    lost = (decayed**2).sum() - (start**2).sum()
    np.testing.assert_allclose(end.state, decayed, atol=1e-6)
    index = equation.quadratures.index(alone)
    assert end.totals[index] == pytest.approx(lost, rel=1e-6)
    others = np.delete(end.totals, index)
    assert np.abs(others).max() < 1e-8 * abs(lost)


def test_without_explicit_terms_nothing_is_evaluated(shell_equation, random_coefficients):
    equation = shell_equation(10, 3, 3)
    assert not equation.has_explicit_terms
    start, out = random_coefficients(equation, 0), np.ones(equation.shape)
    rates = equation.explicit_terms(start, out)
    assert np.all(out == 0.0) and rates[1] == rates[3] == 0.0
    # what diagnostics need is there all the same
    summary = equation.summarise(start)
    assert np.all(summary.maximum_square > 0) and np.all(summary.wavenumber == 0)


@pytest.mark.parametrize("term", ["hall", "k5", "feedback"])
def test_any_term_is_evaluated(shell_equation, term):
    assert shell_equation(8, 1, **{term: 1.0}).has_explicit_terms


def test_arguments_are_left_alone(equation, random_coefficients):
    start = random_coefficients(equation, 5)
    copy = start.copy()
    equation.explicit_terms(start, np.empty(equation.shape))
    equation.state(start)
    equation.summarise(start)
    assert np.array_equal(start, copy)
