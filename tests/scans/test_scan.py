"""Scans: their points, their dataset, and what becomes of them when workers die."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import dask
import numpy as np
import pytest
import xarray as xr
from dask.distributed import Client

import spectralcmi
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.cli import main
from spectralcmi.errors import InputError
from spectralcmi.profiles.given_table import with_background
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.diagnostics import Diagnostic
from spectralcmi.runs.given_field import with_initial
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.runs.run import run
from spectralcmi.scans import lives, points
from spectralcmi.scans.plan import grid, listed, load_plan
from spectralcmi.scans.points import (
    Outcome,
    SchedulerLostError,
    local_client,
    run_point,
    stored_outcome,
)
from spectralcmi.scans.run import run_plan, scan

#: A cluster that does nothing for so long hangs [s]; generous, for a busy machine.
PATIENCE = 300

FIELD = "initial.polar_field"

#: Where this checkout's package is found from any folder.
ENVIRONMENT = os.environ | {"PYTHONPATH": os.path.dirname(os.path.dirname(spectralcmi.__file__))}


@pytest.fixture(scope="module")
def short(small_case):
    """Function: parameters of a run of five steps, with some keys changed."""

    def case(**changes):
        return small_case(**{"time.end": 1.0, "output.snapshot_times": [0.0]}).replace(changes)

    return case


@pytest.fixture(scope="module")
def client():
    """Client of a worker in this process, for all that is not about processes."""
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0",
                set_as_default=False) as client:  # fmt: skip
        yield client


# Points


def test_a_grid_has_every_combination_the_last_key_fastest(short):
    plan = grid(short(), {FIELD: [1e11, 1e12], "resolution": {"lmax": [4, 5, 6]}})
    assert (len(plan), plan.shape) == (6, (2, 3))
    assert plan.dims == ("polar_field", "resolution_lmax")
    assert [tuple(plan.changes(i).values()) for i in range(6)] == [
        (1e11, 4), (1e11, 5), (1e11, 6), (1e12, 4), (1e12, 5), (1e12, 6),
    ]  # fmt: skip
    assert plan.parameters(4) == short(**{FIELD: 1e12, "resolution.lmax": 5})


def test_a_list_has_its_points_and_takes_from_the_base_what_they_lack(short):
    plan = listed(short(), [{FIELD: 1e11}, {"resolution.lmax": 4}])
    assert (plan.dims, plan.shape) == (("point",), (2,))
    assert plan.parameters(0) == short(**{FIELD: 1e11})
    assert plan.parameters(1) == short(**{"resolution.lmax": 4})
    coordinates = plan.coordinates()
    np.testing.assert_array_equal(coordinates["polar_field"], [1e11, 1e12])
    np.testing.assert_array_equal(coordinates["resolution_lmax"], [5, 4])


def test_names_tell_points_apart_and_nothing_else(short, tmp_path):
    one, other = (
        grid(short(), {FIELD: [1e11, 1e12]}),
        grid(short(), {FIELD: np.array([1e12, 3e12])}),
    )
    assert one.names[1] == other.names[0] == short(**{FIELD: 1e12}).fingerprint()
    assert len({*one.names, *other.names}) == 3
    # of files, the content counts
    file = tmp_path / "field.nc"
    run(short(), file)
    base = short(**{"initial.kind": "file", "initial.file": str(file)})
    before = grid(base, {"time.end": [1.0]}).names
    assert before == grid(base, {"time.end": [1.0]}).names != [base.fingerprint()]
    run(short(**{FIELD: 2e12}), file, overwrite=True)
    assert before != grid(base, {"time.end": [1.0]}).names


def test_coordinates_have_the_units_and_the_meaning_of_their_keys(short):
    values = {
        "chiral.delta_mu": [1, 0.01],
        "hall.enabled": [True, False],
        "dissipation.angular_rate": [0.0],
        "output.snapshot_times": [[0.0], [0.0, 1.0]],
        "chiral.convention": ["textbook", "dehman_pons"],
    }
    coordinates = grid(short(), values).coordinates()
    assert coordinates["delta_mu"].attrs["units"] == "1"
    assert coordinates["delta_mu"].attrs["case_units"] == "k_B T"
    assert coordinates["angular_rate"].attrs["units"] == "julian_year^-1"
    assert "beta equilibrium" in coordinates["delta_mu"].attrs["long_name"]
    assert coordinates["delta_mu"].attrs["key"] == "chiral.delta_mu"
    assert coordinates["hall_enabled"].dtype == bool
    assert coordinates["snapshot_times"].values.tolist() == ["[0.0]", "[0.0, 1.0]"]
    assert coordinates["convention"].values.tolist() == ["textbook", "dehman_pons"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "scan: changes nothing"),
        ({"chiral.delta_mu": []}, "chiral.delta_mu = []: must not be empty"),
        ({"chiral.delta_mu": 0.1}, "chiral.delta_mu = 0.1: must be a list of the values to scan"),
        ({"chiral.delta_muu": [0.1]}, "chiral.delta_muu = 0.1: unknown key (did you mean delta_mu"),
        ({FIELD: [1e12, 1e12]}, "scan = {'initial.polar_field': 1000000000000.0}: is there twice"),
        (
            {"resolution.lmax": [4, 8], "resolution.mmax": [0, 6]},
            "resolution.mmax = 6: mmax=6 exceeds lmax=4 (where resolution.lmax = 4)",
        ),
    ],
)
def test_points_that_are_not_allowed_are_refused_before_any_is_run(
    short, values, message, tmp_path
):
    with pytest.raises(ParameterError, match=re.escape(message)):
        scan(short(), values, folder=tmp_path / "points")
    assert list(tmp_path.iterdir()) == []


def test_points_that_nobody_can_run_are_refused_at_once(short, tmp_path):
    values = {key: list(range(1, 1001)) for key in ("time.end", "time.step", FIELD)}
    with pytest.raises(ParameterError) as raised:
        scan(short(), values, folder=tmp_path / "points")
    assert str(raised.value) == "scan: 1000 x 1000 x 1000 points are more than 100000"
    assert list(tmp_path.iterdir()) == []


def test_each_point_of_a_plan_is_looked_at_a_fixed_number_of_times(short, monkeypatch, tmp_path):
    calls, genuine = [], Parameters.replace
    monkeypatch.setattr(Parameters, "replace", lambda *a, **k: calls.append(a) or genuine(*a, **k))
    counts = []
    for number in (20, 40):
        calls.clear()
        grid(short(), {FIELD: [1e11 + i for i in range(number)]})
        counts.append(len(calls))
    assert counts[1] <= 2 * counts[0]


def test_files_are_the_same_wherever_a_point_is_run(short, tmp_path, monkeypatch):
    case = {"chiral.delta_mu_file": "deviation.csv"}
    (tmp_path / "elsewhere").mkdir()
    for folder, value in (("elsewhere", 5.0), (".", 1.0)):
        text = f"radius [km], delta_mu\n8.0, {value}\n11.0, {value}\n"
        (tmp_path / folder / "deviation.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    plan = grid(short(**case), {FIELD: [1e11, 1e12]})
    names = plan.names
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert plan.parameters(0).chiral.delta_mu_file == str(tmp_path / "deviation.csv")
    assert grid(plan.base, {FIELD: [1e11, 1e12]}).names == names
    # a worker that sees another file of that name
    (tmp_path / "deviation.csv").write_text("radius [km], delta_mu\n8.0, 5.0\n11.0, 5.0\n")
    outcome = run_point(plan.parameters(0).to_json(), str(tmp_path / "point.nc"), plan.digests(0))
    assert outcome.status == "failed"
    assert outcome.reason.endswith("is not the file that it was where this was planned")
    assert not (tmp_path / "point.nc").exists()


def test_a_point_whose_file_is_damaged_is_not_taken_for_a_result(short, client, tmp_path):
    table = scan(short(), {FIELD: [1e12, 2e12]}, client, folder=tmp_path)
    path = tmp_path / os.path.basename(str(table["file"][0].values))
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0x10
    path.write_bytes(damaged)
    assert stored_outcome(path) is None
    table = scan(short(), {FIELD: [1e12, 2e12]}, client, folder=tmp_path)
    assert table["status"].values.tolist() == ["failed", "complete"]
    assert "its checksum is not that of its content" in table["reason"][0].item()
    assert path.read_bytes() == damaged


def begun_and_died(path, times):
    for _ in range(times):
        lives.begin(path)


def test_a_point_is_given_up_after_three_deaths_in_a_row(short, tmp_path):
    path, parameters = tmp_path / "run.nc", short().to_json()
    begun_and_died(path, 3)
    outcome = run_point(parameters, str(path))
    assert outcome.status == "given up"
    assert outcome.reason == "the 3 workers that began it died before they saved it"
    assert not path.exists()
    lives.forget(path)
    begun_and_died(path, 2)
    assert run_point(parameters, str(path)) == Outcome("complete")
    assert lives.retries(path) == 2


def test_deaths_between_which_a_point_is_saved_are_of_short_lived_workers(short, tmp_path):
    path, parameters = tmp_path / "run.nc", short(**{"time.end": 3.0})

    def progress(step):
        if step.steps == 3:
            raise KeyboardInterrupt

    begun_and_died(path, 2)
    with pytest.raises(KeyboardInterrupt):
        run(parameters, path, progress)
    begun_and_died(path, 2)
    assert run_point(parameters.to_json(), str(path)) == Outcome("complete")
    assert lives.retries(path) == 4


def test_what_other_workers_began_counts_in_the_dataset(short, client, tmp_path):
    plan = grid(short(), {FIELD: [1e12, 2e12]})
    paths = [tmp_path / f"{name}.nc" for name in plan.names]
    begun_and_died(paths[1], 3)  # of a scan before: this one begins with new lives
    table = run_plan(plan, client, tmp_path)
    assert table["status"].values.tolist() == ["complete", "complete"]
    assert table["retries"].values.tolist() == [0, 0]
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    begun_and_died(paths[1], 3)
    assert run_plan(plan, client, tmp_path)["retries"].values.tolist() == [0, 2]


def test_what_only_this_session_holds_is_refused_before_any_point_is_run(short, tmp_path):
    crust = spectralcmi.build_background(short(), np.linspace(9.0, 10.0, 21))
    rule = "is of this Python session, and other processes lack it; save it and name the file"
    given = spectralcmi.from_dataset(short(), run(short()))
    for base in (with_background(short(), crust), with_initial(short(), given)):
        with pytest.raises(ParameterError, match=rule):
            scan(base, {"time.end": [1.0, 2.0]}, folder=tmp_path / "points")
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_is_gone_is_one_line_and_the_scan_can_go_on(
    short, tmp_path, monkeypatch, capsys
):
    def lost(*arguments):
        raise SchedulerLostError("the scheduler is gone; finished points are kept")

    monkeypatch.chdir(tmp_path)
    write_scan(tmp_path / "fields.toml", short())
    monkeypatch.setattr("spectralcmi.scans.run.run_plan", lost)
    monkeypatch.setattr("spectralcmi.cli.scan._client", lambda *_: contextlib.nullcontext())
    assert main(["scan", "fields.toml", "--quiet"]) == 130
    assert capsys.readouterr().err == (
        "spectralcmi: interrupted; the scheduler is gone; finished points are kept; with another "
        "the same command goes on where the scan was\n"
    )


def test_a_second_scan_on_one_output_is_refused(short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_scan(tmp_path / "fields.toml", short())
    (tmp_path / "runs").mkdir()
    with OutputFile("runs/fields.nc"):
        assert main(["scan", "fields.toml"]) == 5
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith("spectralcmi: runs/fields.nc: another process is writing it (process ")


def test_processes_that_do_not_start_are_one_line(short, monkeypatch):
    def broken(**options):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr("spectralcmi.scans.points.LocalCluster", broken)
    with (
        pytest.raises(InputError, match=r'under `if __name__ == "__main__":`; else one was killed'),
        local_client(grid(short(), {FIELD: [1.0, 2.0]}), workers=2),
    ):
        raise AssertionError("not reached")


SCAN = """
[scan]
case = "case.toml"

