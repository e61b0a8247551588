import pytest

from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.structure import maximum_mass, solve_star


def test_star_of_1_4_solar_masses():
    star = solve_star(BSK24, 1.4)
    # The mass is a root found with the full tolerance of the integrator, 1e-12.
    assert star.mass == pytest.approx(1.4, rel=1e-10)
    # Published to 1 m; the last metres depend on where the surface is taken to be.
    assert star.radius == pytest.approx(12.586, abs=0.002)
    # Published to three digits.
    assert star.central_density == pytest.approx(7.30e14, rel=1e-3)


def test_maximum_mass():
    mass, central = maximum_mass(BSK24)
    # 2.28 solar masses is published to two decimals.
    assert mass == pytest.approx(2.28, abs=0.02)
    assert 0.8 < central < 1.2


def test_a_star_close_to_the_maximum_is_found():
    star = solve_star(BSK24, 2.27)
    assert star.mass == pytest.approx(2.27, rel=1e-8)
    # On the stable branch, below the density of the heaviest star.
    assert star.central_baryon_density < maximum_mass(BSK24)[1]


def test_a_mass_above_the_maximum_is_refused_by_its_name():
    with pytest.raises(ValueError, match=r"2\.5 solar masses exceed 2\.279257, the maximum"):
        solve_star(BSK24, 2.5)


@pytest.mark.parametrize("below", [1e-4, 1e-6, 1e-7, 1e-9, 0.0])
def test_a_mass_as_near_to_the_maximum_as_can_be_is_found(below):
    most, central = maximum_mass(BSK24)
    found = solve_star(BSK24, most - below)
    # The search for the maximum has a tolerance of 1e-6, and there the mass hardly depends on the
    # central density.
    assert found.mass == pytest.approx(most - below, rel=1e-6)
    assert found.central_baryon_density == pytest.approx(central, rel=0.02)


def test_a_mass_just_above_the_maximum_is_told_with_its_digits():
    most, _ = maximum_mass(BSK24)
    with pytest.raises(ValueError, match=r"2\.27926\d+ solar masses exceed 2\.279257"):
        solve_star(BSK24, most + 5e-6)


def test_a_mass_below_every_star_is_refused():
    with pytest.raises(ValueError, match=r"0\.01 solar masses are below"):
        solve_star(BSK24, 0.01)
