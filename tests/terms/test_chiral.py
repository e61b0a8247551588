"""The chiral effect: constants, source and feedback."""

from types import SimpleNamespace

import numpy as np
import pytest

from spectralcmi import constants
from spectralcmi.terms import chiral


def test_paper_values_of_the_source():
    per_kilometre = constants.KILOMETRE
    # Given to four digits, and by the paper to one: 600 /km and 1e-2 km.
    assert chiral.source_wavenumber(1e-10) * per_kilometre == pytest.approx(2354.0, rel=3e-4)
    paper = chiral.source_wavenumber(1e-10, "dehman_pons") * per_kilometre
    assert paper == pytest.approx(600.0, rel=0.03)
    assert 2.0 * np.pi / paper == pytest.approx(1e-2, rel=0.1)


@pytest.mark.parametrize(
    ("convention", "share"), [("textbook", 1.0), ("dehman_pons", 1.0), ("dehman_pons_2025", 0.5)]
)
def test_anomaly_takes_from_the_field_what_it_gives_to_the_electrons(convention, share):
    """s mu5 dn5/dt by the anomaly = -J5.E: both sides are products of A, C and known constants."""
    mu5, field, electric = 1e-10, 1e14, 1e3
    gained = (
        share * mu5 * constants.ERG_PER_MEV * chiral.anomaly_constant(convention) * electric * field
    )
    current = constants.SPEED_OF_LIGHT / (4.0 * np.pi)
    current *= chiral.source_wavenumber(mu5, convention) * field
    # Pure products: rounding only.
    assert gained == pytest.approx(current * electric, rel=1e-13)


def test_an_unknown_convention_is_refused():
    with pytest.raises(ValueError, match="convention='mks' is none of textbook, dehman_pons"):
        chiral.chiral_coefficient("mks")


def test_the_convention_of_2025_is_as_printed():
    """arXiv:2505.06196, text below equation (3) and equation (4); 1.479e4 /km at 1e-10 MeV."""
    alpha, hbar = constants.FINE_STRUCTURE_CONSTANT, constants.REDUCED_PLANCK_CONSTANT
    # products of known constants: rounding
    assert chiral.chiral_coefficient("dehman_pons_2025") == pytest.approx(4 * alpha, rel=1e-15)
    assert chiral.anomaly_constant("dehman_pons_2025") == pytest.approx(
        2 * alpha / (np.pi * hbar), rel=1e-15
    )
    per_kilometre = chiral.source_wavenumber(1e-10, "dehman_pons_2025") * constants.KILOMETRE
    assert per_kilometre == pytest.approx(1.479e4, rel=4e-4)  # four digits


def test_a_deviation_that_differs_from_place_to_place():
    matter = {
        "electron_density": np.array([1e34, 1e36]),
        "electron_chemical_potential": np.array([13.0, 60.0]),
        "weak_rate": np.array([2.0, 9.0]),
        "spin_flip_rate": np.array([1e14, 4e14]),
        "magnetic_diffusivity": np.array([1e-5, 1e-6]),
    }
    section = SimpleNamespace(delta_mu=7.0, convention="textbook")
    profiles = chiral.chiral_profiles(matter, section, np.array([0.0, 1e-2]))
    np.testing.assert_array_equal(profiles["delta_mu"], [0.0, 1e-2])
    expected = matter["weak_rate"] * [0.0, -np.expm1(-1e-2)]
    np.testing.assert_allclose(profiles["weak_rate_effective"], expected, rtol=1e-15)


def test_profiles_follow_the_rates_and_the_deviation():
    matter = {
        "electron_density": np.array([1e34, 1e36]),
        "electron_chemical_potential": np.array([13.0, 60.0]),
        "weak_rate": np.array([2.0, 9.0]),
        "spin_flip_rate": np.array([1e14, 4e14]),
        "magnetic_diffusivity": np.array([1e-5, 1e-6]),
    }
    section = SimpleNamespace(delta_mu=1e-2, convention="textbook")
    profiles = chiral.chiral_profiles(matter, section)
    assert list(profiles) == list(chiral.VARIABLES)
    expected = matter["weak_rate"] * -np.expm1(-1e-2) / matter["spin_flip_rate"]
    # the same products: rounding only
    np.testing.assert_allclose(profiles["chiral_fraction"], expected, rtol=1e-14)
    np.testing.assert_allclose(
        profiles["chiral_wavelength"] * profiles["chiral_wavenumber"], 2 * np.pi, rtol=1e-14
    )
    none = chiral.chiral_profiles(matter, SimpleNamespace(delta_mu=0.0, convention="textbook"))
    assert np.all(none["chiral_wavenumber"] == 0.0)
    assert np.all(np.isinf(none["chiral_wavelength"]))
    np.testing.assert_array_equal(none["anomaly_feedback"], profiles["anomaly_feedback"])


def test_a_prescribed_source_has_no_feedback_unless_given():
    given = {"chiral_wavenumber": np.array([-2.0, 0.0, 4.0])}
    profiles = chiral.prescribed_profiles(given)
    np.testing.assert_array_equal(profiles["anomaly_feedback"], 0.0)
    np.testing.assert_array_equal(profiles["chiral_wavelength"], [np.pi, np.inf, np.pi / 2])
    feedback = {"anomaly_feedback": np.full(3, 1e-32)}
    np.testing.assert_array_equal(
        chiral.prescribed_profiles(given | feedback)["anomaly_feedback"], 1e-32
    )
