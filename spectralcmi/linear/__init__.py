"""Linear theory: growth about no field, and about a state held fixed."""
