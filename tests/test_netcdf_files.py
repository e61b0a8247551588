"""Files in netCDF-4 that lie, or lead elsewhere, are refused in one line."""

import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
import xarray as xr

from spectralcmi import netcdf_files
from spectralcmi.netcdf_files import (
    DamagedFileError,
    MissingGroupError,
    NetcdfError,
    load_netcdf,
    open_netcdf,
)
from spectralcmi.runs.files import save_dataset


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.nc"


def test_what_was_saved_is_read(path):
    dataset = xr.Dataset({"field": ("radius", [1.0, 2.0])})
    save_dataset(dataset, path)
    xr.testing.assert_identical(load_netcdf(path), dataset)
    with open_netcdf(path) as lazy:
        xr.testing.assert_identical(lazy.load(), dataset)


def test_only_what_is_wanted_is_read(path):
    dataset = xr.Dataset({"field": ("radius", [1.0]), "other": ("radius", [2.0])})
    save_dataset(dataset, path)
    assert list(load_netcdf(path, names={"field", "lacking"})) == ["field"]


def test_a_damaged_file_is_refused_before_it_is_parsed(path, monkeypatch):
    save_dataset(xr.Dataset({"field": ("radius", np.arange(100.0))}), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    monkeypatch.setattr(h5py, "File", lambda *a, **k: pytest.fail("parsed"))
    with pytest.raises(DamagedFileError, match=r"^damaged: its checksum is not that of its"):
        load_netcdf(path)


def test_a_dataset_that_is_not_there_takes_no_memory(path):
    # nothing is allocated for it: 6.4 GB of zeros in a file of some kB
    with h5py.File(path, "w") as file:
        file.create_dataset("energy_poloidal", (800_000_000,), "f8")
    with pytest.raises(NetcdfError, match=r"^it claims 6.4 GB that it does not hold$"):
        load_netcdf(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("energy_poloidal", (800_000_000,), "f8", chunks=(10_000,))
    with pytest.raises(NetcdfError, match="claims"):
        load_netcdf(path)


def test_what_does_not_fit_into_the_memory_is_refused(path, monkeypatch):
    save_dataset(xr.Dataset({"field": ("radius", np.arange(1000.0))}), path)
    monkeypatch.setattr(netcdf_files, "usable_memory", lambda: 7999.0)
    with pytest.raises(NetcdfError, match="more than the memory"):
        load_netcdf(path)
    with open_netcdf(path):  # of which not all need be read
        pass


def external_storage(file, secret):
    file.create_dataset("field", (4,), "u1", external=[(str(secret), 0, 4)])


def external_link(file, secret):
    file["field"] = h5py.ExternalLink(str(secret), "/field")


def soft_link(file, secret):
    file["field"] = h5py.SoftLink("/elsewhere")


def virtual(file, secret):
    layout = h5py.VirtualLayout((4,), "f8")
    layout[:] = h5py.VirtualSource(str(secret), "field", (4,))
    file.create_virtual_dataset("field", layout)


def loop(file, secret):
    file.create_group("group")["up"] = file["/"]


def deep(file, secret):
    file.create_group("/".join("a" * 20))


@pytest.mark.parametrize(
    "content", [external_storage, external_link, soft_link, virtual, loop, deep]
)
def test_what_leads_elsewhere_is_refused_and_not_quoted(path, tmp_path, content):
    secret = tmp_path / "secret"
    secret.write_text("password")
    with h5py.File(path, "w") as file:
        content(file, secret)
    for read in (open_netcdf, load_netcdf):
        with pytest.raises(NetcdfError) as raised:
            read(path)
        assert "password" not in str(raised.value)
        assert "\n" not in str(raised.value)


def sparse(path, size):
    """A file of a size that no search comes to the end of."""
    with open(path, "wb") as file:
        file.truncate(size)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("text"), "not a netCDF-4 dataset: it is not in HDF5"),
        (lambda path: sparse(path, 10**13), "not a netCDF-4 dataset: it is not in HDF5"),
    ],
)
def test_what_is_no_file_of_numbers_is_told(path, make, reason):
    make(path)
    with pytest.raises(NetcdfError, match=reason):
        open_netcdf(path)


def test_a_heap_that_hdf5_would_read_for_ever_is_refused(path):
    # as files of other programs and of earlier versions, without a checksum
    xr.Dataset({"field": ("radius", [1.0, 2.0])}).to_netcdf(path, engine="h5netcdf")
    load_netcdf(path)
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 16 : heap + 512] = bytes(496)
    path.write_bytes(content)
    with pytest.raises(NetcdfError, match="a heap of it is damaged"):
        load_netcdf(path)


def test_a_group_that_is_not_there_is_told(path):
    save_dataset(xr.Dataset({"checkpoint": ("radius", [1.0])}), path)
    with pytest.raises(MissingGroupError, match="no checkpoint in it"):
        open_netcdf(path, "checkpoint")


def test_sigterm_ends_a_process_that_is_lost_in_a_file(path):
    code = (
        "import signal, sys, time\n"
        "from spectralcmi import netcdf_files\n"
        "from spectralcmi.runs.signals import Interruptions\n"
        "with Interruptions() as interruptions, interruptions.postponed():\n"
        "    before = signal.getsignal(signal.SIGTERM)\n"
        "    with netcdf_files._killable():\n"
        "        print('lost', flush=True)\n"
        "        time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "lost\n"
    process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    process.communicate()
    assert process.returncode == -signal.SIGTERM
    assert time.monotonic() - start < 50  # else it slept to its end


def test_the_handler_of_sigterm_comes_back(path):
    save_dataset(xr.Dataset(), path)
    before = signal.getsignal(signal.SIGTERM)
    load_netcdf(path)
    assert signal.getsignal(signal.SIGTERM) is before
