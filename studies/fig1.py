"""Is the chiral imbalance of the crust as large as in Fig. 1 of Dehman & Pons (arXiv:2408.05281)?

The ratio of the weak to the spin-flip rate (which is n5/n_e), the chiral chemical potential mu5 and
the wavelength lambda5 against density at 1e8, 1e9 and 1e10 K. Bars beside the axes are the ranges
that the paper states; the caption tells by how much the curves leave them.

Expected: n5/n_e below 1e-9, mu5 of 1e-12 to 1e-8 MeV, lambda5 from kilometres near the surface to
centimetres inside, and density far more important than temperature. The paper's two rates are known
but for constant factors, which follow here from their dimensions and limits; 2505.06196 prints a
spin-flip rate 4 pi times as large (chiral.convention = "dehman_pons_2025"). The curves move with
chiral.spin_flip_prefactor and chiral.weak_rate_prefactor.

Run time: 5 s, as long with --quick. Writes fig1.nc, .png and .pdf, prints the caption.

    python studies/fig1.py [--quick] [--output FOLDER]
    python studies/fig1.py --redraw runs/fig1.nc
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spectralcmi as cmi
from spectralcmi.paper import study
from spectralcmi.profiles import isotherms

CAPTION_COLUMNS = 122
SYMBOLS = {"n5/n_e": "n₅/nₑ", "mu5": "μ₅", "lambda5": "λ₅", "k5": "k₅", "Gamma": "Γ",
           "delta_mu": "δμ", "2 pi": "2π", "cm3": "cm³"}  # fmt: skip


def compute(
    parameters: cmi.Parameters, temperatures: Sequence[float] = isotherms.PAPER_TEMPERATURES
) -> xr.Dataset:
    """Profiles of the crust at some temperatures.

    Parameters
    ----------
    parameters : spectralcmi.Parameters
        Their temperature is replaced.
    temperatures : sequence of float
        [K]

    Returns
    -------
    xarray.Dataset
        See `profiles.isotherms.build_isotherms`; its attribute `caption` compares it with
        what the paper states.
    """
    dataset = isotherms.build_isotherms(parameters, temperatures)
    dataset.attrs["parameters"] = parameters.to_json()
    dataset.attrs["caption"] = "\n".join(isotherms.compared_with_paper(dataset))
    return dataset


def draw(dataset: xr.Dataset) -> Figure:
    """The three quantities on three axes, what the paper states of them, and the caption.

    Parameters
    ----------
    dataset : xarray.Dataset
        See `compute`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with matplotlib.rc_context(dict(cmi.plot.STYLE)):
        figure = plt.figure(figsize=(6.9, 7.0), layout="constrained")
        above, below = figure.subfigures(2, 1, height_ratios=(4.6, 2.4))
        _draw_stated_ranges(cmi.plot.rates(dataset, above.subplots()))
        below.text(0.02, 0.97, caption(dataset), va="top", fontsize=7.3, linespacing=1.3)
    return figure


def _draw_stated_ranges(axes: tuple[Axes, Axes, Axes]) -> None:
    """Bars along the axes for what the paper states; an open end reaches to the end of the axis."""
    left, middle, right = axes
    stated = (
        (left, "left", (left.get_ylim()[0], isotherms.LARGEST_FRACTION)),
        (middle, "right", isotherms.POTENTIALS),
        (right, "right", (isotherms.CENTIMETRE, 10 * isotherms.LONGEST_WAVE)),
    )
    for ax, side, limits in stated:
        spine = ax.spines[side]
        ax.plot(
            [0 if side == "left" else 1] * 2, limits, transform=spine.get_spine_transform(),
            color=ax.yaxis.label.get_color(), lw=6, alpha=0.35, solid_capstyle="butt",
            clip_on=False, scaley=False, scalex=False,
        )  # fmt: skip


def caption(dataset: xr.Dataset) -> str:
    """The caption in lines that fit below the figure."""
    first = (
        "Chiral imbalance n5/n_e (blue, left axis), chiral chemical potential mu5 (red, right) and "
        "wavelength lambda5 = 2 pi/|k5| without cutoff (green, far right) against density. Bars "
        "beside the axes: the ranges that the paper states."
    )
    paragraphs = [first, *dataset.attrs["caption"].split("\n")]
    text = "\n".join(textwrap.fill(text, CAPTION_COLUMNS) for text in paragraphs)
    for plain, symbol in SYMBOLS.items():
        text = text.replace(plain, symbol)
    return text


def _answer(quick: bool, folder: Path) -> xr.Dataset:
    return compute(cmi.Parameters())


STUDY = study.Study("fig1", __doc__, _answer, draw, caption)
main = STUDY.main

if __name__ == "__main__":
    STUDY.command_line()
