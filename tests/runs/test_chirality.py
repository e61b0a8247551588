"""The budget of the source and the balance of helicity, on crusts and in shells."""

import json
from dataclasses import replace

import numpy as np
import pytest

from spectralcmi.build import build_model
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import ERG_PER_MEV, JULIAN_YEAR, KILOMETRE
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.runs.chirality import CHIRALITY, RESERVOIRS, attributes_of
from spectralcmi.runs.diagnostics import HELICITY_UNIT, magnetic_helicity
from spectralcmi.runs.record import RunRecord
from spectralcmi.runs.run import run
from spectralcmi.runs.series import POWER_UNIT, Sample
from spectralcmi.terms.chiral import anomaly_constant, chiral_coefficient
from spectralcmi.terms.closure import closure
from spectralcmi.threads import Threads
from tests.on_grid import field_and_curl

SMALL = {
    "resolution.lmax": 3,
    "resolution.radial_grid": "global",
    "resolution.radial_order": 40,
    "hall.enabled": False,
}
#: Of runs without cutoff.
UNCUT = 1e9


def sample_of(model, state, electrons=None):
    """A sample of coefficients, without totals."""
    rates = model.explicit(0.0, state, np.empty(model.shape))
    return Sample(
        state=model.state(state),
        summary=model.measure(state),
        rates=rates,
        totals=np.zeros(4),
        step=0.0,
        steps=0,
        rejected=0,
        electrons=electrons or model.electrons,
        convention=model.electrons.convention if model.electrons else "textbook",
    )


def measured(sample):
    return {name: function(sample) for name, (function, _, _) in CHIRALITY.items()}


@pytest.fixture(scope="module")
def crust_model():
    """Function: model of the default star with some keys changed."""

    def build(**changes):
        parameters = Parameters().replace({**SMALL, **changes})
        return build_model(parameters, Threads(1))

    return build


def helical_field(model, strength=3.0):
    """Coefficients of a field of some 1e12 G, of odd and even degrees, with helicity."""
    modes = model.shape[0] // 2
    state = np.zeros(model.shape)
    rng = np.random.default_rng(4)
    for first in (0, modes):
        state[first : first + 4] = rng.standard_normal((4, model.shape[1]))
    return strength * state


def test_the_source_of_the_default_star_in_flat_space(crust_model):
    """What the rates of the model ask of its crust, to the digits that were published of it."""
    model = crust_model(**{"metric.kind": "flat", "chiral.k5_max": UNCUT})
    budget = measured(sample_of(model, np.zeros(model.shape)))
    amounts = attributes_of(model.electrons, model.shell)
    # two digits, half of the last
    assert amounts["electron_number"] == pytest.approx(8.1e53, rel=0.006)
    assert amounts["reservoir_delta_mu_erg"] == pytest.approx(1.1e45, rel=0.05)
    assert amounts["reservoir_electrons_erg"] == pytest.approx(8.5e49, rel=0.006)
    assert budget["net_captures"] == pytest.approx(5.2e58, rel=0.01)
    assert budget["beta_power"] == pytest.approx(7e49, rel=0.07)
    # one digit: 2 to 3e45 erg/s
    assert budget["weak_power"] == pytest.approx(2.5e45, rel=0.2)
    # without a field all of it becomes heat
    assert budget["spin_flip_power"] == budget["weak_power"]
    assert budget["spin_flips"] == pytest.approx(budget["net_captures"], rel=1e-13)
    assert budget["anomalous_production"] == budget["helicity_production"] == 0.0


