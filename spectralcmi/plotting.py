"""Figures: from a Dataset to matplotlib Axes.

Every function draws from the dataset alone, takes the Axes to draw on (new ones without), and
returns them. Components have the line styles of the paper: total solid, poloidal dash-dotted,
toroidal dotted; a figure therefore stays readable in grey. Colours are safe for the colour-blind.

References
----------
Dehman & Pons, arXiv:2408.05281, Figs. 1-3.
Okabe & Ito (2008), https://jfly.uni-koeln.de/color/ : the palette of the single lines.
"""

import re
from types import MappingProxyType

import numpy as np

__all__ = ["KINDS", "STYLE", "budget", "energies", "profiles", "spectra"]

STYLE = MappingProxyType(
    {
        "figure.figsize": (5.0, 3.8),
        "figure.constrained_layout.use": True,
        "savefig.dpi": 200,
        "font.size": 10,
        "axes.labelsize": 11,
        "legend.fontsize": 8.5,
        "legend.frameon": False,
        "xtick.direction": "in",
        "ytick.direction": "in",
        "xtick.top": True,
        "ytick.right": True,
        "lines.linewidth": 1.5,
        "pdf.fonttype": 42,  # letters stay letters: journals refuse Type 3 fonts
    }
)
"""Matplotlib settings of the figures that the command line saves."""

_BLACK, _BLUE, _VERMILION, _GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
_TOTAL, _POLOIDAL, _TOROIDAL = "-", "-.", ":"
_DECADES_SHOWN = 6  # of a spectrum below its peak; what lies lower is round-off or not yet there


def energies(dataset, ax=None):
    """Magnetic energy in the shell against time: total, poloidal and toroidal.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``energy_poloidal`` and ``energy_toroidal`` along ``time``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    poloidal, toroidal = _variables(dataset, "energy_poloidal", "energy_toroidal")
    ax = _axes(ax)
    lines = (
        (poloidal + toroidal, "total", _TOTAL, _BLACK),
        (poloidal, "poloidal", _POLOIDAL, _BLUE),
        (toroidal, "toroidal", _TOROIDAL, _VERMILION),
    )
    for energy, label, style, colour in lines:
        ax.plot(dataset["time"], _positive(energy), style, color=colour, label=label)
    _time_axis(ax, dataset)
    ax.set_yscale("log")
    ax.set_ylabel(rf"$E_\mathrm{{mag}}$ [{_unit(poloidal, 'erg')}]")
    ax.legend()
    return ax


def spectra(dataset, times=None, ax=None):
    """Magnetic energy per degree at some times: total, poloidal and toroidal.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``spectrum_poloidal`` and ``spectrum_toroidal`` along ``time`` and ``degree``.
    times : sequence of float, optional
        Years, each drawn from the stored time nearest to it; without, those of the snapshots.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    poloidal, toroidal = _variables(dataset, "spectrum_poloidal", "spectrum_toroidal")
    ax = _axes(ax)
    degree = dataset["degree"]
    indices = _time_indices(dataset, times)
    floor = np.inf
    for index, colour in zip(indices, _time_colours(len(indices)), strict=True):
        pair = poloidal.isel(time=index), toroidal.isel(time=index)
        total = pair[0] + pair[1]
        label = f"{float(dataset['time'][index]):g} yr"
        ax.plot(degree, _positive(total), _TOTAL, color=colour, label=label, **_dots(total))
        ax.plot(degree, _positive(pair[0]), _POLOIDAL, color=colour, lw=1, **_dots(pair[0]))
        ax.plot(degree, _positive(pair[1]), _TOROIDAL, color=colour, lw=1, **_dots(pair[1]))
        floor = min(floor, float(total.max()) / 10**_DECADES_SHOWN)
    ax.set_xscale("log")
    ax.set_yscale("log")
    if 0 < floor < np.inf:
        ax.set_ylim(bottom=floor)
    ax.set_xlim(0.9, 1.1 * float(degree.max()))
    ax.set_xlabel(r"degree $\ell$")
    ax.set_ylabel(rf"$E_\ell$ [{_unit(poloidal, 'erg')}]")
    _legend_of_times_and_components(ax)
    return ax


