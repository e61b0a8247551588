"""The kernel of the electric field against a plain evaluation with whole arrays."""

import numpy as np
import pytest

# radial order, lmax, mmax, mres, map parameter: what can go wrong at the edges of the layout
LAYOUTS = [
    (12, 5, 0, 1, "auto"),
    (13, 5, 5, 1, "auto"),
    (8, 1, 0, 1, 0),
    (9, 1, 1, 1, 0.5),
    (12, 6, 3, 1, 0),
    (12, 7, 6, 3, "auto"),
    (12, 4, 4, 4, "auto"),
    (10, 2, 1, 1, "auto"),
]


def curl_components(shell, p, t):
    """Q, S, T of B and of curl B, complex (points, lm), from coefficients of p and t."""
    columns = shell.columns
    degree = shell.harmonics.degree
    product = degree * (degree + 1.0)
    r = shell.basis.radius[:, None]
    value, first, second = shell.basis.evaluation
    p0, p1, p2 = (columns.to_complex(m @ p) for m in (value, first, second))
    t0, t1 = (columns.to_complex(m @ t) for m in (value, first))
    field = product * p0 / r**2, p1 / r, t0 / r
    current = product * t0 / r**2, t1 / r, (product * p0 / r**2 - p2) / r
    return field, current


def on_grid(shell, components):
    """Vector components (3, points, nlat, nphi)."""
    shells = [shell.harmonics.synthesis(*parts) for parts in zip(*components, strict=True)]
    return np.moveaxis(np.array(shells), 1, 0)


def solid_angle(shell):
    """Gauss weights in colatitude, equal ones in longitude, shape (nlat, nphi)."""
    harmonics = shell.harmonics
    cosine, weights = np.polynomial.legendre.leggauss(harmonics.colatitude.size)
    np.testing.assert_allclose(np.cos(harmonics.colatitude), cosine[::-1], atol=1e-14)
    longitudes = harmonics.longitude.size
    return np.repeat(weights[::-1, None] * 2 * np.pi / longitudes, longitudes, axis=1)


def plain_electric_field(equation, field, current):
    """c E, k5 before and after the cutoff."""
    local = equation.local
    eta, hall, source, feedback = (
        a[:, None, None]
        for a in (
            local.magnetic_diffusivity,
            local.hall_prefactor,
            local.chiral_wavenumber,
            local.anomaly_feedback,
        )
    )
    square = (field**2).sum(axis=0)
    uncut = (source + feedback * (field * current).sum(axis=0)) / (1 + feedback * square)
    if local.smooth_cutoff:
        k5 = uncut / (1 + np.abs(uncut / local.k5_max) ** 8) ** 0.125
    else:
        k5 = np.clip(uncut, -local.k5_max, local.k5_max)
    return hall * np.cross(current, field, axis=0) - eta * k5 * field, uncut, k5


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize(("order", "lmax", "mmax", "mres", "map_parameter"), LAYOUTS)
def test_tendency_is_the_work_of_the_electric_field(
    shell_equation, random_coefficients, order, lmax, mmax, mres, map_parameter, smooth
):
    equation = shell_equation(
        order,
        lmax,
        mmax,
        mres,
        map_parameter=map_parameter,
        diffusivity=lambda r: 2 - r,
        hall=lambda r: 3 * r**2,
        k5=lambda r: 40 - 30 * r,
        feedback=lambda r: 0.2 + r,
        k5_max=10.0,
        smooth_cutoff=smooth,
    )
    shell = equation.shell
    state = 2 * random_coefficients(equation, 3, modes=4)
    tendency = np.empty(equation.shape)
    rates = equation.explicit_terms(state, tendency)

    now = equation.state(state)
    field, current = (on_grid(shell, c) for c in curl_components(shell, now.poloidal, now.toroidal))
    electric, uncut, k5 = plain_electric_field(equation, field, current)
    assert uncut.min() < 9 < 11 < uncut.max(), "the cutoff matters somewhere, not everywhere"
    volume = (shell.basis.weights * shell.basis.radius**2)[:, None, None] * solid_angle(shell)

    # da_k/dt = -Int E . curl B_k dV for some modes, and one sum over all of them
    rng = np.random.default_rng(0)
    scale = np.linalg.norm(tendency)
    for _ in range(4):
        test = rng.standard_normal(equation.shape)
        test /= np.linalg.norm(test)
        other = equation.state(test)
        _, curl = curl_components(shell, other.poloidal, other.toroidal)
        work = -(volume * (electric * on_grid(shell, curl)).sum(axis=0)).sum()
        # round-off of derivatives of the highest modes, N^2 times larger than the values
        assert np.vdot(test, tendency) == pytest.approx(work, abs=1e-11 * scale)

    summary, beyond = equation.summary, np.abs(uncut) > 10.0
    eta = equation.local.magnetic_diffusivity[:, None, None]
    dot, square = (field * current).sum(axis=0), (field**2).sum(axis=0)
    weights = solid_angle(shell)
    for computed, plain in (
        (summary.chiral_work, eta * k5 * (dot - k5 * square)),
        (summary.wavenumber, k5),
        (summary.saturated, beyond),
    ):
        expected = (plain * weights).sum(axis=(1, 2))
        np.testing.assert_allclose(computed, expected, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(summary.maximum_square, square.max(axis=(1, 2)), rtol=1e-12)
    chiral = 2 * (volume * eta * k5 * dot).sum()
    assert rates[1] == pytest.approx(chiral, rel=1e-10)
    released = -2 * (volume * k5 * (field * electric).sum(axis=0)).sum()
    # -Int k5 B.cE with the Ohmic part of E, which the electric field here lacks
    released -= 2 * (volume * k5 * eta * dot).sum()
    assert rates[3] == pytest.approx(released, rel=1e-10)


@pytest.mark.parametrize("mmax", [0, 7])
def test_threads_do_not_change_a_bit(shell_equation, random_coefficients, mmax):
    results = []
    for threads in (1, 2, 3):
        equation = shell_equation(
            30, 7, mmax, hall=5.0, k5=10.0, feedback=1.0, k5_max=12.0, threads=threads
        )
        state, out = random_coefficients(equation, 5), np.empty(equation.shape)
        rates = equation.explicit_terms(state, out)
        results.append((out, rates, *vars(equation.summary).values()))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_infinite_or_missing_field_is_not_hidden(shell_equation, random_coefficients):
    equation = shell_equation(10, 3, 3, hall=1.0, k5=5.0, feedback=1.0, k5_max=10.0)
    out = np.empty(equation.shape)
    state = random_coefficients(equation, 1)
    state[0, 0] = np.nan
    equation.explicit_terms(state, out)
    assert not np.isfinite(np.linalg.norm(out))


def test_no_field_no_tendency(shell_equation):
    equation = shell_equation(10, 3, 3, hall=1.0, k5=5.0, feedback=1.0, k5_max=10.0)
    out = np.ones(equation.shape)
    rates = equation.explicit_terms(np.zeros(equation.shape), out)
    assert np.all(out == 0.0) and np.all(rates == 0.0)
    # the star's own wavenumber remains, 5 just below the cutoff
    k5 = 5.0 / (1 + 0.5**8) ** 0.125
    np.testing.assert_allclose(equation.summary.wavenumber, 4 * np.pi * k5, rtol=1e-13)
