"""Series of a run that need more than the field, each made of a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectralcmi.constants import FIELD_UNIT, JULIAN_YEAR
from spectralcmi.fields.state import State
from spectralcmi.runs.chirality import CHIRALITY, volume_mean
from spectralcmi.runs.diagnostics import ENERGY_UNIT
from spectralcmi.runs.thermal import ThermalSample
from spectralcmi.terms.electric_field import ShellMeasures
from spectralcmi.terms.electrons import Electrons

POWER_UNIT = ENERGY_UNIT / JULIAN_YEAR


@dataclass(frozen=True)
class Sample:
    """What is known at an output time.

    Attributes
    ----------
    state : State
    summary : ShellMeasures
    rates, totals : ndarray, shape (quadratures,)
        Rates and integrals of the quadratures of `InductionModel`, times 8 pi.
    step : float
        Time step by which the run came here [yr].
    steps, rejected : int
    electrons : Electrons, optional
        Those of the crust at that time; None where it has no rates.
    convention : str
        Of the chiral effect, see `spectralcmi.terms.chiral.chiral_convention`.
    thermal : ThermalSample, optional
        Of a run whose temperature is evolved.
    inertial_square : float
        Energy of the electrons' inertia, in the unit of `totals`.
    """

    state: State
    summary: ShellMeasures
    rates: np.ndarray
    totals: np.ndarray
    step: float
    steps: int
    rejected: int
    electrons: Electrons | None = None
    convention: str = "textbook"
    thermal: ThermalSample | None = None
    inertial_square: float = 0.0

    @property
    def total_energy(self) -> float:
        """Energy of the field in the shell and outside and of the electrons, as `totals`."""
        return self.state.energy + self.inertial_square


#: By name: (function of a sample, units, long name).
Series = dict[str, tuple[Callable[[Sample], float], str, str]]

SERIES: Series = {
    "maximum_field": (
        lambda s: FIELD_UNIT * float(np.sqrt(s.summary.maximum_square.max())),
        "gauss",
        "largest field on the quadrature grid, as measured there",
    ),
    "ohmic_power": (
        lambda s: POWER_UNIT * s.rates[0],
        "erg s^-1",
        "rate of change of the magnetic energy by Ohmic decay, negative, seen from infinity",
    ),
    "chiral_power": (
        lambda s: POWER_UNIT * s.rates[1],
        "erg s^-1",
        "rate of change of the magnetic energy by the chiral magnetic effect, seen from infinity",
    ),
    "angular_dissipation_power": (
        lambda s: POWER_UNIT * s.rates[2],
        "erg s^-1",
        "rate of change of the magnetic energy by angular dissipation, negative, seen from "
        "infinity",
    ),
    "ohmic_energy": (
        lambda s: ENERGY_UNIT * s.totals[0],
        "erg",
        "time integral of ohmic_power since the start",
    ),
    "chiral_energy": (
        lambda s: ENERGY_UNIT * s.totals[1],
        "erg",
        "time integral of chiral_power since the start",
    ),
    "angular_dissipation_energy": (
        lambda s: ENERGY_UNIT * s.totals[2],
        "erg",
        "time integral of angular_dissipation_power since the start",
    ),
    "chiral_energy_released": (
        lambda s: ENERGY_UNIT * s.totals[3],
        "erg",
        "chemical energy released since the start, seen from infinity, "
        "-Int Int e^(2 Phi) J5.E dV dt",
    ),
    "mean_k5": (
        lambda s: volume_mean(s, s.summary.wavenumber),
        "km^-1",
        "mean of the chiral wavenumber after the cutoff, over the proper volume",
    ),
    "saturated_fraction": (
        lambda s: volume_mean(s, s.summary.saturated),
        "1",
        "share of the proper volume where the chiral wavenumber exceeds the cutoff",
    ),
    **CHIRALITY,
    "time_step": (lambda s: s.step, "julian_year", "time step"),
    "accepted_steps": (lambda s: float(s.steps), "1", "accepted time steps since the start"),
    "rejected_steps": (lambda s: float(s.rejected), "1", "rejected time steps since the start"),
}

#: Beside them, where hall.inertia is not 0.
INERTIA: Series = {
    "inertial_energy": (
        lambda s: ENERGY_UNIT * s.inertial_square,
        "erg",
        "energy of the electrons' inertia, Int e^(2 Phi) f_h hall.inertia J^2 dV/(8 pi), seen from "
        "infinity",
    ),
}

#: Series that need more than a sample: name -> (units, long name).
ACCUMULATED = {
    "budget_residual": (
        "erg s^-1",
        "change of energy minus all powers, mean over the interval before, seen from infinity",
    ),
    "captures_per_electron": (
        "1",
        "net captures since the start over the number of electrons, "
        "Int dt Int e^Phi n_e Gamma_w_eff dV / Int n_e dV",
    ),
}
