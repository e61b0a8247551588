"""All studies: each has its question, runs, saves, prints, and redraws what it saved."""

from __future__ import annotations

import contextlib
import re

import pytest
import xarray as xr

from tests.studies.conftest import FOLDER, load

FILES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}
#: Those whose answer is a dataset and a figure; the others print a table.
DRAWN = [name for name, text in FILES.items() if "STUDY = study." in text]


@pytest.mark.parametrize("name", FILES)
def test_a_study_begins_with_its_question_and_has_its_run_time(name):
    question, *_ = FILES[name].removeprefix('"""').splitlines()
    assert question.endswith("?")
    assert re.search(r"^Run time: ", FILES[name], re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_the_gallery_has_every_study(name):
    gallery = (FOLDER / "README.md").read_text(encoding="utf-8")
    question, *_ = FILES[name].removeprefix('"""').splitlines()
    assert f"[{name}.py]({name}.py)" in gallery
    assert question in gallery


def test_the_gallery_shows_pictures_that_are_there():
    gallery = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in re.findall(r"\]\((\S+\.png)\)", gallery):
        assert (FOLDER / path).is_file(), path


@pytest.mark.parametrize("name", DRAWN)
def test_study_saves_draws_prints_and_redraws(name, answer, tmp_path, capsys):
    study, dataset, printed, folder = answer(name)
    assert study.STUDY.name == name
    assert len(printed.splitlines()) >= 2  # a header, and numbers
    again = study.main(output=tmp_path, redraw=folder / f"{name}.nc")
    xr.testing.assert_allclose(again, dataset)  # of a group, NaN is filled in
    assert capsys.readouterr().out == printed
    for suffix, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        assert (folder / f"{name}.{suffix}").read_bytes().startswith(magic)
    figure = f"{name}.png"
    assert (tmp_path / figure).read_bytes() == (folder / figure).read_bytes()


@pytest.mark.parametrize("name", DRAWN)
def test_options_of_the_command_line_are_those_of_main(name, monkeypatch):
    study = load(name)
    options = study.STUDY.parser().parse_args(["--quick", "--output", "there"])
    assert vars(options) == {"quick": True, "output": "there", "redraw": None}
    with pytest.raises(SystemExit), contextlib.redirect_stderr(None):
        study.STUDY.command_line(["--nonsense"])
