"""Going on with a run: bit by bit, further, at another resolution, with other terms."""

import json
import shutil

import h5py
import numpy as np
import pytest
import xarray as xr

from spectralcmi.build import build_basis
from spectralcmi.case.parameters import ParameterError
from spectralcmi.cli import main
from spectralcmi.errors import DivergedError
from spectralcmi.runs.checkpoint import CHECKPOINT_GROUP, open_stored_run
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.files import RunFileError
from spectralcmi.runs.output_file import OutputFile, OutputInUseError
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from tests.runs.interrupted import interrupted_run


@pytest.fixture(scope="module")
def whole(small_case, tmp_path_factory):
    """Parameters and dataset of a run that was not interrupted."""
    path = tmp_path_factory.mktemp("whole") / "run.nc"
    parameters = small_case()
    return parameters, run(parameters, path), path.read_bytes()


@pytest.fixture(scope="module")
def partial_run(whole, tmp_path_factory):
    """The same, interrupted; to be copied."""
    return interrupted_run(whole[0], tmp_path_factory.mktemp("partial") / "run.nc", 12)


@pytest.fixture
def partial(partial_run, tmp_path):
    return shutil.copy(partial_run, tmp_path / "run.nc")


@pytest.fixture
def complete(whole, tmp_path):
    (tmp_path / "run.nc").write_bytes(whole[2])
    return tmp_path / "run.nc"


def changes(dataset):
    return json.loads(dataset.attrs["changes"])


# To the end


@pytest.mark.parametrize("after", [1, 17])
def test_a_resumed_run_is_the_uninterrupted_one(whole, tmp_path, after):
    parameters, dataset, content = whole
    path = interrupted_run(parameters, tmp_path / "run.nc", after)
    xr.testing.assert_identical(resume(path), dataset)
    # the checkpoint in it too, and how it is laid out
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["run.nc"]


@pytest.mark.parametrize(
    "change",
    [
        # the paper's star, with the feedback of E.B on the chiral asymmetry, in three dimensions
        {"background.kind": "neutron_star", "resolution.mmax": 2, "resolution.radial_order": 24,
         "initial.kind": "random", "initial.lmax": 3, "initial.rms_field": 1e15},
        {"time.step": 0.2, "time.scheme": "ark4"},
        {"hall.enabled": False, "chiral.enabled": False},
    ],
    ids=["star", "fixed step", "Ohmic decay alone"],
)  # fmt: skip
def test_whatever_is_evolved_a_resumed_run_is_the_same(small_case, tmp_path, change):
    parameters = small_case(**change, **{"time.end": 2.0, "output.series_interval": 1.0})
    path = interrupted_run(parameters, tmp_path / "run.nc", 1)
    resume(path)
    run(parameters, tmp_path / "whole.nc")
    assert path.read_bytes() == (tmp_path / "whole.nc").read_bytes()


def test_a_run_can_be_interrupted_again_and_again(whole, tmp_path):
    parameters, _, content = whole
    path = interrupted_run(parameters, tmp_path / "run.nc", 1)
    for after in (2, 8):

        def progress(step, after=after):
            if step.steps == after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            resume(path, progress=progress)
    resume(path)
    assert path.read_bytes() == content


def test_a_finished_run_is_left_alone(whole, complete):
    xr.testing.assert_identical(resume(complete), whole[1])
    with pytest.raises(ParameterError, match=r"resolution.lmax = 6: the run is complete to 6 yr"):
        resume(complete, {"resolution.lmax": 6})
    assert complete.read_bytes() == whole[2]


# Further


@pytest.mark.parametrize("end", [6.0, 4.0])
def test_an_extended_run_is_the_longer_one(whole, small_case, tmp_path, end):
    # both ends are times of the longer run's series, on which it lands as well
    path = tmp_path / "run.nc"
    run(small_case(**{"time.end": end}), path)
    longer = resume(path, {"time.end": 8.0})
    expected = run(small_case(**{"time.end": 8.0}))
    xr.testing.assert_identical(longer, expected)
    assert "changes" not in longer.attrs


