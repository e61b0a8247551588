"""The star: equation of state, structure, composition, conductivity and rates of its matter."""
