"""Exponents, slopes and realizability that are read off a run, against closed forms."""

import numpy as np
import pytest
import xarray as xr

from spectralcmi.fields.state import State
from spectralcmi.grid.chebyshev import chebyshev_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.metric import FLAT
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import basis_attributes, metric_attributes
from spectralcmi.runs.diagnostics import helicity_spectrum, rms_spectrum
from spectralcmi.view.helicity import (
    helicity_balance,
    realizability,
    running_exponents,
    spectral_slope,
)
from tests.grid.metrics import uniform_density


def decaying(noise=0.0):
    time = np.linspace(0.0, 100.0, 201)
    shaken = np.exp(noise * np.random.default_rng(2).standard_normal(time.size))
    with np.errstate(divide="ignore"):
        energy, scale = 1e48 * time**-0.4 * shaken, 0.1 * time**0.4 * shaken
    return xr.Dataset(
        {
            "energy_poloidal": ("time", 0.25 * energy),
            "energy_toroidal": ("time", 0.75 * energy),
            "integral_scale": ("time", scale),
        },
        {"time": time},
    )


def test_exponents_of_power_laws():
    fits = running_exponents(decaying())
    late = fits.sel(time=slice(5.0, None))
    # a straight line in the logarithms: rounding
    np.testing.assert_allclose(late["p"], 0.4, rtol=1e-10)
    np.testing.assert_allclose(late["q"], 0.4, rtol=1e-10)
    # errors are roots of differences of squares: half the digits
    assert np.all(late["p_error"] < 1e-6)
    # too few samples early on, and no logarithm of nought
    assert np.isnan(fits["p"][:2]).all()


def test_errors_of_exponents_are_those_of_what_is_fitted():
    fits = running_exponents(decaying(noise=0.02)).sel(time=slice(20.0, None))
    deviation = (fits["p"] - 0.4) / fits["p_error"]
    # standard errors, of fits that share samples: two thirds are within, 40 to 90 per cent here
    assert 0.4 < float((abs(deviation) < 1).mean()) < 0.9
    assert float(abs(deviation).max()) < 5
    with pytest.raises(ValueError, match="window=1 must exceed 1"):
        running_exponents(decaying(), window=1.0)


def spectra(slope):
    degree = np.arange(1, 21)
    energy = np.array([degree**slope, degree**slope * (1 + 0.3 * (-1.0) ** degree)])
    energy[:, 6] = 0.0
    variable = (("time", "degree"), 0.5 * energy)
    return xr.Dataset(
        {"spectrum_poloidal": variable, "spectrum_toroidal": variable},
        {"time": [0.0, 1.0], "degree": degree},
    )


def test_slopes_have_errors():
    fit = spectral_slope(spectra(-2.0), range(1, 11))
    assert float(fit["slope"][0]) == pytest.approx(-2.0, abs=1e-12)
    assert float(fit["slope_error"][0]) < 1e-6  # as above
    # a scatter of 30 per cent over a decade
    assert 0.01 < float(fit["slope_error"][1]) < 0.3
    assert abs(float(fit["slope"][1]) + 2.0) < 2 * float(fit["slope_error"][1])
    assert np.isnan(spectral_slope(spectra(1.0), [7, 8, 9])["slope"]).all()
    with pytest.raises(ValueError, match=r"degree=21 is not among 1 \.\. 20"):
        spectral_slope(spectra(1.0), [1, 21])


def stored(shell, states):
    """What a run keeps of the spectra of some states."""
    degree = np.arange(1, shell.harmonics.lmax + 1)
    return xr.Dataset(
        {
            name: (("time", "degree"), np.array([measure(state) for state in states]))
            for name, measure in (
                ("helicity_spectrum", helicity_spectrum),
                ("rms_spectrum", rms_spectrum),
            )
        },
        {
            "time": np.arange(len(states), dtype=float),
            "degree": degree,
            "radius": shell.basis.storage_radius,
        },
        {**basis_attributes(shell.basis), **metric_attributes(shell.metric)},
    )


@pytest.mark.parametrize("metric", [FLAT, uniform_density(0.4, 9.0, 10.0)], ids=["flat", "star"])
def test_no_field_is_more_helical_than_its_energy_allows(metric):
    shell = Shell(chebyshev_basis(9.0, 10.0, 14), Harmonics(5, 5), metric)
    rng = np.random.default_rng(8)
    decay = 3.0 ** -np.arange(14)[:, None]
    states = []
    for correlation in np.linspace(-1, 1, 9):
        poloidal = decay * rng.standard_normal((14, shell.columns.count))
        other = decay * rng.standard_normal((14, shell.columns.count))
        # of all ratios of T to P, the one with the largest helicity for its energy is among these
        for ratio in (0.1, 0.5, 2.0, 10.0):
            toroidal = ratio * (correlation * poloidal + (1 - abs(correlation)) * other)
            states.append(State(0.0, shell, poloidal, toroidal))
    ratio = realizability(stored(shell, states))
    assert ratio.dims == ("time", "degree")
    assert float(abs(ratio).max()) <= 1.0
    # nothing that passes because it is nought
    assert float(abs(ratio).max()) > 0.05


def test_a_field_that_fills_its_bound():
    """p constant along the radius, t = l(l+1)^(1/2)/r_o p: what is not L p^2/r^2 is nought."""
    shell = Shell(chebyshev_basis(99.9, 100.0, 8), Harmonics(3, 0))
    constant = np.zeros((8, shell.columns.count))
    constant[0] = 1.0
    degree = shell.columns.degree
    field = State(0.0, shell, constant, constant * np.sqrt(degree * (degree + 1.0)) / 100.0)
    ratio = realizability(stored(shell, [field]))
    # the shell is a thousandth of its radius thick
    np.testing.assert_allclose(ratio, 1.0, rtol=2e-3)
    assert float(ratio.max()) < 1.0
    twice = realizability(stored(shell, [field]), wavenumber=2 * np.sqrt(2.0) / 100.0)
    np.testing.assert_allclose(twice[0, 0], 2 * ratio[0, 0], rtol=1e-13)


def test_an_empty_degree_is_not_helical():
    shell = Shell(chebyshev_basis(9.0, 10.0, 8), Harmonics(3, 0))
    nothing = State(0.0, shell, *np.zeros((2, 8, shell.columns.count)))
    np.testing.assert_array_equal(realizability(stored(shell, [nothing])), 0.0)


def test_helicity_is_supplied_or_passes_the_surface():
    time = np.linspace(0.0, 2.0, 5)
    supply = 3e30 * time  # trapezia are exact
    dataset = xr.Dataset(
        {
            "magnetic_helicity": ("time", 7e38 + 1.5e30 * time**2 * 365.25 * 86400 - 1e37 * time),
            "helicity_production": ("time", supply),
        },
        {"time": time},
    )
    balance = helicity_balance(dataset)
    # rounding of numbers of 7e38
    np.testing.assert_allclose(balance["through_surface"], -1e37 * time, atol=1e24)
    np.testing.assert_allclose(
        balance["change"], balance["produced"] + balance["through_surface"], atol=1e24
    )
