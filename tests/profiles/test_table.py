from types import SimpleNamespace

import numpy as np
import pytest

from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.terms.chiral import MATTER

CHIRAL = SimpleNamespace(
    delta_mu=1e-2,
    delta_mu_file="",
    convention="textbook",
    spin_flip_prefactor=1.0,
    weak_rate_prefactor=1.0,
)
STAR = SimpleNamespace(
    kind="neutron_star",
    equation_of_state="bsk24",
    mass=1.4,
    outer_density=1e10,
    temperature=1e9,
    impurity_parameter=0.0,
    composition="smooth",
)


def changed(chiral=CHIRAL, **changes):
    return SimpleNamespace(**(vars(chiral) | changes))


def table(path):
    return SimpleNamespace(kind="table", file=str(path))


@pytest.fixture(scope="module")
def crust():
    return build_crust(STAR, CHIRAL)


@pytest.fixture(scope="module")
def file(crust, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "crust.nc"
    crust.to_netcdf(path, engine="h5netcdf")
    return path


def test_a_written_crust_is_read_back(crust, file):
    assert crust_radii(table(file)) == (float(crust.radius[0]), float(crust.radius[-1]))
    again = build_crust(table(file), CHIRAL, crust.radius)
    assert set(again.data_vars) == set(crust.data_vars)
    for name in crust.data_vars:
        assert again[name].attrs == crust[name].attrs
        # At its own points an interpolant of logarithms is off by rounding of logarithms.
        np.testing.assert_allclose(again[name], crust[name], rtol=1e-11)
    assert again.attrs["background"] == "table"
    assert again.attrs["stellar_radius_km"] == crust.attrs["stellar_radius_km"]


def test_between_its_points_a_table_is_close_to_the_star(crust, file):
    radius = np.linspace(11.6, 12.41, 777)
    read, exact = build_crust(table(file), CHIRAL, radius), build_crust(STAR, CHIRAL, radius)
    # Points 2 m apart against scales of 20 m and more, interpolated to third order.
    for name in ("magnetic_diffusivity", "hall_prefactor", "chiral_wavenumber"):
        np.testing.assert_allclose(read[name], exact[name], rtol=2e-3)


def test_chiral_section_applies_to_a_table_with_rates(crust, file):
    chiral = changed(
        delta_mu=1e-3, convention="dehman_pons", spin_flip_prefactor=2.0, weak_rate_prefactor=3.0
    )
    read, exact = build_crust(table(file), chiral), build_crust(STAR, chiral)
    for name in ("chiral_wavenumber", "anomaly_feedback", "spin_flip_rate", "weak_rate_effective"):
        np.testing.assert_allclose(read[name], exact[name], rtol=1e-11)  # as above


def test_prefactors_in_the_file_are_not_applied_twice(tmp_path):
    chiral = changed(spin_flip_prefactor=2.0, weak_rate_prefactor=3.0)
    written = build_crust(STAR, chiral)
    written.to_netcdf(tmp_path / "crust.nc", engine="h5netcdf")
    read = build_crust(table(tmp_path / "crust.nc"), chiral)
    np.testing.assert_allclose(read.weak_rate, written.weak_rate, rtol=1e-11)  # as above
    np.testing.assert_allclose(read.chiral_wavenumber, written.chiral_wavenumber, rtol=1e-11)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.0, "spin_flip_prefactor=0 must be positive and finite"),
        (np.inf, "spin_flip_prefactor=inf must be positive and finite"),
        ([1, 2], "spin_flip_prefactor is no number"),
        ("two", "spin_flip_prefactor is no number"),
    ],
)
def test_impossible_prefactors_are_refused(crust, tmp_path, value, message):
    names = ["magnetic_diffusivity", "hall_prefactor", *MATTER]
    dataset = crust[names].isel(radius=slice(None, None, 100))
    dataset.attrs = {"spin_flip_prefactor": value}
    dataset.to_netcdf(tmp_path / "crust.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match=message):
        build_crust(table(tmp_path / "crust.nc"), CHIRAL)


def small(crust):
    return crust[["magnetic_diffusivity", "hall_prefactor", "chiral_wavenumber"]]


def test_a_table_of_coefficients_alone_is_taken_as_it_is(crust, tmp_path):
    dataset = small(crust).isel(radius=slice(None, None, -1))
    dataset["chiral_wavenumber"] = dataset.chiral_wavenumber * -1.0
    dataset["chiral_wavenumber"].attrs["units"] = "km-1"
    dataset.to_netcdf(tmp_path / "crust.nc", engine="h5netcdf")
    read = build_crust(table(tmp_path / "crust.nc"), changed(delta_mu=5.0), crust.radius)
    # Falling radii are turned, and a negative wave number is interpolated as it is.
    np.testing.assert_allclose(read.chiral_wavenumber, -crust.chiral_wavenumber, rtol=1e-11)
    assert np.all(read.anomaly_feedback == 0.0)


def test_units_are_those_of_the_attributes(crust, tmp_path):
    dataset = small(crust).assign_coords(
        radius=("radius", crust.radius.values * 1e3, {"units": "m"})
    )
    year = 3.15576e7
    dataset["magnetic_diffusivity"] = dataset.magnetic_diffusivity * 1e10 / year
    dataset["magnetic_diffusivity"].attrs["units"] = "cm^2/s"
    dataset["hall_prefactor"] = dataset.hall_prefactor * 1e6 / year / 1e8
    dataset["hall_prefactor"].attrs["units"] = "m2 s-1 T-1"
    dataset.to_netcdf(tmp_path / "crust.nc", engine="h5netcdf")
    read = build_crust(table(tmp_path / "crust.nc"), CHIRAL, crust.radius)
    for name in small(crust).data_vars:
        # Conversion there and back adds a rounding or two to those of the interpolant.
        np.testing.assert_allclose(read[name], crust[name], rtol=1e-11)


def spoil(crust, **values):
    dataset = small(crust).copy(deep=True)
    for name, (index, value) in values.items():
        dataset[name][{"radius": index}] = value
    return dataset


def without_units(crust):
    dataset = small(crust).copy(deep=True)
    del dataset["hall_prefactor"].attrs["units"]
    return dataset


def with_radius(crust, radius):
    return small(crust).assign_coords(radius=("radius", radius, {"units": "km"}))


def repeated(crust):
    radius = crust.radius.values.copy()
    radius[7] = radius[6]
    return with_radius(crust, radius)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (repeated, r"radius must be monotone, but 11\.55\d* km follows 11\.55"),
        (lambda c: with_radius(c, c.radius.values - 12.0), "must be positive"),
        (lambda c: small(c).isel(radius=slice(3)), "radius has 3 points, fewer than 4"),
        (lambda c: spoil(c, magnetic_diffusivity=(3, 0.0)), r"magnetic_diffusivity=0 at radius=11"),
        (lambda c: spoil(c, hall_prefactor=(3, -1.0)), "must be finite and not negative"),
        (lambda c: spoil(c, chiral_wavenumber=(3, np.nan)), "chiral_wavenumber=nan at radius"),
        (
            lambda c: small(c).assign(hall_prefactor=("radius", ["x"] * c.sizes["radius"])),
            "hall_prefactor holds no real numbers",
        ),
        (without_units, "hall_prefactor has no attribute units"),
        (lambda c: small(c).drop_vars("hall_prefactor"), "lacks the variable hall_prefactor"),
        (lambda c: small(c).drop_vars("chiral_wavenumber"), "lacks chiral_wavenumber, or else"),
    ],
)
def test_impossible_tables_are_one_line_with_key_and_value(crust, tmp_path, make, message):
    path = tmp_path / "crust.nc"
    make(crust).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match=message) as caught:
        build_crust(table(path), CHIRAL)
    assert str(caught.value).startswith(f"background.file = {str(path)!r}: ")
    assert "\n" not in str(caught.value)


def test_files_that_are_none_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"background\.file = 'nowhere\.nc': No such file"):
        crust_radii(table("nowhere.nc"))
    path = tmp_path / "text.nc"
    path.write_text("no netCDF")
    with pytest.raises(ValueError, match=r"background\.file = ") as caught:
        crust_radii(table(path))
    assert "\n" not in str(caught.value)


def test_radii_outside_are_refused(file):
    with pytest.raises(ValueError, match="leaves the crust"):
        build_crust(table(file), CHIRAL, [12.6])
