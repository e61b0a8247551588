"""Banded matrices of each degree against dense and LAPACK's banded ones; free decay by them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg

from spectralcmi.grid import bands
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.threads import Threads

#: Half-bandwidths of elements of degree 2 to 14, by fewer.
HALF_BANDWIDTHS = (2, 3, 6, 7, 11, 14)


def family(b: int, rows: int, degrees: int, seed: int = 0) -> np.ndarray:
    """Random positive definite matrices, condition number of order ten."""
    lower = np.random.default_rng(seed).normal(size=(b + 1, rows, degrees))
    for d in range(b + 1):
        lower[d, max(0, rows - d) :] = 0.0
    dense = np.abs(lower[1:])
    lower[0] = 1.0 + np.abs(lower[0]) + dense.sum(axis=0)
    for d in range(1, min(b + 1, rows)):
        lower[0, d:] += dense[d - 1, :-d]
    return lower


def dense(lower: np.ndarray) -> np.ndarray:
    """Matrix of one degree, (rows, rows), from its band (b + 1, rows)."""
    rows = lower.shape[1]
    matrix = np.zeros((rows, rows))
    for d in range(min(lower.shape[0], rows)):
        matrix[np.arange(d, rows), np.arange(rows - d)] = lower[d, : rows - d]
        matrix[np.arange(rows - d), np.arange(d, rows)] = lower[d, : rows - d]
    return matrix


def bounds_of(degrees: int) -> np.ndarray:
    """Columns of l = 1 to `degrees` with all orders."""
    return np.concatenate([[0], np.cumsum(2 * np.arange(1, degrees + 1) + 1)])


def columns(rows: int, count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, count))


# Assembly ------------------------------------------------------------------------------------


def test_assembly_is_the_sum_of_the_element_matrices():
    local = np.random.default_rng(0).normal(size=(5, 6, 6))
    local += local.swapaxes(1, 2)
    matrix = np.zeros((4 * 4 + 6, 4 * 4 + 6))
    for e in range(5):
        matrix[4 * e : 4 * e + 6, 4 * e : 4 * e + 6] += local[e]
    lower = bands.assemble(local, 4, 22)
    np.testing.assert_allclose(dense(lower), matrix, atol=1e-15)  # the order of two additions
    assert not np.any(lower[5, -5:])


def test_assembly_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="do not fit size=21"):
        bands.assemble(np.zeros((5, 6, 6)), 4, 21)
    with pytest.raises(ValueError, match="do not fit"):
        bands.assemble(np.zeros((5, 6, 5)), 4, 30)


def test_combination_is_linear_in_the_coefficients():
    generator = np.random.default_rng(0)
    coefficients, parts = generator.normal(size=(3, 8)), generator.normal(size=(3, 4, 10))
    family_ = bands.combine(coefficients, parts)
    assert family_.shape == (4, 10, 8)
    expected = sum(coefficients[k, 5] * parts[k] for k in range(3))
    np.testing.assert_allclose(family_[:, :, 5], expected, atol=1e-14)  # rounding


@pytest.mark.parametrize("rows", [4, 12])
def test_slaving_the_last_row_is_a_congruence(rows):
    lower, weights = family(5, rows, 3), np.array([-0.5, 0.0, 2.0])
    slaved = bands.slave_last(lower, weights)
    assert slaved.shape == (6, rows - 1, 3)
    for k, weight in enumerate(weights):
        transform = np.eye(rows, rows - 1)
        transform[-1, -1] = weight
        expected = transform.T @ dense(lower[:, :, k]) @ transform
        # Rounding of entries of order 30.
        np.testing.assert_allclose(dense(slaved[:, :, k]), expected, atol=1e-13)


# Kernels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [1, 16, 37])
def test_packing_can_be_undone(degrees):
    lower = family(4, 9, degrees)
    packed = bands.pack(lower)
    assert (packed.rows, packed.half_bandwidth, packed.degrees) == (9, 4, degrees)
    np.testing.assert_array_equal(packed.unpack(), lower)


@pytest.mark.parametrize("b", HALF_BANDWIDTHS)
@pytest.mark.parametrize("rows", [5, 40])
def test_factors_are_those_of_lapack(b, rows):
    lower = family(b, rows, 21)
    factors = bands.factor(bands.pack(lower)).unpack()
    for k in (0, 15, 16, 20):
        inside = min(b, rows - 1) + 1
        expected = scipy.linalg.cholesky_banded(lower[:inside, :, k], lower=True)
        expected[0] = 1 / expected[0]
        for d in range(1, inside):
            expected[d, rows - d :] = 0.0
        # Rounding, entries of order one.
        np.testing.assert_allclose(factors[:inside, :, k], expected, atol=1e-13)
        assert not np.any(factors[inside:, :, k])


@pytest.mark.parametrize("b", HALF_BANDWIDTHS)
@pytest.mark.parametrize("is_axisymmetric", [True, False])
def test_solutions_and_products_are_those_of_dense_matrices(b, is_axisymmetric):
    rows, degrees = 40, 21
    lower = family(b, rows, degrees)
    bounds = None if is_axisymmetric else bounds_of(degrees)
    matrices = bands.pack(lower)
    y = columns(rows, degrees if bounds is None else bounds[-1])
    kept = y.copy()
    product = np.full_like(y, np.nan)
    quadratic = bands.multiply(matrices, y, product, bounds)
    solution = bands.solve(bands.factor(matrices), y, bounds=bounds)
    np.testing.assert_array_equal(y, kept)
    ends = np.arange(degrees + 1) if bounds is None else bounds
    for k in range(degrees):
        matrix, mine = dense(lower[:, :, k]), slice(ends[k], ends[k + 1])
        expected = matrix @ y[:, mine]
        # Rounding: entries up to 50, condition numbers of order ten, sums of 1000 terms.
        np.testing.assert_allclose(product[:, mine], expected, atol=1e-12)
        np.testing.assert_allclose(quadratic[k], np.sum(y[:, mine] * expected), rtol=1e-12)
        np.testing.assert_allclose(
            solution[:, mine], np.linalg.solve(matrix, y[:, mine]), atol=1e-13
        )


def test_one_column_a_degree_is_recognised_in_bounds():
    matrices = bands.pack(family(6, 30, 18))
    y = columns(30, 18)
    first = bands.solve(bands.factor(matrices), y)
    second = bands.solve(bands.factor(matrices), y, bounds=np.arange(19))
    np.testing.assert_array_equal(first, second)


def test_degrees_may_lack_columns():
    lower, bounds = family(6, 30, 4), np.array([0, 3, 3, 20, 21])
    y = columns(30, 21)
    out = np.empty_like(y)
    quadratic = bands.multiply(bands.pack(lower), y, out, bounds)
    assert quadratic[1] == 0.0
    np.testing.assert_allclose(out[:, 20], dense(lower[:, :, 3]) @ y[:, 20], atol=1e-13)  # rounding


def test_rows_of_a_larger_array_are_taken_and_given_in_place():
    factors = bands.factor(bands.pack(family(6, 30, 10)))
    bounds = bounds_of(10)
    state = columns(70, bounds[-1])
    expected = bands.solve(factors, state[30:60].copy(), bounds=bounds)
    kept = state.copy()
    bands.solve(factors, state[30:60], state[30:60], bounds)
    np.testing.assert_array_equal(state[30:60], expected)
    np.testing.assert_array_equal(state[:30], kept[:30])
    np.testing.assert_array_equal(state[60:], kept[60:])


def test_products_may_overwrite_their_operand():
    matrices, y = bands.pack(family(7, 30, 19)), columns(30, 19)
    out = np.empty_like(y)
    bands.multiply(matrices, y, out)
    bands.multiply(matrices, y, y)
    np.testing.assert_array_equal(y, out)


def test_a_sum_is_factored_without_being_stored():
    mass, stiffness = family(7, 30, 19), family(7, 30, 19, seed=2)
    expected = bands.factor(bands.pack(mass + 0.3 * stiffness))
    out = bands.factor(bands.pack(mass))
    again = bands.factor_sum(bands.pack(mass), 0.3, bands.pack(stiffness), out)
    assert again is out
    np.testing.assert_allclose(out.unpack(), expected.unpack(), atol=1e-14)  # a fused multiply-add


@pytest.mark.parametrize("is_axisymmetric", [True, False])
def test_the_number_of_threads_changes_no_bit(is_axisymmetric):
    degrees = 700 if is_axisymmetric else 40
    matrices = bands.pack(family(6, 12, degrees))
    bounds = None if is_axisymmetric else bounds_of(degrees)
    y = columns(12, degrees if bounds is None else bounds[-1])
    results = []
    for count in (1, 3):
        threads, out = Threads(count), np.empty_like(y)
        factors = bands.factor(matrices, threads=threads)
        solution = bands.solve(factors, y, bounds=bounds, threads=threads)
        quadratic = bands.multiply(matrices, y, out, bounds, threads=threads)
        results.append((factors.packed, solution, out, quadratic))
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


SCRIPT = """
import sys
import numpy as np
from spectralcmi.grid import bands
generator = np.random.default_rng(3)
lower = generator.normal(size=(8, 30, 21))
lower[0] = 40.0
bounds = np.concatenate([[0], np.cumsum(2 * np.arange(1, 22) + 1)])
matrices = bands.pack(lower)
factors = bands.factor(matrices)
for ends in (None, bounds):
    y = generator.normal(size=(30, 21 if ends is None else ends[-1]))
    out = np.empty_like(y)
    quadratic = bands.multiply(matrices, y, out, ends)
    for result in (quadratic, out, bands.solve(factors, y, None, ends)):
        sys.stdout.write(result.tobytes().hex())