def test_an_unfinished_run_can_be_extended_and_shortened(partial, small_case):
    expected = run(small_case(**{"time.end": 4.25}))
    xr.testing.assert_identical(resume(partial, {"time.end": 4.25}), expected)


IN_THREE_DIMENSIONS = {
    "resolution.lmax": 3, "resolution.mmax": 3, "initial.kind": "random", "initial.lmax": 3,
}  # fmt: skip


@pytest.mark.parametrize("grid", ["auto", "global"])
@pytest.mark.parametrize("change", [{}, IN_THREE_DIMENSIONS], ids=["axisymmetric", "3D"])
def test_an_end_between_output_times_stays_in_the_series_and_changes_nothing(
    small_case, tmp_path, grid, change
):
    path = tmp_path / "run.nc"
    case = small_case(**change, **{"resolution.radial_grid": grid, "time.end": 2.2})
    run(case, path)
    longer = resume(path, {"time.end": 4.0})
    np.testing.assert_allclose(longer["time"], [0, 0.5, 1, 1.5, 2, 2.2, 2.5, 3, 3.5, 4])
    assert "changes" not in longer.attrs
    # the step that passed the old end was not taken, but repeated
    expected = run(case.replace({"time.end": 4.0}), tmp_path / "whole.nc")
    longer = longer.sel(time=expected["time"])
    for name in expected.variables.keys() - {"budget_residual"}:  # which is a mean since then
        np.testing.assert_array_equal(longer[name], expected[name], err_msg=name)
    stored, whole = (open_stored_run(file).checkpoint for file in (path, tmp_path / "whole.nc"))
    np.testing.assert_array_equal(stored.coefficients, whole.coefficients)
    assert stored.controller == whole.controller


def test_an_extended_run_keeps_its_breakpoints(small_case, tmp_path):
    # chiral waves that will have grown by the later end alone, with exponents eta k5^2/4 t of 2.5
    # and 5, so that the rule `auto` would make smaller elements for it
    path = tmp_path / "run.nc"
    growing = {
        "background.chiral_wavenumber": 100.0, "chiral.k5_max": 1e4, "hall.enabled": False,
        "resolution.lmax": 1, "resolution.radial_order": "auto", "time.end": 1.0,
    }  # fmt: skip
    case = small_case(**growing)
    run(case, path)
    kept = list(open_run(path).attrs["breakpoints_km"])
    assert len(build_basis(case.replace({"time.end": 2.0})).breakpoints) > len(kept)
    longer = resume(path, {"time.end": 2.0})
    assert list(longer.attrs["breakpoints_km"]) == kept
    expected = run(case.replace({"time.end": 2.0, "resolution.radial_grid": kept}))
    for name in expected.variables:
        np.testing.assert_array_equal(longer[name], expected[name], err_msg=name)


def test_a_run_that_was_interrupted_after_its_last_step_becomes_complete(whole, tmp_path):
    parameters, dataset, content = whole
    path = interrupted_run(parameters, tmp_path / "run.nc", dataset["accepted_steps"][-1])
    assert open_run(path).attrs["status"] == "interrupted"
    assert open_run(path)["time"][-1] == parameters.time.end
    resume(path)
    assert path.read_bytes() == content


def test_an_end_that_is_past_is_refused(partial):
    before = partial.read_bytes()
    with pytest.raises(ParameterError, match=r"time.end = 0.5: the run has come to 1\.\d+ yr"):
        resume(partial, {"time.end": 0.5})
    assert partial.read_bytes() == before


# At another resolution

FINER = {"resolution.lmax": 8, "resolution.radial_order": 20}


