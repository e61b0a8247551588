"""Columns and volume integrals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT
from spectralcmi.grid.shell import Columns, Shell
from tests.grid.metrics import constant, uniform_density

LAYOUTS = [(1, 0, 1), (1, 1, 1), (5, 0, 1), (6, 6, 1), (7, 4, 2), (6, 6, 3)]


@given(st.sampled_from(LAYOUTS), st.integers(0, 2**32 - 1))
def test_columns_round_trip(layout, seed):
    columns = Columns(Harmonics(*layout))
    values = np.random.default_rng(seed).standard_normal((3, columns.count))
    back = columns.from_complex(columns.to_complex(values))
    np.testing.assert_allclose(back, values, rtol=4e-16, atol=0)  # times and over sqrt 2


@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns(layout):
    harmonics = Harmonics(*layout)
    columns = Columns(harmonics)
    assert columns.count == np.where(harmonics.order > 0, 2, 1).sum()
    if layout[0] == layout[1] and layout[2] == 1:
        assert columns.count == (layout[0] + 1) ** 2 - 1
    assert columns.degree.size == columns.order.size == columns.count
    used = np.concatenate([columns.real, columns.imaginary[columns.imaginary >= 0]])
    assert sorted(used) == list(range(columns.count))
    for degree, part in enumerate(columns.degree_slices, start=1):
        assert np.all(columns.degree[part] == degree)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_square_sum_of_columns_is_the_integral_of_the_square(layout):
    harmonics = Harmonics(*layout)
    columns = Columns(harmonics)
    values = np.random.default_rng(0).standard_normal(columns.count)
    zero = np.zeros(harmonics.size, dtype=complex)
    radial, _, _ = harmonics.synthesis(columns.to_complex(values), zero, zero)
    integral = (harmonics.solid_angle.reshape(radial.T.shape).T * radial**2).sum()
    assert integral == pytest.approx(values @ values, rel=1e-12)


@pytest.mark.parametrize(
    "basis", [chebyshev_basis(1.0, 2.0, 12), ElementBasis((1.0, 1.2, 1.9, 2.0), 5)], ids=type
)
def test_volume(basis):
    shell = Shell(basis, Harmonics(2, 0))
    assert shell.volume == pytest.approx(4 * np.pi * 7 / 3, rel=1e-15)
    # accuracy 1e-12 of the map
    assert shell.proper_integral(np.full(shell.basis.points, 4 * np.pi)) == pytest.approx(
        shell.volume, rel=1e-11
    )


def test_weights_of_a_star_of_uniform_density():
    """Proper volume, and powers of the lapse in energies and powers seen from infinity."""
    metric = uniform_density(0.4, 1.0, 2.0)
    basis = chebyshev_basis(1.0, 2.0, 24)
    shell, radius = Shell(basis, Harmonics(2, 0), metric), basis.radius
    root = np.sqrt(1 - 0.4 * (radius / 2.0) ** 2)
    lapse = 0.5 * (3 * np.sqrt(0.6) - root)
    weights = shell.proper_weights, shell.energy_weights, shell.power_weights
    for lapses, found in enumerate(weights):
        # the series of both potentials end below 1e-14
        np.testing.assert_allclose(found, basis.weights * lapse**lapses / root, rtol=1e-12)
    # Int 4 pi r^2 dr/(1 - a^2 r^2)^(1/2) with a r = sin(chi): 2 pi/a^3 (chi - sin(2 chi)/2)
    a = np.sqrt(0.4) / 2.0
    angle = np.arcsin(a * np.array([1.0, 2.0]))
    volume = np.diff(2 * np.pi / a**3 * (angle - np.sin(2 * angle) / 2))[0]
    assert shell.volume == pytest.approx(volume, rel=1e-11)  # accuracy 1e-12 of the map


def test_flat_space_changes_no_weight():
    basis = chebyshev_basis(1.0, 2.0, 12)
    shell = Shell(basis, Harmonics(2, 0))
    for weights in (shell.proper_weights, shell.energy_weights, shell.power_weights):
        assert weights is basis.weights
    assert shell.blocks is basis.blocks
    assert shell.exterior_energy(3) == shell.exterior_factor(3) == 1.5
    assert shell.moment_factor == 1.0


def test_shells_are_equal_whatever_star_is_around_them():
    basis, harmonics = chebyshev_basis(1.0, 2.0, 12), Harmonics(2, 0)
    known = Shell(basis, harmonics, FLAT, 2.1)
    assert known == Shell(basis, harmonics)
    assert hash(known) == hash(Shell(basis, harmonics))
    assert known != Shell(basis, harmonics, constant(0.1, 0.0))
