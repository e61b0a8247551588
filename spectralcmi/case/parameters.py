"""Run parameters: frozen, validated.

What the keys are is declared in `spectralcmi.case.sections`; here are the rules between sections.
`spectralcmi.case.case_file` reads case files, `spectralcmi.case.versions` stored parameters.
Every way of being wrong ends in one :class:`ParameterError`, see `spectralcmi.case.errors`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, get_args

from pydantic import ValidationError, model_validator

from spectralcmi.case.changes import changed
from spectralcmi.case.errors import Keys, ParameterError, broken, parameter_error
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

LARGEST_NUMBER_OF_TIMES = 1_000_000
"""Times of a series that a run may have: the spectra of each are held in memory."""

_start_is_past: ContextVar[bool] = ContextVar("start_is_past", default=False)


@contextmanager
def start_past() -> Iterator[None]:
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
        return Parameters(**changed(self.model_dump(), {**(changes or {}), **dotted}))

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
        with start_past():
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
