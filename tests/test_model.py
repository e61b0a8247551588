"""The model as a whole: projections, energies, and a budget that closes, on both field spaces."""

import numpy as np
import pytest

from spectralcmi.fields.state import State, profiles_on
from spectralcmi.model import InductionModel
from spectralcmi.timestepping.integrator import Integrator
from spectralcmi.timestepping.schemes import SCHEMES

LAYOUTS = [(9, 1, 0, 1), (12, 5, 0, 1), (11, 4, 4, 1), (12, 6, 4, 2)]


@pytest.fixture(params=LAYOUTS, ids=str)
def model(request, shell_model, elements, metric):
    return shell_model(
        *request.param,
        elements=elements,
        metric=metric,
        diffusivity=lambda r: 3 - 2 * r,
        hall=lambda r: 2 * r,
        k5=30.0,
        feedback=2.0,
        k5_max=40.0,
        angular_rate=50.0,
    )


def rates_of(model, coefficients):
    """Work of the explicit terms, and the rates of all quadratures."""
    work, out = np.empty((2, *model.shape))
    rates = model.explicit(0.0, coefficients, work) + model.implicit(0.0, coefficients, out)
    return work, out, rates


def test_coefficients_of_a_state_are_its_own(model, random_coefficients):
    start = random_coefficients(model, 1, modes=min(model.space.free_modes.values()))
    state = model.state(start, 3.0)
    assert state.time == 3.0 and state.shell is model.shell
    for field in (state, state.profiles):
        # rounding times the condition of the mass matrix, below 1e4
        np.testing.assert_allclose(
            model.coefficients(field), start, atol=1e-10 * np.abs(start).max()
        )


def test_norm_is_the_energy(model, random_coefficients, applied):
    start = random_coefficients(model, 0)
    mass = applied(model.mass, start)
    inside, toroidal, outside = (part.sum() for part in model.state(start).square_integrals)
    # rounding of sums over the quadrature points
    assert inside + toroidal + outside == pytest.approx(np.vdot(start, mass), rel=1e-12)
    assert np.vdot(start, mass) == pytest.approx(1.0, rel=1e-12)
    assert outside > 1e-3
    for known in (None, mass):
        assert model.square_integral(start, known) == pytest.approx(inside + toroidal, rel=1e-11)


def test_power_of_each_term(model, random_coefficients, applied):
    """Each rate is the derivative of the energy by that term alone."""
    start = random_coefficients(model, 3)
    work, damping, rates = rates_of(model, start)
    ohmic, chiral, angular, _ = rates
    assert ohmic + angular == pytest.approx(-2 * np.vdot(start, damping), rel=1e-13)
    assert chiral == pytest.approx(2 * np.vdot(start, work), rel=1e-13)
    assert ohmic < 0 and angular < 0
    energies = sum(model.state(start).square_integrals)
    product = model.shell.columns.degree * (model.shell.columns.degree + 1)
    expected = -2 * 50.0 * ((product / product.max()) ** 4) @ energies
    # rounding of the energies
    assert angular == pytest.approx(expected, rel=1e-11)


def integrated(model, start, until, **control):
    integrator = Integrator(SCHEMES["ark3"], model, start, **control)
    while integrator.time < until:
        integrator.accept(integrator.attempt(until))
    return integrator


@pytest.mark.parametrize("mmax", [0, 4])
def test_budget_of_the_evolution_closes(
    shell_model, random_coefficients, applied, elements, metric, mmax
):
    """All terms at once, exterior field included; the residual is the time error alone."""
    model = shell_model(
        8,
        4,
        mmax,
        metric=metric,
        elements=elements and 2,
        element_order=5,
        hall=3.0,
        k5=60.0,
        feedback=5.0,
        k5_max=50.0,
        angular_rate=300.0,
    )
    start = random_coefficients(model, 1, modes=4)
    residuals = []
    for step in (2e-5, 1e-5):
        end = integrated(model, start, 2e-3, step=step)
        ohmic, chiral, angular, released = end.totals
        change = np.vdot(end.state, applied(model.mass, end.state)) - 1.0
        residuals.append(abs(change - ohmic - chiral - angular) / abs(ohmic))
        assert min(abs(ohmic), abs(chiral), abs(angular)) > 0.01 * abs(ohmic), "all terms matter"
        assert released > 0
    assert residuals[1] < 1e-5
    # totals are integrated with the scheme's own weights, to its order
    assert residuals[1] < residuals[0] / 6


@pytest.mark.parametrize("alone", ["ohmic", "angular_dissipation"])
def test_budget_of_decay_in_closed_form(shell_model, random_coefficients, elements, alone):
    """Some free-decay modes, each by its own rate; or each degree by its own."""
    model = shell_model(
        12,
        5,
        elements=elements,
        diffusivity=1.0 if alone == "ohmic" else 1e-12,
        angular_rate=0.0 if alone == "ohmic" else 400.0,
    )
    until, degree = 1e-3, model.shell.columns.degree
    if alone == "ohmic":
        start, decayed = decaying_modes(model, until)
    else:
        start = random_coefficients(model, 2)
        decayed = start * np.exp(-model.space.angular_rates[degree - 1] * until)
    end = integrated(model, start, until, tolerance=1e-8)
    lost = model.state(decayed).energy - model.state(start).energy
    # ten to a hundred times the tolerance, in energy
    assert model.state(end.state - decayed).energy < 1e-12 * model.state(start).energy
    index = model.quadratures.index(alone)
    assert end.totals[index] == pytest.approx(lost, rel=1e-6)
    others = np.delete(end.totals, index)
    assert np.abs(others).max() < 1e-8 * abs(lost)


