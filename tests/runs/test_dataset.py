"""What a run stores: the schema of its dataset, reading it, and interpolation."""

import io
import json
import logging

import h5py
import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.runs.dataset import (
    SCHEMA_VERSION,
    TAILS,
    RunFileError,
    field_at,
    last_field,
    open_run,
    parameters_of,
    save_dataset,
    shell_of,
    small_until,
    write_netcdf,
)
from spectralcmi.runs.loop import run

#: Dimensions of each variable, and its unit in CGS (but for years and kilometres).
SCHEMA = {
    **dict.fromkeys(["energy_poloidal", "energy_toroidal", "energy_exterior"], (("time",), "erg")),
    **dict.fromkeys(["energy_odd_degrees", "energy_dipole_family"], (("time",), "erg")),
    **dict.fromkeys(["spectrum_poloidal", "spectrum_toroidal"], (("time", "degree"), "erg")),
    "spectrum_order": (("time", "order"), "erg"),
    **dict.fromkeys(["rms_field", "maximum_field", "dipole_field"], (("time",), "gauss")),
    "magnetic_helicity": (("time",), "gauss^2 cm^4"),
    **dict.fromkeys(
        ["ohmic_power", "chiral_power", "angular_dissipation_power", "budget_residual"],
        (("time",), "erg s^-1"),
    ),
    "chiral_energy_released": (("time",), "erg"),
    "mean_k5": (("time",), "km^-1"),
    "saturated_fraction": (("time",), "1"),
    "time_step": (("time",), "julian_year"),
    "rejected_steps": (("time",), "1"),
    **dict.fromkeys(["tail_degree", "tail_radial"], (("time",), "1")),
    "poloidal": (("snapshot", "radius", "lm"), "gauss km"),
    "toroidal": (("snapshot", "radius", "lm"), "gauss"),
}


@pytest.fixture(scope="module")
def three_dimensional(small_case, tmp_path_factory):
    """Parameters, dataset and file of a run in three dimensions."""
    parameters = small_case(**{
        "resolution.mmax": 4, "resolution.mres": 2, "time.end": 2.0, "initial.kind": "random",
        "initial.lmax": 4, "output.snapshot_times": [0.0, 1.5],
    })  # fmt: skip
    path = tmp_path_factory.mktemp("run") / "run.nc"
    return parameters, run(parameters, path), path


def test_every_variable_is_there_with_its_dimensions_unit_and_name(three_dimensional):
    _, dataset, _ = three_dimensional
    for name, (dims, units) in SCHEMA.items():
        assert dataset[name].dims == dims, name
        assert dataset[name].attrs["units"] == units, name
    for name, variable in dataset.variables.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"], name


