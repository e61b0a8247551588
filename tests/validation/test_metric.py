"""The induction equation in the metric of a star, against exact and independent results."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
import xarray as xr
from scipy.optimize import brentq

import spectralcmi as cmi
from spectralcmi.build import build_model, build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.state import State, profiles_on
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.metric import FLAT, Metric, exterior_factor
from spectralcmi.linear.eigenmodes import eigenmodes
from spectralcmi.runs.dataset import shell_of
from spectralcmi.runs.initial import initial_field
from tests.grid.metrics import constant, uniform_density
from tests.on_grid import field_and_curl, over_angles, over_shell

DATA = Path(__file__).parent / "data"
GRIDS = {"global": {"elements": 0}, "elements": {"elements": 4, "element_order": 15}}
BOTH = pytest.mark.parametrize("grid", GRIDS)
AXISYMMETRIC_AND_FULL = pytest.mark.parametrize(("lmax", "mmax"), [(8, 0), (5, 5)])
STAR = uniform_density(0.4, 0.75, 1.0)


def table(name):
    """Rows of a file of reference values, as text by column."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def rates_of(model, count, degrees):
    """Free-decay rates, poloidal above toroidal, shape (2, degrees, count)."""
    decay = model.space.free_decay(count, degrees)
    return np.array([decay.poloidal_rates, decay.toroidal_rates])


def product(method, state):
    """Result of method(state, out)."""
    out = np.empty_like(state)
    method(state, out)
    return out


def tendency(model, state, implicit=True):
    """M^-1 N, or M^-1 (N - K y)."""
    right = product(lambda y, out: model.explicit(0.0, y, out), state)
    if implicit:
        right -= product(lambda y, out: model.implicit(0.0, y, out), state)
    return product(lambda y, out: model.solve(0.0, y, out), right)


# (a) No gravity


@BOTH
@pytest.mark.parametrize("radius", [0.0, 1e-300])
def test_without_gravity_the_metric_changes_nothing(
    shell_model, random_coefficients, evolve, validated, grid, radius
):
    """The general path at Phi = 1e-300, and a Schwarzschild radius of as much."""
    physics = {"hall": 5.0, "k5": 20.0, "feedback": 3.0, "k5_max": 30.0, "angular_rate": 10.0}
    nearly = Metric((1e-300,), (1e-300,), 0.0, 1.0, radius)
    assert not nearly.is_flat
    flat, curved = (
        shell_model(16, 5, 5, metric=metric, **GRIDS[grid] | {"element_order": 7}, **physics)
        for metric in (FLAT, nearly)
    )
    state = random_coefficients(flat, 2)
    pairs = [
        (evolve(model, state, 1e-4, step=1e-5), tendency(model, state), rates_of(model, 3, (1, 5)))
        for model in (flat, curved)
    ]
    for expected, found in zip(*pairs, strict=True):
        validated.error(
            "metric of a star without mass: rates, tendency and evolution in 3D",
            "flat space",
            np.abs(found - expected).max() / np.abs(expected).max(),
            1e-13,
        )


# (b) A constant metric


def tripled(potential=-0.3):
    """e^(2 Lambda) = 3, and a vacuum around it in which kappa_1 is 2/r_o, that of l = 2."""
    size = brentq(lambda x: float(exterior_factor(1, 1.0, x)) - 2.0, 0.5, 0.7, xtol=1e-15)
    return constant(potential, np.log(3.0) / 2.0, size)


@BOTH
def test_in_a_constant_metric_a_dipole_decays_as_a_quadrupole(shell_model, validated, grid):
    """With e^(2 Lambda) = 3, 3 l(l+1) of l = 1 is that of l = 2: rates are e^Phi/3 of its own."""
    metric = tripled()
    flat, curved = (shell_model(48, 2, metric=m, **GRIDS[grid]) for m in (FLAT, metric))
    expected = np.exp(-0.3) / 3.0 * rates_of(flat, 5, (2,))
    validated.error(
        "free decay in a constant metric, five modes of l = 1, both radial grids",
        "those of l = 2 in flat space times e^Phi/3",
        np.abs(rates_of(curved, 5, (1,)) / expected - 1).max(),
        1e-10,
    )


