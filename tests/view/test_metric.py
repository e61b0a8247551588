"""The field on regular grids in the metric of a star, inside and in the vacuum outside."""

import numpy as np
import pytest
import xarray as xr

import spectralcmi as cmi
from spectralcmi.grid.chebyshev import ChebyshevBasis, RadialMap
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT, exterior_factor
from spectralcmi.grid.stored import basis_attributes, metric_attributes
from spectralcmi.runs.dataset import shell_of
from spectralcmi.view.field import field, flux_function
from tests.grid.metrics import constant, uniform_density

INNER, OUTER = 9.0, 12.0
STAR = uniform_density(0.33, INNER, OUTER)
BASES = {
    "elements": ElementBasis((INNER, 9.8, 10.0, 10.1, OUTER)),
    "global": ChebyshevBasis(RadialMap(INNER, OUTER, 0.0), 10, 16),
}


def snapshot(basis, metric, lmax=5, mmax=5):
    """A run's snapshot of random polynomials that meet the outer condition: t = 0, p' = -kappa p.

    Of degree 6 and 5, as both bases contain them.
    """
    harmonics, rng = Harmonics(lmax, mmax), np.random.default_rng(4)
    radius = basis.storage_radius
    x = ((radius - INNER) / (OUTER - INNER))[:, None]
    kappa = exterior_factor(harmonics.degree, OUTER, metric.schwarzschild_radius)

    def random_coefficients():
        real, imaginary = rng.standard_normal((2, 1, harmonics.size))
        return real + 1j * np.where(harmonics.order > 0, imaginary, 0.0)

    powers = [random_coefficients() for _ in range(5)]
    p = sum(a * (1 - x) ** (n + 2) for n, a in enumerate(powers))
    p = p + random_coefficients() * (1 + kappa * (OUTER - radius)[:, None])
    t = sum(random_coefficients() * (1 - x) ** n for n in range(1, 6))
    return xr.Dataset(
        {
            name: (("radius", "lm"), part / radius[:, None])
            for name, part in (("poloidal", p), ("toroidal", t))
        },
        {
            "radius": radius,
            "snapshot": 5.0,
            "degree_of_lm": ("lm", harmonics.degree),
            "order_of_lm": ("lm", harmonics.order),
        },
        basis_attributes(basis) | metric_attributes(metric),
    )


def vector(grid, name="B"):
    return np.stack([grid[f"{name}_{direction}"].values for direction in ("r", "theta", "phi")])


def relative(error, scale):
    return np.abs(error).max() / np.abs(scale).max()


def stencil(centre, step):
    """Five points around a centre and the weights of the derivative, error step^4."""
    offsets = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    return centre + step * offsets, np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / (12 * step)


def potentials(metric, radius):
    """e^Phi and e^Lambda at radii, of the star or of the vacuum around it."""
    if radius.min() > OUTER:
        root = np.sqrt(1 - metric.schwarzschild_radius / radius)
        return root, 1 / root
    return np.exp(metric.potential(radius)), np.exp(metric.radial_potential(radius))


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize(
    "centre",
    [(9.3, 0.4, 0.3), (11.0, 1.6, 2.0), (12.01, 0.7, 1.0), (12.9, 1.1, 4.0), (30.0, 2.5, 5.0)],
)
def test_divergence_and_current_by_differences(name, centre):
    """Vector analysis in the metric, by differences of the components: nothing of p and t in it."""
    (radius, d_r), (colatitude, d_theta), (longitude, d_phi) = (stencil(x, 1e-3) for x in centre)
    dataset = snapshot(BASES[name], STAR)
    grid = field(dataset, radius=radius, colatitude=colatitude, longitude=longitude, curl=True)
    b_r, b_theta, b_phi = vector(grid)
    lapse, stretch = (f[:, None, None] for f in potentials(STAR, radius))
    r, sine = radius[:, None, None], np.sin(colatitude)[None, :, None]
    r0, sine0, lapse0, stretch0 = r[2, 0, 0], np.sin(centre[1]), lapse[2, 0, 0], stretch[2, 0, 0]

    def by_r(f):
        return d_r @ f[:, 2, 2] / stretch0

    def by_theta(f):
        return d_theta @ f[2, :, 2]

    def by_phi(f):
        return d_phi @ f[2, 2, :]

    terms = np.array(
        [
            by_r(r**2 * b_r) / r0**2,
            by_theta(sine * b_theta) / (r0 * sine0),
            by_phi(b_phi) / (r0 * sine0),
        ]
    )
    # (k step)^4/30 with k up to 8/km and 5/rad, and round-off 1e-16/step
    assert abs(terms.sum()) < 1e-9 * np.abs(terms).max()
    parts = np.array(
        [
            [by_theta(sine * b_phi) / (r0 * sine0), -by_phi(b_theta) / (r0 * sine0)],
            [by_phi(b_r) / (r0 * sine0), -by_r(lapse * r * b_phi) / (lapse0 * r0)],
            [by_r(lapse * r * b_theta) / (lapse0 * r0), -by_theta(b_r) / r0],
        ]
    )
    evaluated = vector(grid, "curl_B")[:, 2, 2, 2]
    assert relative(parts.sum(axis=1) - evaluated, parts) < 1e-9
    if centre[0] > OUTER:
        assert not vector(grid, "curl_B").any(), "exactly no current in the vacuum"


