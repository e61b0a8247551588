import os
from types import SimpleNamespace

import numpy as np
import pytest

from spectralcmi.profiles.crust import build_crust, crust_radii
from spectralcmi.star.files import LARGEST_FILE
from spectralcmi.star.neutron_star import temperature_change_times
from spectralcmi.star.temperature import read_cooling_history, read_temperature_profile

CHIRAL = SimpleNamespace(
    delta_mu=1e-2,
    delta_mu_file="",
    convention="textbook",
    spin_flip_prefactor=1.0,
    weak_rate_prefactor=1.0,
)


def neutron_star(**changes):
    keys = {
        "kind": "neutron_star",
        "equation_of_state": "bsk24",
        "mass": 1.4,
        "outer_density": 1e10,
        "temperature": 1e9,
        "impurity_parameter": 0.0,
        "composition": "smooth",
        "temperature_step": 0.05,
    }
    return SimpleNamespace(**(keys | changes))


@pytest.fixture
def history(tmp_path):
    """A power law, T = 2e9 K (t/yr)^(-1/6), as a file without header."""
    times = np.geomspace(1e-2, 1e6, 30)
    path = tmp_path / "cooling.dat"
    lines = [f"{t:.12g} {2e9 * t ** (-1.0 / 6.0):.12g}" for t in times]
    path.write_text("# age in years, temperature in kelvin\n" + "\n".join(lines))
    return str(path)


def test_history_is_a_straight_line_in_logarithms(history):
    cooling = read_cooling_history(history)
    for time in (0.03, 1.0, 77.7, 9e5):
        # A power law is what this interpolation has exactly; twelve digits were written.
        assert cooling.temperature(time) == pytest.approx(2e9 * time ** (-1.0 / 6.0), rel=1e-11)
    # Before the history begins the star is as hot as at its beginning.
    assert cooling.temperature(0.0) == cooling.temperature(1e-2)


def test_history_that_ends_too_early_is_refused(history):
    background = neutron_star(cooling_history=history)
    early = r"cooling_history = '.*': ends at 1e\+06 yr, before 2e\+06"
    with pytest.raises(ValueError, match=early):
        build_crust(background, CHIRAL, time=2e6)


def test_crust_follows_its_history(history):
    old = build_crust(neutron_star(cooling_history=history), CHIRAL, time=1e4)
    temperature = 2e9 * 1e4 ** (-1.0 / 6.0)
    same = build_crust(neutron_star(temperature=temperature), CHIRAL)
    # Twelve digits of the temperature, on which no coefficient depends steeply.
    np.testing.assert_allclose(old.temperature, temperature, rtol=1e-11)
    np.testing.assert_allclose(old.magnetic_diffusivity, same.magnetic_diffusivity, rtol=1e-10)
    young = build_crust(neutron_star(cooling_history=history), CHIRAL, time=1.0)
    assert np.all(young.magnetic_diffusivity > old.magnetic_diffusivity)


def test_without_history_time_changes_nothing():
    now, later = (build_crust(neutron_star(), CHIRAL, time=t) for t in (0.0, 1e9))
    assert now.identical(later)
    assert len(temperature_change_times(neutron_star(), 1e9)) == 0


def test_change_times_are_where_the_temperature_has_moved(history):
    background = neutron_star(cooling_history=history)
    times = temperature_change_times(background, 300.0)
    cooling = read_cooling_history(history)
    temperatures = [cooling.temperature(time) for time in (0.0, *times)]
    # Every step is the fraction to the rounding of logarithms, and none is missing at the end.
    np.testing.assert_allclose(np.divide(temperatures[:-1], temperatures[1:]), 1.05, rtol=1e-12)
    assert times[-1] <= 300.0
    assert temperatures[-1] / cooling.temperature(300.0) < 1.05
    # The times of a longer run begin with those of a shorter one: a resumed run meets the same.
    longer = temperature_change_times(background, 1e4)
    np.testing.assert_array_equal(longer[: len(times)], times)


def test_change_times_of_a_star_that_is_heated_again(tmp_path):
    path = tmp_path / "heated.csv"
    path.write_text("time [yr], temperature [K]\n1,1e9\n10,5e8\n20,2e9\n30,2e9\n")
    times = read_cooling_history(path).change_times(30.0, 0.1)
    cooling = read_cooling_history(path)
    steps = np.diff([np.log(cooling.temperature(time)) for time in (0.0, *times)])
    # Down, then up again: always by the same factor, to rounding.
    np.testing.assert_allclose(np.abs(steps), np.log(1.1), rtol=1e-11)
    assert steps.min() < 0.0 < steps.max()


