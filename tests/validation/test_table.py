"""The table that the validation writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validation.conftest import Validated, document, markdown


def test_a_line_holds_the_worst_of_its_errors():
    rows = {}
    validated = Validated(rows)
    for error in (1e-12, -3e-11, 0.0):
        validated.error("rate", "exact", error, 1e-9)
    validated.between("date", "a paper", 49.0, 44, 55, "yr")
    assert markdown(rows).splitlines() == [
        "| What | Against | Required | Measured |",
        "| --- | --- | --- | --- |",
        "| rate | exact | < 1e-9 | 3e-11 |",
        "| date | a paper | 44 to 55 yr | 49 yr |",
    ]


def test_what_is_not_as_required_fails():
    validated = Validated({})
    with pytest.raises(AssertionError, match="rate: 2e-09 is not below 1e-09"):
        validated.error("rate", "exact", 2e-9, 1e-9)
    with pytest.raises(AssertionError):
        validated.error("rate", "exact", float("nan"), 1e-9)
    with pytest.raises(AssertionError, match="date: 43 yr is not 44 to 55 yr"):
        validated.between("date", "a paper", 43.0, 44, 55, "yr")


def test_the_document_is_the_table_under_a_heading():
    rows = {}
    Validated(rows).error("rate", "exact", 1e-12, 1e-9)
    heading, *_, last = document(rows).splitlines()
    assert heading == "# What is checked against what"
    assert last == markdown(rows).splitlines()[-1]


def test_the_stored_document_is_as_one_is_written():
    """Its numbers are those of a run of the whole validation; its form is that of today's."""
    stored = (Path(__file__).parents[2] / "studies" / "validation.md").read_text(encoding="utf-8")
    head, _, table = stored.partition("| What |")
    assert head == document({}).partition("| What |")[0]
    assert len(table.splitlines()) > 40
