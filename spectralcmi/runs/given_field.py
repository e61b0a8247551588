"""Initial fields from Python: functions, coefficients and other runs, for `cmi.run(initial=)`.

A field is known to the parameters of a run by the digest of its content, and to the process that
made it as long as somebody holds it; a run that has begun needs it no longer.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.build import build_model
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import InitialField
from spectralcmi.errors import InputError
from spectralcmi.fields.state import Profiles, State, common_columns, profiles_on
from spectralcmi.grid.shell import Columns, Shell
from spectralcmi.model import InductionModel
from spectralcmi.profiles.given_table import with_background
from spectralcmi.runs.dataset import field_at, same_radii, shell_of
from spectralcmi.runs.diagnostics import ENERGY_UNIT
from spectralcmi.runs.sampled_field import FieldFunction, SampledField, of_state, sampled
from spectralcmi.runs.splined_field import splined

#: Share of the energy that may be left out unless another is allowed, of a function and of
#: coefficients, and of another run, whose resolution may be another.
LARGEST_LOSS, LARGEST_LOSS_OF_RUN = 1e-8, 1e-2
#: Share of the energy that may have to do with a divergence, 1 % of the amplitude.
LARGEST_DIVERGENCE = 1e-4
#: Shares above are told without being asked, those below the second are not worth a word.
TOLD_SHARE, NEGLIGIBLE = 1e-6, 1e-12

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class GivenField:
    """An initial field that fits a run, see `cmi.run`.

    Attributes
    ----------
    shell : Shell
        Of the run.
    profiles : Profiles
        What is projected onto the fields that the run can hold.
    origin : str
        What the field is made from.
    energy : float
        Of what was given, with the current-free field outside, seen from infinity [erg].
    lost : float
        Share of that energy which the run can't hold.
    divergence : float
        Share of the energy that makes the field one with a divergence, as well as the radial
        functions of the run can tell.
    """

    shell: Shell
    profiles: Profiles
    origin: str
    energy: float
    lost: float
    divergence: float

    @cached_property
    def digest(self) -> str:
        """Digest of the content, by which parameters name the field."""
        content = hashlib.sha256(repr(self.shell).encode())
        for part in (self.profiles.p, self.profiles.p_slope, self.profiles.t):
            content.update(np.ascontiguousarray(part).tobytes())
        return content.hexdigest()[:32]

    @property
    def description(self) -> str:
        """Origin, loss and divergence in words."""
        return (
            f"{self.origin}; of its {self.energy:.6g} erg {100 * self.lost:.3g} % are left out, "
            f"{100 * self.divergence:.3g} % have to do with a divergence"
        )

    def __repr__(self) -> str:
        return f"GivenField({self.description})"


_KNOWN: WeakValueDictionary[str, GivenField] = WeakValueDictionary()


def initial_field(
    parameters: Parameters,
    function: FieldFunction,
    *,
    background: xr.Dataset | None = None,
    largest_loss: float = LARGEST_LOSS,
) -> GivenField:
    """An initial field from a function of place.

    Parameters
    ----------
    parameters : Parameters
        Of the run that begins with it.
    function : callable
        Of r [km], theta and phi [rad], arrays that broadcast against each other: gives B_r,
        B_theta, B_phi [G], as measured there along unit vectors; or the potentials P [G km] and
        T [G] with B = curl curl (P r_vec) + curl (T r_vec).
    background : Dataset, optional
        As of `cmi.run`.
    largest_loss : float
        Share of the energy that the run may lack, because of its boundary conditions or its
        resolution.

    Returns
    -------
    GivenField

    Raises
    ------
    InputError
        If more is left out, or the field has a divergence; the line says why.

    Notes
    -----
    What is left out is the distance to the nearest field that the run can hold, in the norm of the
    magnetic energy, outside included. A field without divergence in flat space has one in the
    metric of a star.

    Examples
    --------
    >>> def uniform(r, theta, phi):
    ...     return 1e12 * np.cos(theta), -1e12 * np.sin(theta), 0
    >>> start = initial_field(parameters, uniform, largest_loss=1)  # doctest: +SKIP
    """
    parameters = with_background(parameters, background)
    model = build_model(parameters)
    return _accepted(model, sampled(function, model.shell), "function of place", largest_loss)


def from_coefficients(
    parameters: Parameters,
    radius: ArrayLike,
    poloidal: ArrayLike,
    toroidal: ArrayLike,
    *,
    degree: ArrayLike | None = None,
    order: ArrayLike | None = None,
    background: xr.Dataset | None = None,
    largest_loss: float = LARGEST_LOSS,
) -> GivenField:
    """An initial field from its coefficients P_lm and T_lm on radii.

    Parameters
    ----------
    parameters : Parameters
        Of the run that begins with it.
    radius : array_like, shape (n,)
        Ascending, from the inner to the outer radius [km]; splines of fifth order go through.
    poloidal, toroidal : array_like, complex, shape (n, lm)
        P_lm [G km] and T_lm [G] of orthonormal Y_lm with Condon-Shortley phase, m >= 0, of a real
        field.
    degree, order : array_like of int, shape (lm,), optional
        By default those of a dataset of the run: by degree, then by order.
    background, largest_loss
        As of `initial_field`.

    Returns
    -------
    GivenField

    Raises
    ------
    InputError
        If the coefficients are not such, or more is left out.
    """
    parameters = with_background(parameters, background)
    model = build_model(parameters)
    own = model.shell.harmonics
    degree, order = (
        np.asarray(default if given is None else given)
        for given, default in ((degree, own.degree), (order, own.order))
    )
    radius = np.asarray(radius, dtype=float)
    parts = [np.asarray(part, dtype=complex) for part in (poloidal, toroidal)]
    field = splined(model.shell, radius, parts, degree, order)
    return _accepted(model, field, "coefficients", largest_loss)


def from_dataset(
    parameters: Parameters,
    dataset: xr.Dataset,
    snapshot: int = -1,
    *,
    background: xr.Dataset | None = None,
    largest_loss: float = LARGEST_LOSS_OF_RUN,
) -> GivenField:
    """An initial field from a snapshot of another run.

    Parameters
    ----------
    parameters : Parameters
        Of the run that begins with it; the radii of its crust are those of the other run.
    dataset : Dataset
        Of a run.
    snapshot : int
        Index of the snapshot, negative from the end.
    background, largest_loss
        As of `initial_field`.

    Returns
    -------
    GivenField

    Raises
    ------
    InputError
        If there is no such snapshot, the radii are others, or more is left out.
    """
    parameters = with_background(parameters, background)
    count = dataset.sizes.get("snapshot", 0)
    if not -count <= snapshot < count:
        raise InputError(f"snapshot={snapshot} is no index of the {count} snapshots of the dataset")
    model, source = build_model(parameters), shell_of(dataset)
    radii = [(b.inner_radius, b.outer_radius) for b in (source.basis, model.shell.basis)]
    if not same_radii(*radii):
        there, here = ("{:.6f} to {:.6f} km".format(*ends) for ends in radii)
        raise InputError(f"the dataset has a crust from {there}, the run from {here}")
    found = field_at(dataset, snapshot, source)
    # on the radial basis of the run, and with all the harmonics that the snapshot has
    shell = Shell(model.shell.basis, source.harmonics, model.shell.metric)
    whole = Shell(source.basis, source.harmonics, shell.metric)
    sampled = of_state(State(found.time, whole, found.poloidal, found.toroidal))
    field = replace(sampled, shell=shell, profiles=profiles_on(found, shell))
    return _accepted(model, field, f"snapshot at {found.time:g} yr of a run", largest_loss)


def known_field(digest: str) -> GivenField:
    """The field that parameters name.

    Parameters
    ----------
    digest : str

    Returns
    -------
    GivenField

    Raises
    ------
    ParameterError
        If no such field was made in this process, or nobody holds it any longer.
    """
    if digest not in _KNOWN:
        raise ParameterError(
            "initial.digest", digest, "no such field is here; cmi.run(initial=) is given one"
        )
    return _KNOWN[digest]


def with_initial(parameters: Parameters, field: GivenField) -> Parameters:
    """Parameters of a run that begins with a field; perturbations of their own start stay.

    Parameters
    ----------
    parameters : Parameters
    field : GivenField

    Returns
    -------
    changed : Parameters

    Raises
    ------
    InputError
        If it is no field that `initial_field`, `from_coefficients` or `from_dataset` gave.
    """
    if not isinstance(field, GivenField):
        raise InputError(
            f"initial is a {type(field).__name__}, not what initial_field, from_coefficients or "
            "from_dataset give"
        )
    _KNOWN[field.digest] = field
    kept = {name: getattr(parameters.initial, name) for name in InitialField.model_fields}
    given = {"kind": "given", "digest": field.digest, "origin": field.description}
    return parameters.replace({"initial": {**given, **kept}})


def _accepted(
    model: InductionModel, field: SampledField, origin: str, largest_loss: float
) -> GivenField:
    """A field that fits a model; InputError with all reasons where it doesn't."""
    shell = model.shell
    profiles = _for_columns(field, shell.columns)
    total = field.square_integral + float(field.exterior.sum())
    if total == 0:
        raise InputError("the initial field is zero everywhere")
    held = model.state(model.coefficients(profiles)).energy
    lost = max(0.0, 1.0 - held / total)
    given = GivenField(shell, profiles, origin, ENERGY_UNIT * total, lost, field.divergence)
    reasons = _reasons(field, shell)
    if field.divergence > LARGEST_DIVERGENCE:
        raise InputError(
            f"the initial field has a divergence, with {100 * field.divergence:.3g} % of its "
            f"energy; at most {100 * LARGEST_DIVERGENCE:g} % are allowed{_in_metric(shell)}"
        )
    if lost > largest_loss:
        raise InputError(
            f"of the energy of the initial field {100 * lost:.3g} % are left out, more than "
            f"largest_loss={largest_loss:g}: {'; '.join(reasons) or 'radial functions too few'}"
        )
    is_news = max(lost, field.divergence) > TOLD_SHARE
    _log.log(logging.WARNING if is_news else logging.INFO, "initial field: %s", given.description)
    return given


