"""Changes of parameters by dotted key, on plain nested mappings, before validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spectralcmi.case.errors import ParameterError, bare
from spectralcmi.case.kinds import DEFAULT_KINDS
from spectralcmi.case.quantities import Section


def changed(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Copy of nested data with the changes of dotted keys made.

    Parameters
    ----------
    data : mapping
        Content by section.
    changes : mapping
        Values by dotted key, or whole sections by name.

    Returns
    -------
    dict
        A change of the kind of a section leaves none of its keys but those that are changed too.

    Raises
    ------
    ParameterError
        Where a section is no table of keys.
    """
    result = {name: dict(v) if isinstance(v, Mapping) else v for name, v in data.items()}
    flat = dict(flattened(changes))
    for section, default in DEFAULT_KINDS.items():
        old = result.get(section, {})
        if isinstance(old, Mapping):
            old_kind = old.get("kind", default)
            if flat.get(f"{section}.kind", old_kind) != old_kind:
                result[section] = {}  # the keys of one kind mean nothing to another
                if section == "background":
                    result.pop("metric", None)  # which is the other's, or has another default
    for key, value in flat.items():
        section, dot, name = key.partition(".")
        if not dot:
            result[section] = value
        elif isinstance(result.setdefault(section, {}), Mapping):
            result[section][name] = value
        else:
            raise ParameterError(bare(section), result[section], "must be a table of keys")
    return result


def flattened(changes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Changes with whole sections taken apart into their keys."""
    for key, value in changes.items():
        content = value.model_dump() if isinstance(value, Section) else value
        if isinstance(content, Mapping) and "." not in key:
            yield from ((f"{key}.{name}", item) for name, item in content.items())
        else:
            yield key, content
