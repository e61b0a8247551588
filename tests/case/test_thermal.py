"""Section [thermal]: what it excludes, and its choices."""

import pytest

from spectralcmi.case.choices import EnvelopeModel, NeutronGap, ProtonGap, choices
from spectralcmi.case.files import require_files
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.star.envelope import ENVELOPES
from spectralcmi.star.superfluidity import NEUTRON_GAPS, PROTON_GAPS

ON = {"thermal.enabled": True}


def test_it_is_off_unless_wanted():
    assert not Parameters().thermal.enabled
    assert Parameters().replace(ON).thermal.enabled


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"background.temperature": 1e8}, "background.temperature = 100000000.0: is what thermal"),
        ({"background.temperature_profile": "t.csv"}, "background.temperature_profile = 't.csv'"),
        ({"background.cooling_history": "t.csv"}, "background.cooling_history = 't.csv'"),
        ({"background.outer_density": 1e11}, "background.outer_density = 100000000000.0: must be"),
        ({"background.kind": "gourgouliatos_cumming"}, "thermal.enabled = true: background.kind="),
        ({"resolution.radial_grid": "global"}, "resolution.radial_grid = 'global': has no room"),
    ],
)
def test_what_it_excludes(changes, message):
    assert Parameters().replace(changes)
    with pytest.raises(ParameterError) as error:
        Parameters().replace({**changes, **ON})
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thermal.core": "history"}, "thermal.core = 'history': needs a file"),
        ({"thermal.core_history": "u.csv"}, "thermal.core_history = 'u.csv': is for core"),
        ({"thermal.accreted_mass": 1e-8}, "thermal.accreted_mass = 1e-08: is for envelope"),
        ({"thermal.lmax": 4}, "thermal.lmax = 4: is for dimension"),
        ({"thermal.envelope": "other"}, "thermal.envelope = 'other': must be 'ppp15'"),
        ({"thermal.tolerance": 0.0}, "thermal.tolerance = 0.0: must be greater than 0"),
    ],
)
def test_keys_that_do_not_fit(changes, message):
    with pytest.raises(ParameterError) as error:
        Parameters().replace(changes)
    assert str(error.value).startswith(message)


def test_choices_are_those_that_are_implemented():
    for choice, registry in (
        (EnvelopeModel, ENVELOPES),
        (NeutronGap, NEUTRON_GAPS),
        (ProtonGap, PROTON_GAPS),
    ):
        assert set(choices(choice)) == set(registry)


def test_the_file_of_a_core_history_has_to_be_there(tmp_path):
    name = str(tmp_path / "none.csv")
    changes = {**ON, "thermal.core": "history", "thermal.core_history": name}
    with pytest.raises(ParameterError, match=r"thermal\.core_history"):
        require_files(Parameters().replace(changes))
