"""Deviations from beta equilibrium from files: interpolation, times, and what is refused."""

import numpy as np
import pytest
import xarray as xr

from spectralcmi.case.files import input_digests, require_files
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.case.versions import parameters_from_json
from spectralcmi.profiles.crust import build_crust, crust_radii, strongest_source
from spectralcmi.profiles.deviation import STEP, deviation_change_times, read_deviation
from spectralcmi.profiles.provider import CrustHistory

ROUND_OFF = 1e-13


def written(tmp_path, text, name="delta_mu.csv"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_a_profile_over_density_or_radius(tmp_path):
    path = written(tmp_path, "# source\ndensity [kg m-3], delta_mu\n1e17, 0.1\n1e13, 0.001\n")
    table = read_deviation(path)
    density = np.array([1e9, 1e10, 1e14, 1e15])
    found = table.at(np.zeros(4), density, 3.0)
    # constant beyond its ends; rounding of the change of units
    np.testing.assert_allclose(found, [0.001, 0.001, 0.1, 0.1], rtol=1e-12)
    between = table.at(np.zeros(1), np.array([1e12]), 0.0)
    assert 0.001 < between[0] < 0.1
    assert table.end == np.inf and table.change_times(1e9).size == 0
    table = read_deviation(written(tmp_path, "radius [km], delta_mu\n11.5, -1\n12, 0\n12.5, 2\n"))
    np.testing.assert_allclose(table.at(np.array([11.5, 12.0, 12.5]), None, 0.0), [-1, 0, 2],
                               atol=ROUND_OFF)  # fmt: skip


def test_lines_in_time_at_every_place(tmp_path):
    text = "time [yr], radius [km], delta_mu\n10, 12, 4\n0, 11, 1\n10, 11, 3\n0, 12, 2\n"
    table = read_deviation(written(tmp_path, text))
    radius = np.array([11.0, 12.0])
    for time, expected in ((0.0, [1, 2]), (2.5, [1.5, 2.5]), (10.0, [3, 4])):
        np.testing.assert_allclose(table.at(radius, None, time), expected, rtol=ROUND_OFF)
    assert table.end == 10.0


def test_changes_follow_what_moves(tmp_path):
    text = "time [yr], radius [km], delta_mu\n" + "".join(
        f"{t}, {r}, {value}\n"
        for t, value in ((0, 1.0), (10, 0.5), (20, 0.5), (30, 0.0))
        for r in (11, 12)
    )
    table = read_deviation(written(tmp_path, text))
    times = table.change_times(30.0)
    assert times[-1] == 30.0 and np.all(np.diff(times) > 0)
    # nothing happens from 10 to 20
    assert not np.any((times > 10.0) & (times < 20.0))
    limits = np.concatenate([[0.0], times])
    radius = np.array([11.5])
    values = np.array([table.at(radius, None, t)[0] for t in limits])
    largest = np.maximum(values[1:], values[:-1]).max()
    # rounding of equal parts
    assert np.all(np.abs(np.diff(values)) <= STEP * largest * (1 + ROUND_OFF))
    # the same times whatever the end
    np.testing.assert_array_equal(table.change_times(12.0), times[times <= 12.0])
    with pytest.raises(ValueError, match=r"ends at 30 yr, before 31 yr"):
        table.change_times(31.0)


def test_netcdf_is_read_in_its_units(tmp_path):
    values = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4]])
    dataset = xr.Dataset(
        {"delta_mu": (("radius", "time"), values.T, {"units": "1"})},
        {
            "time": ("time", [0.0, 3.15576e9], {"units": "s"}),
            "radius": ("radius", [1.1e6, 1.15e6, 1.2e6], {"units": "cm"}),
        },
    )
    path = tmp_path / "source.nc"
    dataset.to_netcdf(path, engine="h5netcdf")
    table = read_deviation(path)
    np.testing.assert_allclose(table.times, [0.0, 100.0], rtol=ROUND_OFF)
    np.testing.assert_allclose(table.places, [11.0, 11.5, 12.0], rtol=ROUND_OFF)
    np.testing.assert_array_equal(table.values, values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("radius [km], delta_mu [MeV]\n11, 1\n12, 1\n", "column delta_mu: unit 'MeV'"),
        ("radius [km], delta_mu\n11, nan\n12, 1\n", "column delta_mu has missing numbers"),
        ("radius [km], delta_mu\n11, inf\n12, 1\n", "delta_mu=inf must be finite"),
        ("radius [km], delta_mu\n11, -200\n12, 1\n", "delta_mu=-200 must be finite and at least"),
        ("radius [km], delta_mu\n12, 1\n", "radius must hold two positive values or more"),
        ("radius [km], delta_mu\n12, 1\n12, 2\n", "the same values of radius at every time"),
        ("radius [km], density [g cm-3], delta_mu\n12, 1, 1\n", "one of radius and density"),
        ("delta_mu\n1\n", "one of radius and density"),
        ("radius [km], delta_mu\n", "no line of numbers"),
        (
            "time [yr], radius [km], delta_mu\n0, 11, 1\n0, 12, 1\n1, 11, 1\n",
            "the same values of radius at every time",
        ),
        (
            "time [yr], radius [km], delta_mu\n-1, 11, 1\n-1, 12, 1\n1, 11, 1\n1, 12, 2\n",
            "time=-1 yr must not be negative",
        ),
    ],
)
def test_what_is_refused(tmp_path, text, message):
    case = Parameters().replace({"chiral.delta_mu_file": written(tmp_path, text)})
    with pytest.raises(ValueError, match=message) as caught:
        build_crust(case.background, case.chiral, crust_radii(case.background))
    assert str(caught.value).startswith("chiral.delta_mu_file = ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"delta": ("radius", [1.0, 2.0])}, "lacks the variable delta_mu"),
        ({"delta_mu": ("height", [1.0, 2.0])}, "has the dimension height"),
        ({"delta_mu": ("density", [1.0, 2.0])}, "lacks the coordinate density"),
        ({"delta_mu": ("radius", ["a", "b"])}, "holds no real numbers"),
    ],
)
def test_what_is_refused_of_netcdf(tmp_path, variables, message):
    radius = ("radius", [11.0, 12.0], {"units": "km"})
    path = tmp_path / "source.nc"
    xr.Dataset(variables, {"radius": radius}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match=message):
        read_deviation(path)


