"""The tutorials: each runs from its first cell to its last, and says what its figures show."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.studies.conftest import FOLDER

TUTORIALS = FOLDER / "tutorials"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """Names that a tutorial leaves, and what it prints, in its quick form and in its own folder."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUICK", "yes")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    pyplot.switch_backend("Agg")
    pyplot.close("all")  # what others have left open
    shown: list[str] = []

    def show() -> None:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            figure.canvas.draw()  # where text that cannot be set, or laid out, is noticed
            shown.append(figure.axes[0].get_ylabel())
        pyplot.close("all")

    monkeypatch.setattr(pyplot, "show", show)

    def execute(name: str):
        names = runpy.run_path(str(TUTORIALS / f"{name}.py"), run_name="tutorial")
        return names, capsys.readouterr().out, shown

    return execute


def test_first_run(page):
    names, printed, shown = page("first_run")
    assert len(shown) == 3
    assert "captures per electron" in printed
    # its text: a few per cent below the mode, and a dipole outside that stays, but for angular
    # dissipation, which at the quick lmax of 4 takes 10 (2/20)^4 = 1e-3 of l = 1 in a year
    assert 0.9 < float(names["rate"].max()) / names["linear"] < 1.0
    outside = names["dataset"]["dipole_field"]
    assert float(abs(outside / outside[0] - 1.0).max()) < 0.05
    assert Path("first_run.nc").exists()


def test_parity_and_multipoles(page):
    names, printed, shown = page("parity_and_multipoles")
    assert len(shown) == 3
    rates = names["modes"]["growth_rate"].values
    assert (rates.max() - rates.min()) / rates.max() < 1e-4  # its text: the same at any degree
    even = {name: float(names["even_degrees"](run)[-1]) for name, run in names["runs"].items()}
    other = float(names["quadrupole_family"](names["runs"]["Hall drift alone"])[-1])
    # round-off of sums of energies, in a quarter of an hour of steps
    assert abs(even["chiral term alone"]) < 1e-14
    assert abs(other) < 1e-14
    assert even["both terms"] > 1e-4
    assert re.search(r"both terms +\d", printed)


def test_scan(page):
    names, printed, shown = page("scan")
    assert len(shown) == 2
    years = names["years"].values
    assert 0.0 < years[0] < years[1]  # its text: the larger the deviation, the sooner
    assert (years > names["linear"].values).all()  # a part of the start grows, not all of it
    assert f"{years[0]:.1f}" in printed


@pytest.mark.parametrize("name", sorted(path.stem for path in TUTORIALS.glob("*.py")))
def test_a_tutorial_begins_with_its_question(name):
    text = (TUTORIALS / f"{name}.py").read_text()
    first, second, question = text.splitlines()[:3]
    assert (first, second) == ("# %% [markdown]", '"""')
    assert re.fullmatch(r"# .*\?", question)
    assert "## What it means, and what it does not" in text
