"""Measuring functions on series and spectra whose years, rates, exponents and shares are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spectralcmi.paper import measures

ROUND_OFF = 1e-12


def dataset(time, poloidal, toroidal, **series):
    """Run with spectra of shape (time, degree) and their sums."""
    poloidal, toroidal = np.atleast_2d(poloidal), np.atleast_2d(toroidal)
    return xr.Dataset(
        {
            "spectrum_poloidal": (("time", "degree"), poloidal),
            "spectrum_toroidal": (("time", "degree"), toroidal),
            "energy_poloidal": ("time", poloidal.sum(axis=1)),
            "energy_toroidal": ("time", toroidal.sum(axis=1)),
            **{name: ("time", values) for name, values in series.items()},
        },
        {"time": time, "degree": np.arange(1, poloidal.shape[1] + 1)},
    )


def growing(time, field):
    """Run with a given field strength against time, without spectra."""
    return xr.Dataset({"rms_field": ("time", field)}, {"time": time})


# Years


def test_crossing_of_an_exponential_is_exact_between_samples():
    time = np.arange(0.0, 100.0, 7.0)
    # the logarithm of an exponential is a line, which linear interpolation hits
    year = measures.crossing_year(time, 3e12 * np.exp(0.17 * time), 1e15)
    assert year == pytest.approx(np.log(1e15 / 3e12) / 0.17, rel=ROUND_OFF)


def test_crossing_is_the_first():
    time = np.arange(6.0)
    assert measures.crossing_year(time, np.array([1, 10, 1, 100, 1, 1.0]), 10) == 1.0


def test_a_level_that_is_never_reached_has_no_year():
    assert np.isnan(measures.crossing_year(np.arange(3.0), np.ones(3), 2.0))


def test_a_series_that_starts_above_the_level_crosses_it_at_the_start():
    assert measures.crossing_year(np.array([5.0, 6.0]), np.array([3.0, 4.0]), 2.0) == 5.0


def test_a_series_that_starts_from_nothing_is_interpolated_linearly():
    assert measures.crossing_year(np.array([0.0, 1.0]), np.array([0.0, 4.0]), 1.0) == 0.25


def test_equipartition_year():
    time = np.arange(0.0, 60.0, 5.0)
    toroidal = 1e-4 * np.exp(0.2 * time)
    run = dataset(time, np.ones((time.size, 1)), toroidal[:, None])
    # ratio 0.9: ln(9000)/0.2
    assert measures.equipartition_year(run) == pytest.approx(np.log(9000) / 0.2, rel=ROUND_OFF)


def test_year_of_field():
    time = np.linspace(0, 50, 11)
    run = growing(time, 1e12 * 10 ** (time / 10))
    assert measures.year_of_field(run, 1e15) == pytest.approx(30.0, rel=ROUND_OFF)


def test_onset_is_when_the_dipole_has_lost_its_share():
    time = np.arange(0.0, 101.0)
    others = np.where(time > 50, 0.02 * (time - 50), 0.0)
    poloidal = np.stack([np.ones_like(time), others], axis=1)
    run = dataset(time, poloidal, np.zeros_like(poloidal))
    # 1/(1 + 0.02 s) = 0.8 at s = 12.5; interpolated in the logarithm within a year of 1 per cent
    assert measures.onset_year(run) == pytest.approx(62.5, abs=0.01)


def test_value_at_a_year_is_interpolated_and_missing_outside():
    run = growing(np.array([0.0, 10.0, 20.0]), np.array([1.0, 3.0, 9.0]))
    # an exponential is exact between positive samples
    assert measures.value_at(run, "rms_field", 5.0) == pytest.approx(np.sqrt(3), rel=ROUND_OFF)
    assert measures.value_at(run, "rms_field", 20.0) == pytest.approx(9.0, rel=ROUND_OFF)
    assert np.isnan(measures.value_at(run, "rms_field", 21.0))
    # from nothing, a line
    assert measures.value_at(growing([0.0, 10.0], [0.0, 4.0]), "rms_field", 2.5) == 1.0


def quenched(time):
    """Field [G] as in the default run: 1e12 G, growing at 0.18 /yr, by 110 yr at 0.05 /yr."""
    # d/dt of the logarithm is 0.18 - 0.135 / (1 + exp(-(t - 80)/9))
    late = 9.0 * (np.log1p(np.exp((time - 80.0) / 9.0)) - np.log1p(np.exp(-80.0 / 9.0)))
    return 1e12 * np.exp(0.18 * time - 0.135 * late)


@pytest.mark.parametrize("interval", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("year", [40.0, 51.3, 72.6, 85.9, 98.7])
def test_a_year_does_not_depend_on_the_output_interval(interval, year):
    time = np.arange(0.0, 110.0 + interval / 2, interval)
    found = measures.year_of_field(growing(time, quenched(time)), quenched(year))
    # cubic splines with 5 yr between samples: 5/384 h^4 d4(ln B)/dt4, 1e-3 yr at the most
    assert found == pytest.approx(year, abs=2e-3)


def test_the_interval_mattered_while_lines_were_drawn():
    time = np.arange(0.0, 112.0, 5.0)
    field = quenched(time)
    line = np.interp(np.log(quenched(78.0)), np.log(field), time)
    assert abs(line - 78.0) > 0.01, "the curve is too straight to test anything"


def test_a_jump_is_crossed_between_its_samples():
    # a spline through a step overshoots by some 10 per cent and would cross 105 before the step
    time = np.arange(40.0)
    field = np.where(time < 20, 100.0, 110.0)
    assert 19.0 < measures.crossing_year(time, field, 105.0) < 20.0
    assert measures.value_at(growing(time, field), "rms_field", 18.5) == pytest.approx(100.0)


def test_what_is_not_positive_before_does_not_matter():
    time = np.arange(0.0, 60.0)
    field = 1e12 * np.exp(0.17 * time)
    broken = np.where(time < 20, 0.0, field)
    year = np.log(1000) / 0.17
    assert measures.crossing_year(time, broken, 1e15) == pytest.approx(year, rel=ROUND_OFF)


# Growth


def test_rate_and_window_of_a_pure_exponential():
    time = np.arange(0.0, 80.0)
    fit = measures.exponential_growth(growing(time, 1e12 * np.exp(0.1685 * time)))
    assert fit.value == pytest.approx(0.1685, rel=ROUND_OFF)
    assert fit.standard_error < 1e-12
    assert (fit.start, fit.end, fit.samples) == (0.0, 79.0, 80)


def test_exponential_window_is_found_between_a_plateau_and_saturation():
    time = np.arange(0.0, 201.0, 0.5)
    seed, growth, limit = 1.0, 1e-4 * np.exp(0.2 * time), 1e10
    field = 1 / (1 / (seed + growth) + 1 / limit)
    fit = measures.exponential_growth(growing(time, field), tolerance=0.1)
    # the rate is 0.2 less 10 per cent where growth = 9 seed, and where field = limit/10
    assert fit.start == pytest.approx(np.log(9 / 1e-4) / 0.2, abs=1.0)
    assert fit.end == pytest.approx(np.log(1e14 / 9) / 0.2, abs=1.0)
    # the ends lie below the true rate by at most the tolerance, and hold a tenth of the window
    assert fit.value == pytest.approx(0.2, rel=0.01)


def test_window_does_not_jump_over_a_gap():
    time = np.arange(0.0, 60.0)
    rate = np.where((time > 20) & (time < 40), 0.0, 0.1)
    rate[45:] = 0.11
    field = np.exp(np.concatenate([[0], np.cumsum(rate)[:-1]]))
    fit = measures.exponential_growth(growing(time, field), tolerance=0.2)
    assert fit.start > 38
    assert 0.1 <= fit.value <= 0.11


def test_standard_error_covers_known_noise():
    rng = np.random.default_rng(5)
    time = np.linspace(0, 10, 200)
    errors = []
    for _ in range(100):
        noisy = np.exp(0.3 * time + 0.05 * rng.standard_normal(time.size))
        # a tolerance so large that noise in the rate does not cut the window
        fit = measures.exponential_growth(growing(time, noisy), tolerance=100.0)
        errors.append((fit.value - 0.3) / fit.standard_error)
    # unit variance if the standard error is right; 100 draws know it to 7 per cent
    assert 0.75 < np.std(errors) < 1.25


def test_nothing_that_decays_has_a_growth_rate():
    time = np.arange(10.0)
    fit = measures.exponential_growth(growing(time, np.exp(-time)))
    assert np.isnan(fit.value)
    assert fit.samples == 0


@pytest.mark.parametrize("exponent", [1.0, 2.0, 3.0])
def test_exponent_of_a_power_law_start(exponent):
    time = np.arange(0.0, 100.0)
    toroidal = 1e-5 * time**exponent
    run = dataset(time, np.ones((time.size, 1)), toroidal[:, None])
    fit = measures.first_power_law(run, weak=0.01)
    assert fit.value == pytest.approx(exponent, rel=1e-10)
    # up to where 1e-5 t^n = 0.01
    assert fit.end == np.floor(min(99, 1000 ** (1 / exponent) + 1e-9))


def test_power_law_start_ignores_the_exponential_after_it():
    time = np.arange(0.0, 100.0)
    toroidal = 1e-5 * time**2 + 1e-3 * np.exp(0.5 * (time - 60))
    run = dataset(time, np.ones((time.size, 1)), toroidal[:, None])
    # the exponential adds 5e-14 to 1e-2 at most within the window
    assert measures.first_power_law(run).value == pytest.approx(2.0, abs=1e-6)


def test_a_start_too_short_for_a_fit_gives_none():
    run = dataset(np.arange(5.0), np.ones((5, 1)), np.ones((5, 1)))
    assert np.isnan(measures.first_power_law(run).value)


# Shares


def test_shares_of_a_known_field():
    poloidal, toroidal = [[4.0, 1.0, 2.0]], [[2.0, 0.5, 0.5]]
    run = dataset([0.0], poloidal, toroidal)
    assert float(measures.total_energy(run)[0]) == 10.0
    assert float(measures.toroidal_share(run)[0]) == pytest.approx(0.3, rel=ROUND_OFF)
    assert float(measures.dipole_share(run)[0]) == pytest.approx(0.6, rel=ROUND_OFF)
    assert float(measures.even_degree_share(run)[0]) == pytest.approx(0.15, rel=ROUND_OFF)
    # even poloidal and odd toroidal degrees
    assert float(measures.other_family_share(run)[0]) == pytest.approx(0.35, rel=ROUND_OFF)


def test_a_tiny_share_is_no_round_off():
    run = dataset([0.0], [[1.0, 1e-30]], [[0.0, 0.0]])
    assert float(measures.even_degree_share(run)[0]) == pytest.approx(1e-30, rel=ROUND_OFF)
    assert float(measures.other_family_share(run)[0]) == pytest.approx(1e-30, rel=ROUND_OFF)


def test_other_family_in_three_dimensions_is_what_the_dipole_family_leaves():
    run = dataset([0.0], [[3.0, 1.0]], [[0.0, 0.0]], energy_dipole_family=[1.0])
    run = run.assign_coords(order=[0, 1])
    assert float(measures.other_family_share(run)[0]) == 0.75


def test_turning_points_are_counted_by_their_prominence():
    time = np.arange(0.0, 100.0, 0.5)
    share = 0.5 + 0.1 * np.cos(2 * np.pi * time / 20) + 0.001 * np.cos(2 * np.pi * time / 2)
    run = dataset(time, 1 - share[:, None], share[:, None])
    # extremes at 30, 40, .. 90; the ripple of 0.002 is below the prominence and moves them by 1 yr
    assert measures.turning_points(run, 25.0) == pytest.approx(np.arange(30, 91, 10), abs=1.0)


# Spectra


@pytest.mark.parametrize("slope", [-2.0, 0.0, 1.5])
def test_slope_of_a_power_law_is_exact(slope):
    degree = np.arange(1, 61)
    spectrum = xr.DataArray(7e40 * degree**slope, dims="degree", coords={"degree": degree})
    fit = measures.spectral_slope(spectrum, 2, 20)
    assert fit.value == pytest.approx(slope, abs=1e-10)
    assert fit.standard_error < 1e-10
    assert (fit.start, fit.end, fit.samples) == (2, 20, 19)


def test_slope_is_that_of_the_chosen_degrees():
    degree = np.arange(1.0, 61)
    values = np.where(degree <= 20, degree**-1.0, 20.0**3 * degree**-4.0)
    spectrum = xr.DataArray(values, dims="degree", coords={"degree": degree})
    assert measures.spectral_slope(spectrum, 2, 20).value == pytest.approx(-1, abs=1e-10)
    assert measures.spectral_slope(spectrum, 20, 60).value == pytest.approx(-4, abs=1e-10)


def test_error_of_a_slope_covers_known_scatter():
    rng = np.random.default_rng(3)
    degree = np.arange(1, 41)
    misses = []
    for _ in range(200):
        values = degree**-2.0 * np.exp(0.5 * rng.standard_normal(degree.size))
        spectrum = xr.DataArray(values, dims="degree", coords={"degree": degree})
        fit = measures.spectral_slope(spectrum, 2, 40)
        misses.append((fit.value + 2) / fit.standard_error)
    # unit variance to 5 per cent by 200 draws; weights make the residuals' variance a little low
    assert 0.8 < np.std(misses) < 1.3
    assert abs(np.mean(misses)) < 0.25  # unbiased: 3.5 standard errors of the mean


def test_slope_of_too_few_degrees_is_none():
    spectrum = xr.DataArray([1.0, 0.0, 1.0, 0.0], dims="degree", coords={"degree": range(1, 5)})
    assert np.isnan(measures.spectral_slope(spectrum, 1, 4).value)


def test_mean_spectrum_is_over_the_interval_and_both_components():
    run = dataset([0.0, 1.0, 2.0], [[1.0, 1], [2, 4], [4, 8]], [[0.0, 0], [1, 1], [3, 3]])
    assert measures.mean_spectrum(run, 1.0, 2.0).values == pytest.approx([5.0, 8.0], rel=ROUND_OFF)
    with pytest.raises(ValueError, match="no stored time between 5 and 6 yr"):
        measures.mean_spectrum(run, 5.0, 6.0)


def test_imbalance_per_degree():
    run = dataset([0.0], [[3.0, 1.0, 0.0]], [[1.0, 1.0, 0.0]])
    imbalance = measures.imbalance_per_degree(run, 0.0).values
    assert imbalance[:2] == pytest.approx([0.5, 0.0])
    assert np.isnan(imbalance[2])


def test_peak_degree_leaves_out_the_lowest():
    energy = np.ones(30)
    energy[[0, 24]] = 100.0, 5.0
    run = dataset([0.0], [energy], [np.zeros(30)])
    assert measures.peak_degree(run, 0.0) == 25
    assert measures.peak_degree(run, 0.0, lmin=1) == 1
    assert np.isnan(measures.peak_degree(run, np.nan))
