"""Heat: the temperature of the crust, from its heat equation to a cooling star."""