def test_a_finer_resolution_keeps_the_field_and_its_history(whole, partial):
    before = open_stored_run(partial)
    finer = resume(partial, FINER)
    (change,) = changes(finer)
    assert change["time"] == before.time
    assert change["changed"] == {"resolution.lmax": [5, 8], "resolution.radial_order": [12, 20]}
    # Spectral interpolation loses nothing that was resolved: what is lost is what the map of the
    # radius and the scheme's boundary conditions don't represent.
    assert abs(change["energy_ratio"] - 1) < 1e-9
    past = before.dataset.sizes["time"]
    for name in ("rms_field", "time_step", "energy_poloidal"):
        np.testing.assert_array_equal(finer[name][:past], before.dataset[name])
    spectrum = finer["spectrum_poloidal"]
    assert spectrum.sizes == {"time": 13, "degree": 8}
    np.testing.assert_array_equal(spectrum[:past, :5], before.dataset["spectrum_poloidal"])
    assert (spectrum[:past, 5:] == 0).all()
    assert (spectrum[-1, 5:] > 0).any()
    # the future is nearly the same: lmax is where the angular dissipation acts
    np.testing.assert_allclose(finer["rms_field"], whole[1]["rms_field"], rtol=1e-3)


def test_snapshots_are_interpolated_with_the_field(partial, small_case):
    finer = resume(partial, {**FINER, "resolution.mmax": 1})
    # 4 elements, whose neighbours share one of 8 radii
    assert finer["poloidal"].shape == (2, 4 * 7 + 1, 16)
    expected = run(small_case(**FINER, **{"resolution.mmax": 1, "time.end": 0.5}))
    start = expected["poloidal"][0]
    # the first snapshot is a cubic of the radius in a single degree, in any resolution the same
    np.testing.assert_allclose(finer["poloidal"][0], start, atol=1e-9 * float(abs(start).max()))


def test_a_coarser_resolution_needs_another_file(partial, tmp_path):
    before = partial.read_bytes()
    coarser, coarse = {"resolution.lmax": 3}, tmp_path / "coarse.nc"
    with pytest.raises(ParameterError, match=r"--output: is required"):
        resume(partial, coarser)
    dataset = resume(partial, coarser, coarse)
    assert partial.read_bytes() == before
    xr.testing.assert_identical(open_run(coarse), dataset)
    assert dataset.sizes["degree"] == 3
    (change,) = changes(dataset)
    field = open_stored_run(partial).field()
    energy = sum(field.square_integrals)
    lost = energy[field.shell.columns.degree > 3].sum() / energy.sum()
    # the difference of a ratio from 1, of which 4e-7 is left: six digits of sixteen
    np.testing.assert_allclose(1 - change["energy_ratio"], lost, rtol=1e-6)
    with pytest.raises(RunFileError, match=r"coarse\.nc: is there already"):
        resume(partial, coarser, coarse)


def test_a_run_that_changed_on_its_way_resumes_bit_by_bit_too(partial, tmp_path):
    copy = shutil.copy(partial, tmp_path / "copy.nc")

    def progress(step):
        if step.steps == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resume(partial, FINER, progress=progress)
    resume(partial)
    resume(copy, FINER)
    assert partial.read_bytes() == copy.read_bytes()
    # and is no run of its last parameters
    with pytest.raises(RunFileError, match=r"holds a run whose resolution.\w+ changed on its way"):
        run(open_stored_run(partial).parameters, partial)


# With other terms


