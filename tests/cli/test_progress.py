"""How far a run is: the pace, lines where there is no terminal, numbers as people write them."""

import types

import pytest

from spectralcmi.cli import progress
from spectralcmi.cli.messages import duration, number


class Clock:
    """A clock that goes when it is told."""

    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


def test_the_pace_is_that_of_the_last_half_minute():
    clock = Clock()
    pace = progress.Pace(clock)
    assert pace.seconds_to(300.0) is None
    year = 0.0
    for _ in range(100):  # 2 yr/s
        clock.time += 1.0
        year += 2.0
        pace.add(year)
    assert pace.seconds_to(300.0) == pytest.approx(50.0)
    for _ in range(40):  # steps get shorter: 0.1 yr/s
        clock.time += 1.0
        year += 0.1
        pace.add(year)
    # what was fast a minute ago is forgotten
    assert pace.seconds_to(300.0) == pytest.approx((300.0 - year) / 0.1)


def test_steps_longer_than_the_memory_still_have_a_pace():
    clock = Clock()
    pace = progress.Pace(clock)
    for year in (1.0, 2.0, 3.0):
        clock.time += 100.0
        pace.add(year)
    assert pace.seconds_to(10.0) == pytest.approx(700.0)


def at(year):
    return types.SimpleNamespace(time=year, end=300.0, step=0.05, rms_field=1.234e15)


def test_without_a_terminal_a_line_a_minute_tells(monkeypatch, capsys):
    clock = Clock()
    monkeypatch.setattr(progress, "clock", types.SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(progress.Pace.__init__, "__defaults__", (clock,))
    with progress.run_progress(quiet=False) as show:
        for second in range(150):
            clock.time = float(second)
            show(at(year=second / 2))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "spectralcmi: 30.0/300 yr, step 0.05 yr, B_rms 1.23e15 G, 9 min left at this rate",
        "spectralcmi: 60.0/300 yr, step 0.05 yr, B_rms 1.23e15 G, 8 min left at this rate",
    ]
    with progress.run_progress(quiet=True) as show:
        assert show is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "12 ms"), (0.5, "0.5 s"), (1.0, "1 s"), (59.6, "60 s"), (95, "1.6 min"),
     (3600, "60 min"), (7200, "2 h"), (86400 * 3.2, "3.2 days")],
)  # fmt: skip
def test_durations_are_in_the_unit_that_suits_them(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.8e16, "1.8e16"),
        (1e9, "1e9"),
        (5e-6, "5e-6"),
        (1e-12, "1e-12"),
        (600.0, "600"),
        (0.0, "0"),
    ],
)
def test_numbers_are_written_as_people_do(value, text):
    assert number(value) == text


def test_without_a_terminal_points_are_told_at_the_ends_and_now_and_then(monkeypatch, capsys):
    clock = Clock()
    monkeypatch.setattr(progress, "clock", types.SimpleNamespace(monotonic=clock))
    with progress.points_bar(quiet=False) as show:
        for done in range(31):
            clock.time = float(done)
            show(types.SimpleNamespace(done=done, total=30, without_result=int(done > 15)))
    assert capsys.readouterr().err.splitlines() == [
        "spectralcmi: 0/30 points",
        "spectralcmi: 10/30 points",
        "spectralcmi: 20/30 points, 1 without a result",
        "spectralcmi: 30/30 points, 1 without a result",
    ]
    with progress.points_bar(quiet=True) as show:
        assert show is None
