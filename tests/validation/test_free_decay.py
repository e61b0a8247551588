"""Ohmic decay in a uniform shell against the zeros of spherical Bessel functions."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import spherical_jn, spherical_yn

from spectralcmi.fields.state import State

INNER, OUTER = 0.75, 1.0
EXACT = "zeros of spherical Bessel functions"
KINDS = ["poloidal", "toroidal", "zero_toroidal"]

# constants q of exp(-q^2 t), shell 0.75 to 1, with the digits in which they are quoted
QUOTED = [
    ("poloidal", 1, 1, "7.03266"),
    ("poloidal", 1, 2, "19.12793"),
    ("poloidal", 2, 1, "7.81795"),
    ("poloidal", 2, 2, "19.46616"),
    ("poloidal", 3, 1, "8.635648"),
    ("toroidal", 1, 1, "6.515701"),
    ("toroidal", 1, 2, "18.921155"),
    ("toroidal", 2, 1, "6.957296"),
    ("toroidal", 2, 2, "19.063579"),
    ("toroidal", 3, 1, "7.571172"),
    ("zero_toroidal", 1, 1, "12.67071"),
    ("zero_toroidal", 1, 2, "25.18557"),
    ("zero_toroidal", 2, 1, "12.87682"),
    ("zero_toroidal", 2, 2, "25.29089"),
    ("zero_toroidal", 3, 1, "13.179843"),
]


def boundary_rows(kind, degree, q):
    """Values of the inner and the outer condition on j_l(q r) and y_l(q r)."""

    def value(f, r):
        return f(degree, q * r)

    def slope_of_r_times(f, r):  # d(r f)/dr
        return f(degree, q * r) + q * r * f(degree, q * r, derivative=True)

    def to_potential(f, r):  # f' + (l+1) f/r
        return q * f(degree, q * r, derivative=True) + (degree + 1) / r * f(degree, q * r)

    inner, outer = {
        "poloidal": (value, to_potential),
        "toroidal": (slope_of_r_times, value),
        "zero_toroidal": (value, value),
    }[kind]
    functions = (spherical_jn, spherical_yn)
    return [inner(f, INNER) for f in functions], [outer(f, OUTER) for f in functions]


def exact_constants(kind, degree, count):
    """The first `count` zeros q of the determinant of both conditions."""

    def determinant(q):
        (a, b), (c, d) = boundary_rows(kind, degree, q)
        return a * d - b * c

    # zeros lie pi/gap = 12.6 apart, and none below (l(l+1))^(1/2)/r_o: no step can miss one
    grid = np.sqrt(degree * (degree + 1.0)) / OUTER + 0.1 * np.arange(140 * count)
    values = determinant(grid)
    changes = np.flatnonzero(values[1:] * values[:-1] < 0)[:count]
    return np.array([brentq(determinant, grid[i], grid[i + 1], xtol=1e-14) for i in changes])


def computed_constants(model, kind, degree, count):
    """Decay constants of a model whose boundaries are those of a kind."""
    decay = model.space.free_decay(count, (degree,))
    family = "poloidal" if kind == "poloidal" else "toroidal"
    return np.sqrt(getattr(decay, f"{family}_rates")[0])


def boundary_of(kind):
    return "zero_toroidal" if kind == "zero_toroidal" else "perfect_conductor"


def relative_error(model, kind, degree, count):
    """Largest error of the first constants."""
    exact = exact_constants(kind, degree, count)
    return np.abs(computed_constants(model, kind, degree, count) / exact - 1).max()


@pytest.mark.parametrize(("kind", "degree", "mode", "quoted"), QUOTED)
def test_constants_in_all_quoted_digits(shell_model, kind, degree, mode, quoted):
    half_a_digit = 0.5 * 10.0 ** -len(quoted.partition(".")[2])
    model = shell_model(48, degree, inner=boundary_of(kind))
    constant = computed_constants(model, kind, degree, mode)[-1]
    assert abs(constant - float(quoted)) <= half_a_digit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("degree", [1, 2, 3, 17])
def test_ten_constants_are_exact_at_radial_order_64(shell_model, validated, kind, degree):
    validated.error(
        "free decay, 10 modes of degrees 1, 2, 3, 17, all boundaries, radial order 64",
        EXACT,
        relative_error(shell_model(64, degree, inner=boundary_of(kind)), kind, degree, 10),
        1e-9,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("degree", [1, 2, 3, 17])
def test_ten_constants_are_exact_on_elements(shell_model, random_elements, validated, kind, degree):
    """Measured: truncation, 2e-12 to 8e-11 by the largest element; round-off is below it."""
    for elements in (4, *(random_elements(seed) for seed in range(3))):
        model = shell_model(0, degree, elements=elements, element_order=15, inner=boundary_of(kind))
        validated.error(
            "free decay, 10 modes of degrees 1, 2, 3, 17, all boundaries, equal elements and "
            "random ones, of order 15",
            EXACT,
            relative_error(model, kind, degree, 10),
            1e-10,
        )


def orders_to(errors, first, limit=1e-10):
    """The first order whose error is below a limit, infinite if none is."""
    below = np.flatnonzero(errors < limit)
    return first + below[0] if below.size else np.inf


@pytest.mark.parametrize("kind", ["poloidal", "toroidal"])
@pytest.mark.parametrize("degree", [1, 3])
def test_error_falls_exponentially_with_the_radial_order(shell_model, validated, kind, degree):
    errors = np.array(
        [relative_error(shell_model(n, degree), kind, degree, 3) for n in range(8, 15)]
    )
    assert errors[0] > 1e-5, "at radial order 8 the error can be seen"
    needed = orders_to(errors, 8)
    validated.between("free decay, polynomials for three modes to 1e-10", "the same", needed, 9, 14)
    # each polynomial gains more than a factor 8 (measured 11 to 100)
    seen = errors[: int(needed) - 8]
    assert np.all(seen[1:] < seen[:-1] / 8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("degree", [1, 2, 3, 17])
def test_error_falls_exponentially_with_the_order_of_elements(
    shell_model, random_elements, validated, kind, degree
):
    for elements in (3, random_elements(0, 5)):
        errors = np.array(
            [
                relative_error(
                    shell_model(
                        0, degree, elements=elements, element_order=n, inner=boundary_of(kind)
                    ),
                    kind,
                    degree,
                    3,
                )
                for n in range(4, 13)
            ]
        )
        assert errors[0] > 1e-5, "at order 4 the error can be seen"
        needed = orders_to(errors, 4)
        validated.between(
            "free decay, order of elements, equal and random, for three modes to 1e-10",
            "the same",
            needed,
            6,
            12,
        )
        # two degrees more gain more than a factor 100: of one, the parity of a mode decides
        seen = errors[: int(needed) - 4]
        assert np.all(seen[2:] < seen[:-2] / 100)


@pytest.mark.parametrize("element_order", [9, 15])
def test_elements_that_differ_much_keep_the_slow_modes(shell_model, element_order):
    """Round-off of rates is eps (largest rate)/(slowest): here 2e-16 1e9."""
    shares = (0.0, 0.5, 0.508, 0.516, 0.53, 0.6, 1.0)
    model = shell_model(0, 2, elements=shares, element_order=element_order)
    assert relative_error(model, "poloidal", 2, 2) < 1e-7


def test_free_decay_modes_decay_in_the_time_loop(shell_model, evolve, elements):
    model = shell_model(32, 2, elements=elements, element_order=15)
    decay = model.space.free_decay(1, (1, 2))
    basis = model.shell.basis
    poloidal, toroidal = np.zeros((basis.poloidal_slots, 2)), np.zeros((basis.toroidal_slots, 2))
    poloidal[:, 0], toroidal[:, 1] = decay.poloidal[0, :, 0], decay.toroidal[1, :, 0]
    until = 0.01
    start = model.coefficients(State(0.0, model.shell, poloidal, toroidal))
    end = model.state(evolve(model, start, until, scheme="ark4", step=until / 50))
    exact = [exact_constants("poloidal", 1, 1)[0], exact_constants("toroidal", 2, 1)[0]]
    for part, initial, constant in (
        (end.poloidal, poloidal, exact[0]),
        (end.toroidal, toroidal, exact[1]),
    ):
        # fourth order: (rate step)^5/1000 a step, rate step = 0.01: 1e-12 in all
        error = part - initial * np.exp(-(constant**2) * until)
        assert np.abs(error).max() < 1e-10 * np.abs(initial).max()
