"""The paper's claims, one by one: what it says, what is measured, and whether the two agree.

An uncertainty is the largest change when angles, radii or time steps are finer, unless the text
says otherwise. "agrees" means within 20 per cent, or within the bound that the row states: the
paper prints one or two digits, and its conductivity and rates are known but for factors near one.

References
----------
Dehman & Pons, arXiv:2408.05281.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper import measures as claims
from spectralcmi.paper import summaries
from spectralcmi.profiles.crust import build_crust

__all__ = ["CLAIMS", "Claim", "Measure", "judge_claims", "markdown", "measure"]

AGREEMENT = 0.2
Results = Mapping[str, Mapping[Any, xr.Dataset]]


@dataclass(frozen=True)
class Measure:
    """A number and how much it changes with resolution; NaN: no second resolution."""

    value: float
    uncertainty: float

    def __format__(self, spec: str) -> str:
        if not np.isfinite(self.uncertainty):
            return format(self.value, spec)
        return f"{self.value:{spec}} ± {self.uncertainty:.1g}"

    def agrees_with(self, expected: float, within: float = AGREEMENT) -> bool:
        """Whether the value is within a relative distance of what is expected."""
        return bool(abs(self.value - expected) <= within * abs(expected))


@dataclass(frozen=True)
class Claim:
    """A row of the table.

    Attributes
    ----------
    number : str
    claim, paper, measured : str
    agrees : bool or None
        None: the runs it needs are not there.
    why : str
        What the verdict rests on.
    figure : str
        Stem of the figure that shows it.
    """

    number: str
    claim: str
    paper: str
    measured: str
    agrees: bool | None
    why: str
    figure: str

    @property
    def verdict(self) -> str:
        """In words."""
        return {True: "agrees", False: "differs", None: "not run"}[self.agrees]


def measure(function: Callable[[xr.Dataset], float], runs: Mapping[Any, xr.Dataset]) -> Measure:
    """A number measured in the first of some runs, its uncertainty from the others.

    Parameters
    ----------
    function : callable
        Takes a run, returns a number.
    runs : mapping
        The same case at several resolutions, the one to quote first.

    Returns
    -------
    Measure
    """
    first, *others = (float(function(run)) for run in runs.values())
    changes = [abs(other - first) for other in others if np.isfinite(other)]
    return Measure(first, max(changes, default=np.nan))


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
    rows = []
    for number, text, paper, figure, judge in CLAIMS:
        try:
            measured, agrees, why = judge(results)
        except KeyError as missing:
            measured, agrees, why = "-", None, f"needs {missing.args[0]}"
        rows.append(Claim(number, text, paper, measured, agrees, why, figure))
    return rows


def markdown(rows: list[Claim]) -> str:
    """The table in Markdown."""
    head = ("#", "claim", "paper", "measured", "verdict", "why", "figure")
    lines = [_row(head), _row("---" for _ in head)]
    lines += [
        _row((r.number, r.claim, r.paper, r.measured, r.verdict, r.why, r.figure)) for r in rows
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


Judgement = tuple[str, bool, str]


# C1


def _dependence_on_density(results: Results) -> Judgement:
    crusts = [_crust(temperature) for temperature in (1e8, 1e9, 1e10)]
    ratio = np.array([crust["weak_rate"] / crust["spin_flip_rate"] for crust in crusts])
    density = np.log10(ratio[1].max() / ratio[1].min())
    temperature = np.log10(ratio.max(axis=0) / ratio.min(axis=0)).max()
    return (
        f"Γ_w/Γ_f spans 10^{density:.1f} over density, up to 10^{temperature:.1f} over 1e8..1e10 K",
        bool(density > 2 * temperature),
        "agrees if the density matters by twice as many decades",
    )


def _ranges(results: Results) -> Judgement:
    crust = _crust(1e9)
    fraction, potential, wavelength = (
        (float(crust[name].min()), float(crust[name].max()))
        for name in ("chiral_fraction", "chiral_chemical_potential", "chiral_wavelength")
    )
    return (
        f"n5/n_e {fraction[0]:.1e}..{fraction[1]:.1e}, μ5 {potential[0]:.1e}..{potential[1]:.1e} "
        f"MeV, λ5 {wavelength[1]:.1e}..{wavelength[0]:.1e} km",
        bool(fraction[1] < 1e-9 and potential[0] > 1e-12 and potential[1] < 1e-8),
        "agrees if within; the paper's rates are known but for constant factors, which are 1 here, "
        "and its lower limit of μ5 is passed at some 5e11 g/cm³, not at the surface",
    )


@functools.cache
def _crust(temperature: float) -> xr.Dataset:
    parameters = Parameters().replace({"background.temperature": temperature})
    return build_crust(parameters.background, parameters.chiral)


# C2 .. C5, growth


def _first_power(results: Results) -> Judgement:
    runs = _paper(results)
    exponent = measure(lambda run: claims.first_power_law(run).value, runs)
    fit = claims.first_power_law(runs["paper"])
    poloidal = runs["paper"]["energy_poloidal"].sel(time=slice(0, fit.end))
    change = float(abs(poloidal / poloidal[0] - 1).max())
    return (
        f"E_tor ~ t^({exponent:.2f}) over {fit.start:g}..{fit.end:g} yr; "
        f"E_pol constant to {change:.1g}",
        bool(abs(exponent.value - 2) < 0.2 and change < 0.01),
        "until E_tor is a hundredth of E_pol; agrees if within 0.2 of 2",
    )


def _equipartition(results: Results) -> Judgement:
    runs = _paper(results, 100.0)
    year = measure(claims.equipartition_year, runs)
    growth = runs["paper"].sel(time=slice(year.value, 100.0))
    share = claims.toroidal_share(growth)
    return (
        f"E_tor = 0.9 E_pol at {year:.1f} yr; toroidal share "
        f"{float(share.min()):.3f}..{float(share.max()):.3f} from then to 100 yr",
        bool(year.agrees_with(50) and float(abs(share - 0.5).max()) < 0.05),
        "agrees if within 20 %; earlier with a hard cutoff of k5 (studies/composition.py)",
    )


def _growth(results: Results) -> Judgement:
    runs = _paper(results, 70.0)
    rate = measure(lambda run: claims.exponential_growth(run).value, runs)
    fit = claims.exponential_growth(runs["paper"])
    energy = claims.exponential_growth(
        runs["paper"].assign(total=claims.total_energy(runs["paper"])), "total"
    )
    return (
        f"field {rate:.4f} /yr, energy {energy.value:.3f} /yr, fitted over "
        f"{fit.start:g}..{fit.end:g} yr",
        rate.agrees_with(0.15),
        "rate within 10 % of its largest only in that window: E.B quenches it soon after",
    )


def _strong_field(results: Results) -> Judgement:
    runs = _paper(results, 100.0)
    year = measure(claims.year_of_field, runs)
    return (
        f"B_rms = 1e15 G at {year:.1f} yr",
        year.agrees_with(75),
        "root mean square field of the crust",
    )


def _hall_sets_in(results: Results) -> Judgement:
    resolutions = _paper(results, 150.0)
    runs = results["parity"]
    with_hall, without = runs["Hall and chiral"], runs["chiral only"]
    change = abs(with_hall["rms_field"] / without["rms_field"] - 1)
    year = claims.crossing_year(with_hall["time"], change, 0.1)
    onset = measure(claims.onset_year, resolutions)
    when = (
        f"at {year:.0f} yr ({claims.value_at(with_hall, 'rms_field', year):.1e} G)"
        if np.isfinite(year)
        else f"nowhere up to {float(with_hall['time'][-1]):g} yr"
    )
    return (
        f"B_rms differs by 10 % from the run without Hall {when}; "
        f"share of l = 1 below 0.8 at {onset:.0f} yr",
        bool(year < 100),
        "agrees if before 100 yr; the growth slows before that without Hall drift too, by E.B",
    )


# C6 .. C8, saturation and spectra


def _saturation(results: Results) -> Judgement:
    runs = _paper(results, 200.0)
    run = runs["paper"]
    end = float(run["time"][-1])
    fields = [
        measure(lambda run, year=year: claims.value_at(run, "rms_field", year) / 1e16, runs)
        for year in (200.0, end)
    ]
    growing = fields[1].value * 1e16 / claims.value_at(run, "rms_field", end - 50)
    turns = claims.turning_points(run, 100.0)
    then = f"({fields[0]:.2f})e16 G at 200 yr, " if end > 200.0 else ""
    return (
        f"B_rms {then}({fields[1]:.2f})e16 G at {end:g} yr, "
        f"a factor {growing:.2f} in the last 50 yr; {turns.size} turns of the toroidal share",
        bool(1 <= fields[1].value < 5 and growing < 1.05),
        "agrees if 1..5e16 G and growing by less than 5 % in the last 50 yr",
    )


def _dipole_dominates(results: Results) -> Judgement:
    runs = _paper(results, 100.0)
    shares = [
        measure(lambda run, year=year: float(_at(claims.dipole_share(run), year)), runs)
        for year in (70.0, 100.0)
    ]
    split = [float(claims.imbalance_per_degree(runs["paper"], y)[:10].max()) for y in (70.0, 100.0)]
    return (
        f"l = 1: {shares[0]:.4f} at 70 yr, {shares[1]:.4f} at 100 yr; "
        f"|E_tor - E_pol|/E_l up to {split[0]:.2g}, {split[1]:.2g} for l <= 10",
        bool(all(s.agrees_with(0.95, 0.05) for s in shares) and max(split) < 0.1),
        "agrees if within 0.05, and split to a tenth",
    )


def _even_degrees(results: Results) -> Judgement:
    runs = _paper(results, 200.0)
    late = min(250.0, float(runs["paper"]["time"][-1]))
    shares = [
        measure(lambda run, year=year: float(_at(claims.even_degree_share(run), year)), runs)
        for year in (70.0, 100.0, late)
    ]
    alone = results["parity"]["chiral only"]
    without = float(claims.even_degree_share(alone).max())
    return (
        f"{shares[0]:.4f} at 70 yr, {shares[1]:.4f} at 100 yr, {shares[2]:.3f} at {late:g} yr; "
        f"without Hall at most {without:.1g}",
        bool(shares[1].value < 0.05 and shares[2].value > 0.1 and without < 1e-20),
        "agrees if below 0.05 at 100 yr, above 0.1 at the later year, and round-off without Hall",
    )


def _slope(results: Results) -> Judgement:
    runs = dict(results["hall_cascade"])
    if not runs:
        raise KeyError("hall_cascade")
    summary = summaries.hall_cascade(runs)
    slopes = {}
    for name in summary["run"].values:
        chosen = summary.sel(run=name)
        fitted = np.flatnonzero(np.isfinite(chosen["slope"].values))
        if fitted.size:  # the last interval that the run has
            last = chosen.isel(interval=fitted[-1])
            slopes[name] = float(last["slope"]), float(last["slope_error"]), last["interval"].item()
    low, high = summaries.SLOPE_DEGREES
    if not slopes:
        raise KeyError("hall_cascade to 200 yr")
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
    return (
        f"exponent over l = {low}..{high}: {spectrum}. Share of l = 1 {dipole}",
        bool(all(abs(value + 2) < 0.4 for value, *_ in slopes.values())),
        "± is the fit's scatter; agrees if all lie within 0.4 of -2 (studies/hall_cascade.py)",
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


def _hall_alone(results: Results) -> Judgement:
    runs = {f"1e14 G, {name}": run for name, run in results["hall_only"].items()}
    if "Hall only" in results["parity"]:
        runs["paper's start"] = results["parity"]["Hall only"]
    if not runs:
        raise KeyError("hall_only")
    texts, largest = [], 0.0
    for name, run in runs.items():
        energy = summaries.hall_only({name: run})["energy"].isel(run=0)
        toroidal = energy.sel(component="toroidal")
        odd = float((toroidal.sel(parity="odd") / toroidal.sum("parity"))[1:].max())
        share = float((toroidal.sum("parity") / energy.sum(["component", "parity"])).max())
        texts.append(f"{name}: {odd:.1g}, toroidal share up to {share:.1g}")
        largest = max(largest, odd)
    return (
        "odd degrees in the toroidal energy, at most: " + "; ".join(texts),
        largest < 1e-20,
        "agrees if round-off; without the chiral term, from the paper's dipole or one of 1e14 G",
    )


def _delta_mu(results: Results) -> Judgement:
    summary = summaries.delta_mu_scan(_some(results, "delta_mu_scan"))
    texts, ratios = [], {}
    for convention in summary["convention"].values[::-1]:
        years = summary["year"].sel(convention=convention)
        parts = []
        for deviation in summary["delta_mu"].values[::-1]:
            row = years.sel(delta_mu=deviation).values
            change = float(np.ptp(row[np.isfinite(row)])) if np.isfinite(row).sum() > 1 else np.nan
            year = Measure(float(row[0]), change)
            parts.append(f"{year:.3g} ({deviation:g})")
            ratio = year.value / summaries.PAPER_YEARS[float(deviation)]
            ratios.setdefault(str(convention), []).append(ratio)
        texts.append(f"{convention}: " + ", ".join(parts))
    return (
        "yr: " + "; ".join(texts),
        any(all(abs(r - 1) <= AGREEMENT for r in row) for row in ratios.values()),
        "agrees if one convention has all that were run; measured/paper: "
        + "; ".join(f"{name} {', '.join(f'{r:.2f}' for r in row)}" for name, row in ratios.items()),
    )


def _seeds(results: Results) -> Judgement:
    runs = _some(results, "seed_field_scan")
    if len(runs) < 2:
        raise KeyError("a second seed")
    summary = summaries.seed_field_scan(runs)
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
    return (
        "; ".join(parts),
        bool(np.ptp(rates) < 0.15 * rates.max() and np.ptp(fields) < AGREEMENT * fields.max()),
        "field: mean over the second half of what all have after 1e15 G, ± its scatter; agrees if "
        "rates within 15 %, fields within 20 %; a weaker seed has longer to reach the linear rate",
    )


def _energy(results: Results) -> Judgement:
    runs = _paper(results)
    released = measure(lambda run: run["chiral_energy_released"][-1] / 1e50, runs)
    magnetic = measure(lambda run: claims.total_energy(run)[-1] / 1e50, runs)
    return (
        f"released ({released:.2f})e50 erg, magnetic ({magnetic:.2f})e50 erg at "
        f"{float(runs['paper']['time'][-1]):g} yr",
        bool(0.3 < released.value < 3),
        "agrees if what is released is within a factor of 3; most of it is dissipated again, and "
        f"the field has {magnetic.value / released.value:.0%} of it",
    )


def _paper(results: Results, until: float = 0.0) -> Mapping[str, xr.Dataset]:
    """The paper's run first, and its second resolutions; KeyError if it is too short."""
    runs = results["paper"]
    if "paper" not in runs or runs["paper"]["time"][-1] < until:
        raise KeyError(f"paper to {until:g} yr")
    return runs