@pytest.mark.parametrize(
    "change",
    [
        {"background.chiral_wavenumber": 3.0},
        {"boundary.inner": "zero_toroidal"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_changes_must_be_allowed_and_are_noted(partial, change):
    before = partial.read_bytes()
    ((key, value),) = change.items()
    with pytest.raises(ParameterError, match=rf"^{key} = .*: the run has .*; --allow-change"):
        resume(partial, change)
    assert partial.read_bytes() == before
    dataset = resume(partial, change, allow_change=True)
    (noted,) = changes(dataset)
    assert noted["changed"][key][1] == value
    assert dataset.attrs["status"] == "complete"


def test_a_change_has_its_effect(partial, whole):
    # no Hall drift any more: an axisymmetric field then keeps its degrees apart
    dataset = resume(partial, {"hall.enabled": False}, allow_change=True)
    assert dataset["rms_field"][-1] != whole[1]["rms_field"][-1]
    assert changes(dataset)[0]["energy_ratio"] == 1.0


def test_a_fixed_step_can_take_the_place_of_an_adaptive_one(partial):
    dataset = resume(partial, {"time.step": 0.0625}, allow_change=True)
    assert (dataset["time_step"][-6:] == 0.0625).all()


def test_a_diverged_run_can_go_on_in_smaller_steps(small_case, tmp_path):
    path = tmp_path / "run.nc"
    smallest = float(run(small_case())["time_step"][1:].min())
    with pytest.raises(DivergedError):
        run(small_case(**{"time.smallest_step": 1.01 * smallest}), path)
    dataset = resume(path, {"time.smallest_step": 0.0}, allow_change=True)
    assert dataset.attrs["status"] == "complete"
    assert "reason" not in dataset.attrs


def test_the_initial_field_and_the_radii_are_what_they_are(partial):
    before = partial.read_bytes()
    with pytest.raises(ParameterError, match=r"initial.polar_field = .*: the run has begun, with"):
        resume(partial, {"initial.polar_field": 3e12}, allow_change=True)
    with pytest.raises(RunFileError, match=r"its radii are not 9\.0+ and 11\.0+ km"):
        resume(partial, {"background.outer_radius": 11.0}, allow_change=True)
    with pytest.raises(ParameterError, match=r"time.ende = 9.0: unknown key"):
        resume(partial, {"time.ende": 9.0})
    assert partial.read_bytes() == before


def test_a_table_that_changed_is_a_change(small_case, tmp_path):
    table, path = tmp_path / "crust.nc", tmp_path / "run.nc"

    def save_table(diffusivity):
        profiles = {
            "magnetic_diffusivity": (diffusivity, "km2/yr"),
            "hall_prefactor": (1e-2, "km2 yr-1 (1e12 G)-1"),
            "chiral_wavenumber": (2.0, "1/km"),
        }
        xr.Dataset(
            {k: ("radius", np.full(30, v), {"units": u}) for k, (v, u) in profiles.items()},
            {"radius": ("radius", np.linspace(9.0, 10.0, 30), {"units": "km"})},
        ).to_netcdf(table, engine="h5netcdf")

    save_table(1e-3)
    case = small_case(**{"background.kind": "table", "background.file": str(table)})
    interrupted_run(case, path, 3)
    resume(path, {"time.end": 2.0})
    save_table(2e-3)
    with pytest.raises(ParameterError, match=r"background.file = 'SHA-256 .*: the run has SHA-256"):
        resume(path, {"time.end": 3.0})
    dataset = resume(path, {"time.end": 3.0}, allow_change=True)
    assert changes(dataset)[0]["changed"].keys() == {"background.file"}
    table.unlink()
    with pytest.raises(ParameterError, match=r"background.file = .*: cannot be read: No such"):
        resume(path, {"time.end": 4.0})


# Files that can't be gone on with


def attribute(name, old, new, groups=("/", CHECKPOINT_GROUP)):
    """Change of a text in an attribute of some groups."""

    def change(file):
        for group in groups:
            file[group].attrs[name] = file[group].attrs[name].replace(old, new)

    return change


def replaced(name, values):
    """Change of the values of a variable."""

    def change(file):
        file[name][...] = values

    return change


def without(name):
    """Removal of a variable or a group."""

    def change(file):
        del file[name]

    return change


def schema(group):
    def change(file):
        file[group].attrs["schema_version"] = 99

    return change


def other_breakpoints(file):
    file.attrs["breakpoints_km"] = file.attrs["breakpoints_km"][[0, -1]]


SPOILT = {
    "another schema": schema("/"),
    "another schema of the checkpoint": schema(CHECKPOINT_GROUP),
    "no checkpoint": without(CHECKPOINT_GROUP),
    "a checkpoint without its numbers": without(f"{CHECKPOINT_GROUP}/controller"),
    "no series": without("time"),
    "a checkpoint of another case": attribute("parameters", "6.0", "7.0", [CHECKPOINT_GROUP]),
    "a case of another checkpoint": attribute("parameters", "6.0", "7.0", ["/"]),
    "parameters that are none": attribute("parameters", "{", "["),
    "parameters that are unknown": attribute("parameters", '"delta_mu"', '"delta_muu"'),
    "another resolution": attribute("parameters", '"lmax":5', '"lmax":4'),
    "other breakpoints": other_breakpoints,
    "numbers that are none": replaced(f"{CHECKPOINT_GROUP}/coefficients", np.nan),
    "series from after the checkpoint": replaced("time", 100.0),
    "an unknown status": attribute("status", "interrupted", "unsure", ["/"]),
}


def refused(capsys, path, *command):
    """Assert that a command refuses a file in one line, and leaves all as it was."""
    before = path.read_bytes(), path.stat().st_mtime_ns, sorted(path.parent.iterdir())
    assert main([*command]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"spectralcmi: {path}: ")
    assert before == (path.read_bytes(), path.stat().st_mtime_ns, sorted(path.parent.iterdir()))
    return err


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file_is_refused_in_one_line_and_left_untouched(partial, capsys, name):
    with h5py.File(partial, "r+") as file:
        SPOILT[name](file)
    refused(capsys, partial, "resume", str(partial))


@pytest.mark.parametrize(
    "content",
    [
        lambda whole: b"",
        lambda whole: whole[:1000],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: b"year,field\n0,1e12\n",
        lambda whole: whole[:4000] + bytes(4000) + whole[8000:],
    ],
    ids=["empty", "cut early", "cut in the middle", "cut at the end", "text", "a hole"],
)
def test_a_damaged_file_is_refused_in_one_line_and_left_untouched(partial, capsys, content):
    partial.write_bytes(content(partial.read_bytes()))
    refused(capsys, partial, "resume", str(partial))
    refused(capsys, partial, "run", "--output", str(partial))


def test_a_file_of_another_program_is_refused_in_one_line(tmp_path, capsys):
    path = tmp_path / "other.nc"
    xr.Dataset({"temperature": ("x", [1.0])}).to_netcdf(path, engine="h5netcdf")
    assert "not written by spectralcmi" in refused(capsys, path, "resume", str(path))
    refused(capsys, path, "run", "--output", str(path))


def test_a_run_of_another_case_is_refused_in_one_line(partial, capsys):
    err = refused(capsys, partial, "run", "--output", str(partial))
    assert "holds another run, background." in err


def test_no_file_and_no_folder_are_one_line(tmp_path, capsys):
    for path in (tmp_path / "none.nc", tmp_path / "none" / "none.nc"):
        assert main(["resume", str(path)]) == 2
        assert capsys.readouterr().err == f"spectralcmi: {path}: no such file\n"
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_being_written_is_refused(partial):
    with OutputFile(partial), pytest.raises(OutputInUseError, match="another process"):
        resume(partial)


# The command


def test_the_command_extends_a_run(partial, whole, capsys):
    assert main(["resume", str(partial)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"spectralcmi: {partial}: 6 yr")
    assert partial.read_bytes() == whole[2]
    assert main(["resume", str(partial)]) == 0
    assert "complete already" in capsys.readouterr().err
    assert main(["resume", str(partial), "--time.end", "6.5", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert open_run(partial)["time"][-1] == 6.5


def test_the_command_changes_what_it_is_allowed_to(partial, tmp_path, capsys):
    assert main(["resume", str(partial), "--time.tolerance", "1e-5"]) == 2
    assert capsys.readouterr().err == (
        "spectralcmi: time.tolerance = 1e-05: the run has 0.0001; --allow-change changes it\n"
    )
    new = tmp_path / "new" / "coarse.nc"
    assert main(["resume", str(partial), "--time.tolerance", "1e-5", "--allow-change",
                 "--resolution.lmax", "4", "--output", str(new)]) == 0  # fmt: skip
    assert changes(open_run(new))[0]["changed"].keys() == {"time.tolerance", "resolution.lmax"}


@pytest.mark.parametrize("name", ["poloidal", "energy_poloidal"])
def test_a_run_without_one_of_its_variables_is_left_alone(small_case, tmp_path, name):
    path = tmp_path / "run.nc"
    run(small_case(), path)
    with h5py.File(path, "a") as file:
        del file[name]
    before = path.read_bytes()
    with pytest.raises(RunFileError, match=f"it lacks {name}"):
        resume(path, {"time.end": 8.0})
    assert path.read_bytes() == before
