"""Initial fields: amplitudes as asked, boundary conditions kept, the same at any resolution."""

import numpy as np
import pytest

from spectralcmi.build import build_model
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.runs.diagnostics import (
    dipole_field,
    energy_poloidal,
    energy_toroidal,
    magnetic_helicity,
    rms_field,
    spectrum_order,
    spectrum_poloidal,
    spectrum_toroidal,
)
from spectralcmi.runs.initial import initial_field, random_field
from spectralcmi.threads import Threads

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


@pytest.mark.parametrize("mmax", [0, 6])
@pytest.mark.parametrize("slope", [0.0, -2.0])
def test_random_spectrum(mmax, slope):
    state = made_state(
        **{
            "initial": {
                "kind": "random", "seed": 5, "rms_field": 2e13, "slope": slope, "lmin": 2, "lmax": 5
            },
            "resolution.mmax": mmax,
        }
    )  # fmt: skip
    assert rms_field(state) == pytest.approx(2e13, rel=1e-12)
    spectrum = spectrum_poloidal(state) + spectrum_toroidal(state)
    assert spectrum[0] == spectrum[5] == 0.0
    # the prescription holds with the field outside, of which higher degrees have less
    fitted = np.polyfit(np.log(np.arange(2, 6)), np.log(spectrum[1:5]), 1)[0]
    assert fitted == pytest.approx(slope, abs=0.5)


def test_random_fields_differ_by_seed_and_repeat():
    fields = [
        made_state(initial={"kind": "random", "seed": seed, "lmax": 4}).poloidal
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(fields[0], fields[1])
    assert not np.allclose(fields[0], fields[2])


def test_random_field_is_the_same_at_any_radial_order():
    energies = []
    for order in (16, 24):
        state = made_state(
            **{
                "initial": {"kind": "random", "seed": 3, "lmax": 4},
                "resolution.radial_order": order,
            }
        )
        energies.append(spectrum_poloidal(state)[:4])
    # 16 polynomials resolve the fourth mode
    np.testing.assert_allclose(energies[0], energies[1], rtol=1e-6)


def test_helicity_has_the_sign_asked_for():
    def helicity(wanted, seed):
        random = {"kind": "random", "seed": seed, "lmax": 6, "helicity": wanted}
        return magnetic_helicity(made_state(**{"initial": random, "resolution.mmax": 6}))

    largest = helicity(1.0, 3)
    assert largest > 0
    assert helicity(-1.0, 3) == pytest.approx(-largest, rel=1e-9)
    # 48 independent columns: within three standard deviations of nothing
    assert abs(np.mean([helicity(0.0, seed) for seed in range(4)])) < 3 / np.sqrt(4 * 48) * largest


def test_perturbation():
    parameters, model, field = make(
        **{"initial.perturbation_amplitude": 0.01, "resolution.mmax": 6}
    )
    bare = initial_field(parameters.replace({"initial.perturbation_amplitude": 0.0}), model)
    added = rms_field(model.state(field - bare))
    assert added == pytest.approx(0.01 * rms_field(model.state(bare)), rel=1e-9)
    assert np.all(spectrum_order(model.state(field)) > 0), "all orders are perturbed"


def test_random_field_of_all_degrees():
    _, model, _ = make()
    field = random_field(model, 0)
    state = model.state(field)
    assert rms_field(state) == pytest.approx(1e12, rel=1e-12)
    assert np.all(spectrum_poloidal(state) > 0) and np.all(spectrum_toroidal(state) > 0)
