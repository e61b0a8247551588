"""What Hall drift and the chiral term must leave unchanged, whatever the field."""

import numpy as np
import pytest

from spectralcmi.fields.state import State

PARITY = "what leaves its equatorial symmetry class, Hall and chiral, axisymmetric and 3D"
TURNED = "field turned about the axis, then evolved in 3D"
RESOLUTIONS = [(24, 12, 0, 1), (20, 6, 6, 1), (21, 7, 4, 2), (16, 1, 1, 1)]


def tendency(equation, state):
    out = np.empty(equation.shape)
    rates = equation.explicit_terms(state, out)
    return out, rates


@pytest.mark.parametrize(("order", "lmax", "mmax", "mres"), RESOLUTIONS)
@pytest.mark.parametrize("seed", [0, 1])
def test_hall_does_no_work(
    shell_equation, random_coefficients, validated, order, lmax, mmax, mres, seed
):
    # magnetisation f_h B/eta of about 50, stratified
    equation = shell_equation(order, lmax, mmax, mres, hall=lambda r: 500 * (1.1 - r))
    state = random_coefficients(equation, seed, modes=order - 2)
    change, rates = tendency(equation, state)
    assert np.linalg.norm(change) > np.linalg.norm(equation.ohmic_rates[0] * state), "Hall matters"
    # round-off of sums of 1e5 terms, each the work of a field that does none
    validated.error(
        "work of Hall drift on random fields, axisymmetric and 3D, per Ohmic power",
        "0",
        2 * np.vdot(state, change) / rates[0],
        1e-12,
    )


def closed_field(equation, seed):
    """Random smooth field whose p, p' and t vanish on both boundaries: nothing flows through."""
    shell = equation.shell
    basis, rng = shell.basis, np.random.default_rng(seed)
    x = basis.storage_coordinate[:, None]
    count = shell.columns.count
    shape = (1 - x**2) ** 2
    parts = [
        shape * (rng.standard_normal(count) + x * rng.standard_normal(count)) for _ in range(2)
    ]
    return State(0.0, shell, *(basis.coefficients_from_storage(part) for part in parts))


def helicity_change(equation, state, change):
    """d/dt of 2 Sum l(l+1) Int p t dr [(1e12 G)^2 km4 per yr]."""
    now, rate = equation.state(state), equation.state(change)
    degree = equation.shell.columns.degree
    (p, _, t), (p_rate, _, t_rate) = now.profiles, rate.profiles
    weights = equation.shell.basis.weights
    return float(2 * (degree * (degree + 1.0)) @ (weights @ (p * t_rate + p_rate * t)))


@pytest.mark.parametrize(("lmax", "mmax"), [(8, 0), (5, 5)])
def test_hall_conserves_helicity(shell_equation, validated, lmax, mmax):
    equation = shell_equation(20, lmax, mmax, hall=50.0, map_parameter=0)
    state = equation.coefficients(closed_field(equation, 3))
    change, _ = tendency(equation, state)
    ohmic = helicity_change(equation, state, equation.ohmic_rates * state)
    assert np.linalg.norm(change) > np.linalg.norm(equation.ohmic_rates[0] * state), "Hall matters"
    # round-off, measured 1e-11: the change by Hall is 1e3 times the Ohmic one in the high modes
    validated.error(
        "change of helicity by Hall drift, per change by Ohmic decay",
        "0",
        helicity_change(equation, state, change) / ohmic,
        1e-9,
    )


@pytest.mark.parametrize(("lmax", "mmax"), [(8, 0), (5, 5)])
def test_helicity_is_conserved_where_no_rate_changes_the_chirality(
    shell_equation, validated, lmax, mmax
):
    """Without rates n5 holds E.B at zero, and with it the helicity: Ohmic decay is cancelled."""
    results = []
    for feedback in (0.0, 1e14):
        equation = shell_equation(20, lmax, mmax, feedback=feedback, map_parameter=0)
        state = equation.coefficients(closed_field(equation, 4))
        change, _ = tendency(equation, state)
        decay = equation.ohmic_rates * state
        results.append(helicity_change(equation, state, change - decay))
    # 1/(1 + beta B^2) is left of E.B, and beta B^2 > 1e10 but near the boundaries, where B -> 0;
    # measured 1e-12
    validated.error(
        "change of helicity without spin flips, per change by Ohmic decay",
        "0",
        results[1] / results[0],
        1e-10,
    )


