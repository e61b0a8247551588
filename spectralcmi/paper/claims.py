"""The paper's claims, one by one: what it says, what is measured, and whether the two agree.

Each is measured in flat space and in the star's metric, rates and dates also with layers of
nuclides and a hard cutoff of k5, as the paper has them; `verdicts.BY_CRUST` says on which of them a
verdict rests.

An uncertainty is the largest change when angles, radii or time steps are finer, unless the text
says otherwise. "agrees" means within 20 per cent, or within the bound that the row states: the
paper prints one or two digits, and its conductivity and rates are known but for factors near one.

References
----------
Dehman & Pons, arXiv:2408.05281.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper import measures, summaries
from spectralcmi.paper.plan import MAIN, refinements
from spectralcmi.paper.verdicts import (
    AGREEMENT,
    BY_CRUST,
    WITHOUT_METRIC,
    Claim,
    Finding,
    Measure,
    Results,
    Statement,
    measure,
    paper_until,
    run_of,
    runs_of,
)
from spectralcmi.profiles.crust import build_crust

__all__ = ["CLAIMS", "judge_claims"]

#: Of a group that is run in one metric.
ONLY_STAR = ("star",)
#: Least share of the energy of a degree whose split is judged: how one is split that Hall drift has
#: but begun to feed says nothing of the growth.
LEAST_SHARE = 1e-5


def judge_claims(results: Results) -> list[Claim]:
    """All claims; those whose runs are missing say so.

    Parameters
    ----------
    results : mapping of str to mapping
        Ended runs by group and name, see `spectralcmi.paper.plan`.

    Returns
    -------
    rows : list of Claim
    """
    return [statement.judged(results) for statement in CLAIMS]


def _paper(results: Results, crust: str) -> dict[str, xr.Dataset]:
    """The paper's run of a crust, and the finer ones."""
    return refinements(results["paper"], crust)


def _of_parity(results: Results, crust: str, name: str) -> xr.Dataset:
    return results["parity"][name if crust == MAIN else f"{crust}, {name}"]


# C1


def _dependence_on_density(results: Results, crust: str) -> Finding:
    crusts = [_crust(temperature) for temperature in (1e8, 1e9, 1e10)]
    ratio = np.array([crust["weak_rate"] / crust["spin_flip_rate"] for crust in crusts])
    density = np.log10(ratio[1].max() / ratio[1].min())
    temperature = np.log10(ratio.max(axis=0) / ratio.min(axis=0)).max()
    return Finding(
        f"Γ_w/Γ_f spans 10^{density:.1f} over density, up to 10^{temperature:.1f} over 1e8..1e10 K",
        bool(density > 2 * temperature),
    )


def _ranges(results: Results, crust: str) -> Finding:
    profiles = _crust(1e9)
    fraction, potential, wavelength = (
        (float(profiles[name].min()), float(profiles[name].max()))
        for name in ("chiral_fraction", "chiral_chemical_potential", "chiral_wavelength")
    )
    return Finding(
        f"n5/n_e {fraction[0]:.1e}..{fraction[1]:.1e}, μ5 {potential[0]:.1e}..{potential[1]:.1e} "
        f"MeV, λ5 {wavelength[1]:.1e}..{wavelength[0]:.1e} km",
        bool(fraction[1] < 1e-9 and potential[0] > 1e-12 and potential[1] < 1e-8),
    )


@functools.cache
def _crust(temperature: float) -> xr.Dataset:
    parameters = Parameters().replace({"background.temperature": temperature})
    return build_crust(parameters.background, parameters.chiral)


# C2 .. C5, growth


def _first_power(results: Results, crust: str) -> Finding:
    runs = _paper(results, crust)
    exponent = measure(lambda run: measures.first_power_law(run).value, runs)
    fit = measures.first_power_law(runs[crust])
    if not fit.samples:
        return Finding("too few samples to fit a power", False)
    poloidal = runs[crust]["energy_poloidal"].sel(time=slice(0, fit.end))
    change = float(abs(poloidal / poloidal[0] - 1).max())
    return Finding(
        f"E_tor ~ t^({exponent:.2f}) over {fit.start:g}..{fit.end:g} yr; "
        f"E_pol constant to {change:.1g}",
        bool(abs(exponent.value - 2) < 0.2 and change < 0.01),
    )


