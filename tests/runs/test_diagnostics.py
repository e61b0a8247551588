"""Diagnostics in CGS against the field on a grid, and against closed forms."""

import numpy as np
import pytest

from spectralcmi.constants import FIELD_UNIT
from spectralcmi.fields.state import State
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT
from spectralcmi.grid.shell import Shell
from spectralcmi.runs import diagnostics as measured
from spectralcmi.runs.diagnostics import DIAGNOSTICS, ENERGY_UNIT
from tests.grid.metrics import uniform_density
from tests.on_grid import field_and_curl, over_shell

KILOMETRE = 1e5  # cm


def one_column(shell, kind, degree, order, profile, imaginary=False):
    """State with one radial profile [km, 1e12 G] in the real or imaginary part of (l, m)."""
    columns = shell.columns
    found = np.flatnonzero((columns.degree == degree) & (columns.order == order))
    parts = {name: np.zeros((profile.size, columns.count)) for name in ("poloidal", "toroidal")}
    parts[kind][:, found[int(imaginary)]] = profile
    return State(0.0, shell, **parts)


@pytest.fixture(scope="module")
def shell():
    return Shell(chebyshev_basis(9.0, 10.0, 14), Harmonics(4, 3))


@pytest.fixture(scope="module")
def state(shell):
    rng = np.random.default_rng(0)
    decay = 2.0 ** -np.arange(shell.basis.order)[:, None]
    size = (shell.basis.order, shell.columns.count)
    return State(0.0, shell, *(decay * rng.standard_normal(size) for _ in range(2)))


def test_declarations():
    for name, declaration in DIAGNOSTICS.items():
        assert declaration.name == name and declaration.long_name
        assert declaration.units in {"erg", "gauss", "gauss km^3", "gauss^2 cm^4", "km", "1"}
        assert set(declaration.dims) <= {"degree", "order"}


def test_a_uniform_field(shell):
    """B = B0 z^ has P = B0 cos(theta) r/2: energy B0^2/(8 pi) times the volume, polar field B0."""
    strength = 3.0  # 1e12 G
    r = shell.basis.storage_radius
    profile = strength * r**2 / 2 * np.sqrt(4 * np.pi / 3)
    uniform = one_column(shell, "poloidal", 1, 0, shell.basis.coefficients_from_storage(profile))
    volume = 4 * np.pi / 3 * (10.0**3 - 9.0**3) * KILOMETRE**3
    energy = (strength * 1e12) ** 2 / (8 * np.pi) * volume
    # a quadratic polynomial: exact but for the map's 1e-12
    assert measured.energy_poloidal(uniform) == pytest.approx(energy, rel=1e-10)
    assert measured.rms_field(uniform) == pytest.approx(strength * 1e12, rel=1e-10)
    assert measured.dipole_field(uniform) == pytest.approx(strength * 1e12, rel=1e-10)
    assert measured.energy_toroidal(uniform) == 0.0
    # a dipole outside: B0^2 r_o^3/12
    outside = (strength * 1e12) ** 2 * (10 * KILOMETRE) ** 3 / 12
    assert measured.energy_exterior(uniform) == pytest.approx(outside, rel=1e-10)
    assert measured.magnetic_helicity(uniform) == 0.0


@pytest.mark.parametrize(("order", "imaginary"), [(0, False), (1, False), (1, True)])
def test_dipole_field_is_the_largest_radial_one(shell, order, imaginary):
    r = shell.basis.storage_radius
    profile = shell.basis.coefficients_from_storage(r**2)
    dipole = one_column(shell, "poloidal", 1, order, profile, imaginary)
    radial = 2 * shell.columns.to_complex(dipole.surface_poloidal) / 10.0**2
    zero = np.zeros(shell.harmonics.size, dtype=complex)
    largest = np.abs(shell.harmonics.synthesis(radial, zero, zero)[0]).max() * FIELD_UNIT
    # the grid misses the pole or the crest by half a step at most
    assert measured.dipole_field(dipole) == pytest.approx(largest, rel=0.02)
    assert measured.dipole_field(dipole) >= largest


def test_spectra_sum_up_to_the_energies(state):
    poloidal, toroidal = measured.spectrum_poloidal(state), measured.spectrum_toroidal(state)
    inside = measured.energy_poloidal(state) + measured.energy_toroidal(state)
    assert poloidal.shape == toroidal.shape == (4,)
    assert poloidal.sum() == pytest.approx(measured.energy_poloidal(state), rel=1e-13)
    assert toroidal.sum() == pytest.approx(measured.energy_toroidal(state), rel=1e-13)
    assert measured.spectrum_order(state).sum() == pytest.approx(inside, rel=1e-13)
    odd = (poloidal + toroidal)[::2].sum()
    assert measured.energy_odd_degrees(state) == pytest.approx(odd, rel=1e-13)
    volume = state.shell.volume * KILOMETRE**3
    assert measured.rms_field(state) == pytest.approx(np.sqrt(8 * np.pi * inside / volume))


