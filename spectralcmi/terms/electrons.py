"""The electrons of a shell: what their captures supply, and what chirality they hold.

With the quasi-steady n5 of `spectralcmi.terms.chiral`, at each point

    n5 Gamma_f = n_e Gamma_w_eff + A E.B,     n5 = x/kappa,    kappa = C mu_e/(3 n_e hbar c)

where x = k5_source + beta (B.curl B - k5 B^2) is k5 before its cutoff. Multiplied by the energy
s mu5 of an electron that changes its chirality, mu5 = hbar c k5/C after the cutoff and s the energy
share of the convention, it is the energy budget of the source,

    s mu5 n5 Gamma_f = s mu5 n_e Gamma_w_eff + (eta/4 pi) k5 (B.curl B - k5 B^2),

whose last term, integrated, is what the field takes.

References
----------
Dehman & Pons, arXiv:2408.05281, equations (6)-(8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralcmi.constants import (
    BOLTZMANN_CONSTANT_MEV,
    ERG_PER_MEV,
    FIELD_UNIT,
    HBAR_C,
    JULIAN_YEAR,
    KILOMETRE,
    SPEED_OF_LIGHT,
)
from spectralcmi.star.profiles import DIFFUSIVITY_UNIT
from spectralcmi.terms.chiral import (
    MATTER,
    anomaly_constant,
    chiral_coefficient,
    chiral_convention,
)

if TYPE_CHECKING:
    from spectralcmi.case.sections import Chiral
    from spectralcmi.grid.shell import Shell
    from spectralcmi.terms.electric_field import LocalCoefficients

#: Int f dV of radial values [km3], in cm3, over the unit sphere.
_VOLUME_UNIT = KILOMETRE**3


@dataclass(frozen=True, eq=False)
class Electrons:
    """Electrons on the quadrature shells; all arrays of shape (points,).

    Attributes
    ----------
    density : ndarray
        n_e [cm-3].
    chemical_potential : ndarray
        mu_e [MeV].
    deviation : ndarray
        delta_mu [MeV]; nan where the temperature is not known.
    capture_rate : ndarray
        Gamma_w_eff [s-1], zero where the chiral term is off.
    source : ndarray
        k5 of the source [1/km], zero where the chiral term is off.
    response : ndarray
        beta/eta [yr/km2 (1e12 G)-2], zero where E.B does not feed back.
    spin_flip_rate : ndarray
        Gamma_f [s-1].
    convention : str
        See `spectralcmi.terms.chiral.chiral_convention`.
    """

    density: np.ndarray
    chemical_potential: np.ndarray
    deviation: np.ndarray
    capture_rate: np.ndarray
    source: np.ndarray
    response: np.ndarray
    spin_flip_rate: np.ndarray
    convention: str

    @property
    def potential_of_wavenumber(self) -> float:
        """mu5 [MeV] of a k5 of 1/km: hbar c/C."""
        return HBAR_C / KILOMETRE / chiral_coefficient(self.convention)

    @property
    def _kappa(self) -> np.ndarray:
        """C mu_e/(3 n_e hbar c) [1/km cm3]."""
        return self.chemical_potential / (3.0 * self.density * self.potential_of_wavenumber)

    def number(self, shell: Shell) -> float:
        """Electrons of the shell, Int n_e dV."""
        return _over_shell(shell, 4 * np.pi * self.density, 0)

    def captures(self, shell: Shell) -> float:
        """Net captures of electrons, Int e^Phi n_e Gamma_w_eff dV [s-1]."""
        return _over_shell(shell, 4 * np.pi * self.density * self.capture_rate, 1)

    def reservoir(self, shell: Shell) -> float:
        """What the deviation from equilibrium holds, Int e^Phi n_e delta_mu dV [erg]."""
        values = 4 * np.pi * self.density * self.deviation
        return ERG_PER_MEV * _over_shell(shell, values, 1)

    def chemical_energy(self, shell: Shell) -> float:
        """What all electrons hold, Int e^Phi n_e mu_e dV [erg]."""
        values = 4 * np.pi * self.density * self.chemical_potential
        return ERG_PER_MEV * _over_shell(shell, values, 1)

    def beta_power(self, shell: Shell) -> float:
        """Power of the captures, Int e^(2 Phi) delta_mu n_e Gamma_w_eff dV [erg/s]."""
        values = 4 * np.pi * self.deviation * self.density * self.capture_rate
        return ERG_PER_MEV * _over_shell(shell, values, 2)

    def weak_power(self, shell: Shell, wavenumber: np.ndarray) -> float:
        """What captures give to the chirality, s Int e^(2 Phi) mu5 n_e Gamma_w_eff dV [erg/s].

        Parameters
        ----------
        shell : Shell
        wavenumber : ndarray, shape (points,)
            Int k5 dOmega, after the cutoff [1/km].
        """
        share = chiral_convention(self.convention).energy_share * ERG_PER_MEV
        potential = self.potential_of_wavenumber * wavenumber
        values = potential * self.density * self.capture_rate
        return share * _over_shell(shell, values, 2)

    def spin_flip_heat(self, wavenumber: np.ndarray, chiral_work: np.ndarray) -> np.ndarray:
        """Heat of the spin flips per volume, 8 pi s Int mu5 n5 Gamma_f dOmega.

        Parameters
        ----------
        wavenumber : ndarray, shape (points,)
            Int k5 dOmega, after the cutoff [1/km].
        chiral_work : ndarray, shape (points,)
            Int k5 B . cE dOmega [(1e12 G)^2/yr].

        Returns
        -------
        ndarray, shape (points,) [(1e12 G)^2/yr]
        """
        share = chiral_convention(self.convention).energy_share * ERG_PER_MEV
        potential = self.potential_of_wavenumber * wavenumber
        supplied = share * JULIAN_YEAR * potential * self.density * self.capture_rate
        taken = np.where(self.response > 0.0, chiral_work, 0.0)
        return 8 * np.pi * supplied / FIELD_UNIT**2 + 2.0 * taken

    def chirality(self, parallel_field: np.ndarray) -> np.ndarray:
        """Chirality per volume, Int n5 dOmega.

        Parameters
        ----------
        parallel_field : ndarray, shape (points,)
            Int B . cE dOmega [(1e12 G)^2 km/yr].

        Returns
        -------
        ndarray, shape (points,) [cm-3]
        """
        uncut = 4 * np.pi * self.source + self.response * parallel_field
        return uncut / self._kappa

    def total_chirality(self, shell: Shell, parallel_field: np.ndarray) -> float:
        """Q5 = Int n5 dV; parameters as of `chirality`."""
        return _over_shell(shell, self.chirality(parallel_field), 0)

    def spin_flips(self, shell: Shell, parallel_field: np.ndarray) -> float:
        """Chirality that spin flips undo, Int e^Phi n5 Gamma_f dV [s-1]."""
        return _over_shell(shell, self.chirality(parallel_field) * self.spin_flip_rate, 1)

    def anomaly(self, shell: Shell, parallel_field: np.ndarray) -> float:
        """Chirality that the field supplies, A Int e^Phi E.B dV [s-1]; zero without feedback."""
        acting = np.where(self.response > 0.0, parallel_field, 0.0)
        product = FIELD_UNIT**2 * DIFFUSIVITY_UNIT / KILOMETRE / SPEED_OF_LIGHT
        return anomaly_constant(self.convention) * product * _over_shell(shell, acting, 1)


def _over_shell(shell: Shell, values: np.ndarray, lapses: int) -> float:
    """Int e^(lapses Phi) f dV [cm3 f] of values that are integrated over the unit sphere."""
    weights = (shell.proper_weights, shell.energy_weights, shell.power_weights)[lapses]
    return _VOLUME_UNIT * float(values @ (weights * shell.basis.radius**2))


def electrons_of(
    crust: Mapping[Any, Any], chiral: Chiral, local: LocalCoefficients
) -> Electrons | None:
    """Electrons of a crust.

    Parameters
    ----------
    crust : mapping of array, shape (points,)
        Profiles on the quadrature shells, see `spectralcmi.profiles.crust.build_crust`.
    chiral : Chiral
        Section of the parameters.
    local : LocalCoefficients
        Made of the same crust.

    Returns
    -------
    Electrons or None
        None where the crust has no rates.
    """
    if not all(name in crust for name in MATTER):
        return None
    profiles = {name: np.asarray(crust[name]) for name in MATTER}
    heat = np.full(local.magnetic_diffusivity.shape, np.nan)
    if "temperature" in crust:
        heat = BOLTZMANN_CONSTANT_MEV * np.asarray(crust["temperature"])
    captures = np.asarray(crust["weak_rate_effective"])
    return Electrons(
        density=profiles["electron_density"],
        chemical_potential=profiles["electron_chemical_potential"],
        deviation=np.asarray(crust["delta_mu"]) * heat,
        capture_rate=captures if chiral.enabled else np.zeros_like(captures),
        source=local.chiral_wavenumber,
        response=local.anomaly_feedback / local.magnetic_diffusivity,
        spin_flip_rate=profiles["spin_flip_rate"],
        convention=chiral.convention,
    )
