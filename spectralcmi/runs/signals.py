"""Signals that end a program, turned into KeyboardInterrupt where the program can bear it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time as clock
from collections.abc import Iterator
from types import FrameType

#: Ctrl-C, what `kill` and batch systems send, the loss of the terminal, and what batch systems send
#: some time before they kill: USR1 where they are told to, XCPU at a limit of processor time.
SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGXCPU")
    if hasattr(signal, name)
)
#: Signals that come together are one: batch systems send theirs to a job and to its steps [s].
TOGETHER = 1.0

_postponing: list[Interruptions] = []


class Interruptions:
    """Within the `with` block, signals that end a program raise KeyboardInterrupt instead.

    They do so at once, or, within `postponed`, when the program asks by `raise_pending`; a second
    one that comes later than `TOGETHER` kills. A signal that the process was told to ignore
    (`nohup`) stays ignored. Python handles signals in the main thread alone: in others this does
    nothing.

    Attributes
    ----------
    is_pending : bool
        Whether a signal came that is not acted upon yet.
    """

    def __enter__(self) -> Interruptions:
        self._first: float | None = None
        self.is_pending = self._is_postponed = False
        self._previous = {}
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.getsignal(number)
                if handler not in (signal.SIG_IGN, None):
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self._is_postponed:
            raise KeyboardInterrupt
        now = clock.monotonic()
        if self._first is not None and now - self._first > TOGETHER:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self._first = now if self._first is None else self._first
        self.is_pending = True

    def raise_pending(self) -> None:
        """Raise KeyboardInterrupt if a signal came."""
        if self.is_pending:
            self.is_pending = False
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def postponed(self) -> Iterator[None]:
        """Let signals wait; one that still does raises at the end of a block that succeeds."""
        self._first, self._is_postponed = None, True
        _postponing.append(self)
        try:
            yield
        finally:
            self._is_postponed = False
            _postponing.remove(self)
        self.raise_pending()


def is_signal_pending() -> bool:
    """Whether some part of the program has a signal that it will act upon."""
    return any(interruptions.is_pending for interruptions in _postponing)