@pytest.mark.parametrize("kind", ["poloidal", "toroidal"])
@pytest.mark.parametrize(("degree", "order"), [(1, 0), (2, 1), (3, 3), (4, 2)])
def test_each_mode_is_counted_where_it_belongs(shell, kind, degree, order):
    rng = np.random.default_rng(1)
    alone = one_column(shell, kind, degree, order, rng.standard_normal(14))
    energy = getattr(measured, f"energy_{kind}")(alone)
    assert energy > 0
    assert getattr(measured, f"spectrum_{kind}")(alone)[degree - 1] == energy
    assert measured.spectrum_order(alone)[order] == pytest.approx(energy, rel=1e-14)
    assert measured.energy_odd_degrees(alone) == pytest.approx(energy * (degree % 2), rel=1e-14)
    # B_r of Y_lm changes sign about the equator where l - m is odd; r x grad Y the other way
    in_family = ((degree - order) % 2 == 1) == (kind == "poloidal")
    assert measured.energy_dipole_family(alone) == pytest.approx(energy * in_family, rel=1e-14)


@pytest.mark.parametrize("layout", [(4, 0, 1), (4, 4, 1), (6, 6, 3)])
def test_orders_of_a_symmetric_field(layout):
    shell = Shell(chebyshev_basis(9.0, 10.0, 8), Harmonics(*layout))
    size = (8, shell.columns.count)
    state = State(0.0, shell, np.ones(size), np.ones(size))
    spectrum = measured.spectrum_order(state)
    assert spectrum.shape == (layout[1] // layout[2] + 1,) and np.all(spectrum > 0)


def test_helicity_is_that_of_the_vector_potential(state):
    """Int A.B dV with A = curl(P r_vec) + T r_vec: A_r = t, toroidal part p/r."""
    shell = state.shell
    harmonics = shell.harmonics
    r = shell.basis.radius[:, None]
    product = harmonics.degree * (harmonics.degree + 1.0)
    on = state.profiles
    p, slope, t = (shell.columns.to_complex(part) for part in (on.p, on.p_slope, on.t))
    total = 0.0
    gauss = np.polynomial.legendre.leggauss(harmonics.colatitude.size)[1]
    weights = gauss[:, None] * 2 * np.pi / harmonics.longitude.size
    radial_weights = shell.basis.weights * shell.basis.radius**2
    field = zip(product * p / r**2, slope / r, t / r, strict=True)
    potential = zip(t, 0 * p, p / r, strict=True)
    for weight, parts, vector in zip(radial_weights, field, potential, strict=True):
        b, a = harmonics.synthesis(*parts), harmonics.synthesis(*vector)
        total += weight * sum((weights * x * y).sum() for x, y in zip(a, b, strict=True))
    expected = total * FIELD_UNIT**2 * KILOMETRE**4
    assert measured.magnetic_helicity(state) == pytest.approx(expected, rel=1e-11)


def test_energy_unit():
    # (1e12 G)^2 km^3/(8 pi)
    assert pytest.approx(1e24 * 1e15 / (8 * np.pi), rel=1e-15) == ENERGY_UNIT


@pytest.mark.parametrize(("lmax", "first"), [(4, 4), (7, 7), (8, 8), (15, 15), (16, 15), (24, 22)])
def test_the_tail_in_degree_is_the_last_eighth(lmax, first):
    shell = Shell(chebyshev_basis(9.0, 10.0, 8), Harmonics(lmax, 0))
    rng = np.random.default_rng(2)
    state = State(0.0, shell, *rng.standard_normal((2, 8, lmax)))
    spectrum = measured.spectrum_poloidal(state) + measured.spectrum_toroidal(state)
    expected = np.sqrt(spectrum[first - 1 :].sum() / spectrum.sum())
    assert 0 < expected < 1
    assert measured.tail_degree(state) == pytest.approx(expected, rel=1e-13)


def test_tails_of_no_field_and_of_few_degrees(shell):
    nothing = State(0.0, shell, *np.zeros((2, 14, shell.columns.count)))
    assert measured.tail_degree(nothing) == measured.tail_radial(nothing) == 0.0
    dipole = one_column(shell, "poloidal", 1, 0, np.ones(14))
    assert measured.tail_degree(dipole) == 0.0


@pytest.mark.parametrize("base", [1.0, 2.0, 4.0])
def test_the_tail_in_radius_is_of_the_highest_coefficients(base):
    unmapped = Shell(chebyshev_basis(9.0, 10.0, 16, 0.0), Harmonics(2, 0))
    profile = base ** -np.arange(16.0)
    slope = abs(np.polynomial.chebyshev.chebder(profile))
    # the last two of 16, of which a slope lacks one
    expected = {"poloidal": slope[-1] / slope.max(), "toroidal": profile[-2] / profile.max()}
    for kind, tail in expected.items():
        state = one_column(unmapped, kind, 2, 0, profile)
        # rounding of the largest coefficient
        assert measured.tail_radial(state) == pytest.approx(tail, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(("order", "imaginary"), [(0, False), (1, False), (1, True)])
@pytest.mark.parametrize("compactness", [0.0, 0.2, 0.6])
def test_the_moment_is_seen_from_far_away(shell, compactness, order, imaginary):
    metric = uniform_density(compactness, 9.0, 10.0) if compactness else FLAT
    profile = shell.basis.coefficients_from_storage(shell.basis.storage_radius**2)
    around = Shell(shell.basis, shell.harmonics, metric, 10.2)
    alone = Shell(shell.basis, shell.harmonics, metric)
    dipole, unknown = (
        one_column(s, "poloidal", 1, order, profile, imaginary) for s in (around, alone)
    )
    # 1 + (3/4) x + (3/5) x^2 + ..: independent values to eight digits
    factor = {0.0: 1.0, 0.2: 1.17883174, 0.6: 1.89292683}[compactness]
    local = measured.dipole_field(dipole)
    moment = measured.dipole_moment(dipole)
    assert moment == pytest.approx(local * 10.0**3 / (2 * factor), rel=5e-9)
    assert measured.dipole_timing_field(dipole) == pytest.approx(2 * moment / 10.2**3, rel=1e-15)
    # without a star around it the shell is the star
    at_outer = measured.dipole_timing_field(unknown)
    assert at_outer == pytest.approx(local / factor, rel=5e-9)


def test_a_local_mean_and_an_energy_seen_from_infinity():
    shell = Shell(chebyshev_basis(9.0, 10.0, 14), Harmonics(4, 3), uniform_density(0.4, 9.0, 10.0))
    rng = np.random.default_rng(3)
    decay = 2.0 ** -np.arange(shell.basis.order)[:, None]
    state = State(0.0, shell, *(decay * rng.standard_normal((2, 14, shell.columns.count))))
    square = (field_and_curl(state)[0] ** 2).sum(axis=0)
    mean = over_shell(shell, square) / over_shell(shell, np.ones_like(square))
    # round-off of sums of some 1e4 positive numbers
    assert measured.rms_field(state) == pytest.approx(FIELD_UNIT * np.sqrt(mean), rel=1e-12)
    energy = measured.energy_poloidal(state) + measured.energy_toroidal(state)
    assert energy == pytest.approx(ENERGY_UNIT * over_shell(shell, square, 1), rel=1e-12)
    assert energy < 0.9 * ENERGY_UNIT * over_shell(shell, square), "the redshift matters"


# Dipoles, families and helicity


def test_the_dipole_in_the_crust_is_not_what_is_seen_outside(shell):
    """A field that is nought at the surface: all of l = 1 is inside."""
    r = shell.basis.storage_radius
    hidden = shell.basis.coefficients_from_storage((10.0 - r) * (r - 9.0))
    state = one_column(shell, "poloidal", 1, 0, hidden)
    assert measured.dipole_field(state) == pytest.approx(0.0, abs=1e-3)  # rounding, of 1e12 G
    square = (field_and_curl(state)[0] ** 2).sum(axis=0)
    mean = over_shell(shell, square) / over_shell(shell, np.ones_like(square))
    # round-off of sums
    assert measured.dipole_rms_field(state) == pytest.approx(FIELD_UNIT * np.sqrt(mean), rel=1e-12)
    assert measured.dipole_rms_field(state) == measured.rms_field(state) > 0


def test_the_rms_of_degrees_adds_up_in_squares(state):
    spectrum = measured.rms_spectrum(state)
    assert np.sum(spectrum**2) == pytest.approx(measured.rms_field(state) ** 2, rel=1e-13)
    assert spectrum[0] == measured.dipole_rms_field(state)


def test_families_of_each_degree_add_up(state):
    family = measured.spectrum_dipole_family(state)
    whole = measured.spectrum_poloidal(state) + measured.spectrum_toroidal(state)
    assert family.sum() == pytest.approx(measured.energy_dipole_family(state), rel=1e-13)
    assert np.all((family > 0) & (family < whole))
    assert measured.peak_degree(state) == np.argmax(whole) + 1


@pytest.mark.parametrize(("kind", "in_family"), [("poloidal", True), ("toroidal", False)])
def test_the_family_of_a_degree(shell, kind, in_family):
    rng = np.random.default_rng(1)
    alone = one_column(shell, kind, 3, 2, rng.standard_normal(14))
    energy = getattr(measured, f"energy_{kind}")(alone)
    assert measured.spectrum_dipole_family(alone)[2] == pytest.approx(energy * in_family)
    assert measured.peak_degree(alone) == 3


def test_helicity_of_degrees_adds_up(state):
    spectrum = measured.helicity_spectrum(state)
    assert spectrum.sum() == pytest.approx(measured.magnetic_helicity(state), rel=1e-12)
    assert np.all(spectrum != 0)


def beltrami(shell, k):
    """curl B = k B of degree 2: t = k p with p = r j_2(k r), on all of its columns."""
    r = shell.basis.storage_radius
    x = k * r
    p = r * ((3 / x**3 - 1 / x) * np.sin(x) - 3 / x**2 * np.cos(x))
    profile = shell.basis.coefficients_from_storage(p)[:, None]
    columns = np.where(shell.columns.degree == 2, 1.0, 0.0)
    return State(0.0, shell, profile * columns, k * profile * columns)


@pytest.mark.parametrize("k", [3.0, -7.0])
def test_scale_and_helicity_of_a_beltrami_field(k):
    """<A.B> = <B^2>/k for a field whose p is nought at both ends; here A = B/k is a potential."""
    shell = Shell(chebyshev_basis(9.0, 10.0, 32), Harmonics(3, 2))
    state = beltrami(shell, abs(k))
    state = State(0.0, shell, state.poloidal, np.sign(k) * state.toroidal)
    field, curl = field_and_curl(state)
    # the series of a Bessel function of 7 rad in 32 polynomials: rounding
    np.testing.assert_allclose(curl, k * field, atol=1e-9 * abs(curl).max())
    square, current = (over_shell(shell, (a * field).sum(axis=0)) for a in (field, curl))
    assert measured.current_helicity(state) == pytest.approx(current, rel=1e-11)
    assert current == pytest.approx(k * square, rel=1e-11)
    linkage = measured.magnetic_helicity(state) / measured.HELICITY_UNIT
    assert np.sign(linkage) == np.sign(k)
    scale, fraction = measured.integral_scale(state), measured.fractional_helicity(state)
    assert scale == pytest.approx(np.sqrt(abs(linkage / current)), rel=1e-12)
    assert fraction * scale * square == pytest.approx(linkage, rel=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_beltrami_field_of_its_shell_has_its_scale_and_all_the_helicity(sign):
    """k such that p = r (j_1(k r) y_1(k r_i) - ..) is nought at both ends: xi = 1/k, chi = +-1."""
    from scipy.optimize import brentq
    from scipy.special import spherical_jn, spherical_yn

    def profile(k, r):
        inner = k * 9.0
        return r * (
            spherical_jn(1, k * r) * spherical_yn(1, inner)
            - spherical_yn(1, k * r) * spherical_jn(1, inner)
        )

    k = brentq(lambda k: profile(k, 10.0), 3.0, 3.3)
    shell = Shell(chebyshev_basis(9.0, 10.0, 32), Harmonics(2, 1))
    p = shell.basis.coefficients_from_storage(profile(k, shell.basis.storage_radius))
    columns = np.where(shell.columns.degree == 1, 1.0, 0.0)
    poloidal = p[:, None] * columns
    state = State(0.0, shell, poloidal, sign * k * poloidal)
    # rounding of second derivatives in 32 polynomials
    assert measured.integral_scale(state) == pytest.approx(1 / k, rel=1e-9)
    assert measured.fractional_helicity(state) == pytest.approx(sign, rel=1e-9)


def test_scale_and_helicity_where_there_is_none(shell):
    r = shell.basis.storage_radius
    dipole = one_column(shell, "poloidal", 1, 0, shell.basis.coefficients_from_storage(r**2))
    nothing = State(0.0, shell, *np.zeros((2, 14, shell.columns.count)))
    for state in (dipole, nothing):
        assert measured.integral_scale(state) == measured.fractional_helicity(state) == 0.0


@pytest.mark.parametrize("compactness", [0.0, 0.4])
def test_current_helicity_in_a_metric(shell, compactness):
    metric = uniform_density(compactness, 9.0, 10.0) if compactness else FLAT
    around = Shell(shell.basis, shell.harmonics, metric)
    rng = np.random.default_rng(5)
    decay = 2.0 ** -np.arange(14)[:, None]
    state = State(0.0, around, *(decay * rng.standard_normal((2, 14, around.columns.count))))
    field, curl = field_and_curl(state)
    expected = over_shell(around, (field * curl).sum(axis=0))
    size = over_shell(around, np.sqrt((field**2).sum(axis=0) * (curl**2).sum(axis=0)))
    # sums with terms of both signs
    assert measured.current_helicity(state) == pytest.approx(expected, abs=1e-12 * size)
