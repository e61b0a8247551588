"""Runs that several modules look at; nobody changes their files."""

import pytest

from spectralcmi.runs.run import run


@pytest.fixture(scope="session")
def finished(small_case, tmp_path_factory):
    """Parameters, dataset and file of a run."""
    path = tmp_path_factory.mktemp("run") / "run.nc"
    parameters = small_case()
    return parameters, run(parameters, path), path


@pytest.fixture(scope="session")
def three_dimensional(small_case, tmp_path_factory):
    """Parameters, dataset and file of a run in three dimensions."""
    parameters = small_case(**{
        "resolution.mmax": 4, "resolution.mres": 2, "time.end": 2.0, "initial.kind": "random",
        "initial.lmax": 4, "output.snapshot_times": [0.0, 1.5],
    })  # fmt: skip
    path = tmp_path_factory.mktemp("run") / "run.nc"
    return parameters, run(parameters, path), path
