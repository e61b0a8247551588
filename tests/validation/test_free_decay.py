"""Ohmic decay in a uniform shell against the zeros of spherical Bessel functions."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import spherical_jn, spherical_yn

INNER, OUTER = 0.75, 1.0

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


def computed_constants(shell_equation, kind, degree, radial_order):
    inner = "zero_toroidal" if kind == "zero_toroidal" else "perfect_conductor"
    equation = shell_equation(radial_order, degree, inner=inner)
    family = "poloidal" if kind == "poloidal" else "toroidal"
    return np.sqrt(getattr(equation.modes, f"{family}_rates")[degree - 1])


@pytest.mark.parametrize(("kind", "degree", "mode", "quoted"), QUOTED)
def test_constants_in_all_quoted_digits(shell_equation, kind, degree, mode, quoted):
    half_a_digit = 0.5 * 10.0 ** -len(quoted.partition(".")[2])
    constant = computed_constants(shell_equation, kind, degree, 48)[mode - 1]
    assert abs(constant - float(quoted)) <= half_a_digit


@pytest.mark.parametrize("kind", ["poloidal", "toroidal", "zero_toroidal"])
@pytest.mark.parametrize("degree", [1, 2, 3, 17])
def test_ten_constants_are_exact_at_radial_order_64(shell_equation, validated, kind, degree):
    exact = exact_constants(kind, degree, 10)
    computed = computed_constants(shell_equation, kind, degree, 64)[:10]
    validated.error(
        "free decay, 10 modes of degrees 1, 2, 3, 17, all boundaries, radial order 64",
        "zeros of spherical Bessel functions",
        np.abs(computed / exact - 1).max(),
        1e-9,
    )


@pytest.mark.parametrize("kind", ["poloidal", "toroidal"])
@pytest.mark.parametrize("degree", [1, 3])
def test_error_falls_exponentially_with_the_radial_order(shell_equation, validated, kind, degree):
    exact = exact_constants(kind, degree, 3)
    errors = np.array(
        [
            np.abs(computed_constants(shell_equation, kind, degree, n)[:3] / exact - 1).max()
            for n in range(8, 15)
        ]
    )
    assert errors[0] > 1e-5, "at radial order 8 the error can be seen"
    validated.between(
        "free decay, polynomials for three modes to 1e-10",
        "the same",
        8 + np.argmax(errors < 1e-10) if errors[-1] < 1e-10 else np.inf,
        9,
        14,
    )
    # each polynomial gains more than a factor 8 (measured 11 to 100)
    seen = errors[: np.argmax(errors < 1e-10)]
    assert np.all(seen[1:] < seen[:-1] / 8)


def test_a_free_decay_mode_decays_in_the_time_loop(shell_equation, evolve):
    equation = shell_equation(32, 2)
    split = equation.modes.poloidal_modes
    start = np.zeros(equation.shape)
    start[0, 0] = start[split, 1] = 1.0
    until = 0.01
    end = evolve(equation, start, until, scheme="ark4", step=until / 50)
    exact = [exact_constants("poloidal", 1, 1)[0], exact_constants("toroidal", 2, 1)[0]]
    # fourth order: (rate step)^5/1000 a step, rate step = 0.01: 1e-12 in all
    assert end[0, 0] == pytest.approx(np.exp(-(exact[0] ** 2) * until), rel=1e-11)
    assert end[split, 1] == pytest.approx(np.exp(-(exact[1] ** 2) * until), rel=1e-11)
    end[0, 0] = end[split, 1] = 0.0
    assert np.all(end == 0.0), "modes do not mix"
