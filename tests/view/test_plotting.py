"""Figures of series, spectra, crusts and scans: what is drawn, with which styles and labels."""

import contextlib
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import spectralcmi as cmi
from spectralcmi.view import plotting

SNAPSHOTS = [0.0, 70.0, 100.0]
WITHOUT_FIELDS = ["energies", "spectra", "spectrogram", "orders", "budget"]


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
            "spectrum_order": (("time", "order"), np.outer(growth, [1.0, 1e-3, 0.0]), erg),
            "chiral_power": ("time", growth, power),
            "ohmic_power": ("time", -0.3 * growth, power),
            "angular_dissipation_power": ("time", 0 * growth, power),
            "budget_residual": ("time", -1e-6 * growth, power),
        },
        coords={
            "time": ("time", time, {"units": "yr"}),
            "degree": degree,
            "order": [0, 2, 4],
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
    # each component has a hue, at all times, and times are told apart in grey: they get darker
    colours = np.array([line.get_color() for line in lines]).reshape(3, 3, 3)
    luminance = colours @ (0.2126, 0.7152, 0.0722)
    assert np.all(np.diff(luminance, axis=0) < -0.1)
    assert np.all(np.ptp(colours[:, 0], axis=1) == 0)  # grey
    assert np.all(colours[:, 1].argmax(axis=1) == 2)  # blue
    assert np.all(colours[:, 2].argmax(axis=1) == 0)  # red
    assert ax.get_xscale() == ax.get_yscale() == "log"
    # the seed's single degree is inside the limits, and visible as a dot
    assert ax.get_ylim()[0] < 1e42 < ax.get_ylim()[1]
    assert lines[0].get_marker() == "o"
    assert lines[6].get_marker() == "None"


@pytest.mark.parametrize("kind", ["spectra", "orders"])
def test_the_years_have_room_above_the_axes(run, kind):
    ax = plotting.KINDS[kind](run)
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[:3] == ["0 yr", "70 yr", "100 yr"]
    assert texts[3:] == (["total", "poloidal", "toroidal"] if kind == "spectra" else [])
    box, figure = legend.get_window_extent(), ax.figure.bbox
    assert ax.bbox.y1 <= box.y0
    assert box.y1 <= figure.y1


def test_spectra_at_chosen_years_take_the_nearest_ones_once(run):
    ax = plotting.spectra(run, times=[49.6, 50.2, 1e9])
    assert [line.get_label() for line in ax.get_lines()[::3]] == ["50 yr", "100 yr"]


def test_spectra_of_a_run_without_snapshots(run):
    ax = plotting.spectra(run.drop_vars("snapshot"))
    assert len(ax.get_lines()) == 3 * 5


def test_the_budget_shows_losses_by_their_size(run):
    ax = plotting.budget(run)
    values = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    np.testing.assert_array_equal(values["Ohmic (−)"], -run.ohmic_power)
    assert {"chiral", "residual"} < values.keys()  # gains, and of either sign
    assert np.isnan(values["angular dissipation"]).all()
    assert len(set(styles(ax).values())) == 4  # told apart in grey
    assert ax.get_ylabel() == r"$|\mathrm{power}|$ [erg s$^{-1}$]"


def test_the_spectrogram_shows_energy_by_time_and_degree(run):
    ax = plotting.spectrogram(run)
    (mesh,) = ax.collections
    total = (run.spectrum_poloidal + run.spectrum_toroidal).values
    # a cell for each stored time, the first and the last half as wide
    shown = np.asarray(mesh.get_array())
    np.testing.assert_array_equal(shown, np.maximum(total.T, 1e-300))
    edges = mesh.get_coordinates()[0, :, 0]
    assert edges[0] == run.time[0] and edges[-1] == run.time[-1]
    np.testing.assert_array_equal(edges[1:-1], (run.time.values[1:] + run.time.values[:-1]) / 2)
    corners = mesh.get_coordinates()
    np.testing.assert_array_equal(corners[:3, 0, 1], [0.5, 1.5, 2.5])
    low, high = mesh.get_clim()
    assert high == total.max()
    assert low == pytest.approx(1e42 / 1e6)  # six decades below the seed's only degree
    assert mesh.colorbar.ax.get_ylabel() == r"$E_\ell$ [erg]"
    assert ax.get_yscale() == "log"


def test_orders_are_drawn_at_the_snapshots(run):
    ax = plotting.orders(run)
    lines = ax.get_lines()
    assert [line.get_label() for line in lines] == ["0 yr", "70 yr", "100 yr"]
    np.testing.assert_array_equal(lines[1].get_xdata(), [0, 2, 4])
    values = lines[1].get_ydata()
    np.testing.assert_allclose(values[1] / values[0], 1e-3)
    assert np.isnan(values[2])  # an empty order is a gap, not 1e-300
    assert plotting.orders(run, times=[3.2]).get_lines()[0].get_label() == "3 yr"


def test_orders_of_an_axisymmetric_run_are_refused(run):
    with pytest.raises(ValueError, match=r"the run is axisymmetric: all of its energy, .* order 0"):
        plotting.orders(run.isel(order=[0]))
    assert plt.get_fignums() == []


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


def test_the_second_abscissa_of_profiles_is_the_radius(crust):
    axes = plotting.profiles(crust)
    axes[0].figure.canvas.draw()
    (top,) = axes[0].child_axes
    assert top.get_xlabel() == "$r$ [km]"
    # a tick of the radius stands where the crust has its density
    for radius, text in zip(top.get_xticks(), top.get_xticklabels(), strict=True):
        assert text.get_text() == f"{radius:g}"
        (place, _) = axes[0].transAxes.inverted().transform(top.transData.transform((radius, 0.0)))
        density = np.exp(np.interp(radius, crust.radius, np.log(crust.density)))
        (expected, _) = (
            axes[0].transAxes.inverted().transform(axes[0].transData.transform((density, 1e-12)))
        )
        assert place == pytest.approx(expected, abs=1e-6)
    assert len(top.get_xticks()) > 2


def test_profiles_of_what_carries_currents_stand_in_a_second_column(crust):
    more = crust.assign(
        electron_density=2 * crust.density,
        hall_prefactor=(1 / crust.density).assign_attrs(units="km2 yr-1 (1e12 G)-1"),
    )
    axes = plotting.profiles(more)
    assert axes.size == 5
    assert axes[4].get_ylabel() == (r"$f_\mathrm{h}$ [km$^{2}$ yr$^{-1}$ (10$^{12}$ G)$^{-1}$]")
    left, right = (ax.get_position().x0 for ax in (axes[0], axes[3]))
    assert left < 0.5 < right
    assert [bool(ax.get_xlabel()) for ax in axes] == [False, False, True, False, False]


def test_a_second_crust_is_drawn_on_the_first(crust):
    axes = plotting.profiles(crust, label="cold")
    again = plotting.profiles(2 * crust, ax=axes, ls="--", label="hot")
    assert all(one is other for one, other in zip(axes, again, strict=True))
    assert styles(axes[1]) == {"cold": "-", "hot": "--"}


# Tails


@pytest.fixture
def unresolved(run):
    return run.assign_attrs(tails_small_until_degree=80.0, tails_small_until_radius=91.5)


TIME_SERIES = ["energies", "budget", "spectrogram"]


def marks(ax):
    """Years of the vertical lines, and what is written above the Axes."""
    years = [line.get_xdata()[0] for line in ax.get_lines() if len(line.get_xdata()) == 2]
    return years, [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("kind", TIME_SERIES)
def test_figures_in_time_mark_the_years_after_which_tails_are_large(unresolved, kind):
    ax = plotting.KINDS[kind](unresolved)
    years, texts = marks(ax)
    assert years == [80.0, 91.5]
    assert texts == [
        rf"tail in {what} > 10$^{{-3}}$ $\rightarrow$" for what in ("degree", "radius")
    ]
    assert ax.get_xlim() == (0, 100)
    ax.figure.canvas.draw()
    lower, upper = (text.get_window_extent() for text in ax.texts)
    assert ax.bbox.y1 <= lower.y0  # where they hide nothing
    assert lower.y1 <= upper.y0
    assert upper.y1 <= ax.figure.bbox.y1
    legend = ax.get_legend()
    labels = [text.get_text() for text in legend.get_texts()] if legend else []
    assert not any("tail" in label for label in labels)


@pytest.mark.parametrize("kind", TIME_SERIES)
@pytest.mark.parametrize("attributes", [{}, {"degree": 100.0, "radius": 100.0}])
def test_a_run_resolved_to_its_end_has_no_marks(run, kind, attributes):
    named = {f"tails_small_until_{what}": year for what, year in attributes.items()}
    assert marks(plotting.KINDS[kind](run.assign_attrs(named))) == ([], [])


def test_tails_that_are_large_from_the_start_or_at_once_have_one_mark(run):
    both = run.assign_attrs(tails_small_until_degree=0.0, tails_small_until_radius=np.nan)
    assert marks(plotting.energies(both))[1] == [r"tail in degree > 10$^{-3}$ $\rightarrow$"]
    # nan: not small at the start, if it was measured there
    unknown = both.assign(tail_radial=0 * both.time * np.nan)
    assert marks(plotting.energies(unknown)) == marks(plotting.energies(both))
    years, texts = marks(plotting.energies(both.assign(tail_radial=0 * both.time + 0.1)))
    assert years == [0.0]
    assert texts == [r"tails in degree and radius > 10$^{-3}$ $\rightarrow$"]


@pytest.mark.parametrize("kind", ["spectra", "orders"])
def test_spectra_of_years_with_large_tails_have_stars(unresolved, kind):
    legend = plotting.KINDS[kind](unresolved).get_legend()
    assert [text.get_text() for text in legend.get_texts()][:3] == ["0 yr", "70 yr", "100 yr*"]
    assert legend.get_title().get_text() == "* tails in degree or radius > 10$^{-3}$"
    legend = plotting.KINDS[kind](unresolved, times=[0, 90]).get_legend()
    assert legend.get_title().get_text() == "* tail in degree > 10$^{-3}$"
    legend = plotting.KINDS[kind](unresolved, times=[0, 80]).get_legend()
    assert legend.get_title().get_text() == ""


# Scans


@pytest.fixture
def scanned(run):
    """Two parameters, one of them a word; the runs of one end early."""
    field = np.sqrt(run.energy_poloidal.values)
    values = np.array([1.0, 1e-2, 1e-4])
    rms = values[:, None, None] * np.array([1.0, 0.5])[:, None] * field
    rms[0, :, 60:] = np.nan
    return xr.Dataset(
        {
            "rms_field": (
                ("delta_mu", "convention", "time"), rms, {"units": "G", "long_name": "rms field"}
            ),
            "growth_time": (("delta_mu",), [22.0, 75.0, 400.0], {"units": "yr"}),
        },
        coords={
            "delta_mu": ("delta_mu", values, {"units": "k_B T"}),
            "convention": ["textbook", "dehman_pons"],
            "time": run.time,
        },
    )  # fmt: skip


def test_a_scan_of_one_parameter_is_lines_in_time(scanned):
    ax = plotting.scan(scanned.isel(convention=1))
    assert list(styles(ax)) == ["1", "0.01", "0.0001"]
    assert len(set(styles(ax).values())) == 3  # told apart in grey
    np.testing.assert_array_equal(ax.get_lines()[1].get_ydata(), scanned.rms_field[1, 1])
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "rms field [G]"
    legend = ax.get_legend()
    assert legend.get_title().get_text() == r"delta mu [$k_\mathrm{B}T$]"
    ax.figure.canvas.draw()
    assert legend.get_window_extent().y0 >= ax.bbox.y1  # where it hides no line


def test_a_scan_of_a_quantity_without_time_is_a_line(scanned):
    ax = plotting.scan(scanned, variable="growth_time")
    (line,) = ax.get_lines()
    np.testing.assert_array_equal(line.get_xdata(), scanned.delta_mu)
    np.testing.assert_array_equal(line.get_ydata(), [22, 75, 400])
    assert (ax.get_xscale(), ax.get_ylabel()) == ("log", "growth time [yr]")


def test_a_scan_of_two_parameters_is_a_heat_map_of_the_last_values(scanned):
    ax = plotting.scan(scanned)
    (mesh,) = ax.collections
    shown = np.asarray(mesh.get_array()).reshape(3, 2)
    np.testing.assert_array_equal(shown[1:], scanned.rms_field[1:, :, -1])
    np.testing.assert_array_equal(shown[0], scanned.rms_field[0, :, 59])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["textbook", "dehman_pons"]
    # the values lie in the middle of their cells, on the logarithmic axis
    edges = mesh.get_coordinates()[:, 0, 1]
    np.testing.assert_allclose(np.sqrt(edges[1:] * edges[:-1]), scanned.delta_mu)
    assert mesh.colorbar.ax.get_ylabel() == "rms field [G]"
    # ticks are at the values that were scanned, none of them in an offset of its own
    np.testing.assert_array_equal(ax.get_yticks(), scanned.delta_mu)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["1", "0.01", "0.0001"]
    assert ax.get_title() == "at 100 yr, or where a run ended before"


def test_a_scan_that_is_a_list_names_all_that_changes(scanned):
    points = scanned.isel(convention=0, drop=True).rename(delta_mu="point")
    points = points.drop_vars("point").assign_coords(
        {"chiral.delta_mu": ("point", [1.0, 1e-2, 1e-4], {"units": "k_B T"})}
    )
    ax = plotting.scan(points)
    assert ax.get_legend().get_title().get_text() == r"delta mu [$k_\mathrm{B}T$]"
    more = points.assign_coords({"hall.enabled": ("point", [True, False, False])})
    ax = plotting.scan(more)
    assert ax.get_legend().get_title().get_text() == ""
    assert list(styles(ax))[1] == "chiral.delta_mu = 0.01, hall.enabled = false"


def test_ticks_of_large_values_are_written_in_full(scanned):
    fields = scanned.isel(convention=0, drop=True).assign_coords(delta_mu=[1e12, 1.5e12, 2e12])
    ax = plotting.scan(fields, variable="growth_time")
    texts = [text.get_text() for text in ax.get_xticklabels()]
    assert texts == ["$10^{12}$", r"$1.5\times10^{12}$", r"$2\times10^{12}$"]


def test_unsorted_values_of_a_scan_are_drawn_in_order():
    fields, diffusivities = np.array([1e13, 1e11, 1e12]), np.array([1e-3, 1e-1, 1e-2])
    keys = ("initial.polar_field", "background.magnetic_diffusivity")
    axes, rms = (fields, diffusivities), fields[:, None] * diffusivities
    dataset = xr.Dataset({"rms_field": (keys, rms)}, dict(zip(keys, axes, strict=True)))
    ax = plotting.scan(dataset.chunk())  # as it comes from cmi.scan, not loaded
    (mesh,) = ax.collections
    shown = np.asarray(mesh.get_array()).reshape(3, 3)
    np.testing.assert_array_equal(shown, np.sort(fields)[:, None] * np.sort(diffusivities))
    corners = mesh.get_coordinates()
    assert np.all(np.diff(corners[0, :, 0]) > 0) and np.all(np.diff(corners[:, 0, 1]) > 0)
    assert isinstance(mesh.norm, LogNorm)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("magnetic diffusivity", "polar field")


def test_a_scan_of_switches_names_their_sections(scanned):
    switched = scanned.isel(delta_mu=0, drop=True).rename(convention="hall.enabled")
    switched = switched.assign_coords({"hall.enabled": [True, False]})
    legend = plotting.scan(switched).get_legend()
    assert legend.get_title().get_text() == "hall enabled"
    assert [text.get_text() for text in legend.get_texts()] == ["true", "false"]


def test_a_scan_of_three_parameters_asks_for_a_choice(scanned):
    three = scanned.expand_dims(mass=[1.2, 1.4])
    with pytest.raises(ValueError, match="the dataset is not of a scan"):
        plotting.scan(scanned.isel(delta_mu=0, convention=0))
    with pytest.raises(ValueError, match=r"depends on 3 parameters .*mass"):
        plotting.scan(three)


# Chiral rates on three axes


@pytest.fixture
def isotherms(crust):
    crusts = [crust, crust.assign(chiral_fraction=crust.chiral_fraction / 10), crust]
    temperature = xr.DataArray([1e8, 1e9, 2e10], dims="temperature", name="temperature")
    return xr.concat(crusts, temperature, data_vars="different", compat="equals")


def test_rates_have_three_axes_and_a_line_style_for_each_temperature(isotherms):
    axes = plotting.rates(isotherms)
    assert [ax.get_ylabel() for ax in axes] == [
        r"$n_5/n_e$ $= \Gamma_w^\mathrm{eff}/\Gamma_f$",
        r"$\mu_5$ [MeV]",
        r"$\lambda_5$ [km]",
    ]
    assert axes[0].get_xlabel() == r"$\rho$ [g cm$^{-3}$]"
    assert [ax.yaxis.get_label_position() for ax in axes] == ["left", "right", "right"]
    # blue, red and green, each axis in the colour of its curves
    for ax, colour in zip(axes, ("#0072B2", "#D55E00", "#009E73"), strict=True):
        assert {line.get_color() for line in ax.get_lines()} == {colour}
        assert ax.yaxis.label.get_color() == colour
        assert [text.get_color() for text in ax.texts] == [colour]
        assert ax.get_xscale() == ax.get_yscale() == "log"
    second = axes[0].get_lines()[1]
    np.testing.assert_array_equal(second.get_ydata(), isotherms.chiral_fraction[1])
    # a variable that does not depend on the temperature is drawn once
    assert [line.get_linestyle() for line in axes[0].get_lines()] == ["-", "--", "-."]
    assert [line.get_linestyle() for line in axes[1].get_lines()] == ["-"]
    legend = axes[2].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "$10^{8}$ K", "$10^{9}$ K", r"$2\times10^{10}$ K",
    ]  # fmt: skip
    # the families part: each has its own place in an equal number of decades
    spans = [np.ptp(np.log10(ax.get_ylim())) for ax in axes]
    np.testing.assert_allclose(spans, spans[0])  # rounding
    heights = [np.log10(ax.get_lines()[0].get_ydata()[0] / ax.get_ylim()[0]) for ax in axes]
    assert heights[0] + 2 < heights[1]


def test_rates_of_a_single_crust_with_and_without_density(crust):
    axes = plotting.rates(crust, Figure().subplots())
    assert [len(ax.get_lines()) for ax in axes] == [1, 1, 1]
    assert axes[2].get_legend() is None
    assert plotting.rates(crust.drop_vars("density"))[0].get_xlabel() == "$r$ [km]"
    # a crust in equilibrium has no imbalance, and empty axes
    none = crust * xr.zeros_like(crust)
    plotting.rates(none.assign(density=crust.density))


# All of them


@pytest.mark.parametrize("kind", WITHOUT_FIELDS)
def test_the_axes_given_are_drawn_on_and_no_figure_is_made(run, kind):
    ax = Figure().subplots()
    assert plotting.KINDS[kind](run, ax=ax) is ax
    assert plotting.KINDS[kind](run, ax) is ax
    assert ax.has_data()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("kind", plotting.KINDS)
def test_what_a_dataset_lacks_is_named(kind):
    with pytest.raises(ValueError, match=r"the dataset has no (variable \w+|snapshot)"):
        plotting.KINDS[kind](xr.Dataset())
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("energies", "png"),
        ("spectra", "pdf"),
        ("spectrogram", "pdf"),
        ("profiles", "png"),
        ("rates", "pdf"),
    ],
)
def test_they_can_be_saved(run, crust, kind, suffix, tmp_path):
    with plt.rc_context(dict(plotting.STYLE)):
        axes = plotting.KINDS[kind](crust if kind in ("profiles", "rates") else run)
        np.ravel(axes)[0].figure.savefig(tmp_path / f"figure.{suffix}", dpi=50)


