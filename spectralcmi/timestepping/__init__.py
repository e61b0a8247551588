"""Time stepping: schemes, the control of the step, and the integrator of any model."""
