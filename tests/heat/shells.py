"""Heat equations of simple matter, for tests with exact answers."""

import numpy as np

from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.metric import FLAT
from spectralcmi.heat.core import EmptyCore
from spectralcmi.heat.radial import RadialHeat
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.surface import SurfaceLoss
from spectralcmi.heat.tables import QUANTITIES, TemperatureTables, enthalpy, temperatures

#: Thermal conductivity [erg/(cm s K)] of matter with c_v = 1 erg/(cm3 K) and a thermal
#: diffusivity of 1 km2/yr.
UNIT = 1e10 / JULIAN_YEAR


def scalar_basis(elements=8, order=9, radii=(0.75, 1.0), metric=FLAT):
    """Equal elements between two radii [km]."""
    return ScalarBasis(ElementBasis(tuple(np.linspace(*radii, elements + 1)), order), metric)


def matter(basis, capacity=None, **quantities):
    """Tables of the same matter everywhere: functions of the temperature, 0 by default."""
    nodes, place = temperatures(), np.ones((basis.radius.size, 1))
    values = {name: quantities.get(name, np.zeros_like)(nodes) * place for name in QUANTITIES}
    values["enthalpy"] = enthalpy(lambda t: (capacity or np.ones_like)(t) * place)
    return TemperatureTables.of(values)


def no_loss():
    """An insulated surface."""
    return SurfaceLoss.averaged(lambda t: (0.0 * t, 0.0 * t), np.ones(1), 0.0)


def heat_equation(basis, core=None, surface=None, capacity=None, **quantities):
    """A heat equation of such matter; insulated by default."""
    return RadialHeat(
        basis, matter(basis, capacity, **quantities), core or EmptyCore(), surface or no_loss()
    )


def constant(value):
    """The function of the temperature that has one value."""
    return lambda t: np.full_like(t, value)
