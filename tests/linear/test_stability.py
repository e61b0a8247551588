"""Growth of small perturbations, where it is known or all eigenvalues are at hand."""

import numpy as np
import pytest

from spectralcmi.build import build_model
from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.fields.state import profiles_on, state_from_storage
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import stored_basis
from spectralcmi.linear.eigenmodes import eigenmodes
from spectralcmi.linear.global_problem import evolution_matrix
from spectralcmi.linear.growth import energy_shares
from spectralcmi.linear.linearised_model import LinearisedModel
from spectralcmi.linear.local_stability import local_growth
from spectralcmi.linear.shift_invert import fastest_by_factors
from spectralcmi.linear.stability import fastest_growth
from spectralcmi.terms.ohmic import degree_modes
from spectralcmi.threads import Threads

RADII = np.array([0.75, 1.0])


def uniform_shell(k5, grid, **changes):
    """Case and model of the shell 0.75 .. 1 of unit diffusivity, whose rates are known."""
    background = {
        "kind": "uniform_shell",
        "inner_radius": 0.75,
        "outer_radius": 1.0,
        "magnetic_diffusivity": 1.0,
        "hall_prefactor": 1.0,
        "chiral_wavenumber": k5,
    }
    resolution = {"lmax": 3, "radial_grid": grid, "radial_order": 24}
    parameters = Parameters(
        background=background,
        chiral={"k5_max": 1e9},
        dissipation={"angular_rate": 0.0},
        resolution=resolution,
    )
    parameters = parameters.replace(changes)
    return parameters, build_model(parameters, Threads(1))


# About no field: the chiral instability


@pytest.mark.parametrize("grid", ["auto", "global"])
@pytest.mark.parametrize(("k5", "degree", "rate"), [(20.0, 1, 20.59735), (40.0, 3, 275.9317)])
def test_growth_about_no_field_is_that_of_the_chiral_instability(k5, degree, rate, grid):
    """A residual of 1e-3, of modes that are nearly orthogonal, and the scheme's 1e-4."""
    parameters, model = uniform_shell(k5, grid)
    growth = fastest_growth(model, np.zeros(model.shape), tolerance=1e-3)
    assert growth.residual <= 1e-3
    assert growth.rate == pytest.approx(rate, rel=1e-3)
    frequency = abs(eigenmodes(parameters, [degree], 1)["frequency"].item())
    assert growth.frequency == pytest.approx(frequency, abs=1e-3 * rate)
    share = energy_shares(model, growth.mode, RADII)[0]
    # degrees are independent, and what is left of the others is in the residual
    assert share[model.shell.columns.degree == degree].sum() > 0.99


@pytest.mark.parametrize("grid", ["auto", "global"])
@pytest.mark.parametrize(("inner", "constant"), [
    ("perfect_conductor", 6.515701), ("zero_toroidal", 7.03266),
])  # fmt: skip
def test_without_chiral_term_the_slowest_decay_is_found(inner, constant, grid):
    """Toroidal, or poloidal where that is kept from the core; as above."""
    changes = {"chiral.enabled": False, "boundary.inner": inner}
    _, model = uniform_shell(20.0, grid, **changes)
    growth = fastest_growth(model, np.zeros(model.shape))
    assert growth.rate == pytest.approx(-(constant**2), rel=1e-3)


def test_a_travelling_wave_has_its_frequency(shell_model):
    """A shell in which eta k5 varies with radius, against the eigenvalues of its matrix."""
    profiles = {"diffusivity": lambda r: 1 + 8 * (1 - r), "k5": lambda r: 40.0 * (2.5 - 2 * r)}
    model = shell_model(32, 1, **profiles)
    basis = model.shell.basis
    eta, k5 = (profile(basis.radius) for profile in profiles.values())
    modes = degree_modes(model.shell, eta, 1, Boundaries())
    values = np.linalg.eigvals(evolution_matrix(model.shell, eta, k5, 1, modes))
    fastest = values[np.lexsort((-values.imag, -values.real))[0]]
    growth = fastest_growth(model, np.zeros(model.shape))
    assert growth.rate == pytest.approx(fastest.real, rel=1e-3)
    assert growth.frequency == pytest.approx(fastest.imag, abs=1e-3 * fastest.real)
    assert fastest.imag > 1e-2 * fastest.real  # or a frequency of 0 would do


# About a field: every term


