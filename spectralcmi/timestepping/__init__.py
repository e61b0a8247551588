"""Implicit-explicit Runge-Kutta schemes with step-size control."""