def test_coordinates_are_those_of_the_parameters(three_dimensional):
    _, dataset, _ = three_dimensional
    np.testing.assert_array_equal(dataset["time"], np.arange(0, 2.1, 0.5))
    np.testing.assert_array_equal(dataset["snapshot"], [0.0, 1.5])
    np.testing.assert_array_equal(dataset["degree"], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(dataset["order"], [0, 2, 4])
    # two elements, which share one of eight radii
    assert dataset["radius"].size == 2 * 7 + 1
    assert (dataset["radius"][0], dataset["radius"][-1]) == (9.0, 10.0)
    assert set(zip(dataset["degree_of_lm"].values, dataset["order_of_lm"].values, strict=True)) == {
        (degree, order) for degree in range(1, 6) for order in (0, 2, 4) if order <= degree
    }


def test_the_file_holds_what_the_run_returns(three_dimensional):
    parameters, dataset, path = three_dimensional
    stored = open_run(path)
    xr.testing.assert_identical(stored, dataset)
    assert parameters_of(stored) == parameters
    assert stored.attrs["status"] == "complete"
    assert stored.attrs["schema_version"] == SCHEMA_VERSION


def test_spectra_add_up_to_the_energies(three_dimensional):
    _, dataset, _ = three_dimensional
    energy = dataset["energy_poloidal"] + dataset["energy_toroidal"]
    for spectrum, total in [
        (dataset["spectrum_poloidal"].sum("degree"), dataset["energy_poloidal"]),
        (dataset["spectrum_toroidal"].sum("degree"), dataset["energy_toroidal"]),
        (dataset["spectrum_order"].sum("order"), energy),
    ]:
        # the same numbers, added in another order
        np.testing.assert_allclose(spectrum, total, rtol=1e-13)


def test_the_budget_closes_to_the_error_of_the_time_step(small_case):
    # The residual is that of the quadrature of the powers, an error of third order: a halved step
    # makes it an eighth; 0.2 in the order is room for the next term (2.83 before, 2.91 here).
    residuals = []
    for step in (0.0125, 0.00625):
        dataset = run(small_case(**{"time.step": step, "time.end": 2.0}))
        interval = dataset["time"].diff("time").values
        residuals.append(abs((dataset["budget_residual"].values[1:] * interval).sum()))
    assert residuals[0] > 0
    assert abs(np.log2(residuals[0] / residuals[1]) - 3) < 0.2
    lost = abs(dataset["ohmic_energy"].values[-1]) / 3.156e7
    assert residuals[1] < 1e-7 * lost  # 3e-9 of it


def test_a_stored_field_has_the_energy_of_its_series(three_dimensional):
    _, dataset, _ = three_dimensional
    state = field_at(dataset, 1, shell_of(dataset))
    from spectralcmi.runs.diagnostics import DIAGNOSTICS

    at = dataset.sel(time=1.5)
    for name in ("energy_poloidal", "energy_toroidal", "magnetic_helicity", "dipole_field"):
        # the way over the storage points is a linear solve whose condition is a few hundred
        np.testing.assert_allclose(DIAGNOSTICS[name](state), at[name], rtol=1e-11, err_msg=name)


# Files that are no runs


def test_files_that_are_no_runs_are_refused_in_one_line(three_dimensional, tmp_path):
    _, dataset, path = three_dimensional
    whole = path.read_bytes()
    bad = {
        "empty": b"",
        "text": b"[time]\nend = 3.0\n",
        **{f"cut at {n}": whole[:n] for n in (1, 100, len(whole) // 2, len(whole) - 1)},
        "other program": netcdf(xr.Dataset({"temperature": ("x", [1.0])})),
        "newer schema": netcdf(dataset.assign_attrs(schema_version=SCHEMA_VERSION + 1)),
        "older schema": netcdf(dataset.assign_attrs(schema_version="draft")),
    }
    for name, content in bad.items():
        file = tmp_path / "bad.nc"
        file.write_bytes(content)
        with pytest.raises(RunFileError) as raised:
            open_run(file)
        assert str(raised.value).startswith(f"{file}: "), name
        assert "\n" not in str(raised.value), name
    with pytest.raises(RunFileError, match="no such file"):
        open_run(tmp_path / "missing.nc")
    with pytest.raises(RunFileError, match="Is a directory"):
        open_run(tmp_path)


def netcdf(dataset):
    file = io.BytesIO()
    write_netcdf(dataset, file)
    return file.getvalue()


# Fields of other runs


def test_the_last_field_of_a_run_starts_another(three_dimensional, small_case, caplog):
    parameters, dataset, path = three_dimensional
    # half of its elements: functions of the one are functions of the other
    halves = np.linspace(9.0, 10.0, 2 * (len(dataset.attrs["breakpoints_km"]) - 1) + 1)
    finer = {
        "resolution.lmax": 7, "resolution.mmax": 6, "resolution.mres": 2,
        "resolution.radial_grid": halves.tolist(), "resolution.radial_order": "auto",
    }  # fmt: skip
    with caplog.at_level(logging.INFO):
        again = run(small_case(**finer, **from_file(path)))
    last = dataset.sel(time=1.5)
    for name in ("energy_poloidal", "energy_toroidal", "energy_exterior"):
        # a projection on what holds it already: rounding times the condition of the mass, 1e3
        np.testing.assert_allclose(again[name][0], last[name], rtol=1e-12, err_msg=name)
    assert json.loads(again.attrs["input_sha256"]).keys() == {"initial.file"}
    assert "leave out" not in caplog.text
    assert parameters.resolution.lmax == 5


def from_file(path):
    return {"initial.kind": "file", "initial.file": str(path), "time.end": 0.25}


def test_what_a_start_leaves_out_is_told(three_dimensional, small_case, caplog):
    _, dataset, path = three_dimensional
    last = dataset.isel(time=int(np.argmin(abs(dataset["time"].values - 1.5))))
    spectrum = (last["spectrum_poloidal"] + last["spectrum_toroidal"]).values
    resolution = {"resolution.lmax": 3, "resolution.mmax": 2, "resolution.mres": 2}
    with caplog.at_level(logging.INFO):
        again = run(small_case(**resolution, **from_file(path)))
    before, after = (
        float(sum(d[f"energy_{part}"] for part in ("poloidal", "toroidal", "exterior")))
        for d in (last, again.isel(time=0))
    )
    lost = 1 - after / before
    # the degrees that it lacks, inside; little of them is outside
    assert lost == pytest.approx(spectrum[3:].sum() / spectrum.sum(), rel=0.3)
    assert 1e-6 < lost < 1e-2
    (told,) = [m for m in caplog.messages if "leave out" in m]
    assert f"leave out {100 * lost:.2g} % of its energy" in told


def test_a_start_that_leaves_out_much_is_refused(three_dimensional, small_case, tmp_path):
    _, dataset, path = three_dimensional
    with pytest.raises(ParameterError, match=r"initial\.file = .*leave out \d+\.\d % of its"):
        run(small_case(**{"resolution.lmax": 1}, **from_file(path)))
    # A dipole centred in the star, P = (r_o/r)^2, is orthogonal to all that vanish at the inner
    # boundary: no current of the shell makes it.
    centred = dataset.isel(snapshot=[-1]).copy(deep=True)
    radius = centred["radius"].values
    centred["poloidal"][:], centred["toroidal"][:] = 0.0, 0.0
    dipole = (centred["degree_of_lm"].values == 1) & (centred["order_of_lm"].values == 0)
    centred["poloidal"].values[0][:, dipole] = 1e12 * (10.0 / radius[:, None]) ** 2
    (tmp_path / "centred.nc").write_bytes(netcdf(centred))
    with pytest.raises(ParameterError, match=r"leave out 100 % of its energy, more than 1 %"):
        run(small_case(**from_file(tmp_path / "centred.nc")))


# Tails


@pytest.mark.parametrize(
    ("tail", "until"),
    [
        ([1e-9, 1e-4, 9.9e-4], 2.0),
        ([1e-9, 1e-2, 1e-9], 0.0),
        ([1e-9, 1e-9, 1e-3], 0.5),
        ([1e-2, 1e-9, 1e-9], np.nan),
        ([np.nan, 1e-9, 1e-9], np.nan),
        ([], np.nan),
    ],
    ids=["all along", "only at the start", "to the limit", "never", "unknown", "no times"],
)
def test_until_when_a_tail_is_small(tail, until):
    np.testing.assert_equal(small_until([0.0, 0.5, 2.0][: len(tail)], tail), until)


def test_attributes_tell_until_when_tails_are_small(three_dimensional):
    _, dataset, _ = three_dimensional
    for attribute, name in TAILS.items():
        expected = small_until(dataset["time"].values, dataset[name].values)
        np.testing.assert_equal(dataset.attrs[attribute], expected)
    assert "whether anything would grow beyond" in dataset["tail_degree"].attrs["long_name"]


def test_a_field_of_another_shell_is_refused(three_dimensional, tmp_path):
    _, dataset, path = three_dimensional
    other = Shell(chebyshev_basis(9.0, 11.0, 12), Harmonics(3, 0))
    with pytest.raises(RunFileError, match=r"radii 9\.0+, 10\.0+ km are not 9\.0+, 11\.0+ km"):
        last_field(path, other)
    (tmp_path / "none.nc").write_bytes(netcdf(dataset.isel(snapshot=slice(0))))
    with pytest.raises(RunFileError, match="no snapshot in it"):
        last_field(tmp_path / "none.nc", shell_of(dataset))


def test_parameters_are_read_back_to_the_last_digit(small_case):
    odd = small_case(**{"time.end": 0.1 + 0.2, "background.magnetic_diffusivity": 1 / 3e3})
    dataset = run(odd.replace({"output.series_interval": 0.1, "output.snapshot_times": []}))
    assert parameters_of(dataset).time.end == 0.1 + 0.2
    assert Parameters.model_validate_json(dataset.attrs["parameters"]) == parameters_of(dataset)


def test_a_dataset_is_saved_over_one_that_is_open(tmp_path):
    path = tmp_path / "fig2.nc"
    with h5py.File(path, "w"):  # which locks it
        save_dataset(xr.Dataset({"energy": ("time", [1.0, 2.0])}), path)
    assert xr.load_dataset(path, engine="h5netcdf")["energy"].sum() == 3.0
    assert [file.name for file in tmp_path.iterdir()] == ["fig2.nc"]
