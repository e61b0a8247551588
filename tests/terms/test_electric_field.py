"""The kernel of the electric field against a plain evaluation with whole arrays."""

from dataclasses import replace

import numpy as np
import pytest

from spectralcmi.model import InductionModel
from spectralcmi.terms.closure import closure
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

    measured = model.measure(state)
    for name, values in vars(summary).items():  # one more pass over the grid changes no bit
        np.testing.assert_array_equal(getattr(measured, name), values)
    rest = ((current - k5 * field) ** 2).sum(axis=0)
    for computed, plain in (
        (measured.joule_heat, eta * rest),
        (measured.absolute_wavenumber, np.abs(k5)),
        (measured.square_wavenumber, k5**2),
        (measured.parallel_field, eta * (dot - k5 * square)),
    ):
        expected = (plain * weights).sum(axis=(1, 2))
        np.testing.assert_allclose(computed, expected, rtol=1e-11, atol=1e-11)
    largest = np.abs(k5).max(axis=(1, 2))
    np.testing.assert_allclose(measured.maximum_wavenumber, largest, rtol=1e-12)


@pytest.mark.parametrize("mmax", [0, 4])
def test_what_the_field_loses_heats_or_goes_to_the_chirality(
    shell_model, random_coefficients, elements, metric, mmax
):
    """Q_J + k5 B.cE = eta (J^2 - k5 B.J), integrated: the loss by the Ohmic and the chiral term."""
    model = shell_model(
        16, 4, mmax, elements=elements, metric=metric, diffusivity=lambda r: 2 - r, hall=2.0,
        k5=20.0, feedback=lambda r: 0.2 + r, k5_max=10.0,
    )  # fmt: skip
    state, out = random_coefficients(model, 6), np.empty(model.shape)
    measured = model.measure(state)
    lost = -(model.explicit(0.0, state, out) + model.implicit(0.0, state, out))
    heat, to_chirality = (
        2 * model.shell.power_integral(part) for part in (measured.joule_heat, measured.chiral_work)
    )
    assert heat > 0
    # the stiffness sums J^2 per column, the kernel on the grid: the same quadrature in radius, and
    # an exact one on the sphere, so that round-off alone differs
    assert heat + to_chirality == pytest.approx(lost[0] + lost[1], rel=1e-11)


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


def on_grid(shell, values):
    """Values (points, nlat, nphi) in the order of the grid, (points, grid)."""
    shape = shell.harmonics.grid_shape
    is_transposed = shape != values.shape[1:]
    return np.reshape(values.swapaxes(1, 2) if is_transposed else values, (values.shape[0], -1))


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("mmax", [0, 4])
def test_coefficients_may_depend_on_the_angles(
    shell_model, random_coefficients, metric, mmax, smooth
):
    """The work of Ohm's law with an eta, a k5 and a beta of each point, and the heat there."""
    model = shell_model(
        0, 4, mmax, elements=3, metric=metric, diffusivity=lambda r: 3 - r, hall=2.0, k5=1.0,
        feedback=1.0, k5_max=10.0, smooth_cutoff=smooth,
    )  # fmt: skip
    shell, local = model.shell, model.local
    harmonics = shell.harmonics
    pattern = np.cos(harmonics.colatitude)[:, None] + 0.3 * np.cos(harmonics.longitude)
    eta = local.magnetic_diffusivity[:, None, None] * (0.6 + 0.3 * pattern / pattern.max())
    source = 12 * np.ones((shell.basis.points, 1, 1)) * (1 + 0.5 * pattern)
    feedback = (0.2 + shell.basis.radius[:, None, None]) * (1 + 0.2 * pattern**2)
    coefficients = np.stack([on_grid(shell, part) for part in (eta, source, feedback)], axis=1)
    pointwise = InductionModel(model.space, replace(local, on_grid=coefficients), heats=True)
    state, out = 2 * random_coefficients(model, 3, modes=4), np.empty(model.shape)
    rates = pointwise.explicit(0.0, state, out)
    rates += pointwise.implicit(0.0, state, np.empty(model.shape))

    field, current = field_and_curl(model.state(state))
    dot, square = (field * current).sum(axis=0), (field**2).sum(axis=0)
    k5 = closure(dot, square, source, feedback, local.k5_max, smooth)
    largest = local.magnetic_diffusivity[:, None, None]
    hall = local.hall_prefactor[:, None, None] * np.cross(current, field, axis=0)
    electric = hall - eta * k5 * field + (eta - largest) * current
    rng = np.random.default_rng(0)
    scale = np.linalg.norm(out)
    for _ in range(4):
        test = rng.standard_normal(model.shape)
        test /= np.linalg.norm(test)
        _, curl = field_and_curl(model.state(test))
        work = -over_shell(shell, (electric * curl).sum(axis=0), 2)
        # round-off of derivatives of the highest modes
        assert np.vdot(test, out) == pytest.approx(work, abs=1e-11 * scale)
    # what the implicit term took too much of the Ohmic loss is given back, and all is heat
    assert rates[0] == pytest.approx(-2 * over_shell(shell, eta * (current**2).sum(axis=0), 2))
    assert rates[1] == pytest.approx(2 * over_shell(shell, eta * k5 * dot, 2), rel=1e-10)
    heat = eta * ((current - k5 * field) ** 2).sum(axis=0)
    np.testing.assert_allclose(
        pointwise.electric_field.joule_heat, on_grid(shell, heat), rtol=1e-9, atol=1e-9 * heat.max()
    )
    assert rates[4:].sum() == pytest.approx(rates[3] - rates[:3].sum(), rel=1e-10)


def test_equal_coefficients_of_all_points_are_those_of_the_shell(shell_model, random_coefficients):
    model = shell_model(0, 4, 4, elements=3, hall=2.0, k5=8.0, feedback=1.0, k5_max=10.0)
    local = model.local
    parts = (local.magnetic_diffusivity, local.chiral_wavenumber, local.anomaly_feedback)
    grid = (local.magnetic_diffusivity.size, 3, model.shell.harmonics.solid_angle.size)
    coefficients = np.broadcast_to(np.stack(parts, axis=1)[..., None], grid).copy()
    pointwise = InductionModel(model.space, replace(local, on_grid=coefficients))
    state, one, other = random_coefficients(model, 1), *np.empty((2, *model.shape))
    rates, expected = pointwise.explicit(0.0, state, one), model.explicit(0.0, state, other)
    # sums in another order
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12 * np.abs(other).max())
    measured, plain = pointwise.measure(state), model.measure(state)
    for name, values in vars(plain).items():
        found = getattr(measured, name)
        np.testing.assert_allclose(found, values, rtol=1e-10, atol=1e-12, err_msg=name)
