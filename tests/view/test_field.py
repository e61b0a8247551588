"""The field on regular grids: against SHTns, the solver's own kernel, exact fields and geometry."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import spectralcmi as cmi
from spectralcmi.case.versions import parameters_from_json
from spectralcmi.grid.chebyshev import ChebyshevBasis, RadialMap
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.stored import basis_attributes
from spectralcmi.runs.dataset import shell_of
from spectralcmi.view.field import field, flux_function

FIRST_SCHEMA = Path(__file__).parents[1] / "runs" / "data" / "version_1"

CASE = {
    "background.kind": "uniform_shell",
    "background.inner_radius": 9.0,
    "background.outer_radius": 12.0,
    "background.magnetic_diffusivity": 1.0,
    "background.hall_prefactor": 0.01,
    "background.chiral_wavenumber": 3.0,
    "chiral.k5_max": 3.5,
    "initial.kind": "random",
    "initial.lmax": 6,
    "initial.helicity": 0.5,
    "resolution.lmax": 7,
    "resolution.mmax": 6,
    "resolution.radial_order": 24,
    "time.end": 0.02,
    "output.series_interval": 0.02,
    "output.snapshot_times": [0.0, 0.02],
}


@pytest.fixture(scope="module", params=["auto", "global"])
def run(request):
    """A small run with all orders and a chiral wavenumber near its cutoff, on either basis."""
    return cmi.run(cmi.Parameters().replace(CASE | {"resolution.radial_grid": request.param}))


@pytest.fixture(scope="module")
def paper_like():
    """Start of an axisymmetric run of the star, whose k5 feels the field."""
    changes = {
        "metric.kind": "flat",
        "resolution.lmax": 8,
        "resolution.radial_order": 32,
        "initial.polar_field": 1e16,  # where beta B^2 is of order one
        "time.end": 0.01,
        "output.snapshot_times": [0.0, 0.01],
    }
    return cmi.run(cmi.Parameters().replace(changes))


def vector(grid, name="B"):
    return np.stack([grid[f"{name}_{direction}"].values for direction in ("r", "theta", "phi")])


def relative(error, scale):
    return np.abs(error).max() / np.abs(scale).max()


def test_agrees_with_shtns_on_its_own_grid(run):
    shell = shell_of(run)
    harmonics, radius = shell.harmonics, run["radius"].values
    grid = field(run, 1, colatitude=harmonics.colatitude, longitude=harmonics.longitude)
    product = harmonics.degree * (harmonics.degree + 1)
    poloidal, toroidal = (run[name][1].values for name in ("poloidal", "toroidal"))
    slots = shell.basis.poloidal_from_storage(poloidal * radius[:, None])
    slope = shell.basis.evaluate_poloidal(slots, radius)[1]
    for k in (0, 11, 23):
        expected = harmonics.synthesis(
            product * poloidal[k] / radius[k], slope[k] / radius[k], toroidal[k]
        )
        # two libraries for the same sums: round-off of 60 terms, and of the interpolation
        assert relative(vector(grid)[:, k] - expected, vector(grid)) < 1e-12


def stencil(centre, step):
    """Five points around a centre and the weights of the derivative, error step^4."""
    offsets = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    return centre + step * offsets, np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / (12 * step)


@pytest.mark.parametrize("centre", [(9.3, 0.4, 0.3), (10.4, 1.6, 2.0), (11.9, 2.9, 5.5)])
def test_divergence_is_zero_and_the_curl_is_the_curl(run, centre):
    # differences of the evaluated components: nothing of poloidal and toroidal parts is used; all
    # points within one of the four elements, at whose ends curl B jumps
    (radius, d_r), (colatitude, d_theta), (longitude, d_phi) = (stencil(x, 1e-3) for x in centre)
    grid = field(run, 1, radius=radius, colatitude=colatitude, longitude=longitude, curl=True)
    b_r, b_theta, b_phi = vector(grid)
    r, sine = radius[:, None, None], np.sin(colatitude)[None, :, None]
    r0, sine0 = centre[0], np.sin(centre[1])

    def by_r(f):
        return d_r @ f[:, 2, 2]

    def by_theta(f):
        return d_theta @ f[2, :, 2]

    def by_phi(f):
        return d_phi @ f[2, 2, :]

    terms = np.array(
        [by_r(r**2 * b_r) / r0**2, by_theta(sine * b_theta) / (r0 * sine0),
         by_phi(b_phi) / (r0 * sine0)]
    )  # fmt: skip
    # (k step)^4/30 with k up to 8/km and 10/rad, and round-off 1e-16/step
    assert abs(terms.sum()) < 1e-8 * np.abs(terms).max()
    curl = np.array(
        [
            (by_theta(sine * b_phi) - by_phi(b_theta)) / (r0 * sine0),
            by_phi(b_r) / (r0 * sine0) - by_r(r * b_phi) / r0,
            (by_r(r * b_theta) - by_theta(b_r)) / r0,
        ]
    )
    evaluated = vector(grid, "curl_B")[:, 2, 2, 2]
    assert relative(curl - evaluated, evaluated) < 1e-8


def test_the_field_is_one_vector_at_each_pole(run):
    longitude = np.linspace(0, 2 * np.pi, 9)
    grid = field(run, 0, radius=[10.0], colatitude=[0.0, np.pi], longitude=longitude)
    b_r, b_theta, b_phi = vector(grid)[:, 0]
    along = np.array([1.0, -1.0])[:, None]  # e_theta points along e_x at the north pole
    b_x = along * b_theta * np.cos(longitude) - b_phi * np.sin(longitude)
    b_y = along * b_theta * np.sin(longitude) + b_phi * np.cos(longitude)
    for component in (b_r, b_x, b_y):
        assert np.ptp(component, axis=1).max() < 1e-13 * np.abs(vector(grid)).max()
    assert np.abs(b_x).min() > 1e9  # else there was nothing to see: the field is of 1e12 G


BASES = {
    "elements": ElementBasis((9.0, 9.8, 10.0, 10.1, 12.0)),
    "global": ChebyshevBasis(RadialMap(9.0, 12.0, 0.0), 10, 16),
}


def exact_dipole(basis):
    """A run's last snapshot that holds polynomials which both bases contain, and these."""
    p = np.polynomial.Polynomial([3.0, -1, 2, 0.5, -1, 0.3, 1, 0.7], (9, 12), (-1, 1))
    t = np.polynomial.Polynomial([1.0, 2, -3, 1, 0.4, -2, 0.6], (9, 12), (-1, 1))
    radius = basis.storage_radius
    dataset = xr.Dataset(
        {
            name: (("radius", "lm"), (part(radius) / radius + 0j)[:, None])
            for name, part in (("poloidal", p), ("toroidal", t))
        },
        {
            "radius": radius, "snapshot": 5.0,
            "degree_of_lm": ("lm", [1]), "order_of_lm": ("lm", [0]),
        },
        basis_attributes(basis),
    )  # fmt: skip
    return dataset, p, t


