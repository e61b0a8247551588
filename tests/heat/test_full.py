"""The heat equation in three dimensions: against the spherical one, its balance and its order."""

import numpy as np
import pytest

from spectralcmi.fields.state import State
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT
from spectralcmi.grid.shell import Shell
from spectralcmi.heat.advance import HeatIntegrator
from spectralcmi.heat.averages import FieldMatter, field_averages
from spectralcmi.heat.core import EmptyCore, PrescribedCore
from spectralcmi.heat.extrapolation import Extrapolation
from spectralcmi.heat.field_on_grid import field_on_grid
from spectralcmi.heat.full import FullHeat
from spectralcmi.heat.local_surface import LocalSurface
from spectralcmi.heat.matter_on_grid import MatterOnGrid
from spectralcmi.heat.radial import BUDGET, SIGNS, RadialHeat, StepFailedError
from spectralcmi.heat.radial_matter import CONDUCTION
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.surface import SurfaceLoss
from spectralcmi.heat.synchrotron import synchrotron_table
from spectralcmi.heat.tables import (
    CONDUCTIVITY,
    GYRATION,
    LATTICE_CONDUCTIVITY,
    NODES,
    TemperatureTables,
    enthalpy,
    temperatures,
)
from spectralcmi.star.neutrinos import synchrotron
from spectralcmi.threads import Threads
from tests.grid.metrics import uniform_density
from tests.heat.shells import no_loss
from tests.on_grid import field_and_curl

RADII = 11.5, 12.4
STAR = uniform_density(0.33, *RADII)
AREA = 1e13  # cm2, of the surface with its redshift


class WarmCore:
    """A core with E ~ u^2 and L ~ u^8 as large as those of the crust."""

    def prescribed(self, time):
        return None

    def energy(self, u):
        return 1e47 * (u / 1e9) ** 2

    def heat_capacity(self, u):
        return 2e38 * (u / 1e9)

    def luminosity(self, u):
        luminosity = 1e39 * (u / 1e9) ** 8
        return luminosity, 8 * luminosity / u


def law(temperature):
    """Fluxes through the boundary and radiated [erg cm-2 s-1]."""
    return 2.1e21 * (temperature / 1e9) ** 2.2, 2e21 * (temperature / 1e9) ** 2.2


def nothing(temperature):
    return 0 * temperature, 0 * temperature


def matter(radius, *, gyration=1e-14, emissivity=1e19, with_synchrotron=False):
    """Tables whose quantities vary with radius and temperature as much as those of a crust."""
    t, depth = temperatures() / 1e9, ((radius - RADII[0]) / (RADII[1] - RADII[0]))[:, None]
    values = {
        "enthalpy": enthalpy(lambda T: 1e19 * np.exp(-3 * depth) * (T / 1e9) ** (0.5 + depth)),
        "thermal_conductivity": 3e19 * np.exp(-3 * depth) * np.sqrt(t),
        "lattice_thermal_conductivity": 3e16 * np.exp(-3 * depth) / t,
        "gyration_per_gauss": gyration * (1 + depth) * t**-1.2,
        "neutrino_emissivity": emissivity * np.exp(-2 * depth) * t**6,
    }
    if with_synchrotron:
        values["synchrotron"] = synchrotron_table(50 - 20 * depth[:, 0])
    return TemperatureTables.of(values)


def heat_equation(
    lmax=3, mmax=3, *, metric=STAR, core=None, surface=law, threads=1, hall=False, **changes
):
    shell = Shell(ElementBasis((RADII[0], 11.9, RADII[1]), 6), Harmonics(lmax, mmax), metric)
    tables = matter(shell.basis.radius, **changes)
    core = WarmCore() if core is None else core
    local = LocalSurface(surface, AREA)
    return FullHeat(shell, tables, core, local, Threads(threads), hall=hall)


def spherical_twin(full, surface=law, **changes):
    shell = full.grid.shell
    loss = no_loss() if surface is nothing else SurfaceLoss.averaged(surface, np.ones(1), AREA)
    basis = ScalarBasis.of(shell)
    return RadialHeat(basis, matter(shell.basis.radius, **changes), full.core, loss)


