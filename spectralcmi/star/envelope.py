"""The envelope, from 1e10 g/cm3 to the surface: surface temperature against that at its base.

Each model is a fit to stationary envelopes of a plane layer. Temperatures in K, surface gravity in
1e14 cm/s2, fields in G; temperatures are local, without any redshift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.constants import (
    GRAVITATIONAL_CONSTANT,
    KILOMETRE,
    SOLAR_MASS,
    SPEED_OF_LIGHT,
    STEFAN_BOLTZMANN_CONSTANT,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Mass density at which an envelope begins [g cm-3].
BASE_DENSITY = 1e10


@dataclass(frozen=True)
class Envelope:
    """One model of the envelope.

    Attributes
    ----------
    name : str
    temperatures : callable
        (T_b, gravity, accreted mass, polar field, |cos theta|) -> (surface temperature, that
        without the neutrino losses of the envelope).
    base_temperatures : pair of float
        Range of T_b that the fit is for [K].
    largest_field : float
        Greatest polar field that the fit is for [G]; zero of one without a field.
    """

    name: str
    temperatures: Callable[..., tuple[np.ndarray, np.ndarray]]
    base_temperatures: tuple[float, float]
    largest_field: float

    def surface_temperature(
        self,
        base_temperature: ArrayLike,
        gravity: float,
        radial_field: ArrayLike = 0.0,
        tangential_field: ArrayLike = 0.0,
        accreted_mass: float = 0.0,
    ) -> np.ndarray:
        """Effective temperature of the surface.

        Parameters
        ----------
        base_temperature : array_like [K]
        gravity : float
            Surface gravity g_14 [1e14 cm s-2].
        radial_field, tangential_field : array_like [G]
            Local field; the model is evaluated for the dipole that has it, see `local_dipole`.
        accreted_mass : float
            Mass of light elements over that of the star, only of pcy97.

        Returns
        -------
        ndarray, shapes broadcast [K]
            Not above the temperature of the base.
        """
        return self._evaluate(
            base_temperature, gravity, radial_field, tangential_field, accreted_mass
        )[0]

    def base_flux(
        self,
        base_temperature: ArrayLike,
        gravity: float,
        flux_ratio: float,
        radial_field: ArrayLike = 0.0,
        tangential_field: ArrayLike = 0.0,
        accreted_mass: float = 0.0,
    ) -> np.ndarray:
        """Energy flux through the base of the envelope, outwards.

        F_b = flux_ratio sigma T^4, with the surface temperature as it would be without the
        neutrinos that the envelope itself emits: these leave through the base, too.

        Parameters
        ----------
        base_temperature, gravity, radial_field, tangential_field, accreted_mass
            As of `surface_temperature`.
        flux_ratio : float
            e^(2 Phi) R^2 of the surface over that of the base, 1.034 for the default star.
            Potekhin, Pons & Page have 1.027 for theirs.

        Returns
        -------
        ndarray, shapes broadcast [erg cm-2 s-1]
        """
        lossless = self._evaluate(
            base_temperature, gravity, radial_field, tangential_field, accreted_mass
        )[1]
        return flux_ratio * STEFAN_BOLTZMANN_CONSTANT * lossless**4

    def _evaluate(
        self,
        base_temperature: ArrayLike,
        gravity: float,
        radial_field: ArrayLike,
        tangential_field: ArrayLike,
        accreted_mass: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        base_temperature = np.asarray(base_temperature, dtype=float)
        dipole = local_dipole(radial_field, tangential_field)
        both = self.temperatures(base_temperature, gravity, accreted_mass, *dipole)
        return tuple(np.minimum(temperature, base_temperature) for temperature in both)

    def outside_fit(self, base_temperature: ArrayLike, polar_field: ArrayLike = 0.0) -> str:
        """Tell how temperatures [K] or polar fields [G] leave the range of the fit.

        Returns
        -------
        str
            Half a sentence; empty if they do not.
        """
        low, high = self.base_temperatures
        coldest, hottest = float(np.min(base_temperature)), float(np.max(base_temperature))
        if coldest < low or hottest > high:
            worst = coldest if coldest < low else hottest
            return f"{worst:.3g} K at its base is outside {low:g} to {high:g} K"
        strongest = float(np.max(polar_field))
        if 0.0 < self.largest_field < strongest:
            return f"a polar field of {strongest:.3g} G exceeds {self.largest_field:g} G"
        return ""


def local_dipole(
    radial_field: ArrayLike, tangential_field: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """The dipole that has a given field somewhere on its surface.

    tan theta = 2 tan theta_B with the angle theta_B of the field to the normal, and
    B_pole = |B_r|/cos theta.

    Parameters
    ----------
    radial_field, tangential_field : array_like [G]

    Returns
    -------
    polar_field : ndarray [G]
    cosine : ndarray
        |cos theta| of the magnetic colatitude; 1 without a field.
    """
    radial = np.abs(np.asarray(radial_field, dtype=float))
    polar = np.hypot(radial, 2.0 * np.asarray(tangential_field, dtype=float))
    radial = np.broadcast_to(radial, polar.shape)
    return polar, np.divide(radial, polar, out=np.ones(polar.shape), where=polar > 0.0)


def _gudmundsson_1983(
    base_temperature: np.ndarray,
    gravity: float,
    accreted_mass: float,
    polar_field: np.ndarray,
    cosine: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Iron without a field: T_b8 = 1.288 (T_s6^4/g_14)^0.455.

    Gudmundsson, Pethick & Epstein, ApJ 272, 286 (1983).
    """
    surface = 1e6 * (gravity * (base_temperature / 1.288e8) ** (1.0 / 0.455)) ** 0.25
    return surface, surface


