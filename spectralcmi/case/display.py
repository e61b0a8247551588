"""Parameters as text and as a table: what differs from the defaults comes first."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from spectralcmi.case.text import Key, case_keys, toml

if TYPE_CHECKING:
    from spectralcmi.case.parameters import Parameters


def as_text(parameters: Parameters) -> str:
    """Keys that differ from the defaults, a line each, as in a case file.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    text : str
    """
    lines = [f"  {key.name} = {toml(_value(parameters, key))}" for key in _changed(parameters)]
    return "\n".join(["Parameters: the defaults" + (", but" if lines else ""), *lines])


def as_html(parameters: Parameters) -> str:
    """The same as a table for a notebook, with all keys folded below.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    text : str
        HTML.
    """
    changed = _table(parameters, _changed(parameters))
    head = "<b>Parameters</b>: the defaults" + (f", but{changed}" if changed else "")
    everything = _table(parameters, _keys(parameters))
    return f"{head}<details><summary>all keys</summary>{everything}</details>"


def _keys(parameters: Parameters) -> list[Key]:
    """Keys that parameters have, by the kinds of their sections."""
    kinds = {name: getattr(section, "kind", "") for name, section in parameters}
    return [
        key
        for key in case_keys()
        if "[]" not in key.name and key.kind in ("", kinds[key.name.partition(".")[0]])
    ]


def _changed(parameters: Parameters) -> list[Key]:
    """Keys whose value is not that of parameters with nothing given."""
    default = type(parameters)()
    return [
        key
        for key in _keys(parameters)
        if _value(default, key, absent := object()) is absent
        or _value(parameters, key) != _value(default, key)
    ]


def _value(parameters: Parameters, key: Key, *absent: object) -> Any:
    section, _, name = key.name.partition(".")
    return getattr(getattr(parameters, section), name, *absent)


def _table(parameters: Parameters, keys: Iterable[Key]) -> str:
    rows = (
        f"<tr><td>{key.name}</td><td>{html.escape(toml(_value(parameters, key)))}</td>"
        f"<td>{html.escape(key.unit)}</td><td>{html.escape(key.meaning)}</td></tr>"
        for key in keys
    )
    text = "".join(rows)
    return f"<table>{text}</table>" if text else ""
