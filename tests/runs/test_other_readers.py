"""Files of runs are read by plain xarray, netCDF4 and h5py, and what those write is read here."""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import spectralcmi as cmi
from spectralcmi.runs.dataset import open_run
from spectralcmi.view.plotting import energies, meridian

OLD = Path(__file__).parent / "data" / "version_2" / "complex_numbers.nc.gz"
SCALARS = ("poloidal", "toroidal")


@pytest.fixture(scope="module")
def new(small_case, tmp_path_factory):
    """File of a run in three dimensions."""
    path = tmp_path_factory.mktemp("new") / "run.nc"
    cmi.run(small_case(**{
        "resolution.lmax": 3, "resolution.mmax": 2, "initial.kind": "random", "initial.lmax": 3,
        "time.end": 1.0, "output.snapshot_times": [0.0, 1.0],
    }), path)  # fmt: skip
    return path


@pytest.fixture
def old(tmp_path):
    """File of an earlier version, with complex numbers as HDF5 libraries have them."""
    path = tmp_path / "old.nc"
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    return path


def numbers_of_a_file(path):
    """Whether each variable of all groups of a file consists of plain numbers or text."""
    plain = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):  # its dtype would not tell: h5py makes it complex
            plain[name] = item.id.get_type().get_class() != h5py.h5t.COMPOUND

    with h5py.File(path) as file:
        file.visititems(visit)
    return plain


def test_no_number_of_a_file_is_a_record(new):
    plain = numbers_of_a_file(new)
    assert {*SCALARS, "name_of_part", "checkpoint/coefficients"} <= plain.keys()
    assert all(plain.values())


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_plain_xarray_has_the_same_numbers(new, tmp_path, engine):
    if engine == "netcdf4":
        pytest.importorskip("netCDF4")
    dataset = open_run(new)
    with xr.open_dataset(new, engine=engine) as plain:
        for name in SCALARS:
            parts = plain[name]
            assert parts.dims == ("snapshot", "radius", "lm", "part")
            np.testing.assert_array_equal(parts[..., 0], dataset[name].real)
            np.testing.assert_array_equal(parts[..., 1], dataset[name].imag)
        for name in dataset.variables.keys() - set(SCALARS):
            np.testing.assert_array_equal(plain[name], dataset[name], err_msg=name)
        xr.testing.assert_identical(cmi.field(plain), cmi.field(dataset))
        xr.testing.assert_identical(cmi.spectra(plain), cmi.spectra(dataset))
        plain.to_netcdf(tmp_path / "again.nc", engine=engine)
    xr.testing.assert_identical(open_run(tmp_path / "again.nc"), dataset)


def test_netcdf4_has_the_same_numbers(new):
    netCDF4 = pytest.importorskip("netCDF4")
    dataset = open_run(new)
    with netCDF4.Dataset(new) as file:
        for name in SCALARS:
            parts = np.asarray(file[name][:])
            np.testing.assert_array_equal(parts[..., 0] + 1j * parts[..., 1], dataset[name])


def test_a_file_of_complex_numbers_is_read_and_drawn(old):
    dataset = open_run(old)
    assert not all(numbers_of_a_file(old).values())
    for name in SCALARS:
        assert dataset[name].dtype == complex
    with xr.open_dataset(old, engine="h5netcdf") as plain:
        xr.testing.assert_identical(cmi.field(plain), cmi.field(dataset))
    energies(dataset)
    meridian(dataset)


def test_records_of_netcdf4_are_read(old):
    pytest.importorskip("netCDF4")
    dataset = open_run(old)
    with xr.open_dataset(old, engine="netcdf4") as plain:
        assert plain["poloidal"].dtype.names == ("r", "i")
        xr.testing.assert_identical(cmi.field(plain), cmi.field(dataset))


def test_a_file_of_complex_numbers_is_gone_on_with_and_becomes_one_of_parts(old):
    before = open_run(old)
    dataset = cmi.resume(old, {"time.end": 3.0})
    assert all(numbers_of_a_file(old).values())
    xr.testing.assert_identical(open_run(old), dataset)
    for name in SCALARS:
        np.testing.assert_array_equal(dataset[name][:2], before[name])


def test_it_is_a_start(old, small_case):
    before = open_run(old)
    run = cmi.run(small_case(**{
        "resolution.lmax": 3, "resolution.mmax": 2, "resolution.radial_order": 8,
        "initial.kind": "file", "initial.file": str(old), "time.end": 0.1,
    }))  # fmt: skip
    # the way over the storage points and back is a linear solve whose condition is a few hundred
    scale = float(abs(before["poloidal"][-1]).max())
    np.testing.assert_allclose(run["poloidal"][0], before["poloidal"][-1], atol=1e-11 * scale)
