"""The shell: products of radial polynomials and spherical harmonics.

A field is B = curl curl (P r_vec) + curl (T r_vec); the package evolves p = r P and t = r T. Each
coefficient (l, m) of p and t is a *column*: one real column for m = 0, two (real and imaginary
part, times sqrt 2) for m > 0. The columns of one degree are adjacent. With this choice the
magnetic energy is a plain sum of squares over columns, and an axisymmetric field carries no
zeros along.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectralcmi.grid.chebyshev import RadialBasis
from spectralcmi.grid.harmonics import Harmonics


@dataclass(frozen=True)
class Columns:
    """Where the real columns of each spherical-harmonic coefficient lie.

    Parameters
    ----------
    harmonics : Harmonics
    """

    harmonics: Harmonics

    @cached_property
    def _layout(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        order = self.harmonics.order
        width = np.where(order > 0, 2, 1)
        real = np.cumsum(width) - width
        return real, np.where(order > 0, real + 1, -1), width

    @property
    def count(self) -> int:
        """Number of real columns, (lmax+1)^2 - 1 in full three dimensions."""
        return int(self._layout[2].sum())

    @property
    def real(self) -> np.ndarray:
        """Column of the real part of each coefficient, shape (lm,)."""
        return self._layout[0]

    @property
    def imaginary(self) -> np.ndarray:
        """Column of the imaginary part of each coefficient, -1 where m = 0, shape (lm,)."""
        return self._layout[1]

    @cached_property
    def degree(self) -> np.ndarray:
        """Degree of each column, shape (count,)."""
        return np.repeat(self.harmonics.degree, self._layout[2])

    @cached_property
    def order(self) -> np.ndarray:
        """Order of each column, shape (count,)."""
        return np.repeat(self.harmonics.order, self._layout[2])

    @cached_property
    def degree_slices(self) -> tuple[slice, ...]:
        """Columns of degree 1, 2, .., lmax."""
        ends = np.searchsorted(self.degree, np.arange(1, self.harmonics.lmax + 2))
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))

    def to_complex(self, columns: np.ndarray) -> np.ndarray:
        """Complex coefficients (.., lm) of the orthonormal Y_lm from real columns (.., count)."""
        coefficients = columns[..., self.real].astype(complex)
        paired = self.imaginary >= 0
        coefficients[..., paired] += 1j * columns[..., self.imaginary[paired]]
        coefficients[..., paired] /= np.sqrt(2)
        return coefficients

    def from_complex(self, coefficients: np.ndarray) -> np.ndarray:
        """Real columns (.., count) from complex coefficients (.., lm); m = 0 must be real."""
        paired = self.imaginary >= 0
        columns = np.empty((*coefficients.shape[:-1], self.count))
        scale = np.where(paired, np.sqrt(2), 1.0)
        columns[..., self.real] = coefficients.real * scale
        columns[..., self.imaginary[paired]] = coefficients.imag[..., paired] * np.sqrt(2)
        return columns


@dataclass(frozen=True)
class Shell:
    """A spherical shell with its radial basis and its harmonics.

    Parameters
    ----------
    basis : RadialBasis
    harmonics : Harmonics
    """

    basis: RadialBasis
    harmonics: Harmonics

    @cached_property
    def columns(self) -> Columns:
        """Layout of the real columns."""
        return Columns(self.harmonics)

    @property
    def volume(self) -> float:
        """Volume of the shell [km3]."""
        radial_map = self.basis.map
        return 4 * np.pi / 3 * (radial_map.outer_radius**3 - radial_map.inner_radius**3)

    def integral(self, values: np.ndarray) -> np.ndarray:
        """Int f dV of radial values already integrated over the unit sphere, on the last axis."""
        return values @ (self.basis.weights * self.basis.radius**2)

    @cached_property
    def half_evaluation(self) -> tuple[np.ndarray, np.ndarray]:
        """Evaluation on the outer half of the points, for even and for odd polynomials.

        T_k has the parity of k about the middle of the shell and differentiation changes it, so
        the other half follows by signs and each product costs half as much.

        Returns
        -------
        even, odd : ndarray, shape (3, points/2, ceil(order/2)) and (3, points/2, order//2)
            f, df/dr, d2f/dr2.
        """
        half = self.basis.points // 2
        matrices = np.stack(self.basis.evaluation)[:, half:]
        return (
            np.ascontiguousarray(matrices[:, :, 0::2]),
            np.ascontiguousarray(matrices[:, :, 1::2]),
        )
