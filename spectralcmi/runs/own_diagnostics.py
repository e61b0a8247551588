"""Diagnostics of a user's own: checked before a run, kept where it goes on.

Each is a `spectralcmi.runs.diagnostics.Diagnostic`, whose function takes a
`spectralcmi.fields.state.State` and gives an array along its dimensions: degree, order and radius,
the radii of the dataset (``state.shell.basis.storage_radius``), besides time.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.fields.state import State
from spectralcmi.grid.shell import Shell
from spectralcmi.runs.diagnostics import Diagnostic

#: Attribute of a dataset that names them.
OWN = "own_diagnostics"

_log = logging.getLogger(__name__)


def lengths(shell: Shell) -> dict[str, int]:
    """Length of each dimension that a diagnostic may have beside time.

    Parameters
    ----------
    shell : Shell
    """
    harmonics = shell.harmonics
    return {
        "degree": harmonics.lmax,
        "order": harmonics.mmax // harmonics.mres + 1,
        "radius": shell.basis.storage_radius.size,
    }


def checked(
    diagnostics: Sequence[Diagnostic], state: State, taken: xr.Dataset
) -> tuple[Diagnostic, ...]:
    """Diagnostics that can be measured along a run.

    Parameters
    ----------
    diagnostics : sequence of Diagnostic
    state : State
        The initial one, which each is tried on.
    taken : Dataset
        Of a run without them, whose names are not theirs.

    Returns
    -------
    tuple of Diagnostic
        Their dimensions without time.

    Raises
    ------
    InputError
        If a name, a dimension, a unit or what a function gives is not as it has to be; one line.
        What a function raises itself is let through.
    """
    result: list[Diagnostic] = []
    names = {str(name) for name in taken.variables} | set(taken.dims)
    for one in diagnostics:
        if not isinstance(one, Diagnostic):
            raise InputError(f"diagnostics: a {type(one).__name__} is no Diagnostic")
        if not one.name.isidentifier():
            raise InputError(f"diagnostics: {one.name!r} is no name of a variable")
        if one.name in names:
            raise InputError(f"diagnostics: the dataset has a {one.name} already")
        names.add(one.name)
        result.append(_checked(one, state))
    return tuple(result)


def _checked(one: Diagnostic, state: State) -> Diagnostic:
    known = lengths(state.shell)
    if isinstance(one.dims, str):
        raise InputError(f"diagnostics: {one.name}.dims = {one.dims!r} has to be a tuple")
    dims = tuple(dim for dim in one.dims if dim != "time")
    for dim in dims:
        if dim not in known or dims.count(dim) > 1:
            raise InputError(
                f"diagnostics: {one.name}.dims = {tuple(one.dims)}: besides time there are "
                f"{', '.join(known)}, each once"
            )
    for key in ("units", "long_name"):
        value = getattr(one, key)
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"diagnostics: {one.name}.{key} has to be a text, 1 for no unit")
    found = np.asarray(one(state))
    wanted = tuple(known[dim] for dim in dims)
    if found.dtype.kind not in "biuf":
        raise InputError(f"diagnostics: {one.name} gives {found.dtype} and no real numbers")
    if found.shape != wanted:
        raise InputError(
            f"diagnostics: {one.name} gives the shape {found.shape}, and its dimensions "
            f"{dims} have {wanted}"
        )
    return replace(one, dims=dims)


def names_of(dataset: xr.Dataset) -> list[str]:
    """Names of the user's own diagnostics of a run.

    Parameters
    ----------
    dataset : Dataset
    """
    return dataset.attrs.get(OWN, "").split()


def gone_on_with(
    dataset: xr.Dataset, diagnostics: Sequence[Diagnostic], name: str
) -> tuple[Diagnostic, ...]:
    """Diagnostics of a run that goes on: those given, and those that it had before.

    Parameters
    ----------
    dataset : Dataset
        Of the run so far.
    diagnostics : sequence of Diagnostic
        Checked.
    name : str
        Of the file, for messages.

    Returns
    -------
    tuple of Diagnostic
        What is not given again keeps its values and has no more of them, which is told.

    Raises
    ------
    InputError
        If one is given that had other dimensions or units.
    """
    given = {one.name: one for one in diagnostics}
    result = list(diagnostics)
    for other in names_of(dataset):
        variable = dataset[other]
        dims = tuple(str(dim) for dim in variable.dims[1:])
        units = variable.attrs.get("units", "1")
        if other not in given:
            _log.warning(
                "%s: its diagnostic %s is measured no more: diagnostics= was not given it again",
                name,
                other,
            )
            words = variable.attrs.get("long_name", other)
            result.append(Diagnostic(other, partial(_nothing, dims), dims, units, words))
        elif (given[other].dims, given[other].units) != (dims, units):
            raise InputError(f"{name}: its {other} has the dimensions {dims} and units {units}")
    return tuple(result)


def _nothing(dims: tuple[str, ...], state: State) -> np.ndarray:
    known = lengths(state.shell)
    return np.full([known[dim] for dim in dims], np.nan)
