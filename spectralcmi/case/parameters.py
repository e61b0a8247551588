"""Run parameters: frozen, validated, TOML in and JSON out.

One class per section of the case file. A field's description says what the key means and its
``unit`` in what it is counted, so that help texts are made from here and nowhere else. Every way
of being wrong ends in one :class:`ParameterError`, see `spectralcmi.case.errors`.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from spectralcmi.case.choices import (
    FIXED_STEP_SCHEMES,
    ChiralConvention,
    Composition,
    Cutoff,
    Dealiasing,
    FieldPart,
    InnerBoundary,
    MetricKind,
    OuterBoundary,
    RadialGrid,
    RadialShape,
    Scheme,
    choices,
)
from spectralcmi.case.errors import Keys, ParameterError, bare, broken, parameter_error

__all__ = [
    "ParameterError",
    "Parameters",
    "changed_defaults",
    "differences",
    "has_kinds",
    "load_parameters",
    "parameters_from_json",
    "parameters_of_version_1",
    "read_toml",
    "section_classes",
    "sections_with_key",
]

# the two defaults of the radial grid
DEFAULT_RADIAL_GRID: RadialGrid = "auto"
DEFAULT_RADIAL_ORDER: Literal["auto"] | int = "auto"

DEFAULT_METRIC: MetricKind = "star"
"""Metric of a neutron star unless another is given; that of the other backgrounds is flat."""

BACKGROUNDS_WITH_METRIC = ("neutron_star", "table")
"""Kinds of background that have a metric of their own; a table may."""

GLOBAL_RADIAL_ORDER = 192
"""Chebyshev polynomials of the global expansion where radial_order is "auto"."""

LOWEST_ELEMENT_ORDER = 3
"""Below it a polynomial cannot have a value and a slope at both ends of an element."""

LARGEST_NUMBER_OF_TIMES = 1_000_000
"""Times of a series that a run may have: the spectra of each are held in memory."""

BUILT_IN_EQUATION_OF_STATE = "bsk24"
"""Name of the equation of state that needs no file."""

_LARGEST_SEED = 2**63 - 1
_LEAST_RADIAL_ORDER, _LARGEST_RESOLUTION = 8, 10_000  # beyond it memory ends first
_LARGEST_ELEMENT_ORDER = 32  # steps get short long before
_DEFAULT_KINDS = MappingProxyType({"background": "neutron_star", "initial": "dipole"})


def quantity(default: Any, unit: str, description: str, **rules: Any) -> Any:
    """Field with a default, a unit and a meaning.

    Parameters
    ----------
    default : object
        The default, or ``...`` for a key that has to be given.
    unit : str
        The unit, ``"1"`` for a pure number, ``""`` where a unit makes no sense.
    description : str
        What the key means.
    **rules
        Rules of :func:`pydantic.Field`, such as ``gt=0``.

    Returns
    -------
    pydantic.fields.FieldInfo
    """
    return Field(default, description=description, json_schema_extra={"unit": unit}, **rules)


def _nonzero(value: float) -> float:
    if value == 0:
        raise broken("must not be zero")
    return value


def _at_least_one(value: float) -> float:
    # not as `ge`, which would be named before "greater than 0" for a negative value
    if value < 1:
        raise broken("must not be below 1")
    return value


def _nonempty(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise broken("must not be empty")
    return values


def _is_number(value: object, kind: type = float) -> bool:
    allowed = int if kind is int else int | float
    return isinstance(value, allowed) and not isinstance(value, bool)


def _auto_or_fraction(value: Any) -> Any:
    if value == "auto" or (_is_number(value) and 0 <= value < 1):
        return value
    raise broken('must be "auto" or a number in [0, 1)')


def _auto_or_positive(value: Any) -> Any:
    if value == "auto" or (_is_number(value) and 0 < value < math.inf):
        return value
    raise broken('must be "auto" or a positive number')


def _auto_or_radial_order(value: Any) -> Any:
    if value == "auto" or (
        _is_number(value, int) and _LEAST_RADIAL_ORDER <= value <= _LARGEST_RESOLUTION
    ):
        return value
    raise broken(
        f'must be "auto" or an integer from {_LEAST_RADIAL_ORDER} to {_LARGEST_RESOLUTION}'
    )


def _element_order(value: int) -> int:
    if value < LOWEST_ELEMENT_ORDER:
        raise broken(
            f"element_order too low for C1: must be at least {LOWEST_ELEMENT_ORDER} for a slope "
            "that is continuous"
        )
    return value


def _radial_grid(value: Any) -> Any:
    """Name of a grid, or breakpoints that increase, as a tuple of floats."""
    if isinstance(value, str) and value in choices(RadialGrid):
        return value
    if not isinstance(value, list | tuple) or not all(map(_is_number, value)):
        raise broken('must be "auto", "global" or a list of breakpoints [km]')
    if len(value) < 2:
        raise broken("needs two breakpoints or more")
    for radius in value:
        if not 0 < radius < math.inf:
            raise broken(f"breakpoints must be positive, but {radius:g} is not")
    return _increasing(tuple(map(float, value)))


def _increasing(values: tuple[float, ...]) -> tuple[float, ...]:
    for earlier, later in itertools.pairwise(values):
        if not later > earlier:
            raise broken(f"must increase, but {later:g} follows {earlier:g}", value=values)
    return values


def _plain(value: Any) -> Any:
    """Value with numbers and arrays of NumPy and paths as Python's own numbers, lists, strings."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


