"""Radial elements: the space, its tables, and ways in and out of it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.polynomial import chebyshev

from spectralcmi.grid.elements import ElementBasis, poloidal_functions, toroidal_functions

ORDERS = (3, 4, 5, 7, 9, 12)


def graded_breakpoints(seed: int, elements: int = 9, ratio: float = 64.0) -> tuple[float, ...]:
    """Random elements of a shell from 11.5 to 12.4 km whose sizes differ by up to `ratio`."""
    generator = np.random.default_rng(seed)
    sizes = ratio ** generator.uniform(0, 1, elements)
    sizes[0], sizes[-1] = 1.0, ratio
    generator.shuffle(sizes)
    ends = 11.5 + 0.9 * np.concatenate([[0], np.cumsum(sizes)]) / sizes.sum()
    ends[-1] = 12.4
    return tuple(ends)


@pytest.fixture(params=ORDERS)
def basis(request: pytest.FixtureRequest) -> ElementBasis:
    return ElementBasis(graded_breakpoints(request.param), request.param)


def smooth_slots(rows: int, seed: int = 0, columns: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns))


def by_element(slots: np.ndarray, stride: int, size: int) -> np.ndarray:
    """Slots of each element, (elements, size, columns), by their definition."""
    elements = (slots.shape[0] - size) // stride + 1
    return np.array([slots[e * stride : e * stride + size] for e in range(elements)])


def polynomial(basis: ElementBasis, degree: int) -> np.polynomial.Polynomial:
    coefficients = np.random.default_rng(degree).normal(size=degree + 1)
    domain = [basis.inner_radius, basis.outer_radius]
    return np.polynomial.Polynomial(coefficients, domain=domain)


def test_sizes_are_counted(basis):
    n, elements = basis.element_order, basis.elements
    assert basis.order == elements * (n - 1)
    assert basis.poloidal_slots == basis.order + 2
    assert basis.toroidal_slots == basis.order + 1
    assert basis.points_per_element == int(np.ceil(1.5 * (n - 1)))
    assert basis.radius.shape == basis.weights.shape == (basis.points,)
    assert basis.poloidal_tables.shape == (3, elements, basis.points_per_element, n + 1)
    assert basis.toroidal_tables.shape == (2, elements, basis.points_per_element, n)
    assert np.all(np.diff(basis.radius) > 0)


def test_equal_bases_are_one_key():
    first, second = ElementBasis((1.0, 2.0), 5), ElementBasis((np.float64(1.0), 2), 5)
    assert first == second
    assert len({first, second, ElementBasis((1.0, 2.0), 6)}) == 2


def test_quadrature_is_exact_for_products_of_three_functions(basis):
    degree = 3 * (basis.element_order - 1) - 1
    f = polynomial(basis, degree)
    integral = f.integ()
    exact = integral(basis.outer_radius) - integral(basis.inner_radius)
    # Rounding of radii (2e-15 of 12.4 km) over the shell (0.9 km), times a slope of degree^2.
    assert basis.weights @ f(basis.radius) == pytest.approx(exact, abs=1e-11)


def test_bubbles_are_normalised_and_vanish_at_the_ends():
    s, weights = np.polynomial.legendre.leggauss(20)
    for functions, first in ((poloidal_functions, 2), (toroidal_functions, 1)):
        bubbles = functions(s, 9)[1, :, first:-first]
        gram = bubbles.T @ (weights[:, None] * bubbles)
        assert np.diag(gram) == pytest.approx(1.0, abs=1e-13)  # rounding
        ends = functions(np.array([-1.0, 1.0]), 9)[:first, :, first:-first]
        assert np.abs(ends).max() < 1e-14  # rounding


def test_derivatives_of_the_functions_are_those_of_finite_differences():
    s, step = np.linspace(-0.9, 0.9, 7), 1e-5
    for functions in (poloidal_functions, toroidal_functions):
        table = functions(s, 8)
        slope = (functions(s + step, 8) - functions(s - step, 8)) / (2 * step)
        # The step's square times a third derivative of 1e3, and rounding over the step.
        assert np.abs(slope[:-1] - table[1:]).max() < 1e-7


def test_node_slots_are_values_and_scaled_slopes(basis):
    slots = smooth_slots(basis.poloidal_slots)
    nodes = np.array(basis.breakpoints)
    p, slope, _ = basis.evaluate_poloidal(slots, nodes)
    np.testing.assert_allclose(p, slots[:: basis.stride], atol=1e-14)  # rounding
    expected = slots[1 :: basis.stride] / basis.slope_scale[:, None]
    # Rounding of values of order one over the element.
    assert np.abs((slope - expected) * basis.slope_scale[:, None]).max() < 1e-11
    t, _ = basis.evaluate_toroidal(slots[:-1], nodes)
    np.testing.assert_allclose(t, slots[: -1 : basis.stride], atol=1e-14)  # rounding


def test_functions_are_smooth_across_breakpoints(basis):
    nodes = np.array(basis.breakpoints[1:-1])
    below = np.nextafter(nodes, 0.0)
    slots = smooth_slots(basis.poloidal_slots)
    scale = basis.slope_scale[1:-1, None]
    (p, slope, _), (p_below, slope_below, _) = (
        basis.evaluate_poloidal(slots, r) for r in (nodes, below)
    )
    t, t_below = (basis.evaluate_toroidal(slots[:-1], r)[0] for r in (nodes, below))
    # One unit in the last place of the radius over the smallest element is 1e-12; derivatives
    # of polynomials of degree 12 multiply it by up to 12^2, and neighbours differ by 64.
    assert np.abs(p - p_below).max() < 1e-10
    assert np.abs((slope - slope_below) * scale).max() < 1e-8
    assert np.abs(t - t_below).max() < 1e-10


def test_a_constant_is_the_sum_of_the_value_functions(basis):
    slots = np.zeros((basis.poloidal_slots, 1))
    slots[:: basis.stride] = 1.0
    p, slope, curvature = basis.evaluate_poloidal(slots, basis.radius)
    np.testing.assert_allclose(p, 1.0, atol=1e-15)
    smallest = basis.sizes.min()
    assert np.abs(slope).max() * smallest < 1e-14  # rounding
    assert np.abs(curvature).max() * smallest**2 < 1e-14  # rounding
    t, slope = basis.evaluate_toroidal(slots[:-1], basis.radius)
    np.testing.assert_allclose(t, 1.0, atol=1e-15)
    assert np.abs(slope).max() * smallest < 1e-14  # rounding


def test_tables_and_evaluation_agree_with_a_polynomial(basis):
    n = basis.element_order
    f = polynomial(basis, n)
    slots = basis.poloidal_from_storage(f(basis.storage_radius)[:, None])
    local = by_element(slots, basis.stride, n + 1)
    tables = np.einsum("deqi,eic->deqc", basis.poloidal_tables, local).reshape(3, -1, 1)
    smallest = basis.sizes.min()
    for k, evaluated in enumerate(basis.evaluate_poloidal(slots, basis.radius)):
        exact = f.deriv(k)(basis.radius) if k else f(basis.radius)
        # Radii rounded by 2e-15 km times slopes up to 2 n^2 f/gap, f of order 5, disturb f; each
        # derivative multiplies that by n^2 over the smallest element.
        tolerance = 2e-12 * (n**2 / smallest) ** k
        assert np.abs(tables[k, :, 0] - exact).max() < tolerance
        assert np.abs(evaluated[:, 0] - exact).max() < tolerance
    g = polynomial(basis, n - 1)
    slots = basis.toroidal_from_storage(g(basis.storage_radius)[:, None])
    local = by_element(slots, basis.stride, n)
    tables = np.einsum("deqi,eic->deqc", basis.toroidal_tables, local).reshape(2, -1, 1)
    for k, evaluated in enumerate(basis.evaluate_toroidal(slots, basis.radius)):
        exact = g.deriv(k)(basis.radius) if k else g(basis.radius)
        tolerance = 2e-12 * (n**2 / smallest) ** k  # as above
        assert np.abs(tables[k, :, 0] - exact).max() < tolerance
        assert np.abs(evaluated[:, 0] - exact).max() < tolerance


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("order", ORDERS)
def test_storage_round_trip(order, seed):
    basis = ElementBasis(graded_breakpoints(seed), order)
    radius = basis.storage_radius
    assert radius.shape == (basis.elements * order + 1,)
    np.testing.assert_array_equal(radius[::order], basis.breakpoints)
    slots = smooth_slots(basis.poloidal_slots, seed) + 1j * smooth_slots(basis.poloidal_slots, 9)
    values = stored_values(basis, slots, poloidal_functions, order + 1)
    # Rounding: a slope from values in a small element, times a scale up to 8 elements long.
    assert np.abs(basis.poloidal_from_storage(values) - slots).max() < 1e-12
    slots = slots[:-1]
    values = stored_values(basis, slots, toroidal_functions, order)
    assert np.abs(basis.toroidal_from_storage(values) - slots).max() < 1e-12


def stored_values(basis: ElementBasis, slots: np.ndarray, functions, size: int) -> np.ndarray:
    """Values at the storage points, their places in the elements not rounded."""
    n = basis.element_order
    table = functions(chebyshev.chebpts2(n + 1), n)[0]
    scales = np.ones((basis.elements, size))
    if size == n + 1:
        scales[:, 1] = basis.sizes / 2 / basis.slope_scale[:-1]
        scales[:, -1] = basis.sizes / 2 / basis.slope_scale[1:]
    local = by_element(slots, basis.stride, size) * scales[:, :, None]
    values = np.einsum("ki,eic->ekc", table, local)
    return np.concatenate([values[:, :-1].reshape(-1, slots.shape[1]), values[-1, -1:]])


def test_storage_radius_is_where_evaluation_finds_the_values(basis):
    slots = smooth_slots(basis.poloidal_slots)
    stored = stored_values(basis, slots, poloidal_functions, basis.element_order + 1)
    p = basis.evaluate_poloidal(slots, basis.storage_radius)[0]
    # Radii rounded by 2e-15 km over the smallest element, times a slope of degree^2.
    assert np.abs(p - stored).max() < 1e-10
    stored = stored_values(basis, slots[:-1], toroidal_functions, basis.element_order)
    t = basis.evaluate_toroidal(slots[:-1], basis.storage_radius)[0]
    assert np.abs(t - stored).max() < 1e-10


def test_storage_of_a_smooth_function_converges_exponentially():
    errors = []
    for order in (4, 6, 8, 10):
        basis = ElementBasis((1.0, 1.2, 1.6, 2.0), order)
        slots = basis.poloidal_from_storage(np.sin(5 * basis.storage_radius)[:, None])
        p = basis.evaluate_poloidal(slots, basis.radius)[0][:, 0]
        errors.append(np.abs(p - np.sin(5 * basis.radius)).max())
    # Two degrees more, with 5 h/2 = 1 of the largest element, gain (1/4)^2 over factorials.
    assert all(later < earlier / 30 for earlier, later in itertools.pairwise(errors))


def test_chebyshev_coefficients_are_those_of_each_element(basis):
    n = basis.element_order
    slots = smooth_slots(basis.poloidal_slots)
    nodes, points = np.array(basis.breakpoints), chebyshev.chebpts1(5)
    radius = (nodes[:-1] + nodes[1:])[:, None] / 2 + np.outer(basis.sizes / 2, points)
    series = basis.chebyshev_coefficients_poloidal_slope(slots)
    assert series.shape == (basis.elements, n, 3)
    slope = basis.evaluate_poloidal(slots, radius.ravel())[1].reshape(basis.elements, 5, 3)
    summed = np.einsum("kj,ejc->ekc", chebyshev.chebvander(points, n - 1), series)
    # Rounding of radii over the smallest element, times a slope of degree^2.
    assert np.abs((summed - slope) * basis.sizes[:, None, None]).max() < 1e-9
    series = basis.chebyshev_coefficients_toroidal(slots[:-1])
    assert series.shape == (basis.elements, n, 3)
    t = basis.evaluate_toroidal(slots[:-1], radius.ravel())[0].reshape(basis.elements, 5, 3)
    summed = np.einsum("kj,ejc->ekc", chebyshev.chebvander(points, n - 1), series)
    assert np.abs(summed - t).max() < 1e-10


def test_boundary_slots_are_the_values_and_slopes_there(basis):
    slots = smooth_slots(basis.poloidal_slots, columns=1)
    ends = np.array([basis.inner_radius, basis.outer_radius])
    p, slope, _ = basis.evaluate_poloidal(slots, ends)
    t, _ = basis.evaluate_toroidal(slots[:-1], ends)
    at = basis.boundary_slots
    # Rounding throughout.
    assert p[0] == pytest.approx(slots[at["poloidal_inner_value"]], abs=1e-14)
    assert p[1] == pytest.approx(slots[at["poloidal_outer_value"]], abs=1e-14)
    scale = basis.slope_scale[[0, -1]]
    assert slope[0] * scale[0] == pytest.approx(slots[at["poloidal_inner_slope"]], abs=1e-12)
    assert slope[1] * scale[1] == pytest.approx(slots[at["poloidal_outer_slope"]], abs=1e-12)
    assert t[0] == pytest.approx(slots[at["toroidal_inner_value"]], abs=1e-14)
    assert t[1] == pytest.approx(slots[at["toroidal_outer_value"]], abs=1e-14)


def test_curvature_at_a_breakpoint_is_that_above_it():
    basis = ElementBasis((1.0, 2.0, 3.0), 5)
    slots = smooth_slots(basis.poloidal_slots)
    curvature = basis.evaluate_poloidal(slots, np.array([2.0]))[2]
    above = basis.evaluate_poloidal(slots, np.array([2.0 + 1e-12]))[2]
    below = basis.evaluate_poloidal(slots, np.array([2.0 - 1e-12]))[2]
    assert np.abs(curvature - above).max() < 1e-9  # the distance times a slope of order 100
    assert np.abs(curvature - below).max() > 0.1  # two random elements


def test_radii_beyond_rounding_are_refused():
    basis = ElementBasis((1.0, 2.0, 3.0), 5)
    slots = smooth_slots(basis.poloidal_slots)
    at_end = basis.evaluate_poloidal(slots, np.array([3.0 + 1e-13]))[0]
    np.testing.assert_array_equal(at_end, basis.evaluate_poloidal(slots, np.array([3.0]))[0])
    for radius in (0.99, 3.001):
        with pytest.raises(ValueError, match="outside the shell 1 to 3"):
            basis.evaluate_poloidal(slots, np.array([2.0, radius]))


@pytest.mark.parametrize(
    ("breakpoints", "message"),
    [
        ((1.0,), "breakpoints: 1 given, at least 2"),
        ((1.0, 3.0, 2.5, 4.0), "breakpoints 3, 2.5 are not ascending"),
        ((1.0, 1.0, 2.0), "breakpoints 1, 1 are not ascending"),
        ((1.0, float("nan"), 2.0), "breakpoints 1, nan are not ascending"),
        ((1.0, float("inf")), "breakpoints 1, inf are not ascending"),
        ((10.0, 10.000000005, 11.0), "closer than 1e-09 of the outer radius"),
    ],
)
def test_impossible_breakpoints_are_refused(breakpoints, message):
    with pytest.raises(ValueError, match=message):
        ElementBasis(breakpoints)


def test_impossible_orders_and_shapes_are_refused():
    with pytest.raises(ValueError, match="element_order=2 is below 3"):
        ElementBasis((1.0, 2.0), 2)
    basis = ElementBasis((1.0, 2.0), 5)
    values = np.zeros((basis.toroidal_slots, 1))
    with pytest.raises(ValueError, match=r"slots of shape \(5, 1\) must be of shape \(6, columns"):
        basis.evaluate_poloidal(values, basis.radius)
    with pytest.raises(ValueError, match=r"values of shape \(5, 1\) must be of shape \(6, colu"):
        basis.toroidal_from_storage(values)
