"""Runs whose temperature is evolved: heat that is not lost, and states that can be gone on with."""

from dataclasses import dataclass

import numpy as np
import pytest

from spectralcmi.build import Matter, build_model
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.fields.state import State
from spectralcmi.heat.radial_star import RadialStar
from spectralcmi.profiles.crust import build_crust
from spectralcmi.runs.checkpoint import open_stored_run
from spectralcmi.runs.chirality import spin_flip_power
from spectralcmi.runs.dataset import open_run
from spectralcmi.runs.diagnostics import ENERGY_UNIT, dipole_field
from spectralcmi.runs.initial import initial_field
from spectralcmi.runs.resume import resume
from spectralcmi.runs.run import run
from spectralcmi.runs.thermal import CHANGE, LARGEST_CHANGE, ThermalEvolution
from spectralcmi.terms.closure import closure
from spectralcmi.terms.electric_field import ShellMeasures
from spectralcmi.terms.electrons import Electrons
from spectralcmi.threads import Threads
from spectralcmi.view.field import field

ONE = Threads(1)
#: A magnetar that is no longer newborn: temperatures change by some per cent within a year.
SMALL = {
    "thermal.enabled": True,
    "thermal.initial_temperature": 1e9,
    "resolution.lmax": 3,
    "resolution.radial_grid": "auto",
    "time.end": 1.0,
    "output.series_interval": 0.25,
    "output.snapshot_times": [0.0, 0.6],
    "initial.polar_field": 1e14,
    "dissipation.angular_rate": 0.5,
}


def case(**changes):
    return Parameters().replace({**SMALL, **changes})


def assert_same_numbers(one, other):
    """Equality of every variable, bit by bit."""
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Dataset and file of a run."""
    path = tmp_path_factory.mktemp("thermal") / "run.nc"
    return run(case(), path, threads=ONE), path


def test_energy_that_the_field_loses_is_heat_and_leaves_the_star(finished):
    dataset, _ = finished
    magnetic = dataset.energy_poloidal + dataset.energy_toroidal + dataset.energy_exterior
    left = dataset.photon_energy + dataset.neutrino_energy
    total = magnetic + dataset.thermal_energy + left - dataset.chiral_energy_released
    heat = float(dataset.joule_energy[-1])
    assert heat > 1e42  # there is something to balance
    # the heat equation adds up to Newton's tolerance, 1e-8 of each step's change of temperature;
    # the field to the error of its time steps, 1e-4 of what it loses
    drift = np.abs(total - total[0]).max()
    assert drift < 1e-4 * heat + 1e-10 * float(dataset.thermal_energy[0])


def test_all_heat_is_what_the_powers_of_the_field_say(finished):
    dataset, _ = finished
    powers = dataset.ohmic_energy + dataset.chiral_energy + dataset.angular_dissipation_energy
    lost = dataset.chiral_energy_released - powers
    # the same sums over the grid with the same weights of the scheme: round-off
    np.testing.assert_allclose(dataset.joule_energy, lost, rtol=1e-9)
    assert np.all(dataset.joule_power_inf > 0)


def test_the_star_is_there_to_be_seen(finished):
    dataset, path = finished
    assert dataset.attrs["envelope"] == "ppp15" and dataset.attrs["neutron_gap"] == "sfb"
    surface = dataset.surface_temperature.isel(snapshot=1)
    # a strong field: the poles are hotter than the equator
    assert surface[0, 0] > 1.2 * surface.min()
    # T_s^4 averaged over the sphere is what the effective temperature stands for
    weights = np.sin(surface.colatitude)
    mean = float((surface**4).weighted(weights).mean()) ** 0.25
    year = dataset.sel(time=[0.5, 0.75]).T_s_eff_inf
    redshift = 0.8195  # of the default star, e^Phi of `stellar_radius_km`
    assert mean * redshift == pytest.approx(float(year.mean()), rel=1e-2)
    crust = dataset.temperature.isel(snapshot=1)
    assert crust[0] == pytest.approx(float(dataset.T_core.sel(time=[0.5, 0.75]).mean()), rel=1e-2)
    assert open_run(path).identical(dataset)


def test_an_interval_changes_temperatures_by_little(finished):
    _, path = finished
    thermal = open_stored_run(path).checkpoint.thermal
    assert 0 < thermal.start < 1.0 <= thermal.end
    ends = thermal.middle[[0, -1]] / thermal.u[[0, -1]]
    assert np.abs(np.log(ends)).max() < LARGEST_CHANGE
    assert CHANGE < LARGEST_CHANGE


@pytest.mark.parametrize(
    "when", [0.3, pytest.param(0.61, marks=pytest.mark.slow)], ids=["early", "late"]
)
def test_a_resumed_run_is_the_uninterrupted_one(finished, tmp_path, when):
    file = tmp_path / "run.nc"

    def interrupt(progress):
        if progress.time > when:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(case(), file, interrupt, threads=ONE)
    assert_same_numbers(resume(file, threads=ONE), finished[0])


def test_a_run_that_fails_between_two_intervals_goes_on(finished, tmp_path, monkeypatch):
    file, calls = tmp_path / "run.nc", []

    def fail(self, heat, field, finish=ThermalEvolution.finish):
        calls.append(field.time)
        if len(calls) == 3:
            raise ArithmeticError
        finish(self, heat, field)

    with monkeypatch.context() as patch, pytest.raises(ArithmeticError):
        patch.setattr(ThermalEvolution, "finish", fail)
        run(case(), file, threads=ONE)
    assert open_stored_run(file).checkpoint.thermal.end == calls[-1]
    assert_same_numbers(resume(file, threads=ONE), finished[0])


@pytest.mark.slow
def test_an_extended_run_is_the_longer_one(finished, tmp_path):
    file = tmp_path / "run.nc"
    run(case(**{"time.end": 0.5}), file, threads=ONE)
    extended = resume(file, {"time.end": 1.0}, threads=ONE)
    # the grid depends on the end, and is kept
    assert extended.sizes["time"] == finished[0].sizes["time"]
    np.testing.assert_allclose(extended.T_b, finished[0].T_b, rtol=1e-5)


@pytest.mark.slow
def test_a_finer_grid_goes_on_with_the_same_star(finished, tmp_path):
    file, finer = tmp_path / "run.nc", tmp_path / "finer.nc"
    run(case(**{"time.end": 0.5}), file, threads=ONE)
    changes = {"time.end": 1.0, "resolution.lmax": 5, "resolution.element_order": 8}
    dataset = resume(file, changes, finer, threads=ONE)
    expected = finished[0]
    for name in ("T_b", "T_core", "thermal_energy", "joule_energy"):
        # what differs is the error of both grids
        np.testing.assert_allclose(dataset[name], expected[name], rtol=2e-3, err_msg=name)
    assert np.abs(dataset.heat_budget_residual[-1]) < 1e-8 * float(dataset.L_nu_core_inf[-1])
    assert dataset.surface_temperature.isel(snapshot=0).notnull().all()


# Temperature that depends on the angles


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A run whose temperature depends on the angles, its file, and the parameters."""
    path = tmp_path_factory.mktemp("local") / "run.nc"
    changes = {"thermal.dimension": "full", "resolution.mmax": 3, "time.end": 0.5}
    parameters = case(**changes, **{"output.snapshot_times": [0.5]})
    return run(parameters, path, threads=ONE), path, parameters