@pytest.mark.parametrize("name", BASES)
def test_a_field_that_a_basis_contains_is_exact(name):
    dataset, p, t = exact_dipole(BASES[name])
    # breakpoints, points between them, both boundaries, and outside
    r = np.array([9.0, 9.1, 9.8, 9.95, 10.05, 11.0, 11.99, 12.0, 12.5, 30.0])
    colatitude = np.linspace(0, np.pi, 7)
    grid = field(dataset, radius=r, colatitude=colatitude, curl=True)
    outside = r > 12
    surface = p(12.0) * (12 / r)
    values = np.where(outside, surface, p(r))
    slope = np.where(outside, -surface / r, p.deriv()(r))
    toroidal, toroidal_slope = (np.where(outside, 0, f(r)) for f in (t, t.deriv()))
    current = np.where(outside, 0, 2 * p(r) / r**2 - p.deriv(2)(r))
    # Y_10 and its derivative
    upright = np.sqrt(3 / (4 * np.pi)) * np.cos(colatitude)
    falling = -np.sqrt(3 / (4 * np.pi)) * np.sin(colatitude)
    for symbol, factors in (
        ("B", (2 * values / r**2, slope / r, -toroidal / r)),
        ("curl_B", (2 * toroidal / r**2, toroidal_slope / r, -current / r)),
    ):
        expected = np.stack(
            [np.outer(f, y) for f, y in zip(factors, (upright, falling, falling), strict=True)]
        )
        # rounding of values 1e-16, times 2e2 for two derivatives in the smallest element or of
        # the tenth polynomial
        assert relative(vector(grid, symbol)[..., 0] - expected, expected) < 1e-12
    assert not vector(grid, "curl_B")[:, outside].any()