def whole_spectrum(model, state, columns):
    """Eigenvalues of the equation about a state, by central differences along each coefficient."""
    places = np.flatnonzero(np.broadcast_to(columns, model.shape))
    matrix = np.empty((places.size, places.size))
    difference = 1e-5 * np.abs(state).max()
    above, below, damping, out = np.empty((4, *model.shape))
    for k, place in enumerate(places):
        unit = np.zeros(model.shape)
        unit.flat[place] = 1.0
        model.explicit(0.0, state + difference * unit, above)
        model.explicit(0.0, state - difference * unit, below)
        model.implicit(0.0, unit, damping)
        model.solve(0.0, (above - below) / (2 * difference) - damping, out)
        matrix[:, k] = out.flat[places]
    return np.linalg.eigvals(matrix)


@pytest.mark.parametrize("elements", [0, 3])
@pytest.mark.parametrize("order", [0, 2])
def test_growth_about_a_field_is_the_fastest_of_all(
    shell_model, random_coefficients, order, elements
):
    """With Hall drift, feedback and the cutoff: an independent matrix has all eigenvalues."""
    model = shell_model(
        10,
        4,
        2,
        2,
        elements=elements,
        element_order=4,
        hall=0.5,
        k5=15.0,
        feedback=0.05,
        k5_max=18.0,
    )
    columns = model.shell.columns.order == order
    # axisymmetric, so that orders are independent; strong enough for Hall drift to change growth
    state = 12.0 * random_coefficients(model, 3, 4) * (model.shell.columns.order == 0)
    values = whole_spectrum(model, state, columns)
    fastest = values[np.lexsort((-np.abs(values.imag), -values.real))[0]]
    growth = fastest_growth(model, state, columns=columns)
    assert growth.residual <= 1e-3
    scale = abs(fastest)
    assert growth.rate == pytest.approx(fastest.real, abs=1e-3 * scale)
    assert growth.frequency == pytest.approx(abs(fastest.imag), abs=1e-3 * scale)
    assert np.all(growth.mode[:, ~columns] == 0)


def test_the_linearised_terms_are_the_derivative(shell_model, random_coefficients):
    """Hall drift is quadratic and known by polarisation: N'(y) v = [N(y + v) - N(y - v)]/2."""
    model = shell_model(12, 4, 2, hall=1.0)
    state, perturbation = (random_coefficients(model, seed) for seed in (1, 2))
    expected, below, found = np.empty((3, *model.shape))
    model.explicit(0.0, state + perturbation, expected)
    model.explicit(0.0, state - perturbation, below)
    expected -= below
    LinearisedModel(model, state).explicit(0.0, perturbation, found)
    # the size of the difference, 1e-7, and round-off of the second derivatives over it
    np.testing.assert_allclose(found, expected / 2, rtol=0, atol=1e-5 * np.abs(expected).max())


# A field of a run


@pytest.fixture(scope="module")
def field_of_110_years(stored_states):
    """Degrees 1 to 10 of the default case at 110 yr, see `stored_states`."""
    chosen = stored_states.sel(snapshot=110.0)
    basis = stored_basis(chosen.attrs, chosen.sizes["radius"])
    parts = (1e-12 * chosen[name].values for name in ("poloidal", "toroidal"))
    return state_from_storage(110.0, Shell(basis, Harmonics(10, 0)), *parts)


@pytest.mark.slow
def test_growth_of_the_chiral_front_at_110_years_is_resolved(field_of_110_years):
    """Degrees up to 24, for which the chiral front is what grows, on about 130 and 180 functions.

    Within 5 %: the field itself is of a run of less resolution, and rings. Neighbouring modes of
    the front differ by 3 %: a residual of 1e-2 leaves open which is the fastest, not its rate.
    """
    rates = []
    for radial_order in (132, 180):
        parameters = Parameters(
            resolution={"lmax": 24, "radial_order": radial_order},
            dissipation={"angular_rate": 0.0},
            time={"end": 110.0},
            metric={"kind": "flat"},
        )
        model = build_model(parameters, Threads(1))
        state = model.coefficients(profiles_on(field_of_110_years, model.shell))
        growth = fastest_growth(model, state, tolerance=1e-2)
        front = energy_shares(model, growth.mode, np.array([11.85, 11.90])).sum()
        assert front > 0.95
        rates.append(growth.rate)
    assert rates[0] == pytest.approx(rates[1], rel=0.05)
    assert 0.12 < rates[1] < 0.17


def graded_radii(spacing, inner, outer):
    """Ends of elements, equal in the layer of 110 yr and growing by 1.5 up to 50 m outside it."""
    layer = (11.86, 11.95)
    radii = np.linspace(*layer, round((layer[1] - layer[0]) / spacing) + 1).tolist()
    sizes = np.minimum(spacing * 1.5 ** np.arange(1, 100), 0.05)
    below, above = (np.cumsum(sizes) * sign + end for sign, end in ((-1, layer[0]), (1, layer[1])))
    # the last element is not much smaller than its neighbour
    below, above = below[below > inner + 0.02], above[above < outer - 0.02]
    return [inner, *below[::-1].tolist(), *radii, *above.tolist(), outer]


