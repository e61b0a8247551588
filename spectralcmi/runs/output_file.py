"""Files with one writer at a time, that are whole at every instant."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from spectralcmi.errors import InUseError

#: What file systems answer that know no locks.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class OutputInUseError(InUseError):
    """A file that another process is writing; its text is one line."""


class OutputFile:
    """A file that this process alone writes, for as long as the `with` block lasts.

    Each `write` goes to a file beside it, is flushed to disk and moved into place: a reader, a
    crash or a kill meets the old content or the new, never a part. The lock is on a file beside it
    too, ``.NAME.lock``, and is the operating system's: it ends with the process, however that
    ends, and what a killed process leaves behind stops nobody and is removed by the next writer.

    Parameters
    ----------
    path : str or Path
        The folder must exist. Where this is a symbolic link, what it points to is written.
    wait : bool
        Whether to wait for another writer to end.

    Raises
    ------
    OutputInUseError
        On entry, where another process is writing the file and `wait` is false.
    OSError
        On entry, where the folder can't be written.
    """

    def __init__(self, path: str | Path, wait: bool = False) -> None:
        self.name = str(path)
        self.path = Path(path).resolve()
        self._wait = wait
        self._descriptor: int | None = None
        self._lock_path = self.path.with_name(f".{self.path.name}.lock")
        self._part_path = self.path.with_name(f".{self.path.name}.part")

    def __enter__(self) -> OutputFile:
        try:
            self._descriptor = self._locked()
            self._part_path.unlink(missing_ok=True)  # of a process killed while it wrote
        except BaseException:  # a signal may come between any two steps
            self._give_up()
            raise
        return self

    def _give_up(self) -> None:
        """Remove the lock file of an entry that failed, unless another process holds it."""
        self._close()
        with contextlib.suppress(OSError):
            descriptor = os.open(self._lock_path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_still_at(descriptor, self._lock_path):
                    self._lock_path.unlink()
            finally:
                os.close(descriptor)

    def __exit__(self, *exception: object) -> None:
        # removed while it is held: whoever waits for it sees that it is gone, see `_locked`
        with contextlib.suppress(OSError):
            self._lock_path.unlink()
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _locked(self) -> int:
        """Descriptor of the lock file, locked."""
        while True:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._lock(descriptor)
                if _is_still_at(descriptor, self._lock_path):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            # its last holder removed the file between our opening and our locking it
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if self._wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise OutputInUseError(f"{self.name}: another process is writing it") from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            warnings.warn(
                f"{self.name}: its file system has no locks; "
                "nothing keeps a second process from writing it",
                stacklevel=4,
            )

    def write(self, write: Callable[[BinaryIO], object]) -> None:
        """Replace the content, or leave it as it is.

        Parameters
        ----------
        write : callable
            Writes the new content to the binary file that it is given.

        Raises
        ------
        OSError
            Where the content can't be stored, for example on a full disk.
        """
        try:
            with _PatientFile(self._part_path, "w+") as part:
                try:
                    write(part)
                finally:  # what a write that failed led to is of no interest
                    part.raise_first_error()
                os.fsync(part.fileno())
            if self.path.exists():
                shutil.copymode(self.path, self._part_path)
            os.replace(self._part_path, self.path)
            _flush_folder(self.path.parent)
        except BaseException:
            self._part_path.unlink(missing_ok=True)
            raise


class _PatientFile(io.FileIO):
    """A file whose writes always seem to succeed; the first error is kept for later.

    HDF5 can't recover from a write that fails: where the disk is full, it brings the process down
    when the file is closed. So it is let finish, and asked for the outcome afterwards.
    """

    _error: OSError | None = None

    def write(self, data) -> int:
        view = memoryview(data).cast("B")
        position = self.tell()
        if self._error is None:
            try:
                written = 0
                while written < len(view):
                    written += super().write(view[written:])
                return len(view)
            except OSError as error:
                self._error = error
        self.seek(position + len(view))
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self._error = self._error or error
            return self.tell() if size is None else size

    def raise_first_error(self) -> None:
        if self._error is not None:
            raise self._error from None


def _is_still_at(descriptor: int, path: Path) -> bool:
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _flush_folder(path: Path) -> None:
    """Make a move within a folder last."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
