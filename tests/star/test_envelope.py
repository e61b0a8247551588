import numpy as np
import pytest
from scipy.special import roots_legendre

from spectralcmi.case import choices
from spectralcmi.constants import STEFAN_BOLTZMANN_CONSTANT
from spectralcmi.star.envelope import ENVELOPES, local_dipole, surface_gravity
from tests.star.reference import read

GRAVITY = 1.431152


@pytest.fixture(scope="module")
def points():
    return read("envelope_points.csv")


def dipole(points, cosine):
    """B_r and B_theta of the dipole at a magnetic colatitude."""
    polar = 1e12 * points["B_12"]
    return polar * cosine, 0.5 * polar * np.sqrt(1.0 - cosine**2)


@pytest.mark.parametrize(("name", "column"), [("gpe83", "G83"), ("pcy97", "PCY97")])
def test_envelopes_without_a_field(points, name, column):
    found = ENVELOPES[name].surface_temperature(1e9 * points["T_b9"], GRAVITY)
    # The table has six digits.
    np.testing.assert_allclose(found / 1e6, points[column], rtol=1e-5)


@pytest.mark.parametrize(
    ("cosine", "column"),
    [(1.0, "cos1"), (np.sqrt(0.5), "cos07071"), (0.3, "cos03"), (0.0, "cos0")],
)
def test_envelope_in_the_field_of_a_dipole(points, cosine, column):
    field = dipole(points, cosine)
    found = ENVELOPES["ppp15"].surface_temperature(1e9 * points["T_b9"], GRAVITY, *field)
    # The table has six digits.
    np.testing.assert_allclose(found / 1e6, points[f"PPP15_{column}"], rtol=1e-5)


def test_mean_flux_over_the_sphere(points):
    nodes, weights = roots_legendre(200)
    cosine = 0.5 * (nodes + 1.0)
    field = dipole({"B_12": points["B_12"][:, None]}, cosine)
    temperature = 1e9 * points["T_b9"][:, None]
    found = ENVELOPES["ppp15"].surface_temperature(temperature, GRAVITY, *field)
    mean = (found**4 @ (0.5 * weights)) ** 0.25
    # The table has six digits.
    np.testing.assert_allclose(mean / 1e6, points["PPP15_mean"], rtol=1e-5)


def test_without_a_field_the_models_agree():
    temperature = np.array([1e8, 3e8, 1e9])
    values = [e.surface_temperature(temperature, GRAVITY) for e in ENVELOPES.values()]
    # Known to be within 7 % of one another.
    assert np.ptp(np.log(values), axis=0).max() < 0.07


def test_light_elements_make_the_surface_hotter():
    temperature = np.array([1e8, 1e9])
    model = ENVELOPES["pcy97"]
    iron, thin, thick = (
        model.surface_temperature(temperature, GRAVITY, accreted_mass=mass)
        for mass in (0.0, 1e-14, 1e-7)
    )
    assert np.all((iron < thin) & (thin < thick))
    # A vanishing layer leaves iron: a ~ (5.3e-6/eta)^0.38 is 1e38 then.
    nothing = model.surface_temperature(temperature, GRAVITY, accreted_mass=1e-100)
    np.testing.assert_allclose(nothing, iron, rtol=1e-12)


def test_the_surface_is_not_hotter_than_the_base():
    cold = ENVELOPES["ppp15"].surface_temperature(np.array([1e5, 1e6]), GRAVITY, 1e15)
    assert cold[0] == 1e5
    assert cold[1] < 1e6


def test_base_flux_exceeds_the_photons_by_the_neutrinos_of_the_envelope():
    model, temperature = ENVELOPES["ppp15"], np.array([1e8, 1e9, 2e9])
    surface = model.surface_temperature(temperature, GRAVITY, 1e13, 2e13)
    ratio = model.base_flux(temperature, GRAVITY, 1.0, 1e13, 2e13)
    ratio = ratio / (STEFAN_BOLTZMANN_CONSTANT * surface**4)
    assert ratio[0] == pytest.approx(1.0, abs=2e-3)  # (T/T_max)^4 at a surface of 1e6 K
    assert np.all(np.diff(ratio) > 0.0)
    plain = ENVELOPES["gpe83"]
    flux = plain.base_flux(temperature, GRAVITY, 1.034)
    photons = STEFAN_BOLTZMANN_CONSTANT * plain.surface_temperature(temperature, GRAVITY) ** 4
    np.testing.assert_allclose(flux, 1.034 * photons, rtol=1e-14)  # rounding


def test_local_dipole_is_the_one_that_has_the_field():
    cosine = np.array([1.0, 0.8, 0.1, 0.0])
    sine = np.sqrt(1.0 - cosine**2)
    polar, found = local_dipole(-3e14 * cosine, 1.5e14 * sine)
    # Rounding.
    np.testing.assert_allclose(polar, 3e14, rtol=1e-14)
    np.testing.assert_allclose(found, cosine, rtol=1e-14, atol=1e-15)
    assert local_dipole(0.0, 0.0) == (0.0, 1.0)


def test_leaving_the_fit_is_told():
    model = ENVELOPES["ppp15"]
    assert model.outside_fit(np.array([1e8, 1e9]), 1e14) == ""
    assert "1e+06 K at its base is outside" in model.outside_fit(1e6)
    assert "4e+09 K" in model.outside_fit(np.array([1e8, 4e9]))
    assert "exceeds 1e+15 G" in model.outside_fit(1e9, 2e15)
    assert ENVELOPES["gpe83"].outside_fit(1e9, 2e15) == ""


def test_gravity_of_the_default_star():
    # Radius and gravity of the table, of five and six digits.
    assert surface_gravity(1.4, 12.5867) == pytest.approx(GRAVITY, rel=2e-5)


def test_every_choice_of_an_envelope_is_there():
    names = choices.choices(choices.EnvelopeModel)
    assert set(ENVELOPES) == set(names)
    assert next(iter(ENVELOPES)) == names[0]
