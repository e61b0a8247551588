"""What does Hall drift make of the field where a run can follow it, and what of it at 600 /km?

The layer that the chiral instability fills is unstable itself, to waves far shorter than lmax =
60. Both instabilities shrink with 1/k5_max, so that at 25, 50 and 100 /km runs can hold the
fastest waves. The paper's case in flat space (one rung in the star's metric), axisymmetric (one in
three dimensions), with a smooth cutoff and an angular dissipation of 10 (k5_max/600 /km)^2 yr^-1 at
lmax; where the field has 1e14 G, a random field of 1e-6 or 1e-12 of it is added, with the same
energy in each degree. "Small scales" are the degrees above k5_max km. A rung is a chain of pieces,
at fixed steps while small scales hold less than 1e-11 of the energy: an adaptive step leaves waves
below its tolerance unstable, so that they stand at the tolerance however weak the noise was.

Expected (studies before): an onset that depends on lmax, and on the noise.

Found. 1. Local growth about fields of 3e14 G, at the equator: at the most 5 times the growth of
the field (9 at 25 /km), at l = 2.5 to 5 k5_max km whatever the cutoff. Flat, and in the metric:

    k5_max [1/km]                  25      50      100     200     600     50 star  600 star
    growth of the field [1/yr]     0.00028 0.0015  0.0066  0.024   0.164   0.0014   0.132
    largest growth [1/yr]          0.0025  0.0080  0.034   0.13    0.81    0.0073   0.59
    at l                           125     200     400     800     1800    200      1500

By `spectralcmi stability` of default runs at 110 yr (flat 5.2e15 G, star 1.9e15 G; lmax 60): waves
along theta grow locally with 0.15, 0.26, 0.52, 0.82 /yr at l = 60, 240, 480, 960, in the metric
with 0.13, 0.20, 0.36, 0.69; along phi with 0.14, 0.27, 0.52, 0.87 and 0.12, 0.22, 0.36, 0.67, to 1
per cent whether the run had 16 or 32 functions a wavelength. Over the sphere perturbations up to
lmax = 40, 80, 160 grow with 0.142, 0.174, 0.301 /yr, in the metric with 0.131, 0.136 up to 40, 80:
to 2 per cent with 32 and 64 functions about a run with 16, where 16 have 0.141, 0.196, 0.424.

2. The time loop agrees: while weak, small scales grow at 0.92 to 1.01 of local theory less
dissipation for l = 100 to 250 at 50 /km with lmax 450, at 0.93 to 1.03 for l = 100 to 200 in the
metric, at 0.94 to 0.99 for l = 200 to 400 at 100 /km with lmax 600, at 1.07 to 1.10 for l = 75 to
125 at 25 /km with lmax 225, where the layer is thick. At lower degrees the ratio is 0.8 to 1.0;
near lmax, where dissipation leaves little of local growth, runs grow many times faster: what is
there is fed, not unstable.

3. The ladder. Fields in 1e14 G, functions per wavelength m; "even" and "small": where even
degrees, and small scales, pass a hundredth of the energy; then means and standard deviations in
time since growth has first fallen below a tenth, or (in brackets) the last values. Exponents of the
poloidal spectrum over l = 0.16 to 2 k5_max km, mean of the last piece.

    k5_max lmax  m   noise   even  small  field       l = 1        small         exponent
    25     75    24  1e-6    2.19  10.8   (11.8)      (0.39)       (0.014)       -1.8 ± 0.1
    25     75    24  1e-12   2.19  11.5   (11.8)      (0.39)       (0.013)       -1.9 ± 0.2
    25     75    48  1e-6    2.19  -      (9.8)       (0.53)       (0.003)       -2.7 ± 0.2
    25, 3D 75    24  1e-6    2.19  -      (8.8)       (0.60)       (0.00005)     -4.7 ± 0.2
    25     150   24  1e-6    2.19  6.9    11.5 ± 0.1  0.39 ± 0.01  0.21 ± 0.02   -1.0 ± 0.2
    25     225   24  1e-6    2.19  6.3    10.9 ± 0.3  0.35 ± 0.05  0.35 ± 0.07   -0.4 ± 0.3
    50     150   24  1e-6    9.57  24.3   27.5 ± 0.3  0.27 ± 0.08  0.35 ± 0.02    0.8 ± 0.2
    50     150   24  1e-12   9.57  -      (40.8)      (0.48)       (0.001)       -2.1 ± 0.2
    50     150   48  1e-6    9.56  -      (21.4)      (0.87)       (0.0002)      -0.7 ± 0.7
    50     300   24  1e-6    9.57  14.5   15.0 ± 1.0  0.03 ± 0.03  0.75 ± 0.05    0.2 ± 0.2
    50     300   24  1e-12   9.57  25.5   27.9 ± 0.1  0.28 ± 0.08  0.39 ± 0.06   -0.2 ± 0.1
    50     300   48  1e-6    9.56  14.6   17.14 ± .03 0.17 ± 0.08  0.56 ± 0.06   -0.1 ± 0.1
    50     450   24  1e-6    9.56  13.0   17.1 ± 0.6  0.09 ± 0.06  0.71 ± 0.06    0.2 ± 0.2
    50 star 300  24  1e-6    10.7  15.1   17.5 ± 0.1  0.05 ± 0.04  0.66 ± 0.05   -0.6 ± 0.1
    100    300   24  1e-6    20.8  29.1   (29.2)      (0.95)       (0.011)        0.3 ± 0.6
    100    300   24  1e-12   20.8  -      (22.9)      (0.98)       (1e-16)       -14 ± 1
    100    450   24  1e-6    18.3  18.3   21.42 ± .03 0.32 ± 0.08  0.38 ± 0.04    0.0 ± 0.1
    100    600   24  1e-6    15.9  15.7   17.82 ± .02 0.20 ± 0.11  0.49 ± 0.07   -0.6 ± 0.1

In the ten rungs that get there small scales take 0.2 to 0.8 of the energy and **the growth falls
below a tenth of what it was**. It does not return while followed, for 0.1 to 0.8 growth times, two
of 50 /km for 1.5 and 2.5: the field wanders between 1.4e15 and 1.8e15 G. l = 1 is eaten: at 50 /km
it ends with 0.005 and 0.011 of the largest energy it had, at 25 /km with 0.5, and falls.

Converged between the two finest of lmax: where even degrees are fed by l = 1 itself, to 0.1 per
cent, 2.2e14 and 9.6e14 G at 25 and 50 /km (in radius and noise too; at 100 /km with a noise of 1e-6
they come together with small scales); the largest field of 25 /km, 1.15e15 and 1.11e15 G, to 4 per
cent; the field at 50 /km when growth ceases, 1.71e15 and 1.62e15 G, to 6 (0.2 between 24 and 48
functions), its mean later, 1.50e15 and 1.71e15 G, to what it wanders. To 9 and 12 per cent, falling
with lmax: the field at which small scales matter, 6.3e14 and 1.30e15 G. Not converged: 100 /km,
2.1e15 and 1.8e15 G with lmax 450 and 600, and 1.8e15 and 1.6e15 G where small scales matter; the
share of l = 1, which still falls; exponents, since no power law is there, but a fall from l = 1 to
8 and a hump at l = 2.3 to 3.5 k5_max km. Poloidal and toroidal energy stay within 0.4 to 0.6 of the
sum, and even degrees get 0.3 to 0.5.

The noise decides: with 1e-12 the field at 50 /km ceases at 2.8e15 instead of 1.7e15 G. At 25 /km,
lmax 75, it does not matter, as l = 1 feeds all degrees in time. In three dimensions the field and
the share of l = 1 are those of the axisymmetric run to 1e-4, but the run ends before small scales
matter (5e-5 of the energy, axisymmetric 4e-4), at an lmax below the fastest waves: what they do to
the end of the growth is open. In the metric 50 /km ends with 1.75e15 G.

4. At 600 /km. With a noise of 1e-6 the field ceases to grow at 1.1e15, 1.7e15, 1.8e15 G for k5_max
of 25, 50, 100 /km, 1.1 to 1.8 times what it had when small scales had a hundredth of the energy.
With the ratio of growth rates being the same, 600 /km should follow: waves of l = 1800 grow with
0.81 /yr at 63 yr and 0.86 at 73 yr, and a noise of 1e-6 at 57 yr, when the field has 1e14 G, has a
hundredth of the energy at about 75 yr and 1.3e15 G (in the metric at about 103 yr and 1.4e15 G);
one of 1e-12 at 90 yr and 3e15 G. The field then would end with some 2e15 G (1e-12: some 4e15 G)
and not reach 1e16 G. This is an extrapolation, not a result: waves of l = 1800 ask for an lmax of
3600.

Runs from the lmax 60 state of 85 yr with a noise of 1e-6 and a tolerance of 1e-5: lmax 1000, 0.35 m
a function, angular dissipation of 10 /yr, was at 90.5 yr after an hour of one core; lmax 700, 0.5
m, 1 /yr, at 92 yr after 16 minutes. Steps fall from 0.004 to 0.0011 and from 0.007 to 0.0015 yr, as
the layer's whistlers quicken: the last year took 15 and 5 minutes, and each takes 1.3 times the one
before, so that 100 yr are half a day and three hours away. At 90 yr l = 101 to 300 hold 9.6e-8 of
the energy in both; beyond, both stand at the tolerance of the steps, 1e-10. l = 1 has 0.952 and
does not feel it yet. Waves of l = 120 and 240 grow with 0.4 to 0.6 /yr, twice as fast as locally,
being fed by l < 100 too.

Run time: two hours of one core, no piece above 13 minutes; 5 s with --quick. Writes hall_stage.nc,
.png and .pdf; the runs are kept beside them. Runs at 600 /km are measured too if they lie there as
k5_600_*.nc. The dataset of the above is states/hall_stage.nc.

    python studies/hall_stage.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

import spectralcmi as cmi
from spectralcmi.build import build_model
from spectralcmi.errors import DivergedError
from spectralcmi.linear.local_stability import local_growth
from spectralcmi.paper import measures, study
from spectralcmi.paper.drawing import COLOURS, in_style
from spectralcmi.paper.series import stacked, variable
from spectralcmi.terms.dissipation import angular_rates
from spectralcmi.view.field import case_of as case_of_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "hall_stage"
#: Cutoff of the paper [1/km]; the angular dissipation goes with the chiral growth, as k5_max^2.
PAPER_CUTOFF, PAPER_ANGULAR_RATE = 600.0, 10.0
#: lmax and functions per wavelength until Hall drift matters.
LINEAR_LMAX, LINEAR_FUNCTIONS = 12, 24.0
#: Share of the small scales up to which the step is fixed: an adaptive step leaves waves that hold
#: less than its tolerance unstable, and they would add to the noise.
FIXED_UNTIL = 1e-11
TOLERANCE = 1e-5
#: Step that is stable [yr], times the field [G], lmax and functions per wavelength; halved where it
#: is not.
STABLE_STEP = 1.5e15 * 75.0 * 24.0
#: Length of a piece: the field grows by the first exponent, or would by the second at the slowest
#: growth once small scales matter.
PIECE_EXPONENT, LATE_EXPONENT = 0.2, 0.06
#: The chiral growth rate is about this at 600 /km [1/yr], and goes as k5_max^2.
SLOWEST_GROWTH = 0.07
#: The Hall stage begins where even degrees have this share of the energy, or small scales have.
ONSET = 1e-2
#: Saturated: the growth rate is below this part of what it was.
SATURATED = 0.1
#: Degrees between which slopes are fitted, over k5_max [km].
SLOPE_RANGE = (0.16, 2.0)
#: Share of small scales below which their growth is compared with local theory.
WEAK = 1e-6
#: Degrees over k5_max [km] at which growth is looked at.
RELATIVE_DEGREES = (0.4, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.4, 8.0)
#: Of runs at the paper's cutoff, if there are some among the runs: their files, the first degrees
#: of bands, and degrees at which their growth is looked at.
PAPER_CUTOFF_RUNS = "k5_600_*.nc"
BANDS = (1, 2, 11, 31, 101, 301, 501, 701)
LARGE_SCALES = 100  # what is beyond is a perturbation of that
PAPER_DEGREES = (60, 120, 240, 360, 480, 600, 700, 800, 900)
#: lmax over k5_max [km] that holds the fastest waves.
RESOLVING = 6.0
#: Dashes of the rungs of one cutoff.
LINES = ("-", "--", ":", "-.", (0, (1, 3)), (0, (6, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (2, 2)))
SHARES: dict[str, Callable[[xr.Dataset], xr.DataArray]] = {
    "dipole_share": measures.dipole_share,
    "even_share": measures.even_degree_share,
    "toroidal_share": measures.toroidal_share,
}


class Background(NamedTuple):
    """The paper's case with a cutoff [1/km], until a year, in a metric."""

    k5_max: float
    year: float
    metric: str = "flat"

    @property
    def name(self) -> str:
        """Of the case, whatever the year."""
        return f"{self.k5_max:g}" + (f"_{self.metric}" if self.metric != "flat" else "")


