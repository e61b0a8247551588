"""Figures: what is drawn, with which line styles, labels and limits."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from spectralcmi import plotting

SNAPSHOTS = [0.0, 70.0, 100.0]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def run():
    """A run that nobody computed: a dipole that grows and fills the odd degrees, then all."""
    time, degree = np.arange(101.0), np.arange(1, 21)
    growth = 1e42 * np.exp(0.2 * time)
    shape = degree**-2.0 * np.where((degree % 2 == 0) & (time[:, None] < 90), 0, 1)
    shape[0, 1:] = 0  # the seed is l = 1 alone
    poloidal = growth[:, None] * shape
    toroidal = poloidal * np.tanh(time / 30)[:, None] ** 2
    erg, power = {"units": "erg"}, {"units": "erg s-1"}
    return xr.Dataset(
        {
            "energy_poloidal": ("time", poloidal.sum(1), erg),
            "energy_toroidal": ("time", toroidal.sum(1), erg),
            "spectrum_poloidal": (("time", "degree"), poloidal, erg),
            "spectrum_toroidal": (("time", "degree"), toroidal, erg),
            "chiral_power": ("time", growth, power),
            "ohmic_power": ("time", -0.3 * growth, power),
            "angular_dissipation_power": ("time", 0 * growth, power),
            "budget_residual": ("time", -1e-6 * growth, power),
        },
        coords={
            "time": ("time", time, {"units": "yr"}),
            "degree": degree,
            "snapshot": SNAPSHOTS,
        },
    )


@pytest.fixture
def crust():
    radius = np.linspace(11.5, 12.4, 30)
    density = np.geomspace(1e14, 1e10, 30)
    return xr.Dataset(
        {
            "density": ("radius", density, {"units": "g cm-3"}),
            "chiral_fraction": ("radius", density / 1e24, {"units": "1"}),
            "chiral_chemical_potential": ("radius", density / 1e23, {"units": "MeV"}),
            "chiral_wavelength": ("radius", 1e10 / density, {"units": "km"}),
        },
        coords={"radius": ("radius", radius, {"units": "km"})},
    )


def styles(ax):
    return {line.get_label(): line.get_linestyle() for line in ax.get_lines()}


def test_energies_have_the_papers_line_styles_and_the_datas_values(run):
    ax = plotting.energies(run)
    assert styles(ax) == {"total": "-", "poloidal": "-.", "toroidal": ":"}
    total, _, toroidal = ax.get_lines()
    np.testing.assert_array_equal(total.get_ydata(), run.energy_poloidal + run.energy_toroidal)
    # zero has no place on a logarithmic axis, and must not drag it down
    assert np.isnan(toroidal.get_ydata()[0])
    assert np.isfinite(toroidal.get_ydata()[1:]).all()
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$t$ [yr]", r"$E_\mathrm{mag}$ [erg]")
    assert ax.get_xlim() == (0, 100)


def test_spectra_are_those_of_the_snapshots(run):
    ax = plotting.spectra(run)
    lines = ax.get_lines()
    assert [line.get_label() for line in lines[::3]] == ["0 yr", "70 yr", "100 yr"]
    assert [line.get_linestyle() for line in lines] == ["-", "-.", ":"] * 3
    total = (run.spectrum_poloidal + run.spectrum_toroidal).sel(time=100.0)
    np.testing.assert_array_equal(lines[6].get_ydata(), total)
    # one colour a time, told apart in grey: they get lighter
    colours = [np.array(line.get_color()) for line in lines]
    np.testing.assert_array_equal(colours[3], colours[5])
    luminance = [colour[:3] @ (0.2126, 0.7152, 0.0722) for colour in colours[::3]]
    assert np.all(np.diff(luminance) > 0.1)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    # the seed's single degree is inside the limits, and visible as a dot
    assert ax.get_ylim()[0] < 1e42 < ax.get_ylim()[1]
    assert lines[0].get_marker() == "o"
    assert lines[6].get_marker() == "None"


def test_spectra_at_chosen_years_take_the_nearest_ones_once(run):
    ax = plotting.spectra(run, times=[49.6, 50.2, 1e9])
    assert [line.get_label() for line in ax.get_lines()[::3]] == ["50 yr", "100 yr"]


def test_spectra_of_a_run_without_snapshots(run):
    ax = plotting.spectra(run.drop_vars("snapshot"))
    assert len(ax.get_lines()) == 3 * 5


def test_the_budget_shows_losses_by_their_size(run):
    ax = plotting.budget(run)
    values = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    np.testing.assert_array_equal(values["Ohmic"], -run.ohmic_power)
    assert np.isnan(values["angular dissipation"]).all()
    assert len(set(styles(ax).values())) == 4  # told apart in grey
    assert ax.get_ylabel() == r"$|\mathrm{power}|$ [erg s$^{-1}$]"


def test_profiles_run_against_density_or_radius(crust):
    axes = plotting.profiles(crust)
    assert [ax.get_ylabel() for ax in axes] == [
        r"$n_5/n_e$",
        r"$\mu_5$ [MeV]",
        r"$\lambda_5$ [km]",
    ]
    assert axes[2].get_xlabel() == r"$\rho$ [g cm$^{-3}$]"
    assert axes[2].get_xscale() == "log"
    axes = plotting.profiles(crust.drop_vars("density"))
    assert axes[2].get_xlabel() == "$r$ [km]"
    np.testing.assert_array_equal(axes[0].get_lines()[0].get_xdata(), crust.radius)


@pytest.mark.parametrize("kind", ["energies", "spectra", "budget"])
def test_the_axes_given_are_drawn_on_and_no_figure_is_made(run, kind):
    ax = Figure().subplots()
    assert plotting.KINDS[kind](run, ax=ax) is ax
    assert ax.has_data()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("kind", plotting.KINDS)
def test_a_missing_variable_is_named(kind):
    with pytest.raises(ValueError, match=r"the dataset has no variable \w+"):
        plotting.KINDS[kind](xr.Dataset())
    assert plt.get_fignums() == []


@pytest.mark.parametrize("kind", plotting.KINDS)
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_every_kind_can_be_saved(run, crust, kind, suffix, tmp_path):
    with plt.rc_context(dict(plotting.STYLE)):
        axes = plotting.KINDS[kind](crust if kind == "profiles" else run)
        np.ravel(axes)[0].figure.savefig(tmp_path / f"figure.{suffix}")
