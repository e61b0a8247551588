"""Files that parameters name: the same ones everywhere, and none that need not end."""

import os
from pathlib import Path

import pytest

from spectralcmi.case.case_file import load_parameters
from spectralcmi.case.differences import differences
from spectralcmi.case.files import (
    input_digests,
    input_paths,
    require_digests,
    require_files,
    with_absolute_files,
)
from spectralcmi.case.parameters import ParameterError, Parameters

FILES = {
    "background.equation_of_state": "eos",
    "background.temperature_profile": "profile.csv",
    "chiral.delta_mu_file": "deviation.csv",
    "initial.kind": "file",
    "initial.file": "run.nc",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Working directory with the files of `FILES`."""
    monkeypatch.chdir(tmp_path)
    for name in ("profile.csv", "deviation.csv", "run.nc"):
        Path(name).write_text(f"content of {name}")
    Path("eos").mkdir()
    Path("eos/eos.nb").write_text("numbers")
    return tmp_path


def test_a_case_that_is_read_means_the_same_files_in_every_folder(folder):
    parameters = load_parameters(None, FILES)
    assert sorted(path.relative_to(folder).name for path in input_paths(parameters)) == [
        "deviation.csv", "eos", "profile.csv", "run.nc",
    ]  # fmt: skip
    digests = input_digests(parameters)
    Path("elsewhere").mkdir()
    os.chdir("elsewhere")
    Path("profile.csv").write_text("another of this name")
    assert input_digests(parameters) == digests
    require_files(parameters)


def test_what_names_no_file_stays_as_it_is(folder):
    parameters = Parameters()
    assert with_absolute_files(parameters) is parameters
    assert load_parameters() == parameters
    assert input_paths(parameters, Path("case.toml"), None) == [Path("case.toml")]


def test_a_name_is_compared_by_what_it_means_here(folder):
    relative = Parameters().replace(FILES)
    absolute = with_absolute_files(relative)
    assert absolute != relative
    assert differences(relative, absolute) == {}
    os.mkdir("elsewhere")
    os.chdir("elsewhere")
    assert "initial.file" in differences(relative, absolute)


def test_files_must_be_those_that_were_planned_with(folder):
    parameters = load_parameters(None, FILES)
    planned = input_digests(parameters)
    require_digests(parameters, planned)
    Path("profile.csv").write_text("changed since")
    with pytest.raises(ParameterError) as raised:
        require_digests(parameters, planned)
    assert str(raised.value) == (
        "background.temperature_profile = 'profile.csv': is not the file that it was where this "
        "was planned"
    )
    os.remove("profile.csv")
    with pytest.raises(ParameterError, match=r"profile.csv': cannot be read: No such file"):
        require_digests(parameters, planned)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (os.mkfifo, "is not a regular file"),
        (lambda name: os.symlink("/dev/zero", name), "is not a regular file"),
        (os.mkdir, "no such file"),
        (lambda name: None, "no such file"),
    ],
)
@pytest.mark.parametrize("key", ["background.temperature_profile", "initial.file"])
def test_devices_pipes_and_folders_are_no_inputs(folder, key, make, rule):
    name = FILES[key]
    os.remove(name)
    make(name)
    parameters = load_parameters(None, FILES)
    with pytest.raises(ParameterError) as raised:
        require_files(parameters)
    assert str(raised.value) == f"{key} = {name!r}: {rule}"
    with pytest.raises(ParameterError):
        input_digests(parameters)


def test_a_pipe_in_a_folder_of_a_star_is_not_waited_for(folder):
    os.mkfifo("eos/eos.thermo")
    with pytest.raises(ParameterError, match="equation_of_state = 'eos': is not a regular file"):
        input_digests(load_parameters(None, FILES))


def test_a_file_larger_than_the_memory_is_not_read_for_its_digest(folder):
    with open("profile.csv", "wb") as file:
        file.truncate(10**13)  # takes no room on the disk
    with pytest.raises(ParameterError, match=r"profile.csv': holds 10000 GB, more than the memory"):
        input_digests(load_parameters(None, FILES))
