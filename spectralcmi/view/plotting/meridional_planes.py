"""Figures of meridional planes, the thin crust stretched so that it can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.ndimage import maximum_filter, uniform_filter1d

from spectralcmi.case.files import require_files
from spectralcmi.case.parameters import ParameterError
from spectralcmi.errors import InputError
from spectralcmi.view.field import case_of, field, flux_function
from spectralcmi.view.plotting.style import (
    ROUND_OFF,
    as_given,
    colour_bar,
    colour_mesh,
    panels,
    snapshot_indices,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Thickness at which a stretched crust is drawn, relative to the outer radius.
DRAWN_THICKNESS = 0.6
#: Height to which the field outside is drawn, relative to the outer radius.
EXTERIOR = 0.3
#: Field lines drawn: levels of the flux between zero and its largest value.
LINES = 7
#: Below this part of the largest flux inside, that at the surface has levels of its own.
FEW_LINES = 0.3
#: Lines closer than the first are left out of a neighbourhood of the second, relative to the outer
#: radius: they would merge into black.
SMALLEST_GAP, NEIGHBOURHOOD = 0.014, 0.03
#: Lines shorter than this, relative to the outer radius, are scraps of longer ones.
SHORTEST_LINE = 0.1
#: Points along a line of the meshes: more than there are dots on paper.
MOST_POINTS = 1201
#: Snapshots drawn side by side where no years are chosen.
MOST_PANELS = 6

_SYMBOLS = {"B_r": "$B_r$", "B_theta": r"$B_\theta$", "B_phi": r"$B_\phi$", "k5": "$k_5$"}


def meridian(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    times: Sequence[float] | None = None,
    stretch: float | None = None,
) -> Axes | np.ndarray:
    """Poloidal field lines over the toroidal field in colour, in a meridional plane.

    Of a field in three dimensions the axisymmetric part is drawn, whose lines stay in the plane.
    Lines around positive flux are solid, around negative flux dashed: of a dipole that leaves the
    star at its north pole all are solid. They continue at the same levels in the potential field
    outside, which is drawn to scale. Wiggles and bundles of lines finer than a hundredth of the
    radius in the drawing are averaged out or left out: they would merge into black.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    ax : matplotlib.axes.Axes or sequence of them, optional
        Where to draw, one a snapshot.
    times : sequence of float, optional
        Years, each drawn from the snapshot nearest to it; without, the last snapshot on Axes that
        are given, and all snapshots (six at most) on new ones.
    stretch : float, optional
        Factor by which the crust is drawn thicker than it is, downwards; written in the figure.
        Default: a whole number, such that it takes about half of the radius.

    Returns
    -------
    ax : matplotlib.axes.Axes, or numpy.ndarray of them
    """
    chosen = snapshot_indices(dataset, times, _most(ax))
    axes = panels(ax, len(chosen), columns=len(chosen), size=(2.3, 4.6))
    for panel, index in zip(axes, chosen, strict=True):
        draw_meridian(panel, dataset, index, stretch)
    return as_given(ax, axes)


def draw_meridian(
    ax: Axes,
    dataset: xr.Dataset,
    snapshot: int,
    stretch: float | None = None,
    cax: Axes | None = None,
) -> Axes:
    """Draw one panel of `meridian`, with its colour bar below or on the Axes `cax`."""
    zonal = dataset.isel(lm=np.flatnonzero(dataset["order_of_lm"].values == 0))
    plane = _Plane.of(dataset, stretch)
    radius, colatitude = plane.inside, plane.colatitude
    grid = field(zonal, snapshot, radius=radius, colatitude=colatitude, longitude=[0.0])
    largest = max(float(abs(grid[name]).max()) for name in ("B_r", "B_theta", "B_phi"))
    toroidal = grid["B_phi"].values[..., 0]
    mesh = colour_mesh(
        ax, *plane.points(radius, colatitude), toroidal, round_off=ROUND_OFF * largest
    )
    notes = _draw_field_lines(ax, plane, zonal, snapshot)
    _frame(ax, plane, (1,), notes)
    edge = (1.02 + EXTERIOR) * plane.outer
    ax.set(xlim=(-0.02 * edge, edge), ylim=(-edge, edge))
    is_axisymmetric = int(dataset["order_of_lm"].max()) == 0
    ax.set_title(year(grid["time"]))
    symbol = r"$B_\phi$" if is_axisymmetric else r"$\langle B_\phi\rangle$"
    colour_bar(mesh, ax, symbol, "G", cax)
    return ax


def volume_slices(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    times: float | Sequence[float] | None = None,
    longitude: float = 0.0,
    quantities: Sequence[str] | None = None,
    stretch: float | None = None,
) -> Axes | np.ndarray:
    """Components of the field and k5 in the meridional plane at a longitude.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    ax : sequence of matplotlib.axes.Axes, optional
        Where to draw, one a quantity.
    times : float, optional
        Year, drawn from the snapshot nearest to it; without, the last snapshot.
    longitude : float
        [deg] of the right half; the left half is opposite, and left out where the field is
        axisymmetric.
    quantities : sequence of str, optional
        Of B_r, B_theta, B_phi and k5; default: all, without k5 where the chiral term is off or
        the file of the crust is gone. At the poles B_theta and B_phi of the two halves differ in
        sign, as their directions do.
    stretch : float, optional
        As of `meridian`.

    Returns
    -------
    ax : numpy.ndarray of matplotlib.axes.Axes, or the Axes given for one quantity
    """
    (snapshot,) = snapshot_indices(dataset, times, 1)
    quantities = quantities or _default_quantities(dataset)
    for name in quantities:
        if name not in _SYMBOLS:
            raise InputError(f"quantity {name!r} is none of {', '.join(_SYMBOLS)}")
    sides = (1,) if int(dataset["order_of_lm"].max()) == 0 else (1, -1)
    width = 2.3 if sides == (1,) else 3.3
    axes = panels(ax, len(quantities), columns=len(quantities), size=(width, 4.4))
    plane = _Plane.of(dataset, stretch)
    radius, colatitude = plane.inside, plane.colatitude
    grid = field(
        dataset, snapshot, radius=radius, colatitude=colatitude,
        longitude=np.deg2rad([longitude, longitude + 180.0][: len(sides)]), k5="k5" in quantities,
    )  # fmt: skip
    largest = max(float(abs(grid[name]).max()) for name in ("B_r", "B_theta", "B_phi"))
    for panel, name in zip(axes, quantities, strict=True):
        floor = ROUND_OFF * largest if name != "k5" else 0.0
        _draw_section(panel, plane, grid[name], sides, floor)
    at = "" if sides == (1,) else f", longitude {longitude:g}°"
    axes[0].set_title(f"{year(grid['time'])}{at}")
    return as_given(ax, axes)


def _default_quantities(dataset: xr.Dataset) -> tuple[str, ...]:
    parameters = case_of(dataset)
    has_k5 = parameters.chiral.enabled
    try:
        require_files(parameters)
    except ParameterError:  # the crust that k5 depends on can't be built again
        has_k5 = False
    return tuple(_SYMBOLS) if has_k5 else tuple(_SYMBOLS)[:3]


def _most(ax: Axes | Sequence[Axes] | None) -> int:
    """Number of snapshots drawn where no years are chosen."""
    return MOST_PANELS if ax is None else np.size(np.asarray(ax, dtype=object))


@dataclass(frozen=True, eq=False)
class _Plane:
    """Where the points of a shell are drawn in a meridional plane.

    Parameters
    ----------
    inner, outer : float
        Radii of the shell [km].
    stretch : float
        Depths below the outer radius are multiplied by it.
    stored : ndarray
        Radii of the dataset, from the inner to the outer [km].
    lmax : int
        Largest degree of the field.
    """

    inner: float
    outer: float
    stretch: float
    stored: np.ndarray
    lmax: int

    @classmethod
    def of(cls, dataset: xr.Dataset, stretch: float | None) -> _Plane:
        inner, outer = (float(dataset.attrs[f"{side}_radius_km"]) for side in ("inner", "outer"))
        largest = outer / (outer - inner)
        if stretch is None:
            stretch = max(1, round(DRAWN_THICKNESS * largest))
        if not 0 < stretch <= largest:
            raise InputError(
                f"stretch={stretch:g} is outside (0, {largest:.3g}], where the crust has room"
            )
        lmax = int(dataset["degree_of_lm"].max())
        return cls(inner, outer, float(stretch), dataset["radius"].values, lmax)

    @cached_property
    def inside(self) -> np.ndarray:
        """Radii of a mesh inside [km]: those of the dataset, which lie close where it is fine.

        With those halfway between, unless the mesh had more points than can be seen.
        """
        if 2 * self.stored.size > MOST_POINTS:
            return self.stored
        return np.sort(np.append(self.stored, (self.stored[1:] + self.stored[:-1]) / 2))

    @cached_property
    def even(self) -> np.ndarray:
        """Radii of a mesh inside in equal steps [km], as close as the closest of the dataset."""
        count = 1 + np.ceil((self.outer - self.inner) / np.diff(self.stored).min())
        return np.linspace(self.inner, self.outer, int(min(count, MOST_POINTS)))

    @cached_property
    def outside(self) -> np.ndarray:
        """Radii of a mesh outside [km]."""
        return self.outer * np.linspace(1.0, 1.0 + EXTERIOR, 61)

    @cached_property
    def colatitude(self) -> np.ndarray:
        """Colatitudes of the meshes [rad]."""
        return np.linspace(0, np.pi, min(max(181, 4 * self.lmax + 1), MOST_POINTS))

    def points(
        self, radius: np.ndarray, colatitude: np.ndarray, side: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cartesian coordinates in the picture [km], shape (radius, colatitude)."""
        drawn = self.drawn(radius)
        return (
            side * np.outer(drawn, np.sin(colatitude)),
            np.outer(drawn, np.cos(colatitude)),
        )

    def drawn(self, radius: np.ndarray) -> np.ndarray:
        """Radius in the picture [km]."""
        depth = self.outer - radius
        return self.outer - np.where(depth > 0, self.stretch * depth, depth)


