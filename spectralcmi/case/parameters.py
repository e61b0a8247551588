"""Run parameters: frozen, validated, TOML in and JSON out.

What the keys are is declared in `spectralcmi.case.sections`; here are the rules between sections.
Every way of being wrong ends in one :class:`ParameterError`, see `spectralcmi.case.errors`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import ValidationError, model_validator

from spectralcmi.case.errors import Keys, ParameterError, bare, broken, parameter_error
from spectralcmi.case.quantities import Section
from spectralcmi.case.sections import (
    BACKGROUNDS_WITH_METRIC,
    DEFAULT_KINDS,
    ENVELOPE_DENSITY,
    Background,
    Boundary,
    Chiral,
    Dipole,
    Dissipation,
    Hall,
    Initial,
    MetricChoice,
    Mode,
    NeutronStar,
    Output,
    Resolution,
    Spin,
    Thermal,
    Time,
    default_metric,
)
from spectralcmi.case.stopping import SERIES_OF_HEAT
from spectralcmi.regular_files import UnendingFileError, read_bounded

__all__ = [
    "ParameterError",
    "Parameters",
    "changed_defaults",
    "differences",
    "has_kinds",
    "load_parameters",
    "parameters_from_json",
    "parameters_of_version_1",
    "read_toml",
    "section_classes",
    "sections_with_key",
    "with_absolute_files",
]

LARGEST_NUMBER_OF_TIMES = 1_000_000
"""Times of a series that a run may have: the spectra of each are held in memory."""


LARGEST_CASE_FILE = 16 * 1024**2
"""Bytes of a case file, which lists of many numbers may fill."""


_start_is_past: ContextVar[bool] = ContextVar("start_is_past", default=False)


@contextmanager
def _start_past() -> Iterator[None]:
    """Let initial fields be that don't fit into the resolution: a run has begun with them."""
    token = _start_is_past.set(True)
    try:
        yield
    finally:
        _start_is_past.reset(token)