[scan.grid]
chiral.delta_mu = [1.0, 1e-2]
"resolution.lmax" = [20, 30]

[time]
end = 5.0
"""


def test_a_scan_is_a_case_with_a_table_more(tmp_path):
    (tmp_path / "case.toml").write_text("[resolution]\nradial_order = 48\n[time]\nend = 7.0\n")
    (tmp_path / "scan.toml").write_text(SCAN)
    plan = load_plan(tmp_path / "scan.toml", {"hall.enabled": False})
    assert (plan.keys, plan.shape) == (("chiral.delta_mu", "resolution.lmax"), (2, 2))
    base = plan.base
    assert (base.resolution.radial_order, base.time.end, base.hall.enabled) == (48, 5.0, False)
    side_by_side = SCAN.replace("scan.grid", "scan.list")
    (tmp_path / "scan.toml").write_text(side_by_side)
    plan = load_plan(tmp_path / "scan.toml")
    assert plan.shape == (2,)
    assert plan.changes(1) == {"chiral.delta_mu": 0.01, "resolution.lmax": 30}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[time]\nend = 5.0\n", "scan: must be a table of keys in "),
        ("[scan]\n", "scan: needs either a grid or a list in "),
        ("[scan]\ngrid = 3\n", "scan.grid = 3: must be a table of keys"),
        ("[scan.grids]\n", "scan.grids: unknown key (known: case, grid, list)"),
        ('[scan]\ncase = "none.toml"\ngrid.time.end = [1.0]\n', "none.toml: no such file"),
        ("[scan]\ncase = 3\ngrid.time.end = [1.0]\n", "scan.case = 3: must be a string"),
        ("[scan.list]\ntime.end = [1.0, 2.0]\nhall.enabled = [true]\n",
         "scan.list.hall.enabled: has 1 values, others have 2"),
        ("[scan.grid]\ntime.end = [1.0, -2.0]\n", "time.end = -2.0: must be greater than 0"),
        ("[scan\n", "not TOML"),
    ],
)  # fmt: skip
def test_a_bad_scan_file_is_one_line_and_leaves_nothing(
    tmp_path, monkeypatch, capsys, text, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scan.toml").write_text(text)
    assert main(["scan", "scan.toml"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["scan.toml"]


# The dataset


def surface(state):
    """A diagnostic of one's own, over radius."""
    return abs(state.on_storage_points()[0]).max(axis=1)