def _equipartition(results: Results, crust: str) -> Finding:
    runs = _paper(results, crust)
    year = measure(measures.equipartition_year, runs)
    if not year.value < 100.0:
        return Finding("E_tor below 0.9 E_pol until 100 yr", False)
    growth = runs[crust].sel(time=slice(year.value, 100.0))
    share = measures.toroidal_share(growth)
    return Finding(
        f"E_tor = 0.9 E_pol at {year:.1f} yr; toroidal share "
        f"{float(share.min()):.3f}..{float(share.max()):.3f} from then to 100 yr",
        bool(year.agrees_with(50) and float(abs(share - 0.5).max()) < 0.05),
    )


def _growth(results: Results, crust: str) -> Finding:
    runs = _paper(results, crust)
    rate = measure(lambda run: measures.exponential_growth(run).value, runs)
    fit = measures.exponential_growth(runs[crust])
    energy = measures.exponential_growth(
        runs[crust].assign(total=measures.total_energy(runs[crust])), "total"
    )
    return Finding(
        f"field {rate:.4f} /yr, energy {energy.value:.3f} /yr, fitted over "
        f"{fit.start:g}..{fit.end:g} yr",
        rate.agrees_with(0.15),
    )


def _strong_field(results: Results, crust: str) -> Finding:
    year = measure(measures.year_of_field, _paper(results, crust))
    if not np.isfinite(year.value):
        return Finding("B_rms below 1e15 G", False)
    return Finding(f"B_rms = 1e15 G at {year:.1f} yr", year.agrees_with(75))


def _hall_sets_in(results: Results, crust: str) -> Finding:
    with_hall, without = (
        _of_parity(results, crust, name) for name in ("Hall and chiral", "chiral only")
    )
    change = abs(with_hall["rms_field"] / without["rms_field"] - 1)
    year = measures.crossing_year(with_hall["time"], change, 0.1)
    onset = measure(measures.onset_year, _paper(results, crust))
    when = (
        f"at {year:.0f} yr ({measures.value_at(with_hall, 'rms_field', year):.1e} G)"
        if np.isfinite(year)
        else f"nowhere up to {float(with_hall['time'][-1]):g} yr"
    )
    below = f"below 0.8 at {onset:.0f} yr" if np.isfinite(onset.value) else "still above 0.8"
    return Finding(
        f"B_rms differs by 10 % from the run without Hall {when}; share of l = 1 {below}",
        bool(year < 100),
    )


# C6 .. C8, saturation and spectra


def _saturation(results: Results, crust: str) -> Finding:
    runs = _paper(results, crust)
    run = runs[crust]
    end = float(run["time"][-1])
    fields = [
        measure(lambda run, year=year: measures.value_at(run, "rms_field", year) / 1e16, runs)
        for year in (200.0, end)
    ]
    growing = fields[1].value * 1e16 / measures.value_at(run, "rms_field", end - 50)
    turns = measures.turning_points(run, 100.0)
    then = f"({fields[0]:.2f})e16 G at 200 yr, " if end > 200.0 else ""
    return Finding(
        f"B_rms {then}({fields[1]:.2f})e16 G at {end:g} yr, "
        f"a factor {growing:.2f} in the last 50 yr; {turns.size} turns of the toroidal share",
        bool(1 <= fields[1].value < 5 and growing < 1.05),
    )


def _dipole_dominates(results: Results, crust: str) -> Finding:
    runs = _paper(results, crust)
    shares = [
        measure(lambda run, year=year: _at(measures.dipole_share(run), year), runs)
        for year in (70.0, 100.0)
    ]
    split = [_largest_imbalance(runs[crust], year) for year in (70.0, 100.0)]
    return Finding(
        f"l = 1: {shares[0]:.4f} at 70 yr, {shares[1]:.4f} at 100 yr; |E_tor - E_pol|/E_l up to "
        f"{split[0]:.2g}, {split[1]:.2g} for l <= 10",
        bool(all(abs(s.value - 0.95) <= 0.05 for s in shares) and max(split) < 0.1),
    )