class Parameters(Section):
    """All parameters of a run; the defaults are the paper's axisymmetric run.

    Parameters
    ----------
    **sections
        Sections by name, each as its class or as a mapping of its keys.

    Raises
    ------
    ParameterError
        Where a key is unknown, or a value has the wrong type or breaks a rule.

    Examples
    --------
    >>> parameters = Parameters().replace(**{"hall.enabled": False, "resolution.lmax": 90})
    >>> parameters.resolution.lmax
    90
    """

    background: Background = NeutronStar()
    metric: MetricChoice = MetricChoice()
    chiral: Chiral = Chiral()
    hall: Hall = Hall()
    dissipation: Dissipation = Dissipation()
    boundary: Boundary = Boundary()
    initial: Initial = Dipole()
    spin: Spin = Spin()
    resolution: Resolution = Resolution()
    thermal: Thermal = Thermal()
    time: Time = Time()
    output: Output = Output()

    def __init__(self, /, **sections: Any) -> None:
        try:
            super().__init__(**sections)
        except ValidationError as error:
            raise parameter_error(error, sections, _keys()) from None
        except RecursionError:
            raise ParameterError("parameters", None, "lists without end") from None

    @model_validator(mode="before")
    @classmethod
    def _complete_metric(cls, data: Any) -> Any:
        """Let a section [metric] without `kind` mean the default of the background."""
        if not isinstance(data, Mapping):
            return data
        metric = data.get("metric", {})
        if isinstance(metric, MetricChoice):
            metric = metric.model_dump(exclude_unset=True)
        if not isinstance(metric, Mapping) or "kind" in metric:
            return data
        kind = default_metric(_background_kind(data.get("background")))
        return {**data, "metric": {**metric, "kind": kind}}

    @model_validator(mode="after")
    def _check_metric(self) -> Parameters:
        kind = self.background.kind
        if self.metric.kind == "star" and kind not in BACKGROUNDS_WITH_METRIC:
            raise broken(
                f"background.kind={kind!r} has no metric of its own", "metric.kind", "star"
            )
        return self

    @model_validator(mode="after")
    def _check_thermal(self) -> Parameters:
        if not self.thermal.enabled:
            return self
        kind = self.background.kind
        if not isinstance(self.background, NeutronStar):
            raise broken(
                f"background.kind={kind!r} has no heat capacity; a neutron_star has",
                "thermal.enabled",
                True,
            )
        if self.background.outer_density != ENVELOPE_DENSITY:
            raise broken(
                f"must be {ENVELOPE_DENSITY:g}, where the fits of the envelope begin, if "
                "thermal.enabled",
                "background.outer_density",
                self.background.outer_density,
            )
        for name in ("temperature", "temperature_profile", "cooling_history"):
            value = getattr(self.background, name)
            if value != type(self.background).model_fields[name].default:
                raise broken(
                    "is what thermal.enabled computes; leave it out", f"background.{name}", value
                )
        if self.resolution.is_global:
            raise broken(
                "has no room for the temperature, which needs elements: auto or breakpoints",
                "resolution.radial_grid",
                self.resolution.radial_grid,
            )
        return self

    @model_validator(mode="after")
    def _check_inertia(self) -> Parameters:
        if not self.hall.inertia:
            return self
        if self.chiral.enabled:
            raise broken(
                "would slow the growth of chiral waves; must be 0 if chiral.enabled",
                "hall.inertia",
                self.hall.inertia,
            )
        if self.resolution.is_global:
            raise broken(
                'needs radial elements, and resolution.radial_grid is "global"',
                "hall.inertia",
                self.hall.inertia,
            )
        return self

    @model_validator(mode="after")
    def _check_stop_rule(self) -> Parameters:
        rule = self.time.stop_rule
        if rule is not None and rule.variable in SERIES_OF_HEAT and not self.thermal.enabled:
            raise broken(
                f"{rule.variable} is a series of runs with thermal.enabled",
                "time.stop_when",
                self.time.stop_when,
            )
        return self

    @model_validator(mode="after")
    def _check_output_times(self) -> Parameters:
        interval, end = self.output.series_interval, self.time.end
        if end / interval > LARGEST_NUMBER_OF_TIMES:
            raise broken(
                f"gives more than {LARGEST_NUMBER_OF_TIMES} times until time.end={end:g}",
                "output.series_interval",
                interval,
            )
        return self

    @model_validator(mode="after")
    def _check_initial_field(self) -> Parameters:
        if _start_is_past.get():
            return self
        if self.initial.kind == "random":
            _check_below("initial.lmax", self.initial.lmax, "lmax", self.resolution.lmax)
        if self.initial.kind == "modes":
            for number, mode in enumerate(self.initial.modes):
                _check_resolved(f"initial.modes[{number}]", mode, self.resolution)
        return self

    def replace(self, changes: Mapping[str, Any] | None = None, /, **dotted: Any) -> Parameters:
        """Return the parameters with some keys changed, validated again.

        A change of ``background.kind`` or ``initial.kind`` starts that section from the keys of
        the new kind.

        Parameters
        ----------
        changes : mapping, optional
            Values by dotted key, or whole sections by name.
        **dotted
            The same as keywords, ``**{"hall.enabled": False}``.

        Returns
        -------
        parameters : Parameters

        Raises
        ------
        ParameterError
            Where a change is not allowed.
        """
        return Parameters(**_changed(self.model_dump(), {**(changes or {}), **dotted}))

    def replace_after_start(self, changes: Mapping[str, Any] | None = None) -> Parameters:
        """As `replace`, for a run that has begun: its initial field need not fit any longer.

        Parameters
        ----------
        changes : mapping, optional

        Returns
        -------
        parameters : Parameters

        Raises
        ------
        ParameterError
            As `replace`.
        """
        with _start_past():
            return self.replace(changes)

    def __repr__(self) -> str:
        from spectralcmi.case.display import as_text  # which knows the sections from here

        return as_text(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from spectralcmi.case.display import as_html

        return as_html(self)

    def snapshot_times(self) -> tuple[float, ...]:
        """Years at which the run takes snapshots: those that do not lie after its end."""
        return tuple(time for time in self.output.snapshot_times if time <= self.time.end)

    def to_json(self) -> str:
        """All parameters as JSON; floats keep every digit."""
        return self.model_dump_json()

    def fingerprint(self) -> str:
        """Hexadecimal digest that two sets of parameters share only if they are equal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]


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
    return with_absolute_files(Parameters(**_changed(data, overrides or {})))


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
    changes: dict[str, str] = {}
    for section in Parameters.model_fields:
        files: dict[str, str] = getattr(getattr(parameters, section), "files", dict)()
        changes |= {
            f"{section}.{key}": os.path.abspath(name)
            for key, name in files.items()
            if not os.path.isabs(name)
        }
    with _start_past():  # which was checked where it had to be
        return parameters.replace(changes) if changes else parameters


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
    with _start_past():
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
    given = dict(_flattened(data))
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
    old, new = (dict(_flattened(parameters.model_dump())) for parameters in both)
    keys = old | new
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


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


def _background_kind(background: object) -> str:
    """Kind of a section [background], which may not be valid."""
    if isinstance(background, Section):
        return str(getattr(background, "kind", ""))
    default = DEFAULT_KINDS["background"]
    return str(background.get("kind", default)) if isinstance(background, Mapping) else default


def _check_below(key: str, value: int, limit_name: str, limit: int) -> None:
    if value > limit:
        raise broken(f"exceeds resolution.{limit_name}={limit}", key, value)


def _check_resolved(key: str, mode: Mode, resolution: Resolution) -> None:
    """Raise unless a mode lies within the angular resolution."""
    _check_below(f"{key}.degree", mode.degree, "lmax", resolution.lmax)
    _check_below(f"{key}.order", mode.order, "mmax", resolution.mmax)
    if mode.order % resolution.mres:
        raise broken(
            f"is not a multiple of resolution.mres={resolution.mres}", f"{key}.order", mode.order
        )


# Changes by dotted key, on plain nested mappings, before validation


def _changed(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Copy of nested data with the changes of dotted keys made."""
    result = {name: dict(v) if isinstance(v, Mapping) else v for name, v in data.items()}
    flat = dict(_flattened(changes))
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


def _flattened(changes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Changes with whole sections taken apart into their keys."""
    for key, value in changes.items():
        content = value.model_dump() if isinstance(value, Section) else value
        if isinstance(content, Mapping) and "." not in key:
            yield from ((f"{key}.{name}", item) for name, item in content.items())
        else:
            yield key, content


@functools.cache
def _keys() -> Keys:
    """The keys that there are, for errors to suggest."""
    sections = {name: section_classes(name) for name in Parameters.model_fields}
    return Keys(sections, DEFAULT_KINDS, {("initial", "modes"): Mode})


def sections_with_key(name: str) -> list[str]:
    """Sections that have a key of some name, those without kinds first.

    Parameters
    ----------
    name : str
        Name of a key within its section.

    Returns
    -------
    sections : list of str
    """
    # a key of a section without kinds is there in every case file
    return [
        section
        for section in sorted(Parameters.model_fields, key=DEFAULT_KINDS.__contains__)
        if any(name in cls.model_fields for cls in section_classes(section).values())
    ]


def has_kinds(name: str) -> bool:
    """Whether the key `kind` of a section decides which other keys it has."""
    return name in DEFAULT_KINDS


def section_classes(name: str) -> dict[str, type[Section]]:
    """Classes of a section by kind, the default first.

    Parameters
    ----------
    name : str
        Name of the section.

    Returns
    -------
    classes : dict of str to type
        A section without kinds has one class, under its own name; `kind` of [metric] is a key like
        others, and decides about none.
    """
    annotation = Parameters.model_fields[name].annotation
    classes = get_args(annotation) or (annotation,)
    return {cls.model_fields["kind"].default if has_kinds(name) else name: cls for cls in classes}
