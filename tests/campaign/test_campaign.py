"""A share of the campaign that `make campaign` runs in full, see `tests/campaign/__main__.py`."""

import os
import subprocess
import sys

import pytest

from tests.campaign.__main__ import ROOT

#: Shares of the attempts of each part, for some ten seconds each.
SHARES = {"inputs": 0.02, "kills": 0.01, "faults": 0.02}


@pytest.mark.parametrize("part", SHARES)
def test_nothing_is_lost_and_nothing_is_silent(part, tmp_path):
    table = tmp_path / "table.md"
    command = [sys.executable, "-m", "tests.campaign", part, "--share", str(SHARES[part])]
    ended = subprocess.run(
        [*command, "--table", table],
        cwd=ROOT, capture_output=True, text=True, env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert table.read_text().startswith("# Campaign")


@pytest.mark.slow  # a tenth of it
def test_nothing_is_lost_in_a_tenth_of_the_campaign():
    ended = subprocess.run(
        [sys.executable, "-m", "tests.campaign", "--share", "0.1"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
