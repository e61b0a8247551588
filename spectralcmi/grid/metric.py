"""The metric of a spherical star, as functions of the radius, and its vacuum outside.

ds^2 = -e^(2 Phi) c^2 dt^2 + e^(2 Lambda) dr^2 + r^2 dOmega^2, where r is the radius of the area
4 pi r^2. Outside a radius r_o, e^(2 Phi) = e^(-2 Lambda) = 1 - r_s/r with the Schwarzschild radius
r_s. In the formulas of this module x = r_s/r, and F is Gauss's hypergeometric function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike
from scipy.fft import dct

from spectralcmi.errors import InputError

#: Chebyshev coefficients of Phi and Lambda, which are of order one, end below this.
SERIES_ACCURACY = 1e-14
#: Numbers of Chebyshev points that are tried. The matter at neutron drip changes within 10 m, for
#: which a crust needs the last but one; what needs more than the last is not smooth.
SERIES_LENGTHS = (9, 17, 33, 65, 129, 257, 513, 1025, 2049)
#: Chebyshev points in x that resolve the logarithm of F to rounding, if x stays below 8/9.
EXTERIOR_POINTS = 48
#: Largest x of a star in hydrostatic equilibrium (Buchdahl 1959).
LARGEST_COMPACTNESS = 8.0 / 9.0

Profile = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Metric:
    """The two metric potentials Phi and Lambda between two radii, as Chebyshev series in r.

    Parameters
    ----------
    potential_series, radial_series : tuple of float
        Chebyshev coefficients of Phi and Lambda [1]; one coefficient: a constant, everywhere.
    inner_radius, outer_radius : float
        Where the series are [km].
    schwarzschild_radius : float
        That of the vacuum outside [km]; 0: flat.

    Notes
    -----
    Numbers only: metrics are equal, and have the same hash, where they are the same functions.
    """

    potential_series: tuple[float, ...] = (0.0,)
    radial_series: tuple[float, ...] = (0.0,)
    inner_radius: float = 0.0
    outer_radius: float = 1.0
    schwarzschild_radius: float = 0.0

    @classmethod
    def from_slopes(
        cls,
        potential_slope: Profile,
        radial_potential_slope: Profile,
        outer_values: tuple[float, float],
        inner_radius: float,
        outer_radius: float,
        schwarzschild_radius: float | None = None,
    ) -> Metric:
        """Metric of given derivatives: an integral of theirs is as accurate as they are.

        Parameters
        ----------
        potential_slope, radial_potential_slope : callable
            dPhi/dr and dLambda/dr [1/km] of an array of radii [km].
        outer_values : (float, float)
            Phi and Lambda at the outer radius.
        inner_radius, outer_radius : float [km]
        schwarzschild_radius : float, optional
            [km]; by default r_o (1 - e^(-2 Lambda(r_o))), which makes Lambda continuous.

        Returns
        -------
        Metric

        Raises
        ------
        InputError
            If the metric is not that of a star, r_s/r_o outside 0 .. 8/9.
        """
        potential, radial_potential = map(float, outer_values)
        inner, outer = float(inner_radius), float(outer_radius)
        if schwarzschild_radius is None:
            schwarzschild_radius = -outer * float(np.expm1(-2.0 * radial_potential))
        if not 0.0 <= schwarzschild_radius / outer < LARGEST_COMPACTNESS:
            raise InputError(
                f"schwarzschild_radius={schwarzschild_radius:g} km over "
                f"outer_radius={outer:g} km must be at least 0 and below 8/9"
            )
        return cls(
            _integrated(potential_slope, potential, inner, outer),
            _integrated(radial_potential_slope, radial_potential, inner, outer),
            inner,
            outer,
            float(schwarzschild_radius),
        )

    @property
    def is_flat(self) -> bool:
        """Whether Phi = Lambda = 0 inside and outside."""
        return not any((*self.potential_series, *self.radial_series, self.schwarzschild_radius))

    @property
    def compactness(self) -> float:
        """r_s over the outer radius [1]."""
        return self.schwarzschild_radius / self.outer_radius

    def potential(self, radius: ArrayLike) -> np.ndarray:
        """Phi [1] at radii [km] of any shape between the two ends.

        Raises
        ------
        ValueError
            If a radius lies beyond an end by more than rounding; so for the functions below.
        """
        return self._value(self.potential_series, radius)

    def potential_slope(self, radius: ArrayLike) -> np.ndarray:
        """dPhi/dr [1/km], as `potential`."""
        return self._slope(self.potential_series, radius)

    def radial_potential(self, radius: ArrayLike) -> np.ndarray:
        """Lambda [1], as `potential`."""
        return self._value(self.radial_series, radius)

    def radial_potential_slope(self, radius: ArrayLike) -> np.ndarray:
        """dLambda/dr [1/km], as `potential`."""
        return self._slope(self.radial_series, radius)

    def poloidal_derivatives(
        self, radius: np.ndarray, p: np.ndarray, slope: np.ndarray, curvature: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """p, e^-Lambda p' and e^(-2 Lambda) (p'' + (Phi' - Lambda') p'), of p, p', p'' at radii.

        The last is e^(-Phi-Lambda) (e^(Phi-Lambda) p')', of which the current of p is made. Radii
        in km, all of shapes that broadcast.
        """
        if self.is_flat:
            return p, slope, curvature
        along = np.exp(-self.radial_potential(radius))
        bend = self.potential_slope(radius) - self.radial_potential_slope(radius)
        return p, along * slope, along**2 * (curvature + bend * slope)

    def toroidal_derivatives(
        self, radius: np.ndarray, t: np.ndarray, slope: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """t and e^(-Phi-Lambda) (e^Phi t)', of t and t' at radii [km]; shapes broadcast."""
        if self.is_flat:
            return t, slope
        along = np.exp(-self.radial_potential(radius))
        return t, along * (slope + self.potential_slope(radius) * t)

    def _value(self, series: tuple[float, ...], radius: ArrayLike) -> np.ndarray:
        if len(series) == 1:
            return np.full(np.shape(radius), series[0])
        return chebyshev.chebval(self._coordinate(radius), series)

    def _slope(self, series: tuple[float, ...], radius: ArrayLike) -> np.ndarray:
        if len(series) == 1:
            return np.zeros(np.shape(radius))
        scale = 2.0 / (self.outer_radius - self.inner_radius)
        return scale * chebyshev.chebval(self._coordinate(radius), chebyshev.chebder(series))

    def _coordinate(self, radius: ArrayLike) -> np.ndarray:
        """Radii as -1 .. 1 from end to end."""
        radius = np.asarray(radius, dtype=float)
        margin = 1e-9 * self.outer_radius
        if np.any(radius < self.inner_radius - margin) or np.any(
            radius > self.outer_radius + margin
        ):
            raise InputError(
                f"radius={radius.min():.9g} to {radius.max():.9g} km leaves the metric, "
                f"{self.inner_radius:.9g} to {self.outer_radius:.9g} km"
            )
        middle = 0.5 * (self.inner_radius + self.outer_radius)
        return (radius - middle) / (0.5 * (self.outer_radius - self.inner_radius))


FLAT = Metric()
"""Phi = Lambda = 0 inside and outside."""


def _integrated(slope: Profile, at_outer: float, inner: float, outer: float) -> tuple[float, ...]:
    """Chebyshev coefficients of a function, from its slope and its value at the outer radius."""
    half = 0.5 * (outer - inner)
    for count in SERIES_LENGTHS:
        radius = outer + half * (chebyshev.chebpts1(count) - 1.0)
        values = np.broadcast_to(np.asarray(slope(radius), dtype=float), radius.shape)
        coefficients = half * _interpolating_series(values)
        if np.all(np.abs(coefficients[-(count // 4) :]) < SERIES_ACCURACY):
            break
    significant = np.flatnonzero(np.abs(coefficients) > 0.1 * SERIES_ACCURACY)
    if not significant.size:
        return (at_outer,)
    integral = chebyshev.chebint(coefficients[: significant[-1] + 1], lbnd=1.0)
    integral[0] += at_outer
    return tuple(integral.tolist())


def _interpolating_series(values: np.ndarray) -> np.ndarray:
    """Chebyshev coefficients from values at `chebpts1`, along the first axis."""
    count = values.shape[0]
    coefficients = dct(values[::-1], axis=0) / count
    coefficients[0] /= 2.0
    return coefficients


# --- the vacuum outside -----------------------------------------------------------------------


def exterior_factor(
    degree: ArrayLike, outer_radius: float, schwarzschild_radius: float = 0.0
) -> np.ndarray:
    """kappa_l of the outer boundary condition p' + kappa_l p = 0 to a vacuum.

    kappa_l r_o = l + x l(l+2)/(2l+2) F(l+1, l+3; 2l+3; x)/F(l, l+2; 2l+2; x)

    follows from the decaying solution p = r^-l F(l, l+2; 2l+2; x) of (f p')' = l(l+1) p/r^2 with
    f = 1 - x. Without a mass it is l/r_o exactly.

    Parameters
    ----------
    degree : array_like of int
        l of any shape, at least 1.
    outer_radius : float
        r_o [km].
    schwarzschild_radius : float
        r_s [km], from 0 to below r_o.

    Returns
    -------
    ndarray, shape of degree
        [1/km]

    Raises
    ------
    InputError
        Unless 0 <= r_s < r_o.

    References
    ----------
    Ginzburg & Ozernoi, Sov. Phys. JETP 20, 689 (1965): static multipoles outside a mass.
    """
    _require_outside(outer_radius, schwarzschild_radius)
    degree = np.asarray(degree, dtype=float)
    if schwarzschild_radius == 0.0:
        return degree / outer_radius
    compactness = schwarzschild_radius / outer_radius
    slope = _logarithmic_slope(degree, np.asarray(compactness))
    return (degree + compactness * slope) / outer_radius


def exterior_radial(
    degree: ArrayLike, radius: ArrayLike, outer_radius: float, schwarzschild_radius: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p of the field outside and its first two derivatives, relative to p at the outer radius.

    Parameters
    ----------
    degree : array_like of int, shape (degrees,)
        l, at least 1.
    radius : array_like, shape (radii,)
        [km], none below the outer radius.
    outer_radius : float
        r_o [km].
    schwarzschild_radius : float
        r_s [km]; 0: flat, p = (r_o/r)^l.

    Returns
    -------
    value, first, second : ndarray, shape (radii, degrees)
        p(r)/p(r_o) [1], its derivative [1/km] and second derivative [1/km2].

    Raises
    ------
    InputError
        Unless 0 <= r_s < r_o <= radius.
    """
    _require_outside(outer_radius, schwarzschild_radius)
    degree = np.asarray(degree, dtype=float)
    radius = np.asarray(radius, dtype=float)[:, None]
    if np.any(radius < outer_radius * (1.0 - 1e-12)):
        raise InputError(f"radius={radius.min():.9g} km lies below {outer_radius:.9g} km")
    value, rate = (outer_radius / radius) ** degree, degree / radius
    if schwarzschild_radius > 0.0:
        ends = np.concatenate([[outer_radius], radius[:, 0]])
        logarithm, slope = _hypergeometric(degree, schwarzschild_radius / ends)
        value = value * np.exp(logarithm[1:] - logarithm[0])
        rate = rate + schwarzschild_radius / radius**2 * slope[1:]
    first = -rate * value
    # (f p')' = l(l+1) p/r^2
    x = schwarzschild_radius / radius
    second = (degree * (degree + 1.0) * value / radius**2 - x / radius * first) / (1.0 - x)
    return value, first, second


def moment_factor(compactness: ArrayLike) -> np.ndarray:
    """g in the radial field B_r = 2 m cos(theta)/r^3 g of a moment m seen from far away.

    g = -(3/x^3) [ln(1 - x) + x + x^2/2] = 3 Sum_k x^k/(k + 3), which is 1 in flat space.

    Parameters
    ----------
    compactness : array_like
        x = r_s/r of any shape, from 0 to below 1.

    Returns
    -------
    ndarray, same shape

    References
    ----------
    Ginzburg & Ozernoi, Sov. Phys. JETP 20, 689 (1965).
    """
    x = np.asarray(compactness, dtype=float)
    # 56 terms of the series are exact to rounding below 1/2, where the logarithm cancels
    series = np.polynomial.polynomial.polyval(np.minimum(x, 0.5), 3.0 / (np.arange(56) + 3.0))
    large = np.maximum(x, 0.5)
    closed = -3.0 / large**3 * (np.log1p(-large) + large + 0.5 * large**2)
    return np.where(x < 0.5, series, closed)


def _require_outside(outer_radius: float, schwarzschild_radius: float) -> None:
    if not 0.0 <= schwarzschild_radius < outer_radius:
        raise InputError(
            f"schwarzschild_radius={schwarzschild_radius:g} must be at least 0 and below "
            f"outer_radius={outer_radius:g} km"
        )


def _logarithmic_slope(degree: np.ndarray, x: np.ndarray) -> np.ndarray:
    """d ln F(l, l+2; 2l+2; x)/dx, by Gauss's continued fraction.

    With a = l + 2, b = l, c = 2l + 2 and R = F(a, b+1; c+1)/F(a, b; c),

        dF/dx / F = b [c - (c - a) R]/(c (1 - x)),   c/R = c - u_1 x/(c + 1 - u_2 x/(c + 2 - ...)),

    u_(2n+1) = (a+n)(c-b+n), u_(2n) = (b+n)(c-a+n). No function is evaluated that could overflow.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 15.7.1 (the fraction) and 15.5 (contiguous
    functions).
    """
    a, b, c = degree + 2.0, degree, 2.0 * degree + 2.0
    root = np.sqrt(1.0 - float(np.max(x)))
    # each term gains a factor of (1 - root)/(1 + root) in the limit of many
    gain = max((1.0 - root) / (1.0 + root), 1e-6)
    terms = 4 + int(np.ceil(np.log(1e-18) / np.log(gain)))
    fraction = np.zeros(np.broadcast_shapes(degree.shape, x.shape))
    for term in range(terms, 0, -1):
        n = term // 2
        numerator = (a + n) * (c - b + n) if term % 2 else (b + n) * (c - a + n)
        fraction = numerator * x / (c + term - fraction)
    ratio = c / (c - fraction)
    return b * (c - (c - a) * ratio) / (c * (1.0 - x))


def _hypergeometric(degree: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln F(l, l+2; 2l+2; x) and its derivative, shape (x, degree): F itself could overflow."""
    half = 0.5 * float(np.max(x))
    nodes = half * (chebyshev.chebpts1(EXTERIOR_POINTS) + 1.0)
    series = _interpolating_series(_logarithmic_slope(degree, nodes[:, None]))
    integral = half * chebyshev.chebint(series, lbnd=-1.0, axis=0)
    coordinate = x / half - 1.0
    return (
        chebyshev.chebval(coordinate, integral).T,
        chebyshev.chebval(coordinate, series).T,
    )
