"""The heat equation of a case: tables of its crust, its core and its envelope."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import NeutronStar, of_kind
from spectralcmi.constants import STEFAN_BOLTZMANN_CONSTANT
from spectralcmi.errors import InputError
from spectralcmi.grid.shell import Shell
from spectralcmi.heat.core import CoolingCore, Core, PrescribedCore
from spectralcmi.heat.radial import RadialHeat
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.surface import SurfaceLoss, surface_area
from spectralcmi.heat.synchrotron import synchrotron_table
from spectralcmi.heat.tables import QUANTITIES, TemperatureTables, enthalpy, temperatures
from spectralcmi.star.envelope import ENVELOPES, local_dipole, surface_gravity
from spectralcmi.star.files import naming
from spectralcmi.star.neutron_star import (
    neutron_star,
    neutron_star_core,
    neutron_star_structure,
    thermal_matter,
)
from spectralcmi.star.temperature import read_cooling_history
from spectralcmi.star.thermal_matter import ThermalMatter

#: Relative error of a time that is a sum of steps.
ROUNDING = 1e-12


def thermal_tables(
    background: NeutronStar, radius: np.ndarray, neutron_gap: str
) -> TemperatureTables:
    """Tables of `spectralcmi.heat.tables.QUANTITIES` at radii.

    Parameters
    ----------
    background : NeutronStar
    radius : ndarray, shape (points,) [km]
    neutron_gap : str

    Returns
    -------
    TemperatureTables

    Notes
    -----
    500 radii take 0.4 s and 1.3 MB.
    """
    return matter_tables(thermal_matter(background, radius[:, None], neutron_gap))


def matter_tables(matter: ThermalMatter) -> TemperatureTables:
    """As `thermal_tables`, of matter of shape (points, 1)."""
    profiles = {**matter.profiles(temperatures()), "enthalpy": enthalpy(matter.heat_capacity)}
    return TemperatureTables.of({name: profiles[name] for name in QUANTITIES})


def synchrotron_tables(background: NeutronStar, radius: np.ndarray) -> TemperatureTables:
    """Neutrino synchrotron radiation at radii, see `spectralcmi.heat.synchrotron`.

    Parameters
    ----------
    background : NeutronStar
    radius : ndarray, shape (points,)
        Quadrature shells [km].
    """
    momentum = thermal_matter(background, radius).electron_momentum
    return TemperatureTables.of({"synchrotron": synchrotron_table(momentum)})


def core_of(parameters: Parameters, basis: ScalarBasis) -> Core:
    """The core of a case.

    Parameters
    ----------
    parameters : Parameters
    basis : ScalarBasis

    Returns
    -------
    Core

    Raises
    ------
    InputError
        If a core_history cannot be read, or direct Urca processes, whose cooling within minutes
        nothing here is made for, are open in the core.
    """
    background, thermal = of_kind(parameters.background, NeutronStar), parameters.thermal
    if thermal.core == "history":
        return PrescribedCore(_core_history(thermal.core_history))
    core = neutron_star_core(background, thermal.proton_gap)
    if core.direct_urca:
        raise InputError(
            f"background.mass = {background.mass:g}: direct Urca processes are open in the core, "
            'which thermal.core = "cooling" does not follow'
        )
    structure = neutron_star_structure(background)
    own = float(np.exp(structure.potential(structure.inner_radius)))
    return CoolingCore(core, own / basis.end_lapses[0])


def core_history_end(parameters: Parameters) -> float:
    """Year [yr] at which a core_history ends; infinite without one."""
    file = parameters.thermal.core_history
    if not file:
        return math.inf
    with naming("core_history", file, "thermal"):
        return float(read_cooling_history(file).times[-1])


def _core_history(file: str) -> Callable[[float], float]:
    """e^Phi T of the core [K] against time [yr]; errors name the key."""
    with naming("core_history", file, "thermal"):
        history = read_cooling_history(file)

    end = float(history.times[-1])

    def temperature(time: float) -> float:
        if end < time <= end * (1 + ROUNDING):  # the end of the last step of a run
            time = end
        with naming("core_history", file, "thermal"):
            return history.temperature(time)

    return temperature


def initial_temperature(parameters: Parameters, core: Core) -> float:
    """e^Phi T with which a case begins [K]: that of the history of its core, where there is one."""
    given = core.prescribed(0.0)
    return parameters.thermal.initial_temperature if given is None else given


def redshift_of(parameters: Parameters, shell: Shell) -> float:
    """e^Phi at the surface of the star, in the metric of the equations."""
    radius = neutron_star(of_kind(parameters.background, NeutronStar)).radius
    return math.sqrt(1.0 - shell.metric.schwarzschild_radius / radius)


def surface_of(
    parameters: Parameters,
    shell: Shell,
    radial_field: np.ndarray | float = 0.0,
    tangential_field: np.ndarray | float = 0.0,
    weights: np.ndarray | None = None,
) -> SurfaceLoss:
    """What leaves a star through its envelope, with the magnetic field of its surface.

    Parameters
    ----------
    parameters : Parameters
    shell : Shell
    radial_field, tangential_field : ndarray, shape (places,), or float
        |B_r| and the magnitude of the rest [G].
    weights : ndarray, shape (places,), optional
        Shares of the places in the sphere, of sum 1; by default they are all alike.

    Returns
    -------
    SurfaceLoss
    """
    law = envelope_law(parameters, radial_field, tangential_field)
    places = np.size(radial_field)
    weights = np.full(places, 1.0 / places) if weights is None else weights
    radius = neutron_star(of_kind(parameters.background, NeutronStar)).radius
    return SurfaceLoss.averaged(law, weights, surface_area(radius, redshift_of(parameters, shell)))


def envelope_law(
    parameters: Parameters,
    radial_field: np.ndarray | float = 0.0,
    tangential_field: np.ndarray | float = 0.0,
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Fluxes at the surface of what leaves through the base of the envelope, and is radiated.

    Parameters
    ----------
    parameters : Parameters
    radial_field, tangential_field : ndarray or float
        As of `surface_of`.

    Returns
    -------
    callable
        T_b [K] -> two fluxes [erg cm-2 s-1], of the broadcast shape of T_b and the fields.
    """
    background, thermal = of_kind(parameters.background, NeutronStar), parameters.thermal
    envelope = ENVELOPES[thermal.envelope]
    star = neutron_star(background)
    gravity = surface_gravity(star.mass, star.radius)
    dipole = local_dipole(radial_field, tangential_field)
    accreted = thermal.accreted_mass / star.mass

    def law(temperature: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # as if the base were at the surface: the factor between their areas is in the luminosity
        both = envelope.temperatures(temperature, gravity, accreted, *dipole)
        surface, lossless = (np.minimum(part, temperature) for part in both)
        return tuple(STEFAN_BOLTZMANN_CONSTANT * part**4 for part in (lossless, surface))

    return law


def radial_heat(parameters: Parameters, shell: Shell) -> RadialHeat:
    """The spherical heat equation of a case, without a magnetic field.

    Parameters
    ----------
    parameters : Parameters
    shell : Shell
        On radial elements.

    Returns
    -------
    RadialHeat

    Raises
    ------
    InputError
        As `core_of`; also if there is no such star.
    """
    basis, star = ScalarBasis.of(shell), of_kind(parameters.background, NeutronStar)
    return RadialHeat(
        basis,
        thermal_tables(star, basis.radius, parameters.thermal.neutron_gap),
        core_of(parameters, basis),
        surface_of(parameters, shell),
    )
