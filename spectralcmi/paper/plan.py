"""The runs that reproduce the paper, by group and name.

Runs that two groups share have equal parameters, and are computed once. The groups, and the runs
within each, are in order of importance: a reproduction that is stopped has the most important ones.

References
----------
Dehman & Pons, arXiv:2408.05281; claims C1 to C12 are listed in `spectralcmi.paper.verdicts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spectralcmi.case.parameters import Parameters

__all__ = ["GROUPS", "cases"]

#: Year at which each run of the scan over delta_mu ends, some 20 per cent after it passes 1e15 G.
SCAN_END = {
    ("textbook", 1.0): 30.0,
    ("textbook", 1e-2): 100.0,
    ("textbook", 1e-4): 450.0,
    ("textbook", 1e-5): 1100.0,
    ("dehman_pons", 1.0): 40.0,
    ("dehman_pons", 1e-2): 140.0,
    ("dehman_pons", 1e-4): 820.0,
    ("dehman_pons", 1e-5): 4500.0,
}
#: Seeds [G] and by how much later their runs end [yr]: a factor of ten takes ln(10)/0.17 = 13.5 yr.
SEED_DELAY = {1e12: 0.0, 1e6: 80.0, 1e3: 120.0, 1.0: 160.0}
#: The quick reproduction: growth within a tenth of its converged rate, a short Hall stage.
QUICK = {"resolution.radial_order": 96, "resolution.lmax": 20, "time.end": 200.0}
#: Radial order and lmax of its second resolutions, and the radial orders of its growth rates.
QUICK_SECOND, QUICK_RADIAL_ORDERS = (128, 30), (40, 64, 96)
#: Radial orders of the runs without chiral waves: in full, and quick.
HALL_ONLY_RADIAL_ORDERS = (48, 32)
#: Cells of the paper's radial grid and its highest degree, emulated by as many polynomials.
PAPER_GRID = {"resolution.radial_order": 40, "resolution.lmax": 60}


def cases(quick: bool = False) -> dict[str, dict[Any, Parameters]]:
    """All runs of the reproduction.

    Parameters
    ----------
    quick : bool
        Whether the resolution is low and the runs are few.

    Returns
    -------
    cases : dict of str to dict
        Parameters by group, and within a group by name; see `GROUPS`.
    """
    base = Parameters().replace(QUICK) if quick else Parameters()
    return {name: group(base, quick) for name, group in GROUPS.items()}


def paper(base: Parameters, quick: bool) -> dict[str, Parameters]:
    """The paper's run, and the same with finer angles, radii and time steps."""
    radial, lmax = QUICK_SECOND if quick else (256, 120)
    finer = {
        f"lmax {lmax}": {"resolution.lmax": lmax},
        f"radial order {radial}": {"resolution.radial_order": radial},
    }
    if not quick:  # the Hall stage has not settled with 256
        finer["radial order 384"] = {"resolution.radial_order": 384}
        finer["tolerance 1e-5"] = {"time.tolerance": 1e-5}
    return {"paper": base, **{name: base.replace(change) for name, change in finer.items()}}


def delta_mu_scan(base: Parameters, quick: bool) -> dict[tuple[str, float, int], Parameters]:
    """Runs by convention, deviation from equilibrium and radial order, to beyond 1e15 G.

    A low lmax does: up to 1e15 G nearly all the energy is in l = 1, and Hall drift does not matter.
    """
    own = base.resolution
    lmax, radial_orders = (8, (own.radial_order,)) if quick else (16, (192, 256))
    return {
        (convention, delta_mu, order): base.replace(
            {
                "chiral.convention": convention,
                "chiral.delta_mu": delta_mu,
                "resolution.lmax": lmax,
                "resolution.radial_order": order,
                "time.end": end,
                "output.series_interval": end / 200,
                "output.snapshot_times": (end,),
            }
        )
        for order in radial_orders
        for (convention, delta_mu), end in SCAN_END.items()
        if not quick or delta_mu >= 1e-4
    }


def seed_field_scan(base: Parameters, quick: bool) -> dict[float, Parameters]:
    """Runs by polar field of the initial dipole [G]."""
    return {
        seed: base.replace({"initial.polar_field": seed, "time.end": base.time.end + later})
        for seed, later in SEED_DELAY.items()
        if not quick or seed in (1e12, 1e6)
    }


