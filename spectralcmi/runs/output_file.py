"""Files with one writer at a time, that are whole at every instant."""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import io
import logging
import os
import shutil
import socket
import stat
import time as clock
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from spectralcmi.checksums import add_checksum
from spectralcmi.errors import InUseError
from spectralcmi.runs.signals import is_signal_pending

#: What file systems answer that know no locks.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
#: What they answer when there is no room, which others may make.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
#: How long room is waited for, and how often it is tried [s].
PATIENCE = 120.0
PAUSE = 2.0
_LONGEST_OWNER = 200

_log = logging.getLogger(__name__)


class OutputInUseError(InUseError):
    """A file that another process is writing; its text is one line."""


class OutputFile:
    """A file that this process alone writes, for as long as the `with` block lasts.

    Each `write` goes to a file beside it, is flushed to disk and moved into place: a reader, a
    crash or a kill meets the old content or the new, never a part. What is in HDF5 gets a checksum,
    see `spectralcmi.checksums`. The content before stays as ``.NAME.previous`` until the block ends
    without an error, where the file system has hard links.

    The lock is on a file beside it too, ``.NAME.lock``, which names its owner, and is the operating
    system's: it ends with the process, however that ends, and what a killed process leaves behind
    stops nobody and is removed by the next writer. Where somebody removes the lock file and another
    process takes its place, that one has the output from then on.

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
        self._has_written = False
        self._lock_path = self._beside("lock")
        self._part_path = self._beside("part")

    def _beside(self, what: str) -> Path:
        return self.path.with_name(f".{self.path.name}.{what}")

    def __enter__(self) -> OutputFile:
        try:
            self._descriptor = self._locked(self._wait)
            self._part_path.unlink(missing_ok=True)  # of a process killed while it wrote
            self._identity = _identity(self.path)
        except BaseException:  # a signal may come between any two steps
            self._give_up()
            raise
        return self

    def _give_up(self) -> None:
        """Remove the lock file of an entry that failed, unless another process holds it."""
        self._close()
        with contextlib.suppress(OSError):
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_still_at(descriptor, self._lock_path):
                    self._lock_path.unlink()
            finally:
                os.close(descriptor)

    def __exit__(self, kind: type[BaseException] | None = None, *exception: object) -> None:
        with contextlib.suppress(OSError):
            # else it is another's, which took the place of ours
            if self._descriptor is not None and _is_still_at(self._descriptor, self._lock_path):
                if kind is None and self._has_written:
                    previous_generation(self.path).unlink(missing_ok=True)
                # removed while it is held: whoever waits for it sees that it is gone, see `_locked`
                self._lock_path.unlink()
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _locked(self, wait: bool) -> int:
        """Descriptor of the lock file, locked."""
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self._lock_path, flags, 0o666)
            try:
                self._lock(descriptor, wait)
                if _is_still_at(descriptor, self._lock_path):
                    _sign(descriptor)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            # its last holder removed the file between our opening and our locking it
            os.close(descriptor)

    def _lock(self, descriptor: int, wait: bool) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            owner = _owner(descriptor)
            raise OutputInUseError(f"{self.name}: another process is writing it{owner}") from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            warnings.warn(
                f"{self.name}: its file system has no locks; "
                "nothing keeps a second process from writing it",
                stacklevel=5,
            )

    def write(self, write: Callable[[BinaryIO], object]) -> None:
        """Replace the content, or leave it as it is.

        Where there is no room, it is tried again for `PATIENCE`.

        Parameters
        ----------
        write : callable
            Writes the new content to the binary file that it is given. It may be called again.

        Raises
        ------
        OutputInUseError
            Where another process has taken the lock or replaced the file; what was to be written
            is then beside it, under a name of its own.
        OSError
            Where the content can't be stored, for example on a full disk.
        """
        latest = clock.monotonic() + PATIENCE
        is_told = False
        while True:
            try:
                self._write_once(write)
            except OSError as error:
                if error.errno not in _NO_ROOM or clock.monotonic() >= latest:
                    raise
                if not is_told:
                    _log.info("%s: %s; trying again for %g s", self.name, error.strerror, PATIENCE)
                    is_told = True
            else:
                return
            if not _has_paused(min(latest, clock.monotonic() + PAUSE)):
                latest = clock.monotonic()  # one try more, and no other

    def settle(self) -> None:
        """Keep the content as it is: what it replaced is not needed any more.

        As after a write; a process that is killed between its last one and its end leaves it.
        """
        self._has_written = True

    def _write_once(self, write: Callable[[BinaryIO], object]) -> None:
        try:
            self._part_path.unlink(missing_ok=True)
            with _PatientFile(self._part_path, "w+", opener=_created) as part:
                try:
                    write(part)
                    add_checksum(part)
                finally:  # what a write that failed led to is of no interest
                    part.raise_first_error()
                os.fsync(part.fileno())
                identity = _identity(part.fileno())
            self._require_ownership()
            if self.path.exists():
                shutil.copymode(self.path, self._part_path)
                self._keep_previous()
            os.replace(self._part_path, self.path)
            self._identity, self._has_written = identity, True
            _flush_folder(self.path.parent)
        except BaseException:
            self._part_path.unlink(missing_ok=True)
            raise

    def _require_ownership(self) -> None:
        """Raise OutputInUseError where the lock or the output is another process's by now."""
        assert self._descriptor is not None  # asked for within the `with` block alone
        try:
            if not _is_still_at(self._descriptor, self._lock_path):
                again = self._locked(wait=False)
                self._close()
                self._descriptor = again
            if _identity(self.path) in (None, self._identity):
                return
            what = "another process has replaced it"
        except OutputInUseError as error:
            what = str(error).removeprefix(f"{self.name}: ")
        rescued = self.path.with_name(f"{self.path.stem}-{os.getpid()}{self.path.suffix}")
        os.replace(self._part_path, rescued)
        raise OutputInUseError(f"{self.name}: {what}; what was to be written is in {rescued.name}")

    def _keep_previous(self) -> None:
        """Let the content so far have a second name."""
        previous = previous_generation(self.path)
        previous.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # some file systems have no hard links
            os.link(self.path, previous)


