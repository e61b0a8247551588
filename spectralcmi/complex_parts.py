"""Complex variables: as such in memory, in files their parts along the dimension `PART`.

NetCDF has no complex numbers. Where HDF5 libraries keep them all the same, as records of r and i,
some readers give complex numbers, some give the records, and many nothing. Real and imaginary part
along a dimension of their own are real numbers to all of them.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

PART = "part"
#: Coordinate of the dimension: CF wants numbers of one that is called as its dimension.
LABEL = "name_of_part"
PARTS = ("real", "imag")
_RECORD = ("r", "i")


def complex_variable(variable: xr.DataArray) -> xr.DataArray:
    """A variable as complex numbers, however it was read.

    Parameters
    ----------
    variable : DataArray
        Complex; or its parts along the dimension ``part``; or records of r and i.

    Returns
    -------
    DataArray
        Lazy if the variable consists of Dask arrays; anything else is returned as it is.
    """
    if _has_parts(variable):
        return xr.apply_ufunc(
            _from_parts,
            variable,
            input_core_dims=[[PART]],
            dask="parallelized",
            output_dtypes=[complex],
            keep_attrs=True,
        )
    if variable.dtype.names == _RECORD:
        return xr.apply_ufunc(_from_records, variable, keep_attrs=True)
    return variable


def with_complex(dataset: xr.Dataset) -> xr.Dataset:
    """A dataset with `complex_variable` of all its variables.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    Dataset
    """
    changed = {
        name: complex_variable(variable)
        for name, variable in dataset.data_vars.items()
        if _has_parts(variable) or variable.dtype.names == _RECORD
    }
    if not changed:
        return dataset
    return dataset.assign(changed).drop_dims(PART, errors="ignore")


def with_parts(dataset: xr.Dataset) -> xr.Dataset:
    """A dataset with the parts of its complex variables, as files have it.

    Parameters
    ----------
    dataset : Dataset
        With complex variables in any of the forms of `complex_variable`.

    Returns
    -------
    Dataset
    """
    dataset = with_complex(dataset)
    changed = {
        name: xr.apply_ufunc(
            parts_of,
            variable,
            output_core_dims=[[PART]],
            dask="parallelized",
            dask_gufunc_kwargs={"output_sizes": {PART: len(PARTS)}, "meta": np.empty(0)},
            keep_attrs=True,
        )
        for name, variable in dataset.data_vars.items()
        if np.iscomplexobj(variable)
    }
    if not changed:
        return dataset
    label = (PART, list(PARTS), {"long_name": "part of a complex variable"})
    return dataset.assign(changed).assign_coords({LABEL: label})


def _has_parts(variable: xr.DataArray) -> bool:
    return variable.sizes.get(PART) == len(PARTS) and variable.dtype.kind == "f"


def _from_parts(values: np.ndarray) -> np.ndarray:
    # a view, so that every bit is kept: a + 1j*b loses signs of zeros
    return np.ascontiguousarray(values).astype(float, copy=False).view(complex)[..., 0]


def parts_of(values: np.ndarray) -> np.ndarray:
    """Real and imaginary part of complex numbers along a last axis.

    Parameters
    ----------
    values : ndarray, complex

    Returns
    -------
    ndarray, shape (..., 2)
    """
    return np.ascontiguousarray(values).astype(complex, copy=False)[..., None].view(float)


def _from_records(values: np.ndarray) -> np.ndarray:
    out = np.empty(values.shape, dtype=complex)
    out.real, out.imag = (values[name] for name in _RECORD)
    return out