def _largest_imbalance(run: xr.Dataset, year: float) -> float:
    """Of the degrees up to 10 that hold any energy to speak of, `LEAST_SHARE`, at a year."""
    then = run.sel(time=[year], method="nearest")
    spectrum = (then["spectrum_poloidal"] + then["spectrum_toroidal"]).isel(time=0)
    imbalance = measures.imbalance_per_degree(run, year)
    judged = imbalance.where(spectrum > LEAST_SHARE * spectrum.sum())
    return float(judged.sel(degree=slice(1, 10)).max())


def _even_degrees(results: Results, crust: str) -> Finding:
    runs = _paper(results, crust)
    late = float(runs[crust]["time"][-1])
    shares = [
        measure(lambda run, year=year: _at(measures.even_degree_share(run), year), runs)
        for year in (70.0, 100.0, late)
    ]
    alone = _of_parity(results, crust, "chiral only")
    without = float(measures.even_degree_share(alone).max())
    return Finding(
        f"{shares[0]:.4f} at 70 yr, {shares[1]:.4f} at 100 yr, {shares[2]:.3f} at {late:g} yr; "
        f"without Hall at most {without:.1g}",
        bool(shares[1].value < 0.05 and shares[2].value > 0.1 and without < 1e-20),
    )


def _cascades(results: Results, crust: str) -> dict[str, xr.Dataset]:
    """Runs whose late spectra are compared: one, but for the crust of the group."""
    if crust == "flat":
        return dict(results.get("hall_cascade", {}))
    run = results.get("paper", {}).get(crust)
    return {} if run is None else {f"lmax {run.sizes['degree']}": run}


def _late_spectra(results: Results, crust: str) -> str | None:
    """A run whose spectrum can be averaged over the first interval of the Hall stage."""
    year = summaries.LATE[0][1]
    ends = [float(run["time"][-1]) for run in _cascades(results, crust).values()]
    group = "hall_cascade" if crust == "flat" else f"paper: {crust}"
    return None if max(ends, default=0.0) >= year else f"{group} to {year:g} yr"


def _slope(results: Results, crust: str) -> Finding:
    summary = summaries.hall_cascade(_cascades(results, crust))
    slopes = {}
    for name in summary["run"].values:
        chosen = summary.sel(run=name)
        fitted = np.flatnonzero(np.isfinite(chosen["slope"].values))
        if fitted.size:  # the last interval that the run has
            last = chosen.isel(interval=fitted[-1])
            slopes[name] = float(last["slope"]), float(last["slope_error"]), last["interval"].item()
    low, high = summaries.SLOPE_DEGREES
    if not slopes:
        return Finding(f"no energy in l = {low}..{high}", False)
    (first, (slope, error, interval)), *others = slopes.items()
    spectrum = _with_range(
        f"{slope:.2f} ± {error:.2f} ({first}, {interval})",
        {name: value for name, (value, *_) in others},
        "{:.2f}",
    )
    onset = summary["onset"].to_series().dropna()
    dipole = "still above 0.8"
    if onset.size:
        name, year = onset.index[0], onset.iloc[0]
        peak = float(summary["peak_degree"].sel(run=name))
        dipole = "below 0.8 at " + _with_range(
            f"{year:.0f} yr ({name}, energy at l = {peak:.0f})", dict(onset[1:]), "{:.0f} yr"
        )
    return Finding(
        f"exponent over l = {low}..{high}: {spectrum}. Share of l = 1 {dipole}",
        bool(all(abs(value + 2) < 0.4 for value, *_ in slopes.values())),
    )


def _with_range(text: str, others: Mapping[str, float], number: str) -> str:
    """The first run's value, and between which the others lie."""
    if not others:
        return text
    ends = (min(others, key=others.__getitem__), max(others, key=others.__getitem__))
    low, high = (f"{number.format(others[name])} ({name})" for name in ends)
    if len(others) == 1:
        return f"{text}, {low}"
    return f"{text}, from {low} to {high} in {len(others)} others"


# C9 .. C12


