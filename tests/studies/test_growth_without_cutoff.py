"""The study of growth without a cutoff: its numbers, its figure and its statement."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.studies.conftest import load

#: Half a minute for the cutoffs of its quick mode; a few are tested with all other studies.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study():
    return load("growth_without_cutoff")


@pytest.fixture(scope="module")
def saved(study, tmp_path_factory):
    return study.main(quick=True, output=tmp_path_factory.mktemp("growth"))


def test_the_answers_of_its_docstring(saved):
    """Printed with two digits, so good to half a unit of the second, 5 % of 1.0 at most."""
    seconds = saved["growth_time"] * 365.25 * 86400.0
    uncut = {"k5_max": np.inf}
    expected = {"textbook": (6.8, 10.4 * 60, 8e-6), "dehman_pons": (10.8, 2.8 * 3600, 3.2e-5)}
    for convention, (paper, without, wavelength) in expected.items():
        times = saved["growth_time"].sel(convention=convention)
        assert float(times.sel(k5_max=600.0)) == pytest.approx(paper, rel=0.05)
        place = {"convention": convention, **uncut}
        assert float(seconds.sel(place)) == pytest.approx(without, rel=0.05)
        assert float(saved["wavelength"].sel(place)) == pytest.approx(wavelength, rel=0.05)
        assert float(saved["height"].sel(place)) < 2e-4
        # a higher cutoff never slows growth, nor makes waves longer
        assert np.all(np.diff(times) <= 1e-9 * times[:-1])
        # two discretisations of the same mode differ by their errors alone
        assert np.all(np.diff(saved["wavelength"].sel(convention=convention)) < 1e-12)


def test_its_figure_shows_its_numbers(study, saved):
    figure = study.draw(saved)
    try:
        assert len(figure.axes) == 4
        growth = figure.axes[0].lines[0].get_ydata()
        textbook = saved["growth_time"].sel(convention="textbook").values
        np.testing.assert_array_equal(growth, textbook[np.isfinite(saved["k5_max"])])
    finally:
        plt.close(figure)


def test_its_table_and_its_statement(study, saved):
    header, *rows = study.table(saved).splitlines()
    assert len(rows) == 2 * saved.sizes["k5_max"]
    assert all(row.count(",") == header.count(",") for row in rows)
    lines = study.statement(saved)
    assert len(lines) == 2
    assert "10 min" in lines[0]
    assert "2.8 h" in lines[1]
    assert "waves of 1 cm" not in lines[1]  # never so short