@pytest.mark.slow
@pytest.mark.parametrize(("lmax", "beside"), [(40, 0.05), (80, 0.05), (160, 0.25)])
def test_global_growth_at_110_years_is_converged_and_beside_the_local_one(
    field_of_110_years, stored_states, lmax, beside
):
    """Elements of 4 and of 2.5 m in the layer, 0.7 and 0.4 m a function.

    Measured 0.1460 and 0.1460 (lmax 40), 0.1786 and 0.1780 (80), 0.2635 and 0.2599 (160); the local
    ones at the mode's mean degrees 38, 77 and 144 are 0.148, 0.179 and 0.221.
    """
    basis = field_of_110_years.shell.basis
    rates = []
    for spacing in (0.004, 0.0025):
        radii = graded_radii(spacing, basis.inner_radius, basis.outer_radius)
        parameters = Parameters(
            resolution={"lmax": lmax, "radial_grid": radii},
            dissipation={"angular_rate": 0.0},
            time={"end": 110.0},
            metric={"kind": "flat"},
        )
        model = build_model(parameters, Threads(1))
        state = model.coefficients(profiles_on(field_of_110_years, model.shell))
        growth = fastest_by_factors(model, state, 0)
        rates.append(growth.rate)
    assert rates[0] == pytest.approx(rates[1], rel=0.05)
    shares = energy_shares(model, growth.mode, np.array([11.5, 12.5]))[0]
    local = local_growth(
        stored_states, [shares @ model.shell.columns.degree], year=110.0, along=["theta"]
    )
    # curvature, the radial field, and a mode that is not a wave of one degree; at lmax 160 it
    # travels around the sphere, and grows by 18 % faster
    assert rates[1] == pytest.approx(local["growth_rate"].item(), rel=beside)


# The answer


def test_a_mode_is_scaled_and_can_be_repeated():
    _, model = uniform_shell(20.0, "auto")
    state = np.zeros(model.shape)
    first, second = (fastest_growth(model, state, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first.mode, second.mode)
    assert (first.rate, first.residual) == (second.rate, second.residual)
    linear = LinearisedModel(model, state)
    square = sum(
        linear.norm(np.ascontiguousarray(part)) ** 2 for part in (first.mode.real, first.mode.imag)
    )
    # a sum of a hundred squares
    assert square == pytest.approx(1.0, rel=1e-12)


def test_a_mode_of_a_coarser_model_is_a_good_start():
    _, coarse = uniform_shell(20.0, "auto")
    _, fine = uniform_shell(20.0, "auto", **{"resolution.radial_order": 48})
    found = fastest_growth(coarse, np.zeros(coarse.shape))
    mode = coarse.state(np.ascontiguousarray(found.mode.real))
    start = fine.coefficients(profiles_on(mode, fine.shell))
    short, whole = (
        fastest_growth(fine, np.zeros(fine.shape), start=given) for given in (start, None)
    )
    assert short.intervals < whole.intervals
    # both to their residuals of 1e-3
    assert short.rate == pytest.approx(whole.rate, rel=2e-3)


def test_energy_shares_add_up_wherever_the_radii_are():
    _, model = uniform_shell(20.0, "auto")
    mode = np.random.default_rng(5).standard_normal((2, *model.shape))
    mode = mode[0] + 1j * mode[1]
    shares = energy_shares(model, mode, np.array([0.0, 0.76, 0.8123, 0.9, 2.0]))
    assert np.all(shares >= 0)
    # Gauss-Legendre quadrature between the storage radii of polynomials, and 1/r^2
    assert shares.sum() == pytest.approx(1.0, rel=1e-12)
    inside = sum(model.square_integral(np.ascontiguousarray(p)) for p in (mode.real, mode.imag))
    by_column = energy_shares(model, mode, RADII)[0]
    only = np.zeros_like(mode)
    only[:, 1] = mode[:, 1]
    part = sum(model.square_integral(np.ascontiguousarray(p)) for p in (only.real, only.imag))
    assert by_column[1] == pytest.approx(part / inside, rel=1e-9)


def test_impossible_wishes_are_named():
    _, model = uniform_shell(20.0, "auto")
    state = np.zeros(model.shape)
    with pytest.raises(ValueError, match=r"is not .*, that of the model"):
        fastest_growth(model, state[:, :1])
    with pytest.raises(ValueError, match=r"start.shape=.* is not"):
        fastest_growth(model, state, start=state[:, :1])
    with pytest.raises(ValueError, match="columns: none is left"):
        fastest_growth(model, state, columns=model.shell.columns.degree > 3)
