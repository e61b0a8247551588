"""The background star: equation of state, structure, composition, conductivity and rates."""

from spectralcmi.star.crust import build_crust, crust_radii
from spectralcmi.star.neutron_star import temperature_change_times

__all__ = ["build_crust", "crust_radii", "temperature_change_times"]