def parity(base: Parameters, quick: bool) -> dict[str, Parameters]:
    """The paper's run with one term left out, and from a start of mixed parity."""
    mixed = (
        {"degree": 1, "amplitude": 6.7e12, "shape": "polynomial"},
        {"degree": 2, "amplitude": 2.2e12, "shape": "polynomial"},
    )
    return {
        "Hall and chiral": base,
        "chiral only": base.replace({"hall.enabled": False}),
        "Hall only": base.replace({"chiral.enabled": False}),
        "mixed start": base.replace({"initial.kind": "modes", "initial.modes": mixed}),
    }


def hall_cascade(base: Parameters, quick: bool) -> dict[str, Parameters]:
    """The paper's run against highest degree, radial order and angular dissipation.

    The step falls with the degrees, and with the square of the radial order, once Hall drift sets
    in. The most costly are followed over the twenty years that every run has; 480 degrees to where
    their highest have begun to fill, from where on a step is some 1e-3 yr.
    """
    if quick:
        degrees = base.resolution.lmax, QUICK_SECOND[1]
        return {f"lmax {lmax}": base.replace({"resolution.lmax": lmax}) for lmax in degrees}
    changes = {
        "lmax 60": {},
        "lmax 120": {"resolution.lmax": 120},
        "lmax 30": {"resolution.lmax": 30},
        "lmax 240": {"resolution.lmax": 240, "time.end": 200.0},
        "paper's grid": PAPER_GRID,
        "lmax 30, radial order 256": {"resolution.lmax": 30, "resolution.radial_order": 256},
        "lmax 60, radial order 256": {"resolution.radial_order": 256},
        "lmax 120, radial order 256": {"resolution.lmax": 120, "resolution.radial_order": 256},
        "lmax 30, radial order 384": {"resolution.lmax": 30, "resolution.radial_order": 384},
        "lmax 60, radial order 384": {"resolution.radial_order": 384},
        "lmax 120, radial order 384": {
            "resolution.lmax": 120,
            "resolution.radial_order": 384,
            "time.end": 200.0,
        },
        "lmax 60, rate 1": {"dissipation.angular_rate": 1.0},
        "lmax 60, rate 100": {"dissipation.angular_rate": 100.0},
        "lmax 120, rate 1": {"resolution.lmax": 120, "dissipation.angular_rate": 1.0},
        "lmax 120, rate 100": {"resolution.lmax": 120, "dissipation.angular_rate": 100.0},
        "lmax 480": {"resolution.lmax": 480, "time.end": 97.0},
    }
    return {name: base.replace(change) for name, change in changes.items()}


def hall_only(base: Parameters, quick: bool) -> dict[str, Parameters]:
    """A strong dipole under Hall drift and Ohmic decay alone, at two angular resolutions.

    No chiral waves are to be resolved, and few radial polynomials do: the step is limited by Hall
    waves near the surface, where electrons are few, and falls with the square of their number.
    """
    end = min(50.0, base.time.end) if quick else 300.0
    without = base.replace(
        {
            "chiral.enabled": False,
            "initial.polar_field": 1e14,
            "resolution.radial_order": HALL_ONLY_RADIAL_ORDERS[quick],
            "time.end": end,
            "output.series_interval": end / 100,
            "output.snapshot_times": (0.0, end / 2, end),
        }
    )
    return {
        f"lmax {lmax}": without.replace({"resolution.lmax": lmax})
        for lmax in ((base.resolution.lmax,) if quick else (60, 30))
    }


def resolution(base: Parameters, quick: bool) -> dict[int, Parameters]:
    """The paper's run by radial order, to the end of the exponential growth."""
    return {
        order: base.replace(
            {
                "resolution.radial_order": order,
                "resolution.lmax": 8,
                "time.end": 120.0,
                "output.snapshot_times": (0.0, 120.0),
            }
        )
        for order in (QUICK_RADIAL_ORDERS if quick else (40, 64, 96, 128, 192, 256, 384))
    }


GROUPS: Mapping[str, Any] = {
    "paper": paper,
    "delta_mu_scan": delta_mu_scan,
    "seed_field_scan": seed_field_scan,
    "parity": parity,
    "hall_cascade": hall_cascade,
    "hall_only": hall_only,
    "resolution": resolution,
}
"""Groups of runs: functions of the base parameters and of whether to be quick."""