def decaying_modes(model, until):
    """Coefficients of the sum of the three slowest modes of each column, now and later."""
    columns, basis = model.shell.columns, model.shell.basis
    decay = model.space.free_decay(3, range(1, columns.degree.max() + 1))
    fields = []
    for time in (0.0, until):
        slots = []
        for modes, rates, size in (
            (decay.poloidal, decay.poloidal_rates, basis.poloidal_slots),
            (decay.toroidal, decay.toroidal_rates, basis.toroidal_slots),
        ):
            left = np.exp(-rates * time)
            part = np.einsum("lsk,lk->sl", modes, left)[:, columns.degree - 1]
            assert part.shape == (size, columns.count)
            slots.append(part)
        fields.append(model.coefficients(State(0.0, model.shell, *slots)))
    return fields


@pytest.mark.parametrize("mmax", [0, 4])
@pytest.mark.parametrize("explicit", [True, False])
def test_all_heat_of_the_shells_is_what_the_field_loses(
    shell_model, random_coefficients, elements, metric, mmax, explicit
):
    terms = {"hall": 2.0, "k5": 20.0, "feedback": 0.5, "k5_max": 10.0} if explicit else {}
    model = shell_model(
        16, 4, mmax, elements=elements, metric=metric, angular_rate=400.0,
        diffusivity=lambda r: 2 - r, **terms,
    )  # fmt: skip
    heating = InductionModel(model.space, model.local, heats=True)
    state, out, same = random_coefficients(model, 6), np.empty(model.shape), np.empty(model.shape)
    rates = heating.explicit(0.0, state, out)
    np.testing.assert_array_equal(rates[:4], model.explicit(0.0, state, same))
    np.testing.assert_array_equal(out, same)
    rates += heating.implicit(0.0, state, out)
    powers, heat = rates[:4], rates[4:]
    assert heat.size == model.shell.basis.points and heat.min() >= 0
    assert powers[2] < 0 and (powers[3] != 0) == explicit
    # stiffness and mass sum squares per column, the kernel on the grid: the same quadrature in
    # radius, and an exact one on the sphere, so that round-off alone differs
    assert heat.sum() == pytest.approx(powers[3] - powers[:3].sum(), rel=1e-10)


@pytest.mark.parametrize("mmax", [0, 3])
def test_without_explicit_terms_nothing_is_evaluated(
    shell_model, random_coefficients, elements, mmax
):
    model = shell_model(10, 3, mmax, elements=elements)
    assert not model.has_explicit_terms
    start, out = random_coefficients(model, 0), np.ones(model.shape)
    rates = model.explicit(0.0, start, out)
    assert np.all(out == 0.0) and np.all(rates == 0.0)
    # what diagnostics need is there all the same
    summary = model.summarise(start)
    assert np.all(summary.maximum_square > 0) and np.all(summary.wavenumber == 0)


@pytest.mark.parametrize("term", ["hall", "k5", "feedback"])
def test_any_term_is_evaluated(shell_model, term):
    assert shell_model(8, 1, **{term: 1.0}).has_explicit_terms


def test_arguments_are_left_alone(model, random_coefficients):
    start = random_coefficients(model, 5)
    copy, out = start.copy(), np.empty(model.shape)
    model.explicit(0.0, start, out)
    model.implicit(0.0, start, out)
    model.mass(start, out)
    model.solve(0.1, start, out)
    model.state(start)
    model.summarise(start)
    assert np.array_equal(start, copy)


@pytest.mark.parametrize("mmax", [0, 4])
def test_both_spaces_tell_the_same_story(shell_model, random_coefficients, mmax):
    """The same field, its rates and its future, resolved by a global expansion and by elements."""
    physics = {
        "diffusivity": lambda r: 3 - 2 * r,
        "hall": lambda r: r,
        "k5": 30.0,
        "feedback": 0.5,
        "k5_max": 40.0,
        "angular_rate": 50.0,
    }
    models = [
        shell_model(28, 4, mmax, **physics),
        shell_model(0, 4, mmax, elements=(0.0, 0.3, 0.45, 1.0), element_order=12, **physics),
    ]
    source = models[0]
    state = source.state(random_coefficients(source, 6, modes=2))
    ends = []
    for model in models:
        start = model.coefficients(profiles_on(state, model.shell))
        rates = rates_of(model, start)[2]
        end = integrated(model, start, 5e-4, tolerance=1e-6)
        ends.append((rates, end.totals, model.state(end.state).square_integrals))
    rates, totals, energies = (
        np.abs(np.subtract(one, other)).max() / np.abs(one).max()
        for one, other in zip(*ends, strict=True)
    )
    # both resolve the start; later the steps differ, and the field has scales that feedback and
    # Hall drift made
    assert rates < 1e-10
    assert totals < 2e-6
    assert energies < 1e-7
