"""Spin-down: closed forms for a constant moment, conserved quantities for any."""

import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.choices import Torque, choices
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import JULIAN_YEAR, KILOMETRE, SPEED_OF_LIGHT
from spectralcmi.errors import InputError
from spectralcmi.runs.run import run
from spectralcmi.view.plotting import p_pdot
from spectralcmi.view.spin_down import MOMENT_OF_INERTIA, TORQUES, spin_down

TIMES = np.array([0.0, 0.3, 2.0, 50.0, 1e3, 1e5])


def of_moment(moment, **spin):
    """A run whose moment is known [G km3]."""
    parameters = Parameters().replace({f"spin.{key}": value for key, value in spin.items()})
    values = np.broadcast_to(np.asarray(moment, dtype=float), TIMES.shape)
    return xr.Dataset(
        {"dipole_moment": ("time", values.copy())},
        {"time": TIMES},
        {"parameters": parameters.to_json(), "stellar_radius_km": 12.6, "schema_version": 2},
    )


#: B = 1e14 G at 12.6 km.
MOMENT = 1e14 * 12.6**3 / 2


def rate(moment):
    """K = 4 pi^2 m^2/(I c^3) [s]."""
    return 4 * np.pi**2 * (moment * KILOMETRE**3) ** 2 / (MOMENT_OF_INERTIA * SPEED_OF_LIGHT**3)


def test_there_is_a_torque_for_each_choice():
    assert tuple(TORQUES) == choices(Torque)


@pytest.mark.parametrize(
    ("torque", "inclination", "braking"),
    [("force_free", 0.0, 1.0), ("force_free", 90.0, 2.0), ("vacuum", 90.0, 2 / 3)],
)
def test_constant_moment(torque, inclination, braking):
    """P^2 = P_0^2 + 2 K k t where the inclination stays."""
    spin = spin_down(of_moment(MOMENT), 0.02, inclination, torque)
    constant = braking * rate(MOMENT)
    period = np.sqrt(0.02**2 + 2 * constant * TIMES * JULIAN_YEAR)
    # the tolerance of the integration is 1e-10 a step
    np.testing.assert_allclose(spin["period"], period, rtol=1e-8)
    np.testing.assert_allclose(spin["period_derivative"], constant / period, rtol=1e-8)
    age = TIMES + 0.02**2 / (2 * constant) / JULIAN_YEAR
    np.testing.assert_allclose(spin["characteristic_age"], age, rtol=1e-8)
    np.testing.assert_allclose(spin["inclination"], inclination, atol=1e-9)
    np.testing.assert_allclose(spin["dipole_timing_field"], 1e14, rtol=1e-12)


def test_the_power_is_the_loss_of_rotational_energy():
    spin = spin_down(of_moment(MOMENT), 0.02, 0.0, moment_of_inertia=1e45)
    # 4 pi^2 I dP/dt/P^3 = m^2 Omega^4/c^3 of an aligned rotator, whatever I is
    expected = (MOMENT * KILOMETRE**3) ** 2 * (2 * np.pi / spin["period"]) ** 4 / SPEED_OF_LIGHT**3
    np.testing.assert_allclose(spin["spin_down_power"], expected, rtol=1e-12)


@pytest.mark.parametrize("torque", choices(Torque))
def test_what_is_conserved_while_the_moment_changes(torque):
    moment = MOMENT * np.array([1.0, 0.01, 3.0, 2.0, 0.5, 0.5])
    spin = spin_down(of_moment(moment), 0.005, 60.0, torque)
    chi, period = np.radians(spin["inclination"].values), spin["period"].values
    # of the equations for P and chi: P/cos chi in vacuum, P sin chi/cos^2 chi force-free
    conserved = period / np.cos(chi) * (1.0 if torque == "vacuum" else np.tan(chi))
    # a tolerance of 1e-10 a step, and the exponent of a chi of 1e-4
    np.testing.assert_allclose(conserved, conserved[0], rtol=1e-6)
    assert chi[-1] < 1e-2 and period[-1] > 0.0099


