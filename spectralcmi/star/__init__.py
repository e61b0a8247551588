"""The background star: equation of state, structure, composition, conductivity and rates."""

from spectralcmi.star.crust import build_crust, crust_radii
from spectralcmi.star.neutron_star import operator_age, temperature_change_times

__all__ = ["build_crust", "crust_radii", "operator_age", "temperature_change_times"]
