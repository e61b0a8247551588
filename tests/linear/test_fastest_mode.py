"""The fastest mode on splines: exact rates, the Chebyshev answer, and the limit of short waves."""

import importlib

import numpy as np
import pytest
import xarray as xr
from scipy.special import ai_zeros

import spectralcmi as cmi
from spectralcmi.case.versions import parameters_from_json
from spectralcmi.linear import survey
from spectralcmi.profiles.crust import build_crust, crust_radii

module = importlib.import_module("spectralcmi.linear.fastest_mode")
fastest_mode = cmi.fastest_mode


def uniform_shell(k5, **changes):
    background = {
        "kind": "uniform_shell",
        "inner_radius": 0.75,
        "outer_radius": 1.0,
        "magnetic_diffusivity": 1.0,
        "chiral_wavenumber": k5,
    }
    resolution = {"radial_grid": "global"}
    return cmi.Parameters(
        background=background, chiral={"k5_max": 1e9}, resolution=resolution
    ).replace(changes)


def crust(radial_order=192, **changes):
    """The default crust in flat space; `spectralcmi.fastest_mode` reads no resolution."""
    resolution = {"radial_grid": "global", "radial_order": radial_order}
    return cmi.Parameters(resolution=resolution, metric={"kind": "flat"}).replace(changes)


# Exact rates, and the other discretisation


@pytest.mark.parametrize(
    ("k5", "rates", "digits"),
    [
        (20.0, [20.59735, 16.89802, 12.27302], 5),
        (40.0, [269.8579, 272.5154, 275.9317], 4),
    ],
)
def test_growth_rates_of_a_uniform_shell(k5, rates, digits):
    """Known to the printed digits, so to half a unit of the last."""
    found = [fastest_mode(uniform_shell(k5), degree)["growth_rate"] for degree in (1, 2, 3)]
    np.testing.assert_allclose(found, rates, rtol=0, atol=0.51 * 10**-digits)


@pytest.mark.parametrize(("inner", "constant"), [
    ("perfect_conductor", 6.515701), ("zero_toroidal", 7.03266),
])  # fmt: skip
def test_without_chiral_term_it_is_the_slowest_decay(inner, constant):
    """Toroidal, or poloidal where that is kept from the core; half a unit of the last digit."""
    parameters = uniform_shell(20.0, **{"chiral.enabled": False, "boundary.inner": inner})
    mode = fastest_mode(parameters, 1)
    assert float(mode["growth_rate"]) == pytest.approx(-(constant**2), rel=1.5e-6)
    assert float(mode["local_limit"]) == 0


def test_a_decaying_mode_of_a_weak_chiral_term():
    """Below onset; round-off of 200 elements, 1e-16 times 200^4 of the rate at worst."""
    parameters = uniform_shell(10.0, **{"resolution.radial_order": 48})
    chebyshev = cmi.eigenmodes(parameters, [3], 1)["growth_rate"].item()
    assert chebyshev < 0
    assert float(fastest_mode(parameters, 3)["growth_rate"]) == pytest.approx(chebyshev, rel=1e-7)


@pytest.mark.parametrize(
    ("radial_order", "changes"),
    [
        (224, {"boundary.inner": "zero_toroidal", "chiral.convention": "dehman_pons"}),
        (224, {}),
        (576, {"chiral.k5_max": 2000.0}),
        (256, {"metric.kind": "star"}),
    ],
    ids=["dehman_pons", "default", "short waves", "metric of the star"],
)
def test_it_is_the_fastest_chebyshev_mode_where_that_is_resolved(radial_order, changes):
    """12 elements a wavelength leave 3e-9, 224 polynomials, 256 in a metric, 1e-8
    (the square of the truncation)."""
    parameters = crust(radial_order, **changes)
    chebyshev = cmi.eigenmodes(parameters, [5], 1).isel(degree=0, mode=0)
    splines = fastest_mode(parameters, 5)
    for name in ("growth_rate", "frequency"):
        assert float(splines[name]) == pytest.approx(float(chebyshev[name]), rel=5e-8)
    weight = np.abs(chebyshev["toroidal"] * chebyshev["radius"]) ** 2
    weight = weight * np.gradient(chebyshev["radius"])
    location = float((weight * chebyshev["radius"]).sum() / weight.sum())
    # the toroidal half alone, summed with steps of 3 m, of a mode 5 to 10 m wide
    assert float(splines["location"]) == pytest.approx(location, abs=1e-3)