def test_own_diagnostics_are_measured_in_each_run(short, client, tmp_path):
    own = Diagnostic("surface", surface, ("radius",), "G km", "largest P")
    values = {FIELD: [1e12, 3e12]}
    plain = scan(short(), values, client, folder=tmp_path)
    table = scan(short(), values, client, folder=tmp_path, diagnostics=[own])
    assert table["surface"].dims == ("polar_field", "time", "radius")
    expected = run(short(**{FIELD: 3e12}), diagnostics=[own])
    np.testing.assert_array_equal(table["surface"].sel(polar_field=3e12), expected["surface"])
    assert "surface" not in plain
    assert len(list(tmp_path.glob("*.nc"))) == 4


def test_names_without_their_section_where_that_is_clear(short):
    values = {"thermal.lmax": [0], "initial.kind": ["dipole"], "time.end": [1.0]}
    assert grid(short(), values).dims == ("thermal_lmax", "initial_kind", "end")
    base = short(**{"initial.kind": "random", "initial.lmax": 5})
    assert grid(base, {"initial.rms_field": [1e12]}).dims == ("initial_rms_field",)


def test_the_dataset_has_the_runs_along_the_dimensions_of_the_scan(short, client, tmp_path):
    values = {FIELD: [1e12, 3e12], "hall.enabled": [True, False]}
    table = scan(short(), values, client, folder=tmp_path)
    assert table["rms_field"].dims == ("polar_field", "hall_enabled", "time")
    assert table["poloidal"].dims == ("polar_field", "hall_enabled", "snapshot", "radius", "lm")
    assert (table["status"] == "complete").all()
    assert not (table["reason"] != "").any()
    for field in values[FIELD]:
        for hall in values["hall.enabled"]:
            point = table.sel(polar_field=field, hall_enabled=hall)
            point = point.drop_vars(["polar_field", "hall_enabled"])
            expected = run(short(**{FIELD: field, "hall.enabled": hall}))
            xr.testing.assert_equal(
                point.drop_vars(["status", "reason", "retries", "file"]).compute(), expected
            )
            assert open_run(str(point["file"].values)).identical(expected)
    assert table["energy_poloidal"].attrs == expected["energy_poloidal"].attrs


