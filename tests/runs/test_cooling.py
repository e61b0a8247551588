"""A star that cools: operators that change with time, and a field that must not notice."""

import json

import numpy as np
import pytest
from numpy.polynomial import Polynomial
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from spectralcmi.build import build_model
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from spectralcmi.star.neutron_star import temperature_change_times
from spectralcmi.star.temperature import read_cooling_history
from spectralcmi.threads import Threads

ONE = Threads(1)
SMALL = {
    "resolution.lmax": 3,
    "resolution.radial_order": 24,
    "time.end": 6.0,
    "output.series_interval": 0.5,
    "output.snapshot_times": [0.0, 6.0],
    "initial.polar_field": 1e14,
}


@pytest.fixture
def history(tmp_path):
    """From 2e9 K down to 1.01e9 K at 6 years, as a power law."""
    path = tmp_path / "cooling.txt"
    path.write_text("0.1 2e9\n12 9e8\n")
    return str(path)


def cooling(history, **changes):
    return Parameters().replace({**SMALL, "background.cooling_history": history, **changes})


def assert_same_numbers(one, other):
    """Equality of every variable, bit by bit."""
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)


def test_a_constant_history_is_the_run_without_one(tmp_path):
    path = tmp_path / "constant.txt"
    path.write_text("1 1e9\n300 1e9\n")
    without = run(Parameters().replace(SMALL), threads=ONE)
    assert_same_numbers(run(cooling(str(path)), threads=ONE), without)
    assert "temperature_change_times" not in without.attrs


def test_operators_change_at_the_times_that_the_dataset_tells(history):
    parameters = cooling(history)
    dataset = run(parameters, threads=ONE)
    changes = json.loads(dataset.attrs["temperature_change_times"])
    assert changes == list(temperature_change_times(parameters.background, 6.0))
    assert len(changes) == int(np.log(2e9 / 1.05e9) / np.log(1.05))
    # diffusivity and source are those of the temperature, to the step of 5 % that was allowed
    for time in (0.0, 3.0, 6.0):
        temperature = read_cooling_history(history).temperature(time)
        isothermal = Parameters().replace({**SMALL, "background.temperature": temperature})
        exact = build_model(isothermal, ONE).local
        used = build_model(parameters, ONE, time).local
        for name in ("magnetic_diffusivity", "chiral_wavenumber"):
            ratio = getattr(used, name) / getattr(exact, name)
            # eta and k5 go as T and less than T^-2 (a half of the step in the middle)
            assert np.abs(np.log(ratio)).max() < 2 * 0.6 * np.log(1.05)


def test_a_change_of_operators_leaves_the_field_as_it_is(history):
    parameters = cooling(history)
    # on elements the coefficients are the same functions of the radius before and after
    parameters = parameters.replace({"resolution.radial_grid": "global"})
    before, after = (build_model(parameters, ONE, time) for time in (0.0, 6.0))
    rng = np.random.default_rng(4)
    decay = 1.0 / np.arange(1, before.shape[0] + 1)[:, None]
    coefficients = rng.standard_normal(before.shape) * decay
    field = before.state(coefficients)
    same = after.state(after.coefficients(field))
    # rounding, amplified by the highest Chebyshev coefficients of the modes
    scale = np.abs(field.poloidal).max()
    np.testing.assert_allclose(same.poloidal, field.poloidal, rtol=0, atol=1e-11 * scale)
    scale = np.abs(field.toroidal).max()
    np.testing.assert_allclose(same.toroidal, field.toroidal, rtol=0, atol=1e-11 * scale)
    energy = np.vdot(coefficients, coefficients)
    moved = after.coefficients(field)
    assert np.vdot(moved, moved) == pytest.approx(energy, rel=1e-12)
    # the modes themselves differ: with the same ones this test would show nothing
    assert np.abs(moved - coefficients).max() > 1e-3


def test_the_energy_budget_of_a_cooling_star_closes(history):
    dataset = run(cooling(history, **{"time.tolerance": 1e-6}), threads=ONE)
    energy = dataset.energy_poloidal + dataset.energy_toroidal + dataset.energy_exterior
    work = dataset.ohmic_energy + dataset.chiral_energy + dataset.angular_dissipation_energy
    missing = float(abs(energy[-1] - energy[0] - work[-1]))
    # errors of the time steps alone, as in a run at one temperature: 1e-4 of the Ohmic loss is
    # what the default run promises at a tolerance a hundred times larger
    assert missing < 1e-5 * float(abs(dataset.ohmic_energy[-1]))


# Free decay against an equation that shares nothing with the solver but eta(r, T)