def _hall_alone(results: Results, crust: str) -> Finding:
    texts, largest = [], 0.0
    for name, run in _without_chiral_term(results, crust).items():
        energy = summaries.hall_only({name: run})["energy"].isel(run=0)
        toroidal = energy.sel(component="toroidal")
        odd = float((toroidal.sel(parity="odd") / toroidal.sum("parity"))[1:].max())
        share = float((toroidal.sum("parity") / energy.sum(["component", "parity"])).max())
        texts.append(f"{name}: {odd:.1g}, toroidal share up to {share:.1g}")
        largest = max(largest, odd)
    return Finding(
        "odd degrees in the toroidal energy, at most: " + "; ".join(texts), largest < 1e-20
    )


def _without_chiral_term(results: Results, crust: str) -> dict[str, xr.Dataset]:
    """Runs of one metric under Hall drift alone, of either group that has some."""
    start = f"{crust}, "
    runs = {
        f"1e14 G, {name.removeprefix(start)}": run
        for name, run in results.get("hall_only", {}).items()
        if name.startswith(start)
    }
    if run_of("parity", "Hall only")(results, crust) is None:
        runs["paper's start"] = _of_parity(results, crust, "Hall only")
    return runs


def _hall_only_runs(results: Results, crust: str) -> str | None:
    there = _without_chiral_term(results, crust)
    return None if there else f"hall_only: {crust}, or parity: Hall only"


def _delta_mu(results: Results, crust: str) -> Finding:
    summary = summaries.delta_mu_scan(results["delta_mu_scan"]).sel(crust=crust)
    texts = []
    agrees = False
    for convention in summary["convention"].values[::-1]:
        chosen = summary["year"].sel(convention=convention)
        parts, ratios = [], []
        for deviation in summary["delta_mu"].values[::-1]:
            row = chosen.sel(delta_mu=deviation).values
            if not np.isfinite(row[0]):
                continue
            change = float(np.ptp(row[np.isfinite(row)])) if np.isfinite(row).sum() > 1 else np.nan
            parts.append(f"{Measure(float(row[0]), change):.3g} ({deviation:g})")
            ratios.append(float(row[0]) / summaries.PAPER_YEARS[float(deviation)])
        if parts:
            over = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            texts.append(f"{convention} {', '.join(parts)}, over the paper's {over}")
            agrees |= all(abs(ratio - 1) <= AGREEMENT for ratio in ratios)
    return Finding("; ".join(texts) or "1e15 G never reached", agrees)


def _scan_of(results: Results, crust: str) -> str | None:
    there = any(name[0] == crust for name in results.get("delta_mu_scan", {}))
    return None if there else f"delta_mu_scan: {crust}"


def _seeds(results: Results, crust: str) -> Finding:
    summary = summaries.seed_field_scan(results["seed_field_scan"])
    rates, fields = summary["growth_rate"].values, summary["saturated_field"].values
    parts = [
        f"{seed:.0e} G: {rate:.4f} /yr, ({field / 1e16:.2f} ± {scatter / 1e16:.2f})e16 G"
        for seed, rate, field, scatter in zip(
            summary["seed_field"].values,
            rates,
            fields,
            summary["saturated_scatter"].values,
            strict=True,
        )
    ]
    return Finding(
        "; ".join(parts),
        bool(np.ptp(rates) < 0.15 * rates.max() and np.ptp(fields) < AGREEMENT * fields.max()),
    )


def _energy(results: Results, crust: str) -> Finding:
    runs = _paper(results, crust)
    end = float(runs[crust]["time"][-1])
    released = measure(lambda run: _at(run["chiral_energy_released"], end) / 1e50, runs)
    magnetic = measure(lambda run: _at(measures.total_energy(run), end) / 1e50, runs)
    return Finding(
        f"released ({released:.2f})e50 erg, magnetic ({magnetic:.2f})e50 erg "
        f"({magnetic.value / released.value:.0%} of it) at {end:g} yr",
        bool(0.3 < released.value < 3),
    )


