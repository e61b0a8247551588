"""Commands in processes of their own, which are forked from one that is warm: a life costs little.

Forking is safe here since the process that forks has a single thread.
"""

import os
import resource
import shutil
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

#: A command that takes longer hangs [s]: of a processor, and at all, on a machine with much to do.
PATIENCE = 60
WAITING = 600
#: What a command may need [bytes].
MEMORY = 2e9
#: What the system gives it, so that what needs more is measured and does no harm [bytes].
LIMIT = 8_000_000_000


@dataclass(frozen=True)
class Attempt:
    """How a command ended: its exit code, or the signal as a negative number."""

    code: int
    stdout: str
    stderr: str
    memory: float
    seconds: float

    @property
    def end(self):
        names = {0: "done", 1: "fault", 2: "refused", 3: "diverged", 4: "not written", 5: "in use"}
        if self.code < 0:
            return "killed" if -self.code in KILLS else signal.Signals(-self.code).name
        return names.get(self.code, "interrupted" if self.code == 130 else f"exit {self.code}")

    @property
    def wrong(self):
        """What no command may do."""
        found = set()
        if -self.code in HANGS:
            found.add("hang")
        elif self.code == 1 or "Traceback" in self.stderr or self.code in CRASHES:
            found.add("traceback")
        if self.memory > MEMORY:
            found.add("memory")
        return found


HANGS = {signal.SIGALRM, signal.SIGVTALRM}
KILLS = {signal.SIGKILL, signal.SIGPROF}
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL}


def attempt(action, folder):
    """Call a function, which gives an exit code, in a process of its own; notes go to a folder."""
    sys.stdout.flush()
    sys.stderr.flush()
    start = time.monotonic()
    names = folder / ".stdout", folder / ".stderr"
    child = os.fork()
    if child == 0:
        _live(action, *names)
    _, status, usage = os.wait4(child, 0)
    said = [name.read_text(errors="replace") if name.exists() else "" for name in names]
    for name in names:
        name.unlink(missing_ok=True)
    unit = 1 if sys.platform == "darwin" else 1024
    return Attempt(
        os.waitstatus_to_exitcode(status), *said, float(usage.ru_maxrss * unit),
        time.monotonic() - start,
    )  # fmt: skip


def sent(action, number, seconds):
    """A function as another, to whose process a signal is sent after some time of its processor.

    So the moment does not depend on what else the machine does.
    """

    def interrupted():
        if number == signal.SIGKILL:  # by the system itself, which asks nobody either
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
        else:
            signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), number))
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-3))
        return action()

    return interrupted


def _live(action, stdout, stderr):
    """The child: never returns."""
    code = 1
    try:
        for name, stream in ((stdout, 1), (stderr, 2)):
            opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, stream)
            os.close(opened)
        # streams of its own: those of the parent may be anything
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in HANGS:
            signal.signal(number, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
        signal.alarm(WAITING)
        code = action()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def contents(folder):
    """What a folder holds, for telling whether a file has changed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and status.st_size < 1e8 else b""
        found[str(path.relative_to(folder))] = (status.st_ino, status.st_mtime_ns, content)
    return found


def fresh(folder):
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Path(folder)
