"""Case files: what they say, what they are changed by, and what is none."""

import os

import pytest

from spectralcmi.case.case_file import load_parameters, read_toml
from spectralcmi.case.parameters import ParameterError

SHELL = {
    "background.kind": "uniform_shell",
    "background.inner_radius": 0.75,
    "background.outer_radius": 1.0,
    "background.magnetic_diffusivity": 1.0,
}


def test_overrides_win_over_the_file(tmp_path):
    case = tmp_path / "case.toml"
    case.write_text("[background]\ntemperature = 1e8\n[resolution]\nlmax = 20\n")
    parameters = load_parameters(case, {"resolution.lmax": 30})
    assert parameters.resolution.lmax == 30
    assert parameters.background.temperature == 1e8
    # temperature means nothing to a shell: the file's key must not stand in the way
    assert load_parameters(case, SHELL).background.outer_radius == 1.0


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"[time\nend = 1", "not TOML: "),
        (b"\xff\xfe", "not TOML: "),
        (b"x = " + b"[" * 10_000, "not TOML: "),
        (b"time.end = " + b"9" * 5000, "not TOML: "),
        (b"time = 1", "time = 1: must be a table of keys"),
    ],
)
def test_a_file_that_is_no_case_is_one_line(tmp_path, content, text):
    case = tmp_path / "case.toml"
    case.write_bytes(content)
    with pytest.raises(ParameterError) as raised:
        load_parameters(case)
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_case_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"none.toml: no such file"):
        load_parameters(tmp_path / "none.toml")


@pytest.mark.parametrize("make", [os.mkfifo, lambda name: os.symlink("/dev/zero", name)])
def test_a_case_that_need_not_end_is_not_read(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)
    make("case.toml")
    with pytest.raises(ParameterError, match=r"^case.toml: is not a regular file$"):
        read_toml("case.toml")


def test_a_case_that_fills_the_memory_is_not_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open("case.toml", "wb") as file:
        file.truncate(10**9)  # takes no room on the disk
    with pytest.raises(ParameterError, match=r"^case.toml: holds 1000000000 bytes, more than"):
        read_toml("case.toml")
