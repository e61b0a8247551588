"""Where points of a shell are drawn in a meridional plane, the crust thicker than it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Thickness at which a stretched crust is drawn, relative to the outer radius.
DRAWN_THICKNESS = 0.6
#: Height to which the field outside is drawn, relative to the outer radius.
EXTERIOR = 0.3
#: Points along a line of the meshes: more than there are dots on paper.
MOST_POINTS = 1201
#: Length of the scale bar at most, and radius of the empty core that has room for it, relative to
#: the outer radius.
BAR, ROOM = 0.25, 0.3


@dataclass(frozen=True, eq=False)
class StretchedPlane:
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
    def of(cls, dataset: xr.Dataset, stretch: float | None) -> StretchedPlane:
        """Plane of a run; without a factor, one such that the crust takes half of the radius.

        Raises
        ------
        InputError
            If the crust has no room at this factor.
        """
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

    def draw_frame(self, ax: Axes, sides: tuple[int, ...]) -> str:
        """Draw the outline of the shell and a scale bar, without ticks.

        Returns
        -------
        note : str
            What the bar and the stretching mean.
        """
        for side in sides:
            for radius in (self.inner, self.outer):
                x, z = self.points(np.array([radius]), self.colatitude, side)
                ax.plot(x[0], z[0], color="black", lw=0.8, clip_on=False)
        if len(sides) == 1:
            x, z = self.points(np.array([self.inner, self.outer]), np.array([0.0, np.pi]))
            for pole in (0, 1):
                ax.plot(x[:, pole], z[:, pole], color="black", lw=0.8, clip_on=False)
        ax.set_aspect("equal")
        ax.axis("off")
        return self._draw_scale_bar(ax, is_half=len(sides) == 1)

    def _draw_scale_bar(self, ax: Axes, is_half: bool) -> str:
        """Bar with its length in the crust, in the empty core or, if that is small, below."""
        length = _round_down(BAR * self.outer / self.stretch)
        drawn = length * self.stretch
        core = float(self.drawn(np.array(self.inner)))
        has_room = core > ROOM * self.outer
        # half of a star begins at its axis
        left = 0.05 * self.outer if is_half else -drawn / 2
        height = 0.0
        if not has_room:
            left, height = (0.0 if is_half else -self.outer), -1.15 * self.outer
        ax.plot([left, left + drawn], [height, height], color="black", lw=1.6)
        ax.annotate(
            f"{length:g} km", (0.02 * self.outer if is_half else left + drawn / 2, height),
            xytext=(0, -2.5), textcoords="offset points", fontsize="small",
            ha="left" if is_half else "center", va="top",
        )  # fmt: skip
        if self.stretch == 1:
            return ""
        return f"crust drawn {self.stretch:g}× thicker, its scale {length:g} km"


def _round_down(length: float) -> float:
    """Largest of 1, 2 and 5 times a power of ten below a length."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(power * max(step for step in (1, 2, 5) if step * power <= length))
