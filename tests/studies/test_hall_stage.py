"""The study of the Hall stage: pieces of a run, its measures, and its quick answer."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from tests.studies.conftest import load


def piece(field, even, end=10.0, lmax=8):
    """What a run stores, of equal poloidal and toroidal energy."""
    time = np.linspace(0.0, end, len(field))
    shares = np.zeros((len(field), lmax))
    shares[:, 1] = even
    shares[:, 0] = 1.0 - shares.sum(axis=1)
    half = ("time", "degree"), shares / 2
    total = ("time", np.full(len(field), 0.5))
    return xr.Dataset(
        {
            "rms_field": ("time", np.array(field, dtype=float)),
            "spectrum_poloidal": half,
            "spectrum_toroidal": half,
            "energy_poloidal": total,
            "energy_toroidal": total,
        },
        {"time": time, "degree": np.arange(1, lmax + 1)},
    )


@pytest.fixture(scope="module")
def study():
    return load("hall_stage")


@pytest.fixture(scope="module")
def rung(study):
    return study.Rung(study.Background(4.0, 0.0), 8, 6.0, 1e-6, 20.0)


def test_pieces_are_joined_each_moment_once(study, rung):
    first, second = piece([1, 2, 4], [1e-4] * 3), piece([4, 6, 8], [1e-4] * 3)
    series = study.joined([first, second], rung.start.k5_max)
    np.testing.assert_array_equal(series["time"], [0, 5, 10, 15, 20])
    np.testing.assert_array_equal(series["rms_field"], [1, 2, 4, 6, 8])


def test_onset_is_where_even_degrees_have_a_hundredth(study, rung):
    """Both grow as powers of each other: interpolation along logarithms is exact."""
    field = np.geomspace(1e14, 1e16, 21)
    run = piece(field, 1e-2 * (field / 1.3e15) ** 2)
    numbers = study.numbers_of(rung, [run])
    assert numbers["onset_field"] == pytest.approx(1.3e15, rel=1e-12)
    # the share of l = 1 is taken along a straight line, of which 0.99 is a point to 2e-4
    assert numbers["onset_dipole_share"] == pytest.approx(0.99, abs=2e-4)
    assert np.isnan(numbers["turbulence_field"])  # nothing is above l = 4
    assert numbers["least_toroidal_share"] == numbers["largest_toroidal_share"] == 0.5


def test_saturation_is_where_growth_has_ceased(study, rung):
    growing = np.geomspace(1e14, 1e15, 11)
    flat = 1e15 * (1 + 1e-4 * np.arange(11))
    numbers = study.numbers_of(rung, [piece(growing, [1e-4] * 11), piece(flat, [1e-4] * 11)])
    # nearly constant from where growth is below a tenth of what it was
    assert numbers["saturated_rms_field"] == pytest.approx(1e15, rel=1e-3)
    assert numbers["saturated_dipole_share"] == pytest.approx(1.0 - 1e-4, rel=1e-12)
    assert numbers["saturated_dipole_share_spread"] == pytest.approx(0.0, abs=1e-15)
    before = study.numbers_of(rung, [piece(growing, [1e-4] * 11)])
    assert np.isnan(before["saturated_rms_field"])


def test_quick_answer_agrees_with_local_theory(answer):
    _, dataset, *_ = answer("hall_stage")
    found, expected = (dataset[name].values[0] for name in ("growth", "growth_of_theory"))
    # l = 4: waves of a slab and of a sphere differ by 1/l^2 at most
    assert found[0] == pytest.approx(expected[0], rel=0.06)
    # a field too weak for Hall drift: all that grows is the chiral instability
    assert float(dataset["local_growth"].max()) == pytest.approx(0.025, rel=0.1)
    assert float(dataset["onset_field"].isnull().sum()) == 1


def test_pieces_that_are_there_are_not_computed_again(study, tmp_path, monkeypatch):
    rung = study.QUICK.ladder[0]._replace(length=2.0, lmax=4)
    start = study.linear_stage(study.QUICK_START._replace(year=4.0), 4.0, tmp_path)
    pieces = study.climb(rung, start, tmp_path)
    assert float(sum(run["time"][-1] for run in pieces)) == pytest.approx(2.0, rel=1e-12)
    monkeypatch.setattr(study.cmi, "run", None)
    again = study.climb(rung, start, tmp_path)
    assert len(again) == len(pieces) > 0