def _draw_field_lines(ax: Axes, plane: _Plane, dataset: xr.Dataset, snapshot: int) -> list[str]:
    """Contours of the flux function: at parts of its largest value inside, and at the surface.

    The second set continues outside. Where lines of a set would merge they are left out.

    Returns
    -------
    notes : list of str
        What a reader has to know of the lines drawn.
    """
    colatitude = plane.colatitude
    radii = plane.even, plane.outside
    inside, outside = (
        flux_function(dataset, snapshot, radius=radius, colatitude=colatitude).values
        for radius in radii
    )
    largest, surface = np.abs(inside).max(), np.abs(outside[0]).max()
    legible, is_negative = [], False
    if surface < FEW_LINES * largest:
        levels = largest * (np.arange(LINES) + 0.5) / LINES
        legible.append(_legible(plane, inside, largest / LINES))
        is_negative |= _contour(ax, plane, radii[0], legible[-1], levels)
        largest = surface
    if largest > 0 and surface > ROUND_OFF * np.abs(inside).max():
        levels = largest * (np.arange(LINES) + 0.5) / LINES
        legible.append(_legible(plane, inside, largest / LINES))
        is_negative |= _contour(ax, plane, radii[0], legible[-1], levels)
        is_negative |= _contour(ax, plane, radii[1], outside, levels)
    notes = ["dashed: negative flux"] if is_negative else []
    if any(np.isnan(flux).any() for flux in legible):
        notes.append("no lines where\nthey would merge")
    return notes


