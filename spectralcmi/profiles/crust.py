"""The crust as the solver sees it: radial profiles of every coefficient, as one Dataset."""

import numpy as np
import xarray as xr

from spectralcmi.star.neutron_star import neutron_star_profiles, neutron_star_radii
from spectralcmi.star.profile_table import table_profiles, table_radii
from spectralcmi.star.profiles import COMMENTS, VARIABLES
from spectralcmi.star.shells import (
    gourgouliatos_cumming_profiles,
    gourgouliatos_cumming_radii,
    uniform_shell_profiles,
    uniform_shell_radii,
)

DEFAULT_POINTS = 401

# kind: (radii of a background, profiles of a background)
BACKGROUNDS = {
    "neutron_star": (neutron_star_radii, neutron_star_profiles),
    "uniform_shell": (uniform_shell_radii, uniform_shell_profiles),
    "table": (table_radii, table_profiles),
    "gourgouliatos_cumming": (gourgouliatos_cumming_radii, gourgouliatos_cumming_profiles),
}


def crust_radii(background):
    """Radii between which the background is defined.

    Parameters
    ----------
    background : object
        Attributes as the keys of the case file's section [background].

    Returns
    -------
    inner_radius, outer_radius : float [km]

    Raises
    ------
    ValueError
        If the background cannot be built.
    """
    return _background(background.kind)[0](background)


def build_crust(background, chiral, radius=None, time=0.0):
    """Radial profiles of everything that the induction equation needs.

    Parameters
    ----------
    background : object
        Attributes as the keys of the case file's section [background].
    chiral : object
        Attributes as the keys of the case file's section [chiral]; delta_mu, convention and the
        two prefactors are read.
    radius : array_like, shape (n,), optional
        Where to evaluate the profiles [km]; by default 401 points from end to end. The profiles
        are evaluated there, not interpolated to there.
    time : float
        Age of the star [yr], which matters only if it has a cooling history.

    Returns
    -------
    xarray.Dataset
        Dimension `radius`, the variables of `profiles.VARIABLES` as far as the background has
        them. `chiral_wavenumber` is k5 without the term in E.B and without cutoff; with it
        k5 = (chiral_wavenumber + anomaly_feedback B.curl B)/(1 + anomaly_feedback B^2).

    Raises
    ------
    ValueError
        If the background cannot be built or a radius lies outside it.
    """
    if radius is None:
        radius = np.linspace(*crust_radii(background), DEFAULT_POINTS)
    radius = np.array(radius, dtype=float)
    profiles, attributes = _background(background.kind)[1](background, chiral, radius, time)
    variables = {
        name: ("radius", profiles[name], _attributes(name, units, long_name))
        for name, (units, long_name) in VARIABLES.items()
        if name in profiles
    }
    coordinates = {"radius": ("radius", radius, {"units": "km", "long_name": "radius"})}
    return xr.Dataset(variables, coordinates, {"Conventions": "CF-1.11", **attributes})


def _attributes(name, units, long_name):
    comment = {"comment": COMMENTS[name]} if name in COMMENTS else {}
    return {"units": units, "long_name": long_name, **comment}


def _background(kind):
    if kind not in BACKGROUNDS:
        raise ValueError(f"background.kind={kind!r} is none of {', '.join(BACKGROUNDS)}")
    return BACKGROUNDS[kind]