@pytest.mark.parametrize(("lmax", "mmax"), [(8, 0), (6, 6)])
def test_chirality_and_helicity_balance(shell_equation, validated, lmax, mmax):
    """d/dt helicity = -2 Int E.B, and E.B is what changes k5: (k5 - source)/beta = (B.J - k5 B^2).

    From A E.B = n5 Gamma_f - n_e Gamma_w, in units of k5, for the field as it is: so the helicity
    lost by Ohmic decay and the chiral term reappears in n5 at every instant.
    """
    beta, source = 3.0, 7.0
    equation = shell_equation(24, lmax, mmax, k5=source, feedback=beta, map_parameter=0)
    state = equation.coefficients(closed_field(equation, 5))
    change, _ = tendency(equation, state)
    lost = helicity_change(equation, state, change - equation.ohmic_rates * state)
    wavenumber = equation.shell.integral(equation.summary.wavenumber)
    chirality = (wavenumber - source * equation.shell.volume) / beta  # = Int E.B dV
    # round-off of second derivatives, order^4 epsilon: measured 5e-10
    validated.error(
        "helicity lost, against chirality gained by E.B",
        "each other",
        lost / -2 / chirality - 1,
        1e-8,
    )


@pytest.mark.parametrize(("lmax", "mmax", "mres"), [(9, 0, 1), (5, 5, 1), (6, 4, 2)])
def test_chiral_term_keeps_degree_and_order(shell_equation, validated, lmax, mmax, mres):
    equation = shell_equation(16, lmax, mmax, mres, k5=lambda r: 30 * r**2, k5_max=20.0)
    columns = equation.shell.columns
    rng = np.random.default_rng(0)
    for column in rng.choice(columns.count, 4, replace=False):
        state = np.zeros(equation.shape)
        state[:, column] = rng.standard_normal(equation.shape[0])
        change, _ = tendency(equation, state)
        others = np.delete(change, column, axis=1)
        # round-off of a transform of lmax degrees
        validated.error(
            "chiral term with k5(r): what it gives to other degrees and orders",
            "0",
            np.abs(others).max() / np.abs(change).max(),
            1e-13,
        )


def in_dipole_family(columns):
    """Masks of the poloidal and the toroidal columns with B_r antisymmetric about the equator."""
    odd = (columns.degree - columns.order) % 2 == 1
    return odd, ~odd


@pytest.mark.parametrize(("lmax", "mmax"), [(11, 0), (6, 6)])
def test_hall_keeps_the_dipole_family(
    shell_equation, random_coefficients, evolve, validated, lmax, mmax
):
    equation = shell_equation(14, lmax, mmax, hall=5.0)
    poloidal, toroidal = in_dipole_family(equation.shell.columns)
    split = equation.modes.poloidal_modes
    inside = np.tile(toroidal, (equation.shape[0], 1))
    inside[:split] = poloidal
    state = np.where(inside, random_coefficients(equation, 2), 0.0)
    end = evolve(equation, state, 2e-4, step=1e-5)
    assert np.linalg.norm(end - state) > 0.01 * np.linalg.norm(state)
    # the products of a transform with its mirror image cancel to round-off, over 80 evaluations
    validated.error(PARITY, "0", np.abs(end[~inside]).max() / np.abs(end).max(), 1e-13)


def test_without_hall_odd_degrees_stay_alone(
    shell_equation, random_coefficients, evolve, validated
):
    """A field that changes sign by half a turn about a horizontal axis: axisymmetric, odd l."""
    equation = shell_equation(16, 9, k5=40.0, feedback=3.0, k5_max=30.0)
    odd = equation.shell.columns.degree % 2 == 1
    state = random_coefficients(equation, 2) * odd
    end = evolve(equation, state, 2e-2, step=1e-3)
    validated.error(PARITY, "0", np.abs(end[:, ~odd]).max() / np.abs(end).max(), 1e-13)
    hall = shell_equation(16, 9, k5=40.0, feedback=3.0, k5_max=30.0, hall=2.0)
    mixed = evolve(hall, state, 5e-4, step=1e-5)
    assert np.abs(mixed[:, ~odd]).max() > 1e-3 * np.abs(mixed).max(), "Hall mixes the degrees"


def test_without_hall_half_a_turn_changes_only_the_sign(
    shell_equation, random_coefficients, evolve, validated
):
    """The same class in three dimensions: f_lm = -(-1)^(l+m) conj(f_lm) for P and T."""
    equation = shell_equation(14, 6, 6, k5=40.0, feedback=3.0, k5_max=30.0)
    columns = equation.shell.columns
    imaginary = np.zeros(columns.count, dtype=bool)
    imaginary[columns.imaginary[columns.imaginary >= 0]] = True
    inside = ((columns.degree + columns.order) % 2 == 1) != imaginary
    state = random_coefficients(equation, 8) * inside
    end = evolve(equation, state, 2e-2, step=1e-3)
    assert np.linalg.norm(end - state) > 0.1 * np.linalg.norm(state)
    validated.error(PARITY, "0", np.abs(end[:, ~inside]).max() / np.abs(end).max(), 1e-13)


def relative_difference(a, b):
    """Largest difference, per largest value."""
    return np.abs(a - b).max() / np.abs(b).max()


