"""Temperature of the crust: one number, a radial profile or a cooling history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.star.columns import read_columns
from spectralcmi.star.composition import monotone_interpolant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import ArrayLike

#: Beyond it powers of the temperature overflow, or the electrons are not degenerate [K].
TEMPERATURE_RANGE = (1.0, 1e11)


@dataclass(frozen=True, eq=False)
class CoolingHistory:
    """Temperature of an isothermal crust against time, straight lines in both logarithms.

    Attributes
    ----------
    times : ndarray, shape (n,)
        Positive and rising [yr].
    temperatures : ndarray, shape (n,)
        [K]
    """

    times: np.ndarray
    temperatures: np.ndarray

    def temperature(self, time: float) -> float:
        """Temperature [K] at a time [yr]; before the first one of the history it is constant.

        Raises
        ------
        ValueError
            If the time lies beyond the end of the history.
        """
        self._require_covered(time)
        time = float(np.clip(time, *self.times[[0, -1]]))
        left = min(int(np.searchsorted(self.times, time, side="right")) - 1, len(self.times) - 2)
        (before, after), (cold, hot) = (
            values[left : left + 2] for values in (self.times, self.temperatures)
        )
        # Not by logarithms, which would round a temperature that does not change.
        return float(cold * (hot / cold) ** (np.log(time / before) / np.log(after / before)))

    def _require_covered(self, time: float) -> None:
        if not time >= 0.0:
            raise ValueError(f"has no temperature at {time:g} yr")
        if time > self.times[-1]:
            raise ValueError(f"ends at {self.times[-1]:g} yr, before {time:g} yr")

    def change_times(self, end: float, fraction: float) -> np.ndarray:
        """Times at which the temperature has moved by a fraction since the last of them.

        Parameters
        ----------
        end : float [yr]
        fraction : float
            Positive: a factor of 1 + fraction up or down.

        Returns
        -------
        ndarray, shape (number of times,) [yr]
            Rising, after 0 and not after `end`. They depend on the history alone, so that a
            run resumed from a checkpoint meets the same ones.

        Raises
        ------
        ValueError
            If the end lies beyond that of the history or the fraction is not positive.
        """
        if not fraction > 0.0:
            raise ValueError(f"fraction={fraction:g} must be positive")
        self._require_covered(end)
        x, y = np.log(self.times), np.log(self.temperatures)
        step, reference, times = np.log1p(fraction), y[0], []
        for left in range(len(x) - 1):
            while abs(y[left + 1] - reference) > step:
                reference += np.copysign(step, y[left + 1] - reference)
                share = (reference - y[left]) / (y[left + 1] - y[left])
                times.append(np.exp(x[left] + share * (x[left + 1] - x[left])))
        # The whole history is walked through first, so that no time depends on the end.
        return np.array([time for time in times if time <= end])


def read_cooling_history(path: str | Path) -> CoolingHistory:
    """Read a cooling history from a file of two columns, years and kelvin.

    Parameters
    ----------
    path : str or Path
        Two columns separated by commas or blanks; a header ``time [yr], temperature [K]`` with
        other units of the same kind is understood.

    Returns
    -------
    CoolingHistory

    Raises
    ------
    ValueError
        If times do not rise or anything is not positive and finite.
    OSError
        If the file cannot be read.
    """
    columns = read_columns(path, {"time": "yr", "temperature": "K"}, positional=True)
    _require_possible(columns)
    if len(columns["time"]) < 2 or np.any(np.diff(columns["time"]) <= 0.0):
        raise ValueError("column time must hold two times or more, and rise")
    return CoolingHistory(columns["time"], columns["temperature"])


def read_temperature_profile(path: str | Path) -> Callable[[ArrayLike, ArrayLike], np.ndarray]:
    """Read a temperature profile from a file of two columns.

    Parameters
    ----------
    path : str or Path
        Header and columns ``radius [km], temperature [K]`` or
        ``density [g cm-3], temperature [K]``.

    Returns
    -------
    callable
        (radius [km], density [g cm-3]) -> temperature [K], twice continuously differentiable;
        beyond the ends of the table it keeps the last value.

    Raises
    ------
    ValueError
        If a column is missing, does not rise or fall, or anything is not positive and finite.
    OSError
        If the file cannot be read.
    """
    wanted = {"radius": "km", "density": "g cm-3", "temperature": "K"}
    columns = read_columns(path, wanted, optional=("radius", "density"))
    _require_possible(columns)
    if ("radius" in columns) == ("density" in columns):
        raise ValueError("must have one of the columns radius and density")
    name = "radius" if "radius" in columns else "density"
    order = np.argsort(columns[name])
    x = np.log(columns[name][order])
    if len(x) < 2 or np.any(np.diff(x) <= 0.0):
        raise ValueError(f"column {name} must hold two different values or more, none twice")
    curve = monotone_interpolant(x, np.log(columns["temperature"][order]), (0.0, 0.0))

    def temperature(radius: ArrayLike, density: ArrayLike) -> np.ndarray:
        return np.exp(curve(np.log(radius if name == "radius" else density)))

    return temperature


def _require_possible(columns: dict[str, np.ndarray]) -> None:
    """Refuse what is not a positive number, and temperatures that no crust has."""
    for name, values in columns.items():
        low, high = TEMPERATURE_RANGE if name == "temperature" else (0.0, np.inf)
        wrong = ~(values > 0.0)
        if wrong.any():
            raise ValueError(f"column {name} must be positive, but holds {values[wrong][0]:g}")
        wrong = ~((values >= low) & (values <= high) & (values < np.inf))
        if wrong.any():
            rule = f"lie between {low:g} and {high:g} K" if high < np.inf else "be finite"
            raise ValueError(f"column {name} must {rule}, but holds {values[wrong][0]:g}")
