"""Content and rate of a spherical crust, and their linear forms."""

import numpy as np
import pytest

from spectralcmi.heat.averages import FieldAverages, without_field
from spectralcmi.heat.radial_matter import CONDUCTION, POWER, VOLUME, RadialMatter
from tests.grid.metrics import uniform_density
from tests.heat.shells import UNIT, constant, matter, scalar_basis

STAR = uniform_density(0.4, 0.75, 1.0)


def crust(basis):
    tables = matter(
        basis,
        capacity=lambda t: 1e-8 * t + 1.0,
        thermal_conductivity=lambda t: UNIT * (t / 1e9) ** 0.5,
        lattice_thermal_conductivity=lambda t: 0.1 * UNIT * 1e9 / t,
        neutrino_emissivity=lambda t: 20 * (t / 1e9) ** 7,
    )
    return RadialMatter(basis, tables)


def some_field(basis):
    """Averages with every power, of temperatures other than that of the crust."""
    rng = np.random.default_rng(3)
    values = rng.uniform(0.5, 2.0, (5, basis.radius.size))
    return FieldAverages(*(values * np.array([[9e8], [1.0], [-1.5], [10.0], [4.0]])))


def some_temperature(basis):
    slots = 1e9 * basis.nodes
    return slots + 5e6 * np.random.default_rng(4).standard_normal(slots.size)


def test_integrals_are_those_of_the_formulas():
    basis = scalar_basis(3, 6, metric=STAR)
    field, u, v = some_field(basis), some_temperature(basis), np.cos(np.arange(basis.slots))
    (value, slope), (f, df) = (basis.on_points(s[:, None])[..., 0] for s in (u, v))
    t = value / basis.lapse
    ratio = t / field.temperature
    conductivity = UNIT * (t / 1e9) ** 0.5 * field.conduction_share
    conductivity = conductivity * ratio**field.conduction_exponent + 0.1 * UNIT * 1e9 / t
    emissivity = 20 * (t / 1e9) ** 7 + field.emissivity * ratio**field.emissivity_exponent
    state = crust(basis).evaluate(u, field)
    content = VOLUME * basis.volume_weights @ (basis.lapse * (5e-9 * t**2 + t) * f)
    losses = POWER * basis.power_weights * emissivity
    rate = -losses @ f - CONDUCTION * basis.radial_weights @ (conductivity * slope * df)
    # the spline of the logarithm of a sum of powers
    assert state.content @ v == pytest.approx(content, rel=1e-4)
    assert state.rate @ v == pytest.approx(rate, rel=1e-8)
    assert state.neutrinos == pytest.approx(losses.sum(), rel=1e-10)
    assert (state.coldest, state.hottest) == pytest.approx((t.min(), t.max()), rel=1e-14)


@pytest.mark.parametrize("with_field", [False, True])
@pytest.mark.parametrize("step", [1e-4, 10.0])
def test_linear_forms_are_derivatives(with_field, step):
    basis = scalar_basis(3, 6, metric=STAR)
    equations = crust(basis)
    field = some_field(basis) if with_field else without_field(basis.radius.size)
    u, change = some_temperature(basis), 1e3 * np.sin(np.arange(basis.slots))
    above, below = (equations.evaluate(u + sign * change, field) for sign in (1, -1))
    difference = above.content - below.content - step * (above.rate - below.rate)
    band = equations.linear_form(equations.evaluate(u, field), step)
    width = basis.half_bandwidth
    product = np.zeros(basis.slots)
    for i in range(basis.slots):
        for j in range(max(0, i - width), min(basis.slots, i + width + 1)):
            product[i] += band[2 * width + i - j, j] * change[j]
    # differences of second order of a change of 1e-6, with rounding of 1e-16/1e-6
    np.testing.assert_allclose(2 * product, difference, rtol=0, atol=1e-7 * abs(product).max())


def test_ratios_are_taken_everywhere():
    basis = scalar_basis(3, 6)
    equations = RadialMatter(basis, matter(basis, thermal_conductivity=constant(UNIT)))
    above = basis.projected_values((basis.radius - 0.5)[:, None])[:, 0]
    lowest, highest = equations.ratios(above, basis.nodes)
    assert (lowest, highest) == pytest.approx((0.25, 0.5), rel=1e-12)
