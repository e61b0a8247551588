"""Sections of the case file, one class each.

A field's description says what the key means and its ``unit`` in what it is counted, so that help
texts are made from here and nowhere else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from spectralcmi.case.backgrounds import (
    BUILT_IN_EQUATION_OF_STATE,
    ENVELOPE_DENSITY,
    GIVEN_DATASET,
    Background,
    GourgouliatosCumming,
    NeutronStar,
    Table,
    Temperature,
    UniformShell,
)
from spectralcmi.case.choices import (
    FIXED_STEP_SCHEMES,
    ChiralConvention,
    CoreTemperature,
    Cutoff,
    Dealiasing,
    EnvelopeModel,
    InnerBoundary,
    MetricKind,
    NeutronGap,
    OuterBoundary,
    ProtonGap,
    RadialGrid,
    Scheme,
    ThermalDimension,
    Torque,
)
from spectralcmi.case.errors import broken
from spectralcmi.case.initial_fields import (
    Dipole,
    FieldFile,
    GivenStart,
    Initial,
    InitialField,
    Mode,
    Modes,
    RandomField,
)
from spectralcmi.case.kinds import DEFAULT_KINDS, of_kind
from spectralcmi.case.quantities import (
    LARGEST_RESOLUTION,
    Section,
    auto_or_fraction,
    auto_or_positive,
    auto_or_radial_order,
    element_order_of_c1,
    increasing,
    quantity,
    radial_grid_or_breakpoints,
)
from spectralcmi.case.stopping import StopRule, stop_rule, valid_stop_rule

__all__ = [
    "BACKGROUNDS_WITH_METRIC",
    "BUILT_IN_EQUATION_OF_STATE",
    "DEFAULT_KINDS",
    "DEFAULT_METRIC",
    "DEFAULT_RADIAL_GRID",
    "DEFAULT_RADIAL_ORDER",
    "ENVELOPE_DENSITY",
    "GIVEN_DATASET",
    "GLOBAL_RADIAL_ORDER",
    "Background",
    "Boundary",
    "Chiral",
    "Dipole",
    "Dissipation",
    "FieldFile",
    "GivenStart",
    "GourgouliatosCumming",
    "Hall",
    "Initial",
    "InitialField",
    "MetricChoice",
    "Mode",
    "Modes",
    "NeutronStar",
    "Output",
    "RandomField",
    "Resolution",
    "Spin",
    "Table",
    "Temperature",
    "Thermal",
    "Time",
    "UniformShell",
    "default_metric",
    "of_kind",
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

_LARGEST_ELEMENT_ORDER = 32  # steps get short long before


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
    delta_mu_file: str = quantity(
        "",
        "",
        "CSV or netCDF file of delta_mu in units of k_B T, in place of the number: columns radius "
        "[km] or density [g cm-3], and delta_mu; with time [yr] before them where it changes, "
        "which the run follows along straight lines; empty: none",
    )
    convention: ChiralConvention = quantity(
        "textbook",
        "",
        "constants of the effect. textbook: k5 = C mu5/(hbar c) with C = 2 alpha/pi, Gaussian "
        "units; dehman_pons: C = alpha/(2 pi), from the numbers of arXiv:2408.05281; "
        "dehman_pons_2025: as printed in arXiv:2505.06196, C = 4 alpha, E.B with "
        "2 alpha/(pi hbar), the spin-flip rate times 4 pi, mu5 the whole of mu_R - mu_L",
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
        "factor on the spin-flip rate (m_e c^2/mu_e)^2 omega_p^2/(4 pi sigma); the papers print "
        "it without the 4 pi of Gaussian units, which a factor of 12.566 gives",
        gt=0,
    )
    weak_rate_prefactor: float = quantity(
        1.0,
        "1",
        "factor on the electron-capture rate G_F^2 (1 + 3 g_A^2)/(2 pi^3 hbar) I, which is that "
        "of free protons; 0.2 gives the paper's slowest growth",
        ge=0,
    )

    @model_validator(mode="after")
    def _check_deviation(self) -> Chiral:
        default = type(self).model_fields["delta_mu"].default
        if self.delta_mu_file and self.delta_mu != default:
            raise broken(
                f"excludes delta_mu_file={self.delta_mu_file!r}", "delta_mu", self.delta_mu
            )
        return self

    def files(self) -> dict[str, str]:
        """Files that the section names, by key."""
        return {"delta_mu_file": self.delta_mu_file} if self.delta_mu_file else {}


class Hall(Section):
    """Hall drift."""

    enabled: bool = quantity(True, "", "whether the Hall term acts")
    inertia: float = quantity(
        0.0,
        "G yr",
        "inertia m c/e of the electrons, which no Hall wave outruns: its frequency is at most "
        "B/inertia, and waves longer than 2 pi (f_h inertia)^(1/2) stay as they are. One beyond "
        "the true 1e-13 allows longer steps, 1e15 for the life of a star of 1e14 G; for runs on "
        "radial elements without a chiral term",
        ge=0,
    )


class Dissipation(Section):
    """Dissipation of the highest degrees, which the Hall cascade needs."""

    angular_rate: float = quantity(
        10.0,
        "1/yr",
        "damping rate at lmax, falling as (l(l+1)/(lmax(lmax+1)))^4 below; acts only where the "
        "Hall term is enabled; 0 turns it off",
        ge=0,
    )


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


class Boundary(Section):
    """Boundary conditions."""

    inner: InnerBoundary = quantity(
        "perfect_conductor",
        "",
        "perfect_conductor: P = 0 and no tangential electric field; zero_toroidal: P = T = 0",
    )
    outer: OuterBoundary = quantity("potential", "", "potential: the field outside is current-free")


class Spin(Section):
    """Rotation of the star, which follows from the field and does not act on it."""

    period: float = quantity(0.01, "s", "spin period at the beginning of the run", gt=0)
    inclination: float = quantity(
        60.0, "degree", "angle between dipole and spin axis at the beginning", ge=0, le=180
    )
    torque: Torque = quantity(
        "force_free",
        "",
        "force_free: of a magnetosphere filled with plasma; vacuum: of an empty one",
    )


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
    stop_when: Annotated[str, AfterValidator(valid_stop_rule)] = quantity(
        "",
        "",
        'ends a run before its time, complete, such as "rms_field > 1e15": a series of the dataset '
        "with one value at each time, < or >, and a number in its unit; looked at whenever the "
        "series is measured",
    )
    wall_limit: float = quantity(
        0.0,
        "h",
        "wall time after which a run is saved and ends, to be resumed; 0: none",
        ge=0,
    )

    @property
    def stop_rule(self) -> StopRule | None:
        """What `stop_when` says."""
        return stop_rule(self.stop_when)

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
