"""How a parameter that breaks a rule is told: one line about one key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from spectralcmi.errors import InputError


class ParameterError(InputError):
    """A parameter that breaks a rule; its text is one line.

    Parameters
    ----------
    key : str
        The dotted key, ``resolution.mmax``, or the file that could not be read.
    value : object
        What was given; None where there is no value to show.
    rule : str
        The rule that is broken.
    """

    def __init__(self, key: str, value: object, rule: str) -> None:
        # all three go to the base class, so that the error can be pickled to and from workers
        super().__init__(key, value, rule)
        self.key, self.value, self.rule = key, value, rule

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {_shown(self.value)}"
        return " ".join(f"{self.key}{shown}: {self.rule}".split())


def broken(rule: str, key: str = "", value: object = None) -> PydanticCustomError:
    """Error of a rule that pydantic has no name for; `key` and `value` where they are not clear."""
    return PydanticCustomError("broken_rule", "{rule}", {"rule": rule, "key": key, "value": value})


@dataclass(frozen=True)
class Keys:
    """The keys that there are, which errors suggest.

    Parameters
    ----------
    sections : mapping of str to mapping of str to type
        Classes of each section by kind; one without kinds has one class, under its own name.
    default_kinds : mapping of str to str
        Of the sections with kinds.
    listed : mapping of tuple to type
        Classes of what lists hold, by section and key.
    """

    sections: Mapping[str, Mapping[str, type[BaseModel]]]
    default_kinds: Mapping[str, str]
    listed: Mapping[tuple[str, str], type[BaseModel]]


def parameter_error(error: ValidationError, data: Mapping[str, Any], keys: Keys) -> ParameterError:
    """First of the errors that pydantic found, as one line about one key.

    Parameters
    ----------
    error : ValidationError
    data : mapping
        What was validated: content by section.
    keys : Keys

    Returns
    -------
    ParameterError
    """
    details = error.errors(include_url=False)
    first = details[0]
    key, value, rule = _key_value_rule(first, data, keys)
    if len(details) > 1:
        rule += f" (and {len(details) - 1} more)"
    return ParameterError(key, value, rule)


def _key_value_rule(
    detail: Mapping[str, Any], data: Mapping[str, Any], keys: Keys
) -> tuple[str, Any, str]:
    location = _without_kind(detail["loc"], keys)
    context, kind, value = detail.get("ctx", {}), detail["type"], detail["input"]
    if kind == "broken_rule":
        key = ".".join(filter(None, [_dotted(location), context["key"]]))
        return key, value if context["value"] is None else context["value"], context["rule"]
    if kind == "extra_forbidden":
        return _dotted(location), value, "unknown key" + _suggestion(location, data, keys)
    if kind == "missing":
        return _dotted(location), None, "is required" + _of_kind(str(location[0]), data, keys)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return (
            f"{_dotted(location)}.kind",
            value["kind"],
            f"must be one of {_kinds(str(location[0]), keys)}",
        )
    if kind in ("model_type", "model_attributes_type"):
        return _dotted(location), value, "must be a table of keys"
    if kind == "tuple_type":
        return _dotted(location), value, "must be a list"
    return _dotted(location), value, detail["msg"].replace("Input should be", "must be")


def _without_kind(location: Sequence[str | int], keys: Keys) -> tuple[str | int, ...]:
    """Location without the kind that pydantic puts behind the name of a section with kinds."""
    if len(location) > 1 and location[0] in keys.default_kinds:
        return (location[0], *location[2:])
    return tuple(location)


def _dotted(location: Sequence[str | int]) -> str:
    """``initial.modes[0].degree`` from ``("initial", "modes", 0, "degree")``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{bare(part)}" for part in location)
    return "".join(parts).removeprefix(".")


def bare(name: str) -> str:
    """Name as it is where it is harmless in a line of text, quoted and escaped where not."""
    return name if re.fullmatch(r"[\w./~+-]+", name) else repr(name)


def _shown(value: object) -> str:
    """Value as it looks in a case file, on one line and not too long."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # integers too long to print, nesting without end
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _kinds(section: str, keys: Keys) -> str:
    return ", ".join(repr(kind) for kind in keys.sections[section])


def _of_kind(section: str, data: Mapping[str, Any], keys: Keys) -> str:
    """`` for kind '...'`` where the section has kinds."""
    if section not in keys.default_kinds:
        return ""
    return f" for kind {_kind(section, data, keys)!r}"


def _kind(section: str, data: Mapping[str, Any], keys: Keys) -> str:
    """Kind of a section in unvalidated data; the default where it names none that there is."""
    content = data.get(section)
    kind = content.get("kind") if isinstance(content, Mapping) else None
    # a section without kinds may be given one all the same, and a kind may be anything
    if isinstance(kind, str) and kind in keys.sections[section]:
        return kind
    return keys.default_kinds.get(section, section)


def _suggestion(location: Sequence[str | int], data: Mapping[str, Any], keys: Keys) -> str:
    """`` (did you mean ...?)`` for a misspelt or misplaced key, or nothing."""
    name = str(location[-1])
    if len(location) == 1:
        return _closest(name, keys.sections) or _elsewhere(name, keys)
    section = str(location[0])
    listed = keys.listed.get((section, str(location[1])))
    if listed is not None and len(location) > 2:
        return _closest(name, listed.model_fields)
    own = keys.sections[section][_kind(section, data, keys)].model_fields
    return _closest(name, own) or _elsewhere(name, keys)


def _closest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _elsewhere(name: str, keys: Keys) -> str:
    """`` (there is ...)`` for a key that another section or kind has."""
    # sections without kinds first: a key of theirs is there in every case file
    for section in sorted(keys.sections, key=keys.default_kinds.__contains__):
        for kind, cls in keys.sections[section].items():
            if name in cls.model_fields:
                of_kind = f" of kind {kind!r}" if section in keys.default_kinds else ""
                return f" (there is {section}.{name}{of_kind})"
    return ""
