"""What both radial bases promise: blocks of shells, tails, and a description that is stored."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.radial import RadialBasis, against, on_points
from spectralcmi.grid.stored import basis_attributes, stored_basis

BASES = {
    "global": chebyshev_basis(0.75, 1.0, 13),
    "odd points": chebyshev_basis(0.75, 1.0, 9, 0.5),
    "one element": ElementBasis((0.75, 1.0), 9),
    "elements": ElementBasis((0.75, 0.8, 0.81, 1.0), 6),
}


@pytest.fixture(params=BASES.values(), ids=BASES.keys())
def basis(request: pytest.FixtureRequest) -> RadialBasis:
    return request.param


def slots_of(basis: RadialBasis, seed: int, columns: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Random functions p and t whose derivatives are not all round-off."""
    rng = np.random.default_rng(seed)
    decay = 1.0 if isinstance(basis, ElementBasis) else 2.0 ** -np.arange(basis.order)[:, None]
    sizes = basis.poloidal_slots, basis.toroidal_slots
    return tuple(decay * rng.standard_normal((size, columns)) for size in sizes)


def test_blocks_cover_the_shells_and_evaluate_the_functions(basis):
    blocks = basis.blocks
    assert blocks.bounds[0] == 0 and blocks.bounds[-1] == basis.radius.size
    assert np.all(np.diff(blocks.bounds) > 0)
    poloidal, toroidal = slots_of(basis, 0)
    for tables, starts, slots, evaluate in (
        (blocks.poloidal, blocks.poloidal_start, poloidal, basis.evaluate_poloidal),
        (blocks.toroidal, blocks.toroidal_start, toroidal, basis.evaluate_toroidal),
    ):
        values = on_points(tables, starts, blocks.bounds, slots)
        for part, expected in zip(values, evaluate(slots, basis.radius), strict=True):
            # round-off of radii over an element of 0.01, twice for the second derivative
            np.testing.assert_allclose(part, expected, atol=1e-10 * np.abs(expected).max())


def test_tests_are_the_transposed_functions(basis):
    """Sums against the test functions p'', p and t, t' are those of `against`."""
    blocks, rng = basis.blocks, np.random.default_rng(1)
    for tables, tests, starts, pair, size in (
        (blocks.poloidal, blocks.poloidal_tests, blocks.poloidal_start, (2, 0), "poloidal_slots"),
        (blocks.toroidal, blocks.toroidal_tests, blocks.toroidal_start, (0, 1), "toroidal_slots"),
    ):
        size = getattr(basis, size)
        integrands = rng.standard_normal((2, basis.radius.size, 2))
        expected = against(tables[:, list(pair)], starts, blocks.bounds, integrands, size)
        summed, longest = np.zeros((size, 2)), np.diff(blocks.bounds).max()
        for block, start in enumerate(starts):
            first, last = blocks.bounds[block : block + 2]
            padded = np.zeros((2, longest, 2))
            padded[:, : last - first] = integrands[:, first:last]
            summed[start : start + tests.shape[1]] += tests[block] @ padded.reshape(-1, 2)
        # rounding of sums of two hundred terms
        np.testing.assert_allclose(summed, expected, atol=1e-13 * np.abs(expected).max())


def test_sums_against_functions_are_the_transpose_of_their_values(basis):
    blocks, rng = basis.blocks, np.random.default_rng(2)
    poloidal, _ = slots_of(basis, 3)
    values = on_points(blocks.poloidal, blocks.poloidal_start, blocks.bounds, poloidal)
    integrands = rng.standard_normal(values.shape)
    sums = against(
        blocks.poloidal, blocks.poloidal_start, blocks.bounds, integrands, basis.poloidal_slots
    )
    # rounding relative to the terms, of which p'' is the largest
    scale = np.abs(values * integrands).sum()
    assert np.vdot(sums, poloidal) == pytest.approx(np.vdot(integrands, values), abs=1e-14 * scale)


def test_a_smooth_function_has_a_small_tail_and_a_rough_one_has_not():
    for basis in (chebyshev_basis(0.75, 1.0, 48), ElementBasis(tuple(np.linspace(0.75, 1, 5)), 9)):
        stored = basis.storage_radius[:, None]
        smooth, rough = (
            (
                basis.poloidal_from_storage(np.sin(k * stored)),
                basis.toroidal_from_storage(np.cos(k * stored)),
            )
            for k in (10.0, 1000.0)
        )
        # 0.6 rad an element and degrees 7, 8: 0.3^7/7!; a wave of which two fit into it is not held
        assert basis.tail(*smooth) < 1e-6
        assert basis.tail(*rough) > 0.1
        # the worse of the two tells, and nothing has no tail
        assert basis.tail(smooth[0], rough[1]) == pytest.approx(basis.tail(0 * rough[0], rough[1]))
        assert basis.tail(rough[0], smooth[1]) > 0.1
        assert basis.tail(0 * smooth[0], 0 * smooth[1]) == 0.0


def test_a_basis_is_what_its_attributes_say(basis):
    attributes = json.loads(json.dumps(basis_attributes(basis)))
    again = stored_basis(attributes)
    np.testing.assert_array_equal(again.storage_radius, basis.storage_radius)
    assert (again.order, again.poloidal_slots) == (basis.order, basis.poloidal_slots)


def test_files_of_version_1_tell_the_polynomials_by_their_radii():
    basis = chebyshev_basis(0.75, 1.0, 13)
    attributes = basis_attributes(basis)
    del attributes["radial_functions"]
    assert stored_basis(attributes, basis.storage_radius.size) == basis


def test_descriptions_count_the_functions(basis):
    assert str(basis.order) in basis.description
