"""The files that parameters name: whether they are there, and what is in them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import BUILT_IN_EQUATION_OF_STATE

#: Sections of a case whose kinds may read files.
_SECTIONS = ("background", "initial")


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
        Where a file is missing.
    """
    for section in _SECTIONS:
        for key, name in getattr(parameters, section).files().items():
            if key == "equation_of_state":
                if not Path(name).exists():
                    rule = f"neither {BUILT_IN_EQUATION_OF_STATE} nor a file or folder that exists"
                    raise ParameterError(f"{section}.{key}", name, rule)
            elif not Path(name).is_file():
                raise ParameterError(f"{section}.{key}", name, "no such file")


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
                digests[f"{section}.{key}"] = _digest(Path(name))
            except OSError as error:
                rule = f"cannot be read: {error.strerror}"
                raise ParameterError(f"{section}.{key}", name, rule) from None
    return digests


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the files of a folder that hold an equation of state."""
    digest = hashlib.sha256()
    for file in sorted(path.glob("eos.*")) if path.is_dir() else [path]:
        digest.update(file.read_bytes())
    return digest.hexdigest()
