"""Figures: from a Dataset to matplotlib Axes.

Every function draws from the dataset alone, takes the Axes to draw on (new ones without), and
returns them: an array of them where it makes several panels. Components have the line styles of the
paper: total solid, poloidal dash-dotted, toroidal dotted; diverging maps are centred on zero. A
figure therefore stays readable in grey, and its colours are safe for the colour-blind.

References
----------
Dehman & Pons, arXiv:2408.05281, Figs. 1-3.
Okabe & Ito (2008), https://jfly.uni-koeln.de/color/ : the palette of the single lines.
Harrower & Brewer, The Cartographic Journal 40, 27 (2003): the diverging map.
"""

from __future__ import annotations

from types import MappingProxyType

from spectralcmi.view.plotting.animation import movie, save_movie
from spectralcmi.view.plotting.chiral_rates import rates
from spectralcmi.view.plotting.cooling_curves import cooling, luminosity
from spectralcmi.view.plotting.crust_profiles import profiles
from spectralcmi.view.plotting.dipole_fields import dipoles
from spectralcmi.view.plotting.growth_rates import growth
from spectralcmi.view.plotting.helical_decay import exponents, helicity, slopes
from spectralcmi.view.plotting.layer_maps import layer
from spectralcmi.view.plotting.meridional_planes import meridian
from spectralcmi.view.plotting.parameter_scan import scan
from spectralcmi.view.plotting.plane_sections import volume_slices
from spectralcmi.view.plotting.power_spectra import orders, spectra, spectrogram
from spectralcmi.view.plotting.radial_profiles import radial
from spectralcmi.view.plotting.source_budget import source
from spectralcmi.view.plotting.sphere_maps import surface
from spectralcmi.view.plotting.spin_periods import p_pdot
from spectralcmi.view.plotting.style import STYLE
from spectralcmi.view.plotting.time_series import budget, energies
from spectralcmi.view.plotting.wavenumber_histogram import histogram

__all__ = [
    "KINDS",
    "STYLE",
    "budget",
    "cooling",
    "dipoles",
    "energies",
    "exponents",
    "growth",
    "helicity",
    "histogram",
    "layer",
    "luminosity",
    "meridian",
    "movie",
    "orders",
    "p_pdot",
    "profiles",
    "radial",
    "rates",
    "save_movie",
    "scan",
    "slopes",
    "source",
    "spectra",
    "spectrogram",
    "surface",
    "volume_slices",
]

KINDS = MappingProxyType(
    {
        function.__name__: function
        for function in (
            energies,
            spectra,
            spectrogram,
            orders,
            meridian,
            layer,
            radial,
            surface,
            volume_slices,
            budget,
            dipoles,
            p_pdot,
            source,
            helicity,
            exponents,
            slopes,
            histogram,
            cooling,
            luminosity,
            profiles,
            rates,
            growth,
            scan,
        )
    }
)
"""What can be drawn, by the name that the command line knows it by; besides `movie`."""