@pytest.mark.parametrize("compactness", [0.05, 0.33, 0.6])
def test_the_dipole_outside_in_closed_form(compactness):
    """B_r = (2 m cos/r^3) g, B_theta = (m sin/r^3) (1-x)^(1/2) kappa_1 r g.

    Both follow from p ~ r^2 [ln(1-x) + x + x^2/2], x = r_s/r (Ginzburg & Ozernoi 1965).
    """
    metric = uniform_density(compactness, INNER, OUTER)
    dataset = snapshot(BASES["elements"], metric, lmax=1, mmax=0)
    radius = np.array([12.1, 13.0, 20.0, 60.0])
    colatitude = np.linspace(0.0, np.pi, 7)
    outer = field(dataset, radius=[OUTER], colatitude=[0.0])["B_r"].item()
    grid = field(dataset, radius=radius, colatitude=colatitude)

    def bracket(x):
        return np.log1p(-x) + x + x**2 / 2

    size = compactness * OUTER
    x = size / radius
    # p/p(r_o) r_o^2/r^2 and (1-x)^(1/2) p' r/p
    radial = bracket(x) / bracket(compactness)
    slope = np.sqrt(1 - x) * (2 - x * (1 + x - 1 / (1 - x)) / bracket(x))
    # the bracket is of order x^3/3 and known to 1e-16: at the largest radius to 1e-10 of itself
    upright, horizontal = outer * np.cos(colatitude), -outer * np.sin(colatitude) / 2
    np.testing.assert_allclose(
        grid["B_r"].values[..., 0], np.outer(radial, upright), rtol=1e-9, atol=1e-12 * abs(outer)
    )
    np.testing.assert_allclose(
        grid["B_theta"].values[..., 0],
        np.outer(radial * slope, horizontal),
        rtol=1e-9,
        atol=1e-12 * abs(outer),
    )


@pytest.mark.parametrize("name", BASES)
def test_the_field_is_continuous_through_the_surface(name):
    dataset = snapshot(BASES[name], STAR)
    grid = field(dataset, radius=[OUTER, OUTER * (1 + 2e-9)])
    inside, outside = vector(grid)[:, 0], vector(grid)[:, 1]
    # over 2.4e-8 km the field changes by its gradient, about 1/km, times that
    assert relative(outside - inside, inside) < 1e-6


def test_flux_is_that_of_the_radial_field():
    """psi = Int B_r r^2 sin dtheta: areas do not know the metric, p outside does."""
    dataset = snapshot(BASES["elements"], STAR)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    end, radius = 1.9, np.array([9.5, 12.0, 14.0])
    colatitude = end / 2 * (nodes + 1)
    b_r = field(dataset, radius=radius, colatitude=colatitude)["B_r"].mean("longitude").values
    flux = radius**2 * ((b_r * np.sin(colatitude)) @ weights) * end / 2
    evaluated = flux_function(dataset, radius=radius, colatitude=[end]).values[:, 0]
    np.testing.assert_allclose(evaluated, flux, rtol=1e-10)


