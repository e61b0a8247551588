"""The example of a scan on a SLURM cluster: its years, and what it asks of dask-jobqueue."""

from __future__ import annotations

import contextlib
import sys
import types


def test_quick_mode_needs_no_cluster(answer, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    dataset = answer("slurm_scan").dataset
    assert (dataset["status"] == "complete").all()
    assert dataset["year"].dims == ("temperature", "delta_mu")
    assert dataset["year"].isnull().all()  # three years are not enough


def test_jobs_hold_workers_of_one_thread_and_are_replaced(load_study, monkeypatch):
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
    study = load_study("slurm_scan")
    monkeypatch.setattr(study, "Client", lambda cluster, **_: contextlib.nullcontext(cluster))
    with study.slurm_client(jobs=3, cores=8, walltime="01:00:00", partition="long") as cluster:
        assert isinstance(cluster, SLURMCluster)
    assert asked == {
        "cores": 8, "processes": 8, "memory": "16GB", "walltime": "01:00:00", "queue": "long",
        "minimum_jobs": 3, "maximum_jobs": 3,
    }  # fmt: skip