"""


def test_kernels_found_on_disk_give_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    compiled, loaded = (
        subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert list(tmp_path.rglob("*.nbc"))
    assert len(compiled.stdout) > 1000
    assert compiled.stdout == loaded.stdout


@pytest.mark.parametrize("index", [0, 17])
def test_an_indefinite_matrix_is_named(index):
    lower = family(4, 20, 18)
    lower[0, 11, index] = -1.0
    with pytest.raises(np.linalg.LinAlgError, match=f"degree index {index} is not positive"):
        bands.factor(bands.pack(lower))


def test_operands_that_do_not_match_are_refused():
    matrices, y = bands.pack(family(4, 20, 18)), columns(20, 18)
    factors = bands.factor(matrices)
    with pytest.raises(ValueError, match=r"must be of shape \(20, 18\)"):
        bands.solve(factors, columns(19, 18))
    with pytest.raises(ValueError, match="float64 in C order"):
        bands.solve(factors, np.asfortranarray(y))
    with pytest.raises(ValueError, match="float64 in C order"):
        bands.multiply(matrices, y + 0j, y + 0j)
    with pytest.raises(ValueError, match="must ascend from 0 over 18 degrees"):
        bands.solve(factors, y, bounds=np.array([0, 9, 18]))
    with pytest.raises(ValueError, match="matrices packed as"):
        bands.factor_sum(matrices, 1.0, bands.pack(family(5, 20, 18)))


# Free decay ----------------------------------------------------------------------------------

#: r_i/r_o = 0.75, eta = 1: decay constants q of the first modes of l = 1, 2, 3, by two other
#: methods, to all their digits.
POLOIDAL = ((7.03266, 19.12793), (7.81795, 19.46616), (8.635648,))
TOROIDAL = ((6.515702, 18.921155), (6.957296, 19.063579), (7.571172,))
DEGREES = np.array([1, 2, 3])


def gram(basis: ElementBasis, first: np.ndarray, power: int = 0, second=None) -> np.ndarray:
    """Int first second / r^power dr of the local functions, (elements, m, m)."""
    second = first if second is None else second
    q = basis.points_per_element
    weights = (basis.weights / basis.radius**power).reshape(basis.elements, q)
    return np.einsum("eq,eqi,eqj->eij", weights, first, second)


def assembled(basis: ElementBasis, *local: np.ndarray) -> np.ndarray:
    slots = basis.order + local[0].shape[1] - basis.stride
    return np.array([bands.assemble(m, basis.stride, slots) for m in local])


def toroidal_constants(basis: ElementBasis) -> list[np.ndarray]:
    """Decay constants of t for each of `DEGREES`: t(r_o) = 0, no condition at r_i."""
    f, slope = basis.toroidal_tables
    squares = DEGREES * (DEGREES + 1.0)
    parts = assembled(basis, gram(basis, f), gram(basis, f, 2), gram(basis, slope))
    one, zero = np.ones(3), np.zeros(3)
    mass = bands.combine(np.array([one, zero, zero]), parts)
    loss = bands.combine(np.array([zero, squares, one]), parts)
    return [constants(loss[:, :-1, k], mass[:, :-1, k]) for k in range(3)]


def poloidal_constants(basis: ElementBasis) -> list[np.ndarray]:
    """Decay constants of p: p(r_i) = 0 and p' = -(l/r_o) p at r_o, slaved."""
    f, slope, curvature = basis.poloidal_tables
    squares = DEGREES * (DEGREES + 1.0)
    mixed = gram(basis, f, 2, curvature)
    parts = assembled(
        basis,
        gram(basis, f, 2),
        gram(basis, slope),
        gram(basis, f, 4),
        mixed + mixed.swapaxes(1, 2),
        gram(basis, curvature),
    )
    one, zero = np.ones(3), np.zeros(3)
    mass = bands.combine(np.array([squares, one, zero, zero, zero]), parts)
    loss = bands.combine(np.array([zero, zero, squares**2, -squares, one]), parts)
    mass[0, basis.boundary_slots["poloidal_outer_value"]] += DEGREES / basis.outer_radius
    weights = -DEGREES / basis.outer_radius * basis.slope_scale[-1]
    mass, loss = (bands.slave_last(matrices[:, 1:], weights) for matrices in (mass, loss))
    assert mass.shape[1] == basis.order
    return [constants(loss[:, :, k], mass[:, :, k]) for k in range(3)]


