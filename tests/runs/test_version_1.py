"""Files of schema version 1: read, and gone on with, on their own grid and on radial elements."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.dataset import (
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    field_at,
    open_run,
    parameters_of,
    shell_of,
)
from spectralcmi.runs.diagnostics import DIAGNOSTICS
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run

#: What they hold, README.txt there tells.
FILES = Path(__file__).parent / "data" / "version_1"
NAMES = ("axisymmetric", "interrupted", "unmapped", "star")


@pytest.fixture
def old(tmp_path):
    """Function: a copy of a file."""
    return lambda name: Path(shutil.copy(FILES / f"{name}.nc", tmp_path / "run.nc"))


def test_version_1_is_readable():
    assert READABLE_VERSIONS == (1, 2)
    assert SCHEMA_VERSION == 2


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_with_the_meaning_it_had(name):
    dataset = open_run(FILES / f"{name}.nc")
    assert dataset.attrs["schema_version"] == 1
    resolution = parameters_of(dataset).resolution
    stored = json.loads(dataset.attrs["parameters"])["resolution"]
    assert "radial_grid" not in stored
    assert resolution.is_global
    assert (resolution.radial_order, resolution.dealiasing) == (stored["radial_order"], 3)
    for key, value in stored.items():
        assert getattr(resolution, key) == value
    shell = shell_of(dataset)
    np.testing.assert_array_equal(shell.basis.storage_radius, dataset["radius"])
    assert shell.basis.map.map_parameter == dataset.attrs["map_parameter"]


@pytest.mark.parametrize("name", NAMES)
def test_its_fields_have_the_energies_of_its_series(name):
    dataset = open_run(FILES / f"{name}.nc")
    state = field_at(dataset, -1, shell_of(dataset))
    at = dataset.sel(time=state.time)
    checked = (
        "energy_poloidal", "energy_toroidal", "energy_exterior", "dipole_field",
        "magnetic_helicity", "spectrum_poloidal", "spectrum_order",
    )  # fmt: skip
    for name in checked:
        # the way over the storage points is a linear solve whose condition is a few hundred
        expected = at[name].values
        np.testing.assert_allclose(
            DIAGNOSTICS[name](state),
            expected,
            rtol=1e-11,
            atol=1e-13 * np.abs(expected).max(),
            err_msg=name,
        )


def assert_the_same_evolution(dataset, other, share):
    """Energies agree at common times, to a share of the energy."""
    common = np.intersect1d(dataset["time"], other["time"])
    one, two = dataset.sel(time=common), other.sel(time=common)
    largest = float(two["energy_poloidal"].max())
    for name in ("energy_poloidal", "energy_toroidal", "energy_exterior"):
        np.testing.assert_allclose(one[name], two[name], rtol=0, atol=share * largest, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_gone_on_with_to_a_later_end(old, name):
    path = old(name)
    before = open_run(path)
    later = float(parameters_of(before).time.end) + 2.0
    dataset = resume(path, {"time.end": later})
    xr.testing.assert_identical(open_run(path), dataset)
    assert dataset.attrs["schema_version"] == SCHEMA_VERSION
    assert dataset.attrs["status"] == "complete"
    stored = json.loads(dataset.attrs["parameters"])
    assert stored["resolution"]["radial_grid"] == "global"
    (change,) = json.loads(dataset.attrs["changes"])
    assert change["changed"].keys() == {"spectralcmi_version"}
    # the same functions: the field is projected on what holds it
    assert abs(change["energy_ratio"] - 1) < 1e-12
    past = before.sizes["time"]
    for name in before.data_vars:
        if before[name].dims[:1] == ("time",):
            np.testing.assert_array_equal(dataset[name][:past], before[name], err_msg=name)
    # what was not measured then
    assert np.isnan(dataset["tail_degree"][:past]).all()
    assert np.isfinite(dataset["tail_degree"][past:]).all()
    assert np.isnan(dataset.attrs["tails_small_until_degree"])
    # The tolerance of a step, 1e-4 of the field, bounds the difference of two runs of other steps:
    # it is 1e-5 of the energy here.
    parameters = parameters_of(before).replace({"time.end": later})
    assert_the_same_evolution(dataset, run(parameters), 1e-4)


def test_what_it_became_is_gone_on_with_again_bit_by_bit(old, tmp_path):
    path = old("interrupted")

    def progress(step):
        if step.steps == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resume(path, progress=progress)
    assert open_stored_run(path).dataset.attrs["schema_version"] == SCHEMA_VERSION
    resume(path)
    whole = Path(shutil.copy(FILES / "interrupted.nc", tmp_path / "whole.nc"))
    resume(whole)
    assert path.read_bytes() == whole.read_bytes()


ELEMENTS = {"resolution.radial_grid": "auto", "resolution.radial_order": "auto"}


@pytest.mark.parametrize("name", ["axisymmetric", "interrupted"])
def test_it_is_gone_on_with_on_radial_elements(old, name):
    path = old(name)
    before = open_stored_run(path)
    later = before.parameters.time.end + 2.0
    dataset = resume(path, {"time.end": later, **ELEMENTS})
    (change,) = json.loads(dataset.attrs["changes"])
    assert change["time"] == before.time
    assert change["changed"]["resolution.radial_grid"] == ["global", "auto"]
    # Energy is lost, and not gained, by a projection; a few elements hold what 12 to 16
    # polynomials told of the smooth field.
    assert 0 <= 1 - change["energy_ratio"] < 1e-6
    assert "breakpoints_km" in dataset.attrs
    field = field_at(dataset, 0, shell_of(dataset))
    assert field.time == 0.0
    old_field = field_at(before.dataset, 0, before.shell)
    assert field.energy == pytest.approx(old_field.energy, rel=1e-6)
    # as above: the tolerance of the steps
    parameters = before.parameters.replace({"time.end": later})
    assert_the_same_evolution(dataset, run(parameters), 1e-4)


def test_a_map_must_be_left_for_elements(old):
    with pytest.raises(ValueError, match=r"map_parameter = 0\.3: belongs to radial_grid"):
        resume(old("unmapped"), ELEMENTS)


def test_another_radial_order_than_stored_is_refused(old):
    path = old("interrupted")
    tree = xr.open_datatree(path, engine="h5netcdf").load()
    tree.close()
    text = tree.attrs["parameters"].replace('"radial_order":12', '"radial_order":14')
    tree.attrs["parameters"] = tree["checkpoint"].attrs["parameters"] = text
    path.unlink()
    tree.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(RunFileError, match="it has 12 radial functions and not 14"):
        resume(path)
