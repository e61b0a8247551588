"""The discretisation: mapped Chebyshev polynomials in radius, spherical harmonics in angle."""