@pytest.mark.parametrize("convention", ["textbook", "dehman_pons_2025"])
def test_the_budget_is_that_of_plain_sums_over_the_crust(crust_model, convention):
    """Trapezia over many radii in the metric, with the formulas of the quantities as they stand."""
    changes = {"chiral.convention": convention, "chiral.k5_max": 300.0}
    model = crust_model(**changes)
    budget = measured(sample_of(model, np.zeros(model.shape)))
    parameters = Parameters().replace(changes)
    radius = np.linspace(*crust_radii(parameters.background), 4001)
    crust = build_crust(parameters.background, parameters.chiral, radius)
    lapse, length = np.exp(crust["metric_potential"]), np.exp(crust["metric_lambda"])
    volume = 4 * np.pi * KILOMETRE**3 * (radius**2 * length).values

    def integral(values):
        return float(np.trapezoid(values.values * volume, radius))

    captures = crust["electron_density"] * crust["weak_rate_effective"]
    k5 = crust["chiral_wavenumber"]
    k5 = k5 / (1 + (k5 / 300.0) ** 8) ** 0.125
    hbar_c = 1.973269804e-11 / KILOMETRE  # MeV km
    mu5 = hbar_c * k5 / chiral_coefficient(convention)
    share = {"textbook": 1.0, "dehman_pons_2025": 0.5}[convention]
    expected = {
        "net_captures": integral(lapse * captures),
        "beta_power": integral(lapse**2 * captures * 1e-2 * 1e9 * 8.617333e-11) * ERG_PER_MEV,
        "weak_power": share * integral(lapse**2 * mu5 * captures) * ERG_PER_MEV,
        "chirality": integral(crust["chiral_fraction"] * crust["electron_density"]),
        "maximum_mu5": float(mu5.max()),
    }
    for name, value in expected.items():
        # the composition is but twice differentiable in radius, and n5 rises steeply at the bottom:
        # 3e-4, of the chirality 3e-3, on 60 shells
        assert budget[name] == pytest.approx(value, rel=5e-3), name


@pytest.mark.parametrize("convention", ["textbook", "dehman_pons", "dehman_pons_2025"])
@pytest.mark.parametrize("metric", ["flat", "star"])
def test_chirality_is_what_captures_and_the_field_supply(crust_model, convention, metric):
    """n5 Gamma_f = n_e Gamma_w_eff + A E.B, n5 from k5 itself, where no cutoff acts."""
    model = crust_model(
        **{"chiral.convention": convention, "metric.kind": metric, "chiral.k5_max": UNCUT,
           "chiral.delta_mu": 1e-15}
    )  # fmt: skip
    electrons, shell = model.electrons, model.shell
    sample = sample_of(model, helical_field(model))
    budget = measured(sample)
    kappa = chiral_coefficient(convention) * electrons.chemical_potential
    kappa = kappa / (3 * electrons.density * 1.973269804e-11)  # 1/cm
    n5 = sample.summary.wavenumber / KILOMETRE / kappa
    weights = shell.energy_weights * shell.basis.radius**2 * KILOMETRE**3
    flips = float((n5 * electrons.spin_flip_rate) @ weights)
    # the same sums, and hbar c to ten digits
    supplied = budget["net_captures"] + budget["anomalous_production"]
    assert abs(budget["anomalous_production"]) > 1e-3 * abs(supplied), "the field matters"
    scale = abs(budget["net_captures"]) + abs(budget["anomalous_production"])
    assert flips == pytest.approx(supplied, abs=1e-8 * scale)
    assert budget["spin_flips"] == pytest.approx(supplied, abs=1e-12 * scale)
    # -A/(2 c) of what the helicity is supplied with
    light = 2.99792458e10
    helicity = -anomaly_constant(convention) / (2 * light) * budget["helicity_production"]
    assert budget["anomalous_production"] == pytest.approx(helicity, rel=1e-12)


@pytest.mark.parametrize("cutoff", ["smooth", "hard"])
@pytest.mark.parametrize("convention", ["textbook", "dehman_pons_2025"])
def test_the_energy_of_the_source_balances_with_a_cutoff(crust_model, cutoff, convention):
    """Heat of the spin flips from mu5 and n5 at each point of a grid, against the budget."""
    model = crust_model(
        **{"chiral.cutoff": cutoff, "chiral.convention": convention, "chiral.k5_max": 20.0}
    )
    electrons, shell, local = model.electrons, model.shell, model.local
    state = helical_field(model, 300.0)
    sample = sample_of(model, state)
    budget = measured(sample)
    field, curl = field_and_curl(sample.state)
    b_dot_j, square = (field * curl).sum(axis=0), (field**2).sum(axis=0)

    def on_grid(values):
        return values.reshape(-1, *[1] * (square.ndim - 1))

    source, feedback = on_grid(local.chiral_wavenumber), on_grid(local.anomaly_feedback)
    k5 = closure(b_dot_j, square, source, feedback, 20.0, cutoff == "smooth")
    n5 = (source + feedback * (b_dot_j - k5 * square)) / on_grid(electrons._kappa)
    share = {"textbook": 1.0, "dehman_pons_2025": 0.5}[convention]
    mu5 = electrons.potential_of_wavenumber * k5
    heat = share * mu5 * n5 * on_grid(electrons.spin_flip_rate)
    angular = shell.harmonics.solid_angle.reshape(heat.shape[1:])
    heat = (heat * angular).sum(axis=tuple(range(1, heat.ndim)))
    weights = shell.power_weights * shell.basis.radius**2
    total = ERG_PER_MEV * KILOMETRE**3 * float(heat @ weights)
    assert budget["spin_flip_power"] == pytest.approx(total, rel=1e-10)  # sums and the fast closure
    # what is lacking is what the field takes: the last rate of the model, seen from infinity
    taken = POWER_UNIT * sample.rates[3]
    assert abs(taken) > 1e-9 * budget["weak_power"]
    scale = budget["weak_power"]
    assert budget["weak_power"] - taken == pytest.approx(
        budget["spin_flip_power"], abs=1e-12 * scale
    )


