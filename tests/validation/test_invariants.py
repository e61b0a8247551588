"""What Hall drift and the chiral term must leave unchanged, whatever the field."""

import numpy as np
import pytest

from spectralcmi.fields.state import State, profiles_on
from tests.on_grid import field_and_curl, over_angles, over_shell

PARITY = (
    "what leaves its equatorial symmetry class, Hall and chiral, axisymmetric and 3D, both radial "
    "grids"
)
TURNED = "field turned about the axis, then evolved in 3D, both radial grids"
RESOLUTIONS = [(24, 12, 0, 1), (20, 6, 6, 1), (21, 7, 4, 2), (16, 1, 1, 1)]
FLAT_AND_FULL = pytest.mark.parametrize(("lmax", "mmax"), [(8, 0), (5, 5)])


def work_of(model, state):
    """Work of the explicit terms against each coefficient."""
    out = np.empty(model.shape)
    model.explicit(0.0, state, out)
    return out


def tendency(model, state, implicit=True):
    """M^-1 N, or M^-1 (N - K y)."""
    right, damping, out = work_of(model, state), np.empty(model.shape), np.empty(model.shape)
    if implicit:
        model.implicit(0.0, state, damping)
        right -= damping
    model.solve(0.0, right, out)
    return out


@pytest.mark.parametrize(("order", "lmax", "mmax", "mres"), RESOLUTIONS)
@pytest.mark.parametrize("seed", [0, 1])
def test_hall_does_no_work(
    shell_model, random_coefficients, validated, elements, metric, order, lmax, mmax, mres, seed
):
    # magnetisation f_h B/eta of about 50, stratified
    model = shell_model(
        order, lmax, mmax, mres, elements=elements, metric=metric, hall=lambda r: 500 * (1.1 - r)
    )
    modes = min(model.space.free_modes.values())
    state, damping = random_coefficients(model, seed, modes), np.empty(model.shape)
    ohmic = model.implicit(0.0, state, damping)[0]
    work = work_of(model, state)
    assert np.linalg.norm(work) > 0.1 * np.linalg.norm(damping), "Hall matters"
    # round-off of sums of 1e5 terms, each the work of a field that does none
    validated.error(
        "work of Hall drift on random fields, axisymmetric and 3D, both radial grids, per Ohmic "
        "power",
        "0",
        2 * np.vdot(state, work) / ohmic,
        1e-12,
    )


# Helicity


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
    degree, basis = model.shell.columns.degree, model.shell.basis
    weights = basis.weights * np.exp(model.shell.metric.radial_potential(basis.radius))
    return float(2 * (degree * (degree + 1.0)) @ (weights @ (now.p * rate.t + rate.p * now.t)))


@FLAT_AND_FULL
def test_hall_conserves_the_helicity_of_closed_fields(
    shell_model, validated, elements, metric, lmax, mmax
):
    # order 9: a metric that varies is no polynomial
    model = shell_model(
        20,
        lmax,
        mmax,
        elements=elements,
        element_order=9,
        metric=metric,
        hall=50.0,
        map_parameter=0,
    )
    state = closed_field(model, 3)
    by_hall = tendency(model, state, implicit=False)
    by_ohm = tendency(model, state) - by_hall
    assert np.linalg.norm(by_hall) > np.linalg.norm(by_ohm[:1]), "Hall matters"
    # round-off, measured 2e-11: the change by Hall is 1e3 times the Ohmic one in the high modes
    validated.error(
        "change of helicity by Hall drift, of fields that vanish at both boundaries, per change "
        "by Ohmic decay",
        "0",
        helicity_change(model, state, by_hall) / helicity_change(model, state, by_ohm),
        1e-9,
    )


def helicity_flux(model, state, diffusivity, hall, k5):
    """2 Sum L p r E_S at the outer radius, what flows in: 2 r Int E . grad_1 p dOmega there."""
    shell, outer = model.shell, model.shell.basis.outer_radius
    now = model.state(state)
    field, curl = field_and_curl(now, np.array([outer]))
    electric = hall * np.cross(curl, field, axis=0) + diffusivity * (curl - k5 * field)
    p = shell.columns.to_complex(now.surface_poloidal)
    gradient = np.array(shell.harmonics.synthesis(0 * p, p, 0 * p))
    return float(2 * outer * over_angles(shell, (electric[:, 0] * gradient).sum(axis=0)))


def open_field(shell_model, random_coefficients, lmax, mmax):
    """Random field with a surface field, smooth."""
    source = shell_model(20, lmax, mmax, map_parameter=0)
    return source.state(random_coefficients(source, 3, modes=4))


def refined_outside(last):
    """Four elements and finer ones at the outer boundary, down to a share of the gap."""
    sizes = 0.1 ** np.arange(2, 1 + round(-np.log10(last)))
    return (0.0, 0.25, 0.5, 0.75, *(1 - sizes), 1.0)