@pytest.mark.parametrize("name", ["axisymmetric", "interrupted", "star", "unmapped"])
def test_files_of_the_first_schema_are_read(name):
    old = cmi.open_run(FIRST_SCHEMA / f"{name}.nc")
    grid = field(old, curl=True, k5=True)
    # the dipole of the surface by its definition; B_r by the rounding of two sums
    degree, outer = old["degree_of_lm"].values, old.attrs["outer_radius_km"]
    top = field(old, radius=[outer], colatitude=[0.0], longitude=[0.0])["B_r"].item()
    zonal = np.flatnonzero(old["order_of_lm"].values == 0)
    scalar = old["poloidal"].values[-1, -1, zonal].real / outer
    at_pole = degree * (degree + 1) * np.sqrt((2 * degree + 1) / (4 * np.pi))
    assert top == pytest.approx((scalar * at_pole[zonal]).sum(), rel=1e-12)
    # k5 of a uniform shell is 2, and that of the star has its cutoff
    assert 0 < grid["k5"].max() <= 600 * (1 + 1e-12)
    assert (name == "star") == (grid["k5"].max() > 2.5)


def test_the_dipole_outside_is_a_dipole(paper_like):
    colatitude, radius = np.linspace(0, np.pi, 7), np.array([12.5, 20.0])
    grid = field(paper_like, 0, radius=radius, colatitude=colatitude, curl=True, k5=True)
    outer = paper_like.attrs["outer_radius_km"]
    strength = 1e16 * (outer / radius[:, None]) ** 3
    b_r, b_theta, b_phi = vector(grid)[..., 0]
    np.testing.assert_allclose(b_r, strength * np.cos(colatitude), atol=1e4)  # round-off 1e-12
    np.testing.assert_allclose(b_theta, strength * np.sin(colatitude) / 2, atol=1e4)
    assert not b_phi.any()
    assert not vector(grid, "curl_B").any()  # no current outside, exactly
    assert np.isnan(grid["k5"]).all()


def test_the_field_is_continuous_through_the_surface(run):
    outer = run.attrs["outer_radius_km"]
    grid = field(run, 1, radius=[outer, outer * (1 + 2e-9)])
    inside, outside = vector(grid)[:, 0], vector(grid)[:, 1]
    # over 2.4e-8 km the field changes by its gradient, below 8/km, times that
    assert relative(outside - inside, inside) < 1e-6


def test_the_mean_k5_is_the_solvers(run, paper_like):
    for dataset in (run, paper_like):
        shell = shell_of(dataset)
        harmonics, basis = shell.harmonics, shell.basis
        grid = field(
            dataset, 1, radius=basis.radius, colatitude=harmonics.colatitude,
            longitude=harmonics.longitude, k5=True,
        )  # fmt: skip
        # Gauss weights of the cosines, ascending as the points are not: symmetric anyway
        weights = np.polynomial.legendre.leggauss(harmonics.colatitude.size)[1]
        shells = 2 * np.pi * (grid["k5"].mean("longitude").values @ weights)
        mean = shell.proper_integral(shells) / shell.volume
        # the same points and weights; the star is built twice from its tables
        assert mean == pytest.approx(float(dataset["mean_k5"][-1]), rel=1e-9)