def test_arrays_are_read_when_they_are_asked_for(short, client, tmp_path):
    table = scan(short(), {FIELD: [1e12, 3e12]}, client, folder=tmp_path)
    for name in table.data_vars.keys() - {"status", "reason", "retries", "file"}:
        assert table[name].chunks[0] == (1, 1), name
    os.remove(str(table["file"][1].values))
    assert np.isfinite(table["rms_field"][0].compute()).all()
    with pytest.raises(FileNotFoundError):
        table["rms_field"][1].compute()


def test_points_that_diverge_or_fail_are_nan_with_their_reason(short, client, tmp_path):
    # the second diverges at once; the third has a table that is none
    (tmp_path / "none.nc").write_text("no table")
    points = [
        {},
        {"background.hall_prefactor": 1.0, "time.step": 0.5, FIELD: 1e14},
        {"background.kind": "table", "background.file": str(tmp_path / "none.nc")},
        {FIELD: 2e12},
    ]
    progress = []
    table = scan(short(), points, client, folder=tmp_path / "points", progress=progress.append)
    assert table["status"].values.tolist() == ["complete", "diverged", "failed", "complete"]
    assert table["reason"][1].item().startswith("the run diverged at ")
    assert "none.nc" in table["reason"][2].item()
    assert "\n" not in table["reason"][2].item()
    rms = table["rms_field"].compute()
    assert rms.dims == ("point", "time")
    np.testing.assert_array_equal(np.isnan(rms).all("time"), [False, True, True, False])
    np.testing.assert_array_equal(rms[3], run(short(**{FIELD: 2e12}))["rms_field"])
    assert np.isnan(table["poloidal"][1]).all()
    assert [(p.done, p.without_result) for p in progress][-1] == (4, 2)
    # what the diverged one had computed is there to look at
    assert open_run(table["file"][1].item()).attrs["status"] == "diverged"