class Rung(NamedTuple):
    """A run of the ladder, axisymmetric or of the orders up to mmax.

    Where noise is added, lmax, functions per wavelength, noise, length [yr], mmax.
    """

    start: Background
    lmax: int
    functions: float
    noise: float
    length: float
    mmax: int = 0

    @property
    def name(self) -> str:
        """Of its folder, and in tables."""
        dimensions = "_3d" if self.mmax else ""
        return f"k{self.start.name}_l{self.lmax}_m{self.functions:g}_n{self.noise:g}{dimensions}"


class Plan(NamedTuple):
    """What is computed: rungs, and a map of local growth by background and l / (k5_max km)."""

    ladder: tuple[Rung, ...]
    mapped: tuple[Background, ...]
    relative_degrees: tuple[float, ...]


#: Where the field has 1e14 G, and noise is added.
AT_25, AT_50, AT_100 = Background(25.0, 13200.0), Background(50.0, 2800.0), Background(100.0, 800.0)
IN_STAR = Background(50.0, 3477.0, "star")
#: The map is of 3e14 G.
FULL = Plan(
    (
        Rung(AT_25, 75, 24.0, 1e-6, 9217.0),
        Rung(AT_25, 75, 24.0, 1e-12, 9217.0),
        Rung(AT_25, 75, 48.0, 1e-6, 8202.0),
        Rung(AT_25, 75, 24.0, 1e-6, 7707.0, 75),
        Rung(AT_25, 150, 24.0, 1e-6, 10500.0),
        Rung(AT_25, 225, 24.0, 1e-6, 11487.0),
        Rung(AT_50, 150, 24.0, 1e-6, 2418.0),
        Rung(AT_50, 150, 24.0, 1e-12, 2599.0),
        Rung(AT_50, 150, 48.0, 1e-6, 2022.0),
        Rung(AT_50, 300, 24.0, 1e-6, 3600.0),
        Rung(AT_50, 300, 24.0, 1e-12, 2348.0),
        Rung(AT_50, 300, 48.0, 1e-6, 2023.0),
        Rung(AT_50, 450, 24.0, 1e-6, 2987.0),
        Rung(IN_STAR, 300, 24.0, 1e-6, 2390.0),
        Rung(AT_100, 300, 24.0, 1e-6, 577.0),
        Rung(AT_100, 300, 24.0, 1e-12, 515.0),
        Rung(AT_100, 450, 24.0, 1e-6, 532.0),
        Rung(AT_100, 600, 24.0, 1e-6, 498.0),
    ),
    (
        Background(25.0, 17000.0),
        Background(50.0, 3500.0),
        Background(50.0, 4300.0, "star"),
        Background(100.0, 970.0),
        Background(200.0, 308.0),
        Background(600.0, 63.3),
        Background(600.0, 86.0, "star"),
    ),
    RELATIVE_DEGREES,
)
QUICK_START = Background(200.0, 20.0)
QUICK = Plan((Rung(QUICK_START, 12, 6.0, 1e-6, 20.0),), (QUICK_START,), (0.02, 0.04))


