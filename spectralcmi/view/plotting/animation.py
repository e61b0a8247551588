"""Movies: the snapshots of a run one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.view.plotting.meridional_planes import draw_meridian, meridian_limits
from spectralcmi.view.plotting.sphere_maps import draw_surface, surface_limits
from spectralcmi.view.plotting.style import snapshot_indices

if TYPE_CHECKING:
    from matplotlib.animation import AbstractMovieWriter, FuncAnimation
    from matplotlib.axes import Axes

#: What a movie can be of: (function that draws a frame, one of the colours that frames have in
#: common, quantity drawn, size of the figure [inch]).
_FRAMES = {
    "meridian": (draw_meridian, meridian_limits, "B_phi", (3.2, 5.4)),
    "surface": (draw_surface, surface_limits, "B_r", (5.4, 3.6)),
}
DOTS_PER_INCH = 150
#: Suffixes of files that matplotlib writes without an encoder of the system's.
_WITHOUT_ENCODER = (".gif", ".apng")


def movie(
    dataset: xr.Dataset,
    of: str = "meridian",
    times: Sequence[float] | None = None,
    frames_per_second: float = 4.0,
    common_scale: bool = False,
) -> FuncAnimation:
    """Animation of the snapshots of a run.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots; ``output.snapshot_times`` of its case decides how many.
    of : str
        ``meridian`` or ``surface``.
    times : sequence of float, optional
        Years, each shown by the snapshot nearest to it; without, all snapshots.
    frames_per_second : float
    common_scale : bool
        Whether all frames have the colours of the one with the largest values; else each has its
        own, as fields grow by orders of magnitude.

    Returns
    -------
    animation : matplotlib.animation.FuncAnimation
        To be shown or saved; `save_movie` does the latter. As the last line of a cell, a notebook
        plays it.
    """
    if of not in _FRAMES:
        raise InputError(f"no movie of {of!r}; there are {', '.join(_FRAMES)}")
    chosen = snapshot_indices(dataset, times)
    import matplotlib.pyplot as plt
    from matplotlib.layout_engine import PlaceHolderLayoutEngine

    from spectralcmi.view.plotting.notebook_animation import NotebookAnimation

    draw, limits_of_all, quantity, size = _FRAMES[of]
    limits = limits_of_all(dataset, chosen, quantity) if common_scale else None
    figure, (ax, cax) = plt.subplots(2, 1, figsize=size, height_ratios=(40, 1), layout="none")
    # "none" lasts only until the first frame is saved, after which the settings' layout would act
    figure.set_layout_engine(PlaceHolderLayoutEngine(True, False))
    figure.subplots_adjust(left=0.08, right=0.92, top=0.92, bottom=0.17, hspace=0.04)

    def show(index: int) -> tuple[Axes, Axes]:
        ax.clear()
        cax.clear()
        draw(ax, dataset, index, cax, limits=limits)
        return (ax, cax)

    return NotebookAnimation(
        figure, show, frames=chosen, init_func=lambda: (), interval=1000 / frames_per_second
    )


def save_movie(dataset: xr.Dataset, path: str | Path, **options: Any) -> None:
    """Write a movie, by the encoder that the file's suffix asks for.

    Parameters
    ----------
    dataset : xarray.Dataset
    path : str or path-like
        GIF by Pillow; anything else (mp4, webm, ..) by ffmpeg, if that is installed.
    **options
        As of `movie`.

    Raises
    ------
    ValueError
        If there is no encoder, or as `movie`.
    """
    writer = _writer(path)
    animation = movie(dataset, **options)
    # the one place where the animation keeps it, of which the stubs know nothing
    writer.fps = 1000 / animation.event_source.interval  # type: ignore[union-attr]
    partial = Path(path).with_name(f".part.{Path(path).name}")  # the suffix asks for the encoder
    try:
        animation.save(partial, writer=writer, dpi=DOTS_PER_INCH)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
        import matplotlib.pyplot as plt

        plt.close(animation._fig)  # type: ignore[attr-defined]  # it has no public name


def _writer(path: str | Path) -> AbstractMovieWriter:
    from matplotlib.animation import FFMpegWriter, PillowWriter

    from spectralcmi.view.plotting.gif_palette import OnePaletteWriter

    suffix = Path(path).suffix.lower()
    if suffix in _WITHOUT_ENCODER:
        return OnePaletteWriter() if suffix == ".gif" else PillowWriter()
    if FFMpegWriter.isAvailable():
        return FFMpegWriter()
    raise InputError(f"{path}: ffmpeg, which encodes it, is not installed; a .gif needs no encoder")
