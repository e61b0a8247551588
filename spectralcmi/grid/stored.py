"""A radial basis and a metric as the attributes of a dataset, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spectralcmi.grid.chebyshev import ChebyshevBasis, RadialMap, points_for
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.metric import FLAT, Metric
from spectralcmi.grid.radial import RadialBasis


def basis_attributes(basis: RadialBasis) -> dict[str, Any]:
    """What tells a radial basis, as attributes that netCDF takes.

    Parameters
    ----------
    basis : RadialBasis

    Returns
    -------
    dict
        `inner_radius_km`, `outer_radius_km`, `radial_functions`; of elements `breakpoints_km` and
        `element_order`, of a global expansion `map_parameter`.
    """
    common = {
        "inner_radius_km": basis.inner_radius,
        "outer_radius_km": basis.outer_radius,
        "radial_functions": basis.order,
    }
    if isinstance(basis, ElementBasis):
        own = {"breakpoints_km": list(basis.breakpoints), "element_order": basis.element_order}
    elif isinstance(basis, ChebyshevBasis):
        own = {"map_parameter": basis.map.map_parameter}
    else:
        raise TypeError(f"{basis.description} is no basis that can be stored")
    return common | own


def stored_basis(attributes: Mapping[str, Any], storage: int | None = None) -> RadialBasis:
    """The radial basis of a dataset.

    Parameters
    ----------
    attributes : mapping
        See `basis_attributes`; files of schema version 1 lack `radial_functions`.
    storage : int, optional
        Number of storage radii, which is that of the polynomials of version 1.

    Returns
    -------
    RadialBasis
    """
    if "breakpoints_km" in attributes:
        breakpoints = tuple(float(b) for b in attributes["breakpoints_km"])
        return ElementBasis(breakpoints, int(attributes["element_order"]))
    radial_map = RadialMap(
        float(attributes["inner_radius_km"]),
        float(attributes["outer_radius_km"]),
        float(attributes["map_parameter"]),
    )
    order = int(attributes.get("radial_functions", storage or 0))
    return ChebyshevBasis(radial_map, order, points_for(order))


def metric_attributes(metric: Metric) -> dict[str, Any]:
    """What tells a metric, as attributes that netCDF takes.

    Parameters
    ----------
    metric : Metric

    Returns
    -------
    dict
        `metric`, "flat" or "star"; of a star `schwarzschild_radius_km` and the Chebyshev
        coefficients of Phi and Lambda between the radii of the basis.
    """
    if metric.is_flat:
        return {"metric": "flat"}
    return {
        "metric": "star",
        "schwarzschild_radius_km": metric.schwarzschild_radius,
        "metric_potential_series": list(metric.potential_series),
        "metric_lambda_series": list(metric.radial_series),
        "metric_radii_km": [metric.inner_radius, metric.outer_radius],
    }


def stored_metric(attributes: Mapping[str, Any]) -> Metric:
    """The metric of a dataset; flat where it says nothing.

    Parameters
    ----------
    attributes : mapping
        See `metric_attributes`.

    Returns
    -------
    Metric
    """
    if attributes.get("metric", "flat") == "flat":
        return FLAT

    def numbers(name: str) -> tuple[float, ...]:
        return tuple(np.atleast_1d(attributes[name]).tolist())

    inner_radius, outer_radius = numbers("metric_radii_km")
    return Metric(
        numbers("metric_potential_series"),
        numbers("metric_lambda_series"),
        inner_radius,
        outer_radius,
        float(attributes["schwarzschild_radius_km"]),
    )
