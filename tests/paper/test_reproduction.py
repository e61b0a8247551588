"""The machinery that reproduces a paper, on one of two tiny runs; the registry and the command."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from spectralcmi.cli import main
from spectralcmi.cli.reproduce import DEFAULT_PAPER
from spectralcmi.errors import InputError
from spectralcmi.paper import registry, reproduction
from spectralcmi.paper.description import title
from spectralcmi.paper.registry import DEFAULT, PAPERS, paper_of


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("SPECTRALCMI_THREADS", "1")


def test_a_paper_is_run_drawn_and_judged(tiny_paper, tmp_path):
    said = []
    rows = reproduction.reproduce(tiny_paper, tmp_path, True, said.append)
    assert [row.verdict for row in rows] == ["agrees", "not tested"]
    # the run that both groups have is computed once
    assert [line.split(":")[0] for line in said] == ["run 1 of 2, growth", "run 2 of 2, growth"]
    assert len(list((tmp_path / "runs").glob("*.nc"))) == 2
    for name in ("growth", "again"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (tmp_path / f"{name}.pdf").is_file() and (tmp_path / f"{name}.nc").is_file()
    text = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert text.startswith("# Claims of Nobody (arXiv:0000.00000), measured\n\nTiny, quick.\n")
    assert "| N2 | light is seen | - | - | not tested | nothing radiates here |" in text
    # what is stored is judged alike, and nothing is run
    again = reproduction.judge_stored(tiny_paper, tmp_path, True, ())
    assert [(row.verdict, row.found) for row in again] == [(row.verdict, row.found) for row in rows]


def test_what_was_not_run_is_said_to_be_missing(tiny_paper, tmp_path):
    rows = reproduction.judge_stored(tiny_paper, tmp_path)
    assert (rows[0].verdict, rows[0].why) == ("not run", "needs growth: with, growth: without")


def test_the_command_takes_any_registered_paper(tiny_paper, tmp_path, monkeypatch, capsys):
    papers = MappingProxyType({**PAPERS, tiny_paper.identifier: tiny_paper})
    monkeypatch.setattr(registry, "PAPERS", papers)
    command = ["reproduce", "--paper", "0000.00000", "--stored", "--output", str(tmp_path)]
    assert main(command) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0] == "| # | claim | paper | measured | verdict | why |"
    assert len(captured.out.splitlines()) == 4


def test_an_unknown_paper_is_refused_in_one_line(capsys):
    assert main(["reproduce", "--paper", "1234.56789"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "1234.56789" in lines[0] and all(identifier in lines[0] for identifier in PAPERS)
    with pytest.raises(InputError, match=r"1234\.56789"):
        paper_of("1234.56789")


def test_folders_of_papers_and_of_quick_runs_differ(tiny_paper):
    names = {
        reproduction.default_folder(paper, quick)
        for paper in (paper_of(DEFAULT), tiny_paper)
        for quick in (False, True)
    }
    assert names == {
        "reproduce",
        "reproduce_quick",
        "reproduce_0000.00000",
        "reproduce_0000.00000_quick",
    }


def test_the_first_paper_is_the_default_and_help_names_all(capsys):
    assert DEFAULT == DEFAULT_PAPER == "2408.05281"
    assert main(["reproduce", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(identifier in text for identifier in PAPERS)


@pytest.mark.parametrize("identifier", PAPERS)
@pytest.mark.parametrize("quick", [False, True])
def test_every_plan_is_a_plan(identifier, quick):
    """Cases are valid as they are made; names of runs can be told apart in messages."""
    groups = paper_of(identifier).cases(quick)
    titles = [title(group, name) for group, runs in groups.items() for name in runs]
    assert len(set(titles)) == len(titles)
    assert all(groups.values()), "a group without runs"


@pytest.mark.parametrize("identifier", PAPERS)
def test_every_claim_has_its_own_number_and_says_when_it_agrees(identifier):
    statements = paper_of(identifier).statements
    numbers = [statement.number for statement in statements]
    assert len(set(numbers)) == len(numbers)
    for statement in statements:
        assert statement.why and statement.claim, statement.number


@pytest.mark.parametrize("identifier", PAPERS)
def test_claims_need_runs_that_are_planned(identifier):
    """With every run that is planned at hand, no claim would be left for want of one."""

    class Long(dict):
        """A run that is long enough for any claim."""

        def __getitem__(self, key):
            return [1e9]

    paper = paper_of(identifier)
    results = {g: dict.fromkeys(runs, Long()) for g, runs in paper.cases(False).items()}
    for statement in paper.statements:
        missing = [
            statement._missing(results, variant)
            for variant in statement.variants
            if "late_spectra" not in {need.__name__ for need in statement.needs}
        ]
        assert not missing or [] in missing, statement.number
