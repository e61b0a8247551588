"""Initial fields from Python: what is measured of them, what a run makes of them, what is refused.

Analytic energies: of a star-centred dipole and of a Beltrami field, curl B = k B.
"""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import spherical_jn, spherical_yn

from spectralcmi.case.parameters import ParameterError
from spectralcmi.constants import KILOMETRE
from spectralcmi.errors import InputError
from spectralcmi.runs.given_field import (
    from_coefficients,
    from_dataset,
    initial_field,
    with_initial,
)
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from spectralcmi.runs.spectra import spectra

INNER, OUTER = 9.0, 10.0
ERG = KILOMETRE**3 / (8 * np.pi)  # of Int B^2 dV = 1 G2 km3


@pytest.fixture(scope="module")
def case(small_case):
    return small_case(**{"time.end": 0.5, "output.snapshot_times": [0.0, 0.5]})


def dipole(r, theta, phi):
    """Field of a dipole at the centre of the star, 1e15 G km3."""
    return 2e15 * np.cos(theta) / r**3, 1e15 * np.sin(theta) / r**3, 0.0


WAVENUMBER = 7.0  # 1/km


def beltrami_radial(r):
    """P(r) of degree 2 that vanishes at the inner radius, and dP/dr [G km, G]."""
    x, edge = WAVENUMBER * r, WAVENUMBER * INNER
    j, y = spherical_jn(2, edge), spherical_yn(2, edge)
    value = spherical_jn(2, x) * y - spherical_yn(2, x) * j
    slope = spherical_jn(2, x, derivative=True) * y - spherical_yn(2, x, derivative=True) * j
    return 1e16 * value, 1e16 * WAVENUMBER * slope


def beltrami(r, theta, phi):
    """Field with P = beltrami_radial(r) (3 cos^2 theta - 1)/2 and T = k P."""
    value, slope = beltrami_radial(r)
    legendre, its_slope = (3 * np.cos(theta) ** 2 - 1) / 2, -3 * np.cos(theta) * np.sin(theta)
    return (
        6 * value / r * legendre,
        (value / r + slope) * its_slope,
        -WAVENUMBER * value * its_slope,
    )


def beltrami_energies():
    """Poloidal, toroidal and exterior energy [erg]."""
    norm = ERG * 4 * np.pi / 5

    def poloidal(r):
        value, slope = beltrami_radial(r)
        return 36 * value**2 + 6 * (value + r * slope) ** 2

    def toroidal(r):
        return 6 * (WAVENUMBER * r * beltrami_radial(r)[0]) ** 2

    shell = (quad(f, INNER, OUTER, epsabs=0, epsrel=1e-12)[0] for f in (poloidal, toroidal))
    exterior = 6 * 2 / OUTER * (OUTER * beltrami_radial(OUTER)[0]) ** 2
    return tuple(norm * part for part in (*shell, exterior))


def fitting(r, theta, phi):
    """Field that obeys all boundary conditions: poloidal of (1, 1), toroidal of (1, 0)."""
    gap, kappa = OUTER - INNER, 1 / OUTER
    cubic = (1 + kappa * gap) / (3 * gap**2 + kappa * gap**3)
    x = r - INNER
    p, slope, t = 1e13 * (x - cubic * x**3), 1e13 * (1 - 3 * cubic * x**2), 1e13 * (gap**2 - x**2)
    return (
        2 * p / r**2 * np.sin(theta) * np.cos(phi),
        slope / r * np.cos(theta) * np.cos(phi),
        -slope / r * np.sin(phi) + t / r * np.sin(theta),
    )


# What is measured


def test_a_star_centred_dipole_has_its_energy_and_is_refused_where_it_does_not_fit(case):
    energies = spectra(dipole, case)
    # Int B^2 dV beyond r is 8 pi m^2/(3 r^3)
    outside = ERG * 8 * np.pi / 3 * 1e30 / OUTER**3
    shell = ERG * 8 * np.pi / 3 * 1e30 / INNER**3 - outside
    assert energies["energy_shell"].item() == pytest.approx(shell, rel=1e-8)
    assert energies["energy_poloidal"].item() == pytest.approx(shell, rel=1e-8)
    assert energies["energy_exterior"].item() == pytest.approx(outside, rel=1e-8)
    assert energies["spectrum_order"][1:].max() < 1e-20 * shell  # rounding, squared
    with pytest.raises(InputError, match=r"B_r has to vanish at the inner radius, but is 0\.96"):
        initial_field(case, dipole)
    assert initial_field(case, dipole, largest_loss=1.0).energy == pytest.approx(
        shell + outside, rel=1e-8
    )


