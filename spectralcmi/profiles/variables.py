"""The variables of a crust: those of its matter and those of the chiral effect."""

from __future__ import annotations

from spectralcmi.star.profiles import COMMENTS as COMMENTS
from spectralcmi.star.profiles import VARIABLES as MATTER
from spectralcmi.terms.chiral import VARIABLES as CHIRAL

#: name: (units, long name), in the order of the dataset
VARIABLES: dict[str, tuple[str, str]] = {**MATTER, **CHIRAL}
