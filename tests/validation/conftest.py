"""Measured figures of the validation: asserted, and collected into the table of the README.

    python -m pytest tests/validation -m "slow or not slow" --table README.md

puts them, as Markdown, between the two marks in that file.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

BEGIN, END = "<!-- validation table: begin -->", "<!-- validation table: end -->"
HEADER = ("What", "Against", "Required", "Measured")
ROWS = pytest.StashKey[dict]()


def pytest_addoption(parser):
    parser.addoption(
        "--table", type=Path, metavar="FILE", help="put the table of the validation into a file"
    )


def pytest_configure(config):
    config.stash[ROWS] = {}


@dataclass
class Row:
    """A line of the table, with all values of the tests that contribute to it."""

    against: str
    required: str
    is_error: bool
    unit: str
    values: list = field(default_factory=list)

    def measured(self):
        """The worst error, or the range of values."""
        if self.is_error:
            worst = max(self.values)
            return "0" if worst == 0 else f"{worst:.0e}".replace("e-0", "e-")
        low, high = (f"{value:.4g}" for value in (min(self.values), max(self.values)))
        return f"{low if low == high else f'{low} to {high}'} {self.unit}".rstrip()


class Validated:
    """Asserts that a figure is as required, and remembers it."""

    def __init__(self, rows):
        self._rows = rows

    def _record(self, what, value, row):
        kept = self._rows.setdefault(what, row)
        assert (kept.against, kept.required) == (row.against, row.required), "one line, one rule"
        kept.values.append(float(value))

    def error(self, what, against, value, limit):
        """An error, whose size must stay below a limit."""
        value = abs(float(value))
        self._record(what, value, Row(against, f"< {limit:.0e}".replace("e-0", "e-"), True, ""))
        assert value < limit, f"{what}: {value:.3g} is not below {limit:g}"

    def between(self, what, against, value, low, high, unit=""):
        """A figure that must lie in a band."""
        required = f"{low:g} to {high:g} {unit}".rstrip()
        self._record(what, value, Row(against, required, False, unit))
        assert low <= value <= high, f"{what}: {value:.4g} {unit} is not {required}"


@pytest.fixture(scope="session")
def validated(request):
    return Validated(request.config.stash[ROWS])


def markdown(rows):
    """The table."""
    lines = [HEADER, ("---",) * len(HEADER)]
    lines += [(what, row.against, row.required, row.measured()) for what, row in rows.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def replaced(text, table):
    """A text with the table in place of whatever is between the marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} with {END} behind it")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def pytest_sessionfinish(session, exitstatus):
    path = session.config.getoption("--table", None)
    rows = session.config.stash[ROWS]
    if path is None or exitstatus or not rows:
        return
    path.write_text(replaced(path.read_text(), markdown(rows)))
