"""Case files explained: every key with its default, unit and meaning, from the definitions.

`spectralcmi.case.sections` declares what the keys are; nothing about a single key is said here.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from spectralcmi import __version__
from spectralcmi.case.parameters import Parameters, has_kinds, section_classes
from spectralcmi.case.quantities import Section
from spectralcmi.errors import InputError

WIDTH = 88
#: Limits beyond it are those of number formats, and no news to anybody.
LARGEST_RULE = 9e18


@dataclass(frozen=True)
class Key:
    """A key of the case file.

    Attributes
    ----------
    name : str
        Dotted, ``resolution.lmax``; ``initial.modes[].degree`` for a key of a list's tables.
    kind : str
        Kind of the section that has the key; empty where a section has no kinds.
    default : object
        None where the key is required.
    unit : str
        Empty where there is none.
    rule : str
        Values allowed, where that is a choice or a range; else empty.
    meaning : str
    """

    name: str
    kind: str
    default: Any
    unit: str
    rule: str
    meaning: str

    @property
    def own_name(self) -> str:
        """Name within its section."""
        return self.name.rpartition(".")[2]

    @property
    def explanation(self) -> str:
        """Meaning and rule in a line."""
        return f"{self.meaning}; {self.rule}" if self.rule else self.meaning

    @property
    def assignment(self) -> str:
        """Name and default, with the unit."""
        default = "required" if self.default is None else toml(self.default)
        return f"{self.name} = {default}" + (f"   [{self.unit}]" if self.unit else "")


def case_keys() -> list[Key]:
    """All keys of the case file, by section and kind."""
    return [
        key
        for section in Parameters.model_fields
        for kind, cls in section_classes(section).items()
        for key in _keys_of(cls, section, kind if has_kinds(section) else "")
    ]


def key_table(words: list[str] | tuple[str, ...] = ()) -> str:
    """Keys of the case file as text: name and default, and what it means below.

    Parameters
    ----------
    words : sequence of str
        Only keys whose name holds one of them; without, all.

    Returns
    -------
    text : str

    Raises
    ------
    InputError
        If no key has such a name.
    """
    chosen = [key for key in case_keys() if not words or any(word in key.name for word in words)]
    if not chosen:
        raise InputError(f"no key of the case file is named like {', '.join(words)}")
    lines, kind = [], ("", "")
    for key in chosen:
        section = key.name.partition(".")[0]
        if (section, key.kind) != kind:
            kind = (section, key.kind)
            of_kind = f'   where kind = "{key.kind}"' if key.kind else ""
            lines += ["", f"[{section}]{of_kind}"]
        lines.append(key.assignment)
        lines += textwrap.wrap(key.explanation, WIDTH, initial_indent=" " * 4,
                               subsequent_indent=" " * 4)  # fmt: skip
    return "\n".join(lines[1:])


def commented_case(parameters: Parameters) -> str:
    """A case file with every key and what it means.

    Parameters
    ----------
    parameters : Parameters
        Values of the keys; other kinds of a section follow as comments.

    Returns
    -------
    text : str
        TOML that gives the same parameters when read.
    """
    lines = [
        f"# Case file of spectralcmi {__version__}: every key, with what it means. A key left out",
        "# has its default. `spectralcmi run THIS_FILE` runs it; any key can be given there too,",
        "# as --section.key VALUE.",
    ]
    keys = case_keys()
    for name, section in parameters:
        lines += ["", f"[{name}]"]
        kind = getattr(section, "kind", "") if has_kinds(name) else ""
        own = [key for key in keys if key.name.startswith(f"{name}.") and key.kind == kind]
        # the kind decides which keys there are
        for key in sorted(own, key=lambda key: key.own_name != "kind"):
            if "[]" not in key.name:
                lines += _comment(key.explanation)
                value = f"{key.own_name} = {toml(getattr(section, key.own_name))}"
                lines.append(f"{value:30} # {key.unit}" if key.unit else value)
        for other in section_classes(name):
            if kind and other != kind:
                lines += _other_kind(name, other, [key for key in keys if key.kind == other])
    return "\n".join(lines) + "\n"


def toml(value: Any) -> str:
    """Value as in a case file.

    Parameters
    ----------
    value : bool, int, float, str, Section, or sequence of them

    Returns
    -------
    text : str
    """
    if isinstance(value, bool | str):
        text = json.dumps(value, ensure_ascii=False)
        return text.replace("\x7f", "\\u007f")  # which JSON leaves and TOML forbids
    if isinstance(value, float):
        short = f"{value:g}"
        text = _short_exponent(short if float(short) == value else repr(value))
        return text if any(c in text for c in ".e") else f"{text}.0"
    if isinstance(value, Section):
        value = value.model_dump()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {toml(item)}" for name, item in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return str(value)


def _keys_of(cls: type[Section], prefix: str, kind: str) -> Iterator[Key]:
    """Keys of a section, and of the tables in its lists."""
    for name, info in cls.model_fields.items():
        yield Key(
            f"{prefix}.{name}",
            kind,
            None if info.is_required() else info.default,
            _unit(info),
            _rule(info),
            info.description or "",
        )
        for inner in get_args(info.annotation):
            if isinstance(inner, type) and issubclass(inner, Section):
                yield from _keys_of(inner, f"{prefix}.{name}[]", kind)


def _unit(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    unit = str(extra["unit"]) if isinstance(extra, dict) else ""
    return "" if unit == "1" else unit


def _rule(info: FieldInfo) -> str:
    """Choice or range of a key in words."""
    if get_origin(info.annotation) is Literal:
        choices = get_args(info.annotation)
        return " or ".join(map(toml, choices)) if len(choices) > 1 else ""
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    rules = [
        _short_exponent(f"{word} {getattr(rule, bound):g}")
        for rule in info.metadata
        for bound, word in words.items()
        if abs(getattr(rule, bound, math.inf)) < LARGEST_RULE
    ]
    return ", ".join(rules)


def _short_exponent(number: str) -> str:
    """``1e10`` and ``1e-9`` for ``1e+10`` and ``1e-09``."""
    return re.sub(r"e\+?(-?)0*(?=\d)", r"e\1", number)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")


def _other_kind(section: str, kind: str, keys: list[Key]) -> list[str]:
    """A kind that is not chosen, commented out."""
    own = [key for key in keys if key.name.startswith(f"{section}.")]
    meaning = next(key.meaning for key in own if key.own_name == "kind")
    lines = ["#", *_comment(f'or kind = "{kind}": {meaning}, with')]
    for key in own:
        if key.own_name != "kind" or "[]" in key.name:
            text = f"{key.assignment.partition('.')[2]}: {key.explanation}"
            lines += textwrap.wrap(text, WIDTH, initial_indent="#   ", subsequent_indent="#     ")
    return lines
