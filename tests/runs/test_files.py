"""Datasets in files: written over open ones, and refused in one line."""

import io

import h5py
import pytest
import xarray as xr

from spectralcmi.runs.dataset import SCHEMA_VERSION, open_run
from spectralcmi.runs.files import RunFileError, save_dataset, write_netcdf


def test_files_that_are_no_runs_are_refused_in_one_line(three_dimensional, tmp_path):
    _, dataset, path = three_dimensional
    whole = path.read_bytes()
    bad = {
        "empty": b"",
        "text": b"[time]\nend = 3.0\n",
        **{f"cut at {n}": whole[:n] for n in (1, 100, len(whole) // 2, len(whole) - 1)},
        "other program": netcdf(xr.Dataset({"temperature": ("x", [1.0])})),
        "newer schema": netcdf(dataset.assign_attrs(schema_version=SCHEMA_VERSION + 1)),
        "older schema": netcdf(dataset.assign_attrs(schema_version="draft")),
    }
    for name, content in bad.items():
        file = tmp_path / "bad.nc"
        file.write_bytes(content)
        with pytest.raises(RunFileError) as raised:
            open_run(file)
        assert str(raised.value).startswith(f"{file}: "), name
        assert "\n" not in str(raised.value), name
    with pytest.raises(RunFileError, match="no such file"):
        open_run(tmp_path / "missing.nc")
    with pytest.raises(RunFileError, match="Is a directory"):
        open_run(tmp_path)


def netcdf(dataset):
    file = io.BytesIO()
    write_netcdf(dataset, file)
    return file.getvalue()


def test_a_dataset_is_saved_over_one_that_is_open(tmp_path):
    path = tmp_path / "fig2.nc"
    with h5py.File(path, "w"):  # which locks it
        save_dataset(xr.Dataset({"energy": ("time", [1.0, 2.0])}), path)
    assert xr.load_dataset(path, engine="h5netcdf")["energy"].sum() == 3.0
    assert [file.name for file in tmp_path.iterdir()] == ["fig2.nc"]
