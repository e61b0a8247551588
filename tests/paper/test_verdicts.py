"""How a claim is judged, whatever the paper."""

from __future__ import annotations

import numpy as np
import pytest

from spectralcmi.paper.verdicts import (
    Claim,
    Finding,
    Measure,
    Statement,
    markdown,
    measure,
    run_named,
)

TWO = {"flat": {"flat": ""}, "star": {"star": "", "star, hard": "hard: "}}


def test_uncertainty_is_the_largest_change_with_resolution():
    cases = {"paper": 2.0, "radial order": 2.1, "lmax": 1.7}
    result = measure(cases.__getitem__, dict(zip(cases, cases, strict=True)))
    assert result.value == 2.0
    assert result.uncertainty == pytest.approx(0.3)
    assert f"{result:.2f}" == "2.00 ± 0.3"
    assert f"{Measure(184.0, 14.9):.0f}" == "184 ± 10"


def test_without_a_second_resolution_there_is_no_uncertainty():
    result = measure(lambda run: run, {"paper": 3.0})
    assert np.isnan(result.uncertainty)
    assert f"{result:.1f}" == "3.0"


@pytest.mark.parametrize(("value", "expected"), [(60.0, True), (61.0, False), (np.nan, False)])
def test_agreement_is_within_a_fifth(value, expected):
    assert Measure(value, 0.0).agrees_with(50.0) is expected


def test_markdown_keeps_bars_in_their_cells():
    row = Claim("C0", "a|b", "1", {"": Finding("2 ± 0.1", True)}, True, "", "because")
    lines = markdown([row]).splitlines()
    assert len(lines) == 3
    assert lines[2] == "| C0 | a\\|b | 1 | 2 ± 0.1 | agrees | because |"


def test_cells_are_those_of_the_columns():
    found = {name: Finding(name.upper(), True) for name in ("star, hard", "star")}
    row = Claim("C0", "a", "1", found, True, "star, hard", "because")
    assert row.cells(TWO) == ["-", "STAR; hard: STAR, HARD"]
    assert markdown([row], TWO).splitlines()[0].startswith("| # | claim | paper | flat | star |")


def test_a_claim_without_variants_is_the_same_in_all_columns():
    row = Claim("C0", "a", "1", {"": Finding("2", True)}, True, "", "because")
    assert row.cells(TWO) == ["2", "the same"]
    assert row.verdict == "agrees"


def test_a_claim_that_nothing_can_judge_is_not_tested_and_says_why():
    row = Statement("C0", "a", "1", None, "no conduction here").judged({})
    assert (row.verdict, row.why, row.cells(TWO)) == (
        "not tested",
        "no conduction here",
        ["-", "-"],
    )


def test_a_claim_whose_runs_are_missing_names_them():
    def judge(results, variant):
        raise AssertionError("judged without its run")

    need = run_named("group", "one")
    row = Statement("C0", "a", "1", judge, "because", (need,)).judged({"group": {"two": None}})
    assert (row.verdict, row.why) == ("not run", "needs group: one")
