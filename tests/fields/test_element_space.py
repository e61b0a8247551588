"""Banded matrices against dense ones from the formulas, and what is kept of their factors."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from spectralcmi.fields import element_space
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.fields.element_space import ElementSpace, slowest_modes
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT, Metric
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.dissipation import angular_rates
from spectralcmi.threads import Threads
from tests.grid.metrics import uniform_density

UNEVEN = (10.0, 10.3, 10.31, 10.7, 11.0)
CASES = [
    ((10.0, 11.0), 3),
    ((10.0, 11.0), 8),
    ((10.0, 10.5, 11.0), 3),
    (UNEVEN, 4),
    (UNEVEN, 7),
    (tuple(np.linspace(10, 11, 9)), 5),
]


def diffusivity(r: np.ndarray) -> np.ndarray:
    """A decade and a jump, which the quadrature takes as it is."""
    return 10 ** (r - 10) * np.where(r > 10.3, 2.0, 1.0)


def build(
    breakpoints: tuple[float, ...],
    order: int,
    inner: str = "perfect_conductor",
    layout: tuple[int, int, int] = (5, 0, 1),
    threads: int = 1,
    metric: Metric = FLAT,
) -> ElementSpace:
    shell = Shell(ElementBasis(breakpoints, order), Harmonics(*layout), metric)
    return ElementSpace(
        shell,
        diffusivity(shell.basis.radius),
        Boundaries(inner),
        angular_rates(3.0, layout[0]),
        Threads(threads),
    )


def dense_forms(space: ElementSpace, degree: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mass and stiffness of p and t as dense matrices, by sums over the quadrature points.

    p: Int (L^2 p^2/r^2 + L p'^2) dr + L (l/r_o) p(r_o)^2 and Int eta L (L p/r^2 - p'')^2 dr;
    t: Int L t^2 dr and Int eta (L^2 t^2/r^2 + L t'^2) dr.

    In a metric with e^(Phi + Lambda) in energies, e^(2 Phi + Lambda) in powers, and
    D = e^-Lambda d/dr: D p for p', e^-Phi D(e^Phi D p) for p'', e^-Phi D(e^Phi t) for t'.
    """
    basis, harmonics = space.shell.basis, space.shell.harmonics
    product, r, w = degree * (degree + 1.0), basis.radius[:, None], basis.weights[:, None]
    eta = diffusivity(r)
    column = space.shell.columns.degree_slices[degree - 1].start
    slots = np.zeros((2, space.shape[0], basis.poloidal_slots))
    for row in range(space.shape[0]):
        state = np.zeros(space.shape)
        state[row, column] = 1.0
        parts = tuple(
            np.zeros((n, space.shape[1])) for n in (basis.poloidal_slots, basis.toroidal_slots)
        )
        space.to_slots(state, *parts)
        for kind, part in enumerate(parts):
            slots[kind, row, : part.shape[0]] = part[:, column]
    outer = np.array([basis.outer_radius])
    p, p1, p2 = basis.evaluate_poloidal(slots[0].T, basis.radius)
    surface = basis.evaluate_poloidal(slots[0].T, outer)[0]
    t, t1 = basis.evaluate_toroidal(slots[1].T[: basis.toroidal_slots], basis.radius)
    metric = space.shell.metric
    phi, radial = metric.potential(r), metric.radial_potential(r)
    phi_slope, radial_slope = metric.potential_slope(r), metric.radial_potential_slope(r)
    p2 = np.exp(-2 * radial) * (p2 + (phi_slope - radial_slope) * p1)
    p1, t1 = np.exp(-radial) * p1, np.exp(-radial) * (t1 + phi_slope * t)
    eta, w = eta * np.exp(phi), w * np.exp(phi + radial)
    at_surface = np.exp(metric.potential(outer[0]) - metric.radial_potential(outer[0]))
    kappa = at_surface * float(space.shell.exterior_factor(degree))
    current = product * p / r**2 - p2
    mass_p = p.T @ (w * product**2 / r**2 * p) + p1.T @ (w * product * p1)
    mass_p += product * kappa * surface.T @ surface
    damping = 3.0 * (product / (harmonics.lmax * (harmonics.lmax + 1))) ** 4
    mass_t = t.T @ (w * product * t)
    ohmic_p = current.T @ (w * eta * product * current)
    ohmic_t = t.T @ (w * eta * product**2 / r**2 * t) + t1.T @ (w * eta * product * t1)
    return [(mass_p + mass_t), (ohmic_p + ohmic_t) + damping * (mass_p + mass_t)]


