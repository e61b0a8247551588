"""Runs that are killed, interrupted, or find the disk full lose nothing that was saved.

The runs are processes of their own. They are forked by a server that has imported the package and
computed nothing, so that a life begins in a fraction of the time that imports take.
"""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from spectralcmi.cli import main
from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.loop import Run
from spectralcmi.runs.output_file import _PatientFile, previous_generation
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run

#: A process that does nothing for so long hangs [s]; generous, for a machine with much else to do.
PATIENCE = 300


@pytest.fixture(scope="module")
def server():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["spectralcmi.runs.run", "spectralcmi.runs.resume"])
    return context


class Command:
    """A command in a process of its own."""

    def __init__(self, server, folder, *arguments, largest_file=None):
        self.folder = folder
        self.process = server.Process(
            target=in_a_process, args=(str(folder), [*map(str, arguments)], largest_file)
        )
        self.process.start()

    @property
    def is_alive(self):
        return self.process.is_alive()

    def send(self, number):
        os.kill(self.process.pid, number)

    def ended(self):
        """Exit code, what was said on stderr."""
        self.process.join(PATIENCE)
        code, said = self.process.exitcode, self.folder / f"stderr.{self.process.pid}"
        assert code is not None, "it hangs"
        return code, said.read_text() if said.exists() else ""

    def wait_for(self, condition):
        """Wait until a condition holds; false if the process ends before."""
        limit = time.monotonic() + PATIENCE
        while not condition():
            if not self.is_alive:
                return False
            assert time.monotonic() < limit
            time.sleep(0.0005)
        return True


def in_a_process(folder, arguments, largest_file):
    os.environ["SPECTRALCMI_THREADS"] = "1"
    with open(os.path.join(folder, f"stderr.{os.getpid()}"), "w", buffering=1) as sys.stderr:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
        code = main(arguments)
    os._exit(code)


@pytest.fixture(scope="module")
def often(small_case, tmp_path_factory):
    """Parameters of a run that is saved after every step, its case file and finished file."""
    folder = tmp_path_factory.mktemp("often")
    parameters = small_case(**{"output.checkpoint_interval": 1e-6, "time.end": 5.0})
    case = folder / "case.toml"
    case.write_text(toml_of(parameters))
    dataset = finish(run, parameters, folder / "whole.nc")
    assert dataset["accepted_steps"][-1] > 20
    return parameters, case, folder / "whole.nc"