def test_a_scan_without_any_result_tells_why(short, client, tmp_path):
    table = scan(short(**{"time.step": 0.5, "background.hall_prefactor": 1.0}),
                 {FIELD: [1e14, 2e14]}, client, folder=tmp_path)  # fmt: skip
    assert table["status"].values.tolist() == ["diverged", "diverged"]
    assert "rms_field" not in table


def test_points_of_other_resolution_and_length_share_what_they_can(short, client, tmp_path):
    points = [{"resolution.lmax": 4}, {"resolution.lmax": 6, "time.end": 2.0}]
    table = scan(short(), points, client, folder=tmp_path).compute()
    np.testing.assert_array_equal(table["time"], [0, 0.5, 1, 1.5, 2])
    np.testing.assert_array_equal(table["degree"], np.arange(1, 7))
    known = np.isfinite(table["spectrum_poloidal"])
    assert known[0, :3, :4].all()
    assert known[1].all()
    assert known.sum() == 3 * 4 + 5 * 6
    # degrees on another grid of coefficients are in the files alone
    assert table.attrs["left_out"] == "poloidal toroidal"
    assert "radius" in table.coords
    table = scan(short(), {"resolution.radial_order": [12, 14]}, client, folder=tmp_path)
    assert "radius" not in table.coords
    assert table["rms_field"].sizes == {"radial_order": 2, "time": 3}


def test_envelopes_and_gaps_are_scanned(client, tmp_path):
    base = Parameters().replace(
        {
            "thermal.enabled": True,
            "thermal.initial_temperature": 5e8,
            "chiral.enabled": False,
            "initial.polar_field": 1.0,
            "resolution.lmax": 1,
            "time.end": 0.02,
            "output.series_interval": 0.02,
            "output.snapshot_times": [],
        }
    )
    values = {"thermal.envelope": ["ppp15", "gpe83"], "thermal.neutron_gap": ["sfb", "none"]}
    table = scan(base, values, client, folder=tmp_path).compute()
    assert (table["status"] == "complete").all()
    assert table["T_b"].dims == ("envelope", "neutron_gap", "time")
    start = table.isel(time=0)
    light, heat = start["L_gamma_inf"], start["thermal_energy"]
    # the same temperature below, no field to speak of: fits that agree to 7 % in T_s
    ratio = (light.sel(envelope="gpe83") / light.sel(envelope="ppp15")).values
    assert np.all(abs(ratio - 1) > 1e-3)
    assert np.all(abs(ratio - 1) < 1.07**4 - 1)
    np.testing.assert_array_equal(*light.transpose("neutron_gap", "envelope").values)
    # neutrons that pair keep no heat, whatever the envelope
    assert (heat.sel(neutron_gap="none") > 1.0001 * heat.sel(neutron_gap="sfb")).all()
    np.testing.assert_array_equal(*heat.values)


# Never twice


def test_finished_points_are_never_run_twice(short, client, tmp_path, monkeypatch):
    folder = tmp_path / "points"
    diverging = {"time.step": 0.5, "background.hall_prefactor": 1.0}
    first = scan(short(), [{}, {**diverging, FIELD: 1e14}], client, folder=folder)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    monkeypatch.setattr("spectralcmi.runs.run.run", lambda *a, **k: pytest.fail("run again"))
    again = scan(short(), [{}, {**diverging, FIELD: 1e14}], client, folder=folder)
    xr.testing.assert_identical(again.compute(), first.compute())
    monkeypatch.undo()
    # another scan with points of this one runs the others alone
    scan(short(), {FIELD: [1e12, 2e12]}, client, folder=folder)
    assert len(list(folder.iterdir())) == 3
    for path, changed in before.items():
        assert path.stat().st_mtime_ns == changed