# In a case


def test_a_constant_file_is_the_number(tmp_path):
    path = written(tmp_path, "density [g cm-3], delta_mu\n1e9, 0.01\n1e15, 0.01\n")
    case, number = Parameters().replace({"chiral.delta_mu_file": path}), Parameters()
    radius = np.linspace(*crust_radii(case.background), 7)
    found = build_crust(case.background, case.chiral, radius)
    wanted = build_crust(number.background, number.chiral, radius)
    for name in ("delta_mu", "weak_rate_effective", "chiral_wavenumber", "anomaly_feedback"):
        # rounding of expm1 of arrays
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-14, err_msg=name)
    assert found.attrs["delta_mu_file"] == path and "delta_mu" not in found.attrs


def test_the_source_of_a_run_changes_with_the_file(tmp_path):
    text = "time [yr], radius [km], delta_mu\n0, 11, 1\n0, 12, 1\n10, 11, 0.5\n10, 12, 0.5\n"
    path = written(tmp_path, text)
    case = Parameters().replace({"chiral.delta_mu_file": path, "time.end": 5.0})
    history, radius = CrustHistory(case), crust_radii(case.background)
    within = history.changes_within(5.0)
    np.testing.assert_allclose(within["delta_mu"], np.arange(1.0, 6.0), rtol=ROUND_OFF)
    # that of the middle of an interval: 1 - t/20
    np.testing.assert_allclose(history.crust(radius, 2.2)["delta_mu"], 0.875, rtol=ROUND_OFF)
    np.testing.assert_array_equal(deviation_change_times(case.chiral, 5.0), within["delta_mu"])
    late = case.replace({"time.end": 20.0})
    with pytest.raises(ValueError, match=r"chiral.delta_mu_file = .*: ends at 10 yr, before 20 yr"):
        CrustHistory(late).changes_within(20.0)


def test_the_file_is_one_of_the_case(tmp_path):
    path = written(tmp_path, "radius [km], delta_mu\n11, 1\n12, 1\n")
    case = Parameters().replace({"chiral.delta_mu_file": path})
    require_files(case)
    assert list(input_digests(case)) == ["chiral.delta_mu_file"]
    assert parameters_from_json(case.to_json()) == case
    with pytest.raises(ParameterError, match="excludes delta_mu_file"):
        case.replace({"chiral.delta_mu": 1e-4})
    with pytest.raises(ParameterError, match=r"chiral\.delta_mu_file.*no such file"):
        require_files(case.replace({"chiral.delta_mu_file": "absent.csv"}))


def test_a_background_without_density_needs_radii(tmp_path):
    path = written(tmp_path, "density [g cm-3], delta_mu\n1e9, 0.01\n1e15, 0.01\n")
    with pytest.raises(ValueError, match="against density, which this background has not"):
        read_deviation(path).at(np.array([1.0]), None, 0.0)


def test_elements_are_laid_for_the_strongest_source(tmp_path):
    """The fastest captures of all times at each place: those of -0.5 beat those of 0.6."""
    text = "time [yr], radius [km], delta_mu\n" + "".join(
        f"{t}, {r}, {value}\n"
        for t, inside, outside in ((0, 1e-3, 0.6), (5, 2e-3, -0.5), (9, 0, 0))
        for r, value in ((11, inside), (11.9, inside), (12.0, outside), (13, outside))
    )
    case = Parameters().replace({"chiral.delta_mu_file": written(tmp_path, text)})
    radius = np.array([11.6, 12.1, 12.4])
    crust = build_crust(case.background, case.chiral, radius)
    found = strongest_source(crust, case.chiral) / crust["chiral_wavenumber"].values
    expected = np.expm1([-2e-3, 0.5, 0.5]) / np.expm1([-1e-3, -0.6, -0.6])
    # the same products: rounding
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    number = Parameters()
    crust = build_crust(number.background, number.chiral, radius)
    np.testing.assert_array_equal(
        strongest_source(crust, number.chiral), crust["chiral_wavenumber"]
    )
