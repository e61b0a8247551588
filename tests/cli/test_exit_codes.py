"""Exit codes: every error of the package has one, and nothing else has."""

import errno

import pytest

from spectralcmi import errors
from spectralcmi.case.parameters import ParameterError
from spectralcmi.cli import exit_codes
from spectralcmi.cli.exit_codes import exit_code
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.loop import SaveError
from spectralcmi.runs.output_file import OutputInUseError


def made(kind):
    """An error of a class, whatever its constructor wants."""
    return type("Made", (kind,), {"__init__": lambda self: None})()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SpectralcmiError, 2),
        (errors.InputError, 2),
        (errors.MissingPackageError, 2),
        (errors.InsufficientMemoryError, 2),
        (ParameterError, 2),
        (RunFileError, 2),
        (errors.DivergedError, 3),
        (errors.WriteError, 4),
        (SaveError, 4),
        (errors.InUseError, 5),
        (OutputInUseError, 5),
        (MemoryError, 2),
        (ValueError, 1),
        (KeyError, 1),
        (OSError, 1),
        (ImportError, 1),
    ],
)
def test_the_class_of_an_error_decides(kind, code):
    assert exit_code(made(kind)) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, 4),
        (errno.EDQUOT, 4),
        (errno.EROFS, 4),
        (errno.EPIPE, 4),
        (errno.ENOENT, 1),
        (errno.EBADF, 1),
    ],
)
def test_what_the_system_does_not_write_is_no_fault_of_the_package(number, code):
    assert exit_code(OSError(number, "as the system says")) == code


def test_every_code_is_explained():
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and name[0] != "_"
             and isinstance(value, int)}  # fmt: skip
    assert codes == {0, 1, 2, 3, 4, 5, 130}
    for code in codes:
        assert f"{code} " in exit_codes.EXPLANATION


def test_errors_are_the_built_in_ones_that_callers_expect():
    expected = {
        errors.InputError: ValueError,
        errors.MissingPackageError: ImportError,
        errors.InsufficientMemoryError: MemoryError,
        errors.WriteError: OSError,
        errors.InUseError: OSError,
        errors.DivergedError: RuntimeError,
    }
    for kind, built_in in expected.items():
        assert issubclass(kind, errors.SpectralcmiError)
        assert issubclass(kind, built_in)
    text = str(errors.DivergedError(12.5, 1e-10, 3e17, "Hall drift"))
    assert text == "the run diverged at 12.5 yr, step 1e-10 yr, B_rms 3e+17 G; Hall drift"
