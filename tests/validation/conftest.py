"""Measured figures of the validation: asserted, and collected into one table.

    python -m pytest tests/validation -m "slow or not slow" --table studies/validation.md

writes them as a Markdown document, if every test has passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HEADER = ("What", "Against", "Required", "Measured")
ROWS = pytest.StashKey[dict[str, "Row"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--table", type=Path, metavar="FILE", help="write the table of the validation into a file"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = {}


@dataclass
class Row:
    """A line of the table, with all values of the tests that contribute to it."""

    against: str
    required: str
    is_error: bool
    unit: str
    values: list[float] = field(default_factory=list)

    def measured(self) -> str:
        """The worst error, or the range of values."""
        if self.is_error:
            worst = max(self.values)
            return "0" if worst == 0 else f"{worst:.0e}".replace("e-0", "e-")
        low, high = (f"{value:.4g}" for value in (min(self.values), max(self.values)))
        return f"{low if low == high else f'{low} to {high}'} {self.unit}".rstrip()


class Validated:
    """Asserts that a figure is as required, and remembers it."""

    def __init__(self, rows: dict[str, Row]) -> None:
        self._rows = rows

    def _record(self, what: str, value: float, row: Row) -> None:
        kept = self._rows.setdefault(what, row)
        assert (kept.against, kept.required) == (row.against, row.required), "one line, one rule"
        kept.values.append(float(value))

    def error(self, what: str, against: str, value: float, limit: float) -> None:
        """An error, whose size must stay below a limit."""
        value = abs(float(value))
        self._record(what, value, Row(against, f"< {limit:.0e}".replace("e-0", "e-"), True, ""))
        assert value < limit, f"{what}: {value:.3g} is not below {limit:g}"

    def between(
        self, what: str, against: str, value: float, low: float, high: float, unit: str = ""
    ) -> None:
        """A figure that must lie in a band."""
        required = f"{low:g} to {high:g} {unit}".rstrip()
        self._record(what, value, Row(against, required, False, unit))
        assert low <= value <= high, f"{what}: {value:.4g} {unit} is not {required}"


@pytest.fixture(scope="session")
def validated(request: pytest.FixtureRequest) -> Validated:
    return Validated(request.config.stash[ROWS])


def markdown(rows: Mapping[str, Row]) -> str:
    """The table."""
    lines = [HEADER, ("---",) * len(HEADER)]
    lines += [(what, row.against, row.required, row.measured()) for what, row in rows.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def document(rows: Mapping[str, Row]) -> str:
    """The table, and what it is."""
    return (
        "# What is checked against what\n\n"
        "Written by `make validation`, where every line is also a test: it fails when what is "
        "measured is not as required. Of an error the worst is shown.\n\n"
        f"{markdown(rows)}\n"
    )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    path = session.config.getoption("--table", None)
    rows = session.config.stash[ROWS]
    if path is None or exitstatus or not rows:
        return
    path.write_text(document(rows), encoding="utf-8")