# The style


def test_the_style_is_a_context_of_a_columns_width(run):
    before = dict(plt.rcParams)
    with cmi.style():
        assert plotting.energies(run).figure.get_size_inches()[0] == 3.4
    with cmi.style(width=7.0, height=3.0):
        np.testing.assert_array_equal(plotting.energies(run).figure.get_size_inches(), [7, 3])
    assert dict(plt.rcParams) == before


def texts_of(figure):
    """Texts that are seen."""
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("is_styled", [True, False])
def test_four_panels_of_a_page_neither_overlap_nor_shrink(unresolved, is_styled):
    with cmi.style() if is_styled else contextlib.nullcontext():
        figure, axes = plt.subplots(2, 2, figsize=(7, 5.4), layout="constrained")
        kinds = ["energies", "spectra", "budget", "orders"]
        for ax, kind in zip(axes.flat, kinds, strict=True):
            plotting.KINDS[kind](unresolved, ax=ax)
        figure.canvas.draw()
    for ax in axes.flat:
        legend = ax.get_legend().get_window_extent()
        assert legend.y0 >= ax.bbox.y1
        assert figure.bbox.x0 <= legend.x0 and legend.x1 <= figure.bbox.x1
        # ticks and labels take less than a third of a panel's place, 3.5 in by 2.7 in, legends less
        # than two fifths
        assert ax.bbox.width > 0.66 * figure.bbox.width / 2
        assert ax.bbox.height > 0.5 * figure.bbox.height / 2
    boxes = [ax.get_tightbbox() for ax in axes.flat]
    pairs = [(one, other) for i, one in enumerate(boxes) for other in boxes[:i]]
    # touching is not overlapping: pixels
    assert all(_common(one, other) < 2 for one, other in pairs)
    assert min(text.get_fontsize() for text in texts_of(figure)) >= 6


