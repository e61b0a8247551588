"""The runs that reproduce the paper, by group and name.

Runs that two groups share have equal parameters, and are computed once. The groups, and the runs
within each, are in order of importance: a reproduction that is stopped has the most important ones.

The paper's metric is that of the star, and |k5| <= k5_max taken as it stands is a hard cutoff; the
package's own choice, a smooth composition and cutoff, converges spectrally. A name of `CRUSTS` says
what a run has of each.

References
----------
Dehman & Pons, arXiv:2408.05281; claims C1 to C12 are listed in `claims`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spectralcmi.case.parameters import Parameters

__all__ = [
    "CONSTANTS",
    "CRUSTS",
    "FITTED",
    "GROUPS",
    "MAIN",
    "cases",
    "constants_of",
    "refinements",
]

_SMOOTH = {"background.composition": "smooth", "chiral.cutoff": "smooth"}
_SHARP = {"background.composition": "layered", "chiral.cutoff": "hard"}
CRUSTS: Mapping[str, Mapping[str, Any]] = {
    "star": {"metric.kind": "star", **_SMOOTH},
    "star, layered, hard": {"metric.kind": "star", **_SHARP},
    "flat": {"metric.kind": "flat", **_SMOOTH},
    "flat, layered, hard": {"metric.kind": "flat", **_SHARP},
}
"""Metric, composition and cutoff of k5 by name; smooth unless layered and hard are named."""
MAIN = "star"
"""Crust of the runs that are drawn, and of the groups that have but one."""

FITTED = "fitted"
"""Constants that were fitted to the paper's four dates, not read in it."""
CONSTANTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "textbook": {},
    "dehman_pons": {},
    "dehman_pons_2025": {"": {"hall.enabled": False}},
    FITTED: {
        "": {
            "chiral.weak_rate_prefactor": 0.205,
            "chiral.k5_max": 850.0,
            "hall.enabled": False,
        },
        "layered, hard": {"chiral.weak_rate_prefactor": 0.21, "chiral.k5_max": 700.0},
    },
}
"""Constants of the chiral effect and its rates by name, and what they change by crust.

The name is that of ``chiral.convention`` but for the fitted ones, which are textbook. Up to 1e15 G
Hall drift matters little, and the new sets do without."""

#: Year at which each run of the scan over delta_mu ends, some 20 per cent after it passes 1e15 G.
#: Of the flat metric; the redshift makes everything slower.
SCAN_END = {
    ("textbook", 1.0): 30.0,
    ("textbook", 1e-2): 100.0,
    ("textbook", 1e-4): 450.0,
    ("textbook", 1e-5): 1100.0,
    ("dehman_pons", 1.0): 40.0,
    ("dehman_pons", 1e-2): 140.0,
    ("dehman_pons", 1e-4): 820.0,
    ("dehman_pons", 1e-5): 4500.0,
    ("dehman_pons_2025", 1.0): 40.0,
    ("dehman_pons_2025", 1e-2): 125.0,
    ("dehman_pons_2025", 1e-4): 620.0,
    ("dehman_pons_2025", 1e-5): 1600.0,
    (FITTED, 1.0): 30.0,
    (FITTED, 1e-2): 95.0,
    (FITTED, 1e-4): 450.0,
    (FITTED, 1e-5): 7500.0,
}
SCAN_END_IN_METRIC = 1.3
#: Crusts of the star that cools, and the year at which its runs end, by delta_mu, if not `PASSED`.
COOLING_CRUSTS = (MAIN, "star, layered, hard")
COOLING_END = {1.0: 100.0, 1e-2: 400.0, 1e-4: 5000.0, 1e-5: 10000.0}
COOLING_SAMPLES = 200
PASSED = "rms_field > 1.5e15"
#: Snapshots of the paper's run with a temperature of its own, and the end of a quick one [yr].
THERMAL_YEARS = tuple(float(year) for year in range(0, 301, 5))
QUICK_THERMAL_END = 100.0
#: Seeds [G] and by how much later their runs end [yr]: ln(10)/0.147 = 15.7 yr for a factor of ten.
SEED_DELAY = {1e12: 0.0, 1e6: 94.0, 1e3: 141.0, 1.0: 188.0}
#: The quick reproduction: few degrees, and waves of 20 m with 5 functions each.
QUICK: Mapping[str, Any] = {
    "resolution.lmax": 16,
    "resolution.functions_per_wavelength": 5.0,
    "time.end": 300.0,
}
#: Functions per wavelength and lmax of its second resolutions, and the polynomials of its rates.
QUICK_SECOND, QUICK_RADIAL_ORDERS = (7.0, 20), (40, 64, 96)
#: Functions per wavelength by which the default, 8, is judged, and with which the scan is repeated.
FINER = 12.0
#: Year to which runs of finer degrees and times are followed: beyond the growth.
END_OF_GROWTH = 120.0
#: Year to which finer radii are followed: beyond the onset of the Hall stage, which the redshift
#: puts off.
AFTER_ONSET = {"star": 270.0, "flat": 230.0}
#: Radial functions of the runs without chiral waves.
HALL_ONLY_RADIAL_ORDER = 48
#: One Chebyshev expansion from the core to the surface, where its number of polynomials matters.
ONE_EXPANSION = {"resolution.radial_grid": "global"}
#: Cells of the paper's radial grid and its highest degree, emulated by as many polynomials.
PAPER_GRID = {**ONE_EXPANSION, "resolution.radial_order": 40, "resolution.lmax": 60}


