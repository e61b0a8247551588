"""Equations of state of cold, catalysed neutron-star matter: pressure and mass density against n.

The baryon density n is the independent variable throughout: it is what composition tables are
ordered by and, unlike the mass density, it needs no inversion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from spectralcmi.constants import ERG_PER_MEV, FERMI, SPEED_OF_LIGHT
from spectralcmi.star.composition import Composition, composition_bsk24, crust_table_bsk24

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# Pearson et al. (2018) give the rest energy with these digits; their fits go with them.
_NEUTRON_REST_ENERGY = 939.5654  # MeV
_CRUST_CORE_DENSITY_BSK24 = 0.0807555  # fm^-3

_ENERGY_COEFFICIENTS = (
    6.590e8, 9.49e10, 6.95e7, 5.63e6, 6.51e5, 19.37, 0.1028, 4.09, 6726.0, 29.57, 2.6728,
    19.51, 4.39, 1.75,
)  # fmt: skip
_PRESSURE_COEFFICIENTS = (
    6.795, 5.552, 0.00435, 0.13963, 3.636, 11.943, 13.848, 1.3031, 3.644, -30.840, 2.2322, 4.65,
    14.290, 30.08, -2.080, 1.10, 14.71, 0.099, 11.66, 5.00, -0.095, 14.15, 9.1,
)  # fmt: skip


@dataclass(frozen=True)
class EquationOfState:
    """A barotropic equation of state with everything the structure equations ask of it.

    Attributes
    ----------
    name : str
    density : callable
        Mass-energy density [g cm-3] of the baryon density [fm-3], any shape.
    barotrope : callable
        Baryon density [fm-3] -> (rho [g cm-3], P [dyn cm-2], d ln P/d ln n).
    composition : callable
        (n [fm-3], kind) -> `spectralcmi.star.composition.Composition` of the crust.
    layer_limits : callable
        () -> baryon densities [fm-3] at which the nuclide of the outer crust changes.
    crust_core_density : float
        Baryon density of the boundary between crust and core [fm-3].
    minimum_baryon_density, maximum_baryon_density : float
        Range in which the functions hold [fm-3].
    tolerance : float
        Relative tolerance of integrations that the smoothness of the functions permits.
    """

    name: str
    density: Callable[[ArrayLike], np.ndarray]
    barotrope: Callable[[ArrayLike], tuple[np.ndarray, np.ndarray, np.ndarray]]
    composition: Callable[[ArrayLike, str], Composition]
    layer_limits: Callable[[], np.ndarray]
    crust_core_density: float
    minimum_baryon_density: float
    maximum_baryon_density: float
    tolerance: float

    def baryon_density(self, density: float) -> float:
        """Invert the mass-energy density [g cm-3] (a number) to the baryon density [fm-3].

        Raises
        ------
        ValueError
            If the density lies outside the range of the equation of state.
        """
        low, high = self.minimum_baryon_density, self.maximum_baryon_density
        least, most = float(self.density(low)), float(self.density(high))
        if not least <= density <= most:
            raise ValueError(
                f"{density:g} g/cm3 is outside {least:.3g} to {most:.3g}, "
                f"the range of the equation of state {self.name}"
            )

        def mismatch(logarithm: float) -> float:
            return float(np.log(self.density(np.exp(logarithm)) / density))

        return float(np.exp(brentq(mismatch, np.log(low), np.log(high), xtol=1e-15, rtol=1e-14)))


def energy_per_baryon_bsk24(baryon_density: ArrayLike) -> np.ndarray:
    """Energy per baryon of BSk24 matter less the neutron rest energy [MeV].

    e(n) = -9.1536 + (p1 n)^(7/6) w1 (1 + sqrt(p4 n))
           / [(1 + sqrt(p2 n)) (1 + sqrt(p3 n)) (1 + sqrt(p5 n))]
           + p6 n^p7 (1 + p8 n) (1 - w1) w2 + (p10 n)^p11 (1 - w2)/(1 + p12 n),
    w1 = 1/(1 + p9 n), w2 = 1/(1 + (p13 n)^p14).

    Parameters
    ----------
    baryon_density : array_like, any shape, real or complex
        n [fm-3].

    Returns
    -------
    ndarray, same shape [MeV]

    References
    ----------
    Pearson et al., MNRAS 481, 2994 (2018), equation (C1).
    """
    n = np.asarray(baryon_density)
    p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14 = _ENERGY_COEFFICIENTS
    w1 = 1.0 / (1.0 + p9 * n)
    w2 = 1.0 / (1.0 + (p13 * n) ** p14)
    root = np.sqrt(n)
    outer = (p1 * n) ** (7.0 / 6.0) * w1 * (1.0 + np.sqrt(p4) * root)
    outer = outer / (1.0 + np.sqrt(p2) * root)
    outer = outer / ((1.0 + np.sqrt(p3) * root) * (1.0 + np.sqrt(p5) * root))
    inner = p6 * n**p7 * (1.0 + p8 * n) * (1.0 - w1) * w2
    core = (p10 * n) ** p11 * (1.0 - w2) / (1.0 + p12 * n)
    return -9.1536 + outer + inner + core


def density_bsk24(baryon_density: ArrayLike) -> np.ndarray:
    """Mass-energy density of BSk24 matter: rho = n (m_n c^2 + e(n))/c^2.

    Parameters
    ----------
    baryon_density : array_like, any shape, real or complex
        n [fm-3].

    Returns
    -------
    ndarray, same shape [g cm-3]

    References
    ----------
    Pearson et al., MNRAS 481, 2994 (2018), appendix C.
    """
    n = np.asarray(baryon_density)
    energy = _NEUTRON_REST_ENERGY + energy_per_baryon_bsk24(n)
    return n * energy * (ERG_PER_MEV / FERMI**3 / SPEED_OF_LIGHT**2)


def logarithm_of_pressure_bsk24(xi: ArrayLike) -> np.ndarray:
    """Decimal logarithm of the pressure [dyn cm-2] against xi = log10(rho / g cm-3).

    log10 P = (q1 + q2 xi + q3 xi^3)/(1 + q4 xi) F(q5 (xi - q6)) + (q7 + q8 xi) F(q9 (q6 - xi))
              + (q10 + q11 xi) F(q12 (q13 - xi)) + (q14 + q15 xi) F(q16 (q17 - xi))
              + q18/(1 + (q20 (xi - q19))^2) + q21/(1 + (q23 (xi - q22))^2),  F(x) = 1/(1 + e^x).

    Parameters
    ----------
    xi : array_like, any shape, real or complex

    Returns
    -------
    ndarray, same shape

    References
    ----------
    Pearson et al., MNRAS 481, 2994 (2018), equation (C4).
    """
    xi = np.asarray(xi)
    (q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13, q14, q15, q16, q17, q18, q19, q20,
     q21, q22, q23) = _PRESSURE_COEFFICIENTS  # fmt: skip

    def step(x: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(x))

    return (
        (q1 + q2 * xi + q3 * xi**3) / (1.0 + q4 * xi) * step(q5 * (xi - q6))
        + (q7 + q8 * xi) * step(q9 * (q6 - xi))
        + (q10 + q11 * xi) * step(q12 * (q13 - xi))
        + (q14 + q15 * xi) * step(q16 * (q17 - xi))
        + q18 / (1.0 + (q20 * (xi - q19)) ** 2)
        + q21 / (1.0 + (q23 * (xi - q22)) ** 2)
    )


def barotrope_bsk24(baryon_density: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mass density and pressure of BSk24 matter, with the slope d ln P/d ln n.

    Parameters
    ----------
    baryon_density : array_like, any shape, real
        n [fm-3].

    Returns
    -------
    density : ndarray, same shape [g cm-3]
    pressure : ndarray, same shape [dyn cm-2]
    slope : ndarray, same shape

    Notes
    -----
    The fits are analytic, so a step of 1e-30 along the imaginary axis carries the derivative in
    the imaginary part without any cancellation.
    """
    step = 1e-30
    density = density_bsk24(np.asarray(baryon_density) * (1.0 + 1j * step))
    logarithm = logarithm_of_pressure_bsk24(np.log10(density))
    return density.real, 10.0**logarithm.real, logarithm.imag * (np.log(10.0) / step)


BSK24 = EquationOfState(
    name="bsk24",
    density=density_bsk24,
    barotrope=barotrope_bsk24,
    composition=composition_bsk24,
    layer_limits=lambda: np.exp(crust_table_bsk24().layer_limit),
    crust_core_density=_CRUST_CORE_DENSITY_BSK24,
    # 1e6 g/cm3: below it the pressure of cold matter is no longer well fitted by (C4), and the
    # last 3 m of the star would be an extrapolation. 1.6 fm^-3 is denser than any stable star.
    minimum_baryon_density=6.0289239e-10,
    maximum_baryon_density=1.6,
    # Radii good to a nanometre: differences between two of them, such as the thickness of the
    # crust, lose nothing, and derivatives of the profile are smooth.
    tolerance=1e-12,
)
