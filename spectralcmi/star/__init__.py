"""The background star: equation of state, structure, composition, conductivity and rates."""

from spectralcmi.star.crust import build_crust, crust_radii

__all__ = ["build_crust", "crust_radii"]
