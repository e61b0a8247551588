"""A star with a field, its temperature local, against the spherical one."""

import numpy as np
import pytest

from spectralcmi.build import build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.state import State
from spectralcmi.heat.advance import HeatIntegrator
from spectralcmi.heat.full import NEWBORN
from spectralcmi.heat.full_star import USUAL_LMAX, FullStar, own_shell
from spectralcmi.heat.radial import BUDGET
from spectralcmi.heat.radial_star import RadialStar
from spectralcmi.threads import Threads

PHOTON = BUDGET.index("photon")
#: Any year after the first days, in which a star is spherical.
GROWN = 1.0


def case(lmax=3, mmax=3, *, degrees=0, **resolution):
    return Parameters(
        background={"kind": "neutron_star"},
        resolution={"lmax": lmax, "mmax": mmax, "radial_order": 60, **resolution},
        thermal={"enabled": True, "dimension": "full", "lmax": degrees},
    )


def both(parameters):
    shell = build_shell(parameters)
    return FullStar(parameters, shell, Threads(1)), RadialStar(parameters, shell, Threads(1)), shell


def dipole(shell, strength):
    """A poloidal field of degree 1 in all its columns [1e12 G at the surface, about]."""
    basis = shell.basis
    depth = (basis.storage_radius - basis.inner_radius) / (basis.outer_radius - basis.inner_radius)
    profile = basis.poloidal_from_storage((75 * strength * depth * (2 - depth))[:, None])
    poloidal = np.zeros((basis.poloidal_slots, shell.columns.count))
    poloidal[:, :1] = profile
    if shell.columns.count > 4:
        poloidal[:, 1:3] = profile * [0.5, -0.3]
    return State(0.0, shell, poloidal, np.zeros((basis.toroidal_slots, shell.columns.count)))


def aligned(shell):
    """A dipole along the axis with 1e14 G at its poles."""
    state = dipole(shell, 211.0)
    poloidal = state.poloidal.copy()
    poloidal[:, 1:] = 0.0
    return State(0.0, shell, poloidal, state.toroidal)


def test_without_a_field_it_is_the_spherical_star():
    parameters = case(2, 0)
    full, radial, shell = both(parameters)
    heats = np.linspace(1e40, 2e40, shell.basis.points)
    u, spherical = full.uniform(1e9), radial.uniform(1e9)
    one = radial.equation.step(spherical, GROWN, 1e-3, radial.heat_vector(heats))
    other = full.equation.step(u, GROWN, 1e-3, full.spread(heats))
    # the spherical star solves to 1e-8, this one without field not far from it: its
    # preconditioner is the matrix, and its corrections fall by three orders of magnitude
    np.testing.assert_allclose(full.temperature(other.u), radial.temperature(one.u), rtol=1e-7)
    np.testing.assert_allclose(full.profile(other.u), radial.profile(one.u), rtol=1e-7)
    assert full.end_temperatures(other.u) == pytest.approx(radial.end_temperatures(one.u), rel=1e-7)
    assert full.change(u, other.u) == pytest.approx(one.change, rel=1e-5)
    np.testing.assert_allclose(other.energies, one.energies, rtol=1e-5)
    photons = other.energies[PHOTON] / 1e-3 / 3.15576e7
    assert full.effective_temperature(photons) == pytest.approx(
        radial.effective_temperature(photons), rel=1e-12
    )


def test_what_a_uniform_temperature_radiates_through_a_field_is_that_of_its_averages():
    full, radial, shell = both(case())
    field, u, spherical = dipole(shell, 100.0), full.uniform(5e8), radial.uniform(5e8)
    full.meet(field, u)
    radial.meet(field, spherical)
    # a table of the luminosity in the spherical star, averages of synchrotron radiation
    np.testing.assert_allclose(
        full.equation.powers(u), radial.equation.powers(spherical), rtol=1e-3, atol=0
    )
    surface = full.surface_temperature(u, field)
    np.testing.assert_allclose(surface, radial.surface_temperature(spherical, field), rtol=1e-10)
    assert np.ptp(surface) > 0.1 * surface.mean()


def test_the_temperature_has_degrees_and_a_grid_of_its_own():
    parameters = case(6, 4, degrees=3)
    full, _, shell = both(parameters)
    same, _, _ = both(case(6, 4, degrees=6))
    assert own_shell(shell, 6) is shell is own_shell(shell, 9)
    assert own_shell(shell, 0) is shell
    grid, columns = full.equation.grid, shell.columns
    assert grid.columns.degree[-1] == 3
    # its columns are the first ones of those of the field, after l = 0
    np.testing.assert_array_equal(grid.columns.degree[1:], columns.degree[: grid.shape[1] - 1])
    few = own_shell(shell, 3).columns
    np.testing.assert_array_equal(few.order, columns.order[: few.count])
    # what is there of the same degrees is the same on the grid of the field
    u = full.uniform(5e8)
    u[2:, 1:5] = np.random.default_rng(0).uniform(-1e6, 1e6, (u.shape[0] - 2, 4))
    more = same.uniform(5e8)
    more[:, : u.shape[1]] = u
    one, other = full.coefficients(u, 0.0), same.coefficients(more, 0.0)
    # single precision
    np.testing.assert_allclose(one, other, rtol=1e-6)
    joule = np.random.default_rng(1).uniform(0, 1, (shell.basis.points, one.shape[2]))
    few_heats = full(joule, np.zeros(shell.basis.points)).reshape(u.shape)
    many_heats = same(joule, np.zeros(shell.basis.points)).reshape(more.shape)
    np.testing.assert_allclose(few_heats, many_heats[:, : u.shape[1]], rtol=1e-12, atol=1e-12)


