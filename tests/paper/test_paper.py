"""The reproduction: its plan, its folder of runs, its verdicts, and the command as a whole."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.cli import main
from spectralcmi.paper import claims, figures, plan, runs, summaries
from spectralcmi.paper.claims import CLAIMS, judge_claims
from spectralcmi.paper.verdicts import (
    BY_CRUST,
    Claim,
    Finding,
    Measure,
    Statement,
    markdown,
    measure,
)
from spectralcmi.runs.output_file import OutputInUseError

TINY = {
    "resolution.functions_per_wavelength": 3.0,
    "resolution.lmax": 4,
    "time.end": 2.0,
    "output.snapshot_times": (),
}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("SPECTRALCMI_THREADS", "1")


@pytest.fixture
def tiny_plan(monkeypatch):
    """The quick plan in a few small runs of a few steps."""
    monkeypatch.setattr(plan, "QUICK", TINY)
    monkeypatch.setattr(plan, "QUICK_SECOND", (4.0, 6))
    monkeypatch.setattr(plan, "QUICK_RADIAL_ORDERS", (24,))
    monkeypatch.setattr(plan, "SCAN_END", {("textbook", 1.0): 2.0})
    monkeypatch.setattr(plan, "SEED_DELAY", {1e12: 0.0})
    monkeypatch.setattr(summaries, "LATE", ((0.0, 1.0), (1.0, 2.0)))


# The plan


def test_the_paper_comes_first_and_is_the_default_case_in_the_metric_of_the_star():
    name, parameters = next(iter(plan.cases()["paper"].items()))
    assert name == plan.MAIN
    assert parameters == Parameters().replace({"metric.kind": "star"})


def test_every_run_says_its_metric_composition_and_cutoff():
    crusts = {
        name: (p.metric.kind, p.background.composition, p.chiral.cutoff)
        for name, p in plan.cases()["paper"].items()
        if name in plan.CRUSTS
    }
    assert crusts == {
        "star": ("star", "smooth", "smooth"),
        "star, layered, hard": ("star", "layered", "hard"),
        "flat": ("flat", "smooth", "smooth"),
        "flat, layered, hard": ("flat", "layered", "hard"),
    }


def test_finer_runs_are_those_of_their_crust():
    chosen = plan.refinements(plan.cases()["paper"], "star, layered, hard")
    assert list(chosen) == ["star, layered, hard", "star, layered, hard: 12 functions"]
    assert plan.refinements({"flat: lmax 90": 1}, "flat") == {}, "nothing to compare it with"


def test_runs_that_groups_share_are_the_same_run():
    groups = plan.cases()
    paper = groups["paper"]
    assert groups["parity"]["Hall and chiral"] == paper["star"]
    assert groups["hall_cascade"]["lmax 60"] == paper["flat"]
    assert groups["hall_cascade"]["lmax 60, 12 functions"] == paper["flat: 12 functions"]


def test_the_quick_plan_has_the_same_groups_and_no_expensive_run():
    quick = plan.cases(quick=True)
    assert quick.keys() == plan.cases().keys()
    for group in quick.values():
        for parameters in group.values():
            assert parameters.resolution.lmax <= 20
            if not parameters.resolution.is_global and parameters.chiral.enabled:
                assert parameters.resolution.functions_per_wavelength <= 8


def test_scans_hold_what_the_paper_reports():
    groups = plan.cases()
    assert {name[2] for name in groups["delta_mu_scan"]} == {1.0, 1e-2, 1e-4, 1e-5}
    assert {name[0] for name in groups["delta_mu_scan"]} == set(plan.CRUSTS)
    assert set(groups["seed_field_scan"]) == {1.0, 1e3, 1e6, 1e12}
    assert {p.resolution.lmax for p in groups["hall_cascade"].values()} == {30, 60, 90}


def test_titles_have_no_brackets():
    name = ("star", "textbook", 1e-4, 8.0)
    assert plan.title("delta_mu_scan", name) == "delta_mu_scan: star, textbook, 0.0001, 8"
    assert plan.title("paper", "flat: lmax 90") == "paper: flat: lmax 90"


# The folder of runs


def test_a_finished_run_is_not_computed_again(tmp_path, monkeypatch):
    parameters = Parameters().replace(TINY)
    said = []
    runs.compute_runs(tmp_path, [("one", parameters), ("same", parameters)], said.append)
    assert len(said) == 1
    assert said[0].startswith("run 1 of 1, one: ")

    def forbidden(*arguments, **options):
        raise AssertionError("computed again")

    monkeypatch.setattr(runs, "run", forbidden)
    runs.compute_runs(tmp_path, [("one", parameters)], said.append)
    assert len(said) == 1
    assert runs.stored_run(tmp_path, parameters).attrs["status"] == "complete"


def test_an_interrupted_run_is_not_taken_for_finished_and_goes_on(tmp_path):
    parameters = Parameters().replace(TINY)

    def interrupt(progress):
        if progress.time > 1:
            raise KeyboardInterrupt

    path = runs.run_path(tmp_path, parameters)
    with pytest.raises(KeyboardInterrupt):
        runs.run(parameters, path, interrupt)
    assert path.is_file()
    assert runs.stored_run(tmp_path, parameters) is None
    runs.compute_runs(tmp_path, [("one", parameters)], lambda line: None)
    straight = runs.run(parameters)
    went_on = runs.stored_run(tmp_path, parameters)
    np.testing.assert_array_equal(went_on["rms_field"], straight["rms_field"])


def test_what_another_process_computes_is_left_to_it_and_waited_for(tmp_path, monkeypatch):
    first, second = (Parameters().replace({**TINY, "time.end": end}) for end in (1.0, 2.0))
    calls = []

    def run(parameters, path, wait=False):
        calls.append((parameters.time.end, wait))
        if parameters == first and not wait:
            raise OutputInUseError("busy")
        return xr.Dataset({"rms_field": ("time", [1.0])})

    monkeypatch.setattr(runs, "run", run)
    said = []
    runs.compute_runs(tmp_path, [("first", first), ("second", second)], said.append)
    assert calls == [(1.0, False), (2.0, False), (1.0, True)]
    assert "left to another process" in said[0]


# Verdicts


def test_uncertainty_is_the_largest_change_with_resolution():
    cases = {"paper": 2.0, "radial order": 2.1, "lmax": 1.7}
    result = measure(cases.__getitem__, dict(zip(cases, cases, strict=True)))
    assert result.value == 2.0
    assert result.uncertainty == pytest.approx(0.3)
    assert f"{result:.2f}" == "2.00 ± 0.3"


def test_without_a_second_resolution_there_is_no_uncertainty():
    result = measure(lambda run: run, {"paper": 3.0})
    assert np.isnan(result.uncertainty)
    assert f"{result:.1f}" == "3.0"


@pytest.mark.parametrize(("value", "expected"), [(60.0, True), (61.0, False), (np.nan, False)])
def test_agreement_is_within_a_fifth(value, expected):
    assert Measure(value, 0.0).agrees_with(50.0) is expected


def test_claims_without_their_runs_say_so():
    rows = judge_claims({group: {} for group in plan.GROUPS})
    assert [row.number for row in rows] == [statement.number for statement in CLAIMS]
    # the crust alone, C1 and C1b, needs no run
    assert {row.verdict for row in rows[2:]} == {"not run"}
    assert {(row.flat, row.star) for row in rows[2:]} == {("-", "-")}
    assert rows[0].verdict in ("agrees", "differs")
    assert rows[0].star == "the same"


def test_a_claim_names_what_it_needs():
    short = {"paper": {"star": growing_run(0.1, end=120)}}
    assert row_of("C3", short).verdict != "not run"
    assert row_of("C6", short).why == "needs paper: star to 200 yr"
    assert row_of("C5b", short).why == (
        "needs paper: star to 150 yr, parity: Hall and chiral, parity: chiral only"
    )
    one_seed = {"seed_field_scan": {1e12: growing_run(0.1)}}
    assert row_of("C11", one_seed).why == "needs 2 runs of seed_field_scan"
    assert row_of("C9", {}).why == "needs hall_only: star, or parity: Hall only"
    assert row_of("C8b", short).why == "needs paper: star to 230 yr"
    assert row_of("C10", {}).why == "needs delta_mu_scan: star, layered, hard"


@pytest.mark.parametrize(
    ("there", "verdict", "flat", "star"),
    [
        (BY_CRUST, "agrees (star, layered, hard)", "4; layered, hard: 19", "4; layered, hard: 19"),
        (("star", "flat"), "differs (star)", "4", "4"),
        (("flat, layered, hard",), "agrees (flat, layered, hard)", "layered, hard: 19", "-"),
        ((), "not run", "-", "-"),
    ],
)
def test_a_verdict_rests_on_the_crust_nearest_to_the_paper_that_was_run(there, verdict, flat, star):
    """Not on the one that agrees best: what is found is the crust's length beyond a number."""

    def judge(results, crust):
        size = len(crust.removeprefix("star").removeprefix("flat")) + 4
        return Finding(str(size), size > 4)

    def need(results, crust):
        return None if crust in there else crust

    claim = Statement("C0", "a", "b", judge, "because", (need,), BY_CRUST).judged({})
    assert (claim.verdict, claim.flat, claim.star) == (verdict, flat, star)


