"""Every term of the energy budget against an integral of its own on the grid."""

import numpy as np
import pytest

from tests.on_grid import field_and_curl, over_angles, over_shell, vectors

AGAINST_GRID = "integral on the grid"
# sums of some 1e4 numbers of either sign
ROUND_OFF = 1e-11


@pytest.fixture(params=[(6, 0), (5, 5)], ids=["axisymmetric", "3D"])
def model(request, shell_model, elements, metric):
    return shell_model(
        16,
        *request.param,
        elements=elements,
        metric=metric,
        diffusivity=lambda r: 2 - r,
        hall=3.0,
        k5=lambda r: 20 * (1.5 - r),
        angular_rate=30.0,
    )


def test_each_power(validated, model, random_coefficients):
    coefficients = random_coefficients(model, 5)
    state = model.state(coefficients)
    shell, local = model.shell, model.local
    field, curl = field_and_curl(state)
    eta = local.magnetic_diffusivity[:, None, None]
    k5 = local.chiral_wavenumber[:, None, None]
    degree = shell.columns.degree
    rate = 30.0 * (degree * (degree + 1) / (shell.harmonics.lmax * (shell.harmonics.lmax + 1))) ** 4
    expected = {
        "Ohmic": -2 * over_shell(shell, eta * (curl**2).sum(axis=0), 2),
        "chiral": 2 * over_shell(shell, eta * k5 * (field * curl).sum(axis=0), 2),
        "angular dissipation": -2 * float(rate @ sum(state.square_integrals)),
    }
    out = np.empty(model.shape)
    measured = model.explicit(0.0, coefficients, out) + model.implicit(0.0, coefficients, out)
    for power, (term, value) in zip(measured[:3], expected.items(), strict=True):
        assert abs(value) > 0.1, "it matters: the energy is 1"
        against = "rate of each degree times its energy" if term[0] == "a" else AGAINST_GRID
        validated.error(f"power of each term: {term}", against, power / value - 1, ROUND_OFF)


def test_energy_inside_and_outside(validated, model, random_coefficients, applied):
    coefficients = random_coefficients(model, 6)
    state = model.state(coefficients)
    shell, basis = model.shell, model.shell.basis
    field, _ = field_and_curl(state)
    inside = over_shell(shell, (field**2).sum(axis=0), 1)
    validated.error(
        "energy in the shell", AGAINST_GRID, sum(state.square_integrals[:2]).sum() / inside - 1,
        ROUND_OFF,
    )  # fmt: skip
    outside = state.square_integrals[2].sum()
    norm = np.vdot(coefficients, applied(model.mass, coefficients))
    assert inside + outside == pytest.approx(norm, rel=ROUND_OFF)
    if not shell.metric.is_flat:
        return
    # a current-free field outside a sphere: Int B^2 dV = R^3 times that of B_r^2 - B_t^2 over it
    radius = basis.outer_radius
    product = shell.harmonics.degree * (shell.harmonics.degree + 1.0)
    ends = basis.evaluate_poloidal(state.poloidal, np.array([radius]))
    p, slope = (shell.columns.to_complex(part) for part in ends[:2])
    radial, *tangential = vectors(shell, (product * p / radius**2, slope / radius, 0 * p))
    virial = radius**3 * float(over_angles(shell, radial**2 - sum(v**2 for v in tangential))[0])
    assert virial > 0.001 * inside
    validated.error(
        "energy of the exterior field", "virial theorem on the surface", outside / virial - 1,
        ROUND_OFF,
    )  # fmt: skip
