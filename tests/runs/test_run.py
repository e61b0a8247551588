"""From parameters to a dataset: the same each time, and what an output file has of it already."""

import logging
import os
import shutil
import subprocess
import sys

import pytest
import xarray as xr

from spectralcmi.case.parameters import ParameterError
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.output_file import OutputFile, OutputInUseError
from spectralcmi.runs.run import run
from spectralcmi.threads import Threads
from tests.runs.interrupted import interrupted_run


def written(path):
    """What a file would not keep, were it written again."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def test_the_same_run_twice_is_the_same_file(finished, small_case, tmp_path):
    # nothing of the clock on the wall, nor of the memory's content, nor how often it was saved
    _, _, path = finished
    again = tmp_path / "again.nc"
    run(small_case(), again)
    assert again.read_bytes() == path.read_bytes()
    often = tmp_path / "often.nc"
    run(small_case(**{"output.checkpoint_interval": 1e-9, "time.end": 1.0}), often)
    once = run(small_case(**{"time.end": 1.0}))
    stored = open_run(often)
    del stored.attrs["parameters"], once.attrs["parameters"]
    xr.testing.assert_identical(stored, once)


def test_threads_do_not_change_a_bit(finished):
    parameters, dataset, _ = finished
    xr.testing.assert_identical(run(parameters, threads=Threads(2)), dataset)


RUN_IN_A_PROCESS = (
    "import sys; from spectralcmi import Parameters; from spectralcmi.runs.run import run;"
    "run(Parameters.model_validate_json(sys.argv[1]), sys.argv[2])"
)


def run_in_a_process(parameters, path, **environment):
    command = [sys.executable, "-c", RUN_IN_A_PROCESS, parameters.to_json(), path]
    subprocess.run(command, env=os.environ | environment, check=True)


def test_another_process_gets_the_same_bits(finished, tmp_path):
    # in a fresh checkout this one has compiled what that one finds compiled
    parameters, _, path = finished
    run_in_a_process(parameters, tmp_path / "run.nc")
    assert (tmp_path / "run.nc").read_bytes() == path.read_bytes()


@pytest.mark.slow  # everything is compiled
def test_who_compiles_gets_the_same_bits_as_who_finds_it_compiled(small_case, tmp_path):
    files = [tmp_path / "first.nc", tmp_path / "second.nc"]
    for file in files:
        run_in_a_process(small_case(), file, NUMBA_CACHE_DIR=str(tmp_path / "compiled"))
    assert any((tmp_path / "compiled").rglob("*.nbi"))
    assert files[0].read_bytes() == files[1].read_bytes()


# An output that is there already


def test_a_complete_run_is_kept(finished, caplog):
    parameters, dataset, path = finished
    before = written(path)
    with caplog.at_level(logging.INFO):
        xr.testing.assert_identical(run(parameters, path), dataset)
    assert written(path) == before
    assert "complete already" in caplog.text
    # how often it is saved is not what a run is about
    run(parameters.replace({"output.checkpoint_interval": 3.0}), path)
    assert written(path) == before


def test_another_run_is_refused_unless_it_may_be_overwritten(finished, small_case, tmp_path):
    parameters, _, path = finished
    copy = tmp_path / "run.nc"
    shutil.copy(path, copy)
    other = parameters.replace({"resolution.lmax": 4, "time.end": 1.0})
    with pytest.raises(RunFileError, match=r"holds another run, resolution.lmax = 5 and not 4; "):
        run(other, copy)
    assert copy.read_bytes() == path.read_bytes()
    run(other, copy, overwrite=True)
    assert open_run(copy).sizes["degree"] == 4


def test_a_file_that_is_no_run_is_refused_unless_it_may_be_overwritten(small_case, tmp_path):
    path, parameters = tmp_path / "notes.nc", small_case(**{"time.end": 0.5})
    path.write_text("notes")
    with pytest.raises(RunFileError, match=r"not a readable run .*; --overwrite replaces it$"):
        run(parameters, path)
    assert path.read_text() == "notes"
    run(parameters, path, overwrite=True)
    assert open_run(path).attrs["status"] == "complete"


def test_an_unfinished_run_is_continued(finished, tmp_path, caplog):
    parameters, dataset, path = finished
    stopped = tmp_path / "run.nc"
    interrupted_run(parameters, stopped, 10)
    partial = open_run(stopped)
    assert partial.attrs["status"] == "interrupted"
    assert 0 < partial.sizes["time"] < dataset.sizes["time"]
    with caplog.at_level(logging.INFO):
        xr.testing.assert_identical(run(parameters, stopped), dataset)
    assert "going on at" in caplog.text
    assert stopped.read_bytes() == path.read_bytes()


def test_a_run_with_other_input_files_is_refused(small_case, tmp_path):
    field, path = tmp_path / "field.nc", tmp_path / "run.nc"
    run(small_case(**{"time.end": 0.5, "output.snapshot_times": [0.0]}), field)
    case = small_case(**{"initial.kind": "file", "initial.file": str(field), "time.end": 0.5})
    run(case, path)
    before = written(path)
    run(case, path)
    assert written(path) == before
    run(small_case(**{"time.end": 0.5, "initial.polar_field": 2e12}), field, overwrite=True)
    with pytest.raises(RunFileError, match="holds a run with other input files"):
        run(case, path)
    field.unlink()
    with pytest.raises(ParameterError, match=r"initial.file = .*: cannot be read: No such file"):
        run(case, path)
    assert written(path) == before


def test_a_file_that_is_being_written_is_refused(small_case, tmp_path):
    path = tmp_path / "run.nc"
    with OutputFile(path), pytest.raises(OutputInUseError, match="another process is writing it"):
        run(small_case(), path)