def test_a_fault_in_a_run_is_not_taken_for_a_missing_run():
    broken = growing_run(0.1).drop_vars("spectrum_poloidal")
    with pytest.raises(KeyError, match="spectrum_poloidal"):
        row_of("C7", {"paper": {"star": broken}})


def test_a_run_without_equipartition_differs():
    row = row_of("C3", {"paper": {"star": growing_run(0.1, ratio=0.5)}})
    assert row.verdict == "differs (star)"
    assert "below 0.9 E_pol" in row.star


def test_density_matters_more_than_temperature():
    row = judge_claims({group: {} for group in plan.GROUPS})[0]
    assert row.verdict == "agrees", row.flat


def test_markdown_keeps_bars_in_their_cells():
    row = Claim("C0", "a|b", "1", "2 ± 0.1", "-", True, "flat", "because")
    lines = markdown([row]).splitlines()
    assert len(lines) == 3
    assert lines[2] == "| C0 | a\\|b | 1 | 2 ± 0.1 | - | agrees (flat) | because |"


def growing_run(rate, ratio=1.0, end=300):
    """A run whose field grows at one rate, all of it in l = 1, 2 with a given toroidal ratio."""
    time = np.arange(0.0, end + 1.0)
    field = 1e12 * np.exp(rate * time)
    energy = field**2 * 1e18
    shares = np.array([0.95, 0.05])
    series = {"rms_field": field, "chiral_energy_released": 1.1 * energy}
    return xr.Dataset(
        {
            "energy_poloidal": ("time", energy / (1 + ratio)),
            "energy_toroidal": ("time", energy * ratio / (1 + ratio)),
            "spectrum_poloidal": (("time", "degree"), np.outer(energy, shares) / (1 + ratio)),
            "spectrum_toroidal": (
                ("time", "degree"),
                np.outer(energy, shares) * ratio / (1 + ratio),
            ),
            **{name: ("time", values) for name, values in series.items()},
        },
        {"time": time, "degree": [1, 2]},
    )