def _contour(
    ax: Axes, plane: _Plane, radius: np.ndarray, flux: np.ndarray, levels: np.ndarray
) -> bool:
    """Lines of the flux at levels of both signs, negative ones dashed; whether there are any."""
    from contourpy import contour_generator
    from matplotlib.collections import LineCollection

    generator = contour_generator(
        *plane.points(radius, plane.colatitude), np.ma.masked_invalid(flux)
    )
    for sign, style in ((1, "solid"), (-1, "dashed")):
        lines = [line for level in levels for line in generator.lines(sign * level)]
        lines = [line for line in lines if _length(line) > SHORTEST_LINE * plane.outer]
        collection = LineCollection(lines, colors="black", linewidths=0.6, linestyles=style)
        ax.add_collection(collection, autolim=True)
    return bool(lines)


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _legible(plane: _Plane, flux: np.ndarray, spacing: float) -> np.ndarray:
    """Flux inside the shell as lines this far apart in flux can show it.

    Radial wiggles finer than the smallest gap are averaged out, and where lines would be closer
    the flux has gaps itself (NaN).
    """
    drawn, colatitude = plane.drawn(plane.even), plane.colatitude
    points = round(SMALLEST_GAP * plane.outer / (drawn[1] - drawn[0]))
    smooth = _radial_mean(_radial_mean(flux, points), points)
    slopes = np.gradient(smooth, drawn, colatitude)
    slope = np.hypot(slopes[0], slopes[1] / drawn[:, None])
    steps = np.array([drawn[1] - drawn[0], plane.outer * colatitude[1]])
    near = np.maximum(3, (NEIGHBOURHOOD * plane.outer / steps).round().astype(int))
    steepest = maximum_filter(slope, tuple(near), mode="nearest")
    return np.where(steepest * SMALLEST_GAP * plane.outer > spacing, np.nan, smooth)