class Section(BaseModel):
    """Base of all sections: frozen, strict in types, no unknown keys, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _take_plain_values(cls, data: Any) -> Any:
        # strict in types, but what scripts compute with is as good as what files hold
        return _plain(data)

    def files(self) -> dict[str, str]:
        """Files and folders that the section names, by key."""
        return {}


Temperature = Annotated[float, AfterValidator(_at_least_one)]


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
    crust_core_density: Annotated[Literal["auto"] | float, BeforeValidator(_auto_or_positive)] = (
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
        names = {key: getattr(self, key) for key in ("temperature_profile", "cooling_history")}
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
        "from the working directory",
        min_length=1,
    )

    def files(self) -> dict[str, str]:
        """Files and folders that the section names, by key."""
        return {"file": self.file}


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


def _default_kind(section: str) -> BeforeValidator:
    """Validator that lets a section without `kind` mean its default kind."""

    def with_kind(value: object) -> object:
        if isinstance(value, Mapping) and "kind" not in value:
            return {"kind": _DEFAULT_KINDS[section], **value}
        return value

    return BeforeValidator(with_kind)


Background = Annotated[
    NeutronStar | UniformShell | Table | GourgouliatosCumming,
    Field(discriminator="kind"),
    _default_kind("background"),
]


def _default_metric(background_kind: str) -> MetricKind:
    return DEFAULT_METRIC if background_kind == _DEFAULT_KINDS["background"] else "flat"


class MetricChoice(Section):
    """Metric of the induction equation."""

    kind: MetricKind = quantity(
        DEFAULT_METRIC,
        "",
        "star: that of the star's own structure, with redshift and proper length, and the "
        "Schwarzschild vacuum outside; a table needs metric_potential and metric_lambda for it. "
        "flat: neither; the default for every background but a neutron star, and all that a "
        "uniform_shell and gourgouliatos_cumming have",
    )


class Chiral(Section):
    """Chiral magnetic effect: source, relaxation and cutoff of the chiral asymmetry."""

    enabled: bool = quantity(True, "", "whether the chiral term acts")
    delta_mu: float = quantity(
        1e-2,
        "k_B T",
        "deviation from beta equilibrium; positive: electron captures prevail",
        ge=-100,  # exp(-delta_mu) of the effective rate
    )
    convention: ChiralConvention = quantity(
        "textbook",
        "",
        "constant C of k5 = C mu5/(hbar c): textbook 2 alpha/pi, dehman_pons alpha/(2 pi)",
    )
    k5_max: float = quantity(600.0, "1/km", "cutoff of the chiral wavenumber |k5|", gt=0)
    cutoff: Cutoff = quantity(
        "smooth",
        "",
        "smooth: k5/(1+|k5/k5_max|^8)^(1/8), converges spectrally; hard: |k5| clipped at k5_max",
    )
    anomaly: bool = quantity(True, "", "whether E.B feeds back on the chiral asymmetry")
    spin_flip_prefactor: float = quantity(
        1.0,
        "1",
        "factor on the spin-flip rate (m_e c^2/mu_e)^2 omega_p^2/(4 pi sigma); the constant in "
        "the paper's equation (9) could not be read",
        gt=0,
    )
    weak_rate_prefactor: float = quantity(
        1.0,
        "1",
        "factor on the electron-capture rate G_F^2 (1 + 3 g_A^2)/(2 pi^3 hbar) I; the constant in "
        "the paper's equation (10) could not be read",
        ge=0,
    )


class Hall(Section):
    """Hall drift."""

    enabled: bool = quantity(True, "", "whether the Hall term acts")


class Dissipation(Section):
    """Dissipation of the highest degrees, which the Hall cascade needs."""

    angular_rate: float = quantity(
        10.0,
        "1/yr",
        "damping rate at lmax, falling as (l(l+1)/(lmax(lmax+1)))^4 below; acts only where the "
        "Hall term is enabled; 0 turns it off",
        ge=0,
    )


class Boundary(Section):
    """Boundary conditions."""

    inner: InnerBoundary = quantity(
        "perfect_conductor",
        "",
        "perfect_conductor: P = 0 and no tangential electric field; zero_toroidal: P = T = 0",
    )
    outer: OuterBoundary = quantity("potential", "", "potential: the field outside is current-free")


class InitialField(Section):
    """What every initial field can have on top: a small random perturbation of all modes."""

    perturbation_amplitude: float = quantity(
        0.0, "1", "root mean square of a random field added, relative to the initial field's", ge=0
    )
    perturbation_seed: int = quantity(
        0, "", "seed of the random field added", ge=0, le=_LARGEST_SEED
    )


class Dipole(InitialField):
    """Poloidal dipole along the axis, the free-decay-like start of the paper."""

    kind: Literal["dipole"] = quantity("dipole", "", "poloidal dipole along the axis")
    polar_field: Annotated[float, AfterValidator(_nonzero)] = quantity(
        1e12, "G", "radial field at the north pole of the outer radius", ge=-1e18, le=1e18
    )


class Mode(Section):
    """One spherical-harmonic mode of an initial field."""

    degree: int = quantity(..., "1", "degree l", ge=1)
    order: int = quantity(0, "1", "order m", ge=0)
    kind: FieldPart = quantity("poloidal", "", "poloidal or toroidal")
    amplitude: Annotated[float, AfterValidator(_nonzero)] = quantity(
        1e12,
        "G",
        "root mean square over the shell of this mode's field alone; its sign is the mode's",
        ge=-1e18,
        le=1e18,
    )
    shape: RadialShape = quantity(
        "free_decay",
        "",
        "radial shape. free_decay: the mode of that index, slowest first, of Ohmic decay; "
        "polynomial: the lowest polynomial that obeys the boundary conditions",
    )
    index: int = quantity(1, "1", "index n of the free-decay mode, 1 the slowest", ge=1)

    @model_validator(mode="after")
    def _check_order(self) -> Mode:
        if self.order > self.degree:
            raise broken(f"order={self.order} exceeds degree={self.degree}", "order", self.order)
        return self


class Modes(InitialField):
    """A sum of chosen modes."""

    kind: Literal["modes"] = quantity("modes", "", "a sum of chosen modes")
    modes: Annotated[tuple[Mode, ...], AfterValidator(_nonempty)] = quantity(
        ...,
        "",
        "list of modes {degree, order, kind, amplitude, shape, index}",
        strict=False,
    )


class RandomField(InitialField):
    """A random field of given spectrum and helicity."""

    kind: Literal["random"] = quantity("random", "", "a random field")
    seed: int = quantity(0, "", "seed of the random numbers", ge=0, le=_LARGEST_SEED)
    rms_field: float = quantity(
        1e12, "G", "root mean square of the field over the shell", gt=0, le=1e18
    )
    slope: float = quantity(
        0.0, "1", "exponent of the energy per degree, E_l ~ l^slope", ge=-20, le=20
    )
    helicity: float = quantity(
        0.0, "1", "magnetic helicity relative to the largest of that spectrum", ge=-1, le=1
    )
    lmin: int = quantity(1, "1", "lowest degree", ge=1)
    lmax: int = quantity(10, "1", "highest degree", ge=1)

    @model_validator(mode="after")
    def _check_degrees(self) -> RandomField:
        if self.lmax < self.lmin:
            raise broken(f"lmax={self.lmax} is below lmin={self.lmin}", "lmax", self.lmax)
        return self


class FieldFile(InitialField):
    """The last snapshot of an earlier run."""

    kind: Literal["file"] = quantity("file", "", "the last snapshot of an earlier run")
    file: str = quantity(
        ...,
        "",
        "netCDF file of a run; a relative path starts from the working directory",
        min_length=1,
    )

    def files(self) -> dict[str, str]:
        """Files and folders that the section names, by key."""
        return {"file": self.file}


Initial = Annotated[
    Dipole | Modes | RandomField | FieldFile,
    Field(discriminator="kind"),
    _default_kind("initial"),
]


class Resolution(Section):
    """Angular and radial resolution."""

    lmax: int = quantity(60, "1", "highest degree", ge=1, le=_LARGEST_RESOLUTION)
    mmax: int = quantity(0, "1", "highest order; 0: axisymmetric, lmax: full 3D", ge=0)
    mres: int = quantity(1, "1", "orders are the multiples of mres (an mres-fold symmetry)", ge=1)
    radial_grid: Annotated[RadialGrid | tuple[float, ...], BeforeValidator(_radial_grid)] = (
        quantity(
            DEFAULT_RADIAL_GRID,
            "km",
            "auto: polynomials on elements, small where the field will vary; global: one "
            "Chebyshev expansion from end to end; or the breakpoints between elements, a list of "
            "radii from the inner to the outer one",
        )
    )
    element_order: Annotated[int, AfterValidator(_element_order)] = quantity(
        7,
        "1",
        "degree of the poloidal polynomials of an element, at least 3; that of the toroidal ones "
        "is one less; nothing to a global radial_grid",
        le=_LARGEST_ELEMENT_ORDER,
    )
    radial_order: Annotated[Literal["auto"] | int, BeforeValidator(_auto_or_radial_order)] = (
        quantity(
            DEFAULT_RADIAL_ORDER,
            "1",
            "number of radial functions, at least 8: Chebyshev polynomials, or elements times "
            "(element_order - 1). auto: 192 for a global radial_grid, else what radial_grid "
            "gives; a number scales what radial_grid = auto gives",
        )
    )
    map_parameter: Annotated[Literal["auto"] | float, BeforeValidator(_auto_or_fraction)] = (
        quantity(
            "auto",
            "1",
            "a of the Kosloff-Tal-Ezer map of a global radial_grid, in [0, 1); auto: "
            "sech(ln(1e12)/radial_order); 0: unmapped",
        )
    )
    functions_per_wavelength: Annotated[
        Literal["auto"] | float, BeforeValidator(_auto_or_positive)
    ] = quantity(
        "auto",
        "1",
        "radial functions to a wavelength of the fastest chiral waves, where radial_grid is auto; "
        "auto: a number that grows with lmax",
    )
    dealiasing: Dealiasing = quantity(
        2, "1", "the grid is free of aliasing for products of this many fields"
    )

    @property
    def is_global(self) -> bool:
        """Whether one expansion reaches from the inner to the outer radius."""
        return self.radial_grid == "global"

    @property
    def elements(self) -> int | None:
        """Number of radial elements; None where only the star decides."""
        if isinstance(self.radial_grid, tuple):
            return len(self.radial_grid) - 1
        return 1 if self.is_global else None

    @property
    def radial_functions(self) -> int | None:
        """Number of radial functions of each kind; None where only the star decides."""
        if isinstance(self.radial_grid, tuple):
            return (len(self.radial_grid) - 1) * (self.element_order - 1)
        if not self.is_global:
            return None
        return GLOBAL_RADIAL_ORDER if self.radial_order == "auto" else self.radial_order

    @model_validator(mode="after")
    def _check_orders(self) -> Resolution:
        if self.mmax > self.lmax:
            raise broken(f"mmax={self.mmax} exceeds lmax={self.lmax}", "mmax", self.mmax)
        if self.mmax % self.mres:
            raise broken(
                f"mmax={self.mmax} is not a multiple of mres={self.mres}", "mmax", self.mmax
            )
        return self

    @model_validator(mode="after")
    def _check_radial_grid(self) -> Resolution:
        if self.map_parameter != "auto" and not self.is_global:
            raise broken(
                'belongs to radial_grid = "global"; elements have no map',
                "map_parameter",
                self.map_parameter,
            )
        if isinstance(self.radial_grid, tuple):
            elements = len(self.radial_grid) - 1
            self._check_functions(elements, elements * (self.element_order - 1))
        return self

    def _check_functions(self, elements: int, functions: int) -> None:
        """Raise unless breakpoints give as many functions as are allowed and wanted."""
        count = f"{elements} element" + ("s" if elements > 1 else "")
        gives = f"{count} of order {self.element_order} give {functions} functions"
        if functions > _LARGEST_RESOLUTION:
            raise broken(
                f"{gives}, more than {_LARGEST_RESOLUTION}", "radial_grid", self.radial_grid
            )
        if self.radial_order not in ("auto", functions):
            raise broken(
                f"{gives}, elements x (element_order - 1); leave it out, or change the breakpoints",
                "radial_order",
                self.radial_order,
            )


class Time(Section):
    """Time stepping."""

    end: float = quantity(300.0, "yr", "time at which the run ends", gt=0)
    tolerance: float = quantity(
        1e-6,
        "1",
        "largest error estimate of a step, relative to the field in the energy norm; the errors of "
        "a run add up: at 1e-6 dates of the default case are good to 0.01 yr, its energies to 1e-3",
        gt=0,
        lt=1,
    )
    step: float = quantity(0.0, "yr", "fixed step; 0: adaptive", ge=0)
    smallest_step: float = quantity(
        1e-9, "yr", "an adaptive run whose step falls below this has diverged", ge=0
    )
    scheme: Scheme = quantity(
        "ark3",
        "",
        "ark3: ARK3(2)4L[2]SA and ark4: ARK4(3)6L[2]SA, adaptive; ars343, ars232: fixed step only",
    )

    @model_validator(mode="after")
    def _check_step(self) -> Time:
        if self.scheme in FIXED_STEP_SCHEMES and self.step == 0:
            raise broken(
                f"scheme={self.scheme} estimates no error and needs step > 0", "step", self.step
            )
        return self


class Output(Section):
    """What is stored, and when."""

    series_interval: float = quantity(
        1.0, "yr", "interval of the series: energies, spectra, budget", gt=0
    )
    snapshot_times: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...], AfterValidator(_increasing)
    ] = quantity(
        (0.0, 70.0, 100.0, 200.0, 300.0),
        "yr",
        "times of the full fields, increasing; those later than time.end are not taken",
        strict=False,
    )
    checkpoint_interval: float = quantity(60.0, "s", "wall time between checkpoints", gt=0)


class Parameters(Section):
    """All parameters of a run; the defaults are the paper's axisymmetric run.

    Parameters
    ----------
    **sections
        Sections by name, each as its class or as a mapping of its keys.

    Raises
    ------
    ParameterError
        Where a key is unknown, or a value has the wrong type or breaks a rule.

    Examples
    --------
    >>> parameters = Parameters().replace(**{"hall.enabled": False, "resolution.lmax": 90})
    >>> parameters.resolution.lmax
    90
    """

    background: Background = NeutronStar()
    metric: MetricChoice = MetricChoice()
    chiral: Chiral = Chiral()
    hall: Hall = Hall()
    dissipation: Dissipation = Dissipation()
    boundary: Boundary = Boundary()
    initial: Initial = Dipole()
    resolution: Resolution = Resolution()
    time: Time = Time()
    output: Output = Output()

    def __init__(self, /, **sections: Any) -> None:
        try:
            super().__init__(**sections)
        except ValidationError as error:
            raise parameter_error(error, sections, _keys()) from None
        except RecursionError:
            raise ParameterError("parameters", None, "lists without end") from None

    @model_validator(mode="before")
    @classmethod
    def _complete_metric(cls, data: Any) -> Any:
        """Let a section [metric] without `kind` mean the default of the background."""
        if not isinstance(data, Mapping):
            return data
        metric = data.get("metric", {})
        if isinstance(metric, MetricChoice):
            metric = metric.model_dump(exclude_unset=True)
        if not isinstance(metric, Mapping) or "kind" in metric:
            return data
        kind = _default_metric(_background_kind(data.get("background")))
        return {**data, "metric": {**metric, "kind": kind}}

    @model_validator(mode="after")
    def _check_metric(self) -> Parameters:
        kind = self.background.kind
        if self.metric.kind == "star" and kind not in BACKGROUNDS_WITH_METRIC:
            raise broken(
                f"background.kind={kind!r} has no metric of its own", "metric.kind", "star"
            )
        return self

    @model_validator(mode="after")
    def _check_output_times(self) -> Parameters:
        interval, end = self.output.series_interval, self.time.end
        if end / interval > LARGEST_NUMBER_OF_TIMES:
            raise broken(
                f"gives more than {LARGEST_NUMBER_OF_TIMES} times until time.end={end:g}",
                "output.series_interval",
                interval,
            )
        return self

    @model_validator(mode="after")
    def _check_initial_field(self) -> Parameters:
        if self.initial.kind == "random":
            _check_below("initial.lmax", self.initial.lmax, "lmax", self.resolution.lmax)
        if self.initial.kind == "modes":
            for number, mode in enumerate(self.initial.modes):
                _check_resolved(f"initial.modes[{number}]", mode, self.resolution)
        return self

    def replace(self, changes: Mapping[str, Any] | None = None, /, **dotted: Any) -> Parameters:
        """Return the parameters with some keys changed, validated again.

        A change of ``background.kind`` or ``initial.kind`` starts that section from the keys of
        the new kind.

        Parameters
        ----------
        changes : mapping, optional
            Values by dotted key, or whole sections by name.
        **dotted
            The same as keywords, ``**{"hall.enabled": False}``.

        Returns
        -------
        parameters : Parameters

        Raises
        ------
        ParameterError
            Where a change is not allowed.
        """
        return Parameters(**_changed(self.model_dump(), {**(changes or {}), **dotted}))

    def snapshot_times(self) -> tuple[float, ...]:
        """Years at which the run takes snapshots: those that do not lie after its end."""
        return tuple(time for time in self.output.snapshot_times if time <= self.time.end)

    def to_json(self) -> str:
        """All parameters as JSON; floats keep every digit."""
        return self.model_dump_json()

    def fingerprint(self) -> str:
        """Hexadecimal digest that two sets of parameters share only if they are equal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]


