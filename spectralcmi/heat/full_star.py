"""A star whose temperature depends on all coordinates, as a run with a magnetic field holds it.

It is used as `spectralcmi.heat.radial_star.RadialStar` is. Everything is local: the coefficients
that the field meets, and the heat that it sets free.

The temperature has fewer degrees than the field, and a grid of the sphere of its own, which is that
much smaller. There, heat is conducted by the field of the same degrees. The two meet on the grid of
the field, where the Joule heat arises and where the coefficients of Ohm's law are needed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import NeutronStar, of_kind
from spectralcmi.constants import ELECTRON_COMPTON_LENGTH, FIELD_UNIT, STEFAN_BOLTZMANN_CONSTANT
from spectralcmi.fields.state import State
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.heat.coefficients import (
    FieldCoefficients,
    coefficients_on_grid,
    field_coefficients,
)
from spectralcmi.heat.extrapolation import Extrapolation
from spectralcmi.heat.field_on_grid import field_on_grid
from spectralcmi.heat.full import MONOPOLE, FullHeat
from spectralcmi.heat.local_surface import LocalSurface
from spectralcmi.heat.radial import HeatStep
from spectralcmi.heat.radial_star import RadialStar
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.scalar_grid import ScalarColumns, ScalarGrid
from spectralcmi.heat.star import core_of, envelope_law, redshift_of, thermal_tables
from spectralcmi.heat.surface import effective_temperature, surface_area
from spectralcmi.heat.surface_field import outside_fit, surface_field
from spectralcmi.heat.synchrotron import synchrotron_table
from spectralcmi.heat.tables import LOWEST, TemperatureTables
from spectralcmi.star.neutron_star import neutron_star, thermal_matter
from spectralcmi.threads import Threads

#: Corrections at which Newton's method ends, in tolerances of the heat equation; a tenth is left.
ACCURACY = 0.5
#: Highest degree of the temperature where `thermal.lmax` leaves it open. In the default case, the
#: largest errors of T_s and of T (root mean squares over the sphere) against degrees to 60:
#:
#:     thermal.lmax    at 70 yr            at 100 yr           energies and L_gamma at 112 yr
#:     20              6e-5, 3e-5          6e-5, 2e-5          4e-5
#:     30              2e-5, 7e-6          1e-5, 6e-6          3e-6
#:
#: without orders m > 0; with them, at 70 yr: 5e-5, 3e-4 and, to 30 degrees, 1e-5, 3e-5.
#: It is too low where a field that is saturated for long has insulated tubes of flux: at 167 yr,
#: without orders m > 0, T_s errs by 3e-2 at worst and by 4e-3 in the mean, L_gamma by 6e-5; degrees
#: to 30 leave 7e-3, 9e-4 and 4e-6.
USUAL_LMAX = 20


class Newborn:
    """The spherical equation of the first days, see `FullHeat.newborn`; made when it is needed.

    Parameters
    ----------
    parameters, shell, threads
        As of `FullStar`.
    """

    def __init__(self, parameters: Parameters, shell: Shell, threads: Threads) -> None:
        self._made_of = parameters, shell, threads
        self._met: tuple[State, np.ndarray] | None = None

    @cached_property
    def _star(self) -> RadialStar:
        return RadialStar(*self._made_of)

    def meet(self, field: State, u: np.ndarray) -> None:
        """Let the magnetic field act that there is now, for a temperature near u, (slots,)."""
        self._met = field, u

    def step(self, u: np.ndarray, time: float, length: float, heat: np.ndarray) -> HeatStep:
        """As that of `spectralcmi.heat.radial.RadialHeat`."""
        if self._met is not None:
            self._star.meet(*self._met)
            self._met = None
        return self._star.equation.step(u, time, length, heat)


class FullStar:
    """The heat equation of a case in three dimensions, and what the field does to it.

    Parameters
    ----------
    parameters : Parameters
    shell : Shell
        On radial elements.
    threads : Threads

    Attributes
    ----------
    equation : FullHeat

    Raises
    ------
    InputError
        As `spectralcmi.heat.star.core_of`; also if there is no such star.

    Notes
    -----
    The Hall (Righi-Leduc) part of conduction is left out by choice. It drives heat along surfaces
    of the same temperature and does no work, and its matrix is not symmetric, so that solutions
    take GMRES and keep dozens of vectors. `FullHeat` has it.

    Cost, with a field of lmax 60 in three dimensions and 20 degrees of temperature: a step of the
    field takes a sixth longer than where the temperature is given, and an interval of
    `spectralcmi.runs.thermal` as long as two of its steps, four where omega_B tau exceeds 100.
    """

    def __init__(self, parameters: Parameters, shell: Shell, threads: Threads) -> None:
        self._parameters, self._shell, self._threads = parameters, shell, threads
        self.basis = ScalarBasis.of(shell)
        self._coefficients: tuple[float, FieldCoefficients] | None = None
        background, thermal = of_kind(parameters.background, NeutronStar), parameters.thermal
        self._redshift = redshift_of(parameters, shell)
        self._area = surface_area(neutron_star(background).radius, self._redshift)
        self._own_shell = own_shell(shell, thermal.lmax)
        self._meeting_grid = ScalarGrid(shell, threads, self._own_shell.harmonics.lmax)
        self._lapse_squared = np.square(self.basis.lapse)
        self.equation = FullHeat(
            self._own_shell,
            _tables(parameters, shell.basis.radius),
            core_of(parameters, self.basis),
            LocalSurface(envelope_law(parameters), self._area),
            threads,
            accuracy=ACCURACY * thermal.tolerance,
            tolerance=thermal.tolerance,
        )
        self._newborn = Newborn(parameters, shell, threads)
        self.equation.newborn = self._newborn

    @property
    def extrapolation(self) -> Extrapolation:
        """See `spectralcmi.runs.thermal.Star`."""
        return Extrapolation(self.equation)

    @property
    def heats(self) -> int:
        """Number of heats that `heat_vector` takes, one for each function."""
        slots, columns = self.equation.grid.shape
        return slots * columns

    def uniform(self, u: float) -> np.ndarray:
        """The same u = e^Phi T [K] everywhere, shape (slots, columns)."""
        return self.equation.uniform(u)

    def temperature(self, u: np.ndarray) -> np.ndarray:
        """Mean local temperature of the quadrature shells [K], shape (points,)."""
        return self.basis.on_points(u[:, :1])[0, :, 0] * MONOPOLE / self.basis.lapse

    def change(self, before: np.ndarray, after: np.ndarray) -> float:
        """Largest |d ln T| of two states, root mean squares over the spheres."""
        return self.equation.change(before, after)

    def end_temperatures(self, u: np.ndarray) -> tuple[float, float]:
        """Mean local temperature at the bottom of the crust and at the base of the envelope [K]."""
        inner, outer = self.basis.end_lapses
        return MONOPOLE * float(u[0, 0]) / inner, MONOPOLE * float(u[-1, 0]) / outer

    def at_nodes(self, integrals: np.ndarray) -> np.ndarray:
        """Of integrals against all functions, those whose functions sum to a constant."""
        return integrals[self.basis.nodes > 0, 0]

    def heat_vector(self, heats: np.ndarray) -> np.ndarray:
        """What heat does to each function.

        Parameters
        ----------
        heats : ndarray, shape (heats,)
            Integrals over each function [erg/yr].

        Returns
        -------
        ndarray, shape (slots, columns)
            The same [erg/yr].
        """
        return heats.reshape(self.equation.grid.shape)

    def __call__(self, joule: np.ndarray, shells: np.ndarray) -> np.ndarray:
        """Integrals of a heat against all functions, see `spectralcmi.model.Deposit`.

        Parameters
        ----------
        joule : ndarray, shape (points, grid)
            Local heat per volume and time, in any unit over km3.
        shells : ndarray, shape (points,)
            Heat of whole shells, spread over them, seen from infinity, in that unit.

        Returns
        -------
        ndarray, shape (heats,)
        """
        out = self._meeting_grid.against(joule, self._lapse_squared)
        return (out + self.spread(shells)).ravel()

    def spread(self, shells: np.ndarray) -> np.ndarray:
        """What heat does to each function, from that of each quadrature shell, spread over it.

        Parameters
        ----------
        shells : ndarray, shape (points,)
            Power of a whole shell, seen from infinity [erg/yr].

        Returns
        -------
        ndarray, shape (slots, columns)
            [erg/yr]
        """
        integrands = np.stack([shells, np.zeros_like(shells)])
        out = np.zeros(self.equation.grid.shape)
        out[:, 0] = MONOPOLE * self.basis.against(integrands[..., None])[:, 0]
        return out

    def coefficients(self, u: np.ndarray, time: float) -> np.ndarray:
        """Coefficients of Ohm's law at each point of the grid.

        Parameters
        ----------
        u : ndarray, shape (slots, columns)
            [K]
        time : float
            Age of the star [yr], which matters to a deviation from equilibrium that has times.

        Returns
        -------
        ndarray, shape (points, 3, grid), single precision
            eta [km2/yr], k5 of the source [1/km] and the feedback of E.B [(1e12 G)^-2].
        """
        if self._coefficients is None or self._coefficients[0] != time:
            tables = field_coefficients(self._parameters, self._shell.basis.radius, time)
            self._coefficients = time, tables
        chiral = self._parameters.chiral
        acting = np.array([1.0, chiral.enabled, FIELD_UNIT**2 * (chiral.enabled * chiral.anomaly)])
        factors = acting[:, None] * self._coefficients[1].signs
        temperature = self._meeting_grid.values(u)
        temperature /= self.basis.lapse[:, None]
        # what is foreseen may be wrong
        np.maximum(temperature, LOWEST, out=temperature)
        return coefficients_on_grid(
            self._coefficients[1].tables, factors, temperature, self._threads
        )

    def meet(self, field: State, u: np.ndarray) -> None:
        """Let the magnetic field act that there is now."""
        equation, own = self.equation, self._own_shell
        kept = slice(0, own.columns.count)
        poloidal, toroidal = (
            np.ascontiguousarray(slots[:, kept]) for slots in (field.poloidal, field.toroidal)
        )
        field_on_grid(own, poloidal, toroidal, self._threads, equation.field)
        outside = surface_field(State(field.time, own, poloidal, toroidal))
        law = envelope_law(self._parameters, *(self._flat(b) for b in outside))
        equation.surface = LocalSurface(law, self._area)
        self._newborn.meet(field, MONOPOLE * u[:, 0])

    def outside_fit(self, u: np.ndarray, field: State) -> str:
        """How it leaves the range of its envelope, see `spectralcmi.heat.surface_field`.

        Or that of its degrees, if they are too few for what the field has made of the temperature.
        """
        if self.equation.temperature_on_grid(u).min() < LOWEST:
            degrees = self._own_shell.harmonics.lmax
            return f"thermal.lmax: {degrees} degrees let temperatures fall below {LOWEST:g} K"
        return outside_fit(self._parameters, self.equation.surface_temperature(u), field)

    def effective_temperature(self, radiated: float) -> float:
        """Effective temperature of the surface seen from infinity [K].

        Parameters
        ----------
        radiated : float
            Photon luminosity at infinity [erg/s].
        """
        return effective_temperature(radiated, self._area, self._redshift)

    # What is stored ------------------------------------------------------------------------

    def profile(self, u: np.ndarray) -> np.ndarray:
        """Mean local temperature on the storage radii [K], shape (storage,)."""
        return MONOPOLE * self.harmonics(u)[:, 0]

    def harmonics(self, u: np.ndarray) -> np.ndarray:
        """Columns of the local temperature on the storage radii [K], shape (storage, columns)."""
        basis, metric = self._shell.basis, self._shell.metric
        values = basis.evaluate_toroidal(u, basis.storage_radius)[0]
        return values / np.exp(metric.potential(basis.storage_radius))[:, None]

    def coefficients_of_degrees(self, u: np.ndarray) -> np.ndarray:
        """T_lm of the local temperature on the storage radii [K], complex (storage, lm), l > 0."""
        values, columns = self.harmonics(u)[:, 1:], self._shell.columns
        padded = np.zeros((values.shape[0], columns.count))
        padded[:, : values.shape[1]] = values
        return columns.to_complex(padded)

    def surface_temperature(self, u: np.ndarray, field: State) -> np.ndarray:
        """Local temperature of the surface above the envelope [K], shape (nlat, nphi)."""
        law = envelope_law(self._parameters, *surface_field(field))
        base = self._square(self._meeting_grid.on_sphere(u[-1])) / self.basis.end_lapses[1]
        return (law(base)[1] / STEFAN_BOLTZMANN_CONSTANT) ** 0.25

    def regridded(self, u: np.ndarray, other: FullStar) -> np.ndarray:
        """u on the functions and harmonics of another star of the same radii."""
        basis = self._shell.basis
        radius = np.clip(other.basis.radius, basis.inner_radius, basis.outer_radius)
        moved = other.basis.projected_values(basis.evaluate_toroidal(u, radius)[0])
        moved[[0, -1]] = u[[0, -1]]
        out = np.zeros(other.equation.grid.shape)
        places = {name: c for c, name in enumerate(_names(other.equation.grid.columns))}
        for column, name in enumerate(_names(self.equation.grid.columns)):
            if name in places:
                out[:, places[name]] = moved[:, column]
        return out

    # The order of the grid -----------------------------------------------------------------

    def _flat(self, values: np.ndarray) -> np.ndarray:
        """Values (nlat, nphi) in the order of the grid of the temperature."""
        return np.ravel(values.T if self._own_shell.harmonics.is_theta_contiguous else values)

    def _square(self, values: np.ndarray) -> np.ndarray:
        """Values in the order of the grid of the field as (nlat, nphi)."""
        harmonics = self._shell.harmonics
        grid = values.reshape(harmonics.grid_shape)
        return grid.T if harmonics.is_theta_contiguous else grid


def own_shell(shell: Shell, lmax: int) -> Shell:
    """The shell of a temperature, whose columns are the first ones of the shell of the field.

    Parameters
    ----------
    shell : Shell
        Of the field.
    lmax : int
        Of `thermal.lmax`; 0 stands for `USUAL_LMAX`, or what the field has if that is less.

    Returns
    -------
    Shell
        The same one where the degrees are the same.
    """
    field = shell.harmonics
    degrees = min(lmax or USUAL_LMAX, field.lmax)
    if degrees == field.lmax:
        return shell
    orders = min(field.mmax, degrees // field.mres * field.mres)
    harmonics = Harmonics(degrees, orders, field.mres, field.dealiasing)
    return replace(shell, harmonics=harmonics)


def _tables(parameters: Parameters, radius: np.ndarray) -> TemperatureTables:
    """Tables of the crust, neutrino synchrotron radiation among them."""
    background = of_kind(parameters.background, NeutronStar)
    tables = thermal_tables(background, radius, parameters.thermal.neutron_gap)
    density = thermal_matter(background, radius).electron_density
    momentum = np.cbrt(3 * np.pi**2 * density) * ELECTRON_COMPTON_LENGTH
    more = TemperatureTables.of({"synchrotron": synchrotron_table(momentum)})
    coefficients = np.concatenate([tables.coefficients, more.coefficients], axis=-1)
    return TemperatureTables(coefficients, (*tables.names, *more.names))


def _names(columns: ScalarColumns) -> list[tuple[int, int, bool]]:
    """Degree, order and whether it is the imaginary part, of each column."""
    order = columns.shell.harmonics.order
    names: list[tuple[int, int, bool]] = [(0, 0, False)] * columns.count
    for i, (real, imaginary) in enumerate(zip(columns.real, columns.imaginary, strict=True)):
        m = int(order[i - 1]) if i else 0
        names[real] = int(columns.degree[real]), m, False
        if imaginary >= 0:
            names[imaginary] = int(columns.degree[real]), m, True
    return names
