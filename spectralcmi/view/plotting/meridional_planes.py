"""Figure of the meridional plane, the thin crust stretched so that it can be seen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.view.plotting.flux_lines import draw_field_lines
from spectralcmi.view.plotting.quantities import (
    SYMBOLS,
    is_axisymmetric,
    quantity,
    require_quantity,
    zonal_part,
)
from spectralcmi.view.plotting.stretched_plane import EXTERIOR, StretchedPlane
from spectralcmi.view.plotting.style import (
    PAGE,
    as_given,
    colour_bar,
    colour_mesh,
    panels,
    raised,
    snapshot_indices,
    widest,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

#: Snapshots drawn side by side where no years are chosen.
MOST_PANELS = 6
#: Width of a letter, relative to the size of a text.
LETTER = 0.58
#: What field lines can be drawn over.
COLOURED = ("B_phi", "k5", "mu5", "temperature")


def meridian(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    times: Sequence[float] | None = None,
    stretch: float | None = None,
    of: str = "B_phi",
    common_scale: bool = False,
) -> Axes | np.ndarray:
    """Poloidal field lines over the toroidal field in colour, in a meridional plane.

    Of a field in three dimensions the axisymmetric part is drawn, whose lines stay in the plane.
    Lines around positive flux are solid, around negative flux dashed: of a dipole that leaves the
    star at its north pole all are solid. They continue at the same levels in the potential field
    outside, which is drawn to scale. Where lines would merge into black, filled contours of the
    flux in grey take their place; `layer` shows what is there.

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
    of : {"B_phi", "k5", "mu5", "temperature"}
        What is in colour instead of the toroidal field: the chiral wavenumber or chemical
        potential, of a field in three dimensions those of its axisymmetric part; or the
        temperature of the crust, of a run that evolves it.
    common_scale : bool
        Whether all panels have the colours of the one with the largest values, and one bar.

    Returns
    -------
    ax : matplotlib.axes.Axes, or numpy.ndarray of them
    """
    require_quantity(of, COLOURED)
    most = MOST_PANELS if ax is None else np.size(np.asarray(ax, dtype=object))
    chosen = snapshot_indices(dataset, times, most)
    count = len(chosen)
    width = {1: 2.4, 2: 1.7}.get(count, PAGE / count)
    axes = panels(ax, count, columns=count, size=(width, 2.0 * width + (1.0 if count < 5 else 0.8)))
    limits = meridian_limits(dataset, chosen, of) if common_scale else None
    notes: dict[str, None] = {}  # each once, in order
    for panel, index in zip(axes, chosen, strict=True):
        mesh, label, said = _draw_plane(panel, dataset, index, stretch, of, limits)
        notes |= dict.fromkeys(said)
        if not common_scale:
            bar = colour_bar(mesh, panel, *label)
            if ax is not None:
                note_on_bar(bar, panel, said)
    if common_scale:
        bar = colour_bar(mesh, list(axes), *label, shrink=0.4)
        if ax is not None:
            note_on_bar(bar, axes[0], list(notes))
    if ax is None and notes:
        note_below(axes[0].figure, notes)
    return as_given(ax, axes)


def meridian_limits(dataset: xr.Dataset, snapshots: Sequence[int], of: str) -> tuple[float, float]:
    """Limits of the colours that several snapshots have in common."""
    plane = StretchedPlane.of(dataset, None)
    zonal = zonal_part(dataset)
    points = plane.inside if of != "temperature" else plane.stored, plane.colatitude, [0.0]
    return widest([quantity(zonal, i, of, *points).attrs["limits"] for i in snapshots])


def draw_meridian(
    ax: Axes,
    dataset: xr.Dataset,
    snapshot: int,
    cax: Axes,
    of: str = "B_phi",
    limits: tuple[float, float] | None = None,
) -> None:
    """Draw one panel of `meridian` with its notes, and its colour bar on the Axes `cax`."""
    mesh, label, notes = _draw_plane(ax, dataset, snapshot, None, of, limits)
    note_on_bar(colour_bar(mesh, ax, *label, cax), ax, notes)


def _draw_plane(
    ax: Axes,
    dataset: xr.Dataset,
    snapshot: int,
    stretch: float | None,
    of: str,
    limits: tuple[float, float] | None,
) -> tuple[QuadMesh, tuple[str, str], list[str]]:
    """Draw a panel; its colours, their symbol and unit, and what a reader has to be told."""
    zonal = zonal_part(dataset)
    plane = StretchedPlane.of(dataset, stretch)
    radius = plane.inside if of != "temperature" else plane.stored
    values = quantity(zonal, snapshot, of, radius, plane.colatitude, [0.0])
    mesh = colour_mesh(
        ax, *plane.points(radius, plane.colatitude), values.values[..., 0],
        limits or values.attrs["limits"],
    )  # fmt: skip
    notes = draw_field_lines(ax, plane, zonal, snapshot)
    stretched = plane.draw_frame(ax, (1,))
    edge = (1.02 + EXTERIOR) * plane.outer
    ax.set(xlim=(-0.02 * edge, edge), ylim=(-edge, edge))
    ax.set_title(year(values["time"]))
    symbol = SYMBOLS[of]
    if not is_axisymmetric(dataset):
        symbol = rf"$\langle {symbol.strip('$')}\rangle$"
    said = [*notes, stretched] if stretched else notes
    return mesh, (symbol, raised(values.attrs["units"])), said


def note_below(figure: Figure, notes: Iterable[str]) -> None:
    """Write notes below all Axes of a figure."""
    text = figure.supxlabel(" ", fontsize="small")
    text.set_text(_wrapped(notes, figure.get_figwidth(), float(text.get_fontsize())))


def note_on_bar(bar: Colorbar, ax: Axes, notes: Iterable[str]) -> None:
    """Write notes below the label of the colour bar of Axes, which have no other room for them."""
    figure, spec = ax.figure, ax.get_subplotspec()
    share = 1.0 if spec is None else len(spec.colspan) / spec.get_gridspec().ncols
    width = share * figure.bbox.width / figure.dpi
    label = bar.ax.xaxis.label
    text = _wrapped(notes, width, float(label.get_fontsize()))
    bar.set_label("\n".join(part for part in (label.get_text(), text) if part))


def _wrapped(notes: Iterable[str], width: float, size: float) -> str:
    """Notes in lines that fit into a width [inch] at a size of the text [points]."""
    return "\n".join(textwrap.wrap("; ".join(notes), int(72.0 * width / (LETTER * size))))
