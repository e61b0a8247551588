import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.profiles.crust import build_crust
from spectralcmi.profiles.isotherms import build_isotherms, compared_with_paper


@pytest.fixture(scope="module")
def isotherms():
    return build_isotherms(Parameters())


def test_each_temperature_is_a_crust_of_its_own(isotherms):
    assert isotherms.temperature.values.tolist() == [1e8, 1e9, 1e10]
    for temperature in isotherms.temperature.values:
        parameters = Parameters().replace({"background.temperature": temperature})
        crust = build_crust(parameters.background, parameters.chiral)
        for name in ("density", "spin_flip_rate", "chiral_fraction", "chiral_wavelength"):
            chosen = isotherms[name]
            chosen = chosen.sel(temperature=temperature) if "temperature" in chosen.dims else chosen
            np.testing.assert_array_equal(chosen.values, crust[name].values)
    assert isotherms.density.dims == ("radius",)
    assert isotherms.chiral_fraction.attrs["units"] == "1"


def test_temperatures_from_files_are_put_aside(tmp_path):
    changes = {"background.cooling_history": str(tmp_path / "not_read.txt")}
    radius = np.array([12.0])
    one = build_isotherms(Parameters().replace(changes), [1e9], radius)
    assert one.equals(build_isotherms(Parameters(), [1e9], radius))


def test_a_background_without_temperature_has_no_isotherms():
    shell = {
        "background.kind": "uniform_shell",
        "background.inner_radius": 0.75,
        "background.outer_radius": 1.0,
        "background.magnetic_diffusivity": 1.0,
    }
    with pytest.raises(ValueError, match="kind='uniform_shell' has no temperature to vary"):
        build_isotherms(Parameters().replace(shell))


def test_the_analytic_crust_has_isotherms_but_nothing_to_compare():
    analytic = Parameters().replace({"background.kind": "gourgouliatos_cumming"})
    isotherms = build_isotherms(analytic, [1e8, 1e9])
    assert isotherms.weak_rate.dims == ("temperature", "radius")
    with pytest.raises(ValueError, match="no variable density"):
        compared_with_paper(isotherms)


def power_laws():
    """Curves whose places are known: n5/n_e = (rho/1e20)^1.5 times 1, 10 and so on."""
    density = np.geomspace(1e14, 1e10, 41)
    temperature = xr.DataArray([1e8, 1e9], dims="temperature")
    along = xr.DataArray(density, dims="radius")
    fraction = (along / 1e20) ** 1.5 * xr.where(temperature > 5e8, 1.0, 10.0)
    return xr.Dataset(
        {
            "density": along,
            "chiral_fraction": fraction.transpose("temperature", "radius"),
            "chiral_chemical_potential": 10 * fraction.transpose("temperature", "radius"),
            "chiral_wavelength": 1e-15 / fraction.transpose("temperature", "radius"),
        },
        {"temperature": temperature},
        {
            "delta_mu": 0.01,
            "chiral_convention": "textbook",
            "spin_flip_prefactor": 2.0,
            "weak_rate_prefactor": 1.0,
        },
    )


def test_the_comparison_tells_factors_and_places():
    case, fraction, potential, wavelength, spread, prefactors = compared_with_paper(power_laws())
    assert "at 1e8, 1e9 K, from 1e10 to 1e14 g/cm3" in case
    assert "= 0.00995 at delta_mu = 0.01 kT" in case
    # (1e-6)^1.5 = 1e-9 at 1e14 g/cm3, ten times that at the other temperature
    assert "at most 1e-8, 1e-9, which is 10, 1 times the stated limit" in fraction
    assert "beyond it from 2.2e13 g/cm3 on, " in fraction
    assert "from 1e-13, 1e-14 (0.1, 0.01 times the lower value)" in potential
    assert "to 1e-7, 1e-8 MeV (10, 1 times the upper one)" in potential
    assert "from 4.6e10 to 2.2e13 g/cm3" in potential
    assert "from 0.1, 1 km" in wavelength
    assert "nowhere" in wavelength
    assert "0.01, 0.1 cm" in wavelength
    assert "by 6.0, 6.0 decades, temperature by 1.0 to 1.0" in spread
    assert "without their 4 pi" in prefactors
    assert "here they are 2 and 1" in prefactors


def test_the_star_compared_with_the_paper(isotherms):
    """What the curves are beside the ranges stated, to the digits that the caption has."""
    _, fraction, potential, wavelength, spread, _ = compared_with_paper(isotherms)
    assert "170, 2.3, 0.19 times the stated limit" in fraction
    assert "470, 6.6, 0.53 times the upper one" in potential
    assert "to 0.0057, 0.4, 5 cm" in wavelength
    assert "by 9.0, 7.9, 6.9 decades, temperature by 0.8 to 2.9" in spread
