"""Coefficients of pyshtools, in and out."""

import sys

import numpy as np
import pytest

from spectralcmi.errors import InputError, MissingPackageError
from spectralcmi.grid.any_angles import vector_at
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.runs.given_field import from_coefficients
from spectralcmi.runs.run import run
from spectralcmi.runs.shtools import from_shtools, packed_coefficients, to_shtools


@pytest.fixture(scope="module")
def case(small_case):
    return small_case(
        **{
            "resolution.mmax": 5,
            "initial.perturbation_amplitude": 0.5,
            "time.end": 0.5,
            "output.snapshot_times": [0.0],
        }
    )


@pytest.fixture(scope="module")
def dataset(case):
    return run(case)


def test_without_pyshtools_it_says_what_to_install(dataset, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyshtools", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'spectralcmi\[pyshtools\]'"):
        to_shtools(dataset)


def test_out_and_in_again_by_any_convention(case, dataset):
    pytest.importorskip("pyshtools")
    harmonics = Harmonics(5, 5)
    conventions = [
        {},
        {"normalization": "4pi", "csphase": 1},
        {"normalization": "schmidt", "csphase": 1, "kind": "complex"},
    ]
    for name in ("poloidal", "toroidal"):
        stored = dataset[name].isel(snapshot=-1).values
        for convention in conventions:
            both = [one.convert(**convention) for one in to_shtools(dataset, name)]
            again = np.array([packed_coefficients(one, harmonics) for one in both])
            # a product with sqrt(2) and one with its inverse
            np.testing.assert_allclose(again, stored, rtol=0, atol=1e-14 * abs(stored).max())
    parts = [to_shtools(dataset, name) for name in ("poloidal", "toroidal")]
    given = from_shtools(case, dataset["radius"], *parts, largest_loss=1.0)
    values = [dataset[name].isel(snapshot=-1) for name in ("poloidal", "toroidal")]
    expected = from_coefficients(case, dataset["radius"], *values, largest_loss=1.0)
    np.testing.assert_allclose(given.profiles.p, expected.profiles.p, rtol=1e-12, atol=1e-14)


def test_their_function_is_the_same(dataset):
    pytest.importorskip("pyshtools")
    latitude, longitude = 30.0, 50.0  # degrees
    values = dataset["poloidal"].isel(snapshot=-1, radius=[3]).values
    absent = np.zeros_like(values)
    ours = vector_at(
        dataset["degree_of_lm"].values, dataset["order_of_lm"].values, (values, absent, absent),
        np.radians([90.0 - latitude]), np.radians([longitude]),
    )[0]  # fmt: skip
    theirs = to_shtools(dataset)[3].expand(lat=[latitude], lon=[longitude])
    np.testing.assert_allclose(np.ravel(theirs), np.ravel(ours), rtol=1e-12)


def test_what_is_no_scalar_is_one_line(case, dataset):
    with pytest.raises(InputError, match="rms_field is no scalar of the dataset"):
        to_shtools(dataset, "rms_field")
    with pytest.raises(InputError, match="snapshot=3 is no index of the 1 snapshots"):
        to_shtools(dataset, snapshot=3)
    pytest.importorskip("pyshtools")
    with pytest.raises(InputError, match=r"no lists of pyshtools.SHCoeffs"):
        from_shtools(case, dataset["radius"], [1.0], [2.0])
