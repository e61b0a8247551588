"""Signals that end a program, turned into KeyboardInterrupt where the program can bear it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

#: Ctrl-C, what `kill` and batch systems send, and the loss of the terminal.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """Within the `with` block, signals that end a program raise KeyboardInterrupt instead.

    They do so at once, or, within `postponed`, when the program asks by `raise_pending`. A signal
    that the process was told to ignore (`nohup`) stays ignored. Python handles signals in the main
    thread alone: in others this does nothing.
    """

    def __enter__(self) -> Interruptions:
        self._pending = self._is_postponed = False
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
        self._pending = True

    def raise_pending(self) -> None:
        """Raise KeyboardInterrupt if a signal came."""
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def postponed(self) -> Iterator[None]:
        """Let signals wait; one that still does raises at the end of a block that succeeds."""
        self._is_postponed = True
        try:
            yield
        finally:
            self._is_postponed = False
        self.raise_pending()
