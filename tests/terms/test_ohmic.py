"""Free-decay modes of stratified shells; uniform ones are in the validation."""

import numpy as np
import pytest

from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.terms.ohmic import free_decay
from spectralcmi.threads import Threads


def diffusivity(r):
    """Five decades, as in a crust."""
    return 10 ** (20 * (r - 0.75))


def shell_of(order, lmax):
    return Shell(chebyshev_basis(0.75, 1.0, order), Harmonics(lmax, 0))


@pytest.fixture(scope="module")
def basis():
    return chebyshev_basis(0.75, 1.0, 20)


@pytest.mark.parametrize("inner", ["perfect_conductor", "zero_toroidal"])
def test_modes_are_orthonormal_in_energy_and_dissipation(shell_model, inner):
    model = shell_model(20, 3, 3, diffusivity=diffusivity, inner=inner)
    basis, modes = model.shell.basis, model.space.modes
    values, slopes, curvatures = basis.evaluation
    r, eta = basis.radius[:, None], model.local.magnetic_diffusivity[:, None]
    for degree in (1, 2, 3):
        product = degree * (degree + 1)
        p, p1, p2 = (m @ modes.poloidal[degree - 1] for m in (values, slopes, curvatures))
        t, t1 = (m @ modes.toroidal[degree - 1] for m in (values, slopes))
        w = basis.weights[:, None]
        surface = basis.boundary_evaluation[0][1] @ modes.poloidal[degree - 1]
        energy = p.T @ (w * product**2 / r**2 * p) + p1.T @ (w * product * p1)
        energy += product * degree / basis.outer_radius * np.outer(surface, surface)
        current = product * p / r**2 - p2
        dissipation = current.T @ (w * product * eta * current)
        rates = modes.poloidal_rates[degree - 1]
        np.testing.assert_allclose(energy, np.eye(len(rates)), atol=1e-11)
        # relative to the rates of both modes: the slow ones keep their accuracy
        scale = np.sqrt(np.outer(rates, rates))
        np.testing.assert_allclose(dissipation / scale, np.eye(len(rates)), atol=1e-8)
        energy = t.T @ (w * product * t)
        dissipation = t.T @ (w * eta * product**2 / r**2 * t) + t1.T @ (w * eta * product * t1)
        rates = modes.toroidal_rates[degree - 1]
        np.testing.assert_allclose(energy, np.eye(len(rates)), atol=1e-11)
        scale = np.sqrt(np.outer(rates, rates))
        np.testing.assert_allclose(dissipation / scale, np.eye(len(rates)), atol=1e-8)


def test_rates_ascend_and_scale_with_the_diffusivity(basis):
    eta = diffusivity(basis.radius)
    modes, faster = (free_decay(shell_of(20, 4), factor * eta) for factor in (1.0, 3.0))
    for name in ("poloidal_rates", "toroidal_rates"):
        rates = getattr(modes, name)
        assert np.all(np.diff(rates, axis=1) > 0) and np.all(rates > 0)
        np.testing.assert_allclose(getattr(faster, name), 3 * rates, rtol=1e-9)
    assert modes.poloidal_modes == 18 and modes.toroidal_modes == 19


def test_slowest_rates_converge_where_the_diffusivity_varies(basis):
    # thick enough that the slowest mode is that of the poorly conducting outer part as well
    rates = [
        free_decay(shell, diffusivity(shell.basis.radius)).poloidal_rates[:, 0]
        for shell in (shell_of(n, 2) for n in (32, 48))
    ]
    np.testing.assert_allclose(rates[0], rates[1], rtol=1e-9)


def test_signs_are_fixed(basis):
    modes = free_decay(shell_of(20, 4), diffusivity(basis.radius))
    finer = chebyshev_basis(0.75, 1.0, 31)
    others = free_decay(shell_of(31, 4), diffusivity(finer.radius))
    assert np.all((basis.boundary_evaluation[0][1] @ modes.poloidal)[:, :4] > 0)
    outer_slopes = basis.boundary_evaluation[1][1] @ modes.toroidal
    assert np.all(outer_slopes[:, :4] < 0)
    # the same functions, signs included, at any radial order
    points = np.linspace(0.75, 1.0, 9)
    for name in ("poloidal", "toroidal"):
        shapes = [
            b.evaluation_at(b.map.coordinate(points))[0] @ getattr(m, name)[:, :, :3]
            for b, m in ((basis, modes), (finer, others))
        ]
        # 20 polynomials hold the third mode to 1e-3
        np.testing.assert_allclose(shapes[0], shapes[1], atol=1e-2 * np.abs(shapes[0]).max())


def test_threads_do_not_change_a_bit(basis):
    eta = diffusivity(basis.radius)
    one, two = (free_decay(shell_of(20, 6), eta, threads=Threads(count)) for count in (1, 2))
    for name in vars(one):
        assert np.array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_impossible_diffusivities(basis, bad):
    eta = np.ones(basis.points)
    eta[3] = bad
    with pytest.raises(ValueError, match=r"magnetic_diffusivity=.* is not positive and finite"):
        free_decay(shell_of(20, 1), eta)
