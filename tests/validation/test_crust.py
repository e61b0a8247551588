"""The crust: radii of the star, and the conductivity against its authors' code."""

from pathlib import Path

import numpy as np

from spectralcmi.case.parameters import Parameters
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.star.conductivity import electrical_conductivity

REFERENCE = Path(__file__).parents[1] / "star" / "data" / "conductivity_reference.csv"


def test_radii(validated):
    parameters = Parameters()
    inner, outer = crust_radii(parameters.background)
    crust = build_crust(parameters.background, parameters.chiral, np.array([inner, outer]))
    surface = crust.attrs["stellar_radius_km"]
    for radius, published in ((inner, 11.544), (outer, 12.420), (surface, 12.586)):
        validated.error(
            "radii of crust-core boundary, 1e10 g/cm3 and star, 1.4 solar masses [km]",
            "11.544, 12.420, 12.586 (BSk24)",
            radius - published,
            2e-3,
        )


def test_conductivity(validated):
    row = np.genfromtxt(REFERENCE, delimiter=",", skip_header=2, names=True)
    conductivity = electrical_conductivity(
        row["n_b"], row["T"], row["Z"], row["A_cluster"], row["A_cell"], row["Z_imp"] ** 2
    )
    error = np.abs(conductivity / row["sigma"] - 1)
    against = "54 values of Potekhin's code"
    validated.error("electrical conductivity, median", against, np.median(error), 1e-3)
    validated.error("electrical conductivity, worst", against, error.max(), 3e-2)