def cases(quick: bool = False) -> dict[str, Mapping[Any, Parameters]]:
    """All runs of the reproduction.

    Parameters
    ----------
    quick : bool
        Whether the resolution is low and the runs are few.

    Returns
    -------
    cases : dict of str to mapping
        Parameters by group, and within a group by name; see `GROUPS`.
    """
    changes = QUICK if quick else {}
    bases = {name: Parameters().replace({**crust, **changes}) for name, crust in CRUSTS.items()}
    return {name: group(bases, quick) for name, group in GROUPS.items()}


Bases = Mapping[str, Parameters]
"""Parameters of the paper's run by crust."""


def refinements(names: Mapping[str, Any], crust: str) -> dict[str, Any]:
    """What is there of one crust in the group `paper`: the usual resolution first, then the finer.

    Parameters
    ----------
    names : mapping
        Runs, or anything else, by name.
    crust : str
        See `CRUSTS`.

    Returns
    -------
    chosen : dict
        Empty where there is nothing of the usual resolution.
    """
    if crust not in names:
        return {}
    finer = {name: value for name, value in names.items() if name.startswith(f"{crust}: ")}
    return {crust: names[crust], **finer}


def paper(bases: Bases, quick: bool) -> dict[str, Parameters]:
    """The paper's run by crust, and some with other radii, finer angles and shorter steps.

    A finer run ends where what it is wanted for is over; elements follow the end, `auto` leaving
    out those depths where nothing will have grown, and so differ by that too. One expansion has
    fewer functions in the waves and more at the boundaries than the elements.
    """
    runs = dict(bases)
    if quick:
        functions, lmax = QUICK_SECOND
        changes: dict[str, dict[str, Any]] = {
            f"lmax {lmax}": {"resolution.lmax": lmax},
            f"{functions:g} functions": _functions(functions),
        }
        return runs | {f"{MAIN}: {name}": bases[MAIN].replace(c) for name, c in changes.items()}
    finer = _functions(FINER)
    for crust, end in AFTER_ONSET.items():
        changes = {
            f"{FINER:g} functions": {**finer, "time.end": end},
            "lmax 90": {"resolution.lmax": 90, "time.end": END_OF_GROWTH},
            "tolerance 1e-7": {"time.tolerance": 1e-7, "time.end": END_OF_GROWTH},
            "one expansion": {**ONE_EXPANSION, "time.end": END_OF_GROWTH},
        }
        runs |= {f"{crust}: {name}": bases[crust].replace(c) for name, c in changes.items()}
    for crust in ("star, layered, hard", "flat, layered, hard"):
        changed = bases[crust].replace({**finer, "time.end": END_OF_GROWTH})
        runs[f"{crust}: {FINER:g} functions"] = changed
    return runs


def _functions(per_wavelength: float) -> dict[str, Any]:
    return {"resolution.functions_per_wavelength": per_wavelength}


ScanName = tuple[str, str, float, float]
"""Crust, constants, deviation from equilibrium, and functions per wavelength."""