def _at(series: xr.DataArray, year: float) -> float:
    """A series at the stored year nearest to one; NaN where the run ends before it."""
    time = series["time"].values
    return float(series.sel(time=year, method="nearest")) if year <= time[-1] else np.nan


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
        _dependence_on_density,
        "agrees if the density matters by twice as many decades",
        crusts=WITHOUT_METRIC,
    ),
    Statement(
        "C1b",
        "ranges over the crust at 1e9 K and δμ/kT = 0.01",
        "n5/n_e < 1e-9, μ5 1e-12..1e-8 MeV, λ5 km..cm",
        _ranges,
        "agrees if within; the paper's rates are known but for constant factors, which are 1 here, "
        "and its lower limit of μ5 is passed at some 5e11 g/cm³, not at the surface",
        crusts=WITHOUT_METRIC,
    ),
    Statement(
        "C2",
        "toroidal energy first grows as t², poloidal constant",
        "2",
        _first_power,
        "until E_tor is a hundredth of E_pol; agrees if within 0.2 of 2; ± is how well the layer "
        "above the perfect conductor is resolved",
        (paper_until(),),
    ),
    Statement(
        "C3",
        "both grow in near equipartition from ~50 yr",
        "~50 yr",
        _equipartition,
        f"agrees if within 20 %; {SLOWER}, {KINK}",
        (paper_until(100.0),),
        BY_CRUST,
    ),
    Statement(
        "C4",
        "exponential growth",
        "field 0.15 /yr, energy 0.3 /yr",
        _growth,
        "rate within 10 % of its largest only in that window: E.B quenches it soon after; "
        f"{SLOWER}, {KINK}",
        (paper_until(70.0),),
        BY_CRUST,
    ),
    Statement(
        "C5",
        "field of 1e15 G in < 100 yr",
        "75 yr",
        _strong_field,
        f"root mean square field of the crust; {KINK}",
        (paper_until(100.0),),
        BY_CRUST,
    ),
    Statement(
        "C5b",
        "Hall drift matters from ~100 yr",
        "~100 yr",
        _hall_sets_in,
        "agrees if before 100 yr; the growth slows before that without Hall drift too, by E.B",
        (paper_until(150.0), run_of("parity", "Hall and chiral"), run_of("parity", "chiral only")),
    ),
    Statement(
        "C6",
        "saturation after ~200 yr, poloidal-toroidal oscillations",
        "a few 1e16 G",
        _saturation,
        "agrees if 1..5e16 G and growing by less than 5 % in the last 50 yr",
        (paper_until(200.0),),
    ),
    Statement(
        "C7",
        "dipole holds nearly all during growth, each l split evenly",
        "~95 %",
        _dipole_dominates,
        f"agrees if within 0.05, and each l <= 10 with {LEAST_SHARE:g} of the energy split "
        "to a tenth",
        (paper_until(100.0),),
        BY_CRUST,
    ),
    Statement(
        "C8",
        "even l negligible before Hall, not after",
        "-",
        _even_degrees,
        "agrees if below 0.05 at 100 yr, above 0.1 at the end, and round-off without Hall",
        (paper_until(200.0), run_of("parity", "chiral only")),
    ),
    Statement(
        "C8b",
        "spectrum after Hall sets in",
        "l^-2",
        _slope,
        "± is the fit's scatter; agrees if all lie within 0.4 of -2 (studies/hall_cascade.py)",
        (_late_spectra,),
    ),
    Statement(
        "C9",
        "Hall alone: a poloidal dipole feeds only even toroidal l",
        "only even",
        _hall_alone,
        "agrees if round-off; without the chiral term, from the paper's dipole or one of 1e14 G",
        (_hall_only_runs,),
    ),
    Statement(
        "C10",
        "years to 1e15 G (δμ/kT)",
        "22 (1), 75 (0.01), 400 (1e-4), 6000 (1e-5)",
        _delta_mu,
        f"agrees if one convention has all that were run within 20 %; {KINK}; 6000 yr are in "
        "reach of none of these",
        (_scan_of,),
        BY_CRUST,
    ),
    Statement(
        "C11",
        "same growth and saturation from other seeds",
        "same",
        _seeds,
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
        _energy,
        "agrees if what is released is within a factor of 3; most of it is dissipated again",
        (paper_until(),),
    ),
)
"""The claims in the paper's order."""