@BOTH
def test_in_a_constant_metric_a_dipole_grows_as_a_quadrupole(
    shell_model, linear_operator, validated, grid
):
    """With t scaled by 3^(1/2), l = 1 at k5 is l = 2 at 3^(1/2) k5 in flat space."""
    model = shell_model(
        40, 1, metric=tripled(), k5=40.0 / np.sqrt(3.0), **GRIDS[grid] | {"element_order": 9}
    )
    values = scipy.linalg.eigvals(linear_operator(model, 1, implicit=True))
    growth = values.real.max() * 3.0 * np.exp(0.3)
    # superposed Beltrami fields, to the digits quoted
    assert abs(growth - 272.5154) < 0.5e-4
    validated.error(
        "chiral growth in a constant metric, l = 1, both radial grids",
        "superposed Beltrami fields of l = 2 in flat space, 272.5154",
        growth / 272.5154 - 1,
        2e-7,
    )


# (c) A star of uniform density


def sphere(shell_model, compactness):
    """A star but for a sphere of 3e-4 of its radius: fields are r^(l+1) there, rates 1e-10 off."""
    inner = 3e-4
    breakpoints = [*(inner * 3.0 ** np.arange(7)), 0.4, 0.7, 1.0]
    shares = tuple((np.array(breakpoints) - inner) / (1.0 - inner))
    metric = uniform_density(compactness, inner, 1.0)
    return shell_model(0, 2, radii=(inner, 1.0), elements=shares, element_order=11, metric=metric)


@pytest.mark.parametrize("row", table("gr_uniform_sphere.csv"), ids=lambda row: row["eps"])
def test_free_decay_in_a_star_of_uniform_density(shell_model, validated, row):
    rates = rates_of(sphere(shell_model, float(row["eps"])), 1, (1, 2))[..., 0]
    expected = [[float(row[f"{kind}_l{degree}"]) for degree in (1, 2)] for kind in ("pol", "tor")]
    # the reference is known to 3e-8
    validated.error(
        "free decay in a star of uniform density, r_s/R = 0 to 0.5, l = 1, 2",
        "collocation in the whole sphere, an independent code",
        np.abs(rates / expected - 1).max(),
        5e-8,
    )


# (d) The crust


@pytest.mark.parametrize("temperature", [1e8, 1e9])
def test_free_decay_of_the_crust(validated, temperature):
    changes = {
        "background.temperature": temperature,
        "resolution.lmax": 2,
        # within neutron drip the diffusivity changes by factors; half of these are 3e-4 off
        "resolution.radial_order": 240,
        "hall.enabled": False,
        "chiral.enabled": False,
    }
    flat, curved = (
        rates_of(build_model(Parameters().replace(changes | {"metric.kind": kind})), 3, (1, 2))
        for kind in ("flat", "star")
    )
    for row in table("gr_free_decay_crust.csv"):
        if float(row["T_K"]) != temperature:
            continue
        place = ("pt".index(row["type"]), int(row["degree"]) - 1, int(row["overtone"]) - 1)
        against = "collocation, an independent code with this diffusivity"
        what = "free decay of the crust, 1e8 and 1e9 K, l = 1, 2, three modes"
        for found, name, where in (
            (flat, "rate_flat_per_yr", "in flat space"),
            (curved, "rate_GR_per_yr", "in its metric"),
        ):
            # the diffusivity was handed over as a table
            error = found[place] / float(row[name]) - 1
            validated.error(f"{what}, {where}", against, error, 1e-3)
        ratio = curved[place] / flat[place] / float(row["GR_over_flat"]) - 1
        validated.error(f"{what}, ratio of both", against, ratio, 2e-4)


# (e) Chiral growth in the crust


