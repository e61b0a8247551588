"""Files with one writer that are whole at every instant."""

import contextlib
import errno
import fcntl
import os
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest

from spectralcmi.runs import output_file
from spectralcmi.runs.output_file import OutputFile, OutputInUseError, previous_generation


def write(text):
    return lambda file: file.write(text.encode())


def content(folder):
    return sorted(path.name for path in folder.iterdir())


def test_content_is_replaced_and_nothing_else_stays(tmp_path):
    path = tmp_path / "run.nc"
    with OutputFile(path) as output:
        output.write(write("one"))
        assert path.read_text() == "one"
        output.write(write("two"))
        assert content(tmp_path) == [".run.nc.lock", ".run.nc.previous", "run.nc"]
        assert previous_generation(path).read_text() == "one"
    assert path.read_text() == "two"
    assert content(tmp_path) == ["run.nc"]


def test_a_new_file_has_ordinary_permissions_and_an_old_one_keeps_its_own(tmp_path):
    mask = os.umask(0o027)
    try:
        with OutputFile(tmp_path / "new.nc") as output:
            output.write(write("new"))
    finally:
        os.umask(mask)
    assert (tmp_path / "new.nc").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new.nc").chmod(0o600)
    with OutputFile(tmp_path / "new.nc") as output:
        output.write(write("newer"))
    assert (tmp_path / "new.nc").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "run.nc").symlink_to(tmp_path / "scratch" / "run.nc")
    with OutputFile(tmp_path / "run.nc") as output:
        output.write(write("far away"))
    assert (tmp_path / "run.nc").is_symlink()
    assert (tmp_path / "scratch" / "run.nc").read_text() == "far away"


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_content(tmp_path, error):
    def fail(file):
        file.write(b"half of it")
        raise error

    path = tmp_path / "run.nc"
    with OutputFile(path) as output:
        output.write(write("old"))
        with pytest.raises(type(error)):
            output.write(fail)
        assert path.read_text() == "old"
        assert content(tmp_path) == [".run.nc.lock", "run.nc"]


def test_a_second_writer_is_refused_until_the_first_has_ended(tmp_path):
    path = tmp_path / "run.nc"
    with (
        OutputFile(path),
        pytest.raises(
            OutputInUseError,
            match=rf"^.*run.nc: another process is writing it \(process {os.getpid()} on \S+, "
            r"since \d{4}-\d\d-\d\d \d\d:\d\d\S*\)$",
        ),
        OutputFile(path),
    ):
        pass
    with OutputFile(path), OutputFile(tmp_path / "other.nc"):
        pass
    assert content(tmp_path) == []


def test_a_writer_can_wait_for_another(tmp_path):
    path, order, inside = tmp_path / "run.nc", [], threading.Event()

    def second():
        inside.wait()
        with OutputFile(path, wait=True) as output:
            order.append("second")
            output.write(write("second"))

    waiting = threading.Thread(target=second)
    waiting.start()
    with OutputFile(path) as output:
        inside.set()
        waiting.join(0.3)  # long enough to come to the lock, and to pass it if it did not hold
        order.append("first")
        output.write(write("first"))
    waiting.join()
    assert order == ["first", "second"]
    assert path.read_text() == "second"