def test_a_temperature_left_open_has_twenty_degrees():
    shell = build_shell(case(24, 0))
    assert own_shell(shell, 0).harmonics.lmax == USUAL_LMAX == 20
    assert own_shell(shell, 24) is shell


@pytest.mark.slow
def test_the_poles_of_a_magnetised_star_are_warmer():
    full, _, shell = both(case(4, 0))
    full.meet(dipole(shell, 300.0), full.uniform(5e8))
    u = full.uniform(5e8)
    for _ in range(4):
        u = full.equation.step(u, GROWN, 0.02, np.zeros(u.shape)).u
    base = full.equation.surface_temperature(u)
    temperature = full.surface_temperature(u, dipole(shell, 300.0))[:, 0]
    middle = temperature.size // 2
    # equal at both poles: the field is symmetric; steps solved to 1e-8
    np.testing.assert_allclose(temperature, temperature[::-1], rtol=1e-6)
    assert temperature[0] > 1.5 * temperature[middle]
    assert np.ptp(base) > 1e-3 * base.mean()


def test_in_its_first_days_a_star_is_spherical():
    full, radial, shell = both(case())
    field, u, spherical = dipole(shell, 100.0), full.uniform(5e9), radial.uniform(5e9)
    full.meet(field, u)
    radial.meet(field, spherical)
    heats = np.linspace(1e43, 2e43, shell.basis.points)
    one = radial.equation.step(spherical, 0.0, 1e-6, radial.heat_vector(heats))
    other = full.equation.step(u, 0.0, 1e-6, full.spread(heats))
    np.testing.assert_allclose(other.u, full.equation.from_radial(one.u), rtol=1e-12, atol=0)
    np.testing.assert_allclose(other.energies, one.energies, rtol=1e-12)
    later = full.equation.step(u, NEWBORN, 1e-5, full.spread(heats))
    assert np.abs(later.u[:, 1:]).max() > 1e-6 * later.u.max()


@pytest.mark.slow
def test_what_the_first_days_leave_out_is_forgotten_within_a_year():
    def after(is_spherical):
        full, _, shell = both(case(8, 0))
        if not is_spherical:
            full.equation.newborn = None
        full.meet(aligned(shell), full.uniform(1e10))
        integrator = HeatIntegrator(full.equation, full.uniform(1e10))
        integrator.advance(1.0, np.zeros(full.equation.grid.shape))
        base = full.equation.surface_temperature(integrator.u)
        return base, full.equation.powers(integrator.u)[PHOTON]

    (one, bright), (other, as_bright) = after(is_spherical=True), after(is_spherical=False)
    assert np.ptp(one) > 0.03 * one.mean()
    # 1e-6 by the physics; the steps differ as well, each with an error of up to 1e-3
    np.testing.assert_allclose(one, other, rtol=2e-4)
    assert bright == pytest.approx(as_bright, rel=2e-4)


@pytest.mark.slow
def test_a_life_in_a_dipole_converges_with_degrees_and_radial_functions():
    """L_gamma and the quadrupole of T_b at 1e3 yr; 1e14 G at the poles."""

    def life(lmax, radial_order=48):
        full, _, shell = both(case(lmax, 0, degrees=lmax, radial_order=radial_order))
        full.meet(aligned(shell), full.uniform(1e10))
        integrator = HeatIntegrator(full.equation, full.uniform(1e10))
        integrator.advance(1e3, np.zeros(full.equation.grid.shape))
        base = integrator.u[-1]
        return full.equation.powers(integrator.u)[PHOTON], base[2] / base[0]

    (coarse, wide), (bright, middle), (fine, narrow) = (life(lmax) for lmax in (10, 20, 40))
    more, radial = life(20, radial_order=192)
    # 7.012e33, 7.018e33 and 7.019e33 erg/s; 0.0743, 0.0736 and 0.0740
    assert abs(bright - fine) < 5e-4 * fine
    assert abs(coarse - fine) < 2e-3 * fine
    assert abs(bright - fine) < 0.5 * abs(coarse - fine)
    assert wide == pytest.approx(narrow, rel=0.01)
    assert middle == pytest.approx(narrow, rel=0.01)
    # 7.025e33 erg/s and 0.0737 with 193 radial functions in place of 109
    assert more == pytest.approx(bright, rel=2e-3)
    assert radial == pytest.approx(middle, rel=0.01)


def test_a_temperature_on_other_functions_and_harmonics():
    old, _, _ = both(case(3, 3))
    new, _, _ = both(case(4, 4, radial_order=90))
    u = old.uniform(5e8)
    depth = np.linspace(0, 1, u.shape[0])
    u[:: old.basis.basis.stride, 1:] += (
        1e7 * depth[:: old.basis.basis.stride, None] * np.arange(1, u.shape[1])
    )
    moved = old.regridded(u, new)
    assert new.end_temperatures(moved) == pytest.approx(old.end_temperatures(u), rel=1e-12)
    back = new.regridded(moved, old)
    # piecewise linear functions, kinks at breakpoints that differ
    assert np.abs(back - u).max() < 0.02 * np.abs(u[:, 1:]).max()