def test_without_feedback_or_effect_the_budget_has_none(crust_model):
    model = crust_model(**{"chiral.anomaly": False})
    budget = measured(sample_of(model, helical_field(model)))
    assert budget["anomalous_production"] == 0.0
    assert budget["spin_flip_power"] == budget["weak_power"] > 0.0
    model = crust_model(**{"chiral.enabled": False})
    budget = measured(sample_of(model, helical_field(model)))
    for name in ("net_captures", "weak_power", "beta_power", "chirality", "maximum_k5"):
        assert budget[name] == 0.0


def test_a_shell_without_rates_has_k5_but_no_electrons(shell_model, random_coefficients):
    model = shell_model(elements=3, k5=5.0)
    budget = measured(sample_of(model, random_coefficients(model, 1)))
    for name in ("maximum_k5", "mean_absolute_k5", "rms_k5"):
        assert budget[name] == pytest.approx(5.0, rel=1e-12)  # rounding of sums
    # textbook: 2354 /km at 1e-10 MeV
    assert budget["maximum_mu5"] == pytest.approx(5.0 / 2354.0 * 1e-10, rel=3e-4)
    for name in ("net_captures", "weak_power", "spin_flip_power", "chirality"):
        assert budget[name] == 0.0


# Along a run


def test_captures_add_up_along_a_run():
    parameters = Parameters().replace(
        {**SMALL, "time.end": 2e-3, "output.series_interval": 1e-3, "output.snapshot_times": [0.0]}
    )
    dataset = run(parameters)
    rate = float(dataset["net_captures"][0])
    seconds = dataset["time"].values * JULIAN_YEAR
    expected = rate * seconds / dataset.attrs["electron_number"]
    # a constant rate: rounding
    np.testing.assert_allclose(dataset["captures_per_electron"], expected, rtol=1e-12, atol=0)
    assert dataset["captures_per_electron"].attrs["units"] == "1"
    assert set(RESERVOIRS) <= dataset.attrs.keys()


def test_captures_of_a_changing_rate_are_trapezia(crust_model):
    """A source that grows linearly: trapezia are exact."""
    model = crust_model()
    record = RunRecord(Parameters(), model.shell)
    zero, electrons = np.zeros(model.shape), model.electrons
    for time in (0.0, 1.0, 4.0):
        now = replace(electrons, capture_rate=(1.0 + time) * electrons.capture_rate)
        sample = replace(sample_of(model, zero, now), state=model.state(zero, time), electrons=now)
        record.add(sample)
    rate = record.series["net_captures"][0] / electrons.number(model.shell)
    expected = rate * JULIAN_YEAR * np.array([0.0, 1.5, 12.0])
    np.testing.assert_allclose(record.series["captures_per_electron"], expected, rtol=1e-12)


def test_a_poloidal_start_without_source_has_no_k5_for_ever():
    parameters = Parameters().replace(
        {**SMALL, "chiral.delta_mu": 0.0, "initial.polar_field": 1e15, "time.end": 20.0,
         "output.series_interval": 5.0, "output.snapshot_times": [0.0]}
    )  # fmt: skip
    dataset = run(parameters)
    assert np.all(dataset["energy_poloidal"] > 0)
    for name in ("maximum_k5", "energy_toroidal", "chirality", "weak_power", "spin_flip_power"):
        np.testing.assert_array_equal(dataset[name], 0.0, err_msg=name)


# Balance of helicity


