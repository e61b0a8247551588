"""Exit codes of all commands, which error leads to which, and the lines that explain them."""

from __future__ import annotations

import errno

from spectralcmi.errors import DivergedError, InUseError, SpectralcmiError, WriteError

DONE = 0
FAULT = 1
BAD_INPUT = 2
DIVERGED = 3
CANNOT_WRITE = 4
IN_USE = 5
INTERRUPTED = 130

EXPLANATION = """\
Exit codes: 0 done; 2 bad input; 3 the run diverged, what was computed is saved; 4 the output cannot
be written; 5 it is in use by another process; 130 interrupted; 1 a fault of this program."""

#: The first that an error is an instance of counts.
_CODES: tuple[tuple[type[Exception], int], ...] = (
    (DivergedError, DIVERGED),
    (InUseError, IN_USE),
    (WriteError, CANNOT_WRITE),
    (SpectralcmiError, BAD_INPUT),
    (MemoryError, BAD_INPUT),  # of the system: more was asked for than there is
)

#: What a system answers that does not take what is written; reading is guarded where it is done.
_NOT_WRITTEN = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.ENOSPC,
        errno.EPERM,
        errno.EPIPE,
        errno.EROFS,
    }
)


def exit_code(error: Exception) -> int:
    """Exit code of a command that ends with an error.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    code : int
        `FAULT` for an error that nothing but its traceback explains.
    """
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return CANNOT_WRITE if is_refused_write(error) else FAULT


def is_refused_write(error: Exception) -> bool:
    """Whether an error is the system's, which does not take what is written."""
    return isinstance(error, OSError) and error.errno in _NOT_WRITTEN