def rotated(equation, state, angle):
    """The field turned about the axis: f_lm exp(-i m angle)."""
    columns = equation.shell.columns
    coefficients = columns.to_complex(state)
    return columns.from_complex(coefficients * np.exp(-1j * columns.harmonics.order * angle))


@pytest.mark.parametrize("mres", [1, 2])
def test_a_turned_field_turns_its_future(
    shell_equation, random_coefficients, evolve, validated, mres
):
    equation = shell_equation(14, 6, 6, mres, hall=5.0, k5=20.0)
    state = random_coefficients(equation, 6)
    angle = 0.7
    once = rotated(equation, evolve(equation, state, 2e-4, step=1e-5), angle)
    again = evolve(equation, rotated(equation, state, angle), 2e-4, step=1e-5)
    assert np.linalg.norm(once - state) > 0.1 * np.linalg.norm(state)
    # without the feedback all products are free of aliasing: any angle will do, to round-off
    validated.error(TURNED, "turned result", relative_difference(again, once), 1e-12)


def test_a_field_turned_by_a_grid_step_turns_its_future(
    shell_equation, random_coefficients, evolve, validated
):
    equation = shell_equation(12, 5, 5, hall=20.0, k5=40.0, feedback=3.0, k5_max=30.0)
    state = random_coefficients(equation, 6)
    angle = equation.shell.harmonics.longitude[3]
    once = rotated(equation, evolve(equation, state, 2e-4, step=1e-5), angle)
    again = evolve(equation, rotated(equation, state, angle), 2e-4, step=1e-5)
    validated.error(TURNED, "turned result", relative_difference(again, once), 1e-12)


def test_axisymmetric_run_in_three_dimensions(
    shell_equation, random_coefficients, evolve, validated
):
    physics = {"hall": 5.0, "k5": 40.0, "feedback": 3.0, "k5_max": 30.0, "angular_rate": 100.0}
    flat, full = shell_equation(16, 8, 0, **physics), shell_equation(16, 8, 8, **physics)
    axial = full.shell.columns.order == 0
    state = random_coefficients(flat, 4)
    embedded = np.zeros(full.shape)
    embedded[:, axial] = state
    end = evolve(flat, state, 2e-4, step=1e-5)
    end_full = evolve(full, embedded, 2e-4, step=1e-5)
    assert np.abs(end_full[:, ~axial]).max() == 0.0
    # round-off of Fourier transforms over 80 evaluations
    validated.error(
        "axisymmetric field evolved in 3D",
        "axisymmetric run",
        relative_difference(end_full[:, axial], end),
        1e-12,
    )


def test_orders_are_one_symmetry_in_disguise(
    shell_equation, random_coefficients, evolve, validated
):
    """A field of orders 0, 3, 6 evolves the same whether mres = 3 is known or not."""
    physics = {"hall": 5.0, "k5": 20.0}
    few, all_orders = shell_equation(14, 6, 6, 3, **physics), shell_equation(14, 6, 6, **physics)
    kept = all_orders.shell.columns.order % 3 == 0
    state = random_coefficients(few, 4)
    embedded = np.zeros(all_orders.shape)
    embedded[:, kept] = state
    end = evolve(few, state, 2e-4, step=1e-5)
    end_all = evolve(all_orders, embedded, 2e-4, step=1e-5)
    what = "field of threefold symmetry evolved in all orders"
    validated.error(what, "mres = 3", relative_difference(end_all[:, kept], end), 1e-12)
    assert np.abs(end_all[:, ~kept]).max() < 1e-14 * np.abs(end).max()


def test_a_tilted_field_evolves_as_the_upright_one(shell_equation, evolve, validated):
    """The axis of the harmonics is a choice: a dipole along x, of order 1, is one along z turned.

    So is a toroidal field with it, and the energies of each degree stay those of the axisymmetric
    evolution, whatever orders the tilted field needs.
    """
    # the feedback is no polynomial, and its aliasing depends on the axis: weak here
    physics = {"hall": 5.0, "k5": 40.0, "feedback": 0.3, "k5_max": 200.0, "angular_rate": 100.0}
    spectra = []
    for mmax, order in ((0, 0), (8, 1)):
        equation = shell_equation(12, 8, mmax, **physics)
        columns = equation.shell.columns
        column = np.flatnonzero((columns.degree == 1) & (columns.order == order))[0]
        start = np.zeros(equation.shape)
        start[[0, equation.modes.poloidal_modes], column] = 0.6, 0.8
        end = evolve(equation, start, 1e-3, step=1e-5)
        spectra.append(np.bincount(columns.degree, (end**2).sum(axis=0))[1:])
    assert spectra[0][2] > 1e-8, "Hall drift and feedback make higher degrees"
    validated.error(
        "field along x evolved in 3D, energies of each degree",
        "the axisymmetric field along z",
        np.abs(spectra[1] / spectra[0] - 1)[:5].max(),
        1e-9,
    )
