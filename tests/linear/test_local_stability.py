"""Local growth about a stored field, against figures of two independent linear codes."""

import numpy as np
import pytest

from spectralcmi.linear.local_stability import (
    LocalField,
    Response,
    chiral_response,
    growth_of_field,
    local_growth,
)
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.view.field import case_of

WINDOW = (11.84, 11.98)


def cut_at_the_end(work, square, local):
    """k5 = cut(x) with x = S/(1 + b), with which the states and the reference were computed."""
    b = local.anomaly_feedback * square
    x = (local.chiral_wavenumber + local.anomaly_feedback * work) / (1 + b)
    power = 1 + np.abs(x / local.k5_max) ** 8
    to_work = power**-1.125 * local.anomaly_feedback / (1 + b)
    return Response(x / power**0.125, to_work, -x * to_work)


def field_at(dataset, year, response=chiral_response, feedback=True):
    return LocalField(
        dataset.sel(snapshot=year), 90.0, case_of(dataset), response=response, feedback=feedback
    )


def growth_along(place, along, *degrees):
    # wave numbers l/11.91 km, of the reference
    values = np.array(degrees) * place.centre / 11.91
    return growth_of_field(place, along, WINDOW, values)[0].real


def test_growth_about_the_field_of_110_years(stored_states):
    """Converged figures of fourth-order differences and of splines, given with two digits."""
    place = field_at(stored_states, 110.0, cut_at_the_end)
    expected = np.array([0.17, 0.28, 0.54, 0.90])
    found = growth_along(place, "theta", 60, 240, 480, 960)
    assert np.all(np.abs(found - expected) < np.maximum(0.03 * expected, 0.01))


def test_perturbations_along_phi_grow_as_fast(stored_states):
    """As above; 0.92 at degree 960."""
    place = field_at(stored_states, 110.0, cut_at_the_end)
    assert growth_along(place, "phi", 960)[0] == pytest.approx(0.92, rel=0.03)


def test_without_response_of_k5_growth_is_three_times_as_fast(stored_states):
    """As above; 2.75 at degree 960."""
    place = field_at(stored_states, 110.0, cut_at_the_end, feedback=False)
    assert growth_along(place, "theta", 960)[0] == pytest.approx(2.75, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("year", [80.0, 90.0, 100.0])
def test_growth_before_is_about_one_a_year(stored_states, year):
    """0.95 to 1.0 for the fastest of the degrees 1000 to 1400, in either direction."""
    place = field_at(stored_states, year, cut_at_the_end)
    rates = [growth_along(place, way, 1000, 1200, 1400) for way in ("theta", "phi")]
    # two digits, and three degrees of a curve that has two maxima
    assert np.max(rates) == pytest.approx(0.975, abs=0.05)


@pytest.mark.slow
def test_the_closure_of_today_lowers_growth_a_little(stored_states):
    """k5 feels its own cutoff: it responds less where it is cut off, and growth differs by 10 %.

    Degrees 60 and 240 are the same within 0.015.
    """
    found, before = (
        growth_along(field_at(stored_states, 110.0, response), "theta", 60, 240, 960)
        for response in (chiral_response, cut_at_the_end)
    )
    np.testing.assert_allclose(found[:2], before[:2], atol=0.015)
    assert 0.85 < found[2] / before[2] < 0.97


@pytest.mark.parametrize("smooth", [True, False])
def test_the_response_is_the_derivative_of_the_closure(smooth):
    rng = np.random.default_rng(1)
    count = 400
    source, work = 10 ** rng.uniform(-1, 2, (2, count)) * rng.choice([-1, 1], (2, count))
    square = 10 ** rng.uniform(-1, 2, count)
    local = LocalCoefficients(
        np.ones(count), np.zeros(count), source, np.full(count, 0.3), 5.0, smooth
    )
    found = chiral_response(work, square, local)
    step = 1e-5
    by_work = [chiral_response(work + s, square, local).wavenumber for s in (step, -step)]
    by_square = [chiral_response(work, square + s, local).wavenumber for s in (step, -step)]
    # differences: step^2 times third derivatives of order 1, and round-off 1e-15/step
    for derivative, (above, below) in ((found.to_work, by_work), (found.to_square, by_square)):
        np.testing.assert_allclose(derivative, (above - below) / (2 * step), atol=1e-8)


def test_the_answer_is_converged_and_says_where(stored_states):
    growth = local_growth(stored_states, [60, 240], year=108.0, along=["theta"])
    assert growth.attrs["time_yr"] == 110.0
    assert np.all(growth["change"] < 0.02)
    # the layer and a margin: the window of the tests above differs, the growth does not
    inner, outer = growth.attrs["window_km"]
    assert inner < 11.86 < 11.95 < outer < 12.1
    place = field_at(stored_states, 110.0)
    np.testing.assert_allclose(
        growth["growth_rate"].values[0], growth_along(place, "theta", 60, 240), rtol=0.02
    )


def test_impossible_wishes_are_named(stored_states):
    with pytest.raises(ValueError, match=r"degrees=.*positive numbers"):
        local_growth(stored_states, [0, 5])
    with pytest.raises(ValueError, match="colatitude=180 degrees is not between"):
        local_growth(stored_states, [5], colatitude=180.0)
    with pytest.raises(ValueError, match="along='r' is none of theta, phi"):
        local_growth(stored_states, [5], along=["r"])
    with pytest.raises(ValueError, match="along is empty"):
        local_growth(stored_states, [5], along=[])
    with pytest.raises(ValueError, match=r"window=\(11.9, 11.8\) km"):
        local_growth(stored_states, [5], window=(11.9, 11.8))
    with pytest.raises(ValueError, match="year=nan"):
        local_growth(stored_states, [5], year=np.nan)
    with pytest.raises(ValueError, match="has no snapshot"):
        local_growth(stored_states.isel(snapshot=slice(0)), [5])
