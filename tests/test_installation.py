"""What a user reads where the package cannot run: one line that says what to do."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


def run_python(code, *flags):
    """A fresh interpreter: modules that are loaded here would hide what is missing there."""
    return subprocess.run(
        [sys.executable, *flags, "-c", code], cwd=PROJECT, capture_output=True, text=True
    )


def test_windows_is_told_of_wsl():
    done = run_python("import sys; sys.platform = 'win32'; import spectralcmi")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: spectralcmi runs on Linux and macOS; on Windows it does inside WSL: "
        "`wsl --install`, and there as on Ubuntu"
    )


def test_without_shtns_the_package_imports():
    done = run_python("import sys; sys.modules['_shtns'] = None; import spectralcmi")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_shtns_a_command_ends_in_one_line_that_names_fftw():
    done = run_python(
        "import sys; sys.modules['_shtns'] = None\n"
        "from spectralcmi.cli import main\n"
        "sys.exit(main(['run', '--time.end', '1']))"
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    for word in ("SHTns", "libfftw3-dev", "fftw-devel", "brew install fftw"):
        assert word in done.stderr


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"]])
def test_help_loads_no_array_library(command):
    """What makes it quick, which a clock would only tell on an idle machine."""
    done = run_python(
        f"import sys\nfrom spectralcmi.cli import main\nmain({command})\n"
        "print(sorted({'numpy', 'xarray', 'numba', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_package_says_that_it_is_typed():
    assert (PROJECT / "spectralcmi" / "py.typed").is_file()


def test_the_source_distribution_holds_what_make_test_needs():
    with open(PROJECT / "pyproject.toml", "rb") as file:
        build = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["sdist"]
    assert {"spectralcmi", "tests", "studies", "Makefile"} <= set(build["only-include"])
    assert all((PROJECT / name).exists() for name in build["only-include"])