def tilted(full, strength):
    """A smooth field [1e12 G] of all components that differs from place to place."""
    rng = np.random.default_rng(0)
    slots = np.zeros((3, *full.grid.shape))
    count = min(4, full.grid.shape[1])
    basis = full.grid.shell.basis
    depth = (basis.storage_radius - RADII[0]) / (RADII[1] - RADII[0])
    for component in range(3):
        values = np.outer(np.cos(2 * depth + component), rng.standard_normal(count))
        slots[component, :, :count] = basis.toroidal_from_storage(values)
    for component in range(3):
        full.field[:, component] = strength * full.grid.values(slots[component])


def warm(full, amplitude=0.2):
    """A temperature of 1e9 K with spots, none in the core."""
    u = full.uniform(1e9)
    depth = full.from_radial(spherical_twin(full).uniform(1.0))[:, 0]
    rise = np.linspace(0, 1, depth.size) * depth
    u[:, 1:4] += amplitude * 1e9 * rise[:, None] * np.array([1.0, -0.5, 0.7])[: u.shape[1] - 1]
    return u


@pytest.mark.parametrize("metric", [FLAT, STAR], ids=["flat", "star"])
@pytest.mark.parametrize(
    "core",
    [WarmCore(), EmptyCore(), PrescribedCore(lambda t: 1e9 * (1 - t))],
    ids=["cools", "none", "given"],
)
def test_without_a_field_it_is_the_spherical_equation(metric, core):
    full = heat_equation(1, 0, metric=metric, core=core)
    radial = spherical_twin(full)
    u, spherical = full.uniform(1e9), radial.uniform(1e9)
    assert full.energy(u) == pytest.approx(radial.energy(spherical), rel=1e-13)
    heat = radial.heat_vector(np.full(full.grid.grid_shape[0], 1e18))
    everywhere = full.heat_vector(np.full(full.grid.grid_shape, 1e18))
    time = 0.0
    for length in (1e-3, 1e-2, 0.1):
        one = radial.step(spherical, time, length, heat)
        other = full.step(u, time, length, everywhere)
        # each solves its equations to a correction of 1e-8
        np.testing.assert_allclose(other.u, full.from_radial(one.u), rtol=0, atol=1e-7 * u.max())
        np.testing.assert_allclose(other.energies, one.energies, rtol=1e-6, atol=0)
        assert other.change == pytest.approx(one.change, rel=1e-4)
        # its linear form lacks the slopes of the conductivities
        assert other.error == pytest.approx(one.error, rel=0.3)
        u, spherical, time = other.u, one.u, time + length


@pytest.mark.parametrize("hall", [False, True])
@pytest.mark.parametrize(
    "core", [WarmCore(), PrescribedCore(lambda t: 1e9)], ids=["cools", "given"]
)
def test_the_balance_of_energy_closes(core, hall):
    full = heat_equation(core=core, hall=hall, with_synchrotron=True)
    tilted(full, 300.0)
    u = warm(full)
    heat = full.heat_vector(np.random.default_rng(1).uniform(0, 1e20, full.grid.grid_shape))
    before = full.energy(u)
    step = full.step(u, 0.0, 0.01, heat)
    balance = full.energy(step.u) - before - SIGNS @ step.energies
    # the equations are solved to 1e-8 of u
    assert abs(balance) < 1e-8 * before
    assert abs(SIGNS @ step.energies) > 1e-3 * before, "something happened"
    # the core shares its temperature with the bottom of the crust
    assert not step.u[0, 1:].any()


def test_the_whole_crust_is_the_sum_of_its_parts():
    full = heat_equation(with_synchrotron=True)
    tilted(full, 300.0)
    u, ones = warm(full), full.uniform(1.0)
    # the same quadrature in another order
    assert full.energy(u) == pytest.approx(float(np.vdot(ones, full.content(u))), rel=1e-12)
    crust, _ = MatterOnGrid(
        full.grid, matter(full.grid.shell.basis.radius, with_synchrotron=True)
    ).evaluate(u, full.field)
    neutrinos = full.powers(u)[BUDGET.index("crust_neutrino")]
    assert neutrinos == pytest.approx(crust.neutrinos * 1e15, rel=1e-12)  # cm3 in a km3


