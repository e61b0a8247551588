"""From parameters to the equation that a run evolves: the one place where terms are composed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from spectralcmi.case.errors import ParameterError
from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import Chiral
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.fields.boundary import Boundaries
from spectralcmi.fields.element_space import ElementSpace
from spectralcmi.fields.mode_space import ModeSpace
from spectralcmi.fields.space import FieldSpace
from spectralcmi.grid.breakpoints import (
    LARGEST_SIZE_WITH_HEAT,
    automatic_breakpoints,
    divided,
)
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.elements import ElementBasis, check_breakpoints
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.radial import RadialBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.model import Deposit, InductionModel
from spectralcmi.profiles.crust import (
    build_crust,
    chosen_metric,
    crust_jumps,
    crust_radii,
    strongest_source,
)
from spectralcmi.profiles.provider import CrustHistory
from spectralcmi.terms.closure import cut
from spectralcmi.terms.dissipation import angular_rates
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.terms.electrons import electrons_of
from spectralcmi.terms.ohmic import free_decay, require_diffusive
from spectralcmi.threads import Threads

#: Radii on which a crust is looked at before its elements are laid.
SURVEY_POINTS = 2001
#: Ends of given breakpoints may be rounded this much [km].
BREAKPOINT_TOLERANCE = 1e-6
#: Attempts to reach a number of elements by scaling the rule.
SCALINGS = 8


@dataclass(frozen=True, eq=False)
class Matter:
    """What the model of a case has of an evolved temperature.

    Attributes
    ----------
    temperature : ndarray, shape (points,), optional
        Mean over each quadrature shell, in place of that of the parameters [K].
    on_grid : ndarray, shape (points, 3, grid), optional
        See `spectralcmi.terms.electric_field.LocalCoefficients`.
    heats : bool
        Whether the heat that the field sets free is wanted.
    deposit : Deposit, optional
        See `InductionModel`.
    """

    temperature: np.ndarray | None = None
    on_grid: np.ndarray | None = None
    heats: bool = False
    deposit: Deposit | None = None


def local_coefficients(parameters: Parameters, crust: xr.Dataset) -> LocalCoefficients:
    """What Ohm's law needs, from radial profiles on the quadrature points.

    Parameters
    ----------
    parameters : Parameters
    crust : Dataset
        See `spectralcmi.profiles.crust.build_crust`.

    Returns
    -------
    LocalCoefficients
    """
    absent = np.zeros(crust.sizes["radius"])

    def profile(name: str, wanted: bool) -> np.ndarray:
        return crust[name].values if wanted and name in crust else absent

    chiral = parameters.chiral
    return LocalCoefficients(
        magnetic_diffusivity=crust["magnetic_diffusivity"].values,
        hall_prefactor=profile("hall_prefactor", parameters.hall.enabled),
        chiral_wavenumber=profile("chiral_wavenumber", chiral.enabled),
        anomaly_feedback=FIELD_UNIT**2
        * profile("anomaly_feedback", chiral.enabled and chiral.anomaly),
        k5_max=chiral.k5_max,
        smooth_cutoff=chiral.cutoff == "smooth",
    )


def weak_field_wavenumber(chiral: Chiral, crust: xr.Dataset) -> np.ndarray:
    """k5 in the limit of no field: the source's, after the cutoff.

    Parameters
    ----------
    chiral : Chiral
        Section of the parameters.
    crust : Dataset
        See `spectralcmi.profiles.crust.build_crust`.

    Returns
    -------
    ndarray, shape (radius,)
        [1/km]; zero where the chiral term is off.
    """
    if not chiral.enabled or "chiral_wavenumber" not in crust:
        return np.zeros(crust.sizes["radius"])
    return cut(crust["chiral_wavenumber"].values, chiral.k5_max, chiral.cutoff == "smooth")


def build_model(
    parameters: Parameters,
    threads: Threads | None = None,
    time: float = 0.0,
    shell: Shell | None = None,
    matter: Matter | None = None,
) -> InductionModel:
    """The model of a case: star, grid, field space and terms.

    Parameters
    ----------
    parameters : Parameters
    threads : Threads, optional
        Default: all cores available.
    time : float
        A year of the run, which matters only if the star cools. At one at which its operators
        change they are those of before.
    shell : Shell, optional
        That of the parameters, or of a run that they go on with.
    matter : Matter, optional
        What follows from a temperature that is evolved.

    Returns
    -------
    InductionModel
    """
    threads = threads or Threads()
    shell = shell or build_shell(parameters)
    matter = matter or Matter()
    crust = CrustHistory(parameters).crust(shell.basis.radius, time, matter.temperature)
    mean = local = local_coefficients(parameters, crust)
    if matter.on_grid is not None:
        largest = matter.on_grid[:, 0].max(axis=-1).astype(float)
        local = replace(mean, magnetic_diffusivity=largest, on_grid=matter.on_grid)
    space = build_space(parameters, shell, local, threads)
    model = InductionModel(space, local, threads, heats=matter.heats, deposit=matter.deposit)
    model.electrons = electrons_of(crust, parameters.chiral, mean)
    model.has_spin_flip_heat = parameters.thermal.spin_flip_heat
    return model


def build_space(
    parameters: Parameters, shell: Shell, local: LocalCoefficients, threads: Threads
) -> FieldSpace:
    """The space of the field: banded on elements, free-decay modes of a global expansion."""
    boundaries = Boundaries(parameters.boundary.inner, parameters.boundary.outer)
    # without the Hall cascade nothing reaches the highest degrees, and nothing need damp them
    rate = parameters.dissipation.angular_rate if parameters.hall.enabled else 0.0
    rates, eta = angular_rates(rate, shell.harmonics.lmax), local.magnetic_diffusivity
    require_diffusive(eta)
    if isinstance(shell.basis, ElementBasis):
        inertia = parameters.hall.inertia / FIELD_UNIT * local.hall_prefactor
        return ElementSpace(
            shell, eta, boundaries, rates, threads, inertia if inertia.any() else None
        )
    modes = free_decay(shell, eta, boundaries, threads)
    return ModeSpace(shell, modes, rates, threads)


def build_shell(parameters: Parameters) -> Shell:
    """The shell of a case: radial basis, harmonics and metric, and the radius of the star."""
    resolution, background = parameters.resolution, parameters.background
    harmonics = Harmonics(resolution.lmax, resolution.mmax, resolution.mres, resolution.dealiasing)
    metric = chosen_metric(background, parameters.metric)
    ends = build_crust(background, parameters.chiral, crust_radii(background))
    stellar_radius = ends.attrs.get("stellar_radius_km")
    return Shell(build_basis(parameters), harmonics, metric, stellar_radius)


def build_basis(parameters: Parameters) -> RadialBasis:
    """The radial basis of a case.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    RadialBasis

    Raises
    ------
    ParameterError
        Where breakpoints do not fit the crust.
    """
    resolution = parameters.resolution
    inner, outer = crust_radii(parameters.background)
    grid, order = resolution.radial_grid, resolution.radial_order
    if resolution.is_global:
        functions = resolution.radial_functions or 0  # a global expansion has its number
        return chebyshev_basis(inner, outer, functions, resolution.map_parameter)
    if not isinstance(grid, str):
        return ElementBasis(_given_breakpoints(grid, inner, outer), resolution.element_order)
    breakpoints = _breakpoints(parameters, inner, outer, 1.0)
    if order != "auto":
        breakpoints = _as_many(parameters, inner, outer, breakpoints, order)
    return ElementBasis(breakpoints, resolution.element_order)


def _given_breakpoints(
    breakpoints: tuple[float, ...], inner: float, outer: float
) -> tuple[float, ...]:
    """Breakpoints of a case, whose ends are the crust's to all digits."""
    ends = ((breakpoints[0], inner, "inner"), (breakpoints[-1], outer, "outer"))
    for found, wanted, name in ends:
        if abs(found - wanted) > BREAKPOINT_TOLERANCE:
            raise ParameterError(
                "resolution.radial_grid",
                found,
                f"is not the {name} radius of the crust, {wanted:.6f} km",
            )
    fitted = (inner, *breakpoints[1:-1], outer)
    try:
        check_breakpoints(fitted)
    except ValueError as error:
        raise ParameterError("resolution.radial_grid", None, str(error)) from None
    return fitted