def test_feedback_and_cutoff_are_in_k5(paper_like):
    dataset = paper_like
    k5 = field(dataset, 1, k5=True)["k5"]
    crust = cmi.build_background(parameters_from_json(dataset.attrs["parameters"]))
    assert float(crust["chiral_wavenumber"].max()) > 1e5
    # the smooth cutoff reaches k5_max but for rounding
    assert 599 < float(k5.max()) <= 600 * (1 + 1e-12)
    assert np.ptp(k5.values, axis=1).max() > 1  # along theta: the response to the field


def test_the_flux_function_is_the_integral_of_the_radial_field(run):
    nodes, weights = np.polynomial.legendre.leggauss(24)
    end = 1.9
    colatitude = end / 2 * (nodes + 1)
    radius = np.array([9.5, 12.0, 14.0])
    # the axisymmetric part: the mean over longitudes, exact with more than mmax points
    b_r = field(run, 1, radius=radius, colatitude=colatitude)["B_r"].mean("longitude").values
    flux = radius**2 * ((b_r * np.sin(colatitude)) @ weights) * end / 2
    evaluated = flux_function(run, 1, radius=radius, colatitude=[end])
    assert evaluated.attrs["units"] == "gauss km^2"
    np.testing.assert_allclose(evaluated.values[:, 0], flux, rtol=1e-10)


def test_coordinates_units_and_time(run):
    grid = field(run, 1, curl=True, k5=True)
    assert dict(grid.sizes) == {
        "radius": run.sizes["radius"], "colatitude": 15, "longitude": 14,
    }  # fmt: skip
    np.testing.assert_array_equal(grid["radius"], run["radius"])
    assert list(grid) == [
        "B_r", "B_theta", "B_phi", "curl_B_r", "curl_B_theta", "curl_B_phi", "k5",
    ]  # fmt: skip
    units = {name: grid[name].attrs["units"] for name in grid.variables}
    assert units["B_r"] == "gauss"
    assert units["curl_B_phi"] == "gauss km^-1"
    assert units["k5"] == "km^-1"
    assert (units["radius"], units["colatitude"], units["time"]) == ("km", "rad", "julian_year")
    assert float(grid["time"]) == 0.02
    assert list(field(run, 0)) == ["B_r", "B_theta", "B_phi"]
    assert field(run, 0).attrs["field_conventions"] == run.attrs["field_conventions"]


def test_it_can_be_written(run, tmp_path):
    grid = field(run, 0)
    grid.to_netcdf(tmp_path / "field.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "field.nc", engine="h5netcdf") as read:
        xr.testing.assert_identical(read.load(), grid)


def test_a_snapshot_can_be_chosen_by_its_time(run):
    chosen = run.sel(snapshot=0.019, method="nearest")
    xr.testing.assert_identical(field(chosen), field(run, 1))
    xr.testing.assert_identical(field(run, -2), field(run, 0))
    assert not field(run, 0).equals(field(run, 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"snapshot": 2}, "snapshot=2 is no index of the 2 snapshots, taken at 0, 0.02 yr"),
        ({"snapshot": 0.02}, r"snapshot=0.02 is no index .* dataset.sel\(snapshot=YEAR\)"),
        ({"radius": [8.9, 10.0]}, "radius=8.9 km lies below the inner radius 9 km"),
        ({"colatitude": [3.2]}, r"colatitude=3.2 rad is outside \[0, pi\]"),
        ({"longitude": []}, "longitude of shape"),
        ({"radius": [np.nan]}, "radius of shape"),
    ],
)
def test_what_is_asked_wrongly_is_said(run, arguments, message):
    with pytest.raises(ValueError, match=message):
        field(run, **arguments)


def test_a_dataset_without_fields_is_named(run):
    with pytest.raises(ValueError, match="the dataset has no variable toroidal"):
        field(run.drop_vars("toroidal"))


def test_a_grid_that_does_not_fit_is_refused_before_any_of_it_is_there(run):
    angles = np.linspace(0.0, 3.0, 100_000)
    with pytest.raises(MemoryError, match=r"^1 x 100000 x 100000 points take 960 GB of memory"):
        field(run, radius=[11.0], colatitude=angles, longitude=angles)