def test_an_interrupted_point_goes_on_where_it_was(short, tmp_path):
    parameters, path = short(**{"time.end": 3.0}), tmp_path / "run.nc"
    expected = run(parameters)

    def progress(step):
        if step.steps == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(parameters, path, progress)
    assert run_point(parameters.to_json(), str(path)) == Outcome("complete")
    xr.testing.assert_identical(open_run(path), expected)


def test_a_worker_that_fails_is_one_line(short, tmp_path):
    path = tmp_path / "none" / "run.nc"
    outcome = run_point(short().to_json(), str(path))
    assert outcome.status == "failed"
    assert "No such file or directory" in outcome.reason


# Processes


@pytest.fixture(scope="module")
def local(short):
    """Client of two processes, as the command starts them."""
    with local_client(grid(short(), {FIELD: [1.0, 2.0]}), workers=2) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        yield client


def wait_for(condition):
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_workers_are_spawned_with_one_thread_each(local):
    workers = local.scheduler_info(n_workers=-1)["workers"].values()
    assert [worker["nthreads"] for worker in workers] == [1, 1]
    threads = local.run(lambda: os.environ["OMP_NUM_THREADS"])
    assert set(threads.values()) == {"1"}
    # a forked one would have this process's modules at hand
    loaded = local.run(lambda: "pytest" in sys.modules)
    assert not any(loaded.values())


def long_case(short):
    """A run of some hundred steps."""
    return short(**{"time.end": 80.0, "output.series_interval": 20.0})


def test_a_worker_killed_in_the_middle_costs_its_point_alone_which_is_retried(
    short, local, tmp_path
):
    base, values = long_case(short), {FIELD: [1e12, 1.1e12, 1.2e12, 1.3e12]}
    plan = grid(base, values)
    files = [tmp_path / f"{name}.nc" for name in plan.names]
    killed, finished = [], {}

    def kill_a_worker_that_is_at_work(progress):
        # when the first point is done, another is in the middle
        if progress.done < 1 or killed:
            return
        finished.update({f: f.stat().st_mtime_ns for f in files if is_complete(f)})
        busy = {w: keys for w, keys in local.processing().items() if keys}
        address = next(iter(busy))
        killed.append(address)
        pids = local.run(os.getpid)
        os.kill(pids[address], signal.SIGKILL)

    table = run_plan(plan, local, tmp_path, kill_a_worker_that_is_at_work)
    assert killed
    assert (table["status"] == "complete").all()
    assert finished
    for file, changed in finished.items():
        assert file.stat().st_mtime_ns == changed
    for index, field in enumerate(values[FIELD]):
        expected = run(base.replace({FIELD: field}))
        np.testing.assert_array_equal(table["rms_field"][index], expected["rms_field"])


def is_complete(path):
    return path.exists() and open_run(path).attrs["status"] == "complete"


@pytest.fixture
def never_done(monkeypatch):
    """Points that nobody ends, looked for without a pause."""
    monkeypatch.setattr(points, "_PAUSE", 0.0)
    monkeypatch.setattr(points, "_BETWEEN_LOOKS", 0.0)
    return SimpleNamespace(is_empty=lambda: False, has_ready=lambda: False)


def test_processes_that_die_whenever_they_start_are_one_line(never_done, monkeypatch):
    replaced = []
    monkeypatch.setattr(points, "_has_workers", lambda client: True)
    monkeypatch.setattr(points, "_dead", lambda client: {"0"})
    monkeypatch.setattr(points, "_replace", lambda client, name: replaced.append(name))
    with pytest.raises(InputError, match="die as they start; finished points are kept"):
        next(points._completed(never_done, None))
    assert len(replaced) == points.LARGEST_NUMBER_OF_LOSSES


def test_a_cluster_without_processes_is_not_waited_for_for_ever(never_done, monkeypatch):
    looks = iter([True])  # there was one at first
    monkeypatch.setattr(points, "_has_workers", lambda client: next(looks, False))
    monkeypatch.setattr(points, "_dead", lambda client: set())
    monkeypatch.setattr(points, "LONGEST_WITHOUT_WORKERS", 0.01)
    with pytest.raises(SchedulerLostError, match=r"has lived for 0\.01 s; finished points"):
        next(points._completed(never_done, None))


