"""The crust along a run: which profiles hold when, and when they change.

Profiles that do not depend on the field are constant between *changes*, the times at which one of
their inputs has moved by its step: the temperature of a cooling history, or a deviation from beta
equilibrium that is given against time. An interval between two changes has the profiles of its
middle: what is done with them has an error of second order in the step, with those of the
beginning it would be of first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spectralcmi.profiles.crust import build_crust
from spectralcmi.profiles.deviation import deviation_change_times, deviation_end
from spectralcmi.star.neutron_star import temperature_change_times, temperature_end

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike

    from spectralcmi.case.parameters import Parameters


class Input(NamedTuple):
    """What profiles depend on that may change with time.

    Attributes
    ----------
    changes : callable
        Years at which it has moved by its step, ascending, of (parameters, end of the run); up to
        the last that is known where no end is given. An error where it is not known to the end.
    known_until : callable
        The last year at which it is known, of the parameters; infinite where it never changes.
    """

    changes: Callable[[Parameters, float | None], np.ndarray]
    known_until: Callable[[Parameters], float]


INPUTS: Mapping[str, Input] = MappingProxyType(
    {
        "temperature": Input(
            lambda parameters, end: temperature_change_times(parameters.background, end),
            lambda parameters: temperature_end(parameters.background),
        ),
        "delta_mu": Input(
            lambda parameters, end: deviation_change_times(parameters.chiral, end),
            lambda parameters: deviation_end(parameters.chiral),
        ),
    }
)
"""All of them, by the name that the dataset of a run has for them."""


@dataclass(frozen=True)
class CrustHistory:
    """Profiles of the crust along a run, constant between changes.

    Parameters
    ----------
    parameters : Parameters
    """

    parameters: Parameters

    @cached_property
    def _changes(self) -> np.ndarray:
        return self._united(None)

    def _united(self, end: float | None) -> np.ndarray:
        times = [kind.changes(self.parameters, end) for kind in INPUTS.values()]
        return np.unique(np.concatenate(times))

    @property
    def changes(self) -> np.ndarray:
        """Years at which profiles change, ascending, as far as their inputs are known."""
        return self._changes

    def changes_within(self, end: float) -> dict[str, np.ndarray]:
        """Years of changes up to the end of a run, by what it is that changes.

        Parameters
        ----------
        end : float
            [yr]

        Returns
        -------
        dict of str to ndarray
            Without what never changes; the same times whatever the end.

        Raises
        ------
        ValueError
            If something is not known up to the end.
        """
        times = {name: kind.changes(self.parameters, end) for name, kind in INPUTS.items()}
        return {name: found for name, found in times.items() if found.size}

    def next_change(self, time: float) -> float:
        """The first change after a year; infinite for none."""
        index = np.searchsorted(self._changes, time, side="right")
        return float(self._changes[index]) if index < self._changes.size else np.inf

    def age(self, time: float) -> float:
        """The year whose inputs stand for those of a whole interval between changes.

        Parameters
        ----------
        time : float
            Any in the interval [yr]; a time of change belongs to the interval before it.

        Returns
        -------
        float
            The middle of the interval [yr]; the last one ends where the first of the inputs does.

        Raises
        ------
        ValueError
            If something is not known up to the end of the run.
        """
        self.changes_within(self.parameters.time.end)
        known = min(kind.known_until(self.parameters) for kind in INPUTS.values())
        if np.isinf(known):
            return 0.0
        limits = np.concatenate([[0.0], self._changes, [known]])
        interval = int(np.searchsorted(self._changes, time, side="left"))
        return float(0.5 * (limits[interval] + limits[interval + 1]))

    def crust(
        self, radius: ArrayLike, time: float, temperature: np.ndarray | None = None
    ) -> xr.Dataset:
        """Profiles of the interval that a year lies in, see `age` and `build_crust`.

        Parameters
        ----------
        radius : array_like, shape (n,)
            [km]
        time : float
            [yr]
        temperature : ndarray, shape (n,), optional
            In place of that of the background [K].

        Returns
        -------
        xarray.Dataset
        """
        parameters, age = self.parameters, self.age(time)
        return build_crust(parameters.background, parameters.chiral, radius, age, temperature)
