"""Stored parameters: every digit of them, and what versions before meant by theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import Resolution
from spectralcmi.case.versions import (
    changed_defaults,
    parameters_from_json,
    parameters_of_version_1,
)

positive = st.floats(min_value=1e-300, max_value=1e300)


@given(
    end=positive,
    delta_mu=st.floats(-100, 1e300),
    snapshots=st.lists(st.floats(0, 1e300), unique=True).map(sorted),
    lmax=st.integers(1, 10_000),
    map_parameter=st.one_of(st.just("auto"), st.floats(0, 1, exclude_max=True)),
    seed=st.integers(0, 2**63 - 1),
    radii=st.lists(positive, min_size=2, max_size=9, unique=True).map(sorted),
)
def test_json_gives_back_every_digit(end, delta_mu, snapshots, lmax, map_parameter, seed, radii):
    parameters = Parameters().replace(
        **{
            "time.end": end,
            "chiral.delta_mu": delta_mu,
            "output.snapshot_times": snapshots,
            "output.series_interval": end,
            "resolution.lmax": lmax,
            "resolution.radial_grid": "global",
            "resolution.map_parameter": map_parameter,
            "initial.perturbation_seed": seed,
        }
    )
    copy = parameters_from_json(parameters.to_json())
    assert copy == parameters
    assert copy.fingerprint() == parameters.fingerprint()
    elements = parameters.replace(
        {
            "resolution.radial_grid": radii,
            "resolution.radial_order": "auto",
            "resolution.map_parameter": "auto",
        }
    )
    assert elements.resolution.radial_grid == tuple(radii)
    assert parameters_from_json(elements.to_json()) == elements


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"time": {"end": -1}}', "null"])
def test_json_of_anything_else_is_refused(text):
    with pytest.raises(ParameterError):
        parameters_from_json(text)


def test_a_run_stored_by_version_1_means_what_it_did():
    text = '{"resolution": {"lmax": 5, "radial_order": 12}, "time": {"end": 6.0}}'
    parameters = parameters_of_version_1(text)
    expected = Resolution(lmax=5, radial_order=12, radial_grid="global", dealiasing=3)
    assert parameters.resolution == expected
    assert parameters.resolution.element_order == 7
    assert parameters.time.end == 6.0
    assert parameters_of_version_1("{}").resolution.radial_functions == 192
    for text in ("[1]", "{", '{"resolution": 3}', '{"resolution": {"lmax": 0}}'):
        with pytest.raises(ParameterError):
            parameters_of_version_1(text)


def test_new_defaults_are_named_to_who_does_not_know_them(monkeypatch):
    fields = Resolution.model_fields
    monkeypatch.setattr(fields["radial_grid"], "default", "auto")
    monkeypatch.setattr(fields["radial_order"], "default", "auto")
    grid, order = (
        'resolution.radial_grid = "auto" (was "global")',
        'radial_order = "auto" (was 192)',
    )
    both = changed_defaults({"time": {"end": 3}})
    assert "\n" not in both
    assert grid in both
    assert order in both
    only_grid = changed_defaults({"resolution": {"radial_order": 96}})
    assert grid in only_grid
    assert order not in only_grid
    assert changed_defaults({"resolution": {"radial_grid": "auto"}}) == ""
    assert changed_defaults({"time": {}, "resolution.radial_grid": "global"}) == ""
    assert changed_defaults({"resolution": {"dealiasing": 3}}) == ""
    assert changed_defaults({"resolution": 3})  # nonsense is the reader's to refuse


def test_without_new_defaults_nothing_is_named(monkeypatch):
    monkeypatch.setattr(Resolution.model_fields["radial_grid"], "default", "global")
    monkeypatch.setattr(Resolution.model_fields["radial_order"], "default", 192)
    monkeypatch.setattr(Resolution.model_fields["dealiasing"], "default", 3)
    monkeypatch.setattr("spectralcmi.case.sections.DEFAULT_METRIC", "flat")
    assert changed_defaults({}) == ""
