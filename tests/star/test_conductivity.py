from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from spectralcmi.star.conductivity import electrical_conductivity, screened_logarithm

REFERENCE = Path(__file__).parent / "data" / "conductivity_reference.csv"


@pytest.fixture(scope="module")
def reference():
    return np.genfromtxt(REFERENCE, delimiter=",", skip_header=2, names=True)


def conductivity(row, **changes):
    arguments = {
        "baryon_density": row["n_b"],
        "temperature": row["T"],
        "charge_number": row["Z"],
        "mass_number": row["A_cluster"],
        "cell_mass_number": row["A_cell"],
        "impurity_parameter": row["Z_imp"] ** 2,
    }
    return electrical_conductivity(**(arguments | changes))


def test_reference_code_is_reproduced(reference):
    error = np.abs(conductivity(reference) / reference["sigma"] - 1.0)
    assert len(error) == 54
    # Worst is one state at 1e8 K next to neutron drip, where the code joins two regimes.
    assert np.median(error) < 1e-3
    assert error.max() < 0.03


def test_density_and_temperature_broadcast(reference):
    row = reference[:9]
    temperature = np.array([1e8, 1e9, 1e10])[:, None]
    table = conductivity(row, temperature=temperature)
    assert table.shape == (3, 9)
    # The same arithmetic, only in another order of summation.
    np.testing.assert_allclose(table[1], conductivity(row, temperature=1e9), rtol=1e-14)
    assert np.all(np.diff(table, axis=0) < 0.0)


def test_impurities_add_resistivity_in_proportion(reference):
    row = reference[0]
    resistivity = [1.0 / conductivity(row, impurity_parameter=q) for q in (0.0, 1.0, 10.0)]
    # Matthiessen's rule is exact in this approximation.
    assert (resistivity[2] - resistivity[0]) == pytest.approx(
        10.0 * (resistivity[1] - resistivity[0]), rel=1e-10
    )


def test_inner_fraction_mixes_the_two_fits_of_the_nuclear_size(reference):
    row = reference[3]
    outer, middle, inner = (conductivity(row, inner_fraction=f) for f in (0.0, 0.5, 1.0))
    # Just inside neutron drip the two fits of the radius still differ by less than 10 %.
    assert min(outer, inner) < middle < max(outer, inner)
    assert abs(outer / inner - 1.0) < 0.1
    assert conductivity(row) == inner


@pytest.mark.parametrize("s", [1e-5, 1e-3, 0.03, 1.0, 30.0])
@pytest.mark.parametrize("w", [1e-8, 1e-2, 1.0, 30.0, 1e3])
@pytest.mark.parametrize("w1", [1e-6, 0.3, 5.0])
def test_screened_logarithm_is_its_integral(s, w, w1):
    def integrand(y):
        return 0.5 * (1.0 - 0.9 * y) * np.exp(-w1 * y) * -np.expm1(-w * y) * y / (y + s) ** 2

    breaks = sorted({min(0.9, x) for x in (0.1 * s, s, 10.0 * s, 1.0 / w, 10.0 / w)})
    exact = quad(integrand, 0.0, 1.0, epsabs=0.0, epsrel=1e-11, limit=400, points=breaks)[0]
    # Sixty-four points; the hardest corner here is s w = 3e4.
    assert screened_logarithm(s, w, w1, np.sqrt(0.9)) == pytest.approx(exact, rel=1e-8)


def test_screened_logarithm_is_the_published_closed_form():
    from scipy.special import exp1

    def closed(s, w, v):
        tail = np.exp(s * w) * (exp1(s * w) - exp1(s * w + w))
        logarithm, rest = np.log((1.0 + s) / s), 1.0 - np.exp(-w)
        first = logarithm + s / (1.0 + s) * rest - (1.0 + s * w) * tail
        second = (np.exp(-w) - 1.0 + w) / w - s**2 / (1.0 + s) * rest
        second += -2.0 * s * logarithm + s * (2.0 + s * w) * tail
        return 0.5 * (first - v**2 * second)

    s, w, w1, v = 0.01, 40.0, 2.0, 0.99
    difference = closed(s, w + w1, v) - closed(s, w1, v)
    # Rounding of the closed form, whose terms cancel by a factor of ten or so.
    assert screened_logarithm(s, w, w1, v) == pytest.approx(difference, rel=1e-12)