def previous_generation(path: Path) -> Path:
    """Where `OutputFile` keeps what a file held before the last write.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Path
    """
    return path.with_name(f".{path.name}.previous")


def _created(path: str, flags: int) -> int:
    """Descriptor of a file that was not there: never of what somebody has put in its place."""
    return os.open(path, flags & ~os.O_TRUNC | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)


def _identity(file: Path | int) -> tuple[int, int] | None:
    """What tells one file from another, None if there is none."""
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _sign(descriptor: int) -> None:
    """Write down in a lock file who holds it."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        return  # another's, by a second name
    now = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    text = f"process {os.getpid()} on {socket.gethostname()}, since {now}\n"
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _owner(descriptor: int) -> str:
    """Who holds a lock, in parentheses; empty where that is not known."""
    try:
        text = os.pread(descriptor, _LONGEST_OWNER, 0).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" ({text})" if text.startswith("process ") and text.isprintable() else ""


def _has_paused(until: float) -> bool:
    """Wait; whether that was not cut short by a signal that wants the process to end."""
    while (left := until - clock.monotonic()) > 0:
        if is_signal_pending():
            return False
        clock.sleep(min(0.1, left))
    return True


class _PatientFile(io.FileIO):
    """A file whose writes always seem to succeed; the first error is kept for later.

    HDF5 can't recover from a write that fails: where the disk is full, it brings the process down
    when it reads back what it wrote, or when the file is closed. So from the first error on it
    works on a copy in memory, and is asked for the outcome afterwards.
    """

    _error: OSError | None = None
    _copy: io.BytesIO | None = None

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if self._copy is not None:
            return self._copy.write(view)
        position = self.tell()
        try:
            written = 0
            while written < len(view):
                written += super().write(view[written:])
        except OSError as error:
            self._go_on_in_memory(error).seek(position)
            return self.write(view)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        if self._copy is None:
            try:
                return super().truncate(size)
            except OSError as error:
                position = self.tell()
                self._go_on_in_memory(error).seek(position)
        assert self._copy is not None
        position = self._copy.tell()
        size = position if size is None else size
        self._copy.truncate(size)
        self._copy.seek(0, io.SEEK_END)
        self._copy.write(bytes(size - self._copy.tell()))  # as files do, and BytesIO does not
        self._copy.seek(position)
        return size

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if self._copy is None:
            return super().seek(offset, whence)
        return self._copy.seek(offset, whence)

    def tell(self) -> int:
        return super().tell() if self._copy is None else self._copy.tell()

    def readinto(self, buffer: Any) -> int | None:
        return super().readinto(buffer) if self._copy is None else self._copy.readinto(buffer)

    def _go_on_in_memory(self, error: OSError) -> io.BytesIO:
        self._error = error
        super().seek(0)
        self._copy = io.BytesIO(super().readall())
        return self._copy

    def raise_first_error(self) -> None:
        if self._error is not None:
            raise self._error from None


def _is_still_at(descriptor: int, path: Path) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
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
