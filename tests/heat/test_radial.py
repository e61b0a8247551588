"""The spherical heat equation and its steps."""

import numpy as np
import pytest

from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.grid.metric import FLAT, Metric
from spectralcmi.heat.averages import FieldAverages, without_field
from spectralcmi.heat.core import PrescribedCore
from spectralcmi.heat.radial import BUDGET, SIGNS, StepFailedError
from spectralcmi.heat.radial_matter import CONDUCTION, POWER, VOLUME
from spectralcmi.heat.surface import SurfaceLoss
from tests.grid.metrics import uniform_density
from tests.heat.reference import rows
from tests.heat.shells import UNIT, constant, heat_equation, scalar_basis

STAR = uniform_density(0.4, 0.75, 1.0)
LARGE_STAR = uniform_density(0.4, 9.0, 10.0)


class PowerLawCore:
    """A core with C = capacity u and L = loss u^8, and its own bookkeeping."""

    def __init__(self, capacity, loss):
        self.capacity, self.loss = capacity, loss

    def prescribed(self, time):
        return None

    def energy(self, u):
        return 0.5 * self.capacity * u**2

    def heat_capacity(self, u):
        return self.capacity * u

    def luminosity(self, u):
        return self.loss * u**8, 8 * self.loss * u**7


def black_sphere(area):
    return SurfaceLoss.averaged(lambda t: (1.1e-4 * t**4, 1e-4 * t**4), np.ones(1), area)


def everything(metric):
    """A shell that conducts, radiates and sits on a core, all of them depending on T."""
    basis = scalar_basis(4, 7, (9.0, 10.0), metric)
    volume = VOLUME * basis.volume_weights.sum()
    return heat_equation(
        basis,
        PowerLawCore(1e-8 * volume, volume * 1e-71),
        black_sphere(1e-13),
        capacity=lambda t: 1e-8 * t + 1.0,
        thermal_conductivity=lambda t: UNIT * (t / 1e9) ** 0.5,
        lattice_thermal_conductivity=constant(0.1 * UNIT),
        neutrino_emissivity=lambda t: 20 * (t / 1e9) ** 7,
    )


@pytest.mark.parametrize("row", [r for r in rows("heat_shell_modes.csv") if r["degree"] == "0"][:2])
def test_a_mode_decays_and_steps_are_of_second_order(row):
    basis, k = scalar_basis(8, 7), float(row["k"])
    equation = heat_equation(
        basis, PrescribedCore(constant(1e8)), thermal_conductivity=constant(UNIT)
    )
    mode = np.sin(k * (basis.radius - 0.75)) / basis.radius
    start = basis.projected_values((1e8 + 1e7 * mode)[:, None])[:, 0]
    start[0] = 1e8
    heat, errors = np.zeros(basis.slots), []
    for count in (10, 20):
        u, duration = start, 1.2 / k**2
        for step in range(count):
            length = duration / count
            u = equation.step(u, step * length, length, heat).u
        amplitude = (basis.on_points(u[:, None])[0, :, 0] - 1e8) @ mode / (mode @ mode) / 1e7
        errors.append(amplitude * np.exp(1.2) - 1)
    # z = 0.12 and 0.06 a step: TR-BDF2 errs by 0.04 z^2 of the exponent
    assert abs(errors[1]) < 2e-4
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize("metric", [FLAT, STAR], ids=["flat", "star"])
def test_what_is_uniform_stays(metric):
    equation = heat_equation(
        scalar_basis(4, 7, metric=metric), thermal_conductivity=lambda t: UNIT * t / 1e8
    )
    start = equation.uniform(3e8)
    step = equation.step(start, 0.0, 1.0, np.zeros_like(start))
    np.testing.assert_allclose(step.u, start, rtol=1e-12, atol=3e-4)
    assert step.change < 1e-11
    assert np.abs(step.energies).max() < 1e-200  # which stands for nothing in the tables


@pytest.mark.parametrize("metric", [FLAT, LARGE_STAR], ids=["flat", "star"])
@pytest.mark.parametrize("length", [1e-3, 0.1])
def test_energy_is_what_came_and_went(metric, length):
    equation = everything(metric)
    u = equation.uniform(1e9)
    heat = equation.heat_vector(30 * (equation.basis.radius - 9.0))
    before, gained, turnover = equation.energy(u), 0.0, 0.0
    for _ in range(3):
        step = equation.step(u, 0.0, length, heat)
        u = step.u
        gained += float(SIGNS @ step.energies)
        turnover += float(np.abs(step.energies).sum())
    assert np.all(step.energies[[0, 2, 3, 4, 5]] > 0)
    assert turnover > 0.1 * length * before
    # Newton's method ends when the next correction is rounding
    assert abs(equation.energy(u) - before - gained) < 1e-12 * before


def test_powers_are_those_of_the_state():
    equation = everything(LARGE_STAR)
    u = equation.uniform(1e9)
    heat = equation.heat_vector(np.full(equation.basis.radius.size, 2e-8))
    powers = dict(zip(BUDGET, equation.powers(u, heat), strict=True))
    basis = equation.basis
    temperature = 1e9 / basis.lapse
    crust = POWER * basis.power_weights @ (20 * (temperature / 1e9) ** 7)
    assert powers["crust_neutrino"] == pytest.approx(crust, rel=1e-9)
    assert powers["heat"] == pytest.approx(POWER * basis.power_weights.sum() * 2e-8, rel=1e-12)
    surface = JULIAN_YEAR * 1e-13 * 1e-4 * equation.end_temperatures(u)[1] ** 4
    assert powers["photon"] == pytest.approx(surface, rel=1e-9)
    assert powers["envelope_neutrino"] == pytest.approx(0.1 * surface, rel=1e-9)
    assert powers["core_neutrino"] == pytest.approx(
        JULIAN_YEAR * equation.core.loss * 1e72, rel=1e-12
    )


