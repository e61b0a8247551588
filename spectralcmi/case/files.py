"""The files that parameters name: whether they are there, and what is in them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import BUILT_IN_EQUATION_OF_STATE
from spectralcmi.memory import usable_memory
from spectralcmi.regular_files import require_regular

#: Sections of a case whose kinds may read files.
_SECTIONS = ("background", "chiral", "thermal", "initial")


def input_paths(parameters: Parameters, *others: Path | None) -> list[Path]:
    """Files that parameters name, and others, such as the case file.

    Parameters
    ----------
    parameters : Parameters
    *others : Path or None

    Returns
    -------
    list of Path
    """
    sections = (getattr(parameters, section) for section in _SECTIONS)
    named = [Path(name) for section in sections for name in section.files().values()]
    return [*named, *(path for path in others if path is not None)]


def with_absolute_files(parameters: Parameters) -> Parameters:
    """Parameters that mean the same files in every folder.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    parameters : Parameters
        A name without a folder is one of the working directory.
    """
    changes = {
        f"{section}.{key}": os.path.abspath(name)
        for section in _SECTIONS
        for key, name in getattr(parameters, section).files().items()
        if not os.path.isabs(name)
    }
    return parameters.replace_after_start(changes) if changes else parameters


def require_files(parameters: Parameters) -> None:
    """Make sure that the files which the parameters name are there.

    This is no rule of the parameters themselves: those of a stored run stay readable where its
    files are not.

    Parameters
    ----------
    parameters : Parameters
        Parameters of a run about to start.

    Raises
    ------
    ParameterError
        Where a file is missing, or is a device or a pipe.
    """
    for section in _SECTIONS:
        for key, name in getattr(parameters, section).files().items():
            if not Path(name).exists():
                is_star = key == "equation_of_state"
                rule = f"neither {BUILT_IN_EQUATION_OF_STATE} nor a file or folder that exists"
                raise _error(section, key, name, rule if is_star else "no such file")
            if key == "equation_of_state" and Path(name).is_dir():
                continue
            try:
                require_regular(Path(name))
            except OSError:
                raise _error(section, key, name, "no such file") from None
            except ValueError as error:
                raise _error(section, key, name, str(error)) from None


def _error(section: str, key: str, name: str, rule: str) -> ParameterError:
    """Error of a file, by its name in the working directory if it is there."""
    here = os.path.relpath(name)
    shown = name if here.startswith(os.pardir) else here
    return ParameterError(f"{section}.{key}", shown, rule)


def input_digests(parameters: Parameters, sections: tuple[str, ...] = _SECTIONS) -> dict[str, str]:
    """SHA-256 of the files that parameters name, by key.

    Parameters
    ----------
    parameters : Parameters
    sections : tuple of str
        Where to look for names.

    Returns
    -------
    dict of str to str

    Raises
    ------
    ParameterError
        Where a file can't be read.
    """
    digests = {}
    for section in sections:
        for key, name in getattr(parameters, section).files().items():
            try:
                digests[f"{section}.{key}"] = _digest(Path(name), key == "equation_of_state")
            except OSError as error:
                raise _error(section, key, name, f"cannot be read: {error.strerror}") from None
            except ValueError as error:
                raise _error(section, key, name, str(error)) from None
    return digests


def require_digests(parameters: Parameters, expected: Mapping[str, str]) -> None:
    """Make sure that files are those which somebody else saw.

    Parameters
    ----------
    parameters : Parameters
    expected : mapping of str to str
        What `input_digests` gave there.

    Raises
    ------
    ParameterError
        Where a file can't be read, or is another by its content.
    """
    found = input_digests(parameters)
    for key in sorted(expected.keys() | found.keys()):
        if found.get(key) != expected.get(key):
            section, _, name = key.partition(".")
            shown = getattr(parameters, section).files().get(name, "")
            rule = "is not the file that it was where this was planned"
            raise _error(section, name, shown, rule)


def _digest(path: Path, may_be_folder: bool) -> str:
    """SHA-256 of a file, or of the files of a folder that hold an equation of state."""
    files = sorted(path.glob("eos.*")) if may_be_folder and path.is_dir() else [path]
    versions = []
    for file in files:
        status = require_regular(file)
        if status.st_size > usable_memory():  # nobody can read it, and its digest takes hours
            raise ValueError(f"holds {status.st_size / 1e9:.0f} GB, more than the memory")
        versions.append((str(file), status.st_ino, status.st_mtime_ns, status.st_size))
    return _digest_of(tuple(versions))


@lru_cache(maxsize=64)
def _digest_of(versions: tuple[tuple, ...]) -> str:
    """SHA-256 of files, by what changes with their content: a scan asks for each of its points."""
    digest = hashlib.sha256()
    for name, *_ in versions:
        with open(name, "rb") as content:
            while block := content.read(2**20):
                digest.update(block)
    return digest.hexdigest()
