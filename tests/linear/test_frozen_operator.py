"""The linearised equation about an axisymmetric state as a matrix, and its fastest mode."""

import functools

import numpy as np
import pytest

from spectralcmi.linear import shift_invert
from spectralcmi.linear.element_factors import ShiftedFactors
from spectralcmi.linear.frozen_operator import FrozenOperator
from spectralcmi.linear.linearised_model import LinearisedModel
from spectralcmi.linear.shift_invert import (
    Disc,
    fastest_by_factors,
    first_gap,
    why_not_factorised,
)
from spectralcmi.linear.stability import fastest_growth
from tests.conftest import UNEVEN


def shell(shell_model, order=0, **changes):
    """Every term, saturated in a part of the shell; radius and latitude are barely resolved."""
    terms = {
        "elements": UNEVEN,
        "element_order": 5,
        "hall": lambda r: 0.5 * r,
        "k5": lambda r: 15.0 * r**2,
        "feedback": 0.05,
        "k5_max": 14.0,
        "angular_rate": 3.0,
    }
    return shell_model(lmax=6, mmax=order, mres=max(order, 1), **(terms | changes))


@pytest.fixture
def axisymmetric(random_coefficients):
    """Function: a random state of order 0, strong enough for Hall drift to change growth."""

    def state(model):
        return 6.0 * random_coefficients(model, 1, 4) * (model.shell.columns.order == 0)

    return state


def derivative(model, state, perturbation):
    """N'(y) v of the model, by central differences."""
    above, below = np.empty((2, *model.shape))
    model.explicit(0.0, state + 1e-5 * perturbation, above)
    model.explicit(0.0, state - 1e-5 * perturbation, below)
    return (above - below) / 2e-5


def amplitude(columns, operator):
    """Complex amplitudes of an order from its real columns."""
    real = columns[:, operator.columns]
    return real if operator.order == 0 else real + 1j * columns[:, operator.columns + 1]


@pytest.fixture(params=[0, 3], ids=["m=0", "m=3"])
def order(request):
    return request.param


# The matrix


@pytest.mark.parametrize("smooth", [True, False], ids=["smooth", "hard"])
@pytest.mark.parametrize("inner", ["perfect_conductor", "zero_toroidal"])
def test_the_matrix_is_the_derivative_of_the_model(
    shell_model, axisymmetric, applied, order, metric, smooth, inner
):
    """For random coefficients, the highest as large as the others."""
    model = shell(shell_model, order, metric=metric, smooth_cutoff=smooth, inner=inner)
    state = axisymmetric(model)
    operator = FrozenOperator(model, state, order)
    linear = LinearisedModel(model, state, columns=model.shell.columns.order == order)
    perturbation = linear.random(3)
    explicit = derivative(model, state, perturbation)
    implicit = applied(functools.partial(model.implicit, 0.0), perturbation)
    vector = amplitude(perturbation, operator)
    found, expected = operator.apply(vector), amplitude(explicit - implicit, operator)
    # differences of 1e-5 err by the square of what they are of the field where the cutoff bends,
    # and the current of this perturbation is some tens of that of the state
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7 * np.abs(explicit).max())
    # sums of a dozen products
    mass = amplitude(applied(model.mass, perturbation), operator)
    np.testing.assert_allclose(operator.mass(vector), mass, rtol=0, atol=1e-13 * np.abs(mass).max())


@pytest.mark.parametrize("shift", [40.0, 40.0 + 30.0j])
def test_factors_solve(shell_model, axisymmetric, order, shift):
    """A solution put back; round-off, by a condition number of 1e4."""
    model = shell(shell_model, order)
    operator = FrozenOperator(model, axisymmetric(model), order)
    generator = np.random.default_rng(2)
    right = operator.free * (
        generator.standard_normal(operator.shape) + 1j * generator.standard_normal(operator.shape)
    )
    if order == 0 and isinstance(shift, float):
        right = right.real
    solution = ShiftedFactors(operator, shift).solve(right)
    back = shift * operator.mass(solution) - operator.apply(solution)
    np.testing.assert_allclose(back, right, rtol=0, atol=1e-10 * np.abs(right).max())


# The fastest mode


def whole_matrices(operator):
    """M and A as they stand."""
    size = operator.free.size
    matrix = np.zeros((size + 1, size + 1), operator.dtype)
    inner, nodes = operator.split(np.arange(1, size + 1).reshape(operator.shape))
    for element in range(operator.elements):
        places = np.concatenate([inner[element], nodes[element], nodes[element + 1]])
        matrix[np.ix_(places, places)] -= operator.block(element, 0.0)
    units = np.eye(size).reshape(size, *operator.shape)
    mass = np.array([operator.mass(unit).ravel() for unit in units]).T
    return mass, matrix[1:, 1:]  # what is fixed has the place 0


