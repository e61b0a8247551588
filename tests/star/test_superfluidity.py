import numpy as np
import pytest
from scipy.integrate import quad

from spectralcmi.case import choices
from spectralcmi.star import superfluidity
from tests.star.reference import read

FUNCTIONS = {
    "R_A": lambda t: superfluidity.heat_capacity_factor_singlet(
        superfluidity.singlet_gap_parameter(t, 1.0)
    ),
    "R_B": lambda t: superfluidity.heat_capacity_factor_triplet(
        superfluidity.triplet_gap_parameter(t, 1.0)
    ),
    "F_A": superfluidity.pairing_emission_singlet,
    "F_B": superfluidity.pairing_emission_triplet,
}
REDUCTIONS = (
    superfluidity.direct_urca_factor,
    superfluidity.modified_urca_neutron_factor,
    superfluidity.modified_urca_proton_factor,
    superfluidity.bremsstrahlung_factor_mixed,
    superfluidity.bremsstrahlung_factor_like,
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_reference_values(name):
    rows = [row for row in read("functions.csv", text=True) if row["function"] == name]
    assert len(rows) == 5
    for row in rows:
        # The table has eight digits.
        assert FUNCTIONS[name](row["argument"]) == pytest.approx(row["value"], rel=1e-7)


@pytest.mark.parametrize("v", [0.7, 2.0, 5.0])
def test_pairing_emission_is_its_integral(v):
    """F_A = v^2 integral from 0 to infinity of z^4/(e^z + 1)^2 dx, z^2 = x^2 + v^2."""

    def integrand(x):
        z = np.hypot(x, v)
        return z**4 / (np.exp(z) + 1.0) ** 2

    exact = v**2 * quad(integrand, 0.0, 60.0, epsrel=1e-10)[0]
    # The fit is published as good to 1 %.
    assert superfluidity.pairing_emission_singlet(v) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("factor", REDUCTIONS)
def test_reductions_begin_at_one_and_fall(factor):
    v = np.array([0.0, 0.5, 2.0, 10.0, 50.0])
    values = factor(v)
    # Sums of published constants with four digits.
    assert values[0] == pytest.approx(1.0, abs=2e-4)
    # One of the published fits rises by 0.1 % first.
    assert values[1] < 1.002
    assert np.all(np.diff(values[1:]) < 0.0)
    assert 0.0 < values[-1] < 1e-12


def test_heat_capacity_jumps_where_pairing_sets_in():
    v = superfluidity.singlet_gap_parameter(np.array([0.999999, 1.0, 2.0]), 1.0)
    factor = superfluidity.heat_capacity_factor_singlet(v)
    # 12/(7 zeta(3)) + 1 in the theory of Bardeen, Cooper and Schrieffer; the fit is good to 0.5 %.
    assert factor[0] == pytest.approx(2.4261, rel=5e-3)
    assert list(factor[1:]) == [1.0, 1.0]


def test_normal_matter_has_no_gap():
    k = np.array([0.05, 0.5, 1.0, 2.0])
    sfb = superfluidity.NEUTRON_GAPS["sfb"].critical_temperature(k)
    assert sfb[0] == sfb[-1] == 0.0
    assert np.all(sfb[1:3] > 1e9)
    none = superfluidity.NEUTRON_GAPS["none"].critical_temperature(k)
    assert not none.any()
    # Cold, but without a critical temperature: no pairing, whatever the temperature.
    assert not superfluidity.singlet_gap_parameter(1e-3, none).any()


def test_every_choice_of_a_gap_is_there():
    assert set(superfluidity.NEUTRON_GAPS) == set(choices.choices(choices.NeutronGap))
    assert set(superfluidity.PROTON_GAPS) == set(choices.choices(choices.ProtonGap))
