"""Eigenvalues of linear theory: all of them where that is cheap, or the fastest growing few."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator, eigs

from spectralcmi.errors import InputError
from spectralcmi.grid.chebyshev import ChebyshevBasis
from spectralcmi.grid.radial import RadialBasis

#: Up to this order of a global expansion all eigenvalues are computed even if few are wanted (2 s a
#: degree).
LARGEST_DENSE_ORDER = 512
#: Eigenvalues asked of the Arnoldi iteration beyond those wanted, see `arnoldi_shift`.
SPARE_EIGENVALUES = 10


def checked_count(count: int | None, size: int) -> int:
    """How many modes of a degree that has `size` of them are wanted, None meaning all.

    Raises
    ------
    ValueError
        If the degree has fewer.
    """
    count = size if count is None else count
    if not 1 <= count <= size:
        raise InputError(f"modes={count} is not between 1 and {size}, all of a degree")
    return count


def is_dense(basis: RadialBasis, count: int) -> bool:
    """Whether all eigenvalues are computed; half of them are too many for an iteration."""
    is_small = isinstance(basis, ChebyshevBasis) and basis.order <= LARGEST_DENSE_ORDER
    return is_small or count + SPARE_EIGENVALUES > 0.4 * basis.order


def fastest_first(values: np.ndarray) -> np.ndarray:
    """Places of eigenvalues by growth; of a pair, equal to the last bit, the positive frequency."""
    return np.lexsort((-values.imag, -values.real))


def all_eigenpairs(evolution: np.ndarray, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All eigenvalues of evolution x = value mass x, by the Cholesky factor of the mass.

    Parameters
    ----------
    evolution, mass : ndarray, shape (n, n)
        The mass symmetric and positive.

    Returns
    -------
    values : ndarray, shape (n,)
    vectors : ndarray, shape (n, n)
        In columns.
    """
    factor = scipy.linalg.cholesky(mass, lower=True)
    half = scipy.linalg.solve_triangular(factor, evolution, lower=True)
    standard = scipy.linalg.solve_triangular(factor, half.T, lower=True).T
    values, vectors = np.linalg.eig(standard)
    return values, scipy.linalg.solve_triangular(factor, vectors, lower=True, trans="T")


def arnoldi_shift(
    magnetic_diffusivity: np.ndarray, wavenumber: np.ndarray, slowest: float
) -> float:
    """A little above the bound max(eta k5^2)/4 of growth, where the shifted matrix is regular.

    Parameters
    ----------
    magnetic_diffusivity, wavenumber : ndarray, shape (points,)
        eta [km2/yr] and k5 after the cutoff [1/km].
    slowest : float
        Rate of the slowest decay [1/yr], a scale where nothing grows.

    Returns
    -------
    float [1/yr]

    Notes
    -----
    The eigenvalues nearest to the bound and the fastest are the same if they are real. Complex ones
    have frequencies of order d(eta k5)/dr, far below the spread of growth rates; a few more than
    wanted are computed all the same, so that a frequency would have to be as large as the distance
    of the last spare growth rate from the bound for a mode to be missed.
    """
    bound = float(np.max(magnetic_diffusivity * wavenumber**2)) / 4
    return bound + 1e-3 * max(bound, slowest)


def nearest_eigenpairs(
    inverse: LinearOperator, shift: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues nearest to a real shift, and their unit eigenvectors in columns.

    Parameters
    ----------
    inverse : LinearOperator
        v -> (shift - A)^-1 v, real.
    shift : float
    count : int

    Returns
    -------
    values : ndarray, complex, shape (count,)
    vectors : ndarray, complex, shape (n, count)
    """
    # a fixed start, so that a result can be repeated to the last bit
    start = np.random.default_rng(0).standard_normal(inverse.shape[0])
    inverted, vectors = eigs(inverse, k=count, which="LM", v0=start, ncv=2 * count + 20)
    return shift - 1.0 / inverted, vectors


def phase_factors(square: np.ndarray) -> np.ndarray:
    """Factors that make real parts of vectors as large as possible, from their sums of squares.

    1 or -1 for real vectors.
    """
    return np.exp(-0.5j * np.angle(square))