@pytest.mark.parametrize(
    "changes",
    [{"resolution.radial_grid": "global", "resolution.radial_order": 192}, {}],
    ids=["global", "elements"],
)
def test_chiral_growth_in_the_crust(validated, evolve, linear_operator, changes):
    degree, years = 1, 4.0
    mode = {"degree": degree, "order": 0, "amplitude": 1e3, "shape": "polynomial"}
    parameters = Parameters().replace(
        {
            "metric.kind": "star",
            "resolution": {"lmax": 3},
            "initial": {"kind": "modes", "modes": [mode]},
            "dissipation.angular_rate": 0.0,
        }
        | changes
    )
    rate = float(eigenmodes(parameters, [degree], modes=1)["growth_rate"][0, 0])
    against = "an independent code, 0.14711"
    what = "chiral growth in the metric of the crust, both radial grids"
    validated.between(f"{what}, eigenmodes", against, rate, 0.14696, 0.14726, "/yr")
    # the part of the fastest mode, by its left eigenvector: w . a(t) = w . a(0) exp(rate t)
    linear = parameters.replace({"hall.enabled": False, "chiral.anomaly": False})
    matrix = linear_operator(build_model(linear), degree, implicit=True)
    values, left = scipy.linalg.eig(matrix, left=True, right=False)
    fastest = left[:, np.lexsort((-values.imag, -values.real))[0]].conj()
    model = build_model(parameters)
    start = initial_field(parameters, model)
    # fixed steps whose own error, (0.4 step)^4, is below 1e-5
    end = evolve(model, start, years, "ark4", step=0.2)
    measured = np.log((fastest @ end[:, 0]) / (fastest @ start[:, 0]) + 0j).real / years
    validated.error(f"{what}, time loop", "eigenmodes", measured / rate - 1, 1e-4)
    validated.between(f"{what}, time loop, rate", against, measured, 0.14696, 0.14726, "/yr")


# (f) Invariants in the metric; energy and the work of Hall drift are in test_budget.py and
# test_invariants.py


def closed_field(model, seed):
    """Random smooth field whose p, p' and t vanish on both boundaries: nothing flows through."""
    basis, columns = model.shell.basis, model.shell.columns
    rng, middle = np.random.default_rng(seed), (basis.inner_radius + basis.outer_radius) / 2
    x = ((basis.storage_radius - middle) / (basis.outer_radius - middle))[:, None]
    shape = (1 - x**2) ** 2
    p, t = (
        shape * (rng.standard_normal(columns.count) + x * rng.standard_normal(columns.count))
        for _ in range(2)
    )
    slots = basis.poloidal_from_storage(p), basis.toroidal_from_storage(t)
    return model.coefficients(State(0.0, model.shell, *slots))


def helicity_change(model, state, change):
    """d/dt of 2 Sum l(l+1) Int e^Lambda p t dr [(1e12 G)^2 km4 per yr]."""
    now, rate = model.state(state).profiles, model.state(change).profiles
    degree, weights = model.shell.columns.degree, model.shell.proper_weights
    return float(2 * (degree * (degree + 1.0)) @ (weights @ (now.p * rate.t + rate.p * now.t)))


def helicity_flux(model, state, hall, k5):
    """2 Sum L e^Phi p r E_S at the outer radius, what flows in, with eta = 1."""
    shell, outer = model.shell, model.shell.basis.outer_radius
    now = model.state(state)
    field, current = field_and_curl(now, np.array([outer]))
    electric = hall * np.cross(current, field, axis=0) + current - k5 * field
    p = shell.columns.to_complex(now.surface_poloidal)
    gradient = np.array(shell.harmonics.synthesis(0 * p, p, 0 * p))
    lapse = float(np.exp(shell.metric.potential(np.array(outer))))
    return float(2 * outer * lapse * over_angles(shell, (electric[:, 0] * gradient).sum(axis=0)))