def test_a_moment_that_grows_linearly():
    """P^2 - P_0^2 = 2 Int K dt = 2 K_1 t/3 of m = m_1 t/t_1, exactly, from a few times."""
    spin = spin_down(of_moment(MOMENT * TIMES / TIMES[-1]), 0.02, 0.0)
    seconds = TIMES * JULIAN_YEAR
    squared = 0.02**2 + 2 * rate(MOMENT) * seconds**3 / (3 * seconds[-1] ** 2)
    np.testing.assert_allclose(spin["period"] ** 2, squared, rtol=1e-8)


def test_no_moment_no_torque():
    spin = spin_down(of_moment(0.0), 0.02)
    np.testing.assert_array_equal(spin["period"], 0.02)
    np.testing.assert_array_equal(spin["period_derivative"], 0.0)
    assert np.all(np.isinf(spin["characteristic_age"]))


def test_defaults_are_those_of_the_case():
    case = spin_down(of_moment(MOMENT, period=0.1, inclination=20.0, torque="vacuum"))
    given = spin_down(of_moment(MOMENT), 0.1, 20.0, "vacuum")
    xr.testing.assert_identical(case, given)
    default = spin_down(of_moment(MOMENT))
    assert float(default["period"][0]) == pytest.approx(0.01, rel=1e-12)
    assert float(default["inclination"][0]) == pytest.approx(60.0, rel=1e-12)
    assert default.attrs["torque"] == "force_free"


SHELL = {
    "background": {
        "kind": "uniform_shell",
        "inner_radius": 9.0,
        "outer_radius": 10.0,
        "magnetic_diffusivity": 1e-6,
    }
}


def test_the_field_that_timing_infers_lacks_the_redshift_of_the_moment():
    """B(pole) = g 2 m/r_o^3: 1.34 at the surface of the default star, 1 in flat space."""
    short = {"resolution.lmax": 2, "time.end": 1e-3, "chiral.enabled": False,
             "hall.enabled": False, "output.snapshot_times": [0.0]}  # fmt: skip
    for background, factor in ({"metric.kind": "star"}, 1.341), (SHELL, 1.0):
        dataset = run(Parameters().replace({**short, **background}))
        spin = spin_down(dataset)
        outer = float(dataset["radius"][-1]) / spin.attrs["radius_km"]
        ratio = dataset["dipole_field"][0] / (spin["dipole_timing_field"][0] / outer**3)
        # g(x = 0.3329) of the Schwarzschild vacuum: -(3/x^3)(ln(1-x) + x + x^2/2) = 1.3413
        assert float(ratio) == pytest.approx(factor, rel=1e-3)
        np.testing.assert_allclose(
            spin["dipole_timing_field"], dataset["dipole_timing_field"], rtol=1e-12
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"period": 0.0}, "period = 0.0: must be a positive number"),
        ({"period": np.nan}, "period = nan: must be a positive number"),
        ({"inclination": 200.0}, "inclination = 200.0: must be from 0 to 180 degrees"),
        ({"torque": "magic"}, "torque = 'magic': must be one of force_free, vacuum"),
        ({"moment_of_inertia": -1.0}, "moment_of_inertia = -1.0: must be a positive number"),
        ({"radius": np.inf}, "radius = inf: must be a positive number"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError) as refused:
        spin_down(of_moment(MOMENT), **arguments)
    assert str(refused.value) == message


def test_a_dataset_without_moment():
    with pytest.raises(InputError, match=r"^spin_down: the dataset has no dipole_moment"):
        spin_down(of_moment(MOMENT).drop_vars("dipole_moment"))


def test_the_diagram():
    ax = p_pdot(of_moment(MOMENT, period=0.02, inclination=90.0))
    track = ax.lines[0]
    spin = spin_down(of_moment(MOMENT, period=0.02, inclination=90.0))
    np.testing.assert_array_equal(track.get_xdata(), spin["period"])
    np.testing.assert_array_equal(track.get_ydata(), spin["period_derivative"])
    texts = {text.get_text(): text for text in ax.texts}
    # an orthogonal rotator moves along the line of its own field
    (line,) = (line for line in ax.lines if line.get_linestyle() == ":"
               and line.get_ydata()[0] * line.get_xdata()[0]
               == pytest.approx(2 * rate(MOMENT), rel=1e-6))  # fmt: skip
    assert line.get_xdata()[0] < 0.02
    assert "$10^{14}$ G" in texts
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_the_diagram_of_a_star_that_does_not_slow_down():
    ax = p_pdot(of_moment(0.0))
    assert ax.lines[0].get_xdata().size == 0
