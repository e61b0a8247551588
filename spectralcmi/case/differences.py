"""What differs between two sets of parameters."""

from __future__ import annotations

from typing import Any

from spectralcmi.case.changes import flattened
from spectralcmi.case.files import with_absolute_files
from spectralcmi.case.parameters import Parameters


def differences(one: Parameters, other: Parameters) -> dict[str, tuple[Any, Any]]:
    """Keys in which two sets of parameters differ.

    Parameters
    ----------
    one, other : Parameters
        Names of files in them are told apart as those of the working directory.

    Returns
    -------
    differing : dict of str to (object, object)
        Both values by dotted key; None where a section of another kind lacks the key.
    """
    both = (with_absolute_files(parameters) for parameters in (one, other))
    old, new = (dict(flattened(parameters.model_dump())) for parameters in both)
    keys = old | new
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}