def _radial_mean(flux: np.ndarray, points: int) -> np.ndarray:
    """Running mean along the first axis, which keeps the values at both ends."""
    half = points // 2
    if half == 0:
        return flux
    # continued by a half turn about its ends
    longer = np.pad(flux, ((half, half), (0, 0)), mode="reflect", reflect_type="odd")
    return uniform_filter1d(longer, 2 * half + 1, axis=0)[half:-half]


def _draw_section(
    ax: Axes, plane: _Plane, values: xr.DataArray, sides: tuple[int, ...], floor: float
) -> None:
    """Draw one quantity in both halves of the plane, and its colour bar."""
    radius, colatitude = values["radius"].values, values["colatitude"].values
    is_signed = values.name != "k5" or float(values.min()) < -1e-3 * float(values.max())
    turned = colatitude[::-1]
    if len(sides) == 2:  # from the north pole around by the right, and back by the left
        around = np.concatenate([values.values[..., 0], values.values[:, ::-1, 1]], axis=1)
        points = (plane.points(radius, colatitude), plane.points(radius, turned, -1))
        x, z = (np.concatenate([right, left], axis=1) for right, left in zip(*points, strict=True))
    else:
        around, (x, z) = values.values[..., 0], plane.points(radius, colatitude)
    mesh = colour_mesh(ax, x, z, around, is_signed, floor)
    _frame(ax, plane, sides)
    colour_bar(mesh, ax, _SYMBOLS[values.name], values.attrs["units"].replace("1/km", "km$^{-1}$"))


def _frame(ax: Axes, plane: _Plane, sides: tuple[int, ...], notes: Sequence[str] = ()) -> None:
    """Outline of the shell, the stretching and other notes in words, and no ticks."""
    colatitude = plane.colatitude
    for side in sides:
        for radius in (plane.inner, plane.outer):
            x, z = plane.points(np.array([radius]), colatitude, side)
            ax.plot(x[0], z[0], color="black", lw=0.8, clip_on=False)
    if len(sides) == 1:
        x, z = plane.points(np.array([plane.inner, plane.outer]), np.array([0.0, np.pi]))
        for pole in (0, 1):
            ax.plot(x[:, pole], z[:, pole], color="black", lw=0.8, clip_on=False)
    ax.set_aspect("equal")
    ax.axis("off")
    stretched = [f"crust drawn\n{plane.stretch:g}× thicker"] if plane.stretch != 1 else []
    said = "\n".join([*notes, *stretched])
    if said:
        ax.text(
            1.0, 0.0, said, transform=ax.transAxes,
            ha="right", va="bottom", fontsize="xx-small", linespacing=1.1,
        )  # fmt: skip
