"""The runs of a scan as one Dataset, read when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import dask.array as da
import h5netcdf
import h5py
import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.complex_parts import PART, PARTS, parts_of, with_parts
from spectralcmi.netcdf_files import ENGINE
from spectralcmi.runs.files import write_netcdf
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.scans.lives import retries
from spectralcmi.scans.plan import Plan
from spectralcmi.scans.points import COMPLETE, Outcome

#: Dimensions along which points may differ: what a point lacks is NaN.
PADDED = ("time", "degree", "order", "snapshot")


def collected(
    plan: Plan, paths: Callable[[int], Path], without_result: Mapping[int, Outcome]
) -> xr.Dataset:
    """All runs of a scan, along the dimensions of the scan.

    Variables along a dimension other than `PADDED` in which the points differ, such as the radius
    where the radial order is scanned, are left out; the attribute `left_out` names them.

    Parameters
    ----------
    plan : Plan
    paths : callable
        File of a point, by its index.
    without_result : mapping
        Outcomes of the points that are NaN, by index.

    Returns
    -------
    Dataset
        Its variables are Dask arrays, each chunk a point, and read from the files of the points.
    """
    result = _frame(plan, paths, without_result)
    complete = [index for index in range(len(plan)) if index not in without_result]
    if not complete:
        return result
    with xr.open_dataset(paths(complete[0]), engine=ENGINE) as stored:
        template = with_parts(stored)  # points of an earlier version may be among them
        coordinates = _common_coordinates(template, map(paths, complete))
        files = _files(plan, paths, without_result)
        left_out = []
        for name, variable in template.data_vars.items():
            if coordinates.keys() >= set(variable.dims):
                result[name] = _stacked(name, variable, coordinates, files, plan.dims)
            else:
                left_out.append(str(name))
        for name, variable in template.coords.items():
            if coordinates.keys() >= set(variable.dims):
                values = coordinates.get(name, variable.values)
                result[name] = (variable.dims, values, variable.attrs)
                result = result.set_coords(name)
    if left_out:
        result.attrs["left_out"] = " ".join(left_out)
    return result


def save_collected(output: OutputFile, dataset: xr.Dataset) -> None:
    """Store what `collected` gave, with one point at a time in memory.

    Parameters
    ----------
    output : OutputFile
    dataset : Dataset

    Raises
    ------
    OSError
        If that can't be done; the file is then as it was.
    """
    lazy = [name for name, variable in dataset.data_vars.items() if variable.chunks is not None]

    def write(file: BinaryIO) -> None:
        write_netcdf(dataset.drop_vars(lazy), file)
        with h5netcdf.File(file, "r+") as target:
            _write_points(dataset[["file", "status", *lazy]], target)

    output.write(write)


def _write_points(dataset: xr.Dataset, target: h5netcdf.File) -> None:
    """Write the variables of all points, each file opened once."""
    variables = dataset.drop_vars(["file", "status"])
    for name, variable in variables.data_vars.items():
        missing = {dim: n for dim, n in variable.sizes.items() if dim not in target.dimensions}
        target.dimensions.update(missing)
        created = target.create_variable(name, variable.dims, variable.dtype, fillvalue=np.nan)
        created.attrs.update(variable.attrs)
    padded: dict[Hashable, np.ndarray] = {
        dim: dataset[dim].values for dim in PADDED if dim in dataset.coords
    }
    for place in np.ndindex(dataset["file"].shape):
        if dataset["status"].values[place] == COMPLETE.status:
            with h5py.File(dataset["file"].values[place]) as source:
                for name, variable in variables.data_vars.items():
                    dims = variable.dims[len(place) :]
                    sizes = variable.shape[len(place) :]
                    target[name][place] = _padded(source, name, dims, padded, sizes, variable.dtype)


def _frame(
    plan: Plan, paths: Callable[[int], Path], without_result: Mapping[int, Outcome]
) -> xr.Dataset:
    """Dataset of how each point ended."""
    outcomes = [without_result.get(index, COMPLETE) for index in range(len(plan))]
    columns = {
        "status": ([o.status for o in outcomes], "how the run ended"),
        "reason": ([o.reason for o in outcomes], "why the run has no result"),
        "file": ([str(paths(i)) for i in range(len(plan))], "file of the run"),
    }
    variables = {
        name: (plan.dims, np.array(values).reshape(plan.shape), {"long_name": long_name})
        for name, (values, long_name) in columns.items()
    }
    variables["retries"] = (
        plan.dims,
        np.array([retries(paths(i)) for i in range(len(plan))]).reshape(plan.shape),
        {"long_name": "how often the run was begun again, since its worker died", "units": "1"},
    )
    attributes = {
        "title": "Evolution of neutron-star crustal magnetic fields, scanned over parameters",
        "source": f"spectralcmi {__version__}",
        "Conventions": "CF-1.11",
        "spectralcmi_version": __version__,
        "parameters": plan.base.to_json(),
        "scanned": json.dumps(plan.keys),
    }
    return xr.Dataset(variables, plan.coordinates(), attributes)


def _common_coordinates(template: xr.Dataset, paths: Iterable[Path]) -> dict[Hashable, np.ndarray]:
    """Coordinate along each dimension in which points agree, or which can be padded."""
    common: dict[Hashable, np.ndarray] = {}
    disagreeing = set()
    for path in paths:
        with h5py.File(path) as file:
            for dim in template.sizes:
                values = _along(file, dim)
                if dim in PADDED:
                    common[dim] = np.union1d(common.get(dim, values), values)
                elif not np.array_equal(common.setdefault(dim, values), values):
                    disagreeing.add(dim)
    return {dim: values for dim, values in common.items() if dim not in disagreeing}


def _along(file: h5py.File, dim: Hashable) -> np.ndarray:
    """What tells the places along a dimension of a run apart."""
    if dim == "lm":
        return np.stack([file["degree_of_lm"][()], file["order_of_lm"][()]])
    if dim == PART:
        return np.arange(len(PARTS))
    return file[dim][()]


def _files(
    plan: Plan, paths: Callable[[int], Path], without_result: Mapping[int, Outcome]
) -> da.Array:
    """File of each point, an empty name where there is no result."""
    names = np.empty(len(plan), dtype=object)
    names[:] = ["" if i in without_result else str(paths(i)) for i in range(len(plan))]
    return da.from_array(names.reshape(plan.shape), chunks=1)


def _stacked(
    name: Hashable,
    variable: xr.DataArray,
    coordinates: Mapping[Hashable, np.ndarray],
    files: da.Array,
    dims: tuple[str, ...],
) -> xr.Variable:
    """A variable of all points, as a lazy array with a chunk for each."""
    sizes = tuple(coordinates[dim].shape[-1] for dim in variable.dims)
    dtype = np.result_type(variable.dtype, np.float64)  # NaN is a float
    padded = {dim: coordinates[dim] for dim in variable.dims if dim in PADDED}
    values = files.map_blocks(
        _read,  # type: ignore[arg-type]  # its blocks are arrays, whatever the stubs say
        name,
        variable.dims,
        padded,
        sizes,
        dtype,
        chunks=(*((1,) * n for n in files.shape), *((n,) for n in sizes)),
        new_axis=list(range(files.ndim, files.ndim + len(sizes))),
        dtype=dtype,
        meta=np.empty((0,) * (files.ndim + len(sizes)), dtype),
    )
    return xr.Variable((*dims, *variable.dims), values, variable.attrs)


def _read(
    block: np.ndarray,
    name: Hashable,
    dims: tuple[Hashable, ...],
    padded: Mapping[Hashable, np.ndarray],
    sizes: tuple[int, ...],
    dtype: np.dtype,
) -> np.ndarray:
    """A variable of the point whose file is in `block`, NaN where it has nothing."""
    path = block.item()
    if not path:
        return np.full(block.shape + sizes, np.nan, dtype)
    with h5py.File(path) as file:
        return _padded(file, name, dims, padded, sizes, dtype).reshape(block.shape + sizes)


def _padded(
    file: h5py.File,
    name: Hashable,
    dims: tuple[Hashable, ...],
    padded: Mapping[Hashable, np.ndarray],
    sizes: tuple[int, ...],
    dtype: np.dtype,
) -> np.ndarray:
    """A variable of a point on the coordinates of all, NaN where it has nothing."""
    values = np.full(sizes, np.nan, dtype)
    places = [
        np.searchsorted(padded[dim], file[dim][()]) if dim in padded else np.arange(size)
        for dim, size in zip(dims, sizes, strict=True)
    ]
    found = file[name][()]
    values[np.ix_(*places)] = parts_of(found) if np.iscomplexobj(found) else found
    return values