def budget(dataset, ax=None):
    """Every term of the magnetic energy's budget against time, by absolute value.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``ohmic_power``, ``chiral_power``, ``angular_dissipation_power`` and
        ``budget_residual`` along ``time``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    lines = (
        ("chiral_power", "chiral", "-", _BLACK),
        ("ohmic_power", "Ohmic", "--", _BLUE),
        ("angular_dissipation_power", "angular dissipation", "-.", _GREEN),
        ("budget_residual", "residual", ":", _VERMILION),
    )
    powers = _variables(dataset, *(name for name, *_ in lines))
    ax = _axes(ax)
    for power, (_, label, style, colour) in zip(powers, lines, strict=True):
        ax.plot(dataset["time"], _positive(abs(power)), style, color=colour, label=label)
    _time_axis(ax, dataset)
    ax.set_yscale("log")
    ax.set_ylabel(rf"$|\mathrm{{power}}|$ [{_unit(powers[0], 'erg/s')}]")
    ax.legend()
    return ax


def profiles(dataset, ax=None):
    """Chiral asymmetry of the crust against density: fraction, potential and wavelength.

    Parameters
    ----------
    dataset : xarray.Dataset
        A crust, with ``chiral_fraction``, ``chiral_chemical_potential`` and
        ``chiral_wavelength`` along ``radius``.
    ax : sequence of three matplotlib.axes.Axes, optional
        Where to draw, from top to bottom.

    Returns
    -------
    ax : numpy.ndarray of matplotlib.axes.Axes, shape (3,)
    """
    rows = (
        ("chiral_fraction", r"$n_5/n_e$", ""),
        ("chiral_chemical_potential", r"$\mu_5$", "MeV"),
        ("chiral_wavelength", r"$\lambda_5$", "km"),
    )
    variables = _variables(dataset, *(name for name, *_ in rows))
    axes = np.ravel(_axes(ax, rows=len(rows)))
    has_density = "density" in dataset and bool((dataset["density"] > 0).any())
    across = dataset["density" if has_density else "radius"]
    for panel, variable, (_, symbol, unit) in zip(axes, variables, rows, strict=True):
        panel.plot(across, _positive(abs(variable)), color=_BLACK)
        panel.set_yscale("log")
        panel.set_ylabel(f"{symbol} [{_unit(variable, unit)}]" if unit else symbol)
        panel.set_xscale("log" if has_density else "linear")
    if has_density:
        axes[-1].set_xlabel(rf"$\rho$ [{_unit(across, 'g/cm3')}]")
    else:
        axes[-1].set_xlabel(rf"$r$ [{_unit(across, 'km')}]")
    return axes


KINDS = MappingProxyType(
    {"energies": energies, "spectra": spectra, "budget": budget, "profiles": profiles}
)
"""What can be drawn, by the name that the command line knows it by."""


def _variables(dataset, *names):
    """Variables of a dataset, or an error that names the missing one."""
    for name in names:
        if name not in dataset:
            raise ValueError(f"the dataset has no variable {name}")
    return tuple(dataset[name] for name in names)


def _axes(ax, rows=1):
    """Axes to draw on: those given, or new ones that share their abscissa."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # here, because it chooses a window system when imported

    width, height = plt.rcParams["figure.figsize"]
    size = (width, height * (1 + 0.6 * (rows - 1)))
    return plt.subplots(rows, 1, sharex=True, figsize=size)[1]


def _positive(values):
    """Values with a gap where a logarithmic axis has no place for them."""
    return np.where(np.asarray(values) > 0, values, np.nan)


def _unit(variable, default):
    """Unit of a variable with its exponents raised: ``g cm-3`` and ``g/cm3`` alike."""
    return re.sub(r"(?<=[A-Za-z])(-?\d+)", r"$^{\1}$", variable.attrs.get("units", default))


def _time_axis(ax, dataset):
    time = dataset["time"]
    ax.set_xlabel(f"$t$ [{_unit(time, 'yr')}]")
    if time.size > 1:
        ax.set_xlim(float(time[0]), float(time[-1]))


def _time_indices(dataset, times):
    """Indices of the stored times nearest to some years, each once, in order."""
    stored = np.asarray(dataset["time"], dtype=float)
    if times is None and "snapshot" in dataset.coords:
        times = np.asarray(dataset["snapshot"], dtype=float)
    if times is None:
        times = np.linspace(stored[0], stored[-1], 5)
    return sorted({int(np.argmin(abs(stored - time))) for time in times})


def _time_colours(count):
    """Colours from dark to light, early to late; the palest would vanish on white paper."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0.0, 0.85, count))


def _dots(spectrum):
    """Dots for a spectrum with gaps, since a line through a single degree shows nothing."""
    has_gaps = bool((np.asarray(spectrum) <= 0).any())
    return {"marker": "o", "markersize": 3} if has_gaps else {}


def _legend_of_times_and_components(ax):
    """Two legends: the colours' times, and the line styles' components."""
    from matplotlib.lines import Line2D

    styles = (("total", _TOTAL, 1.5), ("poloidal", _POLOIDAL, 1), ("toroidal", _TOROIDAL, 1))
    handles = [Line2D([], [], color="0.3", ls=s, lw=w, label=name) for name, s, w in styles]
    # the times in a row above the axes, where no curve can be hidden
    row = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 6, "columnspacing": 1.0}
    ax.add_artist(ax.legend(handlelength=1.5, **row))
    ax.legend(handles=handles, loc="lower left")
