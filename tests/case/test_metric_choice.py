"""The section [metric], whose default depends on the background."""

import json
import tomllib

import pytest

from spectralcmi.case import sections
from spectralcmi.case.case_file import load_parameters
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import MetricChoice, NeutronStar, UniformShell
from spectralcmi.case.text import commented_case, key_table
from spectralcmi.case.versions import (
    changed_defaults,
    parameters_from_json,
    parameters_of_version_1,
)

SHELL = UniformShell(inner_radius=0.75, outer_radius=1.0, magnetic_diffusivity=1.0)
TABLE = {"background.kind": "table", "background.file": "crust.nc"}


@pytest.fixture(params=["star", "flat"])
def default(request, monkeypatch):
    """Metric of a neutron star unless another is given."""
    monkeypatch.setattr(sections, "DEFAULT_METRIC", request.param)
    monkeypatch.setattr(MetricChoice.model_fields["kind"], "default", request.param)
    return request.param


def test_a_neutron_star_has_the_default_and_others_are_flat(default, tmp_path):
    assert Parameters(background=NeutronStar()).metric.kind == default
    assert Parameters(metric={}).metric.kind == default
    assert Parameters(background={"mass": 1.5}).metric.kind == default
    assert Parameters(background=SHELL).metric.kind == "flat"
    assert Parameters(background=SHELL, metric=MetricChoice()).metric.kind == "flat"
    assert Parameters(background={"kind": "gourgouliatos_cumming"}).metric.kind == "flat"
    case = tmp_path / "case.toml"
    case.write_text('[background]\nkind = "table"\nfile = "crust.nc"\n')
    assert load_parameters(case).metric.kind == "flat"
    assert load_parameters(case, {"metric.kind": "star"}).metric.kind == "star"


@pytest.mark.usefixtures("default")
def test_either_can_be_given_where_there_is_one():
    for kind in ("star", "flat"):
        assert Parameters(metric={"kind": kind}).metric.kind == kind
        assert Parameters().replace(**TABLE, **{"metric.kind": kind}).metric.kind == kind


@pytest.mark.usefixtures("default")
def test_another_background_begins_with_its_own_default():
    star = Parameters(metric={"kind": "star"})
    shell = star.replace(background=SHELL)
    assert shell.metric.kind == "flat"
    assert star.replace(**TABLE).metric.kind == "flat"
    assert star.replace(**{"background.mass": 1.5}).metric.kind == "star"
    assert star.replace(**{"background.kind": "neutron_star"}).metric.kind == "star"
    assert shell.replace(**{"background.kind": "neutron_star"}) == Parameters()


@pytest.mark.parametrize(
    ("background", "kind"),
    [(SHELL, "uniform_shell"), ({"kind": "gourgouliatos_cumming"}, "gourgouliatos_cumming")],
)
def test_a_star_that_is_none_is_one_line(background, kind):
    with pytest.raises(ParameterError) as caught:
        Parameters(background=background, metric={"kind": "star"})
    assert str(caught.value) == (
        f"metric.kind = 'star': background.kind='{kind}' has no metric of its own"
    )


@pytest.mark.parametrize("metric", [{"kind": "schwarzschild"}, {"mass": 1.0}, 3, [], "star"])
def test_nonsense_is_one_line(metric):
    with pytest.raises(ParameterError, match=r"^metric") as caught:
        Parameters(metric=metric)
    assert "\n" not in str(caught.value)


def test_what_was_stored_without_the_section_is_flat(default):
    stored = json.loads(Parameters(metric={"kind": "star"}).to_json())
    assert parameters_from_json(json.dumps(stored)).metric.kind == "star"
    del stored["metric"]
    assert parameters_from_json(json.dumps(stored)).metric.kind == "flat"
    assert parameters_of_version_1('{"time": {"end": 6.0}}').metric.kind == "flat"
    assert parameters_from_json(Parameters().to_json()).metric.kind == default


def test_a_changed_default_is_named_where_it_is_the_background_s(default):
    news = 'metric.kind = "star" (was "flat")'
    assert (news in changed_defaults({"time": {"end": 3.0}})) == (default == "star")
    assert news not in changed_defaults({"background": {"kind": "gourgouliatos_cumming"}})
    assert changed_defaults({"metric": {"kind": "flat"}}) == ""


@pytest.mark.usefixtures("default")
def test_the_case_file_explains_it():
    assert "metric.kind" in key_table(["metric.kind"])
    star = Parameters(metric={"kind": "star"})
    for parameters in (Parameters(), star, Parameters(background=SHELL)):
        text = commented_case(parameters)
        assert "[metric]" in text
        assert Parameters(**tomllib.loads(text)) == parameters