def load_parameters(
    path: str | Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Parameters:
    """Parameters from a case file in TOML, with some keys changed.

    Parameters
    ----------
    path : str or path-like, optional
        The case file; without it, the defaults.
    overrides : mapping, optional
        Values by dotted key, which take precedence over the file's.

    Returns
    -------
    parameters : Parameters

    Raises
    ------
    ParameterError
        Where the file cannot be read, is not TOML, or a parameter breaks a rule.
    """
    data = {} if path is None else read_toml(path)
    return Parameters(**_changed(data, overrides or {}))


def parameters_from_json(text: str) -> Parameters:
    """Parameters from what :meth:`Parameters.to_json` gave.

    Without a section [metric] they were stored when there was only flat space, and mean that.

    Parameters
    ----------
    text : str
        A JSON object of sections.

    Returns
    -------
    parameters : Parameters

    Raises
    ------
    ParameterError
        Where the text is not such an object, or a parameter breaks a rule.
    """
    return Parameters(**{"metric": {"kind": "flat"}, **_json_object(text)})


def parameters_of_version_1(text: str) -> Parameters:
    """Parameters of a run stored with schema_version 1.

    What that version did is what a key means which it did not know.

    Parameters
    ----------
    text : str
        As for `parameters_from_json`.

    Returns
    -------
    parameters : Parameters
        With every key of today.

    Raises
    ------
    ParameterError
        As `parameters_from_json`.
    """
    data = _json_object(text)
    for key, value in _MEANT_BY_VERSION_1.items():
        section, _, name = key.partition(".")
        content = data.setdefault(section, {})
        if isinstance(content, dict):
            content.setdefault(name, value)
    return Parameters(**data)


def _json_object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise ParameterError("parameters", None, f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ParameterError("parameters", data, "must be a JSON object")
    return data


#: What a key meant to version 1, of those that it did not know or had another default for.
_MEANT_BY_VERSION_1 = MappingProxyType(
    {
        "resolution.radial_grid": "global",
        "resolution.element_order": 7,
        "resolution.radial_order": 192,
        "resolution.functions_per_wavelength": "auto",
        "resolution.dealiasing": 3,
        "metric.kind": "flat",
    }
)
_KEYS_OF_VERSION_1 = ("resolution.radial_order",)


def changed_defaults(data: Mapping[str, Any]) -> str:
    """What a case file written for version 1 gets by default, and did not before.

    Parameters
    ----------
    data : mapping
        What was given: content by section, as of a case file, or values by dotted key.

    Returns
    -------
    message : str
        A line that names the changed defaults which are not given. Empty where there are none, and
        where a key is given that version 1 did not know: its author knows today's keys.
    """
    given = dict(_flattened(data))
    changed = {}
    for key, before in _MEANT_BY_VERSION_1.items():
        if key in given and key not in _KEYS_OF_VERSION_1:
            return ""
        section, _, name = key.partition(".")
        (cls,) = section_classes(section).values()
        now = cls.model_fields[name].default
        if key == "metric.kind":
            kind = given.get("background.kind", _DEFAULT_KINDS["background"])
            now = _default_metric(str(kind))
        if key not in given and now != before:
            changed[key] = f"{key} = {json.dumps(now)} (was {json.dumps(before)})"
    if not changed:
        return ""
    new = next(key for key in _MEANT_BY_VERSION_1 if key not in _KEYS_OF_VERSION_1)
    return f"new defaults: {', '.join(changed.values())}; a case that sets {new} is not told"


def differences(one: Parameters, other: Parameters) -> dict[str, tuple[Any, Any]]:
    """Keys in which two sets of parameters differ.

    Parameters
    ----------
    one, other : Parameters

    Returns
    -------
    differing : dict of str to (object, object)
        Both values by dotted key; None where a section of another kind lacks the key.
    """
    old, new = (dict(_flattened(parameters.model_dump())) for parameters in (one, other))
    keys = old | new
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def read_toml(path: str | Path) -> dict[str, Any]:
    """Content of a TOML file.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    data : dict

    Raises
    ------
    ParameterError
        Where the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ParameterError(bare(str(path)), None, "no such file") from None
    except OSError as error:
        raise ParameterError(bare(str(path)), None, f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        # besides TOML's own errors: not UTF-8, integers of too many digits, a null in the path
        raise ParameterError(bare(str(path)), None, f"not TOML: {error}") from None


def _background_kind(background: object) -> str:
    """Kind of a section [background], which may not be valid."""
    if isinstance(background, Section):
        return str(getattr(background, "kind", ""))
    default = _DEFAULT_KINDS["background"]
    return str(background.get("kind", default)) if isinstance(background, Mapping) else default


def _check_below(key: str, value: int, limit_name: str, limit: int) -> None:
    if value > limit:
        raise broken(f"exceeds resolution.{limit_name}={limit}", key, value)


def _check_resolved(key: str, mode: Mode, resolution: Resolution) -> None:
    """Raise unless a mode lies within the angular resolution."""
    _check_below(f"{key}.degree", mode.degree, "lmax", resolution.lmax)
    _check_below(f"{key}.order", mode.order, "mmax", resolution.mmax)
    if mode.order % resolution.mres:
        raise broken(
            f"is not a multiple of resolution.mres={resolution.mres}", f"{key}.order", mode.order
        )


# Changes by dotted key, on plain nested mappings, before validation


def _changed(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Copy of nested data with the changes of dotted keys made."""
    result = {name: dict(v) if isinstance(v, Mapping) else v for name, v in data.items()}
    flat = dict(_flattened(changes))
    for section, default in _DEFAULT_KINDS.items():
        old = result.get(section, {})
        if isinstance(old, Mapping):
            old_kind = old.get("kind", default)
            if flat.get(f"{section}.kind", old_kind) != old_kind:
                result[section] = {}  # the keys of one kind mean nothing to another
                if section == "background":
                    result.pop("metric", None)  # which is the other's, or has another default
    for key, value in flat.items():
        section, dot, name = key.partition(".")
        if not dot:
            result[section] = value
        elif isinstance(result.setdefault(section, {}), Mapping):
            result[section][name] = value
        else:
            raise ParameterError(bare(section), result[section], "must be a table of keys")
    return result


def _flattened(changes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Changes with whole sections taken apart into their keys."""
    for key, value in changes.items():
        content = value.model_dump() if isinstance(value, Section) else value
        if isinstance(content, Mapping) and "." not in key:
            yield from ((f"{key}.{name}", item) for name, item in content.items())
        else:
            yield key, content


@functools.cache
def _keys() -> Keys:
    """The keys that there are, for errors to suggest."""
    sections = {name: section_classes(name) for name in Parameters.model_fields}
    return Keys(sections, _DEFAULT_KINDS, {("initial", "modes"): Mode})


def sections_with_key(name: str) -> list[str]:
    """Sections that have a key of some name, those without kinds first.

    Parameters
    ----------
    name : str
        Name of a key within its section.

    Returns
    -------
    sections : list of str
    """
    # a key of a section without kinds is there in every case file
    return [
        section
        for section in sorted(Parameters.model_fields, key=_DEFAULT_KINDS.__contains__)
        if any(name in cls.model_fields for cls in section_classes(section).values())
    ]


def has_kinds(name: str) -> bool:
    """Whether the key `kind` of a section decides which other keys it has."""
    return name in _DEFAULT_KINDS


def section_classes(name: str) -> dict[str, type[Section]]:
    """Classes of a section by kind, the default first.

    Parameters
    ----------
    name : str
        Name of the section.

    Returns
    -------
    classes : dict of str to type
        A section without kinds has one class, under its own name; `kind` of [metric] is a key like
        others, and decides about none.
    """
    annotation = Parameters.model_fields[name].annotation
    classes = get_args(annotation) or (annotation,)
    return {cls.model_fields["kind"].default if has_kinds(name) else name: cls for cls in classes}
