"""What maps show: quantities of a snapshot by name, their symbols, and whether there are any."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.case.files import require_files
from spectralcmi.case.parameters import ParameterError
from spectralcmi.complex_parts import complex_variable
from spectralcmi.errors import InputError
from spectralcmi.grid.any_angles import vector_at
from spectralcmi.view.field import case_of, field
from spectralcmi.view.plotting.style import ROUND_OFF, limits_of

#: Quantity: symbol.
SYMBOLS = MappingProxyType(
    {
        "B_r": "$B_r$",
        "B_theta": r"$B_\theta$",
        "B_phi": r"$B_\phi$",
        "k5": "$k_5$",
        "mu5": r"$\mu_5$",
        "temperature": "$T$",
    }
)
COMPONENTS = ("B_r", "B_theta", "B_phi")


def require_quantity(of: str, known: tuple[str, ...]) -> None:
    """Raise InputError for a quantity that a figure does not draw."""
    if of not in known:
        raise InputError(f"of={of!r} is none of {', '.join(known)}")


def zonal_part(dataset: xr.Dataset) -> xr.Dataset:
    """A run without what depends on the longitude."""
    return dataset.isel(lm=np.flatnonzero(dataset["order_of_lm"].values == 0))


def is_axisymmetric(dataset: xr.Dataset) -> bool:
    """Whether a run has the order zero only."""
    return int(dataset["order_of_lm"].max()) == 0


def quantity(
    dataset: xr.Dataset,
    snapshot: int,
    of: str,
    radius: ArrayLike,
    colatitude: ArrayLike,
    longitude: ArrayLike,
) -> xr.DataArray:
    """A quantity of a snapshot on a grid, see `spectralcmi.view.field.field`.

    Parameters
    ----------
    dataset : xarray.Dataset
    snapshot : int
    of : str
        One of `SYMBOLS`.
    radius : array_like
        [km], those of the dataset for the temperature.
    colatitude, longitude : array_like
        [rad]

    Returns
    -------
    xarray.DataArray
        Along radius, colatitude and longitude; its attribute ``limits`` is that of the colours.
    """
    if of == "temperature":
        return _temperature(dataset, snapshot, np.asarray(colatitude), np.asarray(longitude))
    grid = field(
        dataset, snapshot, radius=radius, colatitude=colatitude, longitude=longitude,
        k5=of == "k5", mu5=of == "mu5",
    )  # fmt: skip
    largest = max(float(abs(grid[name]).max()) for name in COMPONENTS)
    values = grid[of]
    is_signed = of in COMPONENTS or float(values.min()) < -1e-3 * float(values.max())
    floor = ROUND_OFF * largest if of in COMPONENTS else 0.0
    values.attrs["limits"] = limits_of(values.values, is_signed=is_signed, round_off=floor)
    return values


def _temperature(
    dataset: xr.Dataset, snapshot: int, colatitude: np.ndarray, longitude: np.ndarray
) -> xr.DataArray:
    """Temperature of the crust at the radii of the dataset."""
    if "temperature" not in dataset:
        raise InputError("the dataset has no variable temperature")
    chosen = dataset.isel(snapshot=snapshot)
    mean = chosen["temperature"].values[:, None, None]
    values = mean + np.zeros((mean.size, colatitude.size, longitude.size))
    if "temperature_lm" in dataset:
        parts = complex_variable(chosen["temperature_lm"]).transpose("radius", "lm").values
        degree, order = (chosen[f"{name}_of_lm"].values for name in ("degree", "order"))
        absent = np.zeros_like(parts)
        values = (
            values + vector_at(degree, order, (parts, absent, absent), colatitude, longitude)[0]
        )
    return xr.DataArray(
        values,
        {
            "radius": chosen["radius"], "colatitude": colatitude, "longitude": longitude,
            "time": float(chosen["snapshot"]),
        },
        ("radius", "colatitude", "longitude"),
        "temperature",
        {"units": "K", "limits": (float(values.min()), float(values.max()))},
    )  # fmt: skip


def has_chirality(dataset: xr.Dataset) -> bool:
    """Whether k5 can be had: the chiral term is on, and the crust can be built again."""
    parameters = case_of(dataset)
    try:
        require_files(parameters)
    except ParameterError:
        return False
    return parameters.chiral.enabled
