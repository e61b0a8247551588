"""Legends above the Axes, as wide as these: where they hide no curve and squeeze no panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

#: Lengths of a handle, of the gap to its text, and between columns, in units of the font's size.
HANDLE, GAP, BETWEEN = 1.8, 0.5, 0.9
#: Size of the texts at most [points].
LARGEST = 8.0
#: Width of the ticks and the label of an ordinate, about [points].
LABELS = 42.0


def legend_above(
    ax: Axes,
    handles: Sequence[Artist] | None = None,
    title: str = "",
    above: float = 0.0,
) -> Legend:
    """Legend in rows above the Axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    handles : sequence of matplotlib.artist.Artist, optional
        With labels; without, all that is drawn and has one.
    title : str
        A note above the rows.
    above : float
        Height above the Axes that is taken by something else [points].

    Returns
    -------
    legend : matplotlib.legend.Legend
    """
    from matplotlib.transforms import ScaledTranslation

    handles = ax.get_legend_handles_labels()[0] if handles is None else handles
    size = text_size()
    # labels of the ordinate leave room to the left of the Axes
    room, more = _room(ax)
    widths = [
        _text_width(str(handle.get_label()), size) + (HANDLE + GAP + BETWEEN) * size
        for handle in handles
    ]
    columns = _columns(widths, room + more)
    is_wide = _width(widths, columns) > room
    higher = ScaledTranslation(0.0, above / 72.0, ax.figure.dpi_scale_trans)
    legend = ax.legend(
        handles=handles, ncols=columns, fontsize=size, frameon=False,
        loc="lower right" if is_wide else "lower center",
        bbox_to_anchor=(1.0 if is_wide else 0.5, 1.0), bbox_transform=ax.transAxes + higher,
        borderpad=0.1, borderaxespad=0.2, labelspacing=0.35,
        handlelength=HANDLE, handletextpad=GAP, columnspacing=BETWEEN,
    )  # fmt: skip
    if title:
        from matplotlib.font_manager import FontProperties

        legend.set_title(title, prop=FontProperties(size=size))
    return legend


def text_size() -> float:
    """Size of texts above the Axes [points]: that of legends, which is large without a style."""
    import matplotlib

    return min(_points(matplotlib.rcParams["legend.fontsize"]), LARGEST)


def _columns(widths: Sequence[float], room: float) -> int:
    """Largest number of columns of labels that fit into a room [points]; at least one."""
    fitting = (count for count in range(len(widths), 1, -1) if _width(widths, count) <= room)
    return next(fitting, 1)


def _width(widths: Sequence[float], columns: int) -> float:
    """Width of labels in columns, which are filled one after the other."""
    return sum(max(column) for column in np.array_split(np.array(widths), columns))


def _text_width(text: str, size: float) -> float:
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size).get_extents().width) if text.strip() else 0.0


def _room(ax: Axes) -> tuple[float, float]:
    """Width of the Axes, about, where a layout has yet to find it, and of its labels [points]."""
    figure, spec = ax.figure, ax.get_subplotspec()
    points = 72.0 * figure.bbox.width / figure.dpi
    if spec is None or figure.get_layout_engine() is None:
        return points * ax.get_position().width, 0.0
    place = points * len(spec.colspan) / spec.get_gridspec().ncols
    labels = min(LABELS, 0.4 * place)
    return 0.95 * (place - labels), 0.7 * labels


def _points(size: float | str) -> float:
    from matplotlib.font_manager import FontProperties

    return FontProperties(size=size).get_size_in_points()