def row_of(number, results):
    statement = next(statement for statement in CLAIMS if statement.number == number)
    return statement.judged({group: {} for group in plan.GROUPS} | results)


@pytest.mark.parametrize(("rate", "verdict"), [(0.16, "agrees"), (0.11, "differs")])
def test_growth_rate_is_judged(rate, verdict):
    row = row_of(
        "C4", {"paper": {"star": growing_run(rate), "star: lmax": growing_run(rate + 0.01)}}
    )
    assert row.verdict == f"{verdict} (star)"
    assert f"field {rate:.4f} ± 0.01 /yr" in row.star
    assert f"energy {2 * rate:.3f} /yr" in row.star


@pytest.mark.parametrize(("rate", "verdict"), [(np.log(1000) / 75, "agrees"), (0.03, "differs")])
def test_year_of_a_strong_field_is_judged(rate, verdict):
    row = row_of("C5", {"paper": {"star": growing_run(rate)}})
    assert row.verdict == f"{verdict} (star)"
    assert f"{np.log(1000) / rate:.1f} yr" in row.star


def test_a_field_that_still_grows_is_not_saturated():
    assert row_of("C6", {"paper": {"star": growing_run(0.032)}}).verdict == "differs (star)"


@pytest.mark.parametrize(("ratio", "verdict"), [(1.05, "agrees"), (2.0, "differs")])
def test_even_split_is_judged(ratio, verdict):
    row = row_of("C7", {"paper": {"star": growing_run(0.1, ratio)}})
    assert row.verdict == f"{verdict} (star)"


@pytest.mark.parametrize(("share", "verdict"), [(1e-6, "agrees"), (1e-3, "differs")])
def test_a_degree_of_next_to_no_energy_is_not_judged(share, verdict):
    run = growing_run(0.1).drop_dims("degree")
    energy = run["energy_poloidal"]
    shares = {"spectrum_poloidal": [0.95, 0.05, share], "spectrum_toroidal": [0.95, 0.05, 0.0]}
    degree = {"degree": [1, 2, 3]}
    run = run.assign({n: energy * xr.DataArray(s, degree, ["degree"]) for n, s in shares.items()})
    assert row_of("C7", {"paper": {"star": run}}).verdict == f"{verdict} (star)"


def test_a_shorter_run_has_no_say_in_what_comes_after_it():
    end = growing_run(0.032)
    alone, beside = (
        row_of("C12", {"paper": {"star": end, **finer}})
        for finer in ({}, {"star: lmax 90": growing_run(0.032, end=120)})
    )
    assert alone.star == beside.star


def test_seeds_that_grow_differently_are_noticed():
    same = {1e12: growing_run(0.1), 1e6: growing_run(0.1)}
    other = {1e12: growing_run(0.1), 1e6: growing_run(0.05)}
    assert row_of("C11", {"seed_field_scan": same}).verdict == "agrees (star)"
    assert row_of("C11", {"seed_field_scan": other}).verdict == "differs (star)"


