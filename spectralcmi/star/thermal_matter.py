"""The matter of a crust as heat sees it: composition once, everything else at any temperature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.constants import (
    ELECTRON_COMPTON_LENGTH,
    ERG_PER_MEV,
    FERMI,
    NEUTRON_REST_ENERGY,
    SPEED_OF_LIGHT,
)
from spectralcmi.star import heat_capacity, neutrinos
from spectralcmi.star.conductivity import ElectronScattering, conductivity_of, electron_scattering
from spectralcmi.star.rates import electron_chemical_potential
from spectralcmi.star.superfluidity import (
    NEUTRON_GAPS,
    heat_capacity_factor_singlet,
    singlet_gap_parameter,
)
from spectralcmi.star.thermal_conductivity import (
    electron_thermal_conductivity,
    gyration_product,
    lattice_thermal_conductivity,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from spectralcmi.star.composition import Composition

NEUTRON_MASS = NEUTRON_REST_ENERGY * ERG_PER_MEV / SPEED_OF_LIGHT**2  # g


@dataclass(frozen=True)
class ThermalMatter:
    """Cold matter of a crust; all arrays have one shape.

    Every method takes a temperature of any shape that broadcasts against it: matter of shape
    (n, 1) and temperatures of shape (m,) make a table of shape (n, m).

    Attributes
    ----------
    baryon_density : ndarray [fm-3]
    composition : Composition
    impurity_parameter : ndarray or float
        Q_imp.
    neutron_gap : str
        Key of `spectralcmi.star.superfluidity.NEUTRON_GAPS`.
    plasmon_decay : callable
        Emissivity [erg cm-3 s-1] of Fermi momentum [m_e c] and temperature [K]: one of the fits
        of `spectralcmi.star.neutrinos`.
    """

    baryon_density: np.ndarray
    composition: Composition
    impurity_parameter: float | np.ndarray = 0.0
    neutron_gap: str = "sfb"
    plasmon_decay: Callable[[ArrayLike, ArrayLike], np.ndarray] = neutrinos.plasmon_decay

    @cached_property
    def electron_density(self) -> np.ndarray:
        """n_e [cm-3]."""
        return self.composition.electron_fraction * self.baryon_density / FERMI**3

    @cached_property
    def ion_density(self) -> np.ndarray:
        """n_i [cm-3]."""
        return self.electron_density / self.composition.charge_number

    @cached_property
    def free_neutron_density(self) -> np.ndarray:
        """Neutrons outside nuclei [fm-3]: n_b (1 - A_cluster/A_cell)."""
        bound = self.composition.mass_number / self.composition.cell_mass_number
        return self.baryon_density * np.maximum(1.0 - bound, 0.0)

    @cached_property
    def neutron_wave_number(self) -> np.ndarray:
        """Fermi wave number of the free neutrons [fm-1]."""
        return np.cbrt(3.0 * np.pi**2 * self.free_neutron_density)

    @cached_property
    def critical_temperature(self) -> np.ndarray:
        """Temperature below which the free neutrons are superfluid [K]; zero where never."""
        return NEUTRON_GAPS[self.neutron_gap].critical_temperature(self.neutron_wave_number)

    def scattering(self, temperature: ArrayLike) -> ElectronScattering:
        """Scattering of the electrons at temperatures [K]."""
        composition = self.composition
        return electron_scattering(
            self.baryon_density,
            temperature,
            composition.charge_number,
            composition.mass_number,
            composition.cell_mass_number,
            composition.inner_fraction,
        )

    def heat_capacity(self, temperature: ArrayLike) -> np.ndarray:
        """Heat capacity of electrons, ions and free neutrons [erg cm-3 K-1]."""
        return reduce(np.add, self.heat_capacity_parts(temperature).values())

    def heat_capacity_parts(self, temperature: ArrayLike) -> dict[str, np.ndarray]:
        """Heat capacity by its carriers: electrons, ions and neutrons [erg cm-3 K-1]."""
        composition = self.composition
        wave_number = np.cbrt(3.0 * np.pi**2 * self.electron_density) * FERMI
        potential = electron_chemical_potential(self.electron_density)
        gap = singlet_gap_parameter(temperature, self.critical_temperature)
        neutrons = heat_capacity.degenerate_heat_capacity(
            NEUTRON_MASS, self.neutron_wave_number, temperature
        )
        return {
            "electrons": heat_capacity.electron_heat_capacity(potential, wave_number, temperature),
            "ions": heat_capacity.ion_heat_capacity(
                self.ion_density, composition.charge_number, composition.mass_number, temperature
            ),
            "neutrons": neutrons * heat_capacity_factor_singlet(gap),
        }

    def neutrino_emissivity(self, temperature: ArrayLike) -> np.ndarray:
        """Neutrino emissivity without a magnetic field [erg cm-3 s-1]."""
        return reduce(np.add, self.neutrino_emissivity_parts(temperature).values())

    def neutrino_emissivity_parts(self, temperature: ArrayLike) -> dict[str, np.ndarray]:
        """Neutrino emissivity by processes [erg cm-3 s-1].

        Returns
        -------
        dict of ndarray
            plasmon_decay, bremsstrahlung (of electrons), pairing, neutron_bremsstrahlung.
        """
        composition = self.composition
        gap = singlet_gap_parameter(temperature, self.critical_temperature)
        neutrons = self.neutron_wave_number, temperature, gap
        return {
            "plasmon_decay": self.plasmon_decay(self.electron_momentum, temperature),
            "bremsstrahlung": neutrinos.bremsstrahlung(
                self.ion_density,
                composition.charge_number,
                composition.mass_number,
                temperature,
                self.baryon_density,
                composition.inner_fraction,
            ),
            "pairing": neutrinos.pairing_emission(*neutrons),
            "neutron_bremsstrahlung": neutrinos.neutron_bremsstrahlung(*neutrons),
        }

    def synchrotron_emissivity(self, temperature: ArrayLike, field: ArrayLike) -> np.ndarray:
        """What a magnetic field [G] adds to the neutrino emissivity [erg cm-3 s-1]."""
        return neutrinos.synchrotron(self.electron_momentum, temperature, field)

    @cached_property
    def electron_momentum(self) -> np.ndarray:
        """Fermi momentum of the electrons [m_e c]."""
        return np.cbrt(3.0 * np.pi**2 * self.electron_density) * ELECTRON_COMPTON_LENGTH

    def profiles(self, temperature: ArrayLike) -> dict[str, np.ndarray]:
        """Everything that the equations of heat and field need of the matter.

        Parameters
        ----------
        temperature : array_like [K]
            1e7 to 3e10; from 3e9 on electrons and neutrons are no longer strongly degenerate in
            the outer layers, and the formulas overestimate what they hold and carry.

        Returns
        -------
        dict of ndarray, shapes broadcast
            heat_capacity [erg cm-3 K-1], thermal_conductivity (of the electrons without a field)
            and lattice_thermal_conductivity [erg cm-1 s-1 K-1], neutrino_emissivity (without a
            field) [erg cm-3 s-1], electrical_conductivity [s-1], gyration_product (omega_B tau
            per gauss) [G-1].
        """
        scattering = self.scattering(temperature)
        charge, mass = self.composition.charge_number, self.composition.mass_number
        conductivity = conductivity_of(scattering, charge, self.impurity_parameter)
        return {
            "heat_capacity": self.heat_capacity(temperature),
            "thermal_conductivity": electron_thermal_conductivity(
                scattering, charge, temperature, self.impurity_parameter
            ),
            "lattice_thermal_conductivity": lattice_thermal_conductivity(
                scattering, charge, mass, temperature
            ),
            "neutrino_emissivity": self.neutrino_emissivity(temperature),
            "electrical_conductivity": conductivity,
            "gyration_product": gyration_product(conductivity, self.electron_density),
        }