def delta_mu_scan(bases: Bases, quick: bool) -> dict[ScanName, Parameters]:
    """Runs by crust, constants, deviation from equilibrium and radial grid, to beyond 1e15 G.

    A low lmax does: up to 1e15 G nearly all the energy is in l = 1, and Hall drift does not matter.
    Finer grids with the first constants alone.
    """
    usual = QUICK["resolution.functions_per_wavelength"] if quick else 8.0
    runs = {}
    for grid in (usual,) if quick else (usual, FINER):
        for crust in CRUSTS:
            for (constants, delta_mu), end in SCAN_END.items():
                if not _is_scanned(crust, constants, delta_mu, grid == usual, quick):
                    continue
                if "star" in crust:
                    end *= SCAN_END_IN_METRIC
                runs[(crust, constants, delta_mu, grid)] = bases[crust].replace(
                    {
                        **_functions(grid),
                        **constants_of(constants, crust),
                        "chiral.delta_mu": delta_mu,
                        "resolution.lmax": 8,
                        "time.end": end,
                        "output.series_interval": end / 200,
                        "output.snapshot_times": (end,),
                    }
                )
    return runs


def _is_scanned(crust: str, constants: str, delta_mu: float, is_usual: bool, quick: bool) -> bool:
    """Whether a run of the scan is wanted."""
    if constants == "textbook":
        return delta_mu >= 1e-4 or not quick
    if constants == "dehman_pons":
        return "hard" not in crust and is_usual and (delta_mu >= 1e-4 or not quick)
    wanted = not quick or (delta_mu >= 1e-2 and crust in ("star, layered, hard", "flat"))
    return is_usual and wanted


def constants_of(name: str, crust: str = MAIN) -> dict[str, Any]:
    """Keys of a set of constants in a crust, see `CONSTANTS`."""
    changes: dict[str, Any] = {"chiral.convention": "textbook" if name == FITTED else name}
    for suffix, values in CONSTANTS[name].items():
        if crust.endswith(suffix):
            changes |= values
    return changes


def magneto_thermal(bases: Bases, quick: bool) -> dict[str, Parameters]:
    """The paper's run with a temperature that follows the heat equation, in the star's metric."""
    end = min(bases[MAIN].time.end, QUICK_THERMAL_END if quick else 300.0)
    changes = {
        "thermal.enabled": True,
        "time.end": end,
        "output.snapshot_times": [year for year in THERMAL_YEARS if year <= end],
    }
    return {c: bases[c].replace(changes) for c in COOLING_CRUSTS[: 1 if quick else None]}


def cooling_scan(bases: Bases, quick: bool) -> dict[ScanName, Parameters]:
    """The scan over the deviation from equilibrium in a star that cools, without Hall drift."""
    usual = QUICK["resolution.functions_per_wavelength"] if quick else 8.0
    first = {1.0: COOLING_END[1.0]}
    return {
        (crust, constants, delta_mu, usual): bases[crust].replace(
            {
                **_functions(usual),
                **constants_of(constants, crust),
                "chiral.delta_mu": delta_mu,
                "hall.enabled": False,
                "thermal.enabled": True,
                "resolution.lmax": 8,
                "time.end": end,
                "time.stop_when": PASSED,
                "output.series_interval": end / COOLING_SAMPLES,
                "output.snapshot_times": (0.0,),
            }
        )
        for crust in COOLING_CRUSTS[: 1 if quick else None]
        for constants in (("textbook",) if quick else CONSTANTS)
        for delta_mu, end in (first if quick else COOLING_END).items()
    }


def seed_field_scan(bases: Bases, quick: bool) -> dict[float, Parameters]:
    """Runs by polar field of the initial dipole [G], in the star's metric.

    With half the degrees: whether seeds end alike can be seen with any number of them.
    """
    base = bases[MAIN]
    base = base.replace({"resolution.lmax": min(30, base.resolution.lmax)})
    return {
        seed: base.replace({"initial.polar_field": seed, "time.end": base.time.end + later})
        for seed, later in SEED_DELAY.items()
        if not quick or seed in (1e12, 1e6)
    }


