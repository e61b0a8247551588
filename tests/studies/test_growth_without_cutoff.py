"""The study of growth without a cutoff: its numbers, its file and its figure."""

import importlib.util
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

PATH = Path(__file__).parents[2] / "studies" / "growth_without_cutoff.py"


@pytest.fixture(scope="module")
def study():
    specification = importlib.util.spec_from_file_location(PATH.stem, PATH)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study.main(quick=True, output=folder)
    return folder


@pytest.fixture(scope="module")
def saved(folder):
    with xr.open_dataset(folder / "growth_without_cutoff.nc", engine="h5netcdf") as dataset:
        return dataset.load()


def test_the_answers_of_its_docstring(saved):
    """Printed with two digits, so good to half a unit of the second, 5 % of 1.0 at most."""
    seconds = saved["growth_time"] * 365.25 * 86400.0
    uncut = {"k5_max": np.inf}
    expected = {"textbook": (5.6, 8.4 * 60, 8e-6), "dehman_pons": (8.8, 2.2 * 3600, 3.2e-5)}
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


def test_figures_are_drawn_from_saved_data(study, folder, saved):
    assert (folder / "growth_without_cutoff.png").read_bytes().startswith(b"\x89PNG")
    figure = study.draw(saved)
    try:
        assert len(figure.axes) == 4
        growth = figure.axes[0].lines[0].get_ydata()
        textbook = saved["growth_time"].sel(convention="textbook").values
        np.testing.assert_array_equal(growth, textbook[np.isfinite(saved["k5_max"])])
    finally:
        plt.close(figure)


def test_its_table_and_its_statement(study, saved, capsys):
    study.print_table(saved)
    header, *rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2 * saved.sizes["k5_max"]
    assert all(row.count(",") == header.count(",") for row in rows)
    lines = study.statement(saved)
    assert len(lines) == 2
    assert "8.4 min" in lines[0]
    assert "2.2 h" in lines[1]
    assert "waves of 1 cm" not in lines[1]  # never so short
