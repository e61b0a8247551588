"""Figures of dipoles, source, helicity and k5: what is drawn, with which values."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import HBAR_C, KILOMETRE
from spectralcmi.runs.run import run as run_case
from spectralcmi.terms.chiral import chiral_coefficient
from spectralcmi.view import plotting
from spectralcmi.view.field import field
from spectralcmi.view.helicity import realizability


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def run():
    """A short run of the default star with few degrees, that has two snapshots."""
    return run_case(
        Parameters().replace(
            {
                "resolution.lmax": 3,
                "resolution.radial_grid": "global",
                "resolution.radial_order": 40,
                "hall.enabled": False,
                "initial.polar_field": 1e14,
                "time.end": 0.4,
                "time.tolerance": 1e-3,
                "output.series_interval": 0.05,
                "output.snapshot_times": [0.0, 0.4],
            }
        )
    )


def curves(ax):
    return {line.get_label(): line.get_ydata() for line in ax.get_lines()}


def test_both_dipoles_are_on_the_same_axes(run):
    ax = plotting.dipoles(run)
    drawn = curves(ax)
    np.testing.assert_array_equal(drawn[r"$\ell=1$ in the crust, rms"], run.dipole_rms_field)
    np.testing.assert_array_equal(drawn["outside, at the pole"], run.dipole_field)
    np.testing.assert_array_equal(drawn["as timing infers"], run.dipole_timing_field)
    np.testing.assert_array_equal(drawn["all in the crust, rms"], run.rms_field)
    widths = {line.get_label(): line.get_linewidth() for line in ax.get_lines()}
    assert widths["all in the crust, rms"] == min(widths.values())
    assert (ax.get_yscale(), ax.get_ylabel()) == ("log", "$B$ [G]")


def test_the_two_dipoles_have_room_in_a_column_of_a_journal(run):
    with plt.rc_context({**plotting.STYLE, "figure.figsize": (3.4, 2.9)}):
        ax = plotting.dipoles(run)
        ax.figure.canvas.draw()
        legend, page = ax.get_legend().get_window_extent(), ax.figure.bbox
    assert page.x0 <= legend.x0 and legend.x1 <= page.x1 and legend.y1 <= page.y1
    assert ax.bbox.y1 <= legend.y0


def test_the_source_is_drawn_with_its_captures(run):
    ax = plotting.source(run)
    drawn = list(curves(ax).values())
    for values, name in zip(drawn, ("beta_power", "weak_power", "spin_flip_power"), strict=False):
        np.testing.assert_array_equal(values, run[name])
    title = ax.get_legend().get_title().get_text()
    assert title.endswith(" captures per electron")
    assert float(title.split()[0]) == pytest.approx(
        float(run.captures_per_electron[-1]), rel=0.05
    )  # two digits


def test_helicity_of_degrees_at_the_snapshots(run):
    ax = plotting.helicity(run)
    drawn = curves(ax)
    np.testing.assert_array_equal(drawn["0.4 yr"], realizability(run).isel(time=-1))
    np.testing.assert_array_equal(drawn["0 yr"], 0.0)


def test_slopes_are_drawn_with_errors(run):
    ax = plotting.slopes(run)
    assert ax.collections and ax.get_ylabel() == r"slope of $E_\ell$"


def test_exponents_are_drawn_from_early_to_late(run):
    ax = plotting.exponents(run)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$q$", "$p$")
    # too few samples reach into the window about the last
    assert ax.get_legend().get_texts()[-1].get_text() == "0.35 yr"


@pytest.mark.parametrize("of", ["k5", "mu5"])
def test_a_histogram_has_all_of_the_volume_above_its_lowest_bar(run, of):
    ax = plotting.histogram(run, times=[0.4], of=of)
    bars = [patch.get_data() for patch in ax.patches]
    assert [patch.get_linestyle() for patch in ax.patches] == ["-", "--"]
    radius = np.linspace(run.attrs["inner_radius_km"], run.attrs["outer_radius_km"], 801)
    values = field(run, -1, radius=radius, k5=of == "k5", mu5=of == "mu5")[of]
    assert bars[0].edges[-1] == pytest.approx(float(values.max()), rel=1e-9)
    # the source is positive, but for a feedback that is stronger in a thin layer at the surface
    positive, negative = (bar.values.sum() for bar in bars)
    assert 0.99 < positive <= 1.0 + 1e-12
    assert negative < 0.01


def test_mu5_on_a_grid_is_k5_with_the_constant_of_the_run(run):
    grid = field(run, -1, radius=[11.6, 12.0], k5=True, mu5=True)
    factor = HBAR_C / KILOMETRE / chiral_coefficient("textbook")
    np.testing.assert_allclose(grid["mu5"], factor * grid["k5"], rtol=1e-15)
    assert grid["mu5"].attrs["units"] == "MeV"
    assert "k5" not in field(run, -1, radius=[11.6], mu5=True)


@pytest.mark.parametrize("kind", ["surface", "meridian"])
def test_maps_of_k5(run, kind):
    axes = plotting.KINDS[kind](run, times=[0.4], of="k5")
    figure = np.ravel(axes)[0].figure
    labels = [ax.get_xlabel() for ax in figure.axes]
    assert any("k_5" in label and "km" in label for label in labels)
    with pytest.raises(ValueError, match="of='B' is none of"):
        plotting.KINDS[kind](run, of="B")


def test_a_histogram_is_of_what_there_is(run):
    with pytest.raises(ValueError, match="of='B_r' is none of k5, mu5"):
        plotting.histogram(run, of="B_r")


def test_a_run_without_captures_has_no_title():
    time = ("time", np.arange(3.0), {"units": "yr"})
    power = ("time", np.full(3, np.nan), {"units": "erg/s"})
    names = ("beta_power", "weak_power", "spin_flip_power", "captures_per_electron")
    dataset = xr.Dataset(dict.fromkeys(names, power), {"time": time})
    dataset["chiral_power"] = ("time", np.ones(3), {"units": "erg/s"})
    assert plotting.source(dataset).get_legend().get_title().get_text() == ""