def finish(function, *arguments):
    """Call `run` or `resume` in this process without saving on the way, which takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "_checkpoint_if_due", lambda march: None)
        return function(*arguments)


def toml_of(parameters):
    tables = parameters.model_dump(mode="json")
    shown = {True: "true", False: "false"}
    return "\n".join(
        f"[{name}]\n" + "\n".join(
            f"{key} = {shown[value] if isinstance(value, bool) else repr(value)}"
            for key, value in table.items() if value is not None
        )
        for name, table in tables.items()
    )  # fmt: skip


def hidden(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def check_what_a_kill_left(path, whole):
    """Assert that a file, if there is one, is a whole run up to some time; return that time."""
    if not path.exists():
        return 0.0
    stored = open_stored_run(path)
    count = stored.dataset.sizes["time"]
    for name in ("time", "rms_field", "spectrum_toroidal", "time_step"):
        np.testing.assert_array_equal(stored.dataset[name], whole[name][:count])
    return stored.time


KILLS = 22


def test_a_run_killed_again_and_again_is_the_uninterrupted_one(often, server, tmp_path):
    # Moments at random; in every second life, during a write after one that was completed, so that
    # the run gets on however slow the machine is.
    _, case, finished = often
    path, part = tmp_path / "run.nc", tmp_path / ".run.nc.part"
    rng = random.Random(5)
    whole, written, reached = open_run(finished), 0, []

    def last_change():
        return path.stat().st_mtime_ns if path.exists() else None

    for life in range(KILLS):
        before = last_change()
        command = Command(server, tmp_path, "run", case, "--output", path, "--quiet")
        if life % 2:
            assert command.wait_for(lambda before=before: last_change() != before)
            assert command.wait_for(part.exists)
            time.sleep(rng.uniform(0, 0.05))
        else:
            time.sleep(rng.uniform(0, 1.0))
        command.send(signal.SIGKILL)
        assert command.ended() == (-signal.SIGKILL, "")
        written += part.exists()
        reached.append(check_what_a_kill_left(path, whole))
    assert written >= KILLS / 4  # else this has not tried what it is about
    assert reached == sorted(reached)
    assert 0 < reached[-1] < 5.0
    assert Command(server, tmp_path, "resume", path, "--quiet").ended() == (0, "")
    assert path.read_bytes() == finished.read_bytes()
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_run_and_ends_it_with_130(often, server, tmp_path, number):
    _, case, finished = often
    path = tmp_path / "run.nc"
    command = Command(server, tmp_path, "run", case, "--output", path, "--quiet")
    assert command.wait_for(path.exists)
    command.send(number)
    command.send(number)  # whoever is impatient loses nothing
    code, err = command.ended()
    assert (code, err.count("\n")) == (130, 1)
    assert f"what was computed is in {path}" in err
    assert open_run(path).attrs["status"] == "interrupted"
    assert hidden(tmp_path) in ([], [".run.nc.previous"])  # the generation before, if there is one
    finish(resume, path)
    assert path.read_bytes() == finished.read_bytes()


def test_a_signal_before_the_first_step_leaves_nothing(often, server, tmp_path):
    _, case, _ = often
    path, lock = tmp_path / "new" / "run.nc", tmp_path / "new" / ".run.nc.lock"
    command = Command(server, tmp_path, "run", case, "--output", path, "--quiet")
    assert command.wait_for(lock.exists)
    command.send(signal.SIGTERM)
    code, err = command.ended()
    assert code == 130
    # the first step may have been taken all the same
    assert err.count("\n") == 1 and err.startswith("spectralcmi: interrupted; ")
    assert "nothing new is computed" in err or path.exists()
    assert path.exists() or not path.parent.exists()


def test_a_signal_does_not_come_in_the_middle_of_a_write(often, tmp_path, monkeypatch):
    parameters, _, finished = often
    path = tmp_path / "run.nc"
    write, calls = _PatientFile.write, 0

    def write_and_signal(file, data):
        nonlocal calls
        calls += 1
        if calls == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return write(file, data)

    monkeypatch.setattr(_PatientFile, "write", write_and_signal)
    with pytest.raises(KeyboardInterrupt):
        run(parameters, path)
    monkeypatch.undo()
    assert calls > 6
    stored = open_stored_run(path)
    assert (stored.status, stored.checkpoint.controller["steps"]) == ("interrupted", 1)
    finish(resume, path)
    assert path.read_bytes() == finished.read_bytes()


def test_a_second_process_on_one_output_is_refused(often, server, tmp_path):
    _, case, finished = often
    path = tmp_path / "run.nc"
    first = Command(server, tmp_path, "run", case, "--output", path, "--quiet")
    assert first.wait_for(path.exists)
    refusal = f"spectralcmi: {path}: another process is writing it (process "
    for command in (["run", case, "--output", path], ["resume", path], ["run", "--output", path]):
        code, err = Command(server, tmp_path, *command).ended()
        assert (code, err.count("\n")) == (5, 1)
        assert err.startswith(refusal)
    assert first.is_alive
    # and the lock dies with the process
    first.send(signal.SIGKILL)
    first.ended()
    finish(resume, path)
    assert path.read_bytes() == finished.read_bytes()
    assert hidden(tmp_path) == []


def test_what_a_kill_after_the_last_write_leaves_is_tidied_up(often, tmp_path):
    path = tmp_path / "run.nc"
    path.write_bytes(often[2].read_bytes())
    previous_generation(path).write_bytes(b"the generation before")
    (tmp_path / ".run.nc.lock").touch()
    resume(path)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_full_disk_ends_a_run_and_leaves_the_last_checkpoint(often, server, tmp_path, share):
    _, case, finished = often
    path = tmp_path / "run.nc"
    first = Command(server, tmp_path, "run", case, "--output", path, "--quiet")
    assert first.wait_for(path.exists)
    first.send(signal.SIGKILL)
    first.ended()
    before = path.read_bytes()
    limit = int(share * len(before))
    code, err = Command(server, tmp_path, "resume", path, largest_file=limit).ended()
    assert code == 4
    assert err.count("\n") == 1
    assert err.startswith(f"spectralcmi: {path}: cannot be written: File too large; ")
    assert err.endswith("what was saved before is intact\n")
    assert path.read_bytes() == before
    assert hidden(tmp_path) == []
    finish(resume, path)
    assert path.read_bytes() == finished.read_bytes()


def test_a_full_disk_at_the_first_checkpoint_leaves_nothing(often, server, tmp_path):
    _, case, _ = often
    path = tmp_path / "run.nc"
    command = Command(server, tmp_path, "run", case, "--output", path, "--quiet", largest_file=5000)
    code, err = command.ended()
    assert code == 4
    assert err.endswith("nothing is saved\n")
    assert hidden(tmp_path) == []
    assert not path.exists()


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=$3 tmpfs "$1" || exit 99
cp "$2" "$1/run.nc"
"$4" -m spectralcmi.cli resume "$1/run.nc" --quiet
code=$?
cp -a "$1/." "$5"
exit $code
"""


@pytest.mark.slow
def test_a_disk_that_is_really_full_ends_a_run_too(often, tmp_path):
    parameters, _, _ = often
    path, disk, after = (tmp_path / name for name in ("run.nc", "disk", "after"))
    disk.mkdir()
    after.mkdir()

    def progress(step):
        if step.steps == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(parameters, path, progress)
    before = path.read_bytes()
    if not shutil.which("unshare"):
        pytest.skip("no unshare on this machine")
    # room for the file and half of the next one
    ended = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh",
         disk, path, f"{int(1.5 * len(before)) // 1024}k", sys.executable, after],
        capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "SPECTRALCMI_THREADS": "1"},
    )  # fmt: skip
    if ended.returncode in (1, 99) and "spectralcmi" not in ended.stderr:
        pytest.skip(f"no small disk can be mounted here: {ended.stderr.strip()}")
    assert ended.returncode == 4
    assert "cannot be written: No space left on device" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert (after / "run.nc").read_bytes() == before
    assert hidden(after) == []
