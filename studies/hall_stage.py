"""What does Hall drift make of the field where a run can follow it, and what of it at 600 /km?

The layer that the chiral instability fills is unstable itself, to waves far shorter than lmax =
60. Both instabilities shrink with 1/k5_max, so that at 25, 50 and 100 /km runs can hold the
fastest waves. The paper's case in flat space, axisymmetric, with a smooth cutoff and an angular
dissipation of 10 (k5_max/600 /km)^2 yr^-1 at lmax; where the field has 1e14 G, a random field of
1e-6 or 1e-12 of it is added, with the same energy in each degree. "Small scales" are the degrees
above k5_max km. A rung is a chain of pieces, at fixed steps while small scales hold less than
1e-11 of the energy: an adaptive step leaves waves below its tolerance unstable, so that they
stand at the tolerance however weak the noise was.

Expected (studies before): an onset that depends on lmax, and on the noise.

Found. 1. Local growth about fields of 3e14 G, at the equator: at the most 5 times the growth of
the field (9 at 25 /km), at l = 3 to 5 k5_max km whatever the cutoff. In the star's metric it is 5.3
at l = 200 for 50 /km, as in flat space:

    k5_max [1/km]                  25      50      100     200     600
    growth of the field [1/yr]     0.00028 0.0015  0.0066  0.024   0.164
    largest growth [1/yr]          0.0026  0.0080  0.034   0.13    0.81
    at l                           125     200     400     800     1800

2. The time loop agrees: while weak, small scales grow at 0.92 to 1.01 of local theory less
dissipation for l = 100 to 250 at 50 /km with lmax 450, at 1.04 to 1.08 for l = 80 to 200 at 100
/km, at 1.07 to 1.10 for l = 75 to 125 at 25 /km with lmax 225, where the layer is thick.

3. The ladder. Fields in 1e14 G, functions per wavelength m; "even" and "small": where even
degrees, and small scales, pass a hundredth of the energy; "largest": where growth has ceased;
shares at the end. Exponents over l = 0.16 to 2 k5_max km, poloidal and toroidal.

    k5_max lmax  m   noise   even  small  largest  end    l = 1  small   exponents
    25     75    24  1e-6    2.19  10.8   -        11.8   0.39   0.014   -1.8 ± 0.1, -1.9 ± 0.1
    25     75    48  1e-6    2.19  -      -        9.8    0.53   0.003   -2.7 ± 0.2, -2.7 ± 0.2
    25     150   24  1e-6    2.19  6.9    -        9.7    0.50   0.038   -1.9 ± 0.2, -1.8 ± 0.2
    25     225   24  1e-6    2.19  6.3    -        7.1    0.68   0.048   -2.5 ± 0.1, -2.2 ± 0.1
    50     150   24  1e-6    9.57  24.3   27.8     27.0   0.18   0.37     0.8 ± 0.2,  0.8 ± 0.2
    50     150   24  1e-12   9.57  -      -        40.8   0.48   0.001   -2.1 ± 0.2, -2.2 ± 0.2
    50     150   48  1e-6    9.56  -      -        21.4   0.87   0.0002  not yet
    50     300   24  1e-6    9.57  14.5   17.1     16.7   0.03   0.69    -0.4 ± 0.1, -0.3 ± 0.2
    50     450   24  1e-6    9.57  13.0   16.3     16.3   0.11   0.67    -0.2 ± 0.1, -0.1 ± 0.1
    100    300   24  1e-6    20.8  29.1   -        29.2   0.95   0.011   not yet
    100    300   24  1e-12   20.8  -      -        22.9   0.98   1e-16   not yet

Converged: the feeding of even degrees by l = 1 itself, in lmax, radius and noise to 0.1 per cent,
at 2.2e14, 9.6e14 and 2.1e15 G; the radius until small scales matter (24 and 48 functions: field
and share of l = 1 to 0.3 per cent at one time, small scales to 20 per cent), later not tried. To
5 per cent, where lmax holds the fastest waves: the field that 50 /km ends with, 1.71e15 and 1.63e15
G with lmax 300 and 450 (2.8e15 with 150), of which small scales have 0.69 and 0.67. To 10 per cent:
the field at which these matter, 6.9e14 and 6.3e14 G at 25 /km with lmax 150 and 225, 1.45e15 and
1.30e15 G at 50 /km with 300 and 450. Not: the share of l = 1 at the end, 0.03 and 0.11; anything at
100 /km after even degrees; the exponents, since no power law is there: a steep fall from l = 1 and
a hump at l = 2.6 to 3 k5_max km. Poloidal and toroidal energy stay within 0.45 to 0.54 of the sum,
and even degrees get 0.25 to 0.5. With a noise of 1e-12 the field at 50 /km grows on to 4e15 G: the
noise decides.

4. At 600 /km. At 25 /km small scales stay at 4 per cent and the field grows on, a third slower; at
50 /km they get two thirds, l = 1 loses its own in a third of a growth time, and the field ceases to
grow at 1.2 times what it was when they had a hundredth. With the ratio of growth rates being the
same, 600 /km should be like 50: waves of l = 1800 grow with 0.81 /yr at 63 yr and 0.86 at 73 yr,
and a noise of 1e-6 at 57 yr, when the field has 1e14 G, has a hundredth of the energy at about 75
yr and 1.3e15 G; one of 1e-12 at 90 yr and 3e15 G. The field then would stay near 1.6e15 (3.6e15) G
and not reach 1e16 G. This is an extrapolation, not a result: waves of l = 1800 ask for an lmax of
3600.

A run with lmax 1000 and 0.35 m a function, from the lmax 60 state of 85 yr with a noise of 1e-6,
was at 90 yr after 39 minutes of one core, its steps falling from 0.004 to 0.0012 yr: 0.08 yr a
minute at the end. Bands then stand at 8e-8 (l = 101..300) and 7e-11 (301..500) of the energy; l =
120 and 240 grow with 0.54 and 0.43 /yr, faster than locally (0.21 and 0.31), being fed by l < 100
too; l = 1 has 0.952 and does not feel it yet. Above l = 500 what is seen is the tolerance of the
steps, 1e-5, which decays.

Run time: half an hour of one core, 5 s with --quick. Writes hall_stage.nc, .png and .pdf;
the runs are kept beside them. A run at 600 /km is measured too if it lies there as k5_600.nc. The
dataset of the above is states/hall_stage.nc.

    python studies/hall_stage.py [--quick] [--output FOLDER] [--redraw FILE.nc]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

import spectralcmi as cmi
from spectralcmi.build import build_model
from spectralcmi.linear.local_stability import local_growth
from spectralcmi.paper import measures, study
from spectralcmi.paper.drawing import COLOURS, in_style
from spectralcmi.paper.series import stacked, variable
from spectralcmi.terms.dissipation import angular_rates

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
#: Step that is stable [yr], times the field [G], lmax and functions per wavelength.
STABLE_STEP = 1.5e15 * 75.0 * 24.0
#: Length of a piece: the field grows by this exponent, or it is a part of the whole.
PIECE_EXPONENT, LATE_PIECES = 0.2, 20
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
#: Of a run at the paper's cutoff, if there is one among the runs: its file, the first degrees of
#: bands, and degrees at which its growth is looked at.
PAPER_CUTOFF_RUN = "k5_600.nc"
BANDS = (1, 2, 11, 31, 101, 301, 501, 701)
LARGE_SCALES = 100  # what is beyond is a perturbation of that
PAPER_DEGREES = (60, 120, 240, 360, 480, 600, 700, 800, 900)
#: Dashes of the rungs of one cutoff.
LINES = ("-", "--", ":", "-.", (0, (1, 3)))
SHARES: dict[str, Callable[[xr.Dataset], xr.DataArray]] = {
    "dipole_share": measures.dipole_share,
    "even_share": measures.even_degree_share,
    "toroidal_share": measures.toroidal_share,
}


class Rung(NamedTuple):
    """A run of the ladder: cutoff [1/km], lmax, functions per wavelength, noise, length [yr]."""

    k5_max: float
    lmax: int
    functions: float
    noise: float
    length: float

    @property
    def name(self) -> str:
        """Of its folder, and in tables."""
        return f"k{self.k5_max:g}_l{self.lmax}_m{self.functions:g}_n{self.noise:g}"


class Plan(NamedTuple):
    """What is computed: rungs; years of their starts, and of the fields of the map, by cutoff."""

    ladder: tuple[Rung, ...]
    starts: Mapping[float, float]
    mapped: Mapping[float, float]
    relative_degrees: tuple[float, ...]


#: Noise is added where the field has 1e14 G; the map is of 3e14 G.
FULL = Plan(
    (
        Rung(25.0, 75, 24.0, 1e-6, 9217.0),
        Rung(25.0, 75, 48.0, 1e-6, 8202.0),
        Rung(25.0, 150, 24.0, 1e-6, 8517.0),
        Rung(25.0, 225, 24.0, 1e-6, 7007.0),
        Rung(50.0, 150, 24.0, 1e-6, 2418.0),
        Rung(50.0, 150, 24.0, 1e-12, 2599.0),
        Rung(50.0, 150, 48.0, 1e-6, 2022.0),
        Rung(50.0, 300, 24.0, 1e-6, 2124.0),
        Rung(50.0, 450, 24.0, 1e-6, 2124.0),
        Rung(100.0, 300, 24.0, 1e-6, 577.0),
        Rung(100.0, 300, 24.0, 1e-12, 515.0),
    ),
    {25.0: 13200.0, 50.0: 2800.0, 100.0: 800.0},
    {25.0: 17000.0, 50.0: 3500.0, 100.0: 970.0, 200.0: 308.0, 600.0: 63.3},
    RELATIVE_DEGREES,
)
QUICK = Plan((Rung(200.0, 12, 6.0, 1e-6, 20.0),), {200.0: 20.0}, {200.0: 20.0}, (0.02, 0.04))


# Runs


def case_of(k5_max: float, lmax: int, functions: float, end: float) -> cmi.Parameters:
    """The paper's case in flat space with another cutoff, and dissipation to match."""
    return cmi.Parameters().replace(
        {
            "metric.kind": "flat",
            "chiral.k5_max": k5_max,
            "dissipation.angular_rate": PAPER_ANGULAR_RATE * (k5_max / PAPER_CUTOFF) ** 2,
            "resolution.lmax": lmax,
            "resolution.functions_per_wavelength": functions,
            "time.end": end,
            "output.series_interval": end / 100,
            "output.snapshot_times": (0.0, end),
        }
    )


