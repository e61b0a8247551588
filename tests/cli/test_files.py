"""Outputs: nothing that is there is replaced unasked, and no input ever is."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import spectralcmi
from spectralcmi.cli import files, main
from spectralcmi.cli.announcement import tails
from spectralcmi.cli.files import writable, write_new
from spectralcmi.errors import InputError
from spectralcmi.runs.run import run

SHELL = [
    "--background.kind", "uniform_shell", "--background.inner_radius", "9",
    "--background.outer_radius", "10", "--background.magnetic_diffusivity", "1e-3",
]  # fmt: skip


@pytest.fixture(scope="module")
def stored(small_case, tmp_path_factory):
    """Content of the file of a run."""
    path = tmp_path_factory.mktemp("stored") / "run.nc"
    run(small_case(**{"time.end": 0.5}), path)
    return path.read_bytes()


@pytest.fixture
def folder(stored, tmp_path, monkeypatch):
    """Working directory with a run and, by other names, more of it."""
    monkeypatch.chdir(tmp_path)
    Path("run.nc").write_bytes(stored)
    os.link("run.nc", "again.nc")
    os.symlink("run.nc", "link.nc")
    Path("other.nc").write_bytes(b"of somebody else")
    Path("figure.png").write_bytes(b"of somebody else")
    xr.Dataset({"growth_rate": ("degree", [1.0, 2.0])}).to_netcdf("modes.nc", engine="h5netcdf")
    return tmp_path


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


COMMANDS = [
    ["field", "run.nc", "--output", "other.nc"],
    ["star", *SHELL, "--output", "other.nc"],
    ["star", "--figure", "figure.png"],
    ["eigenmodes", *SHELL, "--degrees", "1", "--output", "other.nc"],
    ["plot", "run.nc", "energies", "--output", "figure.png"],
    ["stability", "run.nc", "--output", "other.nc"],
    ["reproduce", "--quick", "--output", "new", "--table", "figure.png"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_replaces_nothing_unasked(folder, capsys, command):
    before = content(folder)
    assert main(command) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.endswith("': is there already; --overwrite replaces it\n")
    assert content(folder) == before


INPUTS = [
    ["field", "run.nc", "--output"],
    ["plot", "run.nc", "energies", "--output"],
    ["stability", "run.nc", "--output"],
    ["star", "--background.kind", "table", "--background.file", "run.nc", "--output"],
    ["eigenmodes", "--background.kind", "table", "--background.file", "run.nc", "--output"],
    ["run", "--background.kind", "table", "--background.file", "run.nc", "--output"],
    ["run", "--initial.kind", "file", "--initial.file", "run.nc", "--output"],
]


@pytest.mark.parametrize("command", INPUTS, ids=lambda command: command[0])
@pytest.mark.parametrize("output", ["run.nc", "./run.nc", "again.nc", "link.nc"])
def test_an_input_stays_as_it_is_even_with_overwrite(folder, capsys, command, output):
    if command[0] == "plot":
        os.rename("run.nc", "run.png")
        command = [command[0], "run.png", *command[2:]]
        output = output.replace("run.nc", "run.png")
        for name in ("again", "link"):
            os.remove(f"{name}.nc")
            getattr(os, "link" if name == "again" else "symlink")("run.png", f"{name}.png")
        output = output.replace(".nc", ".png")
    before = content(folder)
    assert main([*command, output, "--overwrite"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.endswith("': is an input, and stays as it is\n")
    assert content(folder) == before


def test_overwrite_replaces_and_a_new_name_needs_it_not(folder, capsys):
    for name, option in (("other.nc", "--overwrite"), ("new.nc", None)):
        assert main(["field", "run.nc", "--output", name, *filter(None, [option])]) == 0
        with xr.open_dataset(name, engine="h5netcdf") as field:
            assert np.isfinite(field["B_r"]).all()
    assert Path("run.nc").read_bytes() == content(folder)["again.nc"]


def test_a_case_file_is_an_input(folder, capsys):
    Path("case.nc").write_text("[time]\nend = 1.0\n")
    assert main(["run", "case.nc", "--output", "case.nc", "--overwrite"]) == 2
    assert "is an input" in capsys.readouterr().err


def test_new_folders_go_if_the_work_fails(folder):
    with pytest.raises(ZeroDivisionError), writable(Path("a/b/c.nc"), overwrite=False):
        raise ZeroDivisionError
    assert not Path("a").exists()
    with (
        pytest.raises(InputError, match="cannot be written: it is a folder"),
        writable(folder, overwrite=True),
    ):
        raise AssertionError("not reached")


def test_a_case_file_is_written_whole_or_not_at_all(folder, capsys, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    assert main(["new", "case.toml"]) == 4
    assert capsys.readouterr().err == (
        "spectralcmi: case.toml: cannot be written: No space left on device\n"
    )
    assert not Path("case.toml").exists()
    monkeypatch.undo()
    os.chdir(folder)
    Path("link.toml").symlink_to("elsewhere.toml")  # planted: what it names is not made
    with pytest.raises(FileExistsError):
        write_new(Path("link.toml"), "text")
    assert not Path("elsewhere.toml").exists()


@pytest.mark.parametrize("is_there", [False, True])
def test_a_picture_is_written_whole_or_not_at_all(folder, capsys, monkeypatch, is_there):
    picture = Path("picture.png")
    if is_there:
        picture.write_bytes(b"an older one")

    def full(self, file, **options):
        file.write(b"a part")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    monkeypatch.setattr("spectralcmi.runs.output_file.PATIENCE", 0.0)
    arguments = ["plot", "run.nc", "energies", "--output", str(picture), "--overwrite"]
    assert main(arguments) == 4
    assert capsys.readouterr().err.endswith(
        "picture.png: cannot be written: No space left on device\n"
    )
    assert picture.exists() == is_there
    assert not is_there or picture.read_bytes() == b"an older one"
    assert not [name for name in os.listdir() if name.startswith(".")]


# What check finds


def test_check_tells_what_is_in_a_whole_file(folder, capsys):
    assert main(["check", "run.nc", "modes.nc"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    run_of = spectralcmi.open_run("run.nc")
    assert [line.partition(": ")[2] for line in out.splitlines()] == [
        f"whole, {run_of.nbytes / 1e6:.3g} MB in memory",
        f"a run, complete, to 0.5 yr; schema version 2, by spectralcmi {spectralcmi.__version__}",
        tails(run_of),
        out.splitlines()[3].partition(": ")[2],
        "without a checksum: whether it is whole is not known, 1.6e-05 MB in memory",
        "variables growth_rate",
    ]
    assert "a checkpoint at 0." in out


def test_a_run_without_a_checksum_is_told_of_once_and_not_taken_for_whole(folder, capsys):
    content = Path("run.nc").read_bytes()
    Path("old.nc").write_bytes(content[: content.rindex(b"\nSHA-256 of all bytes")])
    assert main(["check", "old.nc"]) == 0
    assert "old.nc: without a checksum: whether it is whole is not known" in capsys.readouterr().out
    told = "old.nc: has no checksum: whether it is whole is not known; what is saved next has one"
    assert main(["resume", "old.nc", "--time.end", "0.6"]) == 0
    assert capsys.readouterr().err.count(told) == 1
    assert main(["resume", "old.nc", "--time.end", "0.7"]) == 0
    assert told not in capsys.readouterr().err


def test_check_tells_of_damage_and_the_way_out(folder, capsys):
    damaged = bytearray(Path("run.nc").read_bytes())
    damaged[len(damaged) // 2] ^= 0x10
    Path("damaged.nc").write_bytes(damaged)
    assert main(["check", "damaged.nc", "run.nc"]) == 2
    out, err = capsys.readouterr()
    assert err == (
        "spectralcmi: damaged.nc: damaged: its checksum is not that of its content; the way out "
        "is a copy of it, or to compute it again\n"
    )
    assert "run.nc: whole" in out
    Path(".damaged.nc.previous").write_bytes(Path("run.nc").read_bytes())
    for command in (["check"], ["resume"], ["field"], ["plot"]):
        kind = ["energies"] if command == ["plot"] else []
        assert main([*command, "damaged.nc", *kind]) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert f"whole: mv '{folder / '.damaged.nc.previous'}' 'damaged.nc'\n" in err
    Path(".damaged.nc.previous").write_bytes(damaged)
    assert main(["check", "damaged.nc"]) == 2
    assert "compute it again" in capsys.readouterr().err


def test_check_tells_of_the_generation_before(folder, small_case, capsys):
    def stop(progress):
        if progress.steps == 6:
            raise KeyboardInterrupt

    parameters = small_case(**{"output.checkpoint_interval": 1e-6, "time.end": 5.0})
    with pytest.raises(KeyboardInterrupt):
        run(parameters, "interrupted.nc", stop)
    assert main(["check", "interrupted.nc"]) == 0
    out = capsys.readouterr().out
    assert "a run, interrupted, " in out
    assert f"the generation before, {folder / '.interrupted.nc.previous'}: whole, at 0." in out
