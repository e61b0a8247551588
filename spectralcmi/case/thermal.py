"""Section [thermal] of the case file: whether the temperature is evolved, and how."""

from __future__ import annotations

from pydantic import model_validator

from spectralcmi.case.backgrounds import Temperature
from spectralcmi.case.choices import (
    CoreTemperature,
    EnvelopeModel,
    NeutronGap,
    ProtonGap,
    ThermalDimension,
)
from spectralcmi.case.errors import broken
from spectralcmi.case.quantities import LARGEST_RESOLUTION, Section, quantity


class Thermal(Section):
    """Heat: the temperature that follows from conduction, Joule heat, neutrinos and photons."""

    enabled: bool = quantity(
        False,
        "",
        "true: the temperature follows the heat equation, and background.temperature, "
        "temperature_profile and cooling_history are refused",
    )
    dimension: ThermalDimension = quantity(
        "radial",
        "",
        "radial: the temperature depends on the radius alone, and conduction is averaged over the "
        "sphere; full: on the angles too, and heat flows along the field lines",
    )
    lmax: int = quantity(
        0,
        "1",
        "highest degree of the temperature if it depends on the angles; 0: 20, or resolution.lmax "
        "if that is less",
        ge=0,
        le=LARGEST_RESOLUTION,
    )
    initial_temperature: Temperature = quantity(
        1e10,
        "K",
        "temperature of the start, as seen from infinity: e^Phi T, which is uniform",
        gt=0,
        le=2e10,
    )
    envelope: EnvelopeModel = quantity(
        "ppp15",
        "",
        "what the surface radiates, from the temperature at 1e10 g/cm3. ppp15: iron, with the "
        "magnetic field (Potekhin, Pons & Page 2015); gpe83: without (Gudmundsson et al. 1983); "
        "pcy97: without, iron below accreted_mass (Potekhin et al. 1997)",
    )
    accreted_mass: float = quantity(
        0.0, "solar mass", "light elements on top of the iron, for pcy97", ge=0, le=1e-6
    )
    neutron_gap: NeutronGap = quantity(
        "sfb",
        "",
        "gap of the superfluid neutrons in the crust: sfb (Schwenk, Friman & Brown 2003), or none",
    )
    proton_gap: ProtonGap = quantity(
        "none",
        "",
        "gap of the superconducting protons in the core: ccdk (Chen et al. 1993), or none",
    )
    core: CoreTemperature = quantity(
        "cooling",
        "",
        "cooling: the core loses what its neutrinos carry away and the crust takes; history: its "
        "temperature is that of core_history",
    )
    core_history: str = quantity(
        "",
        "",
        "file of e^Phi T of the core against the time of the run: two columns, years and kelvin, "
        "interpolated in both logarithms and constant before the first; for core = history",
    )
    spin_flip_heat: bool = quantity(
        False,
        "",
        "whether the energy mu5 n5 Gamma_f that spin flips dissipate heats the crust; without "
        "what feeds the asymmetry in the balance, it would melt it",
    )
    tolerance: float = quantity(
        1e-3,
        "1",
        "largest error estimate of a step, relative to the temperature, which changes by no more "
        "than twenty times this",
        gt=0,
        lt=0.1,
    )

    @model_validator(mode="after")
    def _check_core(self) -> Thermal:
        if self.core == "history" and not self.core_history:
            raise broken("needs a file, core_history", "core", self.core)
        if self.core == "cooling" and self.core_history:
            raise broken('is for core = "history"', "core_history", self.core_history)
        return self

    @model_validator(mode="after")
    def _check_envelope(self) -> Thermal:
        if self.accreted_mass > 0 and self.envelope != "pcy97":
            raise broken('is for envelope = "pcy97"', "accreted_mass", self.accreted_mass)
        return self

    @model_validator(mode="after")
    def _check_dimension(self) -> Thermal:
        if self.lmax > 0 and self.dimension != "full":
            raise broken('is for dimension = "full"', "lmax", self.lmax)
        return self

    def files(self) -> dict[str, str]:
        """Files that the section names, by key."""
        return {"core_history": self.core_history} if self.core_history else {}