def _breakpoints(
    parameters: Parameters, inner: float, outer: float, scale: float
) -> tuple[float, ...]:
    """Breakpoints of the rule `auto`, refined by a factor."""
    background, resolution = parameters.background, parameters.resolution
    radius = np.linspace(inner, outer, SURVEY_POINTS)
    crust = build_crust(background, parameters.chiral, radius)
    # the elements are those of a whole run
    crust["chiral_wavenumber"] = ("radius", strongest_source(crust, parameters.chiral))
    breakpoints = automatic_breakpoints(
        radius,
        crust["magnetic_diffusivity"].values,
        weak_field_wavenumber(parameters.chiral, crust),
        parameters.time.end,
        resolution.lmax,
        resolution.element_order,
        resolution.functions_per_wavelength,
        scale,
        crust_jumps(background),
    )
    return (
        divided(breakpoints, LARGEST_SIZE_WITH_HEAT) if parameters.thermal.enabled else breakpoints
    )


def _as_many(
    parameters: Parameters,
    inner: float,
    outer: float,
    breakpoints: tuple[float, ...],
    order: int,
) -> tuple[float, ...]:
    """Breakpoints of the rule `auto` for about a number of radial functions."""
    scale, wanted = 1.0, order / (parameters.resolution.element_order - 1)
    for _ in range(SCALINGS):
        elements = len(breakpoints) - 1
        if abs(elements - wanted) < 1:
            break
        scale *= wanted / elements
        breakpoints = _breakpoints(parameters, inner, outer, scale)
    return breakpoints