# Runs


def case_of(background: Background, lmax: int, functions: float, end: float) -> cmi.Parameters:
    """The paper's case with another cutoff, and dissipation to match."""
    return cmi.Parameters().replace(
        {
            "metric.kind": background.metric,
            "chiral.k5_max": background.k5_max,
            "dissipation.angular_rate": angular_rate(background.k5_max),
            "resolution.lmax": lmax,
            "resolution.functions_per_wavelength": functions,
            "time.end": end,
            "output.series_interval": end / 100,
            "output.snapshot_times": (0.0, end),
        }
    )


def angular_rate(k5_max: float) -> float:
    """Damping at lmax [1/yr]."""
    return PAPER_ANGULAR_RATE * (k5_max / PAPER_CUTOFF) ** 2


def linear_stage(background: Background, functions: float, folder: Path) -> Path:
    """File of the run from the paper's start to a year, at a low lmax."""
    path = folder / f"start_k{background.name}_{background.year:g}yr.nc"
    _computed(case_of(background, LINEAR_LMAX, functions, background.year), path)
    return path


def climb(rung: Rung, start: Path, folder: Path) -> list[xr.Dataset]:
    """The pieces of a rung, one after the other; those that are there are not computed again.

    Parameters
    ----------
    rung : Rung
    start : Path
        Run whose last field it starts from.
    folder : Path

    Returns
    -------
    list of Dataset
        Each begins at 0 yr with the last field of the one before.
    """
    case = case_of(rung.start, rung.lmax, rung.functions, rung.length)
    case = case.replace({"resolution.mmax": rung.mmax})
    grid = build_model(case).shell.basis.breakpoints  # of the whole, for each piece
    pieces: list[xr.Dataset] = []
    year, path = 0.0, start
    while year < rung.length * (1 - 1e-9):
        changes = _next_piece(
            rung, pieces[-1] if pieces else cmi.open_run(start), rung.length - year
        )
        changes |= {
            "resolution.radial_grid": tuple(float(radius) for radius in grid),
            "initial.kind": "file",
            "initial.file": str(path),
            "initial.perturbation_amplitude": 0.0 if pieces else rung.noise,
        }
        path = folder / rung.name / f"{len(pieces):03d}.nc"
        pieces.append(_computed(case.replace(changes), path))
        year += float(pieces[-1]["time"][-1])
    return pieces


