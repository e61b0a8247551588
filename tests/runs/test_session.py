"""Runs from Python: case files by name, bars, interrupts, profiles that are no file."""

import os
import signal
import sys

import numpy as np
import pytest

import spectralcmi as cmi
from spectralcmi.case.text import commented_case
from spectralcmi.errors import InputError
from spectralcmi.profiles import given_table
from spectralcmi.runs.session import resume, run


def test_a_case_file_is_run_by_its_name_and_its_bar_ends_at_the_end(small_case, tmp_path, capsys):
    (tmp_path / "case.toml").write_text(commented_case(small_case()))
    dataset = run(tmp_path / "case.toml", progress=True)
    assert "6/6 yr" in capsys.readouterr().err
    np.testing.assert_array_equal(dataset["rms_field"], run(small_case())["rms_field"])
    assert capsys.readouterr().err == ""  # without being asked, only where somebody types
    with pytest.raises(InputError, match="parameters is a int, neither"):
        run(3)


def interrupting_after(steps):
    def watch(progress):
        if progress.steps == steps:
            os.kill(os.getpid(), signal.SIGINT)

    return watch


def test_an_interactive_session_gets_what_there_is(small_case, tmp_path, capsys, monkeypatch):
    path = tmp_path / "run.nc"
    with pytest.raises(KeyboardInterrupt, match="would save it"):
        run(small_case(), progress=interrupting_after(10))
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    dataset = run(small_case(), path, interrupting_after(20))
    assert dataset.attrs["status"] == "interrupted"
    assert 0 < dataset.sizes["time"] < 13
    assert f"resume({str(path)!r}) goes on" in capsys.readouterr().err
    part = run(small_case(), progress=interrupting_after(20))
    assert part.equals(dataset)
    assert "run(..., output=FILE) would save it" in capsys.readouterr().err
    whole = resume(path, progress=False)
    assert whole.equals(run(small_case(), progress=False))


def raising_after(steps):
    def watch(progress):
        if progress.steps == steps:
            raise ZeroDivisionError("of the user's own")

    return watch


def test_what_a_function_of_ones_own_raises_costs_nothing(small_case, tmp_path):
    path, whole = tmp_path / "run.nc", run(small_case())
    with pytest.raises(ZeroDivisionError, match="of the user's own"):
        run(small_case(), path, raising_after(20))
    saved = cmi.open_run(path)
    assert (saved.attrs["status"], saved.sizes["time"] > 1) == ("interrupted", True)
    assert resume(path).equals(whole)
    with pytest.raises(ZeroDivisionError):  # there is nothing to save, and that is no other error
        run(small_case(), progress=raising_after(20))


def test_a_diagnostic_that_fails_on_the_way_costs_nothing(small_case, tmp_path):
    def fragile(state):
        if state.time > 2.0:
            raise ZeroDivisionError("too late")
        return state.time

    def sound(state):
        return state.time

    path = tmp_path / "run.nc"
    for function in (fragile, sound):
        own = cmi.Diagnostic("mine", function, (), "1", "a measure of my own")
        if function is fragile:
            with pytest.raises(ZeroDivisionError, match="too late"):
                run(small_case(), path, diagnostics=[own])
            np.testing.assert_array_equal(cmi.open_run(path)["mine"], [0, 0.5, 1, 1.5, 2])
        else:
            assert resume(path, diagnostics=[own]).equals(run(small_case(), diagnostics=[own]))


@pytest.fixture(scope="module")
def crust():
    """Profiles of a shell with rates, on a few radii."""
    parameters = cmi.Parameters(background={"kind": "gourgouliatos_cumming"})
    return cmi.build_background(parameters, np.linspace(9.0, 10.0, 41))


def short_case(small_case):
    return small_case(**{"time.end": 1.0, "output.snapshot_times": [0.0, 1.0]})


def test_a_background_is_a_dataset_and_the_run_goes_on_without_it(
    small_case, crust, tmp_path, monkeypatch
):
    case, path = short_case(small_case), tmp_path / "run.nc"
    crust.to_netcdf(tmp_path / "crust.nc", engine="h5netcdf")
    table = {"background": {"kind": "table", "file": str(tmp_path / "crust.nc")}}
    of_file = run(case.replace(table))
    dataset = run(case, path, background=crust)
    for name in ("rms_field", "chiral_power", "mean_k5"):
        np.testing.assert_array_equal(dataset[name], of_file[name])
    # another process knows nothing but the file
    monkeypatch.setattr(given_table, "_known", {})
    longer = resume(path, {"time.end": 1.5})
    reference = run(case.replace({**table, "time.end": 1.5}))
    # the run that was extended has 1 yr among its times, as both have
    np.testing.assert_array_equal(longer["rms_field"], reference["rms_field"])
    monkeypatch.setattr(given_table, "_known", {})
    k5 = cmi.field(cmi.open_run(path), k5=True)["k5"]
    np.testing.assert_array_equal(k5, cmi.field(reference, k5=True)["k5"])


def test_a_table_that_nobody_gave_is_one_line(small_case):
    case = small_case().replace({"background": {"kind": "table", "file": "dataset:none"}})
    with pytest.raises(InputError, match=r"background.file = 'dataset:none': no such table"):
        run(case)
    with pytest.raises(InputError, match="background is a dict, not a Dataset with a radius"):
        run(small_case(), background={})


def test_profiles_that_lack_something_are_one_line(small_case, crust):
    with pytest.raises(InputError, match="lacks the variable magnetic_diffusivity"):
        run(small_case(), background=crust.drop_vars("magnetic_diffusivity"))


def test_tables_are_told_apart_by_their_content(small_case, crust):
    names = [
        given_table.with_background(small_case(), table).background.file
        for table in (crust, crust.copy(deep=True), crust.assign(weak_rate=2 * crust["weak_rate"]))
    ]
    assert names[0] == names[1] != names[2]
