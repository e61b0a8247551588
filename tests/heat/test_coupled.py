"""A dipole that decays by Ohm's law and heats the crust, against an independent computation.

The coupling is made here by hand, with the heat averaged over the sphere: the field takes a step of
the midpoint rule with the conductivity of half a step later, the temperature one with its heat.
"""

import numpy as np
import pytest

from spectralcmi.build import build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import FIELD_UNIT, JULIAN_YEAR, KILOMETRE
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.fields.element_space import ElementSpace
from spectralcmi.grid.radial import on_points
from spectralcmi.heat.coefficients import field_coefficients
from spectralcmi.heat.radial import BUDGET, SIGNS
from spectralcmi.heat.star import radial_heat
from spectralcmi.threads import Threads
from tests.heat.reference import columns

#: Energy [erg] of a square integral [(1e12 G)^2 km3].
ENERGY = FIELD_UNIT**2 * KILOMETRE**3 / (8 * np.pi)


class HeatedStar:
    """A dipole and the temperature of its star, stepped together."""

    def __init__(self, polar_field):
        parameters = Parameters().replace({"resolution.lmax": 1, "thermal.enabled": True})
        self.shell = build_shell(parameters)
        self.equation = radial_heat(parameters, self.shell)
        self.tables = field_coefficients(parameters, self.shell.basis.radius)
        self.u = self.equation.uniform(1e10)
        self.time, self.length, self.warming = 0.0, 1e-9, 0.0 * self.shell.basis.radius
        self.energies = np.zeros(len(BUDGET))
        basis = self.shell.basis
        share = (basis.storage_radius - basis.inner_radius) / np.ptp(basis.storage_radius)
        product = self.shell.exterior_factor(1) * np.ptp(basis.storage_radius)
        p = share * (2 - (2 + 2 * product) / (2 + product) * share)
        p *= polar_field / FIELD_UNIT * basis.outer_radius**2 / (2 * np.sqrt(0.75 / np.pi)) / p[-1]
        slots = basis.poloidal_from_storage(p[:, None])[1:-1]
        self.field = np.concatenate([slots, np.zeros_like(slots)])

    def space(self, temperature):
        diffusivity = self.tables.at(temperature)["magnetic_diffusivity"]
        boundaries = Boundaries("perfect_conductor")
        return ElementSpace(self.shell, diffusivity, boundaries, np.zeros(1), Threads(1))

    def magnetic_energy(self):
        out = np.empty_like(self.field)
        self.space(self.equation.temperature(self.u)).mass(self.field, out)
        return ENERGY * float(np.vdot(self.field, out))

    def heat(self, space, field, temperature):
        """Mean Joule heat of a shell, eta J^2/(4 pi) [erg cm-3 s-1]."""
        basis, blocks = self.shell.basis, self.shell.blocks
        p, t = np.empty((basis.poloidal_slots, 1)), np.empty((basis.toroidal_slots, 1))
        space.to_slots(field, p, t)
        values = on_points(blocks.poloidal, blocks.poloidal_start, blocks.bounds, p)[..., 0]
        current = (2 * values[0] / basis.radius**2 - values[2]) / basis.radius
        diffusivity = self.tables.at(temperature)["magnetic_diffusivity"]
        return 2 * diffusivity * current**2 / (4 * np.pi) ** 2 * FIELD_UNIT**2 / JULIAN_YEAR

    def advance(self, until):
        while self.time < until:
            remaining = until - self.time
            length = min(self.length, remaining if self.length >= remaining else remaining / 2)
            before = self.equation.temperature(self.u)
            middle_temperature = before * np.exp(np.clip(self.warming * length / 2, -0.01, 0.01))
            space = self.space(middle_temperature)
            right, middle = np.empty_like(self.field), np.empty_like(self.field)
            space.mass(self.field, right)
            space.solve(length / 2, right, middle)
            heat = self.equation.heat_vector(self.heat(space, middle, middle_temperature))
            step = self.equation.step(self.u, self.time, length, heat)
            if step.change > 0.03:
                self.length = length / 3
                continue
            self.length = length * min(3.0, 0.018 / step.change)
            self.time = until if length == remaining else self.time + length
            self.field, self.u = 2 * middle - self.field, step.u
            self.energies += step.energies
            self.warming = np.log(self.equation.temperature(self.u) / before) / length


@pytest.mark.slow  # 20 s: 800 steps, for each of which the operators of the field are made
@pytest.mark.parametrize("polar_field", ["3e+14", "1e+15"])
def test_a_dipole_heats_the_crust(polar_field):
    reference = columns("coupled_ohmic_1d.csv", B_pole0=polar_field)
    star = HeatedStar(float(polar_field))
    magnetic, thermal = star.magnetic_energy(), star.equation.energy(star.u)
    for place, time in enumerate(reference["t_yr"]):
        star.advance(time)
        photons = star.equation.powers(star.u)[BUDGET.index("photon")] / JULIAN_YEAR
        # 1.5 % in T_b before the crust relaxes, where the reference has more plasmon neutrinos
        assert photons == pytest.approx(reference["L_gamma_inf"][place], rel=0.05)
        assert star.magnetic_energy() == pytest.approx(reference["E_mag"][place], rel=1e-3)
    heat = star.energies[BUDGET.index("heat")]
    # the midpoint rule loses exactly what the quadrature of eta J^2 gives
    assert heat == pytest.approx(magnetic - star.magnetic_energy(), rel=1e-9)
    residual = star.equation.energy(star.u) - thermal - float(SIGNS @ star.energies)
    assert abs(residual) < 1e-9 * heat