@AXISYMMETRIC_AND_FULL
def test_hall_conserves_the_helicity_of_closed_fields(shell_model, validated, elements, lmax, mmax):
    """A is no polynomial where Lambda is none: to the truncation, below round-off at order 9."""
    model = shell_model(
        20,
        lmax,
        mmax,
        elements=elements,
        element_order=9,
        metric=STAR,
        hall=50.0,
        map_parameter=0,
    )
    state = closed_field(model, 3)
    by_hall = tendency(model, state, implicit=False)
    by_ohm = tendency(model, state) - by_hall
    # round-off, measured 2e-11: the change by Hall is 1e2 times the Ohmic one in the high modes
    validated.error(
        "change of helicity by Hall drift in a metric, of fields that vanish at both boundaries, "
        "per change by Ohmic decay",
        "0",
        helicity_change(model, state, by_hall) / helicity_change(model, state, by_ohm),
        1e-9,
    )


def refined_outside(last):
    """Four elements and finer ones at the outer boundary, down to a share of the gap."""
    sizes = 0.1 ** np.arange(2, 1 + round(-np.log10(last)))
    return (0.0, 0.25, 0.5, 0.75, *(1 - sizes), 1.0)


@AXISYMMETRIC_AND_FULL
def test_helicity_follows_the_electric_field_and_the_flux(
    shell_model, random_coefficients, validated, lmax, mmax
):
    """dH/dt = -2 Int e^Phi cE . B dV + 2 Sum L e^Phi p r E_S at the outer radius."""
    hall, k5, errors = 50.0, 7.0, []
    source = shell_model(20, lmax, mmax, metric=STAR, map_parameter=0)
    smooth = source.state(random_coefficients(source, 3, modes=4))
    for last in (1e-2, 1e-3):
        model = shell_model(
            0,
            lmax,
            mmax,
            elements=refined_outside(last),
            element_order=9,
            metric=STAR,
            hall=hall,
            k5=k5,
        )
        state = model.coefficients(profiles_on(smooth, model.shell))
        field, current = field_and_curl(model.state(state))
        inside = -2 * over_shell(model.shell, (field * (current - k5 * field)).sum(axis=0), 1)
        flux = helicity_flux(model, state, hall, k5)
        change = helicity_change(model, state, tendency(model, state))
        assert abs(flux) > 0.1 * abs(inside), "both matter"
        errors.append(abs(change - inside - flux) / abs(inside))
    # t = 0 at the surface is met as the size of the last element
    assert errors[1] < errors[0] / 5
    validated.error(
        "change of helicity by all terms in a metric, with a surface field, last element 1e-3 of "
        "the gap",
        "-2 Int e^Phi cE.B dV and the flux through the surface",
        errors[-1],
        1e-3,
    )


def polynomial_slope(basis, values):
    """Derivative on the quadrature shells of values there, within each polynomial."""
    bounds = basis.blocks.bounds if isinstance(basis, ElementBasis) else [0, basis.points]
    out = np.empty_like(values)
    for a, b in itertools.pairwise(bounds):
        middle, half = (basis.radius[a] + basis.radius[b - 1]) / 2, np.ptp(basis.radius[a:b]) / 2
        x = (basis.radius[a:b] - middle) / half
        series = scipy.linalg.solve(np.polynomial.chebyshev.chebvander(x, x.size - 1), values[a:b])
        slope = np.polynomial.chebyshev.chebder(series)
        out[a:b] = np.polynomial.chebyshev.chebval(x, slope).T / half
    return out


def test_divergence_of_each_degree(shell_model, random_coefficients, validated, elements):
    """e^-Lambda (r^2 B_r)'/r^2 = l(l+1) S/r, with S of the tables that the time loop uses."""
    model = shell_model(12, 6, map_parameter=0, elements=elements, metric=STAR)
    shell, basis = model.shell, model.shell.basis
    on = model.state(random_coefficients(model, 9)).profiles
    degree = shell.columns.degree
    along = np.exp(-STAR.radial_potential(basis.radius))[:, None]
    radial = along * polynomial_slope(basis, degree * (degree + 1.0) * on.p)
    tangential = degree * (degree + 1.0) * on.p_slope
    # round-off of derivatives of interpolants, points^2
    validated.error(
        "div B in a metric, per radial derivative",
        "0",
        np.abs(radial - tangential).max() / np.abs(radial).max(),
        1e-11,
    )