@pytest.mark.parametrize(
    "core", [WarmCore(), PrescribedCore(lambda t: 1e9)], ids=["cools", "given"]
)
def test_a_guess_gets_the_energy_it_has_to_have(core):
    full = heat_equation(core=core)
    tilted(full, 300.0)
    u = warm(full)
    heat = full.heat_vector(np.full(full.grid.grid_shape, 1e20))
    step = full.step(u, 0.0, 0.01, heat)
    guess = step.u * 1.001
    found, energies = Extrapolation(full).at_energy(guess, u, 0.01, 0.01, heat)
    change = full.energy(found) - full.energy(u)
    # the change is the same everywhere and ends at 1e-10 of u
    assert abs(change - SIGNS @ energies) < 1e-9 * full.energy(u)
    np.testing.assert_allclose(found[1:, 1:], guess[1:, 1:], rtol=1e-12)
    # by the trapezoidal rule instead of the weights of a step
    np.testing.assert_allclose(energies[[0, 2, 4, 5]], step.energies[[0, 2, 4, 5]], rtol=0.02)


def test_a_uniform_temperature_stays_for_ever_in_any_field():
    full = heat_equation(core=EmptyCore(), surface=nothing, emissivity=0.0, hall=True)
    tilted(full, 1000.0)
    u = full.uniform(3e8)
    step = full.step(u, 0.0, 1e4, np.zeros(u.shape))
    np.testing.assert_allclose(step.u, u, rtol=0, atol=1e-12 * u.max())
    assert step.change < 1e-12
    assert not step.energies[[0, 1, 2, 3, 5]].any()
    assert step.energies[4] < 1e-100  # zero has a logarithm in the tables


@pytest.mark.slow
def test_an_insulated_crust_keeps_its_heat_and_becomes_uniform():
    full = heat_equation(core=EmptyCore(), surface=nothing, emissivity=0.0)
    tilted(full, 100.0)
    u, none = warm(full, 0.05), np.zeros(full.grid.shape)
    spread, before = np.ptp(full.grid.values(u)), full.energy(u)
    integrator = HeatIntegrator(full, u, tolerance=1e-2)
    integrator.advance(1e5, none)
    u = integrator.u
    assert full.energy(u) == pytest.approx(before, rel=1e-8)
    assert np.ptp(full.grid.values(u)) < 1e-2 * spread


@pytest.mark.slow
def test_the_steps_are_of_second_order():
    full = heat_equation(with_synchrotron=True)
    tilted(full, 100.0)
    heat = np.zeros(full.grid.shape)

    def after(steps):
        u = warm(full)
        for step in range(steps):
            u = full.step(u, step * 0.02 / steps, 0.02 / steps, heat).u
        return u

    coarse, middle, fine = (after(steps) for steps in (4, 8, 16))
    ratio = np.linalg.norm(coarse - middle) / np.linalg.norm(middle - fine)
    assert 3.0 < ratio < 5.0  # 4, and higher orders


def test_few_products_at_a_strong_field():
    full = heat_equation(6, 6)
    tilted(full, 1e4)  # omega_B tau of 100
    step = full.step(warm(full), 0.0, 0.05, np.zeros(full.grid.shape))
    assert step.change > 1e-2
    # two stages of half a dozen corrections to 3 %, and the error estimate
    assert full.products < 300


def test_synchrotron_radiation_is_that_of_the_field_at_each_place():
    with_it, without = (heat_equation(with_synchrotron=flag) for flag in (True, False))
    for full in (with_it, without):
        tilted(full, 500.0)
    u = warm(with_it)
    more = (with_it.powers(u) - without.powers(u))[BUDGET.index("crust_neutrino")]
    grid, shell = with_it.grid, with_it.grid.shell
    depth = (shell.basis.radius - RADII[0]) / (RADII[1] - RADII[0])
    magnitude = np.sqrt((with_it.field.astype(float) ** 2).sum(axis=1)) * 1e12
    emissivity = synchrotron((50 - 20 * depth)[:, None], with_it.temperature_on_grid(u), magnitude)
    expected = grid.constant()
    expected = float(np.vdot(expected, with_it.heat_vector(emissivity)))
    assert more == pytest.approx(expected, rel=1e-4)  # of the spline of the table


