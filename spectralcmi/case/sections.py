"""Sections of the case file, one class each; the largest of them in files of their own.

A field's description says what the key means and its ``unit`` in what it is counted, so that help
texts are made from here and nowhere else.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from spectralcmi.case.backgrounds import (
    BUILT_IN_EQUATION_OF_STATE,
    ENVELOPE_DENSITY,
    GIVEN_DATASET,
    Background,
    GourgouliatosCumming,
    NeutronStar,
    Table,
    UniformShell,
)
from spectralcmi.case.choices import (
    FIXED_STEP_SCHEMES,
    ChiralConvention,
    Cutoff,
    InnerBoundary,
    MetricKind,
    OuterBoundary,
    Scheme,
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
from spectralcmi.case.quantities import Section, increasing, quantity
from spectralcmi.case.resolution import Resolution
from spectralcmi.case.stopping import StopRule, stop_rule, valid_stop_rule
from spectralcmi.case.thermal import Thermal

__all__ = [
    "BACKGROUNDS_WITH_METRIC",
    "BUILT_IN_EQUATION_OF_STATE",
    "DEFAULT_KINDS",
    "DEFAULT_METRIC",
    "ENVELOPE_DENSITY",
    "GIVEN_DATASET",
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
    "Thermal",
    "Time",
    "UniformShell",
    "default_metric",
    "of_kind",
]

DEFAULT_METRIC: MetricKind = "star"
"""Metric of a neutron star unless another is given; that of the other backgrounds is flat."""

BACKGROUNDS_WITH_METRIC = ("neutron_star", "table")
"""Kinds of background that have a metric of their own; a table may."""


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
