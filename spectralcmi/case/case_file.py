"""Case files: parameters from TOML, with some keys changed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spectralcmi.case.changes import changed
from spectralcmi.case.errors import ParameterError, bare
from spectralcmi.case.files import with_absolute_files
from spectralcmi.case.parameters import Parameters
from spectralcmi.regular_files import UnendingFileError, read_bounded

LARGEST_CASE_FILE = 16 * 1024**2
"""Bytes of a case file, which lists of many numbers may fill."""


def load_parameters(
    path: str | Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Parameters:
    """Parameters from a case file in TOML, with some keys changed.

    Parameters
    ----------
    path : str or path-like, optional
        The case file; without it, the defaults. The names of files in it become absolute.
    overrides : mapping, optional
        Values by dotted key, which take precedence over the file's.

    Returns
    -------
    parameters : Parameters

    Raises
    ------
    ParameterError
        Where the file cannot be read, is not TOML, or a parameter breaks a rule.
    """
    data = {} if path is None else read_toml(path)
    return with_absolute_files(Parameters(**changed(data, overrides or {})))


def read_toml(path: str | Path) -> dict[str, Any]:
    """Content of a TOML file.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    data : dict

    Raises
    ------
    ParameterError
        Where the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(read_bounded(Path(path), LARGEST_CASE_FILE).decode("utf-8-sig"))
    except FileNotFoundError:
        raise ParameterError(bare(str(path)), None, "no such file") from None
    except OSError as error:
        raise ParameterError(bare(str(path)), None, f"cannot be read: {error.strerror}") from None
    except UnendingFileError as error:
        raise ParameterError(bare(str(path)), None, str(error)) from None
    except (ValueError, RecursionError) as error:
        # besides TOML's own errors: not UTF-8, integers of too many digits, a null in the path
        raise ParameterError(bare(str(path)), None, f"not TOML: {error}") from None
