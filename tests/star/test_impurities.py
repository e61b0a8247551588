from types import SimpleNamespace

import numpy as np
import pytest

from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.star.impurities import read_impurity_profile
from spectralcmi.star.neutron_star import neutron_star_radii, thermal_matter

STAR = {
    "kind": "neutron_star",
    "equation_of_state": "bsk24",
    "mass": 1.4,
    "outer_density": 1e10,
    "impurity_parameter": 0.0,
    "composition": "smooth",
}


def profile(tmp_path, *rows, header="density [g cm-3], impurity_parameter"):
    path = tmp_path / "impurities.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def test_profile_runs_through_its_points(tmp_path):
    path = profile(tmp_path, "1e14,100", "1e10,1", "8e13,1", "9e13,1")
    curve = read_impurity_profile(path)
    found = curve(np.array([1e9, 1e10, 1e12, 8e13, 1e14, 2e14]))
    # Rounding of logarithms.
    np.testing.assert_allclose(found, [1.0, 1.0, 1.0, 1.0, 100.0, 100.0], rtol=1e-12)
    between = curve(np.geomspace(9e13, 1e14, 50))
    assert np.all(np.diff(between) >= 0.0)


def test_impurities_of_a_profile_are_those_of_a_number(tmp_path):
    radius = np.linspace(*neutron_star_radii(SimpleNamespace(**STAR)), 7)
    path = profile(tmp_path, "1e10,3", "1e14,3")
    by_file = thermal_matter(SimpleNamespace(**STAR, impurity_profile=path), radius)
    by_number = thermal_matter(SimpleNamespace(**(STAR | {"impurity_parameter": 3.0})), radius)
    for name, values in by_file.profiles(1e8).items():
        # Rounding of an interpolated 3.
        np.testing.assert_allclose(values, by_number.profiles(1e8)[name], rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1e10,-1", "1e14,1"], "impurity_parameter must hold numbers from 0 on"),
        (["1e10,inf", "1e14,1"], "impurity_parameter must hold numbers from 0 on"),
        (["0,1", "1e14,1"], "density must hold positive numbers only"),
        (["1e10,1", "1e10,2"], "two different values or more, none twice"),
        (["1e10,1"], "two different values or more"),
    ],
)
def test_bad_profiles_are_named(tmp_path, rows, message):
    path = profile(tmp_path, *rows)
    radius = np.linspace(*neutron_star_radii(SimpleNamespace(**STAR)), 3)
    with pytest.raises(ValueError, match=f"impurity_profile = .*: .*{message}"):
        thermal_matter(SimpleNamespace(**STAR, impurity_profile=path), radius)


def test_a_profile_excludes_a_number(tmp_path):
    path = profile(tmp_path, "1e10,3", "1e14,3")
    case = Parameters().replace({"background.impurity_profile": path})
    assert case.background.files()["impurity_profile"] == path
    with pytest.raises(ParameterError, match="excludes impurity_profile"):
        case.replace({"background.impurity_parameter": 1.0})
