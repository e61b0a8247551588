"""Coefficients of the equations along the radius."""
