"""Poloidal field lines: contours of the flux function, and what is drawn where they would merge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import maximum_filter, uniform_filter, uniform_filter1d

from spectralcmi.view.field import flux_function
from spectralcmi.view.plotting.stretched_plane import StretchedPlane
from spectralcmi.view.plotting.style import ROUND_OFF

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Field lines drawn: levels of the flux between zero and its largest value.
LINES = 7
#: Below this part of the largest flux inside, that at the surface has levels of its own.
FEW_LINES = 0.3
#: Lines closer than the first are left out of a neighbourhood of the second, relative to the outer
#: radius: they would merge into black.
SMALLEST_GAP, NEIGHBOURHOOD = 0.015, 0.04
#: Lines shorter than this, relative to the outer radius, are scraps of longer ones.
SHORTEST_LINE = 0.1
#: Opacity of the filled contours.
OPACITY = 0.4


def draw_field_lines(
    ax: Axes, plane: StretchedPlane, dataset: xr.Dataset, snapshot: int
) -> list[str]:
    """Contours of the flux function: at parts of its largest value at the surface, and inside.

    The first set goes through the surface; the second is of what is stronger. Where lines of the
    first set would merge, filled contours in grey take their place.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    plane : StretchedPlane
    dataset : xarray.Dataset
        A run, of which the axisymmetric part is drawn.
    snapshot : int

    Returns
    -------
    notes : list of str
        What a reader has to know of the lines drawn.
    """
    lines = _FluxLines(plane, dataset, snapshot)
    if lines.largest == 0:
        return []
    surface = lines.surface if lines.surface > ROUND_OFF * lines.largest else 0.0
    top = surface if surface >= FEW_LINES * lines.largest else lines.largest
    merged = lines.crowding(top / LINES)
    is_negative = False
    if 0 < surface < top:
        merged = lines.crowding(surface / LINES)
        is_negative |= lines.draw(ax, surface * (np.arange(LINES) + 0.5) / LINES, merged)
    levels = top * (np.arange(LINES) + 0.5) / LINES
    if surface < top:
        levels = levels[levels > surface]
    is_negative |= lines.draw(ax, levels, lines.crowding(top / LINES))
    notes = ["dashed: negative flux"] if is_negative else []
    if merged.max() > 1:
        lines.fill(ax, merged)
        notes.append("grey: flux where lines would merge")
    return notes


class _FluxLines:
    """The flux function on a mesh from the inner boundary to some height outside.

    Parameters
    ----------
    plane : StretchedPlane
    dataset : xarray.Dataset
    snapshot : int
    """

    def __init__(self, plane: StretchedPlane, dataset: xr.Dataset, snapshot: int) -> None:
        self.plane = plane
        self.inside, outside = (
            flux_function(dataset, snapshot, radius=r, colatitude=plane.colatitude).values
            for r in (plane.even, plane.outside)
        )
        self.radius = np.concatenate([plane.even, plane.outside[1:]])
        self.smooth = self._smooth(self.inside)
        self.flux = np.concatenate([self.smooth, outside[1:]])
        self.largest = float(np.abs(self.inside).max())
        self.surface = float(np.abs(outside[0]).max())

    def _smooth(self, flux: np.ndarray) -> np.ndarray:
        """Flux inside without radial wiggles finer than the smallest gap."""
        drawn = self.plane.drawn(self.plane.even)
        points = round(SMALLEST_GAP * self.plane.outer / (drawn[1] - drawn[0]))
        return _radial_mean(_radial_mean(flux, points), points)

    def crowding(self, spacing: float) -> np.ndarray:
        """How close lines this far apart in flux come, above 1 where they would merge."""
        plane, colatitude = self.plane, self.plane.colatitude
        drawn = plane.drawn(plane.even)
        slopes = np.gradient(self.smooth, drawn, colatitude)
        slope = np.hypot(slopes[0], slopes[1] / drawn[:, None])
        steps = np.array([drawn[1] - drawn[0], plane.outer * colatitude[1]])
        near = np.maximum(3, (NEIGHBOURHOOD * plane.outer / steps).round().astype(int))
        steepest = uniform_filter(maximum_filter(slope, tuple(near), mode="nearest"), tuple(near))
        result = np.zeros_like(self.flux)
        result[: plane.even.size] = steepest * SMALLEST_GAP * plane.outer / spacing
        return result

    def draw(self, ax: Axes, levels: np.ndarray, crowding: np.ndarray) -> bool:
        """Lines at levels of both signs, negative ones dashed; whether there are any of these."""
        from contourpy import contour_generator
        from matplotlib.collections import LineCollection

        plane = self.plane
        drawn = plane.drawn(self.radius)
        generator: Any = contour_generator(*plane.points(self.radius, plane.colatitude), self.flux)
        at = RegularGridInterpolator((drawn, plane.colatitude), crowding, bounds_error=False)
        for sign, style in ((1, "solid"), (-1, "dashed")):
            whole = [line for level in levels for line in generator.lines(sign * level)]
            pieces = [piece for line in whole for piece in _legible(line, at)]
            pieces = [piece for piece in pieces if _length(piece) > SHORTEST_LINE * plane.outer]
            collection = LineCollection(pieces, colors="black", linewidths=0.6, linestyles=style)
            ax.add_collection(collection, autolim=True)
        return bool(pieces)

    def fill(self, ax: Axes, crowding: np.ndarray) -> None:
        """Filled contours of the flux, by its size, where lines would merge."""
        inside = slice(0, self.plane.even.size)
        flux = np.ma.masked_where(crowding[inside] <= 1, np.abs(self.inside))
        levels = self.largest * np.arange(LINES + 1) / LINES
        levels[-1] *= 1 + 1e-12  # rounding must not leave out the largest
        greys = [str(shade) for shade in np.linspace(0.9, 0.3, LINES)]
        filled = ax.contourf(
            *self.plane.points(self.plane.even, self.plane.colatitude), flux,
            levels=levels, colors=greys, alpha=OPACITY,
        )  # fmt: skip
        filled.set_rasterized(True)


def _legible(line: np.ndarray, crowding: RegularGridInterpolator) -> Iterator[np.ndarray]:
    """Pieces of a line, shape (points, 2), where it has room."""
    place = np.column_stack([np.hypot(*line.T), np.arctan2(line[:, 0], line[:, 1])])
    has_room = ~(crowding(place) > 1)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], has_room, [0]])))
    for start, stop in ends.reshape(-1, 2):
        if stop - start > 1:
            yield line[start:stop]


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _radial_mean(flux: np.ndarray, points: int) -> np.ndarray:
    """Running mean along the first axis, which keeps the values at both ends."""
    half = points // 2
    if half == 0:
        return flux
    # continued by a half turn about its ends
    longer = np.pad(flux, ((half, half), (0, 0)), mode="reflect", reflect_type="odd")
    return uniform_filter1d(longer, 2 * half + 1, axis=0)[half:-half]