@pytest.mark.slow
def test_local_heat_is_what_the_field_loses(local):
    dataset, _, _ = local
    powers = dataset.ohmic_energy + dataset.chiral_energy + dataset.angular_dissipation_energy
    lost = dataset.chiral_energy_released - powers
    np.testing.assert_allclose(dataset.joule_energy, lost, rtol=1e-9)
    # each stage of the heat equation is solved to a correction of 1e-8
    assert np.abs(dataset.heat_budget_residual).max() < 1e-8 * float(dataset.L_nu_core_inf[-1])
    # of the field the time steps, and nothing else: what eta has of the angles is accounted for
    assert np.abs(dataset.budget_residual).max() < 1e-3 * float(-dataset.ohmic_power[-1])


@pytest.mark.slow
def test_local_temperatures_are_stored(local):
    dataset = local[0]
    last = dataset.isel(snapshot=0)
    assert last.temperature_lm.dims == ("radius", "lm")
    # born isothermal: what depends on angles is of the field's making, even for an axial dipole
    values = np.abs(last.temperature_lm.values)
    assert values.max() == values[:, last.degree_of_lm % 2 == 0].max()
    assert 1e6 < values.max() < float(last.temperature.max())
    # the core is isothermal
    assert values[0].max() < 1e-6


@pytest.mark.slow
def test_local_temperatures_are_near_the_spherical_ones(local, finished):
    dataset, spherical = local[0], finished[0].sel(time=slice(0, 0.5))
    for name in ("T_core", "thermal_energy"):
        # conduction along the field is what differs, and a hundredth of the energy is the crust's
        np.testing.assert_allclose(dataset[name], spherical[name], rtol=1e-3, err_msg=name)
    np.testing.assert_allclose(dataset.T_b, spherical.T_b, rtol=0.05)


@pytest.mark.slow
def test_a_resumed_local_run_is_the_uninterrupted_one(local, tmp_path):
    dataset, _, parameters = local
    file = tmp_path / "run.nc"

    def interrupt(progress):
        if progress.time > 0.28:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(parameters, file, interrupt, threads=ONE)
    assert_same_numbers(resume(file, threads=ONE), dataset)


@pytest.mark.slow
def test_a_local_temperature_stays_one(local):
    with pytest.raises(ParameterError, match=r"thermal.dimension = 'radial': the run has full"):
        changes = {"thermal.dimension": "radial", "time.end": 0.6}
        resume(local[1], changes, allow_change=True, threads=ONE)


