"""The dataset of a run, read: its parameters, its shell and its fields."""

import json
import logging

import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.runs.dataset import (
    SCHEMA_VERSION,
    field_at,
    last_field,
    open_run,
    parameters_of,
    shell_of,
)
from spectralcmi.runs.diagnostics import DIAGNOSTICS
from spectralcmi.runs.files import RunFileError, save_dataset
from spectralcmi.runs.run import run


def test_the_file_holds_what_the_run_returns(three_dimensional):
    parameters, dataset, path = three_dimensional
    stored = open_run(path)
    xr.testing.assert_identical(stored, dataset)
    assert parameters_of(stored) == parameters
    assert stored.attrs["status"] == "complete"
    assert stored.attrs["schema_version"] == SCHEMA_VERSION


def test_a_stored_field_has_the_energy_of_its_series(three_dimensional):
    _, dataset, _ = three_dimensional
    state = field_at(dataset, 1, shell_of(dataset))
    at = dataset.sel(time=1.5)
    for name in ("energy_poloidal", "energy_toroidal", "magnetic_helicity", "dipole_field"):
        # the way over the storage points is a linear solve whose condition is a few hundred
        np.testing.assert_allclose(DIAGNOSTICS[name](state), at[name], rtol=1e-11, err_msg=name)


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
    save_dataset(centred, tmp_path / "centred.nc")
    with pytest.raises(ParameterError, match=r"leave out 100 % of its energy, more than 1 %"):
        run(small_case(**from_file(tmp_path / "centred.nc")))


def test_a_field_of_another_shell_is_refused(three_dimensional, tmp_path):
    _, dataset, path = three_dimensional
    other = Shell(chebyshev_basis(9.0, 11.0, 12), Harmonics(3, 0))
    with pytest.raises(RunFileError, match=r"radii 9\.0+, 10\.0+ km are not 9\.0+, 11\.0+ km"):
        last_field(path, other)
    save_dataset(dataset.isel(snapshot=slice(0)), tmp_path / "none.nc")
    with pytest.raises(RunFileError, match="no snapshot in it"):
        last_field(tmp_path / "none.nc", shell_of(dataset))


def test_parameters_are_read_back_to_the_last_digit(small_case):
    odd = small_case(**{"time.end": 0.1 + 0.2, "background.magnetic_diffusivity": 1 / 3e3})
    dataset = run(odd.replace({"output.series_interval": 0.1, "output.snapshot_times": []}))
    assert parameters_of(dataset).time.end == 0.1 + 0.2
    assert Parameters.model_validate_json(dataset.attrs["parameters"]) == parameters_of(dataset)
