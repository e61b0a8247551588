"""Output times: when a run records its series and its snapshots, and which are still due."""

from __future__ import annotations

import numpy as np

from spectralcmi.case.parameters import Parameters
from spectralcmi.runs.record import RunRecord

#: Output times closer than this are one [yr].
SAME_TIME = 1e-9


def output_times(parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Years of the series and of the snapshots; the series includes the start and the end."""
    end, interval = parameters.time.end, parameters.output.series_interval
    series = np.append(interval * np.arange(int(np.floor(end / interval)) + 1), end)
    series = series[np.append(np.diff(series) > SAME_TIME, True)]
    return series, np.array(parameters.snapshot_times())


class DueTimes:
    """Output times that a run has not recorded yet.

    Parameters
    ----------
    series, snapshots : ndarray
        Years of the series and of the snapshots, ascending.
    record : RunRecord
        What is recorded already.
    """

    def __init__(self, series: np.ndarray, snapshots: np.ndarray, record: RunRecord) -> None:
        self._series = _later(series, record.times)
        self._snapshots = _later(snapshots, record.snapshot_times)
        times = np.unique(np.concatenate([self._series, self._snapshots]))
        self._times = times[np.diff(times, append=np.inf) > SAME_TIME].tolist()

    def __bool__(self) -> bool:
        return bool(self._times)

    def next_until(self, time: float) -> float | None:
        """The earliest that is due by a time."""
        return self._times[0] if self._times and self._times[0] <= time + SAME_TIME else None

    def series(self, time: float) -> bool:
        """Whether the series want this time."""
        return _contains(self._series, time)

    def snapshot(self, time: float) -> bool:
        """Whether a snapshot is wanted at this time."""
        return _contains(self._snapshots, time)

    def done(self, time: float) -> None:
        """Take a time from the list."""
        self._times = [other for other in self._times if other > time + SAME_TIME]


def _later(times: np.ndarray, recorded: list[float]) -> np.ndarray:
    return times if not recorded else times[times > recorded[-1] + SAME_TIME]


def _contains(times: np.ndarray, time: float) -> bool:
    return bool(np.any(np.abs(times - time) <= SAME_TIME))
