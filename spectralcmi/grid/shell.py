"""The shell: products of radial polynomials and spherical harmonics.

A field is B = curl curl (P r_vec) + curl (T r_vec); the package evolves p = r P and t = r T. Each
coefficient (l, m) of p and t is a *column*: one real column for m = 0, two (real and imaginary
part, times sqrt 2) for m > 0. The columns of one degree are adjacent. With this choice the
magnetic energy is a plain sum of squares over columns, and an axisymmetric field carries no
zeros along.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT, Metric, exterior_factor, moment_factor
from spectralcmi.grid.radial import RadialBasis, RadialBlocks


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
    """A spherical shell with its radial basis, its harmonics and its metric.

    Where the metric is not flat, derivatives along the radius are those of vector analysis in it:
    with Phi and Lambda of `spectralcmi.grid.metric`,

        p':  e^-Lambda p',   p'':  e^(-2 Lambda) (p'' + (Phi' - Lambda') p'),
        t':  e^-Lambda (t' + Phi' t),

    so that the components of B and of J = e^-Phi curl(e^Phi B) are those of flat space, see
    `spectralcmi.fields.magnetic`. Energies and powers are those seen from infinity.

    Parameters
    ----------
    basis : RadialBasis
    harmonics : Harmonics
    metric : Metric
    stellar_radius : float, optional
        Radius R of the star [km], a little beyond the shell; nothing but the field that timing
        infers depends on it.
    """

    basis: RadialBasis
    harmonics: Harmonics
    metric: Metric = FLAT
    # shells of the same fields are equal, whether the star around them is known or not
    stellar_radius: float | None = field(default=None, compare=False)

    @cached_property
    def columns(self) -> Columns:
        """Layout of the real columns."""
        return Columns(self.harmonics)

    @cached_property
    def blocks(self) -> RadialBlocks:
        """Radial functions and their derivatives in this metric on the quadrature shells."""
        flat = self.basis.blocks
        if self.metric.is_flat:
            return flat
        rows = np.minimum(flat.bounds[:-1, None] + np.arange(flat.poloidal.shape[2]), flat.last)
        radius = self.basis.radius[rows][..., None]
        poloidal = self.metric.poloidal_derivatives(radius, *flat.poloidal.swapaxes(0, 1))
        toroidal = self.metric.toroidal_derivatives(radius, *flat.toroidal.swapaxes(0, 1))
        return replace(
            flat,
            poloidal=np.ascontiguousarray(np.stack(poloidal, axis=1)),
            toroidal=np.ascontiguousarray(np.stack(toroidal, axis=1)),
        )

    def _weights(self, lapses: int) -> np.ndarray:
        """Weights of Int e^(lapses Phi + Lambda) f dr, shape (points,)."""
        if self.metric.is_flat:
            return self.basis.weights
        radius = self.basis.radius
        exponent = lapses * self.metric.potential(radius) + self.metric.radial_potential(radius)
        return self.basis.weights * np.exp(exponent)

    @cached_property
    def proper_weights(self) -> np.ndarray:
        """Weights of integrals over the proper volume, e^Lambda dr, shape (points,) [km]."""
        return self._weights(0)

    @cached_property
    def energy_weights(self) -> np.ndarray:
        """Weights of energies at infinity, e^(Phi + Lambda) dr, shape (points,) [km]."""
        return self._weights(1)

    @cached_property
    def power_weights(self) -> np.ndarray:
        """Weights of powers at infinity, e^(2 Phi + Lambda) dr, shape (points,) [km]."""
        return self._weights(2)

    def exterior_factor(self, degree: int | np.ndarray) -> float | np.ndarray:
        """kappa_l [1/km] of the current-free field outside: p' + kappa_l p = 0 at the surface."""
        return exterior_factor(degree, self.basis.outer_radius, self.metric.schwarzschild_radius)

    def exterior_energy(self, degree: int | np.ndarray) -> float | np.ndarray:
        """Energy outside, seen from infinity, as Int B^2 dV over l(l+1) p(r_o)^2 [1/km]."""
        kappa = self.exterior_factor(degree)
        if self.metric.is_flat:
            return kappa
        outer = np.array(self.basis.outer_radius)
        exponent = self.metric.potential(outer) - self.metric.radial_potential(outer)
        return kappa * float(np.exp(exponent))

    @cached_property
    def exterior_weights(self) -> np.ndarray:
        """Int B^2 dV outside, seen from infinity, over p(r_o)^2 of each column, (count,) [1/km]."""
        degree = self.columns.degree
        return degree * (degree + 1.0) * self.exterior_energy(degree)

    @cached_property
    def moment_factor(self) -> float:
        """g in the polar field 2 m g/r_o^3 at the outer radius of a moment m seen from far away."""
        compactness = self.metric.schwarzschild_radius / self.basis.outer_radius
        return float(moment_factor(compactness))

    @cached_property
    def volume(self) -> float:
        """Proper volume of the shell [km3]."""
        return float(4 * np.pi * self.proper_weights @ self.basis.radius**2)

    def proper_integral(self, values: np.ndarray) -> np.ndarray:
        """Int f dV of radial values already integrated over the unit sphere, on the last axis."""
        return values @ (self.proper_weights * self.basis.radius**2)

    def power_integral(self, values: np.ndarray) -> np.ndarray:
        """Int e^(2 Phi) f dV of local powers per volume, as `proper_integral`."""
        return values @ (self.power_weights * self.basis.radius**2)
