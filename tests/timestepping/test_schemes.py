"""Tableaux: order conditions, stability, and dense output."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from spectralcmi.timestepping.schemes import SCHEMES, Scheme

schemes = pytest.mark.parametrize("name", list(SCHEMES))
adaptive = pytest.mark.parametrize("name", [n for n, s in SCHEMES.items() if s.is_adaptive])


def order_conditions(scheme: Scheme, weights: np.ndarray, order: int) -> Iterator[float]:
    """Residuals of all conditions on weights shared by both parts, for every mixture of parts."""
    parts = [scheme.explicit_matrix, scheme.implicit_matrix]
    nodes = [part.sum(axis=1) for part in parts]
    yield weights.sum() - 1
    if order >= 2:
        yield from (weights @ c - 1 / 2 for c in nodes)
    if order >= 3:
        for c, d in itertools.product(nodes, nodes):
            yield weights @ (c * d) - 1 / 3
        for a, c in itertools.product(parts, nodes):
            yield weights @ a @ c - 1 / 6
    if order >= 4:
        for c, d, e in itertools.product(nodes, nodes, nodes):
            yield weights @ (c * d * e) - 1 / 4
        for c, a, d in itertools.product(nodes, parts, nodes):
            yield weights @ (c * (a @ d)) - 1 / 8
        for a, c, d in itertools.product(parts, nodes, nodes):
            yield weights @ a @ (c * d) - 1 / 12
        for a, b, c in itertools.product(parts, parts, nodes):
            yield weights @ a @ b @ c - 1 / 24


@schemes
def test_order_conditions(name: str) -> None:
    scheme = SCHEMES[name]
    residuals = np.array(list(order_conditions(scheme, np.array(scheme.weights), scheme.order)))
    # coefficients of order 10 with 16 digits (24 digits of published decimals, rounded)
    assert np.abs(residuals).max() < 1e-14
    higher = np.array(list(order_conditions(scheme, np.array(scheme.weights), scheme.order + 1)))
    if scheme.order < 4:
        assert np.abs(higher).max() > 1e-3, "no higher order than declared"


@adaptive
def test_embedded_scheme_is_one_order_lower(name: str) -> None:
    scheme = SCHEMES[name]
    embedded = np.array(scheme.embedded)
    residuals = np.array(list(order_conditions(scheme, embedded, scheme.order - 1)))
    # as above
    assert np.abs(residuals).max() < 1e-14
    higher = np.array(list(order_conditions(scheme, embedded, scheme.order)))
    assert np.abs(higher).max() > 1e-3


@schemes
def test_structure(name: str) -> None:
    scheme = SCHEMES[name]
    explicit, implicit = scheme.explicit_matrix, scheme.implicit_matrix
    assert np.all(np.triu(explicit) == 0) and np.all(np.triu(implicit, 1) == 0)
    # one matrix M + h gamma K a step: the diagonal is constant, but for the explicit first stage
    assert implicit[0, 0] == 0 and np.all(np.diag(implicit)[1:] == scheme.gamma)
    assert scheme.gamma > 0
    # both parts sit at the same times, within the step (round-off of sums of numbers below 10)
    np.testing.assert_allclose(scheme.nodes, implicit.sum(axis=1), atol=1e-14)
    assert scheme.nodes.min() == 0 and scheme.nodes.max() <= 1 + 1e-14
    # stiffly accurate, and so L-stable: infinitely fast modes are damped at once
    np.testing.assert_allclose(implicit[-1], scheme.weights, atol=1e-15)


@schemes
def test_stiff_components_are_damped(name: str) -> None:
    """L-stability: R(z) = 1 + z b (1 - z A)^-1 1 vanishes like 1/z, and |R| < 1 on the way."""
    scheme = SCHEMES[name]
    for z, bound in ((-1.0, 0.4), (-10.0, 1.0), (-1e3, 1e-1), (-1e6, 1e-4)):
        assert abs(amplification(scheme, z, np.array(scheme.weights))) < bound


def amplification(scheme: Scheme, z: float, weights: np.ndarray) -> np.ndarray:
    """y/y_n of dy/dt = z y in units of the step, for one or several sets of weights."""
    size = scheme.stages
    stages = np.linalg.solve(np.eye(size) - z * scheme.implicit_matrix, np.ones(size))
    return 1 + z * (weights @ stages)


def dense_residuals(scheme: Scheme, coefficients: np.ndarray, order: int) -> np.ndarray:
    """Residuals of the conditions Sum_i b*_i Phi_i = theta^k / gamma of all trees of k nodes."""
    c, e, i = scheme.nodes, scheme.explicit_matrix, scheme.implicit_matrix
    trees = [(1, np.ones(scheme.stages), 1.0), (2, c, 1 / 2), (2, i.sum(axis=1), 1 / 2)]
    if order == 3:
        trees += [(3, c * c, 1 / 3), (3, e @ c, 1 / 6), (3, i @ c, 1 / 6)]
    residuals = []
    for theta in (0.1, 0.35, 0.5, 0.8, 1.0):
        weights = theta ** np.arange(1, len(coefficients) + 1) @ coefficients
        residuals += [weights @ phi - theta**k * value for k, phi, value in trees]
    return np.array(residuals)


@schemes
def test_dense_output_meets_its_order(name: str) -> None:
    scheme = SCHEMES[name]
    assert scheme.dense_order == (3 if name == "ark4" else 2)
    # a least-squares solution of a system with singular values down to 0.02
    assert np.abs(dense_residuals(scheme, scheme.dense_coefficients, scheme.dense_order)).max() < (
        1e-13
    )
    np.testing.assert_allclose(scheme.dense_weights(1.0), scheme.weights, atol=1e-13)
    assert np.all(scheme.dense_weights(0.0) == 0)


@schemes
def test_dense_output_of_stiff_decay_is_bounded(name: str) -> None:
    """|R(theta, z)| <= 1 for all z < 0; 1.04 for the cubic of ark4."""
    scheme = SCHEMES[name]
    weights = np.array([scheme.dense_weights(theta) for theta in np.linspace(0, 1, 41)])
    largest = max(np.abs(amplification(scheme, z, weights)).max() for z in -np.logspace(-2, 7, 46))
    # At z = -1e7 the cancelling terms leave 1e7 times the round-off of the coefficients, 1e-8.
    assert largest <= (1.05 if name == "ark4" else 1 + 1e-7)


def test_published_dense_output_of_ark3_meets_the_same_conditions() -> None:
    """Kennedy & Carpenter (2003), appendix: another solution of the same linear system."""
    published = np.array(
        [
            [
                4655552711362 / 22874653954995,
                -18682724506714 / 9892148508045,
                34259539580243 / 13192909600954,
                584795268549 / 6622622206610,
            ],
            [
                -215264564351 / 13552729205753,
                17870216137069 / 13817060693119,
                -28141676662227 / 17317692491321,
                2508943948391 / 7218656332882,
            ],
        ]
    )
    scheme = SCHEMES["ark3"]
    # published to 1e-26 and stored to 1e-16 each
    assert np.abs(dense_residuals(scheme, published, 2)).max() < 1e-14
    np.testing.assert_allclose(published.sum(axis=0), scheme.weights, atol=1e-14)
    thetas = np.linspace(0, 1, 41)[:, np.newaxis]
    weights = thetas ** np.arange(1, 3) @ published
    assert np.abs(amplification(scheme, -1e6, weights)).max() <= 1 + 1e-8
    # ours is the smaller of the two
    assert np.linalg.norm(scheme.dense_coefficients) < np.linalg.norm(published)
