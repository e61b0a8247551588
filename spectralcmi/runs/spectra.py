"""Energies of any field per degree and order, without a run."""

from __future__ import annotations

import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.build import build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError
from spectralcmi.grid.shell import Shell
from spectralcmi.runs.dataset import field_at, shell_of
from spectralcmi.runs.diagnostics import ENERGY_UNIT
from spectralcmi.runs.given_field import GivenField
from spectralcmi.runs.sampled_field import (
    FieldFunction,
    SampledField,
    of_profiles,
    of_state,
    sampled,
)


def spectra(
    field: FieldFunction | GivenField | xr.Dataset,
    shell: Parameters | Shell | None = None,
    snapshot: int = -1,
) -> xr.Dataset:
    """Magnetic energies of a field per degree and order.

    Parameters
    ----------
    field : callable, GivenField or Dataset
        A function as of `initial_field`, what that or `from_coefficients` gave, or a run.
    shell : Parameters or Shell, optional
        Where a function is a field, and with which resolution; nothing to the others.
    snapshot : int
        Index of the snapshot of a run, negative from the end.

    Returns
    -------
    energies : Dataset
        ``spectrum_poloidal`` and ``spectrum_toroidal`` along degree, ``spectrum_order`` along
        order, ``energy_poloidal``, ``energy_toroidal`` and ``energy_exterior``, as of a run; and
        ``energy_shell``, that of the field in the shell with all that degrees and orders lack
        [erg]. A function has the degrees and orders of the shell, but 16 and 4 at least.

    Raises
    ------
    InputError
        If the field is none of these, or has no snapshot or shell.

    Notes
    -----
    The field need not obey any boundary condition. What its poloidal energy is where it has a
    divergence, B_r and the tangential field say each for itself. Cost: one analysis of each
    quadrature sphere.
    """
    sample = _sampled(field, shell, snapshot)
    columns, harmonics = sample.shell.columns, sample.shell.harmonics
    poloidal, toroidal = (ENERGY_UNIT * part for part in sample.square_integrals)
    orders = np.bincount(columns.order, poloidal + toroidal, harmonics.mmax + 1)
    variables = {
        "spectrum_poloidal": ("degree", _per_degree(sample, poloidal), "poloidal, of each degree"),
        "spectrum_toroidal": ("degree", _per_degree(sample, toroidal), "toroidal, of each degree"),
        "spectrum_order": ("order", orders[:: harmonics.mres], "of each order"),
        "energy_poloidal": ((), poloidal.sum(), "poloidal"),
        "energy_toroidal": ((), toroidal.sum(), "toroidal"),
        "energy_shell": ((), ENERGY_UNIT * sample.square_integral, "of all degrees and orders"),
    }
    outside = ENERGY_UNIT * float(sample.exterior.sum())
    where = "magnetic energy in the shell, seen from infinity"
    data = {
        name: (dims, values, {"units": "erg", "long_name": f"{where}: {words}"})
        for name, (dims, values, words) in variables.items()
    }
    words = "magnetic energy of the current-free field outside, seen from infinity"
    data["energy_exterior"] = ((), outside, {"units": "erg", "long_name": words})
    coordinates = {
        name: (name, values, {"units": "1", "long_name": f"spherical-harmonic {name}"})
        for name, values in (
            ("degree", np.arange(1, harmonics.lmax + 1)),
            ("order", np.arange(0, harmonics.mmax + 1, harmonics.mres)),
        )
    }
    attributes = {
        "title": "Magnetic energy of a field in the crust of a neutron star",
        "source": f"spectralcmi {__version__}",
        "Conventions": "CF-1.11",
    }
    return xr.Dataset(data, coordinates, attributes)


def _per_degree(sample: SampledField, values: np.ndarray) -> np.ndarray:
    count = sample.shell.harmonics.lmax + 1
    return np.bincount(sample.shell.columns.degree, values, minlength=count)[1:]


def _sampled(
    field: FieldFunction | GivenField | xr.Dataset,
    shell: Parameters | Shell | None,
    snapshot: int,
) -> SampledField:
    if isinstance(field, GivenField):
        return of_profiles(field.profiles, field.shell)
    if isinstance(field, xr.Dataset):
        count = field.sizes.get("snapshot", 0)
        if not -count <= snapshot < count:
            raise InputError(f"snapshot={snapshot} is no index of {count} snapshots")
        return of_state(field_at(field, snapshot, shell_of(field)))
    if not callable(field):
        raise InputError(f"a {type(field).__name__} is no field; a function of place is one")
    if isinstance(shell, Parameters):
        shell = build_shell(shell)
    if not isinstance(shell, Shell):
        raise InputError("a function is a field in a shell, that of some Parameters")
    return sampled(field, shell)
