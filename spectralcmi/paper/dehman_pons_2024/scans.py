"""Claims C10 and C11: how the growth depends on the source and on the seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spectralcmi.paper.dehman_pons_2024 import summaries
from spectralcmi.paper.dehman_pons_2024.plan import CONSTANTS, FITTED
from spectralcmi.paper.verdicts import AGREEMENT, Finding, Measure, Results

__all__ = ["dates", "fitted_dates", "fitted_scan_of", "scan_of", "seeds"]


def dates(results: Results, crust: str) -> Finding:
    """C10: years to 1e15 G over those of the paper, with each set of constants that was read."""
    return _dates(results, crust, [name for name in CONSTANTS if name != FITTED])


def fitted_dates(results: Results, crust: str) -> Finding:
    """C10b: the same with the constants that were fitted to these years."""
    return _dates(results, crust, [FITTED])


def _dates(results: Results, crust: str, names: Sequence[str]) -> Finding:
    summary = summaries.delta_mu_scan(results["delta_mu_scan"]).sel(crust=crust)
    texts = []
    agrees = False
    for constants in names:
        if constants not in summary["constants"].values:
            continue
        chosen = summary["year"].sel(constants=constants)
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
            texts.append(f"{constants} {', '.join(parts)}, over the paper's {over}")
            agrees |= all(abs(ratio - 1) <= AGREEMENT for ratio in ratios)
    return Finding("; ".join(texts) or "1e15 G never reached", agrees)


def scan_of(results: Results, crust: str) -> str | None:
    """Need of `dates`: a run of the scan in this crust, of constants that were read."""
    return _scan_of(results, crust, fitted=False)


def fitted_scan_of(results: Results, crust: str) -> str | None:
    """Need of `fitted_dates`: a run of the scan in this crust, of the fitted constants."""
    return _scan_of(results, crust, fitted=True)


def _scan_of(results: Results, crust: str, fitted: bool) -> str | None:
    names = results.get("delta_mu_scan", {})
    there = any(name[0] == crust and (name[1] == FITTED) is fitted for name in names)
    return None if there else f"delta_mu_scan: {crust}{', fitted' * fitted}"


def seeds(results: Results, crust: str) -> Finding:
    """C11: growth rate and late field by seed."""
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