def parity(bases: Bases, quick: bool) -> dict[str, Parameters]:
    """The paper's run with one term left out, and from a start of mixed parity.

    In the star's metric, unless the name says flat.
    """
    mixed = (
        {"degree": 1, "amplitude": 6.7e12, "shape": "polynomial"},
        {"degree": 2, "amplitude": 2.2e12, "shape": "polynomial"},
    )
    base, flat = bases[MAIN], bases["flat"]
    without_hall, without_chiral = {"hall.enabled": False}, {"chiral.enabled": False}
    lmax = min(30, base.resolution.lmax)
    return {
        "Hall and chiral": base,
        "chiral only": base.replace(without_hall),
        "Hall only": base.replace(without_chiral),
        "mixed start": base.replace(
            {"initial.kind": "modes", "initial.modes": mixed, "resolution.lmax": lmax}
        ),
        "flat, Hall and chiral": flat,
        "flat, chiral only": flat.replace(without_hall),
        "flat, Hall only": flat.replace(without_chiral),
    }


def hall_cascade(bases: Bases, quick: bool) -> dict[str, Parameters]:
    """The paper's run in flat space against highest degree, radii and angular dissipation.

    All but the first, which is the paper's, end some 25 yr after the latest onset.
    """
    base = bases["flat"]
    if quick:
        functions, lmax = QUICK_SECOND
        own = base.resolution.lmax
        return {
            f"lmax {own}": base,
            f"lmax {lmax}": base.replace({"resolution.lmax": lmax}),
            f"lmax {own}, {functions:g} functions": base.replace(_functions(functions)),
        }
    short = base.replace({"time.end": AFTER_ONSET["flat"]})
    runs = {"lmax 60": base}
    for lmax, functions in ((60, 12), (60, 16), (30, 8), (90, 8), (30, 12), (90, 12)):
        name = f"lmax {lmax}" + ("" if functions == 8 else f", {functions} functions")
        runs[name] = short.replace({"resolution.lmax": lmax, **_functions(float(functions))})
    runs["paper's grid"] = short.replace(PAPER_GRID)
    for rate in (1.0, 100.0):
        runs[f"lmax 60, rate {rate:g}"] = short.replace({"dissipation.angular_rate": rate})
    return runs


def hall_only(bases: Bases, quick: bool) -> dict[str, Parameters]:
    """A strong dipole under Hall drift and Ohmic decay alone, at two angular resolutions.

    No chiral waves are to be resolved, and few radial functions do.
    """
    end = min(50.0, bases[MAIN].time.end) if quick else 300.0
    changes = {
        "chiral.enabled": False,
        "initial.polar_field": 1e14,
        "resolution.radial_order": HALL_ONLY_RADIAL_ORDER,
        "time.end": end,
        "output.series_interval": end / 100,
        "output.snapshot_times": (0.0, end / 2, end),
    }
    low = min(20, bases[MAIN].resolution.lmax)
    wanted = ((MAIN, low), ("flat", low)) if quick else ((MAIN, 40), (MAIN, low), ("flat", low))
    return {
        f"{crust}, lmax {lmax}": bases[crust].replace({**changes, "resolution.lmax": lmax})
        for crust, lmax in wanted
    }


def resolution(bases: Bases, quick: bool) -> dict[tuple[str, float], Parameters]:
    """The paper's run by radial grid, to the end of the exponential growth, in the star's metric.

    By polynomials of one expansion, which is what a uniform grid of as many cells compares with,
    and by functions per wavelength on elements.
    """
    end = min(140.0, bases[MAIN].time.end)
    short = bases[MAIN].replace(
        {"resolution.lmax": 8, "time.end": end, "output.snapshot_times": (0.0, end)}
    )
    orders = QUICK_RADIAL_ORDERS if quick else (40, 64, 96, 128, 192)
    functions = (4.0, 6.0) if quick else (4.0, 6.0, 8.0, 12.0, 16.0)
    runs: dict[tuple[str, float], Parameters] = {
        ("global", order): short.replace({**ONE_EXPANSION, "resolution.radial_order": order})
        for order in orders
    }
    return runs | {("elements", m): short.replace(_functions(m)) for m in functions}


GROUPS: Mapping[str, Callable[[Bases, bool], Mapping[Any, Parameters]]] = {
    "paper": paper,
    "delta_mu_scan": delta_mu_scan,
    "magneto_thermal": magneto_thermal,
    "cooling_scan": cooling_scan,
    "parity": parity,
    "hall_cascade": hall_cascade,
    "seed_field_scan": seed_field_scan,
    "hall_only": hall_only,
    "resolution": resolution,
}
"""Groups of runs: functions of the base parameters by crust and of whether to be quick."""
