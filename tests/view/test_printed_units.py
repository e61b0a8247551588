"""Units are printed alike, whether a file has them by their names of today or of before."""

import pytest
import xarray as xr

from spectralcmi.view.plotting import scan
from spectralcmi.view.plotting.style import raised


@pytest.mark.parametrize(
    ("today", "before", "printed"),
    [
        ("gauss", "G", "G"),
        ("julian_year", "yr", "yr"),
        ("julian_year^-1", "1/yr", "yr$^{-1}$"),
        ("km^-1", "1/km", "km$^{-1}$"),
        ("g cm^-3", "g cm-3", "g cm$^{-3}$"),
        ("gauss^2 cm^4", "G2 cm4", "G$^{2}$ cm$^{4}$"),
        (
            "km^2 julian_year^-1 teragauss^-1",
            "km2 yr-1 (1e12 G)-1",
            "km$^{2}$ yr$^{-1}$ (10$^{12}$ G)$^{-1}$",
        ),
    ],
)
def test_names_are_short_and_exponents_raised(today, before, printed):
    assert raised(today) == raised(before) == printed


def test_a_scanned_parameter_has_the_unit_of_the_case_file():
    values = ("delta_mu", [1.0, 2.0], {"units": "1", "case_units": "k_B T"})
    rate = ("delta_mu", [3.0, 4.0], {"units": "julian_year^-1", "long_name": "growth rate"})
    ax = scan(xr.Dataset({"growth_rate": rate}, {"delta_mu": values}), variable="growth_rate")
    assert ax.get_xlabel() == r"delta mu [$k_\mathrm{B}T$]"
    assert ax.get_ylabel() == "growth rate [yr$^{-1}$]"