def test_scan_agrees_if_one_convention_has_all_years():
    years = {1.0: 22.0, 1e-2: 75.0}
    scan = {
        ("flat", "textbook", deviation, 8.0): growing_run(np.log(1000) / year)
        for deviation, year in years.items()
    }
    scan[("flat", "dehman_pons", 1.0, 8.0)] = growing_run(0.02)
    row = row_of("C10", {"delta_mu_scan": scan})
    assert row.verdict == "agrees (flat)"
    assert "22 (1)" in row.flat
    scan[("flat", "textbook", 1.0, 8.0)] = growing_run(0.1)
    row = row_of("C10", {"delta_mu_scan": scan})
    assert row.verdict == "differs (flat)"
    # of another crust nothing but what was run of it, and its change with the radial grid
    scan[("star", "textbook", 1.0, 8.0)] = growing_run(np.log(1000) / 30)
    scan[("star", "textbook", 1.0, 12.0)] = growing_run(np.log(1000) / 28)
    row = row_of("C10", {"delta_mu_scan": scan})
    assert row.star == "textbook 30 ± 2 (1), over the paper's 1.36"


# The command


def test_command_leaves_table_figures_and_datasets(tiny_plan, tmp_path, capsys, monkeypatch):
    table = tmp_path / "table" / "claims.md"
    command = ["reproduce", "--quick", "--output", str(tmp_path)]
    assert main([*command, "--table", str(table)]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].startswith("| # | claim |")
    assert len(lines) == 2 + len(CLAIMS)  # results alone on stdout
    assert all(line.startswith("spectralcmi: ") for line in captured.err.splitlines())
    text = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert captured.out in text
    assert table.read_text(encoding="utf-8") == text
    assert "Quick run" in text
    assert "3 functions per wavelength" in text
    for name in ("fig1", "fig2", "fig3", *list(plan.GROUPS)[1:]):
        assert (tmp_path / f"{name}.pdf").is_file(), name
        assert (tmp_path / f"{name}.nc").is_file(), name
    # a second time, nothing is left to compute; nor need it be drawn again here
    monkeypatch.setattr("spectralcmi.paper.draw", lambda *arguments: None)
    assert main(command) == 0
    again = capsys.readouterr()
    assert again.out == captured.out
    assert "run 1 of" not in again.err


def test_command_takes_no_case_keys(capsys):
    assert main(["reproduce", "--time.end", "1"]) == 2
    assert "takes no case keys" in capsys.readouterr().err


@pytest.mark.slow
def test_quick_reproduction_shows_the_physics(tmp_path, capsys):
    assert main(["reproduce", "--quick", "--quiet", "--output", str(tmp_path)]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    verdict = {row[0].removeprefix("| "): row[5] for row in rows}
    assert "not run" not in verdict.values()
    # what a low resolution can show: not C7, as dissipation acts on all but the lowest degrees
    for number in ("C1", "C2", "C3", "C4", "C5", "C9", "C10"):
        assert verdict[number].startswith("agrees"), number


@pytest.mark.parametrize(
    ("others", "text"),
    [
        ({}, "1.00 (a)"),
        ({"b": 0.5}, "1.00 (a), 0.50 (b)"),
        ({"b": 0.5, "c": 2.0, "d": -1.0}, "1.00 (a), from -1.00 (d) to 2.00 (c) in 3 others"),
    ],
)
def test_a_range_names_the_runs_at_its_ends(others, text):
    assert claims._with_range("1.00 (a)", others, "{:.2f}") == text


# Figures


def test_sixteen_lines_look_different():
    styles = [figures._style(number) for number in range(16)]
    assert len({(style["color"], style["ls"]) for style in styles}) == 16


def test_the_cascade_is_drawn_by_what_differs():
    cases = {
        "first": (60, 8, 10.0),
        "degrees": (120, 8, 10.0),
        "radii": (60, 12, 10.0),
        "rate": (60, 8, 1.0),
        "both": (30, 12, 10.0),
        "one expansion": (60, np.nan, 10.0),
    }
    numbers = np.array(list(cases.values())).T
    names = ("lmax", "per_wavelength", "angular_rate")
    dataset = xr.Dataset(
        {name: ("run", column) for name, column in zip(names, numbers, strict=True)}
        | {"spectrum": (("run", "interval", "degree"), np.ones((6, 1, 2)))},
        {"run": list(cases)},
    )
    columns = figures._by_what_differs(dataset)
    assert {title.split(" at ")[0]: list(c["run"].values) for title, c in columns.items()} == {
        "highest degree": ["first", "degrees"],
        "radial functions per wavelength": ["first", "radii", "both", "one expansion"],
        "angular dissipation": ["first", "rate"],
    }
