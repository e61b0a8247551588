from dataclasses import dataclass, replace

import numpy as np
import pytest

from spectralcmi import build_background
from spectralcmi.case.parameters import Parameters
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.profiles.variables import VARIABLES
from spectralcmi.star import structure


@dataclass(frozen=True)
class NeutronStar:
    kind: str = "neutron_star"
    equation_of_state: str = "bsk24"
    mass: float = 1.4
    outer_density: float = 1e10
    temperature: float = 1e9
    impurity_parameter: float = 0.0
    composition: str = "smooth"


@dataclass(frozen=True)
class UniformShell:
    kind: str = "uniform_shell"
    inner_radius: float = 0.75
    outer_radius: float = 1.0
    magnetic_diffusivity: float = 2.0
    hall_prefactor: float = 50.0
    chiral_wavenumber: float = 20.0


@dataclass(frozen=True)
class Chiral:
    delta_mu: float = 1e-2
    delta_mu_file: str = ""
    convention: str = "textbook"
    spin_flip_prefactor: float = 1.0
    weak_rate_prefactor: float = 1.0


@pytest.fixture(scope="module")
def crust():
    return build_crust(NeutronStar(), Chiral())


def test_every_variable_is_there_with_its_units(crust):
    assert set(crust.data_vars) == set(VARIABLES)
    assert crust.radius.attrs["units"] == "km"
    assert crust.sizes == {"radius": 401}
    for name in crust.data_vars:
        assert crust[name].attrs["units"] and crust[name].attrs["long_name"]
        assert np.all(np.isfinite(crust[name]))
        assert np.all((crust[name] > 0.0) | (name == "metric_potential"))


def test_radii_and_the_star_are_in_the_attributes(crust):
    inner, outer = crust_radii(NeutronStar())
    assert (crust.radius[0], crust.radius[-1]) == (inner, outer)
    # 2 m, as everywhere for these radii.
    assert inner == pytest.approx(11.544, abs=0.002)
    assert outer == pytest.approx(12.420, abs=0.002)
    assert crust.attrs["stellar_radius_km"] == pytest.approx(12.586, abs=0.002)
    assert crust.attrs["central_density_g_cm3"] == pytest.approx(7.30e14, rel=1e-3)
    # The two ends of the crust are what they are called.
    assert crust.density.values[-1] == pytest.approx(1e10, rel=1e-10)
    assert crust.baryon_density.values[0] == pytest.approx(0.0807555, rel=1e-10)


def test_profiles_are_evaluated_and_not_interpolated(crust):
    inner, outer = crust_radii(NeutronStar())
    x = np.cos(np.pi * np.arange(97) / 96)
    radius = 0.5 * (inner + outer) + 0.5 * (outer - inner) * x
    chosen = build_crust(NeutronStar(), Chiral(), radius)
    middle = build_crust(NeutronStar(), Chiral(), radius[40:41])
    np.testing.assert_array_equal(chosen.radius, radius)
    for name in chosen.data_vars:
        # Alone or among others, a point has the same value but for the order of summation.
        np.testing.assert_allclose(middle[name][0], chosen[name][40], rtol=1e-12)


def test_units_are_converted(crust):
    sigma, electrons = crust.electrical_conductivity, crust.electron_density
    eta = 2.99792458e10**2 / (4.0 * np.pi * sigma) * 3.15576e7 / 1e10
    hall = 2.99792458e10 / (4.0 * np.pi * 4.803204712570263e-10 * electrons)
    hall = hall * 1e12 * 3.15576e7 / 1e10
    # The same formula in other units: rounding only.
    np.testing.assert_allclose(crust.magnetic_diffusivity, eta, rtol=1e-12)
    np.testing.assert_allclose(crust.hall_prefactor, hall, rtol=1e-12)


def test_orders_of_magnitude_of_the_first_figure(crust):
    """Ranges that the paper states; the surface falls below them, as Gamma_w ~ mu_e^5."""
    assert crust.chiral_fraction.max() < 1e-8
    inside = crust.density > 1e12
    assert crust.chiral_chemical_potential.where(inside).min() > 1e-12
    assert crust.chiral_chemical_potential.max() < 1e-7
    assert crust.chiral_wavelength.max() > 1.0  # kilometres near the surface
    assert crust.chiral_wavelength.min() < 1e-5  # centimetres inside
    # Conductivity 1e22 to 2e24 /s at 1e9 K, within a factor of three.
    sigma = crust.electrical_conductivity
    assert 3e21 < sigma.min() < 1e22
    assert 1e24 < sigma.max() < 5e24


