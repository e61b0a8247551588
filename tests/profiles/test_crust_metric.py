"""The metric of each kind of background."""

import numpy as np
import pytest

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.sections import (
    BACKGROUNDS_WITH_METRIC,
    GourgouliatosCumming,
    MetricChoice,
    NeutronStar,
    Table,
    UniformShell,
)
from spectralcmi.errors import InputError
from spectralcmi.grid.metric import FLAT
from spectralcmi.profiles.crust import (
    BACKGROUNDS,
    build_crust,
    chosen_metric,
    crust_metric,
    crust_radii,
)

STAR = NeutronStar()
SHELL = UniformShell(inner_radius=0.75, outer_radius=1.0, magnetic_diffusivity=1.0)
CHIRAL = Parameters().chiral
NAMES = ("metric_potential", "metric_lambda", "enclosed_mass")


@pytest.fixture(scope="module")
def crust():
    return build_crust(STAR, CHIRAL)


@pytest.fixture
def written(tmp_path):
    """Function that writes a dataset and gives the background that it is."""

    def write(dataset):
        dataset.to_netcdf(tmp_path / "crust.nc", engine="h5netcdf")
        return Table(file=str(tmp_path / "crust.nc"))

    return write


def test_metric_of_the_star_is_that_of_its_profiles(crust):
    metric = crust_metric(STAR)
    assert (metric.inner_radius, metric.outer_radius) == crust_radii(STAR)
    # two ways to the same functions, both good to rounding
    near = {"rtol": 0.0, "atol": 1e-14}
    np.testing.assert_allclose(metric.potential(crust.radius), crust.metric_potential, **near)
    np.testing.assert_allclose(metric.radial_potential(crust.radius), crust.metric_lambda, **near)
    # r_s/r_o of the reference in tests/grid/data, which has five digits
    assert metric.compactness == pytest.approx(0.33289, abs=2e-5)
    assert crust_metric(STAR) == metric


def test_slopes_of_the_metric_obey_the_structure_equations(crust):
    """dPhi/dr = G(m + 4 pi r^3 P/c^2)/(c^2 r (r - 2 G m/c^2)), and dLambda/dr with -rho for P."""
    metric, radius = crust_metric(STAR), crust.radius.values
    length = 6.6743e-8 / 2.99792458e10**2 / 1e5  # km in a gram
    mass = crust.enclosed_mass.values * length
    shell = 4.0 * np.pi * (radius * 1e5) ** 3 * crust.density.values * length
    expected = (shell - mass) / (radius * (radius - 2.0 * mass))
    # the matter within 10 m of neutron drip takes the series to 1e-12 of the slopes, 0.03 per km
    np.testing.assert_allclose(metric.radial_potential_slope(radius), expected, rtol=0, atol=3e-13)
    vacuum = mass / (radius * (radius - 2.0 * mass))
    slope = metric.potential_slope(radius)
    # pressure adds: a share of 6e33 dyn/cm2 at the bottom, almost nothing at 1e10 g/cm3
    assert np.all(slope > vacuum)
    assert slope[-1] == pytest.approx(vacuum[-1], rel=1e-6)
    assert slope[0] == pytest.approx(vacuum[0], rel=0.05)


def test_who_has_a_metric():
    assert not crust_metric(STAR).is_flat
    for background in (SHELL, GourgouliatosCumming()):
        assert crust_metric(background).is_flat
        assert crust_metric(background) == FLAT
        assert not set(NAMES) & set(build_crust(background, CHIRAL).data_vars)
    assert set(BACKGROUNDS_WITH_METRIC) <= set(BACKGROUNDS)


def test_a_written_crust_has_the_metric_of_the_star(crust, written):
    background, metric = written(crust), crust_metric(STAR)
    read = crust_metric(background)
    radius = np.linspace(*crust_radii(STAR), 777)
    # quintic splines on points of 2 m, through matter that changes within 10 m at neutron drip:
    # the matter is the slope, good to 1e-5 there, and a potential its integral
    np.testing.assert_allclose(read.potential(radius), metric.potential(radius), rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        read.radial_potential(radius), metric.radial_potential(radius), rtol=0, atol=1e-8
    )
    np.testing.assert_allclose(
        read.radial_potential_slope(radius),
        metric.radial_potential_slope(radius),
        rtol=0,
        atol=1e-5,
    )
    assert read.schwarzschild_radius == pytest.approx(metric.schwarzschild_radius, rel=1e-12)
    again = build_crust(background, CHIRAL, crust.radius)
    for name in NAMES:
        np.testing.assert_allclose(again[name], crust[name], rtol=1e-9)


def test_falling_radii_are_the_same_metric(crust, written):
    metric = crust_metric(written(crust))
    assert crust_metric(written(crust.isel(radius=slice(None, None, -1)))) == metric


def test_a_constant_metric_stays_one(crust, written):
    dataset = crust.copy(deep=True)
    dataset.metric_potential[:], dataset.metric_lambda[:] = -0.2, 0.1
    metric = crust_metric(written(dataset))
    assert (metric.potential_series, metric.radial_series) == ((-0.2,), (0.1,))
    assert metric.compactness == pytest.approx(1.0 - np.exp(-0.2), rel=1e-14)  # rounding


def test_a_table_without_a_metric_is_flat(crust, written):
    background = written(crust.drop_vars(["metric_potential", "metric_lambda"]))
    assert crust_metric(background) == FLAT
    assert "enclosed_mass" in build_crust(background, CHIRAL)


def half(crust):
    return crust.drop_vars("metric_lambda")


def negative(crust):
    return crust.assign(metric_lambda=(-crust.metric_lambda).assign_attrs(units="1"))


def unbounded(crust):
    dataset = crust.copy(deep=True)
    dataset.metric_potential[7] = np.nan
    return dataset


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (half, "has metric_potential but lacks metric_lambda; a metric needs both"),
        (lambda c: c.drop_vars("metric_potential"), "has metric_lambda but lacks metric_potential"),
        (negative, "must be at least 0 and below 8/9"),
        (unbounded, "metric_potential=nan at radius=11"),
    ],
)
def test_impossible_metrics_are_one_line(crust, written, make, message):
    # a few rows: what is refused is refused before the splines
    background = written(make(crust.isel(radius=slice(None, None, 20))))
    for function in (crust_radii, crust_metric):
        with pytest.raises(InputError, match=message) as caught:
            function(background)
        assert str(caught.value).startswith(f"background.file = {background.file!r}: ")
        assert "\n" not in str(caught.value)


def test_the_choice_decides(crust, written):
    star, flat = MetricChoice(kind="star"), MetricChoice(kind="flat")
    assert chosen_metric(STAR, star) == crust_metric(STAR)
    assert chosen_metric(STAR, flat) == FLAT
    assert chosen_metric(SHELL, flat) == FLAT
    bare = written(crust.drop_vars(["metric_potential", "metric_lambda"]))
    with pytest.raises(ParameterError, match=r"metric\.kind = 'star': .*'table'") as caught:
        chosen_metric(bare, star)
    assert "\n" not in str(caught.value)
