"""The case: parameters, their text, their errors and the files that they name."""
