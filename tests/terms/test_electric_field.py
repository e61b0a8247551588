"""The kernel of the electric field against a plain evaluation with whole arrays."""

import numpy as np
import pytest

from spectralcmi.terms.chiral import closure
from tests.on_grid import field_and_curl, over_shell, solid_angle

UNEVEN = (0.0, 0.3, 0.35, 1.0)

# radial order, lmax, mmax, mres, map parameter, elements: what can go wrong at the edges of the
# layout
LAYOUTS = [
    (12, 5, 0, 1, "auto", 0),
    (13, 5, 5, 1, "auto", 0),
    (8, 1, 0, 1, 0, 0),
    (9, 1, 1, 1, 0.5, 0),
    (12, 6, 3, 1, 0, 0),
    (12, 7, 6, 3, "auto", 0),
    (12, 4, 4, 4, "auto", 0),
    (10, 2, 1, 1, "auto", 0),
    (0, 5, 0, 1, 0, 3),
    (0, 5, 5, 1, 0, UNEVEN),
    (0, 1, 0, 1, 0, 1),
    (0, 7, 6, 3, 0, 2),
    (0, 2, 1, 1, 0, UNEVEN),
]


def plain_electric_field(model, field, current):
    """c E, k5 before and after the cutoff."""
    local = model.local
    eta, hall, source, feedback = (
        a[:, None, None]
        for a in (
            local.magnetic_diffusivity,
            local.hall_prefactor,
            local.chiral_wavenumber,
            local.anomaly_feedback,
        )
    )
    dot, square = (field * current).sum(axis=0), (field**2).sum(axis=0)
    uncut = (source + feedback * dot) / (1 + feedback * square)
    k5 = closure(dot, square, source, feedback, local.k5_max, local.smooth_cutoff)
    return hall * np.cross(current, field, axis=0) - eta * k5 * field, uncut, k5


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize(("order", "lmax", "mmax", "mres", "map_parameter", "elements"), LAYOUTS)
def test_work_is_that_of_the_electric_field(
    shell_model,
    random_coefficients,
    metric,
    order,
    lmax,
    mmax,
    mres,
    map_parameter,
    elements,
    smooth,
):
    model = shell_model(
        order,
        lmax,
        mmax,
        mres,
        map_parameter=map_parameter,
        elements=elements,
        metric=metric,
        diffusivity=lambda r: 2 - r,
        hall=lambda r: 3 * r**2,
        k5=lambda r: 40 - 30 * r,
        feedback=lambda r: 0.2 + r,
        k5_max=10.0,
        smooth_cutoff=smooth,
    )
    shell = model.shell
    state = 2 * random_coefficients(model, 3, modes=4)
    work_on = np.empty(model.shape)
    rates = model.explicit(0.0, state, work_on)

    now = model.state(state)
    field, current = field_and_curl(now)
    electric, uncut, k5 = plain_electric_field(model, field, current)
    assert uncut.min() < 9 < 11 < uncut.max(), "the cutoff matters somewhere, not everywhere"

    # -Int e^(2 Phi) E . J_k dV for some fields B_k
    rng = np.random.default_rng(0)
    scale = np.linalg.norm(work_on)
    for _ in range(4):
        test = rng.standard_normal(model.shape)
        test /= np.linalg.norm(test)
        _, curl = field_and_curl(model.state(test))
        work = -over_shell(shell, (electric * curl).sum(axis=0), 2)
        # round-off of derivatives of the highest modes, N^2 times larger than the values
        assert np.vdot(test, work_on) == pytest.approx(work, abs=1e-11 * scale)

    summary, beyond = model.summary, np.abs(uncut) > 10.0
    eta = model.local.magnetic_diffusivity[:, None, None]
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
    chiral = 2 * over_shell(shell, eta * k5 * dot, 2)
    assert rates[1] == pytest.approx(chiral, rel=1e-10)
    released = -2 * over_shell(shell, k5 * (field * electric).sum(axis=0), 2)
    # -Int k5 B.cE with the Ohmic part of E, which the electric field here lacks
    released -= 2 * over_shell(shell, k5 * eta * dot, 2)
    assert rates[3] == pytest.approx(released, rel=1e-10)


@pytest.mark.parametrize("elements", [0, 7])
@pytest.mark.parametrize("mmax", [0, 7])
def test_threads_do_not_change_a_bit(shell_model, random_coefficients, mmax, elements):
    results = []
    for threads in (1, 2, 3):
        model = shell_model(
            30,
            7,
            mmax,
            elements=elements,
            hall=5.0,
            k5=10.0,
            feedback=1.0,
            k5_max=12.0,
            threads=threads,
        )
        state, out = random_coefficients(model, 5), np.empty(model.shape)
        rates = model.explicit(0.0, state, out)
        results.append((out, rates, *vars(model.summary).values()))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_infinite_or_missing_field_is_not_hidden(shell_model, random_coefficients, elements):
    model = shell_model(10, 3, 3, elements=elements, hall=1.0, k5=5.0, feedback=1.0, k5_max=10.0)
    out = np.empty(model.shape)
    state = random_coefficients(model, 1)
    state[0, 0] = np.nan
    model.explicit(0.0, state, out)
    assert not np.isfinite(np.linalg.norm(out))


def test_no_field_no_work(shell_model, elements):
    model = shell_model(10, 3, 3, elements=elements, hall=1.0, k5=5.0, feedback=1.0, k5_max=10.0)
    out = np.ones(model.shape)
    rates = model.explicit(0.0, np.zeros(model.shape), out)
    assert np.all(out == 0.0) and np.all(rates == 0.0)
    # the star's own wavenumber remains, 5 just below the cutoff
    k5 = 5.0 / (1 + 0.5**8) ** 0.125
    np.testing.assert_allclose(model.summary.wavenumber, 4 * np.pi * k5, rtol=1e-13)
