"""The reproduction of 2408.05281: its plan, its verdicts, its figures, and the command."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.cli import main
from spectralcmi.paper.dehman_pons_2024 import (
    PAPER,
    cascade,
    dipole,
    figures,
    hall_stage,
    plan,
    source,
)
from spectralcmi.paper.dehman_pons_2024.claims import CLAIMS
from spectralcmi.paper.dehman_pons_2024.evidence import BY_CRUST, COLUMNS
from spectralcmi.paper.description import title
from spectralcmi.paper.drawing import line_style
from spectralcmi.paper.reproduction import judge_claims
from spectralcmi.paper.verdicts import Finding, Statement

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
    monkeypatch.setattr(plan, "COOLING_END", {1.0: 0.5})
    monkeypatch.setattr(plan, "COOLING_SAMPLES", 2)
    monkeypatch.setattr(cascade, "LATE", ((0.0, 1.0), (1.0, 2.0)))


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
    assert title("delta_mu_scan", name) == "delta_mu_scan: star, textbook, 0.0001, 8"
    assert title("paper", "flat: lmax 90") == "paper: flat: lmax 90"


# Verdicts


def test_claims_without_their_runs_say_so():
    rows = judge_claims(PAPER, {group: {} for group in plan.GROUPS})
    assert [row.number for row in rows] == [statement.number for statement in CLAIMS]
    # the crust alone, C1 and C1b, needs no run
    assert {row.verdict for row in rows[2:]} == {"not run"}
    assert {tuple(row.cells(COLUMNS)) for row in rows[2:]} == {("-", "-")}
    assert rows[0].verdict in ("agrees", "differs")
    assert in_metric(rows[0]) == "the same"


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
    assert row_of("C10c", {}).why == "needs cooling_scan: star, layered, hard"
    assert row_of("C16", {}).why == "needs magneto_thermal: star, layered, hard to 75 yr"


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
    assert (claim.verdict, in_flat_space(claim), in_metric(claim)) == (verdict, flat, star)


def test_a_fault_in_a_run_is_not_taken_for_a_missing_run():
    broken = growing_run(0.1).drop_vars("spectrum_poloidal")
    with pytest.raises(KeyError, match="spectrum_poloidal"):
        row_of("C7", {"paper": {"star": broken}})


def test_a_run_without_equipartition_differs():
    row = row_of("C3", {"paper": {"star": growing_run(0.1, ratio=0.5)}})
    assert row.verdict == "differs (star)"
    assert "below 0.9 E_pol" in in_metric(row)


def test_density_matters_more_than_temperature():
    row = judge_claims(PAPER, {group: {} for group in plan.GROUPS})[0]
    assert row.verdict == "agrees", in_flat_space(row)


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


def in_flat_space(row):
    return row.cells(COLUMNS)[0]


def in_metric(row):
    return row.cells(COLUMNS)[1]


@pytest.mark.parametrize(("rate", "verdict"), [(0.16, "agrees"), (0.11, "differs")])
def test_growth_rate_is_judged(rate, verdict):
    row = row_of(
        "C4", {"paper": {"star": growing_run(rate), "star: lmax": growing_run(rate + 0.01)}}
    )
    assert row.verdict == f"{verdict} (star)"
    assert f"field {rate:.4f} ± 0.01 /yr" in in_metric(row)
    assert f"energy {2 * rate:.3f} /yr" in in_metric(row)


@pytest.mark.parametrize(("rate", "verdict"), [(np.log(1000) / 75, "agrees"), (0.03, "differs")])
def test_year_of_a_strong_field_is_judged(rate, verdict):
    row = row_of("C5", {"paper": {"star": growing_run(rate)}})
    assert row.verdict == f"{verdict} (star)"
    assert f"{np.log(1000) / rate:.1f} yr" in in_metric(row)


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
    assert in_metric(alone) == in_metric(beside)


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
    assert "22 (1)" in in_flat_space(row)
    scan[("flat", "textbook", 1.0, 8.0)] = growing_run(0.1)
    row = row_of("C10", {"delta_mu_scan": scan})
    assert row.verdict == "differs (flat)"
    # of another crust nothing but what was run of it, and its change with the radial grid
    scan[("star", "textbook", 1.0, 8.0)] = growing_run(np.log(1000) / 30)
    scan[("star", "textbook", 1.0, 12.0)] = growing_run(np.log(1000) / 28)
    row = row_of("C10", {"delta_mu_scan": scan})
    assert in_metric(row) == "textbook 30 ± 2 (1), over the paper's 1.36"


def test_fitted_constants_are_judged_apart_from_those_that_were_read():
    years = {1.0: 22.0, 1e-2: 75.0}
    scan = {
        ("flat", "fitted", deviation, 8.0): growing_run(np.log(1000) / year)
        for deviation, year in years.items()
    }
    scan[("flat", "dehman_pons_2025", 1.0, 8.0)] = growing_run(0.02)
    fitted, read = (row_of(number, {"delta_mu_scan": scan}) for number in ("C10b", "C10"))
    assert (fitted.verdict, read.verdict) == ("agrees (flat)", "differs (flat)")
    assert in_flat_space(fitted).startswith("fitted 22 (1), 75 (0.01)")
    assert "fitted" not in in_flat_space(read)
    assert "not read" in fitted.claim


def test_sets_of_constants_are_those_of_their_crust():
    smooth, sharp = (plan.constants_of("fitted", f"flat{rest}") for rest in ("", ", layered, hard"))
    assert (smooth["chiral.weak_rate_prefactor"], smooth["chiral.k5_max"]) == (0.205, 850.0)
    assert (sharp["chiral.weak_rate_prefactor"], sharp["chiral.k5_max"]) == (0.21, 700.0)
    scanned = {name[1] for name in plan.cases()["delta_mu_scan"]}
    assert scanned == set(plan.CONSTANTS)
    for constants in plan.CONSTANTS:
        Parameters().replace(plan.constants_of(constants))


def test_budget_of_the_source():
    budget = source.source_budget("flat")
    # known to two digits
    assert budget.electrons == pytest.approx(8.1e53, rel=0.02)
    assert budget.captures == pytest.approx(5.2e58, rel=0.02)
    assert budget.deviation_energy == pytest.approx(1.1e45, rel=0.05)
    assert budget.fermi_energy == pytest.approx(8.5e49, rel=0.02)
    assert source.source_budget("star").electrons > budget.electrons  # its volume is larger


def test_a_source_that_holds_too_little_is_noticed():
    strong, weak = growing_run(0.032), growing_run(1e-6)
    assert row_of("C12b", {"paper": {"star": strong}}).verdict == "differs (star)"
    assert row_of("C12b", {"paper": {"star": weak}}).verdict == "agrees (star)"
    row = row_of("C14", {"paper": {"star": weak}})
    assert row.verdict == "differs (star)"
    assert "captures per electron" in in_metric(row)


@pytest.mark.parametrize(("outside", "verdict"), [(1e12, "differs"), (2e14, "agrees")])
def test_a_dipole_is_judged_by_what_is_seen_outside(outside, verdict):
    run = growing_run(0.032)
    for name in ("dipole_field", "dipole_timing_field"):
        run[name] = ("time", np.full(run.sizes["time"], outside))
    run["dipole_rms_field"] = run["rms_field"] * np.sqrt(0.95)
    row = row_of("C17", {"paper": {"star": run}})
    assert row.verdict == f"{verdict} (star)"
    # 1e12 G growing by 0.032 /yr for 300 yr, and 0.95 of the energy
    assert "l = 1 has 1.4e+16 G" in in_metric(row)


@pytest.mark.parametrize(("length", "verdict"), [(0.025, "differs"), (0.8, "agrees")])
def test_radial_scale_of_the_toroidal_dipole(length, verdict):
    run = growing_run(0.032).assign(magnetic_helicity=("time", np.full(301, 1e50)))
    radius = np.linspace(11.55, 12.42, 4001)
    wave = np.sin(2 * np.pi * radius / length) / radius
    run = run.assign(toroidal=(("snapshot", "radius", "lm"), wave[None, :, None] + 0j))
    run = run.assign_coords(
        snapshot=[100.0], radius=radius, degree_of_lm=("lm", [1]), order_of_lm=("lm", [0])
    ).assign_attrs(inner_radius_km=radius[0], outer_radius_km=radius[-1])
    # windows of few waves have no mean square of exactly one half
    assert dipole.wavelength(run, 100.0) == pytest.approx(length, rel=0.15)
    assert row_of("C13", {"paper": {"star": run}}).verdict == f"{verdict} (star)"


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
    monkeypatch.setattr("spectralcmi.paper.reproduction.draw", lambda *arguments: None)
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
    assert hall_stage._with_range("1.00 (a)", others, "{:.2f}") == text


# Figures


def test_sixteen_lines_look_different():
    styles = [line_style(number) for number in range(16)]
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
