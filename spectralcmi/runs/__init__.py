"""Runs: the loop, what it records, and how that is stored and gone on with."""
