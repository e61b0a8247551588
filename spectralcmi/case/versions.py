"""Parameters that were stored, by this version or an earlier one, and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from spectralcmi.case.changes import flattened
from spectralcmi.case.errors import ParameterError
from spectralcmi.case.parameters import Parameters, section_classes, start_past
from spectralcmi.case.sections import DEFAULT_KINDS, default_metric


def parameters_from_json(text: str) -> Parameters:
    """Parameters from what :meth:`Parameters.to_json` gave.

    Without a section [metric] they were stored when there was only flat space, and mean that; so
    does a random field without `helicity_pattern`, when helicity was not measured. That the initial
    field fits into the resolution is not checked: a run may have gone on with a lower one.

    Parameters
    ----------
    text : str
        A JSON object of sections.

    Returns
    -------
    parameters : Parameters

    Raises
    ------
    ParameterError
        Where the text is not such an object, or a parameter breaks a rule.
    """
    data = {"metric": {"kind": "flat"}, **_json_object(text)}
    return _stored(data)


def _stored(data: dict[str, Any]) -> Parameters:
    """Parameters of a run that has begun, from its sections."""
    initial = data.get("initial")
    if isinstance(initial, dict) and initial.get("kind") == "random":
        data = {**data, "initial": {"helicity_pattern": "legacy", **initial}}
    with start_past():
        return Parameters(**data)


def parameters_of_version_1(text: str) -> Parameters:
    """Parameters of a run stored with schema_version 1.

    What that version did is what a key means which it did not know.

    Parameters
    ----------
    text : str
        As for `parameters_from_json`.

    Returns
    -------
    parameters : Parameters
        With every key of today.

    Raises
    ------
    ParameterError
        As `parameters_from_json`.
    """
    data = _json_object(text)
    for key, value in _MEANT_BY_VERSION_1.items():
        section, _, name = key.partition(".")
        content = data.setdefault(section, {})
        if isinstance(content, dict):
            content.setdefault(name, value)
    return _stored(data)


def _json_object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise ParameterError("parameters", None, f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ParameterError("parameters", data, "must be a JSON object")
    return data


#: What a key meant to version 1, of those that it did not know or had another default for.
_MEANT_BY_VERSION_1 = MappingProxyType(
    {
        "resolution.radial_grid": "global",
        "resolution.element_order": 7,
        "resolution.radial_order": 192,
        "resolution.functions_per_wavelength": "auto",
        "resolution.dealiasing": 3,
        "metric.kind": "flat",
    }
)
_KEYS_OF_VERSION_1 = ("resolution.radial_order",)


def changed_defaults(data: Mapping[str, Any]) -> str:
    """What a case file written for version 1 gets by default, and did not before.

    Parameters
    ----------
    data : mapping
        What was given: content by section, as of a case file, or values by dotted key.

    Returns
    -------
    message : str
        A line that names the changed defaults which are not given. Empty where there are none, and
        where a key is given that version 1 did not know: its author knows today's keys.
    """
    given = dict(flattened(data))
    changed = {}
    for key, before in _MEANT_BY_VERSION_1.items():
        if key in given and key not in _KEYS_OF_VERSION_1:
            return ""
        section, _, name = key.partition(".")
        (cls,) = section_classes(section).values()
        now = cls.model_fields[name].default
        if key == "metric.kind":
            kind = given.get("background.kind", DEFAULT_KINDS["background"])
            now = default_metric(str(kind))
        if key not in given and now != before:
            changed[key] = f"{key} = {json.dumps(now)} (was {json.dumps(before)})"
    if not changed:
        return ""
    new = next(key for key in _MEANT_BY_VERSION_1 if key not in _KEYS_OF_VERSION_1)
    return f"new defaults: {', '.join(changed.values())}; a case that sets {new} is not told"