def test_a_temperature_that_does_not_change_is_not_rounded(tmp_path):
    path = tmp_path / "constant.txt"
    path.write_text("1e-3 1e9\n7 1e9\n1e6 1e9\n")
    cooling = read_cooling_history(path)
    assert [cooling.temperature(t) for t in (0.0, 1e-3, 0.3, 7.0, 9.1, 1e6)] == [1e9] * 6
    assert len(cooling.change_times(1e6, 1e-4)) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 1e9\n1 8e8\n", "column time must hold two times or more, and rise"),
        ("0 1e9\n1 8e8\n", "column time must be positive, but holds 0"),
        ("1 1e9\n2 -8e8\n", "column temperature must be positive, but holds -8e"),
        ("1 1e9 3\n2 8e8 3\n", "does not hold 2 numbers"),
        ("time [yr], temperature [km]\n1, 1e9\n", "unit 'km' does not convert to 'K'"),
        ("", "holds no line of numbers"),
        ("1 1e9\n10 inf\n", "column temperature must lie between 1 and 1e.11 K, but holds inf"),
        ("1 1e9\ninf 1e8\n", "column time must be finite, but holds inf"),
        ("time [yr], temperature [1000 K]\n1,1e9\n2,1e8\n", "lie between 1 and 1e.11 K"),
    ],
)
def test_bad_histories_are_named(tmp_path, text, message):
    path = tmp_path / "bad.dat"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        build_crust(neutron_star(cooling_history=str(path)), CHIRAL)
    assert str(caught.value).startswith("background.cooling_history = ")


def test_numbers_in_front_of_a_unit_count(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("time [yr], temperature [1000 K]\n1,1e6\n100,1e5\n")
    # Half-way in the logarithm of the time; rounding.
    assert read_cooling_history(path).temperature(10.0) == pytest.approx(10**8.5, rel=1e-14)


def test_files_of_spreadsheets_and_of_fortran_are_read(tmp_path):
    path = tmp_path / "history.csv"
    path.write_bytes(b"\xef\xbb\xbftime [yr],temperature [K]\r\n1,1D9\r\n2,5d+8\r\n")
    assert list(read_cooling_history(path).temperatures) == [1e9, 5e8]


def test_what_is_no_regular_file_is_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in ("/dev/zero", str(pipe)):
        with pytest.raises(ValueError, match="is not a regular file"):
            read_cooling_history(name)


def test_a_file_beyond_all_tables_is_not_loaded(tmp_path):
    path = tmp_path / "sparse.csv"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(ValueError, match=r"sparse\.csv holds \d+ bytes, more than"):
        read_cooling_history(path)


def test_a_binary_file_is_told(tmp_path):
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="binary is not a text file in UTF-8"):
        read_cooling_history(path)


def test_a_missing_history_is_named():
    with pytest.raises(ValueError, match="cooling_history = 'nowhere': No such file"):
        temperature_change_times(neutron_star(cooling_history="nowhere"), 1.0)


@pytest.mark.parametrize("order", [1, -1])
def test_profile_in_radius(tmp_path, order):
    inner, outer = crust_radii(neutron_star())
    radius = np.linspace(inner, outer, 9)[::order]
    path = tmp_path / "profile.csv"
    rows = [f"{r * 1e5:.12g},{3e8 + 7e8 * (outer - r) / (outer - inner):.12g}" for r in radius]
    path.write_text("\n".join(["radius [cm], temperature [K]", *rows]))
    crust = build_crust(neutron_star(temperature_profile=str(path)), CHIRAL, radius)
    # The points themselves, of which twelve digits were written.
    expected = 3e8 + 7e8 * (outer - radius) / (outer - inner)
    np.testing.assert_allclose(crust.temperature, expected, rtol=1e-9)
    # Coefficients are those of an isothermal crust of the local temperature.
    for i in (0, 4, 8):
        local = neutron_star(temperature=float(expected[i]))
        same = build_crust(local, CHIRAL, radius[i : i + 1])
        for name in ("magnetic_diffusivity", "weak_rate", "chiral_wavenumber"):
            assert float(crust[name][i]) == pytest.approx(float(same[name][0]), rel=1e-8)


def test_profile_in_density_keeps_its_last_values(tmp_path):
    path = tmp_path / "profile.csv"
    path.write_text("density [g cm-3], temperature [K]\n1e11, 4e8\n1e12, 6e8\n1e13, 1e9\n")
    profile = read_temperature_profile(path)
    found = profile(None, np.array([1e10, 1e11, 1e12, 1e13, 1e14]))
    # Through the points, constant beyond: rounding only.
    np.testing.assert_allclose(found, [4e8, 4e8, 6e8, 1e9, 1e9], rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("temperature [K]\n1e9\n", "must have one of the columns radius and density"),
        ("radius [km], temperature [K]\n12,1e9\n12,2e9\n", "none twice"),
        ("radius [km], temperature [K]\n12,1e9\n12.1,\n", "must be positive, but holds nan"),
        ("radius [km], temperature [K]\n12,1e9\n12.1,inf\n", "lie between 1 and 1e.11 K"),
        ("radius [km], temperature [K]\n12,1e9\n12.1,1e308\n", "lie between 1 and 1e.11 K"),
        ("radius [km], temperature [K]\n12,1e9\n12.1,5e-324\n", "lie between 1 and 1e.11 K"),
        ("density [g cm-3], temperature [K]\n1e10,1e9\ninf,1e9\n", "density must be finite"),
    ],
)
def test_bad_profiles_are_named(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        build_crust(neutron_star(temperature_profile=str(path)), CHIRAL)


def test_profile_and_history_exclude_each_other(history):
    background = neutron_star(cooling_history=history, temperature_profile=history)
    with pytest.raises(ValueError, match="excludes cooling_history"):
        build_crust(background, CHIRAL)