def test_a_static_shell_whose_conductivity_is_proportional_to_temperature():
    """u^2 is linear in Int e^Lambda dr/r^2 whatever the metric."""
    basis = scalar_basis(6, 8, metric=STAR)
    equation = heat_equation(
        basis,
        PrescribedCore(constant(1e9)),
        black_sphere(1e-14),
        thermal_conductivity=lambda t: UNIT * t / 1e9,
    )
    u, heat = equation.uniform(1e9), np.zeros(basis.slots)
    for length in (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e4):
        step = equation.step(u, 0.0, length, heat)
        u = step.u
    value, slope = basis.on_points(u[:, None])[..., 0]
    assert 2e8 < u[-1] < 8e8
    flux = 2 * value * slope * basis.radius**2 / basis._stretch
    # eight polynomials on each of six elements, between two temperatures of a ratio of 2
    np.testing.assert_allclose(flux, flux.mean(), rtol=1e-5)
    luminosity = -flux.mean() / 2 * UNIT / 1e9 * CONDUCTION
    assert luminosity == pytest.approx(step.energies[[2, 3]].sum() / 1e4, rel=1e-6)
    supply = step.energies[BUDGET.index("core_supply")]
    assert supply == pytest.approx(step.energies[[2, 3]].sum(), rel=1e-9)


def test_redshift_makes_everything_slower():
    """In a constant metric times are longer by e^-Phi e^(2 Lambda), here 2 and 3."""
    changes = []
    for metric, factor in ((FLAT, 1.0), (Metric((-np.log(2.0),), (0.5 * np.log(3.0),)), 6.0)):
        basis = scalar_basis(4, 7, metric=metric)
        equation = heat_equation(
            basis, PrescribedCore(constant(2e8)), thermal_conductivity=constant(UNIT)
        )
        u = equation.uniform(1e8)
        for _ in range(4):
            u = equation.step(u, 0.0, 0.01 * factor, np.zeros_like(u)).u
        changes.append(u)
    np.testing.assert_allclose(*changes, rtol=1e-10, atol=1.0)


def test_a_core_cools_by_its_neutrinos():
    """C u du/dt = -L u^8 without a crust to speak of: u^-6 grows linearly."""
    basis = scalar_basis(2, 4)
    capacity, loss = 1e30, 1e30 / 1e9**6 / JULIAN_YEAR
    equation = heat_equation(basis, PowerLawCore(capacity, loss), thermal_conductivity=constant(1))
    u, heat = equation.uniform(1e9), np.zeros(basis.slots)
    for _ in range(40):
        u = equation.step(u, 0.0, 0.025, heat).u
    # second order in steps of 2 % or less
    assert u[0] == pytest.approx(1e9 * 7 ** (-1 / 6), rel=2e-4)


def test_a_field_holds_heat_back():
    basis = scalar_basis(4, 7)
    points = np.ones(basis.radius.size)
    quarter, none = 0.25 * points, 0.0 * points
    start = basis.projected_values((1e8 + 1e7 * np.cos(12 * basis.radius))[:, None])[:, 0]

    def after(duration, averages, **lattice):
        equation = heat_equation(basis, thermal_conductivity=constant(UNIT), **lattice)
        equation.averages = averages
        return equation.step(start, 0.0, duration, np.zeros(basis.slots)).u

    field = FieldAverages(1e8 * points, quarter, none, none, none)
    plain = after(1e-3, without_field(points.size))
    np.testing.assert_allclose(after(4e-3, field), plain, rtol=1e-11, atol=1e-2)
    # the lattice, which the field leaves alone, makes up for the rest
    rest = {"lattice_thermal_conductivity": constant(0.75 * UNIT)}
    np.testing.assert_allclose(after(1e-3, field, **rest), plain, rtol=1e-11, atol=1e-2)


def test_synchrotron_radiation_counts_as_neutrinos_of_the_crust():
    basis = scalar_basis(4, 7)
    equation = heat_equation(basis, neutrino_emissivity=constant(1e-9))
    points = np.ones(basis.radius.size)
    equation.averages = FieldAverages(1e8 * points, points, 0 * points, 1e-8 * points, 5 * points)
    crust = equation.powers(equation.uniform(2e8))[BUDGET.index("crust_neutrino")]
    volume = POWER * basis.power_weights.sum()
    assert crust == pytest.approx(volume * (1e-9 + 32e-8), rel=1e-9)


def test_temperatures_beyond_the_tables_are_refused():
    equation = heat_equation(scalar_basis(2, 4), thermal_conductivity=constant(UNIT))
    for u, words in ((5e6, "falls below 1e\\+07 K"), (4e10, "exceeds 3e\\+10 K")):
        with pytest.raises(StepFailedError, match=words):
            equation.step(equation.uniform(u), 0.0, 1.0, np.zeros(equation.basis.slots))
