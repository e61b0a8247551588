"""Linear theory about zero field."""