def decay_by_finite_differences(parameters, history, initial, times):
    """p at the outer radius: p_t = eta(r, T(t)) (p'' - 2 p/r^2) on equidistant points.

    p(r_i) = 0, and a point beyond r_o makes p'(r_o) + p(r_o)/r_o = 0.
    """
    inner, outer = crust_radii(parameters.background)
    count = 1000
    spacing = (outer - inner) / count
    radius = inner + spacing * np.arange(1, count + 1)
    upper = np.full(count, 1 / spacing**2)
    lower = upper.copy()
    diagonal = -2 / spacing**2 - 2 / radius**2
    lower[-1] *= 2
    diagonal[-1] -= 2 / (spacing * outer)
    temperatures = np.geomspace(2e8, 1.2e9, 20)
    eta = [
        build_crust(
            parameters.background.model_copy(update={"temperature": t, "cooling_history": ""}),
            parameters.chiral,
            radius,
        )["magnetic_diffusivity"].values
        for t in temperatures
    ]
    eta = CubicSpline(np.log(temperatures), np.log(eta))
    past = read_cooling_history(history)

    def slope(time, p):
        out = diagonal * p
        out[1:] += lower[1:] * p[:-1]
        out[:-1] += upper[:-1] * p[1:]
        return np.exp(eta(np.log(past.temperature(time)))) * out

    solution = solve_ivp(
        slope, (0, times[-1]), initial(radius), "LSODA", times, rtol=1e-8, atol=1e-12, lband=1,
        uband=1,
    )  # fmt: skip
    return solution.y[-1]


def test_free_decay_of_a_cooling_star_is_that_of_an_independent_equation(tmp_path):
    path = tmp_path / "cooling.txt"
    path.write_text("100 1e9\n1000 7e8\n20000 3e8\n")
    changes = {
        "resolution.lmax": 1,
        "resolution.radial_order": 48,
        "time.end": 2e4,
        "time.tolerance": 1e-7,
        "output.series_interval": 5e3,
        "output.snapshot_times": [0.0],
        "chiral.enabled": False,
        "hall.enabled": False,
        "metric.kind": "flat",  # as the independent equation is
    }
    runs = [
        run(
            cooling(str(path), **changes, **{"background.temperature_step": step}),
            threads=ONE,
        )
        for step in (0.2, 0.05)
    ]
    start = runs[0].isel(snapshot=0, lm=0).poloidal.values.real * runs[0].radius.values
    # the dipole starts as a cubic
    initial = Polynomial.fit(runs[0].radius, start, 3)
    expected = decay_by_finite_differences(
        cooling(str(path)), str(path), initial, runs[0].time.values
    )
    assert expected[-1] < 0.7 * expected[0]  # there is something to compare
    coarse, fine = (
        np.abs(dataset.dipole_field / dataset.dipole_field[0] / (expected / expected[0]) - 1).max()
        for dataset in runs
    )
    # A staircase about the history makes an error of second order in its step: 16 is the ratio
    # of the two, where first order would have 4. In the middle of an interval it has gained an
    # eighth of the step: 0.05/8 of what decays in 900 years at 3e-5 per year, 1.7e-4.
    assert fine < 3e-4
    assert coarse / fine > 8


# Interruptions


@pytest.mark.parametrize("where", ["between", "change"])
def test_a_resumed_cooling_run_is_the_uninterrupted_one(history, tmp_path, where):
    parameters = cooling(history)
    change = temperature_change_times(parameters.background, 6.0)[4]
    whole = run(parameters, threads=ONE)
    file = tmp_path / "run.nc"

    def interrupt(progress):
        if progress.time == change if where == "change" else progress.time > change + 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(parameters, file, interrupt, threads=ONE)
    assert_same_numbers(resume(file, threads=ONE), whole)


@pytest.mark.parametrize("before", [0.0, 0.01])
def test_an_extended_cooling_run_is_the_longer_one(history, tmp_path, before):
    """Also where it ended at the very moment of a change, or so close before that steps differ."""
    longer = cooling(history)
    change = float(temperature_change_times(longer.background, 6.0)[4]) - before
    file = tmp_path / "run.nc"
    run(longer.replace({"time.end": change}), file, threads=ONE)
    extended = resume(file, {"time.end": 6.0}, threads=ONE)
    whole = run(longer, threads=ONE)
    for name in ("poloidal", "toroidal"):
        np.testing.assert_array_equal(extended[name].values, whole[name].values)
    # the old end stays in the series as one time more
    extended = extended.sel(time=whole.time)
    np.testing.assert_array_equal(extended.ohmic_power.values, whole.ohmic_power.values)


def test_another_history_under_the_same_name_is_noticed(history, tmp_path):
    file = tmp_path / "run.nc"
    parameters = cooling(history)
    run(parameters.replace({"time.end": 1.0}), file, threads=ONE)
    with open(history, "a") as lines:
        lines.write("20 8e8\n")
    with pytest.raises(ParameterError, match="cooling_history"):
        resume(file, {"time.end": 2.0}, threads=ONE)


def test_a_history_that_ends_before_the_run_is_refused_at_once(history, tmp_path):
    file = tmp_path / "run.nc"
    with pytest.raises(ValueError, match=r"cooling_history = '.*': ends at 12 yr, before 20 yr"):
        run(cooling(history, **{"time.end": 20.0}), file, threads=ONE)
    assert not file.exists()