def _in_metric(shell: Shell) -> str:
    return (
        ""
        if shell.metric.is_flat
        else ', in the metric of the star; metric.kind = "flat" is without'
    )


def _for_columns(field: SampledField, columns: Columns) -> Profiles:
    there, here = common_columns(field.shell.columns, columns)

    def moved(values: np.ndarray) -> np.ndarray:
        out = np.zeros((*values.shape[:-1], columns.count))
        out[..., here] = values[..., there]
        return out

    on = field.profiles
    return Profiles(*(moved(part) for part in (on.p, on.p_slope, on.t, on.surface)))


def _reasons(field: SampledField, shell: Shell) -> list[str]:
    """Why a run can't hold a field, in words."""
    reasons, columns = [], field.shell.columns
    energies = sum(field.square_integrals) + field.exterior
    total = field.square_integral + float(field.exterior.sum())
    kept, _ = common_columns(columns, shell.columns)
    beyond = 1.0 - float(energies[kept].sum()) / total
    if beyond > NEGLIGIBLE:
        reasons.append(f"{100 * beyond:.3g} % are of degrees or orders that the resolution lacks")
    if field.divergence > NEGLIGIBLE:
        reasons.append(f"{100 * field.divergence:.3g} % have to do with a divergence")
    mean = np.sqrt(field.square_integral / shell.volume)
    for found, words in _misfits(field):
        if found > 1e-6 * mean:
            reasons.append(f"{words}, but is {found / mean:.2g} of the field's rms")
    return reasons


def _misfits(field: SampledField) -> list[tuple[float, str]]:
    """What the boundary conditions forbid and the field has, rms over each sphere."""
    shell, basis = field.shell, field.shell.basis
    degree = shell.columns.degree
    product = degree * (degree + 1.0)
    (inner_p, _, _), (outer_p, outer_slope, outer_t) = field.edges
    kappa = shell.exterior_factor(degree)
    jump = outer_slope + kappa * outer_p
    inner, outer, sphere = basis.inner_radius, basis.outer_radius, np.sqrt(4 * np.pi)
    return [
        (
            float(np.linalg.norm(product * inner_p)) / inner**2 / sphere,
            "B_r has to vanish at the inner radius",
        ),
        (
            float(np.linalg.norm(np.sqrt(product) * jump)) / outer / sphere,
            "the poloidal field has to go on outside without a current",
        ),
        (
            float(np.linalg.norm(np.sqrt(product) * outer_t)) / outer / sphere,
            "the toroidal field has to vanish at the outer radius",
        ),
    ]