def constants(loss: np.ndarray, mass: np.ndarray) -> np.ndarray:
    return np.sqrt(scipy.linalg.eigh(dense(loss), dense(mass), eigvals_only=True))


@pytest.mark.parametrize(
    ("computed", "table"), [(poloidal_constants, POLOIDAL), (toroidal_constants, TOROIDAL)]
)
def test_free_decay_constants_are_those_of_the_table(computed, table):
    basis = ElementBasis(tuple(np.linspace(0.75, 1.0, 5)), 8)
    for values, expected in zip(computed(basis), table, strict=True):
        # The digits of the table.
        np.testing.assert_allclose(values[: len(expected)], expected, atol=5.1e-6, rtol=0)


@pytest.mark.parametrize("computed", [poloidal_constants, toroidal_constants])
def test_free_decay_converges_exponentially_with_the_order(computed):
    ends = tuple(np.linspace(0.75, 1.0, 3))
    reference = computed(ElementBasis(ends, 14))[1][1]
    errors = [abs(computed(ElementBasis(ends, n))[1][1] / reference - 1) for n in (4, 6, 8)]
    # Energies converge as (q h/2)^(2n) over factorials, q h/2 = 1.2: two degrees gain over 100.
    assert errors[1] < errors[0] / 100
    assert errors[2] < errors[1] / 100
    assert errors[2] < 1e-8


def test_free_decay_on_graded_elements():
    sizes = 0.25 * np.array([32.0, 16.0, 8.0, 2.0, 0.5, 1.0, 4.0, 16.0, 32.0]) / 111.5
    ends = (0.75, *(0.75 + np.cumsum(sizes)[:-1]), 1.0)
    uniform = tuple(np.linspace(0.75, 1.0, 5))
    for computed in (poloidal_constants, toroidal_constants):
        graded, reference = (computed(ElementBasis(e, 10))[0][0] for e in (ends, uniform))
        # eps times the ratio of the largest to the smallest decay rate, up to 1e8.
        assert graded == pytest.approx(reference, rel=1e-7)