@pytest.mark.parametrize("layout", [(5, 0, 1), (3, 3, 1)])
@pytest.mark.parametrize("inner", ["perfect_conductor", "zero_toroidal"])
@pytest.mark.parametrize("metric", [FLAT, uniform_density(0.3, 10.0, 11.0)], ids=["flat", "star"])
@pytest.mark.parametrize(("breakpoints", "order"), CASES)
def test_products_and_solutions_are_those_of_dense_matrices(
    breakpoints, order, metric, inner, layout
):
    space = build(breakpoints, order, inner, layout, metric=metric)
    rng = np.random.default_rng(0)
    state, right = rng.standard_normal((2, *space.shape))
    fixed = inner == "zero_toroidal"
    if fixed:  # a row that is no unknown
        state[space.shape[0] // 2] = right[space.shape[0] // 2] = 0.0
    mass, stiffness = np.empty((2, *space.shape))
    space.mass(state, mass)
    space.stiffness(state, stiffness)
    solutions = {step: np.empty(space.shape) for step in (0.0, 0.02)}
    for step, solution in solutions.items():
        space.solve(step, right, solution)
    for degree, columns in enumerate(space.shell.columns.degree_slices, start=1):
        m, k = dense_forms(space, degree)
        for computed, dense in ((mass, m), (stiffness, k)):
            # rounding of radii over an element of 0.01; entries are at most (a_ii a_jj)^1/2
            root = np.sqrt(np.diag(dense))[:, None]
            scale = root * (root * np.abs(state[:, columns])).sum(axis=0)
            error = np.abs(computed[:, columns] - dense @ state[:, columns])
            assert np.all(error <= 1e-11 * scale)
        for step, solution in solutions.items():
            whole = m + step * k
            if fixed:
                whole[space.shape[0] // 2, space.shape[0] // 2] = 1.0
            # compared in the norm of the matrix: independent of its condition
            dense_solution = scipy.linalg.solve(whole, right[:, columns], assume_a="pos")
            rest = solution[:, columns] - dense_solution
            energy = np.einsum("ic,ij,jc->c", rest, whole, rest)
            size = np.einsum("ic,ic->c", dense_solution, right[:, columns])
            assert np.all(energy < 1e-12 * size)


@pytest.mark.parametrize("layout", [(40, 0, 1), (9, 9, 1)])
def test_threads_do_not_change_a_bit(layout):
    right = None
    results = []
    for threads in (1, 2, 3):
        space = build(UNEVEN, 6, layout=layout, threads=threads)
        right = np.random.default_rng(1).standard_normal(space.shape)
        out = np.empty((3, *space.shape))
        space.mass(right, out[0])
        parts = space.stiffness(right, out[1])
        space.solve(0.1, right, out[2])
        results.append((out, parts, vars(space.free_decay(2, (1, 4)))))
    for out, parts, modes in results[1:]:
        np.testing.assert_array_equal(out, results[0][0])
        assert parts == results[0][1]
        for name, part in modes.items():
            np.testing.assert_array_equal(part, results[0][2][name])


def test_factors_of_two_steps_are_kept(monkeypatch):
    """The present step and one that is tried alternate at no cost; a third replaces the older."""
    made = []
    original = element_space.factor_sum

    def counted(mass, step, *arguments, **options):
        made.append(step)
        return original(mass, step, *arguments, **options)

    monkeypatch.setattr(element_space, "factor_sum", counted)
    space = build(UNEVEN, 5)
    right, out = np.random.default_rng(2).standard_normal(space.shape), np.empty(space.shape)
    for step in (0.0, 0.1, 0.2, 0.1, 0.2, 0.0, 0.1):
        space.solve(step, right, out)
    assert made == [0.1, 0.1, 0.2, 0.2]  # of p and of t; of step 0 they are always there
    made.clear()
    for step in (0.3, 0.1, 0.3, 0.2):
        space.solve(step, right, out)
    # 0.2 made room for 0.3, and 0.1 for 0.2
    assert made == [0.3, 0.3, 0.2, 0.2]


def test_factors_that_take_the_place_of_others_are_their_own():
    """Memory is used again: a solution does not depend on the steps before it."""
    space = build(UNEVEN, 5)
    right, out = np.random.default_rng(3).standard_normal(space.shape), np.empty(space.shape)
    for step in (0.1, 0.2, 0.3, 0.4, 0.1, 0.5, 0.2):
        space.solve(step, right, out)
        fresh, expected = build(UNEVEN, 5), np.empty(space.shape)
        fresh.solve(step, right, expected)
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("count", [1, 5, 23])
def test_slowest_modes_are_those_of_dense_matrices(count):
    rng = np.random.default_rng(4)
    size, half_bandwidth = 23, 4
    dense = []
    for _ in range(2):
        root = np.tril(np.triu(rng.standard_normal((size, size)), -2), 0)
        dense.append(root @ root.T + np.eye(size))
    lowers = [
        np.array([np.pad(np.diag(a, -d), (0, d)) for d in range(half_bandwidth + 1)]) for a in dense
    ]
    rates, vectors = slowest_modes(*lowers, count)
    expected = scipy.linalg.eigh(dense[1], dense[0], eigvals_only=True)[:count]
    # rounding of well conditioned matrices
    np.testing.assert_allclose(rates, expected, rtol=1e-11)
    np.testing.assert_allclose(vectors.T @ dense[0] @ vectors, np.eye(count), atol=1e-10)
    np.testing.assert_allclose(
        dense[1] @ vectors, dense[0] @ vectors * rates, atol=1e-9 * expected[-1]
    )


def test_rows_held_at_zero_are_no_part_of_a_mode():
    lower = np.array([[5.0, 2.0, 3.0], [1.0, 0.0, 0.0]])
    rates, vectors = slowest_modes(np.array([[1.0, 1.0, 1.0]]), lower, 2, fixed=1)
    np.testing.assert_allclose(rates, [2.0, 3.0], rtol=1e-14)
    np.testing.assert_array_equal(vectors[0], 0.0)


def test_free_decay_can_be_repeated_to_the_last_bit():
    one, two = (vars(build(UNEVEN, 7).free_decay(3, (1, 2))) for _ in range(2))
    for name, part in one.items():
        np.testing.assert_array_equal(part, two[name])
