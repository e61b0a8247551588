"""Metrics known in closed form, for tests."""

import numpy as np

from spectralcmi.grid.metric import Metric


def uniform_density(compactness, inner_radius, outer_radius):
    """Inside of a star of uniform density (Schwarzschild 1916), r_s = compactness outer_radius.

    e^Phi = (3 sqrt(1 - eps) - sqrt(1 - eps r^2/R^2))/2,  e^(-2 Lambda) = 1 - eps r^2/R^2.
    """
    surface = np.sqrt(1.0 - compactness)

    def root(radius):
        return np.sqrt(1.0 - compactness * (radius / outer_radius) ** 2)

    def potential_slope(radius):
        lapse = 0.5 * (3.0 * surface - root(radius))
        return 0.5 * compactness * radius / (outer_radius**2 * root(radius) * lapse)

    def radial_potential_slope(radius):
        return compactness * radius / (outer_radius * root(radius)) ** 2

    return Metric.from_slopes(
        potential_slope,
        radial_potential_slope,
        (np.log(surface), -np.log(surface)),
        inner_radius,
        outer_radius,
    )


def constant(potential, radial_potential, schwarzschild_radius=0.0, outer_radius=1.0):
    """The same Phi and Lambda everywhere inside."""
    return Metric(
        (float(potential),),
        (float(radial_potential),),
        0.0,
        float(outer_radius),
        float(schwarzschild_radius),
    )