@pytest.mark.parametrize("name", BASES)
def test_a_metric_without_gravity_is_flat_space(name):
    radius = np.array([9.0, 9.7, 10.05, 12.0, 13.0, 40.0])
    flat = snapshot(BASES[name], FLAT)
    unnamed = flat.copy()
    del unnamed.attrs["metric"]
    negligible = flat.assign_attrs(metric_attributes(constant(1e-300, 0.0)))
    grids = [field(d, radius=radius, curl=True) for d in (flat, unnamed, negligible)]
    for name in grids[0]:
        assert np.array_equal(grids[0][name], grids[1][name])
        # the general path multiplies by e^0 = 1 and adds 0 times a slope: the same numbers
        assert np.array_equal(grids[0][name], grids[2][name])
    assert grids[0]["curl_B_r"].attrs["long_name"] == "curl of the field, radial"
    assert grids[2]["curl_B_r"].attrs["long_name"] == "e^-Phi curl(e^Phi B), radial"


@pytest.fixture(scope="module")
def crust():
    """Start of an axisymmetric run of the star in its metric, whose k5 feels the field."""
    changes = {
        "metric.kind": "star",
        "resolution.lmax": 8,
        "resolution.radial_order": 32,
        "initial.polar_field": 1e16,  # where beta B^2 is of order one
        "time.end": 0.01,
        "output.snapshot_times": [0.0, 0.01],
    }
    return cmi.run(cmi.Parameters().replace(changes))


def test_the_mean_k5_is_the_solvers(crust):
    """The closure takes the current of the metric, in the time loop and here."""
    shell = shell_of(crust)
    harmonics = shell.harmonics
    k5 = field(
        crust,
        1,
        radius=shell.basis.radius,
        colatitude=harmonics.colatitude,
        longitude=harmonics.longitude,
        k5=True,
    )["k5"]
    weights = np.polynomial.legendre.leggauss(harmonics.colatitude.size)[1]
    shells = 2 * np.pi * (k5.mean("longitude").values @ weights)
    mean = shell.proper_integral(shells) / shell.volume
    # the same points and weights; the star is built twice from its tables
    assert mean == pytest.approx(float(crust["mean_k5"][-1]), rel=1e-9)


def test_the_moment_of_a_run_is_the_field_far_away(crust):
    """B_r r^3/2 at the pole tends to the moment as 1 + (3/4) r_s/r."""
    size = crust.attrs["schwarzschild_radius_km"]
    radius = 1e5 * size
    far = field(crust, -1, radius=[radius], colatitude=[0.0])["B_r"].item() * radius**3 / 2
    moment = float(crust["dipole_moment"][-1])
    # the next term is (3/5) (r_s/r)^2 = 6e-11; each other degree falls off as r_s/r at least
    assert abs(far) == pytest.approx(moment * (1 + 0.75e-5), rel=1e-8)
    outer, star = crust.attrs["outer_radius_km"], crust.attrs["stellar_radius_km"]
    assert outer < star < 1.02 * outer
    timing = float(crust["dipole_timing_field"][-1])
    assert timing == pytest.approx(2 * moment / star**3, rel=1e-14)  # rounding
    x, local = size / outer, float(crust["dipole_field"][-1])
    factor = -3 / x**3 * (np.log1p(-x) + x + x**2 / 2)
    assert 1.34 < factor < 1.345, "of 1.4 solar masses"
    # rounding, of a logarithm that cancels to x^3/3
    assert local / timing * (outer / star) ** 3 == pytest.approx(factor, rel=1e-13)


def test_the_energy_outside_is_that_of_the_field(crust):
    """Int e^Phi B^2/(8 pi) dV of the evaluated field, where e^(Phi + Lambda) is constant."""
    outer, metric = crust.attrs["outer_radius_km"], shell_of(crust).metric
    constant_outside = float(np.exp(metric.potential(outer) + metric.radial_potential(outer)))
    # but for the mass above the shell, 1e-7 of the star's, it is 1
    assert constant_outside == pytest.approx(1, abs=1e-6)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    share = (nodes + 1) / 2  # r_o/r, from 0 to 1
    cosine, sines = np.polynomial.legendre.leggauss(20)
    grid = field(crust, -1, radius=outer / share[::-1], colatitude=np.arccos(cosine)[::-1])
    square = (vector(grid) ** 2).sum(axis=0)[::-1, :, 0] @ sines
    # r^2 dr = r_o^3 dx/x^4, in cm3
    integral = 2 * np.pi * (outer * 1e5) ** 3 * (weights / 2 / share**4) @ square
    energy = float(crust["energy_exterior"][-1])
    # the series of the potentials, 1e-14, and Gauss quadrature of analytic functions
    assert constant_outside * integral / (8 * np.pi) == pytest.approx(energy, rel=1e-11)