def test_a_beltrami_field_has_its_energies_and_is_refused_where_it_does_not_fit(case):
    poloidal, toroidal, outside = beltrami_energies()
    energies = spectra(beltrami, case)
    assert energies["energy_poloidal"].item() == pytest.approx(poloidal, rel=1e-8)
    assert energies["energy_toroidal"].item() == pytest.approx(toroidal, rel=1e-8)
    assert energies["energy_exterior"].item() == pytest.approx(outside, rel=1e-8)
    assert energies["spectrum_poloidal"].sel(degree=2).item() == pytest.approx(poloidal, rel=1e-8)
    with pytest.raises(InputError) as error:
        initial_field(case, beltrami)
    message = str(error.value)
    assert "the toroidal field has to vanish at the outer radius, but is" in message
    assert "the poloidal field has to go on outside without a current, but is" in message
    given = initial_field(case, beltrami, largest_loss=0.1)
    assert given.energy == pytest.approx(poloidal + toroidal + outside, rel=1e-8)
    # 7e-9, of slopes that eleven polynomials interpolate: smaller on more of them
    assert 0 <= given.divergence < 1e-8
    finer = initial_field(case.replace({"resolution.radial_order": 24}), beltrami, largest_loss=0.1)
    assert finer.divergence < 1e-4 * given.divergence
    started = run(with_initial(case, given))
    held = sum(float(started[f"energy_{part}"][0]) for part in ("poloidal", "toroidal", "exterior"))
    assert held / given.energy == pytest.approx(1 - given.lost, rel=1e-10)
    assert f"{100 * given.lost:.3g} % are left out" in started.attrs["parameters"]


def test_a_field_that_fits_begins_a_run_to_rounding(case, tmp_path):
    case = case.replace({"resolution.mmax": 1})
    given = initial_field(case, fitting)
    assert given.lost < 1e-12
    dataset = run(with_initial(case, given), tmp_path / "run.nc")
    energies = spectra(fitting, case)
    for name in ("energy_poloidal", "energy_toroidal", "energy_exterior"):
        # cubics: the elements hold them, to rounding times the condition of the mass
        assert float(dataset[name][0]) == pytest.approx(energies[name].item(), rel=1e-11)
    assert spectra(given)["energy_shell"].item() == pytest.approx(given.energy, rel=0.1)
    assert "function of place" in repr(given)
    # it goes on where nobody holds the field any longer
    digest = given.digest
    del given
    assert resume(tmp_path / "run.nc", {"time.end": 1.0})["time"][-1] == 1.0
    gone = case.replace({"initial": {"kind": "given", "digest": digest}})
    with pytest.raises(ParameterError, match=r"initial\.digest = .*: no such field is here"):
        run(gone)


def test_potentials_are_the_same_field_as_its_components(case):
    case = case.replace({"resolution.mmax": 1})

    def potentials(r, theta, phi):
        gap, kappa, x = OUTER - INNER, 1 / OUTER, r - INNER
        cubic = (1 + kappa * gap) / (3 * gap**2 + kappa * gap**3)
        poloidal = 1e13 * (x - cubic * x**3) / r * np.sin(theta) * np.cos(phi)
        return poloidal, 1e13 * (gap**2 - x**2) / r * np.cos(theta) + 0 * phi

    one, other = initial_field(case, potentials), initial_field(case, fitting)
    for name in ("p", "p_slope", "t"):
        parts = [getattr(field.profiles, name) for field in (one, other)]
        # rounding of an interpolation by cubics, whose slopes are ten times as large
        np.testing.assert_allclose(parts[0], parts[1], atol=1e-12 * abs(parts[1]).max())


# What is refused


def test_degrees_and_orders_beyond_the_resolution_are_told(case):
    with pytest.raises(InputError, match=r"51\.4 % are of degrees or orders that the res"):
        initial_field(case, fitting)  # order 1 in an axisymmetric run
    low = case.replace({"resolution.lmax": 1})
    with pytest.raises(InputError, match=r"100 % are of degrees or orders"):
        initial_field(low, beltrami)