def test_density_dependence_exceeds_temperature_dependence():
    ratio = []
    for temperature in (1e8, 1e9, 1e10):
        crust = build_crust(NeutronStar(temperature=temperature), Chiral())
        ratio.append(np.log10(crust.chiral_fraction.values))
    ratio = np.array(ratio)
    over_density = np.ptp(ratio, axis=1).min()
    over_temperature = np.ptp(ratio, axis=0).max()
    # Seven decades at least over four of density, three at most over two of temperature.
    assert over_density > 6.5
    assert over_temperature < 3.0


def test_smooth_profiles_are_twice_continuously_differentiable():
    """Third differences of a C2 curve fall faster than h^2, with a kink they don't."""
    inner, outer = crust_radii(NeutronStar())
    names = ("electron_density", "magnetic_diffusivity", "chiral_wavenumber")
    largest = {"smooth": [], "layered": []}
    for composition, found in largest.items():
        for count in (20001, 40001):
            # The sharpest feature: the inner crust's proton number, from 44 to 58 in half a metre.
            radius = np.linspace(inner, outer, count)
            crust = build_crust(NeutronStar(composition=composition), Chiral(), radius)
            found.append([np.abs(np.diff(np.log(crust[name]), n=3)).max() for name in names])
    smooth, layered = (np.log2(np.divide(*largest[kind])) for kind in ("smooth", "layered"))
    # Order three where the third derivative exists, two for a jump of the second derivative,
    # none for a jump of the value. 2 to 4 cm between points begin to resolve the sharpest step.
    assert np.all(smooth > 2.4)
    assert np.all(np.abs(layered) < 0.2)


def test_star_is_built_once(monkeypatch):
    build_crust(NeutronStar(), Chiral())
    monkeypatch.setattr(structure, "solve_ivp", None)
    # Another temperature is another crust, of the same star.
    build_crust(NeutronStar(temperature=3e8), Chiral())


def test_stated_deviation_scales_the_imbalance():
    one, half = (build_crust(NeutronStar(), Chiral(delta_mu=d)) for d in (1e-2, 5e-3))
    ratio = (1.0 - np.exp(-1e-2)) / (1.0 - np.exp(-5e-3))
    # The subtractions here lose two or three digits.
    np.testing.assert_allclose(one.chiral_wavenumber / half.chiral_wavenumber, ratio, rtol=1e-12)
    none = build_crust(NeutronStar(), Chiral(delta_mu=0.0))
    assert np.all(none.chiral_wavenumber == 0.0)
    assert np.all(np.isinf(none.chiral_wavelength))


def test_uniform_shell_is_uniform():
    crust = build_crust(UniformShell(), Chiral())
    assert crust_radii(UniformShell()) == (0.75, 1.0)
    assert np.all(crust.magnetic_diffusivity == 2.0)
    assert np.all(crust.hall_prefactor == 50.0)
    assert np.all(crust.chiral_wavenumber == 20.0)
    assert np.all(crust.anomaly_feedback == 0.0)
    assert "density" not in crust


@pytest.mark.parametrize(
    ("background", "message"),
    [
        (replace(NeutronStar(), kind="planet"), r"background\.kind='planet' is none of"),
        (
            NeutronStar(outer_density=2e14),
            r"background\.outer_density = 2e\+14: exceeds 1\.365e\+14 g/cm3",
        ),
        (NeutronStar(mass=3.0), r"background\.mass = 3: 3 solar masses exceed 2\.279257, the max"),
        (UniformShell(inner_radius=1.5), r"background\.inner_radius=1\.5 must lie between"),
    ],
)
def test_impossible_backgrounds_are_named(background, message):
    with pytest.raises(ValueError, match=message) as caught:
        crust_radii(background)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("background", [NeutronStar(), UniformShell()])
