"""Initial fields: amplitudes as asked, boundary conditions kept, the same at any resolution."""

import numpy as np
import pytest

from spectralcmi.build import build_model
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import RandomField
from spectralcmi.cli.announcement import summary
from spectralcmi.fields.state import profiles_on
from spectralcmi.grid.metric import FLAT
from spectralcmi.runs.dataset import open_run, parameters_of
from spectralcmi.runs.diagnostics import (
    dipole_field,
    energy_poloidal,
    energy_toroidal,
    rms_field,
    spectrum_order,
    spectrum_poloidal,
    spectrum_toroidal,
)
from spectralcmi.runs.files import save_dataset
from spectralcmi.runs.initial import initial_field, lost_share
from spectralcmi.runs.random_start import random_field
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from spectralcmi.threads import Threads
from tests.grid.metrics import uniform_density

UNIFORM = {
    "background": {
        "kind": "uniform_shell",
        "inner_radius": 9.0,
        "outer_radius": 10.0,
        "magnetic_diffusivity": 1e-6,
    },
    "resolution.lmax": 6,
    "resolution.radial_order": 16,
}


def make(**changes):
    parameters = Parameters().replace({**UNIFORM, **changes})
    model = build_model(parameters, Threads(1))
    return parameters, model, initial_field(parameters, model)


def made_state(**changes):
    _, model, field = make(**changes)
    return model.state(field)


@pytest.mark.parametrize("inner", ["perfect_conductor", "zero_toroidal"])
@pytest.mark.parametrize("polar_field", [1e12, -3e14])
def test_dipole(inner, polar_field):
    state = made_state(**{"initial.polar_field": polar_field, "boundary.inner": inner})
    # a cubic, which 16 polynomials hold but for the map's 1e-12
    assert dipole_field(state) == pytest.approx(abs(polar_field), rel=1e-9)
    assert energy_toroidal(state) == 0.0
    assert spectrum_poloidal(state)[1:].max() == 0.0
    p = state.shell.columns.to_complex(state.surface_poloidal)[0].real
    assert np.sign(p) == np.sign(polar_field), "P > 0 points out of the north pole"


@pytest.mark.parametrize("shape", ["free_decay", "polynomial"])
@pytest.mark.parametrize("kind", ["poloidal", "toroidal"])
@pytest.mark.parametrize(("degree", "order"), [(1, 0), (3, 2), (6, 6)])
@pytest.mark.parametrize("inner", ["perfect_conductor", "zero_toroidal"])
def test_single_modes(shape, kind, degree, order, inner):
    mode = {"degree": degree, "order": order, "kind": kind, "amplitude": 4e13, "shape": shape}
    state = made_state(
        **{
            "initial": {"kind": "modes", "modes": [mode]},
            "resolution.mmax": 6,
            "boundary.inner": inner,
        }
    )
    assert rms_field(state) == pytest.approx(4e13, rel=1e-9)
    spectrum = spectrum_poloidal(state) if kind == "poloidal" else spectrum_toroidal(state)
    assert np.flatnonzero(spectrum > 1e-12 * spectrum.max()).tolist() == [degree - 1]
    assert np.flatnonzero(spectrum_order(state)).tolist() == [order]
    other = energy_toroidal(state) if kind == "poloidal" else energy_poloidal(state)
    assert other == 0.0


def test_modes_add_up_each_with_its_own_amplitude():
    modes = [
        {"degree": 1, "kind": "poloidal", "amplitude": 3e12},
        {"degree": 2, "kind": "toroidal", "amplitude": -4e12, "index": 3},
    ]
    state = made_state(initial={"kind": "modes", "modes": modes})
    assert rms_field(state) == pytest.approx(5e12, rel=1e-9)
    poloidal, toroidal = energy_poloidal(state), energy_toroidal(state)
    assert toroidal / poloidal == pytest.approx(16 / 9, rel=1e-9)
    opposite = made_state(
        initial={"kind": "modes", "modes": [modes[0], {**modes[1], "amplitude": 4e12}]}
    )
    np.testing.assert_allclose(opposite.toroidal, -state.toroidal, atol=1e-14)