@pytest.mark.parametrize("chiral", [False, True])
def test_helicity_changes_by_its_supply_and_through_the_surface(
    shell_model, random_coefficients, evolve, metric, chiral
):
    """dH/dt = -2 Int e^Phi cE.B dV + 2 Sum l(l+1) e^Phi r_o E_S p at the outer surface.

    E_S is the spheroidal tangential part of cE = eta (J - k5 B). The rate is that of the Galerkin
    scheme, so the residual falls as its resolution rises; a field that has evolved for a while has
    no tangential electric field at the inner boundary, which a random one may have.
    """
    residuals = []
    for count in (2, 4):
        model = shell_model(elements=count, element_order=7, lmax=3, metric=metric, k5=3.0 * chiral)
        state = evolve(model, random_coefficients(model, 7), 0.01, tolerance=1e-6)
        work, right = np.empty(model.shape), np.empty(model.shape)
        model.explicit(0.0, state, work)
        model.implicit(0.0, state, right)
        rate = np.empty(model.shape)
        model.solve(0.0, work - right, rate)
        step = 1e-3 / abs(rate).max() * abs(state).max()
        # the helicity is quadratic: its central difference is exact
        after, before = (
            magnetic_helicity(model.state(state + sign * step * rate)) for sign in (1, -1)
        )
        change = (after - before) / (2 * step) / HELICITY_UNIT
        field = model.state(state)
        produced = measured(sample_of(model, state))["helicity_production"]
        produced *= JULIAN_YEAR / HELICITY_UNIT
        residuals.append(abs(change - produced - _through_surface(model, field, 3.0 * chiral)))
        scale = abs(produced)
        assert abs(_through_surface(model, field, 3.0 * chiral)) > 1e-4 * scale, "it matters"
    # measured, of the supply: 1e-5 to 3e-5 on two elements and 5e-8 to 7e-7 on four, a factor of 30
    # to 330 for half the size: fifth order and more
    assert residuals[0] < 1e-4 * scale
    assert residuals[1] < 1e-6 * scale
    assert residuals[1] < residuals[0] / 16


def _through_surface(model, field, k5):
    """2 Sum l(l+1) e^Phi r_o E_S p at the outer radius, of uniform eta = 1 [(1e12 G)^2 km4/yr]."""
    shell, basis, metric = model.shell, model.shell.basis, model.shell.metric
    outer = np.array([basis.outer_radius])
    degree = shell.columns.degree
    p, p_slope, _ = metric.poloidal_derivatives(
        outer[:, None], *basis.evaluate_poloidal(field.poloidal, outer)
    )
    _, t_slope = metric.toroidal_derivatives(
        outer[:, None], *basis.evaluate_toroidal(field.toroidal, outer)
    )
    tangential = (t_slope - k5 * p_slope) / outer  # E_S
    lapse = float(np.exp(metric.potential(outer))[0])
    product = degree * (degree + 1.0)
    return float(2 * lapse * outer[0] * (product * tangential[0]) @ p[0])


def test_a_run_follows_a_source_that_changes(tmp_path):
    """delta_mu falls by a fifth on straight lines: so do the captures, in steps of a twentieth."""
    lines = [f"{time}, {radius}, {value}" for time, value in ((0, 1e-3), (2e-3, 8e-4))
             for radius in (11, 13)]  # fmt: skip
    path = tmp_path / "delta_mu.csv"
    path.write_text("time [yr], radius [km], delta_mu\n" + "\n".join(lines))
    parameters = Parameters().replace(
        {**SMALL, "chiral.delta_mu_file": str(path), "time.end": 2e-3,
         "output.series_interval": 2e-4, "output.snapshot_times": [0.0]}
    )  # fmt: skip
    dataset = run(parameters)
    rate = dataset["net_captures"] / dataset["net_captures"][0]
    changes = json.loads(dataset.attrs["delta_mu_change_times"])
    np.testing.assert_allclose(changes, [5e-4, 1e-3, 1.5e-3, 2e-3], rtol=1e-12)
    # the middles of four intervals, 1 - exp(-delta_mu) in place of delta_mu
    middle = 1.0 - np.array([0.025, 0.075, 0.125, 0.175])
    found = np.unique(rate.round(9))[::-1]
    np.testing.assert_allclose(found, middle / middle[0], rtol=1e-4)
    assert "chiral.delta_mu_file" in json.loads(dataset.attrs["input_sha256"])