def _next_piece(rung: Rung, last: xr.Dataset, left: float) -> dict[str, Any]:
    """Length of the next piece and how its steps are chosen."""
    growth = growth_rate(last["time"].values, last["rms_field"].values)[-1]
    slowest = SLOWEST_GROWTH * (rung.start.k5_max / PAPER_CUTOFF) ** 2
    length = min(PIECE_EXPONENT / max(growth, slowest), left)
    step = 0.0
    if float(share_beyond(last, rung.start.k5_max)[-1]) < FIXED_UNTIL:
        finest = rung.lmax * rung.functions
        step = min(STABLE_STEP / (finest * float(last["rms_field"][-1])), length / 8)
    else:
        length = min(length, LATE_EXPONENT / slowest)
    return {
        "time.end": length,
        "time.step": step,
        "time.tolerance": TOLERANCE,
        "output.series_interval": length / 10,
        "output.snapshot_times": (0.0, length),
    }


def _computed(parameters: cmi.Parameters, path: Path) -> xr.Dataset:
    """A run that is in its file, or is computed; an interrupted one goes on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        try:
            return cmi.run(parameters, output=path)
        except DivergedError:
            if not parameters.time.step:
                raise
            path.unlink()  # the fixed step was too long for the waves of a field this strong
            return _computed(parameters.replace({"time.step": parameters.time.step / 2}), path)
    run = cmi.open_run(path)
    return run if run.attrs["status"] == "complete" else cmi.resume(path)


# Measures


def growth_rate(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """d ln(values)/dt."""
    return np.gradient(np.log(values), time)


def spectrum(run: xr.Dataset) -> xr.DataArray:
    """Energy per degree."""
    return run["spectrum_poloidal"] + run["spectrum_toroidal"]


def share_beyond(run: xr.Dataset, degree: float) -> xr.DataArray:
    """Share of degrees above one in the energy; the small scales are those above k5_max [1/km]."""
    energy = spectrum(run)
    return energy.where(energy["degree"] > degree, 0.0).sum("degree") / energy.sum("degree")


def joined(pieces: Sequence[xr.Dataset], k5_max: float) -> xr.Dataset:
    """Field and shares along the time of all pieces, each moment once."""
    parts, year = [], 0.0
    for piece in pieces:
        part = xr.Dataset({name: measure(piece) for name, measure in SHARES.items()})
        part["rms_field"], part["small_share"] = piece["rms_field"], share_beyond(piece, k5_max)
        part = part.reset_coords(drop=True).assign_coords(time=piece["time"].values + year)
        parts.append(part.isel(time=slice(1 if parts else 0, None)))
        year = float(part["time"][-1])
    return xr.concat(parts, "time", combine_attrs="drop")


def numbers_of(rung: Rung, pieces: Sequence[xr.Dataset]) -> dict[str, float]:
    """What the table says of a rung, see `NUMBERS`."""
    series, last = joined(pieces, rung.start.k5_max), pieces[-1]
    field, even = series["rms_field"].values, series["even_share"].values
    growth = growth_rate(series["time"].values, field)
    degrees = [max(round(relative * rung.start.k5_max), 1) for relative in SLOPE_RANGE]
    slopes = [
        measures.spectral_slope(last[f"spectrum_{kind}"].mean("time"), *degrees)
        for kind in ("poloidal", "toroidal")
    ]
    toroidal = series["toroidal_share"].values[even > ONSET]
    onset = _crossing(np.log(field), even), _crossing(series["dipole_share"].values, even)
    turbulence = _crossing(np.log(field), series["small_share"].values)
    return {
        "onset_field": float(np.exp(onset[0])),
        "onset_dipole_share": onset[1],
        "turbulence_field": float(np.exp(turbulence)),
        **_saturated(series, growth),
        "last_field": field[-1],
        "last_growth": growth[-1],
        "last_dipole_share": float(series["dipole_share"][-1]),
        "last_even_share": even[-1],
        "last_small_share": float(series["small_share"][-1]),
        "least_toroidal_share": toroidal.min(initial=1.0) if toroidal.size else np.nan,
        "largest_toroidal_share": toroidal.max(initial=0.0) if toroidal.size else np.nan,
        "poloidal_slope": slopes[0].value,
        "poloidal_slope_error": slopes[0].standard_error,
        "toroidal_slope": slopes[1].value,
        "toroidal_slope_error": slopes[1].standard_error,
        "share_near_lmax": float(share_beyond(last, 0.85 * rung.lmax)[-1]),
    }


def _saturated(series: xr.Dataset, growth: np.ndarray) -> dict[str, float]:
    """Mean field and shares from where growth has ceased, and how far they spread; NaN before."""
    names = ("rms_field", "dipole_share", "small_share")
    ceased = np.flatnonzero(growth < SATURATED * growth[1])
    late = series[list(names)].isel(time=slice(ceased[0], None)) if ceased.size else None
    found = {}
    for name in names:
        found[f"saturated_{name}"] = np.nan if late is None else float(late[name].mean())
        found[f"saturated_{name}_spread"] = np.nan if late is None else float(late[name].std())
    return found


def _crossing(values: np.ndarray, share: np.ndarray) -> float:
    """A series where a share last rises through `ONSET`; NaN where it does not."""
    below = np.flatnonzero(share < ONSET)
    if below.size == 0 or below[-1] == share.size - 1:
        return np.nan
    pair = slice(below[-1], below[-1] + 2)
    return float(np.interp(np.log(ONSET), np.log(share[pair]), values[pair]))


def growth_beside_theory(
    rung: Rung, pieces: Sequence[xr.Dataset], relative_degrees: Sequence[float]
) -> np.ndarray:
    """Growth of the small scales of a rung, and of local theory less the dissipation.

    In the second half of the last piece in which they are weak, of bands of degrees a tenth wide;
    local theory is about its last field.

    Returns
    -------
    ndarray, shape (2, degrees)
        [1/yr]
    """
    k5_max = rung.start.k5_max
    degrees = k5_max * np.array(relative_degrees)
    found = np.full((2, degrees.size), np.nan)
    weak = [piece for piece in pieces if float(share_beyond(piece, k5_max)[-1]) < WEAK]
    inside = np.flatnonzero((degrees >= 1) & (1.05 * degrees <= rung.lmax))
    if not weak or not inside.size:
        return found
    energy = spectrum(weak[-1]).isel(time=[weak[-1].sizes["time"] // 2, -1])
    for i in inside:
        amplitude = np.sqrt(band_energy(energy, degrees[i]))
        found[0, i] = growth_rate(energy["time"].values, amplitude)[0]
    local = local_growth(weak[-1], degrees[inside], along=("theta",))["growth_rate"].values[0]
    damping = angular_rates(angular_rate(k5_max), rung.lmax)
    found[1, inside] = local - damping[np.round(degrees[inside]).astype(int) - 1]
    return found


def band_energy(energy: xr.DataArray, degree: float) -> np.ndarray:
    """Energy of the degrees about one, a tenth of it wide, along time."""
    band = slice(np.floor(0.95 * degree), np.ceil(1.05 * degree))
    return energy.sel(degree=band).sum("degree").values


# The answer

#: Units and long names of the numbers of a rung.
NUMBERS = {
    "onset_field": ("G", "field where even degrees pass 1e-2 of the energy"),
    "onset_dipole_share": ("1", "share of l = 1 there"),
    "turbulence_field": ("G", "field where degrees above k5_max km pass 1e-2 of the energy"),
    "saturated_rms_field": ("G", "mean field since growth has ceased"),
    "saturated_rms_field_spread": ("G", "its standard deviation in time"),
    "saturated_dipole_share": ("1", "mean share of l = 1 since then"),
    "saturated_dipole_share_spread": ("1", "its standard deviation in time"),
    "saturated_small_share": ("1", "mean share of degrees above k5_max km since then"),
    "saturated_small_share_spread": ("1", "its standard deviation in time"),
    "last_field": ("G", "field at the end"),
    "last_growth": ("1/yr", "its growth rate"),
    "last_dipole_share": ("1", "share of l = 1 at the end"),
    "last_even_share": ("1", "share of even degrees"),
    "last_small_share": ("1", "share of degrees above k5_max km"),
    "least_toroidal_share": ("1", "least share of the toroidal field after the onset"),
    "largest_toroidal_share": ("1", "largest share of the toroidal field after the onset"),
    "poloidal_slope": ("1", "exponent of the poloidal spectrum at the end"),
    "poloidal_slope_error": ("1", "its standard error"),
    "toroidal_slope": ("1", "exponent of the toroidal spectrum at the end"),
    "toroidal_slope_error": ("1", "its standard error"),
    "share_near_lmax": ("1", "share of degrees above 0.85 lmax"),
}


def compute(plan: Plan, folder: Path) -> xr.Dataset:
    """The ladder and the map of local growth.

    Parameters
    ----------
    plan : Plan
    folder : Path
        Where runs are kept; those that are there already are not computed again.

    Returns
    -------
    xarray.Dataset
        `NUMBERS` along `rung`; field and shares along `rung` and `sample`; spectra at the end along
        `rung` and `degree`; `growth` and `growth_of_theory` along `rung` and `relative_degree`;
        `local_growth` along `background` and `relative_degree`, with `chiral_growth`, `map_field`
        and `map_cutoff`.
    """
    ladder = {}
    for rung in plan.ladder:
        ladder[rung] = climb(rung, linear_stage(rung.start, LINEAR_FUNCTIONS, folder), folder)
    numbers = [numbers_of(rung, pieces) for rung, pieces in ladder.items()]
    series = [joined(pieces, rung.start.k5_max) for rung, pieces in ladder.items()]
    growth = np.array(
        [growth_beside_theory(rung, p, plan.relative_degrees) for rung, p in ladder.items()]
    )
    both = ("rung", "relative_degree")
    variables = {
        **{
            name: variable("rung", [float(row[name]) for row in numbers], *NUMBERS[name])
            for name in NUMBERS
        },
        **{
            name: variable(
                ("rung", "sample"), stacked([part[name] for part in series]), units, long_name
            )
            for name, units, long_name in SERIES
        },
        **{
            f"spectrum_{kind}": variable(
                ("rung", "degree"),
                stacked(
                    [pieces[-1][f"spectrum_{kind}"].mean("time") for pieces in ladder.values()]
                ),
                "erg",
                f"{kind} energy per degree in the last piece",
            )
            for kind in ("poloidal", "toroidal")
        },
        "growth": variable(both, growth[:, 0], "1/yr", "growth of small scales in the run"),
        "growth_of_theory": variable(both, growth[:, 1], "1/yr", "local theory less dissipation"),
        "cutoff": variable("rung", [rung.start.k5_max for rung in ladder], "1/km", "k5_max"),
        "lmax": variable("rung", [rung.lmax for rung in ladder], "1", "highest degree"),
    }
    dataset = xr.Dataset(variables, {"rung": [rung.name for rung in ladder]})
    dataset["degree"] = np.arange(1, dataset.sizes["degree"] + 1)
    dataset["relative_degree"] = list(plan.relative_degrees)
    dataset = dataset.merge(local_map(plan, folder))
    runs = [of_paper_cutoff(cmi.open_run(path)) for path in sorted(folder.glob(PAPER_CUTOFF_RUNS))]
    return dataset.merge(xr.concat(runs, "paper_lmax", join="outer")) if runs else dataset


SERIES = (
    ("time", "julian_year", "time since the noise was added"),
    ("rms_field", "G", "root mean square field"),
    ("dipole_share", "1", "share of l = 1"),
    ("even_share", "1", "share of even degrees"),
    ("toroidal_share", "1", "share of the toroidal field"),
    ("small_share", "1", "share of degrees above k5_max km"),
)


def local_map(plan: Plan, folder: Path) -> xr.Dataset:
    """Local growth about fields of one strength."""
    rows, fields, chiral = [], [], []
    for background in plan.mapped:
        run = cmi.open_run(linear_stage(background, LINEAR_FUNCTIONS, folder))
        degrees = background.k5_max * np.array(plan.relative_degrees)
        rows.append(local_growth(run, degrees, along=("theta",))["growth_rate"].values[0])
        fields.append(float(run["rms_field"][-1]))
        chiral.append(growth_rate(run["time"].values, run["rms_field"].values)[-1])
    cutoffs, names = zip(*((row.k5_max, row.name) for row in plan.mapped), strict=True)
    both = ("background", "relative_degree")
    return xr.Dataset(
        {
            "local_growth": variable(both, rows, "1/yr", "local growth at the equator"),
            "map_field": variable("background", fields, "G", "field of the map"),
            "chiral_growth": variable("background", chiral, "1/yr", "growth of the field there"),
            "map_cutoff": variable("background", list(cutoffs), "1/km", "k5_max"),
        },
        {"background": list(names), "relative_degree": list(plan.relative_degrees)},
    )


def of_paper_cutoff(run: xr.Dataset) -> xr.Dataset:
    """A run at the paper's cutoff: energy by degrees, and growth beside local theory.

    Parameters
    ----------
    run : xarray.Dataset
        In flat space, with one snapshot at least.

    Returns
    -------
    xarray.Dataset
        Of one `paper_lmax`. Along `paper_time`, in years of the run: `paper_field` and
        `paper_share` by `band`, which has the first degree of each band; along `paper_degree`:
        `paper_growth` in the last fifth of the run and `paper_growth_of_theory` about its last
        snapshot, less the dissipation.
    """
    energy, degrees = (
        spectrum(run),
        np.array([d for d in PAPER_DEGREES if d <= run.sizes["degree"]]),
    )
    firsts = [first for first in BANDS if first <= run.sizes["degree"]]
    cumulated = energy.cumsum("degree").sel(degree=[first - 1 for first in firsts[1:]])
    edges = [0.0 * energy.sum("degree"), *cumulated.transpose("degree", ...), energy.sum("degree")]
    shares = np.diff(np.array(edges), axis=0) / np.array(edges[-1])
    late = energy.isel(time=[-1 - energy.sizes["time"] // 5, -1])
    found = [
        growth_rate(late["time"].values, np.sqrt(band_energy(late, degree)))[0]
        for degree in degrees
    ]
    background = run.isel(lm=np.flatnonzero(run["degree_of_lm"] < LARGE_SCALES))
    local = local_growth(background, degrees, along=("theta",))["growth_rate"].values[0]
    lmax, rate = run.sizes["degree"], case_of_run(run).dissipation.angular_rate
    damping = angular_rates(rate, lmax)[degrees - 1]
    return xr.Dataset(
        {
            "paper_field": variable("paper_time", run["rms_field"], "G", "field at 600 /km"),
            "paper_share": variable(("band", "paper_time"), shares, "1", "share of a band"),
            "paper_growth": variable("paper_degree", found, "1/yr", "growth of perturbations"),
            "paper_growth_of_theory": variable(
                "paper_degree", local - damping, "1/yr", "local theory less dissipation"
            ),
        },
        {
            "band": firsts,
            "paper_degree": degrees,
            "paper_time": run["time"].values,
            "paper_lmax": lmax,
        },
    )


@in_style
def draw(dataset: xr.Dataset) -> Figure:
    """Growth against degree; field and share of l = 1 of the rungs; spectra of those that hold the
    fastest waves, once growth has ceased.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(2, 2, figsize=(8.0, 7.0), layout="constrained")
    _draw_growth(axes[0, 0], dataset)
    for name, ax in (("rms_field", axes[0, 1]), ("dipole_share", axes[1, 0])):
        for style, rung in _rungs(dataset):
            ax.plot(rung["time"] * (float(rung["cutoff"]) / PAPER_CUTOFF) ** 2, rung[name], **style)
        ax.set_xlabel("$t\\;(k_{5,max}/600\\,km^{-1})^2$ [yr]")
    axes[0, 1].set(yscale="log", ylabel="$B_{rms}$ [G]")
    axes[1, 0].set(ylim=(0, 1), ylabel="share of $l=1$")
    figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    for style, rung in _rungs(dataset):
        if np.isnan(rung["saturated_rms_field"]) or rung["lmax"] < RESOLVING * rung["cutoff"]:
            continue
        energy = rung["spectrum_poloidal"] + rung["spectrum_toroidal"]
        axes[1, 1].plot(dataset["degree"], energy / energy.sum(), **style)
    axes[1, 1].set(
        xscale="log", yscale="log", ylim=(1e-5, 1), xlabel="$l$", ylabel="share of energy"
    )
    return figure


