"""The claims of 2408.05281 about temperatures and dates, in a star that cools."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spectralcmi.build import build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.heat.radial import BUDGET
from spectralcmi.heat.star import radial_heat
from spectralcmi.paper.dehman_pons_2024 import cooling_star, plan
from spectralcmi.paper.dehman_pons_2024.claims import CLAIMS

LATE = 100.0


def row_of(number, **results):
    statement = next(statement for statement in CLAIMS if statement.number == number)
    return statement.judged(results)


def warm_run(temperature, end=LATE):
    """A run whose crust is as warm as a function of the year says, everywhere."""
    time, snapshot = np.arange(0.0, end + 1.0), np.arange(0.0, end + 1.0, 5.0)
    radius = np.array([11.5, 12.0, 12.5])
    warm = temperature(snapshot)[:, None] * np.ones(radius.size)
    return xr.Dataset(
        {
            "temperature": (("snapshot", "radius"), warm),
            "T_core": ("time", np.full(time.size, 4e8)),
            "joule_power_inf": ("time", np.full(time.size, 2e34)),
        },
        {"time": time, "snapshot": snapshot, "radius": radius},
    )


def growing_run(rate, end=LATE):
    time = np.linspace(0.0, end, 101)
    return xr.Dataset({"rms_field": ("time", 1e12 * np.exp(rate * time))}, {"time": time})


# The heat that holds a temperature


def test_losses_are_those_of_the_heat_equation():
    parameters = Parameters().replace({"thermal.enabled": True, "resolution.lmax": 1})
    equation = radial_heat(parameters, build_shell(parameters))
    lapse = equation.basis.lapse
    isothermal = equation.basis.projected_values(1e9 * lapse[:, None])[:, 0]
    powers = dict(zip(BUDGET, equation.powers(isothermal) / JULIAN_YEAR, strict=True))
    losses = cooling_star.losses(1e9, 4e8)
    # 401 radii in one, cubic splines in ln T in the other
    assert losses.neutrinos == pytest.approx(powers["crust_neutrino"], rel=5e-3)
    assert losses.core == pytest.approx(powers["core_neutrino"], rel=5e-3)


def test_losses_of_a_core_are_those_of_the_reference():
    # an independent computation of a cooling star has 5.8e39 erg/s at 9.37e8 K
    assert cooling_star.losses(9.37e8, 9.37e8).core == pytest.approx(5.8e39, rel=0.02)


def test_heat_flows_to_a_core_that_is_cooler_and_in_proportion():
    warm, cool, cold = (cooling_star.losses(1e9, core).conduction for core in (1e9, 6e8, 2e8))
    assert cool - warm == pytest.approx(cold - cool)
    assert cold > cool > 0
    # about 4 pi r^2 kappa dT/dr, of 4e19 erg/(cm s K) over 360 m
    assert 1e36 < cool < 1e38


# C16


@pytest.mark.parametrize(
    ("years", "verdict", "at_75"), [(100.0, "differs", "4.7e+08"), (1000.0, "agrees", "9.3e+08")]
)
def test_a_crust_is_stable_if_it_stays_warm(years, verdict, at_75):
    run = warm_run(lambda year: 1e9 * np.exp(-year / years))
    row = row_of("C16", magneto_thermal={"star": run})
    assert row.verdict == f"{verdict} (star)"
    text = row.found["star"].text
    assert f"{at_75} K at 1e+13 g/cm³ at 10, 25, 50, 75 yr" in text
    assert "the field gives 2.0e+34 erg/s at 75 yr" in text


def test_the_year_of_the_stated_temperature_is_told():
    run = warm_run(lambda year: 1.2e9 * np.exp(-year / 100.0))
    row = row_of("C16", magneto_thermal={"star": run})
    assert "1e9 K passed at 18 yr" in row.found["star"].text  # 100 ln 1.2


def test_a_run_that_ends_early_says_nothing_of_temperatures():
    run = warm_run(lambda year: 1e9 + 0 * year, end=50.0)
    row = row_of("C16", magneto_thermal={"star": run})
    assert row.verdict == "not run"
    assert row.why == "needs magneto_thermal: star, layered, hard to 75 yr"


# C10c


def scan(years, constants="textbook"):
    """Runs that reach 1e15 G in some years, by deviation."""
    return {
        ("star", constants, deviation, 8.0): growing_run(np.log(1000) / year, 1.2 * year)
        for deviation, year in years.items()
    }


def test_dates_agree_if_one_set_of_constants_has_them_all():
    row = row_of("C10c", cooling_scan=scan({1.0: 22.0, 1e-2: 80.0}))
    assert row.verdict == "agrees (star)"
    assert row.found["star"].text == "textbook 22.0 (1), 80.0 (0.01), over the paper's 1.00, 1.07"
    row = row_of("C10c", cooling_scan=scan({1.0: 22.0, 1e-2: 150.0}))
    assert row.verdict == "differs (star)"


def test_a_field_that_stays_weak_is_no_date_and_no_agreement():
    runs = scan({1.0: 22.0})
    runs["star", "textbook", 1e-5, 8.0] = growing_run(0.0)
    row = row_of("C10c", cooling_scan=runs)
    assert row.verdict == "differs (star)"
    assert "none (1e-05: 1e+12 G at 100 yr)" in row.found["star"].text


def test_the_scan_has_all_constants_and_every_date():
    runs = plan.cases()["cooling_scan"]
    assert {name[1] for name in runs} == set(plan.CONSTANTS)
    assert {name[2] for name in runs} == {1.0, 1e-2, 1e-4, 1e-5}
    for parameters in runs.values():
        assert parameters.thermal.enabled and not parameters.hall.enabled
        assert parameters.metric.kind == "star"
