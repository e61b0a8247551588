"""The heat equation of the default star and of its variants."""

import numpy as np
import pytest

from spectralcmi.build import build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError
from spectralcmi.heat.coefficients import COEFFICIENTS_OF_FIELD, field_coefficients
from spectralcmi.heat.core import PrescribedCore
from spectralcmi.heat.scalar import ScalarBasis
from spectralcmi.heat.star import (
    core_of,
    initial_temperature,
    redshift_of,
    surface_of,
    synchrotron_tables,
    thermal_tables,
)
from spectralcmi.heat.synchrotron import REFERENCE_FIELD
from spectralcmi.heat.tables import GYRATION, QUANTITIES
from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.star.neutron_star import neutron_star, neutron_star_core, thermal_matter
from tests.star.reference import read

RADIUS = np.array([11.6, 11.9, 12.2, 12.35, 12.41])
TEMPERATURE = np.array([3.3e8, 5.1e8, 8.7e8, 1.3e9, 2.1e8])


@pytest.fixture(scope="module")
def parameters():
    grid = np.linspace(*crust_radii(Parameters().background), 7)
    resolution = {"lmax": 2, "radial_grid": grid.tolist()}
    return Parameters(thermal={"enabled": True}, resolution=resolution)


@pytest.fixture(scope="module")
def shell(parameters):
    return build_shell(parameters)


def test_tables_are_the_matter(parameters):
    tables = thermal_tables(parameters.background, RADIUS, "sfb")
    assert tables.names == QUANTITIES
    matter = thermal_matter(parameters.background, RADIUS)
    exact = matter.profiles(TEMPERATURE)
    found = tables.at(TEMPERATURE)
    for name in QUANTITIES[1:]:
        # neutrinos of Cooper pairs begin with a bend in T
        tolerance = 0.02 if name == "neutrino_emissivity" else 1e-4
        np.testing.assert_allclose(found[name], exact[name], rtol=tolerance)
    step = 1e-4
    warmer = tables.at(TEMPERATURE * (1 + step))["enthalpy"]
    slope = (warmer - found["enthalpy"]) / (step * TEMPERATURE)
    # the heat capacity of the tables, where no superfluid sets in nearby; a difference of first
    # order and a spline
    far = np.abs(np.log(TEMPERATURE / np.maximum(matter.critical_temperature, 1.0))) > 0.4
    assert far.sum() >= 3
    np.testing.assert_allclose(slope[far], exact["heat_capacity"][far], rtol=0.02)


def test_synchrotron_radiation_is_that_of_the_shell(parameters):
    tables = synchrotron_tables(parameters.background, RADIUS)
    exact = thermal_matter(parameters.background, RADIUS).synchrotron_emissivity(
        TEMPERATURE, REFERENCE_FIELD
    )
    # a smooth function, and steps of 0.13 in ln T
    found = tables.at(TEMPERATURE)["synchrotron"] * TEMPERATURE**5
    np.testing.assert_allclose(found, exact, rtol=1e-4)


@pytest.mark.parametrize("strength", ["0", "10", "1000"])
def test_losses_are_averaged_over_a_dipole(parameters, shell, strength):
    """T_s^4 of the fit over the sphere, against the reference values of the envelope."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    field = float(strength) * 1e12
    loss = surface_of(
        parameters, shell, field * np.abs(nodes), field / 2 * np.sqrt(1 - nodes**2), weights / 2
    )
    table = read("envelope_points.csv")
    for row in table[table["B_12"] == float(strength)]:
        radiated = loss.luminosities(1e9 * row["T_b9"])[2]
        found = loss.effective_temperature(radiated, 1.0)
        # six digits, a spline of 64 points, and a cap at T_b that bends the law when T_b is small
        assert found == pytest.approx(1e6 * row["PPP15_mean"], rel=1e-3)


def test_redshift_of_the_surface_and_of_flat_space(parameters, shell):
    assert redshift_of(parameters, shell) == pytest.approx(0.81946, abs=2e-5)
    flat = parameters.replace({"metric.kind": "flat"})
    assert redshift_of(flat, build_shell(flat)) == 1.0


def test_a_core_seen_in_flat_space_has_the_same_local_temperature(parameters, shell):
    flat = parameters.replace({"metric.kind": "flat"})
    star = core_of(parameters, ScalarBasis.of(shell))
    here = core_of(flat, ScalarBasis.of(build_shell(flat)))
    lapse = ScalarBasis.of(shell).end_lapses[0]
    u = 5e8
    assert here.energy(u / lapse) == pytest.approx(star.energy(u) / lapse, rel=1e-6)
    assert here.heat_capacity(u / lapse) == pytest.approx(star.heat_capacity(u), rel=1e-6)
    luminosity, slope = star.luminosity(u)
    seen, seen_slope = here.luminosity(u / lapse)
    assert seen == pytest.approx(luminosity / lapse**2, rel=1e-6)
    assert seen_slope == pytest.approx(slope / lapse, rel=1e-6)
    assert star.prescribed(1.0) is None
    assert initial_temperature(parameters, star) == 1e10
    whole = float(neutron_star_core(parameters.background).energy(u))
    assert star.energy(u) == pytest.approx(whole, rel=1e-12)


def test_a_core_history_is_followed(parameters, shell, tmp_path):
    file = tmp_path / "core.csv"
    file.write_text("time [yr], temperature [K]\n1, 1e9\n100, 1e8\n")
    given = parameters.replace({"thermal.core": "history", "thermal.core_history": str(file)})
    core = core_of(given, ScalarBasis.of(shell))
    assert isinstance(core, PrescribedCore)
    assert core.prescribed(10.0) == pytest.approx(10**8.5, rel=1e-12)
    assert initial_temperature(given, core) == pytest.approx(1e9, rel=1e-12)
    assert core.prescribed(100.0 * (1 + 1e-15)) == pytest.approx(1e8, rel=1e-12)
    with pytest.raises(InputError, match=r"^thermal\.core_history = .*: ends at 100 yr, before"):
        core.prescribed(101.0)
    missing = given.replace({"thermal.core_history": str(tmp_path / "none.csv")})
    with pytest.raises(InputError, match=r"^thermal\.core_history = .*: No such file"):
        core_of(missing, ScalarBasis.of(shell))


def test_a_star_with_direct_urca_processes_is_refused(parameters, shell):
    heavy = parameters.replace({"background.mass": 2.2})
    with pytest.raises(InputError, match=r"^background\.mass = 2\.2: direct Urca"):
        core_of(heavy, ScalarBasis.of(shell))
    assert neutron_star(parameters.background).mass == pytest.approx(1.4)


def test_coefficients_of_the_field_at_any_temperature(parameters):
    negative = parameters.replace({"chiral.delta_mu": -1e-2})
    table = field_coefficients(negative, RADIUS)
    found = table.at(TEMPERATURE)
    for point, temperature in enumerate(TEMPERATURE):
        background = parameters.background.model_copy(update={"temperature": float(temperature)})
        crust = build_crust(background, negative.chiral, RADIUS)
        for name in COEFFICIENTS_OF_FIELD:
            assert found[name][point] == pytest.approx(float(crust[name][point]), rel=1e-5)
    assert np.all(found["chiral_wavenumber"] < 0)
    several = table.at(np.stack([TEMPERATURE, TEMPERATURE], axis=1))
    np.testing.assert_array_equal(several["anomaly_feedback"][:, 1], found["anomaly_feedback"])


def test_gyration_is_a_quantity_of_the_tables():
    assert QUANTITIES[GYRATION] == "gyration_product"