def test_radii_outside_are_refused(background):
    outer = crust_radii(background)[1]
    with pytest.raises(ValueError, match="leaves the"):
        build_crust(background, Chiral(), [outer + 0.1])


# Constants of the chiral effect


def crust_of(radius=None, **chiral):
    case = Parameters().replace({f"chiral.{key}": value for key, value in chiral.items()})
    if radius is None:
        radius = np.linspace(*crust_radii(case.background), 20)
    return build_crust(case.background, case.chiral, radius)


def test_the_feedback_of_the_convention_of_2025_is_2_pi_that_of_the_textbook():
    """1/beta = D = (2/(3 pi)) (mu_e/m_e c^2)^2 B_QED^2 as printed (arXiv:2505.06196, eq. 10)."""
    textbook, printed = crust_of(), crust_of(convention="dehman_pons_2025")
    # products of constants: rounding
    np.testing.assert_allclose(
        printed["anomaly_feedback"], 2 * np.pi * textbook["anomaly_feedback"], rtol=1e-13
    )
    saturated = 1 / np.sqrt(printed["anomaly_feedback"].values)
    # two digits each: 3.3e14 G at the surface to 3.4e15 G at the bottom
    assert saturated[[-1, 0]] == pytest.approx([3.3e14, 3.4e15], rel=0.02)
    energy = printed["electron_chemical_potential"].values / 0.51099895
    field = np.sqrt(2 / (3 * np.pi)) * energy * 4.41400e13
    # it takes the electrons to be all relativistic: 0.6 % at 1e10 g/cm3
    np.testing.assert_allclose(saturated, field, rtol=7e-3)


def test_without_source_the_convention_of_2025_is_a_prefactor():
    """delta_mu = 0: all that is left is D, which textbook with 1/(2 pi) has as well."""
    printed = crust_of(convention="dehman_pons_2025", delta_mu=0.0)
    scaled = crust_of(delta_mu=0.0, spin_flip_prefactor=1 / (2 * np.pi))
    np.testing.assert_allclose(printed["anomaly_feedback"], scaled["anomaly_feedback"], rtol=1e-13)
    for crust in (printed, scaled):
        np.testing.assert_array_equal(crust["chiral_wavenumber"], 0.0)


def test_the_spin_flip_rate_of_2025_is_without_4_pi():
    textbook, printed = crust_of(), crust_of(convention="dehman_pons_2025")
    ratio = printed["spin_flip_rate"] / textbook["spin_flip_rate"]
    np.testing.assert_allclose(ratio, 4 * np.pi, rtol=1e-15)
    # (m_e c^2/mu_e)^2 omega_p^2/sigma = 4 alpha/(3 pi sigma) (m_e c^2/hbar)^2, its equation (7)
    rate = 4 / (3 * np.pi * 137.035999 * printed["electrical_conductivity"]) * 7.76344e20**2
    np.testing.assert_allclose(printed["spin_flip_rate"], rate, rtol=7e-3)  # as above


def test_a_table_has_the_convention_that_it_is_read_with(tmp_path):
    path = tmp_path / "crust.nc"
    radius = np.linspace(11.6, 12.4, 20)
    crust_of(radius, convention="dehman_pons_2025").to_netcdf(path, engine="h5netcdf")
    for read in ("textbook", "dehman_pons_2025"):
        case = Parameters().replace(
            {"background.kind": "table", "background.file": str(path), "chiral.convention": read}
        )
        found = build_crust(case.background, case.chiral, radius)
        wanted = crust_of(radius, convention=read)
        for name in ("spin_flip_rate", "anomaly_feedback", "chiral_wavenumber"):
            # logarithms of the table and back
            np.testing.assert_allclose(found[name], wanted[name], rtol=1e-11, err_msg=name)


def test_the_heat_capacity_is_that_of_the_neutrons_as_they_are_paired():
    superfluid, normal = (
        build_background(Parameters().replace({"thermal.neutron_gap": gap}), [11.7])
        for gap in ("sfb", "none")
    )
    assert (superfluid.attrs["neutron_gap"], normal.attrs["neutron_gap"]) == ("sfb", "none")
    # far below their critical temperature neutrons hold next to no heat
    assert float(normal["heat_capacity"][0]) > 5 * float(superfluid["heat_capacity"][0])
