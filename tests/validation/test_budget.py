"""Every term of the energy budget against an integral of its own on the grid."""

import numpy as np
import pytest

AGAINST_GRID = "integral on the grid"
# sums of some 1e4 numbers of either sign
ROUND_OFF = 1e-11


def on_grid(shell, *components):
    """Vector components (3, points, nlat, nphi) from Q, S and T on the shells."""
    shells = [shell.harmonics.synthesis(*parts) for parts in zip(*components, strict=True)]
    return np.moveaxis(np.array(shells), 1, 0)


def field_and_curl(state):
    """B and curl B on the grid, in the order of the components."""
    shell = state.shell
    r = shell.basis.radius[:, None]
    product = shell.harmonics.degree * (shell.harmonics.degree + 1.0)
    values, slopes, curvatures = shell.basis.evaluation
    p, p1, p2, t, t1 = (
        shell.columns.to_complex(matrix @ coefficients)
        for matrix, coefficients in (
            (values, state.poloidal),
            (slopes, state.poloidal),
            (curvatures, state.poloidal),
            (values, state.toroidal),
            (slopes, state.toroidal),
        )
    )
    field = on_grid(shell, product * p / r**2, p1 / r, t / r)
    curl = on_grid(shell, product * t / r**2, t1 / r, (product * p / r**2 - p2) / r)
    return field, curl


def over_angles(shell, density):
    """Integral over the sphere, by Gauss weights in colatitude and equal ones in longitude."""
    weights = np.polynomial.legendre.leggauss(density.shape[-2])[1]
    return (density.sum(axis=-1) * weights).sum(axis=-1) * 2 * np.pi / density.shape[-1]


def over_shell(shell, density):
    """Integral over the shell."""
    basis = shell.basis
    return (basis.weights * basis.radius**2) @ over_angles(shell, density)


@pytest.fixture(params=[(6, 0), (5, 5)], ids=["axisymmetric", "3D"])
def equation(request, shell_equation):
    return shell_equation(
        16,
        *request.param,
        diffusivity=lambda r: 2 - r,
        hall=3.0,
        k5=lambda r: 20 * (1.5 - r),
        angular_rate=30.0,
    )


def test_each_power(validated, equation, random_coefficients):
    coefficients = random_coefficients(equation, 5)
    state = equation.state(coefficients)
    shell, local = equation.shell, equation.local
    field, curl = field_and_curl(state)
    eta = local.magnetic_diffusivity[:, None, None]
    k5 = local.chiral_wavenumber[:, None, None]
    degree = shell.columns.degree
    rate = 30.0 * (degree * (degree + 1) / (shell.harmonics.lmax * (shell.harmonics.lmax + 1))) ** 4
    expected = {
        "Ohmic": -2 * over_shell(shell, eta * (curl**2).sum(axis=0)),
        "chiral": 2 * over_shell(shell, eta * k5 * (field * curl).sum(axis=0)),
        "angular dissipation": -2 * float(rate @ sum(state.square_integrals)),
    }
    measured = equation.explicit_terms(coefficients, np.empty(equation.shape))
    for power, (term, value) in zip(measured[:3], expected.items(), strict=True):
        assert abs(value) > 0.1, "it matters: the energy is 1"
        against = "rate of each degree times its energy" if term[0] == "a" else AGAINST_GRID
        validated.error(f"power of each term: {term}", against, power / value - 1, ROUND_OFF)


def test_energy_inside_and_outside(validated, equation, random_coefficients):
    coefficients = random_coefficients(equation, 6)
    state = equation.state(coefficients)
    shell, basis = equation.shell, equation.shell.basis
    field, _ = field_and_curl(state)
    inside = over_shell(shell, (field**2).sum(axis=0))
    validated.error(
        "energy in the shell", AGAINST_GRID, sum(state.square_integrals[:2]).sum() / inside - 1,
        ROUND_OFF,
    )  # fmt: skip
    # a current-free field outside a sphere: Int B^2 dV = R^3 times that of B_r^2 - B_t^2 over it
    values, slopes, _ = basis.evaluation_at(np.array([1.0]))
    radius = basis.map.outer_radius
    product = shell.harmonics.degree * (shell.harmonics.degree + 1.0)
    p, slope = (shell.columns.to_complex(m @ state.poloidal) for m in (values, slopes))
    radial, *tangential = on_grid(shell, product * p / radius**2, slope / radius, 0 * p)
    virial = radius**3 * float(over_angles(shell, radial**2 - sum(v**2 for v in tangential))[0])
    assert virial > 0.001 * inside
    outside = state.square_integrals[2].sum()
    validated.error(
        "energy of the exterior field", "virial theorem on the surface", outside / virial - 1,
        ROUND_OFF,
    )  # fmt: skip
    assert inside + outside == pytest.approx((coefficients**2).sum(), rel=ROUND_OFF)