@pytest.mark.parametrize(("grid", "most"), [("global", 14), ("auto", 18)])
def test_a_mode_index_beyond_the_radial_order(grid, most):
    mode = {"degree": 1, "kind": "poloidal", "index": most + 1}
    with pytest.raises(ParameterError, match=rf"index = {most + 1}: exceeds the {most} modes"):
        make(initial={"kind": "modes", "modes": [mode]}, **{"resolution.radial_grid": grid})


def test_perturbation():
    parameters, model, field = make(
        **{"initial.perturbation_amplitude": 0.01, "resolution.mmax": 6}
    )
    bare = initial_field(parameters.replace({"initial.perturbation_amplitude": 0.0}), model)
    added = rms_field(model.state(field - bare))
    assert added == pytest.approx(0.01 * rms_field(model.state(bare)), rel=1e-9)
    assert np.all(spectrum_order(model.state(field)) > 0), "all orders are perturbed"


def test_a_start_with_noise_says_so(small_case, tmp_path):
    changes = {"initial.perturbation_amplitude": 0.01, "initial.perturbation_seed": 7}
    dataset = run(small_case(**{"time.end": 0.1, **changes}))
    noise = dataset.attrs["initial_noise"]
    assert "random field of 0.01 of its rms, seed 7" in noise
    assert "each degree from 1 to 5" in noise
    assert noise in summary(dataset, tmp_path / "run.nc")
    assert "initial_noise" not in run(small_case(**{"time.end": 0.1})).attrs


def stored_start(tmp_path, radial_grid, change):
    """File of a run of no length whose last snapshot is what `change` makes of it."""
    path = tmp_path / "start.nc"
    short = {"time.end": 1e-3, "resolution.radial_grid": radial_grid, "output.snapshot_times": [0]}
    dataset = run(Parameters().replace({**UNIFORM, **short}))
    change(dataset)
    save_dataset(dataset, path)
    return path


@pytest.mark.parametrize("radial_grid", ["auto", "global"])
def test_a_file_whose_field_goes_through_the_conductor_is_refused(tmp_path, radial_grid):
    def star_centred_dipole(dataset):
        dataset["toroidal"][:] = 0.0
        dataset["poloidal"][:, :, 0] = 1e12 * (11.5 / dataset["radius"]) ** 2

    path = stored_start(tmp_path, radial_grid, star_centred_dipole)
    # a current-free field is orthogonal to all that vanish at the inner boundary
    with pytest.raises(ParameterError, match=r"^initial\.file = .*leave out 100 % of its energy"):
        make(initial={"kind": "file", "file": str(path)})


def test_a_file_without_numbers_is_refused(tmp_path):
    def nothing(dataset):
        dataset["poloidal"][:] = np.nan

    path = stored_start(tmp_path, "global", nothing)
    with pytest.raises(ParameterError, match=r"initial\.file"):
        make(initial={"kind": "file", "file": str(path)})


def test_the_energy_lost_does_not_count_the_metric(shell_model):
    flat, star = (
        shell_model(24, lmax=2, metric=metric) for metric in (FLAT, uniform_density(0.4, 0.75, 1.0))
    )
    found = flat.state(random_field(flat, RandomField(lmax=2, toroidal_share=1.0)))
    projected = star.state(star.coefficients(profiles_on(found, star.shell)))
    # redshift and proper length change the energy of the same t; the two spaces hold the same
    assert abs(1 - projected.energy / found.energy) > 0.05
    assert lost_share(found, projected) == pytest.approx(0.0, abs=1e-10)


def test_a_run_goes_on_at_a_resolution_that_its_start_would_not_fit(small_case, tmp_path):
    path, lower = tmp_path / "run.nc", tmp_path / "lower.nc"
    start = {"initial.kind": "random", "initial.lmax": 5, "time.end": 0.05}
    run(small_case(**start), path)
    changes = {"resolution.lmax": 3, "time.end": 0.1}
    dataset = resume(path, changes, lower)
    assert dataset.sizes["degree"] == 3
    assert parameters_of(open_run(lower)).initial.lmax == 5
    assert float(resume(lower, {"time.end": 0.15})["time"][-1]) == 0.15
    with pytest.raises(ParameterError, match=r"initial.lmax = 5: exceeds resolution.lmax=3"):
        small_case(**{**start, **changes})