def _some(results: Results, group: str) -> Mapping[Any, xr.Dataset]:
    if not results[group]:
        raise KeyError(group)
    return results[group]


def _at(series: xr.DataArray, year: float) -> xr.DataArray:
    return series.sel(time=year, method="nearest")


CLAIMS = (
    (
        "C1",
        "Γ_w/Γ_f, μ5, λ5 depend far more on density than on temperature",
        "-",
        "fig1",
        _dependence_on_density,
    ),
    (
        "C1b",
        "ranges over the crust at 1e9 K and δμ/kT = 0.01",
        "n5/n_e < 1e-9, μ5 1e-12..1e-8 MeV, λ5 km..cm",
        "fig1",
        _ranges,
    ),
    ("C2", "toroidal energy first grows as t², poloidal constant", "2", "fig2", _first_power),
    ("C3", "both grow in near equipartition from ~50 yr", "~50 yr", "fig2", _equipartition),
    ("C4", "exponential growth", "field 0.15 /yr, energy 0.3 /yr", "resolution", _growth),
    ("C5", "field of 1e15 G in < 100 yr", "75 yr", "fig2", _strong_field),
    ("C5b", "Hall drift matters from ~100 yr", "~100 yr", "hall_cascade", _hall_sets_in),
    (
        "C6",
        "saturation after ~200 yr, poloidal-toroidal oscillations",
        "a few 1e16 G",
        "fig2",
        _saturation,
    ),
    (
        "C7",
        "dipole holds nearly all during growth, each l split evenly",
        "~95 %",
        "fig3",
        _dipole_dominates,
    ),
    ("C8", "even l negligible before Hall, not after", "-", "parity", _even_degrees),
    ("C8b", "spectrum after Hall sets in", "l^-2", "hall_cascade", _slope),
    (
        "C9",
        "Hall alone: a poloidal dipole feeds only even toroidal l",
        "only even",
        "hall_only",
        _hall_alone,
    ),
    (
        "C10",
        "years to 1e15 G (δμ/kT)",
        "22 (1), 75 (0.01), 400 (1e-4), 6000 (1e-5)",
        "delta_mu_scan",
        _delta_mu,
    ),
    ("C11", "same growth and saturation from other seeds", "same", "seed_field_scan", _seeds),
    ("C12", "chemical energy converted", "~1e50 erg", "fig2", _energy),
)
"""Number, claim, the paper's value, figure, and the function that judges it from the results."""
