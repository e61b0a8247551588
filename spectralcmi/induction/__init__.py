"""The induction equation: Ohmic decay, Hall drift and the chiral magnetic effect."""
