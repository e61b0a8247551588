"""The studies that reproduce the paper: each runs, saves, prints, and redraws what it saved."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from spectralcmi.paper import plan, summaries

FOLDER = Path(__file__).parents[2] / "studies"
NAMES = (
    "fig2",
    "fig3",
    "delta_mu_scan",
    "seed_field_scan",
    "parity",
    "hall_only",
    "hall_cascade",
    "resolution",
)


def load(name):
    specification = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def small_and_short():
    """Quick cases smaller and shorter still: here only that everything fits together matters."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPECTRALCMI_THREADS", "1")
        small = {"resolution.radial_order": 24, "resolution.lmax": 6, "time.end": 20.0}
        patch.setattr(plan, "QUICK", small)
        patch.setattr(plan, "QUICK_SECOND", (28, 8))
        patch.setattr(plan, "QUICK_RADIAL_ORDERS", (16, 20, 24))
        patch.setattr(plan, "SCAN_END", {("textbook", 1.0): 12.0, ("textbook", 0.01): 12.0})
        patch.setattr(plan, "SEED_DELAY", {1e12: 0.0, 1e6: 5.0})
        patch.setattr(summaries, "LATE", ((10.0, 15.0), (15.0, 20.0)))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("studies")


def saved(name, folder):
    with xr.open_dataset(folder / f"{name}.nc", engine="h5netcdf") as dataset:
        return dataset.load()


@pytest.mark.parametrize("name", NAMES)
def test_study_saves_draws_prints_and_redraws_without_its_runs(name, folder, tmp_path, capsys):
    study = load(name)
    dataset = study.main(quick=True, output=folder)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) >= 2  # a header, and numbers
    xr.testing.assert_allclose(saved(name, folder), dataset)
    assert (folder / f"{name}.pdf").stat().st_size > 1000

    shutil.copy(folder / f"{name}.nc", tmp_path)
    study.main(output=tmp_path / "again", redraw=tmp_path / f"{name}.nc")
    assert capsys.readouterr().out == printed
    figure = f"{name}.png"
    assert (tmp_path / "again" / figure).read_bytes() == (folder / figure).read_bytes()


# These look at what the test above has saved.


def test_hall_alone_feeds_even_toroidal_degrees_only(folder):
    last = saved("hall_only", folder)["energy"].isel(run=0, sample=-1)
    odd, even = (float(last.sel(component="toroidal", parity=p)) for p in ("odd", "even"))
    assert even > 0
    # round-off of the transforms, 1e-16 of the field, squared; the field is 1e4 times larger
    assert odd < 1e-20 * even


def test_chiral_term_alone_keeps_even_degrees_at_round_off(folder):
    dataset = saved("parity", folder)
    alone = dataset["even_degrees"].sel(run="chiral only")
    assert float(alone.max()) < 1e-24  # round-off squared, grown with the field for 20 yr
    # k5 turns poloidal into toroidal dipoles, and with them the field leaves its class
    assert float(dataset["last_quadrupole_share"].sel(run="chiral only")) > 1e-5


def test_linear_rate_rises_with_the_radial_order(folder):
    # 16, 20, 24 polynomials can't resolve waves of 20 m in 876 m
    assert np.all(np.diff(saved("resolution", folder)["linear_rate"]) > 0)