def _rungs(dataset: xr.Dataset) -> list[tuple[dict[str, Any], xr.Dataset]]:
    """Each rung and its line: colour by cutoff, dashes by what differs from its first."""
    styles, cutoffs = [], _cutoffs(dataset)
    for i, name in enumerate(dataset["rung"].values):
        rung = dataset.isel(rung=i)
        place = int((dataset["cutoff"][:i] == rung["cutoff"]).sum())
        style = {"color": COLOURS[1 + cutoffs.index(float(rung["cutoff"]))], "lw": 1.2}
        styles.append((style | {"ls": LINES[place % len(LINES)], "label": str(name)}, rung))
    return styles


def _cutoffs(dataset: xr.Dataset) -> list[float]:
    """Those of the map, each of which has a colour."""
    return list(dict.fromkeys(dataset["map_cutoff"].values.tolist()))


def _draw_growth(ax: Axes, dataset: xr.Dataset) -> None:
    """Local growth over chiral growth, with the largest lmax of each cutoff marked."""
    for i, k5_max in enumerate(_cutoffs(dataset)):
        colour = COLOURS[1 + i]
        rows = dataset.isel(background=dataset["map_cutoff"].values == k5_max)
        growth = rows["local_growth"] / rows["chiral_growth"]
        for line, ls in zip(growth, LINES, strict=False):  # flat space first, then the star
            name = str(line["background"].values).replace("_", " /km, ")
            label = name if "/km" in name else f"{name} /km"
            ax.plot(dataset["relative_degree"], line, ls, color=colour, label=label)
        of_cutoff = dataset["lmax"].values[dataset["cutoff"].values == k5_max]
        if of_cutoff.size:
            ax.axvline(of_cutoff.max() / k5_max, color=colour, lw=0.8, ls=":")
    ax.set(xlabel="$l/(k_{5,max}\\,km)$", ylabel="growth over that of the field", ylim=(0, None))
    ax.legend(title="$k_{5,max}$", fontsize="x-small")


def report(dataset: xr.Dataset) -> str:
    """Numbers of the rungs, growth beside theory, and the map, as CSV."""
    table = dataset[list(NUMBERS)].to_dataframe().T
    grown = dataset[["growth", "growth_of_theory"]].to_dataframe().dropna()
    local = dataset["local_growth"].to_pandas().T
    parts = [table, grown, local]
    if "paper_share" in dataset:
        parts.append(dataset[["paper_growth", "paper_growth_of_theory"]].to_dataframe().dropna())
        parts.append(dataset["paper_share"].to_series().unstack("band").dropna(how="all"))
    return "\n".join(part.to_csv(float_format="%.4g").rstrip() for part in parts)


STUDY = study.Study(
    NAME,
    __doc__,
    lambda quick, folder: compute(QUICK if quick else FULL, folder / f"{NAME}_runs"),
    draw,
    report,
)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