def _common(one, other):
    """Smaller side of what two boxes have in common, in pixels."""
    box = Bbox.intersection(one, other)
    return min(box.width, box.height) if box else 0.0


def test_letters_of_svg_files_stay_letters(run):
    file = io.StringIO()
    with cmi.style():
        plotting.energies(run).figure.savefig(file, format="svg")
    assert ">poloidal</text>" in file.getvalue()


# Heat


@pytest.fixture
def heated():
    time = np.geomspace(1.0, 1e5, 6)
    kelvin, power = {"units": "K"}, {"units": "erg/s"}
    return xr.Dataset(
        {
            "T_b": ("time", 1e9 / time**0.1, kelvin),
            "T_core": ("time", 9e8 / time**0.1, kelvin),
            "T_s_eff_inf": ("time", 2e6 / time**0.05, kelvin),
            "L_gamma_inf": ("time", 1e34 / time**0.2, power),
            "L_nu_core_inf": ("time", 1e39 / time, power),
            "L_nu_crust_inf": ("time", 1e38 / time, power),
            "joule_power_inf": ("time", np.array([0.0, 1, 2, 2, 2, 2]) * 1e30, power),
        },
        {"time": ("time", time, {"units": "yr"})},
    )


def test_cooling_is_temperatures_against_time(heated):
    ax = plotting.cooling(heated)
    names = ("T_core", "T_b", "T_s_eff_inf")
    for line, name in zip(ax.get_lines(), names, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), heated[name])
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_ylabel()) == ("log", "log", "$T$ [K]")
    late = plotting.cooling(heated.isel(time=slice(4, None)))
    assert late.get_xscale() == "linear"  # a decade of time only


def test_luminosities_have_the_heat_of_the_field_among_them(heated):
    ax = plotting.luminosity(heated)
    drawn = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    np.testing.assert_array_equal(drawn["photons"], heated.L_gamma_inf)
    np.testing.assert_array_equal(drawn["heat of the field"][1:], heated.joule_power_inf[1:])
    assert np.isnan(drawn["heat of the field"][0])  # none yet
    assert ax.get_ylim()[0] < 2e30 < 1e39 < ax.get_ylim()[1]
    assert ax.get_ylabel() == r"$L^\infty$ [erg/s]"
    curve = plotting.luminosity(heated.drop_vars("joule_power_inf"))
    assert len(curve.get_lines()) == 3


def test_panels_given_have_to_be_as_many_as_are_drawn(crust):
    with pytest.raises(ValueError, match="2 Axes are given for 3 panels"):
        plotting.profiles(crust, ax=Figure().subplots(2))