@FLAT_AND_FULL
def test_hall_carries_helicity_through_the_surface(
    shell_model, random_coefficients, validated, lmax, mmax
):
    """With a surface field only the flux changes it; t = 0 at the surface is met as 1/N."""
    field, errors = open_field(shell_model, random_coefficients, lmax, mmax), []
    for last in (1e-2, 1e-3, 1e-4):
        model = shell_model(
            0, lmax, mmax, elements=refined_outside(last), element_order=9, hall=50.0
        )
        state = model.coefficients(profiles_on(field, model.shell))
        flux = helicity_flux(model, state, 0.0, 50.0, 0.0)
        change = helicity_change(model, state, tendency(model, state, implicit=False))
        errors.append(abs(change / flux - 1))
    # what Hall drift would make of t at the surface is lost in the last element alone
    assert errors[1] < errors[0] / 5 and errors[2] < errors[1] / 5
    validated.error(
        "change of helicity by Hall drift, of fields with a surface field, last element 1e-4 of "
        "the gap (converges as its size)",
        "flux through the surface, 2 Sum L p r E_S",
        errors[-1],
        1e-4,
    )


@FLAT_AND_FULL
def test_helicity_follows_the_electric_field_and_the_flux(
    shell_model, random_coefficients, validated, lmax, mmax
):
    """dH/dt = -2 Int cE . B dV + 2 Sum L p r E_S at the outer radius, with all terms."""
    hall, k5 = 50.0, 7.0
    field, errors = open_field(shell_model, random_coefficients, lmax, mmax), []
    for last in (1e-2, 1e-3):
        model = shell_model(
            0, lmax, mmax, elements=refined_outside(last), element_order=9, hall=hall, k5=k5
        )
        state = model.coefficients(profiles_on(field, model.shell))
        on_grid, curl = field_and_curl(model.state(state))
        inside = -2 * over_shell(model.shell, (on_grid * (curl - k5 * on_grid)).sum(axis=0))
        flux = helicity_flux(model, state, 1.0, hall, k5)
        change = helicity_change(model, state, tendency(model, state))
        assert abs(flux) > 0.1 * abs(inside), "both matter"
        errors.append(abs(change - inside - flux) / abs(inside))
    assert errors[1] < errors[0] / 5
    validated.error(
        "change of helicity by Ohmic decay, Hall drift and the chiral term, with a surface field, "
        "last element 1e-3 of the gap",
        "-2 Int cE.B dV and the flux through the surface",
        errors[-1],
        1e-3,
    )


@FLAT_AND_FULL
def test_helicity_is_conserved_where_no_rate_changes_the_chirality(
    shell_model, validated, elements, lmax, mmax
):
    """Without rates n5 holds E.B at zero, and with it the helicity: Ohmic decay is cancelled."""
    results = []
    for feedback in (0.0, 1e14):
        model = shell_model(
            20,
            lmax,
            mmax,
            elements=elements,
            element_order=13,
            feedback=feedback,
            map_parameter=0,
        )
        state = closed_field(model, 4)
        results.append(helicity_change(model, state, tendency(model, state)))
    # 1/(1 + beta B^2) is left of E.B, and beta B^2 > 1e10 but near the boundaries, where B -> 0;
    # measured 1e-11
    validated.error(
        "change of helicity without spin flips, per change by Ohmic decay",
        "0",
        results[1] / results[0],
        1e-10,
    )


@pytest.mark.parametrize(("lmax", "mmax"), [(8, 0), (6, 6)])
def test_chirality_and_helicity_balance(shell_model, validated, elements, lmax, mmax):
    """d/dt helicity = -2 Int E.B, and E.B is what changes k5: (k5 - source)/beta = (B.J - k5 B^2).

    From A E.B = n5 Gamma_f - n_e Gamma_w, in units of k5, for the field as it is: so the helicity
    lost by Ohmic decay and the chiral term reappears in n5 at every instant.
    """
    beta, source = 3.0, 7.0
    model = shell_model(
        24,
        lmax,
        mmax,
        elements=elements,
        element_order=13,
        k5=source,
        feedback=beta,
        map_parameter=0,
    )
    state = closed_field(model, 5)
    lost = helicity_change(model, state, tendency(model, state))
    wavenumber = model.shell.proper_integral(model.summary.wavenumber)
    chirality = (wavenumber - source * model.shell.volume) / beta  # = Int E.B dV
    # round-off of second derivatives, order^4 epsilon: measured 5e-10
    validated.error(
        "helicity lost, against chirality gained by E.B",
        "each other",
        lost / -2 / chirality - 1,
        1e-8,
    )


# Symmetries


