"""Checksums: a changed bit is noticed, whatever else may be read of the file."""

import io
import random

import h5py
import numpy as np
import pytest

from spectralcmi.checksums import Integrity, add_checksum, integrity


@pytest.fixture(scope="module")
def whole():
    """A file in HDF5 with its checksum, and its length without."""
    file = io.BytesIO()
    with h5py.File(file, "w") as content:
        content["rms_field"] = np.linspace(1e11, 1e12, 500)
        content.attrs["parameters"] = "{}"
    length = len(file.getvalue())
    add_checksum(file)
    return file.getvalue(), length


@pytest.fixture
def of(tmp_path):
    """Function: what the checksum of some content says."""

    def found(content):
        path = tmp_path / "file.nc"
        path.write_bytes(content)
        return integrity(path)

    return found


def test_a_file_as_it_was_written_is_whole_and_readable(whole, of, tmp_path):
    assert of(whole[0]) is Integrity.WHOLE
    with h5py.File(tmp_path / "file.nc") as file:
        assert file["rms_field"][-1] == 1e12


def test_any_changed_bit_is_noticed(whole, of):
    content, length = whole
    rng = random.Random(3)
    ends = (0, 8, 40, length - 1, length, len(content) - 1)
    for place in (*ends, *(rng.randrange(len(content)) for _ in range(200))):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.randrange(8)
        assert of(damaged) is Integrity.DAMAGED, place


def test_blocks_of_zeros_and_lost_ends_are_noticed(whole, of):
    content, length = whole
    for size in (1, 16, 512, 4163):
        for start in range(0, len(content), 997):
            damaged = bytearray(content)
            damaged[start : start + size] = bytes(len(damaged[start : start + size]))
            assert damaged == content or of(damaged) is Integrity.DAMAGED, (size, start)
    for cut in range(1, len(content) - length):
        assert of(content[:-cut]) is Integrity.DAMAGED, cut


def test_what_another_program_has_changed_has_no_checksum(whole, of, tmp_path):
    of(whole[0])
    with h5py.File(tmp_path / "file.nc", "r+") as file:
        file.attrs["history"] = "looked at"
    assert integrity(tmp_path / "file.nc") is Integrity.UNKNOWN
    assert of(whole[0][: whole[1]]) is Integrity.UNKNOWN


@pytest.mark.parametrize("content", [b"", b"[time]\nend = 1.0\n", b"\x89HDF\r\n\x1a\n"])
def test_files_of_other_kinds_get_none(of, content):
    file = io.BytesIO(content)
    add_checksum(file)
    assert file.getvalue() == content
    assert of(content) is Integrity.UNKNOWN