def _potekhin_1997(
    base_temperature: np.ndarray,
    gravity: float,
    accreted_mass: float,
    polar_field: np.ndarray,
    cosine: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Iron and, above it, accreted light elements, without a field.

    T_Fe6^4 = g_14 [(7 z)^2.25 + (z/3)^1.25], z = T_b9 - 1e-3 sqrt(7 T_b9 sqrt(g_14));
    T_a6^4 = g_14 (18.1 T_b9)^2.42, T_s^4 = (a T_Fe^4 + T_a^4)/(a + 1),
    a = (1.2 + (5.3e-6/eta)^0.38) T_b9^(5/3), eta = g_14^2 dM/M.

    Potekhin, Chabrier & Yakovlev, A&A 323, 415 (1997), equation (A.3) and those after it.
    """
    t9 = base_temperature / 1e9
    z = np.maximum(t9 - 1e-3 * np.sqrt(7.0 * t9 * np.sqrt(gravity)), 0.0)
    iron = gravity * ((7.0 * z) ** 2.25 + (z / 3.0) ** 1.25)
    if accreted_mass > 0.0:
        accreted = gravity * (18.1 * t9) ** 2.42
        eta = gravity**2 * accreted_mass
        a = (1.2 + (5.3e-6 / eta) ** 0.38) * t9 ** (5.0 / 3.0)
        iron = (a * iron + accreted) / (a + 1.0)
    surface = 1e6 * iron**0.25
    return surface, surface


def _potekhin_2015(
    base_temperature: np.ndarray,
    gravity: float,
    accreted_mass: float,
    polar_field: np.ndarray,
    cosine: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Iron in the field of a dipole, with neutrino losses of the envelope.

    In 1e6 K, T_9 for T_b9: T_0 = (15.7 T_9^1.5 + 1.36 T_9)^0.3796, T_1 = 1.13 B_12^0.119 T_9^a,
    a = 0.337/(1 + 0.02 sqrt(B_12)), T^4 = g_14 [T_1^4 + (1 + 0.15 sqrt(B_12)) T_0^4];
    T_pole = T [1 + (T/T_max)^4]^(-1/4), T_max = 5.2 g_14^0.65 + 0.093 sqrt(g_14 B_12);
    T_s = T_eq + (T_pole - T_eq)(1 + a1 + a2) cos^2/(1 + a1 |cos| + a2 cos^2),
    a2 = 10 B_12/(sqrt(T_9) + 0.1 B_12 T_9^(-1/4)), a1 = a2 sqrt(T_9)/3.

    Potekhin, Pons & Page, Space Sci. Rev. 191, 239 (2015), appendix B.
    """
    t9, b12 = base_temperature / 1e9, polar_field / 1e12
    root = np.sqrt(b12)
    plain = (15.7 * t9**1.5 + 1.36 * t9) ** 0.3796
    magnetic = 1.13 * b12**0.119 * t9 ** (0.337 / (1.0 + 0.02 * root))
    lossless = (gravity * (magnetic**4 + (1.0 + 0.15 * root) * plain**4)) ** 0.25
    most = 5.2 * gravity**0.65 + 0.093 * np.sqrt(gravity) * root
    pole = lossless * (1.0 + (lossless / most) ** 4) ** -0.25
    share = _share_of_the_pole(t9, b12, cosine)
    return 1e6 * pole * share, 1e6 * lossless * share


def _share_of_the_pole(t9: np.ndarray, b12: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """T_s/T_pole of `_potekhin_2015`.

    T_pole/T_eq = 1 + (1230 T_9)^3.35 B_12 sqrt(1 + 2 B_12^2)/(B_12 + 450 T_9 + 119 B_12 T_9)^4
    + 0.0066 B_12^2.5/(sqrt(T_9) + 0.00258 B_12^2.5).
    """
    ratio = (1230.0 * t9) ** 3.35 * b12 * np.sqrt(1.0 + 2.0 * b12**2)
    ratio = 1.0 + ratio / (b12 + 450.0 * t9 + 119.0 * b12 * t9) ** 4
    ratio = ratio + 0.0066 * b12**2.5 / (np.sqrt(t9) + 0.00258 * b12**2.5)
    a2 = 10.0 * b12 / (np.sqrt(t9) + 0.1 * b12 * t9**-0.25)
    a1 = a2 * np.sqrt(t9) / 3.0
    weight = (1.0 + a1 + a2) * cosine**2 / (1.0 + a1 * cosine + a2 * cosine**2)
    equator = 1.0 / ratio
    # No dependence on the angle without a field: there the two are the same.
    return equator + (1.0 - equator) * weight


#: The models by name, the default first. The ranges are those in which they are used here.
ENVELOPES: Mapping[str, Envelope] = {
    envelope.name: envelope
    for envelope in (
        Envelope("ppp15", _potekhin_2015, (1e7, 3e9), 1e15),
        Envelope("pcy97", _potekhin_1997, (1e7, 3e9), 0.0),
        Envelope("gpe83", _gudmundsson_1983, (1e7, 3e9), 0.0),
    )
}


def surface_gravity(mass: float, radius: float) -> float:
    """Surface gravity in 1e14 cm s-2: G M/(R^2 sqrt(1 - 2 G M/(c^2 R))).

    Parameters
    ----------
    mass : float [solar masses]
    radius : float [km]

    Returns
    -------
    float
    """
    weight = GRAVITATIONAL_CONSTANT * SOLAR_MASS * mass
    length = KILOMETRE * radius
    stretch = np.sqrt(1.0 - 2.0 * weight / (SPEED_OF_LIGHT**2 * length))
    return float(weight / length**2 / stretch / 1e14)