@pytest.mark.parametrize("elements", [0, (0.0, 0.5, 0.65, 1.0)], ids=["global", "elements"])
def test_axisymmetric_run_in_three_dimensions(
    shell_model, random_coefficients, evolve, validated, elements
):
    # few functions on elements, so that the fixed steps are stable
    physics = {"hall": 5.0, "k5": 40.0, "feedback": 3.0, "k5_max": 30.0, "angular_rate": 100.0}
    flat, full = (
        shell_model(16, 8, mmax, elements=elements, element_order=4, metric=STAR, **physics)
        for mmax in (0, 8)
    )
    axial = full.shell.columns.order == 0
    state = random_coefficients(flat, 4)
    embedded = np.zeros(full.shape)
    embedded[:, axial] = state
    end = evolve(flat, state, 2e-4, step=1e-5)
    end_full = evolve(full, embedded, 2e-4, step=1e-5)
    assert np.linalg.norm(end - state) > 0.1 * np.linalg.norm(state)
    assert np.abs(end_full[:, ~axial]).max() == 0.0
    # round-off of Fourier transforms over 80 evaluations
    validated.error(
        "axisymmetric field evolved in 3D in a metric, both radial grids",
        "axisymmetric run",
        np.abs(end_full[:, axial] - end).max() / np.abs(end).max(),
        1e-12,
    )


# Runs


@pytest.fixture(scope="module", params=["auto", "global"])
def case(request):
    """A small run of the crust in its metric, with all terms, in three dimensions."""
    return Parameters().replace(
        {
            "metric.kind": "star",
            "resolution": {"lmax": 4, "mmax": 2, "radial_order": 32},
            "resolution.radial_grid": request.param,
            "initial.kind": "random",
            "initial.lmax": 3,
            "initial.rms_field": 1e15,
            "time.end": 1.0,
            "time.step": 0.05,
            "time.scheme": "ark4",
            "output.series_interval": 0.25,
            "output.snapshot_times": [0.0, 1.0],
        }
    )


@pytest.fixture(scope="module")
def finished(case, tmp_path_factory):
    """The run, and its file."""
    path = tmp_path_factory.mktemp("metric") / "run.nc"
    return cmi.run(case, path), path


def test_the_energy_of_a_run_is_balanced(finished, validated):
    dataset, _ = finished
    energy = sum(dataset[f"energy_{part}"] for part in ("poloidal", "toroidal", "exterior"))
    terms = ("ohmic_energy", "chiral_energy", "angular_dissipation_energy")
    powers = sum(dataset[name] for name in terms)
    residual = (energy - energy[0] - powers).values
    turnover = sum(abs(dataset[name]) for name in terms).values[-1]
    # that of the quadrature in time
    validated.error(
        "energy balance of a run in the metric, 20 steps, per energy turned over",
        "0",
        np.abs(residual).max() / turnover,
        1e-6,
    )


def test_a_run_is_stored_with_its_metric(case, finished):
    dataset, path = finished
    stored = cmi.open_run(path)
    xr.testing.assert_identical(stored, dataset)
    assert stored.attrs["metric"] == "star"
    shell, built = shell_of(stored), build_shell(case)
    assert shell == built
    assert shell.metric == built.metric
    assert shell.stellar_radius == built.stellar_radius == stored.attrs["stellar_radius_km"]


def test_a_resumed_run_is_the_uninterrupted_one(case, finished, tmp_path):
    dataset, whole = finished

    def progress(step):
        if step.steps == 7:
            raise KeyboardInterrupt

    path = tmp_path / "run.nc"
    with pytest.raises(KeyboardInterrupt):
        cmi.run(case, path, progress)
    xr.testing.assert_identical(cmi.resume(path), dataset)
    assert path.read_bytes() == whole.read_bytes()