def test_the_rate_converges_with_the_eighth_power_of_the_elements(monkeypatch):
    """Splines of degree 5 leave an error h^2(5+1-2) of an operator of fourth order."""
    monkeypatch.setattr(survey, "FEWEST_ELEMENTS", 10)
    counts = np.array([8.0, 10.0, 12.5, 40.0])
    *rates, exact = (
        float(fastest_mode(uniform_shell(200.0), elements_per_wavelength=n)["growth_rate"])
        for n in counts
    )
    orders = -np.diff(np.log(np.abs(np.array(rates) - exact))) / np.diff(np.log(counts[:-1]))
    # the elements come in whole numbers, and 8 a wavelength are only nearly asymptotic
    np.testing.assert_allclose(orders, 8.0, atol=0.6)


# Short waves


def airy_rate(parameters, airy_zero):
    """Growth of short waves that grow fastest at the inner boundary.

    With B = exp(i k5 r/2) b(r) the slow envelope obeys gamma b = (G - s x) b + eta b'', where
    G - s x is eta k5^2/4 near the boundary; so gamma = G - |a| (eta s^2)^(1/3), with a a zero of
    the Airy function where b vanishes at the boundary, of its derivative where b' does.
    """
    inner = crust_radii(parameters.background)[0]
    step = 1e-4
    profiles = build_crust(parameters.background, parameters.chiral, inner + step * np.arange(3))
    eta, k5 = (profiles[name].values for name in ("magnetic_diffusivity", "chiral_wavenumber"))
    local = eta * k5**2 / 4
    slope = (-3 * local[0] + 4 * local[1] - local[2]) / (2 * step)
    return local[0], local[0] - abs(airy_zero) * (eta[0] * slope**2) ** (1 / 3)


@pytest.mark.parametrize(("inner", "kind"), [("perfect_conductor", 0), ("zero_toroidal", 1)])
@pytest.mark.parametrize("convention", ["textbook", "dehman_pons"])
def test_without_cutoff_growth_approaches_the_local_limit(inner, kind, convention):
    """The limit is missed by the Airy correction, which varies over the depth of a mode.

    That depth, some 10 cm or less, is 2 % of the 4 m over which eta k5^2/4 falls by a tenth.
    """
    parameters = crust(**{"boundary.inner": inner, "chiral.convention": convention})
    limit, expected = airy_rate(parameters, ai_zeros(1)[kind][0])
    mode = fastest_mode(parameters, 1, np.inf)
    missing = limit - float(mode["growth_rate"])
    assert missing == pytest.approx(limit - expected, rel=0.02)
    assert 0 < missing < 0.007 * limit
    assert float(mode["local_limit"]) == pytest.approx(limit, rel=1e-9)
    # the waves are twice as long as 2 pi/k5; packets of two wavelengths spread k by a tenth, and
    # the mean of k^2 by half of its square
    profiles = build_crust(parameters.background, parameters.chiral, [float(mode["location"])])
    wavelength = 4 * np.pi / float(profiles["chiral_wavenumber"][0])
    assert float(mode["wavelength"]) == pytest.approx(wavelength, rel=0.007)


@pytest.mark.parametrize("k5_max", [300.0, 1000.0])
def test_what_is_cut_off_of_the_shell_is_not_missed(k5_max):
    """A mode that fades as exp(-40) has no bearing on what lies beyond, exp(-80) of its energy."""
    part = fastest_mode(crust(), 2, k5_max)
    whole = fastest_mode(crust(), 2, k5_max, decay=np.inf)
    assert float(part["unknowns"]) < 0.85 * float(whole["unknowns"])
    # the elements differ, and with them their error of 3e-9
    assert float(part["growth_rate"]) == pytest.approx(float(whole["growth_rate"]), rel=1e-8)
    assert whole["radius"].values[[0, -1]] == pytest.approx(crust_radii(crust().background))