def linear_stage(k5_max: float, year: float, functions: float, folder: Path) -> Path:
    """File of the run from the paper's start to a year, at a low lmax."""
    path = folder / f"start_k{k5_max:g}_{year:g}yr.nc"
    _computed(case_of(k5_max, LINEAR_LMAX, functions, year), path)
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
    case = case_of(rung.k5_max, rung.lmax, rung.functions, rung.length)
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
    slowest = SLOWEST_GROWTH * (rung.k5_max / PAPER_CUTOFF) ** 2
    length = min(PIECE_EXPONENT / max(growth, slowest), left)
    step = 0.0
    if float(share_beyond(last, rung.k5_max)[-1]) < FIXED_UNTIL:
        finest = rung.lmax * rung.functions
        step = min(STABLE_STEP / (finest * float(last["rms_field"][-1])), length / 8)
    else:
        length = min(length, rung.length / LATE_PIECES)
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
        return cmi.run(parameters, output=path)
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
    series, last = joined(pieces, rung.k5_max), pieces[-1]
    field, even = series["rms_field"].values, series["even_share"].values
    growth = growth_rate(series["time"].values, field)
    degrees = [max(round(relative * rung.k5_max), 1) for relative in SLOPE_RANGE]
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
        "saturation_field": field.max() if growth[-1] < SATURATED * growth[1] else np.nan,
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
    degrees = rung.k5_max * np.array(relative_degrees)
    found = np.full((2, degrees.size), np.nan)
    weak = [piece for piece in pieces if float(share_beyond(piece, rung.k5_max)[-1]) < WEAK]
    inside = np.flatnonzero((degrees >= 1) & (1.05 * degrees <= rung.lmax))
    if not weak or not inside.size:
        return found
    energy = spectrum(weak[-1]).isel(time=[weak[-1].sizes["time"] // 2, -1])
    for i in inside:
        amplitude = np.sqrt(band_energy(energy, degrees[i]))
        found[0, i] = growth_rate(energy["time"].values, amplitude)[0]
    local = local_growth(weak[-1], degrees[inside], along=("theta",))["growth_rate"].values[0]
    rate = PAPER_ANGULAR_RATE * (rung.k5_max / PAPER_CUTOFF) ** 2
    damping = angular_rates(rate, rung.lmax)[np.round(degrees[inside]).astype(int) - 1]
    found[1, inside] = local - damping
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
    "saturation_field": ("G", "largest field, of a rung that has ceased to grow"),
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
        `local_growth` along `k5_max` and `relative_degree`, with `chiral_growth` and `map_field`.
    """
    ladder = {}
    for rung in plan.ladder:
        start = linear_stage(rung.k5_max, plan.starts[rung.k5_max], LINEAR_FUNCTIONS, folder)
        ladder[rung] = climb(rung, start, folder)
    numbers = [numbers_of(rung, pieces) for rung, pieces in ladder.items()]
    series = [joined(pieces, rung.k5_max) for rung, pieces in ladder.items()]
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
        "cutoff": variable("rung", [rung.k5_max for rung in ladder], "1/km", "k5_max"),
        "lmax": variable("rung", [rung.lmax for rung in ladder], "1", "highest degree"),
    }
    dataset = xr.Dataset(variables, {"rung": [rung.name for rung in ladder]})
    dataset["degree"] = np.arange(1, dataset.sizes["degree"] + 1)
    dataset["relative_degree"] = list(plan.relative_degrees)
    dataset = dataset.merge(local_map(plan, folder))
    path = folder / PAPER_CUTOFF_RUN
    return dataset.merge(of_paper_cutoff(cmi.open_run(path))) if path.is_file() else dataset


SERIES = (
    ("time", "julian_year", "time since the noise was added"),
    ("rms_field", "G", "root mean square field"),
    ("dipole_share", "1", "share of l = 1"),
    ("even_share", "1", "share of even degrees"),
    ("toroidal_share", "1", "share of the toroidal field"),
    ("small_share", "1", "share of degrees above k5_max km"),
)


def local_map(plan: Plan, folder: Path) -> xr.Dataset:
    """Local growth about fields of one strength, by cutoff."""
    rows, fields, chiral = [], [], []
    for k5_max, year in plan.mapped.items():
        run = cmi.open_run(linear_stage(k5_max, year, LINEAR_FUNCTIONS, folder))
        degrees = k5_max * np.array(plan.relative_degrees)
        rows.append(local_growth(run, degrees, along=("theta",))["growth_rate"].values[0])
        fields.append(float(run["rms_field"][-1]))
        chiral.append(growth_rate(run["time"].values, run["rms_field"].values)[-1])
    both = ("k5_max", "relative_degree")
    return xr.Dataset(
        {
            "local_growth": variable(both, rows, "1/yr", "local growth at the equator"),
            "map_field": variable("k5_max", fields, "G", "field of the map"),
            "chiral_growth": variable("k5_max", chiral, "1/yr", "growth of the field there"),
        },
        {"k5_max": list(plan.mapped), "relative_degree": list(plan.relative_degrees)},
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
        Along `paper_time`, in years of the run: `paper_field` and `paper_share` by `band`, which
        has the first degree of each band; along `paper_degree`: `paper_growth` in the last fifth of
        the run and `paper_growth_of_theory` about its last snapshot, less the dissipation.
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
    damping = angular_rates(PAPER_ANGULAR_RATE, run.sizes["degree"])[degrees - 1]
    return xr.Dataset(
        {
            "paper_field": variable("paper_time", run["rms_field"], "G", "field at 600 /km"),
            "paper_share": variable(("band", "paper_time"), shares, "1", "share of a band"),
            "paper_growth": variable("paper_degree", found, "1/yr", "growth of perturbations"),
            "paper_growth_of_theory": variable(
                "paper_degree", local - damping, "1/yr", "local theory less dissipation"
            ),
        },
        {"band": firsts, "paper_degree": degrees, "paper_time": run["time"].values},
    )


@in_style
def draw(dataset: xr.Dataset) -> Figure:
    """Growth against degree; field, share of l = 1 and spectra of the rungs.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(2, 2, figsize=(8.0, 6.2), layout="constrained")
    _draw_growth(axes[0, 0], dataset)
    for name, ax in (("rms_field", axes[0, 1]), ("dipole_share", axes[1, 0])):
        for style, rung in _rungs(dataset):
            ax.plot(rung["time"] * (float(rung["cutoff"]) / PAPER_CUTOFF) ** 2, rung[name], **style)
        ax.set_xlabel("$t\\;(k_{5,max}/600\\,km^{-1})^2$ [yr]")
    axes[0, 1].set(yscale="log", ylabel="$B_{rms}$ [G]")
    axes[1, 0].set(ylim=(0, 1), ylabel="share of $l=1$")
    axes[1, 0].legend(fontsize="x-small")
    for style, rung in _rungs(dataset):
        if float(rung["last_small_share"]) < ONSET:
            continue  # the Hall stage is still to come
        energy = rung["spectrum_poloidal"] + rung["spectrum_toroidal"]
        axes[1, 1].plot(dataset["degree"], energy / energy.sum(), **style)
    axes[1, 1].set(
        xscale="log", yscale="log", ylim=(1e-8, 1), xlabel="$l$", ylabel="share of energy"
    )
    return figure


def _rungs(dataset: xr.Dataset) -> list[tuple[dict[str, Any], xr.Dataset]]:
    """Each rung and its line: colour by cutoff, dashes by what differs from its first."""
    styles, cutoffs = [], list(dict.fromkeys(dataset["cutoff"].values.tolist()))
    for i, name in enumerate(dataset["rung"].values):
        rung = dataset.isel(rung=i)
        place = int((dataset["cutoff"][:i] == rung["cutoff"]).sum())
        style = {"color": COLOURS[1 + cutoffs.index(float(rung["cutoff"]))], "lw": 1.2}
        styles.append((style | {"ls": LINES[place % len(LINES)], "label": str(name)}, rung))
    return styles


def _draw_growth(ax: Axes, dataset: xr.Dataset) -> None:
    """Local growth over chiral growth, with the largest lmax of each cutoff marked."""
    for i, k5_max in enumerate(dataset["k5_max"].values):
        row = dataset.sel(k5_max=k5_max)
        growth = row["local_growth"] / row["chiral_growth"]
        ax.plot(dataset["relative_degree"], growth, color=COLOURS[1 + i], label=f"{k5_max:g} /km")
        of_cutoff = dataset["lmax"].values[dataset["cutoff"].values == k5_max]
        if of_cutoff.size:
            ax.axvline(of_cutoff.max() / k5_max, color=COLOURS[1 + i], lw=0.8, ls=":")
    ax.set(xlabel="$l/(k_{5,max}\\,km)$", ylabel="growth over that of the field", ylim=(0, None))
    ax.legend(title="$k_{5,max}$", fontsize="x-small")


def report(dataset: xr.Dataset) -> str:
    """Numbers of the rungs, growth beside theory, and the map, as CSV."""
    table = dataset[list(NUMBERS)].to_dataframe().T
    grown = dataset[["growth", "growth_of_theory"]].to_dataframe().dropna()
    local = dataset["local_growth"].to_pandas().T
    parts = [table, grown, local]
    if "paper_share" in dataset:
        parts.append(dataset[["paper_growth", "paper_growth_of_theory"]].to_dataframe())
        parts.append(dataset["paper_share"].to_pandas().T)
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
