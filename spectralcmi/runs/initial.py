"""Initial fields: from the parameters' `initial` section to coefficients of a field space."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import (
    Dipole,
    FieldFile,
    GivenStart,
    Modes,
    RandomField,
    of_kind,
)
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.fields.state import State, profiles_on
from spectralcmi.grid.radial import RadialBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.model import InductionModel
from spectralcmi.runs.dataset import last_field
from spectralcmi.runs.given_field import known_field
from spectralcmi.runs.radial_functions import RADIAL_MODES
from spectralcmi.runs.random_start import random_field, rms

#: Share of the energy which a projection may lose, and above which what it lost is told.
LARGEST_LOSS, TOLD_LOSS = 1e-2, 1e-6

_log = logging.getLogger(__name__)


def poloidal_polynomial(shell: Shell, degree: int) -> np.ndarray:
    """Lowest polynomial p(r) that satisfies the boundary conditions, as slots.

    p = x - c x^3 with x = r - r_i: p and, in flat space, the current vanish at the inner boundary
    (p = p'' = 0), and p' + kappa_l p = 0 at the outer one.

    Parameters
    ----------
    shell : Shell
    degree : int

    Returns
    -------
    ndarray, shape (slots,)
    """
    basis, kappa = shell.basis, float(shell.exterior_factor(degree))
    gap = basis.outer_radius - basis.inner_radius
    cubic = (1 + kappa * gap) / (3 * gap**2 + kappa * gap**3)
    x = basis.storage_radius - basis.inner_radius
    return basis.poloidal_from_storage((x - cubic * x**3)[:, None])[:, 0]


def toroidal_polynomial(basis: RadialBasis, inner_boundary: str) -> np.ndarray:
    """Lowest polynomial t(r) that satisfies the boundary conditions, as slots.

    With x = r - r_i and the gap d: d^2 - x^2 (no tangential electric field inside) on a perfect
    conductor, x (d - x) where t vanishes on both sides.

    Parameters
    ----------
    basis : RadialBasis
    inner_boundary : str

    Returns
    -------
    ndarray, shape (slots,)
    """
    gap = basis.outer_radius - basis.inner_radius
    x = basis.storage_radius - basis.inner_radius
    values = gap**2 - x**2 if inner_boundary == "perfect_conductor" else x * (gap - x)
    return basis.toroidal_from_storage(values[:, None])[:, 0]


def _single_mode(
    model: InductionModel, kind: str, degree: int, order: int, profile: np.ndarray
) -> np.ndarray:
    """Coefficients of the field with one radial profile in the real part of (degree, order)."""
    columns = model.shell.columns
    column = int(np.flatnonzero((columns.degree == degree) & (columns.order == order))[0])
    parts = {
        name: np.zeros((getattr(model.shell.basis, f"{name}_slots"), columns.count))
        for name in ("poloidal", "toroidal")
    }
    parts[kind][:, column] = profile
    return model.coefficients(State(0.0, model.shell, **parts))


def _dipole(parameters: Parameters, model: InductionModel) -> np.ndarray:
    basis = model.shell.basis
    profile = poloidal_polynomial(model.shell, 1)
    surface = basis.outer_poloidal @ profile
    # B_r(pole) = l(l+1) p/r^2 Y_10(0)
    polar = 2 * surface / basis.outer_radius**2 * np.sqrt(3 / (4 * np.pi))
    dipole = of_kind(parameters.initial, Dipole)
    profile *= dipole.polar_field / FIELD_UNIT / polar
    return _single_mode(model, "poloidal", 1, 0, profile)


def _modes(parameters: Parameters, model: InductionModel) -> np.ndarray:
    total = np.zeros(model.shape)
    for mode in of_kind(parameters.initial, Modes).modes:
        if mode.shape == "polynomial":
            basis = model.shell.basis
            profile = (
                poloidal_polynomial(model.shell, mode.degree)
                if mode.kind == "poloidal"
                else toroidal_polynomial(basis, parameters.boundary.inner)
            )
        else:
            most = model.space.free_modes[mode.kind]
            if mode.index > most:
                raise ParameterError(
                    "initial.modes.index",
                    mode.index,
                    f"exceeds the {most} modes that the radial order gives",
                )
            family = getattr(model.space.free_decay(mode.index, [mode.degree]), mode.kind)
            profile = family[0][:, -1]
        field = _single_mode(model, mode.kind, mode.degree, mode.order, profile)
        total += mode.amplitude / FIELD_UNIT / rms(model, field) * field
    return total


def _random(parameters: Parameters, model: InductionModel) -> np.ndarray:
    chosen = of_kind(parameters.initial, RandomField)
    return chosen.rms_field / FIELD_UNIT * random_field(model, chosen)


def _file(parameters: Parameters, model: InductionModel) -> np.ndarray:
    """The last field of a run; ParameterError where too much of it does not fit."""
    file = of_kind(parameters.initial, FieldFile).file
    found = last_field(file, model.shell)
    field = model.coefficients(profiles_on(found, model.shell))
    lost = lost_share(found, model.state(field))
    if not lost <= LARGEST_LOSS:
        raise ParameterError(
            "initial.file",
            file,
            f"the boundary conditions and the resolution leave out {100 * lost:.3g} % of its "
            f"energy, more than {100 * LARGEST_LOSS:g} %",
        )
    if lost > TOLD_LOSS:
        _log.info(
            "initial.file = %s: the boundary conditions and the resolution leave out %.2g %% of "
            "its energy",
            file,
            100 * lost,
        )
    return field


def lost_share(field: State, projected: State) -> float:
    """Share of all the magnetic energy of a field that a projection lost; 0 of no field.

    Parameters
    ----------
    field, projected : State
        Before and after, each on its own shell. What counts is the energy in the metric of the
        second, whose inner product is that of the projection.

    Returns
    -------
    float
        nan where the field is.
    """
    there = replace(field.shell, metric=projected.shell.metric)
    energy = State(field.time, there, field.poloidal, field.toroidal).energy
    return 1 - projected.energy / energy if energy != 0 else 0.0


def _given(parameters: Parameters, model: InductionModel) -> np.ndarray:
    """A field from Python; ParameterError where it was made for another shell."""
    digest = of_kind(parameters.initial, GivenStart).digest
    field = known_field(digest)
    if field.shell != model.shell:
        raise ParameterError(
            "initial.digest",
            digest,
            "the field is made for another resolution, background or metric than those of the run",
        )
    return model.coefficients(field.profiles)


KINDS: dict[str, Callable[[Parameters, InductionModel], np.ndarray]] = {
    "dipole": _dipole,
    "modes": _modes,
    "random": _random,
    "file": _file,
    "given": _given,
}


def initial_field(parameters: Parameters, model: InductionModel) -> np.ndarray:
    """Coefficients of the initial field, with its random perturbation.

    Parameters
    ----------
    parameters : Parameters
    model : InductionModel

    Returns
    -------
    ndarray, shape `model.shape`

    Raises
    ------
    ParameterError
        Where a mode or a file does not fit.
    """
    field = KINDS[parameters.initial.kind](parameters, model)
    amplitude, seed = (
        parameters.initial.perturbation_amplitude,
        parameters.initial.perturbation_seed,
    )
    if amplitude > 0:
        noise = random_field(model, RandomField(seed=seed, lmax=model.shell.harmonics.lmax))
        field = field + amplitude * rms(model, field) * noise
    return field


def noise_of(parameters: Parameters) -> str:
    """What is added to the initial field, in words; empty: nothing.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    str
    """
    initial, resolution = parameters.initial, parameters.resolution
    if initial.perturbation_amplitude == 0:
        return ""
    return (
        f"random field of {initial.perturbation_amplitude:g} of its rms, seed "
        f"{initial.perturbation_seed}: the same energy in each degree from 1 to {resolution.lmax}, "
        f"orders up to {resolution.mmax}, the {RADIAL_MODES} slowest free-decay modes, "
        "half of it toroidal, no helicity"
    )