def test_many_writers_take_turns(tmp_path):
    # each adds one to a number: were two ever inside at once, some would be lost
    path = tmp_path / "count"
    path.write_text("0")

    def add():
        for _ in range(20):
            with OutputFile(path, wait=True) as output:
                output.write(write(str(int(path.read_text()) + 1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "80"
    assert content(tmp_path) == ["count"]


def test_what_a_killed_writer_leaves_behind_stops_nobody(tmp_path):
    path = tmp_path / "run.nc"
    killed = (
        "import os, signal, sys\n"
        "from spectralcmi.runs.output_file import OutputFile\n"
        "def die(file):\n"
        "    file.write(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
        f"with OutputFile({str(path)!r}) as output: output.write(die)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", killed], env=environment).returncode == -9
    assert content(tmp_path) == [".run.nc.lock", ".run.nc.part"]
    with OutputFile(path) as output:
        assert content(tmp_path) == [".run.nc.lock"]
        output.write(write("whole"))
    assert content(tmp_path) == ["run.nc"]


def test_the_generation_before_stays_where_the_block_ends_with_an_error(tmp_path):
    path = tmp_path / "run.nc"
    with pytest.raises(KeyboardInterrupt), OutputFile(path) as output:
        for text in ("one", "two", "three"):
            output.write(write(text))
        raise KeyboardInterrupt
    assert content(tmp_path) == [".run.nc.previous", "run.nc"]
    assert (path.read_text(), previous_generation(path).read_text()) == ("three", "two")
    with OutputFile(path):  # what only looks leaves it
        pass
    assert previous_generation(path).exists()
    with OutputFile(path) as output:
        output.write(write("four"))
        assert previous_generation(path).read_text() == "three"
    assert content(tmp_path) == ["run.nc"]


def test_a_lock_file_that_was_removed_is_put_back(tmp_path):
    path, lock = tmp_path / "run.nc", tmp_path / ".run.nc.lock"
    with OutputFile(path) as output:
        lock.unlink()
        output.write(write("one"))
        assert lock.exists()
        with pytest.raises(OutputInUseError), OutputFile(path):
            raise AssertionError("not reached")
    assert content(tmp_path) == ["run.nc"]


def test_a_lock_that_another_process_took_is_respected_and_nothing_is_lost(tmp_path):
    path, lock = tmp_path / "run.nc", tmp_path / ".run.nc.lock"
    rescued = f"run-{os.getpid()}.nc"
    with OutputFile(path) as first:
        first.write(write("first"))
        lock.unlink()
        with OutputFile(path) as second:
            with pytest.raises(OutputInUseError, match=rf"run.nc: another .* is in {rescued}$"):
                first.write(write("of the first"))
            assert path.read_text() == "first"
            second.write(write("second"))
            first.__exit__(None)  # which leaves the lock of the second
            assert lock.exists()
        assert content(tmp_path) == [rescued, "run.nc"]
    assert path.read_text() == "second"
    assert (tmp_path / rescued).read_text() == "of the first"


def test_an_output_that_was_replaced_is_not_overwritten(tmp_path):
    path = tmp_path / "run.nc"
    with OutputFile(path) as output:
        output.write(write("ours"))
        (tmp_path / "other").write_text("of somebody else")
        os.replace(tmp_path / "other", path)
        with pytest.raises(OutputInUseError, match=r"another process has replaced it"):
            output.write(write("ours again"))
        assert path.read_text() == "of somebody else"
        path.unlink()  # one that is gone is written anew
        output.write(write("ours again"))
    assert path.read_text() == "ours again"


@pytest.mark.parametrize("name", [".run.nc.part", ".run.nc.lock", ".run.nc.previous"])
@pytest.mark.parametrize("plant", [os.symlink, os.link])
def test_what_is_planted_beside_the_output_is_not_written_through(tmp_path, name, plant):
    (tmp_path / "folder").mkdir()
    precious, path = tmp_path / "precious", tmp_path / "folder" / "run.nc"
    precious.write_text("of somebody else")
    path.write_text("old")
    with OutputFile(path) if "lock" not in name else contextlib.nullcontext():
        plant(precious, path.with_name(name))
    with contextlib.suppress(OSError), OutputFile(path) as output:
        plant(precious, path.with_name(name)) if "part" in name else None
        output.write(write("new"))
    assert precious.read_text() == "of somebody else"
    assert path.read_text() == ("old" if "lock" in name and plant is os.symlink else "new")


def test_a_full_disk_is_waited_for_and_told_once(tmp_path, monkeypatch, caplog):
    tries = []

    def full_twice(file):
        tries.append(file)
        if len(tries) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        file.write(b"whole")

    monkeypatch.setattr(output_file, "PAUSE", 0.01)
    with caplog.at_level("INFO", "spectralcmi"), OutputFile(tmp_path / "run.nc") as output:
        output.write(full_twice)
    assert (tmp_path / "run.nc").read_bytes() == b"whole"
    assert [r.getMessage().partition("run.nc: ")[2] for r in caplog.records] == [
        "No space left on device; trying again for 120 s"
    ]


def test_a_full_disk_is_not_waited_for_for_ever_nor_against_a_signal(tmp_path, monkeypatch):
    def full(file):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(output_file, "PATIENCE", 0.0)
    with pytest.raises(OSError, match="quota"), OutputFile(tmp_path / "run.nc") as output:
        output.write(full)
    monkeypatch.undo()
    monkeypatch.setattr(output_file, "is_signal_pending", lambda: True)
    with pytest.raises(OSError, match="quota"), OutputFile(tmp_path / "run.nc") as output:
        output.write(full)
    assert content(tmp_path) == []


@pytest.mark.parametrize(("module", "step"), [(os, "open"), (fcntl, "flock"), (os, "fstat")])
def test_a_signal_while_the_lock_is_taken_leaves_nothing(tmp_path, monkeypatch, module, step):
    """Right after any step of it, the first time; then the file can be written as ever."""
    genuine, calls = getattr(module, step), []

    def interrupted(*arguments):
        result = genuine(*arguments)
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(module, step, interrupted)
    with pytest.raises(KeyboardInterrupt), OutputFile(tmp_path / "run.nc"):
        raise AssertionError("not reached")
    assert list(tmp_path.iterdir()) == []
    with OutputFile(tmp_path / "run.nc") as file:
        file.write(lambda part: part.write(b"whole"))
    assert [path.name for path in tmp_path.iterdir()] == ["run.nc"]


def test_a_writer_that_is_refused_leaves_the_lock_of_the_first(tmp_path):
    with OutputFile(tmp_path / "run.nc"):
        for _ in range(2):
            with pytest.raises(OutputInUseError), OutputFile(tmp_path / "run.nc"):
                raise AssertionError("not reached")


def test_without_locks_a_warning_says_so(tmp_path, monkeypatch):
    def no_locks(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.warns(UserWarning, match="its file system has no locks"):
        OutputFile(tmp_path / "run.nc").__enter__().__exit__()


FULL = """
import resource, sys
from spectralcmi.runs.output_file import OutputFile
import h5py, numpy as np

def fill(file):
    with h5py.File(file, "w") as content:
        for i in range(40):
            content[f"variable_{i}"] = np.arange(1000.0)
            content[f"variable_{i}"].attrs["units"] = "erg"

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
with OutputFile(sys.argv[1]) as output:
    try:
        output.write(fill)
    except OSError as error:
        print(error.strerror)
"""


# of the 330 kB of the whole file: the first write fails, one in the middle, the last ones
@pytest.mark.parametrize("size", [0, 100, 5_000, 150_000, 320_000])
def test_hdf5_survives_a_limit_to_the_size_of_files(tmp_path, size):
    path = tmp_path / "run.nc"
    with h5py.File(path, "w") as file:
        file["old"] = np.arange(3)
    before = path.read_bytes()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(path), str(size)],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "File too large\n", "")
    assert path.read_bytes() == before
    assert content(tmp_path) == ["run.nc"]
