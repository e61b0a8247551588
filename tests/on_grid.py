"""Fields on the grid and integrals over it, from what radial bases and harmonics offer alone."""

import numpy as np


def vectors(shell, components):
    """Vectors (3, radius, nlat, nphi) from Q, S and T on some shells, complex (radius, lm)."""
    shells = [shell.harmonics.synthesis(*parts) for parts in zip(*components, strict=True)]
    return np.moveaxis(np.array(shells), 1, 0)


def components(state, radius):
    """Q, S, T of B and of J = e^-Phi curl(e^Phi B), complex (radius, lm).

    With D = e^-Lambda d/dr: Q, S, T of B are L p/r^2, D p/r, t/r; those of J are L t/r^2,
    e^-Phi D(e^Phi t)/r and (L p/r^2 - e^-Phi D(e^Phi D p))/r.
    """
    shell, r = state.shell, radius[:, None]
    product = shell.harmonics.degree * (shell.harmonics.degree + 1.0)
    p, p1, p2 = map(shell.columns.to_complex, shell.basis.evaluate_poloidal(state.poloidal, radius))
    t, t1 = map(shell.columns.to_complex, shell.basis.evaluate_toroidal(state.toroidal, radius))
    metric = shell.metric
    along = np.exp(-metric.radial_potential(r))
    lapse_slope, radial_slope = metric.potential_slope(r), metric.radial_potential_slope(r)
    p2 = along**2 * (p2 + (lapse_slope - radial_slope) * p1)
    p1, t1 = along * p1, along * (t1 + lapse_slope * t)
    field = product * p / r**2, p1 / r, t / r
    curl = product * t / r**2, t1 / r, (product * p / r**2 - p2) / r
    return field, curl


def field_and_curl(state, radius=None):
    """B and J on the grid of some shells, by default those of the quadrature."""
    radius = state.shell.basis.radius if radius is None else radius
    return tuple(vectors(state.shell, parts) for parts in components(state, radius))


def solid_angle(shell):
    """Gauss weights in colatitude, equal ones in longitude, shape (nlat, nphi)."""
    harmonics = shell.harmonics
    cosine, weights = np.polynomial.legendre.leggauss(harmonics.colatitude.size)
    np.testing.assert_allclose(np.cos(harmonics.colatitude), cosine[::-1], atol=1e-14)
    longitudes = harmonics.longitude.size
    return np.repeat(weights[::-1, None] * 2 * np.pi / longitudes, longitudes, axis=1)


def over_angles(shell, density):
    """Integral over the sphere, on the last two axes."""
    return (density * solid_angle(shell)).sum(axis=(-2, -1))


def over_shell(shell, density, lapses=0):
    """Int e^(lapses Phi) f dV over the proper volume, of values (points, nlat, nphi)."""
    r = shell.basis.radius
    exponent = lapses * shell.metric.potential(r) + shell.metric.radial_potential(r)
    return (shell.basis.weights * r**2 * np.exp(exponent)) @ over_angles(shell, density)
