"""div B = 0 on the grid, by a differentiation that knows no harmonics."""

import itertools

import numpy as np
import pytest
import scipy.linalg

from spectralcmi.grid.elements import ElementBasis
from tests.on_grid import field_and_curl


def derivative_matrix(points):
    """Derivative of the polynomial through values on points, by barycentric interpolation."""
    # weights of products of differences, scaled to the capacity of the interval
    gaps = 4 * (points[:, None] - points) / (points.max() - points.min())
    np.fill_diagonal(gaps, 1.0)
    weights = 1 / np.prod(gaps, axis=1)
    differences = points[:, None] - points
    np.fill_diagonal(differences, 1.0)
    matrix = weights / weights[:, None] / differences
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


def by_element(basis):
    """Derivative on the quadrature shells, within each polynomial."""
    bounds = basis.blocks.bounds if isinstance(basis, ElementBasis) else [0, basis.points]
    parts = [derivative_matrix(basis.radius[a:b]) for a, b in itertools.pairwise(bounds)]
    return scipy.linalg.block_diag(*parts)


def divergence(basis, cosine, field, mres):
    """Divergence of (B_r, B_theta, B_phi)(r, theta, phi) on Gauss points, without harmonics.

    Fourier in longitude; in colatitude sin(theta) B_theta of order m is a polynomial in
    cos(theta), times sin(theta) where m is odd.
    """
    radial, theta, phi = (np.fft.rfft(part, axis=-1) for part in field)
    sine = np.sqrt(1 - cosine**2)
    radius = basis.radius
    r = radius[:, None, None]
    orders = mres * np.arange(radial.shape[-1])
    by_radius = by_element(basis)
    by_cosine = derivative_matrix(cosine)
    result = np.einsum("ij,jkm->ikm", by_radius, r**2 * radial) / r**2
    for index, order in enumerate(orders):
        factor = sine if order % 2 else np.ones_like(sine)
        polynomial = sine * theta[..., index] / factor
        slope = np.einsum("kj,ij->ik", by_cosine, polynomial) * factor
        if order % 2:
            slope -= cosine / sine * polynomial
        result[..., index] += -slope / radius[:, None]
        result[..., index] += 1j * order * phi[..., index] / (radius[:, None] * sine)
    return np.fft.irfft(result, field[0].shape[-1], axis=-1) if len(orders) > 1 else result.real


@pytest.mark.parametrize("layout", [(6, 0, 1), (5, 5, 1), (6, 4, 2)])
def test_divergence_on_the_grid(shell_model, random_coefficients, validated, layout, elements):
    model = shell_model(12, *layout, map_parameter=0, elements=elements)
    state = model.state(random_coefficients(model, 9))
    basis, harmonics = model.shell.basis, model.shell.harmonics
    field, _ = field_and_curl(state)
    gradient = np.abs(by_element(basis) @ field[0].reshape(basis.radius.size, -1)).max()
    cosine = np.cos(harmonics.colatitude)
    result = divergence(basis, cosine, field, layout[2])
    # round-off of differentiation matrices, points^2
    validated.error(
        "div B on the grid, per radial derivative", "0", np.abs(result).max() / gradient, 1e-11
    )
    field[1] *= 1.001
    broken = divergence(basis, cosine, field, layout[2])
    assert np.abs(broken).max() > 1e-4 * gradient, "the check can fail"
