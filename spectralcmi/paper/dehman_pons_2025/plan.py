"""Runs of arXiv:2505.06196, by group and name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper.helical_starts import FULL, QUICK, finer, start, three_dimensional

__all__ = ["MAIN", "OFF", "SHORT_WAVES", "WAVENUMBERS", "cases"]

MAIN = "little helicity"
OFF = "without the chiral effect"
HALL_FULL, HALL_QUICK = replace(FULL, wavenumber=54.0, radial_order=96), replace(QUICK, peak=8)
"""Starts that are followed under Hall drift: in waves of 120 m, whose whistlers let steps be."""
SHORT_WAVES = 400.0
"""Radial wavenumber of the paper's start [1/km]."""


WAVENUMBERS = (50.0, 100.0, 200.0, 400.0, 800.0)
"""Of the starts whose mu5 is looked at [1/km]."""


def cases(quick: bool = False) -> dict[str, dict[Any, Parameters]]:
    """Runs by group and name.

    ``starts``: the paper's start, other seeds, a finer grid, without the chiral effect, with the
    constants of Gaussian units, in the star's metric. ``wavenumbers``: starts alone, by radial
    wavenumber. ``hall``: little of a run with and without Hall drift. ``decay``: waves of the
    paper's wavenumber under Ohmic decay. ``three dimensions``.
    """
    scale = QUICK if quick else FULL
    starts = {
        MAIN: start(scale, MAIN),
        OFF: start(scale, MAIN, chiral__enabled=False),
        f"{MAIN}: seed 1": start(scale, MAIN, initial__seed=1),
        f"{MAIN}: finer": start(scale, MAIN, **finer(scale)),
        "Gaussian constants": start(scale, MAIN, chiral__convention="textbook"),
        "largest helicity": start(scale, "largest helicity"),
        "star's metric": start(scale, MAIN, metric__kind="star"),
    }
    end = 0.1
    hall = {
        name: start(
            HALL_QUICK if quick else HALL_FULL,
            MAIN,
            time__end=end,
            output__series_interval=end / 20,
            hall__enabled="Hall" in name,
            chiral__enabled="chiral" in name,
        )
        for name in ("Hall and chiral", "Hall only", "chiral only")
    }
    wavenumbers = {k: _of_wavenumber(k) for k in ((50.0, 100.0, 200.0) if quick else WAVENUMBERS)}
    decay = {"short waves": _of_wavenumber(200.0 if quick else SHORT_WAVES, decays=True)}
    return {
        "starts": starts,
        "hall": hall,
        "wavenumbers": wavenumbers,
        "decay": decay,
        "three_dimensions": {MAIN: three_dimensional(quick)},
    }


def _of_wavenumber(wavenumber: float, decays: bool = False) -> Parameters:
    """A start by radial wavenumber: of itself alone, or decaying without the chiral effect."""
    end = 10.0 if decays else 1e-6
    return start(
        QUICK,
        MAIN,
        initial__radial_wavenumber=wavenumber,
        # pi Chebyshev polynomials a wave and half as many again, and the boundary layers
        resolution__radial_order=int(64 + 0.7 * wavenumber),
        chiral__enabled=not decays,
        time__end=end,
        output__series_interval=end / 40 if decays else end,
    )
