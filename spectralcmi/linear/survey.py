"""Where the fastest waves of a crust are, how far they reach, and how fine elements they need.

Growing waves exist where eta k5^2/4 exceeds their growth rate; elsewhere they fall off as

    exp( -Int sqrt(growth_rate/eta - k5^2/4) dr ),

and the rest of the shell, where nothing of them is left, need not be computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectralcmi.grid.splines import graded_breakpoints

#: The scales that the survey of the shell resolves, relative to its thickness.
COARSEST, FINEST = 1 / 4000, 1e-10
#: Elements across the shell at least, for the scales of the profiles themselves. Round-off of modes
#: that need none of them grows with their fourth power.
FEWEST_ELEMENTS = 200

#: Function from radii [km], of any shape, to eta [km2/yr] and k5 after the cutoff [1/km] there.
Profiles = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Survey:
    """The profiles on radii that are dense where local growth is fastest.

    Attributes
    ----------
    radius, diffusivity, growth : ndarray, shape (n,)
        Radii from end to end [km], eta [km2/yr], and eta k5^2/4 [1/yr].
    """

    radius: np.ndarray
    diffusivity: np.ndarray
    growth: np.ndarray

    @property
    def ends(self) -> tuple[float, float]:
        """Inner and outer radius of the shell [km]."""
        return float(self.radius[0]), float(self.radius[-1])

    @property
    def local_limit(self) -> float:
        """Largest local growth rate [1/yr]."""
        return float(self.growth.max())

    def _count(self, square: np.ndarray) -> np.ndarray:
        """Running integral of the root of what is positive of square/eta."""
        root = np.sqrt(np.maximum(square, 0.0) / self.diffusivity)
        return np.concatenate([[0.0], np.cumsum(np.diff(self.radius) * (root[1:] + root[:-1]) / 2)])

    def threshold(self) -> float:
        """Growth rate whose waves fit into where they grow with a phase of 4 pi to spare.

        The fastest mode needs about pi, and grows faster.
        """
        low, high = -self.local_limit, self.local_limit
        for _ in range(60):
            middle = (low + high) / 2
            if self._count(self.growth - middle)[-1] > 4 * np.pi:
                low = middle
            else:
                high = middle
        return low

    def interval(self, threshold: float, decay: float) -> tuple[float, float]:
        """Where a mode of a growth rate is above exp(-decay) of itself."""
        inside = np.flatnonzero(self.growth >= threshold)
        attenuation = self._count(threshold - self.growth)
        first = np.searchsorted(attenuation, attenuation[inside[0]] - decay, side="right") - 1
        last = np.searchsorted(attenuation, attenuation[inside[-1]] + decay)
        first, last = max(first, 0), min(last, self.radius.size - 1)
        return float(self.radius[first]), float(self.radius[last])

    def breakpoints(
        self, interval: tuple[float, float], degree: int, per_wavelength: float
    ) -> np.ndarray:
        """Ends of elements as fine as the fastest waves, and as their tails where they fade.

        At a growth rate g and a wave number k, (g/eta + k^2)^2 = k5^2 k^2, whence |k|^2 = g/eta
        both in tails and in the fastest waves themselves.
        """
        thickness = self.radius[-1] - self.radius[0]
        square = self.local_limit / self.diffusivity + degree * (degree + 1) / self.radius**2
        density = np.hypot(
            per_wavelength * np.sqrt(square) / (2 * np.pi), FEWEST_ELEMENTS / thickness
        )
        return graded_breakpoints(self.radius, density, interval)


def survey_of(ends: tuple[float, float], profiles: Profiles) -> Survey:
    """Sample the profiles evenly, then on all scales about the maximum of local growth.

    Parameters
    ----------
    ends : tuple of float
        Inner and outer radius of the shell [km].
    profiles : callable
        See `Profiles`.

    Returns
    -------
    Survey
    """
    thickness = ends[1] - ends[0]
    radius = np.linspace(*ends, round(1 / COARSEST) + 1)
    samples = np.array([radius, *profiles(radius)])
    offsets = thickness * np.geomspace(FINEST, 4 * COARSEST, 800)
    for _ in range(3):  # each time about a better maximum
        radius, diffusivity, wavenumber = samples
        peak = radius[np.argmax(diffusivity * wavenumber**2)]
        near = np.concatenate([peak - offsets, peak + offsets])
        near = near[(near > ends[0]) & (near < ends[1])]
        samples = np.hstack([samples, [near, *profiles(near)]])
    _, order = np.unique(samples[0], return_index=True)
    radius, diffusivity, wavenumber = samples[:, order]
    return Survey(radius, diffusivity, diffusivity * wavenumber**2 / 4)