@pytest.mark.parametrize("strength", [0.0, 1.0, 3.0])
def test_the_fastest_mode_is_the_fastest_of_all_eigenvalues(
    shell_model, axisymmetric, applied, order, strength
):
    """Of all, from the whole matrix; round-off only is between them."""
    model = shell(shell_model, order)
    state = strength * axisymmetric(model)
    operator = FrozenOperator(model, state, order)
    values = np.linalg.eigvals(np.linalg.solve(*whole_matrices(operator)))
    fastest = values[np.argmax(values.real)]
    growth = fastest_by_factors(model, state, order, tolerance=1e-8)
    assert growth.residual <= 1e-8
    # errors grow with how far modes are from orthogonal
    assert growth.rate == pytest.approx(fastest.real, abs=1e-6 * abs(fastest))
    assert growth.frequency == pytest.approx(abs(fastest.imag), abs=1e-6 * abs(fastest))
    parts = [np.ascontiguousarray(part) for part in (growth.mode.real, growth.mode.imag)]
    implicit = functools.partial(model.implicit, 0.0)
    change, inertia = (
        complex_sum(derivative(model, state, part) - applied(implicit, part) for part in parts),
        complex_sum(applied(model.mass, part) for part in parts),
    )
    # a sum of hundreds of squares
    assert np.vdot(growth.mode, inertia).real == pytest.approx(1.0, rel=1e-12)
    # the mode itself: A v = s M v with the model's own terms, in real columns; the error of the
    # mode, 1e-8, times that of the largest of all eigenvalues over its own
    eigenvalue, size = growth.rate + 1j * growth.frequency, np.abs(change).max()
    np.testing.assert_allclose(change, eigenvalue * inertia, rtol=0, atol=1e-4 * size)


def complex_sum(parts):
    """Real and imaginary part of an array as one."""
    real, imaginary = parts
    return real + 1j * imaginary


@pytest.mark.slow
def test_evolution_in_time_finds_the_same_mode(shell_model, axisymmetric, order):
    """To the residual of what is evolved, 1e-3, of modes that are nearly orthogonal."""
    model = shell(shell_model, order)
    state = axisymmetric(model)
    growth = fastest_by_factors(model, state, order)
    evolved = fastest_growth(model, state, columns=model.shell.columns.order == order)
    scale = np.hypot(growth.rate, growth.frequency)
    assert growth.rate == pytest.approx(evolved.rate, abs=2e-3 * scale)
    assert growth.frequency == pytest.approx(evolved.frequency, abs=2e-3 * scale)


def test_a_mode_can_be_repeated_with_any_number_of_threads(shell_model, axisymmetric):
    modes = []
    for threads in (1, 2):
        model = shell(shell_model, threads=threads)
        modes.append(fastest_by_factors(model, axisymmetric(model), 0).mode)
    np.testing.assert_array_equal(*modes)


# Where it was looked


def test_the_gap_nearest_to_no_frequency_is_the_next():
    """Discs with a half-width of 4 at a growth of 1, three above its line."""
    low, high = Disc(4.0, 5.0), Disc(4.0 + 12.0j, 5.0)
    assert first_gap([], 1.0, (0.0, 9.0)) == (0.0, 9.0)
    assert first_gap([low], 1.0, (0.0, 9.0)) == (4.0, 9.0)
    assert first_gap([high, low], 1.0, (0.0, 20.0)) == (4.0, 8.0)
    assert first_gap([high, low], 1.0, (-5.0, 16.0)) == (-5.0, -4.0)
    assert first_gap([low], 1.0, (-4.0, 4.0)) is None
    assert first_gap([low], 9.0, (0.0, 9.0)) == (0.0, 9.0)  # it does not reach so high


def test_what_is_not_factorised_says_why(shell_model, monkeypatch):
    assert why_not_factorised(shell(shell_model), 0) is None
    whole = why_not_factorised(shell(shell_model, elements=0), 0)
    assert whole == "the functions of the radius are not those of elements"
    monkeypatch.setattr(shift_invert, "usable_memory", lambda: 1e5)
    assert why_not_factorised(shell(shell_model), 0) == (
        "factors need 0.0 GB of memory, and 0.0 GB are there"
    )
