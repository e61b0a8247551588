"""Files that end."""

import os
import re

import pytest

from spectralcmi.regular_files import UnendingFileError, read_bounded


def test_a_file_is_read_to_its_end(tmp_path):
    path = tmp_path / "case.toml"
    path.write_bytes(b"four")
    assert read_bounded(path, 4) == b"four"
    with pytest.raises(UnendingFileError, match="holds 4 bytes, more than 3"):
        read_bounded(path, 3)


@pytest.mark.parametrize(
    ("make", "error", "reason"),
    [
        (os.mkfifo, UnendingFileError, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), UnendingFileError, "is not a regular file"),
        (os.mkdir, IsADirectoryError, os.strerror(21)),
        (lambda path: None, FileNotFoundError, re.escape(os.strerror(2))),
    ],
)
def test_what_need_not_end_is_not_read(tmp_path, make, error, reason):
    path = tmp_path / "case.toml"
    make(path)
    with pytest.raises(error, match=reason):
        read_bounded(path, 100)
