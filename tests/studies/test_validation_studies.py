"""The studies that take arguments: free decay, chiral growth and Hall decay of a uniform shell."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.studies.conftest import load

FOLDER = Path(__file__).parents[2] / "studies"
REFERENCE = Path(__file__).parents[1] / "validation" / "data" / "hall_reference.csv"
HEADERS = {
    "free_decay": "degree,mode,measured_rate,exact_rate,relative_error",
    "chiral_growth": "rate_linear_theory,frequency_linear_theory,rate_time_loop,"
    "frequency_time_loop",
    "hall_decay": "t,energy,energy_poloidal,energy_toroidal",
}


@pytest.fixture
def script(monkeypatch):
    """Function: execute a study as Python does that is started with it; returns the exit code."""

    def execute(name, *arguments):
        path = str(FOLDER / f"{name}.py")
        monkeypatch.setattr(sys, "argv", [path, *arguments])
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:
            return end.code
        return 0

    return execute


@pytest.mark.parametrize("name", list(HEADERS))
def test_quick_runs_print_a_table_and_nothing_else(name, script, capfd):
    assert script(name, "--quick") == 0
    out, err = capfd.readouterr()
    header, *rows = out.splitlines()
    assert (header, err) == (HEADERS[name], "")
    assert rows and all(len(row.split(",")) == len(header.split(",")) for row in rows)
    assert np.all(np.isfinite([[float(value) for value in row.split(",")] for row in rows]))


@pytest.mark.parametrize("name", list(HEADERS))
def test_what_can_not_be_is_one_line_and_exit_code_2(name, script, capfd):
    assert script(name, "--radial-order", "2") == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1 and err.startswith(f"{name}: ")


def test_in_a_process_of_its_own():
    command = [sys.executable, str(FOLDER / "free_decay.py"), "--quick"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[0] == HEADERS["free_decay"] and ended.stderr == ""


@pytest.mark.parametrize("kind", ["poloidal", "toroidal"])
def test_free_decay(kind):
    dataset = load("free_decay").compute(0.6, 3, kind, radial_order=24, modes=3)
    np.testing.assert_allclose(dataset["measured_rate"], dataset["exact_rate"], rtol=1e-9)
    # round-off and the time stepping, 5e-13
    assert np.abs(dataset["relative_error"]).max() < 1e-9
    coarse = load("free_decay").compute(0.6, 3, kind, radial_order=8, modes=3)
    assert np.abs(coarse["relative_error"]).max() > 1e-6, "the error can be seen"


def test_free_decay_with_no_toroidal_field_inside():
    dataset = load("free_decay").compute(0.75, 1, "toroidal", 24, "zero_toroidal", 2)
    np.testing.assert_allclose(np.sqrt(dataset["exact_rate"]), [12.67071, 25.18557], rtol=1e-6)
    np.testing.assert_allclose(dataset["measured_rate"], dataset["exact_rate"], rtol=1e-9)


def test_chiral_growth_at_the_exact_rate():
    dataset = load("chiral_growth").compute(0.75, 20.0, 1, radial_order=20, steps=20)
    assert float(dataset["rate_linear_theory"]) == pytest.approx(20.59735, abs=5e-6)
    # measured 1e-6 with 20 steps a growth time, 2e-8 with 60
    for name in ("rate", "frequency"):
        expected = float(dataset[f"{name}_linear_theory"])
        assert float(dataset[f"{name}_time_loop"]) == pytest.approx(expected, rel=1e-5)


def test_chiral_growth_says_what_is_not_resolved(capsys):
    study = load("chiral_growth")
    study.main(k5=200.0, radial_order=12, steps=5)
    assert "radial_order=12 does not resolve the fastest mode" in capsys.readouterr().err
    study.main(k5=20.0, radial_order=20, steps=20)
    assert capsys.readouterr().err == ""


def test_chiral_growth_in_a_stratified_shell():
    dataset = load("chiral_growth").compute(
        0.7, 40.0, 2, 20, eta_slope=8.0, k5_curvature=0.5, steps=20
    )
    for name in ("rate", "frequency"):
        expected = float(dataset[f"{name}_linear_theory"])
        assert float(dataset[f"{name}_time_loop"]) == pytest.approx(expected, rel=1e-5)
    # 272.5 for inner radius 0.75 and uniform coefficients
    assert float(dataset["rate_linear_theory"]) > 300, "the stratification matters"


def test_hall_decay_at_the_times_of_the_reference():
    study = load("hall_decay")
    reference = np.loadtxt(REFERENCE, delimiter=",", skiprows=4)
    assert study.output_times(0.01).tolist() == reference[:, 0].tolist()
    assert study.output_times(0.0004).tolist() == [0, 0.0002, 0.0004]
    assert study.output_times(0.0125)[-3:].tolist() == [0.011, 0.012, 0.0125]
    dataset = study.compute(lmax=15, radial_order=20, end=0.001)
    for column, name in enumerate(("energy", "energy_poloidal", "energy_toroidal"), start=1):
        # measured at this resolution: 2e-7 and 1e-6
        tolerance = 1e-5 if name == "energy_toroidal" else 1e-6
        np.testing.assert_allclose(dataset[name], reference[:4, column], rtol=tolerance, atol=1e-20)


@pytest.mark.slow
def test_hall_decay_at_a_magnetisation_of_50():
    study = load("hall_decay")
    energies = [
        study.compute(1.0, lmax, radial_order, end=0.005)["energy"].values
        for lmax, radial_order in ((31, 40), (47, 60))
    ]
    np.testing.assert_allclose(energies[0], energies[1], rtol=1e-5)


def test_hall_decay_says_when_it_is_not_resolved(capsys):
    study = load("hall_decay")
    study.main(amplitude=1.0, lmax=5, radial_order=16, end=0.0005)
    assert "not resolved: degrees 4 and 5 hold" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("free_decay", {"inner": 1.0}, "inner=1 is not between 0 and 1"),
        ("free_decay", {"degree": 0}, "degree=0 is below 1"),
        ("free_decay", {"modes": 0}, "modes=0 is not between 1 and"),
        ("free_decay", {"radial_order": 2}, "resolution.radial_order = 2"),
        ("free_decay", {"inner": 0.001, "degree": 150}, "degree=150 is too high"),
        ("chiral_growth", {"inner": -0.1}, "inner=-0.1 is not between"),
        ("chiral_growth", {"degree": 0}, "degree=0 is below 1"),
        ("chiral_growth", {"k5": float("nan")}, "k5=nan is not finite"),
        ("chiral_growth", {"radial_order": 3}, "radial_order=3 is below 8"),
        ("chiral_growth", {"eta_slope": -5.0}, "eta_slope=-5 makes the diffusivity negative"),
        ("hall_decay", {"amplitude": 0.0}, "amplitude=0 is not positive"),
        ("hall_decay", {"end": -1.0}, "end=-1 is not positive"),
        ("hall_decay", {"lmax": 0}, "resolution.lmax = 0"),
    ],
)
def test_impossible_arguments(name, options, text):
    with pytest.raises(ValueError, match=text):
        load(name).compute(**options)
