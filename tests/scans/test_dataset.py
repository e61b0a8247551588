"""Complex variables of the points of a scan, whatever form their files have them in."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from spectralcmi.complex_parts import with_complex
from spectralcmi.netcdf_files import load_netcdf
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.files import save_dataset
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.scans.dataset import collected, save_collected
from spectralcmi.scans.plan import grid

#: See README.txt there.
OLD = Path(__file__).parents[1] / "runs" / "data" / "version_2" / "complex_numbers.nc.gz"


@pytest.mark.parametrize("order", [["old.nc", "new.nc"], ["new.nc", "old.nc"]])
def test_points_of_an_earlier_version_go_with_those_of_today(small_case, tmp_path, order):
    (tmp_path / "old.nc").write_bytes(gzip.decompress(OLD.read_bytes()))
    run = open_run(tmp_path / "old.nc")
    save_dataset(run, tmp_path / "new.nc")
    plan = grid(small_case(), {"initial.polar_field": [1e12, 2e12]})
    stored = collected(plan, lambda index: tmp_path / order[index], {})
    assert stored["poloidal"].dims == ("polar_field", *run["poloidal"].dims, "part")
    table = with_complex(stored)
    assert table["poloidal"].chunks is not None
    for index in range(2):
        np.testing.assert_array_equal(table["poloidal"][index], run["poloidal"])
    with OutputFile(tmp_path / "scan.nc") as output:
        save_collected(output, stored)
    xr.testing.assert_identical(load_netcdf(tmp_path / "scan.nc"), table.compute())