@pytest.mark.slow  # four processes have to be started
def test_workers_that_die_while_they_start_are_replaced(short, tmp_path):
    plan = grid(short(), {FIELD: [1e12, 2e12]})
    with local_client(plan, workers=2) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        nannies = list(client.cluster.workers.values())
        first = {nanny.pid for nanny in nannies}
        for process in first:
            os.kill(process, signal.SIGKILL)
        for nanny in nannies:  # their successors, before they report for work
            wait_for(lambda nanny=nanny: nanny.pid and nanny.pid not in first)
            os.kill(nanny.pid, signal.SIGKILL)
        table = run_plan(plan, client, tmp_path)
    assert (table["status"] == "complete").all()


@pytest.mark.slow  # three processes have to be started again
def test_a_point_that_kills_its_workers_is_given_up_and_harms_no_other(short, local, tmp_path):
    def deadly(state):  # known to the workers by its content, as all functions inside others
        if abs(state.poloidal).max() > limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    fields = [1e12, 1.1e12, 2e12, 1.2e12, 1.3e12]
    limit = abs(run_start(short(**{FIELD: 1.5e12})).poloidal).max()
    own = Diagnostic("deadly", deadly, (), "1", "kills")
    table = run_plan(grid(short(), {FIELD: fields}), local, tmp_path, diagnostics=[own])
    assert table["status"].values.tolist() == [*["complete"] * 2, "given up", *["complete"] * 2]
    assert table["retries"].values[2] == 3
    assert "died before they saved it" in table["reason"].values[2]


def run_start(parameters):
    """The field that a run begins with."""
    states = []
    own = Diagnostic("start", lambda state: states.append(state) or 0.0, (), "1", "start")
    run(parameters, diagnostics=[own])
    return states[0]


@pytest.mark.slow  # a scheduler and a worker of their own
def test_a_scheduler_that_dies_is_one_line(short, tmp_path, monkeypatch):
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    write_scan(tmp_path / "fields.toml", long_case(short).replace({"time.end": 8000.0}))
    work = ["--local-directory", str(tmp_path / "dask"), "--no-dashboard"]
    command = [sys.executable, "-m", "spectralcmi.cli", "scan", "fields.toml", "--quiet"]
    with (
        started(
            "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        ) as scheduler,
        started("worker", address, "--nthreads", "1", *work),
        process_group([*command, "--scheduler", address], tmp_path) as process,
    ):
        wait_for(lambda: list((tmp_path / "runs" / "fields").glob(".*.nc.lock")))
        scheduler.kill()
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err.count("\n")) == (130, 1)
    assert err.startswith("spectralcmi: interrupted; the scheduler is gone; finished points are")


