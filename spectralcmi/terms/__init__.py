"""What acts on the field: Ohmic decay, Hall drift, the chiral effect, angular dissipation."""
