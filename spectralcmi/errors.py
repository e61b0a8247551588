"""What the package raises: every error whose text is meant for the user, as one line.

Anything else that is raised is a fault of the package, and shows its traceback. Each class is also
the built-in error that a caller would expect, so that ``except ValueError`` works as usual.
"""

from __future__ import annotations


class SpectralcmiError(Exception):
    """Base of the package's own errors; the text is one line."""


class InputError(SpectralcmiError, ValueError):
    """Something that the user gave and that breaks a rule: a parameter, an argument, a file."""


class MissingPackageError(SpectralcmiError, ImportError):
    """A package that is needed and not installed, or does not load."""


class InsufficientMemoryError(SpectralcmiError, MemoryError):
    """A problem that does not fit into the memory there is."""


class WriteError(SpectralcmiError, OSError):
    """An output that the system did not take, for example on a full disk."""


class InUseError(SpectralcmiError, OSError):
    """A file that another process is using."""


class DivergedError(SpectralcmiError, RuntimeError):
    """A run that blew up; what it had computed is saved.

    Parameters
    ----------
    time : float
        Year at which it stopped.
    step : float
        Last time step [yr].
    rms_field : float
        Field strength [G].
    limit : str
        Which process needs the shortest steps, and where; empty if that is not known.
    """

    def __init__(self, time: float, step: float, rms_field: float, limit: str = "") -> None:
        # all go to the base class, so that the error can be pickled to and from workers
        super().__init__(time, step, rms_field, limit)
        self.time, self.step, self.rms_field, self.limit = time, step, rms_field, limit

    def __str__(self) -> str:
        text = (
            f"the run diverged at {self.time:.6g} yr, "
            f"step {self.step:.3g} yr, B_rms {self.rms_field:.3g} G"
        )
        return f"{text}; {self.limit}" if self.limit else text
