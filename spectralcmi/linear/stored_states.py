"""Stability of a snapshot of a run: what grows about it, at its resolution and at a finer one.

Orders of perturbations of an axisymmetric state are independent of each other: order m is
perturbed in harmonics of the orders 0 and m alone. The finer resolution has more radial functions
and the same degrees; where growth differs between the two, the run was not resolved, whatever its
figures look like. What grows at degrees beyond those of the run, `local_growth` tells.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from spectralcmi.build import Matter, build_model
from spectralcmi.case.parameters import Parameters
from spectralcmi.complex_parts import complex_variable
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.errors import InputError
from spectralcmi.fields.state import State, profiles_on, state_from_storage
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.elements import ElementBasis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.radial import RadialBasis
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import stored_basis, stored_metric
from spectralcmi.linear.eigenmodes import attributes_of
from spectralcmi.linear.growth import Growth, energy_shares
from spectralcmi.linear.local_stability import local_growth, snapshot_of
from spectralcmi.linear.shift_invert import fastest_by_factors, why_not_factorised
from spectralcmi.linear.stability import fastest_growth
from spectralcmi.model import InductionModel
from spectralcmi.threads import Threads
from spectralcmi.view.field import case_of

#: Degrees at which the local growth is given.
LOCAL_DEGREES = (10, 20, 40, 80, 160, 320, 480, 720, 960, 1300, 2000, 3000)
#: Relative change of the growth rate below which it counts as resolved, with residuals as small.
RESOLVED = 0.05
#: What stands for the order where all orders are coupled.
ALL_ORDERS = -1
CONVENTIONS = (
    "perturbation exp(growth_rate t) (real cos(frequency t) - imaginary sin(frequency t)), `phase` "
    "real and imaginary; B = curl curl (P r_vec) + curl (T r_vec), coefficients of orthonormal "
    "Y_lm with Condon-Shortley phase; Int |B|^2 dV = 1e24 G2 km3, field outside included"
)


def stability(
    dataset: xr.Dataset,
    year: float | None = None,
    orders: Iterable[int] | None = None,
    refine: int = 2,
    *,
    lmax: Iterable[int] | None = None,
    degrees: Iterable[float] = LOCAL_DEGREES,
    colatitude: float = 90.0,
    angular_dissipation: bool = False,
    tolerance: float = 0.01,
    most_intervals: int = 200,
    threads: Threads | None = None,
    progress: Callable[[str], None] | None = None,
) -> xr.Dataset:
    """Growth of small perturbations about a stored state, which is held fixed.

    Parameters
    ----------
    dataset : Dataset
        A run.
    year : float, optional
        The snapshot nearest to it is taken; default: the last one.
    orders : iterable of int, optional
        Orders of the perturbations of an axisymmetric state; default: 0. Those of any other state
        are coupled, and none can be chosen.
    refine : int
        Radial functions of the finer resolution over those of the run; 1 for none.
    lmax : iterable of int, optional
        Largest degrees of the perturbations; default: that of the run.
    degrees : iterable of float
        Degrees of the local growth, see `spectralcmi.linear.local_stability`; may be empty.
    colatitude : float
        Where the local growth is taken [degrees].
    angular_dissipation : bool
        Whether that of the run damps perturbations.
    tolerance : float
        Largest residual, see `spectralcmi.linear.growth.Growth`.
    most_intervals : int
        See `spectralcmi.linear.stability.fastest_growth`, where it is used.
    threads : Threads, optional
        Default: all cores available.
    progress : callable, optional
        Is told what is computed.

    Returns
    -------
    Dataset
        Along `order`, `lmax` and `resolution`, the factor on the radial functions: `growth_rate`
        and `frequency` [1/yr], `residual`, `mean_degree` and `mean_radius` of the mode, weighted
        with its energy. Along `order` and `lmax`: `change`, the relative change of the growth rate
        from the run's resolution to the finer one, and `resolved`. Of the fastest mode at the
        finest resolution `poloidal` and `toroidal`, and `energy_share` along `degree`.
        `local_growth_rate`, `local_frequency` and `local_change` along `direction` and
        `local_degree`. The attribute `verdict` says in words what is resolved.

    Raises
    ------
    InputError
        For an argument that breaks a rule.

    Notes
    -----
    Perturbations of an axisymmetric state on radial elements are found by a few factorisations, see
    `spectralcmi.linear.shift_invert`: of order 0 of the default crust at both resolutions, on a
    core, in 15 s to degree 40 and 70 s to degree 80, with 0.7 and 1.8 GB of memory. Modes that
    oscillate more than ten times faster than they grow are not looked for. What else there is, and
    what does not fit into memory, is evolved (`spectralcmi.linear.stability`): some thousand time
    steps of a run at the same resolution for each growth rate; a finer radius has shorter steps.
    """
    snapshot = snapshot_of(dataset, year)
    stored = _StoredState(snapshot, angular_dissipation, threads or Threads())
    orders, largest = stored.checked_orders(orders), stored.checked_degrees(lmax)
    if not (isinstance(refine, (int, np.integer)) and refine >= 1):
        raise InputError(f"refine={refine} is not a whole number from 1")
    factors = [1, int(refine)] if refine > 1 else [1]
    tell = progress or (lambda text: None)
    found = {}
    for order, limit, factor in itertools.product(orders, largest, factors):
        name = "all orders" if order == ALL_ORDERS else f"order {order}"
        tell(f"{name}, degrees to {limit}, {factor} times the radial functions")
        model = stored.model(order, limit, factor)
        state = model.coefficients(profiles_on(stored.state, model.shell))
        reason = None if order == ALL_ORDERS else why_not_factorised(model, order)
        if order != ALL_ORDERS and reason is None:
            growth: Growth = fastest_by_factors(model, state, order, tolerance)
        else:
            if reason is not None:
                tell(f"evolved in time, which takes longer: {reason}")
            growth = fastest_growth(
                model,
                state,
                columns=None if order == ALL_ORDERS else model.shell.columns.order == order,
                tolerance=tolerance,
                most_intervals=most_intervals,
            )
        found[order, limit, factor] = _Mode(model, growth)
    result = _dataset(found, (orders, largest, factors))
    degrees = list(degrees)
    if degrees:
        tell("local growth")
        result = result.merge(_local(snapshot, degrees, colatitude))
    result.attrs = (
        attributes_of(stored.parameters, "Growth of small perturbations about a stored state")
        | {"field_conventions": CONVENTIONS}
        | {"time_yr": stored.state.time, "lmax": stored.parameters.resolution.lmax}
        | {"angular_dissipation": int(angular_dissipation), "verdict": verdict(result)}
    )
    return result


@dataclass(frozen=True, eq=False)
class _StoredState:
    """A snapshot and the models that it is perturbed in."""

    snapshot: xr.Dataset
    angular_dissipation: bool
    threads: Threads

    @cached_property
    def parameters(self) -> Parameters:
        """Those of the run, with the dissipation that is wanted."""
        parameters = case_of(self.snapshot)
        if self.angular_dissipation:
            return parameters
        return parameters.replace({"dissipation.angular_rate": 0.0})

    @cached_property
    def state(self) -> State:
        """The snapshot."""
        degree, order = (self.snapshot[f"{name}_of_lm"].values for name in ("degree", "order"))
        mmax = int(order.max())
        mres = int(np.gcd.reduce(order)) if mmax else 1
        harmonics = Harmonics(int(degree.max()), mmax, mres)
        shell = Shell(self._basis(1), harmonics, stored_metric(self.snapshot.attrs))
        parts = (
            complex_variable(self.snapshot[name]).transpose("radius", "lm").values / FIELD_UNIT
            for name in ("poloidal", "toroidal")
        )
        return state_from_storage(float(self.snapshot["snapshot"]), shell, *parts)

    def _basis(self, factor: int) -> RadialBasis:
        """The radial basis of the run with a multiple of its functions."""
        basis = stored_basis(self.snapshot.attrs, self.snapshot.sizes["radius"])
        if factor == 1:
            return basis
        if isinstance(basis, ElementBasis):
            ends = np.array(basis.breakpoints)
            shares = np.arange(factor) / factor
            inner = (ends[:-1, None] + np.diff(ends)[:, None] * shares).ravel()
            return ElementBasis((*inner.tolist(), basis.breakpoints[-1]), basis.element_order)
        return chebyshev_basis(basis.inner_radius, basis.outer_radius, factor * basis.order)

    @property
    def is_axisymmetric(self) -> bool:
        columns = self.state.shell.columns.order > 0
        return not (self.state.poloidal[:, columns].any() or self.state.toroidal[:, columns].any())

    def checked_orders(self, orders: Iterable[int] | None) -> list[int]:
        """Orders to perturb, or what stands for all of them."""
        if not self.is_axisymmetric:
            if orders is not None:
                raise InputError("orders: those of a state that is not axisymmetric are coupled")
            return [ALL_ORDERS]
        return _checked([0] if orders is None else orders, "order", 0)

    def checked_degrees(self, lmax: Iterable[int] | None) -> list[int]:
        """Largest degrees of perturbations."""
        return _checked(
            [case_of(self.snapshot).resolution.lmax] if lmax is None else lmax, "lmax", 1
        )

    def model(self, order: int, lmax: int, factor: int) -> InductionModel:
        """The model in which an order is perturbed."""
        own = self.state.shell.harmonics
        if order == ALL_ORDERS:
            mres = max(own.mres, 1)
            mmax = min(own.mmax, lmax) // mres * mres
        elif order > lmax:
            raise InputError(f"order={order} exceeds lmax={lmax}")
        else:
            mmax, mres = order, max(order, 1)
        harmonics = Harmonics(lmax, mmax, mres, self.parameters.resolution.dealiasing)
        radius = self.snapshot.attrs.get("stellar_radius_km")
        shell = Shell(self._basis(factor), harmonics, self.state.shell.metric, radius)
        return build_model(
            self.parameters, self.threads, self.state.time, shell, self._matter(shell)
        )

    def _matter(self, shell: Shell) -> Matter | None:
        """The evolved temperature of the state, its mean over the sphere, if there is one."""
        if not self.parameters.thermal.enabled:
            return None
        stored = self.snapshot["temperature"]
        return Matter(np.interp(shell.basis.radius, stored["radius"].values, stored.values))


def _checked(values: Iterable[int], name: str, least: int) -> list[int]:
    """Whole numbers from the least on, ascending, each once."""
    chosen = np.array(list(values))
    if chosen.size == 0:
        raise InputError(f"{name}: none is given")
    if not np.issubdtype(chosen.dtype, np.integer):
        raise InputError(f"{name}={chosen.tolist()} are not whole numbers")
    if chosen.min() < least:
        raise InputError(f"{name}={chosen.min()} is below {least}")
    return np.unique(chosen).tolist()


# --- the answer -------------------------------------------------------------------------------


class _Mode(NamedTuple):
    """The fastest growing mode, in its model."""

    model: InductionModel
    growth: Growth

    @property
    def energy(self) -> np.ndarray:
        """Share of each degree 1 .. lmax, at neighbouring storage radii: (radii - 1, lmax)."""
        basis, columns = self.model.shell.basis, self.model.shell.columns
        shares = energy_shares(self.model, self.growth.mode, basis.storage_radius)
        return np.stack([shares[:, part].sum(axis=1) for part in columns.degree_slices], axis=1)

    def mean_degree(self, energy: np.ndarray) -> float:
        return float(energy.sum(axis=0) @ np.arange(1, energy.shape[1] + 1))

    def mean_radius(self, energy: np.ndarray) -> float:
        radius = self.model.shell.basis.storage_radius
        return float(energy.sum(axis=1) @ (radius[1:] + radius[:-1]) / 2)

    def stored(self, order: int) -> tuple[np.ndarray, np.ndarray]:
        """P_lm [G km] and T_lm [G] on the storage radii, of both phases: (2, radii, lmax).

        Of an order that is perturbed by itself.
        """
        harmonics = self.model.shell.harmonics
        chosen = harmonics.order == order
        out = np.zeros((2, 2, self.model.shell.basis.storage_radius.size, harmonics.lmax), complex)
        for phase, part in enumerate((self.growth.mode.real, self.growth.mode.imag)):
            state = self.model.state(np.ascontiguousarray(part))
            for kind, values in enumerate(state.on_storage_points()):
                out[kind, phase][:, harmonics.degree[chosen] - 1] = values[:, chosen]
        return tuple(FIELD_UNIT * out)


def _dataset(
    found: dict[tuple[int, int, int], _Mode], axes: tuple[list[int], list[int], list[int]]
) -> xr.Dataset:
    """Rates of all modes, and the modes at the finest resolution."""
    orders, largest, factors = axes
    shape = tuple(len(axis) for axis in axes)
    numbers = np.empty((5, *shape))
    finest = factors[-1]
    radius = found[orders[0], largest[0], finest].model.shell.basis.storage_radius
    modes = np.zeros((2, *shape[:2], 2, radius.size, max(largest)), dtype=complex)
    shares = np.zeros((*shape[:2], max(largest)))
    for place in np.ndindex(shape):
        key = tuple(axis[i] for axis, i in zip(axes, place, strict=True))
        mode, energy = found[key], found[key].energy
        numbers[(slice(None), *place)] = (
            mode.growth.rate,
            mode.growth.frequency,
            mode.growth.residual,
            mode.mean_degree(energy),
            mode.mean_radius(energy),
        )
        if key[2] == finest:
            shares[place[:2]][: key[1]] = energy.sum(axis=0)
            if key[0] != ALL_ORDERS:
                for kind, values in enumerate(mode.stored(key[0])):
                    modes[kind][place[:2]][..., : key[1]] = values
    rate = numbers[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.abs(rate[..., 0] / rate[..., -1] - 1.0)
    across, both = ("order", "lmax"), ("order", "lmax", "resolution")
    variables: dict[str, Any] = {
        name: (both, values, {"units": units, "long_name": long_name})
        for values, (name, units, long_name) in zip(numbers, _NUMBERS, strict=True)
    }
    if finest > 1:
        variables["change"] = (
            across,
            change,
            {"units": "1", "long_name": "relative change of the growth rate with resolution"},
        )
        variables["resolved"] = (
            across,
            ((change <= RESOLVED) & (numbers[2].max(axis=-1) <= RESOLVED)).astype(np.int8),
            {"units": "1", "long_name": f"change and residuals up to {RESOLVED:g}"},
        )
    variables["energy_share"] = (
        (*across, "degree"), shares, {"units": "1", "long_name": "share of the energy"},
    )  # fmt: skip
    if orders != [ALL_ORDERS]:
        along = (*across, "phase", "radius", "degree")
        variables["poloidal"] = (along, modes[0], {"units": "gauss km", "long_name": "P_lm(r)"})
        variables["toroidal"] = (along, modes[1], {"units": "gauss", "long_name": "T_lm(r)"})
    coordinates = {
        "order": ("order", orders, {"units": "1", "long_name": f"order m; {ALL_ORDERS}: all"}),
        "lmax": ("lmax", largest, {"units": "1", "long_name": "largest degree perturbed"}),
        "resolution": (
            "resolution", factors, {"units": "1", "long_name": "factor on the radial functions"},
        ),
        "phase": ("phase", ["real", "imaginary"]),
        "radius": ("radius", radius, {"units": "km", "long_name": "radius"}),
        "degree": ("degree", np.arange(1, max(largest) + 1), {"units": "1", "long_name": "degree"}),
    }  # fmt: skip
    return xr.Dataset(variables, coordinates)


#: Name, units and long name of the numbers of each mode.
_NUMBERS = (
    ("growth_rate", "julian_year^-1", "growth rate"),
    ("frequency", "julian_year^-1", "angular frequency"),
    ("residual", "1", "residual of the eigenvalue"),
    ("mean_degree", "1", "degree of the mode, weighted with energy"),
    ("mean_radius", "km", "radius of the mode, weighted with energy"),
)


def _local(snapshot: xr.Dataset, degrees: list[float], colatitude: float) -> xr.Dataset:
    """The local growth, under names of its own."""
    local = local_growth(snapshot, degrees, colatitude=colatitude)
    named = {name: f"local_{name}" for name in (*local.data_vars, "degree")}
    local = local.rename(named)
    for variable in local.data_vars.values():
        variable.attrs |= {
            "colatitude_degrees": colatitude,
            "radius_km": local.attrs["radius_km"],
            "window_km": local.attrs["window_km"],
        }
    return local.drop_attrs(deep=False)


def verdict(growth: xr.Dataset) -> str:
    """What is resolved, in words.

    Parameters
    ----------
    growth : Dataset
        See `stability`.

    Returns
    -------
    str
    """
    if "change" not in growth:
        return "one resolution: no verdict"
    worst = growth["change"].max()
    factor = int(growth["resolution"][-1])
    by = f"growth changes by {100 * float(worst):.2g} % with {factor} times the radial functions"
    residual = float(growth["residual"].max())
    if residual == np.inf:
        return f"undecided, as a faster mode cannot be excluded; {by}"
    if residual > RESOLVED:
        return f"undecided, as the iteration ended with a residual of {residual:.2g}; {by}"
    return f"resolved: {by}" if bool(growth["resolved"].all()) else f"not resolved: {by}"
