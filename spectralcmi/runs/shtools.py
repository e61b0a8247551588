"""Coefficients of pyshtools, in and out.

Conventions: P_lm and T_lm of this package are coefficients of orthonormal complex Y_lm with
Condon-Shortley phase, orders m >= 0 of a real field, so that f = Sum_l f_l0 Y_l0 + 2 Re Sum_lm
f_lm Y_lm. pyshtools has two real coefficients of the real harmonics with cos(m phi) and
sin(m phi): in its normalisation "ortho" with csphase -1 they are f_l0 and 0 at m = 0, and
sqrt(2) Re f_lm, -sqrt(2) Im f_lm at m > 0. Other normalisations and phases, and complex
coefficients of real fields, are converted by pyshtools itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.complex_parts import complex_variable
from spectralcmi.errors import InputError, MissingPackageError
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.runs.given_field import LARGEST_LOSS, GivenField, from_coefficients

if TYPE_CHECKING:
    from types import ModuleType

    from pyshtools import SHCoeffs

    from spectralcmi.case.parameters import Parameters


def to_shtools(dataset: xr.Dataset, name: str = "poloidal", snapshot: int = -1) -> list[SHCoeffs]:
    """Coefficients of a snapshot as pyshtools has them, see this module.

    Parameters
    ----------
    dataset : Dataset
        Of a run.
    name : str
        poloidal, P [G km], or toroidal, T [G].
    snapshot : int
        Index of the snapshot, negative from the end.

    Returns
    -------
    list of pyshtools.SHCoeffs
        One of each radius of the dataset, orthonormal, with Condon-Shortley phase.

    Raises
    ------
    InputError
        If there is no such scalar or snapshot.
    MissingPackageError
        If pyshtools is not installed.
    """
    if name not in ("poloidal", "toroidal") or name not in dataset:
        raise InputError(f"{name} is no scalar of the dataset; poloidal and toroidal are")
    count = dataset.sizes.get("snapshot", 0)
    if not -count <= snapshot < count:
        raise InputError(f"snapshot={snapshot} is no index of the {count} snapshots of the dataset")
    degree, order = dataset["degree_of_lm"].values, dataset["order_of_lm"].values
    size, real = int(degree.max()) + 1, np.sqrt(2.0)
    result = []
    chosen = complex_variable(dataset[name].isel(snapshot=snapshot))
    for values in chosen.transpose("radius", "lm").values:
        array = np.zeros((2, size, size))
        array[0, degree, order] = np.where(order > 0, real, 1.0) * values.real
        array[1, degree, order] = np.where(order > 0, -real, 0.0) * values.imag
        result.append(
            _pyshtools().SHCoeffs.from_array(array, normalization="ortho", csphase=-1, copy=False)
        )
    return result


def from_shtools(
    parameters: Parameters,
    radius: ArrayLike,
    poloidal: Sequence[SHCoeffs],
    toroidal: Sequence[SHCoeffs],
    *,
    background: xr.Dataset | None = None,
    largest_loss: float = LARGEST_LOSS,
) -> GivenField:
    """An initial field from coefficients of pyshtools.

    Parameters
    ----------
    parameters : Parameters
        Of the run that begins with it.
    radius : array_like, shape (n,)
        [km], as of `from_coefficients`.
    poloidal, toroidal : sequence of pyshtools.SHCoeffs
        P [G km] and T [G] at each radius, in any normalisation and phase; l = 0 means nothing.
    background, largest_loss
        As of `initial_field`.

    Returns
    -------
    GivenField

    Raises
    ------
    InputError
        As `from_coefficients`, or if these are no coefficients of a real field.
    MissingPackageError
        If pyshtools is not installed.
    """
    both = (*poloidal, *toroidal)
    if not both or not all(isinstance(one, _pyshtools().SHCoeffs) for one in both):
        raise InputError("poloidal and toroidal are no lists of pyshtools.SHCoeffs")
    lmax = max(one.lmax for one in both)
    harmonics = Harmonics(lmax, lmax)
    parts = [
        np.array([packed_coefficients(one, harmonics) for one in part])
        for part in (poloidal, toroidal)
    ]
    order, degree = harmonics.order, harmonics.degree
    kept = np.any(parts[0], axis=0) | np.any(parts[1], axis=0) if parts[0].size else order >= 0
    if not kept.any():
        raise InputError("all coefficients of pyshtools are zero")
    parts = [part[:, kept] for part in parts]
    return from_coefficients(
        parameters, radius, *parts, degree=degree[kept], order=order[kept],
        background=background, largest_loss=largest_loss,
    )  # fmt: skip


def packed_coefficients(coefficients: SHCoeffs, harmonics: Harmonics) -> np.ndarray:
    """f_lm of this package from pyshtools, the inverse of what `to_shtools` makes of them.

    Parameters
    ----------
    coefficients : pyshtools.SHCoeffs
        Of a real field.
    harmonics : Harmonics
        Of no lower degree and order.

    Returns
    -------
    ndarray, complex, shape (lm,)

    Raises
    ------
    InputError
        If the field is not real.
    """
    try:
        real = coefficients.convert(normalization="ortho", csphase=-1, kind="real")
    except (RuntimeError, ValueError) as error:
        raise InputError(f"pyshtools: not the coefficients of a real field: {error}") from None
    array = np.zeros((2, harmonics.lmax + 1, harmonics.lmax + 1))
    array[:, : real.lmax + 1, : real.lmax + 1] = real.coeffs
    degree, order = harmonics.degree, harmonics.order
    factor = np.where(order > 0, np.sqrt(0.5), 1.0)
    imaginary = np.where(order > 0, array[1, degree, order], 0.0)
    return factor * (array[0, degree, order] - 1j * imaginary)


def _pyshtools() -> ModuleType:
    try:
        import pyshtools
    except ImportError as error:
        raise MissingPackageError(
            f"this needs pyshtools ({error}): python -m pip install 'spectralcmi[pyshtools]'"
        ) from None
    return pyshtools
