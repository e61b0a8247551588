"""How much memory a case takes: sizes as they are, memory as it is measured."""

import tracemalloc

import numpy as np
import pytest

from spectralcmi.build import build_basis, build_model
from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError
from spectralcmi.runs import cost
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from spectralcmi.threads import Threads

GLOBAL = {"resolution.radial_grid": "global"}


@pytest.mark.parametrize("grid", ["auto", "global"])
@pytest.mark.parametrize(
    "changes",
    [
        {"resolution.lmax": 7, "resolution.mmax": 0},
        {"resolution.lmax": 7, "resolution.mmax": 7},
        {"resolution.lmax": 9, "resolution.mmax": 6, "resolution.mres": 3},
    ],
)
def test_sizes_are_those_of_the_model(small_case, changes, grid):
    parameters = small_case(**changes, **{"resolution.radial_grid": grid})
    size = cost.angular_sizes(parameters.resolution)
    model = build_model(parameters, Threads(1))
    assert size.columns == model.shell.columns.count
    assert size.coefficients == model.shell.harmonics.size
    # on a global expansion the boundary conditions take three rows
    taken = 3 * size.columns if grid == "global" else 0
    assert cost.unknowns(parameters, model.shell.basis) - np.prod(model.shape) == taken


@pytest.mark.parametrize(
    "changes",
    [
        {"resolution.lmax": 12, "resolution.mmax": 12, "resolution.radial_order": 120},
        {"resolution.lmax": 200, "resolution.radial_order": 120},
        {"resolution.lmax": 12, "resolution.mmax": 12, "resolution.radial_order": 64, **GLOBAL},
        {"resolution.lmax": 60, "resolution.radial_order": 64, **GLOBAL},
    ],
    ids=["elements 3D", "elements", "global 3D", "global"],
)
def test_memory_is_what_a_run_takes(small_case, monkeypatch, changes):
    monkeypatch.setenv("SPECTRALCMI_THREADS", "1")
    parameters = small_case(**changes, **{
        "time.step": 1e-4, "time.end": 2e-4, "output.snapshot_times": [0.0],
    })  # fmt: skip
    # loads code, which is no part of it
    orders = min(2, changes.get("resolution.mmax", 0))  # 3D has kernels of its own
    run(small_case(**{**changes, "resolution.lmax": 2, "resolution.mmax": orders, "time.end": 0.1}))
    tracemalloc.start()
    run(parameters)
    _, taken = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expected = cost.memory(parameters, build_basis(parameters)) - cost.LIBRARIES
    # small arrays and tables are not counted, and not all work arrays live at once
    assert 0.8 * taken < expected < 1.25 * taken


def test_snapshots_take_memory():
    few, many = (
        Parameters().replace({"output.snapshot_times": list(map(float, range(count))), **GLOBAL})
        for count in (1, 11)
    )
    basis = build_basis(few)
    # ten of them, kept twice, complex P and T
    assert cost.memory(many, basis) - cost.memory(few, basis) == 10 * 2 * 2 * 16 * 192 * 60


@pytest.mark.parametrize("grid", ["auto", "global"])
def test_a_case_that_does_not_fit_is_refused_at_once(small_case, tmp_path, monkeypatch, grid):
    parameters = small_case(**{
        "resolution.lmax": 10000, "resolution.mmax": 10000, "resolution.radial_order": 10000,
        "resolution.radial_grid": grid,
    })  # fmt: skip
    path = tmp_path / "run.nc"
    with pytest.raises(InputError) as raised:
        run(parameters, path)
    text = str(raised.value)
    assert text.startswith("resolution.lmax = 10000, resolution.mmax = 10000, resolution.radial_o")
    assert " GB of memory, and " in text
    assert "\n" not in text
    assert not path.exists()
    # resume alike, and what is there stays
    run(small_case(**{"time.end": 0.25}), path)
    before = path.read_bytes()
    monkeypatch.setattr(cost, "usable_memory", lambda: 1e8)
    with pytest.raises(InputError, match=r"needs 0\.3 GB of memory, and 0\.1 GB are there"):
        resume(path, {"time.end": 0.5})
    assert path.read_bytes() == before
