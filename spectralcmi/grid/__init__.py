"""The discretisation: bases in radius, spherical harmonics in angle, their product."""