@contextlib.contextmanager
def started(*command):
    """A process as a user starts it, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *command],
        env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_scheduler_and_a_worker_started_by_hand_do(short, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    write_scan(tmp_path / "fields.toml", short())
    work = ["--local-directory", str(tmp_path / "dask"), "--no-dashboard"]
    with (
        started("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        started("worker", address, "--nthreads", "1", *work),
    ):
        assert main(["scan", "fields.toml", "--scheduler", address]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    *told, last = err.splitlines()
    assert last == "spectralcmi: runs/fields.nc: 3 points, 3 complete, 0 diverged, 0 failed"
    # as many lines as it takes time
    assert (told[0], told[-1]) == ("spectralcmi: 0/3 points", "spectralcmi: 3/3 points")
    with xr.open_dataset("runs/fields.nc", engine="h5netcdf") as table:
        assert table["rms_field"].dims == ("polar_field", "time")
        expected = run(short(**{FIELD: 3e12}))
        np.testing.assert_array_equal(table["rms_field"][2], expected["rms_field"])


def write_scan(path, parameters, fields=(1e12, 2e12, 3e12)):
    """Scan file of some fields, its base case inline."""
    background, resolution = parameters.background, parameters.resolution
    path.write_text(
        f"[scan.grid]\n{FIELD} = {list(fields)}\n"
        "[background]\n"
        + "\n".join(f"{k} = {v!r}" for k, v in background.model_dump().items())
        + f"\n[resolution]\nlmax = {resolution.lmax}\nradial_order = {resolution.radial_order}\n"
        f"[time]\nend = {parameters.time.end}\ntolerance = {parameters.time.tolerance}\n"
        f"[output]\nseries_interval = {parameters.output.series_interval}\nsnapshot_times = [0.0]\n"
    )


def test_no_scheduler_is_one_line(short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_scan(tmp_path / "fields.toml", short())
    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
        assert main(["scan", "fields.toml", "--scheduler", f"tcp://127.0.0.1:{free_port()}"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("spectralcmi: --scheduler = 'tcp://127.0.0.1:")
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["fields.toml"]


@pytest.mark.parametrize("address", ["foo", "http://127.0.0.1:8786", "tcp://127.0.0.1"])
def test_what_is_no_scheduler_is_one_line_at_once(short, tmp_path, monkeypatch, capsys, address):
    monkeypatch.chdir(tmp_path)
    write_scan(tmp_path / "fields.toml", short())
    assert main(["scan", "fields.toml", "--scheduler", address]) == 2
    expected = f"spectralcmi: --scheduler = '{address}': is not like tcp://HOST:PORT\n"
    assert capsys.readouterr().err == expected


@pytest.mark.slow  # several scans in processes of their own
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)]
)
def test_a_scan_interrupted_anywhere_goes_on_where_it_was(short, tmp_path, number):
    base = long_case(short)
    fields = [1e12, 1.5e12, 2e12, 2.5e12, 3e12]
    write_scan(tmp_path / "fields.toml", base, fields)
    command = [sys.executable, "-m", "spectralcmi.cli", "scan", "fields.toml", "--workers", "2"]
    folder = tmp_path / "runs" / "fields"
    with process_group(command, tmp_path) as process:
        # one point is finished, another in the middle
        wait_for(lambda: list(folder.glob("*.nc")) and list(folder.glob(".*.nc.lock")))
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does, to the workers too
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
        if number == signal.SIGINT:
            assert process.returncode == 130
            assert err.endswith("interrupted; the same command goes on where the scan was\n")
        wait_for(lambda: not is_any_alive(process.pid))
    assert not (tmp_path / "runs" / "fields.nc").exists()
    finished = {f: f.stat().st_mtime_ns for f in folder.glob("*.nc") if is_complete(f)}
    assert finished
    assert len(finished) < len(fields)
    again = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (again.returncode, again.stdout) == (0, "")
    for file, changed in finished.items():
        assert file.stat().st_mtime_ns == changed
    with xr.open_dataset(tmp_path / "runs" / "fields.nc", engine="h5netcdf") as table:
        expected = run(base.replace({FIELD: fields[-1]}))
        np.testing.assert_array_equal(table["rms_field"][-1], expected["rms_field"])
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["fields", "fields.nc"]


@contextlib.contextmanager
def process_group(command, folder):
    """A process that leads a group of its own, which ends with the block."""
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True,
        process_group=0,
    )  # fmt: skip
    try:
        yield process
    finally:
        if is_any_alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def is_any_alive(group):
    """Whether a process of a group lives."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# The command


def test_an_output_that_is_no_scan_is_not_overwritten(short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_scan(tmp_path / "fields.toml", short())
    run(short(), tmp_path / "run.nc")
    before = (tmp_path / "run.nc").read_bytes()
    assert main(["scan", "fields.toml", "--output", "run.nc"]) == 2
    assert capsys.readouterr().err == "spectralcmi: run.nc: is there already, and not of a scan\n"
    assert (tmp_path / "run.nc").read_bytes() == before
    assert main(["scan", "fields.toml", "--output", "noSuffix"]) == 2
    assert "needs a suffix" in capsys.readouterr().err
    assert main(["scan", "fields.toml", "--workers", "0"]) == 2
    assert capsys.readouterr().err == "spectralcmi: --workers = 0: must be at least 1\n"


def test_without_dask_a_scan_says_what_to_install():
    code = (
        "import sys; sys.modules['dask'] = None; sys.modules['dask.distributed'] = None\n"
        "from spectralcmi.cli import main; sys.exit(main(['scan', 'scan.toml']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "python -m pip install 'spectralcmi[scan]'" in ended.stderr


def test_what_only_workers_need_is_not_loaded_by_the_parent():
    code = (
        "import sys, spectralcmi.scans.points, spectralcmi.scans.worker; "
        "print({'spectralcmi.runs.loop', 'dask.array', 'scipy'} & sys.modules.keys())"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
