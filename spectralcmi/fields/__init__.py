"""What is evolved: states, their quadratic forms and boundary conditions."""