@pytest.fixture(params=[0, 3, (0.0, 0.5, 0.65, 1.0)], ids=["global", "elements", "uneven elements"])
def coarse(request):
    """Arguments of `shell_model`: few functions, so that the fixed steps below are stable."""
    return {"elements": request.param, "element_order": 4}


@pytest.mark.parametrize(("lmax", "mmax", "mres"), [(9, 0, 1), (5, 5, 1), (6, 4, 2)])
def test_chiral_term_keeps_degree_and_order(shell_model, validated, elements, lmax, mmax, mres):
    model = shell_model(
        16, lmax, mmax, mres, elements=elements, k5=lambda r: 30 * r**2, k5_max=20.0
    )
    columns = model.shell.columns
    rng = np.random.default_rng(0)
    for column in rng.choice(columns.count, 4, replace=False):
        state = np.zeros(model.shape)
        state[:, column] = rng.standard_normal(model.shape[0])
        change = model.state(tendency(model, state, implicit=False))
        energies = sum(change.square_integrals)
        others = np.delete(energies, column)
        # round-off of a transform of lmax degrees
        validated.error(
            "chiral term with k5(r): what it gives to other degrees and orders",
            "0",
            np.sqrt(others.max() / energies.max()),
            1e-13,
        )


def in_dipole_family(columns):
    """Masks of the poloidal and the toroidal columns with B_r antisymmetric about the equator."""
    odd = (columns.degree - columns.order) % 2 == 1
    return odd, ~odd


@pytest.mark.parametrize(("lmax", "mmax"), [(11, 0), (6, 6)])
def test_hall_keeps_the_dipole_family(
    shell_model, random_coefficients, evolve, validated, coarse, lmax, mmax
):
    model = shell_model(14, lmax, mmax, **coarse, hall=5.0)
    poloidal, toroidal = in_dipole_family(model.shell.columns)
    split = model.space.free_modes["poloidal"]
    inside = np.tile(toroidal, (model.shape[0], 1))
    inside[:split] = poloidal
    state = np.where(inside, random_coefficients(model, 2), 0.0)
    end = evolve(model, state, 2e-4, step=1e-5)
    assert np.linalg.norm(end - state) > 0.01 * np.linalg.norm(state)
    # the products of a transform with its mirror image cancel to round-off, over 80 evaluations
    validated.error(PARITY, "0", np.abs(end[~inside]).max() / np.abs(end).max(), 1e-13)


def test_without_hall_odd_degrees_stay_alone(
    shell_model, random_coefficients, evolve, validated, coarse
):
    """A field that changes sign by half a turn about a horizontal axis: axisymmetric, odd l."""
    physics = {"k5": 40.0, "feedback": 3.0, "k5_max": 30.0}
    model = shell_model(16, 9, **coarse, **physics)
    odd = model.shell.columns.degree % 2 == 1
    state = random_coefficients(model, 2) * odd
    end = evolve(model, state, 2e-2, step=1e-3)
    validated.error(PARITY, "0", np.abs(end[:, ~odd]).max() / np.abs(end).max(), 1e-13)
    hall = shell_model(16, 9, **coarse, hall=2.0, **physics)
    mixed = evolve(hall, state, 5e-4, step=1e-5)
    assert np.abs(mixed[:, ~odd]).max() > 1e-3 * np.abs(mixed).max(), "Hall mixes the degrees"


def test_without_hall_half_a_turn_changes_only_the_sign(
    shell_model, random_coefficients, evolve, validated, coarse
):
    """The same class in three dimensions: f_lm = -(-1)^(l+m) conj(f_lm) for P and T."""
    model = shell_model(14, 6, 6, **coarse, k5=40.0, feedback=3.0, k5_max=30.0)
    columns = model.shell.columns
    imaginary = np.zeros(columns.count, dtype=bool)
    imaginary[columns.imaginary[columns.imaginary >= 0]] = True
    inside = ((columns.degree + columns.order) % 2 == 1) != imaginary
    state = random_coefficients(model, 8) * inside
    end = evolve(model, state, 2e-2, step=1e-3)
    assert np.linalg.norm(end - state) > 0.1 * np.linalg.norm(state)
    validated.error(PARITY, "0", np.abs(end[:, ~inside]).max() / np.abs(end).max(), 1e-13)


def relative_difference(a, b):
    """Largest difference, per largest value."""
    return np.abs(a - b).max() / np.abs(b).max()


def rotated(model, state, angle):
    """The field turned about the axis: f_lm exp(-i m angle)."""
    columns = model.shell.columns
    coefficients = columns.to_complex(state)
    return columns.from_complex(coefficients * np.exp(-1j * columns.harmonics.order * angle))


