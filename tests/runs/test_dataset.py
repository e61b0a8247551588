"""What a run stores: the schema of its dataset, reading it, and interpolation."""

import io
import json

import h5py
import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.fields.state import State
from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.runs.dataset import (
    SCHEMA_VERSION,
    RunFileError,
    field_at,
    interpolate,
    last_field,
    open_run,
    parameters_of,
    save_dataset,
    shell_of,
    write_netcdf,
)
from spectralcmi.runs.loop import run

#: Dimensions of each variable, and its unit in CGS (but for years and kilometres).
SCHEMA = {
    **dict.fromkeys(["energy_poloidal", "energy_toroidal", "energy_exterior"], (("time",), "erg")),
    **dict.fromkeys(["energy_odd_degrees", "energy_dipole_family"], (("time",), "erg")),
    **dict.fromkeys(["spectrum_poloidal", "spectrum_toroidal"], (("time", "degree"), "erg")),
    "spectrum_order": (("time", "order"), "erg"),
    **dict.fromkeys(["rms_field", "maximum_field", "dipole_field"], (("time",), "G")),
    "magnetic_helicity": (("time",), "G2 cm4"),
    **dict.fromkeys(
        ["ohmic_power", "chiral_power", "angular_dissipation_power", "budget_residual"],
        (("time",), "erg/s"),
    ),
    "chiral_energy_released": (("time",), "erg"),
    "mean_k5": (("time",), "1/km"),
    "saturated_fraction": (("time",), "1"),
    "time_step": (("time",), "yr"),
    "rejected_steps": (("time",), "1"),
    "poloidal": (("snapshot", "radius", "lm"), "G km"),
    "toroidal": (("snapshot", "radius", "lm"), "G"),
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
    assert dataset["radius"].size == 12
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
    with pytest.raises(RunFileError, match="no such file"):
        open_run(tmp_path)


def netcdf(dataset):
    file = io.BytesIO()
    write_netcdf(dataset, file)
    return file.getvalue()


# Interpolation


def shell(lmax, mmax, radial_order, map_parameter="auto", mres=1):
    return Shell(radial_basis(9.0, 10.0, radial_order, map_parameter), Harmonics(lmax, mmax, mres))


def smooth_state(target, seed=1):
    """Random field of degrees and orders up to 3, with polynomials of third order in radius."""
    rng = np.random.default_rng(seed)
    columns, basis = target.columns, target.basis
    x = basis.storage_radius - 9.5
    parts = []
    for _ in range(2):
        # drawn by degree and order, so that it is the same field in every shell
        values = np.zeros((basis.order, columns.count))
        for degree in range(1, 4):
            for order in range(degree + 1):
                amplitudes = rng.standard_normal((2, 4))
                here = (columns.degree == degree) & (columns.order == order)
                profiles = np.polynomial.polynomial.polyval(x, amplitudes.T)
                values[:, here] = profiles[: here.sum()].T
        parts.append(basis.coefficients_from_storage(values))
    return State(2.0, target, *parts)


@pytest.mark.parametrize(
    "target",
    [
        shell(9, 9, 40),
        shell(3, 3, 20),
        shell(5, 3, 24, 0.0),
        shell(5, 5, 24),
    ],
    ids=["up", "down", "unmapped", "same"],
)
def test_a_field_that_both_shells_resolve_is_the_same_in_both(target):
    there = interpolate(smooth_state(shell(5, 5, 24)), target)
    expected = smooth_state(target)
    assert there.time == 2.0
    # The map represents cubics of the radius to 1e-12 by design, times the norms of the bases.
    scale = abs(expected.poloidal).max()
    np.testing.assert_allclose(there.poloidal, expected.poloidal, atol=1e-9 * scale)
    np.testing.assert_allclose(there.toroidal, expected.toroidal, atol=1e-9 * scale)


def test_degrees_and_orders_that_a_shell_lacks_are_dropped_and_no_others():
    source = smooth_state(shell(4, 4, 16))
    there = interpolate(source, shell(6, 2, 16, mres=2))
    kept = source.shell.columns
    energy = sum(source.square_integrals)
    expected = energy[(kept.order % 2 == 0) & (kept.order <= 2)].sum()
    assert 0.1 < expected / energy.sum() < 0.9
    np.testing.assert_allclose(sum(there.square_integrals).sum(), expected, rtol=1e-10)


def test_the_last_field_of_a_run_starts_another(three_dimensional, small_case):
    parameters, dataset, path = three_dimensional
    finer = {"resolution.lmax": 7, "resolution.mmax": 6, "resolution.radial_order": 30}
    start = {"initial.kind": "file", "initial.file": str(path), "time.end": 0.5}
    again = run(small_case(**finer, **start, **{"resolution.mres": 2}))
    last = dataset.sel(time=1.5)
    for name in ("energy_poloidal", "energy_toroidal", "energy_exterior"):
        # the field is projected on what the boundary conditions of its scheme allow, which it
        # obeys already; see above for the maps
        np.testing.assert_allclose(again[name][0], last[name], rtol=1e-9, err_msg=name)
    assert json.loads(again.attrs["input_sha256"]).keys() == {"initial.file"}
    assert parameters.resolution.lmax == 5


def test_a_field_of_another_shell_is_refused(three_dimensional, tmp_path):
    _, dataset, path = three_dimensional
    other = Shell(radial_basis(9.0, 11.0, 12), Harmonics(3, 0))
    with pytest.raises(RunFileError, match=r"radii 9\.0+, 10\.0+ km are not 9\.0+, 11\.0+ km"):
        last_field(path, other)
    (tmp_path / "none.nc").write_bytes(netcdf(dataset.isel(snapshot=slice(0))))
    with pytest.raises(RunFileError, match="no snapshot in it"):
        last_field(tmp_path / "none.nc", shell(3, 0, 12))


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
