"""Adaptive steps."""

import numpy as np
import pytest

from spectralcmi.errors import InputError
from spectralcmi.heat.advance import CHANGE, OVERSHOOT, HeatIntegrator
from spectralcmi.heat.core import PrescribedCore
from spectralcmi.heat.radial import SIGNS
from tests.heat.shells import UNIT, constant, heat_equation, scalar_basis


def warming(history=None):
    return heat_equation(
        scalar_basis(3, 5),
        PrescribedCore(history or (lambda time: 1e8 + 1e8 * min(time, 2.0))),
        thermal_conductivity=constant(UNIT),
    )


def test_it_ends_on_time_with_the_energy_that_was_supplied():
    equation = warming()
    integrator = HeatIntegrator(equation, equation.uniform(1e8), tolerance=1e-2)
    heat = np.zeros_like(integrator.u)
    before, gained = equation.energy(integrator.u), 0.0
    for until in (0.1, 0.10001, 1.7, 5.0):
        gained += float(SIGNS @ integrator.advance(until, heat))
        assert integrator.time == until
    np.testing.assert_allclose(integrator.u[0], 3e8, rtol=1e-14)
    assert equation.energy(integrator.u) - before == pytest.approx(gained, rel=1e-11)


def test_no_step_changes_more_than_the_tolerance_allows():
    equation = warming()
    changes = []
    plain = equation.step

    def recorded(*arguments):
        step = plain(*arguments)
        changes.append((step.change, step.error))
        return step

    equation.step = recorded
    integrator = HeatIntegrator(equation, equation.uniform(1e8), tolerance=3e-3)
    integrator.advance(1.0, np.zeros_like(integrator.u))
    taken = np.array(changes)
    allowed = taken[:, 0] <= OVERSHOOT * CHANGE * 3e-3
    allowed &= taken[:, 1] <= 3e-3
    assert allowed.sum() == integrator.steps
    assert len(changes) == integrator.steps + integrator.rejected


def test_smaller_tolerances_are_closer():
    results = []
    for tolerance in (2e-2, 2e-3, 2e-4):
        equation = warming()
        integrator = HeatIntegrator(equation, equation.uniform(1e8), tolerance=tolerance)
        integrator.advance(0.3, np.zeros_like(integrator.u))
        results.append(integrator.u[-1])
    coarse, fine = (abs(value / results[-1] - 1) for value in results[:2])
    # errors of steps are of third order, so those of the whole go as tolerance^(2/3), a fifth here
    assert fine < 0.4 * coarse < 1e-3


def test_a_core_that_jumps_cannot_be_followed():
    equation = warming(lambda time: 1e8 if time < 0.5 else 2e8)
    integrator = HeatIntegrator(equation, equation.uniform(1e8))
    with pytest.raises(InputError, match=r"at 0\.5 yr no step is short enough"):
        integrator.advance(1.0, np.zeros_like(integrator.u))