@pytest.mark.slow
def test_ohmic_decay_of_a_magnetar_is_the_reference(monkeypatch):
    """A dipole of 1e15 G in a star whose conduction and envelope are those without a field.

    L_gamma and the magnetic energy are of an own computation by finite volumes with 60 to 240
    shells, which agree to 1 % in L and 2e-4 in energy.
    """

    def quadratic(parameters, model):
        """p = A s (2 - b s), with b such that the slope at the surface is that of vacuum."""
        shell, basis = model.shell, model.shell.basis
        depth = basis.outer_radius - basis.inner_radius
        slope = shell.exterior_factor(1) * depth
        s = (basis.storage_radius - basis.inner_radius) / depth
        profile = (s * (2 - (2 + 2 * slope) / (2 + slope) * s))[:, None]
        nothing = np.zeros((basis.toroidal_slots, 1))
        state = State(0.0, shell, basis.poloidal_from_storage(profile), nothing)
        scale = 1e15 / dipole_field(state)
        return model.coefficients(State(0.0, shell, scale * state.poloidal, nothing))

    monkeypatch.setattr("spectralcmi.runs.start.initial_field", quadratic)
    monkeypatch.setattr(RadialStar, "meet", lambda star, field, u: None)
    changes = {"thermal.initial_temperature": 1e10, "resolution.lmax": 1, "hall.enabled": False}
    changes |= {"chiral.enabled": False, "time.end": 1e3, "output.series_interval": 100.0}
    dataset = run(case(**changes, **{"output.snapshot_times": [1e3]}), threads=ONE)
    magnetic = dataset.energy_poloidal + dataset.energy_exterior
    assert float(magnetic[0]) == pytest.approx(2.214e48, rel=1e-3)
    later = dataset.sel(time=[100.0, 1000.0])
    # 2 % in temperatures is what two codes with the same formulas agree to, 8 % in L
    np.testing.assert_allclose(later.L_gamma_inf, [9.17e34, 6.23e34], rtol=0.05)
    assert float(magnetic[-1] / magnetic[0]) == pytest.approx(0.975, abs=1e-3)
    assert float(later.joule_power_inf[1]) == pytest.approx(1.43e36, rel=0.03)
    total = magnetic + dataset.thermal_energy + dataset.photon_energy + dataset.neutrino_energy
    # time steps of the field
    assert np.abs(total - total[0]).max() < 1e-5 * float(dataset.joule_energy[-1])


def test_spin_flips_heat_if_they_are_wanted():
    parameters = case(**{"thermal.spin_flip_heat": True})
    matter = Matter(heats=True)
    with_flips, without = (build_model(p, ONE, matter=matter) for p in (parameters, case()))
    state = initial_field(parameters, without)
    out = np.empty(without.shape)
    more, less = (model.explicit(0.0, state, out)[4:] for model in (with_flips, without))
    sample = Measuring(without.state(state), without.measure(state), without.electrons)
    power = (more.sum() - less.sum()) * ENERGY_UNIT / JULIAN_YEAR
    # the same sums, weighted once by shells and once as a whole
    assert power == pytest.approx(spin_flip_power(sample), rel=1e-9)


@dataclass
class Measuring:
    """What measurements of the chirality are made of."""

    state: State
    summary: ShellMeasures
    electrons: Electrons


@pytest.mark.parametrize(
    ("end", "known"), [(1.0, 0.5), (20.0, 12.0)], ids=["within a year", "later"]
)
def test_a_core_history_that_ends_early_is_refused_at_once(tmp_path, end, known):
    history = tmp_path / "core.txt"
    history.write_text(f"0.1 1e9\n{known} 9e8\n")
    changes = {"thermal.core": "history", "thermal.core_history": str(history), "time.end": end}
    with pytest.raises(ParameterError, match=rf"core_history = .*: ends at {known:g} yr, before"):
        run(Parameters().replace({**SMALL, **changes, "output.snapshot_times": [0.0]}), threads=ONE)


def test_a_map_of_k5_is_that_of_the_stored_temperature(finished):
    dataset, _ = finished
    radius = dataset.radius.values[[20, 80]]
    at = {"radius": radius, "colatitude": [0.5], "longitude": [0.0]}
    shown = field(dataset, 0, k5=True, curl=True, **at)
    parts = ("r", "theta", "phi")
    along = sum(shown[f"B_{part}"] * shown[f"curl_B_{part}"] for part in parts)
    square = sum(shown[f"B_{part}"] ** 2 for part in parts)
    parameters = case()
    temperature = dataset.temperature.isel(snapshot=0).values[[20, 80]]
    assert temperature.min() > 1.2e9  # not that of a star without [thermal]
    crust = build_crust(parameters.background, parameters.chiral, radius, temperature=temperature)
    source, feedback = (
        crust[name].values[:, None, None] for name in ("chiral_wavenumber", "anomaly_feedback")
    )
    k5 = closure(along.values, square.values, source, feedback, parameters.chiral.k5_max, True)
    np.testing.assert_allclose(shown.k5.values, k5, rtol=1e-10)
