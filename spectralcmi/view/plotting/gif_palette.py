"""GIF files whose frames have one palette: that of the colour map, and greys."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.animation import PillowWriter
from scipy.spatial import cKDTree

from spectralcmi.view.plotting.style import DIVERGING

#: Colours of the map; the remaining ones of 256 are greys.
COLOURS, GREYS = 176, 80


class OnePaletteWriter(PillowWriter):
    """Writer of GIF files that keeps the colours of all frames.

    A palette chosen for the first frame, which is often blank, would turn the colours of the
    later ones into greys. Movies are of quantities with either sign.
    """

    def finish(self) -> None:
        """Write the file."""
        from PIL.Image import fromarray

        palette = _palette()
        nearest = cKDTree(palette)
        images = []
        for frame in self._frames:  # type: ignore[attr-defined]  # of the stubs, not of the writer
            image = fromarray(_of_palette(np.asarray(frame.convert("RGB")), nearest), mode="P")
            image.putpalette(palette.tobytes())
            images.append(image)
        images[0].save(
            self.outfile, save_all=True, append_images=images[1:],
            duration=int(1000 / self.fps), loop=0, optimize=False,
        )  # fmt: skip


def _palette() -> np.ndarray:
    """256 colours, shape (256, 3)."""
    colours = colormaps[DIVERGING](np.linspace(0, 1, COLOURS), bytes=True)[:, :3]
    greys = np.repeat(np.linspace(0, 255, GREYS).round().astype(np.uint8)[:, None], 3, axis=1)
    return np.concatenate([colours, greys])


def _of_palette(frame: np.ndarray, nearest: cKDTree) -> np.ndarray:
    """Numbers of the colours next to those of a frame, shape (height, width)."""
    red, green, blue = frame.astype(np.int32).transpose(2, 0, 1)
    codes, place = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    return nearest.query(colours)[1].astype(np.uint8)[place.reshape(red.shape)]
