"""What ends a run before its last year: a rule on its series, or the wall clock."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence

from spectralcmi.case.sections import Time

_SECONDS_PER_HOUR = 3600.0


class Stopping:
    """The keys ``time.stop_when`` and ``time.wall_limit`` at work.

    Parameters
    ----------
    time : Time
        Section of the parameters.
    """

    def __init__(self, time: Time) -> None:
        self._rule = time.stop_rule
        self._limit = _SECONDS_PER_HOUR * time.wall_limit
        self._began = clock.monotonic()

    def wants_end(self, series: Mapping[str, Sequence[float]]) -> bool:
        """Whether the last value of a series fulfils the rule.

        Parameters
        ----------
        series : mapping of str to sequence of float
            As of `RunRecord`.
        """
        if self._rule is None or not series.get(self._rule.variable):
            return False
        return self._rule.holds(series[self._rule.variable][-1])

    @property
    def is_overdue(self) -> bool:
        """Whether the run has taken as long as it may, since it began or went on."""
        return 0 < self._limit <= clock.monotonic() - self._began
