"""The claims of arXiv:2505.06196, one by one: what it says, and how it is judged."""

from __future__ import annotations

from spectralcmi.paper.dehman_pons_2025 import balances, growth
from spectralcmi.paper.dehman_pons_2025.plan import MAIN, OFF
from spectralcmi.paper.verdicts import Statement, run_named

__all__ = ["CLAIMS"]

_HAS_MAIN = run_named("starts", MAIN)
_LESS = "the start of 2505.06196 has 400 /km and l = 50 in three dimensions, these runs less"

CLAIMS = (
    Statement(
        "H1",
        "the initial μ5 has an optimum in k_r",
        "largest 2.5e-11, mean 1.6e-12 MeV, at ~400 /km",
        growth.optimum,
        "agrees if the largest is not at the end of the range; max |k5| = |curl B|/(2 √D) grows "
        "with k_r B in spots where B ~ √D, which a grid of 4 m does not have",
        (run_named("wavenumbers", 50.0), run_named("wavenumbers", 200.0)),
    ),
    Statement(
        "H2",
        "the field decays slowly with the chiral effect, fast without",
        "3.5e16 to 3.0e16 G in 30 yr",
        growth.slow_decay,
        "agrees if it loses at most half as many e-folds with it",
        (_HAS_MAIN, run_named("starts", OFF)),
    ),
    Statement(
        "H2b",
        "without it waves of 400 /km decay as exp(-t/τ)",
        "τ = 20..25 yr",
        growth.decay_time,
        "200 cells have 3.6 points in such a wave, and central differences then take it for one of "
        "230 /km",
        (run_named("decay", "short waves"),),
    ),
    Statement(
        "H3",
        "l = 1 grows by two orders in energy and more",
        "E × 100 in 30 yr, B 1.4e14 G at 100 yr",
        growth.dipole_grows,
        f"B(l = 1) is the rms over the crust, as in the paper; ± other seed, finer grid; {_LESS}; "
        "agrees if × 100 and 1e14 G at the end",
        (_HAS_MAIN,),
    ),
    Statement(
        "H4",
        "three stages: nothing, slow, then exponential from 20 to 30 yr on",
        "τ5 = 5..10 yr",
        growth.stages,
        "the first is a matter of the logarithmic axis; what feeds l = 1 is k5 that varies over "
        "the angles, and couples degrees",
        (_HAS_MAIN,),
    ),
    Statement(
        "H5",
        "E_l ~ l for l < 10, the peak stays: no inverse cascade",
        "l^1",
        growth.spectrum,
        "agrees if the exponent is within 0.5 of 1 and the peak within 2 degrees",
        (_HAS_MAIN,),
    ),
    Statement(
        "H6",
        "poloidal and toroidal dipole in equipartition by 30 yr",
        "~30 yr",
        growth.equipartition,
        "agrees if the toroidal share of l = 1 is 0.4 to 0.6",
        (_HAS_MAIN,),
    ),
    Statement(
        "H7",
        "helicity and chirality balance; Q5 is negligible",
        "Q5 ~ 5e40, 1e-20 of the helicity",
        balances.helicity_balance,
        "E.B is quenched nearly everywhere, and H kept with it; agrees if to a hundredth of H",
        (_HAS_MAIN, run_named("starts", OFF)),
    ),
    Statement(
        "H8",
        "energy balance",
        "to 5 %",
        balances.energy_balance,
        "as the paper has it",
        (_HAS_MAIN,),
    ),
    Statement(
        "H9",
        "k5 saturates at B_sat = 0.46 (μ_e/m_e c²) B_QED",
        "1e14..5e15 G",
        balances.saturation_field,
        "1/√(anomaly feedback), with the paper's constants; agrees within a factor of 5 and 2",
    ),
    Statement(
        "H10",
        "Hall drift matters little in 100 yr",
        "-",
        balances.hall_drift,
        "k_r = 54 /km, 3e16 G; agrees if it changes the energy of l = 1 by less than a factor of "
        "2. With a third more degrees and radial functions, and shorter steps, that energy changes "
        "by 2 % in the first 0.06 yr; faster the shorter the waves: f_h B k_r k_θ",
        tuple(run_named("hall", n) for n in ("Hall and chiral", "Hall only", "chiral only")),
    ),
    Statement(
        "H11",
        "small scales are gone after a few 1e3 yr, the dipole stays",
        "-",
        None,
        "thousands of years at steps of days take hours",
    ),
    Statement(
        "H12",
        "the l = 1 field is the dipole that spins the star down",
        "1e14 G",
        balances.outside,
        "agrees if the polar field outside passes 1e14 G; a wave of k_r has 2/(k_r R) of its field "
        "at the surface at most",
        (_HAS_MAIN,),
    ),
    Statement(
        "H13",
        "all of it in three dimensions",
        "E × 100",
        balances.three_dimensions,
        "one short run; agrees if l = 1 grows by one order in these few years",
        (run_named("three_dimensions", MAIN),),
    ),
)
"""The claims in the paper's order; H13 is that the paper's runs are in three dimensions."""