def test_a_divergence_is_refused_in_the_metric_of_the_run(case):
    with pytest.raises(InputError, match=r"has a divergence, with 100 % of its energy; at most"):
        initial_field(case, lambda r, theta, phi: (1e12 / r**2, 0.0, 0.0))
    with pytest.raises(InputError, match=r"has a divergence, with"):
        initial_field(case, lambda r, theta, phi: (1e12 * np.cos(theta), 0.0, 0.0))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda r, theta, phi: (r, theta), None),  # two potentials are a field
        (lambda r, theta, phi: (r,), "gives 1 arrays; three are B_r"),
        (lambda r, theta, phi: (r, theta, "x"), "gives no arrays of real numbers"),
        (lambda r, theta, phi: (r, theta, np.ones(3)), "gives arrays of shape"),
        (lambda r, theta, phi: (np.nan * r, theta, phi), "numbers that are not finite"),
        (lambda r, theta, phi: (0, 0, 0), "is zero everywhere"),
    ],
)
def test_what_is_no_field_is_one_line(case, function, message):
    if message is None:
        assert initial_field(case, function, largest_loss=1.0).energy > 0
        return
    with pytest.raises(InputError, match=message):
        initial_field(case, function, largest_loss=1.0)


def test_a_field_of_another_resolution_is_refused_by_the_run(case):
    given = initial_field(case, beltrami, largest_loss=1.0)
    with pytest.raises(ParameterError, match="made for another resolution"):
        run(with_initial(case.replace({"resolution.lmax": 6}), given))
    with pytest.raises(InputError, match="initial is a function, not what initial_field"):
        with_initial(case, beltrami)


# Coefficients and other runs


def test_a_snapshot_begins_another_run_by_either_way(case):
    first = run(case.replace({"resolution.mmax": 2, "initial.perturbation_amplitude": 0.1}))
    finer = case.replace({"resolution.mmax": 2, "resolution.lmax": 6})
    given = from_dataset(finer, first)
    names = ("energy_poloidal", "energy_toroidal", "energy_exterior")
    begun = run(with_initial(finer, given))
    for name in names:
        # a projection on the same radial functions: rounding times the condition of the mass
        assert float(begun[name][0]) == pytest.approx(float(first[name][-1]), rel=1e-11)
    snapshot = first.isel(snapshot=-1)
    coefficients = from_coefficients(
        finer, first["radius"], snapshot["poloidal"], snapshot["toroidal"],
        degree=first["degree_of_lm"], order=first["order_of_lm"], largest_loss=1e-2,
    )  # fmt: skip
    # splines through the radii of three elements
    assert coefficients.energy == pytest.approx(given.energy, rel=1e-3)
    stored = spectra(first)
    np.testing.assert_allclose(stored["spectrum_order"], first["spectrum_order"][-1], rtol=1e-13)
    assert not np.array_equal(first["spectrum_order"][-1], first["spectrum_order"][0])


def test_coefficients_that_do_not_fit_are_one_line(case):
    radius = np.linspace(INNER, OUTER, 9)
    one = np.ones((9, 5))
    wrong = [
        ((radius, one[:, :4], one), "poloidal has the shape (9, 4), not (radius, lm) = (9, 5)"),
        ((radius, one, 1j * one), "toroidal has an imaginary part at order 0"),
        ((radius, one, np.inf * one), "toroidal holds numbers that are not finite"),
        ((radius[::-1], one, one), "radius has to ascend"),
        ((radius + 0.1, one, one), "radius goes from 9.1 to 10.1 km, the crust from 9 to 10 km"),
    ]
    for arguments, message in wrong:
        with pytest.raises(InputError) as error:
            from_coefficients(case, *arguments)
        assert message in str(error.value)
    with pytest.raises(InputError, match="name a coefficient twice"):
        from_coefficients(case, radius, one, one, degree=[1, 1, 2, 3, 4], order=[0] * 5)


def test_a_snapshot_that_is_not_there_or_of_another_crust_is_one_line(case):
    first = run(case)
    with pytest.raises(InputError, match="snapshot=2 is no index of the 2 snapshots"):
        from_dataset(case, first, 2)
    with pytest.raises(
        InputError, match=r"has a crust from 9\.0.* to 10\.0.* km, the run from 8\.0"
    ):
        from_dataset(case.replace({"background.inner_radius": 8.0}), first)


def test_what_is_no_field_has_no_spectra(case):
    with pytest.raises(InputError, match="a list is no field"):
        spectra([1.0], case)
    with pytest.raises(InputError, match="a function is a field in a shell"):
        spectra(dipole)