@pytest.mark.parametrize("mres", [1, 2])
def test_a_turned_field_turns_its_future(
    shell_model, random_coefficients, evolve, validated, coarse, mres
):
    model = shell_model(14, 6, 6, mres, **coarse, hall=5.0, k5=20.0)
    state = random_coefficients(model, 6)
    angle = 0.7
    once = rotated(model, evolve(model, state, 2e-4, step=1e-5), angle)
    again = evolve(model, rotated(model, state, angle), 2e-4, step=1e-5)
    assert np.linalg.norm(once - state) > 0.1 * np.linalg.norm(state)
    # without the feedback all products are free of aliasing: any angle will do, to round-off
    validated.error(TURNED, "turned result", relative_difference(again, once), 1e-12)


def test_a_field_turned_by_a_grid_step_turns_its_future(
    shell_model, random_coefficients, evolve, validated, coarse
):
    model = shell_model(12, 5, 5, **coarse, hall=20.0, k5=40.0, feedback=3.0, k5_max=30.0)
    state = random_coefficients(model, 6)
    angle = model.shell.harmonics.longitude[3]
    once = rotated(model, evolve(model, state, 1e-4, step=5e-6), angle)
    again = evolve(model, rotated(model, state, angle), 1e-4, step=5e-6)
    validated.error(TURNED, "turned result", relative_difference(again, once), 1e-12)


def test_axisymmetric_run_in_three_dimensions(
    shell_model, random_coefficients, evolve, validated, coarse
):
    physics = {"hall": 5.0, "k5": 40.0, "feedback": 3.0, "k5_max": 30.0, "angular_rate": 100.0}
    flat, full = (shell_model(16, 8, mmax, **coarse, **physics) for mmax in (0, 8))
    axial = full.shell.columns.order == 0
    state = random_coefficients(flat, 4)
    embedded = np.zeros(full.shape)
    embedded[:, axial] = state
    end = evolve(flat, state, 2e-4, step=1e-5)
    end_full = evolve(full, embedded, 2e-4, step=1e-5)
    assert np.abs(end_full[:, ~axial]).max() == 0.0
    # round-off of Fourier transforms over 80 evaluations
    validated.error(
        "axisymmetric field evolved in 3D, both radial grids",
        "axisymmetric run",
        relative_difference(end_full[:, axial], end),
        1e-12,
    )


def test_orders_are_one_symmetry_in_disguise(
    shell_model, random_coefficients, evolve, validated, coarse
):
    """A field of orders 0, 3, 6 evolves the same whether mres = 3 is known or not."""
    physics = {"hall": 5.0, "k5": 20.0}
    few, all_orders = (shell_model(14, 6, 6, mres, **coarse, **physics) for mres in (3, 1))
    kept = all_orders.shell.columns.order % 3 == 0
    state = random_coefficients(few, 4)
    embedded = np.zeros(all_orders.shape)
    embedded[:, kept] = state
    end = evolve(few, state, 2e-4, step=1e-5)
    end_all = evolve(all_orders, embedded, 2e-4, step=1e-5)
    what = "field of threefold symmetry evolved in all orders, both radial grids"
    validated.error(what, "mres = 3", relative_difference(end_all[:, kept], end), 1e-12)
    assert np.abs(end_all[:, ~kept]).max() < 1e-14 * np.abs(end).max()


def test_a_tilted_field_evolves_as_the_upright_one(shell_model, evolve, validated, coarse):
    """The axis of the harmonics is a choice: a dipole along x, of order 1, is one along z turned.

    So is a toroidal field with it, and the energies of each degree stay those of the axisymmetric
    evolution, whatever orders the tilted field needs.
    """
    # the feedback is no polynomial, and its aliasing depends on the axis: weak here
    physics = {"hall": 5.0, "k5": 40.0, "feedback": 0.3, "k5_max": 200.0, "angular_rate": 100.0}
    spectra = []
    for mmax, order in ((0, 0), (8, 1)):
        model = shell_model(12, 8, mmax, **coarse, **physics)
        columns, basis = model.shell.columns, model.shell.basis
        column = np.flatnonzero((columns.degree == 1) & (columns.order == order))[0]
        decay = model.space.free_decay(1, (1,))
        p = np.zeros((basis.poloidal_slots, columns.count))
        t = np.zeros((basis.toroidal_slots, columns.count))
        p[:, column], t[:, column] = 0.6 * decay.poloidal[0, :, 0], 0.8 * decay.toroidal[0, :, 0]
        start = model.coefficients(State(0.0, model.shell, p, t))
        end = model.state(evolve(model, start, 1e-3, step=1e-5))
        spectra.append(np.bincount(columns.degree, sum(end.square_integrals))[1:])
    assert spectra[0][2] > 1e-8, "Hall drift and feedback make higher degrees"
    validated.error(
        "field along x evolved in 3D, energies of each degree, both radial grids",
        "the axisymmetric field along z",
        np.abs(spectra[1] / spectra[0] - 1)[:5].max(),
        1e-9,
    )
