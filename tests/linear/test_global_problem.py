"""The matrix of a global expansion by itself."""

import numpy as np
import pytest

from spectralcmi.fields.boundary import Boundaries
from spectralcmi.grid.chebyshev import ChebyshevBasis, RadialMap, chebyshev_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.linear.global_problem import GlobalProblem, evolution_matrix
from spectralcmi.terms.ohmic import degree_modes


def test_the_matrix_needs_no_map():
    """The same rates in polynomials of the plain radius, to what both resolve."""
    boundaries = Boundaries("perfect_conductor", "potential")
    plain = ChebyshevBasis(RadialMap(0.75, 1.0, 0.0), 40, 60)
    eta, k5 = np.ones(60), np.full(60, 20.0)
    shell = Shell(plain, Harmonics(1, 0))
    decay = degree_modes(shell, eta, 1, boundaries)
    rates = np.linalg.eigvals(evolution_matrix(shell, eta, k5, 1, decay))
    basis = chebyshev_basis(0.75, 1.0, 48, "auto")
    eta, k5 = np.ones(basis.points), np.full(basis.points, 20.0)
    shell = Shell(basis, Harmonics(1, 0))
    mapped, _, _ = GlobalProblem(shell, basis, eta, k5, boundaries).modes(1, 1)
    # the map's own error, 1e-12, times the fastest decay rate relative to this one
    assert rates.real.max() == pytest.approx(mapped.real.item(), rel=1e-8)
