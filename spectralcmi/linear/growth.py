"""A growing perturbation: what is known of it, where it is, and how fast it may be."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from spectralcmi.fields import magnetic
from spectralcmi.fields.state import State
from spectralcmi.model import InductionModel
from spectralcmi.terms.closure import cut


@dataclass(frozen=True, eq=False)
class Growth:
    """The fastest growing perturbation of a state.

    Attributes
    ----------
    rate, frequency : float
        The perturbation evolves as exp((rate + i frequency) t), frequency >= 0 [1/yr].
    mode : ndarray, complex, shape of the model
        Coefficients; unit energy Int e^Phi |B|^2 dV = 1, its real part as large as possible.
    residual : float
        Where modes are orthogonal the error of rate and frequency relative to their modulus, and
        more where they are not; infinite where a faster one cannot be excluded.
    """

    rate: float
    frequency: float
    mode: np.ndarray
    residual: float


def chiral_bound(model: InductionModel) -> float:
    """Largest growth rate eta k5^2/4 of a local chiral wave [1/yr]; tiny if there is none.

    Parameters
    ----------
    model : InductionModel

    Returns
    -------
    float
    """
    local = model.local
    k5 = cut(local.chiral_wavenumber, local.k5_max, local.smooth_cutoff)
    bound = float(np.max(local.magnetic_diffusivity * k5**2)) / 4
    return max(bound, float(np.finfo(float).tiny))


def energy_shares(model: InductionModel, mode: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Shares of the magnetic energy in the shell that lie between radii, for each column.

    Parameters
    ----------
    model : InductionModel
    mode : ndarray, real or complex, shape `model.shape`
    radii : ndarray, shape (k,)
        Ascending [km]; parts outside the shell hold nothing.

    Returns
    -------
    ndarray, shape (k - 1, columns)
        Int e^Phi |B|^2 dV between neighbouring radii, over that of the whole shell and all columns.
    """
    basis = model.shell.basis
    parts = [model.state(part) for part in parts_of(mode)]
    ends = np.clip(np.asarray(radii, dtype=float), basis.inner_radius, basis.outer_radius)

    def energy(inner: float, outer: float) -> np.ndarray:
        return np.sum([_energy_between(part, inner, outer) for part in parts], axis=0)

    whole = energy(basis.inner_radius, basis.outer_radius).sum()
    return np.array([energy(*pair) for pair in itertools.pairwise(ends)]) / whole


def _energy_between(state: State, inner: float, outer: float) -> np.ndarray:
    """Int e^Phi B^2 dV between two radii of each column.

    By Gauss-Legendre quadrature between storage radii, where the field is smooth.
    """
    basis, metric, degree = state.shell.basis, state.shell.metric, state.shell.columns.degree
    ends = np.unique(np.clip(basis.storage_radius, inner, outer))
    points, weights = np.polynomial.legendre.leggauss(8)
    half = np.diff(ends)[:, None] / 2
    radius = (ends[:-1, None] + half * (1 + points)).ravel()
    weights = (half * weights).ravel()
    if not metric.is_flat:
        weights *= np.exp(metric.potential(radius) + metric.radial_potential(radius))
    product = degree * (degree + 1.0)
    p, p_slope, _ = metric.poloidal_derivatives(
        radius[:, None], *basis.evaluate_poloidal(state.poloidal, radius)
    )
    t, _ = basis.evaluate_toroidal(state.toroidal, radius)
    return magnetic.square_integrals(
        magnetic.poloidal_field(radius), weights, product, (p, p_slope)
    ) + magnetic.square_integrals(magnetic.toroidal_field(radius), weights, product, (t,))


def parts_of(mode: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary part, contiguous."""
    return np.ascontiguousarray(mode.real), np.ascontiguousarray(mode.imag)
