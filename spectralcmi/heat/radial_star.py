"""A star whose temperature depends on the radius alone, as a run with a magnetic field holds it.

The field decides how well heat is conducted along the radius, what its neutrino synchrotron
radiation carries away, and what the envelope lets through; all are averaged over the sphere.
"""

from __future__ import annotations

import numpy as np

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import NeutronStar, of_kind
from spectralcmi.constants import STEFAN_BOLTZMANN_CONSTANT
from spectralcmi.fields.state import State
from spectralcmi.grid.shell import Shell
from spectralcmi.heat.averages import FieldMatter, field_averages
from spectralcmi.heat.field_on_grid import field_on_grid
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.star import (
    envelope_law,
    radial_heat,
    redshift_of,
    surface_of,
    synchrotron_tables,
)
from spectralcmi.heat.surface_field import outside_fit, surface_field
from spectralcmi.heat.tables import GYRATION
from spectralcmi.threads import Threads


class RadialStar:
    """The spherical heat equation of a case, and what the field does to it.

    Parameters
    ----------
    parameters : Parameters
    shell : Shell
        On radial elements.
    threads : Threads

    Attributes
    ----------
    equation : RadialHeat
    """

    def __init__(self, parameters: Parameters, shell: Shell, threads: Threads) -> None:
        self._parameters, self._shell, self._threads = parameters, shell, threads
        self.equation = radial_heat(parameters, shell)
        star = of_kind(parameters.background, NeutronStar)
        self._synchrotron = synchrotron_tables(star, shell.basis.radius)
        self._redshift = redshift_of(parameters, shell)
        self._shares = shell.harmonics.solid_angle.ravel() / (4 * np.pi)
        of_colatitudes = shell.harmonics.colatitude_weight / (4 * np.pi)
        self._surface_shares = np.repeat(of_colatitudes, shell.harmonics.longitude.size)

    @property
    def extrapolation(self) -> None:
        """See `spectralcmi.runs.thermal.Star`."""
        return None

    @property
    def heats(self) -> int:
        """Number of heats that `heat_vector` takes, one a quadrature shell."""
        return self._shell.basis.points

    @property
    def basis(self) -> ScalarBasis:
        """Functions that the temperature is made of."""
        return self.equation.basis

    def uniform(self, u: float) -> np.ndarray:
        """The same u = e^Phi T [K] everywhere."""
        return self.equation.uniform(u)

    def temperature(self, u: np.ndarray) -> np.ndarray:
        """Local temperature at the quadrature points [K], shape (points,)."""
        return self.equation.temperature(u)

    def change(self, before: np.ndarray, after: np.ndarray) -> float:
        """Largest |d ln T| of two states."""
        ratio = self.temperature(after) / self.temperature(before)
        return float(np.max(np.abs(np.log(ratio))))

    def end_temperatures(self, u: np.ndarray) -> tuple[float, float]:
        """Local temperature at the bottom of the crust and at the base of the envelope [K]."""
        return self.equation.end_temperatures(u)

    def at_nodes(self, integrals: np.ndarray) -> np.ndarray:
        """Of integrals against all functions, those whose functions sum to 1."""
        return integrals[self.basis.nodes > 0]

    def heat_vector(self, shells: np.ndarray) -> np.ndarray:
        """What heat does to each function, from that of each quadrature shell.

        Parameters
        ----------
        shells : ndarray, shape (points,)
            Power of a whole shell, seen from infinity [erg/yr].

        Returns
        -------
        ndarray, shape (slots,)
            [erg/yr], with the same sum.
        """
        integrands = np.stack([shells, np.zeros_like(shells)])
        return self.basis.against(integrands[..., None])[:, 0]

    def meet(self, field: State, u: np.ndarray) -> None:
        """Let the magnetic field act that there is now, and for a temperature near u."""
        temperature, shell = self.temperature(u), self._shell
        logarithm, exponent = self.equation.tables.evaluate(np.log(temperature))
        matter = FieldMatter(
            temperature, np.exp(logarithm[GYRATION]), exponent[GYRATION], self._synchrotron
        )
        grid = np.empty((shell.basis.points, 3, self._shares.size), dtype=np.float32)
        field_on_grid(shell, field.poloidal, field.toroidal, self._threads, grid)
        self.equation.averages = field_averages(grid, self._shares, matter, self._threads)
        radial, tangential = (part.ravel() for part in surface_field(field))
        self.equation.surface = surface_of(
            self._parameters, shell, radial, tangential, self._surface_shares
        )

    def outside_fit(self, u: np.ndarray, field: State) -> str:
        """How it leaves the range of its envelope, see `spectralcmi.heat.surface_field`."""
        return outside_fit(self._parameters, np.array(self.end_temperatures(u)[1]), field)

    def effective_temperature(self, radiated: float) -> float:
        """Effective temperature of the surface seen from infinity [K].

        Parameters
        ----------
        radiated : float
            Photon luminosity at infinity [erg/s].
        """
        return self.equation.surface.effective_temperature(radiated, self._redshift)

    # What is stored ------------------------------------------------------------------------

    def profile(self, u: np.ndarray) -> np.ndarray:
        """Local temperature on the storage radii [K], shape (storage,)."""
        basis, metric = self._shell.basis, self._shell.metric
        values = basis.evaluate_toroidal(u[:, None], basis.storage_radius)[0][:, 0]
        return values / np.exp(metric.potential(basis.storage_radius))

    def surface_temperature(self, u: np.ndarray, field: State) -> np.ndarray:
        """Local temperature of the surface above the envelope [K], shape (nlat, nphi)."""
        radial, tangential = surface_field(field)
        law = envelope_law(self._parameters, radial, tangential)
        _, flux = law(np.asarray(self.end_temperatures(u)[1]))
        flux = np.broadcast_to(flux, radial.shape)
        return (flux / STEFAN_BOLTZMANN_CONSTANT) ** 0.25

    def regridded(self, u: np.ndarray, other: RadialStar) -> np.ndarray:
        """u on the functions of another star of the same radii."""
        radius = np.clip(
            other.basis.radius, self._shell.basis.inner_radius, self._shell.basis.outer_radius
        )
        values = self._shell.basis.evaluate_toroidal(u[:, None], radius)[0]
        moved = other.basis.projected_values(values)[:, 0]
        moved[[0, -1]] = u[[0, -1]]
        return moved
