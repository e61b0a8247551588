import pytest

from spectralcmi.star.units import unit_factor


@pytest.mark.parametrize(
    ("unit", "wanted", "factor"),
    [
        ("g cm-3", "kg/m^3", 1e3),
        ("kg m**-3", "g cm-3", 1e-3),
        ("MeV fm-3", "dyn cm-2", 1.602176634e33),
        ("Pa", "dyn cm-2", 10.0),
        ("km2 yr-1", "cm2/s", 1e10 / 3.15576e7),
        ("cm2 s-1 G-1", "km2 yr-1 (1e12 G)-1", 3.15576e7 / 1e10 * 1e12),
        ("T-2", "G-2", 1e-8),
        ("1/km", "cm-1", 1e-5),
        ("", "1", 1.0),
        ("1000 K", "K", 1e3),
        ("1e3 K", "K", 1e3),
        ("10^3 K", "K", 1e3),
        ("10**-3 kg", "g", 1.0),
        ("2 g/cm3", "g cm-3", 2.0),
        ("1 / 2 km", "km", 0.5),
    ],
)
def test_factors(unit, wanted, factor):
    # A handful of products: rounding only.
    assert unit_factor(unit, wanted) == pytest.approx(factor, rel=1e-14)


def test_factors_there_and_back_cancel():
    # Two roundings.
    there, back = unit_factor("MeV fm-3", "Pa"), unit_factor("Pa", "MeV fm-3")
    assert there * back == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("unit", ["furlong", "km %", "km2 yr-1 (G", "2K", "km -", "0-1"])
def test_unknown_units_are_refused(unit):
    with pytest.raises(ValueError, match="is not made of"):
        unit_factor(unit, "km")


def test_other_dimensions_are_refused():
    with pytest.raises(ValueError, match="unit 'km' does not convert to 'G'"):
        unit_factor("km", "G")


@pytest.mark.parametrize("unit", ["0 K", "1e999 K", "km**99999", "km-99999", "10^99999 K", "1/0 K"])
def test_impossible_numbers_are_refused(unit):
    with pytest.raises(ValueError, match="is no positive number of anything"):
        unit_factor(unit, "K")
