"""Studies as modules, and their quick answers, each computed once in a session."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr

from spectralcmi.paper.dehman_pons_2024 import cascade, plan

FOLDER = Path(__file__).parents[2] / "studies"
#: Smaller and shorter still than quick: here only that everything fits together matters.
SMALL_PLAN = {
    (plan, "QUICK"): {
        "resolution.functions_per_wavelength": 3.0,
        "resolution.lmax": 6,
        "time.end": 20.0,
    },
    (plan, "QUICK_SECOND"): (4.0, 8),
    (plan, "QUICK_RADIAL_ORDERS"): (16, 20, 24),
    (plan, "SCAN_END"): {("textbook", 1.0): 12.0, ("textbook", 0.01): 12.0},
    (plan, "SEED_DELAY"): {1e12: 0.0, 1e6: 5.0},
    (plan, "QUICK_THERMAL_END"): 3.0,
    (plan, "THERMAL_YEARS"): (0.0, 1.0, 2.0, 3.0),
    (cascade, "LATE"): ((10.0, 15.0), (15.0, 20.0)),
}
SMALL_STUDIES = {
    "composition": {
        "QUICK": {
            "metric.kind": "star",
            "resolution.radial_grid": "global",
            "resolution.lmax": 2,
            "time.end": 12.0,
            "output.snapshot_times": [],
        }
    },
    # half a minute is in the high cutoffs, of which the last will do
    "growth_without_cutoff": {"cutoffs": lambda per_decade: np.array([100.0, 600.0, np.inf])},
    "crust_accuracy": {"_build_time": lambda: 1.0},  # a stopwatch proves nothing in a test
    "two_dipoles": {
        "QUICK_END": 12.0,
        "QUICK_PAPER": {"resolution.lmax": 4, "resolution.functions_per_wavelength": 3.0},
    },
    "life_of_a_magnetar": {
        "QUICK_ENDS": {1e14: 4.0, 1e15: 1.0},
        "QUICK_LMAX": 4,
        "ELEMENTS": (0.0, 0.3, 0.6, 1.0),
        "SNAPSHOTS": (1.0, 4.0),
        "INITIAL_TEMPERATURE": 5e8,  # the first years of a hot star take hundreds of steps
        "QUICK_SAMPLES": 5,
        "YOUTH": 2.0,
    },
}


class Answer(NamedTuple):
    """What a study returns, prints and leaves in a folder."""

    study: ModuleType
    dataset: xr.Dataset
    printed: str
    folder: Path


def load(name: str) -> ModuleType:
    """A study by the name of its file, as a module of its own."""
    specification = importlib.util.spec_from_file_location(f"study_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECTRALCMI_THREADS", "1")


@pytest.fixture
def load_study() -> Callable[[str], ModuleType]:
    return load


@pytest.fixture(scope="session")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Answer]:
    """Quick answers by name; those of the paper's groups share their runs."""
    folder = tmp_path_factory.mktemp("studies")

    @functools.cache
    def quick(name: str) -> Answer:
        study, printed = load(name), io.StringIO()
        with _small(study, name), contextlib.redirect_stdout(printed):
            dataset = study.main(quick=True, output=folder)
        return Answer(study, dataset, printed.getvalue(), folder)

    return quick


@contextlib.contextmanager
def _small(study: ModuleType, name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, mpl.rc_context({"backend": "Agg"}):
        for (module, constant), value in SMALL_PLAN.items():
            patch.setattr(module, constant, value)
        for constant, value in SMALL_STUDIES.get(name, {}).items():
            patch.setattr(study, constant, value)
        yield
