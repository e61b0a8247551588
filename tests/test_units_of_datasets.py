"""Units of datasets are read by pint and UDUNITS, with the factors that are meant."""

import numpy as np
import pytest

import spectralcmi as cmi
from spectralcmi.case.parameters import Parameters, section_classes
from spectralcmi.case.quantities import unit_attributes
from spectralcmi.heat.cooling import VARIABLES as COOLING
from spectralcmi.profiles.variables import VARIABLES as CRUST
from spectralcmi.runs.diagnostics import DIAGNOSTICS
from spectralcmi.runs.heat_series import HEAT, RESIDUAL
from spectralcmi.runs.series import ACCUMULATED, SERIES
from spectralcmi.star.units import unit_factor

#: Julian year [s], and erg of a MeV (CODATA 2018, exact).
YEAR, MEV = 31_557_600.0, 1.602176634e-6
#: All units of all datasets: factor to centimetre, gram, second, gauss and kelvin, and what those
#: make of it. Gaussian: gauss^2 cm^3 is an erg.
UNITS = {
    "1": (1.0, ""),
    "rad": (1.0, ""),
    "degree": (np.pi / 180, ""),
    "h": (3600.0, "second"),
    "s": (1.0, "second"),
    "julian_year": (YEAR, "second"),
    "julian_year^-1": (1 / YEAR, "1/second"),
    "s^-1": (1.0, "1/second"),
    "km": (1e5, "centimeter"),
    "km^-1": (1e-5, "1/centimeter"),
    "cm^-3": (1.0, "centimeter**-3"),
    "fm^-3": (1e39, "centimeter**-3"),
    "g": (1.0, "gram"),
    "g cm^-3": (1.0, "gram/centimeter**3"),
    "K": (1.0, "kelvin"),
    "erg": (1.0, "erg"),
    "erg s^-1": (1.0, "erg/second"),
    "erg cm^-3 s^-1": (1.0, "erg/centimeter**3/second"),
    "erg cm^-3 K^-1": (1.0, "erg/centimeter**3/kelvin"),
    "erg cm^-1 s^-1 K^-1": (1.0, "erg/centimeter/second/kelvin"),
    "MeV": (MEV, "erg"),
    "gauss": (1.0, "gauss"),
    "gauss^-2": (1.0, "gauss**-2"),
    "gauss julian_year": (YEAR, "gauss*second"),
    "gauss km": (1e5, "gauss*centimeter"),
    "gauss km^2": (1e10, "gauss*centimeter**2"),
    "gauss km^3": (1e15, "gauss*centimeter**3"),
    "gauss km^-1": (1e-5, "gauss/centimeter"),
    "gauss^2 cm^4": (1.0, "gauss**2*centimeter**4"),
    "gauss^2 cm^4 s^-1": (1.0, "gauss**2*centimeter**4/second"),
    "km^2 julian_year^-1": (1e10 / YEAR, "centimeter**2/second"),
    "km^2 julian_year^-1 teragauss^-1": (1e-2 / YEAR, "centimeter**2/second/gauss"),
}


def units_of(dataset):
    return {variable.attrs["units"] for variable in dataset.variables.values()}


@pytest.fixture(scope="module")
def run(small_case):
    return cmi.run(small_case(**{"time.end": 0.2, "output.snapshot_times": [0.0]}))


def test_runs_and_what_is_made_of_them_have_these(run):
    for dataset in (
        run,
        cmi.field(run, curl=True, k5=True),
        cmi.spectra(run),
        cmi.spin_down(run, radius=12.0, moment_of_inertia=1e45),
    ):
        assert units_of(dataset) <= UNITS.keys()


def test_eigenmodes_have_these(small_case):
    assert units_of(cmi.eigenmodes(small_case(), degrees=[1])) <= UNITS.keys()


def test_what_is_declared_has_these():
    declared = [one.units for one in DIAGNOSTICS.values()]
    declared += [units for _, units, _ in (*SERIES.values(), *HEAT.values())]
    declared += [units for units, _ in (*ACCUMULATED.values(), *CRUST.values(), *COOLING.values())]
    assert {*declared, RESIDUAL[1]} <= UNITS.keys()


def test_keys_of_the_case_file_have_these_in_scans():
    found = {
        unit_attributes(field.json_schema_extra["unit"]).get("units", "1")
        for section in Parameters.model_fields
        for cls in section_classes(section).values()
        for field in cls.model_fields.values()
    }
    assert found <= UNITS.keys()


@pytest.mark.parametrize("unit", UNITS)
def test_they_mean_the_same_to_pint(unit):
    pint = pytest.importorskip("pint")
    registry = pint.application_registry
    factor, base = UNITS[unit]
    found = registry.Quantity(1.0, registry.parse_units(unit)).to(base)
    # its constants have the digits of CODATA, which are exact; the rest is rounding
    assert found.magnitude == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("unit", UNITS)
def test_they_mean_the_same_to_udunits(unit):
    cf_units = pytest.importorskip("cf_units")
    factor, base = UNITS[unit]
    found = cf_units.Unit(unit).convert(1.0, cf_units.Unit(base.replace("**", "^") or "1"))
    # it has the electron volt of 1986
    assert found == pytest.approx(factor, rel=1e-6 if unit == "MeV" else 1e-12)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit not in ("rad", "degree", "h")])
def test_tables_are_read_in_them(unit):
    factor, base = UNITS[unit]
    short = {"centimeter": "cm", "second": "s", "gram": "g", "kelvin": "K", "gauss": "G"}
    for name, symbol in short.items():
        base = base.replace(name, symbol)
    assert unit_factor(unit, base or "1") == pytest.approx(factor, rel=1e-9)
