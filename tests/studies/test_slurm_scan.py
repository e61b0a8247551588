"""The example of a scan on a SLURM cluster: its quick mode, and what it asks of dask-jobqueue."""

import contextlib
import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

STUDIES = Path(__file__).parents[2] / "studies"


@pytest.fixture
def study(monkeypatch):
    monkeypatch.setenv("SPECTRALCMI_THREADS", "1")
    specification = importlib.util.spec_from_file_location("slurm_scan", STUDIES / "slurm_scan.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_quick_mode_needs_no_cluster_and_redraws(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    dataset = study.main(quick=True, output=tmp_path)
    assert (dataset["status"] == "complete").all()
    assert dataset["year"].dims == ("background.temperature", "chiral.delta_mu")
    printed = capsys.readouterr().out
    again = study.main(output=tmp_path / "again", redraw=tmp_path / "slurm_scan.nc")
    assert capsys.readouterr().out == printed
    xr.testing.assert_equal(again, dataset)
    for place in (tmp_path, tmp_path / "again"):
        assert (place / "slurm_scan.png").read_bytes().startswith(b"\x89PNG")


def test_the_year_lies_between_two_times_on_an_exponential(study):
    time = np.arange(10.0)
    field = 1e12 * np.exp(time)
    assert study.first_year_above(field, time, 1e12 * np.exp(3.7)) == pytest.approx(3.7)
    assert study.first_year_above(field, time, 1e11) == 0.0
    assert np.isnan(study.first_year_above(field, time, 1e20))


def test_jobs_hold_workers_of_one_thread_and_are_replaced(study, monkeypatch):
    asked = {}

    class SLURMCluster(contextlib.AbstractContextManager):
        def __init__(self, **options):
            asked.update(options)

        def adapt(self, **limits):
            asked.update(limits)

        def __exit__(self, *exception):
            pass

    module = types.ModuleType("dask_jobqueue")
    module.SLURMCluster = SLURMCluster
    monkeypatch.setitem(sys.modules, "dask_jobqueue", module)
    monkeypatch.setattr(study, "Client", lambda cluster, **_: contextlib.nullcontext(cluster))
    with study.slurm_client(jobs=3, cores=8, walltime="01:00:00", partition="long") as cluster:
        assert isinstance(cluster, SLURMCluster)
    assert asked == {
        "cores": 8, "processes": 8, "memory": "16GB", "walltime": "01:00:00", "queue": "long",
        "minimum_jobs": 3, "maximum_jobs": 3,
    }  # fmt: skip
