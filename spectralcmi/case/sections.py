"""Sections of the case file, one class each.

A field's description says what the key means and its ``unit`` in what it is counted, so that help
texts are made from here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

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
)
from spectralcmi.case.errors import broken
from spectralcmi.case.quantities import (
    LARGEST_RESOLUTION,
    Section,
    at_least_one,
    auto_or_fraction,
    auto_or_positive,
    auto_or_radial_order,
    element_order_of_c1,
    increasing,
    nonempty,
    nonzero,
    quantity,
    radial_grid_or_breakpoints,
)

# the two defaults of the radial grid
DEFAULT_RADIAL_GRID: RadialGrid = "auto"
DEFAULT_RADIAL_ORDER: Literal["auto"] | int = "auto"

DEFAULT_METRIC: MetricKind = "star"
"""Metric of a neutron star unless another is given; that of the other backgrounds is flat."""

DEFAULT_KINDS = MappingProxyType({"background": "neutron_star", "initial": "dipole"})
"""Kinds of the sections that have some, where none is given."""

BACKGROUNDS_WITH_METRIC = ("neutron_star", "table")
"""Kinds of background that have a metric of their own; a table may."""

GLOBAL_RADIAL_ORDER = 192
"""Chebyshev polynomials of the global expansion where radial_order is "auto"."""

BUILT_IN_EQUATION_OF_STATE = "bsk24"
"""Name of the equation of state that needs no file."""

_LARGEST_SEED = 2**63 - 1
_LARGEST_ELEMENT_ORDER = 32  # steps get short long before

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
            return {"kind": DEFAULT_KINDS[section], **value}
        return value

    return BeforeValidator(with_kind)


Background = Annotated[
    NeutronStar | UniformShell | Table | GourgouliatosCumming,
    Field(discriminator="kind"),
    _default_kind("background"),
]


def default_metric(background_kind: str) -> MetricKind:
    """Metric of a kind of background unless another is given."""
    return DEFAULT_METRIC if background_kind == DEFAULT_KINDS["background"] else "flat"


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
    polar_field: Annotated[float, AfterValidator(nonzero)] = quantity(
        1e12, "G", "radial field at the north pole of the outer radius", ge=-1e18, le=1e18
    )


class Mode(Section):
    """One spherical-harmonic mode of an initial field."""

    degree: int = quantity(..., "1", "degree l", ge=1)
    order: int = quantity(0, "1", "order m", ge=0)
    kind: FieldPart = quantity("poloidal", "", "poloidal or toroidal")
    amplitude: Annotated[float, AfterValidator(nonzero)] = quantity(
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
    modes: Annotated[tuple[Mode, ...], AfterValidator(nonempty)] = quantity(
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

    lmax: int = quantity(60, "1", "highest degree", ge=1, le=LARGEST_RESOLUTION)
    mmax: int = quantity(0, "1", "highest order; 0: axisymmetric, lmax: full 3D", ge=0)
    mres: int = quantity(1, "1", "orders are the multiples of mres (an mres-fold symmetry)", ge=1)
    radial_grid: Annotated[
        RadialGrid | tuple[float, ...], BeforeValidator(radial_grid_or_breakpoints)
    ] = quantity(
        DEFAULT_RADIAL_GRID,
        "km",
        "auto: polynomials on elements, small where the field will vary; global: one "
        "Chebyshev expansion from end to end; or the breakpoints between elements, a list of "
        "radii from the inner to the outer one",
    )
    element_order: Annotated[int, AfterValidator(element_order_of_c1)] = quantity(
        7,
        "1",
        "degree of the poloidal polynomials of an element, at least 3; that of the toroidal ones "
        "is one less; nothing to a global radial_grid",
        le=_LARGEST_ELEMENT_ORDER,
    )
    radial_order: Annotated[Literal["auto"] | int, BeforeValidator(auto_or_radial_order)] = (
        quantity(
            DEFAULT_RADIAL_ORDER,
            "1",
            "number of radial functions, at least 8: Chebyshev polynomials, or elements times "
            "(element_order - 1). auto: 192 for a global radial_grid, else what radial_grid "
            "gives; a number scales what radial_grid = auto gives",
        )
    )
    map_parameter: Annotated[Literal["auto"] | float, BeforeValidator(auto_or_fraction)] = quantity(
        "auto",
        "1",
        "a of the Kosloff-Tal-Ezer map of a global radial_grid, in [0, 1); auto: "
        "sech(ln(1e12)/radial_order); 0: unmapped",
    )
    functions_per_wavelength: Annotated[
        Literal["auto"] | float, BeforeValidator(auto_or_positive)
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
        if functions > LARGEST_RESOLUTION:
            raise broken(
                f"{gives}, more than {LARGEST_RESOLUTION}", "radial_grid", self.radial_grid
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
        tuple[Annotated[float, Field(ge=0)], ...], AfterValidator(increasing)
    ] = quantity(
        (0.0, 70.0, 100.0, 200.0, 300.0),
        "yr",
        "times of the full fields, increasing; those later than time.end are not taken",
        strict=False,
    )
    checkpoint_interval: float = quantity(60.0, "s", "wall time between checkpoints", gt=0)
