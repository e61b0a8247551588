"""The line about the source that a run ends with."""

import numpy as np
import pytest
import xarray as xr

from spectralcmi.cli.announcement import source_budget


def ended(**last):
    values = {
        "captures_per_electron": 2e14,
        "net_captures": 5.2e58,
        "beta_power": 7.2e49,
        "weak_power": 2.3e45,
        "spin_flip_power": 2.2e45,
    } | last
    return xr.Dataset(
        {name: ("time", [0.0, value]) for name, value in values.items()},
        attrs={"electron_number": 8.1e53, "reservoir_delta_mu_erg": 1.1e45},
    )


def test_the_line_says_what_the_source_takes():
    assert source_budget(ended()) == (
        "source: 2e14 captures per electron (6.4e4/s); they spend 7.2e49 erg/s, of a delta_mu that "
        "holds 1.1e45 erg and would last 1.5e-5 s; 2.3e45 erg/s go into chirality, spin flips heat "
        "with 2.2e45 erg/s"
    )


@pytest.mark.parametrize("rate", [0.0, np.nan])
def test_without_captures_there_is_no_line(rate):
    assert source_budget(ended(net_captures=rate)) == ""


def test_a_run_of_an_older_version_has_no_line():
    assert source_budget(ended().drop_vars("beta_power")) == ""
    old = ended()
    old.attrs.clear()
    assert source_budget(old) == ""


def test_captures_of_an_unknown_temperature_have_an_unknown_power():
    assert "they spend nan erg/s" in source_budget(ended(beta_power=np.nan))
