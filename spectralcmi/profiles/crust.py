"""The crust as the solver sees it: radial profiles of every coefficient, as one Dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from spectralcmi.case.errors import ParameterError
from spectralcmi.errors import InputError
from spectralcmi.grid.metric import FLAT, Metric
from spectralcmi.profiles.deviation import deviation, strongest_deviation
from spectralcmi.profiles.table import table_metric, table_profiles, table_radii
from spectralcmi.profiles.variables import COMMENTS, VARIABLES
from spectralcmi.star.neutron_star import (
    neutron_star_jumps,
    neutron_star_profiles,
    neutron_star_radii,
    neutron_star_structure,
)
from spectralcmi.star.shells import (
    gourgouliatos_cumming_profiles,
    gourgouliatos_cumming_radii,
    uniform_shell_profiles,
    uniform_shell_radii,
)
from spectralcmi.terms.chiral import (
    MATTER,
    chiral_convention,
    chiral_profiles,
    prescribed_profiles,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spectralcmi.case.sections import Background, Chiral, MetricChoice, NeutronStar

DEFAULT_POINTS = 401


def _star_metric(background: NeutronStar) -> Metric:
    structure = neutron_star_structure(background)
    inner, outer = structure.inner_radius, structure.outer_radius
    return Metric.from_slopes(
        lambda radius: structure.metric_slopes(radius)[0],
        lambda radius: structure.metric_slopes(radius)[1],
        (float(structure.potential(outer)), float(structure.radial_potential(outer))),
        inner,
        outer,
    )


def _no_metric(background: Background) -> None:
    return None


class _Kind(NamedTuple):
    """A kind of background: its two radii, its profiles and attributes at given radii."""

    radii: Callable[..., tuple[float, float]]
    profiles: Callable[..., tuple[dict[str, np.ndarray], dict[str, float | str]]]
    #: whether the section [chiral] bears on its profiles
    has_rates: bool
    #: the metric of its structure, where it has one
    metric: Callable[..., Metric | None]


BACKGROUNDS = {
    "neutron_star": _Kind(neutron_star_radii, neutron_star_profiles, True, _star_metric),
    "uniform_shell": _Kind(uniform_shell_radii, uniform_shell_profiles, False, _no_metric),
    "table": _Kind(table_radii, table_profiles, True, table_metric),
    "gourgouliatos_cumming": _Kind(
        gourgouliatos_cumming_radii, gourgouliatos_cumming_profiles, True, _no_metric
    ),
}


def crust_radii(background: Background) -> tuple[float, float]:
    """Radii between which the background is defined.

    Parameters
    ----------
    background : Background
        Section of the parameters.

    Returns
    -------
    inner_radius, outer_radius : float [km]

    Raises
    ------
    ValueError
        If the background cannot be built.
    """
    return _kind(background.kind).radii(background)


def crust_jumps(background: Background) -> tuple[float, ...]:
    """Radii [km] inside the crust at which its profiles jump, ascending."""
    return neutron_star_jumps(background) if background.kind == "neutron_star" else ()


def crust_metric(background: Background) -> Metric:
    """Metric of the background's own structure.

    Parameters
    ----------
    background : Background
        Section of the parameters.

    Returns
    -------
    Metric
        `FLAT` where the background has none.

    Raises
    ------
    ValueError
        If the background cannot be built.

    Notes
    -----
    The mass of the vacuum outside is what lies inside the outer radius; what lies above it, about
    1e-7 of a neutron star, is left out.
    """
    return _kind(background.kind).metric(background) or FLAT


def chosen_metric(background: Background, choice: MetricChoice) -> Metric:
    """Metric of the induction equation: that of the background, or flat space.

    Parameters
    ----------
    background : Background
        Section of the parameters.
    choice : MetricChoice
        Section [metric] of the parameters.

    Returns
    -------
    Metric

    Raises
    ------
    ParameterError
        If the metric of the star is wanted and the background has none.
    ValueError
        If the background cannot be built.
    """
    if choice.kind == "flat":
        return FLAT
    metric = crust_metric(background)
    if metric.is_flat:
        raise ParameterError(
            "metric.kind",
            choice.kind,
            f"this background, kind {background.kind!r}, has no metric_potential and metric_lambda",
        )
    return metric


def build_crust(
    background: Background,
    chiral: Chiral,
    radius: ArrayLike | None = None,
    time: float = 0.0,
    temperature: np.ndarray | None = None,
    neutron_gap: str | None = None,
) -> xr.Dataset:
    """Radial profiles of everything that the induction equation needs.

    Parameters
    ----------
    background : Background
        Section of the parameters.
    chiral : Chiral
        Section of the parameters; delta_mu, convention and the two prefactors are read.
    radius : array_like, shape (n,), optional
        Where to evaluate the profiles [km]; by default 401 points from end to end. The profiles
        are evaluated there, not interpolated to there.
    time : float
        Age of the star [yr], which matters only to a cooling history and to a delta_mu_file that
        has times.
    temperature : ndarray, shape (n,), optional
        Of a neutron star, in place of what its section says [K].
    neutron_gap : str, optional
        Of a neutron star: the pairing of its free neutrons, see `spectralcmi.star.superfluidity`;
        only the heat capacity and the neutrinos depend on it.

    Returns
    -------
    xarray.Dataset
        Dimension `radius`, the variables of `spectralcmi.profiles.variables` as far as the
        background has them. `chiral_wavenumber` is k5 without the term in E.B and without cutoff;
        how k5 follows from it and `anomaly_feedback` is told in `spectralcmi.terms.closure`.

    Raises
    ------
    ValueError
        If the background cannot be built or a radius lies outside it.
    """
    if radius is None:
        radius = np.linspace(*crust_radii(background), DEFAULT_POINTS)
    radius = np.array(radius, dtype=float)
    kind = _kind(background.kind)
    given: dict[str, np.ndarray | str] = {}
    if temperature is not None:
        given["temperature"] = temperature
    if neutron_gap is not None and background.kind == "neutron_star":
        given["neutron_gap"] = neutron_gap
    profiles, attributes = kind.profiles(background, chiral, radius, time, **given)
    profiles = {**profiles, **_chirality(profiles, chiral, radius, time)}
    if kind.has_rates:
        attributes = {**attributes, **_chiral_attributes(chiral)}
    variables = {
        name: ("radius", profiles[name], _attributes(name, units, long_name))
        for name, (units, long_name) in VARIABLES.items()
        if name in profiles
    }
    coordinates = {"radius": ("radius", radius, {"units": "km", "long_name": "radius"})}
    title = "Radial profiles of the crust of a neutron star"
    common = {"title": title, "Conventions": "CF-1.11"}
    return xr.Dataset(variables, coordinates, common | attributes)


def _chirality(
    profiles: dict[str, np.ndarray], chiral: Chiral, radius: np.ndarray, time: float
) -> dict[str, np.ndarray]:
    """Chiral profiles by the section [chiral] where there are rates, as prescribed where not."""
    if not all(name in profiles for name in MATTER):
        return prescribed_profiles(profiles)
    flips = chiral_convention(chiral.convention).spin_flips * profiles["spin_flip_rate"]
    matter = {**profiles, "spin_flip_rate": flips}
    delta_mu = deviation(chiral, radius, profiles.get("density"), time)
    return {"spin_flip_rate": flips, **chiral_profiles(matter, chiral, delta_mu)}


def strongest_source(crust: xr.Dataset, chiral: Chiral) -> np.ndarray:
    """Wave number of the source, at each place the largest of all times of a delta_mu_file.

    Parameters
    ----------
    crust : Dataset
        See `build_crust`.
    chiral : Chiral
        Section of the parameters.

    Returns
    -------
    ndarray, shape (radius,)
        [1/km]; that of the crust without such a file.
    """
    if not (chiral.delta_mu_file and all(name in crust for name in MATTER)):
        return crust["chiral_wavenumber"].values
    profiles = {str(name): crust[name].values for name in crust.data_vars}
    delta_mu = strongest_deviation(chiral, crust["radius"].values, profiles.get("density"))
    return chiral_profiles(profiles, chiral, delta_mu)["chiral_wavenumber"]


def _chiral_attributes(chiral: Chiral) -> dict[str, float | str]:
    """What the chiral profiles depend on beside the matter."""
    return {
        "chiral_convention": chiral.convention,
        **_deviation_attributes(chiral),
        "spin_flip_prefactor": float(chiral.spin_flip_prefactor),
        "weak_rate_prefactor": float(chiral.weak_rate_prefactor),
    }


def _deviation_attributes(chiral: Chiral) -> dict[str, float | str]:
    if chiral.delta_mu_file:
        return {"delta_mu_file": chiral.delta_mu_file}
    return {"delta_mu": float(chiral.delta_mu)}


def _attributes(name: str, units: str, long_name: str) -> dict[str, str]:
    comment = {"comment": COMMENTS[name]} if name in COMMENTS else {}
    return {"units": units, "long_name": long_name, **comment}


def _kind(kind: str) -> _Kind:
    if kind not in BACKGROUNDS:
        raise InputError(f"background.kind={kind!r} is none of {', '.join(BACKGROUNDS)}")
    return BACKGROUNDS[kind]
