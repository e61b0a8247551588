"""Section [background] of the case file: what the crust is made of, a class for each kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from spectralcmi.case.choices import Composition
from spectralcmi.case.errors import broken
from spectralcmi.case.kinds import default_kind
from spectralcmi.case.quantities import (
    Section,
    at_least_one,
    auto_or_positive,
    quantity,
)

BUILT_IN_EQUATION_OF_STATE = "bsk24"
"""Name of the equation of state that needs no file."""

GIVEN_DATASET = "dataset:"
"""Begins the name of a table that is a Dataset given in Python, and no file."""

ENVELOPE_DENSITY = 1e10
"""Mass density [g/cm3] at which the fits of the envelope begin."""

Temperature = Annotated[float, AfterValidator(at_least_one)]


class NeutronStar(Section):
    """Crust of a cold neutron star from its equation of state and composition."""

    kind: Literal["neutron_star"] = quantity("neutron_star", "", "crust of a neutron star")
    equation_of_state: str = quantity(
        BUILT_IN_EQUATION_OF_STATE,
        "",
        "bsk24, which is built in; or the path of a CSV file with the columns n_b, rho, P, Z, "
        "A_cluster, A_cell and their units in its header; or that of a folder with eos.nb, "
        "eos.thermo and eos.compo as CompOSE gives them",
        min_length=1,
    )
    crust_core_density: Annotated[Literal["auto"] | float, BeforeValidator(auto_or_positive)] = (
        quantity(
            "auto",
            "fm-3",
            "baryon density at the bottom of the crust, for an equation of state from a file; "
            "auto: the last one with nuclei",
        )
    )
    mass: float = quantity(1.4, "solar mass", "gravitational mass of the star", ge=0.1)
    outer_density: float = quantity(
        1e10,
        "g/cm3",
        "mass density at the outer radius of the shell; inside it the electrons are degenerate "
        "and relativistic, and the crust reaches down to the core",
        ge=1e7,
        le=1e14,
    )
    temperature: Temperature = quantity(
        1e9,
        "K",
        "temperature of the isothermal crust, where no file gives it; below 1 K powers of it "
        "overflow, above 1e11 K the electrons are not degenerate",
        gt=0,
        le=1e11,
    )
    temperature_profile: str = quantity(
        "",
        "",
        "CSV file of a temperature that does not change with time: columns radius [km] or "
        "density [g cm-3], and temperature [K]; empty: none",
    )
    cooling_history: str = quantity(
        "",
        "",
        "file of the temperature of an isothermal crust against the time of the run: two columns, "
        "years and kelvin, interpolated in both logarithms and constant before the first; empty: "
        "none",
    )
    temperature_step: float = quantity(
        0.05,
        "1",
        "relative change of the temperature of a cooling history at which the operators that "
        "depend on it are built again",
        ge=1e-4,  # what steps in time leave is not far below, and every operator takes seconds
        le=1.0,
    )
    impurity_parameter: float = quantity(
        0.0, "1", "impurity parameter Q_imp, mean square deviation of the charge number", ge=0
    )
    impurity_profile: str = quantity(
        "",
        "",
        "CSV file of an impurity parameter that depends on the density: columns density [g cm-3] "
        "and impurity_parameter; empty: none",
    )
    composition: Composition = quantity(
        "smooth",
        "",
        "smooth: charge and mass numbers interpolated between the centres of the nuclide layers; "
        "layered: the steps of the outer crust are kept, at the cost of spectral convergence",
    )

    @model_validator(mode="after")
    def _check_sources(self) -> NeutronStar:
        if self.temperature_profile and self.cooling_history:
            raise broken(
                f"excludes temperature_profile={self.temperature_profile!r}",
                "cooling_history",
                self.cooling_history,
            )
        if self.impurity_profile and self.impurity_parameter != 0:
            raise broken(
                f"excludes impurity_profile={self.impurity_profile!r}",
                "impurity_parameter",
                self.impurity_parameter,
            )
        built_in = self.equation_of_state == BUILT_IN_EQUATION_OF_STATE
        if built_in and self.crust_core_density != "auto":
            raise broken(
                f"equation_of_state={self.equation_of_state} has its own; "
                "only one from a file can be given another",
                "crust_core_density",
                self.crust_core_density,
            )
        return self

    def files(self) -> dict[str, str]:
        """Files and folders that the section names, by key."""
        keys = ("temperature_profile", "cooling_history", "impurity_profile")
        names = {key: getattr(self, key) for key in keys}
        if self.equation_of_state != BUILT_IN_EQUATION_OF_STATE:
            names["equation_of_state"] = self.equation_of_state
        return {key: name for key, name in names.items() if name}


class UniformShell(Section):
    """Shell with the same coefficients everywhere, for tests and for exact results."""

    kind: Literal["uniform_shell"] = quantity("uniform_shell", "", "shell of uniform coefficients")
    inner_radius: float = quantity(..., "km", "inner radius", gt=0)
    outer_radius: float = quantity(..., "km", "outer radius", gt=0)
    magnetic_diffusivity: float = quantity(..., "km2/yr", "magnetic diffusivity", gt=0)
    hall_prefactor: float = quantity(
        0.0, "km2/yr per 1e12 G", "Hall prefactor f_h = c/(4 pi e n_e)", ge=0
    )
    chiral_wavenumber: float = quantity(0.0, "1/km", "prescribed chiral wavenumber k5")

    @model_validator(mode="after")
    def _check_radii(self) -> UniformShell:
        if self.outer_radius <= self.inner_radius:
            raise broken(
                f"outer_radius={self.outer_radius:g} does not exceed "
                f"inner_radius={self.inner_radius:g}",
                "outer_radius",
                self.outer_radius,
            )
        return self


class Table(Section):
    """Radial profiles read from a file."""

    kind: Literal["table"] = quantity("table", "", "profiles from a file")
    file: str = quantity(
        ...,
        "",
        "netCDF file with the variables that `spectralcmi star` writes; a relative path starts "
        "from the working directory; dataset: and a digest names one that was given in Python",
        min_length=1,
    )

    def files(self) -> dict[str, str]:
        """Files and folders that the section names, by key."""
        return {} if self.file.startswith(GIVEN_DATASET) else {"file": self.file}


class GourgouliatosCumming(Section):
    """Analytic crust of Gourgouliatos & Cumming (2014): 0.9 to 1 R, R = 10 km."""

    kind: Literal["gourgouliatos_cumming"] = quantity(
        "gourgouliatos_cumming", "", "analytic crust of Gourgouliatos & Cumming (2014)"
    )
    temperature: Temperature = quantity(
        1e9,
        "K",
        "temperature of the electrons, on which their capture depends; the conductivity of this "
        "crust does not",
        gt=0,
        le=1e11,
    )


Background = Annotated[
    NeutronStar | UniformShell | Table | GourgouliatosCumming,
    Field(discriminator="kind"),
    default_kind("background"),
]
