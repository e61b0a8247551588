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
        assert declaration.units in {"erg", "G", "G km3", "G2 cm4", "1"}
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
