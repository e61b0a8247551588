"""The paper's claims, one by one: what it says, and how it is judged.

An uncertainty is the largest change when angles, radii or time steps are finer, unless the text
says otherwise. "agrees" means within 20 per cent, or within the bound that the row states: the
paper prints one or two digits.

References
----------
Dehman & Pons, arXiv:2408.05281.
"""

from __future__ import annotations

from spectralcmi.paper.dehman_pons_2024 import (
    cooling_star,
    dipole,
    growth,
    hall_stage,
    profiles,
    scans,
    source,
)
from spectralcmi.paper.dehman_pons_2024.evidence import (
    BY_CRUST,
    BY_METRIC,
    ONLY_STAR,
    STAR_CRUSTS,
    paper_until,
    run_of,
)
from spectralcmi.paper.verdicts import Statement, runs_of

__all__ = ["CLAIMS"]

# Why, where rows share it
SLOWER = "the redshift makes the star slower than flat space"
KINK = (
    "a hard cutoff, |k5| <= k5_max as the paper has it, leaves k5 larger, and its kink feeds 20 m "
    "waves from the start; layers alone change 0.1 % (studies/composition.py)"
)

CLAIMS = (
    Statement(
        "C1",
        "Γ_w/Γ_f, μ5, λ5 depend far more on density than on temperature",
        "-",
        profiles.dependence_on_density,
        "agrees if the density matters by twice as many decades",
    ),
    Statement(
        "C1b",
        "ranges over the crust at 1e9 K and δμ/kT = 0.01",
        "n5/n_e < 1e-9, μ5 1e-12..1e-8 MeV, λ5 km..cm",
        profiles.ranges,
        "agrees if within with one set of constants, see C10; the lower limit of μ5 is passed at "
        "some 5e11 g/cm³, not at the surface",
    ),
    Statement(
        "C2",
        "toroidal energy first grows as t², poloidal constant",
        "2",
        growth.first_power,
        "until E_tor is a hundredth of E_pol; agrees if within 0.2 of 2; ± is how well the layer "
        "above the perfect conductor is resolved",
        (paper_until(),),
        BY_METRIC,
    ),
    Statement(
        "C3",
        "both grow in near equipartition from ~50 yr",
        "~50 yr",
        growth.equipartition,
        f"agrees if within 20 %; {SLOWER}, {KINK}",
        (paper_until(100.0),),
        BY_CRUST,
    ),
    Statement(
        "C4",
        "exponential growth",
        "field 0.15 /yr, energy 0.3 /yr",
        growth.exponential_growth,
        "rate within 10 % of its largest only in that window: E.B quenches it soon after; "
        f"{SLOWER}, {KINK}",
        (paper_until(70.0),),
        BY_CRUST,
    ),
    Statement(
        "C5",
        "field of 1e15 G in < 100 yr",
        "75 yr",
        growth.strong_field,
        f"root mean square field of the crust; {KINK}",
        (paper_until(100.0),),
        BY_CRUST,
    ),
    Statement(
        "C5b",
        "Hall drift matters from ~100 yr",
        "~100 yr",
        growth.hall_sets_in,
        "agrees if before 100 yr; the growth slows before that without Hall drift too, by E.B. "
        "Not converged: waves of l = 1800, beyond every lmax, grow with 0.8 /yr or more from 63 yr "
        "on (star: 0.6 from 86 yr), and would, extrapolated, matter from about 75 yr (103) with a "
        "noise of 1e-6 (studies/hall_stage.py)",
        (paper_until(150.0), run_of("parity", "Hall and chiral"), run_of("parity", "chiral only")),
        BY_METRIC,
    ),
    Statement(
        "C6",
        "saturation after ~200 yr, poloidal-toroidal oscillations",
        "a few 1e16 G",
        hall_stage.saturation,
        "agrees if 1..5e16 G and growing by less than 5 % in the last 50 yr. "
        "Not converged, see C5b: where lmax holds such waves the field ceases to grow, with a "
        "noise of 1e-6 at 1.1e15, 1.7e15 and 1.8e15 G for k5_max = 25, 50 and 100 /km (the "
        "last not converged), in the metric for 50 /km at 1.8e15 G (studies/hall_stage.py)",
        (paper_until(200.0),),
        BY_METRIC,
    ),
    Statement(
        "C7",
        "dipole holds nearly all during growth, each l split evenly",
        "~95 %",
        hall_stage.dipole_dominates,
        f"agrees if within 0.05, and each l <= 10 with {hall_stage.LEAST_SHARE:g} of the energy "
        "split to a tenth",
        (paper_until(100.0),),
        BY_CRUST,
    ),
    Statement(
        "C8",
        "even l negligible before Hall, not after",
        "-",
        hall_stage.even_degrees,
        "agrees if below 0.05 at 100 yr, above 0.1 at the end, and round-off without Hall. l = 1 "
        "feeds them by itself: with k5_max = 25 and 50 /km they pass a hundredth at 2.2e14 and "
        "9.6e14 G, whatever lmax and noise; at 100 /km with a noise of 1e-6 they come together "
        "with small scales, at 1.6e15 G (studies/hall_stage.py)",
        (paper_until(200.0), run_of("parity", "chiral only")),
        BY_METRIC,
    ),
    Statement(
        "C8b",
        "spectrum after Hall sets in",
        "l^-2",
        hall_stage.spectral_slope,
        "± is the fit's scatter; agrees if all lie within 0.4 of -2 (studies/hall_cascade.py). "
        "Not converged, see C5b. Where lmax holds such waves, at 25, 50 and 100 /km, no power law: "
        "a fall from l = 1 to 8 and a hump at l = 2.3 to 3.5 k5_max km (studies/hall_stage.py)",
        (hall_stage.late_spectra,),
        BY_METRIC,
    ),
    Statement(
        "C9",
        "Hall alone: a poloidal dipole feeds only even toroidal l",
        "only even",
        hall_stage.hall_alone,
        "agrees if round-off; without the chiral term, from the paper's dipole or one of 1e14 G",
        (hall_stage.hall_only_runs,),
        BY_METRIC,
    ),
    Statement(
        "C10",
        "years to 1e15 G (δμ/kT)",
        "22 (1), 75 (0.01), 400 (1e-4), 6000 (1e-5)",
        scans.dates,
        f"agrees if one set of constants has all that were run within 20 %; {KINK}; 6000 yr are in "
        "reach of none of these. dehman_pons_2025 as 2505.06196 prints them",
        (scans.scan_of,),
        BY_CRUST,
    ),
    Statement(
        "C10b",
        "the same with constants fitted to these years, not read",
        "22 (1), 75 (0.01), 400 (1e-4), 6000 (1e-5)",
        scans.fitted_dates,
        "textbook with weak_rate_prefactor 0.205 and k5_max 850 /km; layered, hard: 0.21 and "
        "700 /km. Two numbers fitted to four dates of flat space: agreement there shows that the "
        "dates are consistent, not that these are the paper's constants. 6000 yr do not feel the "
        "cutoff and fix the first. lmax 8 and no Hall drift are enough: the l = 1 of linear theory",
        (scans.fitted_scan_of,),
        BY_CRUST,
    ),
    Statement(
        "C10c",
        "the same in a star that cools",
        "22 (1), 75 (0.01), 400 (1e-4), 6000 (1e-5)",
        cooling_star.cooled_dates,
        "born at 1e10 K, the heat of the field included; lmax 8 and no Hall drift. Agrees if one "
        "set of constants has all that were run within 20 %. Captures slow as the crust cools, "
        "until the field heats the layer that it grows in: with δμ/kT = 1 before it has cooled. "
        "75 and 400 yr ask for a crust that is held at 1e9 K, see C16; 6000 yr do not",
        (cooling_star.cooled_scan_of,),
        STAR_CRUSTS,
    ),
    Statement(
        "C11",
        "same growth and saturation from other seeds",
        "same",
        scans.seeds,
        "lmax 30; field: mean over the second half of what all have after 1e15 G, ± its scatter; "
        "agrees if rates within 15 %, fields within 20 %; a weaker seed has longer to reach the "
        "linear rate",
        (runs_of("seed_field_scan", 2),),
        ONLY_STAR,
    ),
    Statement(
        "C12",
        "chemical energy converted",
        "~1e50 erg",
        source.energy,
        "agrees if what is released is within a factor of 3; most of it is dissipated again. The "
        "number follows from δμ being held, whatever it costs: see C12b",
        (paper_until(),),
        BY_METRIC,
    ),
    Statement(
        "C12b",
        "it is the chemical energy of a crust off beta equilibrium",
        "~1e50 erg",
        source.reservoir,
        "agrees if the reservoir Σ n_e δμ holds what is released. With the paper's rates captures "
        "erase δμ at once; a run holds it as it was set, and shows what the model would need",
        (paper_until(),),
        BY_METRIC,
    ),
    Statement(
        "C13",
        "helicity is generated, the toroidal dipole is large-scale",
        "-",
        dipole.helical_dipole,
        "agrees if its radial wavelength is over half the crust, both in proper length; what grows "
        "is l = 1 in angle, and as short in radius as k5 allows",
        (paper_until(dipole.YEAR),),
        BY_METRIC,
    ),
    Statement(
        "C14",
        "a residual contraction of a metre sustains δμ",
        "1 m",
        source.contraction,
        "allowed: the change of ln Y_e over a metre of depth, mean over the electrons",
        (paper_until(),),
        BY_METRIC,
    ),
    Statement(
        "C15",
        "unresolved smaller scales do not change the growth of l = 1",
        "-",
        dipole.shorter_waves,
        "linear theory; agrees if the rates are within 10 %. Waves of half the length grow three "
        "times as fast, at l = 1 too (studies/growth_without_cutoff.py)",
        (paper_until(),),
        BY_METRIC,
    ),
    Statement(
        "C16",
        "the temperature stays near 1e9 K for 75 yr",
        "1e9 K",
        cooling_star.stable_temperature,
        "agrees if within 20 % of it at 75 yr in a star that is born at 1e10 K, cools and is "
        "heated by the field. What is lost at 1e9 K has no source before the field has some 3e14 "
        "G, and what it sets free from then on makes its layer hotter than that. Photons are "
        "less than 1e35 erg/s; without pairs of neutrons it is 6.5e8 K at 75 yr",
        (cooling_star.warm_run_of,),
        STAR_CRUSTS,
    ),
    Statement(
        "C17",
        "a dipole of magnetar strength is seen outside",
        ">= 1e14 G",
        dipole.outside,
        "agrees if the polar field of the dipole outside is. l = 1 grows with a radial wavelength "
        "of some 20 m, 500 m below the surface, and a wave of wavenumber k has 2/(kR) of its field "
        "there at most",
        (paper_until(200.0),),
        BY_METRIC,
    ),
)
"""The claims in the paper's order."""
