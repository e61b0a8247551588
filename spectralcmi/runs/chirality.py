"""What is measured of the chirality along a run: k5, mu5, and the budget of the source.

Each measurement declares its units itself, as those of `spectralcmi.runs.diagnostics` do; these
need the electrons and what the field kernel sums, beside the field. Where the crust has no rates,
what needs them is zero: there k5 is prescribed, and has no source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from spectralcmi.constants import HBAR_C, JULIAN_YEAR, KILOMETRE
from spectralcmi.runs.diagnostics import ENERGY_UNIT, HELICITY_UNIT
from spectralcmi.terms.chiral import chiral_coefficient

if TYPE_CHECKING:
    from spectralcmi.fields.state import State
    from spectralcmi.grid.shell import Shell
    from spectralcmi.terms.electric_field import ShellMeasures
    from spectralcmi.terms.electrons import Electrons


class Measured(Protocol):
    """What a measurement is made of, see `spectralcmi.runs.series.Sample`."""

    @property
    def state(self) -> State: ...  # noqa: D102 - there

    @property
    def summary(self) -> ShellMeasures: ...  # noqa: D102 - there

    @property
    def electrons(self) -> Electrons | None: ...  # noqa: D102 - there

    @property
    def convention(self) -> str: ...  # noqa: D102 - there


#: Measurements by name: (function of a sample, units, long name).
CHIRALITY: dict[str, tuple[Callable[[Measured], float], str, str]] = {}
#: Attributes of a dataset, see `attributes_of`.
RESERVOIRS = ("electron_number", "reservoir_delta_mu_erg", "reservoir_electrons_erg")
#: Series that `captures_per_electron` is the time integral of.
CAPTURES = "net_captures"


def measurement(units: str, long_name: str) -> Callable:
    """Register a function of a sample."""

    def register(function: Callable) -> Callable:
        CHIRALITY[function.__name__] = (function, units, long_name)
        return function

    return register


def volume_mean(sample: Measured, values: np.ndarray) -> float:
    """Mean of values at the radii over the proper volume."""
    shell = sample.state.shell
    return float(shell.proper_integral(values) / shell.volume)


def _to_potential(sample: Measured, wavenumber: float) -> float:
    return HBAR_C / KILOMETRE / chiral_coefficient(sample.convention) * wavenumber


def _of_electrons(sample: Measured, measure: Callable[[Electrons, Shell], float]) -> float:
    """A measure of the electrons, zero where the crust has none."""
    electrons = sample.electrons
    return 0.0 if electrons is None else measure(electrons, sample.state.shell)


@measurement("km^-1", "largest |k5| on the quadrature grid, after the cutoff")
def maximum_k5(sample: Measured) -> float:
    """max |k5| [1/km]."""
    return float(sample.summary.maximum_wavenumber.max())


@measurement("km^-1", "mean of |k5| after the cutoff, over the proper volume")
def mean_absolute_k5(sample: Measured) -> float:
    """Int |k5| dV/V [1/km]."""
    return volume_mean(sample, sample.summary.absolute_wavenumber)


@measurement("km^-1", "root mean square of k5 after the cutoff, over the proper volume")
def rms_k5(sample: Measured) -> float:
    """(Int k5^2 dV/V)^(1/2) [1/km]."""
    return float(np.sqrt(volume_mean(sample, sample.summary.square_wavenumber)))


@measurement("MeV", "largest |mu5| on the quadrature grid, of k5 after the cutoff")
def maximum_mu5(sample: Measured) -> float:
    """max |mu5|, mu5 = hbar c k5/C with the constant of the run [MeV]."""
    return _to_potential(sample, maximum_k5(sample))


@measurement("MeV", "mean of |mu5| over the proper volume, of k5 after the cutoff")
def mean_absolute_mu5(sample: Measured) -> float:
    """Int |mu5| dV/V [MeV]."""
    return _to_potential(sample, mean_absolute_k5(sample))


@measurement("1", "chirality of the electrons, Int n5 dV over the proper volume")
def chirality(sample: Measured) -> float:
    """Q5 = Int n5 dV, before the cutoff of k5 [1]."""
    return _of_electrons(
        sample, lambda e, shell: e.total_chirality(shell, sample.summary.parallel_field)
    )


@measurement("s^-1", "chirality that spin flips undo, Int e^Phi n5 Gamma_f dV")
def spin_flips(sample: Measured) -> float:
    """Int e^Phi n5 Gamma_f dV [s-1], equal to `net_captures` + `anomalous_production`."""
    return _of_electrons(
        sample, lambda e, shell: e.spin_flips(shell, sample.summary.parallel_field)
    )


@measurement("s^-1", "chirality that the field supplies, A Int e^Phi E.B dV")
def anomalous_production(sample: Measured) -> float:
    """A Int e^Phi E.B dV [s-1]."""
    return _of_electrons(sample, lambda e, shell: e.anomaly(shell, sample.summary.parallel_field))


@measurement("s^-1", "net captures of electrons, Int e^Phi n_e Gamma_w_eff dV")
def net_captures(sample: Measured) -> float:
    """Int e^Phi n_e Gamma_w_eff dV [s-1]."""
    return _of_electrons(sample, lambda e, shell: e.captures(shell))


@measurement("gauss^2 cm^4 s^-1", "supply of magnetic helicity in the shell, -2 Int e^Phi cE.B dV")
def helicity_production(sample: Measured) -> float:
    """-2 Int e^Phi cE.B dV [G2 cm4/s].

    Magnetic helicity changes by this and by what the tangential electric field carries through the
    outer surface.
    """
    shell = sample.state.shell
    weights = shell.energy_weights * shell.basis.radius**2
    total = float(sample.summary.parallel_field @ weights)
    return -2.0 * HELICITY_UNIT / JULIAN_YEAR * total


@measurement(
    "erg s^-1",
    "power of electron captures against the chirality, seen from infinity, "
    "Int e^(2 Phi) mu5 n_e Gamma_w_eff dV, half of it where mu5 is the whole of mu_R - mu_L",
)
def weak_power(sample: Measured) -> float:
    """s Int e^(2 Phi) mu5 n_e Gamma_w_eff dV [erg/s], with k5 after the cutoff."""
    return _of_electrons(sample, lambda e, shell: e.weak_power(shell, sample.summary.wavenumber))


@measurement(
    "erg s^-1",
    "power of electron captures out of beta equilibrium, seen from infinity, "
    "Int e^(2 Phi) delta_mu n_e Gamma_w_eff dV",
)
def beta_power(sample: Measured) -> float:
    """Int e^(2 Phi) delta_mu n_e Gamma_w_eff dV [erg/s]."""
    return _of_electrons(sample, lambda e, shell: e.beta_power(shell))


@measurement(
    "erg s^-1",
    "heat of the spin flips, seen from infinity, Int e^(2 Phi) mu5 n5 Gamma_f dV, half of it where "
    "mu5 is the whole of mu_R - mu_L",
)
def spin_flip_power(sample: Measured) -> float:
    """s Int e^(2 Phi) mu5 n5 Gamma_f dV [erg/s]: `weak_power` less what the field takes.

    n5 is that before the cutoff of k5 and mu5 that after it, as in `weak_power`: so the budget
    closes.
    """
    electrons = sample.electrons
    if electrons is None:
        return 0.0
    work = np.where(electrons.response > 0.0, sample.summary.chiral_work, 0.0)
    gained = 2.0 * ENERGY_UNIT / JULIAN_YEAR * float(sample.state.shell.power_integral(work))
    return weak_power(sample) + gained


def attributes_of(electrons: Electrons, shell: Shell) -> dict[str, float]:
    """What there is to be spent, as attributes of a dataset.

    Parameters
    ----------
    electrons : Electrons
        At the start of a run.
    shell : Shell

    Returns
    -------
    dict of str to float
        Number of electrons, and energies seen from infinity [erg]: that of the deviation from
        equilibrium, Int n_e delta_mu, and that of all electrons, Int n_e mu_e.
    """
    amounts = (electrons.number, electrons.reservoir, electrons.chemical_energy)
    return {name: amount(shell) for name, amount in zip(RESERVOIRS, amounts, strict=True)}
