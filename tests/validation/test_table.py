"""The table that the validation writes into the README."""

import pytest

from tests.validation.conftest import BEGIN, END, Validated, markdown, replaced


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


def test_only_what_is_between_the_marks_is_replaced():
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(text, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="no <!-- validation table: begin"):
        replaced("nothing", "new")