def test_a_mode_wider_than_expected_is_given_the_room_it_needs(monkeypatch):
    """From a threshold far too high the shell kept grows until the mode fits."""
    expected = fastest_mode(crust(), 1, 300.0)
    monkeypatch.setattr(survey.Survey, "threshold", lambda of: of.local_limit * (1 - 1e-6))
    found = fastest_mode(crust(), 1, 300.0)
    # as above
    assert float(found["growth_rate"]) == pytest.approx(float(expected["growth_rate"]), rel=1e-8)


def test_a_cutoff_beyond_the_profile_is_none():
    """1e9 /km is 600 times the largest k5; its eighth power leaves nothing of the cutoff."""
    rates = [float(fastest_mode(crust(), 1, k5_max)["growth_rate"]) for k5_max in (1e9, np.inf)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)
    assert rates[0] > 1e5 * float(fastest_mode(crust(), 1)["growth_rate"])


@pytest.mark.slow
def test_the_whole_crust_without_cutoff():
    """A million unknowns, 3 mm apart at most, find what a metre of them finds."""
    part = fastest_mode(crust(), 1, np.inf, elements_per_wavelength=17)
    whole = fastest_mode(crust(), 1, np.inf, elements_per_wavelength=17, decay=np.inf)
    assert float(whole["unknowns"]) > 1e6
    assert float(part["growth_rate"]) == pytest.approx(float(whole["growth_rate"]), rel=1e-9)


# What comes out, and what is refused


def test_the_dataset_says_what_it_holds(tmp_path):
    mode = fastest_mode(crust(), 3, np.inf)
    for variable in mode.variables.values():
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]
    assert float(mode["growth_time"] * mode["growth_rate"]) == pytest.approx(1.0, rel=1e-15)
    assert int(mode["degree"]) == 3
    assert mode.attrs["k5_max"] == np.inf
    assert parameters_from_json(mode.attrs["parameters"]) == crust()
    inside = mode["radius"][0] <= mode["location"] <= mode["radius"][-1]
    assert bool(inside)
    assert 1e14 < float(mode["density"]) < 1.4e14
    mode.to_netcdf(tmp_path / "mode.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "mode.nc", engine="h5netcdf") as saved:
        xr.testing.assert_identical(saved.load(), mode)


def test_modes_are_scaled_as_those_of_chebyshev_polynomials():
    """Both have unit energy; the phase is common but for a sign."""
    parameters = uniform_shell(30.0, **{"resolution.radial_order": 48})
    chebyshev = cmi.eigenmodes(parameters, [2], 1).isel(degree=0, mode=0)
    splines = fastest_mode(parameters, 2)
    assert complex(splines["growth_rate"], splines["frequency"]) == pytest.approx(
        complex(chebyshev["growth_rate"], chebyshev["frequency"]), rel=1e-8
    )
    for name in ("poloidal", "toroidal"):
        here = np.interp(splines["radius"], chebyshev["radius"], np.abs(chebyshev[name].values))
        # straight lines between 48 points, of a wave three of which fit into the shell
        atol = 0.01 * np.abs(chebyshev[name]).max().item()
        np.testing.assert_allclose(np.abs(splines[name]), here, rtol=0, atol=atol)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"degree": 0}, "degree=0 is not an integer from 1"),
        ({"degree": 1.5}, "degree=1.5 is not an integer from 1"),
        ({"k5_max": 0.0}, "k5_max=0.0 is not positive"),
        ({"k5_max": np.nan}, "k5_max=nan is not positive"),
        ({"elements_per_wavelength": -1}, "elements_per_wavelength=-1 is not positive"),
        ({"decay": 0}, "decay=0 is not positive"),
    ],
)
def test_impossible_wishes_are_named(arguments, text):
    with pytest.raises(ValueError, match=text):
        fastest_mode(uniform_shell(1.0), **arguments)


def test_what_does_not_fit_into_memory_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(module, "usable_memory", lambda: 0.3e9)
    with pytest.raises(MemoryError, match=r"7.\d*e\+05 unknowns and 0.6 GB .* 0.3 GB"):
        fastest_mode(crust(), 1, np.inf, decay=np.inf)
