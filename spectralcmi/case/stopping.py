"""What ends a run before its time: a rule on one of its series."""

from __future__ import annotations

import difflib
import math
import re
from typing import NamedTuple

from spectralcmi.case.errors import broken

#: Series of a run that have one value at each time.
SERIES = (
    "energy_poloidal",
    "energy_toroidal",
    "energy_exterior",
    "energy_odd_degrees",
    "energy_dipole_family",
    "peak_degree",
    "rms_field",
    "dipole_rms_field",
    "tail_degree",
    "tail_radial",
    "dipole_field",
    "dipole_moment",
    "dipole_timing_field",
    "magnetic_helicity",
    "integral_scale",
    "fractional_helicity",
    "maximum_field",
    "ohmic_power",
    "chiral_power",
    "angular_dissipation_power",
    "ohmic_energy",
    "chiral_energy",
    "angular_dissipation_energy",
    "chiral_energy_released",
    "mean_k5",
    "saturated_fraction",
    "maximum_k5",
    "mean_absolute_k5",
    "rms_k5",
    "maximum_mu5",
    "mean_absolute_mu5",
    "chirality",
    "spin_flips",
    "anomalous_production",
    "net_captures",
    "helicity_production",
    "weak_power",
    "beta_power",
    "spin_flip_power",
    "time_step",
    "accepted_steps",
    "rejected_steps",
    "budget_residual",
    "captures_per_electron",
)
#: Those that a run has beside them where its temperature is evolved.
SERIES_OF_HEAT = (
    "T_b",
    "T_core",
    "T_s_eff_inf",
    "L_gamma_inf",
    "L_nu_core_inf",
    "L_nu_crust_inf",
    "L_nu_envelope_inf",
    "joule_power_inf",
    "thermal_energy",
    "joule_energy",
    "core_supply_energy",
    "photon_energy",
    "neutrino_energy",
    "heat_budget_residual",
)


class StopRule(NamedTuple):
    """A variable above or below a number.

    Attributes
    ----------
    variable : str
    is_above : bool
    limit : float
        In the unit of the dataset.
    """

    variable: str
    is_above: bool
    limit: float

    def holds(self, value: float) -> bool:
        """Whether a value ends the run."""
        return value > self.limit if self.is_above else value < self.limit


def stop_rule(text: str) -> StopRule | None:
    """The rule of a text like ``rms_field > 1e15``.

    Parameters
    ----------
    text : str
        Empty for no rule.

    Returns
    -------
    StopRule or None

    Raises
    ------
    PydanticCustomError
        If it is no such text, or no series has that name.
    """
    if not text.strip():
        return None
    parts = re.fullmatch(r"\s*(\w+)\s*([<>])\s*(\S+)\s*", text)
    try:
        name, sign, limit = parts.groups() if parts else ()
        number = float(limit)
    except ValueError:
        raise broken(
            'is not like "rms_field > 1e15": a series of the dataset, < or >, a number'
        ) from None
    if not math.isfinite(number):
        raise broken("compares with no finite number")
    known = (*SERIES, *SERIES_OF_HEAT)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise broken(f"no series with one value at each time is named {name}{hint}")
    return StopRule(name, sign == ">", number)


def valid_stop_rule(text: str) -> str:
    """A text that `stop_rule` understands."""
    stop_rule(text)
    return text