def test_spherical_conduction_has_the_mean_of_the_tensor():
    """A spherical u that meets the field conducts along the radius as its averages say."""
    full = heat_equation(core=EmptyCore(), surface=nothing, emissivity=0.0)
    tilted(full, 200.0)
    radial = spherical_twin(full, nothing, emissivity=0.0)
    spherical = 1e9 * radial.uniform(1.0)
    spherical[-1] *= 1.1
    u = full.from_radial(spherical)
    temperature = radial.temperature(spherical)
    logarithm, exponent = radial.tables.evaluate(np.log(temperature))
    none = TemperatureTables.of({"synchrotron": np.zeros((temperature.size, NODES))})
    averages = field_averages(
        full.field,
        full.grid.shell.harmonics.solid_angle.ravel() / (4 * np.pi),
        FieldMatter(temperature, np.exp(logarithm[GYRATION]), exponent[GYRATION], none),
        Threads(1),
    )
    share = averages.conduction_share
    quantity, basis = np.exp(logarithm), radial.basis
    conductivity = share * quantity[CONDUCTIVITY] + quantity[LATTICE_CONDUCTIVITY]
    slope = basis.on_points(spherical[:, None])[1, :, 0]
    flux = CONDUCTION * basis.radial_weights * conductivity * slope
    one = -basis.against(np.stack([0 * flux, flux])[..., None])[:, 0]
    crust, _ = MatterOnGrid(full.grid, radial.tables).evaluate(u, full.field)
    # integrals against Y_00 = (4 pi)^-1/2, and erg cm-3 km3 in erg
    other = crust.rate[:, 0] * np.sqrt(4 * np.pi) * 1e15
    # the field is kept in single precision
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-6 * np.abs(one).max())


def test_beyond_the_tables_a_step_fails_and_is_made_shorter():
    full = heat_equation()
    u = full.uniform(2e7)
    with pytest.raises(StepFailedError, match="temperature: falls below 1e"):
        full.step(full.uniform(5e6), 0.0, 1e-3, np.zeros(u.shape))
    integrator = HeatIntegrator(full, full.uniform(1e9), length=10.0)
    before = full.energy(integrator.u)
    energies = integrator.advance(3.0, np.zeros(u.shape))
    assert integrator.rejected > 0
    balance = full.energy(integrator.u) - before - SIGNS @ energies
    assert abs(balance) < 1e-7 * before


def test_too_few_degrees_let_temperatures_fall_below_the_tables_somewhere():
    full = heat_equation(core=EmptyCore(), surface=nothing, emissivity=0.0)
    tilted(full, 100.0)
    u, heat = full.uniform(1e9), np.zeros(full.grid.shape)
    u[2:-2, 1] = 2.1 * u[2:-2, 0]  # cos(colatitude) that exceeds the mean by a fifth
    assert full.temperature_on_grid(u).min() < 0
    before = full.energy(u)
    assert before == pytest.approx(float(np.vdot(full.uniform(1.0), full.content(u))), rel=1e-12)
    step = full.step(u, 0.0, 1e-4, heat)
    # it is conserved nonetheless, and evens out
    assert full.energy(step.u) == pytest.approx(before, rel=1e-9)
    assert full.temperature_on_grid(step.u).min() > full.temperature_on_grid(u).min()


def test_threads_do_not_change_a_bit():
    results = []
    for threads in (1, 2):
        full = heat_equation(threads=threads, with_synchrotron=True)
        tilted(full, 100.0)
        step = full.step(warm(full), 0.0, 0.01, np.zeros(full.grid.shape))
        results.append((step.u, step.energies, step.error, step.change))
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("mmax", "mres"), [(0, 1), (4, 1), (4, 2)])
def test_the_field_on_the_grid(metric, mmax, mres):
    shell = Shell(ElementBasis((0.75, 0.8, 1.0), 6), Harmonics(4, mmax, mres), metric)
    basis, count, rng = shell.basis, shell.columns.count, np.random.default_rng(1)
    slots = (rng.standard_normal((n, count)) for n in (basis.poloidal_slots, basis.toroidal_slots))
    state = State(0.0, shell, *slots)
    out = np.empty((basis.points, 3, shell.harmonics.solid_angle.size), dtype=np.float32)
    field_on_grid(shell, state.poloidal, state.toroidal, Threads(2), out)
    expected = np.moveaxis(field_and_curl(state)[0], 0, 1)
    if shell.harmonics.grid_shape != expected.shape[2:]:
        expected = expected.swapaxes(2, 3)
    # single precision
    scale = np.abs(expected).max()
    np.testing.assert_allclose(out, expected.reshape(out.shape), rtol=0, atol=1e-6 * scale)
